"""How the cost of a credential is shared among its uses, and how shares move to where they count."""

from __future__ import annotations

from typing import Any

from mcgraph.pathways.kernels.jit import helper

A = Any


@helper
def find_classes(
    ok: A, target: int, seq: A, circular: A, c_ptr: A, c_slot: A, slot_head: A, slot_once: A, root: A, leader: A,
) -> None:  # fmt: skip
    """Uses of a credential of which a sound plan has one at most get one leader (`leader`), and so one share.

    Where all uses of a credential count once for the same whole, what it rests on is spent there: another use of that
    under the same whole would spend it twice. `root` is the outermost such whole.
    """
    for at in range(len(seq) - 1, -1, -1):
        one = seq[at]
        top, alone = -1, one == target or circular[one]
        for place in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[place]
            if not ok[use]:
                continue
            above = root[slot_head[use]]
            if not slot_once[use] or (top >= 0 and above != top):
                alone = True
            top = above
        root[one] = one if alone or top < 0 else top
        for place in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[place]
            leader[use] = use
            if ok[use] and slot_once[use] and not circular[slot_head[use]]:
                for earlier in range(c_ptr[one], place):
                    other = c_slot[earlier]
                    if (
                        ok[other] and slot_once[other] and not circular[slot_head[other]]
                        and root[slot_head[other]] == root[slot_head[use]]
                    ):  # fmt: skip
                        leader[use] = leader[other]
                        break


@helper
def even_out(
    ok: A, share: A, c_ptr: A, c_slot: A, leader: A,
) -> None:  # fmt: skip
    """Let the shares of each credential sum to one over its classes of uses."""
    for one in range(len(c_ptr) - 1):
        total, classes = 0.0, 0
        for place in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[place]
            if not ok[use]:
                share[use] = 0.0
            elif leader[use] == use:
                total += share[use]
                classes += 1
        for place in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[place]
            if ok[use]:
                if leader[use] != use:
                    share[use] = share[leader[use]]
                elif total > 1e-12:
                    share[use] /= total
                else:
                    share[use] = 1.0 / classes


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
def move_shares(
    ok: A, share: A, forced: A, gap: float, c_ptr: A, c_slot: A, slot_head: A, leader: A, inside: A, used:
    A, flow: A, value: A, more: A,
) -> bool:  # fmt: skip
    """A step of the subgradient: shares grow where the plan pays them; False where nothing could move."""
    norm = 0.0
    for one in range(len(c_ptr) - 1):
        if inside[one] and not forced[one] and value[one] > 0:
            mean = pull(one, ok, c_ptr, c_slot, slot_head, leader, used, flow, more)
            if mean >= 0:
                for place in range(c_ptr[one], c_ptr[one + 1]):
                    use = c_slot[place]
                    if ok[use] and leader[use] == use:
                        norm += ((more[use] - mean) * value[one]) ** 2
    if norm <= 1e-9:
        return False
    for one in range(len(c_ptr) - 1):
        if inside[one] and not forced[one] and value[one] > 0:
            mean = pull(one, ok, c_ptr, c_slot, slot_head, leader, used, flow, more)
            if mean >= 0:
                for place in range(c_ptr[one], c_ptr[one + 1]):
                    use = c_slot[place]
                    if ok[use] and leader[use] == use:
                        moved = share[use] + gap / norm * (more[use] - mean) * value[one]
                        share[use] = max(moved, 0.0)
    even_out(ok, share, c_ptr, c_slot, leader)
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
