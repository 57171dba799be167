"""A response file as it was read: columns found by header, by their true name, or by `header#2` where two are alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.finding import Finding, Place, column_letters
from mcgraph.sources.matching import nearest_header
from mcgraph.sources.rawtable import RawTable, cell_name
from mcgraph.sources.reading import read_tables
from mcgraph.survey.answer_key import ColumnName, read_names
from mcgraph.survey.codebook import Codebook


@dataclass(frozen=True, slots=True)
class ResponseSheet:
    """One wave's responses as text in cells. `names` has the true name of every column, in their order."""

    table: RawTable
    names: tuple[ColumnName, ...]
    places: dict[str, int] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """How many responses."""
        return self.table.height

    def find(self, name: str) -> int:
        """The index of a column by header or true name, -1 where there is none."""
        return self.places.get(_key(name), -1) if name else -1

    def values(self, index: int) -> pl.Series:
        """The trimmed texts of a column; null where a cell is empty or the column is missing."""
        if index < 0:
            return pl.Series([None] * self.height, dtype=pl.String)
        cells = self.table.cells.get_column(cell_name(index)).str.strip_chars()
        return pl.select(pl.when(cells != "").then(cells)).to_series()

    def place(self, at: int, index: int) -> Place:
        """The place of a cell: the response `at` (from 0) and the column."""
        row = int(self.table.rows[at])
        lines = self.table.lines
        header = self.table.headers[index] if index >= 0 else ""
        cell = f"{column_letters(index)}{row}" if index >= 0 else ""
        line = None if lines is None else int(lines[at])
        return Place(file=self.table.file, sheet=self.table.sheet, row=row, line=line, column=header, cell=cell)


def read_sheet(files: Sequence[Path], names: Path | None = None, limits: Limits | None = None) -> ResponseSheet:
    """The response sheet of one wave: one CSV file or the first sheet of a workbook.

    `names` is a file with the true names of the columns. Raises `InputRefused` where the file cannot be read,
    `LimitReached` where it has more columns than a survey may have, `WrongUse` for more than one file.
    """
    bounds = limits or Limits.from_environment()
    if len(files) != 1:
        raise WrongUse("a wave is one file", fix="Name one response file; waves are compared with survey trend.")
    table = read_tables(files, replace(bounds, columns=bounds.survey_columns))[0]
    headers = list(table.headers)
    if names is not None and not names.is_file():
        raise InputRefused("the file of names is not there", where=str(names), fix="Check the name.")
    named = read_names(names, headers) if names else [ColumnName(header, header) for header in headers]
    places: dict[str, int] = {}
    counts: dict[str, int] = {}
    for at, header in enumerate(headers):
        counts[_key(header)] = counts.get(_key(header), 0) + 1
        for name in (f"{header}#{counts[_key(header)]}", header):
            places.setdefault(_key(name), at)
    for at, one in enumerate(named):
        places.setdefault(_key(one.name), at)
    return ResponseSheet(table, tuple(named), places)


def _key(name: str) -> str:
    return " ".join(name.split())


def missing_columns(sheet: ResponseSheet, book: Codebook) -> list[Finding]:
    """HEAD-MISSING-001 for each column of the codebook that the file lacks.

    Raises `InputRefused` when no question has a column in the file: they do not belong together.
    """
    asked = [header for question in book.questions for header in question.headers()]
    if all(sheet.find(header) < 0 for header in asked):
        raise InputRefused(
            "the codebook and the file have no column in common",
            where=sheet.table.file,
            fix="Check that they belong together, and the column names in the codebook.",
        )
    wanted = {*asked, *book.respondent.values(), *(one.column for one in book.subjects)}
    headers = list(sheet.table.headers)
    findings = []
    for name in sorted(one for one in wanted if sheet.find(one) < 0):
        near = nearest_header(name, headers)
        findings.append(
            Finding(
                code="HEAD-MISSING-001",
                severity="error",
                message=f"The column «{name}» of the codebook is missing",
                where=Place(file=sheet.table.file, sheet=sheet.table.sheet),
                expected=f"a column «{name}»",
                found=f"«{near}»?" if near else ", ".join(headers[:8]),
                fix=f"Rename the column to «{name}», or correct the codebook.",
            )
        )
    return findings
