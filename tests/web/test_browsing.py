"""`/credentials` and `/search`: forms, refusals, and what is in the data stays text."""

from __future__ import annotations

import html
import http.client
import json
import re
import threading
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mcgraph.limits import Limits
from mcgraph.model.namespaces import MC
from mcgraph.store import SubmissionInfo, open_graph
from mcgraph.web.app import assemble, create_app
from mcgraph.web.settings import Settings
from tests.store.samples import credentials
from tests.web.conftest import HOSTS, Server, make_index, make_store, site_of

PAGE = {"accept": "text/html"}
HOSTILE = '"><script>alert(1)</script>\u202e'


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/credentials?nothing=1", 400, "there is no filter «nothing»"),
        ("/credentials?country=IE&country=DE", 400, "given twice"),
        ("/credentials?limit=0", 400, "no number of rows"),
        ("/credentials?limit=99999", 400, "no number of rows"),
        ("/credentials?format=ttl", 400, "no format «ttl»"),
        ("/credentials?country=%FF", 400, "not UTF-8"),
        ("/credentials?provider=Nobody+at+all+xyz", 400, "no record is called"),
        ("/search?q=", 400, "nothing to search for"),
        ("/search?q=%21%21", 400, "no letter or digit"),
        ("/search?q=" + "a" * 600, 400, "at most 500"),
        ("/search?q=data&limit=1000", 400, "no number of rows"),
        ("/search?query=data", 400, "there is no parameter «query»"),
        ("/search?q=data&format=xml", 400, "no format"),
        ("/search?q=data&limit=%D9%A3", 400, "no number of rows"),
        ("/credentials?limit=%D9%A3", 400, "no number of rows"),
        ("/search?q=data&kind=zz:zz", 400, "none of our prefixes"),
        ("/credentials?level=zz:zz", 400, "«zz:zz» is no"),
        ("/credentials?awarding_body=zz:zz", 400, "no record is called «zz:zz»"),
    ],
)
def test_wrong_requests_get_a_sentence(world: TestClient, address: str, status: int, said: str) -> None:
    """As text, and as a page for browsers."""
    found = world.get(address)
    assert (found.status_code, said in found.text) == (status, True), found.text
    assert world.get(address, headers=PAGE).status_code in (status, 200)


def test_methods_and_forms_that_are_not_there(world: TestClient) -> None:
    """405 with what is allowed, 406 for a form nobody has."""
    assert world.post("/credentials").headers["allow"] == "GET, HEAD"
    assert world.get("/search?q=data", headers={"accept": "image/png"}).status_code == 406


def test_search_finds_what_the_command_finds(world: TestClient, store: Path) -> None:
    """JSON has the keys of an answer; the page links each thing to its own."""
    from mcgraph.search import search

    found = world.get("/search", params={"q": "litracy data", "limit": "3"})
    with open_graph(store) as graph:
        wanted = search(graph, "litracy data", limit=3).to_json()
    assert found.json() == json.loads(json.dumps(wanted))
    assert found.headers["x-mcgraph-snapshot"] == wanted["snapshot"]
    page = world.get("/search", params={"q": "litracy data"}, headers=PAGE).text
    assert 'href="/page/example/credential/' in page
    assert world.get("/search", headers=PAGE).status_code == 200
    assert world.get("/search?q=data&format=csv").text.startswith("label,language")


