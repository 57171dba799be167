"""Questions, records, descriptions and pages."""

from __future__ import annotations

import html.parser
import io
import json
from typing import TYPE_CHECKING

import pyoxigraph as ox
import pytest

from mcgraph.limits import Limits
from mcgraph.model.namespaces import ID
from mcgraph.queries import ask
from mcgraph.queries.library import library
from mcgraph.store import open_graph
from mcgraph.web.app import assemble, create_app
from mcgraph.web.settings import Settings
from tests.web.conftest import HOSTS, make_index, site_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

PAGE = {"accept": "text/html"}
BADGE = "example/credential/badge"


class TestQuestions:
    """The same answers as `mcgraph query`, over HTTP."""

    @pytest.mark.parametrize("name", ["credentials-by-level", "skills-by-credentials", "dead-ends", "sources"])
    def test_the_answer_is_that_of_the_command(self, world: TestClient, store: Path, name: str) -> None:
        """Rows, coverage and snapshot, with a citation."""
        found = world.get(f"/api/q/{name}").json()
        with open_graph(store) as graph:
            wanted = ask(graph, name, limits=Limits()).to_json()
        assert found.pop("citation").startswith("mcgraph")
        assert found == wanted

    def test_parameters_stand_in_the_address(self, world: TestClient) -> None:
        """Typed as on the command line: a title finds its record."""
        found = world.get("/api/q/recognition-of", params={"credential": "Data literacy badge"}).json()
        assert found["parameters"]["credential"] == ID + BADGE
        assert found["evidence"]
        posted = world.post("/api/q/recognition-of", data={"credential": "BADGE"}).json()
        assert posted["results"] == found["results"]

    def test_every_question_answers_or_says_what_it_needs(self, world: TestClient) -> None:
        """All of the library: 200 without needed parameters, else 400 naming one; the page shows a form instead."""
        for name, question in library().items():
            found = world.get(f"/api/q/{name}")
            page = world.get(f"/api/q/{name}", headers=PAGE)
            assert page.status_code == 200, name
            if question.required:
                assert found.status_code == 400, name
                assert "is needed" in found.text
                assert "Fill in" in page.text
            else:
                assert found.status_code == 200, (name, found.text)
                assert found.json()["name"] == name

    @pytest.mark.parametrize(
        ("form", "media"),
        [
            ("json", "application/json"),
            ("csv", "text/csv"),
            ("tsv", "text/tab-separated-values"),
            ("md", "text/markdown"),
            ("parquet", "application/vnd.apache.parquet"),
            ("html", "text/html"),
        ],
    )
    def test_every_face(self, world: TestClient, form: str, media: str) -> None:
        """By the address or by Accept, each says its snapshot."""
        by_address = world.get("/api/q/records-by-class", params={"format": form})
        by_header = world.get("/api/q/records-by-class", headers={"accept": media})
        for found in (by_address, by_header):
            assert found.headers["content-type"].partition(";")[0] == media
            assert found.headers["x-mcgraph-snapshot"].startswith("s-")
        if form == "parquet":
            import polars as pl

            rows = len(world.get("/api/q/records-by-class").json()["results"]["bindings"])
            assert len(pl.read_parquet(io.BytesIO(by_address.content))) == rows

    @pytest.mark.parametrize(
        ("address", "status", "said"),
        [
            ("/api/q/credentials-by-levle", 404, "credentials-by-level"),
            ("/api/q/credentials-by-level?contry=IE", 400, "country"),
            ("/api/q/credentials-by-level?country=Atlantis", 400, "Atlantis"),
            ("/api/q/credentials-by-level?country=IE&country=FR", 400, "twice"),
            ("/api/q/credentials-by-level?format=docx", 400, "docx"),
            ("/api/q/credentials-by-level?limit=0", 400, "number of rows"),
            ("/api/q/credentials-by-level?limit=999999999", 400, "number of rows"),
            ("/api/q/label-versus-definition?ects=many", 400, "not a number"),
            ("/api/q/quality-assurance-ending?before=soon", 400, "not a date"),
            ("/api/q/recognition-of?credential=nobody", 400, "no record"),
            ("/api/q/recognition-of?credential=" + "x" * 3_000, 400, "characters"),
            ("/api/q/..%2F..%2Fetc%2Fpasswd", 404, "nothing has this address"),
        ],
    )
    def test_wrong_questions_are_told(self, world: TestClient, address: str, status: int, said: str) -> None:
        """In the words of the command line, with what to do."""
        found = world.get(address)
        assert found.status_code == status, found.text
        assert said in found.text

    def test_a_cut_answer_says_so(self, world: TestClient) -> None:
        """In the document and in its headers."""
        rows = len(world.get("/api/q/skills-by-credentials").json()["results"]["bindings"])
        assert rows > 1
        found = world.get("/api/q/skills-by-credentials", params={"limit": rows - 1})
        assert found.json()["truncated"] is True
        assert len(found.json()["results"]["bindings"]) == rows - 1
        assert found.headers["x-truncated"] == "true"

    def test_the_openapi_document_knows_all_questions(self, world: TestClient) -> None:
        """Paths, parameters with their types, and references that lead somewhere."""
        document = world.get("/openapi.json").json()
        assert document["openapi"] == "3.1.0"
        others = {"/sparql", "/credentials", "/search"}
        assert {path.removeprefix("/api/q/") for path in document["paths"]} == {*library(), *others}
        for name, question in library().items():
            said = {each["name"]: each for each in document["paths"][f"/api/q/{name}"]["get"]["parameters"]}
            # «format» and «limit» are ours; no question may have a parameter of that name.
            assert set(said) == {parameter.name for parameter in question.parameters} | {"format", "limit"}
            assert len(said) == len(question.parameters) + 2
            assert {p.name for p in question.required} == {each for each in said if said[each]["required"]}
        text = json.dumps(document)
        for target in set(_references(document)):
            found = document
            for part in target.removeprefix("#/").split("/"):
                found = found[part]
        assert "operationId" in text


