"""The Oxigraph index: generations that are built aside, sealed, and never changed again.

index/<manifest name>/graph/       what `pyoxigraph.Store.read_only` opens
                      stamp.json   snapshot, triples per graph, size of every file
                      in-use       readers hold a shared lock on it
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import InputRefused, StoreUnavailable
from mcgraph.store import batches, content, files
from mcgraph.store.changes import Difference
from mcgraph.store.manifest import Manifest

if TYPE_CHECKING:
    import polars as pl
    import pyoxigraph as ox

# Below this, one transaction is quicker than a bulk load, which always writes new files.
BULK_FROM = 20_000
OPTIMIZE_FROM_FILES = 400
_CHECKED_WHOLE = 1_000_000
# RocksDB rewrites these without a change of content.
NOT_SEALED = ("LOG", "LOCK")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a generation stands for: snapshot, triples per named graph, and how each file must look."""

    name: str
    snapshot: str
    graphs: Mapping[str, int]
    files: Mapping[str, str]

    @property
    def triples(self) -> int:
        """Triples in all named graphs."""
        return sum(self.graphs.values())


class Stream:
    """Pieces of text as the file object pyoxigraph reads from; Ctrl-C arrives between two reads."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces: Iterator[bytes] = iter(pieces)
        self._piece = b""
        self._at = 0

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; empty at the end."""
        while self._at >= len(self._piece):
            following = next(self._pieces, None)
            if following is None:
                return b""
            self._piece, self._at = following, 0
        end = len(self._piece) if size < 0 else self._at + size
        part = self._piece[self._at : end]
        self._at += len(part)
        return part


class Builder:
    """A generation in the making, in a folder of its own."""

    def __init__(self, root: Path, manifest: Manifest) -> None:
        self.root = root
        self.manifest = manifest
        self.folder = files.temporary(root / "index", manifest.name)
        self.graphs: dict[str, int] = {}
        self._store: ox.Store | None = None

    @property
    def store(self) -> ox.Store:
        """The open Oxigraph store."""
        assert self._store is not None
        return self._store

    def start_empty(self) -> None:
        """Begin with nothing."""
        import pyoxigraph as ox

        self._make_folder()
        files.step("index-create", self.folder)
        self._store = ox.Store(str(self.folder / "graph"))

    def start_from(self, generation: Path, stamp: Stamp) -> None:
        """Begin with a copy by hard links of a generation that is in force."""
        import pyoxigraph as ox

        self._make_folder()
        files.step("index-copy", self.folder)
        # Read-only stores cannot be backed up, and opening one to write would change the sealed files.
        link_tree(generation / "graph", self.folder / "graph")
        self.graphs = dict(stamp.graphs)
        self._store = ox.Store(str(self.folder / "graph"))

    def _make_folder(self) -> None:
        files.remove(self.folder)
        files.step("make-folder", self.folder)
        self.folder.mkdir(parents=True)

    def fill(self, graph: str, triples: pl.LazyFrame) -> None:
        """Bulk-load a graph that is still empty."""
        import pyoxigraph as ox

        files.step("index-load", self.folder)
        with _Strictly():
            self.store.bulk_load(
                input=Stream(batches.ntriples(triples)),  # type: ignore[arg-type]
                format=ox.RdfFormat.N_TRIPLES,
                to_graph=ox.NamedNode(graph),
            )
        self.graphs[graph] = self._count(graph)

    def replace_file(self, graph: str, path: Path | None) -> None:
        """Replace a small graph by the content of an N-Triples file."""
        import pyoxigraph as ox

        files.step("index-load", self.folder)
        self.store.clear_graph(ox.NamedNode(graph))
        if path is not None:
            with _Strictly():
                self.store.load(path=str(path), format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(graph))
        self.graphs[graph] = self._count(graph)

    def apply(self, graph: str, moved: Difference) -> None:
        """Take out what went and put in what came."""

        files.step("index-change", self.folder)
        if moved.removed.height:
            self._take_out(graph, moved.removed.lazy())
        if moved.added_count >= BULK_FROM:
            self.fill(graph, moved.added)
        elif moved.added_count:
            self._put_in(graph, moved.added)
        if moved.kept_beside is not None:
            self._put_in(graph, moved.kept_beside)

    def _take_out(self, graph: str, triples: pl.LazyFrame) -> None:
        for quad in self._quads(graph, triples):
            # Two spellings of one value are one quad: it goes, and is counted, once.
            if quad in self.store:
                self.store.remove(quad)
                self.graphs[graph] -= 1

    def _put_in(self, graph: str, triples: pl.LazyFrame) -> None:
        count = self.graphs.get(graph, 0)
        for quad in self._quads(graph, triples):
            if quad not in self.store:
                self.store.add(quad)
                count += 1
        self.graphs[graph] = count

    def _quads(self, graph: str, triples: pl.LazyFrame) -> Iterator[ox.Quad]:
        import pyoxigraph as ox

        name = ox.NamedNode(graph)
        with _Strictly():
            for triple in self._parsed(triples):
                yield ox.Quad(triple.subject, triple.predicate, triple.object, name)

    def _parsed(self, triples: pl.LazyFrame) -> Iterator[ox.Quad]:
        import pyoxigraph as ox

        return ox.parse(input=Stream(batches.ntriples(triples)), format=ox.RdfFormat.N_TRIPLES)  # type: ignore[arg-type]

    def _count(self, graph: str) -> int:
        import pyoxigraph as ox

        text = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
        found: Any = self.store.query(text, default_graph=ox.NamedNode(graph))
        return int(next(found)["n"].value)

    def seal(self) -> Stamp:
        """Flush, stamp and give the generation its name; only then can a reader see it."""
        files.step("index-flush", self.folder)
        if sum(1 for _ in (self.folder / "graph").iterdir()) > OPTIMIZE_FROM_FILES:
            self.store.optimize()
        self.store.flush()
        self._store = None
        _settle(self.folder / "graph")
        graphs = {graph: count for graph, count in sorted(self.graphs.items()) if count}
        stamp = Stamp(self.manifest.name, self.manifest.snapshot, graphs, _seals(self.folder / "graph"))
        body = {"name": stamp.name, "snapshot": stamp.snapshot, "graphs": graphs, "files": dict(stamp.files)}
        files.write(self.folder / "in-use", b"")
        sealed = json.dumps({**body, "checksum": _sum(body)}, indent=1)
        files.write(self.folder / "stamp.json", sealed.encode())
        final = self.root / "index" / self.manifest.name
        files.remove(final)
        files.rename(self.folder, final)
        return stamp

    def abandon(self) -> None:
        """Remove what was built so far."""
        self._store = None
        files.remove(self.folder)


