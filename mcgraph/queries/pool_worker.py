"""One query worker of a pool: a process that is spoken to without blocking the event loop."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from typing import IO

from mcgraph.errors import LimitReached, McgraphError
from mcgraph.limits import Limits
from mcgraph.queries.conversation import (
    PROCESS_GROUP,
    Collector,
    Rows,
    command,
    opening,
    out_of_memory,
    refusal,
)
from mcgraph.queries.engine import Source

# How much lower the priority of a long query is (POSIX nice).
LOW = 10
# Longest line of a worker that is taken in: some hundred rows whose cells may hold 64 KB each.
LINE_BYTES = 256 * 1024 * 1024
READ_BYTES = 256 * 1024
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


class PoolWorker:
    """A process on one index. Ask it one thing at a time; `kill` it at any instant.

    `ready` is done when the index is open, `ended` when the process is gone. It is started with plain pipes and not
    by asyncio's subprocesses, whose creation cannot be cancelled without leaving a process behind (Python 3.11).
    """

    def __init__(self, source: Source, limits: Limits) -> None:
        """Start a process that begins to open the index of `source`."""
        self._loop = asyncio.get_running_loop()
        self.is_whole = True
        self.ready: asyncio.Future[None] = self._loop.create_future()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._source = source
        self._limits = limits
        self._pending = bytearray()
        self._unsent = b""
        self._collector: Collector | None = None
        self._answer: asyncio.Future[Rows] | None = None
        self._lowered = False
        self._before: float | None = None
        self._open = True
        self._process = subprocess.Popen(
            command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            process_group=PROCESS_GROUP,
        )
        self._in, self._out = (_unblocked(pipe) for pipe in (self._process.stdin, self._process.stdout))
        self._loop.add_reader(self._out, self._readable)
        self._write(opening(source.index_path, limits))

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ask(self, line: str, text: str) -> asyncio.Future[Rows]:
        """Send a request; the future has its answer, or the refusal."""
        self.is_whole = False
        self._before = _processor_seconds(self.pid)
        self._answer = asyncio.get_running_loop().create_future()
        self._collector = Collector(text, self._limits, self._source.index_path, self._limits.served_answer_bytes)
        if self._open:
            self._write(line)
        else:
            self._fail(out_of_memory(self._limits))
        return self._answer

    def used(self) -> float | None:
        """Seconds of processor time since it was asked, None where the system does not tell."""
        now = _processor_seconds(self.pid)
        return None if now is None or self._before is None else now - self._before

    def _readable(self) -> None:
        """Take what the worker says, line by line; the end of its output is its end, however that came."""
        try:
            new = os.read(self._out, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            new = b""
        if not new:
            self.kill()
            return
        self._pending += new
        if b"\n" in new:
            *lines, self._pending = self._pending.split(b"\n")
            for line in lines:
                self._take(bytes(line))
        elif len(self._pending) > LINE_BYTES:
            self.kill()

    def _take(self, line: bytes) -> None:
        if not self.ready.done():
            self._opened(line)
            return
        if self._collector is None or self._answer is None or self._answer.done():
            return
        try:
            if not self._collector.take(line):
                return
        except McgraphError as refused:
            # A text the engine refused has done no harm to it.
            self.is_whole = not isinstance(refused, LimitReached)
            self._fail(refused)
            return
        if self._collector.limit == "answer size":
            self._fail(_too_long(self._limits))
            return
        self.is_whole = True
        self._answer.set_result(self._collector.rows())

    def _opened(self, line: bytes) -> None:
        head, *rest = json.loads(line)
        if head == "error":
            self.is_whole = False
            self.ready.set_exception(refusal(rest[0], rest[1], "", self._limits, self._source.index_path))
        else:
            self.ready.set_result(None)

    def _fail(self, fault: Exception) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(fault)

    def _write(self, line: str) -> None:
        self._unsent += line.encode("utf-8", "surrogatepass")
        self._writable()

    def _writable(self) -> None:
        """Send what the pipe takes now, and the rest when it takes more."""
        try:
            self._unsent = self._unsent[os.write(self._in, self._unsent) :]
        except BlockingIOError:
            pass
        except OSError:
            # The worker has ended; the end of its output says so.
            self._unsent = b""
        if self._unsent:
            self._loop.add_writer(self._in, self._writable)
        else:
            self._loop.remove_writer(self._in)

    def lower(self) -> None:
        """Let other queries go first."""
        self._lowered = _priority(self.pid, LOW) or self._lowered

    def restore(self) -> None:
        """Take the ordinary priority again; where the system forbids that, the worker is of no further use."""
        if self._lowered and not _priority(self.pid, 0):
            self.is_whole = False
        self._lowered = False

    def kill(self) -> None:
        """End the process, whatever it is doing; what it was asked is refused."""
        if not self._open:
            return
        self._open = self.is_whole = False
        self._loop.remove_reader(self._out)
        self._loop.remove_writer(self._in)
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        for future in (self.ready, self._answer):
            if future and not future.done():
                future.set_exception(out_of_memory(self._limits))
                # Where nobody waits for it any more, an exception that is not fetched is no fault.
                future.exception()
        self._reap(0.001)

    def _reap(self, seconds: float) -> None:
        """Fetch the end of the process, which comes within milliseconds of the signal."""
        if self._process.poll() is None:
            self._loop.call_later(seconds, self._reap, min(0.1, 2 * seconds))
        elif not self.ended.done():
            self.ended.set_result(None)


def _processor_seconds(pid: int) -> float | None:
    """What a process and its threads have used of the processors (Linux)."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as told:  # noqa: PTH123 - once for every query
            fields = told.read().rpartition(b")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    except (OSError, ValueError, IndexError):
        return None


def _unblocked(pipe: IO[bytes] | None) -> int:
    if pipe is None:
        raise OSError("no pipe to the worker")
    os.set_blocking(pipe.fileno(), False)
    return pipe.fileno()


def _too_long(limits: Limits) -> LimitReached:
    return LimitReached(
        f"the answer is longer than {limits.served_answer_bytes:,} characters",
        fix="Ask for it in parts (ORDER BY with LIMIT and OFFSET), or raise MCGRAPH_LIMIT_SERVED_ANSWER_BYTES.",
        limit="served_answer_bytes",
    )


def _priority(pid: int, lower: int) -> bool:
    """Set every thread of a worker (its process group) so far below our own priority; says whether we may."""
    if not hasattr(os, "setpriority"):
        return False
    try:
        os.setpriority(os.PRIO_PGRP, pid, os.getpriority(os.PRIO_PROCESS, 0) + lower)
    except (PermissionError, ProcessLookupError):
        return False
    return True
