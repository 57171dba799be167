"""Checking more records than fit in memory: shapes and rules on one partition after another, reported together.

Each partition has every triple of its own subjects and sees what its shapes read beyond them (`halo`). What only the
whole tells (references, circles, sums of parts, suspected duplicates, contradictions) is read from compact columns over
all partitions (`across`). The findings are those of a check in one piece.
"""

from __future__ import annotations

import datetime
import errno
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from mcgraph.errors import LimitReached
from mcgraph.model.batch import RDF_MAPPING, Batch, SourceTable, TripleColumn
from mcgraph.model.namespaces import MC, RDF_TYPE, shorten
from mcgraph.validation import across, catalogue, fallback
from mcgraph.validation.catalogue import Profile
from mcgraph.validation.codelists import outside_their_list
from mcgraph.validation.context import Graph, known_types
from mcgraph.validation.data import SUBCLASS, DataGraph, alone
from mcgraph.validation.engine import RESULT_SCHEMA, Engine
from mcgraph.validation.halo import Halo
from mcgraph.validation.ir import Shape
from mcgraph.validation.leaves import joined, parted, summed
from mcgraph.validation.messages import Said
from mcgraph.validation.reads import Reads, reads
from mcgraph.validation.references import RULE_RESULT_SCHEMA, loose_links, references
from mcgraph.validation.report import Report
from mcgraph.validation.report_words import MOST_NAMES, rules_by_code
from mcgraph.validation.run import Checked, nested, reported, rule_findings, shape_findings, superclasses
from mcgraph.validation.scene import Scene
from mcgraph.validation.spill import Spill
from mcgraph.validation.waivers import Waiver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgraph.sources.sliced import Sliced

Say = Callable[[str], None]


@dataclass(slots=True)
class _Found:
    """What the partitions have given so far."""

    plain: list[pl.DataFrame] = field(default_factory=list)
    outside: list[pl.DataFrame] = field(default_factory=list)
    leaves: list[pl.DataFrame] = field(default_factory=list)
    results: list[pl.DataFrame] = field(default_factory=list)
    told: list[pl.DataFrame] = field(default_factory=list)
    focus: dict[str, int] = field(default_factory=dict)
    targets: dict[str, int] = field(default_factory=dict)


def validate_partitions(
    open_submission: Callable[[Path], Sliced], *, profile: str, date: datetime.date,
    context: Graph | None = None, lang: str = "en", waivers: Sequence[Waiver] = (), say: Say = lambda _: None,
) -> tuple[Report, Batch, int]:
    """The report of a submission that is read in slices, a batch with all that the report speaks of, and how many
    partitions there were.

    `open_submission` gets a folder for temporary files; `say` is told what is being done.
    Raises what `validate` raises, and `LimitReached` for shapes that need the whole graph in memory.
    """
    start = time.perf_counter()
    with _temporary_folder() as folder:
        submission = open_submission(folder)
        chosen = catalogue.profile(profile or submission.mapping.profile)
        needed = _reads(chosen)
        spill = Spill(folder, scattered=submission.scattered)
        tables: list[int] = []
        for piece in submission.pieces():
            spill.add(piece)
            tables.append(piece.table)
            say(f"Mapping · partition {len(tables)}")
        spill.complete()
        halo = Halo(spill, folder)
        say("Looking up what partitions link to")
        halo.gather(needed)
        base = Batch(
            submission.source, submission.mapping.name, submission.tables, spill.columns,
            findings=submission.findings(), profile=submission.mapping.profile,
        )  # fmt: skip
        run = _Run(chosen, base, spill, halo, needed, date, context)
        for number in range(spill.count):
            say(f"Checking · partition {number + 1} of {spill.count}")
            run.partition(number)
        say("Checking what only the whole tells")
        done = run.finish(tables)
        return reported(done, chosen, date, context, lang, waivers, start), done.batch, spill.count


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """A folder that is gone afterwards; a full disk is told as what it is."""
    with tempfile.TemporaryDirectory(prefix="mcgraph-partitions-") as name:
        try:
            yield Path(name)
        except (OSError, pl.exceptions.PolarsError) as fault:
            # Polars tells the error of the system in its text only.
            if getattr(fault, "errno", None) != errno.ENOSPC and f"os error {errno.ENOSPC}" not in str(fault):
                raise
            raise LimitReached(
                f"there is no room left in {Path(name).parent} for the partitions",
                fix="Free some space (about twice the size of the files), or set TMPDIR to a larger disk.",
            ) from fault


