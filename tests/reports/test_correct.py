"""`--fix` writes what is safe, where it was found, and nothing else."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.language import language
from mcgraph.report.correct import cells, correct, write_diff
from mcgraph.sources import read_submission
from mcgraph.validation import validate
from tests.reports.conftest import BODIES, DAY, HEAD


def corrected(folder: Path, data: bytes) -> tuple[bytes, tuple[tuple[str, str, str], ...]]:
    """The bytes of the corrected copy of a credentials file, and (cell, from, to) of each correction."""
    (folder / "credentials.csv").write_bytes(data)
    (folder / "organisations.csv").write_text(BODIES, encoding="utf-8")
    files = [folder / "credentials.csv", folder / "organisations.csv"]
    report = validate(read_submission(files, "template", "t", limits=Limits()), profile="submission", date=DAY)
    done = correct(report, files[0], folder / "fixed.csv")
    changes = tuple((c.cell, c.before, c.after) for c in done)
    return ((folder / "fixed.csv").read_bytes() if done else data), changes


def test_safe_suggestions_are_written_and_told(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """«12 points» can only mean 12; «nanodegre» is a guess and stays."""
    report, _ = check("MC-1,A,ORG-1,12 points,6,nanodegre,")
    done = correct(report, tmp_path / "credentials.csv", tmp_path / "fixed.csv")
    assert [(c.cell, c.before, c.after, c.code) for c in done] == [("D2", "12 points", "12", "CRD-WORKLOAD-002")]
    assert (tmp_path / "fixed.csv").read_text(encoding="utf-8") == HEAD + "MC-1,A,ORG-1,12,6,nanodegre,\n"
    write_diff(done, tmp_path / "diff.csv", language("fr"))
    rows = list(csv.reader(io.StringIO((tmp_path / "diff.csv").read_text(encoding="utf-8-sig"))))
    assert rows[0][4:6] == ["avant", "après"] and rows[1][4:6] == ["12 points", "12"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le-bom", "utf-16-be-bom", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encoding_mark_delimiter_quotes_and_line_ends_stay(
    tmp_path: Path, encoding: str, delimiter: str, end: str
) -> None:
    """The only bytes that differ are those of the cell."""
    rows = [
        ["credential_id", "title", "awarding_body", "credit_points"],
        ["MC-1", '"Été"', "ORG-1", "12 points"],
        ["MC-2", "B", "ORG-1", '"7 points"'],
    ]
    text = end.join(delimiter.join(row) for row in rows)
    marks = {"utf-16-le-bom": ("utf-16-le", b"\xff\xfe"), "utf-16-be-bom": ("utf-16-be", b"\xfe\xff")}
    codec, mark = marks.get(encoding, (encoding, b""))
    after, changes = corrected(tmp_path, mark + text.encode(codec))
    assert changes == (("D2", "12 points", "12"), ("D3", "7 points", "7"))
    assert after == mark + text.replace("12 points", "12").replace("7 points", "7").encode(codec)


SIGNS = st.characters(codec="utf-8", exclude_characters="\x00\r\ufeff", exclude_categories=("Cs", "Cc"))
TEXT = st.text(SIGNS, max_size=12)
POINTS = st.sampled_from(["2", "2,5", "12 points", "7 points", "many", "", " 3 points ", "-1"])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(TEXT, POINTS, TEXT), min_size=1, max_size=6), crlf=st.booleans())
def test_all_other_cells_stay_equal_and_the_findings_go(
    tmp_path: Path, rows: list[tuple[str, str, str]], crlf: bool
) -> None:
    """Whatever stands around: read by the standard library, only the corrected cells differ; nothing safe is left."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n" if crlf else "\n")
    writer.writerow(["credential_id", "title", "awarding_body", "credit_points", "description"])
    for at, (title, points, text) in enumerate(rows):
        writer.writerow([f"MC-{at}", title, "ORG-1", points, text])
    before = out.getvalue().encode()
    after, changes = corrected(tmp_path, before)
    old, new = (list(csv.reader(io.StringIO(data.decode(), newline=""))) for data in (before, after))
    different = {
        (r, c): (a, b) for r, (x, y) in enumerate(zip(old, new, strict=True), 1)
        for c, (a, b) in enumerate(zip(x, y, strict=True)) if a != b
    }  # fmt: skip
    assert different == {(int(cell[1:]), 3): (was, became) for cell, was, became in changes}
    expected = sum("points" in points for _, points, _ in rows)
    assert len(changes) == expected
    again, left = corrected(tmp_path, after)
    assert left == () and again == after