def _references(value: object) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [each for part in value.values() for each in _references(part)]
    return [each for part in value for each in _references(part)] if isinstance(value, list) else []


class TestRecords:
    """Linked data."""

    @pytest.mark.parametrize(
        ("accept", "where"),
        [
            ("text/html,application/xhtml+xml,*/*;q=0.8", f"/page/{BADGE}"),
            ("text/turtle", f"/data/{BADGE}.ttl"),
            ("application/ld+json", f"/data/{BADGE}.jsonld"),
            ("application/n-triples", f"/data/{BADGE}.nt"),
            ("application/rdf+xml", f"/data/{BADGE}.rdf"),
            ("*/*", f"/data/{BADGE}.ttl"),
        ],
    )
    def test_a_thing_is_elsewhere(self, world: TestClient, accept: str, where: str) -> None:
        """303 to the form the client likes."""
        found = world.get(f"/id/{BADGE}", headers={"accept": accept}, follow_redirects=False)
        assert (found.status_code, found.headers["location"]) == (303, where)
        assert "Accept" in found.headers["vary"]
        assert world.get(where).status_code == 200

    def test_the_statements_are_those_of_the_graph(self, world: TestClient, store: Path) -> None:
        """What it says and what is said about it, in every syntax."""
        iri = ox.NamedNode(ID + BADGE)
        with open_graph(store) as graph:
            quads = [*graph.store.quads_for_pattern(iri, None, None, None)]
            quads += graph.store.quads_for_pattern(None, None, iri, None)
        wanted = {str(ox.Triple(q.subject, q.predicate, q.object)) for q in quads}
        formats = {
            "ttl": ox.RdfFormat.TURTLE,
            "nt": ox.RdfFormat.N_TRIPLES,
            "rdf": ox.RdfFormat.RDF_XML,
            "jsonld": ox.RdfFormat.JSON_LD,
        }
        for form, syntax in formats.items():
            found = world.get(f"/data/{BADGE}.{form}")
            read = {str(ox.Triple(q.subject, q.predicate, q.object)) for q in ox.parse(found.content, format=syntax)}
            assert read == wanted, form
            assert found.headers["link"] == f'<{ID}{BADGE}>; rel="describes"'

    @pytest.mark.parametrize(
        "address",
        [
            "/page/example/credential/none",
            "/data/example/credential/none.ttl",
            f"/data/{BADGE}.docx",
            f"/data/{BADGE}",
            "/page/",
            "/page/%3Cscript%3E",
            "/describe?iri=https://nowhere.example/x",
        ],
    )
    def test_what_is_not_there_is_404(self, world: TestClient, address: str) -> None:
        """With a sentence; never an empty page."""
        assert world.get(address).status_code == 404

    def test_a_concept_has_a_page_too(self, world: TestClient) -> None:
        """Any IRI of the graph."""
        page = world.get("/describe", params={"iri": "http://data.europa.eu/snb/eqf/3"}, headers=PAGE)
        assert page.status_code == 200
        assert world.get("/describe", params={"iri": "no iri"}).status_code == 400
        assert world.get("/describe").status_code == 400

    def test_a_name_with_odd_signs_is_found_by_its_address(self, tmp_path: Path) -> None:
        """`%2F` in an identifier is not a slash of the address."""
        from starlette.testclient import TestClient

        iri = ID + "s/credential/A%2FB%20%C3%A4"
        folder = make_index(tmp_path / "index", {"http://g": f"<{iri}> <http://p> 'x' ."})
        with TestClient(assemble(site_of(folder))) as client:
            assert client.get("/data/s/credential/A%2FB%20%C3%A4.ttl").status_code == 200
            assert iri in client.get("/page/s/credential/A%2FB%20%C3%A4", headers=PAGE).text
            assert client.get("/data/s/credential/A/B%20%C3%A4.ttl").status_code == 404


