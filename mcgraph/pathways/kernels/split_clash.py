"""Which uses of a credential never stand together in a sound plan: they would spend one credit twice."""

from __future__ import annotations

from typing import Any

from mcgraph.model.jit import helper

A = Any


@helper
def fill_clashes(
    ok: A, locked: A, from_above: A, above: A, circular: A, c_ptr: A, c_slot: A, slot_head: A, slot_rule: A,
    slot_once: A, slot_take: A, place: A, active: A, clash: A,
) -> int:  # fmt: skip
    """Which pairs of uses clash when what they count has a credit in common; returns how many uses there are.

    Uses are numbered from the target down (`active`, `place`); `from_above` lists all of them so, `above` is the rank
    of a head. Two uses for one whole clash where they belong to two of its rules, or where both must not spend a
    credit of the other. Two uses for different wholes clash where every use of the lower whole clashes with the other
    use (what serves for nothing is left out, so it has a use, and its credits go with it, unless it is simply taken),
    or where one use of the lower whole does that every plan has (`locked`).
    """
    count = 0
    most = len(clash)
    for use in from_above:
        place[use] = -1
        if ok[use]:
            if count == most:
                return -1
            active[count] = use
            place[use] = count
            count += 1
    first = 0
    for at in range(count):
        use = active[at]
        head = slot_head[use]
        if at > 0 and above[slot_head[active[at - 1]]] != above[head]:
            first = at
        clash[at, at] = 0
        for other in range(first, at):
            apart = slot_rule[active[other]] != slot_rule[use] or (slot_once[active[other]] and slot_once[use])
            clash[at, other] = apart
            clash[other, at] = apart
        certain = not (circular[head] or slot_take[use])
        for other in range(first):
            clash[at, other] = certain
        if certain:
            for spot in range(c_ptr[head], c_ptr[head + 1]):
                if ok[c_slot[spot]]:
                    row = place[c_slot[spot]]
                    for other in range(first):
                        clash[at, other] &= clash[row, other]
            for spot in range(c_ptr[head], c_ptr[head + 1]):
                if ok[c_slot[spot]] and locked[c_slot[spot]]:
                    row = place[c_slot[spot]]
                    for other in range(first):
                        clash[at, other] |= clash[row, other]
        for other in range(first):
            clash[other, at] = clash[at, other]
    return count


@helper
def find_classes(
    count: int, ok: A, c_ptr: A, c_slot: A, place: A, clash: A, leader: A, several: A,
) -> None:  # fmt: skip
    """Uses of a credential that all clash with one another get one leader: a sound plan has one of them at most."""
    for one in range(len(c_ptr) - 1):
        for spot in range(c_ptr[one], c_ptr[one + 1]):
            use = c_slot[spot]
            leader[use] = use
            several[use] = 0
            if count < 0 or not ok[use]:
                continue
            for earlier in range(c_ptr[one], spot):
                head = c_slot[earlier]
                if not ok[head] or leader[head] != head:
                    continue
                fits = True
                for between in range(earlier, spot):
                    other = c_slot[between]
                    if ok[other] and leader[other] == head and not clash[place[use], place[other]]:
                        fits = False
                        break
                if fits:
                    leader[use] = head
                    several[head] = 1
                    break
