"""Several circles of courses that are taken together: one after the other, whatever their names and however many."""

from __future__ import annotations

import random

from mcgraph.pathways import RuleBook, find_routes, plan_routes
from mcgraph.pathways.build import arrays_from
from mcgraph.pathways.closure import close
from mcgraph.pathways.hypergraph import whole_book
from mcgraph.pathways.reachability import close as close_arrays


def chained(first: str, second: str) -> RuleBook:
    """Two pairs; the second may be taken with or after the first, and the target is awarded on it."""
    return RuleBook.of(
        f"{first}1 ~~> {first}2", f"{first}2 ~~> {first}1", f"{second}1 ~~> {second}2", f"{second}2 ~~> {second}1",
        f"{first}1 ~~> {second}1", f"{second}1 -> t",
    )  # fmt: skip


def test_a_circle_that_rests_on_another_comes_after_it_whatever_their_names() -> None:
    """Both pairs are taken, each step with what it counts, whether the first circle is named first or last."""
    for first, second in (("z", "a"), ("a", "z")):
        takes = tuple(sorted(f"{one}{number}" for one in (first, second) for number in (1, 2)))
        for prove in (False, True):
            plan = plan_routes(chained(first, second), [], "t", prove=prove).plans[0]
            assert plan.takes == takes and len(plan.steps) == 5
            step = next(step for step in plan.steps if step.credential == f"{second}1")
            assert {member for state in step.groups for member in state.counted} == {f"{first}1", f"{second}2"}


def test_random_circles_end_in_plans_that_pass_their_check() -> None:
    """Four pairs with shuffled names and a few links among them; objects and arrays attain the same."""
    found = 0
    for seed in range(120):
        dice = random.Random(seed)
        names = list("abcdefgh")
        dice.shuffle(names)
        lines = [
            line for x, y in zip(names[::2], names[1::2], strict=True) for line in (f"{x} ~~> {y}", f"{y} ~~> {x}")
        ]
        for _ in range(dice.randint(1, 4)):
            x, y = dice.sample(names, 2)
            lines.append(f"{x} {dice.choice(('~~>', '~>', '~~>'))} {y}")
        book = RuleBook.of(*lines, f"{dice.choice(names)} -> t")
        found += len(find_routes(book, [], "t").plans)
        graph, arrays = whole_book(book), arrays_from(book)
        by_objects = {graph.names[one] for one in close(graph, (), None).by}
        assert by_objects == set(arrays.named(close_arrays(arrays.gates, ()).order)), seed
    assert found > 60
