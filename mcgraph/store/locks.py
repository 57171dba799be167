"""One writer at a time, and readers that keep the generation they look at from being removed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from mcgraph.errors import StoreUnavailable

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no flock; one user, one process there
    fcntl = None  # type: ignore[assignment]


class WriterLock:
    """The right to change a store; held until `release`, or until the process ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises `StoreUnavailable` with the process id of the holder where another one has it.
        """
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _lock(handle, exclusive=True):
            holder, _, doing = os.pread(handle, 100, 0).decode("ascii", "replace").strip().partition(" ")
            os.close(handle)
            raise StoreUnavailable(
                f"another process ({holder or 'unknown'}) is {doing or 'writing to this store'}",
                where=str(self.path.parent),
                fix="Wait until it is done, or stop it"
                + ("; what was done so far is then lost." if doing else "; reading is possible meanwhile."),
            )
        self._handle = handle
        try:
            self.tell("")
        except OSError:
            self.release()
            raise

    def tell(self, doing: str) -> None:
        """Say what the lock, which is held, is used for; "" for a change, beside which the store can be read."""
        assert self._handle is not None
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()} {doing}".strip().encode() + b"\n", 0)

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._handle is not None

    def release(self) -> None:
        """Give the lock back."""
        if self._handle is not None:
            os.ftruncate(self._handle, 0)
            os.close(self._handle)
            self._handle = None

    def __enter__(self) -> WriterLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class InUse:
    """A shared mark on a file: whoever reads a generation holds one, so that it is not removed."""

    def __init__(self, path: Path) -> None:
        self._handle: int | None = os.open(path, os.O_RDONLY)
        if not _lock(self._handle, exclusive=False):
            self.release()
            raise FileNotFoundError(path)

    def release(self) -> None:
        """Say that the generation is no longer read."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


@contextmanager
def unused(path: Path) -> Iterator[bool]:
    """Whether no reader holds a mark on the file; while the block runs, none can take one."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield True
        return
    try:
        yield _lock(handle, exclusive=True)
    finally:
        os.close(handle)


def _lock(handle: int, *, exclusive: bool) -> bool:
    if fcntl is None:  # pragma: no cover
        return True
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
