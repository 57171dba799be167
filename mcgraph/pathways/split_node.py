"""One node of the search for the cheapest plan: a bound by shares that move, plans on the way, and where to branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mcgraph.model.jit import chosen
from mcgraph.pathways.arrays import Bytes, Ints
from mcgraph.pathways.kernels import split_clash, split_cut, split_share, split_sound, split_value
from mcgraph.pathways.kernels.split_value import NONE
from mcgraph.pathways.split_form import Form, Node, Reals, Room

# Prices are whole numbers: a plan that is better at all is better by one. What is lost in sums is far less than this.
BETTER = 1.0 - 1e-3
MEMORY = 0.6
CIRCLE, DOUBLE, SHARED, UNUSED = "circle", "double", "shared", "unused"


class Workbench:
    """The kernels in the form that fits the instance, over its arrays; it keeps the best plan met so far."""

    def __init__(self, form: Form, room: Room, target: int) -> None:
        self.form, self.room, self.target = form, room, target
        self.best, self.known = NONE, False
        work = 20 * len(form.m_cred)

        def fit(kernel: Callable[..., Any]) -> Callable[..., Any]:
            return chosen(kernel, work)

        self._evaluate, self._extract = fit(split_value.evaluate), fit(split_value.extract)
        self._order, self._double = fit(split_sound.put_in_order), fit(split_sound.find_double)
        self._circle, self._cut = fit(split_sound.find_circle), fit(split_cut.cut_off)
        self._clashes, self._classes = fit(split_clash.fill_clashes), fit(split_clash.find_classes)
        self._even = fit(split_share.even_out)
        self._gather, self._charge = fit(split_sound.gather_clashes), fit(split_share.charge)
        self._move, self._mark = fit(split_share.move_shares), fit(split_share.mark_shared)
        self._groups = (form.r_ptr, form.m_ptr, form.m_cred, form.m_w, form.kind, form.need)
        self._ways = (form.seq, form.block, form.held, form.h_ptr, form.h_rule, form.price)
        self._uses = (form.c_ptr, form.c_slot)

    def improve(self, node: Node, rounds: int) -> float:
        """The bound of a node: no plan of it costs less. Better plans met on the way are kept.

        `NONE`: it has no plan. Where the bound is below the best plan, the room holds the plan of the bound.
        """
        room, roots = self.room, self._roots(node)
        for way in (room.on_share, room.on_fee, room.on_duty):
            way.fill(0.0)
        self._share_anew(node)
        kept, top, eager, stale = self._prices(node), -NONE, 1.0, 0
        for turn in range(rounds):
            low = self._value(node, node.ok, node.forced, roots)
            if low >= NONE:
                return NONE
            stale = 0 if low > top + 1e-7 * abs(top) else stale + 1
            if low > top:
                top = low
                kept = self._prices(node)
            if self.is_beyond(top) or eager < 0.02:
                break
            if stale >= 4:
                eager, stale = 0.6 * eager, 0
            cost = self._plan(node, node.ok, node.forced, roots)
            if turn % 4 == 3 and self._drop_dear(node, roots, low):
                continue
            self._keep_clashes(node)
            gap = eager * min(self.best - low, 0.1 * low + 1.0)
            moving = self._move_shares(node, gap, cost / max(1, int(self.room.inside.sum())))
            found = self._keep_if_sound(node, cost)
            if turn % 8 == 0:
                found = self._look_for_plans(node, roots, turn) or found
            if not moving and not found:
                break
        node.share[:], node.fee[:], node.duty[:] = kept
        return top if self.is_beyond(top) else max(top, self._settle(node, roots))

    def is_beyond(self, low: float) -> bool:
        """Whether no better plan than the best has such a bound."""
        return low > self.best - BETTER

    def _value(self, node: Node, ok: Bytes, forced: Bytes, roots: Ints) -> float:
        room = self.room
        clashes = (room.cut_ptr, room.cut_use, room.extra_fee)
        borne = float(self._charge(ok, node.locked, room.leader, node.fee, node.duty, *clashes))
        if borne < 0:
            return NONE
        prices = (node.share, room.extra_fee, forced)
        mine = (roots, room.value, room.fresh, room.by, room.cells)
        whole = float(self._evaluate(ok, node.usable, *prices, *self._ways, *self._groups, *mine))
        return whole if whole >= NONE else whole - borne

    def _prices(self, node: Node) -> tuple[Reals, Reals, Reals]:
        return node.share.copy(), node.fee.copy(), node.duty.copy()

    def _plan(self, node: Node, ok: Bytes, forced: Bytes, roots: Ints) -> float:
        form, room = self.form, self.room
        mine = (roots, room.value, room.by, room.inside, room.used, room.flow, room.stack, room.table)
        return float(self._extract(ok, node.share, room.extra_fee, forced, form.seq, form.price, *self._groups, *mine))

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

    def _keep_clashes(self, node: Node) -> None:
        """Keep the clashes of the plan of the last evaluation; they bear duties from now on."""
        form, room = self.form, self.room
        if form.has_once and self._put_in_order(node.usable, False) < NONE:
            plan = (form.slot_once, room.used, room.by, room.order, room.leaves, room.seen, room.clash)
            self._gather(form.is_take, *self._groups[:3], *plan, room.cut_ptr, room.cut_use, room.cut_mark)

    def _share_anew(self, node: Node) -> None:
        form, room = self.form, self.room
        count = -1
        if form.has_once:
            heads = (form.slot_head, form.slot_rule, form.slot_once, form.slot_take)
            mine = (room.place, room.active, room.clashes)
            order = (form.from_above, form.above, form.circular)
            count = self._clashes(node.ok, node.locked, *order, *self._uses, *heads, *mine)
        self.known = count >= 0
        self._classes(count, node.ok, *self._uses, room.place, room.clashes, room.leader, room.several)
        self._even(node.ok, node.share, node.fee, *self._uses, room.leader, room.several)

    def _move_shares(self, node: Node, gap: float, scale: float) -> bool:
        form, room = self.form, self.room
        prices = (node.ok, node.locked, node.share, node.fee, node.duty, node.forced)
        uses = (*self._uses, form.slot_head, room.leader, room.several, room.cut_ptr, room.cut_use)
        plan = (room.inside, room.used, room.flow, room.value, room.more)
        ways = (room.on_share, room.on_fee, room.on_duty, MEMORY)
        return bool(self._move(*prices, gap, scale, *uses, *plan, *ways))

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
        prices = (node.share, room.extra_fee, node.forced)
        if not self._cut(node.ok, node.usable, *prices, slack, *self._ways, *self._groups, *mine):
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

    def branch(self, node: Node) -> tuple[str, tuple[int, ...]]:
        """What keeps the plan of the bound from being the best.

        `CIRCLE`: uses that cannot stand together. `DOUBLE`: the same, of one clash or several. `SHARED`: credentials
        that are paid in part. `UNUSED`: a
        use that bears a fee or duty, and the plan does not have it.
        """
        room, roots = self.room, self._roots(node)
        self._value(node, node.ok, node.forced, roots)
        self._plan(node, node.ok, node.forced, roots)
        if self._put_in_order(node.usable, False) >= NONE:
            return CIRCLE, self._clash(self._find_circle())
        count = self._find_double()
        if count:
            return DOUBLE, tuple(dict.fromkeys([*self._clash(count), *self._other_clashes(node)]))
        unpaid = np.where((room.inside == 1) & (node.forced == 0), (1.0 - room.flow) * room.value, 0.0)
        one = int(np.argmax(unpaid))
        idle = np.where((room.used == 0) & (node.ok == 1) & (node.locked == 0), room.extra_fee, 0.0)
        use = int(np.argmax(idle)) if len(idle) else 0
        if len(idle) and idle[use] > max(unpaid[one], 1e-6):
            return UNUSED, (use,)
        if unpaid[one] <= 1e-6:
            raise AssertionError("a plan that costs its bound was not kept")
        return SHARED, tuple(int(each) for each in np.argsort(-unpaid, kind="stable") if unpaid[each] > 1e-6)

    def _other_clashes(self, node: Node) -> list[int]:
        """The uses of all kept clashes of the plan of the last evaluation."""
        room = self.room
        size = int(room.cut_ptr[0])
        here = (room.used == 1) & (node.ok == 1)
        spans = zip(room.cut_ptr[1 : size + 1].tolist(), room.cut_ptr[2 : size + 2].tolist(), strict=True)
        return [int(use) for a, b in spans if here[room.cut_use[a:b]].all() for use in room.cut_use[a:b]]

    def value(self, node: Node) -> float:
        """The bound of a node at the prices it was given; not improved."""
        return self._value(node, node.ok, node.forced, self._roots(node))

    def _roots(self, node: Node) -> Ints:
        """What every plan of a node attains for certain."""
        return np.unique(np.append(np.flatnonzero(node.forced), self.target)).astype(np.int32)

    def clashing(self, node: Node, use: int) -> list[int]:
        """The other uses of what a use counts that cannot stand beside it; known after a node was improved."""
        form, one = self.form, self.form.m_cred[use]
        mine = form.c_slot[form.c_ptr[one] : form.c_ptr[one + 1]]
        return [int(other) for other in mine if other != use and node.ok[other] and self._clash_of(use, int(other))]

    def _clash_of(self, use: int, other: int) -> bool:
        room = self.room
        return self.known and bool(room.clashes[room.place[use], room.place[other]])

    def _clash(self, count: int) -> tuple[int, ...]:
        """The uses of a clash, first the one whose member is had for the least."""
        uses = self.room.clash[:count]
        value = self.room.value[self.form.m_cred[uses]]
        return tuple(int(use) for use in uses[np.lexsort((uses, value))])
