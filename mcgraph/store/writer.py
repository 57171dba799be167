"""Changing a store: everything new is written and durable before one pointer is switched."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.store import batches, changes, content, files, index
from mcgraph.store import manifest as manifests
from mcgraph.store.changes import Difference, RecordCounts
from mcgraph.store.locks import unused
from mcgraph.store.manifest import EVENTS_KEPT, Event, Manifest, Submission, SubmissionInfo
from mcgraph.store.opening import Opened, warn

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.model.batch import Batch

# A triple is taken out at about 80,000/s and bulk-loaded at about 170,000/s, so that a change which removes
# more than this share of a store is done faster by building its index anew.
_REBUILD_SHARE = 0.4
_REBUILD_FROM = 20_000
_BYTES_PER_TRIPLE = 350
_SPACE_AT_LEAST = 16_000_000


@dataclass(frozen=True, slots=True)
class LoadResult:
    """What a change did. `added`, `changed` and `removed` count records; the rest counts triples."""

    snapshot: str
    source: str
    unchanged: bool
    triples: int
    added: int = 0
    changed: int = 0
    removed: int = 0
    triples_added: int = 0
    triples_removed: int = 0

    def __str__(self) -> str:
        """One line, as the command line prints it."""
        if self.unchanged:
            return f"{self.source}: unchanged · snapshot {self.snapshot}"
        return (
            f"{self.source}: {self.added:,} {'record' if self.added == 1 else 'records'} added, "
            f"{self.changed:,} changed, {self.removed:,} removed"
            f" · {self.triples:,} triples in the store · snapshot {self.snapshot}"
        )


@dataclass(frozen=True, slots=True)
class Writer:
    """Changes to the store at `root`, starting from what is open; the caller holds the writer's lock."""

    root: Path
    opened: Opened
    ontology: Path | None
    kept: int

    def load(self, batch: Batch, info: SubmissionInfo) -> tuple[Manifest, LoadResult]:
        """Put a batch in the place of what its source had before."""
        require_name(batch.source)
        return self._put(batch, info, "load")

    def infer(self, batch: Batch) -> tuple[Manifest, LoadResult]:
        """Put a reasoner's triples in the place of those it handed in before."""
        return self._put(replace(batch, source=content.INFERRED), SubmissionInfo(), "infer")

    def forget(self, source: str) -> tuple[Manifest, LoadResult]:
        """Take a source out of the current snapshot."""
        before = self.opened.manifest
        old = before.of(source)
        if old is None:
            known = ", ".join(s.source for s in before.submissions) or "none"
            raise WrongUse(f"the store has no source «{source}»", fix=f"It has: {known}.")
        left = tuple(s for s in before.submissions if s.source not in (source, content.INFERRED))
        with files.guarded(self.root):
            following = before.following(left, self._ontology(), now(), self._number())
            event = Event(now(), "forget", source, following.snapshot, old.mapping, records=old.records)
            return self._commit(following, event, source, None)

    def purge(self) -> Manifest:
        """The same snapshot with an index built anew: the old one's data files may hold what was forgotten."""
        before = self.opened.manifest
        with files.guarded(self.root):
            time = now()
            following = before.following(before.submissions, before.ontology, time, self._number())
            event = Event(time, "purge", "", following.snapshot)
            following = replace(following, previous="", events=(*before.events, event)[-EVENTS_KEPT:])
            index.rebuild(self.root, following)
            manifests.write(self.root, following)
            manifests.switch(self.root, following)
        return following

    def _put(self, batch: Batch, info: SubmissionInfo, action: str) -> tuple[Manifest, LoadResult]:
        before = self.opened.manifest
        with files.guarded(self.root):
            new = written(self.root, batch, info, self._sums_of)
            time = new.time
            following = before.following(self._placed(new), self._ontology(), time, self._number())
            event = Event(
                time=time,
                action=action,
                source=new.source,
                snapshot=following.snapshot,
                mapping=new.mapping,
                files=tuple(f.name for f in new.files),
                rules=new.rules,
                records=new.records,
                rejected=new.records_rejected,
                triples=new.triples,
                synthetic=new.synthetic,
                quality=new.quality,
            )
            return self._commit(following, event, new.source, new)

    def _placed(self, new: Submission) -> tuple[Submission, ...]:
        """The submissions with `new` at its source's place; what a reasoner drew goes with its facts."""
        before = self.opened.manifest
        old = before.of(new.source)
        if old is not None and old.identity == new.identity:
            return tuple(new if s is old else s for s in before.submissions)
        drops = content.INFERRED if new.source != content.INFERRED else ""
        kept = [s for s in before.submissions if s.source != drops]
        if old is None:
            return (*kept, new)
        return tuple(new if s.source == new.source else s for s in kept)

    def _sums_of(self, name: str) -> dict[str, str] | None:
        """The checksums under which a kept snapshot knows a batch of this content."""
        for manifest in kept_manifests(self.root):
            for known in manifest.submissions:
                if known.batch == name:
                    return dict(known.sums)
        return None

    def _ontology(self) -> str:
        return content.keep_ontology(self.root, self.ontology)

    def _number(self) -> int:
        """A number above every manifest there is, damaged ones included."""
        numbers = [int(name[:8]) for name in manifests.names(self.root) if name[:8].isdecimal()]
        return max([self.opened.manifest.number, *numbers]) + 1

    def _commit(
        self, following: Manifest, event: Event, source: str, new: Submission | None
    ) -> tuple[Manifest, LoadResult]:
        before = self.opened.manifest
        old = before.of(source)
        same = following.snapshot == before.snapshot
        if same and (old is None or new is None or old.sums == new.sums):
            return before, LoadResult(before.snapshot, source, True, self.opened.stamp.triples)
        if old is not None and not self._is_readable(old):
            moved, counts, stamp = self._anew(following, new)
        else:
            moved, counts, stamp = self._changed(following, old, new)
        event = replace(event, added=counts.added, changed=counts.changed, removed=counts.removed)
        following = replace(following, events=(*before.events, event)[-EVENTS_KEPT:])
        manifests.write(self.root, following)
        manifests.switch(self.root, following)
        result = LoadResult(
            snapshot=following.snapshot,
            source=source,
            unchanged=same,
            triples=stamp.triples,
            added=0 if same else counts.added,
            changed=counts.changed,
            removed=counts.removed,
            triples_added=0 if same else moved.added_count,
            triples_removed=moved.removed.height,
        )
        return following, result

    def _is_readable(self, old: Submission) -> bool:
        broken = batches.damaged_file(self._folder(old), old.sums)
        if broken is not None:
            warn(f"the earlier batch of «{old.source}» is damaged ({broken}); all its records count as added")
        return broken is None

    def _folder(self, known: Submission) -> Path:
        return self.root / "batches" / known.batch

    def _anew(self, following: Manifest, new: Submission | None) -> tuple[Difference, RecordCounts, index.Stamp]:
        after = content.of_submission(self.root, new) if new else None
        moved = changes.difference(None, after)
        counts = changes.records(None, self._folder(new) if new else None, moved)
        return moved, counts, index.rebuild(self.root, following)

    def _changed(
        self, following: Manifest, old: Submission | None, new: Submission | None
    ) -> tuple[Difference, RecordCounts, index.Stamp]:
        before = self.opened.manifest
        facts = changes.difference(
            content.of_submission(self.root, old) if old else None,
            content.of_submission(self.root, new) if new else None,
        )
        was, comes = (self._folder(known) if known else None for known in (old, new))
        counts = changes.records(was, comes, facts)
        if facts.removed.height > max(_REBUILD_FROM, _REBUILD_SHARE * self.opened.stamp.triples):
            return facts, counts, index.rebuild(self.root, following)
        origins = changes.difference(self._provenance(old), self._provenance(new))
        builder = index.Builder(self.root, following)
        try:
            builder.start_from(self.opened.folder, self.opened.stamp)
            if following.ontology != before.ontology:
                path = content.ontology_path(self.root, following.ontology) if following.ontology else None
                builder.replace_file(content.ONTOLOGY_GRAPH, path)
            source = (old or new or following.submissions[0]).source
            if source != content.INFERRED:
                builder.apply(content.graph_of(source), facts)
            builder.apply(content.PROVENANCE_GRAPH, origins)
            drawn, redrawn = before.of(content.INFERRED), following.of(content.INFERRED)
            if drawn is not None and redrawn is None and source != content.INFERRED:
                builder.apply(content.PROVENANCE_GRAPH, changes.difference(self._provenance(drawn), None))
            if drawn or redrawn or any(s is not None and s.has_rules for s in (old, new)):
                builder.apply(content.INFERRED_GRAPH, self._inferred(before, following))
            return facts, counts, builder.seal()
        except BaseException:
            builder.abandon()
            raise

    def _provenance(self, known: Submission | None) -> pl.LazyFrame | None:
        return None if known is None else content.provenance(self.root, known)

    def _inferred(self, before: Manifest, following: Manifest) -> Difference:
        for known in before.submissions:
            if known.has_rules or known.source == content.INFERRED:
                batches.verify(self._folder(known), known.sums)
        return changes.difference(content.inferred(self.root, before), content.inferred(self.root, following))


