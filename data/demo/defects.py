"""The deliberate defects: each changes one planned cell, and is written to defects.csv with its place."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

import yaml
from catalogue import CONTENT
from layout import HEADERS, Cell, Row, Sheets

COLUMNS = ("sheet", "row", "column", "cell", "record", "value", "what", "expected_code_hint", "kind")


@dataclass(frozen=True, slots=True)
class Defect:
    """One planned defect: `kind` is note (put right, and said so), warning, or error."""

    sheet: str
    record: str
    column: str
    value: Cell
    what: str
    hint: str
    kind: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A defect with the place the spreadsheet shows (header is row 1)."""

    defect: Defect
    row: int
    cell: str


def planned(free: dict[str, str], ids: dict[str, str]) -> list[Defect]:
    """The list; `free` maps a theme to its credential without links, `ids` a name to a record made for it."""
    known = {f"theme {key}": record for key, record in free.items()}
    known |= {f"made {name}": record for name, record in ids.items()}
    lines = yaml.safe_load((CONTENT / "defects.yaml").read_text(encoding="utf-8"))["lines"]
    found = []
    for line in lines.splitlines():
        sheet, record, column, value, what, hint, kind = (part.strip() for part in line.split("|"))
        typed = None if value == "-" else known.get(value, yaml.safe_load(value))
        found.append(Defect(sheet, "" if record == "-" else known.get(record, record), column, typed, what, hint, kind))
    return found


def apply(sheets: Sheets, defects: list[Defect]) -> list[Placed]:
    """Put each defect into its cell; all rows are found first, since a defect may change an identifier."""
    found = [(defect, _row_index(sheets, defect)) for defect in defects]
    placed = []
    for defect, index in found:
        if index is not None:
            sheets[defect.sheet][index][defect.column] = defect.value
        number = 1 if index is None else index + 2
        placed.append(Placed(defect, number, f"{column_letter(defect)}{number}"))
    return placed


def headers(sheet: str, placed: list[Placed]) -> list[str]:
    """The headers as they are written, with the misspelt one where it is planned."""
    wrong = {p.defect.column: str(p.defect.value) for p in placed if p.defect.sheet == sheet and p.row == 1}
    return [wrong.get(name, name) for name in HEADERS[sheet]]


def column_letter(defect: Defect) -> str:
    """The column as the spreadsheet names it: A … Z, AA, AB …"""
    number = HEADERS[defect.sheet].index(defect.column)
    return ("" if number < 26 else "A") + chr(ord("A") + number % 26)


def to_csv(placed: list[Placed]) -> str:
    """defects.csv: one line per planned defect, in the order of the sheets."""
    order = list(HEADERS)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for p in sorted(placed, key=lambda p: (order.index(p.defect.sheet), p.row, p.cell)):
        d = p.defect
        shown = "" if d.value is None else d.value
        writer.writerow([d.sheet, p.row, d.column, p.cell, d.record, shown, d.what, d.hint, d.kind])
    return text.getvalue()


def _row_index(sheets: Sheets, defect: Defect) -> int | None:
    if not defect.record:
        return None
    key = HEADERS[defect.sheet][0]
    rows: list[Row] = sheets[defect.sheet]
    return next(index for index, row in enumerate(rows) if row[key] == defect.record)
