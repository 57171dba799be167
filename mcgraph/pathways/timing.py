"""When things are gained: recency and expiry of a fixed plan as difference constraints.

Every award comes after what it counts, a course takes its weeks (beside what may be taken with it), and what is counted
must still be fresh: gained at most so many months before. For one plan with unlimited parallel study that is a system
of constraints T(b) − T(a) ≥ days, which Bellman and Ford's algorithm solves or refutes with a cycle.
"""

from __future__ import annotations

import calendar
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from mcgraph.pathways.conditions import terms_of
from mcgraph.pathways.route import Step
from mcgraph.pathways.rule import Rule
from mcgraph.pathways.rulebook import RuleBook

START = ""
# What stands in `relaxed` for the months for which a credential is valid, beside its IRI.
VALIDITY = "validity"
DAYS_PER_MONTH = Decimal("30.4375")

# One thing a plan does: in the step that attains `whole`, group number `place` counts `member`.
Counting = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class _Edge:
    first: str
    then: str
    days: int
    because: tuple[Counting, ...]


def months_later(day: str, months: Decimal) -> datetime.date:
    """The same day some months on, the last of the month where there is no such day.

    >>> months_later("2026-01-31", Decimal(1))
    datetime.date(2026, 2, 28)
    """
    date = datetime.date.fromisoformat(day)
    ahead = date.month - 1 + int(months)
    year, month = min(date.year + ahead // 12, 9999), ahead % 12 + 1
    return datetime.date(year, month, min(date.day, calendar.monthrange(year, month)[1]))


def is_older(day: str, months: Decimal, date: datetime.date) -> bool:
    """Whether what was gained on `day` is more than `months` old on `date`."""
    return months_later(day, months) < date


def conflict(
    book: RuleBook,
    steps: tuple[Step, ...],
    rules: Mapping[str, Rule],
    held_on: Mapping[str, str],
    weeks: Mapping[str, Decimal | None],
    relaxed: frozenset[tuple[str, str]] = frozenset(),
) -> tuple[Counting, ...]:
    """What a plan counts that cannot all be fresh when it is needed; () where a timing exists.

    `rules` are the rules of the steps by credential. A held credential without a day is taken as fresh.
    """
    edges = list(_edges(book, steps, rules, held_on, weeks, relaxed))
    if not any(edge.days < 0 or edge.then == START for edge in edges):
        return ()
    at = {name: 0 for edge in edges for name in (edge.first, edge.then)}
    came: dict[str, _Edge] = {}
    last = START
    for _ in range(len(at)):
        last = ""
        moved = False
        for edge in edges:
            if at[edge.first] + edge.days > at[edge.then]:
                at[edge.then], came[edge.then] = at[edge.first] + edge.days, edge
                last, moved = edge.then, True
        if not moved:
            return ()
    for _ in range(len(at)):
        last = came[last].first
    return _around(came, last)


def _around(came: Mapping[str, _Edge], start: str) -> tuple[Counting, ...]:
    """What the edges of the cycle through `start` rest on."""
    found = list(came[start].because)
    one = came[start].first
    while one != start:
        found.extend(came[one].because)
        one = came[one].first
    return tuple(dict.fromkeys(found))


def _edges(
    book: RuleBook,
    steps: tuple[Step, ...],
    rules: Mapping[str, Rule],
    held_on: Mapping[str, str],
    weeks: Mapping[str, Decimal | None],
    relaxed: frozenset[tuple[str, str]],
) -> Iterator[_Edge]:
    made = {step.credential for step in steps}
    for step in steps:
        lasts = int(7 * (weeks.get(step.credential) or 0)) if step.kind == "take" else 0
        yield _Edge(START, step.credential, lasts, ())
        terms = terms_of(rules[step.credential])
        fresh = (step.rule, "recency-months") not in relaxed
        for place, state in enumerate(step.groups):
            for member in state.counted:
                because = ((step.credential, place, member),)
                if member in made:
                    yield _Edge(member, step.credential, 0 if member in state.concurrent else lasts, because)
                valid = None if (member, VALIDITY) in relaxed else _validity(book, member)
                limits = [terms.months(member) if fresh else None, valid]
                for months in limits:
                    if months is not None:
                        yield from _fresh(book, step.credential, member, months, held_on, member in made, because)


def _validity(book: RuleBook, member: str) -> Decimal | None:
    months = book.credential(member).validity_months
    return None if months is None else Decimal(months)


def _fresh(
    book: RuleBook,
    whole: str,
    member: str,
    months: Decimal,
    held_on: Mapping[str, str],
    is_new: bool,
    because: tuple[Counting, ...],
) -> Iterator[_Edge]:
    if is_new:
        yield _Edge(whole, member, -int(months * DAYS_PER_MONTH), because)
    elif held_on.get(member):
        yield _Edge(whole, START, (book.date - months_later(held_on[member], months)).days, because)
