"""Questions about the whole graph, asked of a server: one process on the columns for all, made anew with a snapshot."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.queries.columnar import using
from mcgraph.queries.conversation import Busy
from mcgraph.queries.route import FROM_COLUMNS
from mcgraph.queries.shared_columns import SharedColumns, shared
from mcgraph.store import open_graph
from tests.web.conftest import make_store, running

COUNT = "SELECT (COUNT(DISTINCT ?c) AS ?n) WHERE { ?c a mc:Credential }"
LISTED = "SELECT ?c WHERE { ?c a mc:Credential } ORDER BY ?c"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store whose columns stand."""
    place = make_store(tmp_path_factory.mktemp("columns") / "store")
    with open_graph(place) as graph:
        assert using.prepare(graph, Limits(columns_from_triples=1)) is not None
    return place


def opened(place: Path, **limits: int) -> SharedColumns:
    """The shared columns of a store."""
    with open_graph(place) as graph:
        found = shared(graph, Limits(columns_from_triples=1, **limits))
    assert found is not None
    return found


def test_many_threads_ask_one_process(folder: Path) -> None:
    """Every answer is right, whoever was first; the same process answers the next question."""
    columns = opened(folder)
    try:
        with ThreadPoolExecutor(8) as threads:
            texts = [COUNT.replace("?n", f"?n{i % 6}") for i in range(24)]
            found = list(threads.map(columns.run, texts))
        assert {one.rows for one in found} == {(("8",),)}
        assert sum(one.kept for one in found) == 18
        assert len(columns.run(LISTED).rows) == 8
        few = columns.run(LISTED, rows=3)
        assert (len(few.rows), few.limit, few.kept) == (3, "rows_returned", False)
    finally:
        columns.close()
    with pytest.raises(Busy, match="stopping"):
        columns.run("SELECT ?x WHERE { ?x a mc:Offer }")


def test_a_process_that_was_ended_is_started_again(folder: Path) -> None:
    """Whatever ended it: the next question has its answer."""
    columns = opened(folder)
    try:
        columns.run(COUNT)
        first = columns._engine
        assert first is not None
        first.close()
        assert columns.run(LISTED).rows
        assert columns._engine is not first
    finally:
        columns.close()


def test_what_the_columns_cannot_do_is_told_and_costs_no_process(folder: Path) -> None:
    """The index is asked then."""
    columns = opened(folder)
    try:
        columns.run(COUNT)
        process = columns._engine
        with pytest.raises(LimitReached) as hit:
            columns.run("SELECT (GROUP_CONCAT(?t) AS ?all) WHERE { ?c mc:title ?t }")
        assert hit.value.limit == "columns"
        assert columns.run(LISTED).rows
        assert columns._engine is process
    finally:
        columns.close()


def test_who_waits_too_long_is_told_to_come_back(folder: Path) -> None:
    """And who would be one too many, at once."""
    columns = opened(folder, served_wait_seconds=1, served_long_waiting=1)
    try:
        with columns._turn, ThreadPoolExecutor(1) as thread:
            waits = thread.submit(columns.run, COUNT)
            while not columns._waiting:
                time.sleep(0.01)
            begun = time.monotonic()
            with pytest.raises(Busy, match="too many"):
                columns.run(COUNT)
            assert time.monotonic() - begun < 0.5
            with pytest.raises(Busy, match="more than 1 s"):
                waits.result()
        assert columns.run(COUNT).rows == (("8",),)
    finally:
        columns.close()


def test_a_new_snapshot_has_its_columns_made_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server answers from the columns, from the index after a change, and from columns again when they stand."""
    monkeypatch.setenv("MCGRAPH_LIMIT_COLUMNS_FROM_TRIPLES", "1")
    store = make_store(tmp_path / "store")
    address = "/api/q/credentials-by-level?format=json"
    with running(store, query_seconds=20) as server:
        before = httpx.get(server.url + address, timeout=60).json()
        assert FROM_COLUMNS in before["plan"]
        cut = httpx.get(server.url + address + "&limit=2", timeout=60).json()
        assert cut["truncated"]
        assert cut["results"]["bindings"] == before["results"]["bindings"][:2]
        with open_graph(store, read_only=False) as graph:
            graph.forget("example")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            after = httpx.get(server.url + address, timeout=60).json()
            if after["snapshot"] != before["snapshot"]:
                assert after["results"]["bindings"] == []
                if FROM_COLUMNS in after["plan"]:
                    break
            time.sleep(0.2)
        assert FROM_COLUMNS in after["plan"]
        assert server.stop() == 0
