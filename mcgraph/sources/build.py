"""A submission's tables + its mapping → one batch of triple columns that remember their cells."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import polars as pl

from mcgraph.errors import RuleBroken
from mcgraph.model.batch import (
    LANG_STRING,
    NOTE_SCHEMA,
    PART_SCHEMA,
    RECORD_SCHEMA,
    ROW,
    STRING,
    Batch,
    TripleColumn,
)
from mcgraph.model.finding import Finding
from mcgraph.model.namespaces import ID, RDF_TYPE, XSD
from mcgraph.model.terms import local_name
from mcgraph.sources.cleaning import LINE, OF_FILE, cleaned_column, language_of_file, language_tags
from mcgraph.sources.lostrows import lost_rows, unresolved_references
from mcgraph.sources.mapping import Column, Mapping, RecordSpec, Target
from mcgraph.sources.matching import Matched, MatchedTable
from mcgraph.sources.objects import BESIDE, are_several, explode, node_iris, objects
from mcgraph.sources.subjects import Cells, Directory, subjects

_THREADS = 2  # jobs of a mapping at a time: polars itself uses every core for the dearer half of them
_MANY_ROWS = 20_000  # rows of a submission, from which a second thread pays
# Readings whose values become links where they can be resolved.
_LINKING = ("concept", "reference", "known", "level", "national-level", "iri")


def build_batch(matched: Matched, mapping: Mapping, source: str, known: pl.DataFrame | None = None) -> Batch:
    """The batch of all recognised tables. `source` names who submitted (it becomes part of every IRI).

    `known` are records of the source that are not in these tables and may be referred to.
    """
    mapper = Mapper(source)
    readings = [mapper.read(one) for one in matched.tables]
    for reading in readings:
        mapper.register(reading)
    if known is not None:
        mapper.remember(known)
    strangers = [finding for reading in readings for finding in mapper.strangers(reading)]
    mapper.map(*readings)
    strangers += mapper.unresolved()
    return Batch(
        source=source,
        mapping=mapping.name,
        tables=tuple(one.table.source_table(one.spec.name) for one in matched.tables),
        columns=tuple(mapper.columns),
        records=_joined(mapper.records, RECORD_SCHEMA),
        parts=_distinct_parts(mapper.parts),
        notes=_joined(mapper.notes, NOTE_SCHEMA),
        findings=(*matched.findings, *strangers),
        profile=mapping.profile,
    )


def _joined(frames: list[pl.DataFrame], schema: pl.Schema) -> pl.DataFrame:
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _distinct_parts(frames: list[pl.DataFrame]) -> pl.DataFrame:
    parts = _joined(frames, PART_SCHEMA)
    # Most nodes belong to one record, which is seen faster than pairs are made distinct.
    if parts.get_column("node").n_unique() == parts.height:
        return parts
    return parts.unique(maintain_order=True)


class _Reading:
    """One table with its cleaned cells and the subject of each of its record specs."""

    def __init__(self, matched: MatchedTable, cells: Cells, subjects_: dict[str, pl.Series]) -> None:
        self.matched = matched
        self.cells = cells
        self.subjects = subjects_
        self.rows = matched.table.rows.cast(ROW).alias("row")
        self._alone: dict[str, bool] = {}

    def one_each(self, spec: str) -> bool:
        """Whether each row has a subject of its own for a record spec, so that nothing it says in one value repeats."""
        if spec not in self._alone:
            stated = self.subjects[spec]
            self._alone[spec] = stated.n_unique() == len(stated) - stated.null_count() + bool(stated.null_count())
        return self._alone[spec]

    def is_slice(self) -> None:
        """Say that other slices of the table may speak of the same subjects, so that none is known to stand alone."""
        self._alone = dict.fromkeys(self.subjects, False)


class Mapper:
    """Collects triple columns, records, parts and notes over all tables of one submission."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.directory = Directory(source)
        self.columns: list[TripleColumn] = []
        self.records: list[pl.DataFrame] = []
        self.parts: list[pl.DataFrame] = []
        self.notes: list[pl.DataFrame] = []
        self.references: list[tuple[MatchedTable, int, pl.DataFrame]] = []
        self.once: list[bool] = []  # beside `columns`: whether equal triples of the column count once

    def read(self, matched: MatchedTable) -> _Reading:
        """Clean every mapped column once and make the subjects."""
        named: dict[str, pl.Series] = {}
        with _threads(matched.table.height) as pool:
            cleaned = pool.map(partial(cleaned_column, matched), matched.columns.items())
            for (header, index), (values, changed) in zip(matched.columns.items(), cleaned, strict=True):
                self._note(matched, index, matched.table.rows, changed)
                named[header] = values
        cells = Cells(named, matched.table.height)
        cells.derive(matched.spec.derive)
        made = {spec.name: self._subjects(spec, cells) for spec in matched.spec.records}
        return _Reading(matched, cells, made)

    def _subjects(self, spec: RecordSpec, cells: Cells) -> pl.Series:
        """The subject of each row: by the record's template, else by its other one."""
        made = subjects(spec.iri, cells, self.source)
        if spec.otherwise and made.null_count():
            other = subjects(spec.otherwise, cells, self.source)
            made = pl.DataFrame({"a": made, "b": other}).select(pl.coalesce("a", "b")).to_series()
        return (cells.where(made, spec.when) if spec.when else made).alias("s")

    def register(self, reading: _Reading) -> None:
        """Enter the records of a table, so that references from any table find them."""
        for spec in reading.matched.spec.records:
            if not spec.class_ or spec.part_of:
                continue
            iris = reading.subjects[spec.name]
            ids = reading.cells.get(spec.id) if spec.id else iris
            label = reading.cells.get(spec.label.split("|")[0]) if spec.label else iris
            frame = pl.DataFrame(
                {
                    "iri": iris,
                    "class": pl.Series([spec.class_] * len(iris), dtype=pl.String),
                    "id": ids,
                    "label": label,
                    "table": pl.Series([reading.matched.index] * len(iris), dtype=pl.Int16),
                    "row": reading.rows,
                }
            ).filter(pl.col("iri").is_not_null())
            if spec.repeats:
                frame = frame.unique("iri", keep="first", maintain_order=True)
            self.records.append(frame.select(list(RECORD_SCHEMA)).cast(RECORD_SCHEMA))
            names = [reading.cells.get(name) for name in spec.label.split("|") if spec.label]
            self.directory.add(spec.known_as, iris, ids, names)

    def remember(self, known: pl.DataFrame) -> None:
        """Enter records of earlier tables of this source, so that references find them."""
        start = f"{ID}{local_name(self.source)}/"
        kinds = known.filter(pl.col("iri").str.starts_with(start)).with_columns(
            pl.col("iri").str.strip_prefix(start).str.split("/").list.first().alias("kind")
        )
        for (kind,), part in kinds.group_by("kind", maintain_order=True):
            self.directory.add(str(kind), part.get_column("iri"), part.get_column("id"), [part.get_column("label")])

    def strangers(self, reading: _Reading) -> list[Finding]:
        """Rows that speak of a record which no table of the submission describes."""
        found: list[Finding] = []
        for spec in reading.matched.spec.records:
            if spec.class_ or spec.part_of or not self.records:
                continue
            known = pl.concat([frame.select("iri") for frame in self.records])
            own = _pairs(reading.subjects[spec.name], reading.rows).rename({"s": "iri"})
            lost = own.join(known, on="iri", how="anti", maintain_order="left")
            found += lost_rows(reading.matched, lost)
        return found

    def unresolved(self) -> list[Finding]:
        """References of documents to IRIs that no record of the submission has, one finding for each column.

        The links are kept. References within a source are the business of validation; these may be described
        anywhere.
        """
        if not self.references:
            return []
        known = pl.concat([frame.select("iri") for frame in self.records]).rename({"iri": "o"})
        found: list[Finding] = []
        for matched, index, links in self.references:
            lost = links.join(known, on="o", how="anti", maintain_order="left").filter(~pl.col("o").str.starts_with(ID))
            if lost.height:
                found.append(unresolved_references(matched, index, lost))
        return found

    def map(self, *readings: _Reading) -> None:
        """Make the triple columns of tables: one job for each target of a column, in as many threads as pay."""
        jobs: list[Callable[[Mapper], None]] = []
        for reading in readings:
            specs = {spec.name: spec for spec in reading.matched.spec.records}
            jobs += [partial(Mapper._record, reading=reading, spec=spec, specs=specs) for spec in specs.values()]
            for column in reading.matched.spec.columns:
                for target in column.targets:
                    on = specs[target.on]
                    reading.one_each(on.name)
                    jobs.append(partial(Mapper.map_target, reading=reading, column=column, target=target, spec=on))
        rows = sum(reading.matched.table.height for reading in readings)
        with _threads(rows) as pool:
            for done in pool.map(self._aside, jobs):
                self.columns += done.columns
                self.parts += done.parts
                self.notes += done.notes
                self.references += done.references
                self.once += done.once

    def _aside(self, job: Callable[[Mapper], None]) -> Mapper:
        """What one job makes, kept apart until its turn."""
        apart = Mapper(self.source)
        apart.directory = self.directory
        job(apart)
        return apart

    def _record(self, reading: _Reading, spec: RecordSpec, specs: dict[str, RecordSpec]) -> None:
        """The type and constants of a record, and the link from the record it is a part of."""
        own = _pairs(reading.subjects[spec.name], reading.rows)
        alone = reading.one_each(spec.name)
        said = [(RDF_TYPE, spec.class_)] if spec.class_ else []
        for path, value in (*said, *spec.constants):
            kind = "iri" if "://" in value else "literal"
            frame = own.select("s", pl.lit(value).alias("o"), "row")
            datatype = XSD + "boolean" if value in ("true", "false") else STRING
            once = spec.repeats or path == RDF_TYPE
            self._add(reading, path, kind, frame, -1, once=once, datatype=datatype, single=alone)
        if spec.part_of:
            if spec.part_of not in specs:
                raise RuleBroken(f"the record «{spec.name}» is part of «{spec.part_of}», which is not there")
            owner, part = reading.subjects[spec.part_of], reading.subjects[spec.name]
            linked = pl.DataFrame({"s": owner, "o": part, "row": reading.rows}).drop_nulls()
            self._add(reading, spec.link, "iri", linked, -1, once=True)
            self.parts.append(
                linked.select(pl.col("o").alias("node"), pl.col("s").alias("record")).unique(maintain_order=True)
            )

    def map_target(self, reading: _Reading, column: Column, target: Target, spec: RecordSpec) -> None:
        """The triples one column says through one of its targets."""
        index = reading.matched.columns.get(column.header, -1)
        values = self._values(reading, column, target)
        frame = pl.DataFrame({"s": reading.subjects[spec.name], "o": values, "row": reading.rows})
        frame = frame.clear() if values.null_count() == len(values) else frame.drop_nulls()
        # One value for each subject, which stands in one row: nothing can be repeated.
        delimiter = LINE if target.split == "\n" else target.split
        alone = reading.one_each(spec.name) and not are_several(frame, delimiter)
        if delimiter:
            frame = explode(frame, delimiter)
        if target.within:
            frame = frame.filter(pl.col("o").str.starts_with(target.within))
        if target.node:
            self._nodes(reading, target, frame, index, alone=alone)
            return
        done = objects(frame, target, self.directory)
        for note in done.notes:
            self._keep_notes(reading.matched, index, note)
        iris = done.iris
        if target.as_ == "reference" and reading.matched.table.places is not None:
            self.references.append((reading.matched, index, iris.select("o", "row")))
        if target.inverse:
            iris = iris.select(pl.col("o").alias("s"), pl.col("s").alias("o"), "row")
        if len(iris) or target.as_ in _LINKING or target.values:
            single = alone and not target.inverse
            self._add(reading, target.path, "iri", iris, index, once=spec.repeats, single=single)
        if (len(done.literals) and not target.drop) or not self._emitted(target):
            once = spec.repeats
            self._literals(reading, target, done.literals, done.datatype, index, once=once, single=alone)

    def _emitted(self, target: Target) -> bool:
        """Whether the property's empty column stands already, as a column of links."""
        return target.as_ in _LINKING or bool(target.values)

    def _values(self, reading: _Reading, column: Column, target: Target) -> pl.Series:
        """The stated values, or the IRIs a template of the mapping makes in their place."""
        stated = reading.cells.get(column.header)
        if target.when:
            stated = reading.cells.where(stated, target.when)
        if target.by:
            stated = pl.select(reading.cells.get(target.by) + pl.lit(BESIDE) + stated).to_series()
        if not target.template:
            return stated
        made = subjects(target.template, reading.cells, self.source)
        return pl.select(pl.when(stated.is_not_null()).then(made)).to_series()

    def _nodes(self, reading: _Reading, target: Target, frame: pl.DataFrame, index: int, *, alone: bool) -> None:
        """A node of its own for each value, such as a learning outcome with its text; `alone`: one of each subject."""
        if target.node is None:
            return
        class_, path = target.node
        nodes = frame.with_columns(node_iris(frame, class_).alias("n"))
        once = True
        self._add(reading, target.path, "iri", nodes.select("s", o="n", row="row"), index, once=once, single=alone)
        typed = nodes.select("n", pl.lit(class_).alias("o"), "row").rename({"n": "s"})
        self._add(reading, RDF_TYPE, "iri", typed, -1, once=once, single=alone)
        texts = nodes.select("n", "o", "row").rename({"n": "s"})
        datatype = LANG_STRING if target.language else STRING
        self._literals(reading, target, texts, datatype, index, once=once, path=path, single=alone)
        parts = nodes.select(pl.col("n").alias("node"), pl.col("s").alias("record"))
        self.parts.append(parts if alone else parts.unique(maintain_order=True))

    def _literals(
        self,
        reading: _Reading,
        target: Target,
        frame: pl.DataFrame,
        datatype: str,
        index: int,
        *,
        once: bool,
        path: str = "",
        single: bool = False,
    ) -> None:
        """Literals; where each row says its own language, one triple column per language."""
        path = path or target.path
        if datatype != LANG_STRING:
            self._add(reading, path, "literal", frame, index, once=once, single=single, datatype=datatype)
            return
        if not target.language.startswith("{"):
            language = target.language
            if language == OF_FILE:
                language = language_of_file(reading.matched.table.file)
            self._add(
                reading, path, "literal", frame, index, once=once, single=single, datatype=datatype,
                language=language,
            )  # fmt: skip
            return
        tags = pl.DataFrame({"row": reading.rows, "tag": language_tags(reading.cells.get(target.language.strip("{}")))})
        tagged = frame.join(tags, on="row", how="left", maintain_order="left")
        for (tag,), part in tagged.partition_by("tag", as_dict=True, maintain_order=True).items():
            kept = part.select("s", "o", "row")
            if tag:
                self._add(
                    reading, path, "literal", kept, index, once=once, single=single, datatype=LANG_STRING,
                    language=str(tag),
                )  # fmt: skip
            else:
                self._add(reading, path, "literal", kept, index, once=once, single=single)
        if frame.is_empty():
            self._add(reading, path, "literal", frame, index, once=once, single=single)

    def _add(
        self,
        reading: _Reading,
        path: str,
        kind: str,
        frame: pl.DataFrame,
        index: int,
        *,
        once: bool,
        datatype: str = STRING,
        language: str = "",
        single: bool = False,
    ) -> None:
        if once and not single:
            frame = frame.unique(["s", "o"], keep="first", maintain_order=True)
        self.once.append(once)
        self.columns.append(
            TripleColumn(
                predicate=path,
                kind="iri" if kind == "iri" else "literal",
                frame=frame,
                datatype=datatype,
                language=language,
                table=reading.matched.index,
                column=index,
                single=single,
            )
        )

    def _note(self, matched: MatchedTable, index: int, rows: pl.Series, changed: pl.DataFrame) -> None:
        if changed.height:
            at = rows.cast(ROW).gather(changed.get_column("at"))
            self._keep_notes(matched, index, changed.select(at.alias("row"), "code", "found", "became"))

    def _keep_notes(self, matched: MatchedTable, index: int, note: pl.DataFrame) -> None:
        if note.height:
            self.notes.append(
                note.select(
                    pl.lit(matched.index, dtype=pl.Int16).alias("table"),
                    pl.col("row").cast(ROW),
                    pl.lit(index, dtype=pl.Int16).alias("column"),
                    "code",
                    "found",
                    "became",
                )
            )


def _threads(rows: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS if rows >= _MANY_ROWS else 1)


def _pairs(subject: pl.Series, rows: pl.Series) -> pl.DataFrame:
    return pl.DataFrame({"s": subject, "row": rows}).filter(pl.col("s").is_not_null())