def require_name(source: str) -> None:
    """Refuse a name that no source can have. Raises `WrongUse`."""
    if source in content.RESERVED or not source:
        raise WrongUse(f"«{source}» cannot be the name of a source", fix="Choose another --source.")


def written(
    root: Path, batch: Batch, info: SubmissionInfo, known: Callable[[str], dict[str, str] | None] | None = None
) -> Submission:
    """Write a batch and make it durable: the submission that a manifest may name from now on.

    `known` gives the checksums under which a kept snapshot has a batch of this name already.
    """
    needed = max(3 * sum(f.size for f in info.files), batch.size * _BYTES_PER_TRIPLE)
    files.require_space(root, needed + _SPACE_AT_LEAST)
    name = batches.content_name(batch)
    done = batches.write(root, batch, name=name, keep=known(name) if known else None)
    return Submission(
        source=batch.source,
        batch=done.name,
        sums=done.sums,
        mapping=batch.mapping,
        triples=done.triples,
        records=done.records,
        kinds=done.kinds,
        has_rules=done.has_rules,
        time=info.time or now(),
        synthetic=info.synthetic,
        files=info.files,
        rules=dict(info.rules),
        records_read=info.records_read or done.records,
        records_rejected=info.records_rejected,
        findings=dict(info.findings),
        quality=dict(info.quality),
    )


