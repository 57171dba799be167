"""What was computed from a snapshot and can be thrown away: there whole, or not at all.

    derived/<room>/<name>/  the files of one computation, and stamp.json

A folder is filled beside its place and renamed. `stamp.json` has the version of the computation, the snapshot and
the size and checksum of every file. What is damaged, of another version or of another snapshot is computed again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mcgraph.store import files

STAMP = "stamp.json"


def place(root: Path, room: str, name: str) -> Path:
    """Where a computation called `name` (a snapshot id and what else decides it) stands in the store at `root`."""
    return root / "derived" / room / re.sub(r"[^A-Za-z0-9-]", "_", name)


def keep(folder: Path, about: Mapping[str, Any], fill: Callable[[Path], None], *, kept: int) -> None:
    """Let `fill` write its files, stamp them with `about`, and put them in their place in one step.

    Of two processes that do it at once one wins, and both are right. The newest `kept` computations of the room
    stay. Raises `OSError` where the disk cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = files.temporary(folder.parent, folder.name)
    files.remove(beside)
    beside.mkdir()
    try:
        fill(beside)
        told = {path.name: [path.stat().st_size, checksum(path)] for path in sorted(beside.iterdir())}
        (beside / STAMP).write_text(json.dumps({**about, "files": told}, indent=1), encoding="utf-8")
        files.remove(folder)
        files.rename(beside, folder)
    finally:
        files.remove(beside)
    _tidy(folder, kept)


def stamp(folder: Path, *, whole: bool = True) -> dict[str, Any] | None:
    """What the folder says of itself, or None where a file is missing or is not what was written.

    With `whole` every file is read and its checksum compared; else the sizes alone (for large files of a format
    that notices damage by itself).
    """
    try:
        about: dict[str, Any] = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        for name, (size, total) in about["files"].items():
            path = folder / name
            if path.stat().st_size != size or (whole and checksum(path) != total):
                return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return about


def checksum(path: Path) -> str:
    """A BLAKE2 sum of a file: it guards against damage, not against an enemy who can write in the store."""
    import hashlib

    with path.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _tidy(newest: Path, kept: int) -> None:
    """Keep the newest few; what another process reads is already in its memory, or open."""
    others = [path for path in newest.parent.iterdir() if path != newest and not path.name.startswith(files.TEMPORARY)]
    for path in sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)[kept - 1 :]:
        files.remove(path)
