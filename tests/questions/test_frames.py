"""Columns with types: nothing lost, nothing changed, and a type only where every cell has it."""

from __future__ import annotations

import csv
import datetime
import io
import json
from pathlib import Path

import polars as pl
import pytest

from mcgraph.errors import WrongUse
from mcgraph.model.answer import Answer, Coverage
from mcgraph.model.namespaces import MC, XSD
from mcgraph.queries.writing import SUFFIXES, check_output, write_answer

WHOLE = XSD + "integer"
TYPED = Answer(
    columns=("record", "n", "share", "day", "when", "yes", "title", "mixed"),
    rows=(
        (MC + "a", "3", "0.5", "2026-01-31", "2026-01-31T10:00:00+02:00", "true", "Ħobż", "1"),
        (MC + "b", None, "12", None, "2026-01-31T10:00:00", "0", None, "x"),
    ),
    types=(
        ("iri", WHOLE, XSD + "decimal", XSD + "date", XSD + "dateTime", XSD + "boolean", "@mt", WHOLE),
        ("iri", "", WHOLE, "", XSD + "dateTime", XSD + "boolean", "", XSD + "string"),
    ),
    coverage=Coverage(2, 1, "Credential", {"no n": 1}),
    snapshot="s-1",
    query="SELECT 1",
)  # fmt: skip


def test_polars_columns_have_types() -> None:
    """Whole numbers, fractions, dates, times, truth values and text are what they are; nothing bound is null."""
    frame = TYPED.to_polars()
    assert frame.schema == {
        "record": pl.String,
        "n": pl.Int64,
        "share": pl.Float64,
        "day": pl.Date,
        "when": pl.Datetime("us", "UTC"),
        "yes": pl.Boolean,
        "title": pl.String,
        "mixed": pl.String,
    }
    assert frame.row(0)[1:4] == (3, 0.5, datetime.date(2026, 1, 31))
    assert [moment.hour for moment in frame["when"].to_list()] == [8, 10]
    assert frame["yes"].to_list() == [True, False]
    assert frame.row(1)[1] is None
    assert frame["mixed"].to_list() == ["1", "x"]


def test_pandas_columns_have_types() -> None:
    """The same columns for those who work with pandas."""
    frame = TYPED.to_dataframe()
    kinds = {name: str(kind) for name, kind in frame.dtypes.items()}
    assert kinds["n"] == "Int64"
    assert kinds["share"] == "float64"
    assert kinds["day"].startswith("datetime64") and "UTC" in kinds["when"]
    assert kinds["yes"] == "bool"
    assert frame["title"][0] == "Ħobż"
    assert list(frame.columns) == list(TYPED.columns)


@pytest.mark.parametrize(
    ("datatype", "value"),
    [
        ("integer", "abc"),
        ("integer", "9" * 30),
        ("integer", "1_000"),
        ("decimal", "٣"),
        ("date", "31/02/2025"),
        ("dateTime", "noon"),
        ("boolean", "maybe"),
    ],
)
def test_a_cell_that_is_not_its_datatype_leaves_the_column_as_written(datatype: str, value: str) -> None:
    """Dirty data is shown, never dropped or turned into something else."""
    answer = Answer(("x",), (("1",), (value,)), ((XSD + datatype,), (XSD + datatype,)))
    assert answer.to_polars()["x"].to_list() == ["1", value]
    assert answer.to_dataframe()["x"].tolist() == ["1", value]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_far_away_is_kept(day: str) -> None:
    """Open ends are often written as the last day there is; none is lost to what pandas can hold."""
    answer = Answer(("x",), ((day,), ("2026-01-31",)), ((XSD + "date",), (XSD + "date",)))
    assert [str(value)[:10] for value in answer.to_dataframe()["x"]] == [day, "2026-01-31"]
    assert answer.to_polars()["x"].to_list()[0] == datetime.date.fromisoformat(day)


def test_no_rows_and_two_columns_of_one_kind() -> None:
    """An empty answer keeps its columns."""
    assert Answer(("a", "b"), ()).to_polars().columns == ["a", "b"]
    assert list(Answer(("a", "b"), ()).to_dataframe().columns) == ["a", "b"]


def test_parquet_holds_the_rows_and_what_they_rest_on(tmp_path: Path) -> None:
    """Another program reads the types; the query, coverage and snapshot stand in the metadata."""
    write_answer(TYPED, tmp_path / "answer.parquet")
    frame = pl.read_parquet(tmp_path / "answer.parquet")
    assert frame.equals(TYPED.to_polars())
    said = pl.read_parquet_metadata(tmp_path / "answer.parquet")
    assert json.loads(said["mcgraph:snapshot"]) == "s-1"
    assert json.loads(said["mcgraph:coverage"])["unknown"] == 1


@pytest.mark.parametrize("suffix", [suffix for suffix in SUFFIXES if suffix not in (".ttl", ".nt")])
def test_every_format_of_a_table_holds_every_cell(suffix: str, tmp_path: Path) -> None:
    """What is written can be read back, the non-ASCII title with it."""
    path = tmp_path / f"answer{suffix}"
    write_answer(TYPED, path)
    if suffix == ".parquet":
        return
    text = path.read_text(encoding="utf-8-sig")
    assert "Ħobż" in text
    if suffix in (".csv", ".tsv"):
        rows = list(csv.reader(io.StringIO(text), delimiter="," if suffix == ".csv" else "\t"))
        assert rows[0] == list(TYPED.columns)
        assert rows[1:] == [[cell or "" for cell in row] for row in TYPED.rows]
    if suffix == ".json":
        assert len(json.loads(text)["results"]["bindings"]) == 2


def test_a_table_is_no_graph_and_leaves_no_file(tmp_path: Path) -> None:
    """Turtle of a table is refused before anything is written."""
    with pytest.raises(WrongUse, match="table"):
        write_answer(TYPED, tmp_path / "answer.ttl")
    assert not (tmp_path / "answer.ttl").exists()


def test_triples_are_read_by_another_parser(tmp_path: Path) -> None:
    """Turtle and N-Triples of a CONSTRUCT are the same graph to rdflib."""
    import rdflib

    graph = Answer(
        ("subject", "predicate", "object"),
        ((MC + "a", MC + "title", 'A "b"\n'), (MC + "a", MC + "n", "1")),
        (("iri", "iri", "@mt"), ("iri", "iri", XSD + "integer")),
        kind="triples",
    )
    for suffix, name in ((".ttl", "turtle"), (".nt", "nt")):
        write_answer(graph, tmp_path / f"g{suffix}")
        read = rdflib.Graph().parse(tmp_path / f"g{suffix}", format=name)
        assert (rdflib.URIRef(MC + "a"), rdflib.URIRef(MC + "title"), rdflib.Literal('A "b"\n', lang="mt")) in read
        assert len(read) == 2


def test_output_is_checked_before_the_question_is_asked(tmp_path: Path) -> None:
    """An unknown ending, a file that is there, a folder that is not."""
    (tmp_path / "there.csv").touch()
    for path in (tmp_path / "x.docx", tmp_path / "there.csv", tmp_path / "no" / "x.csv"):
        with pytest.raises(WrongUse):
            check_output(path, force=False)
    check_output(tmp_path / "there.csv", force=True)
