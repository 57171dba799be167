"""The side conditions of a rule, as plans are held to them.

    excludes c         c is not counted together with others; where c is no member, the rule is closed to holders of c
    order c            c is gained before everything else that is counted
    recency-months n   what is counted was gained at most n months before the award
    recognised-share-cap p   at most the share p of the whole comes from recognition
    residency-credits n      at least n credit points counted are from the awarding body of the whole
    counts-once        a credential is counted in one group of the rule
    counts-in-each     a credential is counted in every group that lists it; its parts may count beside it

Unless a rule says otherwise, its credit-point groups count a credential once: in one of them only, and not beside
something that was awarded for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from mcgraph.model.credits import factor, times
from mcgraph.pathways.rule import PLANNED_CONDITIONS, Group, Rule
from mcgraph.pathways.rulebook import RuleBook

Use = Literal["credit-groups", "rule", "each"]


@dataclass(frozen=True, slots=True)
class Terms:
    """The side conditions of one rule, by kind; `recency` per credential, "" for every member."""

    excludes: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    recency: tuple[tuple[str, Decimal], ...] = ()
    cap: Decimal | None = None
    residency: Decimal | None = None
    use: Use = "credit-groups"
    unknown: tuple[str, ...] = ()

    def months(self, member: str) -> Decimal | None:
        """Within how many months of the award the member must have been gained."""
        found = [value for credential, value in self.recency if credential in ("", member)]
        return min(found, default=None)

    @property
    def binds(self) -> bool:
        """Whether anything here limits which members may be counted together."""
        return bool(self.excludes or self.order or self.recency or self.cap is not None or self.residency)


def terms_of(rule: Rule) -> Terms:
    """What the conditions of a rule ask for; an unusable one is named in `unknown`.

    >>> from mcgraph.pathways.rulebook import RuleBook
    >>> terms_of(RuleBook.of("a + b -> t [recognised-share-cap 0.5]").rules[0]).cap
    Decimal('0.5')
    """
    said: dict[str, list[tuple[str, Decimal | None]]] = {}
    for one in rule.conditions:
        said.setdefault(one.type, []).append((one.credential, one.value))
    unknown = [kind for kind in said if kind not in PLANNED_CONDITIONS]
    recency = tuple((who, value) for who, value in said.get("recency-months", ()) if value and value > 0)
    caps = [value for _, value in said.get("recognised-share-cap", ()) if value is not None and 0 <= value <= 1]
    least = [value for _, value in said.get("residency-credits", ()) if value is not None and value >= 0]
    for kind, usable in (("recency-months", recency), ("recognised-share-cap", caps), ("residency-credits", least)):
        if len(said.get(kind, ())) > len(usable):
            unknown.append(kind)
    named: dict[str, tuple[str, ...]] = {}
    for kind in ("excludes", "order"):
        named[kind] = tuple(dict.fromkeys(who for who, _ in said.get(kind, ()) if who))
        if any(not who for who, _ in said.get(kind, ())):
            unknown.append(kind)
    use: Use = "each" if "counts-in-each" in said else "rule" if "counts-once" in said else "credit-groups"
    return Terms(
        named["excludes"],
        named["order"],
        recency,
        min(caps, default=None),
        max(least, default=None),
        use,
        tuple(dict.fromkeys(unknown)),
    )


def shared_groups(rule: Rule, terms: Terms) -> dict[str, tuple[int, ...]]:
    """Members that stand in several groups of which only one may count them, with the places of those groups."""
    if terms.use == "each":
        return {}
    places: dict[str, list[int]] = {}
    for place, group in enumerate(rule.groups):
        if terms.use == "rule" or group.requirement == "credit-points":
            for member in group.members:
                places.setdefault(member, []).append(place)
    return {member: tuple(those) for member, those in places.items() if len(those) > 1}


def amount(book: RuleBook, rule: Rule, member: str) -> Decimal:
    """The credit points a counted member stands for in the sums of a rule: its weight in a credit-point group, else
    what it states, in the system of the whole; 1 for each member where no member of the rule states any.
    """
    weights = [_weight(group, member) for group in rule.groups if group.requirement == "credit-points"]
    if any(weights):
        return max(weights)
    if _counts_heads(book, rule):
        return Decimal(1)
    one = book.credential(member)
    by = factor(one.unit, book.credential(rule.whole).unit)
    return Decimal(0) if one.credits is None or by is None else max(times(one.credits, by), Decimal(0))


def whole_amount(book: RuleBook, rule: Rule) -> Decimal:
    """What the share of recognition is a share of: the credit points of the whole, else what the groups need."""
    if _counts_heads(book, rule):
        return sum((min(group.needed, Decimal(len(group.members))) for group in rule.groups), Decimal(0))
    stated = book.credential(rule.whole).credits
    if stated is not None and stated > 0:
        return stated
    total = Decimal(0)
    for group in rule.groups:
        if group.requirement == "credit-points":
            total += group.needed
        else:
            least = sorted(amount(book, rule, member) for member in group.members)
            total += sum(least[: int(group.needed)], Decimal(0))
    return total


def _weight(group: Group, member: str) -> Decimal:
    return group.weights[group.members.index(member)] if member in group.members else Decimal(0)


def _counts_heads(book: RuleBook, rule: Rule) -> bool:
    members = [member for group in rule.groups for member in group.members]
    has_points = any(group.requirement == "credit-points" for group in rule.groups)
    return not has_points and not any(book.credential(member).credits for member in members)


def is_in_house(book: RuleBook, rule: Rule, member: str) -> bool:
    """Whether the member is awarded by a body that awards the whole; not where either is unknown."""
    whole, part = book.credential(rule.whole), book.credential(member)
    if whole.bodies or part.bodies:
        return bool(set(whole.bodies) & set(part.bodies))
    return bool(whole.provider) and whole.provider == part.provider


def is_conditioned(rule: Rule) -> bool:
    """Whether a plan that uses the rule must keep track of what is counted where."""
    terms = terms_of(rule)
    return terms.binds or bool(shared_groups(rule, terms))
