"""The projection: an edge from each member of each group to what the rule attains, as a plain digraph.

It forgets that a rule needs *all* of its groups, so it says more than is true: what it does not reach cannot be
attained, but what it reaches may still lack something. Its measures (dominators, betweenness, circles) are about
this graph and no more; a way in it is never a plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mcgraph.model.jit import chosen
from mcgraph.pathways.arrays import Gates, Ints, Longs
from mcgraph.pathways.kernels import digraph as kernels

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, eq=False)
class Digraph:
    """Edges in compressed form: those of v are `to[ptr[v]:ptr[v+1]]`; `rule` is the rule behind each edge."""

    ptr: Longs
    to: Ints
    rule: Ints

    @property
    def n(self) -> int:
        """How many nodes."""
        return len(self.ptr) - 1

    @property
    def edges(self) -> int:
        """How many edges."""
        return len(self.to)

    def of(self, node: int) -> Ints:
        """The nodes to which a node has an edge."""
        return self.to[self.ptr[node] : self.ptr[node + 1]]


def from_edges(n: int, sources: Ints, targets: Ints, rules: Ints) -> Digraph:
    """A digraph of a list of edges, each source's edges in the order of the list."""
    ptr, to, edge = (
        np.zeros(n + 1, dtype=np.int64),
        np.empty(len(targets), dtype=np.int32),
        np.empty(len(targets), dtype=np.int32),
    )
    chosen(kernels.compress, len(targets))(sources, targets, ptr, to, edge)
    return Digraph(ptr, to, rules[edge])


def edges_of(gates: Gates, keep: Callable[[Ints], NDArray[np.bool_]] | None = None) -> tuple[Ints, Ints, Ints]:
    """Each distinct pair member → head with the first rule behind it, circles of one left out; in order of pairs.

    `keep` says for an array of rules which count.
    """
    rules = gates.g_rule[gates.c_group]
    sources = np.repeat(np.arange(gates.n, dtype=np.int32), np.diff(gates.c_ptr))
    targets = gates.r_head[rules]
    kept = sources != targets
    if keep is not None:
        kept &= keep(rules)
    pair = sources[kept].astype(np.int64) * max(1, gates.n) + targets[kept]
    _, first = np.unique(pair, return_index=True)
    return sources[kept][first], targets[kept][first], rules[kept][first]


def project(gates: Gates, keep: Callable[[Ints], NDArray[np.bool_]] | None = None) -> Digraph:
    """The projection of a hypergraph, without parallel edges."""
    return from_edges(gates.n, *edges_of(gates, keep))


def turned(graph: Digraph) -> Digraph:
    """The same edges the other way round."""
    sources = np.repeat(np.arange(graph.n, dtype=np.int32), np.diff(graph.ptr))
    return from_edges(graph.n, graph.to, sources, graph.rule)


def with_root(graph: Digraph, starts: Ints) -> Digraph:
    """The graph with one more node, n, that has an edge to each start."""
    ptr = np.append(graph.ptr, graph.ptr[-1] + len(starts))
    rules = np.append(graph.rule, np.full(len(starts), -1, dtype=np.int32))
    return Digraph(ptr, np.append(graph.to, starts).astype(np.int32), rules)


def reach(graph: Digraph, sources: Ints) -> Ints:
    """What can be reached from the sources, themselves included, nearest first."""
    seen, queue = np.zeros(graph.n, dtype=np.uint8), np.empty(graph.n, dtype=np.int32)
    count = chosen(kernels.reach, graph.edges)(graph.ptr, graph.to, sources, seen, queue)
    return queue[:count]


def immediate_dominators(graph: Digraph, root: int) -> Ints:
    """Per node its immediate dominator seen from the root; the root itself for the root, -1 where not reached."""
    n, edges = graph.n, graph.edges
    made: list[Any] = [np.empty(n, dtype=np.int32) for _ in range(7)]
    node, parent, stack, semi, low, ancestor, idom = made
    number, back_ptr = np.full(n, -1, dtype=np.int32), np.zeros(n + 1, dtype=np.int32)
    lists: list[Any] = [np.empty(edges, dtype=np.int32) for _ in range(3)]
    tails, heads, back = lists
    ptr = graph.ptr.astype(np.int32)
    node[0] = parent[0] = 0
    count = chosen(kernels.dominators, edges)(
        ptr, graph.to, root, number, node, parent, ptr[:-1].copy(), stack, tails, heads,
        back_ptr, back, semi, low, ancestor, idom,
    )  # fmt: skip
    found = np.full(n, -1, dtype=np.int32)
    found[node[:count]] = node[idom[:count]]
    return found


def betweenness(graph: Digraph, sources: Ints | None = None) -> NDArray[np.float64]:
    """How many shortest ways between others go through each node, shared among equals (Brandes 2001); exact."""
    n = graph.n
    score = np.zeros(n)
    every = np.arange(n, dtype=np.int32) if sources is None else sources
    chosen(kernels.betweenness, graph.edges)(
        graph.ptr, graph.to, every, np.full(n, -1, dtype=np.int32), np.zeros(n), np.zeros(n),
        np.empty(n, dtype=np.int32), score,
    )  # fmt: skip
    return score


def components(graph: Digraph) -> tuple[int, Ints]:
    """The number of strongly connected components, and each node's."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    matrix = csr_array((np.ones(graph.edges, dtype=np.int8), graph.to, graph.ptr), shape=(graph.n, graph.n))
    count, label = connected_components(matrix, directed=True, connection="strong")
    return int(count), label.astype(np.int32)
