"""RDF files of any syntax as a batch: N-Triples and N-Quads with their lines, the others by pyoxigraph.

Nothing is fetched: a remote JSON-LD context, an entity or a document type is refused, `owl:imports` is a triple
like any other. Named graphs are read as one graph.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import polars as pl

from mcgraph.errors import InputRefused, LimitReached, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.batch import RDF_MAPPING, RECORD_SCHEMA, STRING, Batch, SourceTable, Subjects, TripleColumn
from mcgraph.model.finding import Finding, Place
from mcgraph.model.namespaces import RDF_TYPE
from mcgraph.sources.ntriples import (
    FAULTS_KEPT,
    TRIPLES,
    Fault,
    Parts,
    datatype_of,
    parts_of,
    plain_terms,
    read_lines,
    too_many,
)

STDIN = "-"
ENDINGS = {
    ".nt": "nt", ".ttl": "ttl", ".nq": "nq", ".trig": "trig", ".rdf": "rdf", ".owl": "rdf", ".jsonld": "jsonld",
}  # fmt: skip
FORMATS = ("nt", "ttl", "nq", "trig", "rdf", "jsonld")
_BY_LINE = ("nt", "nq")
_CHUNK = 200_000
COMPILED_FROM = 24_000_000  # bytes of N-Triples, from which compiled kernels pay; for less the plain way is as quick
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MALFORMED = "FILE-RDF-001"


def format_of(path: Path, given: str | None = None) -> str:
    """The RDF syntax of a file: as given, or by its ending; empty where it is not RDF.

    Raises `WrongUse` for standard input without a format.
    """
    if given:
        return given
    if str(path) == STDIN:
        raise WrongUse("what comes by standard input has no ending", fix=f"Add --format, one of {', '.join(FORMATS)}.")
    return ENDINGS.get(path.suffix.lower(), "")


def is_by_line(paths: Sequence[Path], syntax: str | None) -> bool:
    """Whether all files are N-Triples or N-Quads, which can be read in parts; standard input cannot be read twice."""
    return all(str(path) != STDIN and format_of(path, syntax) in _BY_LINE for path in paths)


def read_rdf(paths: Sequence[Path], source: str, *, given: str | None = None, limits: Limits | None = None) -> Batch:
    """The triples of RDF files as one batch; blank nodes of different files stay apart.

    Raises `InputRefused` for a file that cannot be read or wants something fetched, `LimitReached` for one that
    is too large.
    """
    bounds = limits or Limits.from_environment()
    tables: list[SourceTable] = []
    columns: list[TripleColumn] = []
    findings: list[Finding] = []
    for number, path in enumerate(paths):
        apart = f"f{number}." if len(paths) > 1 else ""
        parts, known, faults = _read_file(path, format_of(path, given), bounds)
        columns += _columns(parts, known, number, apart)
        rows = sum(len(column) for column in columns if column.table == number)
        tables.append(SourceTable(path.name, "", (), rows, numbered="line"))
        findings += [finding_of(fault, path.name) for fault in faults]
    return Batch(source, RDF_MAPPING, tuple(tables), tuple(columns), records_of(columns), findings=tuple(findings))


def read_quads(stream: IO[bytes], size: int, source: str, name: str, *, first: int | None = 1) -> Batch:
    """The triples of a stream of N-Quads (graph names are read over) or N-Triples as one batch.

    Lines are counted from `first`; None leaves them out, where they are no lines of the file called `name`. Raises
    `InputRefused` for bytes that are not UTF-8 or many lines that are no triples.
    """
    parts, known, faults = _by_line(stream, size, "nq", name)
    row = pl.lit(None) if first is None else pl.col("row") + (first - 1)
    if first != 1:
        parts = [{k: f.with_columns(row.cast(pl.UInt32).alias("row")) for k, f in part.items()} for part in parts]
    columns = list(_columns(parts, known, 0, ""))
    table = SourceTable(name, "", (), sum(len(column) for column in columns), numbered="line")
    findings = tuple(finding_of(replace(fault, line=fault.line + (first or 1) - 1), name) for fault in faults)
    return Batch(source, RDF_MAPPING, (table,), tuple(columns), records_of(columns), findings=findings)


# (predicate, kind of object) → the subjects of that column by number
Known = dict[tuple[str, str], Subjects]


def _read_file(path: Path, syntax: str, limits: Limits) -> tuple[list[Parts], Known, list[Fault]]:
    with opened(path, limits.rdf_file_bytes) as (stream, size):
        if syntax in ("nt", "nq"):
            return _by_line(stream, size, syntax, path.name)
        return [parts_of(frame) for frame in _parsed(stream, syntax, path)], {}, []


@cache
def standard_input(most: int) -> bytes:
    """What came by standard input, which can be read only once and is asked for again for its checksum."""
    return sys.stdin.buffer.read(most)


@contextmanager
def opened(path: Path, most: int) -> Iterator[tuple[IO[bytes], int]]:
    """The file, or all of standard input, past a byte order mark, and how many bytes it has: `most` at most."""
    if str(path) == STDIN:
        stream: IO[bytes] = BytesIO(standard_input(most + 1))
        size = len(standard_input(most + 1))
    else:
        try:
            size, stream = path.stat().st_size, path.open("rb")
        except OSError as fault:
            raise InputRefused(f"the file cannot be read: {fault.strerror}", where=str(path)) from fault
    if size > most:
        stream.close()
        raise LimitReached(
            f"the file has more than {most / 1e9:,.0f} GB", where=str(path),
            fix="Split it, or raise the limit (mcgraph config lists them).",
        )
    with stream:
        if stream.read(3) != codecs.BOM_UTF8:
            stream.seek(0)
        yield stream, size


def _by_line(stream: IO[bytes], size: int, syntax: str, name: str) -> tuple[list[Parts], Known, list[Fault]]:
    if size >= COMPILED_FROM and sys.byteorder == "little":
        from mcgraph.sources.ntscan import scan

        found = scan(stream, size, quads=syntax == "nq", where=name)
        return [found.parts], found.subjects, found.faults
    parts, faults = [], list[Fault]()
    for lines in read_lines(stream, quads=syntax == "nq", where=name):
        parts.append(lines.parts)
        faults += lines.faults
        if len(faults) > FAULTS_KEPT:
            raise too_many(faults, name)
    return parts, {}, faults


def _apart(frame: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """`frame` with the prefix in the names of blank nodes; a literal is left alone by its caller."""
    return frame.with_columns(
        pl.when(pl.col(name).str.starts_with("_:"))
        .then(pl.concat_str(pl.lit(f"_:{prefix}"), pl.col(name).str.slice(2)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in frame.columns
    )


def _parsed(stream: IO[bytes], syntax: str, path: Path) -> Iterator[pl.DataFrame]:
    """The triples as pyoxigraph reads them, without lines."""
    import pyoxigraph as ox

    forms = {"ttl": "TURTLE", "trig": "TRIG", "rdf": "RDF_XML", "jsonld": "JSON_LD"}
    if syntax == "rdf":
        stream = _without_doctype(stream, path)
    base = path.resolve().as_uri() if str(path) != STDIN else None
    try:
        yield from _framed(ox.parse(stream, format=getattr(ox.RdfFormat, forms[syntax]), base_iri=base))
    except (SyntaxError, ValueError) as fault:
        text = str(fault.args[0]) if fault.args else str(fault)
        if "LoadDocumentCallback" in text:
            raise InputRefused(
                "the JSON-LD file names a context on the web, which is not fetched",
                where=path.name, fix="Put the context itself into the file, or export it as Turtle.",
            ) from fault  # fmt: skip
        raise InputRefused(f"the file cannot be read as RDF: {text}", where=path.name) from fault


def _without_doctype(stream: IO[bytes], path: Path) -> IO[bytes]:
    """The stream, once it is known to declare no entities: they could blow it up or point elsewhere."""
    content = stream.read()
    if _DOCTYPE.search(content) or content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise InputRefused(
            "the XML has a document type declaration (DTD), or is not UTF-8; neither is read",
            where=path.name, fix="Export it without DOCTYPE, as UTF-8, or as Turtle.",
        )  # fmt: skip
    return BytesIO(content)


def _framed(quads: Iterable[Any]) -> Iterator[pl.DataFrame]:
    rows: list[tuple[str, str, str, str, None]] = []
    for quad in quads:
        rows.append((*plain_terms(quad), None))
        if len(rows) == _CHUNK:
            yield pl.DataFrame(rows, schema=TRIPLES, orient="row")
            rows.clear()
    yield pl.DataFrame(rows, schema=TRIPLES, orient="row")


def _columns(parts: Sequence[Parts], known: Known, table: int, apart: str) -> Iterator[TripleColumn]:
    """One triple column per predicate and kind of object, in the order of their names."""
    names: dict[int, pl.Series] = {}
    for key in sorted({key for part in parts for key in part}):
        frame = pl.concat([part.pop(key) for part in parts if key in part])
        subjects = known.get(key)
        if apart and subjects is not None:
            # Columns of one file share the texts of their subjects, before and after.
            texts = names.get(id(subjects.texts))
            if texts is None:
                texts = names[id(subjects.texts)] = _apart(subjects.texts.to_frame("s"), apart).to_series()
            subjects = Subjects(subjects.numbers, texts)
        yield column_of(key, frame, table, apart, subjects)


def column_of(
    key: tuple[str, str], frame: pl.DataFrame, table: int, apart: str = "", subjects: Subjects | None = None
) -> TripleColumn:
    """The triples (`s`, `o`, `row`) of one predicate and kind of object; `apart` is put before blank nodes' names."""
    predicate, kind = key
    literal = kind != "<"
    if apart:
        frame = frame.with_columns(_apart(frame.select("s") if literal else frame.select("s", "o"), apart))
    datatype, language = datatype_of(kind) if literal else (STRING, "")
    single = subjects is not None and subjects.differ()
    return TripleColumn(
        predicate, "literal" if literal else "iri", frame, datatype, language, table, single=single, subjects=subjects
    )


