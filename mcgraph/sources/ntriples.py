"""N-Triples and N-Quads straight into columns, each triple with its line: no object per triple.

A line in the plain form that programs write is cut by columnar expressions; any other (comments, blank lines,
unusual spacing, escapes in IRIs, errors) goes one by one through pyoxigraph, which is the judge of the grammar.
Literals are kept as written, language tags included.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
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
_WHOLE_IRI = re.compile(rf"{_IRI}\Z")
_SUBJECT = rf"^(?:{_IRI}|{_NODE})$"
_RESOURCE = rf"^(?:{_IRI}|{_NODE}) ?\.$"
_ENDING = re.compile(rf'"(?:{_TAG}|\^\^{_IRI})? ?\.\Z')
_MOST_ENDINGS = 12  # languages and datatypes of one predicate in one block that are cut as columns
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))")
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that is not N-Triples."""

    line: int
    text: str
    why: str


def too_many(faults: Sequence[Fault], where: str) -> InputRefused:
    """The refusal of a file most of whose lines are something else."""
    return InputRefused(
        f"more than {FAULTS_KEPT:,} lines are malformed; the first is line {faults[0].line}: {faults[0].why}",
        where=where, fix="Is it in another syntax? --format names one.",
    )  # fmt: skip


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
            "the file is not UTF-8 text", where=f"{where}, line {broken_line(block, first)}", fix="Write it as UTF-8."
        ) from fault
    if b"\r" in block:
        lines = lines.with_columns(pl.col("l").str.strip_suffix("\r"))
    if quads:
        return carefully(lines, [], quads=True)
    cut, rest = _cut(lines)
    return carefully(rest, cut, quads=False)


def carefully(lines: pl.DataFrame, cut: list[tuple[tuple[str, str], pl.DataFrame]], *, quads: bool) -> Lines:
    """Lines judged one form for all predicates, and what has been cut before, in the order of the file."""
    plain = lines.get_column("l").str.contains(_PLAIN_QUAD if quads else _PLAIN)
    odd, faults = _odd_lines(lines.filter(~plain), quads=quads)
    judged = pl.concat([_split(lines.filter(plain), quads=quads), odd]) if lines.height else odd
    others = parts_of(judged.sort("row", maintain_order=True) if odd.height else judged)
    found: dict[tuple[str, str], list[pl.DataFrame]] = {key: [frame] for key, frame in others.items()}
    for key, frame in cut:
        found.setdefault(key, []).append(frame)
    parts = {key: frames[0] if len(frames) == 1 else pl.concat(frames).sort("row") for key, frames in found.items()}
    return Lines(parts, faults)


def _cut(lines: pl.DataFrame) -> tuple[list[tuple[tuple[str, str], pl.DataFrame]], pl.DataFrame]:
    """Most lines by predicate and kind, and those that are left.

    Lines of one predicate are alike: their objects are resources, or literals with one of few endings (language or
    datatype). Cutting them predicate by predicate looks at no predicate twice and makes no kind for each line.
    """
    pieces = lines.select("l", pl.col("l").str.splitn(" ", 3).struct.unnest(), "row")
    found: list[tuple[tuple[str, str], pl.DataFrame]] = []
    left = [lines.clear()]
    for (name,), group in pieces.partition_by("field_1", as_dict=True, include_key=False, maintain_order=True).items():
        if name is None or not _WHOLE_IRI.match(str(name)):
            left.append(group.select(lines.columns))
            continue
        sound = group.get_column("field_0").str.contains(_SUBJECT) & group.get_column("field_2").is_not_null()
        if not sound.all():
            left.append(group.filter(~sound).select(lines.columns))
            group = group.filter(sound)
        for _ in range(_MOST_ENDINGS):
            if group.is_empty():
                break
            first = str(group.item(0, "field_2"))
            ending = "" if first[:1] in ("<", "_") else first[first.rfind('"') :] if first.startswith('"') else None
            if ending is None or (ending and not _ENDING.match(ending)):
                break
            fits = group.get_column("field_2").str.contains(_literal_with(ending) if ending else _RESOURCE)
            if not fits[0]:
                break
            kind, frame = _objects(group if fits.all() else group.filter(fits), ending)
            found.append(((str(name)[1:-1], kind), frame))
            group = group.clear() if fits.all() else group.filter(~fits)
        left.append(group.select(lines.columns))
    return found, pl.concat(left).sort("row")


def _literal_with(ending: str) -> str:
    return rf"^{_TEXT[:-1]}{re.escape(ending)}$"


def _objects(group: pl.DataFrame, ending: str) -> tuple[str, pl.DataFrame]:
    """The subjects and objects of lines that end alike (`ending` is empty for resources), with the kind of object."""
    subject = _bare(pl.col("field_0")).alias("s")
    if not ending:
        value = pl.col("field_2").str.strip_suffix(".").str.strip_suffix(" ")
        return "<", group.select(subject, _bare(value).alias("o"), "row")
    tag = ending[1:].removesuffix(".").removesuffix(" ")
    kind = tag if tag.startswith("@") else "^" + (tag[3:-1] or XSD + "string")
    text = pl.col("field_2").str.strip_suffix(ending).str.strip_prefix('"')
    frame = group.select(subject, text.alias("o"), "row")
    escaped = frame.get_column("o").str.contains("\\", literal=True)
    if escaped.any():
        texts = frame.get_column("o")
        mended = texts.filter(escaped).map_elements(_unescaped, return_dtype=pl.String)
        frame = frame.with_columns(texts.clone().scatter(escaped.arg_true(), mended).alias("o"))
    return kind, frame


def broken_line(block: bytes, first: int) -> int:
    """The line of the first byte that is not UTF-8; the block begins with line `first`."""
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
