"""From a solution of a tracked model to ordered steps: one way per credential, and what each group counts."""

from __future__ import annotations

from mcgraph.pathways.components import components
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
    beside: dict[int, set[int]] = {}
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
        pairs = zip(graph.groups_of[rule], counted[one], strict=True)
        earlier = {member for at, group in pairs for member in group if (at, member) not in graph.together}
        beside[one] = members - earlier - ordered
        needs[one] = members | ordered
        for member in members - ordered:
            first.setdefault(member, set()).update(ordered)
        waiting.extend(needs[one])
    before = {one: (needs[one] | first.get(one, set())) & counted.keys() - {one} for one in counted}
    return _in_order(model, way, counted, before, {one: beside[one] - first.get(one, set()) for one in counted})


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
    before: dict[int, set[int]],
    beside: dict[int, set[int]],
) -> tuple[Step, ...]:
    """The steps, each after what it rests on; of those that may come next, the one with the first name.

    `beside[one]` are those of `before[one]` that may be taken with it. Where nothing may come next, what only waits for
    one another is taken together.
    """
    graph = model.graph
    layer: dict[int, int] = {}
    steps: list[Step] = []
    while len(layer) < len(counted):
        ready = [{one} for one in counted if one not in layer and before[one] <= layer.keys()]
        ready = ready or _circles(layer, before, beside)
        depth, batch = min((_depth(layer, before, each), sorted(each)) for each in ready)
        layer |= dict.fromkeys(batch, depth)
        for one in batch:
            rule = graph.rules[way[one]]
            steps.append(step_of(model.book, graph, len(steps) + 1, depth, one, rule, counted[one], True))
    return tuple(steps)


def _depth(layer: dict[int, int], before: dict[int, set[int]], batch: set[int]) -> int:
    return 1 + max((layer[b] for one in batch for b in before[one] - batch), default=0)


def _circles(layer: dict[int, int], before: dict[int, set[int]], beside: dict[int, set[int]]) -> list[set[int]]:
    """Sets of steps that wait for one another only, and may be taken at the same time."""
    waiting = {one: before[one] - layer.keys() for one in before if one not in layer}
    parts = [set(part) for part in components(waiting)]
    return [part for part in parts if all(waiting[one] <= part & beside[one] for one in part)]
