"""Which triples fail a value constraint, judged on the columns before any focus node is looked up.

A value fails or passes whatever node it belongs to. So each column is judged once: by what it is where that decides
(all its objects are links, or of one datatype), else by its distinct objects where they are few, else row by row. Only
the failing triples, which are few in most data, are then matched to focus nodes.
"""

from __future__ import annotations

import polars as pl

from mcgraph.model.batch import TripleColumn
from mcgraph.model.namespaces import SH
from mcgraph.validation.checks import VALUE_CHECKS, compiled_pattern
from mcgraph.validation.data import NO_EDGES, DataGraph, constant
from mcgraph.validation.ir import Constraint

_LINKS = {"IRI", "BlankNodeOrIRI", "IRIOrLiteral"}
_LITERALS = {"Literal", "BlankNodeOrLiteral", "IRIOrLiteral"}


class Screen:
    """The failing triples of a predicate and a constraint, found once for all shapes that ask."""

    def __init__(self, data: DataGraph) -> None:
        self._data = data
        self._failing: dict[tuple[str, Constraint], pl.DataFrame] = {}
        self._blank: dict[int, bool] = {}

    def failing(self, predicate: str, constraint: Constraint) -> pl.DataFrame:
        """The triples (`EDGE_SCHEMA`) of a predicate whose objects fail a constraint, in the order of the columns.

        Raises `RuleBroken` for a pattern that cannot be used.
        """
        key = (predicate, constraint)
        if key not in self._failing:
            if constraint.component == "Pattern":
                compiled_pattern(constraint)  # a broken one is told even where no triple asks for it
            found = [self._column(index, constraint) for index in self._data.columns_of(predicate)]
            kept = [frame for frame in found if frame is not None and frame.height]
            self._failing[key] = pl.concat(kept) if kept else NO_EDGES
        return self._failing[key]

    def _column(self, index: int, constraint: Constraint) -> pl.DataFrame | None:
        """The failing triples of one column, or None where all pass."""
        column = self._data.columns[index]
        if not len(column):
            return None
        passes = self._as_a_whole(index, column, constraint)
        if passes is None:
            return self._by_objects(index, constraint)
        return None if passes else self._data.column_edges(index)

    def _as_a_whole(self, index: int, column: TripleColumn, constraint: Constraint) -> bool | None:
        """Whether all triples of a column pass (or all fail) by what the column is; None where objects decide."""
        if constraint.component == "NodeKind":
            return self._of_kind(index, column, constraint.terms[0].value.removeprefix(SH))
        if constraint.component == "Datatype" and (
            column.kind == "iri" or column.datatype != constraint.terms[0].value
        ):
            return False
        if constraint.component == "Class" and column.kind == "literal":
            return False
        return None

    def _of_kind(self, index: int, column: TripleColumn, kind: str) -> bool | None:
        if column.kind == "literal":
            return kind in _LITERALS
        if kind == "Literal":
            return False
        if kind == "BlankNodeOrIRI" or not self._has_blank_nodes(index):
            return kind in _LINKS
        return None

    def _has_blank_nodes(self, index: int) -> bool:
        """Whether a column links to blank nodes; asked of all columns of links in one pass."""
        if not self._blank:
            links = [at for at, column in enumerate(self._data.columns) if column.kind == "iri" and len(column)]
            asked = [
                pl.lit(self._data.columns[at].frame.get_column("o")).str.starts_with("_:").any().alias(str(at))
                for at in links
            ]
            told = pl.select(asked).row(0)
            self._blank = {at: bool(blank) for at, blank in zip(links, told, strict=True)}
        return self._blank[index]

    def _by_objects(self, index: int, constraint: Constraint) -> pl.DataFrame | None:
        check, column = VALUE_CHECKS[constraint.component], self._data.columns[index]
        distinct = self._data.few_objects(index)
        objects = column.frame.get_column("o") if distinct is None else distinct
        height = len(objects)
        values = pl.DataFrame(
            [
                pl.Series("n", range(height), dtype=pl.UInt32), objects.alias("v"),
                constant("t", self._data.type_of(column), pl.Int32, height), constant("tc", -1, pl.Int32, height),
                constant("row", None, pl.UInt32, height),
            ]
        )  # fmt: skip
        failed = check(self._data, constraint, values)
        if failed.is_empty():
            return None
        if distinct is None:
            return self._data.column_edges(index)[failed.get_column("n")]
        is_wrong = pl.col("o").is_in(failed.get_column("v").implode())
        return column.frame.lazy().filter(is_wrong).select(self._data.as_edges(index)).collect()
