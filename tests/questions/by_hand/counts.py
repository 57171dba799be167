"""Inventory and completeness, counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import product

from . import names
from .answers import Cell, Rows, derives
from .completeness import stated
from .reading import (
    Row,
    awarding,
    country_of,
    greatest,
    least,
    legal_name,
    many,
    mean,
    organisation_of,
    providers,
    registry,
    rounded,
)


def grouped(column: str) -> list[tuple[str, list[Row]]]:
    """The partial credentials for each value of a column, "" for none."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in registry().partial.values():
        for value in many(row, column) or [""]:
            groups[value].append(row)
    return list(groups.items())


def field_label(code: str) -> Cell:
    labels = {row["code"]: row["label_en"] for row in names.table("data/frameworks/isced-f.csv")}
    return labels.get(code)


def all_providers(rows: list[Row]) -> set[str]:
    return {key for row in rows for key in providers(row)}


@derives("credentials-by-field", "field fieldLabel credentials providers countries")
def credentials_by_field() -> Rows:
    for field, rows in grouped("isced_f"):
        counts = (len(rows), len(all_providers(rows)), len({row["country"] for row in rows}))
        yield names.prefixed(names.ISCED, field), field_label(field), *map(str, counts)


@derives("forms-and-functions", "form function credentials")
def forms_and_functions() -> Rows:
    pairs = Counter(
        (row["form"], function) for row in registry().partial.values() for function in many(row, "function") or [""]
    )
    for (form, function), count in pairs.items():
        yield names.ours("form", form), names.ours("function", function), str(count)


@derives("workload-by-form", "form credentials withHours lowest mean highest")
def workload_by_form() -> Rows:
    for form, rows in grouped("form"):
        hours = [row["workload_hours"] for row in rows]
        counts = (str(len(rows)), str(sum(map(bool, hours))))
        yield names.ours("form", form), *counts, least(hours), mean(hours, 1), greatest(hours)


@derives("names-in-use", "name form credentials providers languages")
def names_in_use() -> Rows:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in registry().partial.values():
        groups[row["labelled_as"], row["form"]].append(row)
    for (name, form), rows in groups.items():
        languages = {language for row in rows for language in many(row, "language")}
        yield name, names.ours("form", form), *map(str, (len(rows), len(all_providers(rows)), len(languages)))


@derives("platforms", "platform platformLabel platformType credentials providers")
def platforms() -> Rows:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in registry().credentials.values():
        if row["platform"]:
            groups[organisation_of(row["platform"])].append(row)
    for key, rows in groups.items():
        kind = names.ours("provider-type", registry().organisations[key]["provider_type"])
        counts = (str(len(rows)), str(len(all_providers(rows))))
        yield names.organisation(key), legal_name(key), kind, *counts


@derives("organisation-roles", "organisation organisationLabel providerType provides awards hosts assures decides")
def organisation_roles() -> Rows:
    roles: dict[str, Counter[str]] = defaultdict(Counter)
    for row in registry().credentials.values():
        for role, keys in (("provides", providers(row)), ("awards", awarding(row))):
            for key in keys:
                roles[key][role] += 1
        if row["platform"]:
            roles[organisation_of(row["platform"])]["hosts"] += 1
    for row in registry().quality.values():
        if row["qa_body"]:
            roles[row["qa_body"]]["assures"] += 1
    for row in registry().recognition.values():
        roles[row["recogniser"]]["decides"] += 1
    for key, n in roles.items():
        kind = names.ours("provider-type", registry().organisations[key]["provider_type"])
        counts = (str(n[role]) for role in ("provides", "awards", "hosts", "assures", "decides"))
        yield names.organisation(key), legal_name(key), kind, *counts


@derives("completeness-by-provider", "provider providerLabel credentials completeRecords share")
def completeness_by_provider() -> Rows:
    records: dict[str, list[bool]] = defaultdict(list)
    for row in registry().partial.values():
        for key in providers(row):
            records[key].append(all(stated(row).values()))
    for key, complete in records.items():
        counts = (str(len(complete)), str(sum(complete)))
        yield names.organisation(key), legal_name(key), *counts, rounded(Fraction(sum(complete), len(complete)), 3)


@derives(
    "elements-by-country",
    "country credentials learningOutcomes workload level assessment participation supervision entryRequirement",
)
def elements_by_country() -> Rows:
    for _, rows in grouped("country"):
        records = [stated(row) for row in rows]
        shared = ("learning outcomes", "workload", "level", "assessment", "participation")
        counts = [sum(record[name] for record in records) for name in shared]
        counts += [sum(bool(row[name]) for row in rows) for name in ("supervision", "entry_requirement")]
        yield country_of(rows[0]), str(len(rows)), *map(str, counts)


def national_level(row: Row) -> Row | None:
    """The one level of a framework of the country that bears the text a record states, None for none or several."""
    country = {entry["code"]: entry["country"] for entry in names.table("data/frameworks/national-frameworks.csv")}
    found = [
        entry
        for entry in names.table("data/frameworks/national-levels.csv")
        if country[entry["framework"]] == row["country"]
        and row["national_level"].casefold()
        in [text.casefold() for text in (entry["label"] + "|" + entry["aliases"]).split("|")]
    ]
    return found[0] if len(found) == 1 else None


@derives("levels-by-referencing", "credential stated nationalLevel referencedTo eqfLevel verdict")
def levels_by_referencing() -> Rows:
    for key, row in registry().credentials.items():
        if not row["national_level"]:
            continue
        level = national_level(row)
        own = names.prefixed(names.EQF, row["eqf_level"])
        found = f"https://w3id.org/mcgraph/id/frameworks/level/{level['local_id']}" if level else None
        eqf = names.prefixed(names.EQF, level["eqf_level"]) if level else None
        agreement = "agrees" if eqf == own else "differs"
        verdict = (
            "not found" if not level else "not referenced" if not eqf else agreement if own else "EQF level not stated"
        )
        yield names.credential(key), row["national_level"], found, eqf, own, verdict


@derives("titles-and-languages", "titleLanguage language credentials")
def titles_and_languages() -> Rows:
    pairs = Counter(
        pair for row in registry().partial.values() for pair in product([row["title_language"]], many(row, "language"))
    )
    for (title, language), count in pairs.items():
        yield title, names.prefixed(names.LANGUAGE, language), str(count)
