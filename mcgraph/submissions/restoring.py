"""A store from a dump: the store itself from a tar, its facts from N-Quads, Turtle or Parquet.

From a tar comes the same snapshot with its cells, ledger and quarantine. From the others come the statements of each
source; their cells are not in such a file, provenance and inferred triples are made anew, and the model is the one of
this installation: the snapshot has another id.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import polars as pl

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import GRAPH, ID, MC
from mcgraph.model.terms import local_name
from mcgraph.sources.rdf import read_rdf, records_of
from mcgraph.store import files, open_graph
from mcgraph.store.archive import require_new, restore_archive
from mcgraph.store.content import PROVENANCE_GRAPH, RESERVED
from mcgraph.store.dump import LAST_LINE, SYNTHETIC, check_ending
from mcgraph.store.manifest import InputFile, SubmissionInfo
from mcgraph.submissions.stored import columns_of

MAPPING = "dump"
_BLOCK = 32_000_000
_SOURCE = GRAPH + "source/"
_FRAMEWORKS = "frameworks"
_PARQUET = ("source", "s", "p", "o", "kind", "datatype", "lang", "synthetic")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was restored: the snapshot that is now in force, its triples, its sources, and what is not in it."""

    snapshot: str
    triples: int
    sources: tuple[str, ...]
    same_snapshot: bool
    left_out: tuple[str, ...] = ()


def restore(path: Path, store: Path, *, limits: Limits | None = None) -> Outcome:
    """Make the store at `store`, which must not be there yet, from a dump.

    Raises `InputRefused` for a file that is no dump or is damaged, `WrongUse` for an ending that is not known or a
    place that has something in it. Nothing is left behind where it fails.
    """
    ending = check_ending(path)
    require_new(store)
    if not path.is_file():
        raise InputRefused("there is no such file", where=str(path))
    if ending == ".tar":
        done = restore_archive(path, store)
        with open_graph(store) as graph:
            names = tuple(known.source for known in graph.manifest.submissions)
        return Outcome(done.snapshot, done.triples, names, True)
    with ExitStack() as undo:
        undo.callback(files.remove, store)
        given = InputFile(path.name, files.checksum(path), path.stat().st_size)
        with tempfile.TemporaryDirectory(prefix="mcgraph-restore-") as work:
            left_out: list[str] = []
            if ending in (".nq", ".ttl") and not _is_whole(path):
                left_out.append("the file does not end as `mcgraph dump` ends one: it may be cut short")
            with open_graph(store, create=True, read_only=False) as graph:
                bounds = limits or Limits.from_environment()
                for batch, synthetic in _batches(ending, path, Path(work), left_out, bounds):
                    graph.load(_with_parts(batch), SubmissionInfo(files=(given,), synthetic=synthetic))
                names = tuple(known.source for known in graph.manifest.submissions)
                outcome = Outcome(graph.snapshot, graph.triples, names, False, tuple(left_out))
        if not outcome.sources:
            raise InputRefused("the dump has no statement of any source", where=path.name)
        undo.pop_all()
    return outcome


def _batches(ending: str, path: Path, work: Path, left_out: list[str], limits: Limits) -> Iterator[tuple[Batch, bool]]:
    """Each source of the dump, and whether it is invented."""
    if ending == ".parquet":
        yield from _of_parquet(path)
        return
    if ending == ".ttl":
        yield _faultless(read_rdf([path], local_name(path.stem), limits=limits), path), _says_synthetic(path)
        return
    parts, invented = _split(path, work, left_out)
    for source, part in parts.items():
        yield _faultless(read_rdf([part], source, limits=limits), path), source in invented


def _is_whole(path: Path) -> bool:
    """Whether the text ends with the line that a dump ends with."""
    with path.open("rb") as stream:
        stream.seek(max(0, path.stat().st_size - 200))
        last = stream.read().splitlines()[-1:]
    return bool(last) and last[0].startswith(LAST_LINE.encode()) and last[0].endswith(b" triples")


def _says_synthetic(path: Path) -> bool:
    """Whether a comment of the Turtle dump calls one of its sources synthetic."""
    with path.open("rb") as lines:
        return any(line.startswith(b"# ") and line.rstrip().endswith(SYNTHETIC.encode()) for line in lines)


def _faultless(batch: Batch, path: Path) -> Batch:
    """The batch, once every line of it was read: a dump is ours and has no room for a guess."""
    if batch.findings:
        first = batch.findings[0]
        raise InputRefused(f"a line cannot be read: {first.expected}: {(first.found or '')[:80]}", where=path.name)
    return batch


