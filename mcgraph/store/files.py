"""Every write of the store goes through here: written beside, synced, renamed, never half there.

`watch` is called before each step that changes the disk, so that a test can make any one of them fail or
kill the process there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mcgraph.errors import McgraphError, StoreUnavailable

Watch = Callable[[str, Path], None]

watch: Watch | None = None

TEMPORARY = "tmp-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS = ("No space left", "Disk quota exceeded", "File too large", "os error 28", "os error 27")
_CHUNK = 1 << 20
# pyoxigraph says OSError for most failures of the disk and RuntimeError for a block with a wrong checksum.
FAILURES = (OSError, RuntimeError)


class CannotWrite(StoreUnavailable):
    """The disk is full or may not be written: nothing is broken by that."""


def step(doing: str, path: Path) -> None:
    """Say that the disk is about to be changed; a test may raise from here."""
    if watch is not None:
        watch(doing, path)


@contextmanager
def guarded(folder: Path) -> Iterator[None]:
    """Turn every failure of the disk inside the block into a sentence."""
    try:
        yield
    except McgraphError:
        raise
    except FAILURES as fault:
        raise _sentence(folder, fault) from fault
    except Exception as fault:
        # polars has error classes of its own for a disk that fails under it.
        if type(fault).__module__.startswith("polars") or "panic" in type(fault).__name__.lower():
            raise _sentence(folder, fault) from fault
        raise


def _sentence(folder: Path, fault: Exception) -> StoreUnavailable:
    text = str(fault)
    if getattr(fault, "errno", None) in _FULL or any(word in text for word in _FULL_WORDS):
        return CannotWrite(
            "the disk is full, or a file would be larger than allowed; the store is as it was before",
            where=str(folder),
            fix="Free some space, then run the same command again.",
        )
    if isinstance(fault, PermissionError) or getattr(fault, "errno", None) == errno.EROFS:
        return CannotWrite(
            f"the store cannot be written: {text}", where=str(folder), fix="Check who owns the folder."
        )
    return StoreUnavailable(
        f"the disk failed: {text}",
        where=str(folder),
        fix="The store is as it was before; check it with `mcgraph doctor`, then run the command again.",
    )


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: a reader sees all of it or what was there before."""
    beside = path.with_name(f"{TEMPORARY}{os.getpid()}-{path.name}")
    step("write", beside)
    try:
        with beside.open("wb") as out:
            out.write(content)
            out.flush()
            step("sync", beside)
            os.fsync(out.fileno())
        rename(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def rename(old: Path, new: Path) -> None:
    """Rename a file or folder and make the new name durable."""
    step("rename", new)
    old.replace(new)
    sync_folder(new.parent)


def sync(path: Path) -> None:
    """Wait until the content of a file is on the disk."""
    step("sync", path)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(path: Path) -> None:
    """Wait until the names in a folder are on the disk."""
    step("sync-folder", path)
    if os.name == "nt":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(path: Path) -> None:
    """Make a folder, durably, with the ones above it."""
    if path.is_dir():
        return
    make_folder(path.parent)
    step("make-folder", path)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def temporary(parent: Path, name: str) -> Path:
    """A name beside the final one, known to be a leftover when the writer is gone."""
    return parent / f"{TEMPORARY}{os.getpid()}-{name}"


def remove(path: Path) -> None:
    """Remove a file or a whole folder; a folder loses its name first, so that it is never seen half empty."""
    if not path.exists() and not path.is_symlink():
        return
    step("remove", path)
    if path.is_dir() and not path.is_symlink():
        gone = path
        if not path.name.startswith(TEMPORARY):
            gone = temporary(path.parent, f"gone-{path.name}")
            shutil.rmtree(gone, ignore_errors=True)
            path.replace(gone)
        shutil.rmtree(gone)
    else:
        path.unlink(missing_ok=True)


def remove_leftovers(folder: Path) -> int:
    """Remove what an interrupted writer left in `folder`; call it with the writer's lock held."""
    leftovers = sorted(folder.glob(f"{TEMPORARY}*")) if folder.is_dir() else []
    for path in leftovers:
        remove(path)
    return len(leftovers)


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_CHUNK):
            digest.update(block)
    return digest.hexdigest()


def require_space(folder: Path, needed: int) -> None:
    """Refuse before starting when the disk has less than `needed` bytes free."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StoreUnavailable(
            f"the disk has {free / 1e6:,.0f} MB free and this load may need {needed / 1e6:,.0f} MB",
            where=str(folder),
            fix="Free some space, or put the store on another disk with --store.",
        )
