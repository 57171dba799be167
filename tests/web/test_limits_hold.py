"""Each limit of the endpoint and of questions: it is documented, it can be set, and a test sees it hold."""

from __future__ import annotations

import ast
import time
from dataclasses import fields, replace
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.queries import Engine, ask
from mcgraph.queries.engine import Rows
from mcgraph.queries.facets import browse
from mcgraph.queries.route import FROM_COLUMNS
from mcgraph.search import search
from mcgraph.store import open_graph
from mcgraph.web import site
from mcgraph.web.app import create_app
from mcgraph.web.settings import Settings
from tests.web.conftest import HOSTS, running

# limit → the test that sees it hold: file (from tests/) and function.
SEEN = {
    "query_seconds": ("questions/test_execution.py", "test_deadline_ends_an_endless_query"),
    "query_megabytes": ("questions/test_execution.py", "test_memory_is_bounded"),
    "query_characters": ("questions/test_guard.py", "test_long_text_is_refused"),
    "rows_returned": ("questions/test_execution.py", "test_row_limit_cuts_and_says_so"),
    "bundle_bytes": ("questions/test_bundle.py", "test_bundle_that_unpacks_too_large_is_refused"),
    "facet_values": ("web/test_limits_hold.py", "test_values_of_a_facet"),
    "search_characters": ("web/test_limits_hold.py", "test_length_of_a_searched_text"),
    "search_words": ("search/test_search.py", "test_of_many_words_the_first_are_searched"),
    "columns_from_triples": ("questions/test_columns.py", "test_ask_tells_that_columns_answered"),
    "columns_megabytes": ("web/test_limits_hold.py", "test_memory_of_the_columns"),
    "served_query_seconds": ("web/test_pool.py", "test_the_end_comes_within_half_a_second_of_the_budget"),
    "served_query_megabytes": ("web/test_pool.py", "test_memory_and_length_are_bounded"),
    "served_rows": ("web/test_limits_hold.py", "test_rows_of_an_answer"),
    "served_answer_bytes": ("web/test_pool.py", "test_memory_and_length_are_bounded"),
    "served_workers": ("web/test_pool.py", "test_over_budget_is_ended_and_others_do_not_notice"),
    "served_long_per_client": ("web/test_pool.py", "test_who_has_his_share_waits_and_others_pass"),
    "served_waiting": ("web/test_pool.py", "test_a_full_queue_is_told_at_once_and_a_long_wait_in_time"),
    "served_long_waiting": ("web/test_columns_served.py", "test_who_waits_too_long_is_told_to_come_back"),
    "served_wait_seconds": ("web/test_columns_served.py", "test_who_waits_too_long_is_told_to_come_back"),
    "served_kept_bytes": ("web/test_limits_hold.py", "test_answers_are_kept_or_not"),
    "served_body_bytes": ("web/test_server.py", "test_a_large_body_is_refused_before_it_is_read"),
    "served_header_bytes": ("web/test_limits_hold.py", "test_length_of_a_head"),
    "served_client_seconds": ("web/test_server.py", "test_a_head_that_trickles_in_is_dropped"),
    "served_connections": ("web/test_limits_hold.py", "test_connections_at_once"),
    "served_count_seconds": ("web/test_limits_hold.py", "test_time_for_counting"),
}
ROOM = ("query_", "served_", "columns_", "facet_", "search_", "bundle_", "rows_")


def test_every_limit_has_its_test_and_its_place_in_the_documents(root: Path) -> None:
    """A new limit of these rooms is not complete without both."""
    ours = {one.name for one in fields(Limits) if one.name.startswith(ROOM)}
    assert ours == set(SEEN)
    documents = "".join((root / "docs" / name).read_text(encoding="utf-8") for name in (
        "serve.md", "answers.md", "at_size.md", "operations.md"))  # fmt: skip
    for name, (file, function) in SEEN.items():
        tree = ast.parse((root / "tests" / file).read_text(encoding="utf-8"))
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name
        assert f"`{name}`" in documents, name


