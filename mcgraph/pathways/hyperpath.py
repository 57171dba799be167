"""A first plan in milliseconds: the cheapest hyperpath where each use is paid, the earliest finish, and a lower bound.

What is shared is paid at each use here, so the value of a tree is only an upper bound of the cheapest plan, and its
plan, each credential paid once, is nearly always cheaper than the tree and seldom much above the optimum. The optimum
itself is NP-hard (set cover) and belongs to the exact solver.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mcgraph.model.jit import chosen
from mcgraph.pathways.arrays import TAKE, Bytes, Gates, Ints, Longs
from mcgraph.pathways.instance import Instance
from mcgraph.pathways.kernels import closure as closures
from mcgraph.pathways.kernels import hyperpath as kernels
from mcgraph.pathways.reachability import Attained, close

INFINITE = kernels.INFINITE
# A group whose credit points need a finer knapsack than this is filled in order of cost, which is sound, not cheapest.
GATE_CELLS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """Per credential the value of its cheapest hyperpath (`INFINITE`: none), its rule and its place in the order.

    `exact` is False where some group was too fine for its knapsack: values are then upper bounds.
    """

    value: Longs
    by: Ints
    rank: Ints
    exact: bool
    _d_ptr: Longs
    _d_unit: Longs


def knapsacks(gates: Gates) -> tuple[Longs, Longs, bool]:
    """Per group where its knapsack cells start and what a cell weighs (0: its members weigh the same, or too many)."""
    unit = np.zeros(gates.groups, dtype=np.int64)
    size = np.zeros(gates.groups, dtype=np.int64)
    some = np.flatnonzero(np.diff(gates.m_ptr) > 0)
    if len(some):
        # Empty groups aside, each group's members end where the next one's begin.
        starts = gates.m_ptr[some]
        common = np.gcd.reduceat(gates.m_w, starts)
        mixed = np.minimum.reduceat(gates.m_w, starts) != np.maximum.reduceat(gates.m_w, starts)
        unit[some[mixed]] = common[mixed]
        size[some[mixed]] = -(-gates.g_need[some[mixed]] // common[mixed])
    too_fine = size > GATE_CELLS
    unit[too_fine] = 0
    size[too_fine] = 0
    return np.concatenate(([0], np.cumsum(size + 1))), unit, not bool(too_fine.any())


def cheapest(gates: Gates, held: Ints, price: Longs, *, at_most: bool = False) -> Tree:
    """The cheapest hyperpath to every credential when each rule costs `price` at each use.

    With `at_most` the dearest part of a group or rule counts in the place of the sum: for hours that is the earliest
    finish when everything is studied at once, and for costs a lower bound of any plan. Prices are not negative.
    """
    d_ptr, d_unit, exact = knapsacks(gates)
    if at_most:
        d_ptr, d_unit, exact = np.arange(gates.groups + 1, dtype=np.int64), np.zeros_like(d_unit), True
    cells = np.full(int(d_ptr[-1]), INFINITE, dtype=np.int64)
    cells[d_ptr[:-1]] = 0
    room = gates.n + gates.rules + gates.members + 1
    value = np.full(gates.n, INFINITE, dtype=np.int64)
    by, rank = np.full(gates.n, closures.UNATTAINED, dtype=np.int32), np.full(gates.n, -1, dtype=np.int32)
    run = chosen(kernels.settle, gates.members)
    run(
        gates.c_ptr, gates.c_group, gates.c_w, gates.g_rule, gates.g_need, gates.r_head, gates.free,
        held, price, at_most,
        d_ptr, d_unit, cells, gates.group_counts.copy(), np.zeros(gates.rules, dtype=np.int64),
        np.full(gates.groups, INFINITE, dtype=np.int64), np.zeros(gates.groups, dtype=np.int64),
        np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int32), value, by, rank,
    )  # fmt: skip
    return Tree(value, by, rank, exact, d_ptr, d_unit)


@dataclass(frozen=True, slots=True)
class FirstPlan:
    """A sound plan, found fast: positions of the credentials to take and of all rules used, in the whole store.

    `cost`: each rule paid once. `at_least`: no plan costs less. `tree`: its value with each use paid. A plan is
    proven cheapest only where `cost == at_least`.
    """

    takes: tuple[int, ...]
    rules: tuple[int, ...]
    cost: int
    at_least: int
    tree: int

    @property
    def proven(self) -> bool:
        """Whether the bound meets the cost."""
        return self.cost == self.at_least


def first_plan(instance: Instance, price: Longs) -> FirstPlan | None:
    """The plan of the cheapest hyperpath to the instance's target, less what it can do without.

    `price` is per rule of the whole store. None where the target cannot be attained.
    """
    gates = instance.gates
    local = price[instance.rules]
    if gates.joint:
        return _plan_together(instance, local)
    tree = cheapest(gates, instance.held, local)
    if tree.value[instance.target] >= INFINITE:
        return None
    on_it = supports(gates, tree, instance.target)
    ways = tree.by[on_it]
    takes = ways[ways >= 0]
    takes = takes[gates.r_kind[takes] == TAKE]
    allowed = _without_waste(gates, instance, takes[np.argsort(-local[takes], kind="stable")])
    rules = _derivation(gates, instance, allowed)
    kept = rules[gates.r_kind[rules] == TAKE]
    bound = cheapest(gates, instance.held, local, at_most=True).value[instance.target]
    return FirstPlan(
        tuple(sorted(int(one) for one in instance.credentials[gates.r_head[kept]])),
        tuple(sorted(int(rule) for rule in instance.rules[rules])),
        int(local[rules].sum()),
        int(bound),
        int(tree.value[instance.target]),
    )


def _plan_together(instance: Instance, price: Longs) -> FirstPlan | None:
    """The plan where courses may hold one another up: everything, less what can be done without, the dearest first.

    No tree says what such courses cost, so the plan stands in for its value; the bound is that of the rules without
    what may be taken at the same time in a circle.
    """
    gates = instance.gates
    rules = needed_rules(instance, np.argsort(-price, kind="stable"))
    if rules is None:
        return None
    kept = rules[gates.r_kind[rules] == TAKE]
    loose = gates.without_joint
    bound = cheapest(loose, instance.held, price, at_most=True).value[instance.target]
    return FirstPlan(
        tuple(sorted(int(one) for one in instance.credentials[gates.r_head[kept]])),
        tuple(sorted(int(rule) for rule in instance.rules[rules])),
        int(price[rules].sum()),
        int(bound),
        int(price[rules].sum()),
    )


def needed_rules(instance: Instance, order: Longs, allowed: Bytes | None = None) -> Ints | None:
    """Rules that attain the target and of which none can be left out, tried in `order`; None where nothing does.

    They are tried many at once: where none of some is needed one closure says so, else each half is tried. What is
    seen to be needed by its group is not tried; of k others that are needed, k · log(rules / k) closures tell.
    """
    gates = instance.gates
    state = close(gates, instance.held, allowed)
    if not state.has(instance.target):
        return None
    used, certain = _rested_on(instance, state)
    waiting = [order]
    while waiting:
        block = waiting.pop()
        block = block[(used[block] == 1) & (certain[block] == 0)]
        if len(block) == 0:
            continue
        used[block] = 0
        state = close(gates, instance.held, used)
        if state.has(instance.target):
            used, certain = _rested_on(instance, state)
            continue
        used[block] = 1
        if len(block) > 1:
            waiting += [block[len(block) // 2 :], block[: len(block) // 2]]
        else:
            certain[block] = 1
    return np.flatnonzero(used).astype(np.int32)


def _rested_on(instance: Instance, state: Attained) -> tuple[Bytes, Bytes]:
    """Of the rules by which something is attained, those the target may rest on, and those it certainly needs."""
    gates = instance.gates
    run = chosen(closures.rest_on, gates.members)
    found = []
    for certain in (False, True):
        marks = np.zeros(gates.rules, dtype=np.uint8)
        run(
            gates.r_ptr, gates.m_ptr, gates.m_cred, gates.m_w, gates.g_need, state.by, instance.target,
            certain, np.empty(gates.n, dtype=np.int32), marks,
        )  # fmt: skip
        found.append(marks)
    return found[0], found[1]


def supports(gates: Gates, tree: Tree, target: int) -> Longs:
    """The credentials on which the hyperpath to the target rests, the target included."""
    used, chosen_ones = np.zeros(gates.members, dtype=np.uint8), np.zeros(gates.n, dtype=np.uint8)
    run = chosen(kernels.choose, gates.members)
    run(
        gates.r_ptr, gates.m_ptr, gates.m_cred, gates.m_w, gates.g_need, tree._d_ptr, tree._d_unit,
        tree.value, tree.by, tree.rank, target, used, chosen_ones, np.empty(gates.n + 1, dtype=np.int32),
    )  # fmt: skip
    return np.flatnonzero(chosen_ones)


def _without_waste(gates: Gates, instance: Instance, takes: Ints) -> Bytes:
    """Which rules are allowed once every taking that is not needed is forbidden, the dearest tried first."""
    allowed = np.asarray(gates.r_kind != TAKE, dtype=np.uint8)
    allowed[takes] = 1
    run = chosen(closures.shrink, gates.members)
    run(
        gates.c_ptr, gates.c_group, gates.c_w, gates.g_rule, gates.r_head, gates.free, instance.held, instance.target,
        gates.g_need, gates.group_counts, takes, allowed,
        np.empty(gates.groups, dtype=np.int64), np.empty(gates.rules, dtype=np.int32),
        np.empty(gates.n, dtype=np.int32), np.empty(gates.n, dtype=np.int32),
    )  # fmt: skip
    return allowed


def _derivation(gates: Gates, instance: Instance, allowed: Bytes) -> Ints:
    """The rules by which the target is attained with the allowed ones: fewest uses, then nothing that it needs not."""
    weight = np.where(allowed == 1, 1, kernels.DEAREST >> 20).astype(np.int64)
    tree = cheapest(gates, instance.held, weight)
    ways = tree.by[supports(gates, tree, instance.target)]
    return ways[ways >= 0]
