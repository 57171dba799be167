"""N-Triples and N-Quads straight into columns, each triple with its line: no object per triple.

A line in the plain form that programs write is cut by columnar expressions; any other (comments, blank lines,
unusual spacing, escapes in IRIs, errors) goes one by one through pyoxigraph, which is the judge of the grammar.
Literals are kept as written, language tags included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any

import polars as pl

from mcgraph.errors import InputRefused
from mcgraph.model.namespaces import RDF, XSD

BLOCK_BYTES = 48_000_000
FAULTS_KEPT = 1_000
TRIPLES = {"p": pl.String, "s": pl.String, "o": pl.String, "kind": pl.String, "row": pl.UInt32}
_IRI = r'<[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*>'
_NODE = r"_:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?"
_TEXT = r'"(?:[^"\\\n\r]|\\[tbnrf"\'\\]|\\u[0-9A-Ca-cE-Fe-f][0-9A-Fa-f]{3}|\\u[Dd][0-7][0-9A-Fa-f]{2})*"'
_TAG = r"@[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*"
_OBJECT = rf"(?:{_IRI}|{_NODE}|{_TEXT}(?:{_TAG}|\^\^{_IRI})?)"
_PLAIN = rf"^(?:{_IRI}|{_NODE}) {_IRI} {_OBJECT} ?\.$"
_PLAIN_QUAD = rf"^(?:{_IRI}|{_NODE}) {_IRI} {_OBJECT}(?: (?:{_IRI}|{_NODE}))? ?\.$"
_GRAPH_AFTER = rf"^({_OBJECT})(?: (?:{_IRI}|{_NODE}))? ?\.$"
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is not N-Triples."""

    line: int
    text: str
    why: str


