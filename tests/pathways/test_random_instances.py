"""On thousands of small random books, closure, plans, gaps and reach equal brute force written apart."""

from __future__ import annotations

import random
from collections.abc import Collection
from decimal import Decimal
from itertools import combinations

import networkx as nx
import pytest

from mcgraph.pathways import Route, RuleBook, find_reach, find_routes
from mcgraph.pathways.closure import close
from mcgraph.pathways.hypergraph import whole_book
from mcgraph.pathways.rule import Group, Rule

SEEDS = 4_000
NAMES = "abcdefghij"


def random_book(seed: int) -> tuple[RuleBook, list[str], str]:
    """A small book with every kind of group, recognition cycles, lapses, levels and prerequisites."""
    dice = random.Random(seed)
    names = list(NAMES[: dice.randint(4, 10)])
    lines = list(names)
    for _ in range(dice.randint(1, 7)):
        groups = [_random_group(dice, names) for _ in range(dice.choice((1, 1, 1, 2)))]
        notes = dice.choice(["", "", "", " [level 4]", " [until 2020-01-01]"])
        lines.append(f"{' & '.join(groups)} -> {dice.choice(names)}{notes}")
    for _ in range(dice.randint(0, 4)):
        notes = dice.choice(["", "", " [credit 3]", " [refused]", " [until 2020-01-01]", " [status withdrawn]"])
        lines.append(f"{dice.choice(names)} => {dice.choice(names)}{notes}")
    for _ in range(dice.randint(0, 2)):
        lines.append(f"{dice.choice(names)} ~> {dice.choice(names)}")
    book = RuleBook.of(
        *lines,
        *taken_together(seed, names),
        credits={name: dice.choice((1, 2, 2.5, 5)) for name in names if dice.random() < 0.9},
        levels={name: dice.randint(3, 6) for name in names if dice.random() < 0.8},
        hours={name: dice.randint(10, 60) for name in names if dice.random() < 0.8},
        full=[name for name in names if dice.random() < 0.1],
    )
    return book, dice.sample(names, dice.randint(0, 2)), dice.choice(names)


def taken_together(seed: int, names: list[str]) -> list[str]:
    """In every third book, courses that ask for others at the same time at the latest; often in circles."""
    if seed % 3:
        return []
    dice = random.Random(f"together {seed}")
    few = dice.sample(names, min(len(names), dice.randint(2, 4)))
    lines = []
    for whole in few[: dice.randint(1, 4)]:
        others = dice.sample([one for one in few if one != whole] or names, 1)
        others += dice.sample(names, dice.choice((0, 0, 1)))
        some = list(dict.fromkeys(others))
        group = dice.choice((" | ".join(some), " + ".join(some), f"{dice.randint(1, 5)} cr of {', '.join(some)}"))
        lines.append(f"{group} ~~> {whole} [before {dice.choice(some) if dice.random() < 0.2 else ''}]")
    return lines


def _random_group(dice: random.Random, names: list[str]) -> str:
    members = dice.sample(names, dice.randint(1, min(5, len(names))))
    if len(members) == 1:
        return members[0]
    return dice.choice(
        (
            " + ".join(members),
            " | ".join(members),
            f"{dice.randint(1, len(members))} of {', '.join(members)}",
            f"{dice.randint(1, 9)} cr of {', '.join(members)}",
        )
    )


def is_met(book: RuleBook, rule: Rule, group: Group, own: Collection[str]) -> bool:
    """A group by its definition, written without the code under test."""
    total = Decimal(0)
    for member, weight in zip(group.members, group.weights, strict=True):
        least = max((c.value for c in rule.conditions if c.value is not None), default=None)
        level = book.credentials[member].level
        if member in own and (least is None or (level is not None and level >= least)):
            total += weight
    return total >= group.needed


