"""What no plan can do without: mandatory credentials, statements and claimants; and the cheapest set to lose.

A thing is mandatory when the target is not attained without it. Only what one plan rests on can be mandatory, so a
closure per member of one plan decides it exactly (AND-OR landmarks). The smallest set whose loss cuts a target off is
NP-hard to find; it is found as a hitting set: a set that hits every plan met so far either cuts, or leaves a plan to
add (Haslum, Slaney and Thiébaux 2012 use the same for delete-free planning).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mcgraph.model.jit import chosen
from mcgraph.pathways.arrays import RECOGNISE, TAKE, Arrays, Ints, Longs
from mcgraph.pathways.hyperpath import INFINITE, cheapest, needed_rules, supports
from mcgraph.pathways.instance import Instance
from mcgraph.pathways.kernels import closure as kernels
from mcgraph.pathways.reachability import close

What = Literal["credentials", "agreements", "rules"]
Mask = NDArray[np.bool_]
_FORBIDDEN = INFINITE >> 20


@dataclass(frozen=True, slots=True)
class Mandatory:
    """What every plan to the target uses: positions of credentials, and rules that are stated (no taking)."""

    credentials: tuple[int, ...]
    rules: tuple[int, ...]


def mandatory(instance: Instance) -> Mandatory | None:
    """The credentials and stated rules on every plan to the target; None where there is no plan.

    What is held already is on no list, nor is the target itself.
    """
    gates = instance.gates
    ways = _one_plan(instance)
    if ways is None:
        return None
    new = gates.r_head[ways]
    new = new[new != instance.target]
    stated = ways[gates.r_kind[ways] != TAKE]
    without = np.concatenate([new, np.full(len(stated), -1)]).astype(np.int32)
    numbers = np.full(gates.rules, -1, dtype=np.int32)
    numbers[stated] = np.arange(len(stated)) + len(new)
    needed = _needed(instance, without, numbers)
    return Mandatory(
        tuple(sorted(int(one) for one in instance.credentials[new[needed[: len(new)]]])),
        tuple(sorted(int(rule) for rule in instance.rules[stated[needed[len(new) :]]])),
    )


def _one_plan(instance: Instance) -> Ints | None:
    """The rules of one plan to the target, ordered by what they attain; None where there is no plan."""
    gates = instance.gates
    if gates.joint:
        rules = needed_rules(instance, np.arange(gates.rules))
        return None if rules is None else rules[np.argsort(gates.r_head[rules], kind="stable")]
    tree = cheapest(gates, instance.held, np.ones(gates.rules, dtype=np.int64))
    if tree.value[instance.target] >= INFINITE:
        return None
    ways = tree.by[supports(gates, tree, instance.target)]
    return ways[ways >= 0]


def _needed(instance: Instance, without: Ints, without_rule: Ints) -> Mask:
    gates = instance.gates
    if gates.joint:
        return np.array(
            [_is_lost(instance, int(one), without_rule == place) for place, one in enumerate(without)], dtype=np.bool_
        )
    found = np.zeros(len(without), dtype=np.uint8)
    run = chosen(kernels.find_needed, gates.members)
    run(
        gates.c_ptr, gates.c_group, gates.c_w, gates.g_rule, gates.r_head, gates.free, instance.held, instance.target,
        gates.g_need, gates.group_counts, without, without_rule,
        np.empty(gates.groups, dtype=np.int64), np.empty(gates.rules, dtype=np.int32),
        np.empty(gates.n, dtype=np.int32), np.empty(gates.n, dtype=np.int32),
        np.empty(gates.rules, dtype=np.uint8), found,
    )  # fmt: skip
    return np.asarray(found == 1, dtype=np.bool_)


def _is_lost(instance: Instance, credential: int, lost: Mask) -> bool:
    """Whether the target is not attained without a credential (-1: none) and some rules."""
    gates = instance.gates
    allowed = np.asarray(~lost & (gates.r_head != credential), dtype=np.uint8)
    return not close(gates, instance.held[instance.held != credential], allowed).has(instance.target)


def mandatory_statements(arrays: Arrays, instance: Instance) -> tuple[str, ...]:
    """The statements (IRIs) without which the target is not attained, each with all the rules it makes."""
    return _mandatory_by(instance, arrays.statements["iri"].gather(instance.rules).to_list())


def mandatory_claimants(arrays: Arrays, instance: Instance) -> tuple[str, ...]:
    """Those without all of whose statements the target is not attained."""
    return _mandatory_by(instance, arrays.statements["claimant"].gather(instance.rules).to_list())


def _mandatory_by(instance: Instance, labels: Sequence[str]) -> tuple[str, ...]:
    """Labels of stated rules such that the target is lost when all rules of the label are."""
    stated = instance.gates.r_kind != TAKE
    names = sorted({label for label, counts in zip(labels, stated, strict=True) if counts and label})
    at = {name: number for number, name in enumerate(names)}
    numbers = [at.get(label, -1) if counts else -1 for label, counts in zip(labels, stated, strict=True)]
    needed = _needed(instance, np.full(len(names), -1, dtype=np.int32), np.array(numbers, dtype=np.int32).reshape(-1))
    everything = close(instance.gates, instance.held)
    return tuple(name for name, is_needed in zip(names, needed, strict=True) if is_needed and everything.has(0))


@dataclass(frozen=True, slots=True)
class Cut:
    """A set whose loss makes the target unattainable: positions of credentials, or of rules.

    `cost` is its weight, `at_least` a proven lower bound; `proven` where they meet. `rounds` plans were met. Where
    `possible` is False no such set exists: the target is held or free, or rests on nothing of the kind asked for.
    """

    of: What
    members: tuple[int, ...]
    cost: int
    at_least: int
    rounds: int
    possible: bool = True
    limit: str = ""

    @property
    def proven(self) -> bool:
        """Whether no cheaper set exists."""
        return self.possible and self.cost == self.at_least


def cheapest_cut(
    instance: Instance, *, of: What = "credentials", weights: Longs | None = None, rounds: int = 200
) -> Cut:
    """The cheapest set of credentials, agreements (recognitions) or stated rules whose loss cuts the target off.

    `weights` are per credential or rule of the instance (default 1 each; 0 or less: cannot be lost). After `rounds`
    plans the best cut known is returned with its bound.
    """
    gates = instance.gates
    size = gates.n if of == "credentials" else gates.rules
    cost = np.ones(size, dtype=np.int64) if weights is None else weights.astype(np.int64)
    can = cost > 0
    if of == "credentials":
        can[instance.target] = False
        can[instance.held] = False
    else:
        can &= (gates.r_kind == RECOGNISE) if of == "agreements" else (gates.r_kind != TAKE)
    if _plan_without(instance, of, np.flatnonzero(can), can) is not None:
        return Cut(of, (), 0, 0, 0, possible=False)
    plans: list[Longs] = []
    lost, bound = np.zeros(0, dtype=np.int64), 0
    while len(plans) < rounds:
        plan = _plan_without(instance, of, lost, can)
        if plan is None:
            return _cut(instance, of, lost, cost, bound, len(plans))
        plans.append(plan)
        lost = _hitting_set(plans, cost)
        bound = int(cost[lost].sum())
    return _cut(instance, of, _any_cut(instance, of, lost, can, cost), cost, bound, len(plans), "pathway_cut_rounds")


def _cut(instance: Instance, of: What, lost: Longs, cost: Longs, bound: int, rounds: int, limit: str = "") -> Cut:
    whole = instance.credentials if of == "credentials" else instance.rules
    return Cut(of, tuple(sorted(int(one) for one in whole[lost])), int(cost[lost].sum()), bound, rounds, limit=limit)


def _plan_without(instance: Instance, of: What, lost: Longs, can: Mask) -> Longs | None:
    """What a plan that avoids `lost` rests on, among what can be lost; None where there is no plan."""
    gates = instance.gates
    price = np.ones(gates.rules, dtype=np.int64)
    forbidden = np.isin(gates.r_head, lost) if of == "credentials" else np.zeros(gates.rules, dtype=np.bool_)
    if of != "credentials":
        forbidden[lost] = True
    if gates.joint:
        rules = needed_rules(instance, np.arange(gates.rules), np.asarray(~forbidden, dtype=np.uint8))
        if rules is None:
            return None
        used = np.unique(gates.r_head[rules]) if of == "credentials" else rules
        return used[can[used]].astype(np.int64)
    # A forbidden rule costs more than any tree of others: where it is used, there is no other plan.
    price[forbidden] = _FORBIDDEN
    tree = cheapest(gates, instance.held, price, at_most=True)
    if tree.value[instance.target] >= _FORBIDDEN:
        return None
    on_it = supports(gates, tree, instance.target)
    members = on_it if of == "credentials" else np.unique(tree.by[on_it][tree.by[on_it] >= 0])
    return members[can[members]].astype(np.int64)


def _hitting_set(sets: list[Longs], cost: Longs) -> Longs:
    """The cheapest set of numbers with one of each set, by HiGHS."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    columns = np.unique(np.concatenate(sets))
    where = {int(one): at for at, one in enumerate(columns)}
    rows = np.concatenate([np.full(len(one), at) for at, one in enumerate(sets)])
    places = np.array([where[int(one)] for members in sets for one in members])
    matrix = csr_array((np.ones(len(rows)), (rows, places)), shape=(len(sets), len(columns)))
    # Ties go to small numbers, so that the same question gets the same answer.
    tie = 1e-7 * np.arange(len(columns)) / max(1, len(columns))
    found = milp(
        cost[columns] + tie,
        constraints=LinearConstraint(matrix, lb=1),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(columns)),
        options={"mip_rel_gap": 0},
    )
    chosen_ones: Longs = columns[found.x > 0.5]
    return chosen_ones


def _any_cut(instance: Instance, of: What, start: Longs, can: Mask, cost: Longs) -> Longs:
    """A sound cut, not the cheapest: hit every plan that is left, then take back what is not needed."""
    lost = list(start)
    while (plan := _plan_without(instance, of, np.array(lost, dtype=np.int64), can)) is not None:
        lost.append(min(plan, key=lambda one: (cost[one], one)))
    for one in sorted(lost, key=lambda each: -cost[each]):
        rest = np.array([other for other in lost if other != one], dtype=np.int64)
        if _plan_without(instance, of, rest, can) is None:
            lost.remove(one)
    return np.array(lost, dtype=np.int64)
