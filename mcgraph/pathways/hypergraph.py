"""A rule book as whole numbers: the threshold AND-OR hypergraph that closure and search run on.

Credentials, rules and groups are positions in lists; weights are millionths, so sums are exact. The lists
have the shape of compressed arrays: rule → groups, group → members, credential → uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from mcgraph.pathways.components import components
from mcgraph.pathways.rule import Rule
from mcgraph.pathways.rulebook import RuleBook

SCALE = 1_000_000


def millionths(value: Decimal) -> int:
    """A decimal as a whole number of millionths."""
    return int(value * SCALE)


@dataclass(frozen=True, slots=True)
class Hypergraph:
    """Positions instead of names; `rules[i]` is the rule of position i, taking included.

    `together` are pairs (group, member) where the member may be taken at the same time as what the group is for; where
    such pairs lead in circles, `joint` has the rules on them, which may hold one another up, with the circle's number.
    """

    names: tuple[str, ...]
    position: dict[str, int]
    rules: tuple[Rule, ...]
    head: tuple[int, ...]
    is_take: tuple[bool, ...]
    groups_of: tuple[tuple[int, ...], ...]
    rule_of: tuple[int, ...]
    need: tuple[int, ...]
    members: tuple[tuple[tuple[int, int], ...], ...]
    uses: tuple[tuple[tuple[int, int], ...], ...]
    ways: tuple[tuple[int, ...], ...]
    together: frozenset[tuple[int, int]] = frozenset()
    joint: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, book: RuleBook, names: Iterable[str], rules: Iterable[Rule]) -> Hypergraph:
        """The hypergraph over `names` and `rules`; a member that does not count for its rule is left out."""
        ordered = tuple(sorted(names))
        position = {name: at for at, name in enumerate(ordered)}
        kept = tuple(rules)
        groups_of: list[tuple[int, ...]] = []
        rule_of: list[int] = []
        need: list[int] = []
        members: list[tuple[tuple[int, int], ...]] = []
        uses: list[list[tuple[int, int]]] = [[] for _ in ordered]
        ways: list[list[int]] = [[] for _ in ordered]
        together: set[tuple[int, int]] = set()
        for at, rule in enumerate(kept):
            ways[position[rule.whole]].append(at)
            first = len(need)
            for group in rule.groups:
                counted = tuple(
                    (position[member], millionths(weight))
                    for member, weight in zip(group.members, group.weights, strict=True)
                    if weight > 0 and book.refuses_member(rule, member) is None
                )
                for member, weight in counted:
                    uses[member].append((len(need), weight))
                together.update((len(need), position[name]) for name in group.concurrent)
                rule_of.append(at)
                need.append(millionths(group.needed))
                members.append(counted)
            groups_of.append(tuple(range(first, len(need))))
        head = tuple(position[rule.whole] for rule in kept)
        return cls(
            ordered,
            position,
            kept,
            head,
            tuple(rule.kind == "take" for rule in kept),
            tuple(groups_of),
            tuple(rule_of),
            tuple(need),
            tuple(members),
            tuple(map(tuple, uses)),
            tuple(map(tuple, ways)),
            frozenset(together),
            joint_rules(head, rule_of, together),
        )


def joint_rules(
    head: Sequence[int] | Mapping[int, int],
    rule_of: Sequence[int] | Mapping[int, int],
    together: Iterable[tuple[int, int]],
) -> dict[int, int]:
    """The rules in circles of members that may be taken at the same time, each with the number of its circle.

    `together` are pairs (group, member).
    """
    links = {(member, rule_of[group]) for group, member in together if member != head[rule_of[group]]}
    edges: dict[int, set[int]] = {}
    for member, rule in links:
        edges.setdefault(member, set()).add(head[rule])
        edges.setdefault(head[rule], set())
    circle = {one: number for number, part in enumerate(components(edges)) if len(part) > 1 for one in part}
    found = {rule for member, rule in links if circle.get(member, -1) == circle.get(head[rule], -2)}
    return {rule: circle[head[rule]] for rule in sorted(found)}


def whole_book(book: RuleBook) -> Hypergraph:
    """Every credential and every usable way of the book."""
    takes = (book.take_rule(iri) for iri in book.credentials if book.refuses_taking(iri) is None)
    return Hypergraph.of(book, _with_prerequisites(book), (*book.usable, *takes))


def around(book: RuleBook, target: str) -> Hypergraph:
    """What can matter for `target`: everything found by walking its ways backwards.

    The parts of its lapsed rules are there too, so that what they lack can be told.
    """
    parts = {m for rule in book.rules_to.get(target, ()) for group in rule.groups for m in group.members}
    names, rules = {target} | parts, []
    waiting = sorted(names)
    while waiting:
        for rule in book.ways(waiting.pop()):
            rules.append(rule)
            for group in rule.groups:
                new = set(group.members) - names
                names |= new
                waiting.extend(sorted(new))
    return Hypergraph.of(book, names, sorted(rules, key=lambda rule: (rule.kind == "take", rule.iri)))


def _with_prerequisites(book: RuleBook) -> set[str]:
    known = book.credentials.values()
    needed = {one for credential in known for one in credential.prerequisites}
    needed |= {one for credential in known for group in credential.entry for one in group.members}
    return needed | book.credentials.keys()