class _Strictly:
    """The strict parser is the last guard: a term it refuses is refused with the whole batch."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: object) -> None:
        if isinstance(fault, SyntaxError):
            raise InputRefused(
                f"a value of this submission cannot be written as RDF: {fault}",
                fix="This is a fault of the mapping: please report it with the file.",
            ) from fault


def link_tree(old: Path, new: Path) -> None:
    """Copy an Oxigraph folder: immutable data files as hard links, the few others as copies."""
    import os
    import shutil

    new.mkdir()
    for path in sorted(old.iterdir()):
        if path.suffix == ".sst":
            try:
                os.link(path, new / path.name)
            except OSError:
                shutil.copyfile(path, new / path.name)
        elif path.name not in NOT_SEALED:
            shutil.copyfile(path, new / path.name)


def _settle(folder: Path) -> None:
    """Make the files of a closed generation durable."""
    for path in folder.iterdir():
        if path.name not in NOT_SEALED:
            files.sync(path)
    files.sync_folder(folder)


def _seals(folder: Path) -> dict[str, str]:
    found = (path for path in sorted(folder.iterdir()) if not path.name.startswith(NOT_SEALED))
    return {path.name: _seal(path) for path in found}


def _seal(path: Path) -> str:
    """Size of a data file (RocksDB checks its blocks as it reads them), checksum of a small one."""
    size = path.stat().st_size
    return f"{size}" if path.suffix == ".sst" or size > _CHECKED_WHOLE else f"{size} {files.checksum(path)}"


def _sum(body: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def read_stamp(generation: Path, manifest: Manifest) -> Stamp:
    """The stamp of a generation whose files look as they did when it was sealed.

    Raises `StoreUnavailable` where the generation is missing, damaged or of another snapshot.
    """
    try:
        body = json.loads((generation / "stamp.json").read_bytes())
        said = body.pop("checksum")
        stamp = Stamp(body["name"], body["snapshot"], body["graphs"], body["files"])
        if said != _sum(body) or (stamp.name, stamp.snapshot) != (manifest.name, manifest.snapshot):
            raise ValueError("the stamp is of another snapshot")
        if _seals(generation / "graph") != dict(stamp.files):
            raise ValueError("a file of the index was altered")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as fault:
        raise StoreUnavailable(f"the index is missing or damaged ({fault})", where=str(generation)) from fault
    return stamp


def rebuild(root: Path, manifest: Manifest) -> Stamp:
    """Build the generation of a manifest from the batch files.

    Raises `StoreUnavailable` naming the file where a batch is damaged.
    """
    for known in manifest.submissions:
        batches.verify(root / "batches" / known.batch, known.sums)
    builder = Builder(root, manifest)
    try:
        builder.start_empty()
        if manifest.ontology:
            path = content.ontology_path(root, manifest.ontology)
            builder.replace_file(content.ONTOLOGY_GRAPH, path)
        for known in manifest.submissions:
            if known.source != content.INFERRED:
                builder.fill(content.graph_of(known.source), content.of_submission(root, known))
            builder.fill(content.PROVENANCE_GRAPH, content.provenance(root, known))
        if any(known.has_rules or known.source == content.INFERRED for known in manifest.submissions):
            builder.fill(content.INFERRED_GRAPH, content.inferred(root, manifest))
        return builder.seal()
    except BaseException:
        builder.abandon()
        raise
