"""Write the sheets as XLSX and as CSV, the same bytes each time."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
import zipfile
from pathlib import Path

# openpyxl writes other bytes where lxml happens to be installed.
os.environ["OPENPYXL_LXML"] = "False"

from defects import Placed, headers
from layout import CSV_NAMES, Row, Sheets, as_text
from openpyxl import Workbook
from openpyxl.styles import Font

MADE = dt.datetime(2026, 11, 1, 12, 0, 0)
README = (
    "SYNTHETIC DATA. Every organisation, credential, person and statement in this workbook is invented.",
    "It is the demo registry of mcgraph and shows the sheets and columns of its template.",
    "Some cells are wrong on purpose: defects.csv, in the same folder, lists each of them with its place.",
    "ESCO, ISCED-F and EQF codes are real codes; what is said with them is invented.",
    "Licence: CC BY 4.0. Made by data/demo/generate_demo.py; do not edit by hand.",
)


def write_xlsx(path: Path, sheets: Sheets, defects: list[Placed]) -> None:
    """The workbook, with `Read me` as its first sheet."""
    book = Workbook()
    first = book.worksheets[0]
    first.title = "Read me"
    first.column_dimensions["A"].width = 110
    for line in README:
        first.append([line])
    first["A1"].font = Font(bold=True, size=14, color="B00020")
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append(headers(name, defects))
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        for row in rows:
            sheet.append(list(row.values()))
        for cells in sheet.iter_rows(min_row=2):
            for cell in cells:
                if isinstance(cell.value, dt.date):
                    cell.number_format = "yyyy-mm-dd"
        sheet.freeze_panes = "C2"
        sheet.auto_filter.ref = sheet.dimensions
    properties = book.properties
    properties.title = "mcgraph demo registry (SYNTHETIC DATA)"
    properties.subject = "Synthetic data: nothing here describes a real organisation or credential"
    properties.creator = "mcgraph demo generator"
    properties.keywords = "synthetic; demo; microcredentials"
    properties.created = MADE
    held = io.BytesIO()
    book.save(held)
    path.write_bytes(_fixed(held.getvalue()))


def write_csv(folder: Path, sheets: Sheets, defects: list[Placed]) -> None:
    """The same cells as text, one file per sheet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in sheets.items():
        (folder / CSV_NAMES[name]).write_text(_csv(headers(name, defects), rows), encoding="utf-8", newline="")


def _csv(names: list[str], rows: list[Row]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([as_text(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _fixed(content: bytes) -> bytes:
    """The same archive with constant times; stored, not deflated, since zlib versions deflate differently."""
    made = MADE.strftime("%Y-%m-%dT%H:%M:%SZ")
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in sorted(old.namelist(), key=lambda n: (n != "[Content_Types].xml", n)):
            data = old.read(name)
            if name == "docProps/core.xml":
                data = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + made.encode(), data)
            info = zipfile.ZipInfo(name, date_time=(2026, 11, 1, 12, 0, 0))
            info.create_system = 3
            info.external_attr = 0o644 << 16
            new.writestr(info, data)
    return out.getvalue()
