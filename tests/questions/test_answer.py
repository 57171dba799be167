"""An answer in every form: nothing lost, nothing a spreadsheet or browser would run."""

from __future__ import annotations

import csv
import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcgraph.errors import WrongUse
from mcgraph.model.answer import Answer, Coverage, harmless
from mcgraph.model.namespaces import MC, XSD

HOSTILE = "<script>alert('x')</script>"
TABLE = Answer(
    columns=("record", "label", "n", "day"),
    rows=((MC + "x", "=1+1", "-2.5", "2026-01-15"), (MC + "y", HOSTILE + "|a\nb", None, None)),
    types=(("iri", "@en", XSD + "decimal", XSD + "date"), ("iri", XSD + "string", "", "")),
    coverage=Coverage(total=4, known=3, of="Credential", why={"no level": 1}),
    snapshot="abc",
    query="SELECT <evil>",
    truncated=True,
    limit="rows_returned",
)


def test_json_is_w3c_results_with_our_keys() -> None:
    """Any SPARQL tool reads the rows; the keys of an answer stand beside them."""
    document = TABLE.to_json()
    assert document["head"] == {"vars": ["record", "label", "n", "day"]}
    assert document["results"]["bindings"][0] == {
        "record": {"type": "uri", "value": MC + "x"},
        "label": {"type": "literal", "value": "=1+1", "xml:lang": "en"},
        "n": {"type": "literal", "value": "-2.5", "datatype": XSD + "decimal"},
        "day": {"type": "literal", "value": "2026-01-15", "datatype": XSD + "date"},
    }
    assert set(document["results"]["bindings"][1]) == {"record", "label"}
    assert document["coverage"] == {
        "of": "Credential",
        "total": 4,
        "known": 3,
        "unknown": 1,
        "why": {"no level": 1},
    }
    assert (document["truncated"], document["limit"], document["snapshot"]) == (True, "rows_returned", "abc")
    json.dumps(document)


def test_csv_runs_nothing() -> None:
    """Formula signs get a quote before them; numbers stay numbers; unbound is empty."""
    rows = list(csv.reader(io.StringIO(TABLE.to_csv())))
    assert rows[1] == [MC + "x", "'=1+1", "-2.5", "2026-01-15"]
    assert rows[2][2:] == ["", ""]


@given(st.text(max_size=20))
def test_no_cell_begins_with_a_formula_sign(text: str) -> None:
    """Whatever the text, its cell is either a number or begins harmlessly."""
    cell = harmless(text)
    if cell.startswith(("=", "+", "-", "@", "\t", "\r")):
        float(cell)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")  # a bare carriage return would end a row
    assert cell.removeprefix("'") == lines.removeprefix("'")


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2), max_size=4))
def test_csv_keeps_every_row_and_text(rows: list[list[str]]) -> None:
    """Quotes, commas and line breaks in the data do not make other rows of it."""
    answer = Answer(columns=("a", "b"), rows=tuple(tuple(row) for row in rows))
    back = list(csv.reader(io.StringIO(answer.to_csv(), newline="")))[1:]
    assert back == [[harmless(cell) for cell in row] for row in rows]


def test_html_is_escaped() -> None:
    """No label, query or note becomes an element of the page."""
    for page in (TABLE._repr_html_(), TABLE.to_html()):
        assert "<script" not in page
        assert "<evil>" not in page
        assert "&lt;script&gt;" in page
        assert "not complete" in page


def test_markdown_keeps_its_columns() -> None:
    """Pipes and line breaks in a cell do not break the table, and tags stay text."""
    lines = TABLE.to_markdown().splitlines()
    assert lines[3].count("|") - lines[3].count("\\|") == 5
    assert "\\<script\\>" in lines[3]
    assert "- known for 3 of 4 Credential (75 %); not stated: no level: 1" in lines


def test_coverage_says_zero_in_words() -> None:
    """No record at all must not read as complete."""
    assert str(Coverage(total=0, known=0, of="Offer")) == "no Offer in this graph"


def test_data_frame_has_types() -> None:
    """Numbers are numbers and dates are dates in a data frame."""
    pandas = pytest.importorskip("pandas")
    frame = TABLE.to_dataframe()
    assert frame["n"].iloc[0] == -2.5
    assert frame["day"].iloc[0] == pandas.Timestamp("2026-01-15")
    assert list(frame.columns) == list(TABLE.columns)


def test_missing_pandas_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra, the reader learns which one to install."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(WrongUse, match="dataframe"):
        TABLE.to_dataframe()


def test_triples_are_written_and_tables_are_not() -> None:
    """Only CONSTRUCT and DESCRIBE give triples."""
    built = Answer(
        columns=("subject", "predicate", "object"),
        rows=((MC + "x", MC + "title", 'a "b"'),),
        types=(("iri", "iri", "@en"),),
        kind="triples",
    )
    assert built.to_ntriples() == f'<{MC}x> <{MC}title> "a \\"b\\""@en .\n'
    with pytest.raises(WrongUse, match="table"):
        TABLE.to_ntriples()
