"""What follows from what is held, at the scale of a whole store: closure, what unlocks next, what is missing, what-if.

These questions are monotone: one more credential or rule never takes anything away. Side conditions of rules (caps,
recency, exclusions) are not; plans check those.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from mcgraph.model.jit import chosen
from mcgraph.pathways.arrays import TAKE, Arrays, Bytes, Gates, Ints, Longs
from mcgraph.pathways.kernels import closure as kernels

# From this share of all credentials on, as one in so many, a closure may begin with many at once.
WIDE = 8
HELD, UNATTAINED = kernels.HELD, kernels.UNATTAINED


@dataclass(frozen=True, slots=True, eq=False)
class Attained:
    """What is attained: `order` lists it, `by` has the rule per credential (`HELD`, `UNATTAINED`).

    `left` is what each group still lacks (≤ 0: met), `waiting` how many groups each rule lacks.
    """

    gates: Gates
    by: Ints
    order: Ints
    left: Longs
    waiting: Ints

    def __len__(self) -> int:
        return len(self.order)

    def has(self, position: int) -> bool:
        """Whether a credential is attained."""
        return bool(self.by[position] >= HELD)

    @property
    def mask(self) -> Bytes:
        """1 for each attained credential."""
        return np.asarray(self.by >= HELD, dtype=np.uint8)

    @property
    def fired(self) -> Bytes:
        """1 for each rule whose groups are all met."""
        return np.asarray(self.waiting == 0, dtype=np.uint8)


def only(arrays: Arrays, takes: Iterable[int] | Bytes | None) -> Bytes:
    """Which rules may be used: all where `takes` is None, else all but the taking of other credentials.

    `takes` are positions of credentials, or a mask over all credentials.
    """
    if takes is None:
        return np.ones(arrays.gates.rules, dtype=np.uint8)
    if isinstance(takes, np.ndarray) and takes.dtype == np.uint8:
        mask = takes
    else:
        mask = np.zeros(arrays.gates.n, dtype=np.uint8)
        mask[np.fromiter(takes, dtype=np.int64)] = 1
    return np.asarray((arrays.is_take == 0) | (mask[arrays.gates.r_head] == 1), dtype=np.uint8)


def close(gates: Gates, held: Ints | Sequence[int], allowed: Bytes | None = None) -> Attained:
    """Everything attained from the credentials `held` by the rules of `allowed` (None: by all, taking included).

    Linear in the members of the groups that are touched (Dowling and Gallier 1984).
    """
    usable = np.ones(gates.rules, dtype=np.uint8) if allowed is None else allowed
    left, waiting = gates.g_need.copy(), gates.group_counts.copy()
    by, order = np.full(gates.n, UNATTAINED, dtype=np.int32), np.empty(gates.n, dtype=np.int32)
    own = np.asarray(held, dtype=np.int32)
    arrays = (gates.c_ptr, gates.c_group, gates.c_w, gates.g_rule, gates.r_head, gates.free, usable, own)
    if WIDE * (len(own) + len(gates.free)) > gates.n:
        wide = chosen(kernels.close_wide, gates.members)
        inside = np.zeros(gates.n, dtype=np.uint8)
        count = wide(gates.m_ptr, gates.m_cred, gates.m_w, *arrays, left, waiting, by, order, inside)
    else:
        count = chosen(kernels.close, gates.members)(*arrays, left, waiting, by, order)
    looked_at: Collection[int] = gates.joint
    while batch := at_once(gates, usable, by, left.__getitem__, among=looked_at):
        first = count
        for rule in batch:
            by[gates.r_head[rule]] = rule
            order[count] = gates.r_head[rule]
            count += 1
        run = chosen(kernels.spread, gates.members)
        then = (gates.c_ptr, gates.c_group, gates.c_w, gates.g_rule, gates.r_head, usable, left, waiting, by, order)
        count = run(*then, first, count)
        # A circle of which no member is new is as incomplete as it was.
        looked_at = dict.fromkeys(
            rule for one in order[first:count].tolist() for rule in gates.joint_by_member.get(one, ())
        )
    return Attained(gates, by, order[:count], left, waiting)


def at_once(
    gates: Gates,
    allowed: Bytes,
    by: Ints,
    left: Callable[[int], int],
    own: Container[int] = (),
    among: Collection[int] | None = None,
) -> list[int]:
    """The largest set of takings that wait for one another only, and may be taken at the same time.

    `left` tells what a group lacks; what is attained stands in `by` and `own`. `among`: joint rules, whole circles of
    them (None: all).
    """
    new = [
        (rule, int(gates.r_head[rule]))
        for rule in (gates.joint if among is None else among)
        if allowed[rule] and by[gates.r_head[rule]] == UNATTAINED and int(gates.r_head[rule]) not in own
    ]
    while new:
        heads = {head for _, head in new}
        kept = [
            pair
            for pair in new
            if all(
                left(group) <= sum(w for m, w in gates.beside_of.get(group, {}).items() if m in heads)
                for group in range(gates.r_ptr[pair[0]], gates.r_ptr[pair[0] + 1])
                if left(group) > 0
            )
        ]
        if len(kept) == len(new):
            break
        new = kept
    return [rule for rule, _ in new]


def only_held(gates: Gates, held: Ints | Sequence[int]) -> Attained:
    """The state in which nothing follows from what is held: what cuts and landmarks look behind."""
    return close(gates, held, np.zeros(gates.rules, dtype=np.uint8))


@dataclass(slots=True, eq=False)
class Workspace:
    """Scratch arrays for many small questions over one large graph: stamped, so that nothing is cleared between them.

    One per thread. A new one costs a few milliseconds for a million credentials; a question over it costs what it
    touches.
    """

    gates: Gates
    left: Longs = field(init=False)
    waiting: Ints = field(init=False)
    g_stamp: Ints = field(init=False)
    r_stamp: Ints = field(init=False)
    c_stamp: Ints = field(init=False)
    queue: Ints = field(init=False)
    place: Ints = field(init=False)
    rule_list: Ints = field(init=False)
    _stamp: int = 0

    def __post_init__(self) -> None:
        gates = self.gates
        self.left, self.waiting = np.zeros(gates.groups, dtype=np.int64), np.zeros(gates.rules, dtype=np.int32)
        self.g_stamp, self.r_stamp = np.zeros(gates.groups, dtype=np.int32), np.zeros(gates.rules, dtype=np.int32)
        self.c_stamp, self.queue = np.zeros(gates.n, dtype=np.int32), np.zeros(gates.n + 1, dtype=np.int32)
        self.place, self.rule_list = np.zeros(gates.n, dtype=np.int32), np.zeros(gates.rules, dtype=np.int32)

    def stamp(self, more: int = 1) -> int:
        """A number that marks nothing yet; `more` are reserved from it on."""
        if self._stamp + more >= 2**31 - 1:
            self._stamp = 0
            for marks in (self.g_stamp, self.r_stamp, self.c_stamp):
                marks.fill(0)
        first = self._stamp + 1
        self._stamp += more
        return first


def spread(space: Workspace, state: Attained, new: Ints | Sequence[int], allowed: Bytes) -> Ints:
    """What else is attained, `new` included, if the credentials `new` are attained beside `state`.

    The state is not changed and nothing is computed again: the work is what opens.
    """
    gates = state.gates
    extra = [one for one in dict.fromkeys(int(each) for each in new) if not state.has(one)]
    stamp = space.stamp()
    space.queue[: len(extra)] = extra
    space.c_stamp[extra] = stamp
    run, done, count = chosen(kernels.spread_over, gates.members), 0, len(extra)
    while True:
        count = run(
            gates.c_ptr, gates.c_group, gates.c_w, gates.g_rule, gates.r_head, allowed,
            state.left, state.waiting, state.by, space.left, space.waiting,
            space.g_stamp, space.r_stamp, space.c_stamp, stamp, space.queue, done, count,
        )  # fmt: skip
        if not gates.joint:
            return space.queue[:count].copy()
        done = count

        def left(group: int) -> int:
            return int(space.left[group] if space.g_stamp[group] == stamp else state.left[group])

        batch = at_once(gates, allowed, state.by, left, set(space.queue[:count].tolist()))
        if not batch:
            return space.queue[:count].copy()
        heads = gates.r_head[batch]
        space.queue[count : count + len(heads)] = heads
        space.c_stamp[heads] = stamp
        count += len(heads)


@dataclass(frozen=True, slots=True)
class AddedRule:
    """A rule that is not stored, for a what-if: the head, and per group what it needs and what its members count."""

    head: int
    groups: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]

    def is_met(self, attained: set[int], state: Attained) -> bool:
        """Whether every group has what it needs."""
        return all(
            sum(weight for member, weight in members if member in attained or state.has(member)) >= need
            for need, members in self.groups
        )


def what_if(
    space: Workspace, state: Attained, allowed: Bytes, *, rules: Sequence[AddedRule] = (), attained: Sequence[int] = ()
) -> Ints:
    """What is attained beside `state` once some rules are added and some credentials are attained.

    Taking a rule away can undo what rests on it in circles: for that, close again without it.
    """
    new = spread(space, state, attained, allowed)
    waiting = list(rules)
    while True:
        have = set(new.tolist())
        met = [rule for rule in waiting if rule.is_met(have, state)]
        heads = [rule.head for rule in met if not state.has(rule.head) and rule.head not in have]
        waiting = [rule for rule in waiting if rule not in met]
        if not heads:
            return new
        new = spread(space, state, [*new.tolist(), *heads], allowed)


@dataclass(frozen=True, slots=True)
class Unlocked:
    """A credential that can be taken now and how many others follow from it alone; `opens` names some of them."""

    take: int
    count: int
    opens: tuple[int, ...]


def unlocks(
    arrays: Arrays, space: Workspace, state: Attained, *, takes: Bytes | None = None, top: int
) -> list[Unlocked]:
    """The `top` credentials whose taking alone opens most, most first; each can be taken now.

    `takes` masks the credentials that may be taken at all.
    """
    gates = state.gates
    ready = np.flatnonzero((gates.r_kind == TAKE) & (state.waiting == 0))
    marks = np.zeros(gates.n, dtype=np.uint8)
    marks[gates.r_head[ready]] = 1
    marks[state.order] = 0
    if takes is not None:
        marks &= takes
    nothing_taken = only(arrays, ())
    look = chosen(kernels.mark_one_away, gates.members)
    look(
        gates.r_ptr, gates.r_head, gates.m_ptr, gates.m_cred, gates.m_w, nothing_taken, state.left, state.waiting,
        state.by, marks,
    )  # fmt: skip
    candidates = np.flatnonzero(marks == 2).astype(np.int32)
    opened = np.zeros(len(candidates), dtype=np.int32)
    first = space.stamp(len(candidates) + 1)
    run = chosen(kernels.count_unlocked, gates.members)
    run(
        gates.c_ptr, gates.c_group, gates.c_w, gates.g_rule, gates.r_head, nothing_taken, state.left, state.waiting,
        state.by, space.left, space.waiting, space.g_stamp, space.r_stamp, space.c_stamp, first, space.queue,
        candidates, opened,
    )  # fmt: skip
    best = np.lexsort((candidates, -opened))[:top]
    found = []
    for at in best[opened[best] > 0]:
        one = int(candidates[at])
        more = spread(space, state, [one], nothing_taken)
        found.append(Unlocked(one, int(opened[at]), tuple(sorted(int(each) for each in more if each != one))))
    return found


@dataclass(frozen=True, slots=True)
class GroupLack:
    """One group of a rule: what it needs and has (millionths), and who counts already or could."""

    group: int
    need: int
    have: int
    counted: tuple[int, ...]
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class RuleLack:
    """One rule that leads to a target, group by group; the rule may be taking."""

    rule: int
    groups: tuple[GroupLack, ...]

    @property
    def open_groups(self) -> int:
        """How many groups are not met."""
        return sum(1 for one in self.groups if one.have < one.need)


def missing(state: Attained, target: int) -> list[RuleLack]:
    """Per rule in force that leads to the target, what each group has and lacks; nearest to done first."""
    gates = state.gates
    found = []
    for rule in gates.h_rule[gates.h_ptr[target] : gates.h_ptr[target + 1]]:
        groups = [_lack(state, group) for group in range(gates.r_ptr[rule], gates.r_ptr[rule + 1])]
        found.append(RuleLack(int(rule), tuple(groups)))
    return sorted(found, key=lambda lack: (lack.open_groups, lack.rule))


def _lack(state: Attained, group: int) -> GroupLack:
    gates = state.gates
    span = slice(gates.m_ptr[group], gates.m_ptr[group + 1])
    members, weights = gates.m_cred[span], gates.m_w[span]
    has = state.by[members] >= HELD
    return GroupLack(
        group,
        int(gates.g_need[group]),
        int(weights[has].sum()),
        tuple(members[has].tolist()),
        tuple(members[~has].tolist()),
    )
