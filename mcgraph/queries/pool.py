"""Many queries at once on a few killable workers, so that nobody waits for somebody else's endless query.

A query begins in the *short lane*. One that has not ended after a tenth of a second of processor time goes to the
*long lane*, with low priority: at once where a place is free there, else it is ended and begins anew when one becomes
free. The short lane is therefore never held for longer than that tenth, or a second on a machine that has no time for
it. A worker over its budget is killed and replaced.

A snapshot is pinned while it is asked: what was begun on it is finished on it, what comes later asks the newest.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from mcgraph.errors import McgraphError
from mcgraph.limits import Limits
from mcgraph.queries.conversation import Busy, Rows, out_of_time, request
from mcgraph.queries.engine import Source
from mcgraph.queries.guard import bare_text
from mcgraph.queries.kept import Kept
from mcgraph.queries.lanes import Lane
from mcgraph.queries.pool_worker import PoolWorker
from mcgraph.queries.shared_columns import SharedColumns, shared

__all__ = ["Busy", "Generation", "Pool", "Wanted"]

# Longest a query stays in the short lane, in seconds of processor time where the system tells that of a worker.
SHORT = 0.1
# Longest it stays there by the clock: where other work keeps the machine busy, a quick query is not taken for long.
SHORT_BY_CLOCK = 1.0
# Longest a worker may take to open the index; on an idle machine it is 0.05 s.
START_SECONDS = 10
# Workers that stand ready beside those of the short lane, so that a killed one need not be waited for.
SPARE = 3
# How many shapes of queries that went over their budget are remembered, and how long.
REMEMBERED = 1_000
REMEMBERED_SECONDS = 60.0
_NAMES = re.compile(r"[?$]\w+|\d+|\s+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One query with what is wanted of its answer; `client` is who asks, for the share of each in the long lane.

    `form` is a format of `result_text` ("" for terms), `default` and `named` are the graphs of the dataset.
    """

    text: str
    rows: int
    form: str = ""
    default: Sequence[str] | None = None
    named: Sequence[str] | None = None
    client: str = ""


@dataclass(slots=True, eq=False)
class Generation:
    """One snapshot that is asked, with its idle workers, its columns, and the answers it gave before.

    `release` is called when nobody asks it any more.
    """

    source: Source
    release: Callable[[], None]
    kept: Kept
    columns: SharedColumns | None = None
    idle: list[PoolWorker] = field(default_factory=list)
    users: int = 0
    retired: bool = False


