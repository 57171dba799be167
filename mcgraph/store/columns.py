"""A snapshot as columns of numbers: what whole-graph questions are answered from.

    derived/columns/<snapshot>-v1/  stamp.json, the terms (see `dictionary`), one table of (s, o) per graph and property

Made once for a snapshot from its batches, beside the index and by the same rules: a table holds each triple once, in
Oxigraph's spelling of numbers and dates. Written beside and renamed, so it is there whole or not at all; every file
carries a checksum that is compared when it is first read. It is a copy: it can be thrown away at any time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import StoreUnavailable
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
_WELL_FORMED = {
    "number": r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$",
    "date": r"^\d{4}-\d\d-\d\d$",
    "boolean": r"^(true|false)$",
}
_CANONICAL = 50_000
# Rows of one look-up while the columns are made: the table it needs is then made seldom.
_AT_ONCE = 6_000_000


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
    if open_columns(folder) is None:
        write(folder, graph.snapshot, parts(graph))
    return folder


def write(folder: Path, snapshot: str, graphs: Iterable[tuple[str, pl.LazyFrame]]) -> None:
    """Write the columns of named graphs in one step; of two processes that do, one wins and both are right.

    Raises `OSError` where the disk cannot be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = files.temporary(folder.parent, folder.name)
    files.remove(beside)
    beside.mkdir()
    try:
        sections, tables = _write(beside, graphs)
        sums = {path.name: sum_of(path) for path in sorted(beside.iterdir())}
        about = {
            "version": VERSION,
            "snapshot": snapshot,
            "sections": [one.to_json() for one in sections],
            "tables": [[one.graph, one.predicate, one.file, one.rows] for one in tables],
            "sums": sums,
        }
        (beside / _STAMP).write_text(json.dumps(about), encoding="utf-8")
        # Nothing is synced: after a power loss the checksums tell what is missing, and it is made again.
        files.remove(folder)
        files.rename(beside, folder)
    finally:
        files.remove(beside)


def discard(folder: Path) -> None:
    """Throw the columns away, because a file is damaged; the next question makes them again."""
    files.remove(folder)


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


def _pieces(graphs: Iterable[tuple[str, pl.LazyFrame]]) -> Iterator[_Piece]:
    """The triples by graph, property, and section of the object, in Oxigraph's spelling."""
    import polars as pl

    for name, lazy in graphs:
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
        if kind in _WELL_FORMED:
            odd = ~pl.col("text").str.contains(_WELL_FORMED[kind])
            if kind == "date":
                odd = odd | pl.col("text").str.to_date("%Y-%m-%d", strict=False).is_null()
            strange = part.filter(odd)
            if strange.height:
                # "many" as a number is no number: it compares with nothing.
                yield name, predicate, "other", own, strange.select("s", pl.col("text").alias("o"))
                part = part.filter(~odd)
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


def _write(folder: Path, graphs: Iterable[tuple[str, pl.LazyFrame]]) -> tuple[list[Section], list[Table]]:
    """Two passes over the pieces: which terms there are, then the triples as their numbers."""
    import polars as pl

    known: dict[tuple[str, str], _Known] = {}
    pairs: list[tuple[tuple[str, str], tuple[str, str], pl.DataFrame]] = []
    names: set[str] = set()
    for name, predicate, kind, section, rows in _pieces(graphs):
        subjects = known.setdefault((IRI, ""), _Known()).learn(rows.get_column("s"))
        objects = known.setdefault((kind, section), _Known()).learn(rows.get_column("o"))
        pairs.append(((name, predicate), (kind, section), pl.DataFrame({"s": subjects, "o": objects})))
        names |= {name, predicate}
    # Names of graphs and properties are terms too: a variable can stand in their place.
    known[(IRI, "")].learn(pl.Series(sorted(names)))
    sections, numbered = _number(folder, known)
    by_table: dict[tuple[str, str], list[pl.Series]] = {}
    for objects_in, things in numbered.items():
        mine = [(table, frame) for table, where, frame in pairs if where == objects_in]
        pairs = [one for one in pairs if one[1] != objects_in]
        for table, packed in _encoded(mine, numbered[(IRI, "")], things):
            by_table.setdefault(table, []).append(packed)
    return sections, [
        _table(folder, number, name, predicate, packed)
        for number, ((name, predicate), packed) in enumerate(sorted(by_table.items()))
    ]


