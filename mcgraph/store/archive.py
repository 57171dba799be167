"""The files of a store in one tar, and a store from such a tar: nothing is lost, nothing is believed unchecked.

`contents.json` stands first: the snapshot and, per file, its size and SHA-256. What is restored is compared with it,
then the store is opened as any store is, which compares it with its own manifest again.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mcgraph.errors import InputRefused, StoreUnavailable, WrongUse
from mcgraph.store import batches, content, files, index, opening
from mcgraph.store import manifest as manifests

if TYPE_CHECKING:
    from mcgraph.store.graph import Graph
    from mcgraph.store.manifest import Manifest

CONTENTS = "contents.json"
KIND = "mcgraph-archive 1"
_CHUNK = 1 << 20
_MOST_CONTENTS = 50_000_000
# The only names that are unpacked: no way up, no absolute path, no place that a store does not have.
_NAME = re.compile(
    r"FORMAT|CURRENT|manifests/[A-Za-z0-9-]+\.json|ontology/[0-9a-f]{64}\.nt|batches/[0-9a-f]{64}/[a-z]+\.(parquet|json)"
    r"|index/[A-Za-z0-9-]+/(stamp\.json|in-use|graph/[A-Za-z0-9_.-]*[A-Za-z0-9])"
    r"|quarantine/[A-Za-z0-9_.%-]*[A-Za-z0-9](/[A-Za-z0-9_.%-]*[A-Za-z0-9])*"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """The store that was made: its snapshot, triples, and whether its index was in the archive."""

    snapshot: str
    triples: int
    sources: int
    with_index: bool


def write_archive(graph: Graph, path: Path, *, with_index: bool) -> int:
    """Write the snapshot's files to a tar at `path`; returns how many triples it stands for.

    The reader's mark on the generation keeps its files from being removed meanwhile; they never change.
    """
    members = sorted(_members(graph, with_index))
    # What was refused may be replaced by a load of just now: it is read once.
    held = {name: at.read_bytes() for name, at in members if name.startswith("quarantine/")}
    told: dict[str, tuple[int, str]] = {
        name: (len(held[name]), hashlib.sha256(held[name]).hexdigest())
        if name in held
        else (at.stat().st_size, files.checksum(at))
        for name, at in members
    }
    about = {"kind": KIND, "snapshot": graph.snapshot, "triples": graph.triples, "files": told}
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        listed = json.dumps(about, indent=1).encode()
        _add(tar, CONTENTS, io.BytesIO(listed), len(listed))
        for name, at in members:
            with io.BytesIO(held[name]) if name in held else at.open("rb") as source:
                _add(tar, name, source, told[name][0])
        current = f"{graph.manifest.name} {files.checksum(_manifest(graph))}\n".encode()
        _add(tar, "CURRENT", io.BytesIO(current), len(current))
    return graph.triples


def _add(tar: tarfile.TarFile, name: str, source: IO[bytes], size: int) -> None:
    """A member without owner and time: the same store gives the same bytes."""
    entry = tarfile.TarInfo(name)
    entry.size = size
    entry.mode = 0o644
    tar.addfile(entry, source)


def _manifest(graph: Graph) -> Path:
    return graph.path / "manifests" / f"{graph.manifest.name}.json"


def _members(graph: Graph, with_index: bool) -> Iterator[tuple[str, Path]]:
    """Name in the archive and place on the disk of every file of the snapshot."""
    root = graph.path
    yield "FORMAT", root / "FORMAT"
    yield f"manifests/{graph.manifest.name}.json", _manifest(graph)
    if graph.manifest.ontology:
        yield f"ontology/{graph.manifest.ontology}.nt", root / "ontology" / f"{graph.manifest.ontology}.nt"
    folders = {root / "batches" / name for name in graph.manifest.batches()} | {root / "quarantine"}
    if with_index:
        folders.add(graph.index_path.parent)
    for folder in folders:
        for at in sorted(folder.rglob("*")):
            name = at.relative_to(root).as_posix()
            if at.is_file() and at.name not in index.NOT_SEALED and _NAME.fullmatch(name):
                yield name, at


def restore_archive(path: Path, root: Path, *, indexed: bool = True) -> Restored:
    """Make the store at `root`, which must not be there yet, from an archive.

    Without `indexed`, an index that is not in the archive is left to whoever opens the store first.

    Raises `InputRefused` where the file is no such archive or is damaged, `WrongUse` where `root` has something in
    it, `StoreUnavailable` where the disk fails.
    """
    require_new(root)
    with files.guarded(root.absolute().parent):
        files.make_folder(root.absolute().parent)
        beside = files.temporary(root.absolute().parent, root.name)
        files.remove(beside)
        beside.mkdir()
        try:
            about = _unpack(path, beside)
            try:
                with_index = any(name.startswith("index/") for name in about["files"])
                (beside / "batches").mkdir(exist_ok=True)
                (beside / "index").mkdir(exist_ok=True)
                (beside / "ontology").mkdir(exist_ok=True)
                opening.check_format(beside)
                manifest = manifests.read(beside, manifests.current_name(beside))
                if indexed and not with_index:
                    index.rebuild(beside, manifest)
                triples = int(about["triples"])
                if indexed or with_index:
                    triples = index.read_stamp(beside / "index" / manifest.name, manifest).triples
                else:
                    _verify(beside, manifest)
            except StoreUnavailable as fault:
                raise InputRefused(f"the archive is no whole store: {fault.message}", where=path.name) from fault
            files.remove(root)
            files.rename(beside, root)
        finally:
            files.remove(beside)
    return Restored(manifest.snapshot, triples, len(manifest.submissions), with_index)


def _verify(root: Path, manifest: Manifest) -> None:
    """What building the index would find: a batch or a model that is not what the manifest names."""
    for known in manifest.submissions:
        batches.verify(root / "batches" / known.batch, known.sums)
    if manifest.ontology:
        content.ontology_path(root, manifest.ontology)


def require_new(root: Path) -> None:
    """Refuse a place that has something in it: nothing is written over.

    Raises `WrongUse`.
    """
    if root.is_file() or (root.is_dir() and any(root.iterdir())):
        raise WrongUse(
            f"«{root}» is there already, and nothing is written over",
            fix="Name a new folder with --store, or move that one away.",
        )


def _unpack(path: Path, to: Path) -> dict[str, Any]:
    try:
        with tarfile.open(path, "r:") as tar:
            about = _contents(tar, path)
            expected: dict[str, list[Any]] = dict(about["files"])
            files.require_space(to, sum(int(size) for size, _ in expected.values()))
            current = False
            for member in tar:
                if member.name == CONTENTS:
                    continue
                if not member.isreg() or not _NAME.fullmatch(member.name) or ".." in member.name:
                    name = member.name[:80]
                    raise InputRefused(f"the archive has an entry that no store has: «{name}»", where=path.name)
                size, total = expected.pop(member.name, [member.size, ""])
                if member.name == "CURRENT" and not current and member.size < 1_000:
                    current = True
                elif member.size != size or not total:
                    raise InputRefused(f"«{member.name}» is not as the archive's contents say", where=path.name)
                _copy(tar, member, to / member.name, total, path)
    except (tarfile.TarError, EOFError, UnicodeDecodeError) as fault:
        raise InputRefused(f"the archive cannot be read: {fault}", where=path.name) from fault
    except OSError as fault:
        if fault.filename in (None, str(path)) and not path.is_file():
            raise InputRefused(f"the file cannot be read: {fault.strerror}", where=str(path)) from fault
        raise
    if expected or not current:
        missing = next(iter(expected), "CURRENT")
        raise InputRefused(f"the archive is cut short: «{missing}» is missing", where=path.name)
    return about


def _contents(tar: tarfile.TarFile, path: Path) -> dict[str, Any]:
    first = tar.next()
    opened = tar.extractfile(first) if first is not None and first.name == CONTENTS and first.isreg() else None
    if first is None or opened is None or first.size > _MOST_CONTENTS:
        raise InputRefused(
            "this tar was not written by `mcgraph dump`", where=path.name, fix="Give a file that `mcgraph dump` wrote."
        )
    try:
        about: dict[str, Any] = json.loads(opened.read())
        if about["kind"] != KIND:
            raise InputRefused(
                f"this archive is of kind «{str(about['kind'])[:40]}»; this version reads {KIND}",
                where=path.name,
                fix="Use the newer mcgraph that wrote it.",
            )
        for size, total in about["files"].values():
            if not isinstance(size, int) or size < 0 or not isinstance(total, str):
                raise ValueError("a size is no number")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise InputRefused(f"the archive's contents cannot be read: {fault}", where=path.name) from fault
    return about


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, to: Path, total: str, path: Path) -> None:
    source = tar.extractfile(member)
    assert source is not None
    to.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    with to.open("xb") as out:
        while block := source.read(_CHUNK):
            digest.update(block)
            out.write(block)
        out.flush()
    files.sync(to)
    if total and digest.hexdigest() != total:
        raise InputRefused(f"«{member.name}» was damaged on the way: its checksum is another", where=path.name)
