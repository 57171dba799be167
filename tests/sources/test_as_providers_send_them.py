"""Tables as providers send them: their own headings, titles above the names, columns without a name, broken JSON."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.model.finding import Place
from mcgraph.sources import read_submission
from mcgraph.sources.delimited import read_delimited
from mcgraph.sources.headerrow import names_lower_down
from mcgraph.sources.mapping import load_mapping
from mcgraph.sources.matching import match_tables
from mcgraph.sources.proposal import propose_mapping
from mcgraph.sources.reading import document_mapping
from mcgraph.sources.workbook import read_workbook
from mcgraph.validation import Report, validate

GERMAN = "Nr.;Titel;Anbieter;ECTS-Punkte;Niveau (EQR);Lernergebnisse;Sprache;Land;Bemerkung\n"
POLISH = "Identyfikator,Nazwa mikropoświadczenia,Instytucja,Liczba punktów ECTS,Poziom PRK,Efekty uczenia się\n"


def _sheet(path: Path, *rows: list[object]) -> Path:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def _checked(batch: Batch, profile: str) -> Report:
    return validate(batch, profile=profile, date=dt.date(2026, 11, 28))


class TestProposedMapping:
    """What `inspect --write-map` writes must be a mapping that reads the file."""

    def test_german_headings_become_records_without_an_edit(self, tmp_path: Path) -> None:
        file = tmp_path / "angebote.csv"
        row = "MC-1;Pflege digital;Hochschule A;2,5;EQR-Niveau 6;Daten lesen|Daten bewerten;Deutsch;Österreich;\n"
        file.write_bytes((GERMAN + row).encode("cp1252"))
        mapping = tmp_path / "own.yaml"
        mapping.write_text(propose_mapping([read_delimited(file, Limits())], "own"), encoding="utf-8")
        batch = read_submission([file], mapping, "own")
        report = _checked(batch, "registry")
        assert report.conforms, report.to_text(200)
        assert report.checked["Credential"] == 1
        assert report.checked["Organisation"] == 1
        assert report.checked["Learning outcome"] == 2

    def test_what_no_language_knows_is_left_to_a_person(self, tmp_path: Path) -> None:
        file = tmp_path / "t.csv"
        file.write_text(POLISH.replace("Poziom PRK", "Zupełnie inne") + "1,a,b,2,6,c\n", encoding="utf-8")
        text = propose_mapping([read_delimited(file, Limits())], "t")
        assert "Liczba punktów ECTS\": {path: mc:creditPoints, as: decimal}" in text
        assert "Zupełnie inne\": ignore  # looks like integer" in text

    def test_two_columns_of_one_meaning_are_not_both_proposed(self, tmp_path: Path) -> None:
        file = tmp_path / "t.csv"
        file.write_text("Code,Titel,Bezeichnung\n1,a,b\n", encoding="utf-8")
        text = propose_mapping([read_delimited(file, Limits())], "t")
        assert text.count("path: mc:title") == 1
        assert "Bezeichnung: ignore" in text

    def test_an_identifier_that_repeats_is_no_key(self, tmp_path: Path) -> None:
        file = tmp_path / "t.csv"
        file.write_text("Code,Titel\n1,a\n1,b\n", encoding="utf-8")
        assert 'id: Titel' in propose_mapping([read_delimited(file, Limits())], "t")

    def test_each_heading_names_a_column_of_the_template(self, root: Path) -> None:
        import tomllib

        from mcgraph.model.terms import fold

        given = tomllib.loads((root / "data" / "headings.toml").read_text(encoding="utf-8"))
        known = {column.header for column in load_mapping("template").tables[0].columns}
        assert set(given) <= known
        meant: dict[str, set[str]] = {}
        for column, names in given.items():
            for name in names:
                meant.setdefault(fold(name), set()).add(column)
        assert not [name for name, columns in meant.items() if len(columns) > 1], "a heading that means two things"


class TestNamesLowerDown:
    """A title line above the names loses every column: it must be told, with the row."""

    def test_a_title_and_a_line_of_groups_are_told(self, tmp_path: Path) -> None:
        file = _sheet(
            tmp_path / "t.xlsx", ["Angebote 2025"], ["Angebot", None, "Umfang", "Dauer"],
            ["Nr.", "Titel", "ECTS", "Stunden"], ["1", "a", 2.5, 60],
        )  # fmt: skip
        (table,) = read_workbook(file, Limits())
        (found,) = [one for one in table.findings if one.code == "HEAD-ROW-001"]
        assert found.where.row == 3
        assert found.found == "Nr., Titel, ECTS, Stunden"

    def test_the_same_in_a_text_file(self, tmp_path: Path) -> None:
        file = tmp_path / "t.csv"
        file.write_text("Angebote 2025,,\nNr.,Titel,ECTS\n1,a,2\n", encoding="utf-8")
        assert [one.where.row for one in read_delimited(file, Limits()).findings if one.code == "HEAD-ROW-001"] == [2]

    @pytest.mark.parametrize(
        "rows",
        [[("1", "a", "b")], [("x", "x", "y")], [("a", None, None)], [("MC-1", "Title", "2024-01-01")]],
        ids=["number", "repeated", "few", "date"],
    )
    def test_data_below_names_is_no_such_row(self, rows: list[tuple[str | None, ...]]) -> None:
        cells = pl.DataFrame(rows, schema=["c0", "c1", "c2"], orient="row")
        assert names_lower_down(Place(file="t"), ("id",), cells, pl.Series([2])) == []

    def test_a_full_header_is_believed(self) -> None:
        cells = pl.DataFrame([("a", "b", "c")], schema=["c0", "c1", "c2"], orient="row")
        assert names_lower_down(Place(file="t"), ("id", "title", "level"), cells, pl.Series([2])) == []


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_cells_of_a_column_without_a_name_are_not_lost_silently(tmp_path: Path, ending: str) -> None:
    """In the middle of a table and behind its last name."""
    if ending == "xlsx":
        file = _sheet(tmp_path / "t.xlsx", ["credential_id", "title", None, "form"], ["1", "a", "lost", None, "too"])
        (table,) = read_workbook(file, Limits())
    else:
        file = tmp_path / "t.csv"
        file.write_text("credential_id,title,,form,\n1,a,lost,,too\n", encoding="utf-8")
        table = read_delimited(file, Limits())
    found = match_tables([table], load_mapping("template")).findings
    assert {(one.where.cell, one.found) for one in found if "has no name" in one.message} == {
        ("C1", "lost"), ("E1", "too"),
    }  # fmt: skip


def test_empty_columns_behind_the_table_are_no_news(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("credential_id,title,,\n1,a,,\n", encoding="utf-8")
    found = match_tables([read_delimited(file, Limits())], load_mapping("template")).findings
    assert not [one for one in found if one.code == "HEAD-UNKNOWN-001"]


def test_a_missing_column_is_named_where_people_look(tmp_path: Path) -> None:
    """The line in the terminal said which columns there are, and not which is missing."""
    file = tmp_path / "t.csv"
    file.write_text("credential_id,title\n1,a\n", encoding="utf-8")
    text = _checked(read_submission([file], "template", "t"), "submission").to_text(160)
    assert "awarding_body «credential_id, title»" in text


def test_findings_of_rows_and_columns_are_no_records(tmp_path: Path) -> None:
    """One record with an error, beside a column that nobody knows: that is one record."""
    file = tmp_path / "t.csv"
    file.write_text("credential_id,title,awarding_body,strange\n1,,,x\n", encoding="utf-8")
    report = _checked(read_submission([file], "template", "t"), "submission")
    assert "in 1 record " in report.verdict()


def test_long_sentences_are_not_cut_in_silence(tmp_path: Path) -> None:
    file = tmp_path / "credentials.csv"
    file.write_text("credential_id,title,awarding_body,stackability\n1,a,O,stackable\n", encoding="utf-8")
    other = tmp_path / "organisations.csv"
    other.write_text("organisation_id,name\nO,Organisation\n", encoding="utf-8")
    report = _checked(read_submission([file, other], "template", "t"), "submission")
    (long,) = [group.cause for group in report.groups if len(group.cause) > 60]
    assert f"{long[:59]}… " in report.to_text(200)


class TestDates:
    """A date that begins with its year can be read in one way only."""

    @pytest.mark.parametrize("found", ["2026/12/31", "2026.12.31", "2026-12-31"])
    def test_year_first(self, tmp_path: Path, found: str) -> None:
        from mcgraph.sources.normalise import DATE_DMY, normalise

        assert normalise(pl.Series([found]), DATE_DMY).values.to_list() == ["2026-12-31"]

    @pytest.mark.parametrize("found", ["2026/12-31", "2026/13/31", "2026/31/12"])
    def test_what_is_no_date_stays(self, found: str) -> None:
        from mcgraph.sources.normalise import DATE_DMY, normalise

        assert normalise(pl.Series([found]), DATE_DMY).values.to_list() == [found]


class TestDocuments:
    """A file cut off is not a mapping that is missing."""

    def test_broken_json_is_told_at_its_place(self, tmp_path: Path) -> None:
        file = tmp_path / "cut.json"
        file.write_text('{"type":["OpenBadgeCredential"]', encoding="utf-8")
        with pytest.raises(InputRefused, match="this is not JSON"):
            document_mapping([file], Limits())

    def test_json_that_nobody_reads_is(self, tmp_path: Path) -> None:
        file = tmp_path / "empty.json"
        file.write_text("[]", encoding="utf-8")
        with pytest.raises(WrongUse, match="reads anything"):
            document_mapping([file], Limits())
