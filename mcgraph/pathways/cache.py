"""The arrays of a store on disk: made once for a snapshot and a day, thrown away when in doubt.

    derived/pathways/<snapshot>-<date>-v<version>/  one .npy per array, credentials.ipc, statements.ipc, stamp.json

The folder is written beside and renamed, so it is there whole or not at all; `stamp.json` has the checksum of every
file. A copy that is damaged, of another version or of another day is made again from the batches.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.pathways.arrays import Arrays, Gates
from mcgraph.pathways.rulebook import RowSource

if TYPE_CHECKING:
    import numpy as np

# Raised whenever the arrays or their meaning change.
VERSION = 1
KEPT = 3
_STAMP = "stamp.json"


def open_arrays(graph: RowSource, *, date: datetime.date) -> Arrays:
    """The arrays of a graph as of `date`: from its cache where there is one, else built and kept for the next time.

    A store that cannot be written, and a graph that is no folder of ours, are built each time. Raises
    `StoreUnavailable` where a batch file of the store is damaged.
    """
    from mcgraph.pathways.build import build
    from mcgraph.store.graph import Graph

    if not isinstance(graph, Graph):
        return build(graph, date=date)
    folder = folder_of(graph.path, graph.snapshot, date)
    found = load(folder)
    if found is None or (found.snapshot, found.date) != (graph.snapshot, date):
        found = build(graph, date=date)
        # The cache is only a copy: where it cannot be written the answer is the same, a little later.
        with contextlib.suppress(OSError):
            save(folder, found)
    return found


def folder_of(root: Path, snapshot: str, date: datetime.date) -> Path:
    """Where the arrays of a snapshot and a day stand in a store."""
    safe = re.sub(r"[^A-Za-z0-9-]", "_", snapshot)
    return root / "derived" / "pathways" / f"{safe}-{date.isoformat()}-v{VERSION}"


def save(folder: Path, arrays: Arrays) -> None:
    """Write the arrays in one step; of two processes that do, one wins and both are right.

    Raises `OSError` where the disk cannot be written.
    """
    import numpy as np

    from mcgraph.store import files

    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = files.temporary(folder.parent, folder.name)
    files.remove(beside)
    beside.mkdir()
    try:
        for known in fields(Gates):
            np.save(beside / f"{known.name}.npy", getattr(arrays.gates, known.name), allow_pickle=False)
        arrays.credentials.write_ipc(beside / "credentials.ipc")
        arrays.statements.write_ipc(beside / "statements.ipc")
        sums = {path.name: checksum(path) for path in sorted(beside.iterdir())}
        about = {
            "version": VERSION,
            "snapshot": arrays.snapshot,
            "date": arrays.date.isoformat(),
            "rules_stated": arrays.rules_stated,
            "sums": sums,
        }
        (beside / _STAMP).write_text(json.dumps(about, indent=1), encoding="utf-8")
        files.remove(folder)
        files.rename(beside, folder)
    finally:
        files.remove(beside)
    _tidy(folder)


def load(folder: Path) -> Arrays | None:
    """The arrays in a folder, or None where there are none that are whole and of this version."""
    import numpy as np
    import polars as pl

    about = _stamp(folder)
    if about is None:
        return None
    try:
        gates = Gates(**{known.name: _read(np, folder / f"{known.name}.npy") for known in fields(Gates)})
        return Arrays(
            gates,
            pl.read_ipc((folder / "credentials.ipc").read_bytes()),
            pl.read_ipc((folder / "statements.ipc").read_bytes()),
            datetime.date.fromisoformat(about["date"]),
            about["snapshot"],
            about["rules_stated"],
        )
    except (OSError, ValueError, pl.exceptions.PolarsError):
        # A whole stamp over files that cannot be read: another process is removing the folder just now.
        return None


def _read(np: Any, path: Path) -> np.ndarray[Any, Any]:
    return np.load(path, allow_pickle=False)  # type: ignore[no-any-return]


def _stamp(folder: Path) -> dict[str, Any] | None:
    """What the folder says of itself, once every file has the checksum it should have."""
    try:
        about: dict[str, Any] = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        sums = about["sums"]
        wanted = {f"{known.name}.npy" for known in fields(Gates)} | {"credentials.ipc", "statements.ipc"}
        whole = about["version"] == VERSION and set(sums) == wanted
        return about if whole and all(checksum(folder / name) == total for name, total in sums.items()) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def checksum(path: Path) -> str:
    """A BLAKE2 sum of a file: it guards against damage, not against an enemy who can write in the store."""
    import hashlib

    with path.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _tidy(newest: Path) -> None:
    """Keep the newest few; what another process reads is already in its memory."""
    from mcgraph.store import files

    others = [path for path in newest.parent.iterdir() if path != newest and not path.name.startswith(files.TEMPORARY)]
    for path in sorted(others, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT - 1 :]:
        files.remove(path)
