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
    `h_ptr` (n+1) → `h_rule`: the rules that attain a credential.
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
