"""Many queries on few workers: who waits, who is ended, and on which snapshot."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import signal
import time
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcgraph.errors import LimitReached, StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.queries.conversation import Busy, Rows
from mcgraph.queries.kept import Kept
from mcgraph.queries.lanes import Lane
from mcgraph.queries.pool import Pool, Wanted
from tests.web.conftest import ENDLESS, Folder, make_index

QUICK = "SELECT ?s { ?s ?p ?o } ORDER BY ?s LIMIT 1"
_numbers = itertools.count()


def quick() -> Wanted:
    """A small query that nobody asked before: a worker has to answer it."""
    return Wanted(f"{QUICK} # {next(_numbers)}", 10)


def limits(**changed: int) -> Limits:
    """Small budgets."""
    given = {name: changed.pop(name) for name in ("query_megabytes", "query_seconds") if name in changed}
    return Limits(**({"query_seconds": 1} | given), **{f"served_{name}": value for name, value in changed.items()})


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end, and no longer than any test may take."""
    return asyncio.run(asyncio.wait_for(work, 60))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    turtle = "".join(f"<http://s/{i:03}> <http://p> {i} ." for i in range(300))
    return make_index(tmp_path_factory.mktemp("pool") / "index", {"http://g": turtle})


class TestLane:
    """Places, a bounded queue, and a share for each client."""

    def test_first_come_first_served(self) -> None:
        """Who came first goes first, and a full lane lets nobody pass."""

        async def work() -> list[int]:
            lane, order = Lane(1, 10, 5), []
            await lane.enter()

            async def one(number: int) -> None:
                await lane.enter()
                order.append(number)
                lane.leave()

            tasks = [asyncio.ensure_future(one(number)) for number in range(4)]
            await asyncio.sleep(0)
            assert not lane.try_enter()
            lane.leave()
            await asyncio.gather(*tasks)
            assert lane.inside == 0
            return order

        assert run(work()) == [0, 1, 2, 3]

    def test_a_full_queue_is_told_at_once_and_a_long_wait_in_time(self) -> None:
        """Nobody waits in a queue without end."""

        async def work() -> None:
            lane = Lane(1, 1, 0.05)
            await lane.enter()
            waits = asyncio.ensure_future(lane.enter())
            await asyncio.sleep(0)
            with pytest.raises(Busy, match="too many"):
                await lane.enter()
            with pytest.raises(Busy, match="no place"):
                await waits
            assert lane.waiting == 0

        run(work())

    def test_who_has_his_share_waits_and_others_pass(self) -> None:
        """One client cannot take all places, nor does his queue hold up the others."""

        async def work() -> list[str]:
            lane, order = Lane(2, 10, 5, share=1), []
            await lane.enter("a")

            async def one(client: str) -> None:
                await lane.enter(client)
                order.append(client)

            tasks = [asyncio.ensure_future(one(client)) for client in ("a", "b")]
            await asyncio.sleep(0)
            assert lane.waiting == 2
            lane.leave("a")
            await asyncio.sleep(0)
            assert (lane.inside, lane.waiting) == (2, 0)
            await asyncio.gather(*tasks)
            return order

        assert sorted(run(work())) == ["a", "b"]

    def test_who_gives_up_leaves_no_trace(self) -> None:
        """A client that goes while it waits, or in the instant it gets its place, holds none."""

        async def work() -> None:
            lane = Lane(1, 10, 5)
            await lane.enter()
            waits = asyncio.ensure_future(lane.enter())
            await asyncio.sleep(0)
            lane.leave()
            waits.cancel()
            await asyncio.gather(waits, return_exceptions=True)
            assert (lane.inside, lane.waiting) == (0, 0)

        run(work())


async def opened(folder: Folder, bounds: Limits) -> tuple[Pool, list[str]]:
    """A pool on a folder, and the list of what it released."""
    released: list[str] = []
    pool = Pool(bounds)
    await pool.open(folder, lambda: released.append(folder.snapshot))
    return pool, released


def test_over_budget_is_ended_and_others_do_not_notice(folder: Folder) -> None:
    """Six endless queries on four places: each is ended or told to come back, and 100 quick ones are right."""

    async def work() -> None:
        pool, _ = await opened(folder, limits(wait_seconds=10, long_per_client=10))
        endless = [asyncio.ensure_future(pool.run(Wanted(ENDLESS, 10))) for _ in range(6)]
        for _ in range(100):
            found = await pool.run(quick())
            assert found.rows == (("http://s/000",),)
        ended = await asyncio.gather(*endless, return_exceptions=True)
        assert all(isinstance(fault, LimitReached) for fault in ended), ended
        assert all(getattr(fault, "limit", "") == "query_seconds" for fault in ended), ended
        state = pool.state()
        assert state["short_running"] == state["long_running"] == state["long_waiting"] == 0
        assert state["killed"] >= 6
        await pool.close()
        assert pool.state()["workers"] == 0

    run(work())


