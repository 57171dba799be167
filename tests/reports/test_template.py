"""A template that is filled in and sent back validates clean, whatever program filled it in."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from mcgraph.limits import Limits
from mcgraph.model.language import language
from mcgraph.model.vocabularies import vocabulary
from mcgraph.report.guidance import choices, guide
from mcgraph.report.template import write_template
from mcgraph.sources import read_submission
from mcgraph.sources.mapping import load_mapping
from mcgraph.validation import catalogue, validate
from tests.reports.conftest import DAY

PROFILES = ("annex1-catalogue", "submission")


def made(folder: Path, profile: str = "annex1-catalogue", lang: str = "en", *, filled: bool = False) -> Path:
    path = folder / f"{profile}-{lang}.xlsx"
    write_template(load_mapping("template"), catalogue.profile(profile), path, language(lang), filled=filled)
    return path


def findings(path: Path, profile: str) -> list[tuple[str, str]]:
    batch = read_submission([path], "template", "t", limits=Limits())
    report = validate(batch, profile=profile, date=DAY)
    assert report.read == 9
    return [(f.code, str(f.where)) for f in report.findings]


@pytest.mark.parametrize("lang", ["en", "fr"])
@pytest.mark.parametrize("profile", PROFILES)
def test_a_filled_template_validates_clean(tmp_path: Path, profile: str, lang: str) -> None:
    """Not one finding, in either language, under either profile."""
    assert findings(made(tmp_path, profile, lang, filled=True), profile) == []


def test_filling_in_by_hand_validates_clean(tmp_path: Path) -> None:
    """The empty workbook, its example rows typed into the sheets with openpyxl."""
    path = made(tmp_path)
    source = openpyxl.load_workbook(made(tmp_path, "submission", filled=True))
    book = openpyxl.load_workbook(path)
    for sheet in book:
        if sheet.sheet_state == "visible" and not sheet.title.endswith("(mcgraph)"):
            for row in source[sheet.title].iter_rows(min_row=2):
                for cell in row:
                    if cell.value is not None:
                        sheet[cell.coordinate] = cell.value
    book.save(path)
    assert findings(path, "annex1-catalogue") == []


@pytest.mark.parametrize("lang", [pytest.param("en", marks=pytest.mark.long), "fr"])
def test_libreoffice_and_back_validates_clean(tmp_path: Path, lang: str) -> None:
    """xlsx → ods → xlsx, saved by LibreOffice each time: dates, numbers, identifiers and lists survive."""
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice (soffice) is not installed on this machine")
    path = made(tmp_path, lang=lang, filled=True)
    for ending, folder in (("ods", "a"), ("xlsx", "b")):
        (tmp_path / folder).mkdir()
        subprocess.run(
            [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", ending,
             "--outdir", str(tmp_path / folder), str(path)], check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        path = tmp_path / folder / f"{path.stem}.{ending}"
        assert findings(path, "annex1-catalogue") == []
    book = openpyxl.load_workbook(path)
    assert len(book["Credentials"].data_validations.dataValidation) >= 15
    assert book["Credentials"]["A1"].comment is not None


def test_an_empty_template_has_nothing_to_load(tmp_path: Path, mcgraph) -> None:  # type: ignore[no-untyped-def]
    """The example is on a sheet of its own and is never read as data."""
    done = mcgraph("--store", tmp_path / "s", "load", made(tmp_path), "--mapping", "template", "--source", "x")
    assert done.returncode == 3 and "no record was found" in done.stderr


def test_every_column_of_the_mapping_is_there_with_a_note(tmp_path: Path) -> None:
    """Sheets and columns in the order of the mapping; each header says what, whether required, and what is accepted."""
    book = openpyxl.load_workbook(made(tmp_path, lang="fr"))
    for spec in load_mapping("template").tables:
        sheet = book[spec.sheets[0]]
        assert [c.value for c in sheet[1]] == [column.header for column in spec.columns]
        for cell in sheet[1]:
            assert cell.comment is not None and cell.comment.text.startswith(f"{cell.value} · ")
        assert sheet.max_row == 1
    note = book["Credentials"]["B1"].comment.text
    assert "obligatoire" in note and "Annex I, element 2" in note


def test_what_the_profile_requires_is_marked_not_by_colour_alone(tmp_path: Path) -> None:
    """Bold in the header, the word in the note and in the instructions."""
    book = openpyxl.load_workbook(made(tmp_path))
    sheet = book["Credentials"]
    cells = {cell.value: cell for cell in sheet[1]}
    assert cells["eqf_level"].font.b and "required" in cells["eqf_level"].comment.text
    assert not cells["supervision"].font.b and "recommended" in cells["supervision"].comment.text
    assert "optional" in cells["platform"].comment.text
    lenient = guide(load_mapping("template"), catalogue.profile("submission"), language("en"))
    needs = {column.header: column.need for column in lenient[0].columns}
    assert needs["eqf_level"] == "may" and needs["title"] == "must"


@pytest.mark.parametrize("lang", ["en", "fr"])
def test_every_offered_value_is_understood(lang: str) -> None:
    """What a drop-down offers, the reader turns into the concept it stands for; no two stand for one."""
    names = {
        target.scheme
        for table in load_mapping("template").tables
        for column in table.columns
        for target in column.targets
        if target.as_ == "concept"
    }
    for name in sorted(names):
        known = vocabulary(name)
        offered = choices(name, language(lang))
        found = [known.find(text) for text in offered]
        assert None not in found, name
        assert len(set(found)) == len(offered) == len(known.labels), name


def test_the_drop_downs_point_to_the_lists(tmp_path: Path) -> None:
    """Each list rule names a range of the hidden sheet, and the range holds exactly its values."""
    book = openpyxl.load_workbook(made(tmp_path, lang="fr"))
    lists = book["Listes (mcgraph)"]
    assert lists.sheet_state == "hidden"
    seen = 0
    for rule in book["Credentials"].data_validations.dataValidation:
        if rule.type == "list" and "Listes" in rule.formula1:
            first, top, last, bottom = range_boundaries(rule.formula1.rpartition("!")[2].replace("$", ""))
            assert first == last and top == 2
            values = [lists.cell(r, first).value for r in range(top, bottom + 1)]
            name = lists.cell(1, first).value
            expected = ["oui", "non"] if name == "boolean" else choices(name, language("fr"))
            assert values == expected and lists.cell(bottom + 1, first).value is None
            seen += 1
    assert seen >= 15


def test_columns_have_their_formats(tmp_path: Path) -> None:
    """Identifiers are text, so that 007 stays 007; dates are dates."""
    sheet = openpyxl.load_workbook(made(tmp_path))["Credentials"]
    letters = {cell.value: cell.column_letter for cell in sheet[1]}
    assert sheet.column_dimensions[letters["credential_id"]].number_format == "@"
    assert sheet.column_dimensions[letters["valid_from"]].number_format == "yyyy-mm-dd"


def test_the_same_template_has_the_same_bytes(tmp_path: Path) -> None:
    """Made twice, it is one file."""
    first = made(tmp_path).read_bytes()
    assert made(tmp_path).read_bytes() == first


def test_the_command(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Writes once, says what to do next, and refuses what cannot be meant."""
    done = mcgraph("template", "annex1-catalogue", "-o", tmp_path / "t.xlsx", "--lang", "fr", "--json")
    assert json.loads(done.stdout)["columns"] > 90
    assert mcgraph("template", "annex1-catalogue", "-o", tmp_path / "t.xlsx").returncode == 2
    assert "annex1-catalogue" in mcgraph("template", "annex2", "-o", tmp_path / "u.xlsx").stderr
    assert mcgraph("template", "submission", "-o", tmp_path / "u.csv").returncode == 2
