"""A submission larger than memory, mapped a slice at a time to the same triples as in one piece.

A first pass over the tables collects what only all of them together tell: which identifiers and names are referred to,
and which records they stand for. The second maps each slice by itself and hands it on, to be written to disk.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Protocol

import polars as pl

from mcgraph.limits import Limits
from mcgraph.model.batch import RECORD_SCHEMA, SourceTable, TripleColumn
from mcgraph.model.finding import Finding
from mcgraph.model.terms import fold_column
from mcgraph.sources.build import Mapper
from mcgraph.sources.delimited import read_delimited
from mcgraph.sources.guards import file_kind
from mcgraph.sources.lostrows import lost_rows
from mcgraph.sources.mapping import Mapping, TableSpec
from mcgraph.sources.matching import Matched, MatchedTable, match_tables
from mcgraph.sources.rawtable import CountedTable, RawTable
from mcgraph.sources.reading import choose_mapping
from mcgraph.sources.slices import Restarted, SlicedText
from mcgraph.sources.subjects import Directory
from mcgraph.sources.workbook import read_workbook

_REFERRING = ("reference", "known")


@dataclass(frozen=True, slots=True)
class Piece:
    """The triples of one slice. `once` stands beside `columns`: whether equal triples of a column count once.

    `records` have `spec` besides, the number of the kind of record in its table, and `once`, whether several rows may
    describe one; `places` are the row numbers with their lines.
    """

    table: int
    columns: list[TripleColumn]
    once: list[bool]
    records: pl.DataFrame
    parts: pl.DataFrame
    notes: Counter[str]
    places: pl.DataFrame


@dataclass(slots=True)
class _Source:
    """One table of the submission: held as it is, or cut into slices."""

    held: RawTable | None = None
    cut: SlicedText | None = None
    headers: tuple[str, ...] = ()
    rows: int = 0
    repeated: int = 0

    @property
    def file(self) -> str:
        return self.held.file if self.held is not None else self.cut.path.name if self.cut is not None else ""

    def slices(self) -> Iterator[RawTable]:
        """The table's slices, after the survey."""
        if self.held is not None:
            yield self.held
        elif self.cut is not None:
            yield from self.cut.slices()

    def counted(self) -> RawTable:
        """The table as its headers and counts."""
        if self.held is not None:
            return self.held
        assert self.cut is not None
        rows = pl.Series("row", [], dtype=pl.UInt32)
        return CountedTable(
            file=self.file, sheet="", headers=self.headers, cells=pl.DataFrame(), rows=rows, lines=rows.alias("line"),
            findings=self.cut.findings, decoded=self.cut.decoded,
            rows_in_all=self.rows, repeated_in_all=self.repeated,
        )  # fmt: skip


class Sliced(Protocol):
    """A submission that comes in pieces: the tables of `SlicedSubmission`, or triples."""

    source: str
    mapping: Mapping
    scattered: ClassVar[bool]

    @property
    def tables(self) -> tuple[SourceTable, ...]:
        """The tables as a report names them, once every piece has been made."""
        ...

    def findings(self) -> tuple[Finding, ...]:
        """What reading found, once every piece has been made."""
        ...

    def pieces(self) -> Iterator[Piece]:
        """Every piece, in the order of the tables."""
        ...


