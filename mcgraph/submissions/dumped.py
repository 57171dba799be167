"""The sources in a dump (N-Quads, Turtle or Parquet), each as a batch.

A dump of ours has its graphs one after another. Their places are found by the ends of the lines, a block at a time, and
each is read where it stands; a file whose graphs are mixed, as another tool may write it, is sorted into parts first.
"""

from __future__ import annotations

import io
import re
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
from mcgraph.sources.rdf import opened, read_quads, read_rdf, records_of
from mcgraph.store.content import PROVENANCE_GRAPH, RESERVED
from mcgraph.store.dump import LAST_LINE, SYNTHETIC
from mcgraph.submissions.stored import columns_of

MAPPING = "dump"
_BLOCK = 32_000_000
_SOURCE = GRAPH + "source/"
_FRAMEWORKS = "frameworks"
_PARQUET = ("source", "s", "p", "o", "kind", "datatype", "lang", "synthetic")
_INVENTED = re.compile(rf'^<{re.escape(ID)}([^>]*)/submission> <{re.escape(MC)}isSynthetic> "true"'.encode(), re.M)


def batches_of(
    ending: str, path: Path, work: Path, left_out: list[str], limits: Limits
) -> Iterator[tuple[Batch, bool]]:
    """Each source of the dump at `path`, and whether it is invented; what is not taken over is told in `left_out`.

    `work` is a folder for files that go with it. Raises `InputRefused` for a file that cannot be read whole,
    `LimitReached` for one that is too large.
    """
    if ending == ".parquet":
        yield from _of_parquet(path)
        return
    whole = _is_whole(path)
    if not whole:
        left_out.append("the file does not end as `mcgraph dump` ends one: it may be cut short")
    if ending == ".ttl":
        yield _of_turtle(path, work, limits), _says_synthetic(path)
        return
    places = _places(path, limits) if whole else None
    if places is None:
        parts, invented = _split(path, work, left_out)
        for source, part in parts.items():
            yield _with_parts(_faultless(read_rdf([part], source, limits=limits), path)), source in invented
        return
    invented = _told_synthetic(path, places)
    _tell_others(places, left_out)
    for graph, place in places.items():
        source = _source_of(graph)
        if source:
            with place.stream(path) as stream:
                batch = read_quads(stream, place.end - place.start, source, path.name, first=place.line)
            yield _with_parts(_faultless(batch, path)), source in invented


@dataclass(slots=True)
class Place:
    """Where the lines of a graph stand in a file: bytes, the number of the first line, and how many there are."""

    start: int
    end: int
    line: int
    lines: int

    def stream(self, path: Path) -> IO[bytes]:
        """These bytes of the file."""
        return io.BufferedReader(_Stretch(path, self.start, self.end), 1 << 20)


class _Stretch(io.RawIOBase):
    """The bytes of a file from `start` to `end`."""

    def __init__(self, path: Path, start: int, end: int) -> None:
        self._file = path.open("rb", buffering=0)
        self._file.seek(start)
        self._left = end - start

    def readable(self) -> bool:
        return True

    def readinto(self, room: memoryview) -> int:  # type: ignore[override]
        count = self._file.readinto(room[: min(len(room), self._left)]) or 0
        self._left -= count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def _places(path: Path, limits: Limits) -> dict[str, Place] | None:
    """The stretch of each graph in a file of N-Quads, None where a graph has several or a line has no graph."""
    found: dict[str, Place] = {}
    now, at, line = "", 0, 1
    with opened(path, limits.rdf_file_bytes) as (stream, _):
        at = stream.tell()
        for block in _blocks(stream):
            count = block.count(b"\n")
            end = f" <{now}> .\n".encode()
            # Every line ends with the graph of the one before: no line need be looked at.
            if now and block.count(end) == count and block.endswith(b"\n"):
                found[now].end, found[now].lines = at + len(block), found[now].lines + count
                at, line = at + len(block), line + count
                continue
            for text in io.BytesIO(block):
                if not text.startswith(b"#"):
                    graph = _graph_of(text)
                    if not graph or (graph != now and graph in found):
                        return None
                    place = found.setdefault(graph, Place(at, at, line, 0))
                    place.end, place.lines, now = at + len(text), place.lines + 1, graph
                at, line = at + len(text), line + 1
    return found


def _graph_of(line: bytes) -> str:
    """The graph that a line of N-Quads in our own spelling ends with, "" where it ends otherwise."""
    line = line.rstrip(b"\n")
    if not line.endswith(b"> ."):
        return ""
    return line[line.rfind(b" <") + 2 : -3].decode("utf-8", "replace")


def _told_synthetic(path: Path, places: dict[str, Place]) -> set[str]:
    """The sources that the provenance graph calls invented."""
    place = places.get(PROVENANCE_GRAPH)
    if place is None:
        return set()
    with place.stream(path) as stream:
        return {name.decode() for block in _blocks(stream) for name in _INVENTED.findall(block)}


def _tell_others(places: dict[str, Place], left_out: list[str]) -> None:
    _tell({graph: place.lines for graph, place in places.items() if not _source_of(graph)}, left_out)


def _tell(others: dict[str, int], left_out: list[str]) -> None:
    for graph, count in sorted(others.items()):
        what = graph.removeprefix(GRAPH) or "the default graph"
        left_out.append(f"{what}: {count:,} triples not taken over (made anew, or not a source)")


def _of_turtle(path: Path, work: Path, limits: Limits) -> Batch:
    """The one source of a Turtle dump, by way of N-Triples: both parser and writer of these are compiled."""
    import pyoxigraph as ox

    plain = work / "turtle.nt"
    with opened(path, limits.rdf_file_bytes) as (stream, _):
        try:
            quads = ox.parse(stream, format=ox.RdfFormat.TURTLE, base_iri=path.resolve().as_uri())
            ox.serialize(quads, output=str(plain), format=ox.RdfFormat.N_TRIPLES)
        except (SyntaxError, ValueError) as fault:
            text = str(fault.args[0]) if fault.args else str(fault)
            raise InputRefused(f"the file cannot be read as RDF: {text}", where=path.name) from fault
    with plain.open("rb") as lines:
        batch = read_quads(lines, plain.stat().st_size, local_name(path.stem), path.name, first=None)
    return _with_parts(_faultless(batch, path))


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
            yield _with_parts(Batch(str(name), MAPPING, (), columns, records_of(columns))), bool(invented)
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
                    if graph == PROVENANCE_GRAPH:
                        invented |= {name.decode() for name in _INVENTED.findall(text)}
                    others[graph] = others.get(graph, 0) + count
                    continue
                if source not in outs:
                    parts[source] = work / f"{len(parts)}.nt"
                    outs[source] = opened.enter_context(parts[source].open("wb"))
                outs[source].write(text)
    _tell(others, left_out)
    return parts, invented


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
