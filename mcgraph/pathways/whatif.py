"""What if: agreements, rules and credentials added, changed or ended, and who gains or loses by it.

    with WhatIf(book) as w:
        w.recognise(by="University U", what="MC-100", towards="CERT-9", effect="full")
        w.expire("RULE-032")
        answer = w.compare()

The changes are an overlay on a rule book in memory. Nothing that is stored is read again or written.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Self

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways.assemble import AssembledBook
from mcgraph.pathways.compare import Difference, compare
from mcgraph.pathways.credit import in_unit
from mcgraph.pathways.names import find_credential, find_statement
from mcgraph.pathways.overlay import Overlay, laid_over
from mcgraph.pathways.recognition import RecognitionStatement
from mcgraph.pathways.rule import Credential, Evidence, Group, Requirement, Rule, refusal_of
from mcgraph.pathways.rulebook import RuleBook

EFFECTS = ("full", "credit", "partial", "exemption", "access", "refused")
SOURCE = "what-if"


@dataclass(slots=True)
class WhatIf:
    """Changes in the making over a rule book; each method adds one and refuses what cannot be meant (`WrongUse`).

    Credentials are named by IRI, identifier or title, statements by IRI or identifier.
    """

    book: RuleBook
    limits: Limits = field(default_factory=Limits)
    said: list[str] = field(default_factory=list)
    _rules: dict[tuple[str, str], Rule] = field(default_factory=dict)
    _statements: dict[tuple[str, str], RecognitionStatement] = field(default_factory=dict)
    _credentials: dict[str, Credential] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a book that does not know what it was put together from."""
        if not isinstance(self.book, AssembledBook):
            raise WrongUse("This rule book cannot be changed", fix="Use RuleBook.read or RuleBook.of.")

    def __enter__(self) -> Self:
        """These changes, to add to."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to undo: nothing was touched."""

    # -- changes ------------------------------------------------------------------------------------------------

    def recognise(
        self,
        *,
        by: str,
        what: str | Sequence[str],
        towards: str = "",
        effect: str = "full",
        credit: float | str | Decimal | None = None,
        since: str = "",
        until: str = "",
    ) -> Self:
        """Add a recognition of one or more credentials by somebody, towards one of theirs.

        `towards` may be left out where the body has just one credential that is awarded by a rule.
        """
        if effect not in EFFECTS:
            raise _no_effect(effect)
        names = (what,) if isinstance(what, str) else tuple(what)
        if not names:
            raise WrongUse("It is not said what is recognised", fix="Give what.")
        parts = tuple(self._credential(name) for name in names)
        by, given = self._body(by), by
        target = self._credential(towards) if towards else self._only_target(given)
        points = _amount(credit, "credit")
        if effect in ("credit", "partial", "exemption") and not points:
            raise WrongUse(f"A recognition with the effect «{effect}» needs its credit points", fix="Give credit: 5.")
        iri = self._new_iri("recognition")
        evidence = Evidence(
            iri, by, "by-recogniser", "in-force", valid_from=_day(since), valid_until=_day(until), source=SOURCE
        )
        self._statements[iri, target] = RecognitionStatement(iri, parts, target, effect, points, evidence)
        listed = ", ".join(self._label(part) for part in parts)
        said = f"{by} recognises {listed} towards {self._label(target)} ({effect})"
        return self._note(said + self._without_force("The recognition", evidence))

    def expire(self, statement: str, on: str = "") -> Self:
        """End an agreement or a rule: now, or from the day after `on`.

        A whole whose only rule has ended is still a whole: it cannot simply be taken.
        """
        if on:
            return self.change(statement, until=on)
        book = self._now()
        iri = find_statement(book, statement)
        for one in (each for each in book.statements if each.iri == iri):
            self._statements[iri, one.towards] = replace(one, evidence=_ended(one.evidence))
        for rule in (each for each in book.stacking if each.iri == iri):
            self._rules[iri, rule.whole] = replace(rule, evidence=_ended(rule.evidence))
        return self._note(f"{statement} is no longer in force")

    def change(
        self,
        statement: str,
        *,
        since: str | None = None,
        until: str | None = None,
        effect: str = "",
        credit: float | str | Decimal | None = None,
        needed: float | str | Decimal | None = None,
    ) -> Self:
        """Change the dates of an agreement or rule; effect and credit of an agreement; what a one-group rule needs."""
        book = self._now()
        iri = find_statement(book, statement)
        dates = {"valid_from": since, "valid_until": until}
        days = {name: _day(value) for name, value in dates.items() if value is not None}
        if effect and effect not in EFFECTS:
            raise _no_effect(effect)
        for one in (each for each in book.statements if each.iri == iri):
            if needed is not None:
                raise WrongUse(f"{statement} is a recognition and needs nothing", fix="Give effect or credit.")
            points = one.credit if credit is None else _amount(credit, "credit")
            evidence = _changed(one.evidence, days)
            new = replace(one, effect=effect or one.effect, credit=points, evidence=evidence)
            self._statements[iri, one.towards] = new
        for rule in (each for each in book.stacking if each.iri == iri):
            if effect or credit is not None:
                raise WrongUse(f"{statement} is a stacking rule", fix="Give dates, or needed.")
            groups = rule.groups if needed is None else (_needing(rule, _amount(needed, "needed")),)
            self._rules[iri, rule.whole] = replace(rule, groups=groups, evidence=_changed(rule.evidence, days))
        said = {**{n: v for n, v in dates.items() if v}, "effect": effect, "credit": credit, "needed": needed}
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in said.items() if value not in ("", None))
        return self._note(f"{statement} is changed: {told or 'nothing'}")

    def add_rule(
        self,
        whole: str,
        groups: Iterable[tuple[Requirement, Sequence[str], float | None]],
        *,
        by: str = "",
        until: str = "",
    ) -> Self:
        """Add a stacking rule; each group is (requirement, members, how much is needed or None)."""
        target = self._credential(whole)
        book = self._now()
        points = {iri: one.credits for iri, one in book.credentials.items() if one.credits is not None}
        made = tuple(
            Group.of(requirement, [self._credential(m) for m in members], _amount(needed, "needed"), points)
            for requirement, members, needed in groups
        )
        made = tuple(in_unit(group, book.credential(target), book.credential) for group in made)
        iri = self._new_iri("rule")
        evidence = Evidence(iri, by, "by-provider", "in-force", valid_until=_day(until), source=SOURCE)
        rule = Rule(iri, "stack", target, made, evidence=evidence)
        if rule.defect:
            raise WrongUse(f"The rule for {whole} {rule.defect}", fix="Give all-of, any-of, or how much is needed.")
        self._rules[iri, target] = rule
        said = f"a new rule leads to {self._label(target)}"
        return self._note(said + self._without_force("The rule", evidence) + _short_of(rule))

    def add_credential(self, identifier: str, **facts: Any) -> Self:
        """Add a credential: title, level, credits, hours, country, provider."""
        if not identifier.strip():
            raise WrongUse("The new credential has no identifier", fix="Give id.")
        if any(identifier in (one.id, one.iri) for one in self._now().credentials.values()):
            raise WrongUse(f"There is a credential «{identifier[:80]}» already", fix="Use change_credential.")
        made = Credential(identifier, id=identifier, provider=str(facts.pop("provider", "")))
        evidence = Evidence(identifier, made.provider, "by-provider", source=SOURCE)
        self._credentials[identifier] = replace(made, evidence=evidence, **_facts(facts))
        return self._note(f"there is a new credential {self._label(identifier)}")

    def change_credential(self, what: str, **facts: Any) -> Self:
        """Change title, level, credits, hours, country or status of a credential."""
        iri = self._credential(what)
        self._credentials[iri] = replace(self._now().credential(iri), **_facts(facts))
        return self._note(f"{self._label(iri)} is changed: {', '.join(sorted(facts))}")

    def end_credential(self, what: str) -> Self:
        """End a credential: it can no longer be taken. Rules and recognitions that lead to it stay as they are."""
        iri = self._credential(what)
        book = self._now()
        self._credentials[iri] = replace(book.credential(iri), **_facts({"status": "inactive"}))
        still = [rule.iri.rsplit("/", 1)[-1] for rule in book.rules if rule.whole == iri and rule.kind != "take"]
        stays = f", but is still awarded by {', '.join(still)} (expire what ends with it)" if still else ""
        return self._note(f"{self._label(iri)} is ended: it can no longer be taken{stays}")

    def _without_force(self, name: str, evidence: Evidence) -> str:
        """What to say of a new statement that changes nothing on the day that is asked about."""
        date = self._now().date
        refused = refusal_of(name, evidence, date, whole="", rule="")
        return "" if refused is None else f"; without force on {date}: {refused.text}"

    # -- answers ------------------------------------------------------------------------------------------------

    def overlaid(self) -> AssembledBook:
        """The book as it would be."""
        return self._now()

    def compare(self, held: Collection[str] = (), to: str = "") -> Difference:
        """What opens, closes, gets shorter or longer, for whom and by how much.

        With `held` the plans of one who holds that are compared as well: to `to`, or to everything that is touched
        or rests on it (`profile` of the answer).
        """
        book, after = self._base, self._now()
        touched = {*self._overlay().touched(book), *self._credentials}
        own = tuple(find_credential(after, one) for one in held)
        target = find_credential(after, to) if to else ""
        return compare(book, after, touched, own, target, tuple(self.said), self.limits)

    # -- inside -------------------------------------------------------------------------------------------------

    @property
    def _base(self) -> AssembledBook:
        assert isinstance(self.book, AssembledBook)
        return self.book

    def _overlay(self) -> Overlay:
        return Overlay(tuple(self._rules.values()), tuple(self._statements.values()), self._credentials)

    def _now(self) -> AssembledBook:
        return laid_over(self._base, self._overlay()) if self.said else self._base

    def _note(self, text: str) -> Self:
        self.said.append(text)
        if len(self.said) > self.limits.whatif_changes:
            raise WrongUse(
                f"More than {self.limits.whatif_changes} changes", fix="Raise MCGRAPH_LIMIT_WHATIF_CHANGES."
            )
        return self

    def _credential(self, text: str) -> str:
        return text if text in self._credentials else find_credential(self._now(), str(text))

    def _body(self, text: str) -> str:
        """The name of a body given by its IRI or the last part of it; any other name stands as it is."""
        found = self._bodies_called(text)
        if len(found) > 1:
            listed = "\n    ".join(found[:5])
            raise WrongUse(f"«{text[:80]}» names {len(found)} bodies", fix=f"Give one of\n    {listed}")
        return (self._base.bodies.get(found[0]) if found else "") or text

    def _bodies_called(self, text: str) -> list[str]:
        own = {body for one in self.book.credentials.values() for body in one.bodies}
        return sorted(body for body in own | self._base.bodies.keys() if text in (body, body.rsplit("/", 1)[-1]))

    def _label(self, iri: str) -> str:
        return (self._credentials.get(iri) or self.book.credential(iri)).label

    def _new_iri(self, kind: str) -> str:
        return f"what-if:{kind}-{len(self.said) + 1}"

    def _only_target(self, by: str) -> str:
        wholes = [self.book.credential(iri) for iri in sorted(self.book.wholes)]
        called, names = set(self._bodies_called(by)), self._base.bodies
        theirs = [
            one.iri
            for one in wholes
            if any(body in called or names.get(body) == by for body in one.bodies)
            or (not one.bodies and by == one.provider)
        ]
        if len(theirs) == 1:
            return theirs[0]
        listed = "\n".join(f"    {self.book.credential(iri).id}  {self._label(iri)}" for iri in theirs[:5])
        raise WrongUse(
            f"It is not said towards which credential of «{by[:80]}» the recognition counts",
            fix=f"Give towards, such as\n{listed}" if theirs else "Give towards.",
        )


