"""A batch on disk: the truth of the store, written once and never changed.

    batches/<name>/triples.parquet   p, s, o, kind, datatype, lang, table, column, row; in the order of the batch
                   records.parquet   the records: iri, class, id, label, table, row
                   parts.parquet     node → record that owns it
                   notes.parquet     each value that was normalised
                   lines.parquet     the physical lines of text files
                   places.parquet    for documents: file, pointer and the pointer of each cell, per row
                   tables.json       file, sheet, headers and row count of each table

The folder is named after its *content* (see `content_name`), not after its bytes, so that a newer Parquet
writer does not turn the same submission into another one. The checksums of the bytes are in the manifest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import StoreUnavailable
from mcgraph.model.namespaces import ID, MC, shorten
from mcgraph.store import files

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.model.batch import Batch, SourceTable, TripleColumn

ROW_GROUP = 200_000
KEYS = ("s", "p", "o", "kind", "datatype", "lang")
_HASHED_AT_ONCE = 200_000
_RULE_PREDICATES = (MC + "stackingWhole", MC + "requirementGroup", MC + "groupMember")


@dataclass(frozen=True, slots=True)
class Written:
    """What was written: the folder's name, the checksums of its files and the counts for the manifest."""

    name: str
    sums: Mapping[str, str]
    triples: int
    records: int
    kinds: Mapping[str, int]
    has_rules: bool


def content_name(batch: Batch) -> str:
    """A SHA-256 over a canonical spelling of everything that is stored of a batch.

    Rows are sorted first: a reader that works in parallel may give the same rows in another order.
    """
    digest = hashlib.sha256()
    digest.update(json.dumps([batch.source, _tables(batch.tables)], ensure_ascii=False).encode())
    for column in batch.columns:
        _digest_column(digest, column)
    for frame in (batch.records, batch.parts, batch.notes):
        digest.update(repr(frame.columns).encode())
        frame = frame.sort(frame.columns)
        for start in range(0, frame.height, _HASHED_AT_ONCE):
            digest.update(frame.slice(start, _HASHED_AT_ONCE).write_csv(quote_style="always").encode())
    for table in batch.tables:
        for series in (table.line, table.row):
            if series is not None:
                digest.update(_joined(series, " "))
            digest.update(b"|")
        if table.places is not None:
            digest.update(table.places.write_csv(quote_style="always").encode())
    return digest.hexdigest()


def _digest_column(digest: hashlib._Hash, column: TripleColumn) -> None:
    """Length-prefixed texts: no two different columns share a spelling."""
    head = [column.predicate, column.kind, column.datatype, column.language, column.table, column.column]
    digest.update(json.dumps([*head, len(column)], ensure_ascii=False).encode())
    ordered = column.frame.sort("row", "s", "o")
    for start in range(0, len(column), _HASHED_AT_ONCE):
        part = ordered.slice(start, _HASHED_AT_ONCE)
        for name in ("s", "o"):
            texts = part.get_column(name)
            digest.update(_joined(texts.str.len_bytes(), " "))
            digest.update(b"|")
            digest.update(_joined(texts, ""))
        digest.update(_joined(part.get_column("row"), " "))


def _joined(series: pl.Series, between: str) -> bytes:
    import polars as pl

    text = series.cast(pl.String).fill_null("-").str.join(between)
    return (text[0] or "").encode() if len(text) else b""


def _tables(tables: tuple[SourceTable, ...]) -> list[dict[str, object]]:
    return [
        {"file": t.file, "sheet": t.sheet, "name": t.name, "headers": list(t.headers), "rows": t.rows} for t in tables
    ]


def write(root: Path, batch: Batch, *, name: str, keep: Mapping[str, str] | None = None) -> Written:
    """Write a batch as the folder `name`, durably, and return what the manifest needs to know.

    `keep` are the checksums an existing folder of this content must have to be used as it is.
    """
    folder = root / "batches" / name
    usable = keep is not None and is_intact(folder, keep)
    sums = dict(keep) if keep is not None and usable else _write_folder(folder, batch)
    kinds = batch.records.select("class", "iri").unique().group_by("class").len().sort("class")
    return Written(
        name=name,
        sums=sums,
        triples=batch.size,
        records=batch.records.get_column("iri").n_unique(),
        kinds={shorten(str(kind)).removeprefix("mc:"): int(count) for kind, count in kinds.iter_rows()},
        has_rules=any(column.predicate == _RULE_PREDICATES[0] for column in batch.columns),
    )


def _write_folder(folder: Path, batch: Batch) -> dict[str, str]:
    import polars as pl

    beside = files.temporary(folder.parent, folder.name)
    files.remove(beside)
    files.step("make-folder", beside)
    beside.mkdir()
    try:
        files.step("write-triples", beside)
        _triples(batch).sink_parquet(
            beside / "triples.parquet", row_group_size=ROW_GROUP, compression="zstd", compression_level=1
        )
        tables = {"records": batch.records, "parts": batch.parts, "notes": batch.notes, "lines": _lines(batch)}
        if any(table.places is not None for table in batch.tables):
            tables["places"] = _places(batch)
        for name, table in tables.items():
            files.step("write-table", beside / name)
            table.write_parquet(beside / f"{name}.parquet", compression="zstd", compression_level=1)
        files.write(beside / "tables.json", json.dumps(_tables(batch.tables), ensure_ascii=False).encode())
        sums = {}
        for path in sorted(beside.iterdir()):
            files.sync(path)
            sums[path.name] = files.checksum(path)
        files.sync_folder(beside)
        # What was written is read once before it counts: a writer that lost rows must not become the truth.
        height = pl.scan_parquet(beside / "triples.parquet").select(pl.len()).collect().item()
        if height != batch.size:
            raise StoreUnavailable(f"{height:,} of {batch.size:,} triples reached the disk", where=str(folder.parent))
        files.remove(folder)
        files.rename(beside, folder)
    except BaseException:
        files.remove(beside)
        raise
    return sums


