"""What a rule across records may look at, and how it tells what it found."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import MC, VOCAB, shorten
from mcgraph.model.terms import few_distinct
from mcgraph.validation import lexical
from mcgraph.validation.context import Graph
from mcgraph.validation.data import DataGraph, among, beside, first_each
from mcgraph.validation.references import RULE_RESULT_SCHEMA


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a rule may look at; what several rules ask for is made once."""

    batch: Batch
    data: DataGraph
    context: Graph | None
    date: datetime.date
    made: dict[tuple[str, str], pl.DataFrame] = field(default_factory=dict)

    def _once(self, kind: str, name: str, make: Callable[[str], pl.DataFrame]) -> pl.DataFrame:
        if (kind, name) not in self.made:
            self.made[(kind, name)] = make(name)
        return self.made[(kind, name)]

    def links(self, name: str) -> pl.DataFrame:
        """The links of one of our properties: `s`, `v`, `tc`, `row`."""
        return self.data.links(MC + name)

    def first_link(self, name: str, *, called: str, of: pl.DataFrame) -> pl.DataFrame:
        """The first link of a property for each subject in `of` (its `s`): `s` and the object, `called` so."""
        return first_each(among(self.links(name), of), "s").select("s", pl.col("v").alias(called))

    def repeated(self) -> pl.DataFrame:
        """The records of the batch that stand in more than one place."""
        return self._once("repeated", "", self._repeated)

    def _repeated(self, _: str) -> pl.DataFrame:
        records = self.batch.records
        if records.get_column("iri").n_unique() == records.height:
            return records.clear()
        return records.filter(pl.col("iri").is_duplicated())

    def numbers(self, name: str) -> pl.DataFrame:
        """The first number of a property per subject: `s`, `number`, `tc`, `row`."""
        return self._once("number", name, self._numbers)

    def _numbers(self, name: str) -> pl.DataFrame:
        return self._first_valued(name, lexical.number(pl.col("v")).alias("number"))

    def dates(self, name: str) -> pl.DataFrame:
        """The first date of a property per subject: `s`, `day`, `tc`, `row`."""
        return self._once("date", name, self._dates)

    def _dates(self, name: str) -> pl.DataFrame:
        return self._first_valued(name, pl.col("v").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("day"))

    def _first_valued(self, name: str, value: pl.Expr) -> pl.DataFrame:
        """The first literal of each subject that `value` can read: `s`, the value, `tc`, `row`."""
        edges = self.data.edges(MC + name)
        if edges.height and edges.get_column("t").min() == 0:
            edges = edges.filter(pl.col("t") != 0)
        called = value.meta.output_name()
        few = few_distinct(edges.get_column("v"))
        if few is None:
            valued = edges.with_columns(value)
        else:
            read = few.alias("v").to_frame().with_columns(value)
            valued = edges.join(read, on="v", how="left", maintain_order="left")
        if valued.get_column(called).has_nulls():
            valued = valued.filter(pl.col(called).is_not_null())
        kept = valued.select("s", called, "tc", "row")
        return kept if self.data.subjects_differ(MC + name) else first_each(kept, "s")

    def idle(self) -> pl.DataFrame:
        """The records (`s`) that have ended or whose status is another than active."""
        return self._once("idle", "", self._idle)

    def _idle(self, _: str) -> pl.DataFrame:
        ended = self.dates("validUntil").filter(pl.col("day") < self.date).select("s")
        named = self.links("status").filter(pl.col("v") != f"{VOCAB}record-status#active").select("s")
        return pl.concat([ended, named]).unique()

    def hours_each(self) -> pl.DataFrame:
        """The credentials with hours and credits above zero: `s`, `number` (hours), `tc`, `row`, `credits`, `each`."""
        return self._once("hours", "", self._hours_each)

    def _hours_each(self, _: str) -> pl.DataFrame:
        credits = self.numbers("creditPoints").filter(pl.col("number") > 0).rename({"number": "credits"})
        hours = self.numbers("workloadHours").filter(pl.col("number") > 0)
        pairs = beside(hours, credits.select("s", "row", "credits"))
        return pairs.with_columns((pl.col("number") / pl.col("credits")).alias("each"))


CrossRule = Callable[[Scene], pl.DataFrame]


def told(frame: pl.DataFrame, code: str, path: str, found: pl.Expr, *, verdict: str = "violation") -> pl.DataFrame:
    """`frame` (`s`, `tc`, `row`) as results of one code; `path` is one of our properties, or empty."""
    return frame.select(
        pl.lit(code).alias("code"),
        pl.col("s").alias("focus"),
        pl.lit(shorten(MC + path) if path else "").alias("path"),
        found.cast(pl.String).alias("v"),
        "tc",
        "row",
        pl.lit(verdict).alias("verdict"),
    )


def nothing() -> pl.DataFrame:
    """No results."""
    return pl.DataFrame(schema=RULE_RESULT_SCHEMA)


def gathered(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Several results as one."""
    return pl.concat([nothing(), *frames])