@pytest.mark.parametrize("name", sorted(SEEN))
def test_every_limit_can_be_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the environment; what is no number above 0 is refused with the name of the variable."""
    variable = f"MCGRAPH_LIMIT_{name.upper()}"
    monkeypatch.setenv(variable, "7")
    assert getattr(Limits.from_environment(), name) == 7
    for wrong in ("0", "-1", "many", "1.5", ""):
        monkeypatch.setenv(variable, wrong)
        with pytest.raises(WrongUse, match=variable):
            Limits.from_environment()


def client(store: Path, **limits: int) -> TestClient:
    """A client of the endpoint with other limits."""
    return TestClient(create_app(store, limits=Limits(**limits), settings=Settings(hosts=HOSTS)))


def test_values_of_a_facet(store: Path) -> None:
    """The most used, and that there are more."""
    with open_graph(store) as graph, Engine(graph.index_path, Limits()) as engine:
        whole = browse(graph, {}, engine=engine, facets=("form",)).facets[0]
        cut = browse(graph, {}, engine=engine, facets=("form",), limits=Limits(facet_values=2)).facets[0]
    assert len(whole.values) > 2
    assert (cut.values, cut.more, whole.more) == (whole.values[:2], True, False)
    assert cut.known == whole.known


def test_time_of_all_counts_of_a_request(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dozens of queries have one budget, not one each; who asks again goes on from what was counted."""
    run, asked = site.PooledEngine.run, []

    def slow(engine: site.PooledEngine, text: str, *, rows: int | None = None) -> Rows:
        asked.append(text)
        time.sleep(0.2)
        return run(engine, text, rows=rows)

    with client(store, served_query_seconds=1) as one:
        with monkeypatch.context() as patched:
            patched.setattr(site.PooledEngine, "run", slow)
            refused = one.get("/credentials", headers={"accept": "application/json"})
        assert refused.status_code == 422
        assert "1 s together" in refused.text
        assert "Ask again" in refused.text
        assert 1 < len(asked) <= 7
        assert one.get("/credentials", headers={"accept": "application/json"}).status_code == 200


def test_length_of_a_searched_text(store: Path) -> None:
    """Refused before anything is looked up."""
    with open_graph(store) as graph, pytest.raises(WrongUse, match="at most 5 are searched"):
        search(graph, "literacy", limits=Limits(search_characters=5))


def test_memory_of_the_columns(store: Path) -> None:
    """Where the columns may not have it, the index answers, with the same rows."""
    tight = replace(Limits(), columns_from_triples=1, columns_megabytes=150)
    with open_graph(store) as graph:
        small = ask(graph, "credentials-by-level", limits=replace(Limits(), columns_from_triples=10**9))
        large = ask(graph, "credentials-by-level", limits=replace(tight, columns_megabytes=8_192))
        bounded = ask(graph, "credentials-by-level", limits=tight)
    assert FROM_COLUMNS in large.plan
    assert FROM_COLUMNS not in bounded.plan
    assert small.rows == large.rows == bounded.rows


def test_rows_of_an_answer(store: Path) -> None:
    """Cut and marked, on every face."""
    with client(store, served_rows=3) as one:
        asked = one.get("/sparql", params={"query": "SELECT ?c { ?c a mc:Credential }"})
        assert (len(asked.json()["results"]["bindings"]), asked.headers["x-truncated"]) == (3, "true")
        named = one.get("/api/q/validity-and-trust")
        assert (len(named.json()["results"]["bindings"]), named.headers["x-truncated"]) == (3, "true")
        listed = one.get("/credentials")
        assert (len(listed.json()["results"]["bindings"]), listed.headers["x-truncated"]) == (3, "true")
        assert listed.json()["total"] == int(listed.headers["x-total-count"]) == 8


def test_answers_are_kept_or_not(store: Path) -> None:
    """With the least of bytes every answer is computed."""
    for kept, hits in ((64_000_000, 1), (1, 0)):
        with client(store, served_kept_bytes=kept) as one:
            told = [one.get("/sparql", params={"query": "ASK {}"}).headers.get("cache-status") for _ in range(2)]
        assert [said == "mcgraph; hit" for said in told] == [False, bool(hits)]


def test_length_of_a_head(store: Path) -> None:
    """A query in the address is part of it: a longer one gets 4xx, and the server goes on."""
    with running(store, header_bytes=2_000) as one:
        long = {"query": "ASK {} #" + "x" * 4_000}
        refused = httpx.get(f"{one.url}/sparql", params=long, timeout=60)
        assert (refused.status_code, refused.headers["x-mcgraph-limit"]) == (431, "served_header_bytes")
        assert httpx.get(f"{one.url}/sparql", headers={"x-long": "x" * 4_000}, timeout=60).status_code == 431
        assert httpx.post(f"{one.url}/sparql", data=long, timeout=60).json()["boolean"] is True


def test_connections_at_once(store: Path) -> None:
    """Whoever is one too many is told to come back; when others go, there is room."""
    with running(store, connections=3) as one:
        with httpx.Client(timeout=60) as first, httpx.Client(timeout=60) as second, httpx.Client(timeout=60) as third:
            codes = [each.get(f"{one.url}/status").status_code for each in (first, second, third)]
            assert 503 in [*codes, httpx.get(f"{one.url}/status", timeout=60).status_code]
        assert httpx.get(f"{one.url}/status", timeout=60).status_code == 200


def test_time_for_counting(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counting that takes longer than it may is told as a limit."""
    from mcgraph.web import description

    endless = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"
    real = description.Engine.run
    monkeypatch.setattr(description.Engine, "run", lambda self, text, **given: real(self, endless, **given))
    with client(store, served_count_seconds=1) as one:
        found = one.get("/.well-known/void", headers={"accept": "text/turtle"})
    assert found.status_code == 422
    assert "1 s" in found.text
