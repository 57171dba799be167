"""What follows from what is held: the least fixpoint of the threshold groups, by counters.

Dowling and Gallier's forward chaining: each group counts the weight of its attained members, each rule its
open groups. Work is linear in the number of group members. Because it is a *least* fixpoint, two credentials
that recognise each other do not justify themselves. Only courses that may be taken at the same time may: those that
ask for one another together, and for nothing else that is missing, are attained together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from mcgraph.pathways.hypergraph import Hypergraph

HELD = -1


@dataclass(frozen=True, slots=True)
class Closure:
    """`by` maps each attained credential, in the order of attainment, to its rule (`HELD` where it was held).

    `have` is the attained weight per group. `batch` numbers what was taken together because it asks for one another.
    """

    by: dict[int, int]
    have: list[int]
    batch: dict[int, tuple[int, int]] = field(default_factory=dict)

    def is_before(self, first: int, then: int, rank: Mapping[int, int]) -> bool:
        """Whether `first` was attained before `then`, and not together with it."""
        mine = self.batch.get(first)
        return rank[first] < rank[then] and (mine is None or mine != self.batch.get(then))


def close(graph: Hypergraph, held: Collection[int], takes: Collection[int] | None = ()) -> Closure:
    """All that is attained from `held` when the credentials of `takes` may be taken (None: any may)."""
    have = [0] * len(graph.need)
    open_groups = [len(groups) for groups in graph.groups_of]
    by = dict.fromkeys(sorted(held), HELD)
    waiting = deque(by)

    def fire(rule: int) -> None:
        head = graph.head[rule]
        if head in by or (graph.is_take[rule] and takes is not None and head not in takes):
            return
        by[head] = rule
        waiting.append(head)

    for rule, groups in enumerate(graph.groups_of):
        if not groups:
            fire(rule)
    batch: dict[int, tuple[int, int]] = {}
    looked_at: Collection[int] = graph.joint
    circles: dict[int, list[int]] = {}
    while True:
        fresh: list[int] = []
        while waiting:
            fresh.append(waiting.popleft())
            for group, weight in graph.uses[fresh[-1]]:
                before = have[group]
                have[group] = before + weight
                if before < graph.need[group] <= have[group]:
                    rule = graph.rule_of[group]
                    open_groups[rule] -= 1
                    if not open_groups[rule]:
                        fire(rule)
        if batch:
            # A circle of which no member is new is as incomplete as it was.
            circles = circles or _by_member(graph)
            looked_at = dict.fromkeys(rule for one in fresh for rule in circles.get(one, ()))
        new = _together(graph, by, have, takes, looked_at)
        if not new:
            return Closure(by, have, batch)
        number = len(batch)
        batch |= {graph.head[rule]: (number, graph.joint[rule]) for rule in new}
        for rule in new:
            fire(rule)


def _by_member(graph: Hypergraph) -> dict[int, list[int]]:
    """Per member of a group of joint rules the rules of the circles it may complete."""
    circles: dict[int, list[int]] = {}
    for rule, circle in graph.joint.items():
        circles.setdefault(circle, []).append(rule)
    found: dict[int, list[int]] = {}
    for rules in circles.values():
        groups = (group for rule in rules for group in graph.groups_of[rule])
        for member in dict.fromkeys(member for group in groups for member, _ in graph.members[group]):
            found.setdefault(member, []).extend(rules)
    return found


def _together(
    graph: Hypergraph,
    by: Mapping[int, int],
    have: list[int],
    takes: Collection[int] | None,
    among: Collection[int],
) -> list[int]:
    """Takings that only wait for one another, circle by circle: what may be taken at the same time counts.

    They are of the largest set of takings that wait for nothing else; what is left of it follows in the next rounds.
    `among` are joint rules, whole circles of them.
    """
    new = [
        rule for rule in among if graph.head[rule] not in by and (takes is None or graph.head[rule] in takes)
    ]
    while new:
        heads = {graph.head[rule] for rule in new}
        kept = [rule for rule in new if all(_meets(graph, group, have, heads) for group in graph.groups_of[rule])]
        if len(kept) == len(new):
            return _first_circles(graph, new, have)
        new = kept
    return []


def _first_circles(graph: Hypergraph, new: list[int], have: list[int]) -> list[int]:
    """The takings of those circles that wait for no other circle: what rests on them is attained after them.

    There is one wherever there are takings, because circles are strongly connected components.
    """
    circles: dict[int, list[int]] = {}
    for rule in new:
        circles.setdefault(graph.joint[rule], []).append(rule)
    found: list[int] = []
    for rules in circles.values():
        heads = {graph.head[rule] for rule in rules}
        if all(_meets(graph, group, have, heads) for rule in rules for group in graph.groups_of[rule]):
            found += rules
    return sorted(found)


def _meets(graph: Hypergraph, group: int, have: list[int], heads: Collection[int]) -> bool:
    head = graph.head[graph.rule_of[group]]
    beside = (w for m, w in graph.members[group] if m in heads and m != head and (group, m) in graph.together)
    return have[group] >= graph.need[group] or have[group] + sum(beside) >= graph.need[group]
