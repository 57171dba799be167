"""Blank nodes are named by what is said of them: the same for the same graph, another for another."""

from __future__ import annotations

import random

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.compare import isomorphic

from mcgraph.model.blank_nodes import Row, is_blank, names_by_content

EX = "https://example.org/"
_nodes = st.sampled_from(["_:a", "_:b", "_:c", "_:d", "_:e", EX + "x", EX + "y"])
_rows = st.lists(
    st.tuples(_nodes, st.sampled_from([EX + "p", EX + "q"]), _nodes).map(lambda t: (*t, "iri", "", "")),
    min_size=1,
    max_size=9,
)


def relabelled(rows: list[Row], seed: int) -> list[Row]:
    """The same graph with other labels, in another order."""
    draw = random.Random(seed)
    labels = {end for row in rows for end in (row[0], row[2]) if is_blank(end)}
    fresh = draw.sample([f"_:n{number}" for number in range(100)], len(labels))
    names = dict(zip(sorted(labels), fresh, strict=True))
    other = [(names.get(s, s), p, names.get(o, o), *rest) for s, p, o, *rest in rows]
    draw.shuffle(other)
    return other  # type: ignore[return-value]


def named(rows: list[Row]) -> set[tuple[str, ...]]:
    """The graph with every blank node by its new name."""
    names = names_by_content(rows).names
    return {(names.get(s, s), p, names.get(o, o) if kind == "iri" else o, kind, *rest) for s, p, o, kind, *rest in rows}


def graph(rows: list[Row]) -> rdflib.Graph:
    """The rows as rdflib has them."""
    made = rdflib.Graph()
    for s, p, o, *_ in rows:
        ends = [rdflib.BNode(end[2:]) if is_blank(end) else rdflib.URIRef(end) for end in (s, o)]
        made.add((ends[0], rdflib.URIRef(p), ends[1]))
    return made


@settings(max_examples=150, deadline=None)
@given(rows=_rows, seed=st.integers(0, 1000))
def test_the_same_graph_gets_the_same_names(rows: list[Row], seed: int) -> None:
    """Whatever the labels and the order."""
    assert named(rows) == named(relabelled(rows, seed))


@settings(max_examples=150, deadline=None)
@given(one=_rows, other=_rows)
def test_other_graphs_differ_where_rdflib_says_so(one: list[Row], other: list[Row]) -> None:
    """Equal after naming exactly where rdflib finds them isomorphic."""
    assert (named(one) == named(other)) == isomorphic(graph(one), graph(other))


def ring(*sizes: int) -> list[Row]:
    """Rings of blank nodes, alike at every node."""
    return [
        (f"_:r{number}-{at}", EX + "p", f"_:r{number}-{(at + 1) % size}", "iri", "", "")
        for number, size in enumerate(sizes)
        for at in range(size)
    ]


def test_rings_that_colours_do_not_tell_apart() -> None:
    """Two rings of three are not one of six; each is what it is under other labels."""
    assert named(ring(3, 3)) == named(relabelled(ring(3, 3), 1))
    assert named(ring(6)) == named(relabelled(ring(6), 2))
    assert named(ring(3, 3)) != named(ring(6))


def test_nothing_is_merged() -> None:
    """Two blank nodes that say the same stay two."""
    rows: list[Row] = [(f"_:{name}", EX + "p", "same", "literal", "", "") for name in "ab"]
    assert len(named(rows)) == 2


def test_many_alike_below_one_take_no_time() -> None:
    """Equal children of a blank node: a tree, of which any order is as good."""
    rows: list[Row] = [("_:top", EX + "p", f"_:c{number}", "iri", "", "") for number in range(90)]
    found = names_by_content(rows)
    assert (len(found.names), found.undecided) == (91, 0)
    assert named(rows) == named(relabelled(rows[:90], 3))


@pytest.mark.parametrize("size", [6, 8])
def test_what_cannot_be_decided_is_counted(size: int) -> None:
    """A dense graph that looks alike everywhere: within the bound decided, beyond it said."""
    rows: list[Row] = [
        (f"_:{a}", EX + "p", f"_:{b}", "iri", "", "") for a in range(size) for b in range(size) if a != b
    ]
    assert names_by_content(rows, ways=3).undecided == size
