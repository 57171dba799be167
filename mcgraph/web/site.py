"""What all pages share: the pool of workers on the newest snapshot of the store, and how to ask it."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio.to_thread

from mcgraph.errors import LimitReached, McgraphError
from mcgraph.limits import Limits
from mcgraph.queries.columnar.using import begin_making
from mcgraph.queries.engine import Asks, Rows, Source
from mcgraph.queries.pool import Generation, Pool, Wanted
from mcgraph.queries.shared_columns import SharedColumns
from mcgraph.web.settings import Settings, query_limits

# A request waits so long for a new snapshot to be opened; after that it is answered from the one before.
PATIENCE = 2.0
# A snapshot that could not be opened is tried again after so many seconds.
AGAIN = 5.0
# How often it is looked whether the columns of a new snapshot stand.
LOOKED_AGAIN = 0.2
Found = TypeVar("Found")
Opening = Callable[[], tuple[Source, Callable[[], None]]]


class Site:
    """One store as it is served. The pool is made in the event loop of the first request."""

    def __init__(self, root: Path | None, limits: Limits, settings: Settings, opening: Opening) -> None:
        """`opening` gives the newest snapshot and how to give it back; `root` is watched for newer ones."""
        self.settings = settings
        self.limits = query_limits(limits)
        self._all_limits = limits
        self._root = root
        self._opening = opening
        self._pool: Pool | None = None
        self._seen: object = None
        self._tried = 0.0
        self._switching: asyncio.Task[None] | None = None
        self._making: asyncio.Task[None] | None = None

    @property
    def given_limits(self) -> Limits:
        """The limits as they were given, for work of our own that is no user's query."""
        return self._all_limits

    async def pool(self) -> Pool:
        """The pool, asking the newest snapshot.

        Raises `StoreUnavailable` where no snapshot can be opened at all.
        """
        if self._pool is None or self._mark() != self._seen:
            await self._switch()
        if self._pool is None:
            raise RuntimeError("the pool was closed")
        return self._pool

    async def _switch(self) -> None:
        if self._pool is not None and time.monotonic() - self._tried < AGAIN and self._switching is None:
            return
        if self._switching is None:
            self._switching = asyncio.ensure_future(self._open())
            self._switching.add_done_callback(self._switched)
        if self._pool is None:
            await asyncio.shield(self._switching)
        else:
            await asyncio.wait((self._switching,), timeout=PATIENCE)

    def _switched(self, task: asyncio.Task[None]) -> None:
        self._switching = None
        if not task.cancelled() and task.exception() is None:
            self._tried = 0.0
        elif self._pool is not None:
            self._tried = time.monotonic()
            print(f"mcgraph: the newest snapshot cannot be served yet: {task.exception()}", file=sys.stderr)

    async def _open(self) -> None:
        mark = self._mark()
        source, release = await anyio.to_thread.run_sync(self._opening)
        pool = self._pool or Pool(self.limits)
        try:
            await pool.open(source, release)
        except BaseException:
            release()
            raise
        self._pool = pool
        self._seen = mark
        self._make_columns(source)

    def _make_columns(self, source: Source) -> None:
        """Have the columns of a new snapshot made beside; until they stand, its index answers everything."""
        if self._making:
            self._making.cancel()
        self._making = asyncio.ensure_future(self._columns_of(source))

    async def _columns_of(self, source: Source) -> None:
        process = await anyio.to_thread.run_sync(begin_making, source, self._all_limits)
        if process is None:
            return
        try:
            while process.poll() is None:
                await asyncio.sleep(LOOKED_AGAIN)
            if process.returncode:
                said = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
                print(f"mcgraph: the columns of the newest snapshot could not be made: {said[-500:]}", file=sys.stderr)
            elif self._pool:
                self._pool.take_columns(source)
        finally:
            process.kill()
            process.wait()
            if process.stderr:
                process.stderr.close()

    def _mark(self) -> object:
        """Something that is another when the store has another snapshot."""
        if self._root is None:
            return ()
        try:
            now = (self._root / "CURRENT").stat()
        except OSError:
            return None
        return now.st_mtime_ns, now.st_ino, now.st_size

    async def ask(self, wanted: Wanted) -> tuple[Rows, Source]:
        """One query on the newest snapshot, with that snapshot."""
        pool = await self.pool()
        async with pool.pinned() as generation:
            return await pool.run(wanted, generation), generation.source

    async def work(self, client: str, job: Callable[[Source, PooledEngine], Found]) -> Found:
        """Run a job that asks several queries, in a thread, all on one snapshot."""
        pool = await self.pool()
        loop = asyncio.get_running_loop()
        async with pool.pinned() as generation:
            engine = PooledEngine(pool, generation, loop, client)
            return await anyio.to_thread.run_sync(job, generation.source, engine)

    async def beside(self, job: Callable[[Source], Found]) -> tuple[Found, Source]:
        """Run a job of our own in a thread, on a snapshot that stays open meanwhile."""
        pool = await self.pool()
        async with pool.pinned() as generation:
            return await anyio.to_thread.run_sync(job, generation.source), generation.source

    def state(self) -> dict[str, int]:
        """What the pool does at this moment."""
        return self._pool.state() if self._pool else {}

    async def close(self) -> None:
        """End all workers and give the snapshot back."""
        if self._switching:
            self._switching.cancel()
            await asyncio.gather(self._switching, return_exceptions=True)
        if self._making:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)
        pool, self._pool = self._pool, None
        if pool:
            await pool.close()


class PooledEngine:
    """The pool as something that blocks, for the code that the command line uses too.

    `most` is how many rows a query gives that does not say so itself; after `end_within` all queries have one budget.
    """

    def __init__(self, pool: Pool, generation: Generation, loop: asyncio.AbstractEventLoop, client: str) -> None:
        """Ask one snapshot on behalf of a client."""
        self._pool = pool
        self._generation = generation
        self._loop = loop
        self._client = client
        self.most = pool.limits.rows_returned
        self._seconds = 0
        self._deadline = math.inf

    def end_within(self, seconds: int) -> None:
        """Begin no query later than so many seconds from now: for a request that asks dozens, each with its budget."""
        self._seconds = seconds
        self._deadline = time.monotonic() + seconds

    def check_time(self) -> None:
        """Raises `LimitReached` where the request has had its time."""
        if time.monotonic() > self._deadline:
            raise LimitReached(
                f"the queries of this request took longer than {self._seconds} s together",
                fix="Ask again: what was counted is kept. Or add a filter, or ask for CSV, which has no counts.",
                limit="served_query_seconds",
            )

    @property
    def columns(self) -> Asks | None:
        """What answers about the whole graph, where the snapshot has columns."""
        shared = self._generation.columns
        return _Columns(self, shared) if shared else None

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        """The rows of one query, at most `rows` of them.

        Raises what `Pool.run` raises, and `LimitReached` after the time of `end_within`.
        """
        self.check_time()
        wanted = Wanted(text, self.most if rows is None else rows, client=self._client)
        return asyncio.run_coroutine_threadsafe(self._pool.run(wanted, self._generation), self._loop).result()


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of the snapshot, with as many rows as `engine` gives."""

    engine: PooledEngine
    shared: SharedColumns

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        self.engine.check_time()
        return self.shared.run(text, rows=self.engine.most if rows is None else rows)


class ClientGone(McgraphError):
    """Nobody waits for the answer any more."""

    code = "client-gone"

    def __init__(self) -> None:
        """Say it; nobody hears it."""
        super().__init__("the client has gone")
