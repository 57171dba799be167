"""Named questions at an address have the answers of a store on this machine, however the server answers."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mcgraph.errors import LimitReached, StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import Answer
from mcgraph.queries import ask, library
from mcgraph.queries.remote_exam import Examined, examine, results
from mcgraph.store import Graph, SubmissionInfo, open_graph
from mcgraph.store.content import graph_of
from mcgraph.store.endpoint import Result
from mcgraph.store.remote import RemoteGraph
from tests.questions.samples import EXAMPLES, make_batch
from tests.remote.other_server import OtherServer

DAY = datetime.date(2026, 1, 15)
WHEN = SubmissionInfo(time="2026-01-01T00:00:00Z")
# No server is asked these words by anything but the question itself.
WRONG = "skills-by-credentials"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    """The world of the examples in a store of our own."""
    folder = tmp_path_factory.mktemp("here")
    (folder / "model").mkdir()
    with open_graph(folder / "s", create=True, read_only=False, ontology=folder / "model") as graph:
        graph.load(make_batch(EXAMPLES / "world.ttl"), WHEN)
        yield graph


@pytest.fixture
def server() -> OtherServer:
    """A server that cannot group."""

    def habit(text: str, found: Result) -> Result:
        return replace(found, rows=found.rows[:1]) if "GROUP BY" in text else found

    return OtherServer(habit=habit)


@pytest.fixture
def there(server: OtherServer, tmp_path: Path) -> RemoteGraph:
    """The same world at that server."""
    graph = RemoteGraph(server, "https://e.org/sparql", ontology=tmp_path)
    graph.load(make_batch(EXAMPLES / "world.ttl"), WHEN)
    return graph


def same(one: Answer, other: Answer) -> bool:
    """Columns, rows in their order, their types, coverage, snapshot."""
    names = ("columns", "rows", "types", "coverage", "snapshot")
    return all(getattr(one, name) == getattr(other, name) for name in names)


@pytest.mark.parametrize("name", [WRONG, "broken-stacks", "missing-annex-elements"])
def test_a_question_is_answered_here(here: Graph, there: RemoteGraph, name: str) -> None:
    """And it is said from how many statements; the server's own answer would have been another."""
    found = ask(there, name, date=DAY)
    assert same(found, ask(here, name, date=DAY))
    assert "answered here from" in found.plan[-1]
    assert found.warnings == ()
    if name == WRONG:
        assert len(ask(there, library()[name].text + "\n", date=DAY)) == 1 < len(found)


def test_a_text_of_the_user_goes_to_the_server(there: RemoteGraph, server: OtherServer) -> None:
    """With a word on that; so does a question of the library in other words."""
    text = "SELECT ?c (COUNT(?t) AS ?n) WHERE { ?c mc:title ?t } GROUP BY ?c"
    found = ask(there, text)
    assert len(found) == 1
    assert any("GROUP BY ?c" in asked for asked in server.asked)
    assert "engine of the server" in found.warnings[0]
    other = replace(library()[WRONG], text=library()[WRONG].text + "\n# in other words\n")
    assert "engine of the server" in ask(there, other).warnings[-1]


def test_too_many_statements(there: RemoteGraph, server: OtherServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server answers if its examination found no fault, and this is said; else the question is refused."""
    few = replace(Limits(), remote_statements=3)
    with pytest.raises(LimitReached, match="not examined"):
        ask(there, WRONG, limits=few)
    asking = "mcgraph.queries.remote_exam.results"
    monkeypatch.setattr(asking, lambda _: Examined({WRONG: "it gives other rows"}, {}))
    with pytest.raises(LimitReached, match="would be wrong"):
        ask(there, WRONG, limits=few)
    monkeypatch.setattr(asking, lambda _: Examined({}, {}))
    found = ask(there, WRONG, limits=few)
    assert len(found) == 1
    assert "the server's own answer" in found.warnings[-1]
    monkeypatch.setattr(asking, lambda _: Examined({WRONG: "x"}, {WRONG: "it cannot count"}))
    with pytest.raises(WrongUse, match="it cannot count"):
        ask(there, WRONG)


@pytest.mark.parametrize("at", ["SELECT ?g", "COUNT(*)"])
def test_a_store_that_changes_meanwhile(there: RemoteGraph, server: OtherServer, tmp_path: Path, at: str) -> None:
    """The question is asked again: the answer and its snapshot are of one state, never of two."""
    before = there.snapshot
    second = make_batch(EXAMPLES / "register.ttl")
    changed: list[str] = []
    usual = server.habit

    def changing(text: str, found: Result) -> Result:
        if at in text and not changed:
            changed.append("")
            with RemoteGraph(server, "https://e.org/sparql", ontology=tmp_path) as writer:
                changed[0] = writer.load(second, WHEN).snapshot
        return usual(text, found)

    server.habit = changing
    found = ask(there, "records-by-class", date=DAY)
    assert found.snapshot == changed[0] != before
    with open_graph(tmp_path / "s", create=True, read_only=False, ontology=tmp_path) as here:
        for batch in (make_batch(EXAMPLES / "world.ttl"), second):
            here.load(batch, WHEN)
        assert same(found, ask(here, "records-by-class", date=DAY))


def test_a_store_that_changes_all_the_time(there: RemoteGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some tries it is said."""
    monkeypatch.setattr(RemoteGraph, "is_current", lambda _: False)
    with pytest.raises(StoreUnavailable, match="changed each time"):
        ask(there, WRONG, date=DAY)


@pytest.mark.long
def test_the_examination_finds_what_is_wrong(there: RemoteGraph, server: OtherServer) -> None:
    """Of a server that cannot group: what groups is answered wrongly there and rightly here. Of ours: nothing."""
    with pytest.raises(WrongUse, match="«example»"):
        examine(there)
    there.forget("example")
    assert results(there) is None
    found = examine(there)
    assert results(there) == found
    assert found.refused == {}
    assert WRONG in found.wrong
    assert 20 < len(found.wrong) < len(library())
    assert not server.query(f"SELECT ?s WHERE {{ GRAPH <{graph_of('example')}> {{ ?s ?p ?o }} }}").rows
    server.habit = lambda _, rows: rows
    assert examine(there).wrong == {}
