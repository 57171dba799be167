"""Many sources into a new store at once: their files first, then one index of all, or none yet.

The index is only a copy: who opens a store without one makes it then (`opening`). So the truth can be written at the
pace of the disk, and the index at another time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.store import batches, content, files, index, opening
from mcgraph.store import manifest as manifests
from mcgraph.store.locks import WriterLock
from mcgraph.store.manifest import EVENTS_KEPT, Event, Manifest, SubmissionInfo
from mcgraph.store.writer import now, require_name, written

if TYPE_CHECKING:
    from mcgraph.model.batch import Batch


def fill(root: Path, given: Iterable[tuple[Batch, SubmissionInfo]], *, indexed: bool = True) -> Manifest:
    """Make the store at `root` and put sources into it: all of them are there afterwards, or it stays empty.

    Without `indexed` the index is left to whoever opens the store first. Raises `WrongUse` where the store has
    something in it or two sources have one name, `StoreUnavailable` where the disk fails.
    """
    opening.create(root)
    with files.guarded(root), WriterLock(root / "lock"):
        manifest = manifests.read(root, manifests.current_name(root))
        if manifest.number:
            raise WrongUse(f"«{root}» has something in it already", fix="Name a new folder with --store.")
        empty, ontology = manifest, content.keep_ontology(root, None)
        for batch, info in given:
            if manifest.of(batch.source):
                raise WrongUse(f"the source «{batch.source}» comes twice")
            require_name(batch.source)
            info = replace(info, time=info.time or now())
            new = written(root, batch, info)
            following = empty.following((*manifest.submissions, new), ontology, info.time, empty.number + 1)
            added = batches.frame(root / "batches" / new.batch, "records").get_column("iri").n_unique()
            event = Event(
                time=info.time, action="load", source=new.source, snapshot=following.snapshot, mapping=new.mapping,
                files=tuple(f.name for f in new.files), rules=new.rules, records=new.records,
                rejected=new.records_rejected, triples=new.triples, added=added, synthetic=new.synthetic,
                quality=new.quality,
            )  # fmt: skip
            manifest = replace(following, events=(*manifest.events, event)[-EVENTS_KEPT:])
        if manifest.number:
            if indexed:
                index.rebuild(root, manifest)
            manifests.write(root, manifest)
            manifests.switch(root, manifest)
    return manifest
