"""The records that rules are made of, read as columns: credentials, stacking rules, recognitions of a store.

Each function answers as `read` and `assemble` do record by record (the tests hold them to it): where a property has
several values the first in the order of their text counts, and what is not understood is not guessed.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import polars as pl

from mcgraph.model.credits import EU_SYSTEMS, NATIONAL
from mcgraph.model.namespaces import MC, RDF_TYPE, VOCAB
from mcgraph.pathways.columns import Pairs, first, typed
from mcgraph.pathways.plain_values import number

SCALE = 1_000_000
# Larger numbers are cut to this: sums of thousands of them still fit in 64 bits.
LARGEST = 1_000_000_000
_DAY = r"^\d{4}-\d{2}-\d{2}"
_OUT_OF_FORCE = ("withdrawn", "proposed")
CREDIT_EFFECTS = ("credit", "partial", "exemption")


@dataclass(frozen=True, slots=True)
class Stated:
    """The tables a build starts from.

    `credentials`: s, level, credits, system, hours, country, provider, full, ended, described. `prerequisites`: s, o.
    `rules`: s with claimant, claim, valid_from, valid_until, in_force; `wholes`: s, whole; `groups`: s, group;
    `entries`: s (a credential), group: what must be held to take it; `beside`: group, member that may be taken with it;
    `requirements`: group, requirement, needed;
    `members`: group, member; `levels`: s, member (null: all), least. `recognitions`: like rules, with effect, credit,
    credit_system (IRI or ""); `recognised`: s, credential; `towards`: s, towards.
    """

    credentials: pl.DataFrame
    prerequisites: pl.DataFrame
    rules: pl.DataFrame
    wholes: pl.DataFrame
    groups: pl.DataFrame
    entries: pl.DataFrame
    beside: pl.DataFrame
    requirements: pl.DataFrame
    members: pl.DataFrame
    levels: pl.DataFrame
    recognitions: pl.DataFrame
    recognised: pl.DataFrame
    towards: pl.DataFrame


def read_stated(source: Pairs, date: datetime.date) -> Stated:
    """Everything rules are made of, as of `date`."""
    types = source.pairs(RDF_TYPE).filter(pl.col("o").str.starts_with(MC))
    described = typed(types, [MC + name for name in ("Credential", "Qualification", "Microcredential")])
    rules = typed(types, [MC + "StackingRule"])
    recognitions = typed(types, [MC + "RecognitionStatement"])
    return Stated(
        credentials=_credentials(source, types, described, date),
        prerequisites=_of(source, "prerequisite", described),
        rules=_statements(source, rules, date, ("claimedBy",)),
        wholes=_of(source, "stackingWhole", rules).rename({"o": "whole"}),
        groups=_of(source, "requirementGroup", rules).rename({"o": "group"}),
        entries=_entries(source, described),
        beside=source.pairs(MC + "concurrentMember").rename({"s": "group", "o": "member"}).unique(),
        requirements=_requirements(source, types),
        members=source.pairs(MC + "groupMember").rename({"s": "group", "o": "member"}),
        levels=_levels(source, types, rules),
        recognitions=_recognitions(source, recognitions, date),
        recognised=_recognised(source, recognitions, described),
        towards=_of(source, "recognisedTowards", recognitions).rename({"o": "towards"}),
    )


def _entries(source: Pairs, described: pl.DataFrame) -> pl.DataFrame:
    """The groups that must be met to take a credential."""
    return _of(source, "entryGroup", described).rename({"o": "group"})


def _of(source: Pairs, name: str, subjects: pl.DataFrame) -> pl.DataFrame:
    """The pairs of one of our properties whose subject is among `subjects`."""
    return source.pairs(MC + name).join(subjects, on="s", how="semi")


def _with(source: Pairs, frame: pl.DataFrame, names: tuple[str, ...]) -> pl.DataFrame:
    """`frame` with the first value of each property as a column of that name, "" where there is none."""
    for name in names:
        frame = frame.join(first(source, MC + name, name), on="s", how="left").with_columns(pl.col(name).fill_null(""))
    return frame


def amounts(texts: pl.Series) -> pl.Series:
    """Numbers as stated (text) in millionths, null for what is no plain number.

    >>> amounts(pl.Series(["2.5", "1e9", "-3", ""])).to_list()
    [2500000, None, -3000000, None]
    """
    kept: dict[str, int | None] = {}
    for text in texts.unique().to_list():
        value = number(text or "")
        kept[text] = None if value is None else max(-LARGEST * SCALE, min(LARGEST * SCALE, int(value * SCALE)))
    return texts.replace_strict(kept, return_dtype=pl.Int64, default=None)


def notation(column: str) -> pl.Expr:
    """The last part of an IRI of our vocabularies; other texts as they are."""
    last = pl.col(column).str.split("#").list.last()
    return pl.when(pl.col(column).str.starts_with(VOCAB)).then(last).otherwise(pl.col(column)).alias(column)


def day(column: str) -> pl.Expr:
    """The first ten characters where they are a date, else ""."""
    text = pl.col(column)
    return pl.when(text.str.contains(_DAY)).then(text.str.slice(0, 10)).otherwise(pl.lit("")).alias(column)


def systems(column: str, country: pl.Expr) -> pl.Expr:
    """Credit systems by notation, as `system_of` names them one by one."""
    known = pl.col(column).replace(EU_SYSTEMS)
    name = pl.when(known.str.starts_with(VOCAB)).then(known.str.split("#").list.last()).otherwise(known)
    return pl.when(name == NATIONAL).then(pl.format("{}/{}", name, country.fill_null(""))).otherwise(name)


def _credentials(source: Pairs, types: pl.DataFrame, described: pl.DataFrame, date: datetime.date) -> pl.DataFrame:
    names = ("eqfLevel", "creditPoints", "creditSystem", "workloadHours", "country", "providedBy", "awardedBy")
    frame = _with(source, described, (*names, "status", "isFullQualification")).with_columns(notation("status"))
    last = source.pairs(MC + "validUntil").with_columns(day("o")).group_by("s").agg(pl.col("o").max().alias("until"))
    qualifications = types.filter(pl.col("o") == MC + "Qualification").select("s", pl.lit(True).alias("is_q")).unique()
    frame = frame.join(last, on="s", how="left").join(qualifications, on="s", how="left")
    until, said = pl.col("until").fill_null(""), pl.col("isFullQualification")
    return frame.select(
        "s",
        pl.col("eqfLevel").str.extract(r"([1-8])$").cast(pl.Int8).alias("level"),
        amounts(frame.get_column("creditPoints")).alias("credits"),
        amounts(frame.get_column("workloadHours")).alias("hours"),
        systems("creditSystem", pl.col("country").str.split("/").list.last()).alias("system"),
        pl.col("country").str.split("/").list.last().alias("country"),
        pl.when(pl.col("providedBy") != "").then("providedBy").otherwise("awardedBy").alias("provider"),
        ((said == "true") | ((said != "false") & pl.col("is_q").fill_null(False))).alias("full"),
        ((pl.col("status") == "inactive") | ((until != "") & (until < date.isoformat()))).alias("ended"),
    )


def _statements(source: Pairs, subjects: pl.DataFrame, date: datetime.date, claimants: tuple[str, ...]) -> pl.DataFrame:
    """Statements with who claims them and whether they are in force on the day."""
    names = ("claimKind", "statementStatus", "validFrom", "validUntil")
    frame = _with(source, subjects, (*claimants, *names))
    frame = frame.with_columns(notation("claimKind"), notation("statementStatus"), day("validFrom"), day("validUntil"))
    today, start, end = date.isoformat(), pl.col("validFrom"), pl.col("validUntil")
    lapsed = ((end != "") & (end < today)) | ((start != "") & (start > today))
    # «Expired» beside an end date says no more than the date.
    status = pl.col("statementStatus")
    refused = status.is_in(_OUT_OF_FORCE) | ((status == "expired") & (end == ""))
    claimant = pl.coalesce(pl.when(pl.col(name) != "").then(pl.col(name)) for name in claimants).fill_null("")
    return frame.select(
        "s",
        claimant.alias("claimant"),
        pl.col("claimKind").alias("claim"),
        start.alias("valid_from"),
        end.alias("valid_until"),
        (~lapsed & ~refused).alias("in_force"),
    )


def _requirements(source: Pairs, types: pl.DataFrame) -> pl.DataFrame:
    """Per requirement group what it asks for; `needed` is null where it follows from the members."""
    groups = typed(types, [MC + "RequirementGroup"])
    frame = _with(source, groups, ("requirementType", "requiredNumber", "requiredCreditPoints"))
    frame = frame.with_columns(
        notation("requirementType"),
        amounts(frame.get_column("requiredNumber")).fill_null(0).alias("requiredNumber"),
        amounts(frame.get_column("requiredCreditPoints")).fill_null(0).alias("requiredCreditPoints"),
    )
    said = pl.col("requirementType")
    implied = said.is_in(["all-of", "any-of"])
    needed = pl.when(said == "credit-points").then("requiredCreditPoints").when(said == "count").then("requiredNumber")
    return frame.select(
        pl.col("s").alias("group"),
        said.alias("requirement"),
        # An unknown requirement must not pass for an easy one: a group that needs 0 makes its rule incomplete.
        pl.when(implied).then(None).otherwise(needed.otherwise(0)).alias("needed"),
    )


def _levels(source: Pairs, types: pl.DataFrame, rules: pl.DataFrame) -> pl.DataFrame:
    """The minimum levels of rules: s, member (null where it holds for all), least (millionths)."""
    conditions = typed(types, [MC + "SideCondition"])
    frame = _with(source, conditions, ("conditionType", "conditionValue", "conditionCredential"))
    frame = frame.with_columns(notation("conditionType"), amounts(frame.get_column("conditionValue")).alias("least"))
    frame = frame.filter(pl.col("conditionType") == "minimum-level", pl.col("least").is_not_null())
    linked = _of(source, "sideCondition", rules).rename({"o": "condition"})
    member = pl.when(pl.col("conditionCredential") != "").then("conditionCredential").alias("member")
    return linked.join(frame.rename({"s": "condition"}), on="condition").select("s", member, "least")


def _recognitions(source: Pairs, subjects: pl.DataFrame, date: datetime.date) -> pl.DataFrame:
    frame = _statements(source, subjects, date, ("recogniser", "claimedBy"))
    frame = _with(source, frame, ("recognitionEffect", "recognitionCredit", "recognitionCreditSystem"))
    credit = amounts(frame.get_column("recognitionCredit")).fill_null(0).alias("credit")
    frame = frame.with_columns(notation("recognitionEffect"), credit).drop("recognitionCredit")
    return frame.rename({"recognitionEffect": "effect", "recognitionCreditSystem": "credit_system"})


def _recognised(source: Pairs, recognitions: pl.DataFrame, described: pl.DataFrame) -> pl.DataFrame:
    """Per recognition the credentials it speaks of: those it names, and all of the organisations it names."""
    named = _of(source, "recognisedCredential", recognitions).rename({"o": "credential"})
    bodies = _of(source, "recognisedOrganisation", recognitions)
    offered = pl.concat([_of(source, name, described) for name in ("providedBy", "awardedBy")]).unique()
    theirs = bodies.join(offered.rename({"s": "credential"}), on="o").select("s", "credential")
    return pl.concat([named, theirs]).unique()
