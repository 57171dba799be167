"""What `mcgraph doctor` asks of a store: every checksum, every count, and what to do about each answer."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from mcgraph.errors import StoreUnavailable
from mcgraph.store import batches, content, files, index, opening
from mcgraph.store import manifest as manifests
from mcgraph.store.locks import WriterLock
from mcgraph.store.manifest import Manifest

_READ_ALL = "SELECT (SUM(STRLEN(STR(?s)) + STRLEN(STR(?o))) AS ?n) WHERE { ?s ?p ?o }"
State = Literal["ok", "note", "broken"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: its state, what was seen, and what to do."""

    what: str
    state: State
    found: str
    fix: str = ""

    def to_json(self) -> dict[str, Any]:
        """The members as a document."""
        return asdict(self)


def examine(root: Path) -> list[Check]:
    """Look at every file of a store without changing any."""
    try:
        opening.check_format(root)
    except StoreUnavailable as fault:
        missing = not (root / "FORMAT").exists() and not (root / "CURRENT").exists()
        return [Check("store", "note" if missing else "broken", f"{fault.message} ({root})", fault.fix)]
    checks = [Check("format", "ok", f"format {opening.FORMAT}")]
    current = _current(root, checks)
    _old_manifests(root, current, checks)
    if current is not None:
        _batches(root, current, checks)
        _index(root, current, checks)
    _leftovers(root, checks)
    return checks


def _current(root: Path, checks: list[Check]) -> Manifest | None:
    try:
        name = manifests.current_name(root)
        if not name:
            checks.append(Check("snapshot", "note", "the making of this store was interrupted", "Load something."))
            return None
        manifest = manifests.read(root, name)
    except StoreUnavailable as fault:
        fix = "Any load makes a new snapshot on top of the newest whole one; then load again what is missing."
        checks.append(Check("snapshot", "broken", f"{fault.where}: {fault.message}", fix))
        return None
    checks.append(Check("snapshot", "ok", f"{manifest.snapshot}, {len(manifest.submissions)} sources"))
    return manifest


def _old_manifests(root: Path, current: Manifest | None, checks: list[Check]) -> None:
    names = manifests.names(root)
    broken = []
    for name in names:
        try:
            manifests.read(root, name)
        except StoreUnavailable:
            broken.append(name)
    fix = "It goes by itself after a few loads; until then no old batch is removed." if broken else ""
    found = f"damaged: {', '.join(broken)}" if broken else f"{len(names)} kept, all whole"
    serious = current is None and len(broken) == len(names)
    checks.append(Check("manifests", "broken" if serious else "note" if broken else "ok", found, fix))


def _batches(root: Path, manifest: Manifest, checks: list[Check]) -> None:
    for known in manifest.submissions:
        folder = root / "batches" / known.batch
        broken = batches.damaged_file(folder, known.sums)
        if broken is None:
            size = sum(path.stat().st_size for path in folder.iterdir())
            checks.append(Check(f"batch of {known.source}", "ok", f"{known.triples:,} triples, {size / 1e6:,.1f} MB"))
        else:
            fix = (
                f"Load {known.source} again from its files: {', '.join(f.name for f in known.files) or 'see history'}."
            )
            checks.append(Check(f"batch of {known.source}", "broken", f"missing or damaged: {broken}", fix))
    if manifest.ontology:
        try:
            content.ontology_path(root, manifest.ontology)
        except StoreUnavailable as fault:
            fix = "The next load stores it again from the installed model."
            checks.append(Check("model", "broken", f"{fault.where}: {fault.message}", fix))


def _index(root: Path, manifest: Manifest, checks: list[Check]) -> None:
    """Count the triples and read every text once: RocksDB checks each block that is read."""
    rebuild = "Run `mcgraph doctor --rebuild`: the index is only a copy of the batches."
    folder = root / "index" / manifest.name
    if not folder.exists():
        later = "It is made when the store is next opened, or now by `mcgraph doctor --rebuild`."
        checks.append(Check("index", "note", "not made yet", later))
        return
    try:
        stamp = index.read_stamp(folder, manifest)
        import pyoxigraph as ox

        store = ox.Store.read_only(str(folder / "graph"))
        counted = len(store)
        if counted != stamp.triples:
            raise StoreUnavailable(f"it holds {counted:,} triples and should hold {stamp.triples:,}")
        store.query(_READ_ALL, use_default_graph_as_union=True)
    except StoreUnavailable as fault:
        checks.append(Check("index", "broken", fault.message, rebuild))
    except files.FAILURES as fault:
        checks.append(Check("index", "broken", f"a block cannot be read: {fault}", rebuild))
    else:
        checks.append(Check("index", "ok", f"{counted:,} triples, as the manifest says"))


def _leftovers(root: Path, checks: list[Check]) -> None:
    lock = WriterLock(root / "lock")
    try:
        lock.acquire()
    except StoreUnavailable as busy:
        checks.append(Check("writer", "note", busy.message))
        return
    except OSError as denied:
        checks.append(Check("writer", "note", f"the store can be read but not written: {denied}"))
        return
    lock.release()
    folders = (root, root / "batches", root / "manifests", root / "index", root / "ontology")
    left = [path for folder in folders if folder.is_dir() for path in folder.glob(f"{files.TEMPORARY}*")]
    if left:
        checks.append(Check("leftovers", "note", f"{len(left)} of an interrupted load", "The next load removes them."))


def rebuild_index(root: Path) -> float:
    """Build the index of the current snapshot again; returns the seconds it took.

    Raises `StoreUnavailable` where another process writes, or a batch is damaged.
    """
    start = time.perf_counter()
    opening.check_format(root)
    with files.guarded(root), WriterLock(root / "lock") as lock:
        lock.tell(opening.MAKING)
        files.remove_leftovers(root / "index")
        index.rebuild(root, manifests.read(root, manifests.current_name(root)))
    return time.perf_counter() - start
