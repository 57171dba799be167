"""Answers about pathways as text for the terminal: each step with its reason and its source."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from mcgraph.model.synthetic import synthetic_mark
from mcgraph.pathways.answer import plain
from mcgraph.pathways.route import Gap, GroupState, PlanCost, ReachAnswer, Route, RouteAnswer, Step
from mcgraph.pathways.rule import Evidence
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.schedule import TIMETABLES_TRIED
from mcgraph.pathways.trace import short

LISTED = 12
_ASKED = {
    "all-of": "all of these are needed",
    "any-of": "one of these is needed",
    "count": "some of these are needed",
    "credit-points": "credit points of these are needed",
}


def tell(answer: RouteAnswer, shown: int) -> str:
    """The answer to "how do I get there?", with at most `shown` routes written out."""
    return "\n".join(one_line(line) for line in _route_lines(answer, shown))


def tell_reach(answer: ReachAnswer) -> str:
    """The answer to "what can I reach?"."""
    return "\n".join(one_line(line) for line in _reach_lines(answer))


def _route_lines(answer: RouteAnswer, shown: int) -> Iterator[str]:
    book = answer.book
    yield _headline(answer)
    for number, plan in enumerate(answer.plans[:shown], start=1):
        yield ""
        yield f" {number}  {summary(plan)}"
        for step in plan.steps:
            yield from _step_lines(step)
        yield from _schedule_lines(book, plan)
        if answer.held and plan.steps and not _counts_held(answer, plan):
            yield "    ! Nothing that is held counts towards this route"
        yield from (f"    ! {text}" for text in plan.cautions)
    yield from _conflict_lines(answer)
    if len(answer.plans) > shown:
        yield f"\n … and {len(answer.plans) - shown} more routes (--limit)"
    if answer.truncated == "plans":
        yield " There may be more plans (-k)."
    elif answer.truncated == "pathway_timetables":
        yield f" Of {TIMETABLES_TRIED} plans tried none more fits a timetable; others may."
    elif answer.truncated:
        yield f" The list is not complete: the limit {answer.truncated} was reached."
    if answer.missing:
        yield f"\n what the rules for {book.label(answer.target)} ask, and what is missing with what is held now"
        for gap in answer.missing:
            yield from _gap_lines(book, gap)
    if answer.reason:
        yield "\n why not"
        for reason in answer.reason:
            yield f"    {reason.text}"
            yield from (f"      {_source(found)}" for found in reason.evidence if found.statement)
    if answer.nearest:
        yield "\n the nearest that can be reached"
        yield from (f"    {book.label(one.credential)}  {one.text}" for one in answer.nearest)
    yield from (f"\n note  {text}" for text in answer.notes)
    yield f"\n as of {book.date.isoformat()}{synthetic_mark(book.synthetic)}"


def _schedule_lines(book: RuleBook, plan: Route) -> Iterator[str]:
    table = plan.schedule
    if table is None:
        return
    fewest = "no timetable of these steps has fewer" if table.proven else "fewer may be possible"
    terms = f"{table.terms} term{'' if table.terms == 1 else 's'} of {table.term_weeks} weeks"
    yield f"    timetable from {table.starts}, {terms} ({fewest})"
    for term in sorted({slot.term for slot in table.slots}):
        mine = [slot for slot in table.slots if slot.term == term]
        points = sum((book.credential(slot.credential).credits or Decimal(0) for slot in mine), Decimal(0))
        names = ", ".join(book.label(slot.credential) for slot in mine)
        yield f"      term {term}  {plain(points)} of {plain(table.per_term)} ECTS  {names}"


def _conflict_lines(answer: RouteAnswer) -> Iterator[str]:
    if answer.conflicts:
        yield "\n what stands in the way"
    for one in answer.conflicts:
        yield f"    {one.text}"
        if one.nearest is not None:
            yield f"      the nearest plan: {_cost(one.nearest.cost)}"
            yield from (f"        {step.number}. {step.text}" for step in one.nearest.steps)


def _headline(answer: RouteAnswer) -> str:
    target = answer.book.label(answer.target)
    if answer.target in answer.held:
        return f"✔ {target} is held already"
    held = ", ".join(answer.book.label(one) for one in answer.held) or "nothing"
    if answer.attained:
        return f"✔ {target} is attained with what is held ({held})"
    if not answer.reachable:
        return f"✘ {target} cannot be reached from {held}"
    count = len(answer.plans)
    if not count:
        asked = f" ({'; '.join(answer.wishes)})" if answer.wishes else ""
        stopped = {"pathway_seconds": "found in the time allowed", "pathway_timetables": "among those tried"}
        why = stopped.get(answer.truncated, "that keeps to all conditions")
        return f"✘ no plan from {held} to {target} {why}{asked}"
    some = f"{'at least ' if answer.truncated else ''}{count} route{'' if count == 1 else 's'}"
    return f"{some} from {held} to {target}"


def summary(plan: Route) -> str:
    """What a plan asks for, what it rests on and what is proven, on one line."""
    sure = "" if plan.confidence is None else f" · weakest evidence: {plan.confidence}"
    steps = f"{len(plan.steps)} step{'' if len(plan.steps) == 1 else 's'}"
    unit = "new" if plan.by == "credentials" else plan.by
    least = f"not proven; at least {plain(Decimal(plan.bound))} {unit}"
    proof = "no cheaper plan is left out" if plan.proven else least
    return f"{_cost(plan.cost)} · {steps}{sure} · {proof}"


def _cost(cost: PlanCost) -> str:
    parts = [f"{cost.new} new"]
    parts += [f"{plain(amount)} {unit_name(system)}" for system, amount in cost.credits]
    parts += [f"{cost.credits_unknown} without stated credits"] if cost.credits_unknown else []
    parts += [f"{plain(cost.hours)} h"] if cost.hours else []
    parts += [f"{cost.hours_unknown} without stated hours"] if cost.hours_unknown else []
    parts += [f"{plain(cost.weeks)} weeks"] if cost.weeks else []
    parts += [f"{plain(cost.money)} {cost.currency}"] if cost.money else []
    return " · ".join(parts)


def unit_name(system: str) -> str:
    """The name of a credit system, by its notation."""
    from mcgraph.model.vocabularies import vocabulary

    known = vocabulary("education-credit+credit-system").notations.get(system, "")
    return known.upper() or short(system) or "credits"


def _step_lines(step: Step) -> Iterator[str]:
    yield f"    {step.number}. {step.text}"
    yield from (f"       {_source(found)}" for found in step.evidence)


def _source(found: Evidence) -> str:
    parts = [found.claim.replace("-", " ") if found.claim != "not-stated" else "claim not stated"]
    parts += [f"by {found.claimant}"] if found.claimant else []
    parts += [f"stated {found.stated_on}"] if found.stated_on else []
    if found.valid_from or found.valid_until:
        parts.append(f"valid {found.valid_from or '…'} to {found.valid_until or '…'}")
    parts += [f"source {found.source}"] if found.source else []
    parts += [found.url] if found.url else []
    return f"[{' · '.join(parts)}]"


def _gap_lines(book: RuleBook, gap: Gap) -> Iterator[str]:
    unusable = f"  ({gap.unusable.text})" if gap.unusable else ""
    rule = gap.rule.removeprefix("take ")
    yield f"    {'rule' if rule == gap.rule else 'to take'} {short(rule)}{unusable}"
    for state in gap.groups:
        yield f"      {'✔' if state.is_met else '✘'} {_state(state)}{_missing(book, state)}"
        yield from (f"        not counted: {reason.text}" for reason in state.refused)


def _state(state: GroupState) -> str:
    title = f"{state.title}: " if state.title else ""
    return f"{title}{_ASKED[state.requirement]}: has {plain(state.have)} of {plain(state.need)}"


def _counts_held(answer: RouteAnswer, plan: Route) -> bool:
    held = set(answer.held)
    return any(not held.isdisjoint(group.counted) for step in plan.steps for group in step.groups)


def _missing(book: RuleBook, state: GroupState) -> str:
    if state.is_met or not state.missing:
        return ""
    names = ", ".join(book.label(one) for one in state.missing[:LISTED])
    more = f" … (+{len(state.missing) - LISTED})" if len(state.missing) > LISTED else ""
    which = "" if len(state.concurrent) == len(state.missing) else f"{len(state.concurrent)} of them "
    beside = f" ({which}may be taken at the same time)" if state.concurrent else ""
    return f" · missing {names}{more}{beside}"


def _reach_lines(answer: ReachAnswer) -> Iterator[str]:
    book = answer.book
    held = ", ".join(book.label(one) for one in answer.held) or "nothing"
    yield f"From {held}: {len(answer.attained)} awarded now, {len(answer.reachable)} within reach"
    if answer.attained:
        yield "\n awarded on what is held"
        for step in answer.attained:
            yield from _step_lines(step)
    if answer.unlocks:
        yield "\n one credential away"
        for one in answer.unlocks[:LISTED]:
            opens = ", ".join(book.label(iri) for iri in one.opens[:LISTED])
            yield f"    {book.label(one.take)}  opens {opens}"
    if answer.reachable:
        yield "\n within reach"
        yield from (f"    {book.label(iri)}" for iri in answer.reachable[:LISTED])
        if len(answer.reachable) > LISTED:
            yield f"    … and {len(answer.reachable) - LISTED} more"
    if answer.truncated:
        yield f" The list is not complete: the limit {answer.truncated} was reached."
    yield f"\n as of {book.date.isoformat()}{synthetic_mark(book.synthetic)}"


def one_line(text: str) -> str:
    """No control characters but our own line break at the start: a title must not steer a terminal."""
    lead = "\n" if text.startswith("\n") else ""
    return lead + "".join(mark if mark.isprintable() else " " for mark in text.removeprefix("\n"))
