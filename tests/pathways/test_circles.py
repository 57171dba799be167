"""Several circles of courses that are taken together: one after the other, whatever their names and however many."""

from __future__ import annotations

import random
from unittest.mock import Mock

import numpy as np
import pytest

from mcgraph.pathways import RuleBook, closure, find_routes, hyperpath, plan_routes, reachability
from mcgraph.pathways.build import arrays_from
from mcgraph.pathways.closure import close
from mcgraph.pathways.hypergraph import whole_book
from mcgraph.pathways.hyperpath import needed_rules
from mcgraph.pathways.instance import Instance, around
from mcgraph.pathways.reachability import Workspace, only_held
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


def part_of(book: RuleBook, target: str) -> Instance:
    """What lies around a target."""
    arrays = arrays_from(book)
    space, reach = Workspace(arrays.gates), close_arrays(arrays.gates, ())
    return around(arrays, arrays.position(target), space, now=only_held(arrays.gates, ()), reach=reach)


def test_what_is_needed_beside_circles_takes_few_closures(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long chain, and many alternatives of which one will do: not a closure for each of their rules."""
    many = 60
    chain = RuleBook.of(*(f"c{at} ~> c{at + 1}" for at in range(many)), "x ~~> c0", "c0 ~~> x", f"c{many} -> t")
    wide = RuleBook.of(f"1 of {', '.join(f'c{at}' for at in range(many))} -> t", "x ~~> c0", "c0 ~~> x")
    for book, size in ((chain, many + 3), (wide, 2)):
        part, counted = part_of(book, "t"), Mock(side_effect=close_arrays)
        monkeypatch.setattr(hyperpath, "close", counted)
        rules = needed_rules(part, np.arange(part.gates.rules))
        assert rules is not None and len(rules) == size and 0 < counted.call_count < 20


def test_what_is_needed_is_what_trying_each_rule_leaves() -> None:
    """On random books with circles, in random orders."""
    some = 0
    for seed in range(150):
        dice = random.Random(f"needed {seed}")
        names = list("abcdefgh")
        lines = [f"{x} ~~> {y}" for x, y in (("a", "b"), ("b", "a"), ("c", "d"), ("d", "c"))]
        for whole in dice.sample([*names, "w"], 5):
            parts = dice.sample([one for one in names if one != whole], 3)
            lines.append(f"{dice.choice((' + ', ' | ')).join(parts)} -> {whole}{dice.randint(1, 2)}")
            lines.append(f"{' | '.join(parts[:2])} {dice.choice(('~>', '~~>'))} {whole}")
            lines.append(f"{whole}{dice.randint(1, 2)} | {dice.choice(names)} -> t")
        arrays = arrays_from(RuleBook.of(*lines))
        reach = close_arrays(arrays.gates, ())
        if not reach.has(arrays.position("t")):
            continue
        part = part_of(RuleBook.of(*lines), "t")
        order = np.array(dice.sample(range(part.gates.rules), part.gates.rules))
        used = np.zeros(part.gates.rules, dtype=np.uint8)
        by = close_arrays(part.gates, part.held).by
        used[by[by >= 0]] = 1
        for rule in order.tolist():
            before, used[rule] = used[rule], 0
            if not close_arrays(part.gates, part.held, used).has(part.target):
                used[rule] = before
        found = needed_rules(part, order)
        assert found is not None and found.tolist() == np.flatnonzero(used).tolist(), seed
        some += len(found) > 2
    assert some > 15, some


def test_a_chain_of_pairs_is_looked_at_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round looks at the circles of which a member is new, not at all of them again."""
    many = 60
    pairs = [line for at in range(many) for line in (f"a{at} ~~> b{at}", f"b{at} ~~> a{at}")]
    book = RuleBook.of(*pairs, *(f"a{at} ~> a{at + 1}" for at in range(many - 1)))
    meets = Mock(side_effect=closure._meets)
    monkeypatch.setattr(closure, "_meets", meets)
    assert len(close(whole_book(book), (), None).by) == 2 * many and meets.call_count < 30 * many
    looked_at, once = [], reachability.at_once
    monkeypatch.setattr(
        reachability, "at_once", lambda *given, among: looked_at.append(len(among)) or once(*given, among=among)
    )
    assert len(close_arrays(arrays_from(book).gates, ())) == 2 * many
    assert len(looked_at) > many and max(looked_at[1:]) <= 4
