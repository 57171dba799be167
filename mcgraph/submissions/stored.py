"""What the store holds of a source, as a batch again, and a batch with some of its records put in another's place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl

from mcgraph.model.batch import LANG_STRING, ROW, STRING, Batch, SourceTable, TripleColumn
from mcgraph.store import batches, origins
from mcgraph.store.manifest import Submission


def stored_batch(root: Path, known: Submission) -> Batch:
    """The batch of a source as it was stored. Raises `StoreUnavailable` where a file of it is damaged."""
    folder = root / "batches" / known.batch
    batches.verify(folder, known.sums)
    return Batch(
        source=known.source,
        mapping=known.mapping,
        tables=_tables(folder),
        columns=columns_of(batches.triples(folder).collect()),
        records=batches.frame(folder, "records"),
        parts=batches.frame(folder, "parts"),
        notes=batches.frame(folder, "notes"),
    )


def _tables(folder: Path) -> tuple[SourceTable, ...]:
    lines = batches.frame(folder, "lines")
    nodes = origins.nodes(folder)
    tables = []
    for at, given in enumerate(json.loads((folder / "tables.json").read_text(encoding="utf-8"))):
        own = lines.filter(pl.col("table") == at)
        tables.append(
            SourceTable(
                file=given["file"], sheet=given["sheet"], headers=tuple(given["headers"]), rows=given["rows"],
                name=given["name"], line=own.get_column("line") if own.height else None,
                row=own.get_column("row") if own.height else None, places=origins.nodes_of(nodes, at),
            )
        )  # fmt: skip
    return tuple(tables)


def columns_of(triples: pl.DataFrame) -> tuple[TripleColumn, ...]:
    """Triples as a store or a dump has them, one column per predicate, kind and source column."""
    key = ["p", "kind", "datatype", "lang", "table", "column"]
    found = []
    for (p, kind, datatype, language, table, column), part in triples.group_by(key, maintain_order=True):
        found.append(
            TripleColumn(
                predicate=str(p),
                kind="iri" if kind == "iri" else "literal",
                frame=part.select("s", "o", pl.col("row").cast(ROW)),
                datatype=LANG_STRING if language else str(datatype or STRING),
                language=str(language or ""),
                table=int(str(table)),
                column=int(str(column)),
            )
        )
    return tuple(found)


def merged(old: Batch, new: Batch) -> Batch:
    """`old` with the records of `new` added, or put in the place of those it had."""
    kept = old.without(new.records.get_column("iri").unique())
    shift = len(old.tables)
    columns = tuple(replace(c, table=c.table + shift if c.table >= 0 else c.table) for c in new.columns)
    return replace(
        kept,
        tables=(*old.tables, *new.tables),
        columns=(*kept.columns, *columns),
        records=pl.concat([kept.records, _shifted(new.records, shift)]),
        parts=pl.concat([kept.parts, new.parts]).unique(maintain_order=True),
        notes=pl.concat([kept.notes, _shifted(new.notes, shift)]),
        profile=new.profile,
    )


def _shifted(frame: pl.DataFrame, shift: int) -> pl.DataFrame:
    return frame.with_columns((pl.col("table") + shift).cast(frame.schema["table"]))
