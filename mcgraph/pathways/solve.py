"""One question put to the exact model: plan after plan, with timetables, each checked before it leaves."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from mcgraph.errors import RuleBroken
from mcgraph.limits import Limits
from mcgraph.pathways.admit import sub_instance
from mcgraph.pathways.check import check_route
from mcgraph.pathways.check_plan import check_plan
from mcgraph.pathways.conditions import is_conditioned, terms_of
from mcgraph.pathways.constraints import Constraints, Option, option_of
from mcgraph.pathways.exact import ExactPlan, NeedsTracking, Objectives, Solver
from mcgraph.pathways.hypergraph import Hypergraph
from mcgraph.pathways.pricing import order_of
from mcgraph.pathways.route import Route, Schedule, Step
from mcgraph.pathways.rule import Rule
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.schedule import TIMETABLES_TRIED, NoSchedule, schedule
from mcgraph.pathways.trace import confidence_of, cost_of


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: from what is held to a target, under wishes, ranked by weights."""

    book: RuleBook
    held: tuple[str, ...]
    target: str
    wishes: Constraints
    weights: Mapping[str, Decimal]
    limits: Limits
    relaxed: frozenset[tuple[str, str]] = frozenset()

    @property
    def objectives(self) -> Objectives:
        """What is minimised, in order."""
        return order_of(self.weights)

    @property
    def by(self) -> str:
        """The ranking in words."""
        if list(self.weights.values()) == [1]:
            return next(iter(self.weights))
        return " + ".join(f"{weight.normalize():f}·{unit}" for unit, weight in self.weights.items())


@dataclass(frozen=True, slots=True)
class Ended:
    """The plans that were found, in order, and why there are no more: a limit, or nothing."""

    routes: tuple[Route, ...]
    stopped_by: str
    unscheduled: str = ""


def with_offer(step: Step, chosen: Mapping[str, Option]) -> Step:
    """The step with the offer by which its credential is taken."""
    return replace(step, offer=chosen[step.credential].offer) if step.kind == "take" else step


def solve(asked: Asked, wanted: int, differ: int, seconds: float) -> Ended:
    """Up to `wanted` plans, best first; the larger model is used where it matters what is counted where."""
    graph = sub_instance(asked.book, asked.target, asked.wishes)
    ways = [rule for rule in graph.rules if rule.kind != "take"]
    tracked = bool(asked.wishes.held_on) or any(is_conditioned(rule) for rule in ways)
    deadline = time.monotonic() + seconds
    for with_tracking in (tracked, True):
        try:
            return _solve(asked, graph, wanted, differ, deadline, with_tracking)
        except NeedsTracking:
            continue
    raise AssertionError("a tracked model asked to be tracked")


def _solve(asked: Asked, graph: Hypergraph, wanted: int, differ: int, deadline: float, tracked: bool) -> Ended:
    solver = Solver.of(
        asked.book,
        graph,
        frozenset(graph.position[iri] for iri in asked.held if iri in graph.position),
        graph.position[asked.target],
        wishes=asked.wishes,
        objectives=asked.objectives,
        seconds=deadline - time.monotonic(),
        tracked=tracked,
        relaxed=asked.relaxed,
        held_names=frozenset(asked.held),
        terms=asked.limits.pathway_terms,
    )
    routes: list[Route] = []
    tried, unscheduled, unsure = 0, "", False
    while len(routes) < wanted and tried < wanted + TIMETABLES_TRIED:
        plan, status = solver.next_plan()
        tried += 1
        if plan is None:
            stopped = "" if status == "infeasible" and not unsure else "pathway_seconds"
            return Ended(tuple(routes), stopped, unscheduled)
        table = _timetable(asked, solver, plan)
        if isinstance(table, NoSchedule):
            unscheduled, unsure = unscheduled or table.text, unsure or table.timed_out
        else:
            routes.append(_checked(asked, solver, plan, table, unsure))
        if not plan.proven:
            return Ended(tuple(routes), "pathway_seconds", unscheduled)
        if len(routes) == wanted and plan.chosen:
            break
        if isinstance(table, NoSchedule):
            if table.never:
                solver.forbid_taking(table.never)
                continue
            # What fits no timetable may fit one when something else is counted for it, taken besides, or by
            # another offer.
            if solver.cut_countings(plan.steps, _late_offers(asked, solver, plan), _units(asked)):
                continue
        if not solver.cut_off(frozenset(plan.chosen), 1 if isinstance(table, NoSchedule) else differ):
            return Ended(tuple(routes), "pathway_seconds" if unsure else "", unscheduled)
    return Ended(tuple(routes), "plans" if len(routes) == wanted else "pathway_timetables", unscheduled)