@pytest.mark.parametrize("iri", ["urn:uuid:9f1c", "did:web:example.org", "mailto:a@example.org", "http://e.org/x"])
def test_a_value_of_any_scheme_is_a_choice(tmp_path: Path, iri: str) -> None:
    """What a facet lists can be chosen, on the page and by the value of the JSON, and gives the number beside it."""
    properties = ("providedBy", "awardedBy", "country", "eqfLevel", "language", "form")
    stated = "".join(f"; mc:{name} <{iri}>" for name in properties)
    turtle = f"PREFIX mc: <{MC}> <urn:c:1> a mc:Credential {stated} . <urn:c:2> a mc:Credential ."
    with TestClient(assemble(site_of(make_index(tmp_path / "index", {"urn:g": turtle})))) as client:
        facets = client.get("/credentials?format=json").json()["facets"]
        given = [(facet["name"], value["value"]) for facet in facets for value in facet["values"]]
        assert len(given) == len(properties)
        for name, value in given:
            found = client.get("/credentials", params={name: value, "format": "json"})
            assert (found.status_code, found.json().get("total")) == (200, 1), found.text
            chosen = {facet["name"]: facet["chosen"] for facet in found.json()["facets"] if facet["chosen"]}
            assert chosen == {name: value}
        page = client.get("/credentials", headers=PAGE).text
        links = [html.unescape(link) for link in re.findall(r'href="(/credentials\?\w+=[^"]*)"', page)]
        ways = [link for link in links if "format=" not in link and "not+stated" not in link]
        assert len(ways) == len(properties)
        for link in ways:
            shown = client.get(link, headers=PAGE)
            assert (shown.status_code, "<h1>1 credential</h1>" in shown.text) == (200, True), shown.text


@pytest.mark.parametrize(
    "given", [{"title": "service"}, {"title": "SERVICE d"}, {"provider": "http://service.example/x"}]
)
def test_the_queries_that_are_shown_may_be_asked(tmp_path: Path, given: dict[str, str]) -> None:
    """At `/sparql`, which refuses the word SERVICE anywhere: the same number and the same rows."""
    turtle = f"""PREFIX mc: <{MC}>
        <urn:c:1> a mc:Credential ; mc:title "Customer service design"@en ; mc:providedBy <http://service.example/x> .
        <urn:c:2> a mc:Credential ; mc:title "Customs"@en ; mc:providedBy <http://e.org/x> ."""
    with TestClient(assemble(site_of(make_index(tmp_path / "index", {"urn:g": turtle})))) as client:
        found = client.get("/credentials", params=given | {"format": "json"}).json()
        counted = client.get("/sparql", params={"query": found["count_query"], "format": "csv"})
        listed = client.get("/sparql", params={"query": found["query"], "format": "json"})
        values = client.get("/sparql", params={"query": found["facets"][-2]["query"], "format": "csv"})
    assert counted.text.split() == ["credentials", "1"]
    assert listed.json()["results"] == found["results"]
    assert values.text.startswith("value,credentials")


def test_a_search_over_its_time_is_no_error_of_ours(store: Path) -> None:
    """422 with what helps who searches; the budget is that of a query of the endpoint."""
    limits = Limits(served_query_seconds=0)
    with TestClient(create_app(store, settings=Settings(hosts=HOSTS), limits=limits)) as client:
        found = client.get("/search?q=data")
    assert (found.status_code, found.headers.get("x-mcgraph-limit")) == (422, "query_seconds"), found.text
    assert found.text == "the search was stopped after 0 s\nSearch for fewer or longer words.\n"


def test_the_openapi_document_has_every_parameter_that_is_taken(world: TestClient) -> None:
    """And no other: each is tried."""
    paths = world.get("/openapi.json").json()["paths"]
    for address in ("/credentials", "/search"):
        for parameter in paths[address]["get"]["parameters"]:
            tried = world.get(address, params={parameter["name"]: "1", "q": "data"} if address == "/search" else {
                parameter["name"]: "1"})  # fmt: skip
            assert "there is no" not in tried.text.partition("called")[0], (address, parameter["name"])


def test_what_is_in_the_data_stays_text(tmp_path: Path) -> None:
    """A title and an address that would be markup."""
    with open_graph(tmp_path / "store", create=True, read_only=False) as graph:
        graph.load(credentials({"X-1": HOSTILE}), SubmissionInfo())
    with TestClient(create_app(tmp_path / "store", settings=Settings(hosts=HOSTS))) as client:
        for address in ("/credentials", "/search"):
            page = client.get(address, params={"title" if address == "/credentials" else "q": HOSTILE}, headers=PAGE)
            assert page.status_code == 200
            assert "<script" not in page.text
            assert "alert(1)" in page.text
        listed = client.get("/credentials", headers=PAGE).text
        assert "<script" not in listed
        assert "\u202e" not in listed


