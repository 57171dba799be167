"""The projection of some thousand credentials as a networkx graph, for people who want to go on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.pathways.arrays import KINDS, Arrays, Ints
from mcgraph.pathways.projection import edges_of

if TYPE_CHECKING:
    import networkx

NOTE = "The projection: an edge says that a credential counts towards the next, not that it is enough."


def to_networkx(
    arrays: Arrays, credentials: Ints | None = None, *, limits: Limits | None = None
) -> networkx.DiGraph[str]:
    """The subgraph of the projection on some credentials (positions; None: all) as a `networkx.DiGraph` of IRIs.

    Nodes have `level`, `country`, `provider`, `full`; edges have `kind` (take: a prerequisite, stack, recognise),
    `rule`, `claimant`, `claim`, `valid_from`, `valid_until` of the first rule that makes them.

    Raises `LimitReached` above `pathway_view_nodes`: such a graph takes minutes and gigabytes there.
    """
    import networkx as nx

    bounds = limits or Limits()
    kept = np.arange(arrays.gates.n, dtype=np.int32) if credentials is None else np.unique(credentials)
    if len(kept) > bounds.pathway_view_nodes:
        raise LimitReached(
            f"{len(kept):,} credentials are too many for networkx; the limit pathway_view_nodes is "
            f"{bounds.pathway_view_nodes:,}",
            fix="Ask for the part around one target: around(arrays, target, …).credentials.",
        )
    graph: networkx.DiGraph[str] = nx.DiGraph(note=NOTE, date=arrays.date.isoformat(), snapshot=arrays.snapshot)
    names = arrays.named(kept)
    facts = arrays.credentials[kept.tolist()].select("level", "country", "provider", "full")
    graph.add_nodes_from(zip(names, facts.iter_rows(named=True), strict=True))
    inside = np.zeros(arrays.gates.n, dtype=np.bool_)
    inside[kept] = True
    sources, targets, rules = edges_of(arrays.gates)
    wanted = inside[sources] & inside[targets]
    for one, other, rule in zip(sources[wanted], targets[wanted], rules[wanted], strict=True):
        graph.add_edge(arrays.name(one), arrays.name(other), **_statement(arrays, int(rule)))
    return graph


def _statement(arrays: Arrays, rule: int) -> dict[str, Any]:
    said = arrays.statements.row(rule, named=True)
    said["rule"] = said.pop("iri")
    return {"kind": KINDS[arrays.gates.r_kind[rule]], **said}