@dataclass(slots=True)
class SlicedSubmission:
    """The tables of a submission and what all of them together tell. Made by `open_sliced`."""

    source: str
    mapping: Mapping
    matched: Matched
    sources: list[_Source]  # of the matched tables
    directory: Directory
    records: pl.Series  # hashes of the IRIs of all records
    lost: dict[tuple[int, str], list[pl.DataFrame]] = field(default_factory=dict)
    scattered: ClassVar[bool] = False  # slices of a table follow each other

    @property
    def tables(self) -> tuple[SourceTable, ...]:
        """The tables as a report names them; rows get their lines from the pieces."""
        return tuple(one.table.source_table(one.spec.name) for one in self.matched.tables)

    def pieces(self) -> Iterator[Piece]:
        """Every slice of every table, mapped, in the order of the tables and rows."""
        for one in self.matched.tables:
            for table in self.sources[one.index].slices():
                yield self._mapped(replace(one, table=table, findings=()))

    def findings(self) -> tuple[Finding, ...]:
        """What reading and mapping found, once every piece has been made."""
        strangers: list[Finding] = []
        for one in self.matched.tables:
            for spec in one.spec.records:
                frames = self.lost.get((one.index, spec.name), [])
                if frames:
                    strangers += lost_rows(one, pl.concat(frames))
        return (*self.matched.findings, *strangers)

    def _mapped(self, matched: MatchedTable) -> Piece:
        mapper = Mapper(self.source)
        reading = mapper.read(matched)
        reading.is_slice()
        mapper.register(reading)
        mapper.directory = self.directory
        mapper.map(reading)
        for spec in matched.spec.records:
            if not spec.class_ and not spec.part_of and len(self.records):
                own = pl.DataFrame({"iri": reading.subjects[spec.name], "row": reading.rows}).drop_nulls("iri")
                lost = own.filter(~pl.col("iri").hash().is_in(self.records.implode()))
                if lost.height:
                    self.lost.setdefault((matched.index, spec.name), []).append(lost)
        counted: Counter[str] = Counter()
        for note in mapper.notes:
            counted.update(dict(note.group_by("code").len().iter_rows()))
        lines = matched.table.lines
        places = pl.DataFrame({"row": reading.rows, "line": reading.rows if lines is None else lines})
        return Piece(
            table=matched.index, columns=mapper.columns, once=mapper.once, records=_records(matched.spec, mapper),
            parts=pl.concat(mapper.parts).unique(maintain_order=True) if mapper.parts else _NO_PARTS,
            notes=counted, places=places if lines is not None else places.clear(),
        )  # fmt: skip


_NO_PARTS = pl.DataFrame(schema={"node": pl.String, "record": pl.String})


def open_sliced(
    files: Sequence[Path], mapping: Mapping | None, source: str, limits: Limits, spill: Path
) -> SlicedSubmission:
    """Read the tables through once; `spill` is a folder for what has to be kept meanwhile.

    Raises what `read_submission` raises.
    """
    sources = _sources(files, mapping, limits)
    heads = [_head(one) for one in sources]
    mapping = mapping or choose_mapping(heads)
    while True:
        with tempfile.TemporaryDirectory(prefix="names-", dir=spill) as folder:
            survey = _Survey(source, mapping, Path(folder))
            try:
                for at, one in enumerate(sources):
                    survey.read(at, one)
            except Restarted:
                continue
            counted = [one.counted() for one in sources]
            matched = match_tables(counted, mapping)
            origin = {id(table): one for table, one in zip(counted, sources, strict=True)}
            used = [origin[id(one.table)] for one in matched.tables]
            return SlicedSubmission(source, mapping, matched, used, survey.directory.wanted_only(), survey.records())


def _sources(files: Sequence[Path], mapping: Mapping | None, limits: Limits) -> list[_Source]:
    hints = (mapping.encoding, mapping.delimiter) if mapping is not None else ("", "")
    found: list[_Source] = []
    for path in files:
        if file_kind(path, limits, partitioned=True) == "workbook":
            found += [_Source(held=table) for table in read_workbook(path, limits)]
        elif path.stat().st_size > limits.partition_bytes:
            cut = SlicedText(path, limits, limits.partition_bytes, encoding=hints[0], delimiter=hints[1])
            found.append(_Source(cut=cut))
        else:
            found.append(_Source(held=read_delimited(path, limits, encoding=hints[0], delimiter=hints[1])))
    return found


def _head(source: _Source) -> RawTable:
    """The first slice, for its headers."""
    if source.held is not None:
        return source.held
    assert source.cut is not None
    while True:
        try:
            return next(source.cut.survey())
        except Restarted:
            continue


def _records(spec: TableSpec, mapper: Mapper) -> pl.DataFrame:
    kinds = [(at, one) for at, one in enumerate(spec.records) if one.class_ and not one.part_of]
    frames = [
        frame.with_columns(pl.lit(at, dtype=pl.Int16).alias("spec"), pl.lit(one.repeats).alias("once"))
        for (at, one), frame in zip(kinds, mapper.records, strict=True)
    ]
    schema: dict[str, Any] = {**RECORD_SCHEMA, "spec": pl.Int16, "once": pl.Boolean}
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


