"""Plans by trying everything: every way of attaining the target, each held to its conditions by hand.

Written apart from the code under test; it imports only the rule book, which is the question.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations, product

import networkx as nx

from mcgraph.pathways.constraints import Constraints
from mcgraph.pathways.rule import CLAIMS, Group, Offer, Rule
from mcgraph.pathways.rulebook import RuleBook

Counted = tuple[tuple[str, ...], ...]
ZERO = Decimal(0)


@dataclass(frozen=True)
class Derivation:
    """Per attained credential its rule and what each group counts."""

    way: Mapping[str, tuple[Rule, Counted]]

    @property
    def takes(self) -> frozenset[str]:
        """What is taken."""
        return frozenset(one for one, (rule, _) in self.way.items() if rule.kind == "take")


def derivations(book: RuleBook, held: frozenset[str], target: str, wishes: Constraints) -> Iterator[Derivation]:
    """Every derivation that keeps to the rules, their conditions, and the wishes that are not sums."""
    for way in _grow(book, held, [target], {}, wishes):
        found = Derivation(way)
        if _in_order(found, held) and all(_holds(book, found, held, one, wishes) for one in way):
            yield found


def _grow(
    book: RuleBook,
    held: frozenset[str],
    goals: list[str],
    way: dict[str, tuple[Rule, Counted]],
    wishes: Constraints,
) -> Iterator[dict[str, tuple[Rule, Counted]]]:
    goals = [one for one in goals if one not in held and one not in way]
    if not goals:
        yield way
        return
    one, *rest = goals
    for rule in book.ways(one):
        if not _may_use(book, rule, wishes):
            continue
        for counted in product(*(list(_fillings(book, rule, group, wishes)) for group in rule.groups)):
            needs = [member for part in counted for member in part] + _named(rule, "order")
            yield from _grow(book, held, [*rest, *needs], {**way, one: (rule, counted)}, wishes)


def _fillings(book: RuleBook, rule: Rule, group: Group, wishes: Constraints) -> Iterator[tuple[str, ...]]:
    """Sets of members that fill a group: without surplus, except where a surplus may help (residency)."""
    weight = {
        m: w
        for m, w in zip(group.members, group.weights, strict=True)
        if w > 0 and m != rule.whole and _counts(book, rule, group, m, wishes)
    }
    surplus = bool(_named(rule, "residency-credits", values=True))
    for size in range(len(weight) + 1):
        for chosen in combinations(weight, size):
            total = sum((weight[m] for m in chosen), ZERO)
            if total >= group.needed and (surplus or all(total - weight[m] < group.needed for m in chosen)):
                yield chosen


def _counts(book: RuleBook, rule: Rule, group: Group, member: str, wishes: Constraints) -> bool:
    level, top = book.credentials[member].level, book.credentials[rule.whole].level
    for condition in rule.conditions:
        if condition.type == "minimum-level" and (level is None or level < (condition.value or 0)):
            return False
    if wishes.max_level_jump is not None:
        if level is None or top is None:
            return False
        if top - level > wishes.max_level_jump:
            return False
    by = dict(group.recognised)
    return not (wishes.confidence and member in by and _rank(by[member].claim) > _rank(wishes.confidence))


def _rank(claim: str) -> int:
    return CLAIMS.index(claim)


def _may_use(book: RuleBook, rule: Rule, wishes: Constraints) -> bool:
    one = book.credentials[rule.whole]
    if rule.kind != "take":
        weak = wishes.confidence and _rank(rule.evidence.claim) > _rank(wishes.confidence)
        return not weak and not {rule.iri, rule.whole} & wishes.exclude
    if one.iri in wishes.exclude or (wishes.providers and one.provider not in wishes.providers):
        return False
    asked = wishes.countries or wishes.languages or wishes.modes
    return not asked or bool(open_offers(book, one.iri, wishes))


def open_offers(book: RuleBook, iri: str, wishes: Constraints) -> list[Offer]:
    """Offers that fit the countries, languages and forms asked for; all three of one offer."""
    return [
        offer
        for offer in book.credentials[iri].offers
        if (not wishes.countries or offer.country in wishes.countries)
        and (not wishes.languages or wishes.languages & {*offer.languages})
        and (not wishes.modes or wishes.modes & {*offer.modes})
    ]


def _named(rule: Rule, kind: str, values: bool = False) -> list[str]:
    return [str(c.value) if values else c.credential for c in rule.conditions if c.type == kind]


def _in_order(found: Derivation, held: frozenset[str]) -> bool:
    """Nothing rests on itself, but for courses taken at the same time, and what must come first can."""
    graph, beside, ordered = nx.DiGraph(), set(), set()
    for one, (rule, counted) in found.way.items():
        members = {member for part in counted for member in part}
        graph.add_edges_from((member, one) for member in members if member not in held)
        beside |= {(member, one) for member in members - _earlier(rule, counted)}
        for first in _named(rule, "order"):
            for member in members - {first}:
                if member in held and first not in held:
                    return False
                if first not in held:
                    graph.add_edge(first, member)
            if first not in held:
                graph.add_edge(first, one)
            ordered |= {(first, member) for member in {*members, one}}
    part = {one: number for number, those in enumerate(nx.strongly_connected_components(graph)) for one in those}
    return all(part[a] != part[b] or (a, b) in beside - ordered for a, b in graph.edges)


def _earlier(rule: Rule, counted: Counted) -> set[str]:
    """What a rule counts that must be there before."""
    pairs = zip(rule.groups, counted, strict=True)
    return {member for group, part in pairs for member in part if member not in group.concurrent}


def _holds(book: RuleBook, found: Derivation, held: frozenset[str], one: str, wishes: Constraints) -> bool:
    rule, counted = found.way[one]
    if rule.kind != "stack":
        return True
    members = {member for part in counted for member in part}
    listed = {member for group in rule.groups for member in group.members}
    for name in _named(rule, "excludes"):
        if name in members and len(members) > 1:
            return False
        if name not in listed and (name in held or name in found.way):
            return False
    return _counted_once(found, rule, counted) and _shares(book, found, rule, members)


def _counted_once(found: Derivation, rule: Rule, counted: Counted) -> bool:
    if any(c.type == "counts-in-each" for c in rule.conditions):
        return True
    every = any(c.type == "counts-once" for c in rule.conditions)
    spent: list[str] = []
    for group, part in zip(rule.groups, counted, strict=True):
        if every or group.requirement == "credit-points":
            for member in part:
                spent += _leaves(found, member)
    return len(spent) == len(set(spent))


def _leaves(found: Derivation, one: str) -> set[str]:
    if one not in found.way or found.way[one][0].kind == "take":
        return {one}
    members = [member for part in found.way[one][1] for member in part]
    return set().union(*(_leaves(found, member) for member in members))


def _shares(book: RuleBook, found: Derivation, rule: Rule, members: set[str]) -> bool:
    """Cap on recognition and residency, in credit points."""
    points: dict[str, Decimal] = {}
    for member in members:
        weights = [
            dict(zip(g.members, g.weights, strict=True)).get(member, ZERO)
            for g in rule.groups
            if g.requirement == "credit-points"
        ]
        points[member] = max([*weights, ZERO]) or (book.credentials[member].credits or ZERO)
    foreign = {who for group in rule.groups for who, _ in group.recognised}
    foreign |= {m for m in members if m in found.way and found.way[m][0].kind == "recognise"}
    for condition in rule.conditions:
        if condition.type == "recognised-share-cap" and condition.value is not None:
            whole = book.credentials[rule.whole].credits
            assert whole, "the generator gives every whole its credit points"
            if sum((points[m] for m in members & foreign), ZERO) > condition.value * whole:
                return False
        if condition.type == "residency-credits" and condition.value is not None:
            home = book.credentials[rule.whole].provider
            own = {m for m in members - foreign if book.credentials[m].provider == home}
            if sum((points[m] for m in own), ZERO) < condition.value:
                return False
    return True


# -- sums and time --------------------------------------------------------------------------------------------------


def costs(book: RuleBook, found: Derivation, wishes: Constraints) -> Iterator[dict[str, Decimal]]:
    """What a derivation costs, for every choice of offers that keeps to the budgets and to time."""
    takes = sorted(found.takes)
    choices: list[list[Offer | None]] = [[*open_offers(book, one, wishes)] or [None] for one in takes]
    for offers in product(*choices):
        total = {
            "credentials": Decimal(len(takes)),
            "credits": sum((book.credentials[one].credits or ZERO for one in takes), ZERO),
            "hours": sum((book.credentials[one].hours or ZERO for one in takes), ZERO),
            "weeks": sum((Decimal(o.weeks or 0) for o in offers if o), ZERO),
            "money": sum((o.price or ZERO for o in offers if o), ZERO),
            "providers": Decimal(len({book.credentials[one].provider for one in takes})),
        }
        stated = {
            "weeks": all(o and o.weeks for o in offers),
            "money": all(o and o.price is not None for o in offers),
            "hours": all(book.credentials[one].hours is not None for one in takes),
            "credits": all(book.credentials[one].credits is not None for one in takes),
        }
        bounds = {unit: wishes.budget.most(unit) for unit in stated}
        if all(most is None or (stated[unit] and total[unit] <= most) for unit, most in bounds.items()):
            weeks = {one: (o.weeks or 0) if o else 0 for one, o in zip(takes, offers, strict=True)}
            if _has_time(book, found, wishes, weeks):
                yield total


def _has_time(book: RuleBook, found: Derivation, wishes: Constraints, weeks: Mapping[str, int]) -> bool:
    """Whether days can be found for all steps: a difference system has a solution unless a cycle is negative."""
    graph = nx.DiGraph()
    graph.add_node("now")

    def at_most(later: str, earlier: str, days: int) -> None:
        """day(later) ≤ day(earlier) + days."""
        old = graph.get_edge_data(earlier, later, {"weight": days})["weight"]
        graph.add_edge(earlier, later, weight=min(old, days))

    for one, (rule, counted) in found.way.items():
        lasts = 7 * weeks.get(one, 0)
        at_most("now", one, -lasts)
        for member in {m for part in counted for m in part}:
            limits = [c.value for c in rule.conditions if c.type == "recency-months" and c.value]
            months = book.credentials[member].validity_months
            limits += [Decimal(months)] if months else []
            if member in found.way:
                at_most(member, one, -lasts if member in _earlier(rule, counted) else 0)
                for limit in limits:
                    at_most(one, member, int(limit * Decimal("30.4375")))
            elif wishes.held_on.get(member):
                for limit in limits:
                    at_most(one, "now", (_months_on(wishes.held_on[member], int(limit)) - book.date).days)
    return not nx.negative_edge_cycle(graph)


def _months_on(day: str, months: int) -> datetime.date:
    date = datetime.date.fromisoformat(day)
    years, month = divmod(date.month - 1 + months, 12)
    return datetime.date(date.year + years, month + 1, min(date.day, 28))


def minimal_plans(
    book: RuleBook, held: frozenset[str], target: str, wishes: Constraints
) -> dict[frozenset[str], list[dict[str, Decimal]]]:
    """Every inclusion-minimal set of credentials to take, with the costs it can have."""
    if target in held:
        return {frozenset(): [dict.fromkeys(("credentials", "credits", "hours", "weeks", "money", "providers"), ZERO)]}
    found: dict[frozenset[str], list[dict[str, Decimal]]] = {}
    for one in derivations(book, held, target, wishes):
        for cost in costs(book, one, wishes):
            found.setdefault(one.takes, []).append(cost)
    return {takes: those for takes, those in found.items() if not any(other < takes for other in found)}
