"""The question "which plan is best for me?": proven optima under side conditions and wishes, and why there is none.

A first answer comes from the quick search of the monotone core where the question is one that it decides; everything
else goes to the exact model. Whatever is returned has passed the independent checkers.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways.admit import sub_instance
from mcgraph.pathways.check_plan import check_plan
from mcgraph.pathways.conditions import is_conditioned
from mcgraph.pathways.conflicts import conflicts
from mcgraph.pathways.constraints import Constraints
from mcgraph.pathways.pricing import By, Pricing, weights_of
from mcgraph.pathways.route import Route, RouteAnswer
from mcgraph.pathways.routes import find_routes
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.solve import Asked, solve, with_offer

# Partial plans the quick search may look at before the exact model takes over; some tenths of a second.
QUICK = 1_500
DEFAULT_PLANS = 5


def plan_routes(
    book: RuleBook,
    held: Collection[str],
    target: str,
    *,
    wishes: Constraints | None = None,
    by: By = "credentials",
    plans: int | None = None,
    differ: int = 1,
    prove: bool = False,
    seconds: float | None = None,
    limits: Limits | None = None,
) -> RouteAnswer:
    """The best plans to the target, each proven where time allows, best first; or what stands in the way.

    `by` is one of credentials, credits, hours, weeks, money (or cost), providers, or weights per unit. `plans` is how
    many are wanted (default 5), each leaving out at least `differ` credentials of every one before. `prove` asks the
    exact model even where the quick search would do. `seconds` bounds the whole search.

    >>> book = RuleBook.of("5 cr of a, b -> t [recognised-share-cap 0.5]", "x => a", credits={"a": 5, "b": 5})
    >>> [plan.takes for plan in plan_routes(book, ["x"], "t").plans]
    [('b',), ('a',)]

    Raises `WrongUse` for what cannot be asked and `RuleBroken` if a plan fails its independent check.
    """
    bounds = limits or Limits()
    if (plans is not None and plans < 1) or differ < 1:
        raise WrongUse("Ask for at least one plan that differs in at least one credential", fix="Give 1 or more.")
    for iri, day in (wishes or Constraints()).held_on.items():
        _check_day(book, iri, day)
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise WrongUse(f"A search of {seconds} seconds cannot be meant", fix="Give 0 or more.")
    asked = Asked(book, tuple(dict.fromkeys(held)), target, wishes or Constraints(), weights_of(by), bounds)
    quick = find_routes(book, asked.held, target, limit=plans, limits=bounds, effort=QUICK)
    plain = not asked.wishes.stated() and not asked.wishes.held_on and differ == 1 and not prove
    if plain and asked.by == "credentials" and _is_decided(quick):
        return replace(quick, plans=tuple(_with_weeks(asked, plan) for plan in quick.plans))
    if not quick.reachable:
        return replace(quick, method="exact", by=asked.by, wishes=_said(asked.wishes))
    return _exact_answer(asked, quick, plans, differ, bounds.pathway_seconds if seconds is None else seconds)


def _check_day(book: RuleBook, iri: str, day: str) -> None:
    try:
        gained = datetime.date.fromisoformat(day)
    except ValueError as fault:
        raise WrongUse(f"«{day[:40]}» is not a day", fix="Write it as 2025-06-30.") from fault
    if gained > book.date:
        raise WrongUse(
            f"{book.label(iri)} is said to be held since {day}, after the day that is asked about ({book.date})",
            fix="Give the day on which it was gained, or ask about a later day (--date).",
        )


def _is_decided(quick: RouteAnswer) -> bool:
    """Whether the quick search settled the question: no side condition in play, nothing cut off unproven."""
    graph = sub_instance(quick.book, quick.target, Constraints())
    if any(is_conditioned(rule) for rule in graph.rules if rule.kind != "take"):
        return False
    if quick.truncated == "pathway_states":
        return False
    said = (text for plan in quick.plans for text in plan.cautions if "Entry requirement" not in text)
    return not any("not checked" in text for text in said)


def _said(wishes: Constraints) -> tuple[str, ...]:
    return tuple(wishes.words(name) for name in wishes.stated())


def _with_weeks(asked: Asked, plan: Route) -> Route:
    """A plan of the quick search with weeks and money of the cheapest offers."""
    pricing = Pricing.of(asked.book, asked.wishes, plan.takes)
    chosen = {name: pricing.options(name)[0] for name in plan.takes}
    steps = tuple(with_offer(step, chosen) for step in plan.steps)
    return replace(plan, steps=steps, cost=pricing.cost(plan.cost, chosen))


def _exact_answer(asked: Asked, quick: RouteAnswer, plans: int | None, differ: int, seconds: float) -> RouteAnswer:
    wanted = min(plans or DEFAULT_PLANS, asked.limits.pathway_plans)
    deadline = time.monotonic() + seconds
    ended = solve(asked, wanted, differ, seconds)
    found = ended.routes
    if not found and ended.stopped_by == "pathway_seconds" and not asked.wishes.stated() and quick.plans:
        sound = (plan for plan in quick.plans[:1] if not check_plan(asked.book, asked.held, plan, asked.wishes))
        found = tuple(_ranked_anew(asked, plan) for plan in sound)
    against = () if found or ended.stopped_by else conflicts(asked, deadline + seconds, ended.unscheduled)
    stopped = ended.stopped_by
    if stopped == "plans" and plans is not None and plans > asked.limits.pathway_plans:
        stopped = "pathway_plans"
    return replace(
        quick,
        attained=bool(found) and not found[0].takes,
        plans=found,
        missing=() if found and not found[0].takes else quick.missing,
        truncated=stopped,
        notes=tuple(dict.fromkeys(_notes(asked, quick, found))),
        conflicts=against,
        method="exact",
        by=asked.by,
        wishes=_said(asked.wishes),
    )


def _ranked_anew(asked: Asked, plan: Route) -> Route:
    """A plan of the quick search, which ranks by credentials, in the ranking that is asked for: nothing is proven."""
    if asked.by == "credentials":
        return plan
    pricing = Pricing.of(asked.book, asked.wishes, plan.takes)
    chosen = {name: pricing.options(name)[0] for name in plan.takes}
    value = pricing.value(asked.objectives[0], chosen)
    return replace(plan, by=asked.by, score=value, bound=Decimal(0), proven=value == 0)


def _notes(asked: Asked, quick: RouteAnswer, found: tuple[Route, ...]) -> Iterable[str]:
    if "credits" in asked.weights or asked.wishes.budget.most("credits") is not None:
        yield from quick.notes
    if found and any(plan.cost.money_unknown for plan in found) and "money" in asked.weights:
        yield "Credentials without a stated price count 0 in the ranking"
    if found and any(plan.cost.weeks_unknown for plan in found) and "weeks" in asked.weights:
        yield "Credentials without stated dates count 0 weeks in the ranking"