def naive_closure(book: RuleBook, held: Collection[str], takes: Collection[str]) -> set[str]:
    """Repeat every rule until nothing changes."""
    own = set(held)
    today = book.date.isoformat()
    rules = [
        rule
        for rule in book.rules
        if (rule.evidence.valid_until or today) >= today
        and rule.evidence.status in ("", "in-force")
        and not rule.defect
    ]
    while True:
        new = {rule.whole for rule in rules if all(is_met(book, rule, g, own) for g in rule.groups)}
        new |= {one for one in takes if is_open(book, one, own)}
        if new <= own:
            new = together(book, own, takes)
        if not new:
            return own
        own |= new


def is_open(book: RuleBook, one: str, own: set[str], beside: Collection[str] = ()) -> bool:
    """Whether a course can be taken by those who hold `own` and take `beside` at the same time."""
    rule, asked = Rule("", "take", one), book.credentials[one]
    return set(asked.prerequisites) <= own and all(
        is_met(book, rule, group, own | ({*group.concurrent} & {*beside} - {one})) for group in asked.entry
    )


def together(book: RuleBook, own: set[str], takes: Collection[str]) -> set[str]:
    """Some courses that can only be taken at the same time, by trying all sets of those with such a condition."""
    those = [one for one in takes if one not in own and any(g.concurrent for g in book.credentials[one].entry)]
    for size in range(2, len(those) + 1):
        for some in combinations(those, size):
            if all(is_open(book, one, own, some) for one in some):
                return set(some)
    return set()


def takeable(book: RuleBook) -> list[str]:
    """What may be taken, by the documented rule."""
    wholes = {rule.whole for rule in book.rules if rule.kind == "stack"}
    return [i for i, one in book.credentials.items() if i not in wholes and not one.is_full_qualification]


def brute_plans(book: RuleBook, held: Collection[str], target: str) -> list[frozenset[str]]:
    """Every inclusion-minimal set of credentials to take, by trying all sets."""
    found: list[frozenset[str]] = []
    can = [one for one in takeable(book) if one not in held]
    for size in range(len(can) + 1):
        for chosen in combinations(can, size):
            smaller = any(plan <= set(chosen) for plan in found)
            if not smaller and target in naive_closure(book, held, chosen):
                found.append(frozenset(chosen))
    return found


def key(book: RuleBook, takes: Collection[str]) -> tuple[int, Decimal, Decimal]:
    """The published order of plans."""
    those = [book.credentials[one] for one in takes]
    return (
        len(those),
        sum((one.credits or Decimal(0) for one in those), Decimal(0)),
        sum((one.hours or Decimal(0) for one in those), Decimal(0)),
    )


@pytest.mark.parametrize("block", range(10))
def test_plans_equal_brute_force(block: int) -> None:
    """Every minimal plan is listed once, cheapest first, proven; nothing else is listed."""
    answered = 0
    for seed in range(block, SEEDS, 10):
        book, held, target = random_book(seed)
        answer = find_routes(book, held, target)
        wanted = brute_plans(book, held, target)
        got = [frozenset(plan.takes) for plan in answer.plans]
        assert sorted(map(sorted, got)) == sorted(map(sorted, wanted)), seed
        costs = [key(book, plan.takes) for plan in answer.plans]
        assert costs == sorted(costs), seed
        assert all(plan.proven and plan.gap == 0 for plan in answer.plans if _is_checked(plan)), seed
        assert answer.reachable == bool(wanted) and not answer.truncated, seed
        assert answer.attained == (target in naive_closure(book, held, ())), seed
        answered += bool(wanted)
    assert answered > SEEDS / 10 / 3


def _is_checked(plan: Route) -> bool:
    return not any("not checked" in text for text in plan.cautions)


def test_a_short_list_holds_the_best_of_the_long_one() -> None:
    """With a limit the first plan is the cheapest of all, and the cut is said."""
    cut = 0
    for seed in range(SEEDS):
        book, held, target = random_book(seed)
        wanted = brute_plans(book, held, target)
        if len(wanted) > 1:
            answer = find_routes(book, held, target, limit=1)
            costs = sorted(key(book, takes) for takes in wanted)
            assert [key(book, plan.takes) for plan in answer.plans] == costs[:1], seed
            assert answer.truncated == "pathway_routes"
            cut += 1
    assert cut > 50


