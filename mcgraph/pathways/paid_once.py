"""The search for the cheapest plan (split.py) put to a rule book: prices from the objectives, steps from its rules.

It decides questions without budgets, whatever is minimised as a sum over what is taken. One use of a credit is part of
it. Of the other side conditions it knows nothing: a plan that uses no rule with any is the optimum all the same; where
one is used, the exact model decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import lcm

import numpy as np

from mcgraph.pathways.arrays import Bytes, Gates, Longs
from mcgraph.pathways.conditions import terms_of
from mcgraph.pathways.constraints import Option
from mcgraph.pathways.hypergraph import Hypergraph
from mcgraph.pathways.instance import cut
from mcgraph.pathways.pricing import Pricing
from mcgraph.pathways.reachability import Workspace, close
from mcgraph.pathways.route import Step
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.split import Optimum, optimum
from mcgraph.pathways.trace import step_of

# From this many members on the search beats the model by more than the compiler takes to start.
SEARCH_FROM = 250


@dataclass(frozen=True, slots=True)
class PaidOnce:
    """What the search says: steps and options of the best plan (None: none found), value and bound, proven or not."""

    steps: tuple[Step, ...] | None
    chosen: Mapping[str, Option]
    bound: Decimal
    complete: bool


def is_worth_it(graph: Hypergraph) -> bool:
    """Whether the instance is large enough for the search, and no courses hold one another up, which it cannot."""
    return not graph.joint and sum(map(len, graph.members)) >= SEARCH_FROM


def gates_of(graph: Hypergraph) -> Gates:
    """A hypergraph of objects as arrays, in the same order of rules, groups and members."""
    kinds = {"take": 0, "stack": 1, "recognise": 2}
    members = [pair for group in graph.members for pair in group]
    return Gates.of(
        len(graph.names),
        np.array(graph.head, dtype=np.int32),
        np.array([kinds[rule.kind] for rule in graph.rules], dtype=np.int8),
        np.array(graph.rule_of, dtype=np.int32),
        np.array(graph.need, dtype=np.int64),
        np.repeat(np.arange(len(graph.need), dtype=np.int32), [len(group) for group in graph.members]),
        np.array([member for member, _ in members], dtype=np.int32),
        np.array([weight for _, weight in members], dtype=np.int64),
        beside_of(graph),
    )


def beside_of(graph: Hypergraph) -> Longs:
    """The places in the list of all members of those that may be taken at the same time as what their group is for."""
    listed = [(group, member) for group, those in enumerate(graph.members) for member, _ in those]
    return np.array([at for at, pair in enumerate(listed) if pair in graph.together], dtype=np.int64)


def once_groups(graph: Hypergraph) -> Bytes:
    """1 for each group whose countings must not spend a credit twice within their rule."""
    marks = np.zeros(len(graph.need), dtype=np.uint8)
    for rule, groups in zip(graph.rules, graph.groups_of, strict=True):
        use = terms_of(rule).use if rule.kind == "stack" else "each"
        if use != "each":
            for place, group in enumerate(groups):
                marks[group] = use == "rule" or rule.groups[place].requirement == "credit-points"
    return marks


def cheapest_plan(
    book: RuleBook,
    graph: Hypergraph,
    held: frozenset[int],
    target: int,
    pricing: Pricing,
    objectives: Sequence[Mapping[str, Decimal]],
    seconds: float,
) -> PaidOnce | None:
    """The best plan of a question without budgets; None where it is not one for this search."""
    if any("providers" in weights for weights in objectives):
        return None
    gates = gates_of(graph)
    own = np.array(sorted(held), dtype=np.int32)
    reach = close(gates, own)
    if not reach.has(target) or target in held:
        return None
    stop = np.zeros(gates.n, dtype=np.uint8)
    stop[own] = 1
    instance = cut(gates, target, Workspace(gates), reach.fired, reach.mask, stop)
    taken = [graph.head[rule] for rule in instance.rules.tolist() if graph.is_take[rule]]
    prices = _prices([graph.names[one] for one in taken], pricing, objectives)
    if prices is None:
        return None
    price = np.zeros(instance.gates.rules, dtype=np.int64)
    price[instance.gates.r_kind == 0] = prices.combined
    marks = once_groups(graph)
    groups = [group for rule in instance.rules.tolist() for group in graph.groups_of[rule]]
    found = optimum(instance, price, once=marks[groups] if groups else marks[:0], seconds=seconds)
    if found is None:
        return None
    bound = Decimal(found.at_least // prices.factor) / prices.scale
    if found.cost is None:
        return PaidOnce(None, {}, bound, found.complete)
    to = instance.credentials.tolist()
    ways = {to[instance.gates.r_head[rule]]: int(instance.rules[rule]) for rule in found.rules}
    steps = _steps(book, graph, ways, _counted(found, instance.gates, to))
    names = {graph.names[one] for one, rule in ways.items() if graph.is_take[rule]}
    chosen = {name: prices.options[name] for name in sorted(names)}
    return PaidOnce(steps, chosen, bound, found.complete)


@dataclass(frozen=True, slots=True)
class _Prices:
    """One whole number per taking: the objectives in their order, the first worth `factor` of what comes after it."""

    combined: list[int]
    options: Mapping[str, Option]
    factor: int
    scale: int


def _prices(names: Sequence[str], pricing: Pricing, objectives: Sequence[Mapping[str, Decimal]]) -> _Prices | None:
    options: dict[str, Option] = {}
    costs: list[list[Decimal]] = []
    for name in names:
        best = min(
            ([_cost(pricing, name, option, weights) for weights in objectives], place)
            for place, option in enumerate(pricing.options(name))
        )
        options[name] = pricing.options(name)[best[1]]
        costs.append(best[0])
    scales = [_scale([row[at] for row in costs]) for at in range(len(objectives))]
    combined, factor = [0] * len(names), 1
    for at in range(len(objectives) - 1, -1, -1):
        whole = [int(row[at] * scales[at]) for row in costs]
        combined = [low + value * factor for low, value in zip(combined, whole, strict=True)]
        if at:
            factor = 1 + sum(combined)
    return None if sum(combined) >= 1 << 62 else _Prices(combined, options, factor, scales[0])


def _cost(pricing: Pricing, name: str, option: Option, weights: Mapping[str, Decimal]) -> Decimal:
    amounts = ((weight, pricing.amount(name, unit, option)) for unit, weight in weights.items())
    return sum((weight * amount for weight, amount in amounts if amount), Decimal(0))


def _scale(values: Sequence[Decimal]) -> int:
    """What makes whole numbers of all the values."""
    return lcm(1, *(value.as_integer_ratio()[1] for value in set(values)))


def _counted(found: Optimum, gates: Gates, to: Sequence[int]) -> dict[int, tuple[tuple[int, ...], ...]]:
    return {
        to[gates.r_head[rule]]: tuple(tuple(to[member] for member in group) for group in counted)
        for rule, counted in zip(found.rules, found.counted, strict=True)
    }


def _steps(
    book: RuleBook, graph: Hypergraph, ways: Mapping[int, int], counted: Mapping[int, tuple[tuple[int, ...], ...]]
) -> tuple[Step, ...]:
    """The steps, layer by layer; `counted` lists credentials in an order of attainment."""
    layers: dict[int, int] = {}
    for one, groups in counted.items():
        layers[one] = 1 + max((layers.get(member, 0) for group in groups for member in group), default=0)
    ordered = sorted(layers, key=lambda one: (layers[one], one))
    return tuple(
        step_of(book, graph, number, layers[one], one, graph.rules[ways[one]], counted[one], True)
        for number, one in enumerate(ordered, start=1)
    )
