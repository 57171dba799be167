"""A submission beside a store: what the store knows decides, and only a bounded part of it is read."""

from __future__ import annotations

import datetime
from pathlib import Path

import hypothesis.strategies as st
import networkx as nx
import polars as pl
import pyoxigraph as ox
import pytest
from hypothesis import given, settings

from benchmarks.context import new_records
from benchmarks.generate import generate
from mcgraph.errors import LimitReached
from mcgraph.model.batch import Batch, TripleColumn
from mcgraph.model.namespaces import ID, MC, RDF_TYPE
from mcgraph.sources import read_submission
from mcgraph.store import open_graph
from mcgraph.validation import validate
from mcgraph.validation.context import stacking_links_beyond

DATE = datetime.date(2026, 11, 24)


class Memory:
    """A store in memory that counts the queries it is asked."""

    snapshot = "s-test"

    def __init__(self, links: list[tuple[str, str]]) -> None:
        self.asked = 0
        self.store = ox.Store()
        for part, whole in links:
            told = (ox.NamedNode(ID + part), ox.NamedNode(MC + "declaredStackingTarget"), ox.NamedNode(ID + whole))
            self.store.add(ox.Quad(*told, ox.NamedNode("urn:g")))

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """The rows of a SELECT query."""
        self.asked += 1
        found = self.store.query(sparql, use_default_graph_as_union=True)
        assert isinstance(found, ox.QuerySolutions)
        return [tuple(term.value if term else None for term in row) for row in found]  # type: ignore[union-attr]


nodes = st.sampled_from([f"t/credential/{name}" for name in "abcdefg"])
links = st.lists(st.tuples(nodes, nodes), max_size=14, unique=True)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(stored=links, start=nodes)
def test_the_walk_outwards_reaches_what_networkx_reaches(stored: list[tuple[str, str]], start: str) -> None:
    """Every stored link that a circle through `start` could use, and no other."""
    graph = nx.DiGraph(stored)
    graph.add_node(start)
    reachable = nx.descendants(graph, start) | {start}
    found = stacking_links_beyond(Memory(stored), [ID + start])
    expected = {(ID + a, ID + b) for a, b in stored if a in reachable}
    assert set(found.rows()) == expected


def test_the_walk_asks_once_a_round_and_stops_at_its_bound() -> None:
    """A chain of 40 takes 41 questions; a bound of 10 records is a limit, not an endless walk."""
    chain = [(f"t/credential/{i}", f"t/credential/{i + 1}") for i in range(40)]
    memory = Memory(chain)
    assert stacking_links_beyond(memory, [f"{ID}t/credential/0"]).height == 40
    assert memory.asked == 41
    with pytest.raises(LimitReached):
        stacking_links_beyond(Memory(chain), [f"{ID}t/credential/0"], most=10)


def test_a_submission_is_checked_in_the_light_of_the_store(tmp_path: Path) -> None:
    """Stored bodies count as known, a circle through stored rules is found, stored records are not checked again."""
    generate(tmp_path / "stored", 400, 0.0)
    with open_graph(tmp_path / "store", create=True, read_only=False) as graph:
        graph.load(read_submission([tmp_path / "stored"], "template", "bench"))
    batch = read_submission([new_records(tmp_path / "new", 400)], "template", "bench")
    with open_graph(tmp_path / "store") as graph:
        report = validate(batch, profile="submission", date=DATE, context=graph)
    errors = {group.code: group.count for group in report.groups if group.severity != "info"}
    assert errors == {"RULE-CYCLE-001": 1}
    circle = report.findings.only("RULE-CYCLE-001")[0].found
    assert "NEW-0" in circle and "MC-3" in circle


def test_what_only_another_source_could_decide_is_unverifiable() -> None:
    """Neither wrong nor right: the other source has not been loaded."""
    one = pl.Series([2], dtype=pl.UInt32)
    typed = pl.DataFrame({"s": [f"{ID}t/credential/1"], "o": [MC + "Credential"], "row": one})
    needs = pl.DataFrame({"s": [f"{ID}t/credential/1"], "o": [f"{ID}elsewhere/credential/9"], "row": one})
    batch = Batch("t", "", (), (TripleColumn(RDF_TYPE, "iri", typed), TripleColumn(MC + "prerequisite", "iri", needs)))
    report = validate(batch, profile="registry", date=DATE, context=Memory([]))
    told = {f.code: f.verdict for f in report.findings if f.code.startswith("REF-")}
    assert told == {"REF-003": "unverifiable"}
