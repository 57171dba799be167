"""What a recognition statement means for routes: a way, a weight in a credit group, or an explanation."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from decimal import Decimal

from mcgraph.pathways.rule import Evidence, Group, Reason, Rule, SetAside, refusal_of

CREDIT_EFFECTS = frozenset({"credit", "partial", "exemption"})


@dataclass(frozen=True, slots=True)
class RecognitionStatement:
    """Somebody's decision on credentials (one, or all of an organisation) towards another credential.

    `unit` is the credit system of `credit`; "" where none is stated: then that of the credential it counts towards.
    """

    iri: str
    credentials: tuple[str, ...]
    towards: str
    effect: str
    credit: Decimal | None
    evidence: Evidence
    unit: str = ""

    def rule(self) -> Rule:
        """A full recognition as a rule: who holds one of the credentials holds `towards`."""
        members = [one for one in self.credentials if one != self.towards]
        return Rule(self.iri, "recognise", self.towards, (Group.of("any-of", members),), evidence=self.evidence)

    def refusal(self, date: datetime.date) -> Reason | None:
        """Why the statement has no force at `date`, or None when it has."""
        return refusal_of("The recognition", self.evidence, date, whole=self.towards, rule=self.iri)

    def aside(self, code: str, text: str) -> tuple[SetAside, ...]:
        """The statement kept for explanation only."""
        reason = Reason(code, text, self.towards, self.iri, (self.evidence,))
        return tuple(SetAside(credential, self.towards, reason) for credential in self.credentials)


def explain_unused(statement: RecognitionStatement, date: datetime.date) -> tuple[SetAside, ...]:
    """The entries that keep a statement which gives neither a way nor a weight; () for one that may."""
    by = f" by {statement.evidence.claimant}" if statement.evidence.claimant else ""
    on = f" on {statement.evidence.stated_on}" if statement.evidence.stated_on else ""
    if statement.effect == "refused":
        return statement.aside("recognition-refused", f"Recognition was refused{by}{on}")
    if statement.effect == "access":
        return statement.aside("recognition-access-only", f"The recognition{by} gives access, not the credential")
    lapsed = statement.refusal(date)
    if lapsed is not None and statement.effect in CREDIT_EFFECTS:
        return statement.aside(lapsed.code, lapsed.text)
    if statement.effect in CREDIT_EFFECTS and not statement.credit:
        return statement.aside("recognition-without-credit", f"The partial recognition{by} states no credit points")
    if statement.effect != "full" and statement.effect not in CREDIT_EFFECTS:
        return statement.aside("recognition-unclear", f"The recognition{by} states no effect that is known")
    return ()
