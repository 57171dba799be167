"""The cases of the W3C's SPARQL 1.1 protocol test suite (`sparql11/protocol`), written anew from the specification.

The names are those of the manifest. Cases of SPARQL Update are requests this endpoint refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest

from tests.web.conftest import W3C

if TYPE_CHECKING:
    from starlette.testclient import TestClient

FORM = {"content-type": "application/x-www-form-urlencoded"}
DIRECT = {"content-type": "application/sparql-query"}
UPDATE = {"content-type": "application/sparql-update"}
ONE, TWO, THREE = (f"{W3C}data{number}.rdf" for number in (1, 2, 3))
DOCUMENT = "a <http://xmlns.com/foaf/0.1/Document>"
TWO_DEFAULT = f"ASK {{ <{ONE}> {DOCUMENT} . <{TWO}> {DOCUMENT} }}"
TWO_NAMED = f"ASK {{ GRAPH ?g1 {{ <{ONE}> {DOCUMENT} }} GRAPH ?g2 {{ <{TWO}> {DOCUMENT} }} }}"
FULL = f"ASK {{ <{THREE}> {DOCUMENT} GRAPH ?g1 {{ <{ONE}> {DOCUMENT} }} GRAPH ?g2 {{ <{TWO}> {DOCUMENT} }} }}"


def test_query_get(w3c: TestClient) -> None:
    """A query by GET is answered with a truth value."""
    found = w3c.get("/sparql", params={"query": "ASK {}"})
    assert found.status_code == 200
    assert found.json()["boolean"] is True


def test_query_post_form(w3c: TestClient) -> None:
    """A query in a posted form."""
    found = w3c.post("/sparql", content=urlencode({"query": "ASK {}"}), headers=FORM)
    assert found.json()["boolean"] is True


@pytest.mark.parametrize("kind", ["application/sparql-query", "application/sparql-query; charset=UTF-8"])
def test_query_post_direct(w3c: TestClient, kind: str) -> None:
    """A query that is the body itself."""
    assert w3c.post("/sparql", content="ASK {}", headers={"content-type": kind}).json()["boolean"] is True


DATASETS = {
    "query_dataset_default_graph": (f"ASK {{ <{ONE}> {DOCUMENT} }}", [ONE], []),
    "query_dataset_default_graphs": (TWO_DEFAULT, [ONE, TWO], []),
    "query_dataset_named_graphs": (TWO_NAMED, [], [ONE, TWO]),
    "query_dataset_full": (FULL, [THREE], [ONE, TWO]),
}


@pytest.mark.parametrize("way", ["get", "form", "direct"])
@pytest.mark.parametrize("case", DATASETS)
def test_query_dataset(w3c: TestClient, case: str, way: str) -> None:
    """The dataset that a request names is the one that is asked."""
    text, default, named = DATASETS[case]
    graphs = [("default-graph-uri", iri) for iri in default] + [("named-graph-uri", iri) for iri in named]
    assert _asked(w3c, way, text, graphs) is True


def _asked(client: TestClient, way: str, text: str, graphs: list[tuple[str, str]]) -> bool:
    if way == "get":
        found = client.get("/sparql?" + urlencode([("query", text), *graphs]))
    elif way == "form":
        found = client.post("/sparql", content=urlencode([("query", text), *graphs]), headers=FORM)
    else:
        found = client.post("/sparql?" + urlencode(graphs), content=text, headers=DIRECT)
    assert found.status_code == 200, found.text
    return bool(found.json()["boolean"])


@pytest.mark.parametrize("way", ["get", "form", "direct"])
def test_what_the_dataset_does_not_name_is_not_there(w3c: TestClient, way: str) -> None:
    """Only named graphs: the default one is empty. Only default graphs: GRAPH finds none. No third document."""
    assert not _asked(w3c, way, f"ASK {{ <{ONE}> {DOCUMENT} }}", [("named-graph-uri", ONE)])
    assert not _asked(w3c, way, "ASK { GRAPH ?g { ?s ?p ?o } }", [("default-graph-uri", ONE)])
    assert not _asked(w3c, way, f"ASK {{ <{THREE}> {DOCUMENT} }}", [("default-graph-uri", ONE)])
    assert not _asked(w3c, way, f"ASK {{ GRAPH <{THREE}> {{ ?s ?p ?o }} }}", [("named-graph-uri", ONE)])


@pytest.mark.parametrize("way", ["get", "form", "direct"])
def test_query_multiple_dataset(w3c: TestClient, way: str) -> None:
    """The dataset of the request goes before the FROM of the text."""
    text = f"ASK FROM <{ONE}> {{ <{ONE}> {DOCUMENT} }}"
    assert _asked(w3c, way, text, [])
    assert not _asked(w3c, way, text, [("default-graph-uri", TWO)])


def test_without_a_dataset_all_graphs_are_asked(w3c: TestClient) -> None:
    """The default graph is the union, as the service description says."""
    assert _asked(w3c, "get", f"{TWO_DEFAULT[:-1]} . <{THREE}> {DOCUMENT} }}", [])


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri"])
@pytest.mark.parametrize("iri", ["http://127.0.0.1:9/x.rdf", "file:///etc/passwd", "not an iri", ""])
def test_a_graph_that_is_not_stored_is_refused(w3c: TestClient, name: str, iri: str) -> None:
    """It is never fetched, and an answer without it would look whole."""
    found = w3c.get("/sparql", params={"query": "ASK {}", name: iri})
    assert found.status_code == 400
    assert "no graph" in found.text


TABLE_TYPES = [
    "application/sparql-results+xml",
    "application/sparql-results+json",
    "text/tab-separated-values",
    "text/csv",
]
GRAPH_TYPES = ["application/rdf+xml", "text/turtle", "application/n-triples", "application/ld+json"]


@pytest.mark.parametrize("media", TABLE_TYPES)
def test_query_content_type_select(w3c: TestClient, media: str) -> None:
    """A table comes as the type that was asked for."""
    found = w3c.get("/sparql", params={"query": "SELECT (1 AS ?value) {}"}, headers={"accept": media})
    assert found.headers["content-type"].partition(";")[0] == media


@pytest.mark.parametrize("media", TABLE_TYPES[:2])
def test_query_content_type_ask(w3c: TestClient, media: str) -> None:
    """So does a truth value."""
    found = w3c.get("/sparql", params={"query": "ASK {}"}, headers={"accept": media})
    assert found.headers["content-type"].partition(";")[0] == media


@pytest.mark.parametrize("text", [f"DESCRIBE <{ONE}>", "CONSTRUCT { <http://s> <http://p> 1 } WHERE {}"])
@pytest.mark.parametrize("media", GRAPH_TYPES)
def test_query_content_type_describe_and_construct(w3c: TestClient, text: str, media: str) -> None:
    """And a graph, in every syntax."""
    found = w3c.get("/sparql", params={"query": text}, headers={"accept": media})
    assert found.headers["content-type"].partition(";")[0] == media
    import pyoxigraph

    assert list(pyoxigraph.parse(found.content, format=pyoxigraph.RdfFormat.from_media_type(media)))


# name → (method, address after /sparql, headers, body, status)
BAD = {
    "bad_query_method": ("PUT", "?query=ASK%20%7B%7D", {}, b"", 405),
    "bad_query_method (delete)": ("DELETE", "?query=ASK%20%7B%7D", {}, b"", 405),
    "bad_multiple_queries": ("GET", "?query=ASK%20%7B%7D&query=SELECT%20%2A%20%7B%7D", {}, b"", 400),
    "bad_multiple_queries (form)": ("POST", "", FORM, b"query=ASK%20%7B%7D&query=ASK%20%7B%7D", 400),
    "bad_multiple_queries (both)": ("POST", "?query=ASK%20%7B%7D", DIRECT, b"ASK {}", 400),
    "bad_query_wrong_media_type": ("POST", "", {"content-type": "text/plain"}, b"ASK {}", 415),
    "bad_query_missing_form_type": ("POST", "", {}, b"query=ASK%20%7B%7D", 415),
    "bad_query_missing_direct_type": ("POST", "", {}, b"ASK {}", 415),
    "bad_query_non_utf8": (
        "POST", "", {"content-type": "application/sparql-query; charset=UTF-16"}, "ASK {}".encode("utf-16"), 415,
    ),
    "bad_query_non_utf8 (undeclared)": ("POST", "", DIRECT, "ASK {}".encode("utf-16"), 400),
    "bad_query_non_utf8 (address)": ("GET", "?query=ASK%20%7B%20%3Fs%20%3Fp%20%22%E9%22%20%7D", {}, b"", 400),
    "bad_query_syntax": ("GET", "?query=ASK%20%7B", {}, b"", 400),
    "bad_query_syntax (no question)": ("GET", "?query=HELLO", {}, b"", 400),
    "bad_query_empty": ("GET", "?query=", {}, b"", 400),
    "bad_query_only_a_dataset": ("GET", "?default-graph-uri=http://x/", {}, b"", 400),
    "bad_form_without_query": ("POST", "", FORM, b"text=ASK%20%7B%7D", 400),
    "bad_multiple_updates": ("POST", "", FORM, b"update=CLEAR%20ALL&update=CLEAR%20ALL", 403),
    "bad_update_get": ("GET", "?update=CLEAR%20ALL", {}, b"", 403),
    "bad_update_wrong_media_type": ("POST", "", {"content-type": "text/plain"}, b"CLEAR NAMED", 415),
    "bad_update_missing_form_type": ("POST", "", {}, b"update=CLEAR%20NAMED", 415),
    "bad_update_non_utf8": (
        "POST", "", {"content-type": "application/sparql-update; charset=UTF-16"}, "CLEAR ALL".encode("utf-16"), 403,
    ),
    "bad_update_syntax": ("POST", "", UPDATE, b"CLEAR XYZ", 403),
    "bad_update_dataset_conflict": (
        "POST", "", FORM, b"using-named-graph-uri=http%3A%2F%2Fx%2F&update=DELETE%20WHERE%20%7B%7D", 403,
    ),
    "update_post_form": ("POST", "", FORM, b"update=CLEAR%20ALL", 403),
    "update_post_direct": ("POST", "", UPDATE, b"CLEAR ALL", 403),
    "update_dataset_default_graph": ("POST", "?using-graph-uri=http://x/", UPDATE, b"CLEAR ALL", 403),
    "update in the place of a query": ("GET", "?query=DROP%20ALL", {}, b"", 400),
    "update in the body of a query": ("POST", "", DIRECT, b"INSERT DATA { <a:a> <a:b> 1 }", 400),
    "unknown format": ("GET", "?query=ASK%20%7B%7D&format=docx", {}, b"", 400),
    "a graph as a table": ("GET", "?query=DESCRIBE%20%3Ca:b%3E", {"accept": "text/csv"}, b"", 406),
    "a table as a graph": ("GET", "?query=SELECT%20*%20%7B%7D", {"accept": "text/turtle"}, b"", 406),
    "nothing acceptable": ("GET", "?query=ASK%20%7B%7D", {"accept": "image/png"}, b"", 406),
    "all refused": ("GET", "?query=ASK%20%7B%7D", {"accept": "*/*;q=0"}, b"", 406),
    "too many parts": ("GET", "?" + "a=1&" * 300, {}, b"", 400),
    "a long text": ("POST", "", DIRECT, b"ASK {}" + b" " * 70_000, 413),
    "a large body": ("POST", "", DIRECT, b" " * 1_000_001, 413),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_requests_are_refused(w3c: TestClient, case: str) -> None:
    """Each has the status the protocol asks for, and a sentence."""
    method, address, headers, body, status = BAD[case]
    found = w3c.request(method, "/sparql" + address, headers=headers, content=body)
    assert found.status_code == status, found.text
    assert len(found.text.split()) > 3
    assert "Traceback" not in found.text
    if status == 405:
        assert {"GET", "POST"} <= set(found.headers["allow"].split(", "))


def test_nothing_was_changed_by_them(w3c: TestClient) -> None:
    """After all refused updates the three documents are still there."""
    assert _asked(w3c, "get", FULL, [("default-graph-uri", THREE), ("named-graph-uri", ONE), ("named-graph-uri", TWO)])


def test_a_syntax_error_has_its_place(w3c: TestClient) -> None:
    """As a sentence, as RFC 9457 for programs, and as a page."""
    text = "SELECT * WHERE {\n  FILTER(?o = )\n}"
    plain = w3c.get("/sparql", params={"query": text}, headers={"accept": "*/*"})
    assert "line 2, column" in plain.text
    problem = w3c.get("/sparql", params={"query": text}, headers={"accept": "application/json"})
    assert problem.headers["content-type"] == "application/problem+json"
    assert "line 2, column" in problem.json()["title"]
    assert "role=\"alert\"" in w3c.get("/sparql", params={"query": text}, headers={"accept": "text/html"}).text


def test_head_and_options(w3c: TestClient) -> None:
    """HEAD is GET without a body; OPTIONS without CORS is no method of ours."""
    assert w3c.head("/sparql", params={"query": "ASK {}"}).content == b""
    assert w3c.options("/sparql").status_code == 405


def test_get_without_a_query_describes_the_service(w3c: TestClient) -> None:
    """SPARQL 1.1 Service Description: the endpoint, its language and its graphs."""
    import pyoxigraph

    found = w3c.get("/sparql")
    triples = {(t.predicate.value.rpartition("#")[2], t.object.value) for t in _triples(found)}
    assert ("supportedLanguage", "http://www.w3.org/ns/sparql-service-description#SPARQL11Query") in triples
    assert ("feature", "http://www.w3.org/ns/sparql-service-description#UnionDefaultGraph") in triples
    assert {iri for name, iri in triples if name == "name"} == {ONE, TWO, THREE}
    assert ("endpoint", "http://testserver/sparql") in triples
    assert not [iri for name, iri in triples if iri.endswith(("DereferencesURIs", "BasicFederatedQuery"))]
    page = w3c.get("/sparql", headers={"accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert "<textarea" in page.text
    assert pyoxigraph


def _triples(found: object) -> list[object]:
    import pyoxigraph

    media = found.headers["content-type"].partition(";")[0]  # type: ignore[attr-defined]
    return list(pyoxigraph.parse(found.content, format=pyoxigraph.RdfFormat.from_media_type(media)))  # type: ignore[attr-defined]
