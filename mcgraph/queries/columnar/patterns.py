"""Graph patterns over the columns of a snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mcgraph.queries.algebra import (
    Alternatives,
    Bind,
    Const,
    Element,
    Filter,
    Group,
    InGraph,
    Minus,
    Optional_,
    Path,
    Query,
    Term,
    Triple,
    Triples,
    Values,
    Var,
    variables,
)
from mcgraph.queries.columnar import NotColumnar
from mcgraph.queries.columnar.expressions import Expressions
from mcgraph.queries.columnar.joins import MOST_ROWS, Joins
from mcgraph.queries.columnar.solutions import Solutions, stacked
from mcgraph.queries.columnar.values import Terms
from mcgraph.store.dictionary import STRIDE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mcgraph.store.columns import Columns, Table

_S, _O, _G, _P = "\x00s", "\x00o", "\x00g", "\x00p"


@dataclass(frozen=True, slots=True)
class Window:
    """Only solutions in which a variable has an id from `start` to below `end` are wanted."""

    name: str
    start: int
    end: int


class Patterns:
    """Evaluates patterns; `subquery` evaluates a SELECT within."""

    def __init__(self, columns: Columns, terms: Terms, subquery: Callable[[Query], Solutions]) -> None:
        self.columns = columns
        self.terms = terms
        self.subquery = subquery
        self.joins = Joins(terms)
        self.expressions = Expressions(terms, self.exists)
        self.window: Window | None = None
        self._pairs: dict[tuple[str, bool], Solutions] = {}
        self._done: dict[tuple[tuple[Element, ...], Window | None], Solutions] = {}

    def forget(self) -> None:
        """Let go of what was kept for patterns that stand in a query more than once."""
        self._done.clear()

    def group(self, group: Group, graph: Term | None = None) -> Solutions:
        """The solutions of `{ … }`, inside GRAPH where `graph` says so."""
        rows, filters = self._elements(group, graph)
        return self._filtered(rows, filters)

    def _elements(self, group: Group, graph: Term | None) -> tuple[Solutions, list[Filter]]:
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
                key = (group.elements[: place + 1], self.window)
                kept = self._done.get(key) if graph is None else None
                if kept is None:
                    rows = self._element(self._joined(rows, waiting, graph), element, graph)
                    if graph is None and isinstance(element, Minus):
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
            other = self._seeded(element.group, rows, graph) or self.group(element.group, graph)
            return rows.taken(~self.joins.matches(rows, other, some_shared=True))
        if isinstance(element, Alternatives):
            parts = [self.group(one, graph) for one in element.groups]
            return self.joins.join(rows, parts[0] if len(parts) == 1 else stacked(self.terms, parts))
        if isinstance(element, InGraph):
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
            return self.joins.join(rows, self.subquery(element))
        raise NotColumnar("an element of a pattern")

    def _optional(self, rows: Solutions, group: Group, graph: Term | None) -> Solutions:
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
        pairs = self.path(pattern.predicate, graph)
        if self.window is not None and pattern.subject == Var(self.window.name):
            pairs = self._in_window(pairs, self.window)
        return self._named(pairs, pattern.subject, pattern.object, graph)

    def _named(
        self, pairs: Solutions, subject: Term, thing: Term, graph: Term | None, more: Mapping[str, str] | None = None
    ) -> Solutions:
        """Pairs with constants picked out and columns under the names of the variables."""
        frame = pairs.frame
        unique = set(pairs.unique)
        terms: list[tuple[str, Term]] = [(_S, subject), (_O, thing)]
        if graph is not None:
            terms.append((_G, graph))
        for column, term in terms:
            if isinstance(term, Const):
                frame = frame.filter(pl.col(column) == self.terms.id_of(term)).drop(column)
                unique = {one - {column} for one in unique}
        renamed: dict[str, str] = dict(more or {})
        for column, term in terms:
            if not isinstance(term, Var):
                continue
            if term.name in renamed.values():
                first = next(c for c, name in renamed.items() if name == term.name)
                frame = frame.filter(pl.col(first) == pl.col(column)).drop(column)
                unique = {one - {column} | ({first} if column in one else set()) for one in unique}
            else:
                renamed[column] = term.name
        frame = frame.select(list(renamed)).rename(renamed)
        keys = {frozenset(renamed.get(c, c) for c in one) for one in unique if one <= set(renamed)}
        if frame.width == 1 and not keys and self._is_unique(frame.to_series()):
            keys.add(frozenset(frame.columns))
        return Solutions(frame, dict.fromkeys(frame.columns, "id"), frame.height, frozenset(keys))

    @staticmethod
    def _in_window(pairs: Solutions, window: Window) -> Solutions:
        subjects = pairs.frame.get_column(_S)
        if subjects.flags["SORTED_ASC"]:
            values = subjects.to_numpy()
            start, end = (int(np.searchsorted(values, edge)) for edge in (window.start, window.end))
            frame = pairs.frame.slice(start, end - start)
        else:
            frame = pairs.frame.filter((subjects >= window.start) & (subjects < window.end))
        return Solutions(frame, pairs.kinds, frame.height, pairs.unique)

    def _tables(self, predicate: str | None, graph: Term | None) -> list[Table]:
        wanted = graph.value if isinstance(graph, Const) else None
        return [
            known
            for known in self.columns.tables
            if predicate in (None, known.predicate) and wanted in (None, known.graph)
        ]

    def _any_predicate(self, pattern: Triple, graph: Term | None) -> Solutions:
        assert isinstance(pattern.predicate, Var)
        frames = []
        for known in self._tables(None, graph):
            frame = self.columns.table(known).rename({"s": _S, "o": _O})
            for column, term in ((_S, pattern.subject), (_O, pattern.object)):
                if isinstance(term, Const):
                    frame = frame.filter(pl.col(column) == self.terms.id_of(term))
            if frame.height:
                frames.append(self._with(frame, known, graph, predicate=True))
        if not frames:
            return _empty(variables(pattern) | (variables(graph) if graph else set()))
        rows = Solutions(pl.concat(frames), {}, 0)
        if pattern.predicate in (pattern.subject, pattern.object):
            raise NotColumnar("a property that is its own subject")
        return self._named(rows, pattern.subject, pattern.object, graph, {_P: pattern.predicate.name})

    def _with(self, frame: pl.DataFrame, known: Table, graph: Term | None, *, predicate: bool = False) -> pl.DataFrame:
        extra = []
        if graph is not None:
            extra.append(pl.lit(self.terms.id_of(Const(known.graph, "iri")), dtype=pl.UInt32).alias(_G))
        if predicate:
            extra.append(pl.lit(self.terms.id_of(Const(known.predicate, "iri")), dtype=pl.UInt32).alias(_P))
        return frame.with_columns(extra) if extra else frame

    # paths

    def path(self, path: Path, graph: Term | None) -> Solutions:
        """The pairs a path links; with a column of graphs inside GRAPH."""
        if path.kind == "iri":
            return self._property(path.iri, graph)
        if path.kind == "inverse":
            return self._inverse(path.parts[0], graph)
        if path.kind == "alternative":
            parts = [self.path(one, graph) for one in path.parts]
            # The engine gives each pair of an alternative once.
            frame = pl.concat([part.frame.select(_columns(graph)) for part in parts])
            return self._known_pairs(_once(frame)) if graph is None else _pairs(frame.unique())
        if graph is not None:
            raise NotColumnar("a long path inside GRAPH")
        if path.kind == "sequence":
            return self._sequence([self.path(one, None) for one in path.parts])
        if path.kind == "plus":
            return self._closure(self.path(path.parts[0], None))
        raise NotColumnar("a path of any length, none included")

    def _property(self, iri: str, graph: Term | None) -> Solutions:
        key = (iri, graph is not None)
        if graph is None and key in self._pairs:
            return self._pairs[key]
        tables = self._tables(iri, graph)
        frames = [
            self._with(self.columns.table(known).rename({"s": _S, "o": _O}), known, graph).set_sorted(_S)
            for known in tables
        ]
        if not frames:
            rows = _pairs(pl.DataFrame(schema=dict.fromkeys(_columns(graph), pl.UInt32)))
        else:
            together = pl.concat(frames)
            unique = {frozenset((_S, _O))} if len(frames) == 1 else set()
            if graph is None and self._is_unique(together.get_column(_S)):
                unique.add(frozenset((_S,)))
            rows = _pairs(together, unique)
        if graph is None:
            self._pairs[key] = rows
        return rows

    def _known_pairs(self, frame: pl.DataFrame) -> Solutions:
        unique = {frozenset((_S, _O))}
        if self._is_unique(frame.get_column(_S)):
            unique.add(frozenset((_S,)))
        return _pairs(frame, unique)

    def _inverse(self, path: Path, graph: Term | None) -> Solutions:
        found = self.path(path, graph)
        swapped = found.frame.rename({_S: _O, _O: _S})
        moved = {_S: _O, _O: _S}
        unique = {frozenset(moved.get(c, c) for c in one) for one in found.unique}
        if graph is None and self._is_unique(swapped.get_column(_S)):
            unique.add(frozenset((_S,)))
        return _pairs(swapped, unique)

    def _is_unique(self, series: pl.Series) -> bool:
        """Whether a column of terms of the data holds each once."""
        places: np.ndarray[Any, Any] = series.to_numpy() // STRIDE
        seen = np.zeros(self.joins.size, dtype=bool)
        seen[places] = True
        return int(seen.sum()) == len(places)

    def _sequence(self, steps: list[Solutions]) -> Solutions:
        names = [f"\x00{i}" for i in range(len(steps) + 1)]
        parts = []
        for i, step in enumerate(steps):
            renamed = {_S: names[i], _O: names[i + 1]}
            frame = step.frame.select(_S, _O).rename(renamed)
            unique = frozenset(frozenset(renamed[c] for c in one) for one in step.unique)
            parts.append(Solutions(frame, dict.fromkeys(frame.columns, "id"), frame.height, unique))
        joined = parts[0]
        for part in parts[1:]:
            joined = self.joins.join(joined, part)
        if not joined.height:
            return _pairs(pl.DataFrame(schema={_S: pl.UInt32, _O: pl.UInt32}))
        ends = {names[0]: _S, names[-1]: _O}
        keys = {frozenset(ends[c] for c in one) for one in joined.unique if one <= set(ends)}
        return _pairs(joined.frame.select(list(ends)).rename(ends), keys)

    def _closure(self, step: Solutions) -> Solutions:
        """Every pair linked by one or more steps, each once."""
        edges = step.frame.select(_S, _O).unique()
        found = new = edges
        while new.height:
            ahead = new.join(edges.rename({_S: _O, _O: "\x00next"}), on=_O).select(_S, pl.col("\x00next").alias(_O))
            new = ahead.unique().join(found, on=[_S, _O], how="anti")
            found = pl.concat([found, new])
            if found.height > MOST_ROWS:
                raise NotColumnar("a path with too many ends")
        return _pairs(found, {frozenset((_S, _O))})


def _columns(graph: Term | None) -> list[str]:
    return [_S, _O] if graph is None else [_S, _O, _G]


def _once(frame: pl.DataFrame) -> pl.DataFrame:
    """Pairs sorted, each once."""
    high, low = (frame.get_column(name).to_numpy().astype(np.uint64) for name in (_S, _O))
    packed = np.sort(high << np.uint64(32) | low)
    packed = packed[np.append(True, packed[1:] != packed[:-1])] if len(packed) else packed
    found = {_S: (packed >> np.uint64(32)).astype(np.uint32), _O: (packed & np.uint64(0xFFFFFFFF)).astype(np.uint32)}
    return pl.DataFrame(found).set_sorted(_S)


def _pairs(frame: pl.DataFrame, unique: set[frozenset[str]] | None = None) -> Solutions:
    return Solutions(frame, dict.fromkeys(frame.columns, "id"), frame.height, frozenset(unique or ()))


def _empty(names: set[str]) -> Solutions:
    frame = pl.DataFrame(schema=dict.fromkeys(sorted(names), pl.UInt32))
    return Solutions(frame, dict.fromkeys(frame.columns, "id"), 0)


def _unbound(rows: Solutions, filters: Sequence[Filter]) -> bool:
    """Whether a filter may see an outer value where the optional part binds none."""
    used = {name for one in filters for name in variables(one.condition)}
    return any(rows.value(name).series.null_count() for name in used)
