"""Hypergraphs that hypothesis makes, hostile sizes, concurrency of caches, and the documented Python path."""

from __future__ import annotations

import datetime
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgraph.model import jit
from mcgraph.pathways import RuleBook
from mcgraph.pathways.arrays import TAKE, Arrays, Gates
from mcgraph.pathways.build import arrays_from
from mcgraph.pathways.hyperpath import GATE_CELLS, INFINITE, cheapest, first_plan
from mcgraph.pathways.reachability import Workspace, close, only, spread
from mcgraph.pathways.scale import around, open_arrays
from mcgraph.store import open_graph
from tests.pathways.by_definition import fixpoint, tree_values


@st.composite
def hypergraphs(draw: st.DrawFn) -> tuple[Arrays, list[int]]:
    """Any gates: empty groups, heavy and light members, circles, rules to the same head, nothing at all."""
    n = draw(st.integers(1, 8))
    one = st.integers(0, n - 1)
    group = st.tuples(
        st.integers(1, 12),
        st.dictionaries(one, st.sampled_from([1, 2, 3, 5, 10]), max_size=5).map(lambda d: sorted(d.items())),
    )
    rules = draw(st.lists(st.tuples(one, st.integers(0, 2), st.lists(group, max_size=3)), max_size=10))
    heads, kinds, group_rules, needs, rows = [], [], [], [], []
    for rule, (head, kind, groups) in enumerate(rules):
        heads.append(head)
        kinds.append(kind)
        for need, members in groups:
            rows += [(len(needs), member, weight) for member, weight in members]
            group_rules.append(rule)
            needs.append(need)
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    gates = Gates.of(
        n, np.array(heads, dtype=np.int32), np.array(kinds, dtype=np.int8), np.array(group_rules, dtype=np.int32),
        np.array(needs, dtype=np.int64), table[:, 0].astype(np.int32), table[:, 1].astype(np.int32), table[:, 2].copy(),
    )  # fmt: skip
    bare = arrays_from(RuleBook.of(*"abcdefgh"[:n]))
    held = draw(st.lists(one, max_size=2, unique=True))
    return Arrays(gates, bare.credentials, bare.statements, bare.date), held


@settings(max_examples=150, deadline=None)
@given(hypergraphs(), st.booleans())
def test_any_hypergraph_is_closed_and_priced_as_defined(made: tuple[Arrays, list[int]], compiled: bool) -> None:
    """Closure equals the naive fixpoint and tree values equal every derivation, interpreted and compiled."""
    arrays, held = made
    before, jit.COMPILED_FROM = jit.COMPILED_FROM, 0 if compiled else 10**9
    try:
        every = range(arrays.gates.rules)
        state = close(arrays.gates, held)
        assert set(state.order.tolist()) == fixpoint(arrays, held, every)
        takes = [rule for rule in every if arrays.gates.r_kind[rule] != TAKE]
        fewer = close(arrays.gates, held, only(arrays, ()))
        assert set(fewer.order.tolist()) == fixpoint(arrays, held, takes)
        price = np.arange(arrays.gates.rules, dtype=np.int64) % 4
        tree = cheapest(arrays.gates, np.array(held, dtype=np.int32), price)
        got = {one: int(value) for one, value in enumerate(tree.value) if value < INFINITE}
        assert got == tree_values(arrays, held, price.tolist(), sum)
    finally:
        jit.COMPILED_FROM = before


def test_a_group_too_fine_for_its_knapsack_still_gives_a_sound_plan() -> None:
    """Credit points of a millionth: the value is an upper bound and says so, the plan attains the target."""
    names = [f"m{at}" for at in range(6)]
    book = RuleBook.of(
        f"{5.000_003} cr of {', '.join(names)} -> t",
        credits={name: 1 + at / 1_000_000 for at, name in enumerate(names)},
        hours={name: 10 + at for at, name in enumerate(names)},
    )
    arrays = arrays_from(book)
    assert int(arrays.gates.g_need[0]) > GATE_CELLS
    target = arrays.position("t")
    reach = close(arrays.gates, ())
    instance = around(arrays, target, Workspace(arrays.gates), reach=reach)
    price = arrays.price("hours")
    assert not cheapest(instance.gates, instance.held, price[instance.rules]).exact
    plan = first_plan(instance, price)
    assert plan is not None and target in fixpoint(arrays, [], plan.rules) and len(plan.takes) == 5


