"""A store that is open: questions to one snapshot, and the changes that make the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.store import files, opening, writer
from mcgraph.store.locks import WriterLock
from mcgraph.store.manifest import Event, Manifest, SubmissionInfo
from mcgraph.store.writer import LoadResult

if TYPE_CHECKING:
    import pyoxigraph as ox
    from rdflib import Dataset

    from mcgraph.model.batch import Batch
    from mcgraph.model.finding import Place

Row = tuple[str | None, ...]


def open_graph(
    path: str | Path,
    *,
    create: bool = False,
    read_only: bool = True,
    ontology: Path | None = None,
    snapshots_kept: int = 5,
) -> Graph:
    """Open the store in a folder.

    A reader sees the snapshot that is in force now until it is closed, whatever a writer does meanwhile.
    With `read_only=False` the right to write is taken, for as long as the graph is open. `create` makes an
    empty store where there is none. `ontology` is the folder of the model's Turtle files (default: the
    bundled one), which is loaded with the next change.

    Raises `StoreUnavailable` where the store is missing, damaged, of a newer format, or being written.
    """
    root = Path(path)
    if create:
        opening.create(root)
    opening.check_format(root)
    lock = WriterLock(root / "lock") if not read_only else None
    try:
        if lock is not None:
            with files.guarded(root):
                lock.acquire()
        opened = opening.open_current(root, lock)
        if lock is not None and not opened.is_fallback:
            with files.guarded(root):
                writer.tidy(root, opened.manifest, snapshots_kept)
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    return Graph(root, opened, lock, ontology, snapshots_kept)


class Graph:
    """One snapshot of a store. Make it with `open_graph`; use it as a context manager or `close` it."""

    def __init__(
        self, root: Path, opened: opening.Opened, lock: WriterLock | None, ontology: Path | None, kept: int
    ) -> None:
        self.path = root
        self._opened: opening.Opened | None = opened
        self._lock = lock
        self._ontology = ontology
        self._kept = kept
        self._verified: set[str] = set()

    @property
    def _now(self) -> opening.Opened:
        if self._opened is None:
            raise WrongUse("this graph is closed", fix="Open it again with open_graph.")
        return self._opened

    @property
    def snapshot(self) -> str:
        """The id of the snapshot: same inputs in the same order, same id."""
        return self._now.manifest.snapshot

    @property
    def manifest(self) -> Manifest:
        """What the snapshot is made of."""
        return self._now.manifest

    @property
    def index_path(self) -> Path:
        """The folder another process may open with `pyoxigraph.Store.read_only` while this graph is open."""
        return self._now.folder / "graph"

    @property
    def triples(self) -> int:
        """Triples in all named graphs; known without counting."""
        return self._now.stamp.triples

    @property
    def graphs(self) -> Mapping[str, int]:
        """The named graphs and how many triples each holds."""
        return self._now.stamp.graphs

    @property
    def store(self) -> ox.Store:
        """The read-only Oxigraph store of the snapshot."""
        return self._now.store

    def query(self, sparql: str, **options: Any) -> Any:
        """Run a SPARQL query of ours over the union of all named graphs; `options` go to `pyoxigraph`.

        Text of users goes through `mcgraph.queries`, which bounds it. A triple that stands in two graphs
        counts twice in the union: use DISTINCT where that matters.
        """
        options.setdefault("use_default_graph_as_union", True)
        try:
            return self.store.query(sparql, **options)
        except SyntaxError as fault:
            raise WrongUse(f"this query cannot be read: {fault}") from fault
        except files.FAILURES as fault:
            raise self._broken(fault) from fault

    def rows(self, sparql: str, **options: Any) -> list[Row]:
        """The rows of a query as plain strings: IRI, lexical form, or None where a variable is unbound.

        ASK gives one row with `true` or `false`; CONSTRUCT gives subject, predicate and object.
        """
        import pyoxigraph as ox

        found = self.query(sparql, **options)
        if isinstance(found, ox.QueryBoolean):
            return [("true" if found else "false",)]
        try:
            if isinstance(found, ox.QueryTriples):
                return [(_text(t.subject), _text(t.predicate), _text(t.object)) for t in found]
            return [tuple(None if value is None else _text(value) for value in row) for row in found]
        except files.FAILURES as fault:
            raise self._broken(fault) from fault

    def _broken(self, fault: Exception) -> StoreUnavailable:
        return StoreUnavailable(
            f"the index is damaged ({fault})",
            where=str(self.index_path),
            fix="Run `mcgraph doctor --rebuild`: the index is only a copy and is built again from the batches.",
        )

    def load(self, batch: Batch, info: SubmissionInfo | None = None) -> LoadResult:
        """Store a batch in the place of what its source had before, all or nothing; then read the result.

        The same content again changes nothing. Raises `StoreUnavailable` where the disk fails or is full:
        the store is then as it was.
        """
        return self._after(*self._writer().load(batch, info or SubmissionInfo()))

    def replace_inferred(self, batch: Batch) -> LoadResult:
        """Store a reasoner's triples (the columns of `batch`) in the inferred graph.

        They belong to the facts they were drawn from: the next load or `forget` that changes something
        takes them out again. `mc:stacksInto` needs no call: it follows from the stacking rules.
        """
        return self._after(*self._writer().infer(batch))

    def forget(self, source: str) -> LoadResult:
        """Take a source out of the current snapshot.

        Its files go when the last kept snapshot that names them goes; `purge` removes them now.
        """
        return self._after(*self._writer().forget(source))

    def purge(self) -> None:
        """Keep only the current snapshot, so that what was forgotten is gone from the disk.

        The index is built anew, because data files are shared between snapshots. What another process is
        reading at this moment goes with the next change.
        """
        manifest = self._writer().purge()
        self._now.close()
        self._opened = None
        self._opened = opening.open_current(self.path, self._lock)
        with files.guarded(self.path):
            writer.tidy(self.path, manifest, 1)

    def _writer(self) -> writer.Writer:
        if self._lock is None or not self._lock.held:
            raise WrongUse("this graph was opened for reading", fix="Open it with read_only=False to change it.")
        return writer.Writer(self.path, self._now, self._ontology, self._kept)

    def _after(self, manifest: Manifest, result: LoadResult) -> LoadResult:
        """Read the new snapshot; what follows the switch can no longer undo it."""
        if manifest is not self.manifest:
            self._now.close()
            self._opened = None
            self._opened = opening.open_current(self.path, self._lock)
            try:
                writer.tidy(self.path, manifest, self._kept)
            except (OSError, KeyboardInterrupt) as fault:
                # The pointer has moved: the change is acknowledged whatever happens to old files.
                opening.warn(f"stored; old files are removed at the next load ({fault or 'interrupted'})")
        return result

    def history(self) -> tuple[Event, ...]:
        """What was done to the store, oldest first."""
        return self.manifest.events

    def stats(self) -> dict[str, Any]:
        """What the store holds, as `mcgraph stats --json` prints it; read from the manifest, not counted."""
        return {
            "snapshot": self.snapshot,
            "triples": self.triples,
            "records": self.manifest.kinds(),
            "sources": self.manifest.sources(),
            "graphs": dict(self.graphs),
        }

    def cell_of(self, record: str, predicate: str = "") -> list[Place]:
        """The cells that say `predicate` of `record` (IRIs); without a predicate, the rows of the record."""
        return self.cells_of([record], predicate)[record]

    def cells_of(self, records: Iterable[str], predicate: str = "") -> dict[str, list[Place]]:
        """`cell_of` for many records, for which each source is read once."""
        from mcgraph.store import origins

        return origins.places(self, records, predicate, self._verified)

    def as_rdflib(self) -> Dataset:
        """This snapshot as a read-only rdflib `Dataset`, answered from the index, not copied into memory."""
        from mcgraph.store.rdflib_view import dataset

        return dataset(self)

    def close(self) -> None:
        """Give back the index, and the right to write."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Graph:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _text(term: Any) -> str:
    import pyoxigraph as ox

    return f"_:{term.value}" if isinstance(term, ox.BlankNode) else str(getattr(term, "value", term))
