"""Findings as columns: a million of them are one frame, and become objects only when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from mcgraph.model.batch import SourceTable
from mcgraph.model.finding import Finding, Place, RecordRef
from mcgraph.model.language import DEFAULT, Language, language

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
    "said": pl.Int32,
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

    `frame` has `FINDING_SCHEMA`, and once grouped `group` (an index of `group_ids`) and `state`; `given` are
    those a reader had made, `said` the messages of single results, both pointed at by the columns of that name.
    """

    frame: pl.DataFrame
    tables: tuple[SourceTable, ...]
    given: tuple[Finding, ...]
    wording: dict[tuple[str, str, str], Wording]
    suggestions: dict[tuple[str, str], tuple[str, bool]]
    names: dict[str, RecordRef]
    profile: str = ""
    group_ids: tuple[str, ...] = ()
    lang: Language = field(default_factory=lambda: language(DEFAULT))
    said: tuple[str, ...] = ()

    def __len__(self) -> int:
        return self.frame.height

    def __iter__(self) -> Iterator[Finding]:
        for row in self.frame.iter_rows(named=True):
            yield self._finding(row)

    def __getitem__(self, index: int) -> Finding:
        return self._finding(self.frame.row(index, named=True))

    def only(self, code: str, limit: int | None = None) -> Findings:
        """The findings of one code, at most `limit` of them."""
        return self._head(pl.col("code") == code, limit)

    def of_group(self, group: int, limit: int | None = None) -> Findings:
        """The findings of one group (its number from 0), at most `limit` of them."""
        return self._head(pl.col("group") == group, limit)

    def _head(self, which: pl.Expr, limit: int | None) -> Findings:
        kept = self.frame.lazy().filter(which)
        return replace(self, frame=(kept if limit is None else kept.head(limit)).collect())

    def sampled(self, limit: int, total: int | None = None) -> Findings:
        """At most `limit` findings of each group, and `total` in all, in the same order."""
        key = "group" if "group" in self.frame.columns else "code"
        kept = self.frame.filter(pl.int_range(pl.len()).over(key) < limit)
        return replace(self, frame=kept if total is None else kept.head(total))

    def suggestion_frame(self) -> pl.DataFrame:
        """The suggestions as rows of `code`, `found`, `suggestion`, `safe`."""
        rows = [(code, found, *meant) for (code, found), meant in self.suggestions.items()]
        schema = {"code": pl.String, "found": pl.String, "suggestion": pl.String, "safe": pl.Boolean}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def place(self, table: int, row: int | None, column: int) -> Place:
        """Where a finding stands."""
        return self.tables[table].place(row, column) if 0 <= table < len(self.tables) else Place()

    def _finding(self, row: dict[str, object]) -> Finding:
        number = row.get("group")
        group = self.group_ids[_whole(number)] if number is not None and self.group_ids else str(row["code"])
        state = str(row.get("state") or "new")
        return self._told(row, group, state) if row["given"] is None else self._as_given(row, group, state)

    def _as_given(self, row: dict[str, object], group: str, state: str) -> Finding:
        """A finding of a reader, its sentences in the language of the report."""
        given, say = self.given[_whole(row["given"])], self.lang.phrase
        found = say(given.found) if given.code.startswith(("FILE-", "CELL-")) else given.found
        return replace(
            given,
            severity=row["severity"],  # type: ignore[arg-type]
            profile=given.profile or self.profile,
            message=say(given.message),
            expected=say(given.expected),
            fix=say(given.fix),
            found=found,
            group=group,
            state=state,
        )

    def _told(self, row: dict[str, object], group: str, state: str) -> Finding:
        code = str(row["code"])
        words = self.wording[(code, str(row["shape"] or ""), str(row["component"] or ""))]
        found = str(row["found"] or "")
        suggestion, safe = self.suggestions.get((code, found), ("", False))
        number = row["row"]
        return Finding(
            code=code,
            severity=row["severity"],  # type: ignore[arg-type]
            verdict=row["verdict"],  # type: ignore[arg-type]
            message=words.message if row["said"] is None else self.said[_whole(row["said"])],
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
            group=group,
            state=state,
        )


def _named(shape: str) -> str:
    """A shape's IRI; one without has no name to cite."""
    return "" if shape.startswith("_:") else shape


def _whole(value: object) -> int:
    return value if isinstance(value, int) else int(str(value))


def sort(frame: pl.DataFrame, tables: Sequence[SourceTable]) -> pl.DataFrame:
    """Rows in the order file, sheet, row, column, code."""
    order = sorted(range(len(tables)), key=lambda i: (tables[i].file, tables[i].sheet, i))
    rank = {table: position for position, table in enumerate(order)}
    ranked = frame.with_columns(pl.col("table").replace_strict(rank, default=-1, return_dtype=pl.Int32).alias("rank"))
    keys = ["rank", "row", "column", "code", "record", "found", "component", "shape", "given"]
    return ranked.sort(keys, nulls_last=False, maintain_order=True).drop("rank")
