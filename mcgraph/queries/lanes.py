"""Places for queries that run at the same time, with a bounded queue of those who wait for one."""

from __future__ import annotations

import asyncio
from collections import Counter

from mcgraph.queries.conversation import Busy


class Lane:
    """A number of places, given to those who wait in the order they came.

    `share` is the most places of one client (0: no bound): who has his share waits, and others pass.
    """

    def __init__(self, places: int, waiting: int, seconds: float, share: int = 0) -> None:
        """`waiting` is how many may wait, `seconds` how long each."""
        self.places = places
        self.inside = 0
        self._most = waiting
        self._seconds = seconds
        self._share = share
        self._clients: Counter[str] = Counter()
        self._queue: dict[asyncio.Future[None], str] = {}

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._queue)

    def try_enter(self, client: str = "") -> bool:
        """Come in, if that passes nobody who waits; says whether that was so."""
        if self.inside >= self.places or self._queue or self._has_share(client):
            return False
        self._admit(client)
        return True

    async def enter(self, client: str = "") -> None:
        """Come in as soon as there is a place.

        Raises `Busy` where too many wait already, or the wait takes too long.
        """
        if self.try_enter(client):
            return
        if len(self._queue) >= self._most:
            raise Busy("too many queries are waiting", fix="Ask again in a moment.", limit="served_waiting")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue[future] = client
        try:
            done, _ = await asyncio.wait((future,), timeout=self._seconds)
        except asyncio.CancelledError:
            self._withdraw(future, client)
            raise
        if not done:
            self._withdraw(future, client)
            raise Busy(
                f"no place became free within {self._seconds:g} s",
                fix="Ask again in a moment; a query that runs long waits longest.",
                limit="served_wait_seconds",
            )

    def _withdraw(self, future: asyncio.Future[None], client: str) -> None:
        if future.done():
            self.leave(client)
        else:
            self._queue.pop(future)

    def leave(self, client: str = "") -> None:
        """Give a place back, to the first who waits and has not his share."""
        self.inside -= 1
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]
        for future, waits in tuple(self._queue.items()):
            if self.inside >= self.places:
                return
            if not self._has_share(waits):
                self._queue.pop(future)
                self._admit(waits)
                future.set_result(None)

    def _has_share(self, client: str) -> bool:
        return bool(self._share) and self._clients[client] >= self._share

    def _admit(self, client: str) -> None:
        self.inside += 1
        self._clients[client] += 1
