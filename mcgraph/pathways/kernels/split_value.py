"""Values of credentials when each use bears its share of a cost, and the plan that has the value of the target."""

from __future__ import annotations

from typing import Any

import numpy as np

from mcgraph.model.jit import helper

A = Any
NONE = 1e300
ALL, ANY, SOME = 0, 1, 2


@helper
def toll(
    use: int, ok: A, share: A, fee: A, forced: A, m_cred: A, value: A,
) -> float:  # fmt: skip
    """What a use costs: its fee, and its share of the value of what is not forced, and so paid elsewhere."""
    if not ok[use]:
        return NONE
    member = m_cred[use]
    if forced[member]:
        return fee[use]  # type: ignore[no-any-return]
    if value[member] >= NONE:
        return NONE
    return fee[use] + share[use] * value[member]  # type: ignore[no-any-return]


@helper
def add_item(
    before: A, after: A, cost: float, weight: int, low: int, known: int, high: int,
) -> None:  # fmt: skip
    """The cheapest way to each weight from `low` to `high` once an item is there; `before` goes up to `known`."""
    for have in range(low, min(weight, known) + 1):
        kept = before[have]
        after[have] = cost if cost < kept else kept
    # Sizes are unsigned, so that no index can mean one from the end: the loop is then done several cells at a time.
    start = max(low, weight + 1)
    old, new, less = before[start:], after[start:], before[max(0, start - weight) :]
    for cell in range(np.uint64(max(0, known + 1 - start))):
        kept, through = old[cell], less[cell] + cost
        new[cell] = through if through < kept else kept
    start = max(low, known + 1)
    for have in range(start, min(weight, high) + 1):
        after[have] = cost
    start = max(start, weight + 1)
    new, less = after[start:], before[max(0, start - weight) :]
    for cell in range(np.uint64(max(0, high + 1 - start))):
        new[cell] = less[cell] + cost


@helper
def group_value(
    group: int, ok: A, share: A, fee: A, forced: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need: A, value: A, cells: A,
) -> float:  # fmt: skip
    """The cheapest filling of a group: a sum, a minimum, or a knapsack."""
    first, last = m_ptr[group], m_ptr[group + 1]
    kind = kind[group]
    if kind == ALL:
        total = 0.0
        for use in range(first, last):
            cost = toll(use, ok, share, fee, forced, m_cred, value)
            if cost >= NONE:
                return NONE
            total += cost
        return total
    if kind == ANY:
        least = NONE
        for use in range(first, last):
            least = min(least, toll(use, ok, share, fee, forced, m_cred, value))
        return least
    whole, left, reach = need[group], 0, 0
    for use in range(first, last):
        if toll(use, ok, share, fee, forced, m_cred, value) < NONE:
            left += m_w[use]
    if left < whole:
        return NONE
    cells[0, 0] = 0.0
    cells[1, 0] = 0.0
    row = 0
    # A cell counts only where those before suffice for it, and what follows suffices from it on.
    for use in range(first, last):
        cost = toll(use, ok, share, fee, forced, m_cred, value)
        if cost < NONE:
            weight = m_w[use]
            left -= weight
            further = min(whole, reach + weight)
            add_item(cells[row], cells[1 - row], cost, weight, max(1, whole - left), reach, further)
            row, reach = 1 - row, further
    return cells[row, whole]  # type: ignore[no-any-return]


@helper
def rule_value(
    rule: int, ok: A, share: A, fee: A, forced: A, price: A, r_ptr: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need:
    A, value: A, cells: A,
) -> float:  # fmt: skip
    """What a rule costs with the cheapest filling of each group."""
    total = price[rule]
    for group in range(r_ptr[rule], r_ptr[rule + 1]):
        part = group_value(group, ok, share, fee, forced, m_ptr, m_cred, m_w, kind, need, value, cells)
        if part >= NONE:
            return NONE
        total += part
    return total  # type: ignore[no-any-return]


