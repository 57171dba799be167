"""A store from a dump: the store itself from a tar, its facts from N-Quads, Turtle or Parquet.

From a tar comes the same snapshot with its cells, ledger and quarantine. From the others come the statements of each
source; their cells are not in such a file, provenance and inferred triples are made anew, and the model is the one of
this installation: the snapshot has another id.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.store import files, open_graph
from mcgraph.store import manifest as manifests
from mcgraph.store.archive import require_new, restore_archive
from mcgraph.store.dump import check_ending
from mcgraph.store.filling import fill
from mcgraph.store.manifest import InputFile, SubmissionInfo
from mcgraph.submissions.dumped import batches_of


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was restored: the snapshot that is now in force, its triples, its sources, and what is not in it.

    Without an index (`indexed`) a statement that two cells of a source make counts twice in `triples`.
    """

    snapshot: str
    triples: int
    sources: tuple[str, ...]
    same_snapshot: bool
    left_out: tuple[str, ...] = ()
    indexed: bool = True


def restore(path: Path, store: Path, *, limits: Limits | None = None, indexed: bool = True) -> Outcome:
    """Make the store at `store`, which must not be there yet, from a dump.

    Without `indexed` the index, which takes longest and is a copy, is left to whoever opens the store first. Raises
    `InputRefused` for a file that is no dump or is damaged, `WrongUse` for an ending that is not known or a place that
    has something in it. Nothing is left behind where it fails.
    """
    ending = check_ending(path)
    require_new(store)
    if not path.is_file():
        raise InputRefused("there is no such file", where=str(path))
    if ending == ".tar":
        done = restore_archive(path, store, indexed=indexed)
        manifest = manifests.read(store, manifests.current_name(store))
        names = tuple(known.source for known in manifest.submissions)
        return Outcome(done.snapshot, done.triples, names, True, indexed=indexed or done.with_index)
    with ExitStack() as undo:
        undo.callback(files.remove, store)
        given = InputFile(path.name, files.checksum(path), path.stat().st_size)
        left_out: list[str] = []
        with tempfile.TemporaryDirectory(prefix="mcgraph-restore-") as work:
            found = batches_of(ending, path, Path(work), left_out, limits or Limits.from_environment())
            manifest = fill(
                store,
                ((batch, SubmissionInfo(files=(given,), synthetic=invented)) for batch, invented in found),
                indexed=indexed,
            )
        if not manifest.submissions:
            raise InputRefused("the dump has no statement of any source", where=path.name)
        triples = sum(known.triples for known in manifest.submissions)
        if indexed:
            with open_graph(store) as graph:
                triples = graph.triples
        undo.pop_all()
    names = tuple(known.source for known in manifest.submissions)
    return Outcome(manifest.snapshot, triples, names, False, tuple(left_out), indexed)
