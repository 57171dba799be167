"""A snapshot as one file: N-Quads, Turtle, Parquet, or a tar that is the store itself.

    .nq       every named graph, as values were written (the index keeps values, not spellings)
    .ttl      what the sources say, grouped by subject, with prefixes; no provenance, no model
    .parquet  g, p, s, o, kind, datatype, lang, table, column, row, source, synthetic: for data frames
    .tar      the files of the store with their checksums: the one that keeps cells, ledger and snapshot id

Read from the batch files, so a dump is of one snapshot whatever a writer does meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.store import batches, content, files

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.store.graph import Graph

ENDINGS = (".nq", ".ttl", ".parquet", ".tar")


# How the last line of a text dump begins.
LAST_LINE = "# end of mcgraph dump "
# Stands after the name of an invented source in a Turtle dump.
SYNTHETIC = " (synthetic)"


@dataclass(frozen=True, slots=True)
class Dumped:
    """What was written: triples, bytes, seconds."""

    path: Path
    snapshot: str
    triples: int
    bytes: int
    seconds: float


def check_ending(path: Path) -> str:
    """The ending that says how the file is written.

    Raises `WrongUse` for another one.
    """
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        known = ", ".join(ENDINGS)
        raise WrongUse(f"the ending of «{path.name}» is none of a dump", fix=f"It is one of {known}.")
    return ending


def dump(graph: Graph, path: Path, *, with_index: bool = False) -> Dumped:
    """Write the graph's snapshot to `path`; a reader sees all of the file or what was there before.

    `with_index` puts the triple index into a .tar too: larger, and quicker to restore. Raises `StoreUnavailable`
    where a batch file is damaged or the disk fails, `WrongUse` for an ending that is not known.
    """
    from mcgraph.store.archive import write_archive

    ending = check_ending(path)
    if with_index and ending != ".tar":
        raise WrongUse("only a .tar can carry the index")
    write: dict[str, Callable[[Graph, Path], int]] = {
        ".nq": _nquads,
        ".ttl": _turtle,
        ".parquet": _parquet,
        ".tar": lambda of, to: write_archive(of, to, with_index=with_index),
    }
    begun = time.perf_counter()
    with files.guarded(path.parent):
        for known in graph.manifest.submissions:
            batches.verify(graph.path / "batches" / known.batch, known.sums)
        beside = files.temporary(path.parent, path.name)
        try:
            count = write[ending](graph, beside)
            files.sync(beside)
            files.rename(beside, path)
        finally:
            files.remove(beside)
    return Dumped(path, graph.snapshot, count, path.stat().st_size, time.perf_counter() - begun)


def graphs_of(graph: Graph) -> Iterator[tuple[str, pl.LazyFrame]]:
    """The named graphs of a snapshot that are columns: all but the model's.

    What two cells of a source say is there twice: RDF readers take it as one statement.
    """
    manifest = graph.manifest
    for known in manifest.submissions:
        if known.source != content.INFERRED:
            yield content.graph_of(known.source), content.of_submission(graph.path, known)
    for known in manifest.submissions:
        yield content.PROVENANCE_GRAPH, content.provenance(graph.path, known)
    if any(known.has_rules or known.source == content.INFERRED for known in manifest.submissions):
        yield content.INFERRED_GRAPH, content.inferred(graph.path, manifest).sort(batches.KEYS)


def _nquads(graph: Graph, path: Path) -> int:
    count = 0
    with path.open("wb") as out:
        for name, triples in graphs_of(graph):
            end = f" <{name}> .\n".encode()
            for piece in batches.ntriples(triples):
                out.write(piece.replace(b" .\n", end))
                count += piece.count(b"\n")
        if graph.manifest.ontology:
            end = f" <{content.ONTOLOGY_GRAPH}> .\n".encode()
            for line in content.ontology_path(graph.path, graph.manifest.ontology).read_bytes().splitlines():
                out.write(line.removesuffix(b" .") + end)
                count += 1
        out.write(_last_line(graph, count))
    return count


def _last_line(graph: Graph, count: int) -> bytes:
    """A comment that only a whole dump ends with."""
    return f"{LAST_LINE}{graph.snapshot}, {count} triples\n".encode()


def _parquet(graph: Graph, path: Path) -> int:
    import polars as pl

    frames = []
    for known in graph.manifest.submissions:
        names = (
            pl.lit(content.graph_of(known.source)).alias("g"),
            pl.all(),
            pl.lit(known.source).alias("source"),
            pl.lit(known.synthetic).alias("synthetic"),
        )
        frames.append(batches.triples(graph.path / "batches" / known.batch).select(*names))
    triples = batches.pl_concat(frames)
    triples.sink_parquet(path, compression="zstd", compression_level=3, row_group_size=batches.ROW_GROUP)
    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def _turtle(graph: Graph, path: Path) -> int:
    from mcgraph.store.turtle import head, ordered, subjects

    count = 0
    with path.open("wb") as out:
        out.write(head())
        for known in graph.manifest.submissions:
            if known.source == content.INFERRED:
                continue
            triples = ordered(content.of_submission(graph.path, known).collect())
            out.write(f"\n# {known.source}{SYNTHETIC if known.synthetic else ''}\n".encode())
            for piece in subjects(triples):
                out.write(piece)
            count += triples.height
        out.write(_last_line(graph, count))
    return count