def _no_effect(said: object) -> WrongUse:
    return WrongUse(f"«{str(said)[:40]}» is no effect of a recognition", fix=f"Use one of: {', '.join(EFFECTS)}.")


def _needing(rule: Rule, needed: Decimal | None) -> Group:
    if len(rule.groups) != 1 or rule.groups[0].requirement not in ("count", "credit-points"):
        raise WrongUse(f"{rule.iri} is not a rule of one counted group", fix="Expire it and add a new rule.")
    return replace(rule.groups[0], needed=needed or Decimal(0))


def _short_of(rule: Rule) -> str:
    """What to say of a rule that nobody can meet, because a group has too little to give."""
    for group in rule.groups:
        gives = sum((w for m, w in zip(group.members, group.weights, strict=True) if m != rule.whole), Decimal(0))
        if gives < group.needed:
            needs = f"{group.needed.normalize():f}"
            return f"; nobody can meet it: it needs {needs} of a group that can give only {gives.normalize():f}"
    return ""


def _ended(evidence: Evidence) -> Evidence:
    """The evidence of a statement that has ended, whatever end it was given."""
    return replace(evidence, status="expired", valid_until="")


def _changed(evidence: Evidence, days: dict[str, str]) -> Evidence:
    """The evidence with other dates; a lapsed statement whose dates are moved is in force again."""
    status = "in-force" if days and evidence.status == "expired" else evidence.status
    return replace(evidence, status=status, **days)


