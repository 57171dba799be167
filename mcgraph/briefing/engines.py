"""Engines on one snapshot, lent query by query, so that the questions of a briefing are asked side by side."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from mcgraph.errors import LimitReached

if TYPE_CHECKING:
    from mcgraph.queries.engine import Engine, Rows

SIDE_BY_SIDE = 2
Made = TypeVar("Made")


class Engines:
    """Some workers of one kind; use it in a `with` block, which ends them all."""

    def __init__(self, make: Callable[[], Engine], workers: int = SIDE_BY_SIDE) -> None:
        """Start the workers; `make` starts one."""
        self._make = make
        self._free: queue.SimpleQueue[Engine] = queue.SimpleQueue()
        self._all = [make() for _ in range(workers)]
        for engine in self._all:
            self._free.put(engine)

    def __enter__(self) -> Engines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        for engine in self._all:
            engine.close()

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        """The rows of one query by whichever worker is free; one that a limit ended is started anew."""
        engine = self._free.get()
        try:
            return engine.run(text, rows=rows)
        except LimitReached:
            engine.close()
            engine = self._make()
            self._all.append(engine)
            raise
        finally:
            self._free.put(engine)


def once(make: Callable[[], Made]) -> Callable[[], Made]:
    """`make`, run at most once whoever asks first; the others wait for it."""
    lock = threading.Lock()
    made: list[Made] = []

    def get() -> Made:
        with lock:
            if not made:
                made.append(make())
        return made[0]

    return get
