"""Shares, intervals and quantiles against libraries that are not ours, and what weights may and may not change."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import DescrStatsW

from mcgraph.survey.statistics import Share, base_of, numbers, quantiles, score_interval, wilson
from mcgraph.survey.statistics import share as share_of

calm = settings(deadline=None, max_examples=60)
samples = st.lists(st.tuples(st.booleans(), st.floats(0.05, 20)), min_size=2, max_size=60)
values = st.lists(
    st.tuples(st.integers(-50, 50).map(float), st.floats(0.05, 20)), min_size=2, max_size=40
)


def share(chosen: np.ndarray, base: np.ndarray, weights: np.ndarray | None) -> Share:
    """The share of a base that is made for it alone."""
    return share_of(chosen, base_of(base, weights), weights)


def arrays(sample: list[tuple[bool, float]]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([hit for hit, _ in sample]), np.array([weight for _, weight in sample])


@calm
@given(st.integers(0, 300), st.integers(1, 300))
def test_wilson_is_that_of_statsmodels(k: int, more: int) -> None:
    """And that of scipy: three of one mind."""
    from scipy.stats import binomtest

    n = k + more
    scipy = binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson(k, n) == pytest.approx((scipy.low, scipy.high), abs=1e-12)
    theirs = proportion_confint(k, n, method="wilson")
    assert wilson(k, n) == pytest.approx(theirs, abs=1e-12)


@calm
@given(st.floats(0.001, 0.999), st.floats(1, 5_000))
def test_the_interval_for_sizes_that_are_not_whole(p: float, n: float) -> None:
    """statsmodels takes counts that are not whole; scipy does not."""
    assert score_interval(p, n) == pytest.approx(proportion_confint(p * n, n, method="wilson"), abs=1e-9)


@calm
@given(samples)
def test_equal_weights_are_no_weights(sample: list[tuple[bool, float]]) -> None:
    """Share, interval and effective size."""
    hit, _ = arrays(sample)
    base = np.ones(len(hit), dtype=bool)
    plain, even = share(hit, base, None), share(hit, base, np.full(len(hit), 2.5))
    assert even.value == pytest.approx(plain.value)
    assert (even.low, even.high) == pytest.approx((plain.low, plain.high), abs=1e-9)
    assert even.effective == pytest.approx(len(hit))


@calm
@given(samples, st.floats(0.01, 1_000))
def test_the_scale_of_weights_says_nothing(sample: list[tuple[bool, float]], scale: float) -> None:
    """Weights that add up to the sample, to the population or to one give the same shares and intervals."""
    hit, weights = arrays(sample)
    base = np.ones(len(hit), dtype=bool)
    one, other = share(hit, base, weights), share(hit, base, weights * scale)
    assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), abs=1e-9)
    assert other.weighted == pytest.approx(one.weighted * scale)


@calm
@given(samples)
def test_shares_add_up_and_sums_too(sample: list[tuple[bool, float]]) -> None:
    """A choice and its contrary: shares to one, weights to the whole; n* never above n."""
    hit, weights = arrays(sample)
    base = np.ones(len(hit), dtype=bool)
    one, other = share(hit, base, weights), share(~hit, base, weights)
    assert (one.value or 0) + (other.value or 0) == pytest.approx(1)
    assert one.weighted + other.weighted == pytest.approx(weights.sum())
    assert one.n + other.n == len(hit)
    assert (one.low or 0) == pytest.approx(1 - (other.high or 0), abs=1e-9)


@calm
@given(samples)
def test_an_interval_holds_its_share(sample: list[tuple[bool, float]]) -> None:
    """Low ≤ share ≤ high, within 0 and 1."""
    hit, weights = arrays(sample)
    found = share(hit, np.ones(len(hit), dtype=bool), weights)
    assert 0 <= (found.low or 0) <= (found.value or 0) + 1e-12 <= (found.high or 0) + 2e-12 <= 1 + 3e-12


def test_nobody_and_everybody_have_an_interval_all_the_same() -> None:
    """The linearised variance is 0 there and would promise certainty; Kish's size does not."""
    weights = np.array([1.0, 1.0, 2.0, 4.0])
    nobody = share(np.zeros(4, dtype=bool), np.ones(4, dtype=bool), weights)
    assert nobody.effective == pytest.approx(64 / 22)
    assert nobody.value == 0 and (nobody.high or 0) > 0.4
    assert base_of(np.ones(4, dtype=bool), weights).effective == pytest.approx(64 / 22)


@calm
@given(values)
def test_quantiles_are_those_of_statsmodels(sample: list[tuple[float, float]]) -> None:
    """`DescrStatsW.quantile` has the same definition (SAS' fifth)."""
    x, w = np.array([one for one, _ in sample]), np.array([round(weight, 2) for _, weight in sample])
    theirs = DescrStatsW(x, w).quantile([0.25, 0.5, 0.75], return_pandas=False)
    mine = quantiles(x, w, (0.25, 0.5, 0.75))
    # Where a target is met but for rounding, they may take one neighbour and we the middle: each is between the two.
    order = np.sort(x)
    for a, b in zip(mine, theirs, strict=True):
        near = np.searchsorted(order, [min(a, b), max(a, b)])
        assert math.isclose(a, b) or near[1] - near[0] <= np.sum(x == min(a, b)) + 1


@calm
@given(st.lists(st.integers(-50, 50).map(float), min_size=2, max_size=40))
def test_unweighted_quantiles_are_those_of_numpy(sample: list[float]) -> None:
    """Definition 2 of Hyndman and Fan; the median is the median."""
    x = np.array(sample)
    theirs = np.quantile(x, [0.25, 0.5, 0.75], method="averaged_inverted_cdf")
    assert quantiles(x, np.ones(len(x)), (0.25, 0.5, 0.75)) == pytest.approx(tuple(theirs))
    assert quantiles(x, np.ones(len(x)), (0.5,))[0] == pytest.approx(float(np.median(x)))


@calm
@given(values)
def test_means_unweighted_are_those_of_statsmodels(sample: list[tuple[float, float]]) -> None:
    """Mean and Student's interval."""
    x = np.array([one for one, _ in sample])
    found = numbers(x, np.ones(len(x), dtype=bool), None)
    assert found.mean == pytest.approx(DescrStatsW(x).mean)
    assert (found.low, found.high) == pytest.approx(DescrStatsW(x).tconfint_mean(), abs=1e-9)


def test_a_mean_that_a_few_answers_carry_is_known() -> None:
    """One answer of 10³⁰ hours a week (a real one) makes a mean of nothing; a plain skew does not."""
    hours = np.array([5.0, 8, 10, 12, 20] * 20 + [1e30])
    everybody = np.ones(len(hours), dtype=bool)
    assert numbers(hours, everybody, None).is_carried_by_few
    assert not numbers(hours[:-1], everybody[:-1], None).is_carried_by_few
    assert not numbers(np.array([3.0, 3, 3]), np.ones(3, dtype=bool), None).is_carried_by_few