ANY_OFFER = Option("", None, None)


def _units(asked: Asked) -> frozenset[str]:
    """Of weeks and money those that matter: offers that differ in nothing else are as good as one another."""
    return frozenset({"weeks", "money"} & {*asked.weights, *asked.wishes.stated()})


def _timetable(asked: Asked, solver: Solver, plan: ExactPlan) -> Schedule | NoSchedule | None:
    if asked.wishes.per_term is None:
        return None
    chosen = plan.chosen if _units(asked) else dict.fromkeys(plan.chosen, ANY_OFFER)
    return _timed(asked, solver, plan, chosen, asked.limits.pathway_seconds)


def _late_offers(asked: Asked, solver: Solver, plan: ExactPlan) -> dict[str, Option]:
    """Of a plan that fits no timetable, the offers that are why: with any others it fits none as long as it has these.

    Nothing where it fits none whatever the offers.
    """
    if not _units(asked):
        return {}
    chosen = dict.fromkeys(plan.chosen, ANY_OFFER)
    several = [name for name in plan.chosen if len(solver.pricing.options(name)) > 1]
    chosen |= {name: plan.chosen[name] for name in several}
    for name in several:
        freed = {**chosen, name: ANY_OFFER}
        if (left := min(solver.seconds_left, asked.limits.pathway_seconds)) <= 0:
            break
        table = _timed(asked, solver, plan, freed, left)
        if isinstance(table, NoSchedule) and not table.timed_out:
            chosen = freed
    return {name: option for name, option in chosen.items() if option.offer}


def _timed(
    asked: Asked, solver: Solver, plan: ExactPlan, chosen: Mapping[str, Option], seconds: float
) -> Schedule | NoSchedule:
    return schedule(
        asked.book,
        plan.steps,
        solver.rules(plan.steps),
        chosen,
        asked.wishes,
        solver.pricing,
        units=_units(asked),
        terms=asked.limits.pathway_terms,
        seconds=seconds,
    )


def _checked(asked: Asked, solver: Solver, plan: ExactPlan, table: Schedule | None, unsure: bool) -> Route:
    """The plan as a route, after both checkers found nothing wrong with it."""
    chosen = {**plan.chosen, **_offers_of(asked, solver, table)}
    steps = tuple(with_offer(step, chosen) for step in plan.steps)
    takes = tuple(sorted(chosen))
    told = (text for step in steps for text in step.cautions)
    said = tuple(dict.fromkeys([*told, *_undated(asked, steps, solver.rules(steps))]))
    unchecked = any("not checked" in text for text in said if "Entry requirement" not in text)
    by_new = asked.by == "credentials"
    # A better plan for which no timetable was found in time may have one.
    sure = plan.proven and not unchecked and not unsure
    route = Route(
        steps=steps,
        takes=takes,
        cost=solver.pricing.cost(cost_of(asked.book, takes), chosen),
        bound=int(plan.bound) if by_new else plan.bound,
        proven=sure,
        confidence=confidence_of(steps),
        cautions=said,
        by=asked.by,
        score=None if by_new else plan.value,
        schedule=table,
    )
    if not asked.relaxed:
        wrong = (
            *check_route(asked.book, asked.held, asked.target, route, minimal=False),
            *check_plan(asked.book, asked.held, route, asked.wishes),
        )
        if wrong:
            raise RuleBroken(f"a plan failed its own check: {'; '.join(wrong)}", fix="Please report this.")
    return route


def _offers_of(asked: Asked, solver: Solver, table: Schedule | None) -> dict[str, Option]:
    """The offers a timetable picked, as options."""
    found: dict[str, Option] = {}
    for slot in table.slots if table else ():
        for offer in asked.book.credential(slot.credential).offers:
            if offer.iri == slot.offer:
                found[slot.credential] = option_of(offer, solver.pricing.currency)
    return found


def _undated(asked: Asked, steps: tuple[Step, ...], rules: Mapping[str, Rule]) -> Iterable[str]:
    """What depends on when something held was gained, where nobody said so."""
    book = asked.book
    for step in steps:
        terms = terms_of(rules[step.credential]) if step.kind == "stack" else None
        for member in dict.fromkeys(m for state in step.groups for m in state.counted):
            if member not in asked.held or asked.wishes.held_on.get(member):
                continue
            label = book.label(member)
            if terms and terms.months(member) is not None:
                yield f"When {label} was gained is not stated; that it is recent enough is not checked"
            if terms and any(name in asked.held for name in terms.order if name != member):
                yield f"When {label} was gained is not stated; the order of what is held is not checked"
            valid = book.credential(member).validity_months
            if valid is not None:
                yield f"{label} is valid for {valid} months; when it was gained is not stated"