def _with_parts(batch: Batch) -> Batch:
    """The batch with each sub-node given to the record whose IRI its own continues, as our mappings name them."""
    links = [
        column.frame.filter(pl.col("o").str.starts_with(pl.col("s") + "/")).select(node="o", record="s")
        for column in batch.columns
        if column.kind == "iri"
    ]
    parts = pl.concat(links).unique(maintain_order=True) if links else batch.parts
    # A part of a part belongs to the record above both.
    while True:
        above = parts.join(parts.rename({"node": "record", "record": "above"}), on="record", how="left")
        if above.get_column("above").null_count() == above.height:
            break
        parts = above.select("node", pl.coalesce("above", "record").alias("record")).unique(maintain_order=True)
    records = batch.records.join(parts.select(iri="node"), on="iri", how="anti")
    return replace(batch, mapping=MAPPING, parts=parts, records=records)


def _of_parquet(path: Path) -> Iterator[tuple[Batch, bool]]:
    try:
        lazy = pl.scan_parquet(path)
        missing = [name for name in _PARQUET if name not in lazy.collect_schema().names()]
        if missing:
            raise InputRefused(f"the columns {', '.join(missing)} are missing", where=path.name)
        names = lazy.select(pl.col("source").cast(pl.String).unique(maintain_order=True)).collect()
        for name in names.to_series().to_list():
            if name is None or name in RESERVED:
                continue
            own = lazy.filter(pl.col("source") == name).select(
                *(pl.col(column).cast(pl.String).fill_null("") for column in _PARQUET[1:-1]),
                pl.lit(-1).alias("table"),
                pl.lit(-1).alias("column"),
                pl.lit(None, dtype=pl.UInt32).alias("row"),
            )
            columns = columns_of(own.collect())
            invented = lazy.filter(pl.col("source") == name).select(pl.col("synthetic").any()).collect().item()
            yield Batch(str(name), MAPPING, (), columns, records_of(columns)), bool(invented)
    except pl.exceptions.PolarsError as fault:
        raise InputRefused(f"the file cannot be read as Parquet: {str(fault)[:200]}", where=path.name) from fault


def _split(path: Path, work: Path, left_out: list[str]) -> tuple[dict[str, Path], set[str]]:
    """One N-Triples file per source, and the sources that provenance calls invented; other graphs are counted."""
    invented: set[str] = set()
    parts: dict[str, Path] = {}
    others: dict[str, int] = {}
    with path.open("rb") as stream, ExitStack() as opened:
        outs: dict[str, IO[bytes]] = {}
        for block in _blocks(stream):
            for graph, text, count in _by_graph(block, path):
                source = _source_of(graph)
                if not source:
                    invented |= _invented(text) if graph == PROVENANCE_GRAPH else set()
                    others[graph] = others.get(graph, 0) + count
                    continue
                if source not in outs:
                    parts[source] = work / f"{len(parts)}.nt"
                    outs[source] = opened.enter_context(parts[source].open("wb"))
                outs[source].write(text)
    for graph, count in sorted(others.items()):
        what = graph.removeprefix(GRAPH) or "the default graph"
        left_out.append(f"{what}: {count:,} triples not taken over (made anew, or not a source)")
    return parts, invented


def _invented(lines: bytes) -> set[str]:
    """The sources that lines of the provenance graph call synthetic."""
    sign = f' <{MC}isSynthetic> "true"'.encode()
    subjects = (line.split(b" ", 1)[0].decode() for line in lines.splitlines() if sign in line)
    return {subject.removeprefix(f"<{ID}").removesuffix("/submission>") for subject in subjects}


def _source_of(graph: str) -> str:
    if graph == GRAPH + _FRAMEWORKS:
        return _FRAMEWORKS
    name = graph.removeprefix(_SOURCE) if graph.startswith(_SOURCE) else ""
    return name if name and local_name(name) == name and name not in RESERVED else ""


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    while block := stream.read(_BLOCK):
        yield block if block.endswith(b"\n") else block + stream.readline()


def _by_graph(block: bytes, path: Path) -> Iterator[tuple[str, bytes, int]]:
    """The lines of a block by the graph they name, without that name."""
    try:
        lines = pl.Series("l", block.decode("utf-8").split("\n")).str.strip_chars_end()
    except UnicodeDecodeError as fault:
        raise InputRefused("the file is not UTF-8 text", where=path.name) from fault
    lines = lines.filter((lines != "") & ~lines.str.starts_with("#"))
    # Subject, predicate, object, graph: only a line with all four ends in two terms after its last quote or bracket.
    found = pl.DataFrame({"l": lines}).with_columns(
        pl.col("l").str.extract(r"^(?:<[^>]*>|_:\S+) <[^>]*> .* <([^<>\"\s]*)> \.$").alias("g")
    )
    three = pl.col("l").str.contains(r'^(?:<[^>]*>|_:\S+) <[^>]*> <[^<>"\s]*> \.$')
    found = found.with_columns(pl.when(three).then(pl.lit("")).otherwise(pl.col("g").fill_null("")).alias("g"))
    for (graph,), part in found.group_by("g", maintain_order=True):
        name = str(graph)
        text = part.get_column("l")
        if name:
            text = text.str.strip_suffix(f" <{name}> .") + " ."
        yield name, ("\n".join(text.to_list()) + "\n").encode(), part.height