def now() -> str:
    """The time of a change, to the second, in UTC."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def kept_manifests(root: Path) -> list[Manifest]:
    """Every manifest that can be read, newest first."""
    found = []
    for name in manifests.names(root):
        try:
            found.append(manifests.read(root, name))
        except StoreUnavailable:
            continue
    return found


def _tidy_derived(root: Path, current: Manifest) -> None:
    """Remove what was computed from other snapshots: `derived/<room>/<snapshot>-…`; what was forgotten goes with it."""
    for room in sorted((root / "derived").glob("*/")):
        files.remove_leftovers(room)
        for path in sorted(room.iterdir()):
            if not path.name.startswith(f"{current.snapshot}-"):
                files.remove(path)


def tidy(root: Path, current: Manifest, kept: int) -> None:
    """Remove leftovers, and what no kept snapshot and no reader needs; the writer's lock is held."""
    for folder in (root, root / "batches", root / "manifests", root / "index", root / "ontology"):
        files.remove_leftovers(folder)
    _tidy_derived(root, current)
    used = set()
    for path in sorted((root / "index").iterdir()):
        # The one in force is not even looked at: a reader may be taking its mark at this moment.
        if path.name != current.name:
            with unused(path / "in-use") as free:
                if free:
                    files.remove(path)
                else:
                    used.add(path.name)
    manifest_names = [name for name in manifests.names(root) if name <= current.name]
    staying = {*manifest_names[:kept], current.name, *used}
    for name in manifests.names(root):
        if name not in staying:
            files.remove(root / "manifests" / f"{name}.json")
    needed = [manifest for manifest in kept_manifests(root) if manifest.name in staying]
    if len(needed) < len(manifests.names(root)):
        # A manifest that cannot be read may need any batch: remove none.
        return
    batch_names = set[str]().union(*(manifest.batches() for manifest in needed))
    for path in sorted((root / "batches").iterdir()):
        if path.name not in batch_names:
            files.remove(path)
    models = {f"{manifest.ontology}.nt" for manifest in needed}
    for path in sorted((root / "ontology").iterdir()):
        if path.name not in models:
            files.remove(path)
