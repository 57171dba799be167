"""One query worker of a pool: a process that is spoken to without blocking the event loop."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

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


class PoolWorker(asyncio.SubprocessProtocol):
    """A process on one index. Start it with `start`; ask it one thing at a time; `kill` it at any instant."""

    def __init__(self, source: Source, limits: Limits) -> None:
        """For `start`; keeps what is said in refusals."""
        loop = asyncio.get_running_loop()
        self.is_whole = True
        self.ready: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._source = source
        self._limits = limits
        self._pending = bytearray()
        self._collector: Collector | None = None
        self._answer: asyncio.Future[Rows] | None = None
        self._transport: Any = None
        self._lowered = False

    @classmethod
    async def start(cls, source: Source, limits: Limits) -> PoolWorker:
        """A process that has begun to open the index; `ready` is done when it has."""
        transport, worker = await asyncio.get_running_loop().subprocess_exec(
            lambda: cls(source, limits),
            *command(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            process_group=PROCESS_GROUP,
        )
        worker._transport = transport
        worker._write(opening(source.index_path, limits))
        return worker

    def ask(self, line: str, text: str) -> asyncio.Future[Rows]:
        """Send a request; the future has its answer, or the refusal."""
        self.is_whole = False
        self._answer = asyncio.get_running_loop().create_future()
        self._collector = Collector(text, self._limits, self._source.index_path, self._limits.served_answer_bytes)
        if self.ended.done():
            self._fail(out_of_memory(self._limits))
        else:
            self._write(line)
        return self._answer

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        """Take what the worker says, line by line."""
        new = data.encode() if isinstance(data, str) else data
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

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        """The end of its output is the end of the worker, however that came."""
        if fd == 1:
            self._over()

    def process_exited(self) -> None:
        """The process is gone; what it wrote before may still be on its way."""
        self.is_whole = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing more will come."""
        self._over()
        if not self.ended.done():
            self.ended.set_result(None)

    def _over(self) -> None:
        self.is_whole = False
        if not self.ready.done():
            self.ready.set_exception(out_of_memory(self._limits))
        self._fail(out_of_memory(self._limits))
        # Nobody need wait for either; an exception that is not fetched is no fault here.
        for future in (self.ready, self._answer):
            if future and future.done() and not future.cancelled():
                future.exception()

    def _write(self, line: str) -> None:
        pipe = self._transport.get_pipe_transport(0)
        if pipe and not pipe.is_closing():
            pipe.write(line.encode("utf-8", "surrogatepass"))

    def lower(self) -> None:
        """Let other queries go first."""
        self._lowered = _priority(self._transport.get_pid(), LOW) or self._lowered

    def restore(self) -> None:
        """Take the ordinary priority again; where the system forbids that, the worker is of no further use."""
        if self._lowered and not _priority(self._transport.get_pid(), 0):
            self.is_whole = False
        self._lowered = False

    def kill(self) -> None:
        """End the process, whatever it is doing."""
        self.is_whole = False
        # Closing kills a process that still runs, and closes its pipes.
        self._transport.close()


def _too_long(limits: Limits) -> LimitReached:
    return LimitReached(
        f"the answer is longer than {limits.served_answer_bytes:,} characters",
        fix="Ask for it in parts (ORDER BY with LIMIT and OFFSET), or raise MCGRAPH_LIMIT_SERVED_ANSWER_BYTES.",
        limit="served_answer_bytes",
    )


def _priority(pid: int, nice: int) -> bool:
    """Set the priority of every thread of a worker (its process group); says whether the system let us."""
    if not hasattr(os, "setpriority"):
        return False
    try:
        os.setpriority(os.PRIO_PGRP, pid, nice)
    except (PermissionError, ProcessLookupError):
        return False
    return True