@helper
def evaluate(
    ok: A, usable: A, share: A, fee: A, forced: A, seq: A, block: A, held: A, h_ptr: A, h_rule: A, price: A, r_ptr:
    A, m_ptr: A, m_cred: A, m_w: A, kind: A, need: A, roots: A, value: A, fresh: A, by: A, cells: A,
) -> float:  # fmt: skip
    """The value of every credential; returns the sum over the roots, which no plan undercuts.

    In a block of a circle as many rounds are made as it has members, each from the values of the one before: that is
    the value of the cheapest derivation in which nothing holds itself up, or less.
    """
    for number in range(len(block) - 1):
        first, last = block[number], block[number + 1]
        for at in range(first, last):
            one = seq[at]
            value[one] = 0.0 if held[one] else NONE
            fresh[one] = value[one]
            by[one] = -1
        for _ in range(last - first):
            moved = False
            for at in range(first, last):
                one = seq[at]
                if held[one]:
                    continue
                for way in range(h_ptr[one], h_ptr[one + 1]):
                    rule = h_rule[way]
                    if usable[rule]:
                        through = rule_value(
                            rule, ok, share, fee, forced, price, r_ptr, m_ptr, m_cred,
                            m_w, kind, need, value, cells,
                        )  # fmt: skip
                        if through < fresh[one]:
                            fresh[one] = through
                            by[one] = rule
                            moved = True
            for at in range(first, last):
                value[seq[at]] = fresh[seq[at]]
            if not moved:
                break
    total = 0.0
    for root in roots:
        if value[root] >= NONE:
            return NONE
        total += value[root]
    return total


@helper
def fill_table(
    group: int, ok: A, share: A, fee: A, forced: A, m_ptr: A, m_cred: A, m_w: A, need: A, value: A, table: A,
) -> None:  # fmt: skip
    """`table[k, have]`: the cheapest way to that weight with the first k members."""
    first, last, whole = m_ptr[group], m_ptr[group + 1], need[group]
    table[0, 0] = 0.0
    for have in range(1, whole + 1):
        table[0, have] = NONE
    for use in range(first, last):
        row, weight = use - first, m_w[use]
        cost = toll(use, ok, share, fee, forced, m_cred, value)
        table[row + 1, 0] = 0.0
        if cost < NONE:
            add_item(table[row], table[row + 1], cost, weight, 1, whole, whole)
        else:
            for have in range(1, whole + 1):
                table[row + 1, have] = table[row, have]


@helper
def pick(
    group: int, ok: A, share: A, fee: A, forced: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need: A, value: A, table:
    A, used: A,
) -> None:  # fmt: skip
    """Mark the uses of the cheapest filling of a group."""
    first, last = m_ptr[group], m_ptr[group + 1]
    if kind[group] == ALL:
        for use in range(first, last):
            used[use] = 1
    elif kind[group] == ANY:
        best, least = -1, NONE
        for use in range(first, last):
            cost = toll(use, ok, share, fee, forced, m_cred, value)
            if cost < least:
                best, least = use, cost
        if best >= 0:
            used[best] = 1
    else:
        fill_table(group, ok, share, fee, forced, m_ptr, m_cred, m_w, need, value, table)
        have = need[group]
        for row in range(last - first - 1, -1, -1):
            if have > 0 and table[row + 1, have] < table[row, have]:
                used[first + row] = 1
                weight = m_w[first + row]
                have = have - weight if have > weight else 0


@helper
def extract(
    ok: A, share: A, fee: A, forced: A, seq: A, price: A, r_ptr: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need: A,
    roots: A, value: A, by: A, inside: A, used: A, flow: A, stack: A, table: A,
) -> float:  # fmt: skip
    """Mark the plan of the last evaluation (`inside`, `used`, `flow`); returns its cost with all paid once."""
    inside[:] = 0
    used[:] = 0
    flow[:] = 0.0
    size = 0
    for root in roots:
        flow[root] = 1.0
        if not inside[root]:
            inside[root] = 1
            stack[size] = root
            size += 1
    cost = 0.0
    while size > 0:
        size -= 1
        rule = by[stack[size]]
        if rule < 0:
            continue
        cost += price[rule]
        for group in range(r_ptr[rule], r_ptr[rule + 1]):
            pick(group, ok, share, fee, forced, m_ptr, m_cred, m_w, kind, need, value, table, used)
            for use in range(m_ptr[group], m_ptr[group + 1]):
                member = m_cred[use]
                if used[use] and not inside[member]:
                    inside[member] = 1
                    stack[size] = member
                    size += 1
    for at in range(len(seq) - 1, -1, -1):
        one = seq[at]
        if inside[one] and by[one] >= 0:
            rule = by[one]
            for use in range(m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]):
                if used[use] and not forced[m_cred[use]]:
                    flow[m_cred[use]] += flow[one] * share[use]
    return cost
