"""The example data of the questions, as files and as what a store takes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyoxigraph

from mcgraph.model.batch import TRIPLE_SCHEMA, Batch, TripleColumn

EXAMPLES = Path(__file__).resolve().parents[2] / "queries" / "examples"


def make_batch(turtle: Path) -> Batch:
    """The triples of a Turtle file as the columns a store takes."""
    groups: dict[tuple[str, str, str, str], list[tuple[str, str, int]]] = {}
    for row, quad in enumerate(pyoxigraph.parse(path=str(turtle)), start=2):
        value = quad.object
        if isinstance(value, pyoxigraph.Literal):
            key = (quad.predicate.value, "literal", value.datatype.value, value.language or "")
        else:
            key = (quad.predicate.value, "iri", "", "")
        groups.setdefault(key, []).append((quad.subject.value, value.value, row))
    columns = tuple(
        TripleColumn(predicate, kind, pl.DataFrame(rows, schema=TRIPLE_SCHEMA, orient="row"), datatype, language)
        for (predicate, kind, datatype, language), rows in groups.items()
    )
    return Batch(source="example", mapping="template", tables=(), columns=columns)
