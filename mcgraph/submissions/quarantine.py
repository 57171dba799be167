"""What was refused: the records a load did not store, with their rows as submitted and the findings that say why.

One JSON file per source below `<store>/quarantine/`; it is replaced with each load of that source, and shrinks
with each retry.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.model.finding import Finding
from mcgraph.model.terms import local_name
from mcgraph.store import files
from mcgraph.validation import Report

_MOST_FINDINGS = 100_000


@dataclass(frozen=True, slots=True)
class RefusedRows:
    """The rows of one table that speak of refused records: header texts, and cells by row number."""

    file: str
    sheet: str
    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str | None, ...]], ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The refused records of one source: (id, label, iri, file, sheet, row), their findings, and their rows."""

    source: str
    mapping: str
    snapshot: str
    records: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]
    tables: tuple[RefusedRows, ...] = ()

    def without(self, iris: set[str]) -> Quarantined:
        """What stays refused when the records `iris` are spoken of again."""
        kept = tuple(record for record in self.records if record["iri"] not in iris)
        places = {(record["file"], record["sheet"], record["row"]) for record in self.records if record["iri"] in iris}
        tables = tuple(
            RefusedRows(
                t.file, t.sheet, t.name, t.headers, tuple(r for r in t.rows if (t.file, t.sheet, r[0]) not in places)
            )
            for t in self.tables
        )
        findings = tuple(f for f in self.findings if f["record"]["iri"] not in iris)
        return Quarantined(self.source, self.mapping, self.snapshot, kept, findings, tuple(t for t in tables if t.rows))


def of_batch(refused: pl.Series, report: Report, batch: Batch, paths: Sequence[Path]) -> Quarantined:
    """The refused records of a batch; `paths` are the files it was read from."""
    wanted = set(refused.to_list())
    rows = batch.records.filter(pl.col("iri").is_in(refused.implode())).unique(["iri", "row"], maintain_order=True)
    return Quarantined(
        source=batch.source,
        mapping=batch.mapping,
        snapshot=report.run.snapshot,
        records=tuple(_record(batch, row) for row in rows.iter_rows(named=True)),
        findings=tuple(f.to_json() for f in _errors(report, wanted)),
        tables=_rows(refused, batch, paths) if wanted else (),
    )


def keep(store: Path, one: Quarantined) -> None:
    """Keep the refused records of a source, or drop its file when nothing was refused."""
    folder = store / "quarantine"
    path = folder / f"{local_name(one.source)}.json"
    if not one.records:
        path.unlink(missing_ok=True)
        return
    folder.mkdir(exist_ok=True)
    tables = [
        {"file": t.file, "sheet": t.sheet, "name": t.name, "headers": t.headers,
         "rows": [{"row": number, "cells": cells} for number, cells in t.rows]}
        for t in one.tables
    ]  # fmt: skip
    document = {
        "source": one.source,
        "mapping": one.mapping,
        "snapshot": one.snapshot,
        "records": one.records,
        "findings": one.findings,
        "tables": tables,
    }
    files.write(path, json.dumps(document, ensure_ascii=False, indent=1).encode())


def drop(store: Path, source: str) -> None:
    """Forget what was refused of a source."""
    (store / "quarantine" / f"{local_name(source)}.json").unlink(missing_ok=True)


def joined(left: Quarantined, right: Quarantined) -> Quarantined:
    """The refused records of an earlier load that stay, and those of a later one."""
    return Quarantined(
        right.source, right.mapping, right.snapshot,
        (*left.records, *right.records), (*left.findings, *right.findings), (*left.tables, *right.tables),
    )  # fmt: skip


def read(store: Path) -> list[Quarantined]:
    """Every source's refused records, in the order of their names."""
    found = []
    for path in sorted((store / "quarantine").glob("*.json")):
        try:
            found.append(_decoded(json.loads(path.read_text(encoding="utf-8"))))
        except (ValueError, KeyError, TypeError) as fault:
            raise StoreUnavailable(
                f"the quarantine file is damaged ({fault})", where=str(path), fix="Load that source again."
            ) from fault
    return found


def _decoded(given: dict[str, Any]) -> Quarantined:
    return Quarantined(
        source=given["source"],
        mapping=given["mapping"],
        snapshot=given["snapshot"],
        records=tuple(given["records"]),
        findings=tuple(given["findings"]),
        tables=tuple(
            RefusedRows(
                t["file"], t["sheet"], t["name"], tuple(t["headers"]),
                tuple((int(r["row"]), tuple(r["cells"])) for r in t["rows"]),
            )
            for t in given.get("tables", ())
        ),
    )  # fmt: skip


def of(store: Path, source: str) -> Quarantined:
    """The refused records of one source. Raises `WrongUse` where it has none."""
    every = read(store)
    for one in every:
        if one.source == source:
            return one
    known = ", ".join(one.source for one in every) or "none"
    raise WrongUse(f"nothing of «{source}» is in quarantine", fix=f"Sources with refused records: {known}.")


def _errors(report: Report, wanted: set[str]) -> list[Finding]:
    chosen = []
    for finding in report.findings:
        if finding.severity == "error" and finding.record.iri in wanted:
            chosen.append(finding)
            if len(chosen) >= _MOST_FINDINGS:
                break
    return chosen


def _record(batch: Batch, row: dict[str, Any]) -> dict[str, Any]:
    table = batch.tables[row["table"]]
    return {
        "id": row["id"],
        "label": row["label"],
        "iri": row["iri"],
        "class": row["class"].rsplit("#", 1)[-1],
        "file": table.file,
        "sheet": table.sheet,
        "row": row["row"],
    }


def _rows(refused: pl.Series, batch: Batch, paths: Sequence[Path]) -> tuple[RefusedRows, ...]:
    """The rows, as submitted, in which a refused record or a part of one is spoken of."""
    from mcgraph.sources.reading import expand_paths, read_tables

    places = _places(refused, batch)
    raw = {(t.file, t.sheet): t for t in read_tables(expand_paths(paths), Limits.from_environment())}
    found = []
    for at, table in enumerate(batch.tables):
        cells = raw.get((table.file, table.sheet))
        numbers = places.filter(pl.col("table") == at).get_column("row")
        if cells is None or numbers.is_empty():
            continue
        chosen = cells.cells.with_columns(cells.rows.alias("row")).filter(pl.col("row").is_in(numbers.implode()))
        rows = tuple((int(row[-1]), tuple(row[:-1])) for row in chosen.iter_rows())
        found.append(RefusedRows(table.file, table.sheet, table.name, table.headers, rows))
    return tuple(found)


def _places(refused: pl.Series, batch: Batch) -> pl.DataFrame:
    """(table, row) of every triple about a refused record or its parts."""
    parts = batch.parts.filter(pl.col("record").is_in(refused.implode())).get_column("node")
    gone = pl.concat([refused.cast(pl.String), parts]).unique().to_frame("s")
    frames = [
        column.frame.join(gone, on="s", how="semi").select(
            pl.lit(column.table, dtype=pl.Int32).alias("table"), pl.col("row").cast(pl.UInt32)
        )
        for column in batch.columns
        if column.table >= 0
    ]
    empty = pl.DataFrame(schema={"table": pl.Int32, "row": pl.UInt32})
    return pl.concat([empty, *frames]).drop_nulls().unique().sort("table", "row")
