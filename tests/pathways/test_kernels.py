"""On thousands of small random books the array algorithms equal definitions written apart, compiled or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from mcgraph.model import jit
from mcgraph.pathways import RuleBook, find_reach
from mcgraph.pathways.arrays import RECOGNISE, TAKE, Arrays
from mcgraph.pathways.build import arrays_from
from mcgraph.pathways.closure import close as close_objects
from mcgraph.pathways.hypergraph import whole_book
from mcgraph.pathways.hyperpath import INFINITE, cheapest, first_plan
from mcgraph.pathways.instance import Instance, around, book_of
from mcgraph.pathways.landmarks import cheapest_cut, mandatory, mandatory_statements
from mcgraph.pathways.reachability import (
    AddedRule,
    Attained,
    Workspace,
    close,
    missing,
    only,
    only_held,
    spread,
    unlocks,
    what_if,
)
from tests.pathways.by_definition import fixpoint, smallest, table, tree_values
from tests.pathways.test_random_instances import random_book

FEW, SEEDS = range(400), range(4_000)


@pytest.fixture(params=["interpreted", "compiled", pytest.param("thousands", marks=pytest.mark.long)])
def seeds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[range]:
    """The seeds to try, in both ways of running a kernel; the long run tries thousands."""
    monkeypatch.setattr(jit, "COMPILED_FROM", 10**9 if request.param == "interpreted" else 0)
    monkeypatch.setattr(jit, "_is_running", lambda: False)
    yield {"interpreted": range(0, len(FEW), 4), "compiled": FEW, "thousands": SEEDS}[request.param]


def sample(seed: int) -> tuple[Arrays, RuleBook, list[int], int]:
    book, held, target = random_book(seed)
    arrays = arrays_from(book)
    return arrays, book, arrays.positions(held).tolist(), arrays.position(target)


def around_target(arrays: Arrays, held: list[int], target: int) -> tuple[Instance, Attained]:
    gates = arrays.gates
    reach = close(gates, held)
    return around(arrays, target, Workspace(gates), now=only_held(gates, held), reach=reach), reach


def test_closure_equals_a_naive_fixpoint_and_the_closure_over_objects(seeds: range) -> None:
    """With nothing, something or anything taken; and each rule that attains has its groups met."""
    for seed in seeds:
        arrays, book, held, _ = sample(seed)
        graph = whole_book(book)
        takes = [one for one in range(arrays.gates.n) if one % 2]
        for chosen in ((), takes, None):
            allowed = only(arrays, chosen)
            state = close(arrays.gates, held, allowed)
            naive = fixpoint(arrays, held, np.flatnonzero(allowed).tolist())
            assert set(state.order.tolist()) == naive, seed
            assert set(close_objects(graph, held, chosen).by) == naive, seed
            assert all(state.has(one) == (one in naive) for one in range(arrays.gates.n))


def test_what_more_brings_equals_closing_again(seeds: range) -> None:
    """Going on from kept counters gives what a new closure gives, and leaves the counters alone."""
    opened = 0
    for seed in seeds:
        arrays, _, held, target = sample(seed)
        allowed, space = only(arrays, ()), Workspace(arrays.gates)
        state = close(arrays.gates, held, allowed)
        kept = (state.by.copy(), state.left.copy(), state.waiting.copy())
        for one in range(arrays.gates.n):
            new = set(spread(space, state, [one, target], allowed).tolist())
            again = set(close(arrays.gates, [*held, one, target], allowed).order.tolist())
            assert new | set(state.order.tolist()) == again, seed
            assert not new & set(state.order.tolist())
            opened += len(new) > 2
        for before, after in zip(kept, (state.by, state.left, state.waiting), strict=True):
            assert np.array_equal(before, after)
    assert opened > len(seeds) / 4


def test_added_rules_equal_a_book_that_has_them(seeds: range) -> None:
    """A what-if with two new rules, one resting on the other, attains what the changed book attains."""
    opened = 0
    for seed in seeds:
        arrays, _, held, target = sample(seed)
        n = arrays.gates.n
        rules = (
            AddedRule(target, ((2, ((seed % n, 1), ((seed + 1) % n, 1), ((seed + 2) % n, 1))),)),
            AddedRule((seed + 3) % n, ((1, ((target, 1),)), (1, ((seed % n, 2),)))),
            AddedRule(seed % n, ((1, ((held[0] if held else 0, 1),)),)),
        )
        allowed, space = only(arrays, None if seed % 2 else ()), Workspace(arrays.gates)
        state = close(arrays.gates, held, allowed)
        got = set(what_if(space, state, allowed, rules=rules).tolist()) | set(state.order.tolist())
        more = [(rule.head, [(need, list(those)) for need, those in rule.groups]) for rule in rules]
        own = fixpoint(arrays, held, np.flatnonzero(allowed).tolist(), more=more)
        assert got == own, seed
        opened += len(own) > len(state)
    assert opened > len(seeds) / 4


def test_unlocks_equal_the_answer_over_objects(seeds: range) -> None:
    """The same credentials open the same others as `find_reach` says, most first."""
    for seed in seeds:
        arrays, book, held, _ = sample(seed)
        state = close(arrays.gates, held, only(arrays, ()))
        found = unlocks(arrays, Workspace(arrays.gates), state, top=100)
        got = {arrays.name(one.take): tuple(arrays.named(one.opens)) for one in found}
        assert got == {one.take: one.opens for one in find_reach(book, arrays.named(held)).unlocks}, seed
        assert [one.count for one in found] == sorted((one.count for one in found), reverse=True)
        assert all(one.count == len(one.opens) for one in found)


def test_what_is_missing_equals_counting(seeds: range) -> None:
    """Each group's need, weight attained, members counted and missing; the rule is met where nothing lacks."""
    for seed in seeds:
        arrays, _, held, target = sample(seed)
        state = close(arrays.gates, held, only(arrays, ()))
        own, every = set(state.order.tolist()), table(arrays)
        lacks = missing(state, target)
        assert sorted(lack.rule for lack in lacks) == [at for at, rule in enumerate(every) if rule[0] == target]
        for lack in lacks:
            for group, (need, members) in zip(lack.groups, every[lack.rule][2], strict=True):
                assert (group.need, group.have) == (need, sum(w for m, w in members if m in own)), seed
                assert set(group.counted) == {m for m, _ in members if m in own}
                assert set(group.missing) == {m for m, _ in members} - own


