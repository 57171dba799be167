"""One killable process beside us that answers queries from an index, and how to talk with it."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.queries.conversation import (
    PROCESS_GROUP,
    Collector,
    Rows,
    command,
    opening,
    out_of_memory,
    out_of_time,
    refusal,
    request,
)

__all__ = ["Asks", "Engine", "Rows", "Source"]

# The longest answer that is held, in characters of its transport; a longer one is cut and marked.
ANSWER_CHARACTERS = 100_000_000


class Source(Protocol):
    """What can be asked: a folder another process can open, and the snapshot it stands for."""

    @property
    def index_path(self) -> Path:
        """The folder of the index."""

    @property
    def snapshot(self) -> str:
        """The identifier of the state that is asked."""


class Asks(Protocol):
    """What answers a query text: a worker of one's own, or a place among many."""

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        """The rows of one query, at most `rows` of them."""


class Engine:
    """A worker on one index; use it in a `with` block, which always ends the process."""

    def __init__(self, index: Path, limits: Limits, program: Sequence[str] | None = None) -> None:
        """Start the worker (or another `program` that speaks as it does) on the folder `index`.

        It is ready when it first answers.
        """
        self._limits = limits
        self._process = subprocess.Popen(
            list(program or command()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            process_group=PROCESS_GROUP,
            text=True,
            encoding="utf-8",
            errors="surrogatepass",
        )
        self._replies: queue.Queue[str] = queue.Queue(maxsize=64)
        self._ended = False
        threading.Thread(target=self._listen, daemon=True).start()
        self._send(opening(index, limits))
        self._index = index
        self._ready = False

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether it can be asked: it was not closed, by its owner or by a query that went over its budget."""
        return not self._ended

    def close(self) -> None:
        """End the worker, whatever it is doing."""
        self._ended = True
        self._process.kill()
        while not self._replies.empty():
            self._replies.get_nowait()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                try:
                    pipe.close()
                except OSError:
                    continue

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        """The rows of one query, at most `rows` of them.

        Raises `WrongUse` for a text that is not SPARQL or names a graph the store lacks, `LimitReached`
        where time or memory ran out before the first row or an earlier query ended the process,
        `StoreUnavailable` for an index that cannot be opened. Rows that came before the time ran out are given back
        with `limit` set.
        """
        if self._ended:
            raise LimitReached(
                "the process that answers was ended by an earlier query", fix="Open the store again.", limit="engine"
            )
        deadline = time.monotonic() + self._limits.query_seconds
        self._wait_ready(deadline)
        self._send(request(text, self._limits.rows_returned if rows is None else rows))
        taken = Collector(text, self._limits, self._index, ANSWER_CHARACTERS)
        try:
            while not taken.take(self._next(deadline)):
                continue
        except LimitReached as hit:
            if not taken.cells:
                raise
            return taken.rows(hit.limit)
        if taken.limit == "answer size":
            self.close()
        return taken.rows()

    def _wait_ready(self, deadline: float) -> None:
        if not self._ready:
            head, *rest = json.loads(self._next(deadline))
            if head == "error":
                raise refusal(rest[0], rest[1], "", self._limits, self._index)
            self._ready = True

    def _next(self, deadline: float) -> str:
        try:
            line = self._replies.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self.close()
            raise out_of_time(self._limits) from None
        if not line:
            self.close()
            raise out_of_memory(self._limits)
        return line

    def _send(self, line: str) -> None:
        pipe = self._process.stdin
        try:
            if pipe:
                pipe.write(line)
                pipe.flush()
        except (BrokenPipeError, ValueError):
            # The worker ended; the empty line its reader leaves says so at the next read.
            return

    def _listen(self) -> None:
        """Pass the worker's lines on until it ends, then an empty one."""
        pipe = self._process.stdout
        try:
            while pipe and not self._ended:
                line = pipe.readline()
                self._put(line)
                if not line:
                    return
        except (OSError, ValueError):
            self._put("")

    def _put(self, line: str) -> None:
        while not self._ended:
            try:
                self._replies.put(line, timeout=0.2)
            except queue.Full:
                continue
            return
