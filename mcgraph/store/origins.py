"""From a value in the graph back to the cell that says it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.model.namespaces import ID
from mcgraph.model.terms import local_name
from mcgraph.store import batches
from mcgraph.store.manifest import Submission

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.model.batch import SourceTable
    from mcgraph.model.finding import Place
    from mcgraph.store.graph import Graph


def places(graph: Graph, records: Iterable[str], predicate: str, verified: set[str]) -> dict[str, list[Place]]:
    """The cells of every source that say `predicate` of each record, in the order of the sources; [] where none does.

    Each batch is read once, whatever the number of records, and compared with its checksum before it is first read.
    Raises `StoreUnavailable` where it is damaged or no longer kept.
    """
    found: dict[str, list[Place]] = {record: [] for record in records}
    asked = {record: {known.source for known in _likely(graph.manifest.submissions, record)} for record in found}
    for known in graph.manifest.submissions:
        wanted = [record for record, sources in asked.items() if known.source in sources]
        if not wanted:
            continue
        folder = graph.path / "batches" / known.batch
        if known.batch not in verified:
            batches.verify(folder, known.sums)
            verified.add(known.batch)
        for record, place in _in_batch(folder, wanted, predicate):
            found[record].append(place)
    return found


def _likely(submissions: tuple[Submission, ...], record: str) -> list[Submission]:
    """The source that minted the IRI alone, where it did; else every source."""
    own = [known for known in submissions if record.startswith(f"{ID}{local_name(known.source)}/")]
    return own or list(submissions)


def _in_batch(folder: Path, records: list[str], predicate: str) -> Iterator[tuple[str, Place]]:
    import polars as pl

    if predicate:
        wanted = pl.col("s").is_in(records) & (pl.col("p") == predicate)
        rows = batches.triples(folder).filter(wanted).select(pl.col("s").cast(pl.String), "table", "row", "column")
    else:
        own = batches.frame(folder, "records").lazy().filter(pl.col("iri").is_in(records))
        rows = own.select(pl.col("iri").cast(pl.String), "table", "row", pl.lit(-1, dtype=pl.Int16).alias("column"))
    cells = rows.unique(maintain_order=True).collect()
    if cells.is_empty():
        return
    known = tables(folder)
    for record, table, row, column in cells.iter_rows():
        if table is not None and 0 <= table < len(known):
            yield record, known[table].place(row, column)


def tables(folder: Path) -> list[SourceTable]:
    """The tables of a batch as their owners see them, without their cells."""
    from mcgraph.model.batch import SourceTable

    lines = batches.frame(folder, "lines")
    known = nodes(folder)
    return [
        SourceTable(
            t["file"],
            t["sheet"],
            tuple(t["headers"]),
            t["rows"],
            t["name"],
            *_lines_of(lines, number),
            places=nodes_of(known, number),
        )
        for number, t in enumerate(json.loads((folder / "tables.json").read_bytes()))
    ]


def _lines_of(lines: pl.DataFrame, table: int) -> tuple[pl.Series | None, pl.Series | None]:
    import polars as pl

    own = lines.filter(pl.col("table") == table)
    return (own.get_column("line"), own.get_column("row")) if own.height else (None, None)


def nodes(folder: Path) -> pl.DataFrame | None:
    """The pointers of a batch's documents, or None where it has none."""
    return batches.frame(folder, "places") if (folder / "places.parquet").exists() else None


def nodes_of(known: pl.DataFrame | None, table: int) -> pl.DataFrame | None:
    """Those of one table, in the form `SourceTable.places` has."""
    import polars as pl

    own = known.filter(pl.col("table") == table).drop("table") if known is not None else None
    return own if own is not None and own.height else None
