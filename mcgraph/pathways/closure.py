"""What follows from what is held: the least fixpoint of the threshold groups, by counters.

Dowling and Gallier's forward chaining: each group counts the weight of its attained members, each rule its
open groups. Work is linear in the number of group members. Because it is a *least* fixpoint, two credentials
that recognise each other do not justify themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from mcgraph.pathways.hypergraph import Hypergraph

HELD = -1


@dataclass(frozen=True, slots=True)
class Closure:
    """`by` maps each attained credential, in the order of attainment, to its rule (`HELD` where it was held).

    `have` is the attained weight per group.
    """

    by: dict[int, int]
    have: list[int]


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
    while waiting:
        for group, weight in graph.uses[waiting.popleft()]:
            before = have[group]
            have[group] = before + weight
            if before < graph.need[group] <= have[group]:
                rule = graph.rule_of[group]
                open_groups[rule] -= 1
                if not open_groups[rule]:
                    fire(rule)
    return Closure(by, have)
