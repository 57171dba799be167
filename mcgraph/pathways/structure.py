"""How a whole store hangs together: dead ends, circles, bottlenecks, and who can reach how much.

Attainment here is exact; what is said of ways, circles and bottlenecks is said of the projection, and named so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mcgraph.limits import Limits
from mcgraph.pathways.arrays import RECOGNISE, Arrays, Bytes, Gates, Ints
from mcgraph.pathways.projection import (
    Digraph,
    betweenness,
    components,
    immediate_dominators,
    project,
    reach,
    turned,
    with_root,
)
from mcgraph.pathways.reachability import close, only


@dataclass(frozen=True, slots=True)
class DeadEnds:
    """Credentials (positions) that lead to no full qualification even in the projection, and that nobody can attain.

    `leading_nowhere` are described, no full qualification, and rise to none. `unattainable` are described and not
    attained even when everything that can be taken is taken. `isolated` are those of the first that no rule names.
    """

    leading_nowhere: tuple[int, ...]
    unattainable: tuple[int, ...]
    isolated: tuple[int, ...]


def dead_ends(arrays: Arrays) -> DeadEnds:
    """The credentials from which nothing goes on, and those to which nothing leads."""
    gates = arrays.gates
    graph = project(gates)
    full = np.flatnonzero(arrays.is_full).astype(np.int32)
    rising = np.zeros(gates.n, dtype=np.bool_)
    rising[reach(turned(graph), full)] = True
    described = arrays.credentials.get_column("described").to_numpy()
    attained = close(gates, ()).mask == 1
    nowhere = np.flatnonzero(described & ~rising)
    named = np.diff(gates.c_ptr) > 0
    named[gates.r_head[gates.group_counts > 0]] = True
    return DeadEnds(
        tuple(nowhere.tolist()),
        tuple(np.flatnonzero(described & ~attained).tolist()),
        tuple(nowhere[~named[nowhere]].tolist()),
    )


@dataclass(frozen=True, slots=True)
class Circle:
    """Credentials that each lead to the other without any recognition, and a shortest circle through some of them.

    `witness` starts and ends at the same credential; `rules[i]` leads from `witness[i]` to `witness[i + 1]`.
    """

    members: tuple[int, ...]
    witness: tuple[int, ...]
    rules: tuple[int, ...]


def circles(arrays: Arrays) -> list[Circle]:
    """Every circle of stacking and prerequisites, one per strongly connected component, smallest members first.

    A credential that is a part of itself is a circle of one. Circles through recognition are lawful (two bodies
    recognise each other) and are not listed; nor are courses that ask for one another, each at the same time at the
    latest. The first edge of a witness is one that must come before.
    """
    gates = arrays.gates
    stacking = gates.r_kind != RECOGNISE
    graph = project(gates, lambda rules: stacking[rules])
    before = project(gates.only_before, lambda rules: stacking[rules]) if len(gates.beside) else graph
    found = [Circle((one,), (one, one), (rule,)) for one, rule in _own_parts(gates, stacking)]
    count, label = components(graph)
    sizes = np.bincount(label, minlength=count)
    for component in np.flatnonzero(sizes > 1):
        members = np.flatnonzero(label == component)
        circle = _shortest(graph, before, label, members)
        if circle is not None:
            found.append(circle)
    return sorted(found, key=lambda circle: circle.members)


def _own_parts(gates: Gates, stacking: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[tuple[int, int]]:
    """Credentials that are a member of a rule to themselves, with the first such rule."""
    groups = np.repeat(np.arange(gates.groups), np.diff(gates.m_ptr))
    rules = gates.g_rule[groups]
    own = (gates.r_head[rules] == gates.m_cred) & stacking[rules]
    first: dict[int, int] = {}
    for one, rule in zip(gates.m_cred[own].tolist(), rules[own].tolist(), strict=True):
        first.setdefault(one, rule)
    return sorted(first.items())


def _shortest(
    graph: Digraph, before: Digraph, label: Ints, members: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Circle | None:
    """A shortest circle of a component: breadth first from each member, never leaving it, shorter ones only.

    Its first edge is one of `before`; None where all may be at the same time.
    """
    best: list[int] = []
    for start in members.tolist():
        path = _back_to(graph, before, label, start, len(best) - 2 if best else len(members))
        if path and (not best or len(path) < len(best)):
            best = path
        if len(best) == 3:
            break
    if not best:
        return None
    edges = list(pairwise(best))
    rules = [_rule(before, *edges[0]), *(_rule(graph, one, other) for one, other in edges[1:])]
    return Circle(tuple(members.tolist()), tuple(best), tuple(rules))


def _back_to(graph: Digraph, before: Digraph, label: Ints, start: int, longest: int) -> list[int]:
    """The shortest way from a node back to itself with at most `longest` edges, the first of `before`, or nothing."""
    above: dict[int, int] = {start: -1}
    layer, depth = [start], 0
    while layer and depth < longest:
        following = []
        for one in layer:
            for other in (graph if depth else before).of(one).tolist():
                if other == start:
                    path = [start, one]
                    while (one := above[one]) >= 0:
                        path.append(one)
                    return path[::-1]
                if label[other] == label[start] and other not in above:
                    above[other] = one
                    following.append(other)
        layer, depth = following, depth + 1
    return []


def _rule(graph: Digraph, one: int, other: int) -> int:
    return int(graph.rule[graph.ptr[one] : graph.ptr[one + 1]][graph.of(one) == other][0])


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A credential many ways go through.

    `guards`: how many of the credentials that the projection reaches it dominates; none of them is attained without it.
    `betweenness`: how many shortest ways of the projection between others go through it.
    """

    credential: int
    guards: int
    betweenness: float


