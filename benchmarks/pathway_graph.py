"""A synthetic graph of credentials, stacking rules and recognitions of any size: NumPy only, the same on every run.

Kinds 72/20/6/2 % (microcredential, bundle, diploma, qualification), 30 countries and 80 fields (Zipf), three stacking
edges per credential on average (85 % same country and field, 12 % same country, 3 % anywhere; levels rise by at most
two), per composite an all-of core and one or two credit groups, prerequisites, 5 % recognitions (55 % full, 33 %
partial, 12 % refused; 30 % of the full ones mutual, so that there are real circles).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mcgraph.model.batch import RECORD_SCHEMA, Batch, SourceTable, TripleColumn
from mcgraph.model.namespaces import ID, MC, RDF_TYPE, VOCAB, XSD

SEED = 7
BASE = ID + "bench/"
MICRO, BUNDLE, DIPLOMA, QUALIFICATION = range(4)
_KINDS = (0.72, 0.20, 0.06, 0.02)
_COUNTRY = "http://publications.europa.eu/resource/authority/country/"
_EQF = "http://data.europa.eu/snb/eqf/"
_MICRO_POINTS = np.array([1, 2, 2.5, 3, 4, 5, 6, 7.5, 10])

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]


@dataclass
class Made:
    """The generated graph as tables of numbers; `core` and `listed` have one row per member of a group."""

    n: int
    kind: Ints
    level: Ints
    country: Ints
    points: Reals
    hours: Ints
    ruled: NDArray[np.bool_]
    prerequisite: Ints
    core: Ints
    listed: Ints
    needs: Reals
    recognitions: Ints
    columns: list[TripleColumn] = field(default_factory=list)


def make(n: int) -> Made:
    """The graph of `n` credentials."""
    dice = np.random.default_rng(SEED)
    kind = dice.choice(4, size=n, p=_KINDS)
    level = np.clip(np.array([3, 4, 5, 6])[kind] + dice.integers(0, 3, n), 1, 8)
    country, area = _zipf(dice, 30, n), _zipf(dice, 80, n)
    points = np.select(
        [kind == MICRO, kind == BUNDLE, kind == DIPLOMA],
        [_MICRO_POINTS[dice.integers(0, len(_MICRO_POINTS), n)], dice.integers(3, 7, n) * 5.0, np.full(n, 60.0)],
        dice.choice([120.0, 180.0, 240.0], n),
    )
    hours = np.rint(points * dice.integers(20, 31, n)).astype(np.int64)
    # One composite in five is a programme one simply enrols in.
    ruled = (kind == QUALIFICATION) | ((kind != MICRO) & (dice.random(n) < 0.8))
    part, whole = _edges(dice, kind, level, country, area, ruled)
    needs, core, listed = _groups(dice, part, whole, points)
    return Made(
        n, kind, level, country, points, hours, ruled, _prerequisites(dice, kind, country, area, ruled), core, listed,
        needs, _recognitions(dice, n, kind, area, country),
    )  # fmt: skip


def _zipf(dice: np.random.Generator, size: int, n: int) -> Ints:
    weight = 1 / np.arange(1, size + 1)
    return dice.choice(size, size=n, p=weight / weight.sum())


def _edges(
    dice: np.random.Generator, kind: Ints, level: Ints, country: Ints, area: Ints, ruled: NDArray[np.bool_]
) -> tuple[Ints, Ints]:
    """Part → whole: a whole is of a higher kind, so stacking alone makes no circle."""
    out = np.repeat(np.arange(len(kind)), np.where(kind == QUALIFICATION, 0, dice.poisson(3.35, len(kind))))
    above = kind[out] + 1 + (dice.random(len(out)) < 0.25)
    target_kind = np.minimum(above, QUALIFICATION)
    scope = dice.choice(3, size=len(out), p=(0.85, 0.12, 0.03))
    whole = np.full(len(out), -1)
    composites = np.flatnonzero(ruled)
    for wanted in range(3):
        bucket = [country * 80 + area, country, np.zeros_like(country)][wanted]
        key = (bucket * 4 + kind) * 10 + level
        ordered = composites[np.argsort(key[composites], kind="stable")]
        keys = key[ordered]
        here = np.flatnonzero((scope == wanted) & (whole < 0))
        base = (bucket[out[here]] * 4 + target_kind[here]) * 10 + level[out[here]]
        low, high = np.searchsorted(keys, base), np.searchsorted(keys, base + 2, side="right")
        some = high > low
        at = low + (dice.random(len(here)) * (high - low)).astype(np.int64)
        whole[here[some]] = ordered[at[some]]
        # Where nobody near offers a whole, one further away is tried.
        scope[here[~some]] = min(wanted + 1, 2)
    pairs = np.unique(np.stack([whole[whole >= 0], out[whole >= 0]], axis=1), axis=0)
    return pairs[:, 1], pairs[:, 0]


def _groups(dice: np.random.Generator, part: Ints, whole: Ints, points: Reals) -> tuple[Reals, Ints, Ints]:
    """The need per credit group, the rows (whole, part) of cores and the rows (whole, group, part) of credit groups."""
    order = np.lexsort((dice.random(len(part)), whole))
    part, whole = part[order], whole[order]
    first = np.flatnonzero(np.append(True, whole[1:] != whole[:-1]))
    size = np.diff(np.append(first, len(whole)))
    place = np.arange(len(whole)) - np.repeat(first, size)
    in_core = place < np.repeat(np.minimum(dice.integers(0, 3, len(size)), size - 1), size)
    two = np.repeat((dice.random(len(size)) < 0.4) & (size >= 6), size)
    number = np.where(two & (place % 2 == 1), 1, 0)
    group = 2 * whole + number
    offered = np.bincount(group, weights=points[part], minlength=2 * len(points))
    share = dice.uniform(0.35, 0.60, len(offered))
    needs = np.maximum(np.floor(2 * offered * share) / 2, 0.5)
    core = np.stack([whole[in_core], part[in_core]], axis=1)
    return needs, core, np.stack([whole, group, part], axis=1)


def _prerequisites(dice: np.random.Generator, kind: Ints, country: Ints, area: Ints, ruled: NDArray[np.bool_]) -> Ints:
    """Rows (credential, prerequisite): 30 % of microcredentials and 90 % of direct programmes ask for one or two."""
    order = np.argsort(country * 80 + area, kind="stable")
    bucket = (country * 80 + area)[order]
    micros = kind[order] == MICRO
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    asks = np.where(kind == MICRO, dice.random(len(kind)) < 0.3, (dice.random(len(kind)) < 0.9) & ~ruled)
    one = np.repeat(np.flatnonzero(asks), dice.integers(1, 3, int(asks.sum())))
    start = np.searchsorted(bucket, bucket[rank[one]])
    at = start + (dice.random(len(one)) * (rank[one] - start)).astype(np.int64)
    fits = (rank[one] > start) & micros[np.minimum(at, len(order) - 1)]
    return np.unique(np.stack([one[fits], order[at[fits]]], axis=1), axis=0)


def _recognitions(dice: np.random.Generator, n: int, kind: Ints, area: Ints, country: Ints) -> Ints:
    """Rows (credential, towards, effect): effect 0 full, 1 partial, 2 refused; between countries, in one field."""
    count = n // 20
    one = dice.integers(0, n, count)
    order = np.argsort(area * 4 + kind, kind="stable")
    key = (area * 4 + kind)[order]
    effect = dice.choice(3, size=count, p=(0.55, 0.33, 0.12))
    wanted = area[one] * 4 + np.where(effect == 1, np.minimum(kind[one] + 1, QUALIFICATION), kind[one])
    low, high = np.searchsorted(key, wanted), np.searchsorted(key, wanted, side="right")
    other = order[np.minimum(low + (dice.random(count) * (high - low)).astype(np.int64), n - 1)]
    fits = (high > low) & (country[one] != country[other])
    rows = np.stack([one, other, effect], axis=1)[fits]
    mutual = rows[(rows[:, 2] == 0) & (dice.random(len(rows)) < 0.3)]
    return np.concatenate([rows, mutual[:, [1, 0, 2]]])


def batch(made: Made) -> Batch:
    """The graph as the triples a mapping would make of it."""
    columns = [*_credentials(made), *_rules(made), *_recognised(made)]
    credentials = _iri("credential", np.arange(made.n), "C")
    records = pl.DataFrame({"iri": credentials}).select(
        "iri", pl.lit(MC + "Credential").alias("class"), pl.lit("").alias("id"), pl.lit("").alias("label"),
        pl.lit(0, dtype=pl.Int16).alias("table"), pl.int_range(2, pl.len() + 2, dtype=pl.UInt32).alias("row"),
    )  # fmt: skip
    table = SourceTable("synthetic", "", ("generated",), made.n)
    return Batch("bench", "none", (table,), tuple(columns), records.cast(dict(RECORD_SCHEMA)))


def _iri(what: str, numbers: Ints, letter: str, suffix: str = "") -> pl.Series:
    return pl.DataFrame({"i": numbers}).select(pl.format(f"{BASE}{what}/{letter}{{}}{suffix}", "i")).to_series()


def _column(predicate: str, s: pl.Series, o: pl.Series | str, datatype: str = "") -> TripleColumn:
    objects = pl.lit(o) if isinstance(o, str) else pl.lit(o.cast(pl.String))
    frame = pl.DataFrame({"s": s}).select(
        "s", objects.alias("o"), pl.int_range(2, pl.len() + 2, dtype=pl.UInt32).alias("row")
    )
    kind = "literal" if datatype else "iri"
    return TripleColumn(predicate, kind, frame, datatype or XSD + "string", "", 0, 0)  # type: ignore[arg-type]


def _credentials(made: Made) -> list[TripleColumn]:
    every = _iri("credential", np.arange(made.n), "C")
    full = np.flatnonzero(made.kind == QUALIFICATION)
    states = pl.Series([f"{_COUNTRY}X{at:02d}" for at in range(30)])
    asks, needed = made.prerequisite[:, 0], made.prerequisite[:, 1]
    return [
        _column(RDF_TYPE, every, MC + "Credential"),
        _column(RDF_TYPE, _iri("credential", full, "C"), MC + "Qualification"),
        _column(MC + "identifier", every, pl.Series(np.arange(made.n)), XSD + "string"),
        _column(MC + "eqfLevel", every, pl.Series([f"{_EQF}{at}" for at in range(9)]).gather(made.level)),
        _column(MC + "creditPoints", every, pl.Series(made.points), XSD + "decimal"),
        _column(MC + "workloadHours", every, pl.Series(made.hours), XSD + "decimal"),
        _column(MC + "country", every, states.gather(made.country)),
        _column(MC + "providedBy", every, _iri("organisation", made.country * 100 + np.arange(made.n) % 100, "O")),
        _column(MC + "prerequisite", _iri("credential", asks, "C"), _iri("credential", needed, "C")),
    ]


def _rules(made: Made) -> list[TripleColumn]:
    wholes, groups = np.unique(made.listed[:, 0]), np.unique(made.listed[:, 1])
    cores = np.unique(made.core[:, 0])
    rule, core = _iri("stacking-rule", wholes, "R"), _iri("stacking-rule", cores, "R", "-core")
    node = _iri("stacking-rule", groups, "G")
    body = _iri("organisation", made.country[wholes] * 100 + wholes % 100, "O")
    return [
        _column(RDF_TYPE, rule, MC + "StackingRule"),
        _column(MC + "stackingWhole", rule, _iri("credential", wholes, "C")),
        _column(MC + "claimKind", rule, VOCAB + "claim#by-provider"),
        _column(MC + "claimedBy", rule, body),
        _column(RDF_TYPE, core, MC + "RequirementGroup"),
        _column(RDF_TYPE, node, MC + "RequirementGroup"),
        _column(MC + "requirementGroup", _iri("stacking-rule", cores, "R"), core),
        _column(MC + "requirementGroup", _iri("stacking-rule", groups // 2, "R"), node),
        _column(MC + "requirementType", core, VOCAB + "requirement#all-of"),
        _column(MC + "requirementType", node, VOCAB + "requirement#credit-points"),
        _column(MC + "requiredCreditPoints", node, pl.Series(made.needs[groups]), XSD + "decimal"),
        _column(
            MC + "groupMember",
            _iri("stacking-rule", made.core[:, 0], "R", "-core"),
            _iri("credential", made.core[:, 1], "C"),
        ),
        _column(
            MC + "groupMember",
            _iri("stacking-rule", made.listed[:, 1], "G"),
            _iri("credential", made.listed[:, 2], "C"),
        ),
    ]


def _recognised(made: Made) -> list[TripleColumn]:
    one, towards, effect = made.recognitions.T
    statement = _iri("recognition", np.arange(len(one)), "S")
    effects = pl.Series([f"{VOCAB}recognition-effect#{name}" for name in ("full", "partial", "refused")])
    partial = effect == 1
    credit = pl.Series(np.maximum(np.floor(made.points[one] * 1.2) / 2, 0.5)[partial])
    return [
        _column(RDF_TYPE, statement, MC + "RecognitionStatement"),
        _column(MC + "recognisedCredential", statement, _iri("credential", one, "C")),
        _column(MC + "recognisedTowards", statement, _iri("credential", towards, "C")),
        _column(MC + "recognitionEffect", statement, effects.gather(effect)),
        _column(MC + "recognitionCredit", statement.filter(pl.Series(partial)), credit, XSD + "decimal"),
        _column(MC + "claimKind", statement, VOCAB + "claim#by-recogniser"),
        _column(MC + "recogniser", statement, _iri("organisation", made.country[towards] * 100 + towards % 100, "O")),
    ]
