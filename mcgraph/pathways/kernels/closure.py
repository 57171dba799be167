"""Forward chaining with counters (Dowling and Gallier): the least fixpoint, what a change adds to it, what unlocks.

`left` is what each group still lacks (≤ 0: met), `waiting` how many groups each rule still lacks, `by` the rule that
attained a credential. Because only what is attained counts, credentials in a circle do not justify one another.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcgraph.model.jit import helper

HELD = -1
UNATTAINED = -2
BANNED = -3

A = Any  # a NumPy array; kernels are checked by their tests, not by types of arrays


@helper
def spread(
    c_ptr: A, c_group: A, c_w: A, g_rule: A, r_head: A, allowed: A,
    left: A, waiting: A, by: A, order: A, start: int, count: int,
) -> int:  # fmt: skip
    """Let the credentials `order[start:count]` count, and what follows; returns how many are attained then.

    Level by level, each level in three passes without branches to guess: on a million credentials the processor then
    waits for many places in memory at once (0.11 s where one credential at a time took 0.15 s).
    """
    met, fired = np.empty(len(left) + 1, dtype=np.int32), np.empty(len(waiting) + 1, dtype=np.int32)
    while start < count:
        groups, rules = 0, 0
        for at in range(start, count):
            one = order[at]
            for slot in range(c_ptr[one], c_ptr[one + 1]):
                group = c_group[slot]
                before = left[group]
                left[group] = before - c_w[slot]
                met[groups] = group
                groups += (before > 0) & (before <= c_w[slot])
        start = count
        for at in range(groups):
            rule = g_rule[met[at]]
            waiting[rule] -= 1
            fired[rules] = rule
            rules += (waiting[rule] == 0) & (allowed[rule] != 0)
        for at in range(rules):
            head = r_head[fired[at]]
            if by[head] == -2:
                by[head] = fired[at]
                order[count] = head
                count += 1
    return count


@helper
def close(
    c_ptr: A, c_group: A, c_w: A, g_rule: A, r_head: A, free: A, allowed: A, held: A,
    left: A, waiting: A, by: A, order: A,
) -> int:  # fmt: skip
    """Everything attained from `held`; `free` are the rules without groups. The last four arrays are the result."""
    count = begin(r_head, free, allowed, held, by, order)
    return spread(c_ptr, c_group, c_w, g_rule, r_head, allowed, left, waiting, by, order, 0, count)


@helper
def begin(r_head: A, free: A, allowed: A, held: A, by: A, order: A) -> int:
    """List what is held, then what the rules without groups attain; returns how many."""
    count = 0
    for one in held:
        if by[one] == -2:
            by[one] = -1
            order[count] = one
            count += 1
    for rule in free:
        head = r_head[rule]
        if allowed[rule] and by[head] == -2:
            by[head] = rule
            order[count] = head
            count += 1
    return count


@helper
def ask(
    m_ptr: A, m_cred: A, m_w: A, g_rule: A, r_head: A, allowed: A,
    left: A, waiting: A, by: A, order: A, inside: A, open_groups: A, many: int, count: int,
) -> tuple[int, int]:  # fmt: skip
    """Each of the open groups asks which of its members are attained; what is attained on the way counts at once.

    Returns how many groups stay open (`open_groups` lists them) and how many credentials are attained then. `left` of
    an open group is not touched.
    """
    kept = 0
    for at in range(many):
        group = open_groups[at]
        have = 0
        for slot in range(m_ptr[group], m_ptr[group + 1]):
            have += m_w[slot] * inside[m_cred[slot]]
        if have < left[group]:
            open_groups[kept] = group
            kept += 1
            continue
        left[group] -= have
        rule = g_rule[group]
        waiting[rule] -= 1
        if waiting[rule] == 0 and allowed[rule]:
            head = r_head[rule]
            if by[head] == -2:
                by[head] = rule
                inside[head] = 1
                order[count] = head
                count += 1
    return kept, count


def close_wide(
    m_ptr: A, m_cred: A, m_w: A, c_ptr: A, c_group: A, c_w: A, g_rule: A, r_head: A, free: A, allowed: A, held: A,
    left: A, waiting: A, by: A, order: A, inside: A,
) -> int:  # fmt: skip
    """As `close`, for many at once: as long as a large part is new, groups ask which of their members are attained.

    Groups, members and rules are then read in the order in which they lie, and only the marks `inside` here and there:
    they fit the cache of the processor, where the counters of the groups do not. What is attained is asked after at
    once, so that one pass goes through several levels (a million credentials: 0.04 s, level by level 0.09 s).
    """
    start, count = 0, begin(r_head, free, allowed, held, by, order)
    if 5 * count > len(by):
        for at in range(count):
            inside[order[at]] = 1
        many = len(left)
        open_groups = np.arange(many, dtype=np.int32)
        before = 0
        while 16 * (count - before) > many:
            before = count
            many, count = ask(
                m_ptr, m_cred, m_w, g_rule, r_head, allowed, left, waiting, by, order, inside, open_groups, many, count
            )
        # The rest is told one by one: all that is attained so far is counted here, what follows from it there.
        start = count
        for at in range(many):
            group = open_groups[at]
            for slot in range(m_ptr[group], m_ptr[group + 1]):
                left[group] -= m_w[slot] * inside[m_cred[slot]]
            if left[group] <= 0:
                rule = g_rule[group]
                waiting[rule] -= 1
                head = r_head[rule]
                if waiting[rule] == 0 and allowed[rule] and by[head] == -2:
                    by[head] = rule
                    order[count] = head
                    count += 1
    return spread(c_ptr, c_group, c_w, g_rule, r_head, allowed, left, waiting, by, order, start, count)


@helper
def spread_over(
    c_ptr: A, c_group: A, c_w: A, g_rule: A, r_head: A, allowed: A, left: A, waiting: A, by: A,
    own_left: A, own_waiting: A, g_stamp: A, r_stamp: A, c_stamp: A, stamp: int, queue: A, at: int, count: int,
) -> int:  # fmt: skip
    """As `spread`, from the new credentials `queue[at:count]`, over a state that is not changed.

    Only what is touched is copied: `own_left[g]` stands in the place of `left[g]` where `g_stamp[g] == stamp`.
    """
    while at < count:
        one = queue[at]
        at += 1
        for slot in range(c_ptr[one], c_ptr[one + 1]):
            group = c_group[slot]
            if g_stamp[group] != stamp:
                g_stamp[group] = stamp
                own_left[group] = left[group]
            if own_left[group] <= 0:
                continue
            own_left[group] -= c_w[slot]
            if own_left[group] > 0:
                continue
            rule = g_rule[group]
            if r_stamp[rule] != stamp:
                r_stamp[rule] = stamp
                own_waiting[rule] = waiting[rule]
            own_waiting[rule] -= 1
            head = r_head[rule]
            if own_waiting[rule] == 0 and allowed[rule] and by[head] == -2 and c_stamp[head] != stamp:
                c_stamp[head] = stamp
                queue[count] = head
                count += 1
    return count


def mark_one_away(
    r_ptr: A, r_head: A, m_ptr: A, m_cred: A, m_w: A, allowed: A, left: A, waiting: A, by: A, marks: A
) -> None:
    """marks[c] = 2 for each credential marked 1 that alone fills the first open group of some rule that is open.

    Nothing follows from the attainment of another one alone.
    """
    for rule in range(len(r_head)):
        if waiting[rule] == 0 or allowed[rule] == 0 or by[r_head[rule]] != -2:
            continue
        group = r_ptr[rule]
        while left[group] <= 0:
            group += 1
        for slot in range(m_ptr[group], m_ptr[group + 1]):
            if m_w[slot] >= left[group] and marks[m_cred[slot]] == 1:
                marks[m_cred[slot]] = 2


def count_unlocked(
    c_ptr: A, c_group: A, c_w: A, g_rule: A, r_head: A, allowed: A, left: A, waiting: A, by: A,
    own_left: A, own_waiting: A, g_stamp: A, r_stamp: A, c_stamp: A, stamp: int, queue: A, candidates: A, opened: A,
) -> int:  # fmt: skip
    """For each candidate how many credentials its attainment alone brings besides itself; returns the last stamp."""
    for place in range(len(candidates)):
        stamp += 1
        queue[0] = candidates[place]
        c_stamp[candidates[place]] = stamp
        opened[place] = (
            spread_over(
                c_ptr, c_group, c_w, g_rule, r_head, allowed, left, waiting, by,
                own_left, own_waiting, g_stamp, r_stamp, c_stamp, stamp, queue, 0, 1,
            )
            - 1
        )  # fmt: skip
    return stamp


def rest_on(
    r_ptr: A, m_ptr: A, m_cred: A, m_w: A, g_need: A, by: A, target: int, certain: bool, queue: A, marks: A
) -> None:
    """marks[r] = 1 for each rule of `by` that the target may rest on: those of attained members, and of theirs.

    With `certain` only members without which all others together do not fill their group: the target needs those rules.
    """
    seen = np.zeros(len(by), dtype=np.uint8)
    seen[target] = 1
    queue[0] = target
    at, count = 0, 1
    while at < count:
        rule = by[queue[at]]
        at += 1
        if rule < 0:
            continue
        marks[rule] = 1
        for group in range(r_ptr[rule], r_ptr[rule + 1]):
            have = 0
            for slot in range(m_ptr[group], m_ptr[group + 1]):
                if by[m_cred[slot]] >= -1:
                    have += m_w[slot]
            for slot in range(m_ptr[group], m_ptr[group + 1]):
                one = m_cred[slot]
                if seen[one] == 0 and by[one] >= 0 and (not certain or have - m_w[slot] < g_need[group]):
                    seen[one] = 1
                    queue[count] = one
                    count += 1


def find_needed(
    c_ptr: A, c_group: A, c_w: A, g_rule: A, r_head: A, free: A, held: A, target: int, g_need: A, r_groups: A,
    without: A, without_rule: A, left: A, waiting: A, by: A, order: A, allowed: A, found: A,
) -> None:  # fmt: skip
    """found[i] = 1 where the target is not attained without credential `without[i]` (-1: none) and the rules that

    bear the number i in `without_rule` (-1: none): one whole closure for each i.
    """
    for place in range(len(without)):
        left[:] = g_need
        waiting[:] = r_groups
        by[:] = -2
        for rule in range(len(r_head)):
            allowed[rule] = 0 if without_rule[rule] == place else 1
        if without[place] >= 0:
            by[without[place]] = -3
        close(c_ptr, c_group, c_w, g_rule, r_head, free, allowed, held, left, waiting, by, order)
        found[place] = 1 if by[target] < -1 else 0


def shrink(
    c_ptr: A, c_group: A, c_w: A, g_rule: A, r_head: A, free: A, held: A, target: int, g_need: A, r_groups: A,
    dearest_first: A, allowed: A, left: A, waiting: A, by: A, order: A,
) -> None:  # fmt: skip
    """Forbid, one after the other, each rule of `dearest_first` without which the target is still attained."""
    for rule in dearest_first:
        allowed[rule] = 0
        left[:] = g_need
        waiting[:] = r_groups
        by[:] = -2
        close(c_ptr, c_group, c_w, g_rule, r_head, free, allowed, held, left, waiting, by, order)
        if by[target] == -2:
            allowed[rule] = 1
