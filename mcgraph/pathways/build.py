"""From the stored records to arrays, column by column: what is lapsed, refused or incomplete is left out here.

The result means exactly what `whole_book(RuleBook.read(…))` means; no object is made per record.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl

from mcgraph.model.credits import ECTS, factor, times, unit_of
from mcgraph.pathways.arrays import KINDS, NOT_STATED, RECOGNISE, STACK, TAKE, Arrays, Gates
from mcgraph.pathways.columns import Pairs, pairs_of
from mcgraph.pathways.hypergraph import millionths, whole_book
from mcgraph.pathways.rule import Credential, Evidence, RowSource, Rule
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.stated import CREDIT_EFFECTS, SCALE, Stated, read_stated, systems

_RULE_COLUMNS = ["rule", "s", "head", "kind"]


def build(graph: RowSource, *, date: datetime.date) -> Arrays:
    """The arrays of a stored graph as of `date`.

    Raises `StoreUnavailable` where a batch file of the store is damaged.
    """
    return arrays_of(pairs_of(graph), date=date)


def arrays_from(book: RuleBook) -> Arrays:
    """The arrays of a rule book in memory: what a what-if changed, or a book written by hand."""
    graph = whole_book(book)
    # Groups stand in the order of their rules there, too, so their numbers are the same.
    groups = [(rule, group) for rule, those in enumerate(graph.groups_of) for group in those]
    members = sorted((at, *pair) for at, (_, group) in enumerate(groups) for pair in graph.members[group])
    table, kept = np.array(members, dtype=np.int64).reshape(-1, 3), [one[:2] for one in members]
    gates = Gates.of(
        len(graph.names),
        np.array(graph.head, dtype=np.int32),
        np.array([KINDS.index(rule.kind) for rule in graph.rules], dtype=np.int8),
        np.array([rule for rule, _ in groups], dtype=np.int32),
        np.array([graph.need[group] for _, group in groups], dtype=np.int64),
        table[:, 0].astype(np.int32),
        table[:, 1].astype(np.int32),
        table[:, 2].copy(),
        np.flatnonzero([(at, member) in graph.together for at, member in kept]).astype(np.int64),
    )
    stated = len(book.rules)
    return Arrays(gates, _described(book, graph.names), _claims(graph.rules), book.date, book.snapshot, stated)


def _described(book: RuleBook, names: Iterable[str]) -> pl.DataFrame:
    ordered = [book.credential(iri) for iri in names]
    unit = unit_of("", {one.unit for one in ordered if one.credits is not None})

    def amount(stated: Iterable[Decimal | None]) -> pl.Series:
        return pl.Series([NOT_STATED if one is None else millionths(one) for one in stated], dtype=pl.Int64)

    return pl.DataFrame(
        {
            "iri": [one.iri for one in ordered],
            "level": pl.Series([one.level for one in ordered], dtype=pl.Int8),
            "credits": amount(_credits_in(one, unit) for one in ordered),
            "hours": amount(one.hours for one in ordered),
            "country": [one.country for one in ordered],
            "provider": [one.provider for one in ordered],
            "full": pl.Series([one.is_full_qualification for one in ordered], dtype=pl.Boolean),
            "described": pl.Series([one.known for one in ordered], dtype=pl.Boolean),
        }
    )


def _credits_in(one: Credential, unit: str) -> Decimal | None:
    """The credit points of a credential in one system; None where none are stated or no source converts them."""
    if not one.credits:
        return one.credits
    by = factor(one.unit, unit)
    return None if by is None else times(one.credits, by)


def _claims(rules: Iterable[Rule]) -> pl.DataFrame:
    taken = Evidence("", claim="")
    said = [(one.whole, taken) if one.kind == "take" else (one.iri, one.evidence) for one in rules]
    columns = {
        "iri": [iri for iri, _ in said],
        "claimant": [found.claimant for _, found in said],
        "claim": [found.claim for _, found in said],
        "valid_from": [found.valid_from for _, found in said],
        "valid_until": [found.valid_until for _, found in said],
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def arrays_of(source: Pairs, *, date: datetime.date) -> Arrays:
    """The arrays of what `source` states."""
    stated = read_stated(source, date)
    rules, groups, members = _stacking(stated)
    entry = _entry(stated)
    other, their_groups, their_members = _recognising(stated, rules.height, groups.height)
    credentials = _every(stated, [rules, other], [members, their_members, entry.members])
    taken, take_groups, take_members = _taking(
        stated, credentials, rules, entry, rules.height + other.height, groups.height + their_groups.height
    )
    needs = [frame.select("at", "rule", "needed") for frame in (groups, their_groups, take_groups)]
    return _assembled(
        stated,
        credentials,
        pl.concat([rules, other, taken]),
        pl.concat(needs),
        pl.concat([_levelled(stated, groups, members), their_members, take_members], how="diagonal"),
        date,
        source.snapshot,
    )


def _stacking(stated: Stated) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Stacking rules, once for each whole, with their groups and members; `usable` is decided later."""
    rules = stated.rules.select("s", "in_force").join(stated.wholes, on="s").sort("s", "whole")
    rules = rules.with_row_index("rule").select(
        pl.col("rule").cast(pl.Int64), "s", pl.col("whole").alias("head"), pl.lit(STACK).alias("kind"), "in_force"
    )
    groups = rules.select("rule", "s", "head").join(stated.groups, on="s").sort("rule", "group").with_row_index("at")
    groups = groups.with_columns(pl.col("at").cast(pl.Int64)).join(
        stated.requirements, on="group", how="left", maintain_order="left"
    )
    groups, members = _filled(stated, groups, with_recognised=True)
    whole = groups.group_by("rule").agg(((pl.col("size") > 0) & (pl.col("needed") > 0)).all().alias("complete"))
    rules = rules.join(whole, on="rule", how="left", maintain_order="left")
    rules = rules.with_columns((pl.col("in_force") & pl.col("complete").fill_null(False)).alias("usable"))
    return rules.select(*_RULE_COLUMNS, "usable"), groups.select("at", "rule", "s", "needed"), members


