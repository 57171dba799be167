"""A snapshot as columns of numbers: what whole-graph questions are answered from.

    derived/columns/<snapshot>-v1/  stamp.json, the terms (see `dictionary`), one table of (s, o) per graph and property

Made once for a snapshot from its batches, beside the index and by the same rules: a table holds each triple once, in
Oxigraph's spelling of numbers and dates. Written beside and renamed, so it is there whole or not at all; every file
carries a checksum that is compared when it is first read. It is a copy: it can be thrown away at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import StoreUnavailable
from mcgraph.model.namespaces import XSD
from mcgraph.store import content, files
from mcgraph.store.dictionary import (
    IRI,
    NUMBERS,
    STRIDE,
    STRING,
    Dictionary,
    Section,
    kind_of,
    order,
    read_checked,
    sum_of,
    write_section,
)

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.store.graph import Graph

# Raised whenever the files or their meaning change.
VERSION = 1
_STAMP = "stamp.json"
_CANONICAL = 50_000


@dataclass(frozen=True, slots=True)
class Table:
    """One property in one graph."""

    graph: str
    predicate: str
    file: str
    rows: int


@dataclass(slots=True)
class Columns:
    """The opened columns of a snapshot."""

    folder: Path
    snapshot: str
    dictionary: Dictionary
    tables: tuple[Table, ...]
    sums: dict[str, int]
    _read: dict[str, pl.DataFrame] = field(default_factory=dict)

    def table(self, known: Table) -> pl.DataFrame:
        """The rows of a table: ids of subject and object, sorted."""
        if known.file not in self._read:
            self._read[known.file] = read_checked(self.folder, known.file, self.sums)
        return self._read[known.file]


def folder_of(root: Path, snapshot: str) -> Path:
    """Where the columns of a snapshot stand in a store."""
    return root / "derived" / "columns" / f"{content_safe(snapshot)}-v{VERSION}"


def content_safe(snapshot: str) -> str:
    """A snapshot id as part of a file name."""
    return "".join(mark if mark.isalnum() or mark == "-" else "_" for mark in snapshot)


def open_columns(folder: Path) -> Columns | None:
    """The columns in a folder, or None where there are none of this version."""
    try:
        about = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        if about["version"] != VERSION:
            return None
        sections = tuple(Section(*one) for one in about["sections"])
        tables = tuple(Table(*one) for one in about["tables"])
        sums: dict[str, int] = about["sums"]
        return Columns(folder, about["snapshot"], Dictionary(folder, sections, sums), tables, sums)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def build(graph: Graph) -> Path:
    """Make the columns of the snapshot that is open, and return their folder; at once where they stand already.

    Raises `OSError` where the disk cannot be written, `StoreUnavailable` where a batch is damaged.
    """
    folder = folder_of(graph.path, graph.snapshot)
    if open_columns(folder) is not None:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = files.temporary(folder.parent, folder.name)
    files.remove(beside)
    beside.mkdir()
    try:
        sections, tables = _write(beside, graph)
        sums = {path.name: sum_of(path) for path in sorted(beside.iterdir())}
        about = {
            "version": VERSION,
            "snapshot": graph.snapshot,
            "sections": [one.to_json() for one in sections],
            "tables": [[one.graph, one.predicate, one.file, one.rows] for one in tables],
            "sums": sums,
        }
        (beside / _STAMP).write_text(json.dumps(about), encoding="utf-8")
        for path in beside.iterdir():
            files.sync(path)
        files.remove(folder)
        files.rename(beside, folder)
    finally:
        files.remove(beside)
    return folder


def parts(graph: Graph) -> Iterator[tuple[str, pl.LazyFrame]]:
    """Every named graph of a snapshot with its triples (a graph may come in several parts)."""
    root, manifest = graph.path, graph.manifest
    if manifest.ontology:
        yield content.ONTOLOGY_GRAPH, _ontology(content.ontology_path(root, manifest.ontology))
    for known in manifest.submissions:
        if known.source != content.INFERRED:
            yield content.graph_of(known.source), content.of_submission(root, known)
        yield content.PROVENANCE_GRAPH, content.provenance(root, known)
    if any(known.has_rules or known.source == content.INFERRED for known in manifest.submissions):
        yield content.INFERRED_GRAPH, content.inferred(root, manifest)


def _ontology(path: Path) -> pl.LazyFrame:
    import polars as pl
    import pyoxigraph as ox

    rows = []
    for quad in ox.parse(path=str(path), format=ox.RdfFormat.N_TRIPLES):
        thing: Any = quad.object
        subject: Any = quad.subject
        if isinstance(thing, ox.Literal):
            language = thing.language or ""
            row = (thing.value, "literal", "" if language else thing.datatype.value, language)
        else:
            row = (thing.value, "iri", "", "")
        rows.append((subject.value, quad.predicate.value, *row))
    schema = dict.fromkeys(("s", "p", "o", "kind", "datatype", "lang"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row").lazy()


_Piece = tuple[str, str, str, str, "pl.DataFrame"]


def _pieces(graph: Graph) -> Iterator[_Piece]:
    """The triples by graph, property, and section of the object, in Oxigraph's spelling."""
    import polars as pl

    for name, lazy in parts(graph):
        frame = lazy.select("s", "o", *(pl.col(c).cast(pl.Categorical) for c in ("p", "kind", "datatype", "lang")))
        for key, rows in frame.collect(engine="streaming").group_by("p", "kind", "datatype", "lang"):
            predicate, kind, datatype, language = (str(one) for one in key)
            rows = rows.select("s", "o")
            if kind == "iri":
                yield name, predicate, IRI, "", rows
            elif language or datatype in ("", STRING):
                yield name, predicate, *kind_of(datatype or STRING, language.lower()), rows
            else:
                yield from _typed(name, predicate, datatype, rows)


