"""What was classified, as statements for the graph of inferred statements: never among the facts.

A credential gets the classes that were proven of it: `mc:Microcredential` and each criterion. What is undecided gets
nothing, and a «no» needs no statement. The graph says by which definition and numbers it was made, and goes with the
next change of the facts it was drawn from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from mcgraph.model.batch import Batch, TripleColumn
from mcgraph.model.namespaces import RDF_TYPE
from mcgraph.reasoning.classify import Classification

if TYPE_CHECKING:
    from mcgraph.store import LoadResult
    from mcgraph.store.graph import Graph


def inferred_batch(found: Classification) -> Batch:
    """The proven classes as triples; the mapping names the definition, its version and its numbers."""
    numbers = ", ".join(f"{one.name} < {one.number:f}" for one in found.definition.thresholds.values())
    proven = [(found.kind, found.truth.yes), *((column.criterion.iri, column.truth.yes) for column in found.columns)]
    columns = []
    for iri, mask in proven:
        members = found.iris.filter(pl.Series(mask)).alias("s")
        frame = pl.DataFrame({"s": members}).with_columns(
            pl.lit(iri).alias("o"), pl.lit(0, dtype=pl.UInt32).alias("row")
        )
        if frame.height:
            columns.append(TripleColumn(RDF_TYPE, "iri", frame))
    made_by = f"classify: definition {found.definition.version} ({numbers})"
    return Batch(source="inferred", mapping=made_by, tables=(), columns=tuple(columns))


def write_inferred(graph: Graph, found: Classification) -> LoadResult:
    """Put the proven classes into the graph of inferred statements, in the place of those of the last time."""
    return graph.replace_inferred(inferred_batch(found))
