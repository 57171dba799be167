"""Triples that come in the order of their focus nodes find them by comparing texts in place, without a join.

A file is written record by record or property by property: either way the subjects of one property stand in the order
of the records, some missing, some several times in a row. That is checked, and costs a quarter of a join.
"""

from __future__ import annotations

import polars as pl

_SMALLEST = 10_000  # triples, below which a join costs nothing
_SAMPLE = 256


def numbers_in_order(nodes: pl.Series, subjects: pl.Series) -> pl.Series | None:
    """The position in `nodes` (distinct IRIs) of each of `subjects`, or None where they do not come in that order."""
    count = len(subjects)
    if count < _SMALLEST or count > 4 * len(nodes):
        return None
    if count == len(nodes) and bool((nodes == subjects).all()):
        return pl.int_range(count, dtype=pl.UInt32, eager=True)
    first = subjects != subjects.shift(1)
    heads = subjects if first.fill_null(True).all() else subjects.filter(first.fill_null(True))
    if len(heads) > len(nodes) or not _begins_in_order(nodes, heads):
        return None
    at = nodes.hash().is_in(heads.hash().implode()).arg_true()
    if len(at) != len(heads) or not bool((nodes.gather(at) == heads).all()):
        return None
    if len(heads) == count:
        return at.cast(pl.UInt32)
    return at.cast(pl.UInt32).gather(first.fill_null(True).cast(pl.UInt32).cum_sum() - 1)


def _begins_in_order(nodes: pl.Series, heads: pl.Series) -> bool:
    """Whether the first few subjects are nodes in their order; most columns of another kind fail here."""
    few = heads.head(_SAMPLE)
    last = nodes.index_of(few[-1])
    if last is None:
        return False
    begun = nodes.head(last + 1)
    at = begun.is_in(few.implode()).arg_true()
    return len(at) == len(few) and bool((begun.gather(at) == few).all())
