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


def fixpoint(arrays: Arrays, held: Iterable[int], rules: Collection[int], banned: Collection[int] = ()) -> set[int]:
    """Repeat every allowed rule until nothing changes."""
    own, every = set(held) - set(banned), table(arrays)
    while True:
        new = {
            every[rule][0]
            for rule in rules
            if all(sum(w for m, w in members if m in own) >= need for need, members in every[rule][2])
        } - set(banned)
        if new <= own:
            return own
        own |= new


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
