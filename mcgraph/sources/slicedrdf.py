"""N-Triples and N-Quads larger than memory: read once, and laid down in buckets that hold every triple of a subject.

A file may be ordered by property, so that the triples of a record stand anywhere in it. Each subject belongs to one
bucket by its hash; a bucket is a partition, with the triples in the order of the file.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl

from mcgraph.limits import Limits
from mcgraph.model.batch import PART_SCHEMA, RDF_MAPPING, RECORD_SCHEMA, SourceTable, TripleColumn
from mcgraph.model.finding import Finding
from mcgraph.sources.mapping import Mapping
from mcgraph.sources.ntriples import Fault
from mcgraph.sources.ntscan import Key, Scanned, scan_parts
from mcgraph.sources.rdf import column_of, finding_of, format_of, opened, records_of
from mcgraph.sources.sliced import Piece

_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # other bits of a hash than those that join by it
_NO_PLACES = pl.DataFrame(schema={"row": pl.UInt32, "line": pl.UInt32})


@dataclass(slots=True)
class SlicedRdf:
    """RDF files whose triples come in partitions, each with all triples that a file has of its subjects."""

    source: str
    files: Sequence[Path]
    syntax: str | None
    limits: Limits
    folder: Path
    mapping: Mapping = field(default_factory=lambda: Mapping(RDF_MAPPING, "", "", ()))
    scattered: ClassVar[bool] = True  # the rows of one column lie in all partitions, not one after the other
    done: list[SourceTable] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)

    @property
    def tables(self) -> tuple[SourceTable, ...]:
        """The files with their numbers of triples, once every piece has been made."""
        return tuple(self.done)

    def findings(self) -> tuple[Finding, ...]:
        """The lines that are no triples, once every piece has been made."""
        return tuple(self.faults)

    def pieces(self) -> Iterator[Piece]:
        """Every bucket of every file."""
        for number, path in enumerate(self.files):
            buckets = _Buckets(self.folder / f"rdf{number}", self._count(path))
            with opened(path, self.limits.partitioned_file_bytes) as (stream, _size):
                quads = format_of(path, self.syntax) == "nq"
                for part in scan_parts(stream, self.limits.rdf_partition_bytes, quads=quads, where=path.name):
                    buckets.add(part)
                    del part  # or two parts would be in memory
            self.done.append(SourceTable(path.name, "", (), buckets.triples, numbered="line"))
            self.faults += [finding_of(fault, path.name) for fault in buckets.faults]
            apart = f"f{number}." if len(self.files) > 1 else ""
            for at in range(buckets.count):
                yield _piece(buckets.take(at), number, apart)

    def _count(self, path: Path) -> int:
        return max(1, -(-path.stat().st_size // self.limits.rdf_partition_bytes))


class _Buckets:
    """The triples of one file on disk, by the hash of their subjects."""

    def __init__(self, folder: Path, count: int) -> None:
        self.count, self.triples = count, 0
        self.faults: list[Fault] = []
        self._folder = folder
        self._parts = 0
        folder.mkdir()

    def add(self, part: Scanned) -> None:
        """Lay down what was read."""
        self.faults += part.faults
        of_subject: dict[int, np.ndarray[Any, Any]] = {}
        for at, (key, frame) in enumerate(sorted(part.parts.items())):
            subjects = part.subjects.get(key)
            if subjects is None:
                bucket = self._of(frame.get_column("s"))
            else:
                if id(subjects.texts) not in of_subject:
                    of_subject[id(subjects.texts)] = self._of(subjects.texts)
                bucket = of_subject[id(subjects.texts)][subjects.numbers]
            self.triples += frame.height
            # A stable order by bucket keeps the order of the file inside each.
            order = np.argsort(bucket, kind="stable")
            sorted_ = frame[pl.Series(order.astype(np.uint32))]
            ends, start = np.bincount(bucket, minlength=self.count).cumsum(), 0
            for number, end in enumerate(int(end) for end in ends):
                if end > start:
                    self._write(number, at, key, sorted_.slice(start, end - start))
                start = end
        self._parts += 1

    def _of(self, texts: pl.Series) -> np.ndarray[Any, Any]:
        hashes = texts.hash().to_numpy() * _SPREAD
        return ((hashes >> np.uint64(33)) % np.uint64(self.count)).astype(np.uint16)

    def _write(self, number: int, at: int, key: Key, frame: pl.DataFrame) -> None:
        folder = self._folder / str(number)
        folder.mkdir(exist_ok=True)
        told = frame.with_columns(pl.lit(key[0]).alias("p"), pl.lit(key[1]).alias("kind"))
        told.write_parquet(folder / f"{self._parts:05}-{at:05}.parquet", compression="lz4", statistics=False)

    def take(self, number: int) -> dict[Key, pl.DataFrame]:
        """The triples of one bucket by predicate and kind, in the order of the file; they are on disk no more."""
        folder, found = self._folder / str(number), dict[Key, list[pl.DataFrame]]()
        if not folder.is_dir():
            return {}
        for file in sorted(folder.iterdir()):
            frame = pl.read_parquet(file)
            found.setdefault((frame.item(0, "p"), frame.item(0, "kind")), []).append(frame.select("s", "o", "row"))
        shutil.rmtree(folder)
        return {key: pl.concat(frames) for key, frames in sorted(found.items())}


def _piece(parts: dict[Key, pl.DataFrame], table: int, apart: str) -> Piece:
    columns = [column_of(key, frame, table, apart) for key, frame in parts.items()]
    return Piece(
        table=table, columns=columns, once=[False] * len(columns), records=_records(columns),
        parts=pl.DataFrame(schema=PART_SCHEMA), notes=Counter(), places=_NO_PLACES,
    )  # fmt: skip


def _records(columns: list[TripleColumn]) -> pl.DataFrame:
    kinds = {"spec": pl.lit(0, dtype=pl.Int16), "once": pl.lit(False)}
    return records_of(columns).select(*RECORD_SCHEMA, **kinds)
