"""Workbooks: cells as a person would have typed them, at their true place."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl

from mcgraph.limits import Limits
from mcgraph.sources.workbook import read_workbook


def test_values_read_as_they_were_typed(tmp_path: Path) -> None:
    """The CSV and the workbook of one table must give the same cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "credits", "level", "from", "full"])
    sheet.append(["MC-1", 2.5, 6, dt.date(2026, 9, 1), True])
    book.save(tmp_path / "t.xlsx")
    (table,) = read_workbook(tmp_path / "t.xlsx", Limits())
    assert table.cells.rows() == [("MC-1", "2.5", "6", "2026-09-01", "yes")]


def test_rows_are_counted_as_the_sheet_shows_them(tmp_path: Path) -> None:
    """Blank rows above and inside a table must not move the findings."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A3"], sheet["B3"] = "id", "title"
    sheet["A4"], sheet["B4"] = "1", "a"
    sheet["A7"], sheet["B7"] = "2", "b"
    book.save(tmp_path / "t.xlsx")
    (table,) = read_workbook(tmp_path / "t.xlsx", Limits())
    assert table.rows.to_list() == [4, 7]


def test_formulas_never_calculated_and_merged_cells_are_found(tmp_path: Path) -> None:
    """Both lose values without a word."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["id", "credits"])
    sheet.append(["1", "=1+1"])
    sheet.append(["2", 3])
    sheet.merge_cells("A2:A3")
    book.save(tmp_path / "t.xlsx")
    (table,) = read_workbook(tmp_path / "t.xlsx", Limits())
    assert {(f.code, f.where.cell) for f in table.findings} == {
        ("FILE-MERGED-001", "A2"),
        ("FILE-FORMULA-001", "B2"),
    }