def test_the_end_comes_within_half_a_second_of_the_budget(folder: Folder) -> None:
    """From the moment it runs alone, an endless query lasts its budget and little more."""

    async def work() -> float:
        pool, _ = await opened(folder, limits())
        await pool.run(quick())
        begun = time.monotonic()
        with pytest.raises(LimitReached, match="stopped after 1 s"):
            await pool.run(Wanted(ENDLESS, 10))
        took = time.monotonic() - begun
        await pool.close()
        return took

    took = run(work())
    assert 0.9 < took < 1.5 + 0.1 * os.getloadavg()[0]


def test_a_crash_of_the_engine_is_one_answer_lost(folder: Folder) -> None:
    """Every worker dies by SIGSEGV; the next queries are answered by new ones."""

    async def work() -> None:
        pool, _ = await opened(folder, limits())
        await asyncio.gather(*(pool.run(quick()) for _ in range(8)))
        for worker in tuple(pool._workers):
            os.kill(worker.pid, signal.SIGSEGV)
        answers = await asyncio.gather(*(pool.run(quick()) for _ in range(8)), return_exceptions=True)
        told = [fault for fault in answers if isinstance(fault, Exception)]
        assert all(isinstance(fault, LimitReached) for fault in told), told
        for _ in range(4):
            assert (await pool.run(quick())).rows == (("http://s/000",),)
        await pool.close()

    run(work())


def test_memory_and_length_are_bounded(folder: Folder) -> None:
    """A query that wants all memory ends, and so does an answer without end; both name their limit."""

    async def work() -> None:
        pool, _ = await opened(folder, limits(query_seconds=20, query_megabytes=200, answer_bytes=2_000_000))
        hungry = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
        with pytest.raises(LimitReached) as hit:
            await pool.run(Wanted(hungry, 10))
        assert hit.value.limit == "query_megabytes"
        with pytest.raises(LimitReached) as hit:
            await pool.run(Wanted("SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }", 10**9, form="json"))
        assert hit.value.limit == "served_answer_bytes"
        assert (await pool.run(quick())).rows
        await pool.close()

    run(work())


def test_a_text_that_is_refused_costs_no_worker(folder: Folder) -> None:
    """Syntax errors and unknown graphs leave the worker as it was."""

    async def work() -> None:
        pool, _ = await opened(folder, limits())
        for _ in range(20):
            with pytest.raises(WrongUse, match="not SPARQL"):
                await pool.run(Wanted("SELECT * {", 1))
            with pytest.raises(WrongUse, match="no graph"):
                await pool.run(Wanted("SELECT * FROM <http://x/> {}", 1))
        assert pool.killed == 0
        await pool.close()

    run(work())


def test_what_was_begun_on_a_snapshot_ends_on_it(folder: Folder, tmp_path: Any) -> None:
    """A pinned snapshot stays until its last query; new queries ask the new one; then the old is given back."""

    async def work() -> None:
        pool, released = await opened(folder, limits())
        newer = make_index(tmp_path / "index", {"http://g": "<http://new> <http://p> 1 ."})
        async with pool.pinned() as old:
            await pool.open(newer, lambda: released.append("newer"))
            assert (await pool.run(quick(), old)).rows == (("http://s/000",),)
            assert (await pool.run(quick())).rows == (("http://new",),)
            assert released == []
        assert released == ["example"]
        await pool.close()
        assert released == ["example", "newer"]

    run(work())


def test_a_snapshot_that_cannot_be_opened_changes_nothing(folder: Folder, tmp_path: Any) -> None:
    """The one before is asked on."""

    async def work() -> None:
        pool, released = await opened(folder, limits())
        with pytest.raises(StoreUnavailable, match="cannot be opened"):
            await pool.open(Folder(tmp_path / "none"), lambda: None)
        assert (await pool.run(quick())).rows == (("http://s/000",),)
        assert released == []
        await pool.close()

    run(work())