def test_values_of_a_doubling_tree_do_not_overflow() -> None:
    """Each use is paid anew: ninety layers that use the one before twice would cost 2^90; the value is cut instead."""
    lines = [f"x{at}a + x{at}b -> y{at}" for at in range(90)]
    lines += [f"y{at} => x{at + 1}{side}" for at in range(89) for side in "ab"]
    full = [f"x{at}{side}" for at in range(1, 90) for side in "ab"]
    arrays = arrays_from(RuleBook.of(*lines, hours={"x0a": 1000, "x0b": 1000}, full=full))
    tree = cheapest(arrays.gates, np.zeros(0, dtype=np.int32), arrays.price("hours"))
    assert all(0 <= int(value) < INFINITE for value in tree.value)
    assert int(tree.value[arrays.position("y89")]) == 1 << 60
    instance = around(arrays, arrays.position("y89"), Workspace(arrays.gates), reach=close(arrays.gates, ()))
    plan = first_plan(instance, arrays.price("hours"))
    assert plan is not None and plan.cost == 2_000 * 10**6 and len(plan.takes) == 2


def test_stamps_that_run_out_start_again() -> None:
    """After two billion questions nothing is taken for attained that was so in an earlier one."""
    arrays = arrays_from(RuleBook.of("a + b -> c"))
    space, nothing = Workspace(arrays.gates), only(arrays, ())
    state = close(arrays.gates, (), nothing)
    a, b, c = (arrays.position(name) for name in "abc")
    assert c in spread(space, state, [a, b], nothing)
    space._stamp = 2**31 - 2
    assert spread(space, state, [a], nothing).tolist() == [a]
    assert c in spread(space, state, [a, b], nothing)


def test_two_processes_may_write_the_same_cache(demo_store: Path) -> None:
    """Whoever comes second finds a whole copy; nobody sees half of one."""
    day, wrong = datetime.date(2026, 3, 3), []

    def work() -> None:
        try:
            with open_graph(demo_store) as graph:
                wrong.append(open_arrays(graph, date=day).gates.members == 0)
        except Exception as fault:
            wrong.append(fault)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [False] * 6
    left = [path.name for path in (demo_store / "derived" / "pathways").iterdir()]
    assert not [name for name in left if name.startswith("tmp-")]


def test_small_stores_do_not_start_the_compiler(demo_store: Path) -> None:
    """Half a second of numba is not paid for a demo."""
    import subprocess
    import sys

    code = (
        "import sys, datetime; from mcgraph.store import open_graph; from mcgraph.pathways.scale import *\n"
        f"graph = open_graph({str(demo_store)!r})\n"
        "arrays = open_arrays(graph, date=datetime.date(2026, 11, 1))\n"
        "state = close(arrays.gates, ())\n"
        "unlocks(arrays, Workspace(arrays.gates), close(arrays.gates, (), only(arrays, ())), top=3)\n"
        "bottlenecks(arrays, top=3)\n"
        "print(len(state) > 100, 'numba' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


@pytest.mark.parametrize("name", ["beauty", ""])
def test_an_unknown_price_is_refused(name: Any) -> None:
    """Prices are new, credits, hours."""
    from mcgraph.errors import WrongUse

    with pytest.raises(WrongUse, match="is no price"):
        arrays_from(RuleBook.of("a")).price(name)


def test_an_installation_that_cannot_be_written_still_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a place for machine code the kernels are compiled in each process."""
    import numba

    real, tried = numba.njit, []

    def njit(**options: Any) -> Any:
        tried.append(options)
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return real(**options)

    def twice(value: int) -> int:
        return 2 * value

    monkeypatch.setattr(numba, "njit", njit)
    assert jit.compiled(twice)(21) == 42
    assert [one.get("cache") for one in tried] == [True, None]
