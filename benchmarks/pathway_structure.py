"""Pathways at scale, beside other libraries: the projection of a graph in networkx, scipy and rustworkx."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def clock(work: Callable[[], Any]) -> tuple[float, Any]:
    """The processor time that work takes, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def structure(arrays: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Whole-graph measures on the projection with a root, ours and the peers', on one list of edges."""
    from mcgraph.pathways.projection import betweenness, components, edges_of, from_edges, immediate_dominators, reach
    from mcgraph.pathways.reachability import close

    gates = arrays.gates
    sources, targets, rules = edges_of(gates)
    starts = np.unique(gates.r_head[gates.free])
    sources = np.append(sources, np.full(len(starts), gates.n, dtype=np.int32)).astype(np.int32)
    targets = np.append(targets, starts).astype(np.int32)
    rules = np.append(rules, np.full(len(starts), -1, dtype=np.int32)).astype(np.int32)
    n, root = gates.n + 1, np.array([gates.n], dtype=np.int32)
    graph = from_edges(n, sources, targets, rules)
    immediate_dominators(graph, gates.n), betweenness(graph, root), reach(graph, root)
    ours: dict[str, float] = {}
    ours["build"], graph = _best(lambda: from_edges(n, sources, targets, rules))
    ours["closure"], state = _best(lambda: close(gates, ()))
    ours["reach"], reached = _best(lambda: reach(graph, root))
    ours["components"], (count, _) = _best(lambda: components(graph))
    ours["dominators"], idom = _best(lambda: immediate_dominators(graph, gates.n))
    ours["betweenness"], _ = clock(lambda: betweenness(graph))
    answers = {
        "closure": len(state),
        "reach": len(reached),
        "components": count,
        "dominators": _sum_of(idom[:-1], idom[:-1] >= 0),
    }
    seconds = {f"{name}_seconds": round(took, 4) for name, took in ours.items()}
    figures = {**seconds, "edges": graph.edges, **answers}
    return figures, {
        "scipy": _scipy(n, sources, targets, ours, answers),
        "rustworkx": _rustworkx(n, sources, targets, ours, answers),
        "networkx": _networkx(n, sources, targets, ours, answers, gates),
    }


def _best(work: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    found = [clock(work) for _ in range(times)]
    return min(took for took, _ in found), found[0][1]


def _sum_of(idom: Any, mask: Any) -> int:
    return int(np.asarray(idom)[mask].astype(np.int64).sum())


def _peer(seconds: dict[str, float], ours: dict[str, float], same: dict[str, bool]) -> dict[str, Any]:
    ratios = {name: round(took / ours[name], 1) for name, took in seconds.items()}
    return {
        "seconds": {name: round(took, 3) for name, took in seconds.items()},
        "ratio": ratios,
        "same_result": all(same.values()),
        "compared": sorted(same),
    }


def _scipy(n: int, sources: Any, targets: Any, ours: dict[str, float], answers: dict[str, int]) -> dict[str, Any]:
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import breadth_first_order, connected_components

    ones = np.ones(len(sources), dtype=np.int8)
    seconds, same = {}, {}
    seconds["build"], graph = clock(lambda: csr_array((ones, (sources, targets)), shape=(n, n)))
    seconds["reach"], order = clock(lambda: breadth_first_order(graph, n - 1, return_predecessors=False))
    same["reach"] = len(order) == answers["reach"]
    seconds["components"], (count, _) = clock(lambda: connected_components(graph, connection="strong"))
    same["components"] = count == answers["components"]
    return _peer(seconds, ours, same)


def _rustworkx(n: int, sources: Any, targets: Any, ours: dict[str, float], answers: dict[str, int]) -> dict[str, Any]:
    if importlib.util.find_spec("rustworkx") is None:
        return {"reason": "not installed (extra: bench)"}
    import rustworkx as rx

    def build() -> Any:
        graph = rx.PyDiGraph()
        graph.add_nodes_from(range(n))
        graph.add_edges_from_no_data(list(zip(sources.tolist(), targets.tolist(), strict=True)))
        return graph

    seconds, same = {}, {}
    seconds["build"], graph = clock(build)
    seconds["reach"], below = clock(lambda: rx.descendants(graph, n - 1))
    same["reach"] = len(below) + 1 == answers["reach"]
    seconds["components"], found = clock(lambda: rx.strongly_connected_components(graph))
    same["components"] = len(found) == answers["components"]
    seconds["dominators"], idom = clock(lambda: rx.immediate_dominators(graph, n - 1))
    same["dominators"] = sum(above for node, above in idom.items() if node != n - 1) == answers["dominators"]
    return _peer(seconds, ours, same)


def _networkx(
    n: int, sources: Any, targets: Any, ours: dict[str, float], answers: dict[str, int], gates: Any
) -> dict[str, Any]:
    import networkx as nx

    def build() -> Any:
        graph = nx.DiGraph()
        graph.add_nodes_from(range(n))
        graph.add_edges_from(zip(sources.tolist(), targets.tolist(), strict=True))
        return graph

    seconds, same = {}, {}
    seconds["build"], graph = clock(build)
    seconds["reach"], below = clock(lambda: nx.descendants(graph, n - 1))
    same["reach"] = len(below) + 1 == answers["reach"]
    seconds["components"], count = clock(lambda: sum(1 for _ in nx.strongly_connected_components(graph)))
    same["components"] = count == answers["components"]
    seconds["dominators"], idom = clock(lambda: nx.immediate_dominators(graph, n - 1))
    total = sum(above for node, above in idom.items() if node != n - 1 and above is not None)
    same["dominators"] = total == answers["dominators"]
    graph.clear()
    seconds["closure"], attained = _networkx_closure(gates)
    same["closure"] = attained == answers["closure"]
    return _peer(seconds, ours, same)


def _networkx_closure(gates: Any) -> tuple[float, int]:
    """The same closure, thresholds and all, on a networkx digraph credential → group → rule → head."""
    import networkx as nx

    groups, rules = gates.n, gates.n + gates.groups
    graph = nx.DiGraph()
    listed = zip(
        np.repeat(np.arange(gates.n), np.diff(gates.c_ptr)).tolist(), (gates.c_group + groups).tolist(),
        gates.c_w.tolist(), strict=True,
    )  # fmt: skip
    graph.add_weighted_edges_from(listed)
    graph.add_edges_from(zip(range(groups, rules), (gates.g_rule + rules).tolist(), strict=True))
    graph.add_edges_from(zip(range(rules, rules + gates.rules), gates.r_head.tolist(), strict=True))
    left = dict(zip(range(groups, rules), gates.g_need.tolist(), strict=True))
    waiting = dict(zip(range(rules, rules + gates.rules), gates.group_counts.tolist(), strict=True))
    free = (gates.free + rules).tolist()
    return clock(lambda: _forward(graph, left, waiting, free))


def _forward(graph: Any, left: dict[int, int], waiting: dict[int, int], free: list[int]) -> int:
    queue = [head for rule in free for head in graph.adj[rule]]
    attained = set(queue)
    queue = list(attained)
    for one in queue:
        for group, edge in graph.adj[one].items() if one in graph else ():
            before = left[group]
            if before <= 0:
                continue
            left[group] = before - edge["weight"]
            if left[group] > 0:
                continue
            for rule in graph.adj[group]:
                waiting[rule] -= 1
                if waiting[rule] == 0:
                    for head in graph.adj[rule]:
                        if head not in attained:
                            attained.add(head)
                            queue.append(head)
    return len(attained)
