"""The texts of results are read back by programs that are not ours, term for term."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyoxigraph as ox
import pytest
import rdflib

from mcgraph.web.app import assemble
from tests.web.conftest import make_index, site_of

if TYPE_CHECKING:
    from starlette.testclient import TestClient

ODD = [
    "plain", "", " ", "=1+1", "-2", "@x", 'quote " in', "comma, in", "tab\tin", "line\nin", "return\rin", "both\r\nin",
    "<b>&amp;</b>", "]]>", "é — 漢字 🎓", "\\ back", "\u202e turned", "\x01 control", "null \x00 sign", "\ufffe",
]  # fmt: skip
TERMS = [
    *(ox.Literal(text) for text in ODD),
    *(ox.Literal(text, language="en-GB") for text in ODD),
    ox.Literal("12", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#integer")),
    ox.Literal("none", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#boolean")),
    ox.Literal("x", datatype=ox.NamedNode("http://example.org/a?b=c&d=e'f")),
    ox.NamedNode("http://example.org/a?b=c&d='e'"),
    ox.NamedNode("http://example.org/é"),
    ox.NamedNode("javascript:alert(1)"),
    ox.BlankNode("b1"),
]
QUERY = "SELECT ?n ?o ?none { ?s <http://n> ?n ; <http://o> ?o } ORDER BY ?n"


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The endpoint over a graph of odd terms."""
    from starlette.testclient import TestClient

    folder = tmp_path_factory.mktemp("odd") / "index"
    made = make_index(folder, {})
    store = ox.Store(str(folder))
    graph = ox.NamedNode("http://g")
    for number, term in enumerate(TERMS):
        subject = ox.NamedNode(f"http://s/{number}")
        store.add(ox.Quad(subject, ox.NamedNode("http://n"), ox.Literal(number), graph))
        store.add(ox.Quad(subject, ox.NamedNode("http://o"), term, graph))
    store.flush()
    del store
    with TestClient(assemble(site_of(made))) as client:
        yield client


def _same(read: Any, term: Any, form: str) -> bool:
    if isinstance(term, ox.BlankNode):
        return isinstance(read, ox.BlankNode)
    if form == "xml" and isinstance(term, ox.Literal):
        # XML 1.0 cannot hold these signs at all; they come as U+FFFD.
        text = "".join("\ufffd" if mark in "\x00\x01\ufffe" else mark for mark in term.value)
        if text == " ":
            return True  # the engine's reader trims a text of blanks only; rdflib's reader does not (below)
        return bool(read.value == text and read.language == term.language and read.datatype == term.datatype)
    return bool(read == term)


@pytest.mark.parametrize("form", ["json", "xml", "tsv"])
def test_read_back_by_the_engines_parser(odd: TestClient, form: str) -> None:
    """JSON, XML and TSV hold every term exactly."""
    text = odd.get("/sparql", params={"query": QUERY, "format": form}).content
    formats = {"json": ox.QueryResultsFormat.JSON, "xml": ox.QueryResultsFormat.XML, "tsv": ox.QueryResultsFormat.TSV}
    found = ox.parse_query_results(text, format=formats[form])
    assert isinstance(found, ox.QuerySolutions)
    assert [variable.value for variable in found.variables] == ["n", "o", "none"]
    rows = list(found)
    assert len(rows) == len(TERMS)
    assert [TERMS[i] for i, row in enumerate(rows) if not _same(row["o"], TERMS[i], form)] == []
    assert all(row["none"] is None for row in rows)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_read_back_by_rdflib(odd: TestClient, form: str) -> None:
    """A second reader agrees on every text and language."""
    text = odd.get("/sparql", params={"query": QUERY, "format": form}).content
    found = rdflib.query.Result.parse(io.BytesIO(text), format=form)
    values = [str(row.o) for row in found if not isinstance(row.o, rdflib.BNode)]
    wanted = [term.value for term in TERMS if not isinstance(term, ox.BlankNode)]
    if form == "xml":
        wanted = ["".join("\ufffd" if mark in "\x00\x01\ufffe" else mark for mark in text) for text in wanted]
    assert values == wanted


def test_csv_is_read_by_spreadsheets_and_runs_nothing(odd: TestClient) -> None:
    """Every cell comes whole; one that begins a formula has a quote before it, a number has not."""
    text = odd.get("/sparql", params={"query": QUERY, "format": "csv"}).text
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert rows[0] == ["n", "o", "none"]
    assert len(rows) == len(TERMS) + 1
    cells = [row[1] for row in rows[1:]]
    assert cells[3] == "'=1+1"
    assert cells[4] == "-2"
    assert cells[5] == "'@x"
    unchanged = [
        (cell, term.value)
        for cell, term in zip(cells, TERMS, strict=True)
        if isinstance(term, ox.Literal) and not term.value.startswith(("=", "@", "\t", "\n"))
    ]
    assert all(cell == value for cell, value in unchanged)


@pytest.mark.parametrize("form", ["json", "xml", "csv", "tsv"])
def test_tables_without_rows_or_columns(odd: TestClient, form: str) -> None:
    """No row, no column, one row without a column: each is read as what it is."""
    formats = {"json": ox.QueryResultsFormat.JSON, "xml": ox.QueryResultsFormat.XML}
    for query, count in (("SELECT ?x { ?x <a:none> ?y }", 0), ("SELECT * {}", 1), ("SELECT ?x {}", 1)):
        found = odd.get("/sparql", params={"query": query, "format": form})
        assert found.status_code == 200
        if form in formats:
            assert len(list(ox.parse_query_results(found.content, format=formats[form]))) == count
        elif "?x" in query:
            assert found.text.count("\n") == 1 + count


def test_a_cut_table_says_so_in_every_form(odd: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON and XML within, all by their headers; a table that just fits is not marked."""
    from starlette.testclient import TestClient

    from mcgraph.limits import Limits

    site = odd.app.state.site  # type: ignore[attr-defined]
    folder = site._pool.source
    with TestClient(assemble(site_of(folder, Limits(served_rows=3)))) as client:
        for form in ("json", "xml", "csv", "tsv"):
            cut = client.get("/sparql", params={"query": QUERY, "format": form})
            assert cut.headers["x-truncated"] == "true"
            assert cut.headers["x-mcgraph-limit"] == "rows_returned"
            whole = client.get("/sparql", params={"query": QUERY + " LIMIT 3", "format": form})
            assert "x-truncated" not in whole.headers
        assert client.get("/sparql", params={"query": QUERY}).json()["truncated"] is True
        assert "<!-- truncated" in client.get("/sparql", params={"query": QUERY, "format": "xml"}).text
        graph = client.get("/sparql", params={"query": "CONSTRUCT WHERE { ?s ?p ?o }"})
        assert graph.headers["x-truncated"] == "true"
        assert len(list(ox.parse(graph.content, format=ox.RdfFormat.TURTLE))) == 3
