"""The triples of a submission larger than memory, on disk in partitions, each with every triple of its own subjects.

A partition is a slice of a table. Subjects that stand in several slices have their triples in one partition more, so
that no subject is ever checked by halves. Subjects are told apart by 64-bit hashes: two that share one by chance go to
the last partition together, which costs nothing but its place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from mcgraph.model.batch import PART_SCHEMA, RECORD_SCHEMA, TRIPLE_SCHEMA, TripleColumn

_Key = tuple[Any, ...]
_EMPTY = pl.DataFrame(schema=TRIPLE_SCHEMA)
RECORDS: dict[str, Any] = {**RECORD_SCHEMA, "spec": pl.Int16, "once": pl.Boolean}


class Piece(Protocol):
    """What comes from one slice."""

    @property
    def table(self) -> int:
        """The number of the table."""
        ...

    @property
    def columns(self) -> list[TripleColumn]:
        """The triples."""
        ...

    @property
    def once(self) -> list[bool]:
        """Beside `columns`: whether equal triples of a column count once."""
        ...

    @property
    def records(self) -> pl.DataFrame:
        """`RECORDS` of the slice."""
        ...

    @property
    def parts(self) -> pl.DataFrame:
        """Which record owns a part."""
        ...

    @property
    def notes(self) -> Counter[str]:
        """Values that were normalised, by kind."""
        ...

    @property
    def places(self) -> pl.DataFrame:
        """Row numbers with their lines."""
        ...


@dataclass(frozen=True, slots=True)
class Partition:
    """The triples and records of one partition; `columns` are in the order of `Spill.columns`."""

    columns: tuple[TripleColumn, ...]
    records: pl.DataFrame


class Spill:
    """Partitions in a folder: `add` every piece, then `complete`, then read."""

    def __init__(self, folder: Path, *, scattered: bool = False) -> None:
        """`scattered`: the rows of a table lie in all pieces, and not one piece after the other."""
        self._folder, self._scattered = folder, scattered
        self._order: dict[int, list[_Key]] = {}
        self._made: dict[_Key, tuple[TripleColumn, bool]] = {}
        self._files: list[dict[_Key, Path]] = []
        self._pieces: list[Path] = []
        self._subjects: list[pl.Series] = []
        self._spread: pl.Series = pl.Series("h", [], dtype=pl.UInt64)
        self._keys: list[_Key] = []
        self.columns: tuple[TripleColumn, ...] = ()
        self.homes = pl.DataFrame(schema={"h": pl.UInt64, "k": pl.UInt16})
        self.notes: Counter[str] = Counter()
        self.triples = 0
        self.records_in_all = 0

    def add(self, piece: Piece) -> None:
        """Write one piece."""
        number = len(self._files)
        folder = self._folder / f"p{number}"
        folder.mkdir()
        keys = _keys(piece.columns)
        files: dict[_Key, Path] = {}
        hashes: list[pl.Series] = []
        for at, (key, column, once) in enumerate(zip(keys, piece.columns, piece.once, strict=True)):
            self._made.setdefault(key, (replace(column, frame=_EMPTY, single=False, subjects=None), once))
            if len(column):
                files[key] = folder / f"{at}.parquet"
                column.frame.write_parquet(files[key], compression="lz4", statistics=False)
                hashes.append(column.frame.get_column("s").hash())
        _merge(self._order.setdefault(piece.table, []), keys)
        self._files.append(files)
        self._subjects.append(pl.concat(hashes).unique() if hashes else self._spread)
        piece.records.write_parquet(folder / "records.parquet", compression="lz4", statistics=False)
        piece.parts.write_parquet(folder / "parts.parquet", compression="lz4", statistics=False)
        piece.places.write_parquet(folder / "places.parquet", compression="lz4", statistics=False)
        self._pieces.append(folder)
        self.notes.update(piece.notes)
        self.records_in_all += piece.records.height
        self.triples += sum(len(column) for column in piece.columns)

    def complete(self) -> None:
        """Put the columns of all pieces in one order, and find out where each subject is at home."""
        self._keys = [key for table in sorted(self._order) for key in self._order[table]]
        self.columns = tuple(self._made[key][0] for key in self._keys)
        frames = [
            pl.DataFrame({"h": hashes.alias("h")}).with_columns(pl.lit(at, dtype=pl.UInt16).alias("k"))
            for at, hashes in enumerate(self._subjects)
        ]
        self._subjects.clear()
        # In order, what is repeated stands side by side: of tens of millions, that takes a tenth of a table of hashes.
        homes = pl.concat([self.homes, *frames]).sort("h")
        hashes = homes.get_column("h")
        again = ((hashes == hashes.shift(1)) | (hashes == hashes.shift(-1))).fill_null(False)
        self._spread = hashes.filter(again).unique()
        shared = self._spread.to_frame("h").with_columns(pl.lit(len(self._files), dtype=pl.UInt16).alias("k"))
        self.homes = pl.concat([homes.filter(~again), shared])

    @property
    def count(self) -> int:
        """How many partitions there are."""
        return len(self._files) + bool(len(self._spread))

    def numbers(self, predicates: Iterable[str]) -> list[int]:
        """The columns (by number) of some predicates."""
        wanted = set(predicates)
        return [at for at, column in enumerate(self.columns) if column.predicate in wanted]

    def frame(self, partition: int, number: int) -> pl.DataFrame:
        """The triples of one column in one partition."""
        if partition == len(self._files):
            return self._everywhere(number, pl.col("s").hash().is_in(self._spread.implode()))
        file = self._files[partition].get(self._keys[number])
        if file is None:
            return _EMPTY
        frame = pl.read_parquet(file)
        return frame if self._spread.is_empty() else frame.filter(~pl.col("s").hash().is_in(self._spread.implode()))

    def partition(self, number: int) -> Partition:
        """Everything of one partition."""
        columns = tuple(
            replace(column, frame=self.frame(number, at), subjects=None)
            if number == len(self._files) or self._has(number, at) else column
            for at, column in enumerate(self.columns)
        )  # fmt: skip
        apart = pl.col("iri").hash().is_in(self._spread.implode())
        if number == len(self._files):
            return Partition(columns, self.records(apart))
        records = pl.read_parquet(self._pieces[number] / "records.parquet")
        records = records if self._spread.is_empty() else records.filter(~apart)
        return Partition(columns, records.select(list(RECORD_SCHEMA)))

    def _has(self, partition: int, number: int) -> bool:
        return self._keys[number] in self._files[partition]

    def whole(
        self, predicates: Iterable[str], subjects: pl.Series | None = None, which: pl.Expr | None = None
    ) -> list[TripleColumn]:
        """The columns of some predicates over all partitions, the others empty; `subjects` are hashes."""
        wanted = set(self.numbers(predicates))
        if subjects is not None:
            which = pl.col("s").hash().is_in(subjects.implode())
        return [
            replace(column, frame=self._everywhere(at, which), subjects=None) if at in wanted else column
            for at, column in enumerate(self.columns)
        ]

    def _everywhere(self, number: int, which: pl.Expr | None) -> pl.DataFrame:
        key = self._keys[number]
        frames = [_rows(files[key], which) for files in self._files if key in files]
        if not frames:
            return _EMPTY
        joined = pl.concat(frames)
        if self._scattered:
            joined = joined.sort("row", maintain_order=True)
        return joined.unique(["s", "o"], keep="first", maintain_order=True) if self._made[key][1] else joined

    def records(self, which: pl.Expr | None = None) -> pl.DataFrame:
        """The records for which an expression holds, in the order of table, kind and row (`RECORD_SCHEMA`)."""
        frames = [pl.DataFrame(schema=RECORDS)]
        for folder in self._pieces:
            frames.append(_rows(folder / "records.parquet", which))
        order = ["table", "spec", "row"] if self._scattered else ["table", "spec"]
        found = pl.concat(frames).sort(order, maintain_order=True)
        once = found.filter("once").unique(["iri", "table", "spec"], keep="first", maintain_order=True)
        if once.height < int(found.get_column("once").sum()):
            found = pl.concat([found.filter(~pl.col("once")), once]).sort("table", "spec", "row", maintain_order=True)
        return found.select(list(RECORD_SCHEMA))

    def parts(self, which: pl.Expr) -> pl.DataFrame:
        """The parts (`node`, `record`) for which an expression holds."""
        frames = [pl.DataFrame(schema=PART_SCHEMA)]
        frames += [_rows(folder / "parts.parquet", which) for folder in self._pieces]
        return pl.concat(frames).unique(maintain_order=True)

    def places(self, table_of: list[int], wanted: pl.DataFrame) -> dict[int, pl.DataFrame]:
        """The lines of rows (`table`, `row`) by table; `table_of` gives the table of each piece."""
        found: dict[int, list[pl.DataFrame]] = {}
        for table, folder in zip(table_of, self._pieces, strict=True):
            rows = wanted.filter(pl.col("table") == table).select(pl.col("row").cast(pl.UInt32)).unique()
            lines = pl.read_parquet(folder / "places.parquet")
            found.setdefault(table, []).append(lines.join(rows, on="row", how="semi", maintain_order="left"))
        return {table: pl.concat(frames) for table, frames in found.items()}

    def record_hashes(self) -> pl.Series:
        """The distinct hashes of the IRIs of all records."""
        files = [folder / "records.parquet" for folder in self._pieces]
        hashes = [pl.read_parquet(file, columns=["iri"]).select(pl.col("iri").hash()) for file in files]
        return pl.concat(hashes).to_series().unique() if hashes else self._spread

    def each_record_file(self) -> Iterator[pl.DataFrame]:
        """The records of each piece."""
        for folder in self._pieces:
            yield pl.read_parquet(folder / "records.parquet")


def _rows(file: Path, which: pl.Expr | None) -> pl.DataFrame:
    """The rows of a file for which an expression holds.

    Filtered while it is read: a filtered frame would keep the bytes of all texts of the file it was in memory with.
    """
    return pl.read_parquet(file) if which is None else pl.scan_parquet(file).filter(which).collect()


def _keys(columns: list[TripleColumn]) -> list[_Key]:
    """What a column is in every slice of its table; the last number tells apart two that are otherwise the same."""
    seen: Counter[_Key] = Counter()
    keys = []
    for c in columns:
        key = (c.table, c.predicate, c.kind, c.datatype, c.language, c.column)
        keys.append((*key, seen[key]))
        seen[key] += 1
    return keys


def _merge(order: list[_Key], keys: list[_Key]) -> None:
    """Enter keys into an order, each new one before the next one that is known."""
    known = set(order)
    at = len(order)
    for key in reversed(keys):
        if key in known:
            at = order.index(key)
        else:
            order.insert(at, key)
            known.add(key)
