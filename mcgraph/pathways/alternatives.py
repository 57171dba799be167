"""K different ways through the projection, cheapest first, within limits of hours, credit points, levels, countries.

These are *ways*, not plans: each step says that one credential counts towards the next, not that it is enough. They
show how things hang together, and screen for a plan; never show one as a plan.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mcgraph.errors import WrongUse
from mcgraph.model.jit import chosen
from mcgraph.pathways.arrays import Arrays, Bytes, Ints, Longs
from mcgraph.pathways.hyperpath import INFINITE
from mcgraph.pathways.instance import Instance
from mcgraph.pathways.kernels import digraph as kernels
from mcgraph.pathways.projection import Digraph, from_edges, project, turned

CAVEAT = "A way of counting one credential towards the next; it is no plan: a step may need other credentials too."
LABELS = 50_000
_ORDERS = ("hours", "credits", "new")


@dataclass(frozen=True, slots=True)
class Way:
    """One way through the projection, positions in the whole store; `rules[i]` leads to `credentials[i + 1]`.

    `amounts` are what its steps after the first ask for: hours and credits (millionths), new (credentials).
    """

    credentials: tuple[int, ...]
    rules: tuple[int, ...]
    amounts: Mapping[str, int]
    caveat: str = CAVEAT
    is_plan: bool = False


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways found, best first; `truncated` names the limit that cut the search."""

    ways: tuple[Way, ...]
    truncated: str = ""


@dataclass(frozen=True, slots=True)
class WayLimits:
    """What a way must keep to; amounts in millionths. `level_jump`: how many EQF levels one step may rise.

    A step between credentials of which one states no level passes the filter: nothing is known against it.
    """

    hours: int | None = None
    credits: int | None = None
    steps: int | None = None
    level_jump: int | None = None
    countries: Collection[str] | None = None


def ways(
    arrays: Arrays,
    instance: Instance,
    start: int,
    *,
    k: int = 10,
    order: str = "hours",
    limits: WayLimits | None = None,
    labels: int = LABELS,
) -> Ways:
    """The `k` best simple ways from `start` (in the whole store) to the instance's target.

    Raises `WrongUse` for an order that is not known. Where the start is not in the instance there is no way.
    """
    if order not in _ORDERS:
        raise WrongUse(f"«{order[:40]}» orders no ways", fix=f"Use one of {', '.join(_ORDERS)}.")
    here = instance.local(start)
    if here is None or k < 1:
        return Ways(())
    bounds = limits or WayLimits()
    graph = _filtered(arrays, instance, bounds)
    names = (order, *(name for name in _ORDERS if name != order))
    weights = np.stack([_entering(arrays, instance, name) for name in names])
    most = {"hours": bounds.hours, "credits": bounds.credits, "new": bounds.steps}
    allowed = np.array([INFINITE if most[name] is None else most[name] for name in names], dtype=np.int64)
    found, above, node, cut = _search(graph, here, instance.target, weights, allowed, k, labels)
    made = tuple(_way(instance, graph, node, above, int(label), names, weights) for label in found)
    return Ways(made, "pathway_labels" if cut else "")


def _entering(arrays: Arrays, instance: Instance, name: str) -> Longs:
    """What attaining each credential of the instance asks for."""
    if name == "new":
        return np.ones(instance.gates.n, dtype=np.int64)
    amounts = arrays.credentials.get_column(name).gather(instance.credentials).to_numpy()
    return np.asarray(np.maximum(amounts, 0), dtype=np.int64)


def _filtered(arrays: Arrays, instance: Instance, bounds: WayLimits) -> Digraph:
    """The instance's projection without steps that rise too far or lead to another country."""
    graph = project(instance.gates)
    if bounds.level_jump is None and bounds.countries is None:
        return graph
    sources = np.repeat(np.arange(graph.n, dtype=np.int32), np.diff(graph.ptr))
    keep = np.ones(graph.edges, dtype=np.bool_)
    if bounds.level_jump is not None:
        level = arrays.credentials.get_column("level").gather(instance.credentials).fill_null(0).to_numpy()
        low, high = level[sources].astype(np.int64), level[graph.to].astype(np.int64)
        keep &= (low == 0) | (high == 0) | (high - low <= bounds.level_jump)
    if bounds.countries is not None:
        countries = arrays.credentials.get_column("country").gather(instance.credentials)
        keep &= countries.is_in(list(bounds.countries)).to_numpy()[graph.to]
    return from_edges(graph.n, sources[keep], graph.to[keep], graph.rule[keep])


def _search(
    graph: Digraph, start: int, target: int, weights: Longs, limits: Longs, k: int, labels: int
) -> tuple[Ints, Ints, Ints, bool]:
    back = turned(graph)
    to_go = np.full((len(weights), graph.n), INFINITE, dtype=np.int64)
    keys, items = np.empty(graph.edges + 2, dtype=np.int64), np.empty(graph.edges + 2, dtype=np.int32)
    bound = chosen(kernels.least_to_go, graph.edges)
    for row in range(len(weights)):
        bound(back.ptr, back.to, target, weights[row], to_go[row], keys, items)
    none = np.empty(0, dtype=np.int32)
    if bool((to_go[:, start] > limits).any()) or to_go[0, start] >= INFINITE:
        return none, none, none, False
    node, above = np.empty(labels, dtype=np.int32), np.empty(labels, dtype=np.int32)
    spent = np.empty((len(weights), labels), dtype=np.int64)
    spent[:, 0] = 0
    found = np.full(k, -1, dtype=np.int32)
    made = chosen(kernels.best_ways, graph.edges)(
        graph.ptr, graph.to, start, target, weights, to_go, limits, k, node, above, spent,
        np.empty(labels + 1, dtype=np.int64), np.empty(labels + 1, dtype=np.int32), found,
    )  # fmt: skip
    ways_found = found[found >= 0]
    return ways_found, above, node, bool(made >= labels and len(ways_found) < k)


def _way(
    instance: Instance, graph: Digraph, node: Ints, above: Ints, label: int, names: tuple[str, ...], weights: Longs
) -> Way:
    path: list[int] = []
    while label >= 0:
        path.append(int(node[label]))
        label = int(above[label])
    path.reverse()
    rules = [_edge(graph, one, other) for one, other in pairwise(path)]
    amounts = {name: int(weights[row, path[1:]].sum()) for row, name in enumerate(names)}
    return Way(
        tuple(int(instance.credentials[one]) for one in path),
        tuple(int(instance.rules[rule]) for rule in rules),
        amounts,
    )


def _edge(graph: Digraph, one: int, other: int) -> int:
    return int(graph.rule[graph.ptr[one] : graph.ptr[one + 1]][graph.of(one) == other][0])


def mask_of(arrays: Arrays, countries: Collection[str]) -> Bytes:
    """1 for each credential of one of the countries, to say what may be taken."""
    return arrays.credentials.get_column("country").is_in(list(countries)).to_numpy().astype(np.uint8)
