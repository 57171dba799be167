"""A set of solutions as a table: a column per variable, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from mcgraph.queries.columnar.values import Terms, Value, empty, unify

# Beside a column of numbers, whether each is a decimal.
FLAG = "#"


@dataclass(frozen=True, slots=True)
class Solutions:
    """Rows of bindings; `unique` are sets of variables of which no two rows agree in all.

    A variable that is not a column is bound nowhere.
    """

    frame: pl.DataFrame
    kinds: Mapping[str, str]
    height: int
    unique: frozenset[frozenset[str]] = frozenset()
    exact: Mapping[str, bool] | None = None

    @classmethod
    def one(cls) -> Solutions:
        """The single solution that binds nothing."""
        return cls(pl.DataFrame(), {}, 1, frozenset([frozenset()]))

    @property
    def names(self) -> list[str]:
        """The variables."""
        return list(self.kinds)

    def value(self, name: str) -> Value:
        """The column of a variable; all null where it is bound nowhere."""
        if name not in self.kinds:
            return empty("id", self.height)
        flag = self.frame.get_column(name + FLAG) if self.kinds[name] == "num" else None
        exact = self.exact is None or self.exact.get(name, True)
        return Value(self.kinds[name], self.frame.get_column(name), flag, exact)

    def taken(self, rows: pl.Series, *, is_mask: bool = True) -> Solutions:
        """The rows of a mask, or the rows at some places (each at most once)."""
        frame = self._frame()
        frame = frame.filter(rows) if is_mask else frame[rows]
        return Solutions(self._bare(frame), self.kinds, frame.height, self.unique, self.exact)

    def repeated(self, rows: pl.Series) -> Solutions:
        """The rows at places that may repeat."""
        frame = self._frame()[rows]
        return Solutions(self._bare(frame), self.kinds, frame.height, frozenset(), self.exact)

    def _frame(self) -> pl.DataFrame:
        return self.frame if self.kinds else pl.DataFrame({"": pl.repeat(0, self.height, eager=True)})

    def _bare(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame if self.kinds else pl.DataFrame()

    def bound(self, name: str, value: Value) -> Solutions:
        """With a column more (or in place of one that binds nothing)."""
        columns = {name: value.series.alias(name)}
        if value.kind == "num" and value.decimal is not None:
            columns[name + FLAG] = value.decimal.alias(name + FLAG)
        frame = self.frame.with_columns(**columns) if self.kinds else pl.DataFrame(columns)
        exact = {**(self.exact or {}), name: value.is_exact}
        return Solutions(frame, {**self.kinds, name: value.kind}, self.height, self.unique, exact)

    def only(self, names: Iterable[str]) -> Solutions:
        """With these variables alone."""
        kept = [name for name in dict.fromkeys(names) if name in self.kinds]
        columns = [c for name in kept for c in ((name, name + FLAG) if self.kinds[name] == "num" else (name,))]
        unique = frozenset(one for one in self.unique if one <= set(kept))
        return Solutions(self.frame.select(columns), {n: self.kinds[n] for n in kept}, self.height, unique, self.exact)

    def keyed(self, *keys: Iterable[str]) -> Solutions:
        """With more sets of variables known to be unique."""
        more = self.unique | {frozenset(key) for key in keys}
        return Solutions(self.frame, self.kinds, self.height, more, self.exact)

    def distinct(self, terms: Terms) -> Solutions:
        """Each row once."""
        if any(one <= set(self.kinds) for one in self.unique):
            return self
        if not self.kinds:
            return Solutions.one() if self.height else self
        del terms
        frame = self.frame.unique(maintain_order=False)
        kept = Solutions(frame, self.kinds, frame.height, frozenset(), self.exact)
        return kept.keyed(self.kinds)


def stacked(terms: Terms, parts: list[Solutions]) -> Solutions:
    """The rows of several solutions one below the other (UNION)."""
    names = list(dict.fromkeys(name for part in parts for name in part.names))
    columns: dict[str, pl.Series] = {}
    kinds: dict[str, str] = {}
    exact: dict[str, bool] = {}
    height = sum(part.height for part in parts)
    for name in names:
        values = unify(terms, [part.value(name) for part in parts])
        kinds[name] = values[0].kind
        exact[name] = all(value.is_exact for value in values)
        columns[name] = pl.concat([value.series.alias(name) for value in values])
        if values[0].kind == "num":
            flags = [value.decimal for value in values if value.decimal is not None]
            columns[name + FLAG] = pl.concat([flag.alias(name + FLAG) for flag in flags])
    return Solutions(pl.DataFrame(columns), kinds, height, frozenset(), exact)
