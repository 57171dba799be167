"""Answers about pathways as JSON documents, with the keys of the published contract."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from mcgraph import __version__
from mcgraph.pathways.route import Conflict, Gap, GroupState, PlanCost, ReachAnswer, Route, RouteAnswer, Schedule, Step
from mcgraph.pathways.rule import Evidence, Reason
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.trace import short, statements

PROOF = (
    "A plan is proven when no unlisted plan takes fewer new credentials, or as many with fewer credit "
    "points, or as many of both with fewer hours. Plans leave a queue ordered by a lower bound of their cost, and "
    "every way of filling each group is tried."
)


NAMES = {
    "search": "inclusion-minimal plans, best first",
    "exact": "mixed-integer programme, plan after plan (HiGHS)",
}
EXACT_PROOF = (
    "A plan is proven when the solver closed the gap between its value and the lower bound: no unlisted plan that "
    "keeps to the conditions and wishes is better. Every plan is checked again by code of its own."
)


def document(answer: RouteAnswer) -> dict[str, Any]:
    """`pathways --held … --to … --json`."""
    book = answer.book
    said = [found for plan in answer.plans for found in statements(plan.steps)]
    said += [gap.evidence for gap in answer.missing if gap.evidence.statement]
    said += [found for reason in answer.reason for found in reason.evidence]
    return {
        "target": named(book, answer.target),
        "held": [named(book, iri) for iri in answer.held],
        "attained": answer.attained,
        "reachable": answer.reachable,
        "plans": [plan_document(book, plan) for plan in answer.plans],
        "missing": [_gap(book, gap) for gap in answer.missing],
        "reason": [reason_document(book, reason) for reason in answer.reason],
        "nearest": [{**named(book, one.credential), "text": one.text} for one in answer.nearest],
        "notes": list(answer.notes),
        "conflicts": [_conflict(book, one) for one in answer.conflicts],
        **_answer_keys(book, said, answer.truncated),
        "algorithm": {
            "name": NAMES[answer.method],
            "parameters": {
                "date": book.date.isoformat(),
                "order": ["new", "credits", "hours"] if answer.by == "credentials" else [answer.by, "new"],
                "wishes": list(answer.wishes),
            },
            "proof": PROOF if answer.method == "search" else EXACT_PROOF,
        },
    }


def reach_document(answer: ReachAnswer) -> dict[str, Any]:
    """`pathways --from … --json`."""
    book = answer.book
    return {
        "held": [named(book, iri) for iri in answer.held],
        "attained": [_step(book, step) for step in answer.attained],
        "unlocks": [
            {"take": named(book, one.take), "opens": [named(book, iri) for iri in one.opens]} for one in answer.unlocks
        ],
        "reachable": [named(book, iri) for iri in answer.reachable],
        **_answer_keys(book, statements(answer.attained), answer.truncated),
        "coverage": dict(answer.coverage or coverage(book)),
        "algorithm": {"name": "least fixpoint", "parameters": {"date": book.date.isoformat()}},
    }


def coverage(book: RuleBook) -> dict[str, Any]:
    """How many of the credentials that a source describes a rule of the book says anything about."""
    described = [iri for iri, one in book.credentials.items() if one.known]
    led_to = sum(1 for iri in described if iri in book.rules_to)
    total = len(described)
    return {
        "total": total,
        "known": led_to,
        "unknown": total - led_to,
        "why": "no source states a stacking rule or full recognition that leads to these credentials",
        "rules": len(book.rules),
        "rules_in_force": len(book.usable),
        "set_aside": len(book.set_aside),
    }


def named(book: RuleBook, iri: str) -> dict[str, Any]:
    """A credential as scripts and people both want it."""
    one = book.credential(iri)
    return {"iri": iri, "id": one.id, "title": one.title, "level": one.level}


def _answer_keys(book: RuleBook, said: Iterable[Evidence], truncated: str) -> dict[str, Any]:
    return {
        "coverage": coverage(book),
        "snapshot": book.snapshot,
        "evidence": [evidence_of(found) for found in dict.fromkeys(said)],
        "truncated": bool(truncated),
        "limit": truncated,
        "versions": {"mcgraph": __version__},
    }


def plan_document(book: RuleBook, plan: Route) -> dict[str, Any]:
    """A plan with its steps, cost and proof."""
    return {
        "steps": [_step(book, step) for step in plan.steps],
        "takes": list(plan.takes),
        "cost": _cost(plan.cost),
        "by": plan.by,
        "value": plain(Decimal(plan.value)),
        "bound": plain(Decimal(plan.bound)),
        "gap": plain(Decimal(plan.gap)),
        "proven": plan.proven,
        "confidence": plan.confidence,
        "schedule": _schedule(plan.schedule) if plan.schedule else None,
        "cautions": list(plan.cautions),
    }


def _cost(cost: PlanCost) -> dict[str, Any]:
    return {
        "new": cost.new,
        "credits": {short(system) or "not stated": plain(amount) for system, amount in cost.credits},
        "credits_unknown": cost.credits_unknown,
        "hours": plain(cost.hours),
        "hours_unknown": cost.hours_unknown,
        "weeks": None if cost.weeks is None else plain(cost.weeks),
        "weeks_unknown": cost.weeks_unknown,
        "money": None if cost.money is None else plain(cost.money),
        "currency": cost.currency,
        "money_unknown": cost.money_unknown,
        "providers": cost.providers,
    }


def _schedule(table: Schedule) -> dict[str, Any]:
    return {
        "starts": table.starts,
        "term_weeks": table.term_weeks,
        "per_term": plain(table.per_term),
        "terms": table.terms,
        "proven": table.proven,
        "slots": [{"term": one.term, "credential": one.credential, "offer": one.offer or None} for one in table.slots],
    }


def _conflict(book: RuleBook, one: Conflict) -> dict[str, Any]:
    nearest = plan_document(book, one.nearest) if one.nearest else None
    return {"names": list(one.names), "text": one.text, "nearest": nearest}


def _step(book: RuleBook, step: Step) -> dict[str, Any]:
    return {
        "number": step.number,
        "layer": step.layer,
        "kind": step.kind,
        "credential": named(book, step.credential),
        "rule": step.rule if step.kind != "take" else None,
        "offer": step.offer or None,
        "groups": [_group(state) for state in step.groups],
        "reason": step.text,
        "cautions": list(step.cautions),
        "evidence": [found.statement for found in step.evidence],
    }


def _group(state: GroupState) -> dict[str, Any]:
    return {
        "requirement": state.requirement,
        "title": state.title,
        "need": plain(state.need),
        "have": plain(state.have),
        "counted": list(state.counted),
        "concurrent": list(state.concurrent),
        "missing": list(state.missing),
        "not_counted": [{"credential": one.credential, "code": one.code, "text": one.text} for one in state.refused],
        "by_recognition": [one for one, _ in state.recognised],
    }


def _gap(book: RuleBook, gap: Gap) -> dict[str, Any]:
    return {
        "rule": gap.rule,
        "groups": [_group(state) for state in gap.groups],
        "unusable": reason_document(book, gap.unusable) if gap.unusable else None,
        "evidence": gap.evidence.statement,
    }


def reason_document(book: RuleBook, reason: Reason) -> dict[str, Any]:
    """Why something cannot be done, with the statements behind it."""
    return {
        "code": reason.code,
        "text": reason.text,
        "credential": named(book, reason.credential) if reason.credential else None,
        "rule": reason.rule or None,
        "evidence": [found.statement for found in reason.evidence],
    }


def evidence_of(found: Evidence) -> dict[str, Any]:
    """Who says it, when, and where it was read."""
    return {
        "statement": found.statement,
        "claimant": found.claimant,
        "claim": found.claim,
        "status": found.status,
        "stated_on": found.stated_on,
        "valid_from": found.valid_from,
        "valid_until": found.valid_until,
        "source": found.source,
        "origin": found.origin,
        "url": found.url,
    }


def plain(amount: Decimal) -> int | float:
    """A decimal as the shortest JSON number.

    >>> plain(Decimal("5.000")), plain(Decimal("2.5"))
    (5, 2.5)
    """
    return int(amount) if amount == amount.to_integral_value() else float(amount)
