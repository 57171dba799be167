"""Shares, means and quantiles with their intervals, unweighted and weighted.

**Shares.** Unweighted: the score interval of Wilson (1927), by its formula. Weighted: the same interval with the
effective sample size n* = n / deff, where deff is the variance of the share by Taylor linearisation of the ratio
Σwy / Σw, divided by the variance that simple random sampling of the same size would give (Kish 1965, *Survey
Sampling*, §8; Korn and Graubard 1998 put n* into the interval). Where everybody or nobody chose the option, the
variance is 0 and says nothing: Kish's n* = (Σw)² / Σw² takes its place.

**Means.** Student's interval with n - 1 degrees of freedom; weighted with the linearised variance
n / (n - 1) · Σw²(x - m)² / (Σw)².

**Quantiles.** The inverse of the (weighted) distribution function, the middle of both where it is met exactly
(definition 2 of Hyndman and Fan 1996; `qrule = "hf2"` of R's survey, PCTLDEF = 5 of SAS).

The design is one of single responses drawn independently, with unequal weights; strata and clusters are not known to
a codebook. Equal weights give what no weights give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from mcgraph.survey.wave import Mask, Numbers

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A share between 0 and 1 with its interval, the sum of weights and the effective sample size."""

    n: int
    weighted: float
    value: float | None
    low: float | None
    high: float | None
    effective: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean with its interval, median and quartiles, in the unit of the question."""

    mean: float | None
    low: float | None
    high: float | None
    quartile_1: float | None
    median: float | None
    quartile_3: float | None

    @property
    def is_carried_by_few(self) -> bool:
        """Whether the mean lies more than ten times the distance of the quartiles outside them."""
        if self.mean is None or self.quartile_1 is None or self.quartile_3 is None:
            return False
        reach = 10 * (self.quartile_3 - self.quartile_1)
        return reach > 0 and not self.quartile_1 - reach <= self.mean <= self.quartile_3 + reach


@dataclass(frozen=True, slots=True)
class Base:
    """Some responses: who, how many, the sum of their weights and of the squares of these (1 each, unweighted)."""

    members: Mask
    n: int
    total: float
    squares: float

    @property
    def effective(self) -> float:
        """Kish's effective sample size; 0 where nobody weighs anything."""
        return self.total * self.total / self.squares if self.squares else 0.0


def base_of(members: Mask, weights: Numbers | None) -> Base:
    """The base of shares; `weights` are of all responses, None where all weigh the same."""
    n = int(np.count_nonzero(members))
    if weights is None:
        return Base(members, n, float(n), float(n))
    w = weights[members]
    return Base(members, n, float(w.sum()), float((w * w).sum()))


def share(chosen: Mask, base: Base, weights: Numbers | None, level: float = LEVEL) -> Share:
    """The share of a base that is also in `chosen`; `weights` as the base was made with."""
    hit = chosen & base.members
    k = int(np.count_nonzero(hit))
    if weights is None:
        if not base.n:
            return Share(k, float(k), None, None, None, 0.0)
        low, high = wilson(k, base.n, level)
        return Share(k, float(k), k / base.n, low, high, float(base.n))
    w = weights[hit]
    mine = float(w.sum())
    if not base.total > 0:
        return Share(k, mine, None, None, None, 0.0)
    effective = effective_size(mine, float((w * w).sum()), base)
    p = min(1.0, mine / base.total)
    low, high = score_interval(p, effective, level)
    return Share(k, mine, p, low, high, effective)


def wilson(k: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The interval of Wilson for `k` of `n`."""
    return score_interval(k / n, n, level)


def score_interval(p: float, n: float, level: float = LEVEL) -> tuple[float, float]:
    """Wilson's interval for a share `p` of an effective sample of `n`, which need not be whole (scipy takes no such n).

    >>> [round(end, 4) for end in score_interval(0.3, 50)]
    [0.191, 0.4375]
    """
    # scipy.stats takes more than half a second to import, for this one number.
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = p + z * z / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return (max(0.0, (middle - half) / scale) if p > 0 else 0.0), (min(1.0, (middle + half) / scale) if p < 1 else 1.0)


def effective_size(weight: float, squares: float, base: Base) -> float:
    """The effective sample size for the share of those with this sum of weights, and of their squares, of a base.

    The linearised variance Σw²(y - p)² needs no second look at each response: y is 0 or 1.
    """
    p = weight / base.total
    spread = squares * (1 - p) ** 2 + (base.squares - squares) * p**2
    if 0 < p < 1 and spread > 0:
        return base.total * base.total * p * (1 - p) / spread
    return base.effective


def numbers(values: Numbers, base: Mask, weights: Numbers | None, level: float = LEVEL) -> Summary:
    """Mean, interval, median and quartiles of the values in `base`."""
    x = values[base]
    w = np.ones(len(x)) if weights is None else weights[base]
    x, w = x[w > 0], w[w > 0]
    if not len(x):
        return Summary(None, None, None, None, None, None)
    total = float(w.sum())
    mean = float((w * x).sum()) / total
    first, middle, third = quantiles(x, w, (0.25, 0.5, 0.75))
    if len(x) == 1:
        return Summary(mean, None, None, first, middle, third)
    from scipy.special import stdtrit

    n = len(x)
    error = math.sqrt(n / (n - 1) * float((w * w * (x - mean) ** 2).sum())) / total
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * error
    return Summary(mean, mean - reach, mean + reach, first, middle, third)


def quantiles(x: Numbers, w: Numbers, at: tuple[float, ...]) -> tuple[float, ...]:
    """The quantiles of `x` under the weights `w` (all above 0), by the averaged inverse of their distribution."""
    order = np.argsort(x, kind="stable")
    values, sums = x[order], np.cumsum(w[order])
    found = []
    for q in at:
        target = q * sums[-1]
        # Sums of weights carry rounding errors: a target that is met within one part in 10¹² is met.
        near = int(np.searchsorted(sums, target * (1 - 1e-12)))
        near = min(near, len(values) - 1)
        met = abs(sums[near] - target) <= 1e-12 * sums[-1] and near + 1 < len(values)
        found.append(float((values[near] + values[near + 1]) / 2) if met else float(values[near]))
    return tuple(found)