class TestVoid:
    """What the data holds, counted by hand here."""

    def test_the_counts_are_true(self, world: TestClient, store: Path) -> None:
        """Statements, classes and properties, against a walk over all quads."""
        found = world.get("/.well-known/void")
        said: dict[str, dict[str, list[str]]] = {}
        for triple in ox.parse(found.content, format=ox.RdfFormat.TURTLE):
            of = said.setdefault(triple.subject.value, {})
            of.setdefault(triple.predicate.value.rpartition("#")[2], []).append(triple.object.value)
        with open_graph(store) as graph:
            quads = list(graph.store)
        whole = said["http://testserver/.well-known/void#dataset"]
        assert whole["triples"] == [str(len(quads))]
        assert whole["distinctSubjects"] == [str(len({q.subject for q in quads}))]
        assert whole["distinctObjects"] == [str(len({q.object for q in quads}))]
        parts = [said[node] for node in whole["propertyPartition"]]
        counted: dict[str, int] = {}
        for quad in quads:
            counted[quad.predicate.value] = counted.get(quad.predicate.value, 0) + 1
        assert {part["property"][0]: int(part["triples"][0]) for part in parts} == counted
        classes: dict[str, set[object]] = {}
        for quad in quads:
            if quad.predicate.value.endswith("#type") and isinstance(quad.object, ox.NamedNode):
                classes.setdefault(quad.object.value, set()).add(quad.subject)
        parts = [said[node] for node in whole["classPartition"]]
        assert {part["class"][0]: int(part["entities"][0]) for part in parts} == {c: len(s) for c, s in classes.items()}

    def test_it_is_counted_once(self, world: TestClient) -> None:
        """The second request is answered from what the first one counted."""
        world.get("/.well-known/void")
        counted = world.app.state.counted._counting  # type: ignore[attr-defined]
        world.get("/.well-known/void", headers=PAGE)
        assert world.app.state.counted._counting is counted  # type: ignore[attr-defined]


PAGES = (
    "/", "/api", "/api/q/records-by-class", "/api/q/recognition-of", "/api/q/recognition-of?credential=BADGE",
    "/sparql",
    "/sparql?query=SELECT%20*%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D%20LIMIT%2050", "/sparql?query=ASK%20%7B%7D",
    "/sparql?query=CONSTRUCT%20WHERE%20%7B%3Fs%20a%20%3Fo%7D%20LIMIT%205", f"/page/{BADGE}", "/.well-known/void",
    "/nothing", "/sparql?query=nonsense",
)  # fmt: skip


