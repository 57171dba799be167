"""Which offer a timetable uses where weeks or money matter: a dear one that fits beats a cheap one that does not."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, product

import pytest

from mcgraph.limits import Limits
from mcgraph.pathways import Budget, Constraints, RuleBook, plan_routes
from mcgraph.pathways.constraints import term_of
from mcgraph.pathways.rule import Offer
from tests.pathways.test_together import holds, random_catalogue

FREE = Offer("p1", "2026-01-05", "2026-03-30", Decimal(0), "EUR")
CHEAP = Offer("c1", "2026-01-05", "2026-03-30", Decimal(10), "EUR")
DEAR = Offer("c2", "2026-08-03", "2026-10-26", Decimal(50), "EUR")
SHORT = Offer("c2", "2026-08-03", "2026-08-17", Decimal(50), "EUR")
FAR = Offer("c9", "2060-01-05", "2060-03-30", Decimal(10), "EUR")


def catalogue(*offers: Offer) -> RuleBook:
    """A course with these offers, asked for by the target, that asks for one of the first term."""
    book = RuleBook.of("p ~> c", "c -> t", credits={"p": 5, "c": 5})
    known = {"p": (FREE,), "c": offers}
    changed = {name: replace(book.credentials[name], offers=those) for name, those in known.items()}
    return replace(book, credentials={**book.credentials, **changed})


@pytest.mark.parametrize("offers", [(CHEAP, DEAR), (CHEAP, SHORT), (FAR, DEAR), (FAR, CHEAP, DEAR)])
def test_a_dear_offer_that_fits_is_taken_where_a_cheap_one_does_not(offers: tuple[Offer, ...]) -> None:
    """Ranked by cost, held to a budget, or both: the course is taken in the second term, for 50 EUR."""
    for budget, by in (
        (Budget(), "cost"),
        (Budget(money=100, currency="EUR"), "credentials"),
        (Budget(money=50), "cost"),
    ):
        answer = plan_routes(catalogue(*offers), [], "t", wishes=Constraints(budget, per_term=5), by=by)
        plan = answer.plans[0]
        assert plan.proven and plan.schedule is not None and plan.cost.money == 50
        assert [(slot.term, slot.offer) for slot in plan.schedule.slots] == [(1, "p1"), (2, "c2")]
    short = plan_routes(catalogue(*offers), [], "t", wishes=Constraints(Budget(money=49), per_term=5))
    assert not short.plans and not short.truncated


def test_only_what_no_offer_within_the_terms_can_place_is_given_up() -> None:
    """And that is said of the course, not of the offer that was looked at first."""
    answer = plan_routes(catalogue(FAR), [], "t", wishes=Constraints(per_term=5), by="cost")
    assert not answer.plans and "No offer of c starts" in answer.conflicts[0].text


def test_what_states_no_price_is_not_swapped_for_what_states_one() -> None:
    """With unknown prices allowed, a budget still holds for what is taken in the end."""
    unpriced, beyond = Offer("c1", "2026-01-05", "2026-03-30"), replace(DEAR, price=Decimal(500))
    wishes = Constraints(Budget(money=100, currency="EUR"), per_term=5, unknown_ok=True)
    assert not plan_routes(catalogue(unpriced, beyond), [], "t", wishes=wishes).plans
    assert plan_routes(catalogue(unpriced, DEAR), [], "t", wishes=wishes).plans[0].cost.money == 50


def cheapest(book: RuleBook, room: int) -> int | None:
    """The least price of any choice of courses and terms that holds; None where none does: tries all."""
    names = [one for one in book.credentials if len(one) == 1]
    price = {
        one: {
            term: min(int(o.price or 0) for o in offers if term_of(o.start, book.date, 26) == term)
            for term in {term_of(o.start, book.date, 26) for o in offers}
        }
        if (offers := book.credentials[one].offers)
        else dict.fromkeys((1, 2, 3), 0)
        for one in names
    }
    found = [
        sum(price[one][term] for one, term in zip(some, at, strict=True))
        for size in range(1, len(names) + 1)
        for some in combinations(names, size)
        for at in product(*(price[one] for one in some))
        if holds(book, dict(zip(some, at, strict=True)), room)
    ]
    return min(found, default=None)


def test_the_cheapest_timetable_equals_trying_every_offer() -> None:
    """On random catalogues with a price per offer, ranked by cost and held to the least budget and to one below it."""
    answered = refused = 0
    limits = Limits(pathway_terms=3)
    for seed in range(60):
        book, room = random_catalogue(seed)
        dice = random.Random(f"prices {seed}")
        known = {
            name: replace(
                one,
                offers=tuple(replace(o, price=Decimal(dice.choice((10, 20, 50))), currency="EUR") for o in one.offers),
            )
            for name, one in book.credentials.items()
        }
        book = replace(book, credentials={**book.credentials, **known})
        least = cheapest(book, room)
        answer = plan_routes(book, [], "goal", by="cost", plans=1, limits=limits, wishes=Constraints(per_term=room))
        assert answer.truncated in ("", "plans"), seed
        assert [plan.cost.money for plan in answer.plans] == ([] if least is None else [least]), seed
        assert all(plan.proven for plan in answer.plans), seed
        answered += bool(least)
        refused += least is None
        for budget in (least, least - 1) if least else ():
            wishes = Constraints(Budget(money=budget, currency="EUR"), per_term=room, unknown_ok=True)
            held_to = plan_routes(book, [], "goal", plans=1, limits=limits, wishes=wishes)
            assert bool(held_to.plans) == (budget == least), (seed, budget)
    assert answered > 15 and refused > 10, (answered, refused)
