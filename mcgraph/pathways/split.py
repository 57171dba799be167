"""The proven cheapest plan when each credential is paid once: a search that shares costs, in milliseconds.

Branch and bound on one target's instance. The bound of a node is the cheapest hyperpath when each use of a credential
bears a share of its cost (kernels/split_form.py); it is exact where nothing is shared, and moving the shares by
subgradients brings it near the optimum where something is. Knapsacks are solved as such, so a group of credit points
leaves no gap. What no better plan can use is dropped on the way (reduced-cost fixing). Where the plan of a bound is
not sound, one of the countings that cannot stand together is left out, each in a branch of its own; where a credential
is paid in part, one branch pays it and one does without it.

A circle of recognitions is no support: a plan whose credentials hold one another up is branched on like any other
that is not sound. Side conditions other than one use of a credit are not known here; who asks checks the plan.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from itertools import count, pairwise

import numpy as np

from mcgraph.model.jit import chosen
from mcgraph.pathways.arrays import TAKE, Bytes, Gates, Ints, Longs, offsets
from mcgraph.pathways.instance import Instance
from mcgraph.pathways.kernels import closure as closures
from mcgraph.pathways.kernels.components import order_of_attainment
from mcgraph.pathways.kernels.split_value import ALL, ANY, NONE, SOME
from mcgraph.pathways.split_branch import part
from mcgraph.pathways.split_form import Form, Node, Reals, Room
from mcgraph.pathways.split_node import Workbench

# A knapsack of more cells than this, or prices that large, are not for this search.
MOST_CELLS, MOST_COST = 4_096, 1 << 50
# Of more uses than this no clashes are sought: the table of all pairs would take longer than it saves.
MOST_USES = 4_000
# Clashes kept to bear duties.
MOST_CLASHES = 400
ROOT_ROUNDS, ROUNDS = 80, 12


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """What the search found: local rules of the best plan by credential, what each counts, its cost and the bound.

    `rules[i]` attains a credential, in an order of attainment; `counted[i]` are local members of its groups. Empty
    with `cost` None where no plan was found: there is none if `complete`.
    """

    rules: tuple[int, ...]
    counted: tuple[tuple[tuple[int, ...], ...], ...]
    cost: int | None
    at_least: int
    nodes: int
    complete: bool

    @property
    def proven(self) -> bool:
        """Whether no cheaper plan exists."""
        return self.complete and self.cost is not None


def optimum(
    instance: Instance, price: Longs, *, once: Bytes | None = None, seconds: float = 5.0
) -> Optimum | None:
    """The cheapest plan to the target of an instance and its proof, or what is known after `seconds`.

    `price` per rule of the instance, not negative. `once` marks groups whose countings must not spend a credit twice
    within their rule. None where the instance is not for this search: amounts too fine for knapsacks, prices too large,
    or courses that hold one another up because they may be taken at the same time.
    """
    if instance.gates.joint:
        return None
    search = Search.of(instance, price, once)
    return None if search is None else search.run(time.monotonic() + seconds)


@dataclass(slots=True, eq=False)
class Search:
    """One search: its instance in arrays, where each use comes from, and the nodes that wait."""

    instance: Instance
    form: Form
    room: Room
    slot: Longs
    unit: int

    @classmethod
    def of(cls, instance: Instance, price: Longs, once: Bytes | None) -> Search | None:
        """The arrays of a search; None where it is not for this search."""
        unit = int(np.gcd.reduce(price)) or 1 if len(price) else 1
        if int(price.astype(object).sum() if len(price) else 0) // unit > MOST_COST:
            return None
        gates = instance.gates
        marks = np.zeros(gates.groups, dtype=np.uint8) if once is None else once
        made = _form(instance, (price // unit).astype(np.float64), marks)
        if made is None:
            return None
        form, slot = made
        return cls(instance, form, _room(form), slot, unit)

    def run(self, deadline: float) -> Optimum:
        """Search until it is proven or time is up: from the least bound on, each time down to where a branch ends."""
        bench = Workbench(self.form, self.room, self.instance.target)
        number, nodes = count(), 0
        waiting = [(0.0, next(number), self._root())]
        while waiting and (nodes == 0 or time.monotonic() < deadline):
            low, _, node = heapq.heappop(waiting)
            while not bench.is_beyond(low):
                low = max(low, bench.improve(node, ROUNDS if nodes else ROOT_ROUNDS))
                nodes += 1
                parts = [] if bench.is_beyond(low) else part(bench, node, low)
                if not parts:
                    break
                node = parts.pop()
                for other in parts:
                    heapq.heappush(waiting, (low, -next(number), other))
                if time.monotonic() >= deadline:
                    heapq.heappush(waiting, (low, -next(number), node))
                    break
        return self._found(bench, nodes, not waiting, min([bench.best, *(low for low, _, _ in waiting)]))

    def _root(self) -> Node:
        form = self.form
        usable = np.ones(len(form.price), dtype=np.uint8)
        uses = len(form.m_cred)
        return Node(
            ok=np.ones(uses, dtype=np.uint8), usable=usable, forced=_marks(len(form.held)), locked=_marks(uses),
            share=np.ones(uses), fee=_reals(uses), duty=_reals(MOST_CLASHES),
        )  # fmt: skip

    def _found(self, bench: Workbench, nodes: int, complete: bool, least: float) -> Optimum:
        form, room = self.form, self.room
        low = 0 if least >= NONE else int(np.ceil(least - 1e-3)) * self.unit
        if bench.best >= NONE:
            return Optimum((), (), None, low, nodes, complete)
        bench.recall()
        rules, counted = [], []
        for one in room.order[: room.seen[0]].tolist():
            rule = int(room.by[one])
            if rule >= 0:
                rules.append(rule)
                counted.append(tuple(self._counted(group) for group in range(form.r_ptr[rule], form.r_ptr[rule + 1])))
        cost = round(bench.best) * self.unit
        return Optimum(tuple(rules), tuple(counted), cost, cost if complete else min(cost, low), nodes, complete)

    def _counted(self, group: int) -> tuple[int, ...]:
        form = self.form
        uses = range(form.m_ptr[group], form.m_ptr[group + 1])
        return tuple(int(form.m_cred[use]) for use in uses if self.room.used[use])


def _form(instance: Instance, price: Reals, once: Bytes) -> tuple[Form, Longs] | None:
    """The instance without what cannot support: a credential itself, a member that is attained only through it."""
    gates = instance.gates
    group = np.repeat(np.arange(gates.groups), np.diff(gates.m_ptr))
    head = gates.r_head[gates.g_rule[group]]
    held = np.zeros(gates.n, dtype=np.uint8)
    held[instance.held] = 1
    slot = np.flatnonzero((gates.m_cred != head) & (gates.m_w > 0))
    slot, seq, block = _ordered(instance, slot, head)
    circular = np.zeros(gates.n, dtype=np.uint8)
    for first, last in pairwise(block.tolist()):
        circular[seq[first:last]] = last - first > 1
    kind, cells, weight = _thresholds(gates, group[slot], gates.m_w[slot])
    if len(cells) and cells.max() > MOST_CELLS:
        return None
    members = gates.m_cred[slot]
    by_member = np.argsort(members, kind="stable").astype(np.int32)
    rule, above = gates.g_rule[group[slot]], np.empty(gates.n, dtype=np.int32)
    above[seq[::-1]] = np.arange(gates.n)
    form = Form(
        seq=seq, block=block, circular=circular, held=held,
        h_ptr=gates.h_ptr, h_rule=gates.h_rule, price=price, is_take=np.asarray(gates.r_kind == TAKE, dtype=np.uint8),
        r_ptr=gates.r_ptr, m_ptr=offsets(group[slot].astype(np.int32), gates.groups), m_cred=members, m_w=weight,
        kind=kind, need=cells, c_ptr=offsets(members, gates.n), c_slot=by_member,
        slot_head=head[slot], slot_rule=rule, slot_once=once[group[slot]],
        slot_take=np.asarray(gates.r_kind[rule] == TAKE, dtype=np.uint8),
        above=above, from_above=np.argsort(above[head[slot]], kind="stable").astype(np.int32),
        has_once=bool(once.any()),
    )  # fmt: skip
    return form, slot


def _ordered(instance: Instance, slot: Longs, head: Ints) -> tuple[Longs, Ints, Ints]:
    """Credentials in blocks, parts first; uses within a circle that can only hold themselves up are left out."""
    gates = instance.gates
    for _ in range(3):
        seq, block = _blocks(gates, slot, head)
        number = np.empty(gates.n, dtype=np.int64)
        number[seq] = np.repeat(np.arange(len(block) - 1), np.diff(block))
        inside = slot[number[gates.m_cred[slot]] == number[head[slot]]]
        useless = [use for one in np.unique(head[inside]) for use in _useless(instance, inside, head, int(one))]
        if not useless:
            break
        slot = np.setdiff1d(slot, np.array(useless))
    return slot, seq, block


def _blocks(gates: Gates, slot: Longs, head: Ints) -> tuple[Ints, Ints]:
    by_head = slot[np.argsort(head[slot], kind="stable")]
    n = gates.n
    order, block = np.empty(n, dtype=np.int32), np.empty(n + 1, dtype=np.int32)
    low, number, stack, path = (np.empty(n, dtype=np.int32) for _ in range(4))
    run = chosen(order_of_attainment, 20 * len(slot))
    count = run(
        offsets(head[by_head], n), gates.m_cred[by_head], order, block, low, number, stack, path,
        np.empty(n, dtype=np.int64),
    )  # fmt: skip
    return order, block[: count + 1]


def _useless(instance: Instance, inside: Longs, head: Ints, one: int) -> Longs:
    """Among the uses within a circle those for `one` whose member is not attained without `one`."""
    gates = instance.gates
    left, waiting = gates.g_need.copy(), gates.group_counts.copy()
    by, order = np.full(gates.n, closures.UNATTAINED, dtype=np.int32), np.empty(gates.n, dtype=np.int32)
    by[one] = closures.BANNED
    run = chosen(closures.close, 20 * gates.members)
    run(
        gates.c_ptr, gates.c_group, gates.c_w, gates.g_rule, gates.r_head, gates.free,
        np.ones(gates.rules, dtype=np.uint8), instance.held, left, waiting, by, order,
    )  # fmt: skip
    mine = inside[head[inside] == one]
    useless: Longs = mine[by[gates.m_cred[mine]] < closures.HELD]
    return useless


def _thresholds(gates: Gates, group: Longs, weight: Longs) -> tuple[Bytes, Ints, Ints]:
    """Per group what it asks for and how many cells it needs, per use what it weighs in cells."""
    kind, cells = np.full(gates.groups, SOME, dtype=np.uint8), np.ones(gates.groups, dtype=np.int64)
    some, first = np.unique(group, return_index=True)
    if not len(some):
        return kind, cells.astype(np.int32), np.zeros(0, dtype=np.int32)
    need = np.maximum(gates.g_need, 0)
    unit = np.ones(gates.groups, dtype=np.int64)
    unit[some] = np.gcd.reduceat(weight, first)
    cells = -(-need // unit)
    capped = np.minimum(weight // unit[group], np.maximum(cells[group], 0))
    total, least = np.zeros_like(cells), np.zeros_like(cells)
    total[some], least[some] = np.add.reduceat(capped, first), np.minimum.reduceat(capped, first)
    is_all = (total >= cells) & (total - least < cells) & (cells > 0)
    is_any = (least >= cells) & (cells > 0) & ~is_all
    kind[is_all], kind[is_any] = ALL, ANY
    cells[is_any] = 1
    capped[is_any[group]] = 1
    # A group whose members do not suffice has no filling, however few cells it is given.
    cells = np.minimum(cells, total + 1)
    return kind, cells.astype(np.int32), capped.astype(np.int32)


def _room(form: Form) -> Room:
    n, uses, rules = len(form.held), len(form.m_cred), len(form.price)
    most = int(form.need.max(initial=1)) + 1
    longest = int(np.diff(form.m_ptr).max(initial=0)) + 1
    words, known = n // 62 + 1, min(uses, MOST_USES) if form.has_once else 0
    return Room(
        value=_reals(n), fresh=_reals(n), by=_ints(n), inside=_marks(n), used=_marks(uses), flow=_reals(n),
        order=_ints(n), done=_marks(n), stack=_ints(n + rules), cells=np.zeros((2, most)),
        table=np.zeros((longest, most)), back=_reals(most),
        more=_reals(uses), extra=_reals(n), least_flow=_reals(n), leaves=np.zeros((n, words), dtype=np.int64),
        seen=np.zeros(words + 1, dtype=np.int64), leader=_ints(uses), several=_marks(uses), place=_ints(uses),
        active=_ints(uses), clashes=np.zeros((known, known), dtype=np.uint8), paid=_marks(n),
        extra_fee=_reals(uses), cut_ptr=np.zeros(MOST_CLASHES + 2, dtype=np.int64), cut_use=_ints(8 * MOST_CLASHES),
        cut_mark=np.zeros(MOST_CLASHES, dtype=np.int64), on_share=_reals(uses), on_fee=_reals(uses),
        on_duty=_reals(MOST_CLASHES),
        clash=_ints(uses + n + 1), best_by=_ints(n), best_used=_marks(uses), best_inside=_marks(n),
    )  # fmt: skip


def _reals(size: int) -> Reals:
    return np.zeros(size)


def _ints(size: int) -> Ints:
    return np.zeros(size, dtype=np.int32)


def _marks(size: int) -> Bytes:
    return np.zeros(size, dtype=np.uint8)
