"""A small template submission: triples, their cells, references and what is kept as written."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import polars as pl
import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgraph.model.batch import ROW, Batch, TripleColumn
from mcgraph.model.namespaces import MC, PREFIXES
from mcgraph.sources import read_submission

CREDENTIALS = [
    ["credential_id", "title", "title_language", "awarding_body", "credit_points", "eqf_level", "form",
     "learning_outcomes", "stacks_into", "country"],
    ["MC-1", "Data literacy", "en", "ORG-1", "2,5", "Level 6", "digital badge", "reads tables|draws charts",
     "MC-2", "Ireland"],
    ["MC-2", "Größere Daten", "de", "ecole du test", "5", "9", "digital bage", "", "MC-404", "IRL"],
]  # fmt: skip
ORGANISATIONS = [
    ["organisation_id", "name", "provider_type"],
    ["ORG-1", "École du Test", "professional-body"],
]


def text(rows: list[list[str]], delimiter: str) -> str:
    return "\n".join(delimiter.join(row) for row in rows) + "\n"


@pytest.fixture
def submission(tmp_path: Path) -> Path:
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "credentials.csv").write_text(text(CREDENTIALS, ";"), encoding="utf-8")
    (folder / "organisations.csv").write_text(text(ORGANISATIONS, ";"), encoding="utf-8")
    return folder


@pytest.fixture
def batch(submission: Path) -> Batch:
    return read_submission([submission], "template", "p17")


def said(batch: Batch, term: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for column in batch.with_predicate(MC + term):
        for s, o in column.frame.select("s", "o").rows():
            found.setdefault(s.rsplit("/", 1)[1], []).append(f"<{o}>" if column.kind == "iri" else o)
    return found


def test_values_become_terms(batch: Batch) -> None:
    """Numbers, levels, concepts and names of countries in the forms people write."""
    assert said(batch, "creditPoints") == {"MC-1": ["2.5"], "MC-2": ["5"]}
    assert said(batch, "form")["MC-1"] == [f"<{PREFIXES['form']}digital-badge>"]
    assert said(batch, "country") == {
        "MC-1": [f"<{PREFIXES['country']}IRL>"], "MC-2": [f"<{PREFIXES['country']}IRL>"]
    }  # fmt: skip


def test_what_fits_no_list_stays_as_written(batch: Batch) -> None:
    """The shape reports it at its cell."""
    assert said(batch, "eqfLevel") == {"MC-1": [f"<{PREFIXES['eqf']}6>"], "MC-2": ["9"]}
    assert said(batch, "form")["MC-2"] == ["digital bage"]


def test_references_find_identifiers_and_names(batch: Batch) -> None:
    """By identifier, by name in any spelling; an identifier nobody has is still a link."""
    assert {v[0].rsplit("/", 1)[1] for v in said(batch, "awardedBy").values()} == {"ORG-1>"}
    assert said(batch, "declaredStackingTarget")["MC-2"][0].endswith("/credential/MC-404>")


def test_notes_name_the_cell(batch: Batch) -> None:
    """Row 2, column credit_points: 2,5 was read as 2.5."""
    notes = batch.notes.filter(pl.col("code") == "NOTE-DECIMAL-COMMA").rows(named=True)
    table = batch.tables[notes[0]["table"]]
    assert str(table.place(notes[0]["row"], notes[0]["column"])) == "credentials.csv · E2"
    assert (notes[0]["found"], notes[0]["became"]) == ("2,5", "2.5")


def test_every_literal_stands_in_the_cell_it_names(batch: Batch) -> None:
    """The origin of a triple is the truth about where it came from."""
    sheets = {"credentials.csv": CREDENTIALS, "organisations.csv": ORGANISATIONS}
    seen = 0
    for column in batch.columns:
        if column.kind == "literal" and column.column >= 0:
            for value, row in column.frame.select("o", "row").rows():
                cell = sheets[batch.tables[column.table].file][row - 1][column.column]
                assert value in cell.replace(",", ".") or value in cell
                seen += 1
    assert seen > 10


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_every_csv_form_gives_the_same_batch(tmp_path: Path, batch: Batch, delimiter: str, bom: str) -> None:
    """A form of the file is not a property of the records."""
    folder = tmp_path / "other"
    folder.mkdir()
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in row] for row in CREDENTIALS]
    (folder / "credentials.csv").write_text(bom + text(quoted, delimiter), encoding="utf-8")
    (folder / "organisations.csv").write_text(bom + text(ORGANISATIONS, delimiter), encoding="utf-8")
    assert facts(read_submission([folder], "template", "p17")) == facts(batch)


def test_the_workbook_gives_the_same_batch(tmp_path: Path, batch: Batch) -> None:
    """XLSX and CSV of one submission say the same, at the same rows and columns."""
    book = openpyxl.Workbook()
    for name, rows in (("Credentials", CREDENTIALS), ("Organisations", ORGANISATIONS)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    book.save(tmp_path / "book.xlsx")
    assert facts(read_submission([tmp_path / "book.xlsx"], "template", "p17")) == facts(batch)


def facts(batch: Batch) -> set[tuple[str, str, str, int, int]]:
    return {
        (column.predicate, s, o, row, column.column)
        for column in batch.columns
        for s, o, row in column.frame.rows()
    }


def test_a_rejected_record_takes_its_parts_along(batch: Batch) -> None:
    """No learning outcome is left without its credential."""
    iri = batch.records.filter(pl.col("id") == "MC-1").get_column("iri")
    left = batch.without(iri)
    assert not any("MC-1/" in s or s.endswith("MC-1") for _, s, _, _, _ in facts(left))
    assert "MC-2" in said(left, "creditPoints")


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20))
def test_hostile_text_never_breaks_the_triples(value: str) -> None:
    """What is written is read back to the letter by a strict parser."""
    frame = pl.DataFrame({"s": ["http://example.org/s"], "o": [value], "row": [2]}).cast({"row": ROW})
    out = io.BytesIO()
    Batch("s", "m", (), (TripleColumn("http://example.org/p", "literal", frame),)).write_ntriples(out)
    (triple,) = ox.parse(out.getvalue(), format=ox.RdfFormat.N_TRIPLES)
    assert triple.object.value == value


def test_an_unknown_column_asks_did_you_mean(tmp_path: Path) -> None:
    """A misspelt header must not silently drop a column."""
    rows = [["credential_id", "title", "awarding_body", "eqf_levle"], ["MC-1", "x", "y", "5"]]
    (tmp_path / "credentials.csv").write_text(text(rows, ","), encoding="utf-8")
    found = [
        f for f in read_submission([tmp_path], "template", "p17").findings if f.code == "HEAD-UNKNOWN-001"
    ]
    assert [(f.where.cell, f.suggestion) for f in found] == [("D1", "eqf_level")]


@pytest.mark.parametrize("again", [False, True])
def test_a_column_that_promises_it_has_each_subject_once(tmp_path: Path, again: bool) -> None:
    """`single` is said of columns in which no subject repeats, and of none where a row of a record comes twice."""
    extra = [[*CREDENTIALS[1][:7], "reads maps", *CREDENTIALS[1][8:]]] if again else []
    (tmp_path / "credentials.csv").write_text(text([*CREDENTIALS, *extra], ";"), encoding="utf-8")
    batch = read_submission([tmp_path], "template", "p17")
    for column in batch.columns:
        if column.single:
            assert column.frame.get_column("s").is_unique().all(), column.predicate
    titles = [column for column in batch.with_predicate(MC + "title") if len(column) and column.column == 1]
    assert titles
    assert all(column.single is not again for column in titles)
    typed = pl.concat([column.frame for column in batch.with_predicate(PREFIXES["rdf"] + "type")])
    assert typed.unique(["s", "o"]).height == typed.height


def test_a_long_table_is_mapped_as_a_short_one(tmp_path: Path) -> None:
    """In threads and without them: the same triples in the same order, cell for cell."""
    rows = [
        [f"MC-{i}", f"Title {i}", "en", "ORG-1", f"{i % 7}", str(1 + i % 8), "badge", f"topic {i % 5}", "", "IRL"]
        for i in range(21_000)
    ]
    for name, kept in (("long", rows), ("short", rows[:50])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "credentials.csv").write_text(text([CREDENTIALS[0], *kept], ","), encoding="utf-8")
    long, short = (read_submission([tmp_path / name], "template", "p17") for name in ("long", "short"))
    for one, other in zip(long.columns, short.columns, strict=True):
        assert (one.predicate, one.kind, one.column, one.single) == (
            other.predicate, other.kind, other.column, other.single,
        )  # fmt: skip
        assert one.frame.filter(pl.col("row") <= 51).equals(other.frame)