class _Known:
    """The terms of a section met so far; each stands for itself by two 64-bit hashes of its text."""

    def __init__(self) -> None:
        self.frames: list[pl.DataFrame] = []
        self.rows = 0

    def learn(self, texts: pl.Series) -> pl.Series:
        """Add the texts, and give their hashes."""
        import polars as pl

        hashes = texts.hash()
        frame = pl.DataFrame({"hash": hashes, "second": texts.hash(1), "text": texts})
        self.frames.append(frame.unique(["hash", "second"], keep="any"))
        self.rows += self.frames[-1].height
        if self.rows > _AT_ONCE:
            self.frames = [self._merged()]
            # What is known does not count again, or every piece would be merged once the limit is reached.
            self.rows = 0
        return hashes

    def all(self) -> pl.DataFrame:
        """Each term once.

        Raises `StoreUnavailable` should two terms share a hash.
        """
        found = self._merged()
        if found.get_column("hash").n_unique() != found.height:
            raise StoreUnavailable("two terms of this snapshot share a hash, so its columns cannot be made")
        return found.select("hash", "text")

    def _merged(self) -> pl.DataFrame:
        import polars as pl

        return pl.concat(self.frames).unique(["hash", "second"], keep="any")


def _encoded(
    pieces: list[tuple[tuple[str, str], pl.DataFrame]], subjects: pl.DataFrame, objects: pl.DataFrame
) -> Iterator[tuple[tuple[str, str], pl.Series]]:
    """The pairs of each piece as one number of two ids; many pieces in one look-up, since that costs its table."""
    import polars as pl

    while pieces:
        taken: list[tuple[tuple[str, str], pl.DataFrame]] = []
        rows = 0
        while pieces and rows < _AT_ONCE:
            taken.append(pieces.pop())
            rows += taken[-1][1].height
        frame = pl.concat([one for _, one in taken])
        for side, numbered in (("s", subjects), ("o", objects)):
            frame = frame.join(numbered.rename({"id": f"{side}_id"}), left_on=side, right_on="hash", how="left",
                               maintain_order="left")  # fmt: skip
        packed = pl.col("s_id").cast(pl.UInt64) * (1 << 32) + pl.col("o_id").cast(pl.UInt64)
        together = frame.select(packed.alias("pair")).to_series()
        start = 0
        for table, one in taken:
            yield table, together.slice(start, one.height)
            start += one.height


def _number(
    folder: Path, known: dict[tuple[str, str], _Known]
) -> tuple[list[Section], dict[tuple[str, str], pl.DataFrame]]:
    import polars as pl

    sections: list[Section] = []
    numbered: dict[tuple[str, str], pl.DataFrame] = {}
    place = 0
    for number, (kind, name) in enumerate(order(list(known))):
        found = _sorted(folder, number, kind, known.pop((kind, name)).all())
        ids = pl.int_range(place * STRIDE, (place + found.height) * STRIDE, STRIDE, dtype=pl.UInt32, eager=True)
        numbered[(kind, name)] = found.select("hash").with_columns(ids.alias("id"))
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
        value = pl.col("plain").cast(pl.Float64, strict=False)
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


def _table(folder: Path, number: int, graph: str, predicate: str, pairs: list[pl.Series]) -> Table:
    """The sorted pairs, each once."""
    import numpy as np
    import polars as pl

    # Sorting and looking at neighbours is faster here than the hashing of np.unique.
    packed = np.sort(pl.concat(pairs).to_numpy())
    packed = packed[np.append(True, packed[1:] != packed[:-1])] if len(packed) else packed
    frame = pl.DataFrame(
        {"s": (packed >> np.uint64(32)).astype(np.uint32), "o": (packed & np.uint64(0xFFFFFFFF)).astype(np.uint32)}
    )
    file = f"table-{number}.ipc"
    frame.write_ipc(folder / file, compression="uncompressed")
    return Table(graph, predicate, file, frame.height)
