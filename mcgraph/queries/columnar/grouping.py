"""GROUP BY and its aggregates over columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from mcgraph.queries.algebra import Aggregate, Call, Const, Expression, Projection, Var
from mcgraph.queries.columnar import NotColumnar
from mcgraph.queries.columnar.expressions import Expressions
from mcgraph.queries.columnar.solutions import FLAG, Solutions
from mcgraph.queries.columnar.values import Terms, Value, ids, numbers
from mcgraph.store.dictionary import STRIDE

_GROUP = "\x00group"
# Decimals are added as whole numbers of this part, so that sums do not depend on the order.
_PART = 1_000_000
_MOST = 9_000_000_000.0
# Up to so many codes more than rows, a table of all is made rather than the codes sorted.
_TABLE = 64_000_000


Codes = np.ndarray[Any, np.dtype[np.int64]]


class Groups:
    """The rows of one GROUP BY; aggregates come out with one row per group."""

    def __init__(self, terms: Terms, expressions: Expressions, rows: Solutions, keys: Sequence[str]) -> None:
        self.terms = terms
        self.expressions = expressions
        self.rows = rows
        self.keys = [name for name in keys if name in rows.kinds]
        for name in self.keys:
            if rows.kinds[name] == "num" and rows.value(name).decimal is not None:
                flags = rows.frame.get_column(name + FLAG).drop_nulls().unique()
                if len(flags) > 1:
                    raise NotColumnar("groups by numbers of two types")
        # Where no two rows agree in the keys, each row is its own group and an aggregate is its argument.
        self.is_single = any(one <= set(self.keys) for one in rows.unique) and bool(rows.kinds)
        self.number: Codes | None = None
        self.firsts: Codes | None = None
        self._made: dict[Aggregate, Value] = {}
        if self.is_single:
            self.result = rows.only(self.keys)
        elif not self.keys or not rows.height:
            self.result = Solutions(pl.DataFrame(), {}, 1)
        else:
            self._number()

    def _number(self) -> None:
        """Give each row the number of its group, and keep one row of keys for each group."""
        number, count = self._codes(self.keys[0])
        for name in self.keys[1:]:
            more, others = self._codes(name)
            number, count = _dense(number * others + more, count * others)
        self.number = number
        self.firsts = _firsts(number, count)
        rows = self.rows.only(self.keys).taken(pl.Series(self.firsts), is_mask=False)
        self.result = rows.keyed(self.keys)

    def _codes(self, name: str) -> tuple[Codes, int]:
        """A small number for each different term of a column, unbound among them, and how many there are."""
        series = self.rows.frame.get_column(name)
        kind = self.rows.kinds[name]
        if kind == "text":
            series = series.cast(pl.Categorical).to_physical()
        elif kind == "num":
            # Equal numbers are one group, however they came about.
            series = series.rank("dense")
        elif kind == "id":
            # Terms that the data lacks stand between two others, which leaves no room for a division.
            series = series if self.terms.own_of(series) else series // STRIDE
        codes = series.cast(pl.Int64).to_numpy() if not series.null_count() else _with_unbound(series)
        return _dense(codes, int(codes.max()) + 1)

    @property
    def height(self) -> int:
        """How many groups there are."""
        return self.result.height

    def value(self, expression: Expression, known: Solutions) -> Value:
        """An expression with aggregates in it, one row per group; `known` are the keys and earlier columns."""
        if isinstance(expression, Aggregate):
            return self.aggregate(expression)
        if isinstance(expression, Call):
            inner: list[Expression] = []
            solved = known
            for i, argument in enumerate(expression.arguments):
                if isinstance(argument, Var | Const):
                    inner.append(argument)
                    continue
                name = f"\x00{len(solved.kinds)}.{i}"
                solved = solved.bound(name, self.value(argument, known))
                inner.append(Var(name))
            return self.expressions.value(Call(expression.name, tuple(inner)), solved)
        return self.expressions.value(expression, known)

    def project(self, projections: Sequence[Projection]) -> Solutions:
        """The columns of SELECT over the groups."""
        rows = self.result
        for projection in projections:
            if projection.expression is not None:
                rows = rows.bound(projection.variable.name, self.value(projection.expression, rows))
        return rows

    # aggregates

    def aggregate(self, given: Aggregate) -> Value:
        """One aggregate, one row per group; one that HAVING names again is not made again."""
        if given not in self._made:
            self._made[given] = self._aggregate(given)
        return self._made[given]

    def _aggregate(self, given: Aggregate) -> Value:
        name = given.name
        if given.argument is None:
            if given.distinct:
                raise NotColumnar("COUNT(DISTINCT *)")
            return numbers(self._sizes(), False)
        argument = self.expressions.value(given.argument, self.rows)
        if name == "COUNT":
            return numbers(self._distinct(argument) if given.distinct else self._count(argument), False)
        if name in ("MIN", "MAX"):
            return self._extreme(name, argument)
        if name == "SUM" and not given.distinct:
            return self._sum(argument)
        if name == "AVG" and not given.distinct:
            return self._mean(argument)
        raise NotColumnar(f"the aggregate {name}")

    def _numbers(self) -> Codes:
        return np.zeros(self.rows.height, dtype=np.int64) if self.number is None else self.number

    def _counted(self, rows: Codes) -> pl.Series:
        """How many of these rows, given by the numbers of their groups, each group has."""
        return pl.Series(np.bincount(rows, minlength=self.height).astype(np.int64))

    def _sizes(self) -> pl.Series:
        if self.is_single:
            return pl.repeat(1, self.height, dtype=pl.Int64, eager=True)
        return self._counted(self._numbers())

    def _count(self, value: Value) -> pl.Series:
        there = value.series.is_not_null()
        return there.cast(pl.Int64) if self.is_single else self._counted(self._numbers()[there.to_numpy()])

    def _lacking(self, series: pl.Series) -> pl.Series:
        """Whether a group has a row in which nothing is bound."""
        return self._counted(self._numbers()[series.is_null().to_numpy()]) > 0

    def _distinct(self, value: Value) -> pl.Series:
        if self.is_single:
            return self._count(value)
        if value.kind == "num":
            raise NotColumnar("COUNT(DISTINCT) of numbers that are computed")
        if self.number is None and self.height == 1 and value.kind == "id" and not self.terms.own_of(value.series):
            places = value.series.drop_nulls().to_numpy() // STRIDE
            seen = np.zeros(self.terms.columns.dictionary.size + 1, dtype=bool)
            seen[places] = True
            return pl.Series([int(seen.sum())], dtype=pl.Int64)
        there = value.series.is_not_null()
        number, series = self._numbers()[there.to_numpy()], value.series.filter(there)
        if not len(series):
            return pl.repeat(0, self.height, dtype=pl.Int64, eager=True)
        # Most groups hold one value again and again: only the others are counted.
        firsts = _firsts(number, self.height)
        mixed = np.zeros(self.height, dtype=bool)
        mixed[number[(series != series.gather(firsts[number])).to_numpy()]] = True
        rows = mixed[number]
        pairs = pl.DataFrame({_GROUP: number[rows], "v": series.filter(pl.Series(rows))}).unique()
        several = np.bincount(pairs.get_column(_GROUP).to_numpy(), minlength=self.height)
        one = np.bincount(number, minlength=self.height) > 0
        return pl.Series(np.where(mixed, several, one).astype(np.int64))

    def _extreme(self, name: str, value: Value) -> Value:
        """MIN or MAX; a group with an unbound value has none (as the engine has it)."""
        if self.is_single:
            return value
        if value.kind == "id" and not self.terms.is_ordered(value.series):
            return self._ranked(name, value)
        if value.kind == "id":
            distinct = value.series.unique()
            if self.terms.by_value(distinct).n_unique() < len(distinct):
                raise NotColumnar("the least of numbers that are written in two ways")
        if value.kind == "num" and value.decimal is not None and len(value.decimal.drop_nulls().unique()) > 1:
            raise NotColumnar("the least of numbers of two types")
        series = self._best(name, value.series)
        if value.kind != "num":
            return Value(value.kind, series, None, value.is_exact)
        flags = value.decimal.drop_nulls() if value.decimal is not None else pl.Series([], dtype=pl.Boolean)
        return numbers(series, bool(len(flags) and flags[0]), is_exact=value.is_exact)

    def _best(self, name: str, series: pl.Series) -> pl.Series:
        """The least or greatest of each group, null where one is null or the group is empty.

        Most groups hold one value again and again: only those in which a row differs from the first are compared.
        """
        if not len(series):
            return series.extend_constant(None, self.height)
        number = self._numbers()
        firsts = np.zeros(1, dtype=np.int64) if self.firsts is None else self.firsts
        best = series.gather(firsts)
        lacking = self._lacking(series)
        if lacking.any():
            best = pl.select(pl.when(~lacking).then(best)).to_series()
        mixed = np.zeros(self.height, dtype=bool)
        mixed[number[(series != best.gather(number)).fill_null(False).to_numpy()]] = True
        if not mixed.any():
            return best
        rows = pl.Series(mixed[number])
        column = pl.col("v").min() if name == "MIN" else pl.col("v").max()
        frame = pl.DataFrame({_GROUP: pl.Series(number).filter(rows), "v": series.filter(rows)})
        found = frame.group_by(_GROUP).agg(column)
        places = np.full(self.height, -1, dtype=np.int64)
        places[found.get_column(_GROUP).to_numpy()] = np.arange(found.height)
        at = pl.Series(places)
        better = found.get_column("v").gather(pl.select(pl.when(at >= 0).then(at)).to_series())
        return pl.select(pl.when(pl.Series(mixed)).then(better).otherwise(best)).to_series()

    def _ranked(self, name: str, value: Value) -> Value:
        """MIN or MAX of terms of several kinds, by their places in the engine's order."""
        ranks = self.terms.ranks(value.series)
        if 0 < ranks.get_column("is_number").sum() < ranks.height:
            raise NotColumnar("the least of numbers and other terms")
        places = value.series.replace_strict(ranks["id"], ranks["rank"], default=None, return_dtype=pl.UInt32)
        best = self._extreme(name, Value("text", places))
        back = best.series.replace_strict(ranks["rank"], ranks["id"], default=None, return_dtype=pl.UInt32)
        return ids(back)

    def _sum(self, value: Value) -> Value:
        """SUM: exact, since decimals are added as whole numbers; unbound where a value is no number."""
        number = self.terms.number(value)
        if not value.is_exact:
            raise NotColumnar("a sum of quotients")
        amounts = number.series
        decimal = number.decimal if number.decimal is not None else pl.repeat(False, len(amounts), eager=True)
        if self.is_single:
            return number
        scaled = (amounts * _PART).round()
        if ((scaled / _PART - amounts).abs() > 1e-12 * amounts.abs()).any() or (amounts.abs() > _MOST).any():
            raise NotColumnar("decimals of many digits")
        scaled = scaled.cast(pl.Int64)
        groups = self._numbers()
        frame = pl.DataFrame({_GROUP: groups, "v": scaled})
        found = frame.group_by(_GROUP).agg(pl.col("v").sum())
        sums = np.zeros(self.height, dtype=np.int64)
        sums[found.get_column(_GROUP).to_numpy()] = found.get_column("v").to_numpy()
        total = pl.select(pl.when(~self._lacking(scaled)).then(pl.Series(sums))).to_series()
        flags = self._counted(groups[decimal.fill_null(False).to_numpy()]) > 0
        return numbers(total.cast(pl.Float64) / _PART, flags)

    def _mean(self, value: Value) -> Value:
        total, count = self._sum(value), self._sizes()
        mean = pl.select(pl.when(count > 0).then(total.series / count).otherwise(0.0)).to_series()
        if (count == 0).any():
            raise NotColumnar("a mean of nothing")
        return numbers(pl.select(pl.when(total.series.is_not_null()).then(mean)).to_series(), True, is_exact=False)


def _with_unbound(series: pl.Series) -> Codes:
    """The column as numbers in which nothing bound is a number of its own."""
    codes: Codes = series.cast(pl.Int64).fill_null(-1).to_numpy() + 1
    return codes


def _dense(codes: Codes, end: int) -> tuple[Codes, int]:
    """Codes below `end` made 0, 1, 2, … in their order, and how many there are."""
    if end > _TABLE + 4 * len(codes):
        distinct, dense = np.unique(codes, return_inverse=True)
        return dense.astype(np.int64), len(distinct)
    seen = np.zeros(end, dtype=bool)
    seen[codes] = True
    places = np.cumsum(seen) - 1
    return places[codes], int(places[-1]) + 1


def _firsts(number: Codes, count: int) -> Codes:
    """The first row of each group."""
    firsts: Codes = np.zeros(count, dtype=np.int64)
    firsts[number[::-1]] = np.arange(len(number) - 1, -1, -1)
    return firsts