class _Survey:
    """The first pass: counts, repeated rows, records by their hashes, and a directory of what is referred to."""

    def __init__(self, source: str, mapping: Mapping, folder: Path) -> None:
        self._source, self._mapping = source, mapping
        self._hashes: list[pl.Series] = []
        kinds = {
            target.to for spec in mapping.tables for column in spec.columns for target in column.targets
            if target.as_ in _REFERRING
        }  # fmt: skip
        self.directory = _Collecting(source, folder, kinds)

    def read(self, at: int, source: _Source) -> None:
        """One table, slice by slice."""
        source.rows, source.headers = 0, ()
        rows: list[pl.Series] = []
        slices = iter([source.held]) if source.held is not None else source.cut.survey() if source.cut else iter(())
        matched: MatchedTable | None = None
        for table in slices:
            source.rows += table.height
            if source.cut is not None:
                rows.append(table.cells.hash_rows())
            if source.headers != table.headers:
                found = match_tables([table], self._mapping).tables
                matched = replace(found[0], index=at) if found else None
                source.headers = table.headers
            if matched is not None:
                self._collect(replace(matched, table=table))
        source.repeated = source.rows - pl.concat(rows).n_unique() if rows else 0
        if source.cut is not None and source.cut.found.width is not None:
            source.headers = source.headers[: source.cut.found.width]

    def _collect(self, matched: MatchedTable) -> None:
        """Register the records of one slice and note what it refers to."""
        needed = _needed(matched.spec)
        columns = {header: index for header, index in matched.columns.items() if any(header in t for t in needed)}
        mapper = Mapper(self._source)
        mapper.directory = self.directory
        reading = mapper.read(replace(matched, columns=columns))
        mapper.register(reading)
        self._hashes += [frame.get_column("iri").hash().unique() for frame in mapper.records]
        specs = {spec.name: spec for spec in matched.spec.records}
        for column in matched.spec.columns:
            for target in column.targets:
                if target.as_ in _REFERRING:
                    mapper.map_target(reading, column, target, specs[target.on])

    def records(self) -> pl.Series:
        """The hashes of the IRIs of all records."""
        return pl.concat(self._hashes).unique() if self._hashes else pl.Series("iri", [], dtype=pl.UInt64)


def _needed(spec: TableSpec) -> list[str]:
    """Texts of a table's mapping in which the columns that make subjects, names and references are named."""
    texts = [text for one in spec.records for text in (one.iri, one.otherwise, one.id, one.label, one.when)]
    texts += [text for expressions in spec.derive.values() for text in expressions]
    for column in spec.columns:
        for target in column.targets:
            if target.as_ in _REFERRING:
                texts += [column.header, target.by, target.when, target.template]
    return texts


class _Collecting(Directory):
    """A directory that writes its entries to disk and remembers what was asked for, until both are complete."""

    def __init__(self, source: str, folder: Path, kinds: set[str]) -> None:
        super().__init__(source)
        self._folder, self._kinds = folder, kinds
        self._files: dict[tuple[str, str], list[Path]] = {}
        self._written = 0
        self._asked: dict[str, list[pl.Series]] = {}

    def add(self, kind: str, iris: pl.Series, ids: pl.Series, labels: list[pl.Series]) -> None:
        """Write the entries of records of a kind that is referred to."""
        if kind not in self._kinds:
            return
        self._write("id", kind, pl.DataFrame({"iri": iris, "key": ids}).drop_nulls())
        for label in labels:
            self._write("name", kind, pl.DataFrame({"iri": iris, "key": fold_column(label)}).drop_nulls())

    def _write(self, what: str, kind: str, frame: pl.DataFrame) -> None:
        file = self._folder / f"{self._written}.parquet"
        self._written += 1
        self._files.setdefault((what, kind), []).append(file)
        frame.write_parquet(file, compression="lz4", statistics=False)

    def find(self, kind: str, values: pl.Series) -> pl.Series:
        """Nothing yet; what is asked for is remembered."""
        self._asked.setdefault(kind, []).append(values.drop_nulls().unique())
        return pl.Series("iri", [None] * len(values), dtype=pl.String)

    def wanted_only(self) -> Directory:
        """The directory of those entries that were asked for."""
        made = Directory(self.source)
        for kind, asked in self._asked.items():
            keys = pl.concat(asked).unique()
            made.ids[kind] = self._read("id", kind, keys)
            made.names[kind] = self._read("name", kind, fold_column(keys).unique())
        return made

    def _read(self, what: str, kind: str, keys: pl.Series) -> list[pl.DataFrame]:
        wanted = keys.alias("key").to_frame()
        files = self._files.get((what, kind), [])
        return [
            pl.read_parquet(file).join(wanted, on="key", how="semi", maintain_order="left") for file in files
        ]
