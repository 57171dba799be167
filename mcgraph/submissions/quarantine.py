"""What was refused: the records a load did not store, with the findings that say why.

One JSON file per source below `<store>/quarantine/`; it is replaced with each load of that source.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.model.batch import Batch
from mcgraph.model.finding import Finding
from mcgraph.model.terms import local_name
from mcgraph.store import files
from mcgraph.validation import Report

_MOST_FINDINGS = 100_000


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The refused records of one source: rows of (id, label, iri, file, sheet, row) and their findings."""

    source: str
    mapping: str
    snapshot: str
    records: tuple[dict[str, Any], ...]
    findings: tuple[dict[str, Any], ...]


def write(store: Path, source: str, refused: pl.Series, report: Report, batch: Batch) -> None:
    """Keep the refused records of a source, or drop its file when nothing was refused."""
    folder = store / "quarantine"
    path = folder / f"{local_name(source)}.json"
    if refused.is_empty():
        path.unlink(missing_ok=True)
        return
    folder.mkdir(exist_ok=True)
    wanted = set(refused.to_list())
    rows = batch.records.filter(pl.col("iri").is_in(refused.implode())).unique(["iri", "row"], maintain_order=True)
    document = {
        "source": source,
        "mapping": batch.mapping,
        "snapshot": report.run.snapshot,
        "records": [_record(batch, row) for row in rows.iter_rows(named=True)],
        "findings": [f.to_json() for f in _errors(report, wanted)],
    }
    files.write(path, json.dumps(document, ensure_ascii=False, indent=1).encode())


def drop(store: Path, source: str) -> None:
    """Forget what was refused of a source."""
    (store / "quarantine" / f"{local_name(source)}.json").unlink(missing_ok=True)


def read(store: Path) -> list[Quarantined]:
    """Every source's refused records, in the order of their names."""
    found = []
    for path in sorted((store / "quarantine").glob("*.json")):
        try:
            given = json.loads(path.read_text(encoding="utf-8"))
            found.append(
                Quarantined(
                    source=given["source"],
                    mapping=given["mapping"],
                    snapshot=given["snapshot"],
                    records=tuple(given["records"]),
                    findings=tuple(given["findings"]),
                )
            )
        except (ValueError, KeyError) as fault:
            raise StoreUnavailable(
                f"the quarantine file is damaged ({fault})", where=str(path), fix="Load that source again."
            ) from fault
    return found


def of(store: Path, source: str) -> Quarantined:
    """The refused records of one source. Raises `WrongUse` where it has none."""
    for one in read(store):
        if one.source == source:
            return one
    known = ", ".join(one.source for one in read(store)) or "none"
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
