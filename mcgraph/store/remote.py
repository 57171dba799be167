"""A graph kept in a SPARQL 1.1 store: the same submissions, snapshot ids and named graphs, at an address.

    graph/source/<source>       the triples of the source, as in a store of our own
    graph/provenance/<source>   what is known of its submission
    graph/inferred/<source>     mc:stacksInto from its stacking rules
    graph/manifest              the snapshot in force, as the text of its manifest; the writer's mark

A load fills graphs of its own under `graph/loading/…`, in pieces that may be sent again; then the new manifest is
announced, the graphs take their places, and the manifest is switched. Whoever asks before the last step gets the
snapshot of before, or is told that a change is under way; a load that was interrupted is finished, or thrown away, by
the next one.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from mcgraph.errors import LimitReached, StoreUnavailable, WrongUse
from mcgraph.model.namespaces import GRAPH, MC
from mcgraph.store import batches, content
from mcgraph.store.endpoint import Asked, Endpoint
from mcgraph.store.manifest import EVENTS_KEPT, Event, Manifest, Submission, SubmissionInfo, decode, encode
from mcgraph.store.remote_parts import (
    LOADING,
    PLACES,
    graph_at,
    pieces,
    placed,
    quoted,
    staged_at,
    submission_of,
    without_blanks,
)
from mcgraph.store.writer import LoadResult, now

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.model.batch import Batch
    from mcgraph.model.finding import Place

_MANIFEST = GRAPH + "manifest"
_CURRENT, _NEXT, _WRITER = (f"{MC}{name}" for name in ("currentManifest", "nextManifest", "writer"))


class RemoteGraph:
    """The snapshot at an endpoint. It is read when the graph is opened and again after each change."""

    def __init__(
        self, endpoint: Asked, address: str, *, ontology: Path | None = None, writing: bool = False
    ) -> None:
        """With `writing`, a change that was announced and not finished is no hindrance: the writer finishes it."""
        self._endpoint = endpoint
        self._address = address
        self._ontology = ontology
        self.manifest = Manifest()
        self._text = ""
        self._read(writing=writing)

    @property
    def snapshot(self) -> str:
        """The id of the snapshot: the same inputs in the same order have the same id in any store."""
        return self.manifest.snapshot

    @property
    def address(self) -> str:
        """Where it is, for what is said of it."""
        return self._address

    @property
    def endpoint(self) -> Asked:
        """What is asked."""
        return self._endpoint

    @property
    def graphs(self) -> tuple[str, ...]:
        """The named graphs that the snapshot is made of."""
        found = [graph_at(kind, known.source) for known in self.manifest.submissions for kind in PLACES]
        return (*found, content.ONTOLOGY_GRAPH, content.INFERRED_GRAPH)

    def rows(self, sparql: str, **options: Any) -> list[tuple[str | None, ...]]:
        """The rows of a query of ours over all graphs of the snapshot, as plain strings; ASK gives one row.

        `prefixes` are declared before the text, as with a store on this machine.
        """
        head = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in options.get("prefixes", {}).items())
        found = self._endpoint.query(head + sparql, graphs=self.graphs)
        if found.is_cut:
            raise LimitReached(
                f"the server gives at most {len(found.rows):,} rows, and this needs all of them",
                where=self._address,
                fix="Raise the bound of the server (Virtuoso: ResultSetMaxRows), or load into a store on this machine.",
            )
        if found.boolean is not None:
            return [("true" if found.boolean else "false",)]
        return [tuple(term[0] if term else None for term in row) for row in found.rows]

    def cell_of(self, record: str, predicate: str = "") -> list[Place]:
        """Nothing: the cells of a value are kept in the files of a store on this machine only."""
        return []

    def history(self) -> tuple[Event, ...]:
        """What was done to the store, oldest first."""
        return self.manifest.events

    def stats(self) -> dict[str, Any]:
        """What the store holds, from the manifest; the triples of the model are not counted."""
        return {
            "snapshot": self.snapshot,
            "triples": sum(known.triples for known in self.manifest.submissions),
            "records": self.manifest.kinds(),
            "sources": self.manifest.sources(),
            "graphs": {graph_at("source", known.source): known.triples for known in self.manifest.submissions},
        }

    def load(self, batch: Batch, info: SubmissionInfo | None = None) -> LoadResult:
        """Put a batch in the place of what its source had before, all or nothing.

        Raises `StoreUnavailable` where the server fails: what was in force before still is.
        """
        import tempfile

        if batch.source in content.RESERVED or not batch.source:
            raise WrongUse(f"«{batch.source}» cannot be the name of a source", fix="Choose another --source.")
        with tempfile.TemporaryDirectory(prefix="mcgraph-remote-") as name, self._writing() as mark:
            root = Path(name)
            (root / "batches").mkdir()
            (root / "ontology").mkdir()
            new = submission_of(root, batch, info or SubmissionInfo())
            old = self.manifest.of(batch.source)
            if old is not None and old.identity == new.identity:
                return LoadResult(self.snapshot, batch.source, True, self.stats()["triples"])
            self._stage(mark, root, new)
            model = self._stage_model(mark, root)
            submissions = placed(self.manifest.submissions, new)
            following = self.manifest.following(submissions, model, new.time, self.manifest.number + 1)
            event = Event(
                time=new.time, action="load", source=new.source, snapshot=following.snapshot, mapping=new.mapping,
                files=tuple(f.name for f in new.files), rules=new.rules, records=new.records,
                rejected=new.records_rejected, triples=new.triples, synthetic=new.synthetic, quality=new.quality,
                added=0 if old else new.records, changed=new.records if old else 0,
            )  # fmt: skip
            self._switch(replace(following, events=(*self.manifest.events, event)[-EVENTS_KEPT:]), mark, new.source)
        total = self.stats()["triples"]
        return LoadResult(self.snapshot, batch.source, False, total, added=event.added, changed=event.changed)

    def forget(self, source: str) -> LoadResult:
        """Take a source out of the snapshot and off the server."""
        with self._writing() as mark:
            old = self.manifest.of(source)
            if old is None:
                known = ", ".join(s.source for s in self.manifest.submissions) or "none"
                raise WrongUse(f"the store has no source «{source}»", fix=f"It has: {known}.")
            left = tuple(known for known in self.manifest.submissions if known.source != source)
            following = self.manifest.following(left, self.manifest.ontology, now(), self.manifest.number + 1)
            count = old.records
            event = Event(now(), "forget", source, following.snapshot, old.mapping, records=count, removed=count)
            self._switch(replace(following, events=(*self.manifest.events, event)[-EVENTS_KEPT:]), mark, source)
        return LoadResult(self.snapshot, source, False, self.stats()["triples"], removed=old.records)

    def is_current(self) -> bool:
        """Whether what was read is still in force and nobody is changing it.

        Graphs change their places one after another: an answer is of one snapshot where this holds after it.
        """
        said = self._said()
        return _NEXT not in said and said.get(_CURRENT, "") == self._text

    def read_again(self) -> None:
        """Take up the snapshot that is in force now.

        Raises `StoreUnavailable` where a change is under way.
        """
        self._read()

    def close(self) -> None:
        """Give back the connection."""
        self._endpoint.close()

    def __enter__(self) -> RemoteGraph:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def noted(self, key: str) -> str:
        """A small text that was kept beside the manifest, or an empty one."""
        return self._said().get(MC + key, "")

    def note(self, key: str, text: str) -> None:
        """Keep a small text beside the manifest, in the place of what stood there."""
        name = MC + key
        self._endpoint.update(
            f"DELETE WHERE {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{name}> ?o }} }} ;\n"
            f"INSERT DATA {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{name}> {quoted(text)} }} }}"
        )

    def try_out(self, graph: str, turtle: Path) -> None:
        """Put a Turtle file into a graph of its own, which no snapshot has; `clear` takes it away."""
        import pyoxigraph as ox

        self.clear(graph)
        lines = [f"{quad.triple} .\n".encode() for quad in ox.parse(path=str(turtle), format=ox.RdfFormat.TURTLE)]
        self._send(graph, lines)

    def clear(self, graph: str) -> None:
        """Take a graph away that no snapshot has."""
        self._endpoint.update(f"DROP SILENT GRAPH <{graph}>")

    def _said(self) -> dict[str, str]:
        found = self._endpoint.query(f"SELECT ?p ?o WHERE {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> ?p ?o }} }}")
        if found.columns != ("p", "o"):
            raise StoreUnavailable("the store answers something that was not asked", where=self._address)
        return {row[0][0]: row[1][0] for row in found.rows if row[0] and row[1]}

    def _read(self, *, writing: bool = False) -> dict[str, str]:
        said = self._said()
        if _NEXT in said and not writing:
            raise StoreUnavailable(
                "a change of this store is under way, or was interrupted",
                where=self._address,
                fix="Ask again in a moment; if it stays so, run the load again, which finishes it.",
            )
        self._text = said.get(_CURRENT, "")
        self.manifest = decode(said[_CURRENT].encode(), Path(self._address)) if _CURRENT in said else Manifest()
        return said

    def _writing(self) -> _Writing:
        return _Writing(self)

    def _stage(self, mark: str, root: Path, new: Submission) -> None:
        self._fill(staged_at(mark, "source", new.source), content.of_submission(root, new))
        self._fill(staged_at(mark, "provenance", new.source), content.provenance(root, new))
        if new.has_rules:
            self._fill(staged_at(mark, "inferred", new.source), content.stacks_into(root, new))

    def _stage_model(self, mark: str, root: Path) -> str:
        """The model goes with the first load, and whenever it is another one."""
        name = content.keep_ontology(root, self._ontology)
        if name and name != self.manifest.ontology:
            text = content.ontology_path(root, name).read_bytes()
            self._send(staged_at(mark, "model", ""), text.splitlines(keepends=True))
        return name

    def _fill(self, graph: str, triples: pl.LazyFrame) -> None:
        for piece in batches.ntriples(without_blanks(triples)):
            self._send(graph, piece.splitlines(keepends=True))

    def _send(self, graph: str, lines: Sequence[bytes]) -> None:
        for part in pieces(lines):
            self._endpoint.update(f"INSERT DATA {{ GRAPH <{graph}> {{\n{part.decode()}}} }}")

    def _switch(self, following: Manifest, mark: str, source: str) -> None:
        text = json.dumps({"mark": mark, "source": source, "manifest": encode(following).decode()}, ensure_ascii=False)
        self._endpoint.update(f"INSERT DATA {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{_NEXT}> {quoted(text)} }} }}")
        self.finish(text)

    def finish(self, announced: str) -> None:
        """Carry out a change that was announced; doing it again after an interruption does no harm."""
        said = json.loads(announced)
        mark, source = str(said["mark"]), str(said["source"])
        following = decode(str(said["manifest"]).encode(), Path(self._address))
        known = following.of(source)
        for kind in PLACES:
            final = graph_at(kind, source)
            if known is None or (kind == "inferred" and not known.has_rules):
                self._endpoint.update(f"DROP SILENT GRAPH <{final}>")
            else:
                self._move(staged_at(mark, kind, source), final)
        if following.ontology != self.manifest.ontology:
            self._move(staged_at(mark, "model", ""), content.ONTOLOGY_GRAPH)
        now_said = quoted(encode(following).decode())
        self._endpoint.update(
            f"DELETE WHERE {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{_CURRENT}> ?o }} }} ;\n"
            f"INSERT DATA {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{_CURRENT}> {now_said} }} }} ;\n"
            f"DELETE WHERE {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{_NEXT}> ?o }} }}"
        )
        self._read()

    def _move(self, staged: str, final: str) -> None:
        """Put a filled graph in its place; where it is not there any more, it has been moved already."""
        there = self._endpoint.query(f"ASK {{ GRAPH <{staged}> {{ ?s ?p ?o }} }}")
        if there.boolean:
            self._endpoint.update(f"MOVE SILENT GRAPH <{staged}> TO GRAPH <{final}>")

    def take_mark(self) -> str:
        """The right to write: one mark at a time stands in the manifest's graph.

        A change that was announced is finished first. Raises `StoreUnavailable` where another writer has the mark.
        """
        said = self._read(writing=True)
        if _NEXT in said:
            self.finish(said[_NEXT])
            self._drop_mark()
        elif _WRITER in said:
            raise StoreUnavailable(
                f"another process is writing to this store (mark {said[_WRITER]})",
                where=self._address,
                fix="Wait until it is done. If it died, take its mark away: see docs/operations.md, «At an address».",
            )
        mark = uuid.uuid4().hex
        self._endpoint.update(f"INSERT DATA {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{_WRITER}> \"{mark}\" }} }}")
        found = self._endpoint.query(f"SELECT ?m WHERE {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{_WRITER}> ?m }} }}")
        marks = sorted(row[0][0] for row in found.rows if row[0])
        if marks != [mark]:
            self._endpoint.update(f"DELETE DATA {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{_WRITER}> \"{mark}\" }} }}")
            raise StoreUnavailable("another process began to write at the same moment", where=self._address)
        return mark

    def give_mark(self, mark: str) -> None:
        """Give back the right to write, and throw away what was staged."""
        for kind in (*PLACES, "model"):
            begins = f'STRSTARTS(STR(?g), "{LOADING}{mark}/{kind}")'
            found = self._endpoint.query(f"SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?s ?p ?o }} FILTER({begins}) }}")
            for row in found.rows:
                if row[0]:
                    self._endpoint.update(f"DROP SILENT GRAPH <{row[0][0]}>")
        if _NEXT not in self._said():
            self._drop_mark()

    def _drop_mark(self) -> None:
        self._endpoint.update(f"DELETE WHERE {{ GRAPH <{_MANIFEST}> {{ <{_MANIFEST}> <{_WRITER}> ?o }} }}")


class _Writing:
    """The writer's mark for the length of a block."""

    def __init__(self, graph: RemoteGraph) -> None:
        self._graph = graph
        self._mark = ""

    def __enter__(self) -> str:
        self._mark = self._graph.take_mark()
        return self._mark

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._graph.give_mark(self._mark)
        except StoreUnavailable:
            # The server went away: the block's own failure says so, and the next writer clears up.
            if fault is None:
                raise


def finish_change(address: str) -> str:
    """Finish a change that was announced and interrupted; returns the snapshot that is then in force."""
    with RemoteGraph(Endpoint(address), address, writing=True) as graph:
        graph.give_mark(graph.take_mark())
        return graph.snapshot


def open_remote(address: str, *, writing: bool = False) -> RemoteGraph:
    """The graph at a SPARQL 1.1 endpoint.

    Raises `WrongUse` for an address that is none, `StoreUnavailable` where nothing answers or a change is under way.
    """
    endpoint = Endpoint(address)
    try:
        return RemoteGraph(endpoint, address, writing=writing)
    except BaseException:
        endpoint.close()
        raise
