"""Everything a route is made from, as of one date: the credentials and rules of a snapshot, and what they allow."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from mcgraph.limits import Limits
from mcgraph.model.credits import unit_of
from mcgraph.pathways.rule import Credential, Evidence, Group, Reason, RowSource, Rule, SetAside


@dataclass(frozen=True)
class RuleBook:
    """Everything a route is made from, as of one date.

    >>> book = RuleBook.of("ux-basics + ux-visual -> ux-certificate")
    >>> [group.members for rule in book.rules for group in rule.groups]
    [('ux-basics', 'ux-visual')]
    """

    credentials: Mapping[str, Credential]
    rules: tuple[Rule, ...]
    date: datetime.date
    set_aside: tuple[SetAside, ...] = ()
    declared: tuple[tuple[str, str], ...] = ()
    snapshot: str = ""
    synthetic: tuple[str, ...] = ()  # sources that are declared invented

    @classmethod
    def of(
        cls,
        *lines: str,
        credits: Mapping[str, float] | None = None,
        levels: Mapping[str, int] | None = None,
        hours: Mapping[str, float] | None = None,
        full: Iterable[str] = (),
        date: str = "2026-01-01",
    ) -> RuleBook:
        """A small book written by hand, for tests and examples; see `notation` for the grammar."""
        from mcgraph.pathways.notation import book_of

        return book_of(lines, credits or {}, levels or {}, hours or {}, frozenset(full), date)

    @classmethod
    def read(
        cls,
        graph: RowSource,
        *,
        date: datetime.date,
        lang: str = "en",
        around: Collection[str] | None = None,
        limits: Limits | None = None,
    ) -> RuleBook:
        """The book of a stored graph as of `date`; with `around`, of what lies on ways to those credentials.

        Raises `LimitReached` where more than `pathway_part_records` records lie on them.
        """
        from mcgraph.pathways.read import read_book

        return read_book(graph, date=date, lang=lang, around=around, limits=limits)

    @cached_property
    def usable(self) -> tuple[Rule, ...]:
        """Stacking and recognition rules that may be applied at the book's date."""
        return tuple(rule for rule in self.rules if rule.refusal(self.date) is None)

    @cached_property
    def rules_to(self) -> Mapping[str, tuple[Rule, ...]]:
        """Per credential, every rule that leads to it, usable or not."""
        found: dict[str, list[Rule]] = {}
        for rule in self.rules:
            found.setdefault(rule.whole, []).append(rule)
        return {whole: tuple(rules) for whole, rules in found.items()}

    @cached_property
    def wholes(self) -> frozenset[str]:
        """Credentials that some stacking rule, in force or not, awards on parts."""
        return frozenset(rule.whole for rule in self.rules if rule.kind == "stack")

    @cached_property
    def credit_unit(self) -> str:
        """The credit system in which plans are priced: ECTS where anything states it, else the first that is stated."""
        return unit_of("", {one.unit for one in self.credentials.values() if one.credits is not None})

    def credential(self, iri: str) -> Credential:
        """The credential, or a bare one where no source describes it."""
        return self.credentials.get(iri) or Credential(iri, id=iri.rsplit("/", 1)[-1], known=False)

    @cached_property
    def _namesakes(self) -> frozenset[str]:
        """Credentials that share their title with another member of one rule: two blocks called «Fondamentaux»."""
        found: set[str] = set()
        for rule in self.rules:
            members = {member for group in rule.groups for member in group.members}
            counts = Counter(self.credential(member).title for member in members)
            found |= {one for one in members if counts[title := self.credential(one).title] > 1 and title}
        return frozenset(found)

    def label(self, iri: str) -> str:
        """The words by which people know the credential, with its identifier where a rule lists a namesake."""
        one = self.credential(iri)
        return f"{one.title} ({one.id or one.iri})" if iri in self._namesakes else one.label

    def refuses_taking(self, iri: str) -> Reason | None:
        """Why a learner cannot simply take this credential, or None when they can.

        A whole with a stacking rule is earned by its rule; a full qualification is not a part one takes; what
        has ended or is nowhere described cannot be taken.
        """
        one = self.credential(iri)
        if not one.known:
            return Reason("not-described", f"No source describes {self.label(iri)}", iri)
        if iri in self.wholes:
            return Reason("earned-by-rule", f"{self.label(iri)} is awarded by its rule on parts", iri)
        if one.is_full_qualification:
            return Reason("no-rule", f"No rule leads to the full qualification {self.label(iri)}", iri)
        if one.has_ended(self.date):
            until = f" on {one.valid_until}" if one.valid_until else ""
            return Reason("credential-ended", f"{self.label(iri)} ended{until} and can no longer be taken", iri)
        if any(not group.members or group.needed <= 0 for group in one.entry):
            text = f"What must be held to take {self.label(iri)} is not stated completely"
            return Reason("entry-incomplete", text, iri)
        return None

    def take_rule(self, iri: str) -> Rule:
        """The rule "take it", which needs its prerequisites."""
        one = self.credential(iri)
        groups = (Group.of("all-of", one.prerequisites),) if one.prerequisites else ()
        return Rule(f"take {iri}", "take", iri, (*groups, *one.entry), evidence=one.evidence or Evidence(iri))

    def ways(self, iri: str) -> Iterator[Rule]:
        """Every usable rule that leads to the credential, taking it included."""
        yield from (rule for rule in self.rules_to.get(iri, ()) if rule.refusal(self.date) is None)
        if self.refuses_taking(iri) is None:
            yield self.take_rule(iri)

    def refuses_member(self, rule: Rule, member: str) -> Reason | None:
        """Why a member does not count in a rule (its level is too low or unknown), or None when it does."""
        for condition in rule.conditions:
            if condition.type != "minimum-level" or condition.value is None:
                continue
            if condition.credential not in ("", member):
                continue
            one, least = self.credential(member), condition.value
            if one.level is None:
                text = f"{self.label(member)} states no EQF level; the rule asks for at least {least.normalize():f}"
                return Reason("level-unknown", text, member, rule.iri, (rule.evidence,))
            if one.level < least:
                text = (
                    f"{self.label(member)} is at EQF level {one.level}; "
                    f"the rule asks for at least {least.normalize():f}"
                )
                return Reason("level-below-minimum", text, member, rule.iri, (rule.evidence,))
        return None
