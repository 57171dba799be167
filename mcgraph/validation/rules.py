"""Rules across records, each a join over columns: dates, hours, quality assurance, succession, repetition.

Stacking, duplicates, awards, claims, contradictions and links have their own files. A rule gives rows of (`code`,
`focus`, `path`, `v`, `tc`, `row`): `v` is what was found, said so that a person can check it, and `tc`/`row` are
the cell to look at.
"""

from __future__ import annotations

import polars as pl

from mcgraph.model.namespaces import MC, VOCAB
from mcgraph.validation import stacking
from mcgraph.validation.awards import AWARD_RULES
from mcgraph.validation.claims import CLAIM_RULES
from mcgraph.validation.contradictions import CONTRADICTION_RULES, SAID_ONCE
from mcgraph.validation.data import among
from mcgraph.validation.links import LINK_RULES
from mcgraph.validation.references import RULE_RESULT_SCHEMA
from mcgraph.validation.scene import CrossRule, Scene, told
from mcgraph.validation.suspects import possible_duplicates

ECTS = "http://data.europa.eu/snb/education-credit/6fcec5c5af"
NATIONAL_CREDIT = f"{VOCAB}credit-system#national-credit"


def dates_in_order(scene: Scene) -> pl.DataFrame:
    """RULE-DATE-001: it ends before it begins."""
    found = []
    for first, last in (("validFrom", "validUntil"), ("startDate", "endDate")):
        ends, begins = scene.dates(last), scene.dates(first)
        # What ends after everything has begun is in order, whatever it belongs to.
        ends = ends.filter(pl.col("day") < begins.get_column("day").max()) if begins.height else ends.clear()
        pairs = ends.join(among(begins, ends).select("s", pl.col("day").alias("from")), on="s")
        wrong = pairs.filter(pl.col("day") < pl.col("from"))
        text = pl.concat_str(pl.col("from").cast(pl.String), pl.lit(" … "), pl.col("day").cast(pl.String))
        found.append(told(wrong, "RULE-DATE-001", last, text))
    return pl.concat(found)


def hours_fit_credits(scene: Scene) -> pl.DataFrame:
    """RULE-HOURS-001: the hours are not 25 to 30 for each ECTS credit."""
    wrong, text = _hours_outside(scene, ECTS, 25, 30, "ECTS")
    return told(wrong, "RULE-HOURS-001", "workloadHours", text)


def hours_fit_national_credits(scene: Scene) -> pl.DataFrame:
    """RULE-HOURS-002: the hours are not 10 for each New Zealand credit."""
    wrong, text = _hours_outside(scene, NATIONAL_CREDIT, 10, 10, "credits")
    return told(wrong, "RULE-HOURS-002", "workloadHours", text)


def _hours_outside(scene: Scene, system: str, least: int, most: int, unit: str) -> tuple[pl.DataFrame, pl.Expr]:
    """The credentials whose hours per credit of a system lie outside the bounds, and how to say so."""
    pairs = scene.hours_each()
    counted = scene.links("creditSystem").filter(pl.col("v") == system)
    outside = pairs.filter(~pl.col("each").round(2).is_between(least, most)) if counted.height else pairs.clear()
    wrong = among(outside, among(counted, outside))
    text = pl.concat_str(
        _plain("number"), pl.lit(" h / "), _plain("credits"), pl.lit(f" {unit} = "),
        pl.col("each").round(1).cast(pl.String), pl.lit(" h"),
    )  # fmt: skip
    return wrong, text


def _plain(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String).str.strip_suffix(".0")


def assurance_expired(scene: Scene) -> pl.DataFrame:
    """RULE-EXPIRED-001: every quality assurance of an active credential has run out."""
    statements = scene.links("assuredCredential").select(pl.col("s").alias("statement"), pl.col("v").alias("s"))
    if statements.is_empty():
        return pl.DataFrame(schema=RULE_RESULT_SCHEMA)
    ends = among(scene.dates("validUntil").rename({"s": "statement"}), statements, "statement")
    known = statements.join(ends, on="statement", how="left", maintain_order="left")
    last = known.group_by("s", maintain_order=True).agg(
        pl.col("day").max().alias("last"), pl.col("day").null_count().alias("open")
    )
    gone = last.filter(pl.col("open") == 0, pl.col("last") < scene.date)
    active = gone.join(scene.idle(), on="s", how="anti", maintain_order="left")
    cells = known.filter(pl.col("day").is_not_null()).sort("day", descending=True, maintain_order=True)
    placed = active.join(cells.unique("s", keep="first", maintain_order=True).drop("day"), on="s")
    return told(placed, "RULE-EXPIRED-001", "validUntil", pl.col("last"))