@given(st.lists(st.lists(st.text(max_size=8), min_size=1, max_size=4), min_size=1, max_size=5))
@settings(max_examples=150, deadline=None)
def test_the_cells_of_a_text_are_those_the_standard_library_sees(rows: list[list[str]]) -> None:
    """Rows, columns and spans, quotes and line breaks included."""
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    text = out.getvalue()
    found = {(r, c): text[start:end][1:-1].replace('""', '"') for r, c, start, end in cells(text, ",")}
    told = {(r, c): cell for r, row in enumerate(rows, 1) for c, cell in enumerate(row)}
    assert {k: v for k, v in found.items() if k in told} == told


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Credentials"
    sheet.append(["credential_id", "title", "awarding_body", "credit_points", "language"])
    sheet.append(["MC-1", "A", "ORG-1", "12 points", "en"])
    sheet.append(["MC-2", "B", "ORG-1", 3, "en"])
    sheet["D2"].number_format = "0.0"
    sheet.column_dimensions["B"].width = 33
    bodies = book.create_sheet("Organisations")
    for line in BODIES.splitlines():
        bodies.append(line.split(","))
    book.save(path)


def test_a_workbook_is_corrected_cell_by_cell(tmp_path: Path) -> None:
    """The number becomes a number, keeps its format, and every other part keeps its bytes."""
    workbook(tmp_path / "w.xlsx")
    report = validate(
        read_submission([tmp_path / "w.xlsx"], "template", "t", limits=Limits()), profile="submission", date=DAY
    )
    done = correct(report, tmp_path / "w.xlsx", tmp_path / "f.xlsx")
    assert [(c.sheet, c.cell, c.after) for c in done] == [("Credentials", "D2", "12")]
    old, new = openpyxl.load_workbook(tmp_path / "w.xlsx"), openpyxl.load_workbook(tmp_path / "f.xlsx")
    assert new["Credentials"]["D2"].value == 12 and new["Credentials"]["D2"].number_format == "0.0"
    for sheet in old:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.coordinate != "D2":
                    assert new[sheet.title][cell.coordinate].value == cell.value
    with zipfile.ZipFile(tmp_path / "w.xlsx") as a, zipfile.ZipFile(tmp_path / "f.xlsx") as b:
        assert a.namelist() == b.namelist()
        assert [n for n in a.namelist() if a.read(n) != b.read(n)] == ["xl/worksheets/sheet1.xml"]
    again = validate(
        read_submission([tmp_path / "f.xlsx"], "template", "t", limits=Limits()), profile="submission", date=DAY
    )
    gone = {f.fingerprint for f in report.findings} - {f.fingerprint for f in again.findings}
    assert {f.code for f in report.findings if f.fingerprint in gone} == {"CRD-WORKLOAD-002"}
    assert not {f.fingerprint for f in again.findings} - {f.fingerprint for f in report.findings}


def test_a_formula_is_never_overwritten(tmp_path: Path) -> None:
    """What a formula shows is not its own to correct."""
    workbook(tmp_path / "w.xlsx")
    with zipfile.ZipFile(tmp_path / "w.xlsx") as old, zipfile.ZipFile(tmp_path / "x.xlsx", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                formula = rb'<c r="D2" t="str"><f>A1</f><v>12 points</v></c>'
                content = re.sub(rb'<c r="D2"[^>]*>.*?</c>', formula, content)
                assert b"<f>A1</f>" in content
            new.writestr(name, content)
    report = validate(
        read_submission([tmp_path / "x.xlsx"], "template", "t", limits=Limits()), profile="submission", date=DAY
    )
    assert any(f.safe for f in report.findings)
    assert correct(report, tmp_path / "x.xlsx", tmp_path / "f.xlsx") == ()
    assert not (tmp_path / "f.xlsx").exists()


def test_the_copy_has_the_ending_of_the_original(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A CSV file is never turned into a workbook by the way."""
    report, _ = check("MC-1,A,ORG-1,12 points,6,nanodegree,")
    with pytest.raises(WrongUse, match=r"ends in \.csv"):
        correct(report, tmp_path / "credentials.csv", tmp_path / "fixed.xlsx")


def test_the_submitted_file_is_never_written_over(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Not even with --force; and a copy of several files is refused before they are read."""
    file = tmp_path / "credentials.csv"
    file.write_text(HEAD + "MC-1,A,ORG-1,12 points,6,nanodegree,\n", encoding="utf-8")
    before = file.read_bytes()
    done = mcgraph("--store", tmp_path / "no", "validate", file, "--fix", file, "--force")
    assert done.returncode == 2 and "what was submitted" in done.stderr and file.read_bytes() == before
    other = tmp_path / "organisations.csv"
    other.write_text(BODIES, encoding="utf-8")
    done = mcgraph("--store", tmp_path / "no", "validate", file, other, "--annotate", tmp_path / "a.xlsx")
    assert done.returncode == 2 and "one file" in done.stderr and done.stdout == ""


def test_the_command_writes_copy_and_diff(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """And refuses to write over what is there."""
    (tmp_path / "credentials.csv").write_text(HEAD + "MC-1,A,ORG-1,12 points,6,nanodegree,\n", encoding="utf-8")
    line = ("--store", tmp_path / "no", "validate", tmp_path / "credentials.csv", "--fix", tmp_path / "f.csv")
    done = mcgraph(*line)
    assert done.returncode == 1 and "1 cell corrected" in done.stderr and "«12 points» → «12»" in done.stderr
    assert (tmp_path / "f.diff.csv").is_file()
    again = mcgraph(*line)
    assert again.returncode == 2 and "already there" in again.stderr