@pytest.mark.parametrize("at_most", [False, True])
def test_hyperpath_values_equal_every_derivation(seeds: range, at_most: bool) -> None:
    """The cheapest tree and the earliest finish of every credential, against every cover of every group."""
    join: Any = (lambda parts: max(parts, default=0)) if at_most else sum
    for seed in seeds:
        arrays, _, held, _ = sample(seed)
        price = arrays.price("hours") // 1_000_000 + seed % 2
        tree = cheapest(arrays.gates, np.array(held, dtype=np.int32), price, at_most=at_most)
        assert tree.exact
        got = {one: int(v) for one, v in enumerate(tree.value) if v < INFINITE}
        assert got == tree_values(arrays, held, price.tolist(), join), seed


def test_the_first_plan_is_sound_minimal_and_bounded(seeds: range) -> None:
    """It attains the target, needs all it takes, costs at least the bound, and exists where the target is reachable."""
    made = 0
    for seed in seeds:
        arrays, _, held, target = sample(seed)
        instance, reach = around_target(arrays, held, target)
        for of in ("new", "credits", "hours"):
            price = arrays.price(of)
            plan = first_plan(instance, price)
            assert (plan is not None) == reach.has(target), seed
            if plan is None:
                continue
            allowed = np.flatnonzero(only(arrays, plan.takes)).tolist()
            assert target in fixpoint(arrays, held, allowed), seed
            assert target in fixpoint(arrays, held, plan.rules), seed
            for left_out in plan.takes:
                fewer = np.flatnonzero(only(arrays, [one for one in plan.takes if one != left_out])).tolist()
                assert target not in fixpoint(arrays, held, fewer), seed
            assert plan.cost == sum(int(price[rule]) for rule in plan.rules)
            takes = [rule for rule in plan.rules if arrays.gates.r_kind[rule] == TAKE]
            assert sorted(arrays.gates.r_head[takes].tolist()) == list(plan.takes)
            best = _optimum(arrays, held, target, price.tolist())
            assert plan.at_least <= best <= plan.cost <= max(plan.tree, plan.cost), seed
            assert not plan.proven or plan.cost == best
            made += bool(plan.takes)
    assert made > len(seeds)


def _optimum(arrays: Arrays, held: list[int], target: int, price: list[int]) -> int:
    """The cheapest set of takings that attains the target, by trying all sets."""
    free = [rule for rule in range(arrays.gates.rules) if arrays.gates.r_kind[rule] != TAKE]
    takes = [rule for rule in range(arrays.gates.rules) if arrays.gates.r_kind[rule] == TAKE]
    best = None
    for mask in range(1 << len(takes)):
        some = [rule for at, rule in enumerate(takes) if mask >> at & 1]
        cost = sum(price[rule] for rule in some)
        if (best is None or cost < best) and target in fixpoint(arrays, held, [*free, *some]):
            best = cost
    assert best is not None
    return best


def test_mandatory_things_equal_leaving_each_out(seeds: range) -> None:
    """A credential or statement is mandatory exactly when the target is not attained without it."""
    found = 0
    for seed in seeds:
        arrays, _, held, target = sample(seed)
        instance, reach = around_target(arrays, held, target)
        got = mandatory(instance)
        assert (got is not None) == reach.has(target)
        if got is None or target in held:
            continue
        every = range(arrays.gates.rules)
        wanted = {
            one
            for one in range(arrays.gates.n)
            if one != target and one not in held and target not in fixpoint(arrays, held, every, [one])
        }
        assert set(got.credentials) == wanted, seed
        stated = [rule for rule in every if arrays.gates.r_kind[rule] != TAKE]
        needed = {rule for rule in stated if target not in fixpoint(arrays, held, set(every) - {rule})}
        assert set(got.rules) == needed, seed
        iris = {str(arrays.statements["iri"][rule]) for rule in needed}
        assert set(mandatory_statements(arrays, instance)) == iris, seed
        found += bool(wanted)
    assert found > len(seeds) / 20


