"""What can matter for one target: walked backwards from it, touching nothing else of the graph."""

from __future__ import annotations

from typing import Any

A = Any


def walk_back(
    h_ptr: A, h_rule: A, r_ptr: A, m_ptr: A, m_cred: A, usable: A, stop: A, can: A,
    target: int, place: A, stamps: A, stamp: int, credentials: A, rules: A, sizes: A,
) -> None:  # fmt: skip
    """List the credentials and usable rules on the way to the target.

    Nothing is looked for behind a credential with `stop[c]`; members without `can[c]` are left out. `place[c]` is the
    place of c in the list where `stamps[c] == stamp`. `sizes`: credentials, rules, groups, members.
    """
    credentials[0] = target
    place[target] = 0
    stamps[target] = stamp
    found, used, groups, members = 1, 0, 0, 0
    at = 0
    while at < found:
        one = credentials[at]
        at += 1
        if stop[one]:
            continue
        for way in range(h_ptr[one], h_ptr[one + 1]):
            rule = h_rule[way]
            if not usable[rule]:
                continue
            rules[used] = rule
            used += 1
            groups += r_ptr[rule + 1] - r_ptr[rule]
            for slot in range(m_ptr[r_ptr[rule]], m_ptr[r_ptr[rule + 1]]):
                member = m_cred[slot]
                if not can[member]:
                    continue
                members += 1
                if stamps[member] != stamp:
                    stamps[member] = stamp
                    place[member] = found
                    credentials[found] = member
                    found += 1
    sizes[0], sizes[1], sizes[2], sizes[3] = found, used, groups, members


def copy_out(
    r_ptr: A, r_head: A, m_ptr: A, m_cred: A, m_w: A, g_need: A, can: A, place: A, rules: A,
    heads: A, group_rules: A, needs: A, member_groups: A, members: A, weights: A,
) -> None:  # fmt: skip
    """The listed rules with their groups and members, renumbered by `place`."""
    group_at, member_at = 0, 0
    for at in range(len(rules)):
        rule = rules[at]
        heads[at] = place[r_head[rule]]
        for group in range(r_ptr[rule], r_ptr[rule + 1]):
            group_rules[group_at] = at
            needs[group_at] = g_need[group]
            for slot in range(m_ptr[group], m_ptr[group + 1]):
                if can[m_cred[slot]]:
                    member_groups[member_at] = group_at
                    members[member_at] = place[m_cred[slot]]
                    weights[member_at] = m_w[slot]
                    member_at += 1
            group_at += 1
