"""What differs between two states: snapshots of a store, stores, or RDF files.

Statements are compared as they were written, record by record. Blank nodes are compared by what is said of them
(`model.blank_nodes`), not by their labels. Of two snapshots only the sources that differ are read; what follows from
them (provenance, inferred statements, the model) is not compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from mcgraph.errors import InputRefused, StoreUnavailable, WrongUse
from mcgraph.model.blank_nodes import names_by_content
from mcgraph.sources.rdf import ENDINGS, read_rdf
from mcgraph.store import batches, changes, content
from mcgraph.store import manifest as manifests
from mcgraph.store.manifest import Manifest, Submission
from mcgraph.store.writer import kept_manifests

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer

COLUMNS = ("change", "record", "label", "property", "before", "after")
CURRENT, PREVIOUS = "current", "previous"
_TITLES = ("https://w3id.org/mcgraph/ontology#title", "http://www.w3.org/2004/02/skos/core#prefLabel")
_CHANGES = ("added", "changed", "removed")
_BETWEEN = " | "
_DEEPEST = 50
_LONGEST_PATH = 250


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two states: its name, its snapshot ("" for a file), and what each source of it is."""

    name: str
    snapshot: str
    root: Path | None
    sources: Mapping[str, Submission]
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What went and what came: statements, records, sources, and the changes one by one.

    `changes` has the columns of `COLUMNS`: a record that came or went is one row, a changed one a row per property.
    `removed` and `added` are the statements (`s p o kind datatype lang`), for a patch.
    """

    before: Side
    after: Side
    removed: pl.DataFrame
    added: pl.DataFrame
    changes: pl.DataFrame
    records: Mapping[str, int]
    sources: Mapping[str, list[str]]
    undecided: int

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return self.removed.is_empty() and self.added.is_empty()

    def to_answer(self) -> Answer:
        """The changes as a table that can be written like any answer."""
        from mcgraph import __version__
        from mcgraph.model.answer import IRI_TYPE, STRING_TYPE, Answer

        kinds = tuple(IRI_TYPE if name in ("record", "property") else STRING_TYPE for name in COLUMNS)
        rows = tuple(self.changes.rows())
        return Answer(
            columns=COLUMNS,
            rows=rows,
            types=tuple(tuple(k if v else "" for k, v in zip(kinds, row, strict=True)) for row in rows),
            snapshot=self.after.snapshot or self.before.snapshot,
            name="diff",
            query="statements of one state that the other does not have, by record and property",
            parameters={"before": self.before.name, "after": self.after.name},
            versions={"mcgraph": __version__},
            warnings=self.notes(),
        )

    def notes(self) -> tuple[str, ...]:
        """What must be said beside the changes."""
        if not self.undecided:
            return ()
        return (
            f"{self.undecided:,} blank nodes could not be told apart: differences between them may only seem so",
        )

    def to_patch(self) -> str:
        """The difference as an RDF Patch (https://afs.github.io/rdf-delta/rdf-patch.html): D lines, then A lines."""
        gone = (f"D {line}" for line in _lines(self.removed))
        came = (f"A {line}" for line in _lines(self.added))
        return "\n".join(["TX .", *gone, *came, "TC .", ""])


def side_of(text: str, store: Path) -> Side:
    """The state a text names: `current`, `previous`, a snapshot id of the store, a store's folder, or an RDF file.

    Raises `WrongUse` for what is none of these.
    """
    # A longer text than any path may be, or one with a zero byte, is no path and no error of the disk.
    path = Path(text) if len(text) < _LONGEST_PATH and "\0" not in text else Path("?")
    if path.is_dir() and (path / "FORMAT").exists():
        return _of_manifest(text, path, manifests.read(path, manifests.current_name(path)))
    if path.suffix.lower() in ENDINGS and path.is_file():
        return Side(text, "", None, {}, path)
    known = kept_manifests(store) if (store / "FORMAT").exists() else []
    if known and text in (CURRENT, PREVIOUS):
        now = manifests.read(store, manifests.current_name(store))
        if text == CURRENT:
            return _of_manifest(text, store, now)
        earlier = [m for m in known if m.number < now.number and m.snapshot != now.snapshot and m.number]
        if earlier:
            return _of_manifest(text, store, earlier[0])
        raise WrongUse("no earlier snapshot is kept", fix="`mcgraph history` shows what was loaded.")
    for manifest in known:
        if manifest.snapshot == text:
            return _of_manifest(text, store, manifest)
    kept = ", ".join(dict.fromkeys(manifest.snapshot for manifest in known if manifest.number)) or "none"
    raise WrongUse(
        f"«{text[:80]}» is no snapshot that is kept, no store and no RDF file",
        fix=f"Give {CURRENT}, {PREVIOUS}, a folder, a file ({', '.join(ENDINGS)}) or a kept snapshot: {kept}.",
    )


def _of_manifest(name: str, root: Path, manifest: Manifest) -> Side:
    sources = {known.source: known for known in manifest.submissions if known.source != content.INFERRED}
    return Side(name, manifest.snapshot, root, sources)


def compare(before: Side, after: Side) -> Comparison:
    """What the second state says that the first does not, and the other way round.

    Raises `StoreUnavailable` where a batch file is damaged or a snapshot's files are gone, `InputRefused` where an RDF
    file cannot be read.
    """
    same = {name for name, known in before.sources.items() if _is_same(known, after.sources.get(name))}
    old, old_parts = _read(before, same)
    new, new_parts = _read(after, same)
    old, undecided = _renamed(old)
    new, more = _renamed(new)
    moved = changes.difference(old.lazy(), new.lazy())
    removed, added = moved.removed.sort(batches.KEYS), moved.added.collect().sort(batches.KEYS)
    owners = _owners(pl.concat([old_parts, new_parts]).unique(), pl.concat([removed, added]), pl.concat([old, new]))
    table, records = _table(removed, added, owners, _records(old, owners), _records(new, owners), _labels(old, new))
    sources = {
        "added": sorted(set(after.sources) - set(before.sources)),
        "removed": sorted(set(before.sources) - set(after.sources)),
        "changed": sorted(set(before.sources) & set(after.sources) - same),
    }
    return Comparison(before, after, removed, added, table, records, sources, undecided + more)


def _is_same(known: Submission, other: Submission | None) -> bool:
    return other is not None and known.batch == other.batch


def _read(side: Side, but: set[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The statements of a state, each once, and which record each of its sub-nodes belongs to."""
    parts = [pl.DataFrame(schema={"node": pl.String, "record": pl.String})]
    if side.file is not None:
        batch = read_rdf([side.file], "file")
        if batch.findings:
            first = batch.findings[0]
            place = f"{side.file.name}, line {first.where.line}"
            raise InputRefused(f"{len(batch.findings):,} lines cannot be read: {first.expected}", where=place)
        frames = [batches.column_frame(column).select(batches.KEYS) for column in batch.columns]
        return _once(batches.pl_concat(frames)), parts[0]
    lazy = []
    for name, known in side.sources.items():
        if name in but or side.root is None:
            continue
        folder = side.root / "batches" / known.batch
        if not folder.is_dir():
            raise StoreUnavailable(
                f"the files of «{name}» in {side.snapshot} are gone", where=str(folder),
                fix="Another process has just removed an old snapshot: run the command again.",
            )  # fmt: skip
        batches.verify(folder, known.sums)
        lazy.append(content.of_submission(side.root, known))
        parts.append(batches.frame(folder, "parts").select("node", "record"))
    return _once(batches.pl_concat(lazy)), pl.concat(parts)


def _once(lazy: pl.LazyFrame) -> pl.DataFrame:
    return lazy.select(batches.KEYS).unique().collect()


def _renamed(triples: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """The statements with blank nodes named by what is said of them."""
    blank = pl.col("s").str.starts_with("_:") | ((pl.col("kind") == "iri") & pl.col("o").str.starts_with("_:"))
    with_blank = triples.filter(blank)
    if with_blank.is_empty():
        return triples, 0
    naming = names_by_content(with_blank.select(batches.KEYS).iter_rows())
    keys = pl.Series(list(naming.names), dtype=pl.String)
    values = pl.Series(list(naming.names.values()), dtype=pl.String)
    object_ = pl.col("o").replace(keys, values)
    renamed = pl.when(pl.col("kind") == "iri").then(object_).otherwise(pl.col("o"))
    named = with_blank.with_columns(pl.col("s").replace(keys, values), renamed.alias("o"))
    return pl.concat([triples.filter(~blank), named]).unique(), naming.undecided


def _owners(parts: pl.DataFrame, moved: pl.DataFrame, everything: pl.DataFrame) -> pl.DataFrame:
    """The record of each subject that changed: itself, what its source says owns it, or what points to a blank node."""
    owners = moved.select(pl.col("s").alias("node")).unique().join(parts.unique("node"), on="node", how="left")
    owners = owners.with_columns(pl.coalesce("record", "node").alias("record"))
    pointed = (
        everything.filter((pl.col("kind") == "iri") & pl.col("o").str.starts_with("_:"))
        .sort("s", "o")
        .unique("o", keep="first", maintain_order=True)
        .select(pl.col("o").alias("record"), pl.col("s").alias("above"))
    )
    for _ in range(_DEEPEST):
        owners = owners.join(pointed, on="record", how="left")
        if owners.get_column("above").null_count() == owners.height:
            break
        owners = owners.with_columns(pl.coalesce("above", "record").alias("record")).drop("above")
    return owners.select("node", "record")


def _records(triples: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """Which of the touched records have a statement of their own in a state."""
    touched = owners.select("record").unique()
    return triples.select(pl.col("s").alias("record")).unique().join(touched, on="record", how="semi")


def _labels(old: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """One label per subject: the newer one, a title before another, no language and English before others."""
    frames = [
        frame.filter(pl.col("p").is_in(list(_TITLES)), pl.col("kind") == "literal").select(
            pl.col("s").alias("record"), pl.col("o").alias("label"), "lang", pl.lit(age).alias("age"), "p"
        )
        for age, frame in ((0, new), (1, old))
    ]
    ranked = pl.concat(frames).sort("age", ~pl.col("lang").is_in(["", "en"]), "lang", "p", "label")
    return ranked.unique("record", keep="first", maintain_order=True).select("record", "label")


def _table(
    removed: pl.DataFrame,
    added: pl.DataFrame,
    owners: pl.DataFrame,
    were: pl.DataFrame,
    are: pl.DataFrame,
    labels: pl.DataFrame,
) -> tuple[pl.DataFrame, dict[str, int]]:
    def values(frame: pl.DataFrame, name: str) -> pl.DataFrame:
        spelled = pl.when(pl.col("lang") != "").then(pl.concat_str("o", pl.lit("@"), "lang")).otherwise(pl.col("o"))
        return (
            frame.join(owners, left_on="s", right_on="node")
            .select("record", "p", spelled.alias(name))
            .group_by("record", "p")
            .agg(pl.col(name).sort().str.join(_BETWEEN), pl.len().alias(f"{name}_n"))
        )

    both = values(removed, "before").join(values(added, "after"), on=["record", "p"], how="full", coalesce=True)
    state = (
        both.select("record")
        .unique()
        .join(were.with_columns(was=pl.lit(True)), on="record", how="left")
        .join(are.with_columns(is_=pl.lit(True)), on="record", how="left")
        .select(
            "record",
            pl.when(pl.col("was").is_null())
            .then(pl.lit("added"))
            .when(pl.col("is_").is_null())
            .then(pl.lit("removed"))
            .otherwise(pl.lit("changed"))
            .alias("change"),
        )
    )
    told = both.join(state, on="record")
    whole = (
        told.filter(pl.col("change") != "changed")
        .group_by("change", "record")
        .agg(pl.col("before_n").sum(), pl.col("after_n").sum())
        .with_columns(
            pl.lit(None, dtype=pl.String).alias("p"),
            *(
                pl.when(pl.col(f"{name}_n") > 0).then(pl.format("{} statements", f"{name}_n")).alias(name)
                for name in ("before", "after")
            ),
        )
    )
    names = ("change", "record", "p", "before", "after")
    rows = pl.concat([whole.select(names), told.filter(pl.col("change") == "changed").select(names)])
    table = rows.join(labels, on="record", how="left").rename({"p": "property"}).select(COLUMNS)
    order = pl.col("change").replace_strict({"changed": 0, "added": 1, "removed": 2}, return_dtype=pl.Int8)
    counts = {str(name): int(n) for name, n in state.group_by("change").len().iter_rows()}
    return table.sort(order, "record", "property"), {name: counts.get(name, 0) for name in _CHANGES}


def _lines(triples: pl.DataFrame) -> list[str]:
    text = b"".join(batches.ntriples(triples.lazy())).decode()
    return text.splitlines()