def test_who_is_cancelled_frees_his_place(folder: Folder) -> None:
    """A client that has gone takes its endless query with it, in either lane."""

    async def work() -> None:
        pool, _ = await opened(folder, Limits(query_seconds=30))
        for after in (0.1, 0.6):
            task = asyncio.ensure_future(pool.run(Wanted(ENDLESS, 1)))
            await asyncio.sleep(after)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            state = pool.state()
            assert (state["short_running"], state["long_running"]) == (0, 0)
        assert (await pool.run(quick())).rows
        await pool.close()

    run(work())


class TestKept:
    """An answer that was given before is given again while its snapshot lasts."""

    def test_the_same_question_needs_no_worker(self, folder: Folder) -> None:
        """The second time every worker may be gone; another form, dataset or number of rows is another question."""

        async def work() -> None:
            pool, _ = await opened(folder, limits())
            wanted = Wanted(QUICK, 10, client="a")
            first = await pool.run(wanted)
            assert not first.kept
            again = await pool.run(replace(wanted, client="b"))
            assert again.kept
            assert (again.rows, again.columns, again.types) == (first.rows, first.columns, first.types)
            for other in (
                replace(wanted, rows=9),
                replace(wanted, form="json"),
                replace(wanted, default=("http://g",)),
                replace(wanted, text=QUICK + " "),
            ):
                assert not (await pool.run(other)).kept
            await pool.close()

        run(work())

    def test_another_snapshot_is_asked_anew(self, folder: Folder, tmp_path: Any) -> None:
        """Who pinned the old one is answered from it, others from the new one."""

        async def work() -> None:
            pool, _ = await opened(folder, limits())
            wanted = Wanted(QUICK, 10)
            await pool.run(wanted)
            newer = make_index(tmp_path / "index", {"http://g": "<http://new> <http://p> 1 ."})
            async with pool.pinned() as old:
                await pool.open(newer, lambda: None)
                found = await pool.run(wanted)
                assert (found.rows, found.kept) == ((("http://new",),), False)
                before = await pool.run(wanted, old)
                assert (before.rows, before.kept) == ((("http://s/000",),), True)
            await pool.close()

        run(work())

    def test_what_changes_by_itself_is_never_kept(self, folder: Folder) -> None:
        """Also where the word is spelled with escapes."""

        async def work() -> None:
            pool, _ = await opened(folder, limits())
            for text in ("SELECT (RAND() AS ?r) {}", "SELECT (struuid() AS ?r) {}", "SELECT (N\\u004fW() AS ?r) {}"):
                with contextlib.suppress(WrongUse):
                    assert not (await pool.run(Wanted(text, 1))).kept
                    assert not (await pool.run(Wanted(text, 1))).kept
            await pool.close()

        run(work())

    def test_a_refusal_is_not_kept(self, folder: Folder) -> None:
        """A query over its budget may be asked again, when the machine is idle or the limit another."""

        async def work() -> None:
            pool, _ = await opened(folder, limits(answer_bytes=1_000))
            for _ in range(2):
                with pytest.raises(LimitReached):
                    await pool.run(Wanted("SELECT * { ?a ?b ?c }", 300, form="json"))
            await pool.close()

        run(work())

    def test_the_bound_holds(self) -> None:
        """Whatever is put in, no more than the bound is held; what is wanted again and again stays."""
        chance = random.Random(7)
        kept = Kept(100_000)
        for number in range(300):
            kept.put(number, "SELECT", Rows(("a",), (), (), written=str(number) + "x" * chance.randrange(4_000)))
            assert 0 < kept.held <= 100_000
            first = kept.get(0)
            assert first is not None
            assert first.written.startswith("0x")
        there = [number for number in range(300) if kept.get(number)]
        assert there == [0, *range(there[1], 300)]
        assert len(there) < 100
        kept.put(1000, "SELECT", Rows(("a",), (), (), written="x" * 10_000))
        assert kept.get(1000) is None
        nothing = Kept(1)
        nothing.put(1, "SELECT", Rows((), (), ()))
        assert nothing.get(1) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells the processor time of a process")
def test_a_quick_query_on_a_busy_machine_is_not_taken_for_a_long_one(folder: Folder) -> None:
    """A worker that was stopped for half a second has used no processor time: it keeps its place, and its process."""

    async def work() -> None:
        pool, _ = await opened(folder, limits())
        await pool.run(quick())
        asked = asyncio.ensure_future(pool.run(quick()))
        pids = [worker.pid for worker in pool._workers]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(0.5)
        assert not asked.done()
        assert pool.state()["long_running"] == pool.state()["long_waiting"] == 0
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
        assert (await asked).rows == (("http://s/000",),)
        assert pool.killed == 0
        await pool.close()

    run(work())
