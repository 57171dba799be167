"""On thousands of random small books, exact plans under conditions and wishes equal trying everything."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal

import pytest

from mcgraph.pathways import RuleBook
from mcgraph.pathways.constraints import Budget, Constraints
from mcgraph.pathways.plans import plan_routes
from mcgraph.pathways.rule import Offer
from tests.pathways.brute import minimal_plans
from tests.pathways.test_random_instances import taken_together

SEEDS = 1_200
BLOCKS = 6
UNITS = ("credentials", "credits", "hours", "weeks", "money", "providers")


def random_book(seed: int) -> tuple[RuleBook, frozenset[str], str]:
    """A small book with side conditions of every kind, circles of recognition, bodies, offers and validity."""
    dice = random.Random(seed)
    names = list("abcdefgh"[: dice.randint(4, 7)])
    lines = list(names)
    for _ in range(dice.randint(1, 4)):
        groups = [_group(dice, names) for _ in range(dice.choice((1, 1, 2)))]
        notes = [_condition(dice, names) for _ in range(dice.choice((0, 1, 1, 2)))]
        noted = ", ".join({note.split()[0]: note for note in notes}.values())
        lines.append(f"{' & '.join(groups)} -> {dice.choice(names)} [{noted}]")
    for _ in range(dice.randint(0, 3)):
        credit = dice.choice(("", "", "credit 3, "))
        claim = dice.choice(("by-recogniser", "by-survey", "inferred"))
        lines.append(f"{dice.choice(names)} => {dice.choice(names)} [{credit}claim {claim}]")
    if dice.random() < 0.4:
        lines.append(f"{dice.choice(names)} ~> {dice.choice(names)}")
    book = RuleBook.of(
        *lines,
        *taken_together(seed, names),
        credits={name: dice.choice((1, 2, 3, 5)) for name in names},
        levels={name: dice.randint(3, 6) for name in names if dice.random() < 0.9},
        hours={name: dice.randint(10, 40) for name in names},
    )
    known = {
        iri: replace(
            one,
            provider=dice.choice(("U", "V")),
            offers=tuple(_offers(dice, iri)),
            validity_months=dice.choice((None, None, None, 1, 6, 24)),
        )
        for iri, one in book.credentials.items()
    }
    return replace(book, credentials=known), frozenset(dice.sample(names, dice.randint(0, 2))), dice.choice(names)


def _group(dice: random.Random, names: list[str]) -> str:
    members = dice.sample(names, dice.randint(1, 3))
    if len(members) == 1:
        return members[0]
    count = f"{dice.randint(1, len(members))} of {', '.join(members)}"
    points = f"{dice.randint(2, 7)} cr of {', '.join(members)}"
    return dice.choice((" + ".join(members), " | ".join(members), count, points))


def _condition(dice: random.Random, names: list[str]) -> str:
    return dice.choice(
        (
            f"level {dice.randint(3, 5)}",
            f"excludes {dice.choice(names)}",
            f"order {dice.choice(names)}",
            f"recency-months {dice.choice((1, 3, 12))}",
            f"recognised-share-cap {dice.choice(('0', '0.5', '1'))}",
            f"residency-credits {dice.randint(1, 4)}",
            "counts-once",
            "counts-in-each",
        )
    )


def _offers(dice: random.Random, iri: str) -> list[Offer]:
    found = []
    for number in range(dice.choice((1, 1, 2))):
        weeks = dice.choice((1, 4, 8))
        end = f"2026-{2 + weeks // 4:02}-01" if weeks > 1 else "2026-02-08"
        start = {1: "2026-02-01", 4: "2026-02-01", 8: "2026-02-05"}[weeks]
        price, country = Decimal(dice.choice((0, 50, 120))), dice.choice(("IRL", "FIN"))
        tongues = dice.choice((("ENG",), ("FIN", "ENG"), ("FIN",), ()))
        modes = dice.choice((("online",), ("blended",), ()))
        found.append(Offer(f"offer-{iri}-{number}", start, end, price, "EUR", country, tongues, modes))
    return found


def random_wishes(seed: int, held: frozenset[str]) -> Constraints:
    """Some wishes, about half of them none."""
    dice = random.Random(f"wishes {seed}")
    on = {iri: dice.choice(("2025-12-20", "2025-06-01", "2023-01-15")) for iri in sorted(held) if dice.random() < 0.6}
    if dice.random() < 0.4:
        return Constraints(held_on=on)
    budget = dice.choice(
        (
            Budget(credits=dice.randint(2, 9)), Budget(hours=dice.randint(20, 90)), Budget(weeks=dice.randint(2, 12)),
            Budget(money=dice.choice((0, 60, 150)), weeks=dice.randint(4, 14)), Budget(),
        )
    )  # fmt: skip
    return Constraints(
        budget=budget,
        countries=frozenset(dice.choice(((), (), ("IRL",)))),
        languages=frozenset(dice.choice(((), (), (), ("ENG",)))),
        modes=frozenset(dice.choice(((), (), (), ("online", "blended")))),
        max_level_jump=dice.choice((None, None, 1)),
        providers=frozenset(dice.choice(((), (), ("U",)))),
        exclude=frozenset(dice.choice(((), ("b",), ("rule-8",)))),
        confidence=dice.choice(("", "", "by-provider")),
        held_on=on,
    )


@pytest.mark.parametrize("block", range(BLOCKS))
def test_the_list_of_plans_equals_trying_everything(block: int) -> None:
    """Conditions and wishes together: the same minimal plans, in order of cost, all proven or told why not."""
    answered = refused = 0
    for seed in range(block, SEEDS, BLOCKS):
        book, held, target = random_book(seed)
        wishes = random_wishes(seed, held)
        wanted = minimal_plans(book, held, target, wishes)
        answer = plan_routes(book, held, target, wishes=wishes, plans=60, seconds=60, prove=True)
        got = [frozenset(plan.takes) for plan in answer.plans]
        assert sorted(map(sorted, got)) == sorted(map(sorted, wanted)), seed
        costs = [(plan.cost.new, sum(a for _, a in plan.cost.credits), plan.cost.hours) for plan in answer.plans]
        assert costs == sorted(costs) and not answer.truncated, seed
        assert all(p.proven for p in answer.plans if not any("not checked" in c for c in p.cautions)), seed
        answered += bool(wanted)
        refused += not wanted
    assert answered > SEEDS / BLOCKS / 6 and refused > SEEDS / BLOCKS / 6


@pytest.mark.parametrize("unit", UNITS)
def test_the_optimum_of_every_objective_equals_trying_everything(unit: str) -> None:
    """Whatever plans are ranked by, the first costs what the best of all derivations costs, with the gap at 0."""
    answered = 0
    for seed in range(0, SEEDS, 12):
        book, held, target = random_book(seed + 50_000)
        wishes = random_wishes(seed, held)
        plans = minimal_plans(book, held, target, wishes)
        answer = plan_routes(book, held, target, wishes=wishes, by=unit, plans=1, seconds=60, prove=True)
        assert bool(answer.plans) == bool(plans), seed
        if plans:
            best = min(cost[unit] for those in plans.values() for cost in those)
            assert answer.plans[0].value == best and answer.plans[0].gap == 0, seed
            answered += 1
    assert answered > 30


def test_plain_and_tracked_models_agree_with_the_quick_search() -> None:
    """Without conditions the exact list is the list of the search that the house already trusts."""
    from mcgraph.pathways import find_routes
    from tests.pathways.test_random_instances import random_book as plain_book

    compared = 0
    for seed in range(900):
        book, held, target = plain_book(seed)
        quick = find_routes(book, held, target)
        if any("not checked" in text for plan in quick.plans for text in plan.cautions):
            continue
        exact = plan_routes(book, held, target, plans=60, prove=True, seconds=60)
        assert sorted(p.takes for p in exact.plans) == sorted(p.takes for p in quick.plans), seed
        assert [p.cost.new for p in exact.plans] == [p.cost.new for p in quick.plans], seed
        compared += len(quick.plans)
    assert compared > 300