class Reader(html.parser.HTMLParser):
    """Tags, attributes and the order of headings of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in ("meta", "link", "input", "br", "circle", "path", "option"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag != "option":
            assert self.open.pop() == tag, tag


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_whole_and_plain(world: TestClient, address: str) -> None:
    """One heading, a language, labels for fields; no script, no style within, nothing from outside."""
    found = world.get(address, headers=PAGE)
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    reader = Reader()
    reader.feed(found.text)
    assert reader.open == []
    assert reader.tags.count("h1") == 1
    assert reader.tags.count("main") == 1
    assert ("html", "lang", "en") in reader.attributes
    assert not {"script", "style", "iframe", "object", "img"} & set(reader.tags)
    names = {name for _, name, _ in reader.attributes}
    assert not [name for name in names if name.startswith("on") or name == "style"]
    labelled = {value for tag, name, value in reader.attributes if (tag, name) == ("label", "for")}
    kinds = ("input", "select", "textarea")
    fields = {value for tag, name, value in reader.attributes if tag in kinds and name == "id"}
    assert fields <= labelled
    for tag, name, value in reader.attributes:
        if name in ("href", "src", "action"):
            own = value.startswith(("/", "?", "#", "http://testserver/"))
            assert own, (tag, name, value)
    assert found.headers["content-security-policy"].startswith("default-src 'none'")
    assert found.headers["x-content-type-options"] == "nosniff"


HOSTILE = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ 7*7 }}{% raw %}",
    "\u202egnp.exe",
]


def test_hostile_labels_stay_text(tmp_path: Path) -> None:
    """Titles, texts, IRIs and queries are shown, not run."""
    from starlette.testclient import TestClient

    title = "<https://w3id.org/mcgraph/ontology#title>"
    lines = [f"<{ID}x/credential/{i}> {title} {ox.Literal(text)} ." for i, text in enumerate(HOSTILE)]
    lines += [f"<{ID}x/credential/{i}> <http://p> <javascript:alert({i})> ." for i in range(len(HOSTILE))]
    folder = make_index(tmp_path / "index", {"http://g": "\n".join(lines)})
    with TestClient(assemble(site_of(folder, settings=Settings(title="<b>&", hosts=HOSTS)))) as client:
        addresses = [f"/page/x/credential/{i}" for i in range(len(HOSTILE))]
        pages = [client.get(address, headers=PAGE) for address in addresses]
        pages += [client.post("/sparql", data={"query": "SELECT * { ?s ?p ?o }"}, headers=PAGE)]
        pages += [client.get("/sparql", params={"query": f"SELECT * {{}} #{text}"}, headers=PAGE) for text in HOSTILE]
        pages += [client.get("/sparql", params={"query": text}, headers=PAGE) for text in HOSTILE]
        pages += [client.get("/describe", params={"iri": text}, headers=PAGE) for text in HOSTILE]
        for text in HOSTILE:
            pages.append(client.get("/api/q/recognition-of", params={"credential": text}, headers=PAGE))
            pages.append(client.get(f"/api/q/{text.replace('/', '')}", headers=PAGE))
    for page in pages:
        # What a user sent is given back as it was in its field; what the data holds cannot turn the text around it.
        assert page in pages[len(HOSTILE) + 1 :] or "\u202e" not in page.text
        reader = Reader()
        reader.feed(page.text)
        assert not {"script", "img"} & set(reader.tags)
        assert "<b>&" not in page.text
        assert not [name for _, name, _ in reader.attributes if name.startswith("on")]
        links = [value.lower() for _, name, value in reader.attributes if name in ("href", "action")]
        assert not [value for value in links if value.startswith("javascript:")]


def test_an_error_of_ours_is_a_sentence(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """500 without a word of the machine; the traceback is for the log."""
    from starlette.testclient import TestClient

    from mcgraph.web import home

    def broken(_: object) -> None:
        raise RuntimeError("secret /etc/path")

    monkeypatch.setattr(home, "_stats", broken)
    app = create_app(store, settings=Settings(hosts=HOSTS))
    with TestClient(app, raise_server_exceptions=False) as client:
        found = client.get("/")
        assert found.status_code == 500
        assert "secret" not in found.text
        assert "its log says how" in found.text
        assert client.get("/status").status_code == 200


def test_other_origins_only_where_they_are_invited(store: Path) -> None:
    """CORS for those who were named, with the headers that tell a cut answer."""
    from starlette.testclient import TestClient

    settings = Settings(hosts=HOSTS, cors=("https://friend.example",))
    with TestClient(create_app(store, settings=settings)) as client:
        friend = client.get("/status", headers={"origin": "https://friend.example"})
        assert friend.headers["access-control-allow-origin"] == "https://friend.example"
        assert "X-Truncated" in friend.headers["access-control-expose-headers"]
        asked = {"origin": "https://friend.example", "access-control-request-method": "POST"}
        assert client.options("/sparql", headers=asked).status_code == 204
        other = client.get("/status", headers={"origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers


def test_a_site_below_a_path_links_below_it(store: Path) -> None:
    """Behind a proxy that serves it at /graph."""
    from starlette.testclient import TestClient

    settings = Settings(hosts=HOSTS, public_url="https://example.org/graph/")
    with TestClient(create_app(store, settings=settings)) as client:
        page = client.get("/", headers=PAGE).text
        assert 'href="/graph/api"' in page
        assert "https://example.org/graph/sparql" in page
        found = client.get(f"/id/{BADGE}", headers=PAGE, follow_redirects=False)
        assert found.headers["location"] == f"/graph/page/{BADGE}"
