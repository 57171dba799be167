"""The pairs of terms that a property or a path links, over the columns of a snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mcgraph.queries.algebra import Const, Path, Term
from mcgraph.queries.columnar import NotColumnar
from mcgraph.queries.columnar.joins import MOST_ROWS, Joins
from mcgraph.queries.columnar.solutions import Solutions
from mcgraph.queries.columnar.values import Terms

if TYPE_CHECKING:
    from mcgraph.store.columns import Columns, Table

# The columns of pairs; no variable has such a name.
SUBJECT, OBJECT, GRAPH_OF, PREDICATE = "\x00s", "\x00o", "\x00g", "\x00p"


class Paths:
    """Gives pairs of ids; those of properties are kept, those of long paths until `forget`."""

    def __init__(self, columns: Columns, joins: Joins, terms: Terms) -> None:
        self.columns = columns
        self.joins = joins
        self.terms = terms
        self._properties: dict[str, Solutions] = {}
        self._paths: dict[Path, Solutions] = {}

    def forget(self) -> None:
        """Let go of the pairs of long paths."""
        self._paths.clear()

    def tables(self, predicate: str | None, graph: Term | None) -> list[Table]:
        """The tables of a property (None: of all), in one graph or all."""
        wanted = graph.value if isinstance(graph, Const) else None
        return [
            known
            for known in self.columns.tables
            if predicate in (None, known.predicate) and wanted in (None, known.graph)
        ]

    def marked(self, frame: pl.DataFrame, known: Table, graph: Term | None, *, predicate: bool = False) -> pl.DataFrame:
        """The rows of a table with its graph beside them inside GRAPH, and its property where that is asked for."""
        extra = []
        if graph is not None:
            extra.append(pl.lit(self.terms.id_of(Const(known.graph, "iri")), dtype=pl.UInt32).alias(GRAPH_OF))
        if predicate:
            extra.append(pl.lit(self.terms.id_of(Const(known.predicate, "iri")), dtype=pl.UInt32).alias(PREDICATE))
        return frame.with_columns(extra) if extra else frame

    def pairs(self, path: Path, graph: Term | None) -> Solutions:
        """The pairs a path links; with a column of graphs inside GRAPH."""
        if path.kind == "iri":
            return self._property(path.iri, graph)
        if graph is not None:
            return self._long_path(path, graph)
        if path not in self._paths:
            self._paths[path] = self._long_path(path, None)
        return self._paths[path]

    def _long_path(self, path: Path, graph: Term | None) -> Solutions:
        if path.kind == "inverse":
            return self._inverse(path.parts[0], graph)
        if path.kind == "alternative":
            parts = [self.pairs(one, graph) for one in path.parts]
            # The engine gives each pair of an alternative once.
            frame = pl.concat([part.frame.select(_columns(graph)) for part in parts])
            return self._known_pairs(_once(frame)) if graph is None else _pairs(frame.unique())
        if graph is not None:
            raise NotColumnar("a long path inside GRAPH")
        if path.kind == "sequence":
            return self._sequence([self.pairs(one, None) for one in path.parts])
        if path.kind == "plus":
            return self._closure(self.pairs(path.parts[0], None))
        raise NotColumnar("a path of any length, none included")

    def _property(self, iri: str, graph: Term | None) -> Solutions:
        if graph is None and iri in self._properties:
            return self._properties[iri]
        tables = self.tables(iri, graph)
        frames = [
            self.marked(self.columns.table(known).rename({"s": SUBJECT, "o": OBJECT}), known, graph).set_sorted(SUBJECT)
            for known in tables
        ]
        if not frames:
            rows = _pairs(pl.DataFrame(schema=dict.fromkeys(_columns(graph), pl.UInt32)))
        else:
            together = pl.concat(frames)
            unique = {frozenset((SUBJECT, OBJECT))} if len(frames) == 1 else set()
            if graph is None and self.joins.is_unique(together.get_column(SUBJECT)):
                unique.add(frozenset((SUBJECT,)))
            rows = _pairs(together, unique)
        if graph is None:
            self._properties[iri] = rows
        return rows

    def _known_pairs(self, frame: pl.DataFrame) -> Solutions:
        unique = {frozenset((SUBJECT, OBJECT))}
        if self.joins.is_unique(frame.get_column(SUBJECT)):
            unique.add(frozenset((SUBJECT,)))
        return _pairs(frame, unique)

    def _inverse(self, path: Path, graph: Term | None) -> Solutions:
        found = self.pairs(path, graph)
        swapped = found.frame.rename({SUBJECT: OBJECT, OBJECT: SUBJECT})
        moved = {SUBJECT: OBJECT, OBJECT: SUBJECT}
        unique = {frozenset(moved.get(c, c) for c in one) for one in found.unique}
        if graph is None and self.joins.is_unique(swapped.get_column(SUBJECT)):
            unique.add(frozenset((SUBJECT,)))
        return _pairs(swapped, unique)

    def _sequence(self, steps: list[Solutions]) -> Solutions:
        names = [f"\x00{i}" for i in range(len(steps) + 1)]
        parts = []
        for i, step in enumerate(steps):
            renamed = {SUBJECT: names[i], OBJECT: names[i + 1]}
            frame = step.frame.select(SUBJECT, OBJECT).rename(renamed)
            unique = frozenset(frozenset(renamed[c] for c in one) for one in step.unique)
            parts.append(Solutions(frame, dict.fromkeys(frame.columns, "id"), frame.height, unique))
        joined = parts[0]
        for part in parts[1:]:
            joined = self.joins.join(joined, part)
        if not joined.height:
            return _pairs(pl.DataFrame(schema={SUBJECT: pl.UInt32, OBJECT: pl.UInt32}))
        ends = {names[0]: SUBJECT, names[-1]: OBJECT}
        keys = {frozenset(ends[c] for c in one) for one in joined.unique if one <= set(ends)}
        return _pairs(joined.frame.select(list(ends)).rename(ends), keys)

    def _closure(self, step: Solutions) -> Solutions:
        """Every pair linked by one or more steps, each once."""
        edges = step.frame.select(SUBJECT, OBJECT).unique()
        found = new = edges
        while new.height:
            further = new.join(edges.rename({SUBJECT: OBJECT, OBJECT: "\x00next"}), on=OBJECT)
            ahead = further.select(SUBJECT, pl.col("\x00next").alias(OBJECT))
            new = ahead.unique().join(found, on=[SUBJECT, OBJECT], how="anti")
            found = pl.concat([found, new])
            if found.height > MOST_ROWS:
                raise NotColumnar("a path with too many ends")
        return _pairs(found, {frozenset((SUBJECT, OBJECT))})


def _columns(graph: Term | None) -> list[str]:
    return [SUBJECT, OBJECT] if graph is None else [SUBJECT, OBJECT, GRAPH_OF]


def _once(frame: pl.DataFrame) -> pl.DataFrame:
    """Pairs sorted, each once."""
    high, low = (frame.get_column(name).to_numpy().astype(np.uint64) for name in (SUBJECT, OBJECT))
    packed = np.sort(high << np.uint64(32) | low)
    packed = packed[np.append(True, packed[1:] != packed[:-1])] if len(packed) else packed
    subjects, objects = (packed >> np.uint64(32)), packed & np.uint64(0xFFFFFFFF)
    found = {SUBJECT: subjects.astype(np.uint32), OBJECT: objects.astype(np.uint32)}
    return pl.DataFrame(found).set_sorted(SUBJECT)


def _pairs(frame: pl.DataFrame, unique: set[frozenset[str]] | None = None) -> Solutions:
    return Solutions(frame, dict.fromkeys(frame.columns, "id"), frame.height, frozenset(unique or ()))