_LEVELS = {str(level) for level in range(1, 9)}
_NUMBERS = {"credits", "hours"}
_TEXTS = {"title", "country", "status", "valid_until"}


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in facts.items():
        if name in _NUMBERS:
            found[name] = _amount(value, name)
        elif name == "level":
            if isinstance(value, bool) or str(value) not in _LEVELS:
                raise WrongUse(f"«{str(value)[:40]}» is no EQF level", fix="Give 1 to 8.")
            found[name] = int(value)
        elif name in _TEXTS:
            found[name] = str(value)
        else:
            known = sorted({"level", *_NUMBERS, *_TEXTS})
            raise WrongUse(f"«{name[:40]}» of a credential cannot be given", fix=f"Use one of: {', '.join(known)}.")
    return found


def _amount(value: object, name: str) -> Decimal | None:
    if value is None:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation as fault:
        raise WrongUse(f"«{str(value)[:40]}» is no number", fix=f"Write {name} as 2.5.") from fault
    if not found.is_finite() or not 0 <= found <= 1_000_000:
        raise WrongUse(f"{name} of {value} cannot be meant", fix="Give 0 or more.")
    return found


def _day(text: object) -> str:
    if not text:
        return ""
    try:
        return datetime.date.fromisoformat(str(text)).isoformat()
    except ValueError as fault:
        raise WrongUse(f"«{str(text)[:40]}» is not a day", fix="Write it as 2026-06-30.") from fault


