"""One killable process beside us that answers queries from an index, and how to talk with it."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from mcgraph.errors import LimitReached, StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import Kind
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries.guard import from_graphs
from mcgraph.queries.syntax import syntax_refusal

# The longest answer that is held, in characters of its transport; a longer one is cut and marked.
ANSWER_CHARACTERS = 100_000_000
_WORKER = Path(__file__).with_name("worker.py")


class Source(Protocol):
    """What can be asked: a folder another process can open, and the snapshot it stands for."""

    @property
    def index_path(self) -> Path:
        """The folder of the index."""

    @property
    def snapshot(self) -> str:
        """The identifier of the state that is asked."""


@dataclass(frozen=True, slots=True)
class Rows:
    """What the engine gave back for one query text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    types: tuple[tuple[str, ...], ...]
    kind: Kind = "table"
    limit: str = ""


class Engine:
    """A worker on one index; use it in a `with` block, which always ends the process."""

    def __init__(self, index: Path, limits: Limits) -> None:
        """Start the worker on the folder `index`; it is ready when it first answers."""
        self._limits = limits
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(_WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            text=True,
            encoding="utf-8",
            errors="surrogatepass",
        )
        self._replies: queue.Queue[str] = queue.Queue(maxsize=64)
        self._ended = False
        threading.Thread(target=self._listen, daemon=True).start()
        # Processor time ends a worker whose parent was killed before it could end it.
        seconds = limits.query_seconds * 4
        self._send({"index": str(index), "megabytes": limits.query_megabytes, "seconds": seconds})
        self._index = index
        self._ready = False

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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
        where time or memory ran out before the first row, `StoreUnavailable` for an index that cannot be
        opened. Rows that came before the time ran out are given back with `limit` set.
        """
        deadline = time.monotonic() + self._limits.query_seconds
        self._wait_ready(deadline)
        graphs = from_graphs(text, PREFIXES) if "from" in text.casefold() else []
        most = self._limits.rows_returned if rows is None else rows
        self._send({"query": text, "prefixes": PREFIXES, "rows": most, "from": graphs})
        return self._collect(text, deadline)

    def _collect(self, text: str, deadline: float) -> Rows:
        columns: tuple[str, ...] = ()
        kind: Kind = "table"
        cells: list[tuple[str | None, ...]] = []
        types: list[tuple[str, ...]] = []
        held = 0
        while True:
            try:
                line = self._next(deadline)
            except LimitReached:
                if not cells:
                    raise
                return Rows(columns, tuple(cells), tuple(types), kind, "query_seconds")
            head, *rest = json.loads(line)
            if head == "columns":
                kind, columns = rest[0], tuple(rest[1])
            elif head == "rows":
                for row in rest[0]:
                    cells.append(tuple(None if cell is None else cell[1] for cell in row))
                    types.append(tuple("" if cell is None else cell[0] for cell in row))
                held += len(line)
                if held > ANSWER_CHARACTERS:
                    self.close()
                    return Rows(columns, tuple(cells), tuple(types), kind, "answer size")
            elif head == "end":
                return Rows(columns, tuple(cells), tuple(types), kind, "rows_returned" if rest[0] else "")
            else:
                raise self._refusal(rest[0], rest[1], text)

    def _refusal(self, kind: str, said: str, text: str) -> Exception:
        if kind == "syntax":
            return syntax_refusal(text, said)
        if kind == "graph":
            return WrongUse(
                f"the store holds no graph <{said}>",
                fix="FROM may name graphs of this store only; leave it out to ask all of them together.",
            )
        if kind == "memory":
            return self._out_of_memory()
        if kind == "index":
            return StoreUnavailable(f"the index at {self._index} cannot be opened: {said}", fix="Run `mcgraph doctor`.")
        return LimitReached(f"the engine gave up on this query: {said}", fix="Simplify the query.")

    def _out_of_memory(self) -> LimitReached:
        return LimitReached(
            f"the query needed more than {self._limits.query_megabytes:,} MB, or the engine broke on it",
            fix="Ask for less at once, or raise MCGRAPH_LIMIT_QUERY_MEGABYTES.",
        )

    def _wait_ready(self, deadline: float) -> None:
        if not self._ready:
            head, *rest = json.loads(self._next(deadline))
            if head == "error":
                raise self._refusal(rest[0], rest[1], "")
            self._ready = True

    def _next(self, deadline: float) -> str:
        try:
            line = self._replies.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            self.close()
            raise LimitReached(
                f"the query was stopped after {self._limits.query_seconds} s",
                fix="Ask for less, or raise MCGRAPH_LIMIT_QUERY_SECONDS.",
            ) from None
        if not line:
            self.close()
            raise self._out_of_memory()
        return line

    def _send(self, message: dict[str, Any]) -> None:
        pipe = self._process.stdin
        try:
            if pipe:
                pipe.write(json.dumps(message) + "\n")
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