def records_of(columns: Sequence[TripleColumn]) -> pl.DataFrame:
    """Every typed subject, once, where its type is said first."""
    typed = [_records(column) for column in columns if column.predicate == RDF_TYPE and column.kind == "iri"]
    return pl.concat(typed) if typed else pl.DataFrame(schema=RECORD_SCHEMA)


def _records(column: TripleColumn) -> pl.DataFrame:
    frame, first = column.frame, None if column.subjects is None else column.subjects.firsts()
    if first is not None:
        frame = frame[pl.Series(first)]
    elif column.subjects is None:
        frame = frame.unique("s", keep="first", maintain_order=True)
    return frame.select(
        pl.col("s").alias("iri"), pl.col("o").alias("class"), pl.lit(None, dtype=pl.String).alias("id"),
        pl.lit(None, dtype=pl.String).alias("label"), pl.lit(column.table, dtype=pl.Int16).alias("table"), "row",
    )  # fmt: skip


def finding_of(fault: Fault, file: str) -> Finding:
    """The finding for a line that is no triple."""
    return Finding(
        code=_MALFORMED,
        severity="error",
        message="The line is not a statement of N-Triples or N-Quads",
        where=Place(file=file, line=fault.line),
        expected=fault.why,
        found=fault.text,
        fix="Export the file again with an RDF library instead of joining text.",
    )
