"""Lower bounds: how much is certainly still to take for a group or a credential.

A cost is (new credentials, credit points, hours), the last two in millionths. Each part of a bound holds by
itself, so comparing bounds part by part from the left is sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcgraph.pathways.closure import Closure
from mcgraph.pathways.hypergraph import Hypergraph

Cost = tuple[int, int, int]
FREE: Cost = (0, 0, 0)


def add(left: Cost, right: Cost) -> Cost:
    """The sum, part by part."""
    return (left[0] + right[0], left[1] + right[1], left[2] + right[2])


def most(left: Cost, right: Cost) -> Cost:
    """The larger of each part."""
    return (max(left[0], right[0]), max(left[1], right[1]), max(left[2], right[2]))


@dataclass(frozen=True, slots=True, eq=False)
class OpenGroup:
    """What a group still lacks beside what is attained for nothing, and the members that can fill it.

    `may_circle`: some may be taken at the same time, in a circle, so that what they rest on is no bound.
    """

    need: int
    members: tuple[tuple[int, int], ...]
    may_circle: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """What is left to decide for one target: per credential its ways, per way its open groups.

    `ways[c]` are pairs (is it taking, open groups). `atomic` credentials can be had only by taking them;
    `plain` ones, besides, need nothing first. `least[c]` is a lower bound of what attaining c costs.
    """

    target: int
    ways: dict[int, tuple[tuple[bool, tuple[OpenGroup, ...]], ...]]
    price: dict[int, Cost]
    atomic: frozenset[int]
    plain: frozenset[int]
    least: dict[int, Cost]


def reduce(graph: Hypergraph, target: int, base: Closure, reach: Closure, price: dict[int, Cost]) -> Instance:
    """The instance left when `base` is attained for nothing and only `reach` can be attained at all."""
    ways: dict[int, tuple[tuple[bool, tuple[OpenGroup, ...]], ...]] = {}
    for one in reach.by:
        if one in base.by:
            continue
        found = []
        for rule in graph.ways[one]:
            if all(reach.have[group] >= graph.need[group] for group in graph.groups_of[rule]):
                lacking = (_open(graph, group, base, reach, price, one) for group in graph.groups_of[rule])
                found.append((graph.is_take[rule], tuple(group for group in lacking if group.need > 0)))
        ways[one] = tuple(found)
    atomic = frozenset(one for one, found in ways.items() if all(take for take, _ in found))
    plain = frozenset(one for one, found in ways.items() if found == ((True, ()),))
    return Instance(target, ways, price, atomic, plain, _least(ways, price, atomic))


def _open(graph: Hypergraph, group: int, base: Closure, reach: Closure, price: dict[int, Cost], head: int) -> OpenGroup:
    need = graph.need[group] - base.have[group]
    members = [
        (member, min(weight, need))
        for member, weight in graph.members[group]
        if member in reach.by and member not in base.by and member != head
    ]
    # Cheap and heavy members first: the search then meets good plans early.
    members.sort(key=lambda pair: (price.get(pair[0], FREE), -pair[1], pair[0]))
    may_circle = graph.rule_of[group] in graph.joint and any((group, m) in graph.together for m, _ in members)
    return OpenGroup(need, tuple(members), may_circle)


def _least(
    ways: dict[int, tuple[tuple[bool, tuple[OpenGroup, ...]], ...]],
    price: dict[int, Cost],
    atomic: frozenset[int],
) -> dict[int, Cost]:
    """Per credential a cost that no way of attaining it can undercut; repeated until nothing changes."""
    least: dict[int, Cost] = {}
    changing = True
    while changing:
        changing = False
        for one, found in ways.items():
            options = (
                _way_least(take, groups, price[one] if take else FREE, least, price, atomic) for take, groups in found
            )
            known = [option for option in options if option is not None]
            if not known:
                continue
            best = (min(o[0] for o in known), min(o[1] for o in known), min(o[2] for o in known))
            if least.get(one) != best:
                least[one] = best
                changing = True
    return least


def _way_least(
    take: bool,
    groups: tuple[OpenGroup, ...],
    own: Cost,
    least: dict[int, Cost],
    price: dict[int, Cost],
    atomic: frozenset[int],
) -> Cost | None:
    worst = FREE
    for group in groups:
        inside = FREE if group.may_circle else _dearest_needed(group, least)
        if inside is None:
            return None
        worst = most(worst, most(inside, group_bound(group.need, group.members, price, atomic)))
    # What is taken itself is never among the parts that justify taking it.
    return add(own, worst) if take else worst


def _dearest_needed(group: OpenGroup, least: dict[int, Cost]) -> Cost | None:
    """Per part of the cost: the bound of the dearest member that even the cheapest filling needs."""
    parts: list[int] = []
    for part in range(3):
        left = group.need
        for cost, weight in sorted((least[m][part], w) for m, w in group.members if m in least):
            left -= weight
            if left <= 0:
                parts.append(cost)
                break
        else:
            return None
    return (parts[0], parts[1], parts[2])


def group_bound(
    need: int,
    members: Sequence[tuple[int, int]],
    price: dict[int, Cost],
    atomic: frozenset[int],
    taken: frozenset[int] = frozenset(),
) -> Cost:
    """What filling a group costs at least.

    Members that are taken already or could come of something else cost nothing; parts of one may be used.
    """
    only = [pair for pair in members if pair[0] in atomic and pair[0] not in taken]
    left = need - sum(weight for _, weight in members) + sum(weight for _, weight in only)
    if left <= 0:
        return FREE
    return (
        _fewest(left, [weight for _, weight in only]),
        _fraction(left, [(price[member][1], weight) for member, weight in only]),
        _fraction(left, [(price[member][2], weight) for member, weight in only]),
    )


def _fewest(left: int, weights: list[int]) -> int:
    for count, weight in enumerate(sorted(weights, reverse=True), start=1):
        left -= weight
        if left <= 0:
            return count
    return len(weights)


def _fraction(left: int, items: list[tuple[int, int]]) -> int:
    """The least cost of weight `left` when a member may be taken in part, rounded down."""
    total = 0
    for cost, weight in sorted(items, key=lambda item: item[0] / item[1]):
        if weight >= left:
            return total + cost * left // weight
        total += cost
        left -= weight
    return total