def _typed(name: str, predicate: str, datatype: str, rows: pl.DataFrame) -> Iterator[_Piece]:
    """Typed literals as the index spells them: it may change the text (01 → 1) and the datatype (int → integer)."""
    import polars as pl

    given = rows.get_column("o").unique()
    spelled = pl.DataFrame(
        canonical(given.to_list(), datatype), schema=dict.fromkeys(("o", "text", "type"), pl.String), orient="row"
    )
    for key, part in rows.join(spelled, on="o").group_by("type"):
        own = str(key[0])
        kind, section = kind_of(own, "")
        # The datatype of a number is told by its text: only decimals and doubles of the same value may meet.
        text = pl.col("text") if kind != "number" else pl.col("text") + pl.lit(f" {NUMBERS.index(own)}")
        yield name, predicate, kind, section, part.select("s", text.alias("o"))


def canonical(texts: list[str], datatype: str) -> list[tuple[str, str, str]]:
    """Each text with the text and datatype under which Oxigraph gives it back."""
    import pyoxigraph as ox

    spelled: list[tuple[str, str, str]] = []
    node, kind = ox.NamedNode("urn:p"), ox.NamedNode(datatype)
    for start in range(0, len(texts), _CANONICAL):
        store = ox.Store()
        part = texts[start : start + _CANONICAL]
        store.extend(ox.Quad(ox.NamedNode(f"urn:{i}"), node, ox.Literal(t, datatype=kind)) for i, t in enumerate(part))
        for quad in store:
            thing: Any = quad.object
            subject: Any = quad.subject
            spelled.append((part[int(subject.value[4:])], thing.value, thing.datatype.value))
    return spelled


def _write(folder: Path, graph: Graph) -> tuple[list[Section], list[Table]]:
    """Two passes over the pieces: which terms there are, then the triples as their numbers."""
    import polars as pl

    known: dict[tuple[str, str], pl.DataFrame] = {}
    pieces = list(_pieces(graph))
    # Names of graphs and properties are terms too: a variable can stand in their place.
    _learn(known, (IRI, ""), pl.Series(sorted({one for piece in pieces for one in piece[:2]})))
    for _, _, kind, section, rows in pieces:
        _learn(known, (IRI, ""), rows.get_column("s"))
        _learn(known, (kind, section), rows.get_column("o"))
    sections, numbered = _number(folder, known)
    del known
    by_table: dict[tuple[str, str], list[pl.Series]] = {}
    while pieces:
        name, predicate, kind, section, rows = pieces.pop()
        subjects = _encode(numbered[(IRI, "")], rows.get_column("s"))
        objects = _encode(numbered[(kind, section)], rows.get_column("o"))
        pairs = (subjects.cast(pl.UInt64) * (1 << 32) + objects.cast(pl.UInt64)).alias("pair")
        by_table.setdefault((name, predicate), []).append(pairs)
    return sections, [
        _table(folder, number, name, predicate, pairs)
        for number, ((name, predicate), pairs) in enumerate(sorted(by_table.items()))
    ]