def _reads(chosen: Profile) -> Reads:
    """What the shapes read. Raises `LimitReached` for a shape that would need everything at once."""
    found = reads(chosen.shapes)
    for shape in chosen.shapes.targeted:
        if not shape.deactivated and fallback.needed(shape, chosen.shapes):
            found.whole[shape.id] = None
    everything = [shorten(name) for name, predicates in found.whole.items() if predicates is None]
    if everything:
        raise LimitReached(
            f"the shape {everything[0]} needs the whole graph in memory, and the input is checked in partitions",
            fix="Check fewer records at a time, or raise the limit whole_bytes (for N-Triples rdf_whole_bytes) "
            "if there is memory for all of them.",
        )
    if chosen.is_ours:
        found.forward.setdefault(1, set()).update(MC + name for name in across.READ_OF_LINKED)
    return found


class _Run:
    """One check over all partitions."""

    def __init__(
        self, chosen: Profile, base: Batch, spill: Spill, halo: Halo, needed: Reads, date: datetime.date,
        context: Graph | None,
    ) -> None:  # fmt: skip
        self._chosen, self._base, self._spill, self._halo = chosen, base, spill, halo
        self._needed, self._date, self._context = needed, date, context
        self._order = {shape.id: at for at, shape in enumerate(chosen.shapes.targeted)}
        self._own = len(spill.columns)
        self._found = _Found()
        self._said = Said()
        self._rules_by_code = rules_by_code(chosen)
        stacking = [MC + name for name in across.STACKING] if chosen.is_ours else []
        self._stacking = tuple(spill.whole(stacking))

    def partition(self, number: int) -> None:
        """Everything that can be said with one partition in memory."""
        part = self._spill.partition(number)
        batch = replace(self._base, columns=part.columns, records=part.records)
        seen = self._halo.of(number)
        data = DataGraph(part.columns, superclasses(), known=(*seen, *self._stored(part.columns, seen)))
        for cls in self._chosen.main_classes:
            self._found.targets[cls] = self._found.targets.get(cls, 0) + data.targets(cls).height
        self._shapes(data, [s for s in self._chosen.shapes.targeted if s.id not in self._needed.whole])
        if self._chosen.is_ours:
            self._rules(batch, data, seen)

    def _stored(self, columns: tuple[TripleColumn, ...], seen: tuple[TripleColumn, ...]) -> tuple[TripleColumn, ...]:
        """The types of records that the partition links to, that no partition has, and that the store has."""
        if self._context is None:
            return ()
        wanted = loose_links(self._typed(columns, seen)).get_column("v").unique()
        types = known_types(self._context, wanted).with_columns(pl.lit(None, dtype=pl.UInt32).alias("row"))
        return (TripleColumn(predicate=RDF_TYPE, kind="iri", frame=types),) if types.height else ()

    def _typed(self, columns: tuple[TripleColumn, ...], seen: tuple[TripleColumn, ...]) -> DataGraph:
        """A partition's own triples, and the types of what it sees besides."""
        return DataGraph(columns, superclasses(), known=[column for column in seen if column.predicate == RDF_TYPE])

    def _shapes(self, data: DataGraph, shapes: list[Shape]) -> None:
        engine, found = Engine(data, self._chosen.shapes), []
        for shape in shapes:
            if shape.deactivated:
                continue
            nodes = engine.focus_nodes(shape)
            self._found.focus[shape.id] = self._found.focus.get(shape.id, 0) + len(nodes)
            results = engine.results(shape, nodes)
            found.append(self._numbered(results, shape).drop("affects"))
            if self._chosen.is_ours and self._base.mapping == RDF_MAPPING:
                unlisted = outside_their_list(engine, [shape], self._rules_by_code)
                self._found.outside.append(alone(self._numbered(unlisted, shape)))
        told = pl.concat([pl.DataFrame(schema={**RESULT_SCHEMA, "order": pl.Int32}), *found])
        told = told.with_columns(_global("tc", self._own))
        plain, leaves = (self._one_said(frame, engine.said) for frame in parted(engine, told))
        self._found.results.append(alone(told))
        self._found.plain.append(alone(plain))
        self._found.leaves.append(alone(leaves.with_columns(_global("tc", self._own))))

    def _numbered(self, results: pl.DataFrame, shape: Shape) -> pl.DataFrame:
        return results.with_columns(
            pl.lit(self._order[shape.id], dtype=pl.Int32).alias("order"), pl.lit(1, dtype=pl.UInt32).alias("affects")
        )

    def _one_said(self, frame: pl.DataFrame, own: Said) -> pl.DataFrame:
        """Results whose messages have the numbers of one engine, with the numbers they have among all."""
        numbers = frame.get_column("said").drop_nulls().unique().sort()
        ours = {number: self._said.number(own.texts[number]) for number in numbers}
        return frame.with_columns(pl.col("said").replace_strict(ours, return_dtype=pl.Int32)) if ours else frame

    def _rules(self, batch: Batch, data: DataGraph, seen: tuple[TripleColumn, ...]) -> None:
        date, own = self._date, DataGraph(batch.columns, superclasses())
        refers = references(batch, self._typed(batch.columns, seen), self._context)
        told = [refers.with_columns(pl.lit(-1, dtype=pl.Int32).alias("rule"))]
        scene = Scene(batch, own, self._context, date)
        told += [across.ran(rule, scene) for rule in across.LOCAL]
        linked = Scene(batch, data, self._context, date)
        # What is only seen from here is told where it is at home.
        told += [across.ran(rule, linked).filter(pl.col("tc") < self._own) for rule in across.LINKED]
        listed = Scene(
            batch, DataGraph(batch.columns, superclasses(), known=self._stacking), self._context, date
        )
        told += [across.ran(rule, listed) for rule in across.LISTED]
        self._found.told += [alone(frame) for frame in told if frame.height]

    def finish(self, tables: list[int]) -> Checked:
        """The rules over all partitions, and everything that was found as one."""
        found, spill, chosen = self._found, self._spill, self._chosen
        for shape in chosen.shapes.targeted:
            predicates = self._needed.whole.get(shape.id)
            if predicates is not None:
                columns = spill.whole({*predicates, SUBCLASS})
                self._shapes(DataGraph(columns, superclasses(), known=self._known_of_store(columns)), [shape])
        told = found.told
        if chosen.is_ours:
            told = [*told, *across.everywhere(self._base, spill, self._context, self._date, superclasses())]
        affecting = {**RESULT_SCHEMA, "order": pl.Int32, "affects": pl.UInt32}
        plain = _ordered(found.plain, affecting, "order")
        leaves = joined(plain, summed(found.leaves))
        if found.outside:
            outside = [frame.with_columns(_global("tc", self._own)) for frame in found.outside]
            leaves = pl.concat([leaves, _ordered(outside, affecting, "order")])
        results = _ordered(found.results, {**RESULT_SCHEMA, "order": pl.Int32}, "order")
        findings = shape_findings(leaves, chosen)
        if told:
            ruled = _ordered(told, {**RULE_RESULT_SCHEMA, "rule": pl.Int32}, "rule")
            findings = pl.concat([findings, rule_findings(ruled, chosen)])
        batch = self._spoken_of(findings, nested(results), tables)
        hashes = spill.record_hashes()
        return Checked(
            batch, DataGraph(batch.columns, superclasses()), findings, results,
            [(shape, found.focus[shape.id]) for shape in chosen.shapes.targeted if not shape.deactivated], (),
            empty=[cls for cls in chosen.main_classes if not found.targets.get(cls)],
            records=spill.records_in_all, read=len(hashes), notes=_by_number(spill.notes), said=self._said,
        )  # fmt: skip

    def _known_of_store(self, columns: Sequence[TripleColumn]) -> tuple[TripleColumn, ...]:
        return self._stored(tuple(columns), ())

    def _spoken_of(self, findings: pl.DataFrame, pointing: pl.Series, tables: list[int]) -> Batch:
        """The base batch with the types, parts and records of everything that findings are about."""
        spill = self._spill
        focus = pl.concat([findings.get_column("focus"), pointing]).unique()
        about = focus.hash().implode()
        parts = spill.parts(pl.col("node").hash().is_in(about))
        wanted = pl.concat([focus.hash(), parts.get_column("record").hash()]).unique()
        columns = spill.whole([RDF_TYPE], wanted)
        tabled = {at: column.table for at, column in enumerate(columns)}
        rows = findings.filter(pl.col("tc") >= 0).select(
            pl.col("tc").replace_strict(tabled, return_dtype=pl.Int16).alias("table"), "row"
        )
        rows = pl.concat([rows, self._given_rows()]).drop_nulls().unique()
        is_named = pl.col("iri").hash().is_in(wanted.implode())
        spot = pl.col("table").cast(pl.UInt64) * 2**32 + pl.col("row").cast(pl.UInt64)
        on_row = spot.is_in(rows.select(spot).to_series().implode())
        records = spill.records(None if spill.records_in_all < MOST_NAMES else is_named | on_row)
        homes = records.select("table", "row")
        typed = [c.frame.select(pl.lit(c.table, dtype=pl.Int16).alias("table"), "row") for c in columns if len(c)]
        lines = spill.places(tables, pl.concat([rows, homes, *typed]).unique())
        placed = tuple(_placed(table, lines.get(at)) for at, table in enumerate(self._base.tables))
        return replace(self._base, tables=placed, columns=tuple(columns), records=records, parts=parts)

    def _given_rows(self) -> pl.DataFrame:
        """Table and row of the findings that a reader or the mapping made."""
        at = {(table.file, table.sheet): index for index, table in enumerate(self._base.tables)}
        rows = [(at.get((f.where.file, f.where.sheet), -1), f.where.row) for f in self._base.findings]
        found = pl.DataFrame(rows, schema={"table": pl.Int16, "row": pl.UInt32}, orient="row")
        return found.filter(pl.col("table") >= 0)


def _placed(table: SourceTable, lines: pl.DataFrame | None) -> SourceTable:
    """The table with the lines of the rows that are spoken of."""
    if lines is None or table.line is None:
        return table
    return replace(table, line=lines.get_column("line"), row=lines.get_column("row"))


def _global(column: str, own: int) -> pl.Expr:
    """Triple columns are numbered alike in all partitions; those that are only seen stand behind the own ones."""
    seen = (pl.col(column) >= own) & (pl.col(column) < 2 * own)
    of_store = pl.col(column) >= 2 * own
    return pl.when(seen).then(pl.col(column) - own).when(of_store).then(-1).otherwise(column).alias(column)


def _ordered(frames: list[pl.DataFrame], schema: Mapping[str, Any], by: str) -> pl.DataFrame:
    """Frames as one, in the order of shapes or rules and not of partitions."""
    return pl.concat([pl.DataFrame(schema=schema), *frames]).sort(by, maintain_order=True).drop(by)


def _by_number(notes: dict[str, int]) -> dict[str, int]:
    return dict(sorted(notes.items(), key=lambda one: (-one[1], one[0])))