# (predicate, kind of object) → `s`, `o`, `row`
Parts = dict[tuple[str, str], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Lines:
    """What one block of lines says, by predicate and kind, and what could not be read."""

    parts: Parts
    faults: tuple[Fault, ...]


def parts_of(triples: pl.DataFrame) -> Parts:
    """`TRIPLES` by predicate and kind (`<` resource, `@tag` or `^datatype`), in their order."""
    if triples.is_empty():
        return {}
    found = triples.partition_by("p", "kind", as_dict=True, include_key=False, maintain_order=True)
    return {(str(predicate), str(kind)): frame for (predicate, kind), frame in found.items()}


def read_lines(stream: IO[bytes], *, quads: bool, where: str, threads: int = 2) -> Iterator[Lines]:
    """The triples of a stream, block by block, in order; graph names of N-Quads are read over.

    Raises `InputRefused` where the bytes are not UTF-8.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: list[Any] = []
        first = 1
        for block in _blocks(stream):
            waiting.append(pool.submit(_read_block, block, first, quads, where))
            first += block.count(b"\n")
            if len(waiting) > threads:
                yield waiting.pop(0).result()
        for task in waiting:
            yield task.result()


def _blocks(stream: IO[bytes]) -> Iterator[bytes]:
    """The bytes in pieces that end with a line."""
    while block := stream.read(BLOCK_BYTES):
        yield block if block.endswith(b"\n") else block + stream.readline()


def _read_block(block: bytes, first: int, quads: bool, where: str) -> Lines:
    try:
        lines = pl.read_lines(BytesIO(block), name="l", row_index_name="row", row_index_offset=first)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as fault:
        raise InputRefused(
            "the file is not UTF-8 text", where=f"{where}, line {_broken_line(block, first)}", fix="Write it as UTF-8."
        ) from fault
    if b"\r" in block:
        lines = lines.with_columns(pl.col("l").str.strip_suffix("\r"))
    plain = lines.get_column("l").str.contains(_PLAIN_QUAD if quads else _PLAIN)
    odd, faults = _odd_lines(lines.filter(~plain), quads=quads)
    return Lines(parts_of(pl.concat([_split(lines.filter(plain), quads=quads), odd])), faults)


def _broken_line(block: bytes, first: int) -> int:
    try:
        block.decode("utf-8")
    except UnicodeDecodeError as fault:
        return first + block.count(b"\n", 0, fault.start)
    return first


def _split(lines: pl.DataFrame, *, quads: bool) -> pl.DataFrame:
    """Lines of the plain form as `TRIPLES`."""
    parts = lines.select(pl.col("l").str.splitn(" ", 3).struct.unnest(), "row")
    tail = pl.col("field_2")
    object_ = tail.str.extract(_GRAPH_AFTER) if quads else tail.str.strip_suffix(".").str.strip_suffix(" ")
    kind = object_.str.slice(0, 1)
    framed = parts.select(
        pl.col("field_1").alias("p"), _bare(pl.col("field_0")).alias("s"), object_.alias("o"), kind.alias("kind"), "row"
    )
    resources, texts = framed.filter(pl.col("kind") != '"'), framed.filter(pl.col("kind") == '"')
    resources = resources.with_columns(_bare(pl.col("o")), pl.lit("<").alias("kind"))
    joined = pl.concat([resources, _literals(texts)]) if len(texts) else resources
    return joined.with_columns(_bare(pl.col("p"))).select(list(TRIPLES)).cast(TRIPLES)  # type: ignore[arg-type]


def _bare(term: pl.Expr) -> pl.Expr:
    return term.str.strip_prefix("<").str.strip_suffix(">")


def _literals(texts: pl.DataFrame) -> pl.DataFrame:
    """Quoted objects as lexical form and kind; the last quotation mark ends the text."""
    ending = texts.with_columns(pl.col("o").str.extract(r'"([^"]*)$').alias("end"))
    tail = pl.col("end")
    kind = pl.when(tail == "").then(pl.lit("^" + XSD + "string")).when(tail.str.starts_with("@")).then(tail).otherwise(
        pl.concat_str(pl.lit("^"), tail.str.strip_prefix("^^<").str.strip_suffix(">"))
    )  # fmt: skip
    text = pl.col("o").str.slice(1, pl.col("o").str.len_chars() - pl.col("end").str.len_chars() - 2)
    plain = ending.select("p", "s", text.alias("o"), kind.alias("kind"), "row")
    escaped = plain.get_column("o").str.contains("\\", literal=True)
    if not escaped.any():
        return plain
    mended = plain.filter(escaped).with_columns(pl.col("o").map_elements(_unescaped, return_dtype=pl.String))
    return pl.concat([plain.filter(~escaped), mended])


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1] or m[2], 16)) if m[1] or m[2] else _ESCAPED[m[3]], text)


def _odd_lines(lines: pl.DataFrame, *, quads: bool) -> tuple[pl.DataFrame, tuple[Fault, ...]]:
    """Lines of any other form, by pyoxigraph's parser."""
    import pyoxigraph as ox

    rows: list[tuple[str, str, str, str, int]] = []
    faults: list[Fault] = []
    form = ox.RdfFormat.N_QUADS if quads else ox.RdfFormat.N_TRIPLES
    filled = lines.filter(~pl.col("l").str.contains(r"^[ \t]*(?:#|$)"))
    for line, text in filled.select("row", "l").iter_rows():
        try:
            rows += [(*plain_terms(quad), line) for quad in ox.parse(text, format=form)]
        except (SyntaxError, ValueError) as fault:
            faults.append(Fault(line, text[:200], str(fault.args[0]).rpartition(": ")[2]))
    return pl.DataFrame(rows, schema=TRIPLES, orient="row"), tuple(faults)


def plain_terms(quad: Any) -> tuple[str, str, str, str]:
    """A pyoxigraph quad as predicate, subject, object and kind.

    Raises `ValueError` for a triple inside a triple (RDF 1.2), which shapes cannot check.
    """
    import pyoxigraph as ox

    value = quad.object
    if isinstance(value, ox.Triple) or isinstance(quad.subject, ox.Triple):
        raise ValueError("a triple inside a triple cannot be checked")
    subject = f"_:{quad.subject.value}" if isinstance(quad.subject, ox.BlankNode) else quad.subject.value
    if isinstance(value, ox.Literal):
        kind = f"@{value.language}" if value.language else "^" + value.datatype.value
        return quad.predicate.value, subject, value.value, kind
    if isinstance(value, ox.BlankNode):
        return quad.predicate.value, subject, f"_:{value.value}", "<"
    return quad.predicate.value, subject, value.value, "<"


def datatype_of(kind: str) -> tuple[str, str]:
    """Datatype and language of a literal's kind."""
    return (RDF + "langString", kind[1:]) if kind.startswith("@") else (kind[1:], "")
