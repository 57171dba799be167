"""The rules of a whole store as compressed arrays: the threshold AND-OR hypergraph for millions of members.

A credential is attained by one of its rules, a rule needs all of its groups, a group needs weight: the same meaning as
`Hypergraph`, without one Python object per rule. Positions are 32-bit, offsets 64-bit, weights whole millionths.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mcgraph.errors import WrongUse
from mcgraph.pathways.hypergraph import joint_rules
from mcgraph.pathways.rule import Kind

if TYPE_CHECKING:
    import polars as pl

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.uint8]

TAKE, STACK, RECOGNISE = 0, 1, 2
KINDS: tuple[Kind, Kind, Kind] = ("take", "stack", "recognise")
NOT_STATED = -1


@dataclass(frozen=True, eq=False)
class Gates:
    """The bare hypergraph: n credentials, R rules, G groups, M members.

    `m_ptr` (G+1) → `m_cred`, `m_w`: the members of a group and what they count. `c_ptr` (n+1) → `c_group`, `c_w`: the
    groups in which a credential counts. `g_rule`, `g_need`: a group's rule and the weight it needs. `r_ptr` (R+1): the
    groups of a rule, which stand side by side; `r_head`: what it attains; `r_kind`: `TAKE`, `STACK`, `RECOGNISE`.
    `h_ptr` (n+1) → `h_rule`: the rules that attain a credential. `beside`: places in `m_cred` of members that may be
    taken at the same time as what their group is for, in order.
    """

    m_ptr: Longs
    m_cred: Ints
    m_w: Longs
    c_ptr: Longs
    c_group: Ints
    c_w: Longs
    g_rule: Ints
    g_need: Longs
    r_ptr: Longs
    r_head: Ints
    r_kind: NDArray[np.int8]
    h_ptr: Longs
    h_rule: Ints
    beside: Longs

    @classmethod
    def of(
        cls,
        n: int,
        heads: Ints,
        kinds: NDArray[np.int8],
        group_rules: Ints,
        needs: Longs,
        member_groups: Ints,
        members: Ints,
        weights: Longs,
        beside: Longs | None = None,
    ) -> Gates:
        """The hypergraph of a table of rules, one of groups (by rule) and one of members (by group)."""
        m_ptr = offsets(member_groups, len(needs))
        by_credential = np.argsort(members, kind="stable")
        by_head = np.argsort(heads, kind="stable")
        return cls(
            m_ptr=m_ptr,
            m_cred=members,
            m_w=weights,
            c_ptr=offsets(members, n),
            c_group=member_groups[by_credential],
            c_w=weights[by_credential],
            g_rule=group_rules,
            g_need=needs,
            r_ptr=offsets(group_rules, len(heads)),
            r_head=heads,
            r_kind=kinds,
            h_ptr=offsets(heads, n),
            h_rule=by_head.astype(np.int32),
            beside=np.zeros(0, dtype=np.int64) if beside is None else beside,
        )

    @property
    def n(self) -> int:
        """How many credentials."""
        return len(self.c_ptr) - 1

    @property
    def rules(self) -> int:
        """How many rules."""
        return len(self.r_head)

    @property
    def groups(self) -> int:
        """How many groups."""
        return len(self.g_need)

    @property
    def members(self) -> int:
        """How many members of groups."""
        return len(self.m_cred)

    @cached_property
    def group_counts(self) -> Ints:
        """How many groups each rule has."""
        return np.diff(self.r_ptr).astype(np.int32)

    @cached_property
    def free(self) -> Ints:
        """The rules without groups: what can be taken without holding anything."""
        return np.flatnonzero(self.group_counts == 0).astype(np.int32)

    @cached_property
    def beside_of(self) -> dict[int, dict[int, int]]:
        """Per group with such members what each that may be taken at the same time counts."""
        found: dict[int, dict[int, int]] = {}
        groups = np.searchsorted(self.m_ptr, self.beside, side="right") - 1
        weights = self.m_w[self.beside].tolist()
        for group, member, weight in zip(groups.tolist(), self.m_cred[self.beside].tolist(), weights, strict=True):
            if member != self.r_head[self.g_rule[group]]:
                found.setdefault(group, {})[member] = weight
        return found

    @cached_property
    def beside_keys(self) -> Longs:
        """Group and member of each of `beside` as one number: group · n + member."""
        groups = np.searchsorted(self.m_ptr, self.beside, side="right") - 1
        return groups.astype(np.int64) * self.n + self.m_cred[self.beside]

    @cached_property
    def joint(self) -> dict[int, int]:
        """The rules in circles of members that may be taken at the same time: they may hold one another up."""
        if len(self.beside) == 0:
            return {}
        pairs = [(group, member) for group, those in self.beside_of.items() for member in those]
        rules = {group: int(self.g_rule[group]) for group, _ in pairs}
        heads = {rule: int(self.r_head[rule]) for rule in rules.values()}
        return joint_rules(heads, rules, pairs)

    @cached_property
    def joint_by_member(self) -> dict[int, list[int]]:
        """Per member of a group of joint rules the rules of the circles it may complete."""
        circles: dict[int, list[int]] = {}
        for rule, circle in self.joint.items():
            circles.setdefault(circle, []).append(rule)
        found: dict[int, list[int]] = {}
        for rules in circles.values():
            spans = [slice(self.m_ptr[self.r_ptr[rule]], self.m_ptr[self.r_ptr[rule + 1]]) for rule in rules]
            for member in {one for span in spans for one in self.m_cred[span].tolist()}:
                found.setdefault(member, []).extend(rules)
        return found

    @cached_property
    def without_joint(self) -> Gates:
        """The same without what the joint rules may be taken with: it attains no less, so it bounds what can be."""
        if not self.joint:
            return self
        dropped = [group for group in self.beside_of if int(self.g_rule[group]) in self.joint]
        kept = np.ones(self.groups, dtype=np.bool_)
        kept[dropped] = False
        return self._part(kept, kept[self._member_groups])

    @cached_property
    def only_before(self) -> Gates:
        """The same without the members that may be taken at the same time."""
        if len(self.beside) == 0:
            return self
        stay = np.ones(self.members, dtype=np.bool_)
        stay[self.beside] = False
        return self._part(np.ones(self.groups, dtype=np.bool_), stay)

    @property
    def _member_groups(self) -> Longs:
        return np.repeat(np.arange(self.groups, dtype=np.int64), np.diff(self.m_ptr))

    def _part(self, groups: NDArray[np.bool_], members: NDArray[np.bool_]) -> Gates:
        """Some of the groups with some of their members, none of which may be taken at the same time."""
        number = np.cumsum(groups) - 1
        return Gates.of(
            self.n,
            self.r_head,
            self.r_kind,
            self.g_rule[groups],
            self.g_need[groups],
            number[self._member_groups[members]].astype(np.int32),
            self.m_cred[members],
            self.m_w[members],
        )

    @property
    def nbytes(self) -> int:
        """The memory of the arrays."""
        return sum(getattr(self, known.name).nbytes for known in fields(self))


@dataclass(frozen=True, eq=False)
class Arrays:
    """The rules in force on a day, with the few facts about credentials and statements that analyses group by.

    `credentials` (in the order of positions, sorted by IRI): iri, level (null: not stated), credits and hours in
    millionths (-1: not stated), country, provider, full, described. `statements` (one row per rule): iri, claimant,
    claim, valid_from, valid_until. What is lapsed, refused or incomplete stays in the store, to explain a "no".
    """

    gates: Gates
    credentials: pl.DataFrame
    statements: pl.DataFrame
    date: datetime.date
    snapshot: str = ""
    rules_stated: int = 0

    @property
    def names(self) -> pl.Series:
        """The IRIs, by position."""
        return self.credentials.get_column("iri")

    def name(self, position: int) -> str:
        """The IRI at a position."""
        return str(self.names[int(position)])

    def named(self, positions: Iterable[int] | Ints) -> list[str]:
        """The IRIs at some positions."""
        at = np.asarray(positions if isinstance(positions, np.ndarray) else list(positions), dtype=np.int64)
        return [str(iri) for iri in self.names.gather(at)]

    def position(self, iri: str) -> int:
        """Where a credential stands.

        Raises `WrongUse` where the store has no credential of this IRI.
        """
        at = self.names.search_sorted(iri)
        if at >= len(self.names) or self.names[int(at)] != iri:
            raise WrongUse(f"«{iri[:200]}» is not a credential of this store")
        return int(at)

    def positions(self, iris: Iterable[str]) -> Ints:
        """Where some credentials stand, each once, in the order given."""
        return np.array([self.position(iri) for iri in dict.fromkeys(iris)], dtype=np.int32)

    @cached_property
    def is_take(self) -> Bytes:
        """1 for each rule that is taking."""
        return np.asarray(self.gates.r_kind == TAKE, dtype=np.uint8)

    @cached_property
    def is_full(self) -> NDArray[np.bool_]:
        """Which credentials are full qualifications."""
        full: NDArray[np.bool_] = self.credentials.get_column("full").to_numpy()
        return full

    def price(self, of: str) -> Longs:
        """What each rule asks for when it is used: `new` (credentials), `credits` or `hours` (millionths).

        Only taking costs anything; what is not stated counts 0. Raises `WrongUse` for another name.
        """
        if of == "new":
            return self.is_take.astype(np.int64)
        if of not in ("credits", "hours"):
            raise WrongUse(f"«{of[:40]}» is no price", fix="Use new, credits or hours.")
        stated = np.maximum(self.credentials.get_column(of).to_numpy(), 0)
        priced: Longs = np.where(self.is_take == 1, stated[self.gates.r_head], 0).astype(np.int64)
        return priced


def offsets(sorted_or_not: Ints, size: int) -> Longs:
    """Where the run of each number 0 … size-1 starts once the numbers are sorted; the last offset is the length."""
    found = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(np.bincount(sorted_or_not, minlength=size), out=found[1:])
    return found
