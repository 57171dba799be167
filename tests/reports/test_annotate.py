"""An annotated copy marks the cells of the findings and changes nothing else."""

from __future__ import annotations

import datetime
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.report.annotate import annotate
from mcgraph.report.ooxml import Edit, edit_cells
from mcgraph.sources import read_submission
from mcgraph.validation import Report, validate
from tests.reports.conftest import BODIES, DAY

LEGEND = "Findings (mcgraph)"


def checked(path: Path, profile: str = "submission") -> Report:
    return validate(read_submission([path], "template", "test", limits=Limits()), profile=profile, date=DAY)


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    """A workbook with all that must survive: formula with its value, styles, merging, lists, hidden sheet, notes."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Credentials"
    sheet.append(["credential_id", "title", "awarding_body", "credit_points", "eqf_level", "note_of_ours"])
    sheet.append(["MC-1", "Data ethics", "ORG-1", 2.5, 6, "=1+1"])
    sheet.append(["MC-2", None, "ORG-1", "many", 9, None])
    sheet["B2"].font = Font(bold=True, color="FF0000")
    sheet["D3"].number_format = "0.00"
    sheet["D3"].comment = Comment("our own note", "us")
    sheet.column_dimensions["B"].width = 47
    sheet.merge_cells("H5:I6")
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = "A1:F3"
    rule = DataValidation("list", formula1='"1,2,3"')
    rule.add("E2:E9")
    sheet.add_data_validation(rule)
    bodies = book.create_sheet("Organisations")
    for line in BODIES.splitlines():
        bodies.append(line.split(","))
    secret = book.create_sheet("Notes")
    secret["A1"] = "not for mcgraph"
    secret.sheet_state = "hidden"
    book.save(tmp_path / "plain.xlsx")
    # openpyxl writes no saved value for a formula; a spreadsheet program does.
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as old, zipfile.ZipFile(tmp_path / "rich.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                content = content.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(
                    b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"
                )
                assert b"<v>2</v>" in content
            new.writestr(name, content)
    return tmp_path / "rich.xlsx"


def test_the_cells_are_coloured_and_say_what_is_wrong(rich: Path, tmp_path: Path) -> None:
    """Code, message and fix stand on the cell; an own note stays, with ours below it."""
    report = checked(rich)
    wanted = {f.where.cell for f in report.findings if f.where.sheet == "Credentials" and f.where.cell}
    assert wanted >= {"B3", "D3", "E3"}
    annotate(report, rich, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")["Credentials"]
    marked = {c.coordinate for row in sheet.iter_rows() for c in row if c.comment}
    assert marked == wanted
    assert "CRD-TITLE-001" in sheet["B3"].comment.text and "Title is missing" in sheet["B3"].comment.text
    assert sheet["D3"].comment.text.startswith("our own note") and "CRD-WORKLOAD-002" in sheet["D3"].comment.text
    assert sheet["B3"].fill.fgColor.rgb == sheet["E3"].fill.fgColor.rgb == "FFFFD7D5"
    assert sheet["A3"].fill.fill_type is None


def test_nothing_else_is_changed(rich: Path, tmp_path: Path) -> None:
    """Values, formulas with saved values, formats, fonts, widths, merging, lists, panes, filters, hidden sheets."""
    annotate(checked(rich), rich, tmp_path / "a.xlsx")
    for data_only in (False, True):
        old = openpyxl.load_workbook(rich, data_only=data_only)
        new = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=data_only)
        assert new.sheetnames == [*old.sheetnames, LEGEND]
        for sheet in old:
            copy = new[sheet.title]
            assert copy.sheet_state == sheet.sheet_state and copy.freeze_panes == sheet.freeze_panes
            assert copy.merged_cells.ranges == sheet.merged_cells.ranges
            assert copy.auto_filter.ref == sheet.auto_filter.ref
            assert [str(d.sqref) for d in copy.data_validations.dataValidation] == [
                str(d.sqref) for d in sheet.data_validations.dataValidation
            ]
            assert {k: d.width for k, d in copy.column_dimensions.items()} == {
                k: d.width for k, d in sheet.column_dimensions.items()
            }
            for row in sheet.iter_rows():
                for cell in row:
                    twin = copy[cell.coordinate]
                    assert (twin.value, twin.number_format) == (cell.value, cell.number_format)
                    for style in ("font", "border", "alignment", "protection"):
                        assert repr(getattr(twin, style)) == repr(getattr(cell, style)), cell.coordinate
    assert new["Credentials"]["F2"].value == 2


def test_untouched_parts_keep_every_byte(demo_file: Path, tmp_path: Path) -> None:
    """Only sheets with findings, the styles, and the lists of parts may differ."""
    report = checked(demo_file)
    annotate(report, demo_file, tmp_path / "a.xlsx")
    with zipfile.ZipFile(demo_file) as old, zipfile.ZipFile(tmp_path / "a.xlsx") as new:
        changed = {name for name in old.namelist() if old.read(name) != new.read(name)}
        added = set(new.namelist()) - set(old.namelist())
    allowed = r"\[Content_Types\]\.xml|xl/workbook\.xml|xl/styles\.xml|xl/_rels/workbook\.xml\.rels|xl/worksheets/.*"
    assert all(re.fullmatch(allowed, name) for name in changed)
    assert all("mcgraph" in name or name.endswith(".rels") for name in added)


def test_the_copy_is_read_as_the_original(demo_file: Path, tmp_path: Path) -> None:
    """A steward corrects the annotated copy and sends it: the same findings, not one more."""
    report = checked(demo_file)
    count = annotate(report, demo_file, tmp_path / "a.xlsx")
    again = checked(tmp_path / "a.xlsx")
    assert [(f.code, f.where.cell) for f in again.findings] == [(f.code, f.where.cell) for f in report.findings]
    assert count == len({(f.where.sheet, f.where.cell) for f in report.findings if f.where.cell})


def test_annotating_a_copy_again_is_possible(rich: Path, tmp_path: Path) -> None:
    """The second round adds to the notes and takes another name for its sheet."""
    annotate(checked(rich), rich, tmp_path / "a.xlsx")
    annotate(checked(tmp_path / "a.xlsx"), tmp_path / "a.xlsx", tmp_path / "b.xlsx")
    book = openpyxl.load_workbook(tmp_path / "b.xlsx")
    assert len([name for name in book.sheetnames if name.endswith("(mcgraph)")]) == 2
    assert book["Credentials"]["B3"].comment.text.count("CRD-TITLE-001") == 2


def test_a_text_file_becomes_a_workbook(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Rows stand where the report says, blank rows and all."""
    report, _ = check("MC-1,A,ORG-1,2,6,nanodegree,", "", "MC-2,,ORG-1,2,6,nanodegree,")
    annotate(report, tmp_path / "credentials.csv", tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert [row[0].value for row in sheet.iter_rows()] == ["credential_id", "MC-1", None, "MC-2"]
    assert "Title is missing" in sheet["B4"].comment.text


def test_the_copy_speaks_the_language_of_the_report(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """French notes and a French sheet of explanation."""
    report, _ = check("MC-1,,ORG-1,2,6,nanodegree,", lang="fr")
    annotate(report, tmp_path / "credentials.csv", tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert book.sheetnames[-1] == "Constats (mcgraph)"
    assert "Le titre manque" in book.worksheets[0]["B2"].comment.text


def test_only_a_workbook_can_be_annotated(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The ending is the promise of what is inside."""
    report, _ = check("MC-1,,ORG-1,2,6,nanodegree,")
    with pytest.raises(WrongUse, match="workbook"):
        annotate(report, tmp_path / "credentials.csv", tmp_path / "a.csv")


def test_libreoffice_opens_the_copy_with_its_notes(rich: Path, tmp_path: Path) -> None:
    """Another program than the one we test with: values, notes and colours arrive."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice (soffice) is not installed on this machine")
    annotate(checked(rich), rich, tmp_path / "a.xlsx")
    subprocess.run(
        [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "fods", "--outdir",
         str(tmp_path), str(tmp_path / "a.xlsx")], check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    text = (tmp_path / "a.fods").read_text(encoding="utf-8")
    assert text.count("<office:annotation ") == len(
        {f.where.cell for f in checked(rich).findings if f.where.sheet == "Credentials" and f.where.cell}
    )
    assert "CRD-TITLE-001" in text and "our own note" in text and "#ffd7d5" in text


@pytest.mark.parametrize(
    ("xml", "spot", "expected"),
    [
        ("<sheetData/>", (2, 1), '<sheetData><row r="2"><c r="B2" s="7"/></row></sheetData>'),
        ('<sheetData><row r="3"/></sheetData>', (3, 0), '<sheetData><row r="3"><c r="A3" s="7"/></row></sheetData>'),
        (
            '<sheetData><row r="1"><c r="A1"/><c r="C1"/></row></sheetData>',
            (1, 1),
            '<sheetData><row r="1"><c r="A1"/><c r="B1" s="7"/><c r="C1"/></row></sheetData>',
        ),
        ("<sheetData><row><c/><c/></row></sheetData>", (1, 1), '<sheetData><row><c/><c s="7"/></row></sheetData>'),
        (
            '<x:sheetData><x:row r="1"><x:c r="A1" s="2" t="s"><x:v>4</x:v></x:c></x:row></x:sheetData>',
            (1, 0),
            '<x:sheetData><x:row r="1"><x:c r="A1" t="s" s="7"><x:v>4</x:v></x:c></x:row></x:sheetData>',
        ),
        (
            '<sheetData><row r="1"/><row r="9"/></sheetData>',
            (4, 26),
            '<sheetData><row r="1"/><row r="4"><c r="AA4" s="7"/></row><row r="9"/></sheetData>',
        ),
    ],
)
def test_a_cell_is_found_or_made_in_its_place(xml: str, spot: tuple[int, int], expected: str) -> None:
    """Rows and cells without numbers, prefixes, empty data: all forms that programs write."""
    assert edit_cells(xml.encode(), {spot: Edit(style=7)}).decode() == expected


def test_the_day_is_that_of_the_report(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The explaining sheet says on which day was judged."""
    report, _ = check("MC-1,,ORG-1,2,6,nanodegree,")
    annotate(report, tmp_path / "credentials.csv", tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[-1]
    assert str(datetime.date(2026, 11, 24)) in [c.value for row in sheet.iter_rows() for c in row]
