"""One process on the columns of a snapshot for all who ask the endpoint, one after another.

A question about the whole graph uses every core for a second or two, so that several at once would only be slower
together, and take the memory several times. Who comes meanwhile waits, within the bounds of the endpoint.
"""

from __future__ import annotations

import threading

from mcgraph.limits import Limits
from mcgraph.queries.columnar import using
from mcgraph.queries.conversation import Busy, Rows
from mcgraph.queries.engine import Engine
from mcgraph.queries.kept import Kept


class SharedColumns:
    """Answers as `Engine` does, from any thread; `close` it with its snapshot."""

    def __init__(self, prepared: using.Prepared, limits: Limits) -> None:
        """The process starts with the first question."""
        self._prepared = prepared
        self._limits = limits
        self._engine: Engine | None = None
        self._turn = threading.Lock()
        self._counting = threading.Lock()
        self._kept = Kept(limits.served_kept_bytes)
        self._waiting = 0
        self._closed = False

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        """The rows of one query, at most `rows` of them: those given before, where they are still kept.

        Raises what `Engine.run` raises, and `Busy` where too many wait or the wait takes too long.
        """
        key = (text, rows)
        found = self._given_before(key)
        if found is not None:
            return found
        self._wait()
        try:
            # Who was first may have asked the same.
            found = self._given_before(key)
            if found is None:
                found = self._ask(text, rows)
                with self._counting:
                    self._kept.put(key, text, found)
            return found
        finally:
            self._turn.release()

    def _given_before(self, key: tuple[str, int | None]) -> Rows | None:
        with self._counting:
            return self._kept.get(key)

    def _wait(self) -> None:
        with self._counting:
            if self._waiting >= self._limits.served_long_waiting:
                raise Busy("too many questions are waiting", fix="Ask again in a moment.", limit="served_long_waiting")
            self._waiting += 1
        try:
            mine = self._turn.acquire(timeout=self._limits.served_wait_seconds)
        finally:
            with self._counting:
                self._waiting -= 1
        if not mine:
            raise Busy(
                f"other questions about the whole graph took more than {self._limits.served_wait_seconds} s",
                fix="Ask again in a moment.",
                limit="served_wait_seconds",
            )

    def _ask(self, text: str, rows: int | None) -> Rows:
        if self._closed:
            raise Busy("the server is stopping", fix="Ask again in a moment.")
        if self._engine is None or not self._engine.is_open:
            self._engine = using.start(self._prepared, self._limits)
        return self._engine.run(text, rows=rows)

    def close(self) -> None:
        """End the process."""
        self._closed = True
        if self._engine is not None:
            self._engine.close()


def shared(source: object, limits: Limits) -> SharedColumns | None:
    """The columns of a snapshot that is served; None where it has none."""
    prepared = using.prepare(source, limits, make=False)
    return SharedColumns(prepared, limits) if prepared else None
