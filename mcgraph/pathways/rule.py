"""The parts of which routes are made, as plain data: credentials, groups, rules, and the statements behind them.

A credential is attained by *one* of its rules; a rule needs *all* of its groups; a group is a threshold: the
weights of its attained members must reach what it needs. Nothing here knows SPARQL, files or a solver.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, Protocol

from mcgraph.model.credits import system_of

Kind = Literal["take", "stack", "recognise"]
Requirement = Literal["all-of", "any-of", "count", "credit-points"]

# Strongest first. A route is as sure as the weakest claim it rests on.
CLAIMS = ("by-recogniser", "by-register", "by-provider", "by-survey", "inferred", "not-stated")
CHECKED_CONDITIONS = frozenset({"minimum-level"})
# What exact plans hold a rule to as well; `find_routes`, which knows only the monotone core, tells them as cautions.
PLANNED_CONDITIONS = frozenset(
    {
        "minimum-level", "recency-months", "recognised-share-cap", "residency-credits",
        "excludes", "order", "counts-once", "counts-in-each",
    }
)  # fmt: skip


class RowSource(Protocol):
    """A graph that answers SPARQL with rows of plain strings, and knows its snapshot."""

    @property
    def snapshot(self) -> str:
        """The identifier of the state that is read."""

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """The rows of a SELECT query over the union of the named graphs."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Who says it, when, and where it was read."""

    statement: str
    claimant: str = ""
    claim: str = "not-stated"
    status: str = ""
    stated_on: str = ""
    valid_from: str = ""
    valid_until: str = ""
    source: str = ""
    origin: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something cannot be done or does not count: a code for scripts, a sentence for people."""

    code: str
    text: str
    credential: str = ""
    rule: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A dated chance to take a credential; `price` is in `currency`, codes are ISO 4217, alpha-3 and ISO 639-3."""

    iri: str
    start: str = ""
    end: str = ""
    price: Decimal | None = None
    currency: str = ""
    country: str = ""
    languages: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()

    @property
    def weeks(self) -> int | None:
        """Begun weeks from the first to the last day, or None where a day is not stated."""
        if not self.start or not self.end or self.end < self.start:
            return None
        try:
            days = datetime.date.fromisoformat(self.end) - datetime.date.fromisoformat(self.start)
        except ValueError:  # such as 30 February: not a stated day
            return None
        return max(1, -(-days.days // 7))


@dataclass(frozen=True, slots=True)
class Credential:
    """What can be earned, with the few facts a route needs. `known` is False where only a rule names it.

    To take it one must hold all `prerequisites` and enough of each group of `entry`; what a group calls concurrent may
    be taken with it.
    """

    iri: str
    id: str = ""
    title: str = ""
    level: int | None = None
    credits: Decimal | None = None
    credit_system: str = ""
    hours: Decimal | None = None
    provider: str = ""
    country: str = ""
    valid_until: str = ""
    status: str = ""
    is_full_qualification: bool = False
    prerequisites: tuple[str, ...] = ()
    entry: tuple[Group, ...] = ()
    entry_requirement: str = ""
    replaced_by: tuple[str, ...] = ()
    known: bool = True
    evidence: Evidence | None = None
    offers: tuple[Offer, ...] = ()
    languages: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    validity_months: int | None = None
    bodies: tuple[str, ...] = ()
    provider_type: str = ""

    @property
    def label(self) -> str:
        """The title, or the identifier where there is none."""
        return self.title or self.id or self.iri

    @property
    def unit(self) -> str:
        """Its credit system by notation, a national one with its country; "" where none is stated."""
        return system_of(self.credit_system, self.country)

    def has_ended(self, date: datetime.date) -> bool:
        """Whether the register says it is no longer offered at `date`."""
        return self.status == "inactive" or bool(self.valid_until and self.valid_until < date.isoformat())


@dataclass(frozen=True, slots=True)
class Group:
    """One requirement of a rule: enough of these members.

    `weights` stand beside `members`; `recognised` names members whose weight is a recognition of credit. `unit` is the
    credit system the sum is meant in ("" where nobody states one); `converted` tells of members whose credit points
    are of another system what they count, or that no conversion is known. `concurrent` names members of an entry group
    that may be taken at the same time as the whole; the others must be held before.
    """

    requirement: Requirement
    members: tuple[str, ...]
    needed: Decimal
    weights: tuple[Decimal, ...]
    title: str = ""
    recognised: tuple[tuple[str, Evidence], ...] = ()
    unit: str = ""
    converted: tuple[tuple[str, str], ...] = ()
    concurrent: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        requirement: Requirement,
        members: Iterable[str],
        needed: Decimal | int | None = None,
        credits: Mapping[str, Decimal] | None = None,
        title: str = "",
    ) -> Group:
        """A group whose need and weights follow from its requirement.

        A member named twice counts once. A missing number becomes 0, which `Rule.defect` reports.
        """
        distinct = tuple(dict.fromkeys(members))
        if requirement == "credit-points":
            known = credits or {}
            weights = tuple(max(Decimal(0), known.get(member, Decimal(0))) for member in distinct)
        else:
            weights = (Decimal(1),) * len(distinct)
        implied = {"all-of": Decimal(len(distinct)), "any-of": Decimal(1)}
        return cls(requirement, distinct, implied.get(requirement, Decimal(needed or 0)), weights, title)

    def with_recognised(self, member: str, weight: Decimal, evidence: Evidence) -> Group:
        """This group with a foreign credential counting `weight` credits; of two weights the larger holds."""
        if member in self.members:
            at = self.members.index(member)
            if self.weights[at] >= weight:
                return self
            weights = (*self.weights[:at], weight, *self.weights[at + 1 :])
            kept = tuple(pair for pair in self.recognised if pair[0] != member)
            return replace(self, weights=weights, recognised=(*kept, (member, evidence)))
        return replace(
            self,
            members=(*self.members, member),
            weights=(*self.weights, weight),
            recognised=(*self.recognised, (member, evidence)),
        )


@dataclass(frozen=True, slots=True)
class SideCondition:
    """A condition of a rule beside its groups, such as a minimum level; `credential` limits it to one."""

    type: str
    value: Decimal | None = None
    credential: str = ""

    @property
    def is_checked(self) -> bool:
        """Whether routes are held to it; the others are shown as not checked."""
        return self.type in CHECKED_CONDITIONS


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to attain `whole`."""

    iri: str
    kind: Kind
    whole: str
    groups: tuple[Group, ...] = ()
    conditions: tuple[SideCondition, ...] = ()
    evidence: Evidence = field(default_factory=lambda: Evidence(""))

    @property
    def defect(self) -> str:
        """What makes the rule impossible to apply as written, or nothing."""
        if self.kind != "take" and not self.groups:
            return "names no parts"
        for group in self.groups:
            if not group.members:
                return "has a group without members"
            if group.needed <= 0:
                return f"does not say how many {_unit(group)} it needs"
        return ""

    def refusal(self, date: datetime.date) -> Reason | None:
        """Why the rule cannot be used at `date`, or None when it can."""
        name = "The recognition" if self.kind == "recognise" else "The rule"
        return (self._reason("rule-incomplete", f"{name} {self.defect}") if self.defect else None) or refusal_of(
            name, self.evidence, date, whole=self.whole, rule=self.iri
        )

    def _reason(self, code: str, text: str) -> Reason:
        return Reason(code, text, self.whole, self.iri, (self.evidence,))


def refusal_of(name: str, evidence: Evidence, date: datetime.date, *, whole: str, rule: str) -> Reason | None:
    """Why a statement has no force at `date`, or None when it has.

    Its dates decide, then its status: «expired» beside an end date says no more than the date, without one it means
    lapsed (as in the register of recognitions).
    """
    today = date.isoformat()
    if evidence.valid_until and evidence.valid_until < today:
        return Reason("rule-lapsed", f"{name} lapsed on {evidence.valid_until}", whole, rule, (evidence,))
    if evidence.valid_from and evidence.valid_from > today:
        text = f"{name} is valid only from {evidence.valid_from}"
        return Reason("rule-not-yet-valid", text, whole, rule, (evidence,))
    if evidence.status in {"withdrawn", "proposed"} or (evidence.status == "expired" and not evidence.valid_until):
        code = "rule-proposed" if evidence.status == "proposed" else "rule-lapsed"
        return Reason(code, f"{name} is {evidence.status}", whole, rule, (evidence,))
    return None


@dataclass(frozen=True, slots=True)
class SetAside:
    """A statement that gives no way, kept so that a "no" can be explained: a refusal, an unusable credit."""

    credential: str
    towards: str
    reason: Reason


def _unit(group: Group) -> str:
    return "credit points" if group.requirement == "credit-points" else "members"


def weakest(claims: Iterable[str]) -> str | None:
    """The weakest of some kinds of claim, or None where there is none.

    >>> weakest(["by-recogniser", "by-provider"])
    'by-provider'
    """
    ranks = [CLAIMS.index(claim) if claim in CLAIMS else len(CLAIMS) - 1 for claim in claims]
    return CLAIMS[max(ranks)] if ranks else None
