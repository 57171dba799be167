"""What can matter for one target, cut out of the arrays of a store: some hundred credentials, whatever its size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from mcgraph.model.jit import chosen
from mcgraph.pathways.arrays import KINDS, NOT_STATED, Arrays, Bytes, Gates, Ints, Longs
from mcgraph.pathways.hypergraph import SCALE, Hypergraph, joint_rules
from mcgraph.pathways.kernels import extract as kernels
from mcgraph.pathways.reachability import Attained, Workspace
from mcgraph.pathways.rule import Credential, Evidence, Group, Kind, Requirement, Rule
from mcgraph.pathways.rulebook import RuleBook


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """The rules around one target, renumbered: `credentials[i]` and `rules[i]` are the positions in the whole.

    `held` (local) is what is attained for nothing: nobody looks behind it. The target has number 0.
    """

    gates: Gates
    credentials: Ints
    rules: Ints
    held: Ints

    @property
    def target(self) -> int:
        """The local number of the target."""
        return 0

    def local(self, position: int) -> int | None:
        """The local number of a credential of the whole, if it is in the instance."""
        found = np.flatnonzero(self.credentials == position)
        return int(found[0]) if len(found) else None

    def hypergraph(self, arrays: Arrays) -> Hypergraph:
        """The instance as the hypergraph that exact search and solver work on; its rules carry no evidence."""
        names = arrays.named(self.credentials)
        return hypergraph_of(self.gates, names, [str(iri) for iri in arrays.statements["iri"].gather(self.rules)])


def around(
    arrays: Arrays, target: int, space: Workspace, *, now: Attained | None = None, reach: Attained | None = None,
    allowed: Bytes | None = None,
) -> Instance:  # fmt: skip
    """What is found walking backwards from the target through usable rules.

    With `reach` (what can be attained at all) only rules that fire in it and members attained in it are kept; with
    `now` (what is attained for nothing) nothing is looked for behind it. `allowed` masks the rules that may be used.
    """
    gates = arrays.gates
    usable = np.ones(gates.rules, dtype=np.uint8) if allowed is None else allowed
    if reach is not None:
        usable = usable & reach.fired
    can = np.ones(gates.n, dtype=np.uint8) if reach is None else reach.mask
    stop = np.zeros(gates.n, dtype=np.uint8) if now is None else now.mask
    return cut(gates, target, space, usable, can, stop)


def cut(gates: Gates, target: int, space: Workspace, usable: Bytes, can: Bytes, stop: Bytes) -> Instance:
    """The instance of one target; the masks are kept by whoever asks about many targets."""
    sizes = np.zeros(4, dtype=np.int64)
    run = chosen(kernels.walk_back, gates.members)
    run(
        gates.h_ptr, gates.h_rule, gates.r_ptr, gates.m_ptr, gates.m_cred, usable, stop, can,
        target, space.place, space.c_stamp, space.stamp(), space.queue, space.rule_list, sizes,
    )  # fmt: skip
    found, used, groups, members = (int(size) for size in sizes)
    credentials, rules = space.queue[:found].copy(), space.rule_list[:used].copy()
    heads, group_rules = np.empty(used, dtype=np.int32), np.empty(groups, dtype=np.int32)
    needs, weights = np.empty(groups, dtype=np.int64), np.empty(members, dtype=np.int64)
    member_groups, listed = np.empty(members, dtype=np.int32), np.empty(members, dtype=np.int32)
    copy = chosen(kernels.copy_out, gates.members)
    copy(
        gates.r_ptr, gates.r_head, gates.m_ptr, gates.m_cred, gates.m_w, gates.g_need, can, space.place, rules,
        heads, group_rules, needs, member_groups, listed, weights,
    )  # fmt: skip
    beside = _beside(gates, rules, credentials, member_groups, listed)
    part = Gates.of(found, heads, gates.r_kind[rules], group_rules, needs, member_groups, listed, weights, beside)
    return Instance(part, credentials, rules, np.flatnonzero(stop[credentials]).astype(np.int32))


def _beside(gates: Gates, rules: Ints, credentials: Ints, member_groups: Ints, listed: Ints) -> Longs | None:
    """Which members of the part may be taken at the same time as what their group is for."""
    if len(gates.beside) == 0 or len(listed) == 0:
        return None
    groups = np.concatenate([np.arange(gates.r_ptr[rule], gates.r_ptr[rule + 1]) for rule in rules.tolist()])
    keys = groups[member_groups].astype(np.int64) * gates.n + credentials[listed]
    return np.flatnonzero(np.isin(keys, gates.beside_keys)).astype(np.int64)


def hypergraph_of(gates: Gates, names: list[str], statements: list[str]) -> Hypergraph:
    """Arrays as the hypergraph of objects, in the same order of rules; positions follow the sorted names."""
    ordered = sorted(names)
    position = {name: at for at, name in enumerate(ordered)}
    to = [position[name] for name in names]
    members = [
        tuple((to[m], int(w)) for m, w in zip(gates.m_cred[a:b], gates.m_w[a:b], strict=True))
        for a, b in zip(gates.m_ptr[:-1].tolist(), gates.m_ptr[1:].tolist(), strict=True)
    ]
    uses: list[list[tuple[int, int]]] = [[] for _ in ordered]
    for group, those in enumerate(members):
        for member, weight in those:
            uses[member].append((group, weight))
    ways: list[list[int]] = [[] for _ in ordered]
    heads = tuple(to[head] for head in gates.r_head)
    for rule, head in enumerate(heads):
        ways[head].append(rule)
    groups_of = tuple(
        tuple(range(a, b)) for a, b in zip(gates.r_ptr[:-1].tolist(), gates.r_ptr[1:].tolist(), strict=True)
    )
    needs = tuple(int(need) for need in gates.g_need)
    rule_of = tuple(int(rule) for rule in gates.g_rule)
    together = frozenset((key // gates.n, to[key % gates.n]) for key in gates.beside_keys.tolist())
    return Hypergraph(
        tuple(ordered),
        position,
        tuple(
            _rule(
                gates, rule, ordered[heads[rule]], statements[rule], groups_of[rule], needs, members, ordered, together
            )
            for rule in range(gates.rules)
        ),
        heads,
        tuple(bool(kind == 0) for kind in gates.r_kind),
        groups_of,
        rule_of,
        needs,
        tuple(members),
        tuple(map(tuple, uses)),
        tuple(map(tuple, ways)),
        together,
        joint_rules(heads, rule_of, together),
    )


def _rule(
    gates: Gates,
    rule: int,
    whole: str,
    statement: str,
    groups: tuple[int, ...],
    needs: tuple[int, ...],
    members: list[tuple[tuple[int, int], ...]],
    names: list[str],
    together: frozenset[tuple[int, int]],
) -> Rule:
    """A rule with its groups as thresholds; who claims it is in the store."""
    kind: Kind = KINDS[gates.r_kind[rule]]
    made = tuple(
        replace(
            _group(needs[group], members[group], names),
            concurrent=tuple(names[member] for member, _ in members[group] if (group, member) in together),
        )
        for group in groups
    )
    iri = f"take {statement}" if kind == "take" else statement
    return Rule(iri, kind, whole, made, evidence=Evidence(statement))


def credit_groups(gates: Gates) -> Bytes:
    """1 for each group of credit points: one of a stacking rule whose members do not all weigh one."""
    of_one = np.ones(gates.groups, dtype=np.uint8)
    np.minimum.at(of_one, np.repeat(np.arange(gates.groups), np.diff(gates.m_ptr)), gates.m_w == SCALE)
    return np.asarray((of_one == 0) & (gates.r_kind[gates.g_rule] == KINDS.index("stack")), dtype=np.uint8)


def _group(need: int, members: tuple[tuple[int, int], ...], names: list[str]) -> Group:
    """A group by its numbers: where every member weighs one it is all, any or some of them, else credit points."""
    plain = all(weight == SCALE for _, weight in members)
    kinds: dict[int, Requirement] = {len(members) * SCALE: "all-of", SCALE: "any-of"}
    return Group(
        kinds.get(need, "count") if plain else "credit-points",
        tuple(names[member] for member, _ in members),
        Decimal(need) / SCALE,
        tuple(Decimal(weight) / SCALE for _, weight in members),
    )


def book_of(arrays: Arrays, instance: Instance) -> RuleBook:
    """The instance as a small rule book, for the exact solver; titles and evidence are in the store.

    What cannot be taken is marked as not known, whatever the reason was. Read the book of the store with `around=`
    where an answer is to be shown.
    """
    graph = instance.hypergraph(arrays)
    needs = {rule.whole: rule.groups for rule in graph.rules if rule.kind == "take"}
    facts = arrays.credentials[instance.credentials.tolist()].iter_rows(named=True)
    credentials = {
        row["iri"]: Credential(
            row["iri"],
            id=row["iri"].rsplit("/", 1)[-1],
            level=row["level"],
            credits=_stated(row["credits"]),
            hours=_stated(row["hours"]),
            provider=row["provider"],
            country=row["country"],
            is_full_qualification=row["full"],
            prerequisites=tuple(
                one for group in needs.get(row["iri"], ()) if _is_plain(group) for one in group.members
            ),
            entry=tuple(group for group in needs.get(row["iri"], ()) if not _is_plain(group)),
            known=row["iri"] in needs,
        )
        for row in facts
    }
    rules = tuple(rule for rule in graph.rules if rule.kind != "take")
    return RuleBook(credentials, rules, arrays.date, snapshot=arrays.snapshot)


def _is_plain(group: Group) -> bool:
    return group.requirement == "all-of" and not group.concurrent


def _stated(amount: int) -> Decimal | None:
    return None if amount == NOT_STATED else Decimal(amount) / SCALE
