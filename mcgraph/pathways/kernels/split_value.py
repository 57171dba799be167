"""Values of credentials when each use bears its share of a cost, and the plan that has the value of the target."""

from __future__ import annotations

from typing import Any

from mcgraph.pathways.kernels.jit import helper

A = Any
NONE = 1e300
ALL, ANY, SOME = 0, 1, 2


@helper
def toll(
    use: int, ok: A, share: A, forced: A, m_cred: A, value: A,
) -> float:  # fmt: skip
    """What a use costs: nothing for what is forced and so paid elsewhere, its share of the value of others."""
    if not ok[use]:
        return NONE
    member = m_cred[use]
    if forced[member]:
        return 0.0
    if value[member] >= NONE:
        return NONE
    return share[use] * value[member]  # type: ignore[no-any-return]


@helper
def group_value(
    group: int, ok: A, share: A, forced: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need: A, value: A, cells: A,
) -> float:  # fmt: skip
    """The cheapest filling of a group: a sum, a minimum, or a knapsack."""
    first, last = m_ptr[group], m_ptr[group + 1]
    kind = kind[group]
    if kind == ALL:
        total = 0.0
        for use in range(first, last):
            cost = toll(use, ok, share, forced, m_cred, value)
            if cost >= NONE:
                return NONE
            total += cost
        return total
    if kind == ANY:
        least = NONE
        for use in range(first, last):
            least = min(least, toll(use, ok, share, forced, m_cred, value))
        return least
    whole = need[group]
    cells[0] = 0.0
    for have in range(1, whole + 1):
        cells[have] = NONE
    for use in range(first, last):
        cost = toll(use, ok, share, forced, m_cred, value)
        if cost < NONE:
            weight = m_w[use]
            for have in range(whole, 0, -1):
                through = cells[have - weight if have > weight else 0] + cost
                if through < cells[have]:
                    cells[have] = through
    return cells[whole]  # type: ignore[no-any-return]


@helper
def rule_value(
    rule: int, ok: A, share: A, forced: A, price: A, r_ptr: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need:
    A, value: A, cells: A,
) -> float:  # fmt: skip
    """What a rule costs with the cheapest filling of each group."""
    total = price[rule]
    for group in range(r_ptr[rule], r_ptr[rule + 1]):
        part = group_value(group, ok, share, forced, m_ptr, m_cred, m_w, kind, need, value, cells)
        if part >= NONE:
            return NONE
        total += part
    return total  # type: ignore[no-any-return]


@helper
def evaluate(
    ok: A, usable: A, share: A, forced: A, seq: A, block: A, held: A, h_ptr: A, h_rule: A, price: A, r_ptr:
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
                            rule, ok, share, forced, price, r_ptr, m_ptr, m_cred,
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
    group: int, ok: A, share: A, forced: A, m_ptr: A, m_cred: A, m_w: A, need: A, value: A, table: A,
) -> None:  # fmt: skip
    """`table[k, have]`: the cheapest way to that weight with the first k members."""
    first, last, whole = m_ptr[group], m_ptr[group + 1], need[group]
    table[0, 0] = 0.0
    for have in range(1, whole + 1):
        table[0, have] = NONE
    for use in range(first, last):
        row, weight = use - first, m_w[use]
        cost = toll(use, ok, share, forced, m_cred, value)
        table[row + 1, 0] = 0.0
        for have in range(1, whole + 1):
            least = table[row, have]
            if cost < NONE:
                through = table[row, have - weight if have > weight else 0] + cost
                if through < least:
                    least = through
            table[row + 1, have] = least


@helper
def pick(
    group: int, ok: A, share: A, forced: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need: A, value: A, table:
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
            cost = toll(use, ok, share, forced, m_cred, value)
            if cost < least:
                best, least = use, cost
        if best >= 0:
            used[best] = 1
    else:
        fill_table(group, ok, share, forced, m_ptr, m_cred, m_w, need, value, table)
        have = need[group]
        for row in range(last - first - 1, -1, -1):
            if have > 0 and table[row + 1, have] < table[row, have]:
                used[first + row] = 1
                weight = m_w[first + row]
                have = have - weight if have > weight else 0


@helper
def extract(
    ok: A, share: A, forced: A, seq: A, price: A, r_ptr: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need: A,
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
            pick(group, ok, share, forced, m_ptr, m_cred, m_w, kind, need, value, table, used)
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
