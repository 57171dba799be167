"""Finding the snapshot in force and an index that truly stands for it, or saying why not."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import StoreUnavailable
from mcgraph.store import files, index
from mcgraph.store import manifest as manifests
from mcgraph.store.index import Stamp
from mcgraph.store.locks import InUse, WriterLock
from mcgraph.store.manifest import Manifest

if TYPE_CHECKING:
    import pyoxigraph as ox

FORMAT = 1
_FORMAT_FILE = "FORMAT"
_ATTEMPTS = 20
# What the lock says while the index is made: without one, the store cannot be read beside it.
MAKING = "making the index of this store"
# An opening waits so long for an index that another process is making, and looks so often.
WAIT_SECONDS = 10.0
_LOOK_SECONDS = 0.1


@dataclass(slots=True)
class Opened:
    """A snapshot that can be read: its manifest, its sealed index, and the mark that keeps it there."""

    manifest: Manifest
    stamp: Stamp
    folder: Path
    store: ox.Store
    mark: InUse
    is_fallback: bool = False

    def close(self) -> None:
        """Stop reading it."""
        self.mark.release()


def warn(text: str) -> None:
    """Say something that nobody may miss, where it does not disturb the output."""
    print(f"mcgraph: {text}", file=sys.stderr)


def create(root: Path) -> None:
    """Make an empty store, unless there is one; one whose making was interrupted is finished."""
    if (root / "CURRENT").exists():
        return
    with files.guarded(root):
        if root.exists() and (not root.is_dir() or _strangers(root)):
            raise StoreUnavailable(
                "this folder holds other files and is not a store of mcgraph",
                where=str(root),
                fix="Name another folder with --store.",
            )
        if manifests.has_content(root):
            return
        for name in ("batches", "manifests", "index", "ontology"):
            files.make_folder(root / name)
        with WriterLock(root / "lock"):
            if (root / "CURRENT").exists():
                return
            files.remove_leftovers(root / "index")
            files.write(root / _FORMAT_FILE, f"mcgraph-store {FORMAT}\n".encode())
            empty = Manifest()
            index.rebuild(root, empty)
            manifests.write(root, empty)
            manifests.switch(root, empty)


def _strangers(root: Path) -> bool:
    ours = {"batches", "manifests", "index", "ontology", "quarantine", "reviews", "lock", _FORMAT_FILE}
    return any(p.name not in ours and not p.name.startswith(files.TEMPORARY) for p in root.iterdir())


def check_format(root: Path) -> None:
    """Refuse a store that is not there, is no store, or was written by a newer mcgraph.

    Raises `StoreUnavailable`.
    """
    try:
        said = (root / _FORMAT_FILE).read_bytes().decode("ascii", "replace")
    except OSError as fault:
        raise StoreUnavailable(
            "there is no store here",
            where=str(root),
            fix="Load something first: `mcgraph load FILE --source NAME`, or name the folder with --store.",
        ) from fault
    word, _, number = said.strip().partition(" ")
    if word != "mcgraph-store" or not number.isdecimal() or said != f"{word} {number}\n":
        raise StoreUnavailable("this file is damaged", where=str(root / _FORMAT_FILE))
    if int(number) > FORMAT:
        raise StoreUnavailable(
            f"this store has format {number}; this version of mcgraph knows formats up to {FORMAT}",
            where=str(root),
            fix="Use the newer mcgraph that wrote it.",
        )


def open_current(root: Path, lock: WriterLock | None = None) -> Opened:
    """The snapshot in force, with its index rebuilt where that is missing or damaged.

    Where the snapshot itself is damaged, the newest earlier one that is whole is opened and that is said
    loudly. Where another process is making the index, it is waited for a while. Raises `StoreUnavailable` naming the
    file where there is none, the process where it takes longer, or why the index cannot be made.
    """
    check_format(root)
    deadline = time.monotonic() + WAIT_SECONDS
    is_told = False
    while True:
        try:
            return _open_now(root, lock)
        except _Locked as busy:
            if time.monotonic() >= deadline:
                raise
            if not is_told:
                warn(f"{busy.message}; waiting for it …")
                is_told = True
            time.sleep(_LOOK_SECONDS)


def _open_now(root: Path, lock: WriterLock | None) -> Opened:
    for _ in range(_ATTEMPTS):
        name = ""
        try:
            name = manifests.current_name(root)
            if not name:
                raise _Busy(
                    "the making of this store was interrupted",
                    where=str(root),
                    fix="It is empty: run the load again, which finishes it.",
                )
            manifest = manifests.read(root, name)
            try:
                return _open_generation(root, manifest)
            except StoreUnavailable as fault:
                if _has_moved(root, name):
                    continue
                return _rebuild(root, manifest, fault, lock)
        except _Busy:
            raise
        except StoreUnavailable as fault:
            if name and _has_moved(root, name):
                continue
            return _fall_back(root, fault, lock)
    raise StoreUnavailable("the store changes faster than it can be read", where=str(root))


class _Busy(StoreUnavailable):
    """Nothing is broken that an earlier snapshot would mend: wait, make room, or finish what was begun."""


class _Locked(_Busy):
    """Another process has the right to change the store, and with it to make the index."""


def _has_moved(root: Path, name: str) -> bool:
    """Whether a writer switched to another snapshot while we looked at `name`."""
    try:
        return manifests.current_name(root) != name
    except StoreUnavailable:
        return False


def _open_or_rebuild(root: Path, manifest: Manifest, lock: WriterLock | None) -> Opened:
    try:
        return _open_generation(root, manifest)
    except StoreUnavailable as fault:
        return _rebuild(root, manifest, fault, lock)


def _open_generation(root: Path, manifest: Manifest) -> Opened:
    import pyoxigraph as ox

    folder = root / "index" / manifest.name
    try:
        mark = InUse(folder / "in-use")
    except OSError as fault:
        raise StoreUnavailable("the index is missing", where=str(folder)) from fault
    try:
        stamp = index.read_stamp(folder, manifest)
        store = ox.Store.read_only(str(folder / "graph"))
        if not (folder / "in-use").exists():
            # A writer removed it between its name being read and our mark being set.
            raise FileNotFoundError(folder)
    except BaseException as fault:
        mark.release()
        if isinstance(fault, files.FAILURES):
            raise StoreUnavailable(f"the index is damaged ({fault})", where=str(folder)) from fault
        raise
    return Opened(manifest, stamp, folder, store, mark)


def _rebuild(root: Path, manifest: Manifest, fault: StoreUnavailable, lock: WriterLock | None) -> Opened:
    """Build the index again, under the writer's lock."""
    own = lock if lock is not None and lock.held else WriterLock(root / "lock")
    taken = not own.held
    if taken:
        try:
            own.acquire()
        except StoreUnavailable as busy:
            raise _Locked(
                f"{fault.message}; {busy.message}",
                where=fault.where,
                fix="The store can be read when that process has ended: try again then.",
            ) from busy
        except OSError as denied:
            raise _Busy(f"{fault.message}, and it cannot be rebuilt: {denied}", where=fault.where) from denied
    try:
        try:
            # Another reader may have mended it while we waited.
            return _open_generation(root, manifest)
        except StoreUnavailable:
            warn(f"{fault.message}; rebuilding it from the stored batches …")
        try:
            with files.guarded(root):
                own.tell(MAKING)
                files.remove_leftovers(root / "index")
                index.rebuild(root, manifest)
                own.tell("")
        except files.CannotWrite as full:
            said = f"{fault.message}, and it cannot be made: {full.message}"
            raise _Busy(said, where=full.where, fix=full.fix) from full
        return _open_generation(root, manifest)
    finally:
        if taken:
            own.release()


def _fall_back(root: Path, fault: StoreUnavailable, lock: WriterLock | None) -> Opened:
    """The newest snapshot that is whole; never the empty one a store begins with."""
    for name in manifests.names(root):
        try:
            manifest = manifests.read(root, name)
            if not manifest.number:
                continue
            opened = _open_or_rebuild(root, manifest, lock)
        except _Busy:
            raise
        except StoreUnavailable:
            continue
        opened.is_fallback = True
        warn(
            f"THE CURRENT SNAPSHOT IS DAMAGED. {fault}\n"
            f"mcgraph: answering from {manifest.snapshot} of {manifest.time} instead. "
            "Load again what came after it; `mcgraph doctor` tells what is broken."
        )
        return opened
    raise StoreUnavailable(
        f"{fault.message}, and no earlier snapshot is whole",
        where=fault.where,
        fix="Run `mcgraph doctor` to see what is broken, then load the sources into a new store.",
    ) from fault
