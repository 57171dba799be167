"""The plans for one target, cheapest first, each with the proof that nothing cheaper was left out.

A plan is the set of credentials to take. It is *inclusion-minimal*: none can be left out. The search keeps
partial plans in a queue ordered by a lower bound of their cost (A*). A plan that leaves the queue costs no
more than anything still in it, so it is proven the cheapest not yet listed; every way of filling a group is
tried, so none is missed. Choices are resolved without regard to circles; each complete plan must then pass
the closure, which knows no circular support.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from mcgraph.pathways.bounds import FREE, Cost, Instance, OpenGroup, add, group_bound, most, reduce
from mcgraph.pathways.closure import Closure, close
from mcgraph.pathways.hypergraph import Hypergraph

# Partial plans looked at before the search stops and says so; about two seconds here.
EFFORT = 20_000


@dataclass(frozen=True, slots=True)
class TakeSet:
    """What to take, its cost, and whether it is proven that no unlisted plan is cheaper."""

    takes: frozenset[int]
    cost: Cost
    bound: Cost
    proven: bool


@dataclass(frozen=True, slots=True)
class Found:
    """The plans in order of cost, and whether the search saw everything."""

    plans: tuple[TakeSet, ...]
    complete: bool
    stopped_by: str = ""


@dataclass(frozen=True, slots=True)
class _Filling:
    """A group on the way to being filled: members before `at` are decided, `chosen` are relied on.

    A member that some other group relies on is not counted here unasked: it may itself rest on this group.
    Only what is taken without any requirement counts at once.
    """

    group: OpenGroup
    at: int = 0
    chosen: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class _Partial:
    """A partial plan: what is taken, what is relied on, which groups and credentials are still undecided."""

    takes: frozenset[int] = frozenset()
    goals: frozenset[int] = frozenset()
    groups: tuple[_Filling, ...] = ()
    undecided: tuple[int, ...] = ()


@dataclass(slots=True)
class _Search:
    """The queue of one search."""

    graph: Hypergraph
    instance: Instance
    held: Collection[int]
    queue: list[tuple[Cost, int, int, _Partial]] = field(default_factory=list)
    seen: set[_Partial] = field(default_factory=set)
    order: Iterator[int] = field(default_factory=count)

    def push(self, partial: _Partial | None) -> None:
        settled = partial and self.settle(partial)
        if settled is None or settled in self.seen:
            return
        self.seen.add(settled)
        depth = len(settled.goals)
        heapq.heappush(self.queue, (self.bound(settled), -depth, next(self.order), settled))

    def settle(self, partial: _Partial) -> _Partial | None:
        """Make every choice that is forced; None where a group can no longer be filled."""
        while True:
            forced: list[int] = []
            groups: list[_Filling] = []
            for filling in partial.groups:
                left, free = self.lacks(filling, partial.takes)
                if left <= 0:
                    continue
                spare = sum(weight for _, weight in free) - left
                if spare < 0:
                    return None
                needed = [member for member, weight in free if weight > spare]
                forced.extend(needed)
                groups.append(replace(filling, chosen=filling.chosen.union(needed)) if needed else filling)
            partial = replace(partial, groups=tuple(groups))
            if not forced:
                return partial
            for member in forced:
                partial = self.rely_on(partial, member)

    def lacks(self, filling: _Filling, takes: frozenset[int]) -> tuple[int, list[tuple[int, int]]]:
        """What a group still lacks, and the candidates that are left for it."""
        left, free = filling.group.need, []
        for place, (member, weight) in enumerate(filling.group.members):
            if member in filling.chosen or (member in takes and member in self.instance.plain):
                left -= weight
            elif place >= filling.at:
                free.append((member, weight))
        return left, free

    def rely_on(self, partial: _Partial, one: int) -> _Partial:
        """`partial` that counts on credential `one`; its way is decided now where there is only one."""
        if one in partial.goals:
            return partial
        goals = partial.goals | {one}
        ways = self.instance.ways[one]
        if len(ways) > 1:
            return _Partial(partial.takes, goals, partial.groups, (*partial.undecided, one))
        return self.follow(_Partial(partial.takes, goals, partial.groups, partial.undecided), one, 0)

    def follow(self, partial: _Partial, one: int, way: int) -> _Partial:
        """`partial` with `one` attained by its way number `way`."""
        take, lacking = self.instance.ways[one][way]
        takes = partial.takes | {one} if take else partial.takes
        groups = (*partial.groups, *(_Filling(group) for group in lacking))
        return _Partial(takes, partial.goals, groups, partial.undecided)

    def branches(self, partial: _Partial) -> Iterator[_Partial]:
        """Two or more ways on, which together miss nothing."""
        if partial.groups:
            filling = min(partial.groups, key=lambda one: len(one.group.members) - one.at)
            _, free = self.lacks(filling, partial.takes)
            member = free[0][0]
            at = 1 + next(place for place, pair in enumerate(filling.group.members) if pair[0] == member)
            rest = tuple(other for other in partial.groups if other is not filling)
            chosen = _Filling(filling.group, at, filling.chosen | {member})
            yield self.rely_on(replace(partial, groups=(*rest, chosen)), member)
            yield replace(partial, groups=(*rest, _Filling(filling.group, at, filling.chosen)))
            return
        one, *others = partial.undecided
        decided = _Partial(partial.takes, partial.goals, (), tuple(others))
        for way in range(len(self.instance.ways[one])):
            yield self.follow(decided, one, way)

    def bound(self, partial: _Partial) -> Cost:
        """What every completion of `partial` costs at least."""
        atomic, price = self.instance.atomic, self.instance.price
        apart, single = FREE, FREE
        used: set[int] = set()
        for filling in partial.groups:
            left, free = self.lacks(filling, partial.takes)
            one = group_bound(left, free, price, atomic, partial.takes)
            single = most(single, one)
            mine = {member for member, _ in free if member in atomic}
            # Two groups that share a candidate may share its cost: only disjoint ones add up.
            if not mine & used:
                apart = add(apart, one)
                used |= mine
        spent = self.cost(partial.takes)
        lower = add(spent, most(apart, single))
        for one_goal in partial.undecided:
            lower = most(lower, self.instance.least[one_goal])
        return most(lower, self.instance.least[self.instance.target])

    def cost(self, takes: Collection[int]) -> Cost:
        total = FREE
        for one in takes:
            total = add(total, self.instance.price[one])
        return total

    def attains(self, takes: frozenset[int]) -> bool:
        return self.instance.target in close(self.graph, self.held, takes).by


def find_plans(
    graph: Hypergraph,
    held: Collection[int],
    target: int,
    price: dict[int, Cost],
    *,
    limit: int,
    effort: int = EFFORT,
) -> Found:
    """Up to `limit` inclusion-minimal plans, cheapest first; none where the target cannot be reached."""
    base, reach = close(graph, held), close(graph, held, None)
    if target not in reach.by:
        return Found((), True)
    if target in base.by:
        return Found((TakeSet(frozenset(), FREE, FREE, True),), True)
    search = _Search(graph, reduce(graph, target, base, reach, price), held)
    search.push(search.rely_on(_Partial(), target))
    plans: list[TakeSet] = []
    looked_at = 0
    # One plan more than asked for tells whether the list was cut.
    while search.queue and len(plans) <= limit and looked_at < effort:
        bound, _, _, partial = heapq.heappop(search.queue)
        looked_at += 1
        # A superset of a listed plan is not minimal; a smaller plan always leaves the queue first.
        if any(plan.takes <= partial.takes for plan in plans):
            continue
        if partial.groups or partial.undecided:
            for branch in search.branches(partial):
                search.push(branch)
        elif search.attains(partial.takes):
            plans.append(TakeSet(partial.takes, bound, bound, True))
    if len(plans) > limit:
        return Found(tuple(plans[:limit]), False, "pathway_routes")
    return _finish(search, plans, reach)


def _finish(search: _Search, plans: list[TakeSet], reach: Closure) -> Found:
    open_ones = [entry for entry in search.queue if not any(p.takes <= entry[3].takes for p in plans)]
    if not open_ones:
        return Found(tuple(plans), True)
    if not plans:
        takes = _shrink(search, reach)
        cost = search.cost(takes)
        bound = min(entry[0] for entry in open_ones)
        plans = [TakeSet(takes, cost, min(bound, cost), cost <= bound)]
    return Found(tuple(plans), False, "pathway_states")


def _shrink(search: _Search, reach: Closure) -> frozenset[int]:
    """A minimal plan made by leaving out the dearest credentials first while the target stays attained."""
    price = search.instance.price
    kept = frozenset(one for one in reach.by if one in price)
    for one in sorted(kept, key=lambda taken: (price[taken], taken), reverse=True):
        if search.attains(kept - {one}):
            kept -= {one}
    return kept
