"""The arrays of a store on disk: made once for a snapshot and a day, thrown away when in doubt.

    derived/pathways/<snapshot>-<date>-v<version>/  one .npy per array, credentials.ipc, statements.ipc, stamp.json

A copy that is damaged, of another version or of another day is made again from the batches (`store.derived`).
"""

from __future__ import annotations

import contextlib
import datetime
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.pathways.arrays import Arrays, Gates
from mcgraph.pathways.rule import RowSource

if TYPE_CHECKING:
    import numpy as np

# Raised whenever the arrays or their meaning change.
VERSION = 4
KEPT = 3


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
    from mcgraph.store import derived

    return derived.place(root, "pathways", f"{snapshot}-{date.isoformat()}-v{VERSION}")


def save(folder: Path, arrays: Arrays) -> None:
    """Write the arrays in one step.

    Raises `OSError` where the disk cannot be written.
    """
    import numpy as np

    from mcgraph.store import derived

    def fill(beside: Path) -> None:
        for known in fields(Gates):
            np.save(beside / f"{known.name}.npy", getattr(arrays.gates, known.name), allow_pickle=False)
        arrays.credentials.write_ipc(beside / "credentials.ipc")
        arrays.statements.write_ipc(beside / "statements.ipc")

    about = {
        "version": VERSION,
        "snapshot": arrays.snapshot,
        "date": arrays.date.isoformat(),
        "rules_stated": arrays.rules_stated,
    }
    derived.keep(folder, about, fill, kept=KEPT)


def load(folder: Path) -> Arrays | None:
    """The arrays in a folder, or None where there are none that are whole and of this version."""
    import numpy as np
    import polars as pl

    from mcgraph.store import derived

    about = derived.stamp(folder)
    wanted = {f"{known.name}.npy" for known in fields(Gates)} | {"credentials.ipc", "statements.ipc"}
    if about is None or about.get("version") != VERSION or set(about["files"]) != wanted:
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
