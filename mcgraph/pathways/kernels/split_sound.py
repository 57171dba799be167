"""Whether the plan of an evaluation is sound: nothing holds itself up, no credit is spent twice within a rule."""

from __future__ import annotations

from typing import Any

from mcgraph.model.jit import helper
from mcgraph.pathways.kernels.split_value import NONE

A = Any


@helper
def rests_on_done(
    one: int, held: A, r_ptr: A, m_ptr: A, m_cred: A, used: A, by: A, done: A,
) -> bool:  # fmt: skip
    """Whether all that a credential of the plan counts is in order already."""
    if held[one]:
        return True
    rule = by[one]
    if rule < 0:
        return False
    missing = 0
    for use in range(m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]):
        missing += used[use] and not done[m_cred[use]]
    return missing == 0


@helper
def put_in_order(
    usable: A, mend: bool, seq: A, block: A, held: A, h_ptr: A, h_rule: A, price: A, r_ptr: A, m_ptr: A,
    m_cred: A, inside: A, used: A, by: A, done: A, order: A, seen: A,
) -> float:  # fmt: skip
    """List the plan in an order of attainment (`order`, its length in `seen[0]`).

    Where credentials hold one another up: with `mend` the one that is taken for the least more is taken, and that is
    returned; else `NONE`, and the first of the circle stays without `done`.
    """
    done[:] = 0
    listed, extra = 0, 0.0
    for number in range(len(block) - 1):
        first, last = block[number], block[number + 1]
        waiting = 0
        for at in range(first, last):
            waiting += inside[seq[at]]
        while waiting > 0:
            before = waiting
            for at in range(first, last):
                one = seq[at]
                if inside[one] and not done[one] and rests_on_done(one, held, r_ptr, m_ptr, m_cred, used, by, done):
                    done[one] = 1
                    order[listed] = one
                    listed += 1
                    waiting -= 1
            if waiting == before:
                more = NONE
                if mend:
                    more = take_instead(
                        first, last, usable, seq, h_ptr, h_rule, price, r_ptr, m_ptr, inside, used, by, done,
                    )  # fmt: skip
                if more >= NONE:
                    return NONE
                extra += more
    seen[0] = listed
    return extra


@helper
def take_instead(
    first: int, last: int, usable: A, seq: A, h_ptr: A, h_rule: A, price: A, r_ptr: A, m_ptr: A, inside: A,
    used: A, by: A, done: A,
) -> float:  # fmt: skip
    """Take a credential of a circle by a rule that needs nothing; returns what that costs more, `NONE`: cannot."""
    least, best, rule_of_best = NONE, -1, -1
    for at in range(first, last):
        one = seq[at]
        if not inside[one] or done[one] or by[one] < 0:
            continue
        for way in range(h_ptr[one], h_ptr[one + 1]):
            rule = h_rule[way]
            more = price[rule] - price[by[one]]
            if usable[rule] and r_ptr[rule] == r_ptr[rule + 1] and more < least:
                least, best, rule_of_best = more, one, rule
    if best >= 0:
        old = by[best]
        for use in range(m_ptr[r_ptr[old]], m_ptr[r_ptr[old + 1]]):
            used[use] = 0
        by[best] = rule_of_best
    return least


@helper
def find_circle(
    seq: A, r_ptr: A, m_ptr: A, m_cred: A, inside: A, used: A, by: A, done: A, clash: A,
) -> int:  # fmt: skip
    """After `put_in_order` failed: the uses along one circle, in `clash`; returns how many."""
    one = -1
    for at in range(len(seq)):
        if inside[seq[at]] and not done[seq[at]]:
            one = seq[at]
            break
    if one < 0:
        return 0
    # Walk along what is not in order until something comes a second time, then once around.
    for lap in range(2):
        start, count = one, 0
        while count <= len(seq):
            rule, found = by[one], -1
            if rule >= 0:
                for use in range(m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]):
                    if used[use] and not done[m_cred[use]]:
                        found = use
                        break
            if found < 0:
                return 0
            clash[count] = found
            count += 1
            one = m_cred[found]
            if lap == 1 and one == start:
                return count
    return 0


