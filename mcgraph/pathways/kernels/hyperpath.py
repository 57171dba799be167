"""The cheapest hyperpath where each use is paid, and the earliest finish: Knuth's Dijkstra over AND-OR rules.

Credentials are settled in the order of their value. A group is met by the cheapest of its settled members: by the
first that suffice where all weigh the same, by a knapsack over the settled ones where they weigh differently. A cover
costs at least as much as its dearest member, so the order stays right (Gallo, Longo, Pallottino and Nguyen 1993).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mcgraph.model.jit import helper
from mcgraph.pathways.kernels.heap import drop_first, push

A = Any
INFINITE = 1 << 61
# Values are cut here: each use is paid anew, so a tree may cost exponentially much.
DEAREST = 1 << 60


@helper
def relax(cells: A, first: int, need: int, weight: int, key: int) -> int:
    """Let a member count once in the knapsack cells `first … first+need`; returns the cost of the full cover."""
    for have in range(need, 0, -1):
        before = have - weight if have > weight else 0
        through = cells[first + before] + key
        if through < cells[first + have]:
            cells[first + have] = through
    return cells[first + need]  # type: ignore[no-any-return]


def settle(
    c_ptr: A, c_group: A, c_w: A, g_rule: A, g_need: A, r_head: A, free: A, held: A, price: A, at_most: bool,
    d_ptr: A, d_unit: A, cells: A, waiting: A, total: A, worth: A, got: A, keys: A, items: A,
    value: A, by: A, rank: A,
) -> int:  # fmt: skip
    """Settle every credential that can be attained; `value`, `by` and `rank` are the result.

    `at_most`: the dearest part counts instead of the sum (earliest finish). `d_unit[g]` > 0 makes group g a knapsack
    in cells of that weight.
    """
    size, done = 0, 0
    for one in held:
        value[one] = 0
        by[one] = -1
        size = push(keys, items, size, 0, one)
    for rule in free:
        head = r_head[rule]
        if price[rule] < value[head]:
            value[head] = price[rule]
            by[head] = rule
            size = push(keys, items, size, price[rule], head)
    while size > 0:
        key, one = keys[0], items[0]
        size = drop_first(keys, items, size)
        if rank[one] >= 0:
            continue
        rank[one] = done
        done += 1
        for slot in range(c_ptr[one], c_ptr[one + 1]):
            group = c_group[slot]
            rule = g_rule[group]
            head, old = r_head[rule], worth[group]
            if rank[head] >= 0 or old <= key:
                continue
            if d_unit[group] > 0:
                need = d_ptr[group + 1] - d_ptr[group] - 1
                new = relax(cells, d_ptr[group], need, c_w[slot] // d_unit[group], key)
            elif old < INFINITE:
                continue
            else:
                got[group] += c_w[slot]
                total_key = cells[d_ptr[group]] + key
                cells[d_ptr[group]] = min(total_key, DEAREST)
                new = INFINITE
                if got[group] >= g_need[group]:
                    new = key if at_most else cells[d_ptr[group]]
            if new >= old:
                continue
            worth[group] = new
            if old >= INFINITE:
                waiting[rule] -= 1
                old = 0
            total[rule] = max(total[rule], new) if at_most else min(total[rule] + new - old, DEAREST)
            reached = min(price[rule] + total[rule], DEAREST)
            if waiting[rule] == 0 and reached < value[head]:
                value[head] = reached
                by[head] = rule
                size = push(keys, items, size, reached, head)
    return done


@helper
def fill_in_order(m_cred: A, m_w: A, first: int, last: int, need: int, rank: A, before: int, used: A) -> None:
    """Mark the earliest settled members of a group that suffice."""
    while need > 0:
        best = -1
        for slot in range(first, last):
            at = rank[m_cred[slot]]
            fits = 0 <= at < before and used[slot] == 0
            if fits and (best < 0 or at < rank[m_cred[best]]):
                best = slot
        if best < 0:
            return
        used[best] = 1
        need -= m_w[best]


@helper
def fill_cheapest(
    m_cred: A, m_w: A, first: int, last: int, need: int, unit: int, rank: A, before: int, value: A, used: A
) -> None:
    """Mark the cheapest cover of a group among the members settled before its head."""
    size = last - first
    cost = np.full((size + 1, need + 1), INFINITE, dtype=np.int64)
    cost[0, 0] = 0
    for row in range(size):
        member = m_cred[first + row]
        usable = 0 <= rank[member] < before
        weight = m_w[first + row] // unit
        for have in range(need + 1):
            cost[row + 1, have] = cost[row, have]
            less = have - weight if have > weight else 0
            if usable and have > 0 and cost[row, less] + value[member] < cost[row + 1, have]:
                cost[row + 1, have] = cost[row, less] + value[member]
    have = need
    for row in range(size - 1, -1, -1):
        if have > 0 and cost[row + 1, have] < cost[row, have]:
            used[first + row] = 1
            weight = m_w[first + row] // unit
            have = have - weight if have > weight else 0


def choose(
    r_ptr: A, m_ptr: A, m_cred: A, m_w: A, g_need: A, d_ptr: A, d_unit: A, value: A, by: A, rank: A,
    target: int, used: A, chosen: A, stack: A,
) -> None:  # fmt: skip
    """From the target back: mark the credentials the hyperpath rests on (`chosen`) and the members that count."""
    stack[0] = target
    chosen[target] = 1
    size = 1
    while size > 0:
        size -= 1
        one = stack[size]
        rule = by[one]
        if rule < 0:
            continue
        for group in range(r_ptr[rule], r_ptr[rule + 1]):
            first, last = m_ptr[group], m_ptr[group + 1]
            if d_unit[group] > 0:
                need = d_ptr[group + 1] - d_ptr[group] - 1
                fill_cheapest(m_cred, m_w, first, last, need, d_unit[group], rank, rank[one], value, used)
            else:
                fill_in_order(m_cred, m_w, first, last, g_need[group], rank, rank[one], used)
            for slot in range(first, last):
                member = m_cred[slot]
                if used[slot] and chosen[member] == 0:
                    chosen[member] = 1
                    stack[size] = member
                    size += 1
