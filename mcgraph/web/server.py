"""The HTTP server: uvicorn with bounds on heads, connections and slow clients, and a clean end."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.limits import Limits

# A running query may end in this time after the server was asked to stop; then it is stopped too.
GRACE = 5
# Bytes of its answer a client must take in `served_client_seconds`.
LEAST = 16_384


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on `host` and `port` (0: any free port).

    Raises `WrongUse` with a sentence where the port is taken or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends small packets at once (TCP_NODELAY) only where the protocol is named: else 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except (OSError, OverflowError) as fault:
        listening.close()
        raise _no_place(host, port, fault) from None
    return listening


def _no_place(host: str, port: int, fault: Exception) -> WrongUse:
    number = getattr(fault, "errno", None)
    if number == errno.EADDRINUSE:
        return WrongUse(
            f"port {port} of {host} is in use by another program",
            fix="Give another with --port, or --port 0 for any that is free.",
        )
    if number in (errno.EACCES, errno.EPERM):
        return WrongUse(f"port {port} may not be used by this user", fix="Give one above 1023 with --port.")
    if isinstance(fault, socket.gaierror) or number == errno.EADDRNOTAVAIL:
        return WrongUse(f"«{host}» is no address of this machine", fix="Use --host 127.0.0.1, or 0.0.0.0 for all.")
    return WrongUse(f"the server cannot listen on {host} port {port}: {fault}")


def run(
    app: Starlette,
    listening: socket.socket,
    limits: Limits,
    *,
    behind_proxy: bool = False,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve `app` until SIGINT or SIGTERM; what runs then may end, for a few seconds.

    `ready` is called when requests are answered. With `behind_proxy` the address of a client is the one a proxy on
    this machine tells.
    """
    config = uvicorn.Config(
        app,
        # Websockets are not offered.
        ws="none",
        http=_bounded(limits),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        limit_concurrency=limits.served_connections,
        timeout_keep_alive=limits.served_client_seconds,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=limits.served_header_bytes,
    )
    # What clients do wrong is no news for the log; what the server does wrong is.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    server = _Server(config, ready)
    server.run(sockets=[listening])
    if not server.started:
        raise StoreUnavailable("the server could not start", fix="Its reason stands above; `mcgraph doctor` may help.")


class _Server(uvicorn.Server):
    """Uvicorn, saying when it is ready, and ending without raising the signal that ended it again."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first signal, at once at the second."""
        caught = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in caught}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _bounded(limits: Limits) -> type[H11Protocol]:
    """The protocol with the time limits of a server."""

    class Bounded(_BoundedProtocol):
        seconds = limits.served_client_seconds

    return Bounded


class _BoundedProtocol(H11Protocol):
    """HTTP/1.1 as uvicorn speaks it, which leaves a client all the time in the world.

    A connection that has not sent a whole request head in `seconds`, or that takes next to nothing of its answer
    for so long, is closed.
    """

    seconds = 10
    _patience: asyncio.TimerHandle | None = None
    _paused = False
    _left = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._hurry()

    def connection_lost(self, exc: Exception | None) -> None:
        self._calm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._calm()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # The next request may take its time to begin (keep-alive), but its head must not trickle in.
        if not self.transport.is_closing() and self.cycle.response_complete and not self._paused:
            self._hurry(1)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._paused = True
        self._left = self.transport.get_write_buffer_size()
        self._hurry()

    def resume_writing(self) -> None:
        self._paused = False
        self._calm()
        super().resume_writing()

    def _hurry(self, more: int = 0) -> None:
        self._calm()
        self._patience = self.loop.call_later(self.seconds + more, self._late)

    def _calm(self) -> None:
        if self._patience:
            self._patience.cancel()
            self._patience = None

    def _late(self) -> None:
        left = self.transport.get_write_buffer_size()
        if self._paused and self._left - left >= LEAST:
            self._left = left
            self._hurry()
            return
        # Not `close`: that would wait for the client to take what it does not take.
        self.transport.abort()
