"""The generated graph is the same on every run, and is what its description says."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

from benchmarks.pathway_graph import MICRO, QUALIFICATION, batch, make
from benchmarks.pathways import measure
from mcgraph.pathways import RuleBook
from mcgraph.pathways.build import build
from mcgraph.pathways.hypergraph import whole_book
from mcgraph.pathways.structure import circles
from mcgraph.store import open_graph


def test_two_runs_are_the_same_and_the_shares_are_kept() -> None:
    """Deterministic; 72 % microcredentials, three edges each, levels that do not fall, 5 % recognitions."""
    made, again = make(5_000), make(5_000)
    assert all(np.array_equal(a, b) for a, b in zip((made.listed, made.core), (again.listed, again.core), strict=True))
    assert all(c.frame.equals(d.frame) for c, d in zip(batch(made).columns, batch(again).columns, strict=True))
    assert 0.69 < (made.kind == MICRO).mean() < 0.75 and 0.01 < (made.kind == QUALIFICATION).mean() < 0.03
    rise = made.level[made.listed[:, 0]] - made.level[made.listed[:, 2]]
    assert rise.min() >= 0 and rise.max() <= 2
    assert 2.8 < (len(made.listed) + len(made.core) + len(made.prerequisite)) / made.n < 4.0
    assert 0.03 < len(made.recognitions) / made.n < 0.07 and set(made.recognitions[:, 2]) == {0, 1, 2}


def test_the_stored_graph_means_the_same_to_arrays_and_objects(tmp_path: Path) -> None:
    """A thousand generated credentials in a real store, read both ways; only recognition makes circles."""
    day = datetime.date(2026, 11, 1)
    with open_graph(tmp_path / "store", create=True, read_only=False) as graph:
        graph.load(batch(make(1_000)))
        arrays, book = build(graph, date=day), whole_book(RuleBook.read(graph, date=day))
    assert arrays.names.to_list() == list(book.names)
    assert arrays.gates.members == sum(map(len, book.members)) > 2_500
    assert sorted(arrays.gates.g_need.tolist()) == sorted(book.need)
    assert circles(arrays) == []


@pytest.mark.long
def test_the_measurement_runs_and_agrees_with_its_peers() -> None:
    """At 20,000 credentials every peer gives our results."""
    figures = measure(20_000, None)
    assert all(peer.get("same_result", True) for peer in figures["peers"].values())
    assert {"closure", "reach", "dominators", "components"} <= set(figures["peers"]["networkx"]["compared"])