@helper
def gather_leaves(
    one: int, is_take: A, r_ptr: A, m_ptr: A, m_cred: A, used: A, by: A, leaves: A,
) -> None:  # fmt: skip
    """What a credential of the plan was taken for, as bits; what is held or taken stands for itself."""
    words = leaves.shape[1]
    for word in range(words):
        leaves[one, word] = 0
    rule, parts = by[one], 0
    if rule >= 0 and not is_take[rule]:
        for use in range(m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]):
            if used[use]:
                parts += 1
                for word in range(words):
                    leaves[one, word] |= leaves[m_cred[use], word]
    if parts == 0:
        leaves[one, one // 62] = 1 << int(one % 62)


@helper
def spent_before(member: int, leaves: A, seen: A) -> int:
    """The first leaf of a member that is in `seen[1:]` already, -1 for none; its leaves are put in."""
    spent = -1
    for word in range(leaves.shape[1]):
        both = seen[word + 1] & leaves[member, word]
        if both and spent < 0:
            bit = 0
            while not (both >> bit) & 1:
                bit += 1
            spent = 62 * word + bit
        seen[word + 1] |= leaves[member, word]
    return spent


@helper
def find_double(
    is_take: A, r_ptr: A, m_ptr: A, m_cred: A, slot_once: A, used: A, by: A, order: A, leaves: A, seen: A, clash: A,
) -> int:  # fmt: skip
    """After `put_in_order`: uses that together spend a credit twice, in `clash`; returns how many, 0 for none."""
    words = leaves.shape[1]
    for at in range(seen[0]):
        one = order[at]
        gather_leaves(one, is_take, r_ptr, m_ptr, m_cred, used, by, leaves)
        rule = by[one]
        if rule < 0:
            continue
        first, last = m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]
        for word in range(words):
            seen[word + 1] = 0
        for use in range(first, last):
            if not used[use] or not slot_once[use]:
                continue
            spent = spent_before(m_cred[use], leaves, seen)
            if spent >= 0:
                return list_clash(
                    spent, first, use, is_take, r_ptr, m_ptr, m_cred, slot_once, used, by, leaves, clash,
                )  # fmt: skip
    return 0


@helper
def gather_clashes(
    is_take: A, r_ptr: A, m_ptr: A, m_cred: A, slot_once: A, used: A, by: A, order: A, leaves: A, seen: A,
    clash: A, cut_ptr: A, cut_use: A, mark: A,
) -> int:  # fmt: skip
    """After `put_in_order`: keep every clash of the plan that is not kept yet; returns how many the plan has.

    `cut_ptr[0]` is how many are kept, clash i is `cut_use[cut_ptr[i + 1]:cut_ptr[i + 2]]`; `mark` tells them apart.
    """
    words = leaves.shape[1]
    found = 0
    for at in range(seen[0]):
        one = order[at]
        gather_leaves(one, is_take, r_ptr, m_ptr, m_cred, used, by, leaves)
        rule = by[one]
        if rule < 0:
            continue
        first, last = m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]
        for word in range(words):
            seen[word + 1] = 0
        for use in range(first, last):
            if not used[use] or not slot_once[use]:
                continue
            spent = spent_before(m_cred[use], leaves, seen)
            if spent >= 0:
                found += 1
                size = list_clash(
                    spent, first, use, is_take, r_ptr, m_ptr, m_cred, slot_once, used, by, leaves, clash,
                )  # fmt: skip
                keep_clash(size, clash, cut_ptr, cut_use, mark)
    return found


@helper
def keep_clash(
    size: int, clash: A, cut_ptr: A, cut_use: A, mark: A,
) -> None:  # fmt: skip
    """Add a clash to those that are kept, unless it is there or there is no room."""
    count = cut_ptr[0]
    end = cut_ptr[count + 1]
    if count + 2 >= len(cut_ptr) or end + size > len(cut_use):
        return
    sign = 0
    for at in range(size):
        sign ^= (int(clash[at]) + 1) * 0x5DEECE66D & 0xFFFFFFFFFFFF
    for cut in range(count):
        if mark[cut] == sign and cut_ptr[cut + 2] - cut_ptr[cut + 1] == size:
            same = 0
            for at in range(size):
                for other in range(cut_ptr[cut + 1], cut_ptr[cut + 2]):
                    same += cut_use[other] == clash[at]
            if same == size:
                return
    for at in range(size):
        cut_use[end + at] = clash[at]
    mark[count] = sign
    cut_ptr[0] = count + 1
    cut_ptr[count + 2] = end + size


@helper
def list_clash(
    leaf: int, first: int, last: int, is_take: A, r_ptr: A, m_ptr: A, m_cred: A, slot_once: A, used: A, by:
    A, leaves: A, clash: A,
) -> int:  # fmt: skip
    """The uses from two members of a rule down to the leaf that both rest on; the second one is the use `last`."""
    other = first
    while not (
        used[other] and slot_once[other] and (leaves[m_cred[other], leaf // 62] >> (leaf % 62)) & 1
    ):
        other += 1
    count = 0
    for start in (other, last):
        use = start
        while use >= 0:
            at = 0
            while at < count and clash[at] != use:
                at += 1
            if at == count:
                clash[count] = use
                count += 1
            use = next_down(m_cred[use], leaf, is_take, r_ptr, m_ptr, m_cred, used, by, leaves)
    return count


@helper
def next_down(
    one: int, leaf: int, is_take: A, r_ptr: A, m_ptr: A, m_cred: A, used: A, by: A, leaves: A,
) -> int:  # fmt: skip
    """The use by which a credential of the plan rests on a leaf; -1 where it is the leaf."""
    rule = by[one]
    if one == leaf or rule < 0 or is_take[rule]:
        return -1
    for use in range(m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]):
        if used[use] and (leaves[m_cred[use], leaf // 62] >> (leaf % 62)) & 1:
            return use
    return -1
