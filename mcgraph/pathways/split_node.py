"""One node of the search for the cheapest plan: a bound by shares that move, plans on the way, and where to branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mcgraph.pathways.arrays import Bytes, Ints
from mcgraph.pathways.kernels import split_cut, split_share, split_sound, split_value
from mcgraph.pathways.kernels.jit import chosen
from mcgraph.pathways.kernels.split_value import NONE
from mcgraph.pathways.split_form import Form, Node, Room

# Prices are whole numbers: a plan that is better at all is better by one. What is lost in sums is far less than this.
BETTER = 1.0 - 1e-3
PLAN, CIRCLE, DOUBLE, SHARED = "plan", "circle", "double", "shared"


class Workbench:
    """The kernels in the form that fits the instance, over its arrays; it keeps the best plan met so far."""

    def __init__(self, form: Form, room: Room, target: int) -> None:
        self.form, self.room, self.target = form, room, target
        self.best = NONE
        work = 20 * len(form.m_cred)

        def fit(kernel: Callable[..., Any]) -> Callable[..., Any]:
            return chosen(kernel, work)

        self._evaluate, self._extract = fit(split_value.evaluate), fit(split_value.extract)
        self._order, self._double = fit(split_sound.put_in_order), fit(split_sound.find_double)
        self._circle, self._cut = fit(split_sound.find_circle), fit(split_cut.cut_off)
        self._classes, self._even = fit(split_share.find_classes), fit(split_share.even_out)
        self._move, self._mark = fit(split_share.move_shares), fit(split_share.mark_shared)
        self._groups = (form.r_ptr, form.m_ptr, form.m_cred, form.m_w, form.kind, form.need)
        self._ways = (form.seq, form.block, form.held, form.h_ptr, form.h_rule, form.price)
        self._uses = (form.c_ptr, form.c_slot)

    def improve(self, node: Node, roots: Ints, rounds: int) -> float:
        """The bound of a node: no plan of it costs less. Better plans met on the way are kept.

        `NONE`: it has no plan. Where the bound is below the best plan, the room holds the plan of the bound.
        """
        self._share_anew(node)
        kept, top, eager, stale = node.share.copy(), -1.0, 1.0, 0
        for turn in range(rounds):
            low = self._value(node, node.ok, node.forced, roots)
            if low >= NONE:
                return NONE
            stale = 0 if low > top + 1e-7 * abs(top) else stale + 1
            if low > top:
                top = low
                kept[:] = node.share
            if self.is_beyond(top) or eager < 0.02:
                break
            if stale >= 4:
                eager, stale = 0.6 * eager, 0
            cost = self._plan(node, node.ok, node.forced, roots)
            if turn % 4 == 3 and self._drop_dear(node, roots, low):
                continue
            gap = eager * min(self.best - low, 0.1 * low + 1.0)
            moving = self._move_shares(node, gap)
            found = self._keep_if_sound(node, cost)
            if turn % 8 == 0:
                found = self._look_for_plans(node, roots, turn) or found
            if not moving and not found:
                break
        node.share[:] = kept
        return top if self.is_beyond(top) else max(top, self._settle(node, roots))

    def is_beyond(self, low: float) -> bool:
        """Whether no better plan than the best has such a bound."""
        return low > self.best - BETTER

    def _value(self, node: Node, ok: Bytes, forced: Bytes, roots: Ints) -> float:
        room = self.room
        mine = (roots, room.value, room.fresh, room.by, room.cells)
        return float(self._evaluate(ok, node.usable, node.share, forced, *self._ways, *self._groups, *mine))

    def _plan(self, node: Node, ok: Bytes, forced: Bytes, roots: Ints) -> float:
        form, room = self.form, self.room
        mine = (roots, room.value, room.by, room.inside, room.used, room.flow, room.stack, room.table)
        return float(self._extract(ok, node.share, forced, form.seq, form.price, *self._groups, *mine))

    def _put_in_order(self, usable: Bytes, mend: bool) -> float:
        room, groups = self.room, self._groups[:3]
        plan = (room.inside, room.used, room.by, room.done, room.order, room.seen)
        return float(self._order(usable, mend, *self._ways, *groups, *plan))

    def _find_double(self) -> int:
        form, room = self.form, self.room
        if not form.has_once:
            return 0
        mine = (form.slot_once, room.used, room.by, room.order, room.leaves, room.seen, room.clash)
        return int(self._double(form.is_take, *self._groups[:3], *mine))

    def _find_circle(self) -> int:
        form, room = self.form, self.room
        return int(self._circle(form.seq, *self._groups[:3], room.inside, room.used, room.by, room.done, room.clash))

    def _share_anew(self, node: Node) -> None:
        form, room = self.form, self.room
        above = (form.slot_head, form.slot_once, room.root, room.leader)
        self._classes(node.ok, self.target, form.seq, form.circular, *self._uses, *above)
        self._even(node.ok, node.share, *self._uses, room.leader)

    def _move_shares(self, node: Node, gap: float) -> bool:
        form, room = self.form, self.room
        mine = (form.slot_head, room.leader, room.inside, room.used, room.flow, room.value, room.more)
        return bool(self._move(node.ok, node.share, node.forced, gap, *self._uses, *mine))

    def _settle(self, node: Node, roots: Ints) -> float:
        """The bound and plan of the best shares, after all that is too dear is dropped."""
        self._share_anew(node)
        low = self._value(node, node.ok, node.forced, roots)
        if low < NONE and self._drop_dear(node, roots, low):
            low = self._value(node, node.ok, node.forced, roots)
        if low < NONE:
            self._keep_if_sound(node, self._plan(node, node.ok, node.forced, roots))
        return low

    def _drop_dear(self, node: Node, roots: Ints, low: float) -> bool:
        """Drop what no better plan uses; the shares are then those of what is left."""
        slack = self.best - BETTER - low
        room = self.room
        mine = (roots, room.value, room.extra, room.least_flow, room.table, room.back, room.cells)
        if not self._cut(node.ok, node.usable, node.share, node.forced, slack, *self._ways, *self._groups, *mine):
            return False
        self._share_anew(node)
        return True

    def _keep_if_sound(self, node: Node, cost: float) -> bool:
        """Keep the plan of the last evaluation where it is sound and the best so far."""
        if cost >= self.best:
            return False
        cost += self._put_in_order(node.usable, True)
        if cost >= self.best or self._find_double():
            return False
        room = self.room
        self.best = cost
        room.best_by[:], room.best_used[:], room.best_inside[:] = room.by, room.used, room.inside
        return True

    def _look_for_plans(self, node: Node, roots: Ints, turn: int) -> bool:
        if not self.form.has_once:
            return self._dive(node, roots)
        return turn % 16 == 0 and self._untangle(node, roots, 30)

    def _dive(self, node: Node, roots: Ints) -> bool:
        """Take what the plan shares as paid and look for a plan that makes more of it; True where one is kept."""
        paid, found = self.room.paid, False
        paid[:] = node.forced
        for _ in range(3):
            grown = self._mark(node.ok, *self._uses, self.room.leader, self.room.inside, paid)
            if not grown or self._value(node, node.ok, paid, roots) >= NONE:
                break
            found = self._keep_if_sound(node, self._plan(node, node.ok, paid, roots)) or found
        return found

    def _untangle(self, node: Node, roots: Ints, tries: int) -> bool:
        """From the plan of the shares towards one that spends nothing twice, by leaving out one use after the other."""
        left = node.ok.copy()
        for _ in range(tries):
            if self._value(node, left, node.forced, roots) >= NONE:
                return False
            cost = self._plan(node, left, node.forced, roots)
            if self._put_in_order(node.usable, True) >= NONE:
                return False
            count = self._find_double()
            if not count:
                return self._keep_if_sound(node, cost)
            left[self._clash(count)[0]] = 0
        return False

    def recall(self) -> None:
        """Put the best plan back into the room, in order."""
        room = self.room
        room.by[:], room.used[:], room.inside[:] = room.best_by, room.best_used, room.best_inside
        self._put_in_order(np.ones(len(self.form.price), dtype=np.uint8), False)

    def branch(self, node: Node, roots: Ints) -> tuple[str, tuple[int, ...]]:
        """What keeps the plan of the bound from being the best.

        `CIRCLE`, `DOUBLE`: uses that cannot stand together. `SHARED`: a credential that is paid in part. `PLAN`:
        nothing, it costs what the bound says.
        """
        room = self.room
        self._value(node, node.ok, node.forced, roots)
        self._plan(node, node.ok, node.forced, roots)
        if self._put_in_order(node.usable, False) >= NONE:
            return CIRCLE, self._clash(self._find_circle())
        count = self._find_double()
        if count:
            return DOUBLE, self._clash(count)
        unpaid = np.where((room.inside == 1) & (node.forced == 0), (1.0 - room.flow) * room.value, 0.0)
        one = int(np.argmax(unpaid))
        return (SHARED, (one,)) if unpaid[one] > 1e-6 else (PLAN, ())

    def _clash(self, count: int) -> tuple[int, ...]:
        """The uses of a clash, first the one whose member is had for the least."""
        uses = self.room.clash[:count]
        value = self.room.value[self.form.m_cred[uses]]
        return tuple(int(use) for use in uses[np.lexsort((uses, value))])