@dataclass(frozen=True, slots=True)
class Bottlenecks:
    """The worst bottlenecks; `sources` of `n` credentials were starting points of the betweenness (all: exact)."""

    found: tuple[Bottleneck, ...]
    sources: int
    n: int


def bottlenecks(
    arrays: Arrays, *, top: int, held: Sequence[int] = (), limits: Limits | None = None
) -> Bottlenecks:
    """The credentials that guard most others, then those most ways go through.

    Attainment starts from `held` and from what can be taken without anything.
    """
    gates = arrays.gates
    graph = project(gates)
    # What holds one another up is taken as open to all, so that nothing is said to be guarded that is not.
    loose = gates.without_joint
    guards = guarded(loose, graph if loose is gates else project(loose), held)
    sources = np.arange(min(gates.n, (limits or Limits()).pathway_sources), dtype=np.int32)
    score = betweenness(graph, sources)
    best = np.lexsort((np.arange(gates.n), -score, -guards))[:top]
    found = tuple(
        Bottleneck(int(one), int(guards[one]), float(score[one])) for one in best if guards[one] > 0 or score[one] > 0
    )
    return Bottlenecks(found, len(sources), gates.n)


def guarded(gates: Gates, graph: Digraph, held: Sequence[int] = ()) -> Ints:
    """Per credential how many others it dominates, seen from what is held and what can be taken without anything.

    A credential that dominates another in the projection is on every plan to it, since the projection has every plan's
    ways; the other way round need not hold.
    """
    starts = np.unique(np.concatenate([gates.r_head[gates.free], np.asarray(held, dtype=np.int32)])).astype(np.int32)
    idom = immediate_dominators(with_root(graph, starts), gates.n)
    below = np.zeros(gates.n + 1, dtype=np.int32)
    depth = _depths(idom, gates.n)
    for level in range(int(depth.max(initial=0)), 1, -1):
        ones = np.flatnonzero(depth == level)
        np.add.at(below, idom[ones], below[ones] + 1)
    return below[: gates.n]


def _depths(idom: Ints, root: int) -> Ints:
    """How far each node is below the root in the tree of dominators; 0 where it is not reached."""
    depth = np.zeros(len(idom), dtype=np.int32)
    order = np.flatnonzero((idom >= 0) & (np.arange(len(idom)) != root))
    at, steps = idom[order].copy(), np.ones(len(order), dtype=np.int32)
    moving = at != root
    while bool(moving.any()):
        at[moving] = idom[at[moving]]
        steps[moving] += 1
        moving = at != root
    depth[order] = steps
    return depth


@dataclass(frozen=True, slots=True)
class GroupReach:
    """What a group of learners can attain: how many credentials, and how many full qualifications among them."""

    group: str
    attained: int
    full: int
    takeable: int


def reach_by_country(arrays: Arrays) -> list[GroupReach]:
    """Per country what somebody attains who may take only what is offered there; recognition counts anywhere.

    A credential that states no country can be taken by nobody here. Sorted by what is attained, most first.
    """
    countries = arrays.credentials.get_column("country")
    masks = {
        str(name): (countries == name).to_numpy().astype(np.uint8)
        for name in countries.unique().sort().to_list()
        if name
    }
    return reach_by_group(arrays, {name: ((), mask) for name, mask in masks.items()})


def reach_by_group_and_country(
    arrays: Arrays, groups: Mapping[str, Sequence[int]], anywhere: str = "anywhere"
) -> dict[str, list[GroupReach]]:
    """Per group (what it holds) what it attains in each country, and where it may take anything (`anywhere`)."""
    countries = arrays.credentials.get_column("country")
    names = [str(name) for name in countries.unique().sort().to_list() if name]
    masks: dict[str, Bytes | None] = {anywhere: None}
    masks |= {name: (countries == name).to_numpy().astype(np.uint8) for name in names}
    return {
        group: reach_by_group(arrays, {where: (held, mask) for where, mask in masks.items()})
        for group, held in groups.items()
    }


def reach_by_group(arrays: Arrays, groups: Mapping[str, tuple[Sequence[int], Bytes | None]]) -> list[GroupReach]:
    """Per group, given as what it holds and a mask of what it may take (None: anything), what it attains."""
    found = []
    takes = arrays.is_take == 1
    for name, (held, mask) in groups.items():
        allowed = only(arrays, mask)
        state = close(arrays.gates, held, allowed)
        full = int(arrays.is_full[state.order].sum())
        found.append(GroupReach(name, len(state), full, int((takes & (allowed == 1)).sum())))
    return sorted(found, key=lambda one: (-one.attained, one.group))
