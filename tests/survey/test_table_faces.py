"""A hidden cell is hidden in every face: terminal, JSON, CSV, Parquet, data frames, RDF, drawings and pages."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import polars as pl
import pytest
import rdflib

from mcgraph.report.survey_charts import bar_chart, chart_of, likert_chart
from mcgraph.survey import table_rows
from mcgraph.survey.cube import to_turtle
from mcgraph.survey.table import SurveyTable, make_table
from tests.survey.surveys import counted, wave_of

# Counts that stand nowhere else in the table, so that a leak is seen: 3 and 4 are small.
CELLS = [[3, 1171, 1313], [1097, 1451, 1619], [1831, 4, 2017]]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> SurveyTable:
    return make_table(counted(tmp_path_factory.mktemp("faces"), CELLS, "likert"), "q", by=["group"])


@pytest.fixture(scope="module")
def gone(table: SurveyTable) -> set[int]:
    """The counts that are hidden; some of them are large and hidden to protect others."""
    found = set()
    for column, row in zip(table.groups, CELLS, strict=True):
        found |= {count for cell, count in zip(column.cells, row, strict=True) if cell.hidden}
    assert {3, 4} < found
    return found


def numbers(text: str) -> set[int]:
    found = re.findall(r"(?<![\d.,])\d{1,3}(?:,\d{3})+|(?<![\d.])\d+(?![\d.])", text)
    return {int(one.replace(",", "")) for one in found}


def test_no_face_shows_a_hidden_count(table: SurveyTable, gone: set[int]) -> None:
    """Whole numbers of every face, against the counts that are hidden; small ones are looked for in their columns."""
    large = {count for count in gone if count > 100}
    headers, rows = table_rows.shown(table)
    held = io.BytesIO()
    table_rows.write_parquet([table], held)
    held.seek(0)
    frame = table_rows.to_dataframe([table])
    faces = {
        "terminal": json.dumps([headers, rows]),
        "csv": table_rows.to_csv([table]),
        "json": json.dumps(table_rows.document(table)),
        "parquet": pl.read_parquet(held).write_csv(),
        "frame": frame.to_csv(),
        "polars": table_rows.to_polars([table]).write_csv(),
        "rdf": to_turtle([table]),
        "likert": likert_chart([table]).page(),
        "bars": bar_chart([table]).page(),
    }
    for name, text in faces.items():
        assert not numbers(text) & large, name
    for row in table_rows.rows(table):
        named = dict(zip(table_rows.headers(table), row, strict=True))
        assert named["n"] is None or named["n"] == 0 or named["n"] >= 5
        if named["hidden"]:
            assert all(named[one] is None for one in ("n", "weighted_n", "share", "share_low", "share_high"))


def test_json_is_as_its_schema_says(table: SurveyTable, root: Path) -> None:
    """docs/contract/survey-table.schema.json."""
    import jsonschema

    schema = json.loads((root / "docs" / "contract" / "survey-table.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(table_rows.document(table), schema)


def test_frames_have_types_even_where_all_is_hidden(tmp_path: Path) -> None:
    """A column of nothing is still a column of numbers."""
    hidden = make_table(counted(tmp_path, [[1, 2]]), "q")
    assert table_rows.to_polars([hidden]).schema["share"] == pl.Float64
    assert str(table_rows.to_dataframe([hidden]).dtypes["n"]) == "Int64"


def test_text_of_others_runs_nowhere(tmp_path: Path) -> None:
    """Formulas in CSV, tags in pages and drawings."""
    book = (
        "survey: s\nquestions:\n  q: {column: q, type: likert, text: {en: '<script>alert(1)</script>'}, "
        "options: {a: {en: '=cmd|x'}, b: {en: '<img src=x onerror=y>'}}}\n"
    )
    table = make_table(wave_of(tmp_path, book, "q\n" + "a\n" * 9 + "b\n" * 9), "q")
    assert "'=cmd" in table_rows.to_csv([table])
    for page in (likert_chart([table]).page(), bar_chart([table]).page()):
        assert "<script" not in page
        assert "<img" not in page
    rdflib.Graph().parse(data=to_turtle([table]), format="turtle")


QB = """
PREFIX qb: <http://purl.org/linked-data/cube#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
# Integrity constraints of the Data Cube Recommendation, section 11.1, by their numbers.
CONSTRAINTS = {
    "IC-1": "ASK { { ?o a qb:Observation . FILTER NOT EXISTS { ?o qb:dataSet ?d . } } UNION { ?o a qb:Observation ; "
    "qb:dataSet ?d1, ?d2 . FILTER (?d1 != ?d2) } }",
    "IC-2": "ASK { { ?d a qb:DataSet . FILTER NOT EXISTS { ?d qb:structure ?s . } } UNION { ?d a qb:DataSet ; "
    "qb:structure ?s1, ?s2 . FILTER (?s1 != ?s2) } }",
    "IC-3": "ASK { ?s a qb:DataStructureDefinition . FILTER NOT EXISTS { ?s qb:component [ qb:measure ?m ] } }",
    "IC-4": "ASK { ?d a qb:DimensionProperty . FILTER NOT EXISTS { ?d rdfs:range [] } }",
    "IC-5": "ASK { ?d a qb:DimensionProperty ; rdfs:range skos:Concept . FILTER NOT EXISTS { ?d qb:codeList [] } }",
    "IC-11": "ASK { ?o qb:dataSet/qb:structure/qb:component/qb:dimension ?d . FILTER NOT EXISTS { ?o ?d [] } }",
    "IC-14": "ASK { ?o qb:dataSet/qb:structure/qb:component/qb:measure ?m . FILTER NOT EXISTS { ?o ?m [] } }",
    "IC-19": "ASK { ?o qb:dataSet/qb:structure/qb:component/qb:dimension ?d . ?d qb:codeList ?list . ?o ?d ?v . "
    "FILTER NOT EXISTS { ?v a skos:Concept ; skos:inScheme ?list } }",
}