def recognition_lapsed(scene: Scene) -> pl.DataFrame:
    """RULE-EXPIRED-002: a statement is said to be in force although its end lies behind."""
    in_force = scene.links("statementStatus").filter(pl.col("v") == f"{VOCAB}statement-status#in-force")
    ended = scene.dates("validUntil").filter(pl.col("day") < scene.date)
    wrong = among(ended, in_force)
    return told(wrong, "RULE-EXPIRED-002", "validUntil", pl.col("day"))


def replaces_itself(scene: Scene) -> pl.DataFrame:
    """RULE-SELF-001: a record that replaces, requires or stacks into itself."""
    found = []
    for name in ("replaces", "replacedBy", "prerequisite", "declaredStackingTarget"):
        own = scene.links(name).filter(pl.col("s") == pl.col("v")).unique("s", keep="first", maintain_order=True)
        found.append(told(own, "RULE-SELF-001", name, pl.lit("")))
    return pl.concat(found)


def contains_itself(scene: Scene) -> pl.DataFrame:
    """RULE-SELF-001: a stacking rule that lists the whole as a part of itself."""
    members = stacking.members(scene.data).filter(pl.col("s") == pl.col("v"))
    own = members.unique("s", keep="first", maintain_order=True)
    return told(own, "RULE-SELF-001", "groupMember", pl.lit(""))


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


def repeated_identifiers(scene: Scene) -> pl.DataFrame:
    """RULE-DUP-001: two rows of a table have one identifier and say different things."""
    places = scene.repeated().unique(["iri", "table", "row"], maintain_order=True)
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
    for name in SAID_ONCE:
        said = scene.data.edges(MC + name).join(wanted, on="s", how="semi", maintain_order="left")
        said = said.with_columns(pl.col("tc").replace_strict(tables, default=-1, return_dtype=pl.Int32).alias("table"))
        differs = said.filter(pl.struct("v", "t").n_unique().over("s", "table", "t") > 1)
        last = differs.sort("row", maintain_order=True).unique("s", keep="last", maintain_order=True)
        text = pl.col("v")
        clashes.append(told(last, "RULE-DUP-001", name, text))
    return pl.concat(clashes).unique("focus", keep="first", maintain_order=True)


def circular_stacking(scene: Scene) -> pl.DataFrame:
    """RULE-CYCLE-001: credentials that stack into each other in a circle."""
    circles = stacking.circular(scene.data, scene.batch, scene.context)
    return told(circles, "RULE-CYCLE-001", "groupMember", pl.col("witness"))


def short_of_credits(scene: Scene) -> pl.DataFrame:
    """RULE-SUM-001: the members of a group have fewer credits than it asks for."""
    return told(stacking.short_of_credits(scene.data), "RULE-SUM-001", "requiredCreditPoints", pl.col("text"))


def short_of_members(scene: Scene) -> pl.DataFrame:
    """RULE-SUM-002: a group asks for more members than it lists."""
    return told(stacking.short_of_members(scene.data), "RULE-SUM-002", "requiredNumber", pl.col("text"))


def stackable_into_nothing(scene: Scene) -> pl.DataFrame:
    """RULE-STACK-001: a credential is said to be stackable, and nothing says into what."""
    return told(stacking.without_target(scene.data), "RULE-STACK-001", "stackability", pl.lit(""))


def not_listed(scene: Scene) -> pl.DataFrame:
    """RULE-STACK-002: the rule of a declared target does not list the credential."""
    missing = stacking.not_listed(scene.data, scene.batch)
    return told(missing, "RULE-STACK-002", "declaredStackingTarget", pl.col("name"))


def falling_levels(scene: Scene) -> pl.DataFrame:
    """RULE-LEVEL-001: a part has a higher level than its whole."""
    return told(stacking.falling_levels(scene.data, scene.batch), "RULE-LEVEL-001", "groupMember", pl.col("text"))


def older_parts(scene: Scene) -> pl.DataFrame:
    """RULE-PART-001: a part ended before the rule that lists it began."""
    return told(stacking.older_parts(scene.data), "RULE-PART-001", "groupMember", pl.col("text"))


RULES: tuple[CrossRule, ...] = (
    dates_in_order,
    hours_fit_credits,
    hours_fit_national_credits,
    assurance_expired,
    recognition_lapsed,
    replaces_itself,
    contains_itself,
    circular_replacement,
    replacement_mirrored,
    repeated_identifiers,
    circular_stacking,
    short_of_credits,
    short_of_members,
    stackable_into_nothing,
    not_listed,
    falling_levels,
    older_parts,
    possible_duplicates,
    *AWARD_RULES,
    *CLAIM_RULES,
    *CONTRADICTION_RULES,
    *LINK_RULES,
)
