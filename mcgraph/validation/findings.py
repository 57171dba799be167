"""Findings as columns: a million of them are one frame, and become objects only when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import polars as pl

from mcgraph.model.batch import SourceTable
from mcgraph.model.finding import Finding, Place, RecordRef

FINDING_SCHEMA = {
    "code": pl.String,
    "severity": pl.String,
    "verdict": pl.String,
    "table": pl.Int32,
    "row": pl.UInt32,
    "column": pl.Int32,
    "record": pl.String,
    "path": pl.String,
    "found": pl.String,
    "shape": pl.String,
    "component": pl.String,
    "affects": pl.UInt32,
    "given": pl.Int32,
}


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said of every finding of one code and component."""

    message: str
    fix: str = ""
    expected: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings in the order file, sheet, row, column, code; iterating makes `Finding`s one at a time.

    `frame` has `FINDING_SCHEMA`; `given` are those a reader had made, pointed at by the column of that name.
    """

    frame: pl.DataFrame
    tables: tuple[SourceTable, ...]
    given: tuple[Finding, ...]
    wording: dict[tuple[str, str, str], Wording]
    suggestions: dict[tuple[str, str], tuple[str, bool]]
    names: dict[str, RecordRef]
    profile: str = ""

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[Finding]:
        for row in self.frame.iter_rows(named=True):
            yield self._finding(row)

    def __getitem__(self, index: int) -> Finding:
        return self._finding(self.frame.row(index, named=True))

    def only(self, code: str, limit: int | None = None) -> Findings:
        """The findings of one code, at most `limit` of them."""
        kept = self.frame.filter(pl.col("code") == code)
        return replace(self, frame=kept if limit is None else kept.head(limit))

    def sampled(self, limit: int) -> Findings:
        """At most `limit` findings of each code, in the same order."""
        return replace(self, frame=self.frame.filter(pl.int_range(pl.len()).over("code") < limit))

    def place(self, table: int, row: int | None, column: int) -> Place:
        """Where a finding stands."""
        return self.tables[table].place(row, column) if 0 <= table < len(self.tables) else Place()

    def _finding(self, row: dict[str, object]) -> Finding:
        code, severity = str(row["code"]), row["severity"]
        if row["given"] is not None:
            given = self.given[int(str(row["given"]))]
            return replace(given, severity=severity, profile=given.profile or self.profile, group=code)  # type: ignore[arg-type]
        words = self.wording[(code, str(row["shape"] or ""), str(row["component"] or ""))]
        found = str(row["found"] or "")
        suggestion, safe = self.suggestions.get((code, found), ("", False))
        number = row["row"]
        return Finding(
            code=code,
            severity=severity,  # type: ignore[arg-type]
            verdict=row["verdict"],  # type: ignore[arg-type]
            message=words.message,
            where=self.place(_whole(row["table"]), None if number is None else _whole(number), _whole(row["column"])),
            expected=words.expected,
            found=found,
            fix=words.fix,
            suggestion=suggestion,
            safe=safe,
            record=self.names.get(str(row["record"] or ""), RecordRef(iri=str(row["record"] or ""))),
            path=str(row["path"] or ""),
            shape=_named(str(row["shape"] or "")),
            component=str(row["component"] or ""),
            profile=self.profile,
            source=words.source,
            affects=_whole(row["affects"]),
            group=code,
        )


def _named(shape: str) -> str:
    """A shape's IRI; one without has no name to cite."""
    return "" if shape.startswith("_:") else shape


def _whole(value: object) -> int:
    return int(str(value))


def sort(frame: pl.DataFrame, tables: Sequence[SourceTable]) -> pl.DataFrame:
    """Rows in the order file, sheet, row, column, code."""
    order = sorted(range(len(tables)), key=lambda i: (tables[i].file, tables[i].sheet, i))
    rank = {table: position for position, table in enumerate(order)}
    ranked = frame.with_columns(pl.col("table").replace_strict(rank, default=-1, return_dtype=pl.Int32).alias("rank"))
    keys = ["rank", "row", "column", "code", "record", "found", "component", "shape", "given"]
    return ranked.sort(keys, nulls_last=False, maintain_order=True).drop("rank")