@pytest.mark.parametrize("of", ["credentials", "agreements", "rules"])
def test_cheapest_cuts_equal_trying_every_set(seeds: range, of: Any) -> None:
    """The cut cuts, is as small as the smallest, and where none exists that is said."""
    met = 0
    for seed in seeds:
        arrays, _, held, target = sample(seed)
        instance, reach = around_target(arrays, held, target)
        if not reach.has(target) or target in held:
            continue
        every, gates = range(arrays.gates.rules), arrays.gates

        def cuts(
            lost: Any, arrays: Arrays = arrays, held: Any = held, target: int = target, every: Any = every
        ) -> bool:
            if of == "credentials":
                return target not in fixpoint(arrays, held, every, lost)
            return target not in fixpoint(arrays, held, set(every) - set(lost))

        kinds = {"agreements": (RECOGNISE,), "rules": (1, RECOGNISE)}
        if of == "credentials":
            candidates = [one for one in range(gates.n) if one != target and one not in held]
        else:
            candidates = [rule for rule in every if gates.r_kind[rule] in kinds[of]]
        cut = cheapest_cut(instance, of=of)
        wanted = smallest(candidates, cuts)
        assert cut.possible == (wanted is not None), seed
        if wanted is not None:
            assert cut.proven and cut.cost == wanted == len(cut.members) and cuts(cut.members), seed
            met += wanted > 0
        stopped = cheapest_cut(instance, of=of, rounds=1)
        if wanted is not None:
            assert cuts(stopped.members) and stopped.at_least <= wanted <= stopped.cost, seed
    assert met > len(seeds) / 200


def test_the_circular_support_trap_is_not_sprung(seeds: range) -> None:
    """A and B recognise each other and a threshold may be met from outside in part: neither justifies itself."""
    book = RuleBook.of("a => b", "b => a", "2 of a, x, y -> b", "a -> t", full=["a", "b"])
    arrays = arrays_from(book)
    t, x, y = (arrays.position(name) for name in "txy")
    assert not close(arrays.gates, [], only(arrays, ())).has(t)
    assert not close(arrays.gates, [x], only(arrays, ())).has(t)
    instance, _ = around_target(arrays, [], t)
    plan = first_plan(instance, arrays.price("new"))
    assert plan is not None and plan.takes == tuple(sorted((x, y))) and plan.cost == 2
    alone = arrays_from(RuleBook.of("a => b", "b => a", "a -> t", full=["a", "b"]))
    instance, reach = around_target(alone, [], alone.position("t"))
    assert not reach.has(alone.position("t")) and first_plan(instance, alone.price("new")) is None


def test_an_instance_means_what_the_whole_means(seeds: range) -> None:
    """Values and attainment of the target are the same in the part as in the whole, and in its object form."""
    for seed in seeds:
        arrays, _, held, target = sample(seed)
        space, gates = Workspace(arrays.gates), arrays.gates
        now, reach = close(gates, held, only(arrays, ())), close(gates, held)
        price = arrays.price("hours")
        instance = around(arrays, target, space, now=now, reach=reach)
        part = cheapest(instance.gates, instance.held, price[instance.rules]).value[0]
        assert part == cheapest(gates, now.order, price).value[target], seed
        bare = around(arrays, target, space)
        own = [bare.local(one) for one in held if bare.local(one) is not None]
        graph = bare.hypergraph(arrays)
        wanted = {arrays.name(one) for one in reach.order} & set(graph.names)
        mine = {graph.position[arrays.name(int(bare.credentials[one]))] for one in own if one is not None}
        got = {graph.names[one] for one in close_objects(graph, mine, None).by}
        assert (arrays.name(target) in got) == reach.has(target) and got == wanted, seed


def test_the_small_book_of_an_instance_means_what_its_arrays_mean(seeds: range) -> None:
    """What the exact solver is given attains the same, with levels, credits and hours of the whole."""
    for seed in seeds:
        arrays, book, held, target = sample(seed)
        instance = around(arrays, target, Workspace(arrays.gates))
        small = book_of(arrays, instance)
        for iri, one in small.credentials.items():
            other = book.credentials[iri]
            assert (one.level, one.credits, one.hours) == (other.level, other.credits, other.hours)
        for rule in small.rules:
            assert rule.refusal(small.date) is None or any(not group.members for group in rule.groups), seed
        again = arrays_from(small)
        own = [one for one in arrays.named(held) if one in small.credentials]
        before = close(instance.gates, [x for x in (instance.local(h) for h in held) if x is not None])
        after = close(again.gates, again.positions(own))
        assert set(again.named(after.order)) == set(arrays.named(instance.credentials[before.order])), seed
