"""An independent check of a plan against side conditions, wishes and its timetable.

Like `check`, it shares no code with the solver: it reads rules, offers and wishes anew and counts by hand.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Collection, Iterable, Iterator
from decimal import Decimal

from mcgraph.model.credits import convert, factor, times
from mcgraph.pathways.constraints import Constraints
from mcgraph.pathways.route import Route, Step
from mcgraph.pathways.rule import CLAIMS, Credential, Offer, Rule
from mcgraph.pathways.rulebook import RuleBook


def check_plan(book: RuleBook, held: Collection[str], route: Route, wishes: Constraints) -> tuple[str, ...]:
    """Every side condition, wish and term of the timetable that a plan breaks, as sentences."""
    wrong: list[str] = []
    gained: dict[str, Step] = {}
    for step in route.steps:
        rule = _rule(book, step)
        if rule is not None and step.kind == "stack":
            wrong += [f"{step.credential}: {text}" for text in _conditions(book, held, gained, step, rule, wishes)]
        wrong += [f"{step.credential}: {text}" for text in _step_wishes(book, step, wishes)]
        gained[step.credential] = step
    wrong += _closed_rules(book, held, route)
    wrong += _budgets(book, route, wishes)
    wrong += _times(book, held, route, wishes)
    if wishes.per_term is not None:
        wrong += _timetable(book, held, route, wishes)
    return tuple(wrong)


def _rule(book: RuleBook, step: Step) -> Rule | None:
    if step.kind == "take":
        return book.take_rule(step.credential)
    return next((r for r in book.rules if (r.iri, r.kind, r.whole) == (step.rule, step.kind, step.credential)), None)


def _said(rule: Rule, kind: str) -> list[tuple[str, Decimal | None]]:
    return [(one.credential, one.value) for one in rule.conditions if one.type == kind]


# -- what is counted ------------------------------------------------------------------------------------------------


def _conditions(
    book: RuleBook, held: Collection[str], gained: dict[str, Step], step: Step, rule: Rule, wishes: Constraints
) -> Iterator[str]:
    counted = {member for state in step.groups for member in state.counted}
    for name, _ in _said(rule, "excludes"):
        if name in counted and counted != {name}:
            yield f"counts {name} together with others"
    for name, _ in _said(rule, "order"):
        yield from _order(held, gained, name, counted, wishes) if name else ()
    yield from _shares(book, gained, rule, counted)
    yield from _uses(gained, step, rule)


def _order(
    held: Collection[str], gained: dict[str, Step], name: str, counted: set[str], wishes: Constraints
) -> Iterator[str]:
    if name not in held and name not in gained:
        yield f"{name} should have come first"
        return
    number = gained[name].number if name in gained else 0
    for member in counted - {name}:
        mine = gained[member].number if member in gained else 0
        if mine < number:
            yield f"{member} came before {name}"
        days = wishes.held_on.get(name, ""), wishes.held_on.get(member, "")
        if name in held and member in held and all(days) and days[1] < days[0]:
            yield f"{member} was gained before {name}"


def _shares(book: RuleBook, gained: dict[str, Step], rule: Rule, counted: set[str]) -> Iterator[str]:
    caps = [value for _, value in _said(rule, "recognised-share-cap") if value is not None and 0 <= value <= 1]
    least = [value for _, value in _said(rule, "residency-credits") if value is not None and value >= 0]
    if not caps and not least:
        return
    points = _points(book, rule)
    by_credit = {who for group in rule.groups for who, _ in group.recognised}
    foreign = {m for m in counted if m in by_credit or (m in gained and gained[m].kind == "recognise")}
    recognised = sum((points[member] for member in foreign), Decimal(0))
    for cap in caps:
        if recognised > cap * _size(book, rule, points):
            yield f"{recognised} come from recognition, more than the share {cap}"
    own = sum((points[member] for member in counted - foreign if _same_house(book, rule.whole, member)), Decimal(0))
    for needed in least:
        if own < needed:
            yield f"only {own} of {needed} credit points are from the awarding body"


def _points(book: RuleBook, rule: Rule) -> dict[str, Decimal]:
    """The credit points each member of a rule stands for."""
    listed: dict[str, Decimal] = {}
    for group in rule.groups:
        if group.requirement == "credit-points":
            for member, weight in zip(group.members, group.weights, strict=True):
                listed[member] = max(weight, listed.get(member, Decimal(0)))
    members = {member for group in rule.groups for member in group.members}
    if not listed and not any(book.credential(member).credits for member in members):
        return dict.fromkeys(members, Decimal(1))
    return {m: listed.get(m) or _worth(book, rule, m) for m in members}


def _worth(book: RuleBook, rule: Rule, member: str) -> Decimal:
    """The credit points of a member in the system of the whole, at least."""
    one, unit = book.credential(member), book.credential(rule.whole).unit
    by = factor(one.unit, unit)
    return Decimal(0) if by is None or one.credits is None else max(Decimal(0), times(one.credits, by))


def _size(book: RuleBook, rule: Rule, points: dict[str, Decimal]) -> Decimal:
    """What the whole amounts to: its credit points, else what its groups ask for at least."""
    has_points = any(group.requirement == "credit-points" for group in rule.groups)
    if not has_points and not any(book.credential(m).credits for g in rule.groups for m in g.members):
        return sum((min(g.needed, Decimal(len(g.members))) for g in rule.groups), Decimal(0))
    stated = book.credential(rule.whole).credits
    if stated and stated > 0:
        return stated
    total = Decimal(0)
    for group in rule.groups:
        cheapest = sorted(points[member] for member in group.members)
        total += group.needed if group.requirement == "credit-points" else sum(cheapest[: int(group.needed)])
    return total


def _same_house(book: RuleBook, whole: str, member: str) -> bool:
    left, right = book.credential(whole), book.credential(member)
    if left.bodies or right.bodies:
        return not set(left.bodies).isdisjoint(right.bodies)
    return left.provider == right.provider != ""


def _uses(gained: dict[str, Step], step: Step, rule: Rule) -> Iterator[str]:
    """No credit is spent twice, in itself or inside something awarded for it."""
    if _said(rule, "counts-in-each"):
        return
    every = bool(_said(rule, "counts-once"))
    spent: set[str] = set()
    for state in step.groups:
        if not every and state.requirement != "credit-points":
            continue
        for member in state.counted:
            inside = _leaves(gained, member)
            if inside & spent:
                yield f"spends {sorted(inside & spent)} twice"
            spent |= inside


def _leaves(gained: dict[str, Step], one: str) -> set[str]:
    step = gained.get(one)
    members = [member for state in step.groups for member in state.counted] if step else []
    if step is None or step.kind == "take" or not members:
        return {one}
    return set().union(*(_leaves(gained, member) for member in members))


def _closed_rules(book: RuleBook, held: Collection[str], route: Route) -> Iterator[str]:
    """A rule that excludes what is no member of it is closed to those who have that credential."""
    there = {*held, *(step.credential for step in route.steps)}
    for step in route.steps:
        rule = _rule(book, step) if step.kind == "stack" else None
        for name, _ in _said(rule, "excludes") if rule else ():
            listed = rule is not None and any(name in group.members for group in rule.groups)
            if name in there and not listed:
                yield f"{step.credential}: its rule is closed to those who have {name}"


# -- wishes ---------------------------------------------------------------------------------------------------------


def _step_wishes(book: RuleBook, step: Step, wishes: Constraints) -> Iterator[str]:
    one = book.credential(step.credential)
    if step.kind == "take":
        yield from _take_wishes(book, one, step, wishes)
    elif {step.credential, step.rule} & wishes.exclude:
        yield "is excluded"
    if wishes.confidence and step.kind != "take":
        weak = CLAIMS[CLAIMS.index(wishes.confidence) + 1 :]
        if any(found.claim in weak for found in step.evidence):
            yield f"rests on a claim weaker than {wishes.confidence}"
    if wishes.max_level_jump is not None:
        for member in (m for state in step.groups for m in state.counted):
            below = book.credential(member).level
            known = one.level is not None and below is not None
            if (known and (one.level or 0) - (below or 0) > wishes.max_level_jump) or (
                not known and not wishes.unknown_ok
            ):
                yield f"counts {member}, too many EQF levels below"


def _take_wishes(book: RuleBook, one: Credential, step: Step, wishes: Constraints) -> Iterator[str]:
    makers = {one.provider, *one.bodies, *(body.rsplit("/", 1)[-1] for body in one.bodies)} - {""}
    folded = {name.casefold() for name in makers}
    if one.iri in wishes.exclude or folded & {name.casefold() for name in wishes.exclude}:
        yield "is excluded"
    if wishes.providers and not folded & {name.casefold() for name in wishes.providers}:
        yield "is from another provider"
    if not (wishes.countries or wishes.languages or wishes.modes):
        return
    if one.offers:
        if not any(_suits(book, one, offer, wishes) for offer in one.offers if step.offer in ("", offer.iri)):
            yield "has no offer in the places, languages or modes asked for"
    elif not (
        _agrees(wishes.countries, [one.country], wishes)
        and _agrees(wishes.languages, one.languages, wishes)
        and _agrees(wishes.modes, one.modes, wishes)
    ):
        yield "is not in the places, languages or modes asked for"


def _suits(book: RuleBook, one: Credential, offer: Offer, wishes: Constraints) -> bool:
    return (
        not (offer.end and offer.end < book.date.isoformat())
        and _agrees(wishes.countries, [offer.country or one.country], wishes)
        and _agrees(wishes.languages, offer.languages or one.languages, wishes)
        and _agrees(wishes.modes, offer.modes or one.modes, wishes)
    )


def _agrees(wanted: Collection[str], stated: Iterable[str], wishes: Constraints) -> bool:
    said = {value for value in stated if value}
    return not wanted or bool(said & set(wanted)) or (wishes.unknown_ok and not said)


def _budgets(book: RuleBook, route: Route, wishes: Constraints) -> Iterator[str]:
    taken = {step.credential: step for step in route.steps if step.kind == "take"}
    sums: dict[str, list[Decimal | None]] = {"weeks": [], "money": [], "hours": [], "credits": []}
    for name, step in taken.items():
        one = book.credential(name)
        offer = next((each for each in one.offers if each.iri == step.offer), None)
        sums["weeks"].append(_weeks(offer) if offer else None)
        right = offer is not None and offer.currency == (wishes.budget.currency or route.cost.currency)
        sums["money"].append(offer.price if offer and right else None)
        sums["hours"].append(one.hours)
        sums["credits"].append(_in_unit(book, one))
    for unit, amounts in sums.items():
        most = wishes.budget.most(unit)
        if most is None:
            continue
        if None in amounts and not wishes.unknown_ok:
            yield f"{amounts.count(None)} credentials state no {unit}"
        total = sum((max(each, Decimal(0)) for each in amounts if each is not None), Decimal(0))
        if total > most:
            yield f"needs {total} {unit}, {most} are allowed"


def _in_unit(book: RuleBook, one: Credential) -> Decimal | None:
    """The credit points of a credential in the system of the book, at most; None where that cannot be said."""
    unit = book.credit_unit
    if one.credits is None or one.unit == unit:
        return one.credits
    found = convert(one.unit, unit) if one.unit else None
    return None if found is None else found.amounts(one.credits)[1]


def _weeks(offer: Offer) -> Decimal | None:
    if not (offer.start and offer.end) or offer.end < offer.start:
        return None
    days = datetime.date.fromisoformat(offer.end).toordinal() - datetime.date.fromisoformat(offer.start).toordinal()
    return Decimal(max(1, days // 7 + (days % 7 > 0)))


# -- time -----------------------------------------------------------------------------------------------------------


def _later(day: str, months: Decimal) -> int:
    """The ordinal of the last day on which what was gained on `day` is fresh."""
    date = datetime.date.fromisoformat(day)
    year, month = divmod(date.year * 12 + date.month - 1 + int(months), 12)
    year = min(year, 9999)
    return datetime.date(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1])).toordinal()


def _limits(book: RuleBook, step: Step, member: str) -> list[Decimal]:
    rule = _rule(book, step) if step.kind == "stack" else None
    said = _said(rule, "recency-months") if rule else []
    months = [value for who, value in said if value and value > 0 and who in ("", member)]
    valid = book.credential(member).validity_months
    return [*months, *([Decimal(valid)] if valid is not None else [])]


def _times(book: RuleBook, held: Collection[str], route: Route, wishes: Constraints) -> Iterator[str]:
    """Some day for each step, so that all is fresh when it is counted: earliest days pushed on until they settle."""
    today = book.date.toordinal()
    made = {step.credential: step for step in route.steps}
    at = dict.fromkeys(made, 0)
    lasts = dict.fromkeys(made, 0)
    for name, step in made.items():
        offer = next((each for each in book.credential(name).offers if each.iri == step.offer), None)
        lasts[name] = int(7 * (_weeks(offer) or 0)) if offer and step.kind == "take" else 0
    for _ in range(len(made) + 1):
        before = dict(at)
        for name, step in made.items():
            members = [member for state in step.groups for member in state.counted]
            with_it = {member for state in step.groups for member in state.concurrent}
            ready = (at[m] + (0 if m in with_it else lasts[name]) for m in members if m in made)
            at[name] = max([at[name], lasts[name], *ready])
            for member in (m for m in members if m in made):
                for months in _limits(book, step, member):
                    at[member] = max(at[member], at[name] - int(months * Decimal("30.4375")))
        if at == before:
            break
    else:
        yield "no timing keeps everything fresh"
    for name, step in made.items():
        for member in (m for state in step.groups for m in state.counted if m in held):
            day = wishes.held_on.get(member, "")
            for months in _limits(book, step, member) if day else ():
                if today + at[name] > _later(day, months):
                    yield f"{member} is too old when {name} counts it"


def _timetable(book: RuleBook, held: Collection[str], route: Route, wishes: Constraints) -> Iterator[str]:
    table = route.schedule
    taken = {step.credential: step for step in route.steps if step.kind == "take"}
    if table is None or {slot.credential for slot in table.slots} != set(taken) or len(table.slots) != len(taken):
        yield "the timetable does not hold exactly what is taken"
        return
    term = {slot.credential: slot.term for slot in table.slots}
    for number in set(term.values()):
        load = [_in_unit(book, book.credential(one)) or Decimal(0) for one, when in term.items() if when == number]
        if number < 1 or sum(load) > Decimal(str(wishes.per_term)):
            yield f"term {number} has {sum(load)} credit points"
    done: dict[str, int] = dict.fromkeys(held, 0)
    for step in route.steps:
        beside = {m for state in step.groups for m in state.concurrent}
        counted = {m for state in step.groups for m in state.counted}
        ready = max([done.get(m, 0) for m in counted - beside], default=0)
        if step.kind == "take" and ready >= term[step.credential]:
            yield f"{step.credential} is taken before what it needs is gained"
        # What stands later in the list is taken itself, so its own term tells.
        if any(term.get(m, done.get(m, 0) + (m not in held)) > term[step.credential] for m in beside):
            yield f"{step.credential} is taken before what it may at the earliest be taken with"
        done[step.credential] = term[step.credential] if step.kind == "take" else ready
    for slot in table.slots:
        offers = book.credential(slot.credential).offers
        starts = [each.start for each in offers if each.iri == slot.offer]
        if any(each.start for each in offers) and not (starts and _term(starts[0], book, wishes) == slot.term):
            yield f"{slot.credential} is not offered in term {slot.term}"


def _term(day: str, book: RuleBook, wishes: Constraints) -> int:
    passed = datetime.date.fromisoformat(day).toordinal() - book.date.toordinal() if day else -1
    return passed // (7 * wishes.term_weeks) + 1