@pytest.fixture(scope="module")
def cube(table: SurveyTable) -> rdflib.Graph:
    return rdflib.Graph().parse(data=to_turtle([table]), format="turtle")


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_the_cube_keeps_the_integrity_constraints(cube: rdflib.Graph, name: str) -> None:
    """Each ASK finds what would break the cube."""
    assert not cube.query(QB + CONSTRAINTS[name]).askAnswer


def test_no_two_observations_have_one_place(cube: rdflib.Graph, table: SurveyTable) -> None:
    """IC-12, and as many observations as there are cells with numbers."""
    rows = cube.query(
        QB + "SELECT ?o (GROUP_CONCAT(STR(?v); separator=' ') AS ?place) WHERE { SELECT ?o ?d ?v WHERE { "
        "?o qb:dataSet/qb:structure/qb:component/qb:dimension ?d . ?o ?d ?v } ORDER BY ?o ?d } GROUP BY ?o"
    )
    places = [str(row.place) for row in rows]
    shown = sum(row[6] is not None for row in table_rows.rows(table))
    assert len(places) == len(set(places)) == shown


def test_drawings_speak_to_screen_readers_and_are_the_same_each_time(table: SurveyTable) -> None:
    """Title, description with every figure, role; no script; the same bytes."""
    chart = chart_of([table])
    drawn = chart.svg()
    assert 'role="img"' in drawn and "<title>Which</title>" in drawn and "<desc>Diverging bars." in drawn
    assert "hidden" in drawn
    assert chart_of([table]).svg() == drawn
    for one in (likert_chart([table]), bar_chart([table])):
        assert f"n = {table.total.base:,}" in one.svg(), "a share without its base"
    assert "<table>" in chart.page() and "<script" not in chart.page()
    assert chart.png()[:4] == b"\x89PNG"


def test_a_drawing_without_its_libraries_is_a_sentence(table: SurveyTable, monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is named."""
    import sys

    from mcgraph.errors import WrongUse

    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(WrongUse, match="charts"):
        chart_of([table])
