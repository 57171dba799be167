"""The refused rows of a source as a file to correct and send back, each with what is wrong beside it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mcgraph.errors import WrongUse
from mcgraph.model.answer import harmless
from mcgraph.model.language import Language
from mcgraph.report.pages import write_text
from mcgraph.report.tabular import FILLS, font, plain_text, save_with_fixed_dates
from mcgraph.sources.rawtable import GUIDANCE

Row = tuple[int, Sequence[str | None]]
Spot = tuple[str, str, int]
HEADS = (
    "file",
    "sheet",
    "row",
    "column",
    "cell",
    "record",
    "code",
    "message",
    "found",
    "expected",
    "suggestion",
    "fix",
)


class Table:
    """One table of refused rows: where it stood, its column names, and its rows by their number there."""

    def __init__(self, file: str, sheet: str, name: str, headers: Sequence[str], rows: Sequence[Row]) -> None:
        self.file, self.sheet, self.name, self.headers, self.rows = file, sheet, name, headers, rows


def write_refused(
    tables: Sequence[Table], findings: Sequence[Mapping[str, Any]], path: Path, say: Language, day: str
) -> None:
    """Write the rows to a .csv (one table) or .xlsx file; the findings stand in a column or on the cells.

    Raises `WrongUse` for another ending, or for several tables in a .csv.
    """
    ending = path.suffix.lower()
    if ending == ".csv":
        if len(tables) > 1:
            names = ", ".join(table.name or table.file for table in tables)
            raise WrongUse(
                f"the refused rows are of {len(tables)} tables ({names})", fix="Export them to an .xlsx file."
            )
        write_text(path, _csv(tables, findings, say), encoding="utf-8-sig")
    elif ending == ".xlsx":
        _workbook(tables, findings, path, say, day)
    else:
        raise WrongUse(f"«{path.suffix}» is no format for refused rows", fix="Use .csv or .xlsx.")


def _by_row(findings: Sequence[Mapping[str, Any]]) -> dict[Spot, list[Mapping[str, Any]]]:
    found: dict[Spot, list[Mapping[str, Any]]] = {}
    for finding in findings:
        where = finding["where"]
        if where["row"]:
            found.setdefault((where["file"], where["sheet"], where["row"]), []).append(finding)
    return found


def _said(finding: Mapping[str, Any]) -> str:
    hint = f" → {finding['suggestion']}" if finding["suggestion"] else ""
    return f"{finding['code']} {finding['where']['column']}: {finding['message']}{hint}"


def _csv(tables: Sequence[Table], findings: Sequence[Mapping[str, Any]], say: Language) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    by_row = _by_row(findings)
    for table in tables:
        writer.writerow([*map(harmless, table.headers), f"{say.said('report.details')} {GUIDANCE}"])
        for number, cells in table.rows:
            told = " | ".join(_said(f) for f in by_row.get((table.file, table.sheet, number), ()))
            writer.writerow([*(harmless(cell or "") for cell in cells), harmless(told)])
    return out.getvalue()


def _workbook(
    tables: Sequence[Table], findings: Sequence[Mapping[str, Any]], path: Path, say: Language, day: str
) -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    by_row = _by_row(findings)
    for table in tables:
        _sheet(book.create_sheet((table.sheet or table.name or table.file)[:31]), table, by_row)
    _list(book.create_sheet(f"{say.said('report.details')} {GUIDANCE}"), findings, say)
    save_with_fixed_dates(book, path, day)


def _sheet(sheet: Any, table: Table, by_row: Mapping[Spot, list[Mapping[str, Any]]]) -> None:
    """The rows below one another; a faulty cell is coloured and says in a comment what is wrong."""
    from openpyxl.styles import PatternFill

    sheet.freeze_panes = "A2"
    for at, header in enumerate(table.headers, start=1):
        _put(sheet, 1, at, header).font = font(bold=True)
    for row, (number, cells) in enumerate(table.rows, start=2):
        for at, text in enumerate(cells[: len(table.headers)], start=1):
            if text is not None:
                _put(sheet, row, at, text)
        told: dict[int, list[str]] = {}
        for finding in by_row.get((table.file, table.sheet, number), ()):
            header = finding["where"]["column"]
            told.setdefault(list(table.headers).index(header) + 1 if header in table.headers else 1, []).append(
                f"{finding['message']}\n{finding['fix']}"
                + (f"\n→ {finding['suggestion']}" if finding["suggestion"] else "")
            )
        for at, texts in told.items():
            cell = sheet.cell(row, at)
            cell.fill = PatternFill("solid", fgColor=FILLS["error"])
            cell.comment = _comment("\n\n".join(texts))


def _comment(text: str) -> Any:
    from openpyxl.comments import Comment

    note = Comment(plain_text(text)[:2_000], "mcgraph")
    note.width, note.height = 340, 140
    return note


def _put(sheet: Any, row: int, column: int, text: str) -> Any:
    """Text into a cell, never a formula; numbers and dates stay the texts that were submitted."""
    cell = sheet.cell(row, column, plain_text(text))
    cell.data_type = "s"
    return cell


def _list(sheet: Any, findings: Sequence[Mapping[str, Any]], say: Language) -> None:
    for at, head in enumerate(HEADS, start=1):
        _put(sheet, 1, at, say.said(f"column.{head}")).font = font(bold=True)
        sheet.column_dimensions["ABCDEFGHIJKL"[at - 1]].width = 18 if at < 8 else 40
    for row, finding in enumerate(findings, start=2):
        where = finding["where"]
        texts = (where["file"], where["sheet"], where["row"] or "", where["column"], where["cell"],
                 finding["record"]["id"], finding["code"], finding["message"], finding["found"], finding["expected"],
                 finding["suggestion"], finding["fix"])  # fmt: skip
        for at, text in enumerate(texts, start=1):
            _put(sheet, row, at, str(text))
