"""The projection's measures equal networkx on random books, and its ways equal trying every simple path."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise

import networkx as nx
import numpy as np
import pytest

from mcgraph.errors import LimitReached, WrongUse
from mcgraph.limits import Limits
from mcgraph.model import jit
from mcgraph.pathways import RuleBook
from mcgraph.pathways.alternatives import WayLimits, ways
from mcgraph.pathways.arrays import RECOGNISE, Arrays
from mcgraph.pathways.build import arrays_from
from mcgraph.pathways.instance import around
from mcgraph.pathways.networkx_view import to_networkx
from mcgraph.pathways.projection import (
    Digraph,
    betweenness,
    components,
    from_edges,
    immediate_dominators,
    project,
    reach,
    turned,
    with_root,
)
from mcgraph.pathways.reachability import Workspace
from mcgraph.pathways.structure import bottlenecks, circles, dead_ends, reach_by_country, reach_by_group
from tests.pathways.by_definition import fixpoint
from tests.pathways.test_random_instances import random_book

SEEDS = range(600)


@pytest.fixture(params=["interpreted", "compiled"])
def seeds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[range]:
    """The seeds to try, in both ways of running a kernel."""
    monkeypatch.setattr(jit, "COMPILED_FROM", 0 if request.param == "compiled" else 10**9)
    monkeypatch.setattr(jit, "_is_running", lambda: False)
    yield SEEDS if request.param == "compiled" else range(0, len(SEEDS), 10)


def random_digraph(seed: int) -> tuple[Digraph, nx.DiGraph[int]]:
    """A digraph of up to 25 nodes with circles and nodes apart, in both forms."""
    dice = random.Random(seed)
    n = dice.randint(1, 25)
    edges = {(dice.randrange(n), dice.randrange(n)) for _ in range(dice.randint(0, 3 * n))}
    listed = sorted((a, b) for a, b in edges if a != b)
    dice.shuffle(listed)
    table = np.array(listed, dtype=np.int32).reshape(-1, 2)
    other: nx.DiGraph[int] = nx.DiGraph()
    other.add_nodes_from(range(n))
    other.add_edges_from(listed)
    return from_edges(n, table[:, 0], table[:, 1], np.arange(len(listed), dtype=np.int32)), other


def test_measures_equal_networkx(seeds: range) -> None:
    """Edges, reach, components, dominators and betweenness of random digraphs."""
    for seed in seeds:
        mine, theirs = random_digraph(seed)
        assert sorted((a, int(b)) for a in range(mine.n) for b in mine.of(a)) == sorted(theirs.edges)
        back = turned(mine)
        assert sorted((int(a), b) for b in range(back.n) for a in back.of(b)) == sorted(theirs.edges)
        for node in range(mine.n):
            assert set(reach(mine, np.array([node], dtype=np.int32)).tolist()) == {node, *nx.descendants(theirs, node)}
        count, label = components(mine)
        found = {frozenset(np.flatnonzero(label == one).tolist()) for one in range(count)}
        assert found == {frozenset(one) for one in nx.strongly_connected_components(theirs)}
        idom = immediate_dominators(mine, 0)
        wanted = {node: above for node, above in nx.immediate_dominators(theirs, 0).items() if above is not None}
        assert {node: int(above) for node, above in enumerate(idom) if above >= 0} == {**wanted, 0: 0}, seed
        scores = nx.betweenness_centrality(theirs, normalized=False)
        assert betweenness(mine) == pytest.approx([scores[node] for node in range(mine.n)]), seed


def test_the_view_has_the_measures_of_the_arrays(seeds: range) -> None:
    """What a networkx user computes on the view is what we compute, and each edge says what it rests on."""
    edges = 0
    for seed in seeds:
        arrays = arrays_from(random_book(seed)[0])
        view, graph = to_networkx(arrays), project(arrays.gates)
        assert view.number_of_nodes() == arrays.gates.n and view.number_of_edges() == graph.edges
        scores = nx.betweenness_centrality(view, normalized=False)
        assert betweenness(graph) == pytest.approx([scores[name] for name in arrays.names]), seed
        for one, other, said in view.edges(data=True):
            assert said["kind"] in ("take", "stack", "recognise")
            assert said["kind"] == "take" or (said["rule"].startswith("rule-") and said["claim"])
            assert one != other
            edges += 1
        some = np.arange(0, arrays.gates.n, 2)
        assert set(to_networkx(arrays, some).edges) == set(view.subgraph(arrays.named(some)).edges)
    assert edges > len(seeds)


def test_a_view_that_is_too_large_is_refused() -> None:
    """networkx takes half a minute and two gigabytes for a million credentials; that is not started unasked."""
    arrays = arrays_from(RuleBook.of("a + b -> c"))
    with pytest.raises(LimitReached, match="pathway_view_nodes"):
        to_networkx(arrays, limits=Limits(pathway_view_nodes=2))


def simple_ways(arrays: Arrays, start: int, target: int, limits: WayLimits) -> list[tuple[int, tuple[int, ...]]]:
    """Every simple path that keeps to the limits with its hours, by networkx."""
    graph = project(arrays.gates)
    theirs = nx.DiGraph([(one, int(other)) for one in range(graph.n) for other in graph.of(one)])
    theirs.add_nodes_from(range(graph.n))
    hours, credits = (np.maximum(arrays.credentials[name].to_numpy(), 0) for name in ("hours", "credits"))
    level = arrays.credentials["level"].to_list()
    found = []
    paths = [[start]] if start == target else nx.all_simple_paths(theirs, start, target)
    for path in paths:
        rises = [(level[b] or 0) - (level[a] or 0) for a, b in pairwise(path) if level[a] and level[b]]
        amounts = (int(hours[path[1:]].sum()), int(credits[path[1:]].sum()), len(path) - 1)
        bounds = (limits.hours, limits.credits, limits.steps)
        fits = all(most is None or spent <= most for spent, most in zip(amounts, bounds, strict=True))
        if fits and (limits.level_jump is None or max(rises, default=0) <= limits.level_jump):
            found.append((amounts[0], tuple(path)))
    return sorted(found)


def test_ways_equal_every_simple_path(seeds: range) -> None:
    """With and without limits: as many, as short, no other; with a small k the best ones."""
    met = bound = 0
    for seed in seeds:
        arrays = arrays_from(random_book(seed)[0])
        dice = random.Random(seed)
        start, target = dice.randrange(arrays.gates.n), dice.randrange(arrays.gates.n)
        instance = around(arrays, target, Workspace(arrays.gates))
        free = simple_ways(arrays, start, target, WayLimits())
        tight = WayLimits(
            hours=dice.randint(20, 120) * 10**6, credits=8 * 10**6, steps=dice.randint(1, 4), level_jump=1
        )
        for limits in (WayLimits(), tight):
            wanted = simple_ways(arrays, start, target, limits)
            got = ways(arrays, instance, start, k=10_000, limits=limits)
            assert not got.truncated
            assert [way.amounts["hours"] for way in got.ways] == [hours for hours, _ in wanted], seed
            assert {way.credentials for way in got.ways} == {path for _, path in wanted}, seed
            few = ways(arrays, instance, start, k=2, limits=limits)
            assert [way.amounts["hours"] for way in few.ways] == [hours for hours, _ in wanted[:2]]
            for way in got.ways:
                assert not way.is_plan and "no plan" in way.caveat
                heads = arrays.gates.r_head[list(way.rules)].tolist()
                assert heads == list(way.credentials[1:])
            met += bool(wanted)
        bound += len(simple_ways(arrays, start, target, tight)) < len(free)
    assert met > len(seeds) / 3 and bound > len(seeds) / 10


def test_a_search_without_room_says_so() -> None:
    """Few labels: what was found is given and marked as cut."""
    arrays = arrays_from(RuleBook.of(*[f"s{a} -> s{b}" for a in range(9) for b in range(9) if a != b]))
    instance = around(arrays, arrays.position("s8"), Workspace(arrays.gates))
    cut = ways(arrays, instance, arrays.position("s0"), k=500, labels=300)
    assert cut.truncated == "pathway_labels" and 0 < len(cut.ways) < 500
    with pytest.raises(WrongUse, match="orders no ways"):
        ways(arrays, instance, 0, order="beauty")


def test_circles_equal_networkx_without_recognition(seeds: range) -> None:
    """One shortest circle per component; mutual recognition is none, nor what may all be taken at the same time."""
    met = lawful = 0
    for seed in seeds:
        arrays = arrays_from(random_book(seed)[0])
        gates, found = arrays.gates, circles(arrays)
        theirs: nx.DiGraph[int] = nx.DiGraph()
        groups = np.repeat(np.arange(gates.groups), np.diff(gates.m_ptr))
        rules = gates.g_rule[groups]
        keep = gates.r_kind[rules] != RECOGNISE
        theirs.add_edges_from(zip(gates.m_cred[keep].tolist(), gates.r_head[rules[keep]].tolist(), strict=True))
        selfs = sorted(node for node in theirs if theirs.has_edge(node, node))
        keep[gates.beside] = False
        first = set(zip(gates.m_cred[keep].tolist(), gates.r_head[rules[keep]].tolist(), strict=True))
        assert sorted(circle.members[0] for circle in found if len(circle.members) == 1) == selfs
        theirs.remove_edges_from([(node, node) for node in theirs])
        large = [one for one in nx.strongly_connected_components(theirs) if len(one) > 1]
        lawful -= len(large)
        large = [one for one in large if first & set(theirs.subgraph(one).edges)]
        lawful += len(large)
        assert sorted(circle.members for circle in found if len(circle.members) > 1) == sorted(
            tuple(sorted(one)) for one in large
        )
        for circle in found:
            around = [] if len(circle.members) == 1 else nx.simple_cycles(theirs.subgraph(circle.members))
            shortest = min((len(one) for one in around if _has(one, first)), default=1)
            assert len(circle.witness) == shortest + 1 and circle.witness[0] == circle.witness[-1], seed
            heads = gates.r_head[list(circle.rules)].tolist()
            assert heads == list(circle.witness[1:]) and all(gates.r_kind[list(circle.rules)] != RECOGNISE)
            met += 1
    assert met > len(seeds) / 10 and lawful < 0


def _has(circle: list[int], edges: set[tuple[int, int]]) -> bool:
    return any(pair in edges for pair in zip(circle, [*circle[1:], circle[0]], strict=True))


def test_dead_ends_equal_their_definition(seeds: range) -> None:
    """No way to a full qualification; not attained whatever is taken; named by no rule."""
    met = 0
    for seed in seeds:
        book, _, _ = random_book(seed)
        arrays = arrays_from(book)
        view, found = to_networkx(arrays), dead_ends(arrays)
        full = {iri for iri, one in book.credentials.items() if one.is_full_qualification}
        nowhere = [n for n in sorted(view) if n not in full and not full & nx.descendants(view, n)]
        assert arrays.named(found.leading_nowhere) == nowhere, seed
        everything = fixpoint(arrays, [], range(arrays.gates.rules))
        assert set(found.unattainable) == set(range(arrays.gates.n)) - everything, seed
        assert set(found.isolated) <= set(found.leading_nowhere)
        assert all(view.degree(arrays.name(one)) == 0 for one in found.isolated)
        met += bool(found.unattainable)
    assert met > len(seeds) / 20


def test_guards_equal_leaving_each_out_of_the_projection(seeds: range) -> None:
    """A credential guards those the projection does not reach without it, and none of them is attained without it."""
    met = 0
    for seed in seeds:
        arrays = arrays_from(random_book(seed)[0])
        gates = arrays.gates
        # What holds one another up at the same time is taken as open to all: nothing is said to be guarded that is not.
        loose, every = gates.without_joint, range(gates.rules)
        graph = project(loose)
        theirs = nx.DiGraph([(one, int(other)) for one in range(graph.n) for other in graph.of(one)])
        theirs.add_nodes_from(range(graph.n))
        theirs.add_edges_from(("root", int(one)) for one in loose.r_head[loose.free])
        theirs.add_node("root")
        reached = nx.descendants(theirs, "root")
        found = bottlenecks(arrays, top=gates.n)
        guards = {one.credential: one.guards for one in found.found}
        assert found.sources == gates.n
        for one in range(gates.n):
            without = theirs.subgraph(set(theirs) - {one})
            lost = reached - nx.descendants(without, "root") - {one} if one in reached else set()
            assert guards.get(one, 0) == len(lost), seed
            assert not lost & fixpoint(arrays, [], every, [one])
            met += bool(lost)
    assert met > len(seeds) / 4


def test_reach_by_country_is_a_closure_for_each() -> None:
    """Only what a country offers can be taken there; recognition counts everywhere."""
    from dataclasses import replace

    book = RuleBook.of("a + b -> c", "a => d", "x -> y", full=["c", "d"])
    places = {"a": "IRL", "b": "FRA", "x": "FRA"}
    credentials = {iri: replace(one, country=places.get(iri, "")) for iri, one in book.credentials.items()}
    arrays = arrays_from(replace(book, credentials=credentials))
    found = {one.group: one for one in reach_by_country(arrays)}
    assert (found["IRL"].attained, found["IRL"].full, found["IRL"].takeable) == (2, 1, 1)
    assert (found["FRA"].attained, found["FRA"].full, found["FRA"].takeable) == (3, 0, 2)
    none = np.zeros(arrays.gates.n, dtype=np.uint8)
    groups = {"all": ((), None), "holds a": ((arrays.position("a"),), none)}
    assert [(one.group, one.attained) for one in reach_by_group(arrays, groups)] == [("all", 6), ("holds a", 2)]


def test_a_root_reaches_what_its_starts_reach() -> None:
    """The added node has the last number and no edge leads to it."""
    graph, _ = random_digraph(3)
    rooted = with_root(graph, np.array([0, 1], dtype=np.int32))
    assert rooted.n == graph.n + 1 and rooted.of(graph.n).tolist() == [0, 1]
