"""A store at an address, with a real Virtuoso 7 on loopback: loaded whole or not at all, and not believed blindly."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.queries import ask
from mcgraph.queries.remote_engine import RemoteEngine
from mcgraph.store import SubmissionInfo, open_graph
from mcgraph.store.endpoint import Endpoint
from mcgraph.store.remote import RemoteGraph, finish_change, open_remote
from tests.store.samples import credentials, rule

Run = Callable[..., "subprocess.CompletedProcess[str]"]
WHEN = SubmissionInfo(time="2026-01-01T00:00:00Z")


@pytest.fixture
def remote(address: str, tmp_path: Path) -> Iterator[RemoteGraph]:
    """The server's graph, empty."""
    model = tmp_path / "ontology"
    model.mkdir()
    (model / "tiny.ttl").write_text("<https://e.org/a> <https://e.org/b> [ <https://e.org/c> 'x' ] .", encoding="utf-8")
    endpoint = Endpoint(address)
    for graph in ("manifest", "source/reg", "source/rules", "source/other"):
        endpoint.update(f"DROP SILENT GRAPH <https://w3id.org/mcgraph/graph/{graph}>")
    with RemoteGraph(endpoint, address, ontology=model) as found:
        yield found


def titles(graph: RemoteGraph) -> list[str | None]:
    return sorted(row[0] or "" for row in graph.rows("SELECT ?t WHERE { ?s mc:title ?t }", prefixes=_PREFIXES))


_PREFIXES = {"mc": "https://w3id.org/mcgraph/ontology#"}


def test_the_same_loads_give_the_same_snapshot_as_here(remote: RemoteGraph, tmp_path: Path) -> None:
    """Snapshot, statements, what follows from rules, history, and forgetting."""
    texts = {"A": 'Quote " \\ and\nline', "B": "Zażółć 🎓", "C": "plain"}
    with open_graph(tmp_path / "s", create=True, read_only=False, ontology=tmp_path / "ontology") as here:
        for batch in (credentials(texts), rule("A", ["B", "C"])):
            here.load(batch, WHEN)
            remote.load(batch, WHEN)
            assert remote.snapshot == here.snapshot
        question = "SELECT ?s ?o WHERE { ?s mc:stacksInto ?o } ORDER BY ?s"
        assert remote.rows(question, prefixes=_PREFIXES) == here.rows(question, prefixes=_PREFIXES) != []
        assert titles(remote) == sorted(texts.values())
        assert [event.source for event in remote.history()] == ["reg", "rules"]
        assert remote.load(credentials(texts), WHEN).unchanged
        remote.load(credentials({"A": "other"}), WHEN)
        assert titles(remote) == ["other"]
        assert remote.forget("rules").removed == 1
        assert remote.rows(question, prefixes=_PREFIXES) == []


class _Fails:
    """An endpoint whose updates fail from the n-th on."""

    def __init__(self, inner: Endpoint, after: int) -> None:
        self._inner, self._left = inner, after

    def query(self, *given: object, **more: object) -> object:
        return self._inner.query(*given, **more)  # type: ignore[arg-type]

    def triples(self, *given: object, **more: object) -> object:
        return self._inner.triples(*given, **more)  # type: ignore[arg-type]

    def update(self, text: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise StoreUnavailable("pulled the plug")
        self._inner.update(text)

    def close(self) -> None:
        self._inner.close()


def test_a_load_that_dies_anywhere_leaves_one_of_two_states(remote: RemoteGraph, address: str, tmp_path: Path) -> None:
    """Whatever update is the last: afterwards the old snapshot is there, or the next writer finishes the new one."""
    remote.load(credentials({"A": "old"}), WHEN)
    before = remote.snapshot
    died = 0
    for after in range(12):
        failing = _Fails(Endpoint(address), after)
        with RemoteGraph(failing, address, ontology=tmp_path / "ontology") as broken:  # type: ignore[arg-type]
            try:
                broken.load(credentials({"A": f"new {after}"}), WHEN)
            except StoreUnavailable:
                died += 1
        _clear_mark(address)
        with RemoteGraph(Endpoint(address), address, ontology=tmp_path / "ontology") as again:
            found = titles(again)
            assert found in (["old"], [f"new {after}"]), after
            assert (again.snapshot == before) == (found == ["old"])
            again.load(credentials({"A": "old"}), WHEN)
            assert (again.snapshot, titles(again)) == (before, ["old"])
    assert died > 4


def _clear_mark(address: str) -> None:
    """What docs/operations.md says to do with the mark of a writer that died; an announced change is finished."""
    manifest = "https://w3id.org/mcgraph/graph/manifest"
    with Endpoint(address) as endpoint:
        if endpoint.query(f"ASK {{ GRAPH <{manifest}> {{ ?s <{_PREFIXES['mc']}nextManifest> ?o }} }}").boolean:
            with pytest.raises(StoreUnavailable, match="under way"):
                open_remote(address)
            finish_change(address)
        endpoint.update(f"DELETE WHERE {{ GRAPH <{manifest}> {{ ?s <{_PREFIXES['mc']}writer> ?o }} }}")


def test_one_writer_at_a_time(remote: RemoteGraph, address: str, tmp_path: Path) -> None:
    """A second one is told, and reading goes on."""
    mark = remote.take_mark()
    with RemoteGraph(Endpoint(address), address, ontology=tmp_path / "ontology") as other:
        with pytest.raises(StoreUnavailable, match="another process is writing"):
            other.load(credentials({"A": "x"}), WHEN)
        assert titles(other) == []
    remote.give_mark(mark)


def test_texts_of_users_are_asked_with_limits(remote: RemoteGraph) -> None:
    """Rows are cut and said; a syntax error is a sentence; an update is refused before it leaves."""
    remote.load(credentials({key: key for key in "ABCDE"}), WHEN)
    engine = RemoteEngine(remote, Limits(rows_returned=3))
    found = ask(remote, "SELECT ?s WHERE { ?s a mc:Credential }", limits=Limits(rows_returned=3))
    assert (len(found), found.limit) == (3, "rows_returned")
    assert engine.run("ASK { ?s a mc:Credential }").rows == (("true",),)
    assert len(engine.run("CONSTRUCT WHERE { ?s mc:title ?o }", rows=10).rows) == 5
    for refused in ("SELECT broken", "DROP ALL", "SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }"):
        with pytest.raises(WrongUse):
            ask(remote, refused)


def test_the_command_line(remote: RemoteGraph, address: str, mcgraph: Run) -> None:
    """What needs files says so; what does not, works."""
    remote.load(credentials({"A": "Data"}), WHEN)
    assert json.loads(mcgraph("--store", address, "stats", "--json").stdout)["records"] == {"Credential": 1}
    asked = mcgraph("--store", address, "query", "SELECT ?t { ?s mc:title ?t }")
    assert "Data" in asked.stdout
    assert "engine of the server" in asked.stderr
    refused = mcgraph("--store", address, "search", "data")
    assert (refused.returncode, "works on the files" in refused.stderr) == (2, True)