def test_the_index_of_labels_is_made_once_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many who search at once start one process; the answers are all there."""
    from mcgraph.web import browsing

    started = []
    real = browsing.module_command
    monkeypatch.setattr(browsing, "module_command", lambda name: started.append(name) or real(name))
    with TestClient(create_app(make_store(tmp_path / "store"), settings=Settings(hosts=HOSTS))) as client:
        codes: list[int] = []
        threads = [
            threading.Thread(target=lambda: codes.append(client.get("/search?q=data").status_code)) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert codes == [200] * 6
    assert started == ["mcgraph.search.make"]


def test_who_comes_too_early_is_told_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that takes long: 503 with Retry-After, and the process ends with the server."""
    from mcgraph.web import browsing

    limits = Limits(served_wait_seconds=1)
    store = make_store(tmp_path / "store")
    with TestClient(create_app(store, settings=Settings(hosts=HOSTS), limits=limits)) as client:
        monkeypatch.setattr(browsing, "module_command", lambda _: ("sh", "-c", "exec sleep 60"))
        found = client.get("/search?q=data")
        assert (found.status_code, found.headers["retry-after"]) == (503, "2")


def test_an_index_that_cannot_be_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """503 with a sentence; it is not tried again by every request."""
    from mcgraph.web import browsing

    tried = []
    broken = ("sh", "-c", "echo no room >&2; exit 1")
    monkeypatch.setattr(browsing, "module_command", lambda name: tried.append(name) or broken)
    with TestClient(create_app(make_store(tmp_path / "store"), settings=Settings(hosts=HOSTS))) as client:
        for _ in range(3):
            found = client.get("/search?q=data")
            assert found.status_code == 503
            assert "cannot be made" in found.text
    assert len(tried) == 1
    assert "no room" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("host", "served"),
    [
        ("127.0.0.1", True), ("127.0.0.1:8000", True), ("TestServer:1", True), ("localhost", False),
        ("127.0.0.1:8000.evil.example", False), ("127.0.0.1:80@evil.example", False), ("127.0.0.1 evil.example", False),
        ("[::1]evil.example", False), ("evil.example:127.0.0.1", False), ("127.0.0.1.evil.example", False), ("", False),
    ],
)  # fmt: skip
def test_only_a_name_and_a_port_is_a_host(world: TestClient, host: str, served: bool) -> None:
    """Whatever comes after an allowed name is another name."""
    assert (world.get("/status", headers={"host": host}).status_code == 200) is served


@pytest.mark.parametrize("path", ["/id/../x", "/id/a/%2e%2e/b", "/id/./x", "/data/../status.ttl", "/page/a/.%2E/b"])
def test_a_way_up_is_no_record(server: Server, path: str) -> None:
    """A browser would ask for another address than the one that was checked."""
    # This client leaves the path as it is.
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    assert (answer.status, answer.getheader("location")) == (404, None)
    connection.close()


def test_concepts_have_names_on_pages(world: TestClient) -> None:
    """Of a question and of SPARQL, as on the terminal; JSON has the IRI alone."""
    text = "SELECT ?l { VALUES ?l { <http://data.europa.eu/snb/eqf/5> } }"
    assert "eqf:5" in world.get("/sparql", params={"query": text}, headers=PAGE).text
    named = world.get("/sparql", params={"query": "SELECT ?f { ?c mc:form ?f }"}, headers=PAGE).text
    asked = world.get("/api/q/credentials-by-form", headers=PAGE).text
    for page in (named, asked):
        assert '</a> <span class="soft">digital badge</span>' in page
    assert '<th scope="col" class="number">credentials</th>' in asked
    assert "digital badge" not in world.get("/api/q/credentials-by-form").text
