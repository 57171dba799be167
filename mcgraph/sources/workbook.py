"""Read .xlsx and .ods sheets: every cell as the text a person would have typed, with its true row.

Values come through calamine (nine times openpyxl's speed); the sheet's XML is looked at for the two things
calamine does not tell: formulas without a saved value, and merged cells.
"""

from __future__ import annotations

import datetime as dt
import re
import string
import zipfile
from pathlib import Path
from typing import Any

import polars as pl

from mcgraph.errors import InputRefused, LimitReached
from mcgraph.limits import Limits
from mcgraph.model.finding import Finding, Place
from mcgraph.sources.headerrow import names_lower_down
from mcgraph.sources.rawtable import GUIDANCE, RawTable, cell_name, row_numbers, without_empty_rows

_FORMULA = re.compile(
    rb'<c r="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>'
)
_MERGED = re.compile(rb'<mergeCell ref="([A-Z]{1,3}[0-9]{1,7}):([A-Z]{1,3}[0-9]{1,7})"')
_SHEET = re.compile(rb"<sheet\b([^>]*)/?>")
_ATTRIBUTE = re.compile(rb'([\w:]+)="([^"]*)"')
_TARGET = re.compile(rb"<Relationship\b([^>]*)/?>")
_LETTERS = string.ascii_uppercase.encode()
_ROW = re.compile(r"[0-9]+")
_SHOWN = 50


def sheet_names(path: Path) -> list[str]:
    """The names of the sheets of a workbook, in order."""
    return list(_open(path).sheet_names)


def read_workbook(path: Path, limits: Limits) -> list[RawTable]:
    """Every sheet with at least a header row.

    Raises `InputRefused` for a damaged workbook and `LimitReached` for one with too many rows.
    """
    book = _open(path)
    xml = _sheet_xml(path)
    hidden = {sheet.name for sheet in book.sheets_metadata if "Visible" not in str(sheet.visible).rsplit(".", 1)[-1]}
    tables = []
    for name in book.sheet_names:
        if name.endswith(GUIDANCE):
            continue
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > limits.workbook_rows:
            raise LimitReached(
                f"sheet «{name}» has {sheet.total_height:,} rows; at most {limits.workbook_rows:,} are read",
                where=path.name,
                fix="Delete the empty rows below the table, or export the sheet as CSV.",
            )
        if sheet.total_width > limits.columns:
            raise LimitReached(
                f"sheet «{name}» has {sheet.total_width:,} columns; at most {limits.columns} are read",
                where=path.name,
                fix="Delete the empty columns beside the table.",
            )
        table = _table(path.name, name, sheet.to_python(skip_empty_area=False), limits)
        if table is not None:
            extra = _structure_findings(path.name, name, xml.get(name, b""))
            tables.append(
                RawTable(
                    file=table.file,
                    sheet=name,
                    headers=table.headers,
                    cells=table.cells,
                    rows=table.rows,
                    findings=(*table.findings, *extra),
                    decoded="workbook, hidden sheet" if name in hidden else "workbook",
                )
            )
    if not tables:
        raise InputRefused("no sheet has a header row", where=str(path), fix="Put column names in row 1.")
    return tables


def _open(path: Path) -> Any:
    import python_calamine

    try:
        return python_calamine.CalamineWorkbook.from_path(str(path))
    except (python_calamine.CalamineError, OSError, ValueError) as fault:
        raise InputRefused(
            f"the workbook cannot be read ({fault})",
            where=str(path),
            fix="Open it, save it again and resend.",
        ) from fault


