"""Rules across records, each a join over columns: dates, hours, duplicates, succession, quality assurance.

Stacking has its own file. A rule gives rows of (`code`, `focus`, `path`, `v`, `tc`, `row`): `v` is what was
found, said so that a person can check it, and `tc`/`row` are the cell to look at.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import MC, VOCAB, shorten
from mcgraph.validation import lexical, stacking
from mcgraph.validation.context import Graph
from mcgraph.validation.data import DataGraph
from mcgraph.validation.references import RULE_RESULT_SCHEMA

ECTS = "http://data.europa.eu/snb/education-credit/6fcec5c5af"
IN_DOUBT = {"verdict": "violation"}


@dataclass(frozen=True, slots=True)
class Scene:
    """All that a rule may look at."""

    batch: Batch
    data: DataGraph
    context: Graph | None
    date: datetime.date

    def links(self, name: str) -> pl.DataFrame:
        """The links of one of our properties: `s`, `v`, `tc`, `row`."""
        return self.data.links(MC + name)

    def numbers(self, name: str) -> pl.DataFrame:
        """The first number of a property per subject: `s`, `number`, `tc`, `row`."""
        edges = self.data.edges(MC + name).filter(pl.col("t") != 0)
        valued = edges.with_columns(lexical.number(pl.col("v")).alias("number")).filter(pl.col("number").is_not_null())
        return valued.select("s", "number", "tc", "row").unique("s", keep="first", maintain_order=True)

    def dates(self, name: str) -> pl.DataFrame:
        """The first date of a property per subject: `s`, `day`, `tc`, `row`."""
        edges = self.data.edges(MC + name).filter(pl.col("t") != 0)
        day = pl.col("v").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("day")
        valued = edges.with_columns(day).filter(pl.col("day").is_not_null())
        return valued.select("s", "day", "tc", "row").unique("s", keep="first", maintain_order=True)


CrossRule = Callable[[Scene], pl.DataFrame]


def told(frame: pl.DataFrame, code: str, path: str, found: pl.Expr) -> pl.DataFrame:
    """`frame` (`s`, `tc`, `row`) as results of one code."""
    return frame.select(
        pl.lit(code).alias("code"),
        pl.col("s").alias("focus"),
        pl.lit(shorten(MC + path) if path else "").alias("path"),
        found.cast(pl.String).alias("v"),
        "tc",
        "row",
        pl.lit("violation").alias("verdict"),
    )


def cross_record(batch: Batch, data: DataGraph, context: Graph | None, date: datetime.date) -> pl.DataFrame:
    """The results of every cross-record rule (`RULE_RESULT_SCHEMA`)."""
    scene = Scene(batch, data, context, date)
    return pl.concat([pl.DataFrame(schema=RULE_RESULT_SCHEMA), *(rule(scene) for rule in RULES)])


def dates_in_order(scene: Scene) -> pl.DataFrame:
    """RULE-DATE-001: it ends before it begins."""
    found = []
    for first, last in (("validFrom", "validUntil"), ("startDate", "endDate")):
        pairs = scene.dates(last).join(scene.dates(first).select("s", pl.col("day").alias("from")), on="s")
        wrong = pairs.filter(pl.col("day") < pl.col("from"))
        text = pl.concat_str(pl.col("from").cast(pl.String), pl.lit(" … "), pl.col("day").cast(pl.String))
        found.append(told(wrong, "RULE-DATE-001", last, text))
    return pl.concat(found)


def hours_fit_credits(scene: Scene) -> pl.DataFrame:
    """RULE-HOURS-001: the hours are not 25 to 30 for each ECTS credit."""
    ects = scene.links("creditSystem").filter(pl.col("v") == ECTS).select("s").unique()
    credits = scene.numbers("creditPoints").filter(pl.col("number") > 0).join(ects, on="s", how="semi")
    pairs = scene.numbers("workloadHours").join(credits.select("s", pl.col("number").alias("credits")), on="s")
    wrong = pairs.filter(~(pl.col("number") / pl.col("credits")).round(2).is_between(25, 30))
    text = pl.concat_str(
        _plain("number"), pl.lit(" h / "), _plain("credits"), pl.lit(" ECTS = "),
        (pl.col("number") / pl.col("credits")).round(1).cast(pl.String), pl.lit(" h"),
    )  # fmt: skip
    return told(wrong, "RULE-HOURS-001", "workloadHours", text)


def _plain(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_suffix(".0")


def assurance_expired(scene: Scene) -> pl.DataFrame:
    """RULE-EXPIRED-001: every quality assurance of an active credential has run out."""
    statements = scene.links("assuredCredential").select(pl.col("s").alias("statement"), pl.col("v").alias("s"))
    if statements.is_empty():
        return pl.DataFrame(schema=RULE_RESULT_SCHEMA)
    ends = scene.dates("validUntil").rename({"s": "statement"})
    known = statements.join(ends, on="statement", how="left", maintain_order="left")
    last = known.group_by("s", maintain_order=True).agg(
        pl.col("day").max().alias("last"), pl.col("day").null_count().alias("open")
    )
    gone = last.filter(pl.col("open") == 0, pl.col("last") < scene.date)
    own_end = scene.dates("validUntil").filter(pl.col("day") < scene.date).select("s")
    idle = scene.links("status").filter(pl.col("v") != f"{VOCAB}record-status#active").select("s")
    active = gone.join(pl.concat([own_end, idle]), on="s", how="anti", maintain_order="left")
    cells = known.filter(pl.col("day").is_not_null()).sort("day", descending=True, maintain_order=True)
    placed = active.join(cells.unique("s", keep="first", maintain_order=True).drop("day"), on="s")
    return told(placed, "RULE-EXPIRED-001", "validUntil", pl.col("last"))


def recognition_lapsed(scene: Scene) -> pl.DataFrame:
    """RULE-EXPIRED-002: a statement is said to be in force although its end lies behind."""
    in_force = scene.links("statementStatus").filter(pl.col("v") == f"{VOCAB}statement-status#in-force")
    ended = scene.dates("validUntil").filter(pl.col("day") < scene.date)
    wrong = ended.join(in_force.select("s").unique(), on="s", how="semi", maintain_order="left")
    return told(wrong, "RULE-EXPIRED-002", "validUntil", pl.col("day"))


def replaces_itself(scene: Scene) -> pl.DataFrame:
    """RULE-SELF-001: a record that replaces, requires or stacks into itself."""
    found = []
    for name in ("replaces", "replacedBy", "prerequisite", "declaredStackingTarget"):
        own = scene.links(name).filter(pl.col("s") == pl.col("v")).unique("s", keep="first", maintain_order=True)
        found.append(told(own, "RULE-SELF-001", name, pl.lit("")))
    members = stacking.members(scene.data).filter(pl.col("s") == pl.col("v"))
    found.append(
        told(members.unique("s", keep="first", maintain_order=True), "RULE-SELF-001", "groupMember", pl.lit(""))
    )
    return pl.concat(found)


def circular_replacement(scene: Scene) -> pl.DataFrame:
    """RULE-CYCLE-002: records that replace each other in a circle."""
    forward = scene.links("replaces")
    backward = scene.links("replacedBy").select(pl.col("v").alias("s"), pl.col("s").alias("v"), "tc", "row")
    edges = pl.concat([forward, backward])
    return told(stacking.circles(edges, scene.batch), "RULE-CYCLE-002", "replaces", pl.col("witness"))


def replacement_mirrored(scene: Scene) -> pl.DataFrame:
    """RULE-MIRROR-001: one record says it replaces another that does not say so."""
    forward, backward = scene.links("replaces"), scene.links("replacedBy")
    if forward.is_empty() or backward.is_empty():
        return pl.DataFrame(schema=RULE_RESULT_SCHEMA)
    mine = scene.batch.records.select(pl.col("iri").alias("v")).unique()
    found = []
    for said, other, path in ((forward, backward, "replaces"), (backward, forward, "replacedBy")):
        mirror = other.select(pl.col("v").alias("s"), pl.col("s").alias("v"))
        one_sided = said.join(mine, on="v", how="semi", maintain_order="left").join(
            mirror, on=["s", "v"], how="anti", maintain_order="left"
        )
        named = stacking.with_name(one_sided, "v", scene.batch).unique(["s", "v"], keep="first", maintain_order=True)
        found.append(told(named, "RULE-MIRROR-001", path, pl.col("name")))
    return pl.concat(found)


_SAID_ONCE = ("title", "legalName", "creditPoints", "workloadHours", "eqfLevel", "validFrom", "validUntil",
              "providerType", "form", "status", "nationalLevel", "startDate", "endDate")  # fmt: skip


def repeated_identifiers(scene: Scene) -> pl.DataFrame:
    """RULE-DUP-001: two rows of a table have one identifier and say different things."""
    places = scene.batch.records.unique(["iri", "table", "row"], maintain_order=True)
    again = places.filter(pl.len().over("iri", "table") > 1)
    if again.is_empty():
        return pl.DataFrame(schema=RULE_RESULT_SCHEMA)
    wanted = again.select(pl.col("iri").alias("s")).unique()
    tables = {i: c.table for i, c in enumerate(scene.batch.columns)}
    # Somebody who answers twice is one respondent too many, whatever the answers say.
    twice = again.filter(pl.col("class") == MC + "Response").sort("row").unique("iri", keep="last", maintain_order=True)
    typed = next((i for i, c in enumerate(scene.batch.columns) if c.predicate == MC + "responseTo"), -1)
    clashes = [
        told(
            twice.select(
                pl.col("iri").alias("s"), pl.lit(typed, dtype=pl.Int32).alias("tc"), pl.col("row").cast(pl.UInt32)
            ),
            "RULE-DUP-001",
            "",
            pl.lit(""),
        )
    ]
    for name in _SAID_ONCE:
        said = scene.data.edges(MC + name).join(wanted, on="s", how="semi", maintain_order="left")
        said = said.with_columns(pl.col("tc").replace_strict(tables, default=-1, return_dtype=pl.Int32).alias("table"))
        differs = said.filter(pl.struct("v", "t").n_unique().over("s", "table", "t") > 1)
        last = differs.sort("row", maintain_order=True).unique("s", keep="last", maintain_order=True)
        text = pl.col("v")
        clashes.append(told(last, "RULE-DUP-001", name, text))
    return pl.concat(clashes).unique("focus", keep="first", maintain_order=True)


RULES: tuple[CrossRule, ...] = (
    dates_in_order,
    hours_fit_credits,
    assurance_expired,
    recognition_lapsed,
    replaces_itself,
    circular_replacement,
    replacement_mirrored,
    repeated_identifiers,
    lambda scene: told(
        stacking.circular(scene.data, scene.batch, scene.context), "RULE-CYCLE-001", "groupMember", pl.col("witness")
    ),
    lambda scene: told(stacking.short_of_credits(scene.data), "RULE-SUM-001", "requiredCreditPoints", pl.col("text")),
    lambda scene: told(stacking.short_of_members(scene.data), "RULE-SUM-002", "requiredNumber", pl.col("text")),
    lambda scene: told(stacking.without_target(scene.data), "RULE-STACK-001", "stackability", pl.lit("")),
    lambda scene: told(
        stacking.not_listed(scene.data, scene.batch), "RULE-STACK-002", "declaredStackingTarget", pl.col("name")
    ),
    lambda scene: told(
        stacking.falling_levels(scene.data, scene.batch), "RULE-LEVEL-001", "groupMember", pl.col("text")
    ),
)