def _filled(
    stated: Stated, groups: pl.DataFrame, *, with_recognised: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Groups (`at`, `group`, `s`, `head`, `requirement`, `needed`) with size and need, and members with weights."""
    members = groups.select("at", "group", "s", "head", "requirement").join(stated.members, on="group")
    # A group that nobody typed as one is read as having no members, so its rule cannot be used.
    members = members.filter(pl.col("requirement").is_not_null())
    points = stated.credentials.select(pl.col("s").alias("member"), pl.col("credits"), pl.col("system").fill_null(""))
    members = members.join(points, on="member", how="left")
    units = _units(stated, groups, members)
    by_points = pl.col("requirement") == "credit-points"
    converted = _in_unit(members.join(units, on="at", how="left"), pl.col("credits").fill_null(0).clip(lower_bound=0))
    weight = pl.when(by_points).then(converted.get_column("counted")).otherwise(SCALE)
    members = converted.select("at", "member", weight.alias("weight"))
    if with_recognised:
        members = _with_recognised(stated, groups, members, units)
    count = members.group_by("at").len("size")
    groups = groups.join(count, on="at", how="left", maintain_order="left").with_columns(pl.col("size").fill_null(0))
    implied = pl.when(pl.col("requirement") == "all-of").then(pl.col("size").cast(pl.Int64) * SCALE).otherwise(SCALE)
    needed = pl.when(pl.col("requirement").is_null()).then(0).otherwise(pl.coalesce("needed", implied))
    return groups.with_columns(needed.alias("needed")), members


@dataclass(frozen=True, slots=True)
class _Entry:
    """What must be held to take credentials, besides prerequisites: groups (`at`, `s`, `needed`), members, `broken`.

    `beside` marks members that may be taken at the same time.
    """

    groups: pl.DataFrame
    members: pl.DataFrame
    broken: pl.DataFrame


def _entry(stated: Stated) -> _Entry:
    """The entry groups; a credential with one that is not stated completely (`broken`) cannot be taken."""
    groups = stated.entries.sort("s", "group").with_row_index("at").with_columns(
        pl.col("at").cast(pl.Int64), pl.col("s").alias("head")
    )  # fmt: skip
    groups = groups.join(stated.requirements, on="group", how="left", maintain_order="left")
    groups, members = _filled(stated, groups, with_recognised=False)
    broken = groups.filter((pl.col("size") == 0) | (pl.col("needed") <= 0)).select(pl.col("s").alias("iri")).unique()
    beside = stated.beside.select("group", "member", pl.lit(True).alias("beside"))
    beside = groups.select("at", "group").join(beside, on="group").select("at", "member", "beside")
    members = members.join(beside, on=["at", "member"], how="left", maintain_order="left")
    return _Entry(groups.select("at", "s", "needed"), members.with_columns(pl.col("beside").fill_null(False)), broken)


def _units(stated: Stated, groups: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """`at`, `unit`: the credit system in which each group of credit points sums, as `unit_of` says."""
    wholes = stated.credentials.select(pl.col("s").alias("head"), pl.col("system").fill_null("").alias("whole"))
    asked = groups.filter(pl.col("requirement") == "credit-points").select("at", "head")
    asked = asked.join(wholes, on="head", how="left").with_columns(pl.col("whole").fill_null(""))
    said = members.filter(pl.col("system") != "", pl.col("credits").fill_null(0) != 0)
    ects = (pl.col("system") == ECTS).any()
    theirs = said.group_by("at").agg(pl.when(ects).then(pl.lit(ECTS)).otherwise(pl.col("system").min()).alias("theirs"))
    unit = pl.when(pl.col("whole") != "").then("whole").otherwise(pl.col("theirs").fill_null(""))
    return asked.join(theirs, on="at", how="left").select("at", unit.alias("unit"))


def _in_unit(frame: pl.DataFrame, amount: pl.Expr) -> pl.DataFrame:
    """The frame with `counted`: amounts of the system `system` in that of `unit`, 0 where no source converts them."""
    pair = [pl.col("system").fill_null(""), pl.col("unit").fill_null("")]
    frame = frame.with_columns(pair)
    pairs = frame.select("system", "unit").unique()
    factors = [factor(system, unit) or Fraction(0) for system, unit in pairs.rows()]
    told = pairs.with_columns(
        pl.Series("times", [one.numerator for one in factors], dtype=pl.Int64),
        pl.Series("over", [one.denominator for one in factors], dtype=pl.Int64),
    )
    joined = frame.join(told, on=["system", "unit"], how="left", maintain_order="left")
    counted = (amount * pl.col("times") // pl.col("over")).alias("counted")
    return joined.with_columns(counted).drop("times", "over")


def _with_recognised(
    stated: Stated, groups: pl.DataFrame, members: pl.DataFrame, units: pl.DataFrame
) -> pl.DataFrame:
    """Members of credit groups with recognised credit; of two weights the larger holds."""
    credit = stated.recognitions.filter(pl.col("effect").is_in(CREDIT_EFFECTS), "in_force", pl.col("credit") != 0)
    given = credit.select("s", "credit", "credit_system").join(stated.recognised, on="s").join(stated.towards, on="s")
    wholes = stated.credentials.select(pl.col("s").alias("towards"), "country")
    given = given.join(wholes, on="towards", how="left").with_columns(pl.col("country").fill_null(""))
    given = given.with_columns(systems("credit_system", pl.col("country")).alias("system"))
    joined = (
        groups.filter(pl.col("requirement") == "credit-points")
        .select("at", pl.col("head").alias("towards"))
        .join(given, on="towards")
        .join(units, on="at", how="left")
    )
    joined = _in_unit(joined, pl.col("credit")).filter(pl.col("counted") > 0)
    joined = joined.select("at", pl.col("credential").alias("member"), pl.col("counted").alias("weight"))
    return pl.concat([members, joined]).group_by("at", "member").agg(pl.col("weight").max())


def _levelled(stated: Stated, groups: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """The members without those below the minimum level of their rule, or of no stated level."""
    if stated.levels.is_empty():
        return members
    levels = stated.credentials.select(pl.col("s").alias("member"), pl.col("level"))
    asked = groups.select("at", "s").join(stated.levels.rename({"member": "only"}), on="s")
    held_to = members.join(asked, on="at").filter(pl.col("only").is_null() | (pl.col("only") == pl.col("member")))
    held_to = held_to.join(levels, on="member", how="left")
    refused = held_to.filter(pl.col("level").is_null() | (pl.col("level").cast(pl.Int64) * SCALE < pl.col("least")))
    return members.join(refused.select("at", "member").unique(), on=["at", "member"], how="anti")


def _recognising(
    stated: Stated, rules_before: int, groups_before: int
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Full recognitions as rules: who holds one of the credentials holds what it counts towards."""
    full = stated.recognitions.filter(pl.col("effect") == "full").select("s", "in_force").join(stated.towards, on="s")
    full = full.sort("s", "towards").with_row_index("k").with_columns(pl.col("k").cast(pl.Int64))
    members = full.join(stated.recognised, on="s").filter(pl.col("credential") != pl.col("towards"))
    counted = members.select("k").unique().with_columns(pl.lit(True).alias("has"))
    full = full.join(counted, on="k", how="left", maintain_order="left")
    rules = full.select(
        (pl.col("k") + rules_before).alias("rule"),
        "s",
        pl.col("towards").alias("head"),
        pl.lit(RECOGNISE).alias("kind"),
        (pl.col("in_force") & pl.col("has").fill_null(False)).alias("usable"),
    )
    at = (pl.col("k") + groups_before).alias("at")
    groups = full.select(at, (pl.col("k") + rules_before).alias("rule"), pl.lit(SCALE, pl.Int64).alias("needed"))
    one = pl.lit(SCALE, pl.Int64).alias("weight")
    return rules, groups, members.select(at, pl.col("credential").alias("member"), one)


def _every(stated: Stated, rules: list[pl.DataFrame], members: list[pl.DataFrame]) -> pl.DataFrame:
    """Every credential that is described or named by a rule, usable or not, or is a prerequisite; sorted by IRI."""
    named = [stated.credentials.select(pl.col("s").alias("iri"))]
    named += [frame.select(pl.col("head").alias("iri")) for frame in rules]
    named += [frame.select(pl.col("member").alias("iri")) for frame in members]
    named += [stated.prerequisites.select(pl.col("o").alias("iri"))]
    every = pl.concat(named).unique().sort("iri").with_row_index("position")
    known = _of_one_system(stated.credentials).with_columns(pl.lit(True).alias("described"))
    frame = every.join(known, left_on="iri", right_on="s", how="left", maintain_order="left")
    return frame.select(
        "position",
        "iri",
        "level",
        pl.col("credits").fill_null(-1),
        pl.col("hours").fill_null(-1),
        pl.col("country").fill_null(""),
        pl.col("provider").fill_null(""),
        pl.col("full").fill_null(False),
        pl.col("ended").fill_null(False),
        pl.col("described").fill_null(False),
    )


def _of_one_system(credentials: pl.DataFrame) -> pl.DataFrame:
    """Credit points in one system, ECTS where anything states them: sums over a way must not mix systems."""
    stated = credentials.filter(pl.col("credits").is_not_null()).get_column("system").fill_null("").unique().to_list()
    frame = credentials.with_columns(pl.lit(unit_of("", stated)).alias("unit"))
    counted = _in_unit(frame, pl.col("credits")).with_columns(
        pl.when((pl.col("counted") == 0) & (pl.col("credits") != 0)).then(None).otherwise("counted").alias("credits")
    )
    return counted.drop("counted", "unit")


def _taking(
    stated: Stated, credentials: pl.DataFrame, stacking: pl.DataFrame, entry: _Entry, rules_before: int,
    groups_before: int,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """What can simply be taken: described, not ended, no full qualification, and awarded by no stacking rule."""
    wholes = stacking.select(pl.col("head").alias("iri")).unique()
    can = credentials.filter("described", ~pl.col("full"), ~pl.col("ended")).join(
        wholes, on="iri", how="anti", maintain_order="left"
    )
    can = can.join(entry.broken, on="iri", how="anti", maintain_order="left")
    can = can.select("iri").with_row_index("k").with_columns(pl.col("k").cast(pl.Int64))
    rule = (pl.col("k") + rules_before).alias("rule")
    itself = (pl.col("iri").alias("s"), pl.col("iri").alias("head"))
    rules = can.select(rule, *itself, pl.lit(TAKE).alias("kind"), pl.lit(True).alias("usable"))
    needs = can.join(stated.prerequisites, left_on="iri", right_on="s")
    sizes = needs.group_by("k").len("size").sort("k").with_row_index("g").with_columns(pl.col("g").cast(pl.Int64))
    at = (pl.col("g") + groups_before).alias("at")
    groups = sizes.select(at, rule, (pl.col("size").cast(pl.Int64) * SCALE).alias("needed"))
    members = needs.join(sizes, on="k").select(at, pl.col("o").alias("member"), pl.lit(SCALE, pl.Int64).alias("weight"))
    own = entry.groups.join(can, left_on="s", right_on="iri").sort("at")
    shift = groups_before + groups.height
    more = own.select(pl.col("at") + shift, (pl.col("k") + rules_before).alias("rule"), "needed")
    theirs = entry.members.join(own.select("at"), on="at", how="semi")
    theirs = theirs.select(pl.col("at") + shift, "member", "weight", "beside")
    return rules, pl.concat([groups, more]), pl.concat([members.with_columns(pl.lit(False).alias("beside")), theirs])


def _assembled(
    stated: Stated,
    credentials: pl.DataFrame,
    rules: pl.DataFrame,
    groups: pl.DataFrame,
    members: pl.DataFrame,
    date: datetime.date,
    snapshot: str,
) -> Arrays:
    """The usable rules with their groups and members as numbers, renumbered without gaps."""
    where = credentials.select("iri", pl.col("position").cast(pl.Int32))
    kept = rules.filter("usable").with_row_index("new_rule")
    kept = kept.join(where, left_on="head", right_on="iri", how="left", maintain_order="left")
    groups = groups.join(kept.select("rule", "new_rule"), on="rule").sort("new_rule", "at").with_row_index("new_group")
    counted = members.filter(pl.col("weight") > 0).join(groups.select("at", "new_group"), on="at")
    counted = counted.join(where, left_on="member", right_on="iri").sort("new_group", "position")
    gates = Gates.of(
        credentials.height,
        _ints(kept, "position"),
        kept.get_column("kind").to_numpy().astype(np.int8),
        _ints(groups, "new_rule"),
        groups.get_column("needed").to_numpy().astype(np.int64),
        _ints(counted, "new_group"),
        _ints(counted, "position"),
        counted.get_column("weight").to_numpy().astype(np.int64),
        counted.get_column("beside").fill_null(False).arg_true().to_numpy().astype(np.int64),
    )
    facts = credentials.drop("position", "ended")
    return Arrays(gates, facts, _statements(stated, kept), date, snapshot, _stated(rules))


def _ints(frame: pl.DataFrame, column: str) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return frame.get_column(column).to_numpy().astype(np.int32)


def _stated(rules: pl.DataFrame) -> int:
    """How many stacking and recognition rules are stated, usable or not."""
    return rules.filter(pl.col("kind") != TAKE).height


def _statements(stated: Stated, kept: pl.DataFrame) -> pl.DataFrame:
    """Per rule in force who claims it, and since and until when; taking is nobody's claim."""
    columns = ["s", "claimant", "claim", "valid_from", "valid_until"]
    said = pl.concat([stated.rules.select(columns), stated.recognitions.select(columns)]).unique("s", keep="first")
    frame = kept.select("s", "kind").join(said, on="s", how="left", maintain_order="left")
    is_take = pl.col("kind") == TAKE
    return frame.select(
        pl.col("s").alias("iri"),
        *(pl.when(is_take).then(pl.lit("")).otherwise(pl.col(c).fill_null("")).alias(c) for c in columns[1:]),
    )
