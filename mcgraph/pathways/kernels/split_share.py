"""How the cost of a credential is shared among its uses, and how shares move to where they count."""

from __future__ import annotations

from typing import Any

from mcgraph.model.jit import helper

A = Any


@helper
def even_out(
    ok: A, share: A, fee: A, c_ptr: A, c_slot: A, leader: A, several: A,
) -> None:  # fmt: skip
    """Let the shares of each credential sum to one over its classes of uses.

    A use that stands alone in its class has no fee: a plan may have it.
    """
    for one in range(len(c_ptr) - 1):
        total, classes = 0.0, 0
        for place in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[place]
            if not ok[use]:
                share[use] = 0.0
                fee[use] = 0.0
            elif leader[use] == use:
                total += share[use]
                classes += 1
        for place in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[place]
            if not ok[use]:
                continue
            if leader[use] != use:
                share[use] = share[leader[use]]
                fee[use] = fee[leader[use]]
            else:
                if total > 1e-12:
                    share[use] /= total
                else:
                    share[use] = 1.0 / classes
                if not several[use]:
                    fee[use] = 0.0


@helper
def pull(
    one: int, ok: A, c_ptr: A, c_slot: A, slot_head: A, leader: A, used: A, flow: A, more: A,
) -> float:  # fmt: skip
    """The mean flow over the classes of uses of a credential, that of each in `more` of its leader; -1: one class."""
    total, classes = 0.0, 0
    for place in range(c_ptr[one], c_ptr[one + 1]):
        use = c_slot[place]
        if ok[use]:
            if leader[use] == use:
                more[use] = 0.0
                classes += 1
            if used[use]:
                more[leader[use]] += flow[slot_head[use]]
                total += flow[slot_head[use]]
    return total / classes if classes > 1 else -1.0


@helper
def over(use: int, several: A, fee: A, more: A) -> float:
    """How much a class of several uses is used beyond once, or, where it has a fee, below that."""
    much = more[use] - 1.0
    return much if several[use] and (much > 0.0 or fee[use] > 0.0) else 0.0


@helper
def charge(
    ok: A, locked: A, leader: A, fee: A, duty: A, cut_ptr: A, cut_use: A, extra: A,
) -> float:  # fmt: skip
    """What each use bears beside its share (`extra`): its fee, and its duty for each clash it is part of.

    Returns what a sound plan bears at most: it pays one fee of a class, and of a clash all duties but one. A use that
    completes a clash of locked uses is left out (`ok`); -1 where all uses of a clash are locked: there is no plan.
    """
    whole = 0.0
    for use in range(len(ok)):
        extra[use] = fee[use]
        if ok[use] and leader[use] == use:
            whole += fee[use]
    for cut in range(cut_ptr[0]):
        free, last = 0, -1
        for at in range(cut_ptr[cut + 1], cut_ptr[cut + 2]):
            use = cut_use[at]
            if not ok[use]:
                free = -1
                break
            if not locked[use]:
                free += 1
                last = use
        if free == 0:
            return -1.0
        if free == 1:
            ok[last] = 0
        if free <= 1:
            duty[cut] = 0.0
        elif duty[cut] > 0.0:
            whole += duty[cut] * (free - 1)
            for at in range(cut_ptr[cut + 1], cut_ptr[cut + 2]):
                if not locked[cut_use[at]]:
                    extra[cut_use[at]] += duty[cut]
    return whole


@helper
def beyond(
    cut: int, ok: A, locked: A, cut_ptr: A, cut_use: A, slot_head: A, used: A, flow: A, duty: A,
) -> float:  # fmt: skip
    """How much of a clash the plan has beyond all uses but one, or, where it has a duty, below that."""
    much = 1.0
    for at in range(cut_ptr[cut + 1], cut_ptr[cut + 2]):
        use = cut_use[at]
        if not ok[use]:
            return 0.0
        if not locked[use]:
            much += (flow[slot_head[use]] if used[use] else 0.0) - 1.0
    return much if much > 0.0 or duty[cut] > 0.0 else 0.0


@helper
def move_shares(
    ok: A, locked: A, share: A, fee: A, duty: A, forced: A, gap: float, scale: float, c_ptr: A, c_slot: A,
    slot_head: A, leader: A, several: A, cut_ptr: A, cut_use: A, inside: A, used: A, flow: A, value: A, more: A,
    on_share: A, on_fee: A, on_duty: A, memory: float,
) -> bool:  # fmt: skip
    """A step of the subgradient; False where nothing could move.

    Shares grow where the plan pays them, fees where it has several uses of a class, duties where it has a clash. Fees
    and duties move as a credential of the value `scale` would at least. The direction keeps a part (`memory`) of those
    before it (`on_share` and the others), so that plans that take turns do not send it to and fro.
    """
    norm, fresh = 0.0, 1.0 - memory
    for cut in range(cut_ptr[0]):
        now = beyond(cut, ok, locked, cut_ptr, cut_use, slot_head, used, flow, duty) * scale
        on_duty[cut] = memory * on_duty[cut] + fresh * now
        norm += on_duty[cut] ** 2
    for one in range(len(c_ptr) - 1):
        mean = pull(one, ok, c_ptr, c_slot, slot_head, leader, used, flow, more)
        weight = value[one] if inside[one] and not forced[one] else 0.0
        size = max(weight, scale)
        for place in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[place]
            if ok[use] and leader[use] == use:
                on_fee[use] = memory * on_fee[use] + fresh * over(use, several, fee, more) * size
                now = (more[use] - mean) * weight if mean >= 0.0 else 0.0
                on_share[use] = memory * on_share[use] + fresh * now
                norm += on_fee[use] ** 2 + on_share[use] ** 2
    if norm <= 1e-9:
        return False
    step = gap / norm
    for cut in range(cut_ptr[0]):
        duty[cut] = max(0.0, duty[cut] + step * on_duty[cut] * scale)
    for one in range(len(c_ptr) - 1):
        size = max(value[one] if inside[one] and not forced[one] else 0.0, scale)
        for place in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[place]
            if ok[use] and leader[use] == use:
                fee[use] = max(0.0, fee[use] + step * on_fee[use] * size)
                share[use] = max(share[use] + step * on_share[use], 0.0)
    even_out(ok, share, fee, c_ptr, c_slot, leader, several)
    return True


@helper
def mark_shared(
    ok: A, c_ptr: A, c_slot: A, leader: A, inside: A, paid: A,
) -> bool:  # fmt: skip
    """Mark in `paid` what the plan of the last evaluation shares: uses of several classes; False where nothing new."""
    grown = False
    for one in range(len(c_ptr) - 1):
        if inside[one] and not paid[one]:
            first = -1
            for place in range(c_ptr[one], c_ptr[one + 1]):
                use = c_slot[place]
                if ok[use]:
                    if first >= 0 and leader[use] != first:
                        paid[one] = 1
                        grown = True
                        break
                    first = leader[use]
    return grown
