"""What no better plan can use: rules and uses whose least extra cost goes beyond the best plan known."""

from __future__ import annotations

from typing import Any

from mcgraph.model.jit import helper
from mcgraph.pathways.kernels.split_value import ALL, NONE, fill_table, rule_value, toll

A = Any


@helper
def drop_rule(
    rule: int, ok: A, usable: A, r_ptr: A, m_ptr: A,
) -> int:  # fmt: skip
    """A rule that is of no use any more, and its uses."""
    usable[rule] = 0
    count = 1
    for use in range(m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]):
        count += ok[use]
        ok[use] = 0
    return count


@helper
def cut_off(
    ok: A, usable: A, share: A, fee: A, forced: A, slack: float, seq: A, block: A, held: A, h_ptr: A, h_rule: A,
    price: A, r_ptr: A, m_ptr: A, m_cred: A, m_w: A, kind: A, need: A, roots: A, value: A, more: A,
    least_flow: A, table: A, back: A, cells: A,
) -> int:  # fmt: skip
    """Drop rules and uses by which a plan costs at least `slack` above the value of the roots; returns how many.

    `more[c]`: what any plan with credential c costs above the value at least, found from the roots down. A rule or
    use that is not the cheapest choice adds its difference, as often as c flows (`least_flow`).
    """
    dropped = 0
    more[:] = NONE
    least_flow[:] = NONE
    for root in roots:
        more[root] = 0.0
        least_flow[root] = 1.0
    for number in range(len(block) - 2, -1, -1):
        first, last = block[number], block[number + 1]
        if last - first > 1:
            # Within a circle any member may be the way in.
            least = NONE
            for at in range(first, last):
                least = min(least, more[seq[at]])
            for at in range(first, last):
                more[seq[at]] = least
                least_flow[seq[at]] = 0.0
        for at in range(first, last):
            one = seq[at]
            for way in range(h_ptr[one], h_ptr[one + 1]):
                rule = h_rule[way]
                if not usable[rule] or held[one]:
                    continue
                through = rule_value(
                    rule, ok, share, fee, forced, price, r_ptr, m_ptr, m_cred, m_w, kind, need,
                    value, cells,
                )  # fmt: skip
                base = more[one]
                if through < NONE and base < NONE:
                    base += least_flow[one] * max(through - value[one], 0.0)
                if through >= NONE or base >= slack:
                    dropped += drop_rule(rule, ok, usable, r_ptr, m_ptr)
                    continue
                for group in range(r_ptr[rule], r_ptr[rule + 1]):
                    dropped += cut_group(
                        group, base, least_flow[one], slack, ok, share, fee, forced, m_ptr,
                        m_cred, m_w, kind, need, value, more, least_flow, table, back,
                    )  # fmt: skip
    return dropped


@helper
def cut_group(
    group: int, base: float, through: float, slack: float, ok: A, share: A, fee: A, forced: A, m_ptr: A, m_cred: A,
    m_w: A, kind: A, need: A, value: A, more: A, least_flow: A, table: A, back: A,
) -> int:  # fmt: skip
    """Drop the uses of a group that are too dear, and pass on to the others what they cost at least."""
    first, last, size = m_ptr[group], m_ptr[group + 1], need[group]
    whole, dropped = kind[group] == ALL, 0
    if not whole:
        fill_table(group, ok, share, fee, forced, m_ptr, m_cred, m_w, need, value, table)
    full = table[last - first, size]
    back[0] = 0.0
    for have in range(1, size + 1):
        back[have] = NONE
    for use in range(last - 1, first - 1, -1):
        if not ok[use]:
            continue
        cost = toll(use, ok, share, fee, forced, m_cred, value)
        weight, above = m_w[use], base
        if not whole:
            least, left = NONE, max(size - weight, 0)
            for have in range(left + 1):
                least = min(least, table[use - first, have] + back[left - have])
            above = base + through * max(least + cost - full, 0.0) if least < NONE and cost < NONE else NONE
        if above >= slack:
            ok[use] = 0
            dropped += 1
        else:
            member = m_cred[use]
            more[member] = min(more[member], above)
            least_flow[member] = min(least_flow[member], through * share[use])
        if not whole and cost < NONE:
            for have in range(size, 0, -1):
                before = back[have - weight if have > weight else 0]
                back[have] = min(back[have], before + cost)
    return dropped