def _table(file: str, sheet: str, values: list[list[Any]], limits: Limits) -> RawTable | None:
    first = next((i for i, row in enumerate(values) if any(cell not in ("", None) for cell in row)), None)
    if first is None:
        return None
    headers = [as_text(cell) or "" for cell in values[first]]
    # A column without a name is kept where it has cells, so that it can be told that they were not read.
    while headers and not headers[-1].strip() and all(row[len(headers) - 1] in ("", None) for row in values[first:]):
        headers.pop()
    findings: list[Finding] = []
    columns: dict[str, pl.Series] = {}
    for i, header in enumerate(headers):
        texts = [as_text(row[i]) for row in values[first + 1 :]]
        for at, text in enumerate(texts):
            if text is not None and len(text) > limits.cell_characters:
                findings.append(
                    Finding(
                        code="CELL-LONG-001",
                        severity="error",
                        message="The cell holds far more text than a field can have",
                        where=Place(file=file, sheet=sheet, row=first + 2 + at, column=header),
                        expected=f"at most {limits.cell_characters:,} characters",
                        found=f"{len(text):,} characters",
                        fix="Shorten the text.",
                    )
                )
                texts[at] = None
        columns[cell_name(i)] = pl.Series(texts, dtype=pl.String)
    cells = pl.DataFrame(columns)
    cells, rows, _ = without_empty_rows(cells, row_numbers(first + 2, cells.height), None)
    names = tuple(header.strip() for header in headers)
    findings += names_lower_down(Place(file=file, sheet=sheet), names, cells, rows)
    return RawTable(file=file, sheet=sheet, headers=names, cells=cells, rows=rows, findings=tuple(findings))


def as_text(value: Any) -> str | None:
    """What a person would have typed for a cell value; None for an empty cell.

    Whole numbers lose the `.0` that workbooks give them, dates are ISO, booleans are yes and no.

    >>> as_text(6.0), as_text(2.5), as_text(True)
    ('6', '2.5', 'yes')
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    return str(value)


def _structure_findings(file: str, sheet: str, xml: bytes) -> list[Finding]:
    """Merged cells keep only their first value, and formulas never saved have none: both lose data silently."""
    found = []
    merged = sorted(set(_MERGED.findall(xml)), key=lambda pair: (int(pair[0].lstrip(_LETTERS)), len(pair[0]), pair[0]))
    for first, last in merged[:_SHOWN]:
        start, end = first.decode(), last.decode()
        found.append(
            Finding(
                code="FILE-MERGED-001",
                severity="warning",
                message="Cells are merged; only the first one has a value",
                where=_place(file, sheet, start),
                expected="one value in every cell",
                found=f"{start}:{end} merged",
                fix="Unmerge the cells and repeat the value in each row it belongs to.",
            )
        )
    for cell in list(dict.fromkeys(_FORMULA.findall(xml)))[:_SHOWN]:
        found.append(
            Finding(
                code="FILE-FORMULA-001",
                severity="error",
                message="The cell holds a formula without a saved value",
                where=_place(file, sheet, cell.decode()),
                expected="a value",
                found="a formula never calculated",
                fix="Open the workbook, let it calculate, and save it; or paste values only.",
            )
        )
    return found


def _place(file: str, sheet: str, cell: str) -> Place:
    number = _ROW.search(cell)
    return Place(file=file, sheet=sheet, row=int(number.group()) if number else None, cell=cell)


def _sheet_xml(path: Path) -> dict[str, bytes]:
    """The XML of each sheet by sheet name; empty for .ods. Read as bytes: no XML parser meets users' files."""
    with zipfile.ZipFile(path) as archive:
        if "xl/workbook.xml" not in archive.namelist():
            return {}
        try:
            relations = archive.read("xl/_rels/workbook.xml.rels")
            targets = {}
            for match in _TARGET.finditer(relations):
                given = dict(_ATTRIBUTE.findall(match.group(1)))
                targets[given.get(b"Id", b"")] = given.get(b"Target", b"").decode("utf-8", "replace")
            found = {}
            for match in _SHEET.finditer(archive.read("xl/workbook.xml")):
                given = dict(_ATTRIBUTE.findall(match.group(1)))
                target = targets.get(given.get(b"r:id", b""), "")
                name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                if name in archive.namelist():
                    found[_unescape(given.get(b"name", b""))] = archive.read(name)
        except (KeyError, zipfile.BadZipFile, OSError) as fault:
            raise InputRefused(
                f"a part of the workbook is missing or damaged ({fault})",
                where=str(path),
                fix="Save it again and resend.",
            ) from fault
        return found


def _unescape(name: bytes) -> str:
    import html

    return html.unescape(name.decode("utf-8", "replace"))
