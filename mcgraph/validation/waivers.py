"""Waivers: findings that somebody has decided to live with, for a reason and until a day.

A waiver hides nothing: what it takes out is shown apart with who, why and until when. One that has run out is
itself a finding, and one that waives nothing is told.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.batch import Batch, SourceTable
from mcgraph.model.finding import Finding, Place, RecordRef, column_letters
from mcgraph.model.yaml_text import NotYaml, read_yaml
from mcgraph.validation.findings import FINDING_SCHEMA, sort

EXPIRED = "SYS-WAIVER-001"
_KEYS = ("code", "record", "pattern", "cell", "column", "who", "why", "until")
_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*(-\*)?")


@dataclass(frozen=True, slots=True)
class Waiver:
    """Findings of `code` (it may end in `-*`), of one record, cell or column, or whose value fits `pattern`.

    `pattern` knows only `*`. `who` decided it, `why`, and it holds up to and including the day `until`.
    `file` and `line` say where the waiver itself stands.
    """

    code: str
    who: str
    why: str
    until: datetime.date
    record: str = ""
    pattern: str = ""
    cell: str = ""
    column: str = ""
    file: str = ""
    line: int = 0

    def to_json(self) -> dict[str, Any]:
        """The published JSON form."""
        given = {key: getattr(self, key) for key in _KEYS}
        return {**given, "until": self.until.isoformat(), "file": self.file, "line": self.line}


@dataclass(frozen=True, slots=True)
class Use:
    """How many findings a waiver took out, and whether its day has passed."""

    waiver: Waiver
    count: int
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Waived:
    """The findings that remain, those of readers (`given`) with the expired waivers, and the use of each waiver."""

    frame: pl.DataFrame
    given: tuple[Finding, ...]
    uses: tuple[Use, ...] = ()


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """The waivers of a .csv file (a column per key) or a .yaml file (a list, or `waivers:` with a list).

    Raises `WrongUse` for a missing file, `InputRefused` for a waiver that lacks who, why or until.
    """
    if not path.is_file():
        raise WrongUse(f"there is no file {path}", fix="Name a .csv or .yaml file of waivers.")
    if path.stat().st_size > Limits().waiver_bytes:
        raise InputRefused("the file of waivers is too large", where=str(path), fix="See mcgraph config for the limit.")
    entries = _from_csv(path) if path.suffix.lower() == ".csv" else _from_yaml(path)
    return tuple(_waiver(path, line, entry) for line, entry in entries)


def _from_csv(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            return [(reader.line_num, row) for row in reader]
    except (csv.Error, UnicodeDecodeError) as fault:
        raise InputRefused(f"this is no CSV file of waivers ({fault})", where=str(path)) from fault


def _from_yaml(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    try:
        given = read_yaml(path.read_text(encoding="utf-8"))
    except (NotYaml, UnicodeDecodeError) as fault:
        raise InputRefused(f"this is no YAML file of waivers ({fault})", where=str(path)) from fault
    entries = given.get("waivers") if isinstance(given, dict) else given
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputRefused("a list of waivers was expected", where=str(path), fix="See docs/validation.md, «Waivers».")
    return list(enumerate(entries, start=1))


def _waiver(path: Path, line: int, entry: Mapping[str, Any]) -> Waiver:
    where = f"{path.name}, waiver {line}" if path.suffix.lower() != ".csv" else f"{path.name}, line {line}"
    unknown = sorted(str(key) for key in set(entry) - set(_KEYS))
    if unknown:
        raise InputRefused(f"«{unknown[0]}» is no part of a waiver", where=where, fix=f"Known: {', '.join(_KEYS)}.")
    text = {key: str(entry.get(key) or "").strip() for key in _KEYS}
    missing = [key for key in ("code", "who", "why", "until") if not text[key]]
    if missing:
        raise InputRefused(f"the waiver does not say «{missing[0]}»", where=where, fix="Say code, who, why and until.")
    if not _CODE.fullmatch(text["code"]):
        raise InputRefused(f"«{text['code'][:60]}» is no code", where=where, fix="mcgraph rules lists them.")
    if not any(text[key] for key in ("record", "pattern", "cell", "column")):
        raise InputRefused(
            "the waiver would waive a whole rule", where=where,
            fix="Say which record, cell, column or pattern of values; pattern: \"*\" for all.",
        )  # fmt: skip
    try:
        until = datetime.date.fromisoformat(text.pop("until"))
    except ValueError as fault:
        raise InputRefused("«until» is no date", where=where, fix="Write it as 2026-12-31.") from fault
    return Waiver(**text, until=until, file=path.name, line=line)


def waive(batch: Batch, frame: pl.DataFrame, waivers: Sequence[Waiver], date: datetime.date) -> Waived:
    """Take out of `frame` what a waiver covers on `date`, and add a finding for each waiver that has run out."""
    if not waivers:
        return Waived(frame, batch.findings)
    ids = batch.records.select("iri", "id").unique("iri", keep="first").rename({"iri": "record", "id": "known"})
    told = frame.join(ids, on="record", how="left", maintain_order="left").with_columns(_cell(batch))
    gone = pl.Series([False] * told.height, dtype=pl.Boolean)
    uses = []
    for waiver in waivers:
        covered = told.select(_covers(waiver, batch)).to_series().fill_null(False) if told.height else gone
        expired = date > waiver.until
        uses.append(Use(waiver, int((covered & ~gone).sum()), expired))
        gone = gone if expired else gone | covered
    left = frame.filter(~gone)
    return _with_expired(left, batch.findings, uses, batch.tables)


def _cell(batch: Batch) -> pl.Expr:
    widest = max((len(table.headers) for table in batch.tables), default=0)
    letters = {index: column_letters(index) for index in range(widest)}
    named = pl.col("column").replace_strict(letters, default=None, return_dtype=pl.String)
    return pl.concat_str(named, pl.col("row").cast(pl.String)).alias("cell")


def _covers(waiver: Waiver, batch: Batch) -> pl.Expr:
    prefix = waiver.code.removesuffix("*")
    fits = pl.col("code").str.starts_with(prefix) if waiver.code.endswith("*") else pl.col("code") == waiver.code
    if waiver.record:
        fits = fits & ((pl.col("known") == waiver.record) | (pl.col("record") == waiver.record))
    if waiver.cell:
        fits = fits & (pl.col("cell") == waiver.cell.upper())
    if waiver.column:
        spots = [
            f"{at} {index}"
            for at, table in enumerate(batch.tables)
            for index, header in enumerate(table.headers)
            if header.casefold() == waiver.column.casefold()
        ]
        fits = fits & pl.concat_str("table", "column", separator=" ").is_in(spots)
    if waiver.pattern:
        # `*` is the only sign; the engine of polars is linear, so no pattern can hang it.
        form = ".*".join(re.escape(part) for part in waiver.pattern.split("*"))
        fits = fits & pl.col("found").str.contains(f"(?s)^{form}$")
    return fits


def _with_expired(
    frame: pl.DataFrame, given: tuple[Finding, ...], uses: list[Use], tables: Sequence[SourceTable]
) -> Waived:
    rows, found = [], list(given)
    for use in uses:
        if use.expired:
            about = _about(use.waiver)
            rows.append((EXPIRED, "warning", "violation", -1, None, -1, "", "", about, "", "", 1, len(found), None))
            found.append(_expired(use))
    if rows:
        told = pl.DataFrame(rows, schema=FINDING_SCHEMA, orient="row")
        frame = sort(pl.concat([frame, told.select(frame.columns)]), tables)
    return Waived(frame, tuple(found), tuple(uses))


def _about(waiver: Waiver) -> str:
    spot = waiver.record or waiver.cell or waiver.column or waiver.pattern
    return f"{waiver.code} {spot} ({waiver.who}, {waiver.until})"


def _expired(use: Use) -> Finding:
    waiver = use.waiver
    return Finding(
        code=EXPIRED,
        severity="warning",
        message="The waiver has run out",
        where=Place(file=waiver.file, line=waiver.line),
        expected=f"a waiver until {waiver.until} or later",
        found=_about(waiver),
        fix="Correct the data, or let somebody renew the waiver with a later day.",
        record=RecordRef(id=waiver.record),
        affects=use.count,
    )