class Pool:
    """The workers of a server; make one in the event loop, `open` it with a source, `close` it at the end."""

    def __init__(self, limits: Limits) -> None:
        """Limits bound each query, and how many run and wait."""
        self.limits = limits
        # Endless queries must leave a core to the others: not every system heeds their low priority.
        long = max(1, min(limits.served_workers // 2, (os.cpu_count() or 2) - 1))
        self._short = Lane(max(1, limits.served_workers - long), limits.served_waiting, limits.served_wait_seconds)
        self._long = Lane(
            long,
            limits.served_long_waiting,
            limits.served_wait_seconds,
            limits.served_long_per_client,
        )
        self._now: Generation | None = None
        self._workers: set[PoolWorker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._over: dict[str, float] = {}
        self.killed = 0

    async def open(self, source: Source, release: Callable[[], None]) -> None:
        """Ask `source` from now on; the one before is released when its last query has ended.

        Raises `StoreUnavailable` where its index cannot be opened; the one before is then kept.
        """
        new = Generation(source, release, Kept(self.limits.served_kept_bytes))
        new.idle.append(await self._start(new))
        new.columns = shared(source, self.limits)
        old, self._now = self._now, new
        if old:
            old.retired = True
            self._release(old)
        self._warm(new)

    def take_columns(self, source: Source) -> None:
        """Answer from the columns of a snapshot that were made meanwhile, if it is still the newest."""
        now = self._now
        if now is not None and now.source is source and now.columns is None:
            now.columns = shared(source, self.limits)

    @property
    def source(self) -> Source:
        """The snapshot that new queries ask."""
        return self._newest.source

    @property
    def _newest(self) -> Generation:
        if self._now is None:
            raise Busy("the server is starting or stopping", fix="Ask again in a moment.")
        return self._now

    @contextlib.asynccontextmanager
    async def pinned(self) -> AsyncIterator[Generation]:
        """The newest snapshot, kept open while the block runs, for several queries that belong together."""
        generation = self._newest
        generation.users += 1
        try:
            yield generation
        finally:
            generation.users -= 1
            self._release(generation)

    async def run(self, wanted: Wanted, generation: Generation | None = None) -> Rows:
        """The answer to one query, on a pinned snapshot or the newest: the one given before, where it is still kept.

        Raises `Busy` where no place became free, `LimitReached` for a query over its budget of time, memory or
        length of the answer, `WrongUse` for a text that is not SPARQL or names a graph the store lacks.
        """
        if generation is None:
            async with self.pinned() as newest:
                return await self.run(wanted, newest)
        key = (wanted.text, wanted.rows, wanted.form, _graphs(wanted.default), _graphs(wanted.named))
        found = generation.kept.get(key)
        if found is None:
            found = await self._run(wanted, generation)
            generation.kept.put(key, wanted.text, found)
        return found

    async def _run(self, wanted: Wanted, generation: Generation) -> Rows:
        """The answer of a worker."""
        line = request(wanted.text, wanted.rows, form=wanted.form, default=wanted.default, named=wanted.named)
        query = _Query(wanted.text, line, generation)
        if self._is_known(wanted.text):
            await self._long.enter(wanted.client)
            return await self._finish(query, wanted.client, self.limits.query_seconds)
        await self._short.enter()
        try:
            await self._begin(query)
            begun = time.monotonic()
            if await query.ends_shortly():
                return self._result(query)
            moved = self._long.try_enter(wanted.client)
        except BaseException:
            self._stop(query)
            raise
        finally:
            self._short.leave()
        if not moved:
            self._stop(query)
            await self._long.enter(wanted.client)
        spent = time.monotonic() - begun if moved else 0.0
        return await self._finish(query, wanted.client, self.limits.query_seconds - spent)

    async def _finish(self, query: _Query, client: str, seconds: float) -> Rows:
        """Run a query in the long lane, to its end or that of its budget."""
        try:
            worker = query.worker or await self._begin(query)
            worker.lower()
            if not await query.ends_within(seconds):
                self._remember(query.text)
                raise out_of_time(self.limits)
            worker.restore()
            return self._result(query)
        finally:
            self._stop(query)
            self._long.leave(client)

    def _is_known(self, text: str) -> bool:
        """Whether a query of this shape went over its budget a moment ago: it need not block the short lane again."""
        return bool(self._over) and self._over.get(_shape(text), 0.0) > time.monotonic()

    def _remember(self, text: str) -> None:
        if len(self._over) >= REMEMBERED:
            self._over.clear()
        self._over[_shape(text)] = time.monotonic() + REMEMBERED_SECONDS

    async def _begin(self, query: _Query) -> PoolWorker:
        """Give a query a worker that is ready; only then its time begins."""
        idle = query.generation.idle
        query.worker = idle.pop() if idle else await self._start(query.generation)
        query.answer = query.worker.ask(query.line, query.text)
        return query.worker

    async def _start(self, generation: Generation) -> PoolWorker:
        worker = PoolWorker(generation.source, self.limits)
        self._workers.add(worker)
        worker.ended.add_done_callback(lambda _: self._workers.discard(worker))
        try:
            done, _ = await asyncio.wait((worker.ready,), timeout=START_SECONDS)
            if not done:
                raise Busy(f"no worker was ready within {START_SECONDS} s", fix="Ask again in a moment.")
            worker.ready.result()
        except BaseException:
            worker.kill()
            raise
        return worker

    def _result(self, query: _Query) -> Rows:
        """The answer, or the refusal, of a query that ended; its worker goes back."""
        worker, query.worker = query.worker, None
        if worker:
            generation = query.generation
            if worker.is_whole and not generation.retired and len(generation.idle) < self._short.places + SPARE:
                generation.idle.append(worker)
            else:
                self._kill(worker, generation)
        if query.answer is None:
            raise Busy("the query was given up", fix="Ask again in a moment.")
        return query.answer.result()

    def _stop(self, query: _Query) -> None:
        """End the worker of a query that did not end by itself."""
        worker, query.worker = query.worker, None
        if worker:
            self._kill(worker, query.generation)

    def _kill(self, worker: PoolWorker, generation: Generation) -> None:
        worker.kill()
        self.killed += 1
        self._warm(generation)

    def _warm(self, generation: Generation) -> None:
        """Have workers ready for the short lane; one that cannot be started now is started when it is needed."""

        async def start() -> None:
            while self._lacks(generation):
                worker = await self._start(generation)
                if not self._lacks(generation):
                    worker.kill()
                else:
                    generation.idle.append(worker)

        if not self._tasks and generation is self._now:
            self._later(start)

    def _lacks(self, generation: Generation) -> bool:
        """Whether fewer workers stand ready than places and spares ask for."""
        ready = len(generation.idle) + self._short.inside
        return ready < self._short.places + SPARE and not generation.retired

    def _later(self, work: Callable[[], Awaitable[None]]) -> None:
        async def quietly() -> None:
            with contextlib.suppress(OSError, McgraphError):
                await work()

        task = asyncio.ensure_future(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _release(self, generation: Generation) -> None:
        if not generation.retired:
            return
        while generation.idle:
            generation.idle.pop().kill()
        if not generation.users:
            if generation.columns:
                generation.columns.close()
            release, generation.release = generation.release, _nothing
            release()

    async def close(self) -> None:
        """End every worker, whatever it is doing, and give the snapshot back."""
        old, self._now = self._now, None
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        workers = tuple(self._workers)
        for worker in workers:
            worker.kill()
        if workers:
            await asyncio.wait([worker.ended for worker in workers], timeout=5)
        if old:
            old.retired = True
            self._release(old)

    def state(self) -> dict[str, int]:
        """How many queries run and wait in each lane, how many workers there are and were ended."""
        return {
            "short_running": self._short.inside,
            "short_waiting": self._short.waiting,
            "long_running": self._long.inside,
            "long_waiting": self._long.waiting,
            "workers": len(self._workers),
            "killed": self.killed,
        }


def _shape(text: str) -> str:
    """What queries that differ in names, numbers, IRIs and texts only have in common."""
    return _NAMES.sub(" ", bare_text(text))


def _graphs(names: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(names)


def _nothing() -> None:
    return


@dataclass(slots=True, eq=False)
class _Query:
    text: str
    line: str
    generation: Generation
    worker: PoolWorker | None = None
    answer: asyncio.Future[Rows] | None = None

    async def ends_shortly(self) -> bool:
        """Wait for the answer as long as the short lane allows; says whether it came."""
        if await self.ends_within(SHORT):
            return True
        end = time.monotonic() + SHORT_BY_CLOCK - SHORT
        while self.worker and time.monotonic() < end:
            used = self.worker.used()
            if used is None or used >= SHORT:
                break
            if await self.ends_within(max(0.01, SHORT - used)):
                return True
        return False

    async def ends_within(self, seconds: float) -> bool:
        """Wait for the answer; says whether it came."""
        if self.answer is None:
            return False
        done, _ = await asyncio.wait((self.answer,), timeout=max(0.0, seconds))
        return bool(done)
