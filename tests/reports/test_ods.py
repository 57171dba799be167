"""An .ods workbook: read like any other, annotated as an .xlsx, and never corrected in place."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

ROWS = [
    ["credential_id", "title", "awarding_body", "credit_points"],
    ["MC-1", "First", "ORG-1", "12 points"],
    ["MC-2", "", "ORG-1", "2.5"],
]
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"


def write_ods(path: Path, rows: list[list[str]]) -> Path:
    """A small OpenDocument spreadsheet with one sheet, written by hand."""
    cells = "".join(
        "<table:table-row>" + "".join(
            f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in row
        ) + "</table:table-row>"
        for row in rows
    )  # fmt: skip
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content xmlns:office="{OFFICE}" xmlns:table="{TABLE}" '
        f'xmlns:text="{TEXT}" office:version="1.3"><office:body><office:spreadsheet><table:table '
        f'table:name="Credentials">{cells}</table:table></office:spreadsheet></office:body></office:document-content>'
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", kind)
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{manifest}"><manifest:file-entry manifest:full-path="/" '
            f'manifest:media-type="{kind}"/><manifest:file-entry manifest:full-path="content.xml" '
            'manifest:media-type="text/xml"/></manifest:manifest>',
        )
    return path


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """Two credentials, one without a title, one with a number that can safely be mended."""
    return write_ods(tmp_path / "submission.ods", ROWS)


def test_the_annotated_copy_is_a_workbook_with_the_cells_marked(mcgraph, workbook: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The place of each finding is that of the .ods, and the text beside it too."""
    done = mcgraph("--store", tmp_path / "no", "validate", workbook, "--mapping", "template",
                   "--annotate", tmp_path / "marked.xlsx")  # fmt: skip
    assert done.returncode == 1, done.stderr
    sheet = openpyxl.load_workbook(tmp_path / "marked.xlsx")["Credentials"]
    assert [[cell.value or "" for cell in row[:4]] for row in sheet.iter_rows(max_row=3)] == ROWS
    assert "CRD-TITLE-001" in sheet["B3"].comment.text and "CRD-WORKLOAD-002" in sheet["D2"].comment.text


def test_it_is_not_corrected_in_place_and_that_is_said(mcgraph, workbook: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A sentence that says what to do, nothing written, and the file as it was."""
    before = workbook.read_bytes()
    done = mcgraph("--store", tmp_path / "no", "validate", workbook, "--mapping", "template",
                   "--fix", tmp_path / "fixed.ods")  # fmt: skip
    assert done.returncode == 2 and "Save it as .xlsx" in done.stderr and "Traceback" not in done.stderr
    assert workbook.read_bytes() == before and not list(tmp_path.glob("fixed*"))


def test_an_ods_for_the_annotated_copy_is_refused(mcgraph, workbook: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Only .xlsx can hold the comments; a name that promises something else is refused before anything is read."""
    done = mcgraph("--store", tmp_path / "no", "validate", workbook, "--mapping", "template",
                   "--annotate", tmp_path / "marked.ods")  # fmt: skip
    assert done.returncode == 2 and ".xlsx" in done.stderr and not (tmp_path / "marked.ods").exists()


def test_a_million_rows_that_are_only_coloured(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Formats down to the last row of a sheet are no rows: the two credentials are checked."""
    from openpyxl.styles import PatternFill

    book = openpyxl.Workbook()
    book.active.title = "Credentials"
    for row in ROWS:
        book.active.append(row)
    book.active.cell(1_048_576, 1).fill = PatternFill("solid", fgColor="FFFF00")
    book.save(tmp_path / "coloured.xlsx")
    done = mcgraph("--store", tmp_path / "no", "validate", tmp_path / "coloured.xlsx", "--report", tmp_path / "r.json")
    assert done.returncode == 1, done.stderr
    assert "Credential 2" in done.stdout
