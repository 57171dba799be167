"""Joins of solutions as SPARQL has them: an unbound variable is compatible with anything.

Rows whose shared variables are all bound, which is nearly always all rows, are joined by one look-up; where a shared
variable is bound in some rows and not in others, each combination is joined on what both sides bind.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import polars as pl

from mcgraph.queries.columnar import NotColumnar
from mcgraph.queries.columnar.solutions import FLAG, Solutions, stacked
from mcgraph.queries.columnar.values import Terms, ids
from mcgraph.store.dictionary import STRIDE

# More rows than this in one step are left to the engine, which gives them back one after another.
MOST_ROWS = 60_000_000
# Fewer rows than one in so many of all terms are few.
FEW = 16
_LEFT, _RIGHT = "\x00left", "\x00right"


class Joins:
    """Joins over the dictionary of a snapshot."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.size = terms.columns.dictionary.size + 1
        self._rows: np.ndarray[Any, Any] | None = None

    def join(self, left: Solutions, right: Solutions) -> Solutions:
        """All compatible pairs of rows."""
        if not left.height or not right.height:
            return _nothing(left, right)
        parts = [self._pairs(one, other, keys) for one, other, keys in self._splits(left, right)]
        return parts[0] if len(parts) == 1 else stacked(self.terms, parts)

    def optional(self, left: Solutions, right: Solutions) -> Solutions:
        """Every row of `left` with its matches, or alone."""
        splits = list(self._splits(left, right))
        # Where `right` was cut, a shared variable of it is bound nowhere: looked up, it would wipe out that of `left`.
        if len(splits) == 1 and splits[0][0] is left and splits[0][1] is right:
            return self._looked_up(left, right, splits[0][2]) or self._outer(left, right)
        return self._outer(left, right)

    def matches(self, left: Solutions, right: Solutions, *, some_shared: bool) -> pl.Series:
        """For each row of `left` whether a row of `right` is compatible; with `some_shared` only rows that share
        a bound variable count (MINUS)."""
        found = np.zeros(left.height, dtype=bool)
        if not right.height:
            return pl.Series(found)
        numbered = left.bound(_LEFT, ids(pl.int_range(left.height, dtype=pl.UInt32, eager=True)))
        for one, other, keys in self._splits(numbered, right):
            if not keys:
                hit = pl.repeat(not some_shared, one.height, dtype=pl.Boolean, eager=True)
            else:
                hit = self._hits(one, other, keys)
            found[one.frame.get_column(_LEFT).filter(hit).to_numpy()] = True
        return pl.Series(found)

    def is_unique(self, series: pl.Series) -> bool:
        """Whether a column of terms of the data holds each once."""
        places: np.ndarray[Any, Any] = series.to_numpy() // STRIDE
        seen = np.zeros(self.size, dtype=bool)
        seen[places] = True
        return int(seen.sum()) == len(places)

    # one combination of bound variables

    def _splits(self, left: Solutions, right: Solutions) -> Iterator[tuple[Solutions, Solutions, list[str]]]:
        """Parts of both sides in which each shared variable is bound throughout or not at all, with those both bind."""
        shared = [name for name in left.names if name in right.kinds]
        mine, yours = _by_mask(left, shared), _by_mask(right, shared)
        for (mask, one), (other_mask, other) in product(mine, yours):
            keys = [n for n, a, b in zip(shared, mask, other_mask, strict=True) if a and b]
            lacking = [n for n, a in zip(shared, mask, strict=True) if not a]
            without = [n for n, b in zip(shared, other_mask, strict=True) if not b]
            kept_left = one.only(n for n in one.names if n not in lacking) if lacking else one
            kept_right = other.only(n for n in other.names if n not in without) if without else other
            yield kept_left, kept_right, keys

    def _pairs(self, left: Solutions, right: Solutions, keys: list[str]) -> Solutions:
        if not keys:
            return self._product(left, right)
        if left.height < right.height and frozenset(keys) in left.unique and frozenset(keys) not in right.unique:
            left, right = right, left
        if len(keys) == 1 and frozenset(keys) in right.unique:
            at = self._positions(left, right, keys[0])
            hit = at >= 0
            kept = left if hit.all() else left.taken(pl.Series(hit))
            return self._beside(kept, right, pl.Series(at if hit.all() else at[hit]), keys)
        return self._hashed(left, right, keys)

    def _positions(self, left: Solutions, right: Solutions, key: str) -> np.ndarray[Any, Any]:
        """For each row of `left` the row of `right` with the same key, -1 where there is none."""
        mine, yours = self._places(left, key), self._places(right, key)
        if len(mine) * FEW < self.size and right.frame.get_column(key).flags["SORTED_ASC"]:
            # A few look-ups in what is sorted cost less than a table of all terms.
            at = np.searchsorted(yours, mine).astype(np.int32)
            at[at == len(yours)] = 0
            return np.where(yours[at] == mine, at, np.int32(-1)) if len(yours) else np.full(len(mine), -1, np.int32)
        # One table serves all joins, and is left as it was found: fetching its pages costs more than using them.
        if self._rows is None:
            self._rows = np.full(self.size * 2, -1, dtype=np.int32)
        self._rows[yours] = np.arange(right.height, dtype=np.int32)
        found: np.ndarray[Any, Any] = self._rows[mine]
        self._rows[yours] = -1
        return found

    def _places(self, rows: Solutions, key: str) -> np.ndarray[Any, Any]:
        """The key as places: two for each term, the odd ones for terms the data lacks (one at most of each place)."""
        series = self.terms.ids(rows.value(key))
        values = series.to_numpy()
        if self.terms.own and (values % STRIDE).any():
            strange = set(np.unique(values[values % STRIDE != 0]).tolist())
            if len({one // STRIDE for one in strange}) < len(strange):
                raise NotColumnar("several terms that the data lacks")
            between: np.ndarray[Any, Any] = values // STRIDE * 2 + (values % STRIDE != 0)
            return between
        places: np.ndarray[Any, Any] = values // STRIDE * 2
        return places

    def _beside(self, left: Solutions, right: Solutions, at: pl.Series, keys: list[str]) -> Solutions:
        """`left` with the columns of the rows of `right` at the given places (null for none)."""
        names = [name for name in right.names if name not in keys]
        columns = _columns(right, names)
        found = [right.frame.get_column(name).gather(at) for name in columns]
        frame = left.frame.with_columns(found)
        kinds = {**left.kinds, **{name: right.kinds[name] for name in names}}
        exact = {**(right.exact or {}), **(left.exact or {})}
        return Solutions(frame, kinds, left.height, left.unique, exact)

    def _hashed(self, left: Solutions, right: Solutions, keys: list[str]) -> Solutions:
        self._guard(left, right, keys)
        left_frame, right_frame = self._keyed(left, right, keys)
        frame = left_frame.join(right_frame, on=keys, how="inner")
        kinds = {**right.kinds, **left.kinds, **dict.fromkeys(keys, "id")}
        exact = {**(right.exact or {}), **(left.exact or {})}
        unique = {one | other for one in left.unique for other in right.unique}
        if frozenset(keys) in right.unique:
            unique |= left.unique
        if frozenset(keys) in left.unique:
            unique |= right.unique
        return Solutions(frame, kinds, frame.height, frozenset(unique), exact)

    def _keyed(self, left: Solutions, right: Solutions, keys: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
        frames = []
        for rows in (left, right):
            frame = rows.frame
            for key in keys:
                if rows.kinds[key] != "id":
                    frame = frame.with_columns(self.terms.ids(rows.value(key)).alias(key))
                    frame = frame.drop(key + FLAG, strict=False)
            frames.append(frame)
        shared = [c for c in frames[1].columns if c in frames[0].columns and c not in keys]
        return frames[0], frames[1].drop(shared)

    def _guard(self, left: Solutions, right: Solutions, keys: list[str]) -> None:
        """Refuse a join that would not fit, before it is made."""
        if left.height * right.height <= MOST_ROWS:
            return
        least = MOST_ROWS + 1
        for key in keys:
            counts = np.bincount(self._places(right, key), minlength=1)
            mine = self._places(left, key)
            least = min(least, int(counts[mine[mine < len(counts)]].sum()))
        if least > MOST_ROWS:
            raise NotColumnar(f"more than {MOST_ROWS:,} pairs of rows")

    def _product(self, left: Solutions, right: Solutions) -> Solutions:
        if left.height * right.height > MOST_ROWS:
            raise NotColumnar(f"more than {MOST_ROWS:,} pairs of rows")
        if not right.kinds and right.height == 1:
            return left
        if not left.kinds and left.height == 1:
            return right
        if right.height == 1:
            return self._beside(left, right, pl.repeat(0, left.height, dtype=pl.UInt32, eager=True), [])
        if left.height == 1:
            return self._beside(right, left, pl.repeat(0, right.height, dtype=pl.UInt32, eager=True), [])
        first = np.repeat(np.arange(left.height, dtype=np.uint32), right.height)
        second = np.tile(np.arange(right.height, dtype=np.uint32), left.height)
        return self._beside(left.repeated(pl.Series(first)), right, pl.Series(second), [])

    def _hits(self, left: Solutions, right: Solutions, keys: list[str]) -> pl.Series:
        if len(keys) == 1:
            there = np.zeros(self.size * 2, dtype=bool)
            there[self._places(right, keys[0])] = True
            return pl.Series(there[self._places(left, keys[0])])
        left_frame, right_frame = self._keyed(left, right, keys)
        marked = right_frame.select(keys).unique().with_columns(pl.lit(True).alias(_RIGHT))
        found = left_frame.select(keys).join(marked, on=keys, how="left", maintain_order="left")
        return found.get_column(_RIGHT).fill_null(False)

    def _looked_up(self, left: Solutions, right: Solutions, keys: list[str]) -> Solutions | None:
        """The quick left join, where the right side has at most one row for each key."""
        if len(keys) != 1 or frozenset(keys) not in right.unique:
            return None
        at = self._positions(left, right, keys[0])
        places = pl.Series(at.astype(np.int64))
        if (at < 0).any():
            places = pl.select(pl.when(places >= 0).then(places)).to_series()
        return self._beside(left, right, places, keys)

    def _outer(self, left: Solutions, right: Solutions) -> Solutions:
        """The general left join: the pairs, and the rows that are in none."""
        numbered = left.bound(_LEFT, ids(pl.int_range(left.height, dtype=pl.UInt32, eager=True)))
        joined = self.join(numbered, right)
        return self.completed(left, joined)

    def numbered(self, left: Solutions) -> Solutions:
        """`left` with its row numbers, for `completed`."""
        return left.bound(_LEFT, ids(pl.int_range(left.height, dtype=pl.UInt32, eager=True)))

    def completed(self, left: Solutions, joined: Solutions) -> Solutions:
        """The joined rows (which carry the numbers of `numbered`) and the rows of `left` that are not among them."""
        alone = np.ones(left.height, dtype=bool)
        if joined.height:
            alone[joined.frame.get_column(_LEFT).to_numpy()] = False
        matched = joined.only(name for name in joined.names if name != _LEFT)
        if not alone.any():
            return matched
        rest = left.taken(pl.Series(alone))
        if not matched.height:
            return _with_nothing(rest, matched.names)
        return stacked(self.terms, [matched, rest])


def _with_nothing(rows: Solutions, names: list[str]) -> Solutions:
    del names
    return rows


def _nothing(left: Solutions, right: Solutions) -> Solutions:
    kinds = {**right.kinds, **left.kinds}
    frame = pl.concat([right.frame.clear(), left.frame.clear()], how="diagonal_relaxed") if kinds else pl.DataFrame()
    schema = {name: left.frame.schema.get(name, right.frame.schema.get(name)) for name in frame.columns}
    return Solutions(pl.DataFrame(schema=schema) if kinds else frame, kinds, 0, frozenset(), None)


def _columns(rows: Solutions, names: list[str]) -> list[str]:
    return [c for name in names for c in ((name, name + FLAG) if rows.kinds[name] == "num" else (name,))]


def _by_mask(rows: Solutions, shared: list[str]) -> list[tuple[tuple[bool, ...], Solutions]]:
    """The rows parted by which of the shared variables they bind."""
    nulls = {name: rows.frame.get_column(name).null_count() for name in shared}
    mixed = [name for name in shared if 0 < nulls[name] < rows.height]
    if len(mixed) > 3:
        raise NotColumnar("many variables that only some rows bind")
    parts: list[tuple[tuple[bool, ...], Solutions]] = []
    for states in product((True, False), repeat=len(mixed)):
        wanted = dict(zip(mixed, states, strict=True))
        part = rows
        for name, is_bound in wanted.items():
            column = part.frame.get_column(name)
            part = part.taken(column.is_not_null() if is_bound else column.is_null())
        if part.height or not mixed:
            parts.append((tuple(wanted.get(name, nulls[name] == 0) for name in shared), part))
    return parts
