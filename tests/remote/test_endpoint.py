"""Speaking with a server that may be anything: its answers are read with care, credentials stay home."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import pytest

from mcgraph.errors import LimitReached, McgraphError, StoreUnavailable, WrongUse
from mcgraph.store import endpoint as endpoints
from mcgraph.store.endpoint import Endpoint, is_address, read_results
from mcgraph.store.remote import RemoteGraph
from tests.remote.other_server import OtherServer


def said(*rows: dict[str, str], column: str = "x") -> bytes:
    """A result of one column."""
    bindings = [{column: row} for row in rows]
    return json.dumps({"head": {"vars": [column]}, "results": {"bindings": bindings}}).encode()


GOOD = said({"type": "uri", "value": "urn:a"})


class _Server(BaseHTTPRequestHandler):
    answers: ClassVar[list[tuple[int, dict[str, str], bytes]]] = []
    seen: ClassVar[list[tuple[str, str]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        _Server.seen.append((self.headers.get("Authorization", ""), body))
        status, headers, content = _Server.answers.pop(0) if _Server.answers else (200, {}, GOOD)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        return None


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that gives the answers put into `_Server.answers`, then a good one."""
    monkeypatch.setattr(endpoints, "_PAUSES", (0.01, 0.01))
    _Server.answers, _Server.seen = [], []
    server = HTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/sparql"
    server.shutdown()
    server.server_close()


def test_a_busy_server_is_asked_again(address: str) -> None:
    """Twice unavailable, then an answer; always unavailable is a sentence."""
    _Server.answers = [(503, {}, b""), (429, {}, b"")]
    with Endpoint(address, {}) as endpoint:
        assert endpoint.query("SELECT ?x { ?x ?y ?z }").rows == ((("urn:a", "iri"),),)
        _Server.answers = [(503, {}, b"busy")] * 3
        with pytest.raises(StoreUnavailable, match="503"):
            endpoint.query("SELECT ?x { ?x ?y ?z }")


def test_a_redirect_is_not_followed(address: str) -> None:
    """It could carry the password elsewhere."""
    _Server.answers = [(302, {"Location": "http://elsewhere.example/"}, b"")]
    settings = {"MCGRAPH_STORE_USER": "u", "MCGRAPH_STORE_PASSWORD": "secret"}
    with Endpoint(address, settings) as endpoint, pytest.raises(StoreUnavailable, match="elsewhere") as refused:
        endpoint.query("ASK {}")
    assert "secret" not in str(refused.value)
    assert _Server.seen[0][0].startswith("Basic ")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, WrongUse), (401, StoreUnavailable), (403, StoreUnavailable), (500, StoreUnavailable)]
)
def test_every_refusal_is_a_sentence(address: str, status: int, kind: type[McgraphError]) -> None:
    """With what the server said."""
    _Server.answers = [(status, {}, b"because\n of \x00 it")] * 3
    with Endpoint(address, {}) as endpoint, pytest.raises(kind):
        endpoint.query("ASK {}")


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"{}", b'{"head": {}}', said({"type": "uri"}), GOOD[:-9], b"[" * 9999],
)
def test_what_is_no_result_is_refused(content: bytes) -> None:
    """A web page, half a document, a bomb."""
    with pytest.raises(StoreUnavailable, match="no SPARQL result"):
        read_results(content, "http://e.org/")


def test_other_ways_of_saying_a_term_are_understood() -> None:
    """`1` for true, `typed-literal`, ASK as a row."""
    boolean = "http://www.w3.org/2001/XMLSchema#boolean"
    typed = {"type": "typed-literal", "datatype": boolean, "value": "1"}
    tagged = {"type": "literal", "value": "a", "xml:lang": "en"}
    assert read_results(said(typed, tagged), "").rows == ((("true", boolean),), (("a", "@en"),))
    assert read_results(said({"type": "literal", "value": "1"}, column="__ASK_RETVAL"), "").boolean is True
    assert read_results(b'{"boolean": false}', "").boolean is False


def test_an_answer_that_was_cut_is_noticed(address: str) -> None:
    """Virtuoso says so in headers only: as many rows as it gives, and what it had when the time was over."""
    _Server.answers = [(200, {"X-SPARQL-MaxRows": "1"}, GOOD), (200, {"X-SPARQL-MaxRows": "2"}, GOOD), (200, {}, GOOD)]
    with Endpoint(address, {}) as endpoint:
        assert [endpoint.query("SELECT ?x { ?x ?y ?z }").is_cut for _ in range(3)] == [True, False, False]
        _Server.answers = [(200, {"X-SQL-State": "S1TAT"}, GOOD), (200, {"X-SPARQL-MaxRows": "1"}, GOOD)]
        with pytest.raises(LimitReached, match="ran out of the time"):
            endpoint.query("SELECT ?x { ?x ?y ?z }")
        server = OtherServer()
        with RemoteGraph(server, address) as graph, pytest.raises(LimitReached, match="at most 1 rows"):
            server.habit = lambda *_: endpoint.query("")
            graph.rows("SELECT ?x { ?x ?y ?z }")
    with pytest.raises(StoreUnavailable, match="not asked"):
        RemoteGraph(OtherServer(habit=lambda *_: read_results(GOOD, "")), address)


@pytest.mark.parametrize("text", ["ftp://e.org/", "http://", "https://user:pw@e.org/sparql", "http:///x"])
def test_an_address_that_is_none(text: str) -> None:
    """Another scheme, no host, a password in it."""
    with pytest.raises(WrongUse) as refused:
        Endpoint(text, {})
    assert "pw" not in refused.value.message


def test_nothing_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed port, and a wrong setting."""
    monkeypatch.setattr(endpoints, "_PAUSES", (0.01,))
    closed = "http://127.0.0.1:9/sparql"
    with Endpoint(closed, {}) as endpoint, pytest.raises(StoreUnavailable, match="cannot be reached"):
        endpoint.query("ASK {}")
    with pytest.raises(WrongUse, match="basic or digest"):
        Endpoint("http://e.org/", {"MCGRAPH_STORE_AUTH": "ntlm"})
    assert is_address("https://e.org/sparql")
    assert not is_address("store")
    assert issubclass(LimitReached, McgraphError)