def _learn(known: dict[tuple[str, str], pl.DataFrame], section: tuple[str, str], texts: pl.Series) -> None:
    """Add the texts not met yet; texts stand for themselves by a 64-bit hash, checked in `_encode`."""
    import polars as pl

    new = pl.DataFrame({"hash": texts.hash(), "text": texts}).unique("hash", keep="any")
    if section in known:
        new = pl.concat([known[section], new.join(known[section], on="hash", how="anti")])
    known[section] = new


def _number(
    folder: Path, known: dict[tuple[str, str], pl.DataFrame]
) -> tuple[list[Section], dict[tuple[str, str], pl.DataFrame]]:
    import polars as pl

    sections: list[Section] = []
    numbered: dict[tuple[str, str], pl.DataFrame] = {}
    place = 0
    for number, (kind, name) in enumerate(order(list(known))):
        found = known.pop((kind, name))
        found = _sorted(folder, number, kind, found)
        ids = pl.int_range(place * STRIDE, (place + found.height) * STRIDE, STRIDE, dtype=pl.UInt32, eager=True)
        numbered[(kind, name)] = found.select("hash", "text").with_columns(ids.alias("id"))
        sections.append(Section(kind, name, place, place + found.height))
        place += found.height
    return sections, numbered


def _sorted(folder: Path, number: int, kind: str, found: pl.DataFrame) -> pl.DataFrame:
    """The terms of a section in their order, written with their values."""
    import numpy as np
    import polars as pl

    if kind == "number":
        parted = found.with_columns(
            pl.col("text").str.split_exact(" ", 1).struct.rename_fields(["plain", "type"]).alias("both")
        ).unnest("both")
        value = pl.col("plain").str.replace("INF", "inf").cast(pl.Float64, strict=False)
        parted = parted.with_columns(value.alias("value")).sort("value", "plain", "type")
        np.save(folder / f"values-{number}.npy", parted.get_column("value").to_numpy())
        np.save(folder / f"datatypes-{number}.npy", parted.get_column("type").cast(pl.UInt8).to_numpy())
        write_section(folder, number, parted.get_column("plain"))
        return parted
    if kind == "date":
        days = pl.col("text").str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32)
        found = found.with_columns(days.alias("value")).sort("value", "text", nulls_last=True)
        np.save(folder / f"values-{number}.npy", found.get_column("value").cast(pl.Float64).to_numpy())
    else:
        found = found.sort("text")
    write_section(folder, number, found.get_column("text"))
    return found


def _encode(numbered: pl.DataFrame, texts: pl.Series) -> pl.Series:
    import polars as pl

    asked = pl.DataFrame({"hash": texts.hash(), "asked": texts})
    found = asked.join(numbered, on="hash", how="left", maintain_order="left")
    if not (found.get_column("text") == found.get_column("asked")).all():
        raise StoreUnavailable("two terms of this snapshot share a hash, so its columns cannot be made")
    return found.get_column("id")


def _table(folder: Path, number: int, graph: str, predicate: str, pairs: list[pl.Series]) -> Table:
    """The sorted pairs, each once."""
    import numpy as np
    import polars as pl

    packed = np.unique(pl.concat(pairs).to_numpy())
    frame = pl.DataFrame(
        {"s": (packed >> np.uint64(32)).astype(np.uint32), "o": (packed & np.uint64(0xFFFFFFFF)).astype(np.uint32)}
    )
    file = f"table-{number}.ipc"
    frame.write_ipc(folder / file, compression="uncompressed")
    return Table(graph, predicate, file, frame.height)
