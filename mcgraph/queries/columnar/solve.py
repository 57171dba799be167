"""A whole SELECT over the columns of a snapshot: pattern, groups, order, limit, rows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from mcgraph.queries.algebra import (
    Aggregate,
    Alternatives,
    Call,
    Expression,
    Group,
    Path,
    Projection,
    Query,
    Triple,
    Triples,
    Values,
    Var,
    leads,
    variables,
)
from mcgraph.queries.columnar import NotColumnar
from mcgraph.queries.columnar.grouping import Groups
from mcgraph.queries.columnar.patterns import Patterns, Window
from mcgraph.queries.columnar.solutions import Solutions, stacked
from mcgraph.queries.columnar.values import Terms, Value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgraph.store.columns import Columns

# The first part of a long ordered answer, which tells how many rows a subject gives: this share of the rows wanted.
# No part is smaller than the second number.
FIRST_PART = 100
LEAST_PART = 64
_ALL = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a query: columns, texts and types by row, and whether there are more."""

    columns: tuple[str, ...]
    rows: list[tuple[str | None, ...]]
    types: list[tuple[str, ...]]
    more: bool


class Solver:
    """Answers queries from opened columns; keep one for several queries of a snapshot."""

    def __init__(self, columns: Columns) -> None:
        self.terms = Terms(columns)
        self.patterns = Patterns(columns, self.terms, self.solutions)

    def answer(self, query: Query, most: int) -> Found:
        """The first `most` rows of a SELECT.

        Raises `NotColumnar` for a query that has to be asked of the engine.
        """
        if query.form != "SELECT" or query.graphs:
            raise NotColumnar("a question of another form")
        # Only a few terms that the data lacks fit between two neighbours: those of earlier questions make room.
        self.terms.own.clear()
        self.terms.known.clear()
        try:
            rows = self._first(query, most + 1)
        finally:
            self.patterns.forget()
            self.patterns.window = None
        names = [p.variable.name for p in query.projections] or [n for n in rows.names if not n.startswith("_:")]
        more = rows.height > most
        rows = rows.taken(pl.int_range(min(most, rows.height), eager=True), is_mask=False) if more else rows
        decoded = [self.terms.decoded(rows.value(name)) for name in names]
        texts = list(zip(*(one[0] for one in decoded), strict=True))
        types = list(zip(*(one[1] for one in decoded), strict=True))
        return Found(tuple(names), texts, types, more)

    def _first(self, query: Query, most: int) -> Solutions:
        """The first solutions; where they are ordered by a subject, part by part until there are enough."""
        cut = _cut(query, most)
        name = leading(query)
        if name is None or cut is None:
            return self.solutions(query, most)
        pattern = next(one for one in _triples(query.where) if one.subject == Var(name))
        subjects = self.patterns.triple(pattern, None).value(name).series.unique().sort()
        parts: list[Solutions] = []
        place, wanted, size = 0, cut, max(LEAST_PART, cut // FIRST_PART)
        while True:
            end = place + size
            last = end >= len(subjects)
            start_id = int(subjects[place]) if len(subjects) else 0
            end_id = _ALL if last else int(subjects[end])
            self.patterns.window = Window(name, start_id, end_id)
            part = self.solutions(replace(query, limit=None, offset=0), wanted)
            # What this pattern does not bound (a path from the other side) is bounded here.
            mine = part.value(name).series
            part = part.taken((mine >= start_id) & (mine < end_id))
            parts.append(part)
            wanted -= part.height
            if last or wanted <= 0:
                break
            place = end
            rate = max(part.height / size, 1 / 64)
            size = int(wanted / rate * 1.2) + LEAST_PART
        rows = stacked(self.terms, parts) if len(parts) > 1 else parts[0]
        end = min(cut, rows.height)
        return rows.taken(pl.int_range(min(query.offset, end), end, eager=True), is_mask=False)

    def solutions(self, query: Query, most: int | None = None) -> Solutions:
        """The solutions of a (sub)query, in their order; `most` of them suffice."""
        # Elsewhere the variable of that name is another one, or is counted over: nothing may be left out.
        with self.patterns.asked_for(lambda name: _keeps(query, name)):
            return self._solutions(query, most)

    def _solutions(self, query: Query, most: int | None) -> Solutions:
        rows = self.patterns.group(query.where)
        if query.values is not None:
            if _is_grouped(query):
                # SPARQL joins these values to the groups, not to what is grouped (§18.2.4).
                raise NotColumnar("values after the groups")
            rows = self._with_values(rows, query.values)
        rows = self._grouped(rows, query) if _is_grouped(query) else self._extended(rows, query)
        names = [p.variable.name for p in query.projections] or [n for n in rows.names if not n.startswith("_:")]
        if query.is_distinct:
            # Columns that only the order needs are not part of what is distinct.
            if any(not variables(one) <= set(names) for one, _ in query.order_by):
                raise NotColumnar("an order by what DISTINCT leaves out")
            rows = rows.only(names).distinct(self.terms)
        cut = _cut(query, most)
        if query.order_by:
            rows = self._ordered(rows, query.order_by, cut)
        if query.offset or (cut is not None and cut < rows.height):
            end = rows.height if cut is None else min(cut, rows.height)
            rows = rows.taken(pl.int_range(min(query.offset, end), end, eager=True), is_mask=False)
        return rows.only(names)

    def _with_values(self, rows: Solutions, values: Values) -> Solutions:
        return self.patterns.joins.join(rows, self.patterns.group(Group((values,))))

    def _extended(self, rows: Solutions, query: Query) -> Solutions:
        for projection in query.projections:
            if projection.expression is not None:
                rows = rows.bound(projection.variable.name, self._value(projection.expression, rows))
        return rows

    def _value(self, expression: Expression, rows: Solutions) -> Value:
        return self.patterns.expressions.value(expression, rows)

    def _grouped(self, rows: Solutions, query: Query) -> Solutions:
        for key in query.group_by:
            if key.expression is not None:
                rows = rows.bound(key.variable.name, self._value(key.expression, rows))
        keys = [key.variable.name for key in query.group_by]
        _check_plain(query.projections, keys)
        groups = Groups(self.terms, self.patterns.expressions, rows, keys)
        if query.group_by and not rows.height:
            # Only a question without GROUP BY has a row for nothing.
            groups.result = Solutions(pl.DataFrame(), {}, 0)
        found = groups.project(query.projections)
        for condition in query.having:
            if not _outside_aggregates(condition) <= set(keys):
                # The engine knows no names of the SELECT clause there; other engines do.
                raise NotColumnar("HAVING with a name that is no key")
            name = f"\x00having{len(found.kinds)}"
            found = found.bound(name, groups.value(condition, found))
        marks = [name for name in found.names if name.startswith("\x00having")]
        for name in marks:
            keep = self.patterns.expressions.truth(found.value(name))
            found = found.taken(keep.fill_null(False))
        return found

    def _ordered(self, rows: Solutions, order: Sequence[tuple[Expression, bool]], cut: int | None) -> Solutions:
        keys: list[pl.Series] = []
        downs: list[bool] = []
        for expression, down in order:
            if _has_aggregate(expression):
                raise NotColumnar("an order by an aggregate")
            keys.append(self._key(self._value(expression, rows), keys).alias(f"k{len(keys)}"))
            downs.append(down)
        if rows.height < 2:
            return rows
        frame = pl.DataFrame(keys)
        places = pl.int_range(rows.height, dtype=pl.UInt32, eager=True)
        if cut is not None and cut < rows.height:
            frame, places = _near_top(frame, downs[0], cut)
        by = frame.select(pl.arg_sort_by(frame.columns, descending=downs, nulls_last=downs)).to_series()
        taken = places.gather(by)
        return rows.taken(taken if cut is None else taken.head(cut), is_mask=False)

    def _key(self, value: Value, before: Sequence[pl.Series]) -> pl.Series:
        """A column that sorts as the engine sorts the terms, among rows that are alike in the keys before."""
        if value.kind != "id":
            return value.series
        if self.terms.is_ordered(value.series):
            return self.terms.by_value(value.series)
        ranks = self.terms.ranks(value.series)
        key = value.series.replace_strict(ranks["id"], ranks["rank"], default=None, return_dtype=pl.UInt32)
        if 0 < ranks.get_column("is_number").sum() < ranks.height:
            kind = value.series.replace_strict(ranks["id"], ranks["is_number"], default=None, return_dtype=pl.Boolean)
            frame = pl.DataFrame([*before, kind.alias("kind")]).unique()
            names = [one.name for one in before]
            if not names or frame.filter(pl.col("kind").is_not_null()).select(names).is_duplicated().any():
                raise NotColumnar("an order of numbers among other terms")
        return key


def leading(query: Query) -> str | None:
    """The variable that orders the answer first and is a subject in every solution, so that parts can be cut by it."""
    if not query.order_by or query.values is not None:
        return None
    first, down = query.order_by[0]
    if down or not isinstance(first, Var) or not _keeps(query, first.name):
        return None
    if first.name not in {p.variable.name for p in query.projections if p.expression is None}:
        return None
    subjects = {one.subject for one in _triples(query.where) if isinstance(one.predicate, Path)}
    return first.name if first in subjects and leads(query.where, first.name) else None


def _keeps(query: Query, name: str) -> bool:
    """Whether the rows of a (sub)query for one value of a variable come from the matches with that value alone."""
    if query.limit is not None or query.offset:
        return False
    if _is_grouped(query):
        return name in {key.variable.name for key in query.group_by if key.expression is None}
    return query.is_star or name in {p.variable.name for p in query.projections if p.expression is None}


def _outside_aggregates(expression: Expression) -> set[str]:
    """The variables an expression names, but not inside its aggregates."""
    if isinstance(expression, Aggregate):
        return set()
    if isinstance(expression, Call):
        return {name for one in expression.arguments for name in _outside_aggregates(one)}
    return variables(expression)


def _triples(group: Group) -> Iterator[Triple]:
    """The triple patterns every solution matches, those of subqueries that give their variable included."""
    for element in group.elements:
        if isinstance(element, Triples):
            yield from element.patterns
        elif isinstance(element, Alternatives) and len(element.groups) == 1:
            yield from _triples(element.groups[0])
        elif isinstance(element, Query):
            for one in _triples(element.where):
                if isinstance(one.subject, Var) and _keeps(element, one.subject.name):
                    yield one


def _near_top(frame: pl.DataFrame, down: bool, cut: int) -> tuple[pl.DataFrame, pl.Series]:
    """The rows that can be among the first `cut`, by the first key alone, and their places."""
    numbered = frame.with_row_index("\x00at")
    first = frame.columns[0]
    column = frame.get_column(first)
    nulls = column.null_count()
    if nulls == 0:
        ordered = column.sort(descending=down)
        edge = ordered[cut - 1]
        near = pl.col(first) >= edge if down else pl.col(first) <= edge
        numbered = numbered.filter(near)
    return numbered.drop("\x00at"), numbered.get_column("\x00at")


def _cut(query: Query, most: int | None) -> int | None:
    ends = [query.offset + one for one in (query.limit, most) if one is not None]
    return min(ends) if ends else None


def _is_grouped(query: Query) -> bool:
    return bool(query.group_by or query.having) or any(_has_aggregate(p.expression) for p in query.projections)


def _has_aggregate(expression: Expression | None) -> bool:
    if isinstance(expression, Aggregate):
        return True
    return isinstance(expression, Call) and any(_has_aggregate(one) for one in expression.arguments)


def _check_plain(projections: Sequence[Projection], keys: list[str]) -> None:
    """A grouped query gives keys and aggregates only."""
    known = set(keys)
    for projection in projections:
        if projection.expression is None and projection.variable.name not in known:
            raise NotColumnar("a column that is not grouped")
        known.add(projection.variable.name)