def test_an_exhausted_search_still_gives_a_sound_plan_with_an_honest_bound() -> None:
    """Stopped after a few looks, a reachable target has a plan, and its bound is not above the optimum."""
    stopped = 0
    for seed in range(SEEDS):
        book, held, target = random_book(seed)
        answer = find_routes(book, held, target, effort=2)
        wanted = brute_plans(book, held, target)
        assert bool(answer.plans) == bool(wanted), seed
        if answer.truncated:
            stopped += 1
            best = min(len(takes) for takes in wanted)
            assert answer.plans[0].bound <= best <= answer.plans[0].cost.new, seed
            assert not answer.plans[0].proven or answer.plans[0].cost.new == best
    assert stopped > 50


def test_closure_equals_a_naive_fixpoint_and_lies_inside_the_projection() -> None:
    """Counters attain what repeated passes attain, and never more than plain reachability would."""
    for seed in range(SEEDS):
        book, held, _ = random_book(seed)
        graph = whole_book(book)
        for takes in ([], takeable(book)):
            own = [graph.position[one] for one in held]
            done = close(graph, own, {graph.position[one] for one in takes})
            names = {graph.names[one] for one in done.by}
            assert names == naive_closure(book, held, takes), seed
            projection = nx.DiGraph([("root", one) for one in (*held, *takes)])
            projection.add_edges_from((m, r.whole) for r in book.usable for g in r.groups for m in g.members)
            projection.add_node("root")
            assert names <= nx.descendants(projection, "root"), seed


def test_gaps_equal_the_definition() -> None:
    """What each group has and lacks is what counting by hand gives."""
    for seed in range(SEEDS):
        book, held, target = random_book(seed)
        answer = find_routes(book, held, target)
        if answer.attained:
            assert answer.missing == ()
            continue
        own = naive_closure(book, held, ())
        rules = {rule.iri: rule for rule in book.rules if rule.whole == target}
        for gap in answer.missing:
            rule = rules.get(gap.rule)
            if rule is None:
                assert gap.rule.startswith("take "), seed
                continue
            for group, state in zip(rule.groups, gap.groups, strict=True):
                assert state.is_met == is_met(book, rule, group, own), seed
                assert set(state.counted) <= own and not set(state.missing) & own, seed
                refused = {reason.credential for reason in state.refused}
                assert {*state.counted, *state.missing, *refused} == set(group.members), seed
                filled = {*own, *state.missing}
                weight = dict(zip(group.members, group.weights, strict=True))
                possible = state.have + sum(weight[member] for member in state.missing)
                assert (possible >= state.need) == is_met(book, rule, group, filled), seed


def test_every_no_has_a_reason() -> None:
    """Where a target cannot be reached, the answer says why, and what it offers instead can be reached."""
    refused = 0
    for seed in range(SEEDS):
        book, held, target = random_book(seed)
        answer = find_routes(book, held, target)
        reach = naive_closure(book, held, takeable(book))
        assert bool(answer.reason) == (target not in reach), seed
        assert all(one.credential in reach for one in answer.nearest), seed
        refused += bool(answer.reason)
    assert refused > 50


def test_unlocks_equal_trying_each_credential() -> None:
    """`--from` names exactly the single credentials that bring something else with them."""
    for seed in range(0, SEEDS, 3):
        book, held, _ = random_book(seed)
        now = naive_closure(book, held, ())
        wanted = {}
        for one in takeable(book):
            opened = naive_closure(book, held, [one]) - now - {one}
            if one not in now and opened:
                wanted[one] = tuple(sorted(opened))
        answer = find_reach(book, held)
        assert {unlock.take: unlock.opens for unlock in answer.unlocks} == wanted, seed
        assert {step.credential for step in answer.attained} == now - set(held), seed
