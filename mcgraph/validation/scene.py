"""What a rule across records may look at, and how it tells what it found."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl

from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import MC, VOCAB, shorten
from mcgraph.validation import lexical
from mcgraph.validation.context import Graph
from mcgraph.validation.data import DataGraph
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

    def first_link(self, name: str, *, called: str) -> pl.DataFrame:
        """The first link of a property per subject: `s` and the object, `called` so."""
        first = self.links(name).unique("s", keep="first", maintain_order=True)
        return first.select("s", pl.col("v").alias(called))

    def numbers(self, name: str) -> pl.DataFrame:
        """The first number of a property per subject: `s`, `number`, `tc`, `row`."""
        return self._once("number", name, self._numbers)

    def _numbers(self, name: str) -> pl.DataFrame:
        edges = self.data.edges(MC + name).filter(pl.col("t") != 0)
        valued = edges.with_columns(lexical.number(pl.col("v")).alias("number")).filter(pl.col("number").is_not_null())
        return valued.select("s", "number", "tc", "row").unique("s", keep="first", maintain_order=True)

    def dates(self, name: str) -> pl.DataFrame:
        """The first date of a property per subject: `s`, `day`, `tc`, `row`."""
        return self._once("date", name, self._dates)

    def _dates(self, name: str) -> pl.DataFrame:
        edges = self.data.edges(MC + name).filter(pl.col("t") != 0)
        day = pl.col("v").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("day")
        valued = edges.with_columns(day).filter(pl.col("day").is_not_null())
        return valued.select("s", "day", "tc", "row").unique("s", keep="first", maintain_order=True)

    def idle(self) -> pl.DataFrame:
        """The records (`s`) that have ended or whose status is another than active."""
        return self._once("idle", "", self._idle)

    def _idle(self, _: str) -> pl.DataFrame:
        ended = self.dates("validUntil").filter(pl.col("day") < self.date).select("s")
        named = self.links("status").filter(pl.col("v") != f"{VOCAB}record-status#active").select("s")
        return pl.concat([ended, named]).unique()


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
