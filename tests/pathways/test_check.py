"""The independent checker refuses every plan that was tampered with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from mcgraph.errors import RuleBroken
from mcgraph.pathways import Route, RuleBook, find_routes
from mcgraph.pathways.check import check_route

BOOK = RuleBook.of(
    "a + b -> m [until 2026-06-30]",
    "5 cr of c, d, x -> n",
    "m + n -> t",
    "y => t [until 2020-01-01]",
    credits={"a": 2, "b": 3, "c": 2, "d": 3, "x": 5},
)
HELD = ["a"]


def plan() -> Route:
    """The cheapest sound plan: take b and x."""
    return find_routes(BOOK, HELD, "t").plans[0]


def edit(route: Route, credential: str, **changes: object) -> Route:
    """The route with one step changed."""
    steps = tuple(replace(s, **changes) if s.credential == credential else s for s in route.steps)
    return replace(route, steps=steps)


def without(route: Route, credential: str) -> Route:
    """The route without a step, the rest numbered anew."""
    left = [step for step in route.steps if step.credential != credential]
    return replace(route, steps=tuple(replace(step, number=n) for n, step in enumerate(left, start=1)))


def recount(route: Route, credential: str, **changes: object) -> Route:
    """The route with the first group of a step changed."""
    step = next(step for step in route.steps if step.credential == credential)
    return edit(route, credential, groups=(replace(step.groups[0], **changes), *step.groups[1:]))


TAMPERED: dict[str, Callable[[Route], Route]] = {
    "a step is left out": lambda r: without(r, "b"),
    "the target's step is left out": lambda r: without(r, "t"),
    "the steps are turned round": lambda r: replace(
        r, steps=tuple(replace(s, number=n) for n, s in enumerate(reversed(r.steps), start=1))
    ),
    "a whole is taken": lambda r: edit(r, "m", kind="take", rule="take m", groups=()),
    "another rule is named": lambda r: edit(r, "m", rule="rule-2"),
    "a rule that does not exist": lambda r: edit(r, "m", rule="rule-99"),
    "a lapsed recognition is used": lambda r: edit(r, "t", kind="recognise", rule="rule-4"),
    "a member is counted twice": lambda r: recount(r, "m", counted=("a", "a")),
    "a stranger is counted": lambda r: recount(r, "n", counted=("a",), have=Decimal(5)),
    "a group is half filled": lambda r: recount(r, "m", counted=("a",), have=Decimal(1)),
    "the need is lowered": lambda r: recount(r, "m", counted=("a",), have=Decimal(1), need=Decimal(1)),
    "the sum is wrong": lambda r: recount(r, "n", have=Decimal(6)),
    "the cost is lower": lambda r: replace(r, cost=replace(r.cost, new=1)),
    "the credits are lower": lambda r: replace(r, cost=replace(r.cost, credits=())),
    "the bound is above the cost": lambda r: replace(r, bound=9),
    "the confidence is higher": lambda r: replace(r, confidence="by-recogniser"),
    "the evidence is gone": lambda r: edit(r, "m", evidence=()),
    "the list of what to take is short": lambda r: replace(r, takes=r.takes[:1]),
}


def test_a_sound_plan_passes() -> None:
    """The plan the other tests spoil is sound to begin with."""
    assert plan().takes == ("b", "x") and check_route(BOOK, HELD, "t", plan()) == ()


@pytest.mark.parametrize("spoil", TAMPERED.values(), ids=list(TAMPERED))
def test_a_spoiled_plan_fails(spoil: Callable[[Route], Route]) -> None:
    """Each way of spoiling it is noticed."""
    assert check_route(BOOK, HELD, "t", spoil(plan()))


def test_a_plan_fails_when_the_book_is_of_a_later_day() -> None:
    """The same steps after the rule lapsed are no plan."""
    import datetime

    later = replace(BOOK, date=datetime.date(2026, 7, 1))
    assert check_route(later, HELD, "t", plan())


def test_a_plan_that_takes_too_much_fails() -> None:
    """A plan must be minimal: with b held, taking it is needless."""
    spare = find_routes(RuleBook.of("a + b -> t", "b => t"), [], "t").plans[0]
    both = find_routes(RuleBook.of("a + b -> t"), [], "t").plans[0]
    assert spare.takes == ("b",)
    assert any("not needed" in text for text in check_route(RuleBook.of("a + b -> t", "b => t"), [], "t", both))


def test_no_plan_leaves_unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """If search and checker ever disagree, the answer is refused instead of shown."""
    import mcgraph.pathways.routes as routes

    monkeypatch.setattr(routes, "trace", lambda *_: ())
    with pytest.raises(RuleBroken):
        find_routes(RuleBook.of("a + b -> t"), ["a"], "t")
