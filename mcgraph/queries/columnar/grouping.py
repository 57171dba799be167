"""GROUP BY and its aggregates over columns."""

from __future__ import annotations

from collections.abc import Sequence

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
        self.number: pl.Series | None = None
        if self.is_single:
            self.result = rows.only(self.keys)
        elif not self.keys or not rows.height:
            self.result = Solutions(pl.DataFrame(), {}, 1)
        else:
            self._number()

    def _number(self) -> None:
        """Give each row the number of its group, and keep one row of keys for each group."""
        columns = [c for n in self.keys for c in ((n, n + FLAG) if self.rows.kinds[n] == "num" else (n,))]
        keyed = self.rows.frame.select(columns)
        firsts = keyed.with_row_index(_GROUP).unique(columns, keep="first", maintain_order=True)
        ordered = firsts.drop(_GROUP).with_row_index(_GROUP)
        numbered = keyed.join(ordered, on=columns, how="left", nulls_equal=True, maintain_order="left")
        self.number = numbered.get_column(_GROUP)
        kinds = {name: self.rows.kinds[name] for name in self.keys}
        exact = self.rows.exact
        result = Solutions(ordered.drop(_GROUP), kinds, ordered.height, frozenset(), exact)
        self.result = result.keyed(self.keys)

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
        """One aggregate, one row per group."""
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

    def _frame(self, **columns: pl.Series) -> pl.DataFrame:
        number = self.number
        if number is None:
            number = pl.repeat(0, self.rows.height, dtype=pl.UInt32, eager=True)
        return pl.DataFrame({_GROUP: number, **columns})

    def _spread(self, found: pl.DataFrame, column: str, default: int | None) -> pl.Series:
        """A column by group number as a column of all groups."""
        groups = pl.DataFrame({_GROUP: pl.int_range(self.height, dtype=pl.UInt32, eager=True)})
        series = groups.join(found, on=_GROUP, how="left", maintain_order="left").get_column(column)
        return series if default is None else series.fill_null(default)

    def _sizes(self) -> pl.Series:
        if self.is_single:
            return pl.repeat(1, self.height, dtype=pl.Int64, eager=True)
        found = self._frame().group_by(_GROUP).len("n")
        return self._spread(found.with_columns(pl.col("n").cast(pl.Int64)), "n", 0)

    def _count(self, value: Value) -> pl.Series:
        if self.is_single:
            return value.series.is_not_null().cast(pl.Int64)
        found = self._frame(v=value.series).group_by(_GROUP).agg(pl.col("v").count().cast(pl.Int64).alias("n"))
        return self._spread(found, "n", 0)

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
        pairs = self._frame(v=value.series).filter(pl.col("v").is_not_null()).unique()
        found = pairs.group_by(_GROUP).len("n").with_columns(pl.col("n").cast(pl.Int64))
        return self._spread(found, "n", 0)

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
        column = pl.col("v")
        best = column.min() if name == "MIN" else column.max()
        pairs = self._frame(v=value.series)
        if value.kind == "text":
            # Few groups hold different texts; those that do are compared, the others are taken as they are.
            pairs = pairs.unique()
        found = pairs.group_by(_GROUP).agg(best.alias("v"), column.null_count().alias("lacking"))
        found = found.with_columns(pl.when(pl.col("lacking") == 0).then(pl.col("v")).alias("v"))
        series = self._spread(found, "v", None)
        if value.kind != "num":
            return Value(value.kind, series.cast(value.series.dtype), None, value.is_exact)
        flags = value.decimal.drop_nulls() if value.decimal is not None else pl.Series([], dtype=pl.Boolean)
        return numbers(series, bool(len(flags) and flags[0]), is_exact=value.is_exact)

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
        found = (
            self._frame(v=scaled.cast(pl.Int64), d=decimal)
            .group_by(_GROUP)
            .agg(pl.col("v").sum(), pl.col("v").null_count().alias("lacking"), pl.col("d").any().alias("d"))
            .with_columns(pl.when(pl.col("lacking") == 0).then(pl.col("v")).alias("v"))
        )
        there = self._sizes()
        total = self._spread(found, "v", None)
        total = pl.select(pl.when(there == 0).then(pl.lit(0)).otherwise(total)).to_series()
        flags = self._spread(found, "d", None).fill_null(False)
        return numbers(total.cast(pl.Float64) / _PART, flags)

    def _mean(self, value: Value) -> Value:
        total, count = self._sum(value), self._sizes()
        mean = pl.select(pl.when(count > 0).then(total.series / count).otherwise(0.0)).to_series()
        if (count == 0).any():
            raise NotColumnar("a mean of nothing")
        return numbers(pl.select(pl.when(total.series.is_not_null()).then(mean)).to_series(), True, is_exact=False)