def _triples(batch: Batch) -> pl.LazyFrame:
    return pl_concat([column_frame(column) for column in batch.columns if len(column)])


def pl_concat(frames: list[pl.LazyFrame]) -> pl.LazyFrame:
    """The frames below one another; an empty one with the right columns where there is none."""
    import polars as pl

    return pl.concat(frames) if frames else pl.LazyFrame(schema=triple_schema())


def triple_schema() -> pl.Schema:
    """The columns of `triples.parquet`."""
    import polars as pl

    text = dict.fromkeys(("p", "s", "o", "kind", "datatype", "lang"), pl.String())
    return pl.Schema({**text, "table": pl.Int16(), "column": pl.Int16(), "row": pl.UInt32()})


def column_frame(column: TripleColumn) -> pl.LazyFrame:
    """A triple column with what it says of all its triples written beside each."""
    import polars as pl

    literal = column.kind == "literal"
    return column.frame.lazy().select(
        pl.lit(column.predicate).alias("p"),
        pl.col("s").cast(pl.String),
        pl.col("o").cast(pl.String),
        pl.lit(column.kind).alias("kind"),
        pl.lit(column.datatype if literal and not column.language else "").alias("datatype"),
        pl.lit(column.language if literal else "").alias("lang"),
        pl.lit(column.table, dtype=pl.Int16).alias("table"),
        pl.lit(column.column, dtype=pl.Int16).alias("column"),
        pl.col("row").cast(pl.UInt32),
    )


def _lines(batch: Batch) -> pl.DataFrame:
    import polars as pl

    frames = [
        pl.DataFrame({"row": table.row.cast(pl.UInt32), "line": table.line.cast(pl.UInt32)}).select(
            pl.lit(index, dtype=pl.Int16).alias("table"), "row", "line"
        )
        for index, table in enumerate(batch.tables)
        if table.line is not None and table.row is not None
    ]
    schema = {"table": pl.Int16(), "row": pl.UInt32(), "line": pl.UInt32()}
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _places(batch: Batch) -> pl.DataFrame:
    import polars as pl

    frames = [
        table.places.insert_column(0, pl.lit(index, dtype=pl.Int16).alias("table"))
        for index, table in enumerate(batch.tables)
        if table.places is not None
    ]
    return pl.concat(frames, how="diagonal")


def is_intact(folder: Path, sums: Mapping[str, str]) -> bool:
    """Whether every file of a batch has the checksum the manifest gives, and there is no other."""
    return damaged_file(folder, sums) is None


def damaged_file(folder: Path, sums: Mapping[str, str]) -> Path | None:
    """The first file of a batch that is missing or altered."""
    for name, total in sums.items():
        path = folder / name
        try:
            if files.checksum(path) != total:
                return path
        except OSError:
            return path
    return None


def verify(folder: Path, sums: Mapping[str, str]) -> None:
    """Refuse to read a batch that is not what was written.

    Raises `StoreUnavailable` naming the file.
    """
    broken = damaged_file(folder, sums)
    if broken is not None:
        raise StoreUnavailable("this batch file is missing or damaged", where=str(broken))


def triples(folder: Path) -> pl.LazyFrame:
    """The triples of a batch, read when they are needed."""
    import polars as pl

    return pl.scan_parquet(folder / "triples.parquet")


def frame(folder: Path, name: str) -> pl.DataFrame:
    """One of the small tables of a batch."""
    import polars as pl

    return pl.read_parquet(folder / f"{name}.parquet")


def tables(folder: Path) -> list[dict[str, object]]:
    """The file, sheet, name, headers and number of rows of each table of a batch."""
    found: list[dict[str, object]] = json.loads((folder / "tables.json").read_bytes())
    return found


def ntriples(lazy: pl.LazyFrame) -> Iterator[bytes]:
    """N-Triples text in pieces, in the order of the frame."""
    import polars as pl

    from mcgraph.model.batch import LANG_STRING, TripleColumn

    for chunk in lazy.select("s", "p", "o", "kind", "datatype", "lang").collect_batches(
        chunk_size=ROW_GROUP // 4, maintain_order=True
    ):
        constant = ["p", "kind", "datatype", "lang"]
        for key, part in chunk.group_by(constant, maintain_order=True):
            predicate, kind, datatype, language = (str(value) for value in key)
            column = TripleColumn(
                predicate=predicate,
                kind="iri" if kind == "iri" else "literal",
                frame=part.select("s", "o", pl.lit(0).alias("row")),
                datatype=LANG_STRING if language else datatype,
                language=language,
            )
            yield (
                column.ntriples()
                .to_frame()
                .write_csv(include_header=False, quote_style="never", line_terminator="\n")
                .encode()
            )


def submission_iri(source: str) -> str:
    """The IRI under which the graph speaks of what a source submitted."""
    from mcgraph.model.terms import local_name

    return f"{ID}{local_name(source)}/submission"
