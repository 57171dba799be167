"""Slow answers by definition, to hold the fast ones to. Nothing here knows how they are found."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations

from mcgraph.pathways.arrays import TAKE, Arrays

RuleGroups = list[tuple[int, list[tuple[int, int]]]]


def table(arrays: Arrays) -> list[tuple[int, bool, RuleGroups]]:
    """Each rule as head, is it taking, groups of (need, members with weights)."""
    gates, found = arrays.gates, []
    for rule in range(gates.rules):
        groups = []
        for group in range(gates.r_ptr[rule], gates.r_ptr[rule + 1]):
            a, b = gates.m_ptr[group], gates.m_ptr[group + 1]
            members = list(zip(gates.m_cred[a:b].tolist(), gates.m_w[a:b].tolist(), strict=True))
            groups.append((int(gates.g_need[group]), members))
        found.append((int(gates.r_head[rule]), bool(gates.r_kind[rule] == TAKE), groups))
    return found


def fixpoint(
    arrays: Arrays,
    held: Iterable[int],
    rules: Collection[int],
    banned: Collection[int] = (),
    more: Sequence[tuple[int, list[tuple[int, list[tuple[int, int]]]]]] = (),
) -> set[int]:
    """Repeat every allowed rule until nothing changes; then try all sets that may be taken at the same time.

    `more` are rules that are not in the arrays, as head and groups.
    """
    own, every = set(held) - set(banned), table(arrays)
    rules = [*rules, *range(len(every), len(every) + len(more))]
    every += [(head, False, groups) for head, groups in more]
    beside = beside_of(arrays)
    waiting = [rule for rule in rules if rule in beside and every[rule][0] not in banned]
    while True:
        new = {
            every[rule][0]
            for rule in rules
            if all(sum(w for m, w in members if m in own) >= need for need, members in every[rule][2])
        } - set(banned)
        if new <= own:
            new = _at_once(every, beside, own, [rule for rule in waiting if every[rule][0] not in own])
        if not new:
            return own
        own |= new


def beside_of(arrays: Arrays) -> dict[int, set[tuple[int, int]]]:
    """Per rule the pairs (place of its group, member) of what may be taken at the same time."""
    gates, found = arrays.gates, {}
    for at in gates.beside.tolist():
        group = max(one for one in range(gates.groups) if gates.m_ptr[one] <= at)
        rule = int(gates.g_rule[group])
        found.setdefault(rule, set()).add((group - int(gates.r_ptr[rule]), int(gates.m_cred[at])))
    return found


def _at_once(
    every: list[tuple[int, bool, RuleGroups]], beside: dict[int, set[tuple[int, int]]], own: set[int],
    waiting: Sequence[int],
) -> set[int]:  # fmt: skip
    for size in range(2, len(waiting) + 1):
        for some in combinations(waiting, size):
            heads = {every[rule][0] for rule in some}
            if all(_is_open(every[rule], beside[rule], own, heads) for rule in some):
                return heads
    return set()


def _is_open(
    rule: tuple[int, bool, RuleGroups], beside: set[tuple[int, int]], own: set[int], heads: set[int]
) -> bool:
    return all(
        sum(w for m, w in members if m in own or (m in heads and m != rule[0] and (place, m) in beside)) >= need
        for place, (need, members) in enumerate(rule[2])
    )


def tree_values(
    arrays: Arrays, held: Iterable[int], price: Sequence[int], join: Callable[[Iterable[int]], int]
) -> dict[int, int]:
    """The least value of any derivation, each use paid: every cover of every group, until nothing gets better."""
    value = dict.fromkeys(held, 0)
    every = table(arrays)
    while True:
        before = dict(value)
        for rule, (head, _, groups) in enumerate(every):
            parts = [_cover(value, need, members, join) for need, members in groups]
            if all(part is not None for part in parts):
                reached = int(price[rule]) + join(part for part in parts if part is not None)
                value[head] = min(value.get(head, reached), reached)
        if value == before:
            return value


def _cover(
    value: dict[int, int], need: int, members: list[tuple[int, int]], join: Callable[[Iterable[int]], int]
) -> int | None:
    known = [(m, w) for m, w in members if m in value]
    options = [
        join(value[m] for m, _ in some)
        for size in range(1, len(known) + 1)
        for some in combinations(known, size)
        if sum(w for _, w in some) >= need
    ]
    return min(options, default=None)


def smallest(candidates: Sequence[int], cuts: Callable[[Collection[int]], bool]) -> int | None:
    """The size of the smallest set that `cuts`, by trying all sets."""
    for size in range(len(candidates) + 1):
        if any(cuts(some) for some in combinations(candidates, size)):
            return size
    return None
