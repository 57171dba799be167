"""From a solution of a tracked model to ordered steps: one way per credential, and what each group counts."""

from __future__ import annotations

from mcgraph.pathways.conditions import terms_of
from mcgraph.pathways.linear import Solution
from mcgraph.pathways.milp_model import PlanModel
from mcgraph.pathways.route import Step
from mcgraph.pathways.trace import step_of

Counted = tuple[tuple[int, ...], ...]


def derive(model: PlanModel, solution: Solution, on: frozenset[int]) -> tuple[Step, ...]:
    """The steps to the target by the ways that are on; what the target does not rest on is left out."""
    graph = model.graph
    way = {graph.head[rule]: rule for rule in on}
    counted: dict[int, Counted] = {}
    needs: dict[int, set[int]] = {}
    first: dict[int, set[int]] = {}
    waiting = [model.target]
    while waiting:
        one = waiting.pop()
        if one in counted or one in model.held:
            continue
        rule = way[one]
        counted[one] = _counted(model, solution, rule)
        members = {member for group in counted[one] for member in group}
        ordered = {
            graph.position[name] for name in model.terms(rule).order if graph.position[name] not in model.held
        }
        needs[one] = members | ordered
        for member in members - ordered:
            first.setdefault(member, set()).update(ordered)
        waiting.extend(needs[one])
    return _in_order(model, way, counted, needs, first)


def _counted(model: PlanModel, solution: Solution, rule: int) -> Counted:
    """What each group of a way counts; surplus is dropped where nothing else of the rule rests on it."""
    graph = model.graph
    keep_all = not graph.is_take[rule] and terms_of(graph.rules[rule]).residency is not None
    found = []
    for group in graph.groups_of[rule]:
        picked = [
            (member, weight)
            for member, weight in graph.members[group]
            if (group, member) in model.use and solution.is_on(model.use[group, member])
        ]
        spare = sum(weight for _, weight in picked) - graph.need[group]
        # What has to be attained is let go before what is held, and light before heavy.
        for pair in sorted(picked, key=lambda pair: (pair[0] in model.held, pair[1], pair[0])):
            if not keep_all and pair[1] <= spare:
                picked.remove(pair)
                spare -= pair[1]
        found.append(tuple(member for member, _ in picked))
    return tuple(found)


def _in_order(
    model: PlanModel,
    way: dict[int, int],
    counted: dict[int, Counted],
    needs: dict[int, set[int]],
    first: dict[int, set[int]],
) -> tuple[Step, ...]:
    """The steps, each after what it rests on; of those that may come next, the one with the first name."""
    graph = model.graph
    before = {one: (needs[one] | first.get(one, set())) & counted.keys() - {one} for one in counted}
    layer: dict[int, int] = {}
    steps: list[Step] = []
    while len(layer) < len(counted):
        ready = [one for one in counted if one not in layer and before[one] <= layer.keys()]
        one = min(ready, key=lambda each: (1 + max((layer[b] for b in before[each]), default=0), each))
        layer[one] = 1 + max((layer[b] for b in before[one]), default=0)
        rule = graph.rules[way[one]]
        steps.append(step_of(model.book, graph, len(steps) + 1, layer[one], one, rule, counted[one], True))
    return tuple(steps)
