"""Graph patterns over the columns of a snapshot."""

from __future__ import annotations

from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mcgraph.queries.algebra import (
    Alternatives,
    Bind,
    Const,
    Element,
    Exists,
    Filter,
    Group,
    InGraph,
    Minus,
    Optional_,
    Query,
    Term,
    Triple,
    Triples,
    Values,
    Var,
    leads,
    parts,
    variables,
)
from mcgraph.queries.columnar import NotColumnar, joins
from mcgraph.queries.columnar.expressions import Expressions
from mcgraph.queries.columnar.joins import Joins
from mcgraph.queries.columnar.paths import GRAPH_OF as G
from mcgraph.queries.columnar.paths import OBJECT as O
from mcgraph.queries.columnar.paths import PREDICATE as P
from mcgraph.queries.columnar.paths import SUBJECT as S
from mcgraph.queries.columnar.paths import Paths
from mcgraph.queries.columnar.solutions import Solutions, stacked
from mcgraph.queries.columnar.values import Terms
from mcgraph.store.dictionary import STRIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mcgraph.store.columns import Columns



@dataclass(frozen=True, slots=True)
class Window:
    """Only solutions in which a variable has an id from `start` to below `end` are wanted."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Members:
    """Only solutions in which a variable is one of these terms are wanted; `there` says by place which."""

    there: np.ndarray[Any, Any]


class Patterns:
    """Evaluates patterns; `subquery` evaluates a SELECT within."""

    def __init__(self, columns: Columns, terms: Terms, subquery: Callable[[Query], Solutions]) -> None:
        self.columns = columns
        self.terms = terms
        self.subquery = subquery
        self.joins = Joins(terms)
        self.expressions = Expressions(terms, self.exists)
        self.window: Window | None = None
        self.members: dict[str, Members] = {}
        self._done: dict[tuple[tuple[Element, ...], Window | None, tuple[tuple[str, Members], ...]], Solutions] = {}
        self.paths = Paths(columns, self.joins, terms)

    def forget(self) -> None:
        """Let go of what was kept for patterns that stand in a query more than once."""
        self._done.clear()
        self.paths.forget()

    def group(self, group: Group, graph: Term | None = None) -> Solutions:
        """The solutions of `{ … }`, inside GRAPH where `graph` says so."""
        rows, filters = self._elements(group, graph)
        return self._filtered(rows, filters)

    @contextmanager
    def asked_for(self, holds: Callable[[str], bool]) -> Iterator[None]:
        """Inside the block only those variables are asked for some of their terms alone for which `holds` says so."""
        window, members = self.window, self.members
        if window is not None and not holds(window.name):
            self.window = None
        if members:
            self.members = {name: one for name, one in members.items() if holds(name)}
        try:
            yield
        finally:
            self.window, self.members = window, members

    def _asked_beside(self, rows: Solutions) -> AbstractContextManager[None]:
        """`asked_for` what every row binds: of anything else, a match left out would be one that is missed."""
        return self.asked_for(lambda name: name in rows.kinds and not rows.frame.get_column(name).null_count())

    def _elements(self, group: Group, graph: Term | None) -> tuple[Solutions, list[Filter]]:
        with self.asked_for(lambda name: leads(group, name)):
            return self._one_after_another(group, graph)

    def _one_after_another(self, group: Group, graph: Term | None) -> tuple[Solutions, list[Filter]]:
        rows = Solutions.one()
        filters: list[Filter] = []
        waiting: list[Triple] = []
        for place, element in enumerate(group.elements):
            if isinstance(element, Triples):
                waiting += element.patterns
            elif isinstance(element, Filter):
                filters.append(element)
            else:
                # Counting questions say the same beginning several times: it is done once.
                key = (group.elements[: place + 1], self.window, tuple(sorted(self.members.items())))
                kept = self._done.get(key) if graph is None else None
                if kept is None:
                    rows = self._element(self._joined(rows, waiting, graph), element, graph)
                    if graph is None and isinstance(element, Minus | Optional_ | Values):
                        self._done[key] = rows
                else:
                    rows = kept
                waiting = []
        return self._joined(rows, waiting, graph), filters

    def _filtered(self, rows: Solutions, filters: Sequence[Filter]) -> Solutions:
        for one in filters:
            keep = self.expressions.truth(self.expressions.value(one.condition, rows))
            rows = rows.taken(keep.fill_null(False))
        return rows

    def _element(self, rows: Solutions, element: Element, graph: Term | None) -> Solutions:
        if isinstance(element, Optional_):
            return self._optional(rows, element.group, graph)
        if isinstance(element, Minus):
            with self._asked_beside(rows):
                other = self._seeded(element.group, rows, graph) or self.group(element.group, graph)
            return rows.taken(~self.joins.matches(rows, other, some_shared=True))
        if isinstance(element, Alternatives):
            parts = [self.group(one, graph) for one in element.groups]
            return self.joins.join(rows, parts[0] if len(parts) == 1 else stacked(self.terms, parts))
        if isinstance(element, InGraph):
            if not _is_of_triples(element.group):
                # EXISTS looks into the same graph, and a graph that is not there has not even the empty solution.
                raise NotColumnar("GRAPH around more than triples and filters of values")
            return self.joins.join(rows, self.group(element.group, element.name))
        if isinstance(element, Bind):
            if element.variable.name in rows.kinds:
                raise NotColumnar("BIND of a variable that is bound")
            return rows.bound(element.variable.name, self.expressions.value(element.expression, rows))
        if isinstance(element, Values):
            return self.joins.join(rows, self._values(element))
        if isinstance(element, Query):
            if graph is not None:
                raise NotColumnar("a subquery inside GRAPH")
            return self.joins.join(rows, self._subquery(element, rows))
        raise NotColumnar("an element of a pattern")

    def _subquery(self, query: Query, rows: Solutions) -> Solutions:
        """The solutions of a subquery, of which those suffice that agree with the few rows there are."""
        before = self.members
        most = self.joins.size // joins.FEW
        if rows.kinds and rows.height < most:
            found = {name: rows.frame.get_column(name) for name, kind in rows.kinds.items() if kind == "id"}
            self.members = before | {
                name: Members(self._there(column)) for name, column in found.items() if not column.null_count()
            }
        try:
            return self.subquery(query)
        finally:
            self.members = before

    def _there(self, column: pl.Series) -> np.ndarray[Any, Any]:
        there = np.zeros(self.joins.size, dtype=bool)
        there[column.to_numpy() // STRIDE] = True
        return there

    def _optional(self, rows: Solutions, group: Group, graph: Term | None) -> Solutions:
        with self._asked_beside(rows):
            inner, filters = self._elements(group, graph)
        if not filters:
            return self.joins.optional(rows, inner)
        own = set(inner.kinds)
        if all(variables(one.condition) <= own for one in filters) and not _unbound(inner, filters):
            # The condition looks at the optional part alone: it can be asked before the join.
            return self.joins.optional(rows, self._filtered(inner, filters))
        joined = self.joins.join(self.joins.numbered(rows), inner)
        return self.joins.completed(rows, self._filtered(joined, filters))

    def _values(self, element: Values) -> Solutions:
        frame: dict[str, pl.Series] = {}
        for i, variable in enumerate(element.variables):
            cells = [row[i] for row in element.rows]
            found = [None if cell is None else self.terms.id_of(cell) for cell in cells]
            frame[variable.name] = pl.Series(variable.name, found, dtype=pl.UInt32)
        return Solutions(pl.DataFrame(frame), dict.fromkeys(frame, "id"), len(element.rows))

    def exists(self, group: Group, rows: Solutions) -> pl.Series:
        """For each row whether the pattern has a match once the row's values are put in.

        Raises `NotColumnar` where putting in and comparing after could differ.
        """
        shared = variables(group) & set(rows.kinds)
        used: set[str] = set()
        for element in group.elements:
            if isinstance(element, Filter):
                used |= variables(element.condition)
            elif isinstance(element, Values):
                if shared & {variable.name for variable in element.variables}:
                    raise NotColumnar("EXISTS with values for outer variables")
            elif not isinstance(element, Triples):
                raise NotColumnar("EXISTS with more than triples, values and filters")
        with self._asked_beside(rows):
            inner = self._seeded(group, rows, None) or self.group(group)
        if (used & shared) - set(inner.kinds):
            raise NotColumnar("EXISTS with a filter on outer values")
        return self.joins.matches(rows.only(shared), inner, some_shared=False)

    def _seeded(self, group: Group, rows: Solutions, graph: Term | None) -> Solutions | None:
        """The solutions of a pattern of several triples for the values of two or more variables of the rows.

        Alone such a pattern may link everything with everything (all pairs of one provider); joined to the pairs
        that are asked about, its answer to these is the same. None where it has to stand alone.
        """
        patterns = [one for element in group.elements if isinstance(element, Triples) for one in element.patterns]
        filters = [element for element in group.elements if isinstance(element, Filter)]
        inside = {name for one in patterns for name in variables(one)}
        shared = sorted(inside & set(rows.kinds))
        if len(patterns) + len(filters) != sum(
            len(e.patterns) if isinstance(e, Triples) else 1 for e in group.elements
        ) or not all(variables(one.condition) <= inside for one in filters):
            return None
        if len(patterns) < 2 or len(shared) < 2 or any(rows.value(name).series.null_count() for name in shared):
            return None
        if any(rows.kinds[name] != "id" for name in shared):
            return None
        return self._filtered(self._joined(rows.only(shared).distinct(self.terms), patterns, graph), filters)

    # triples

    def _joined(self, rows: Solutions, patterns: Sequence[Triple], graph: Term | None) -> Solutions:
        """The rows joined with triple patterns, the smallest connected one first."""
        waiting = [self.triple(pattern, graph) for pattern in patterns]
        while waiting:
            bound = {name for name in rows.kinds if rows.frame.get_column(name).null_count() < rows.height}
            near = [one for one in waiting if bound & set(one.kinds)] or waiting
            following = min(near, key=lambda one: one.height)
            waiting = [one for one in waiting if one is not following]
            rows = self.joins.join(rows, following)
        return rows

    def triple(self, pattern: Triple, graph: Term | None) -> Solutions:
        """The solutions of one triple pattern."""
        if isinstance(pattern.predicate, Var):
            return self._any_predicate(pattern, graph)
        pairs = self.paths.pairs(pattern.predicate, graph)
        if self.window is not None and pattern.subject == Var(self.window.name):
            pairs = self._in_window(pairs, self.window)
        members = self.members.get(pattern.subject.name) if isinstance(pattern.subject, Var) else None
        if members is not None:
            mine = pl.Series(members.there[pairs.frame.get_column(S).to_numpy() // STRIDE])
            frame = pairs.frame.filter(mine)
            pairs = Solutions(frame, pairs.kinds, frame.height, pairs.unique)
        return self._named(pairs, pattern.subject, pattern.object, graph)

    def _named(
        self, pairs: Solutions, subject: Term, thing: Term, graph: Term | None, more: Mapping[str, str] | None = None
    ) -> Solutions:
        """Pairs with constants picked out and columns under the names of the variables."""
        frame = pairs.frame
        unique = set(pairs.unique)
        terms: list[tuple[str, Term]] = [(S, subject), (O, thing)]
        if graph is not None:
            terms.append((G, graph))
        for column, term in terms:
            if isinstance(term, Const):
                frame = frame.filter(pl.col(column) == self.terms.id_of(term))
                unique = {one - {column} for one in unique}
        renamed: dict[str, str] = dict(more or {})
        for column, term in terms:
            if not isinstance(term, Var):
                continue
            if term.name in renamed.values():
                first = next(c for c, name in renamed.items() if name == term.name)
                frame = frame.filter(pl.col(first) == pl.col(column))
                unique = {one - {column} | ({first} if column in one else set()) for one in unique}
            else:
                renamed[column] = term.name
        # A frame without columns forgets how many rows it has: a triple without variables is there or not.
        height = frame.height
        frame = frame.select(list(renamed)).rename(renamed)
        keys = {frozenset(renamed.get(c, c) for c in one) for one in unique if one <= set(renamed)}
        if frame.width == 1 and not keys and self.joins.is_unique(frame.to_series()):
            keys.add(frozenset(frame.columns))
        return Solutions(frame, dict.fromkeys(frame.columns, "id"), height, frozenset(keys))

    @staticmethod
    def _in_window(pairs: Solutions, window: Window) -> Solutions:
        subjects = pairs.frame.get_column(S)
        if subjects.flags["SORTED_ASC"]:
            values = subjects.to_numpy()
            start, end = (int(np.searchsorted(values, edge)) for edge in (window.start, window.end))
            frame = pairs.frame.slice(start, end - start)
        else:
            frame = pairs.frame.filter((subjects >= window.start) & (subjects < window.end))
        return Solutions(frame, pairs.kinds, frame.height, pairs.unique)

    def _any_predicate(self, pattern: Triple, graph: Term | None) -> Solutions:
        assert isinstance(pattern.predicate, Var)
        frames = []
        for known in self.paths.tables(None, graph):
            frame = self.columns.table(known).rename({"s": S, "o": O})
            for column, term in ((S, pattern.subject), (O, pattern.object)):
                if isinstance(term, Const):
                    frame = frame.filter(pl.col(column) == self.terms.id_of(term))
            if frame.height:
                frames.append(self.paths.marked(frame, known, graph, predicate=True))
        if not frames:
            return _empty(variables(pattern) | (variables(graph) if graph else set()))
        rows = Solutions(pl.concat(frames), {}, 0)
        if pattern.predicate in (pattern.subject, pattern.object):
            raise NotColumnar("a property that is its own subject")
        return self._named(rows, pattern.subject, pattern.object, graph, {P: pattern.predicate.name})


def _empty(names: set[str]) -> Solutions:
    frame = pl.DataFrame(schema=dict.fromkeys(sorted(names), pl.UInt32))
    return Solutions(frame, dict.fromkeys(frame.columns, "id"), 0)


def _unbound(rows: Solutions, filters: Sequence[Filter]) -> bool:
    """Whether a filter may see an outer value where the optional part binds none."""
    used = {name for one in filters for name in variables(one.condition)}
    return any(rows.value(name).series.null_count() for name in used)


def _is_of_triples(group: Group) -> bool:
    """Whether a group has triples that must match, and nothing that looks for others."""
    has = any(isinstance(one, Triples) and one.patterns for one in group.elements)
    return has and not any(isinstance(part, Exists) for part in parts(group))
