"""The arrays of the search for the cheapest plan: the instance, a node of the search, and the room to work in.

A *use* is one member of one group: the place in which a credential may be counted. What several uses share is paid
once, so each use bears a share of its cost; shares of one credential sum to one. Then no plan costs less than the
cheapest hyperpath at these prices: along a plan, shares pass a flow of at most one to each credential.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mcgraph.pathways.arrays import Bytes, Ints, Longs

Reals = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What does not change: credentials in an order of attainment, their rules, groups and uses.

    `seq` in blocks `block`: parts before wholes, what stands in a circle in one block. `kind`: a group needs all, any
    or `need` cells of the weight `m_w` of its members. `slot_head`: the credential for which a use counts. `slot_once`:
    it must not spend a credit that another such use of the same rule spends. `above` ranks credentials from the target
    down, `from_above` lists the uses by the rank of their heads.
    """

    seq: Ints
    block: Ints
    circular: Bytes
    held: Bytes
    h_ptr: Longs
    h_rule: Ints
    price: Reals
    is_take: Bytes
    r_ptr: Longs
    m_ptr: Longs
    m_cred: Ints
    m_w: Ints
    kind: Bytes
    need: Ints
    c_ptr: Longs
    c_slot: Ints
    slot_head: Ints
    slot_rule: Ints
    slot_once: Bytes
    slot_take: Bytes
    above: Ints
    from_above: Ints
    has_once: bool


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """What a node of the search allows: uses, rules; `forced` must be attained and is free to use then; shares, fees.

    `locked` uses are part of every plan of the node.
    """

    ok: Bytes
    usable: Bytes
    forced: Bytes
    locked: Bytes
    share: Reals
    fee: Reals
    duty: Reals

    def copy(self) -> Node:
        """The same, to be changed."""
        return Node(
            self.ok.copy(), self.usable.copy(), self.forced.copy(), self.locked.copy(),
            self.share.copy(), self.fee.copy(), self.duty.copy(),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Scratch: values and rules of the last evaluation, its plan (`inside`, `used`, `flow`), tables of knapsacks."""

    value: Reals
    fresh: Reals
    by: Ints
    inside: Bytes
    used: Bytes
    flow: Reals
    order: Ints
    done: Bytes
    stack: Ints
    cells: Reals
    table: Reals
    back: Reals
    more: Reals
    extra: Reals
    least_flow: Reals
    leaves: Longs
    seen: Longs
    leader: Ints
    several: Bytes
    place: Ints
    active: Ints
    clashes: Bytes
    extra_fee: Reals
    cut_ptr: Longs
    cut_use: Ints
    cut_mark: Longs
    on_share: Reals
    on_fee: Reals
    on_duty: Reals
    paid: Bytes
    clash: Ints
    best_by: Ints
    best_used: Bytes
    best_inside: Bytes
