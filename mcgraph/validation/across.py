"""Rules across records when the records lie in partitions: what each rule has to see, and no more.

A rule that looks at one subject runs in the subject's partition. One that follows a link out of the partition sees what
the link leads to. The others run once, unchanged, over whole columns of the few properties that relate records, and
over what is said of the records these lead to, or of those that a first look at all partitions suspects.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import polars as pl

from mcgraph.limits import Limits
from mcgraph.model.batch import RECORD_SCHEMA, Batch, TripleColumn
from mcgraph.model.namespaces import MC, RDF_TYPE
from mcgraph.validation import awards, contradictions, links, suspects
from mcgraph.validation.claims import CLAIM_RULES
from mcgraph.validation.context import Graph
from mcgraph.validation.data import SUBCLASS, DataGraph
from mcgraph.validation.rules import (
    RULES,
    assurance_expired,
    circular_replacement,
    circular_stacking,
    contains_itself,
    dates_in_order,
    falling_levels,
    hours_fit_credits,
    hours_fit_national_credits,
    not_listed,
    older_parts,
    recognition_lapsed,
    repeated_identifiers,
    replacement_mirrored,
    replaces_itself,
    short_of_credits,
    short_of_members,
    stackable_into_nothing,
)
from mcgraph.validation.scene import CrossRule, Scene
from mcgraph.validation.spill import RECORDS, Spill

# Rules that look at nothing but one subject and the rows that describe it.
LOCAL: tuple[CrossRule, ...] = (
    dates_in_order, hours_fit_credits, hours_fit_national_credits, recognition_lapsed,
    replaces_itself, repeated_identifiers, awards.in_the_future, awards.ended_but_active,
    awards.review_overdue, contradictions.between_tables, *links.LINK_RULES,
)  # fmt: skip
# Rules on one subject that read what it links to as well.
LINKED: tuple[CrossRule, ...] = (awards.outside_validity,)
READ_OF_LINKED = ("validFrom", "validUntil")
# A rule on one subject that asks whether any stacking rule has it.
LISTED: tuple[CrossRule, ...] = (stackable_into_nothing,)
STACKING = ("stackingWhole", "requirementGroup", "groupMember", "declaredStackingTarget")
_RELATIONS = ("replaces", "replacedBy", "sameRecordAs", "declaredStackingTarget", "prerequisite")


# The direct superclasses of each class.
Above = dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Across:
    """Rules with the properties they read of everything (`whole`), and of what those lead to (`ends`).

    `suspects` finds further subjects (as hashes) of which `ends` are read.
    """

    rules: tuple[CrossRule, ...]
    whole: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    suspects: Callable[[Spill, Above], pl.Series] | None = None
    types: bool = False


def alike_titles(spill: Spill, above: Above) -> pl.Series:
    """Credentials whose titles may be one but for their writing; learning outcomes have titles too, and share them."""
    credentials, found = DataGraph(spill.whole([SUBCLASS]), above).classes(MC + "Credential"), []
    types, titles = spill.numbers([RDF_TYPE]), spill.numbers([MC + "title"])
    for partition in range(spill.count):
        typed = [spill.frame(partition, number).filter(pl.col("o").is_in(credentials)) for number in types]
        mine = pl.concat([pl.Series("s", [], pl.UInt64), *(frame.get_column("s").hash() for frame in typed)]).implode()
        for number in titles:
            said = spill.frame(partition, number).select(pl.col("s").hash().alias("s"), pl.col("o").alias("v"))
            said = said.filter(pl.col("s").is_in(mine))
            found.append(suspects.rough_key(said).select("s", "rough"))
    return _shared(found, "rough")


def alike_identifiers(spill: Spill, _above: Above) -> pl.Series:
    """Subjects that have an identifier of another."""
    found = []
    for number in spill.numbers([MC + "identifier"]):
        for partition in range(spill.count):
            names = spill.frame(partition, number)
            found.append(names.select(pl.col("s").hash().alias("s"), pl.col("o").hash().alias("rough")))
    return _shared(found, "rough")


def _shared(found: list[pl.DataFrame], key: str) -> pl.Series:
    if not found:
        return pl.Series("s", [], dtype=pl.UInt64)
    keyed = pl.concat(found)
    return keyed.filter(pl.col(key).is_duplicated()).get_column("s").unique()


# In the order of the rules they are among.
ACROSS: tuple[Across, ...] = (
    Across(
        (contains_itself, circular_stacking, short_of_credits, short_of_members,
         not_listed, falling_levels, older_parts),
        (*STACKING, "requiredCreditPoints", "requiredNumber"), ("creditPoints", "eqfLevel", "validFrom", "validUntil"),
    ),
    Across((assurance_expired,), ("assuredCredential",), ("validUntil", "status")),
    Across((circular_replacement, replacement_mirrored), ("replaces", "replacedBy")),
    Across(
        (suspects.possible_duplicates,), (),
        ("title", "awardedBy", "eqfLevel", "creditPoints", "workloadHours", "validFrom", "validUntil", "status",
         *_RELATIONS), alike_titles, types=True,
    ),
    Across(
        CLAIM_RULES, ("recogniser", "recognisedCredential", "recognisedOrganisation", "recognitionBasis"),
        ("awardedBy", "claimKind", "claimedBy"),
    ),
    Across(
        (contradictions.between_linked,), ("sameRecordAs",), ("identifier", *contradictions.SAID_ONCE),
        alike_identifiers,
    ),
)  # fmt: skip
OF_STORE: tuple[CrossRule, ...] = (contradictions.with_the_store,)


def ran(rule: CrossRule, scene: Scene) -> pl.DataFrame:
    """The results of a rule, with `rule`, its number in the order of all rules."""
    return rule(scene).with_columns(pl.lit(RULES.index(rule), dtype=pl.Int32).alias("rule"))


def everywhere(
    base: Batch, spill: Spill, context: Graph | None, date: datetime.date, above: Above
) -> Iterable[pl.DataFrame]:
    """The results of the rules that run once over all partitions; `base` gives source, mapping and tables."""
    for across in ACROSS:
        columns, seen = _seen(spill, across, above)
        if not any(len(column) for column in columns):
            continue
        batch = _batch(base, columns, spill.records(pl.col("iri").hash().is_in(seen.implode())))
        scene = Scene(batch, DataGraph(batch.columns, above), context, date)
        yield from (ran(rule, scene) for rule in across.rules)
    if context is not None:
        first = _first_records(spill, Limits().records_compared)
        hashes = first.get_column("iri").hash().unique()
        batch = _batch(base, spill.whole([MC + name for name in contradictions.SAID_ONCE], hashes), first)
        scene = Scene(batch, DataGraph(batch.columns, above), context, date)
        yield from (ran(rule, scene) for rule in OF_STORE)


def _seen(spill: Spill, across: Across, above: Above) -> tuple[list[TripleColumn], pl.Series]:
    """The columns that rules see, and the subjects and objects in them, as hashes."""
    whole = spill.whole([MC + name for name in across.whole])
    ends = [pl.Series("h", [], dtype=pl.UInt64)]
    for column in whole:
        if len(column):
            ends += [column.frame.get_column("s").hash().unique(), column.frame.get_column("o").hash().unique()]
    if across.suspects is not None:
        ends.append(across.suspects(spill, above))
    seen = pl.concat([series.alias("h") for series in ends]).unique()
    wanted = [MC + name for name in across.ends] + ([RDF_TYPE] if across.types else [])
    said = spill.whole(wanted, seen) if len(seen) else spill.whole([])
    return [a if len(a) else b for a, b in zip(whole, said, strict=True)], seen


def _batch(base: Batch, columns: list[TripleColumn], records: pl.DataFrame) -> Batch:
    return Batch(base.source, base.mapping, base.tables, tuple(columns), records)


def _first_records(spill: Spill, most: int) -> pl.DataFrame:
    """The first records, in the order of all; no piece can hold more of them than there may be."""
    found = pl.DataFrame(schema=RECORDS)
    for frame in spill.each_record_file():
        heads = [part.head(most) for part in frame.partition_by("table", "spec", maintain_order=True)]
        found = pl.concat([found, *heads])
    ordered = found.sort("table", "spec", maintain_order=True).select(list(RECORD_SCHEMA))
    first = ordered.get_column("iri").unique(maintain_order=True).head(most)
    return ordered.filter(pl.col("iri").is_in(first.implode()))
