"""Skills and outcomes, offers and access, validity."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from . import names
from .answers import DAY, Cell, Rows, derives
from .counts import all_providers, grouped
from .inventory import ATTENDANCE
from .reading import Row, country_of, greatest, least, many, mean, providers, registry

SKILL = "http://data.europa.eu/esco/skill/16636767-c215-4cf0-b126-e144fea20926"


def offers_of(key: str) -> Iterator[Row]:
    return (row for row in registry().offers.values() if row["credential"] == key)


def is_free(offer: Row) -> bool:
    return bool(offer["price"]) and float(offer["price"]) == 0


def skills(country: str = "") -> Rows:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in registry().credentials.values():
        if not country or row["country"] == country:
            for skill in set(many(row, "skills")):
                groups[skill].append(row)
    for skill, rows in groups.items():
        counts = (len(rows), len(all_providers(rows)), len({row["country"] for row in rows}))
        yield skill, None, *map(str, counts)


@derives("skills-by-credentials", "skill skillLabel credentials providers countries")
def skills_by_credentials() -> Rows:
    return skills()


@derives("skills-by-credentials", "skill skillLabel credentials providers countries", country="PT")
def skills_in_portugal() -> Rows:
    return skills("PRT")


@derives("credentials-with-skill", "credential credentialLabel country level openOffers", skill=SKILL)
def credentials_with_skill() -> Rows:
    for key, row in registry().credentials.items():
        if SKILL in many(row, "skills"):
            open_offers = sum(not offer["end_date"] or offer["end_date"] >= DAY for offer in offers_of(key))
            level = names.prefixed(names.EQF, row["eqf_level"])
            yield names.credential(key), row["title"], country_of(row), level, str(open_offers)


@derives("skills-by-field", "field credentials withSkills skills")
def skills_by_field() -> Rows:
    for field, rows in grouped("isced_f"):
        named = {skill for row in rows for skill in many(row, "skills")}
        counts = (len(rows), sum(bool(row["skills"]) for row in rows), len(named))
        yield names.prefixed(names.ISCED, field), *map(str, counts)


@derives("shared-learning-outcomes", "outcome language credentials providers")
def shared_learning_outcomes() -> Rows:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in registry().credentials.values():
        for text in set(many(row, "learning_outcomes")):
            groups[text, row["title_language"]].append(row)
    for (text, language), rows in groups.items():
        if len(all_providers(rows)) > 1:
            yield text, language, str(len(rows)), str(len(all_providers(rows)))


@derives("target-groups", "targetGroup targetGroupLabel credentials offers freeOffers")
def target_groups() -> Rows:
    credentials: dict[str, set[str]] = defaultdict(set)
    offers: dict[str, set[str]] = defaultdict(set)
    for key, row in registry().credentials.items():
        for group in many(row, "target_group"):
            credentials[group].add(key)
    for key, offer in registry().offers.items():
        own = many(registry().credentials[offer["credential"]], "target_group")
        for group in own + many(offer, "target_group"):
            offers[group].add(key)
    for group in credentials.keys() | offers.keys():
        free = sum(is_free(registry().offers[key]) for key in offers[group])
        counts = (len(credentials[group]), len(offers[group]), free)
        yield names.european("target-group")[group], group, *map(str, counts)


@derives("offer-prices", "country currency offers free funded lowest mean highest")
def offer_prices() -> Rows:
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in registry().offers.values():
        groups[row["country"], row["currency"]].append(row)
    for (country, currency), rows in groups.items():
        prices = [row["price"] for row in rows]
        # The header of the funding column is misspelt, and a near miss is not taken: none is funded.
        counts = (str(len(rows)), str(sum(map(is_free, rows))), "0")
        where = names.prefixed(names.COUNTRY, country)
        yield where, currency, *counts, least(prices), mean(prices, 2), greatest(prices)


@derives("credentials-without-offer", "credential credentialLabel pastOffers lastEnd")
def credentials_without_offer() -> Rows:
    for key, row in registry().partial.items():
        ends = [offer["end_date"] for offer in offers_of(key)]
        if all(end and end < DAY for end in ends):
            yield names.credential(key), row["title"], str(len(ends)), max(ends, default=None)


@derives("learning-modes", "country mode credentials")
def learning_modes() -> Rows:
    pairs = Counter(
        (country_of(row), mode)
        for row in registry().partial.values()
        for mode in many(row, "participation_mode") or [""]
    )
    for (country, mode), count in pairs.items():
        yield country, names.european("learning-assessment").get(mode), str(count)


@derives("entry-requirements", "requirement credentials lowestLevel highestLevel")
def entry_requirements() -> Rows:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in registry().partial.values():
        groups[row["entry_requirement"]].append(row)
    for text, rows in groups.items():
        levels = sorted(row["eqf_level"] for row in rows if row["eqf_level"])
        ends = (names.prefixed(names.EQF, levels[0]), names.prefixed(names.EQF, levels[-1])) if levels else (None, None)
        yield text or None, str(len(rows)), *ends


@derives("credentials-ending", "credential credentialLabel validUntil replacedBy laterOffers", before="2031-12-31")
def credentials_ending() -> Rows:
    follows = {old: key for key, row in registry().credentials.items() for old in many(row, "replaces")}
    for key, row in registry().credentials.items():
        if row["valid_until"] and "2000-01-01" <= row["valid_until"] <= "2031-12-31":
            later = sum(offer["end_date"] > row["valid_until"] for offer in offers_of(key))
            successor = names.credential(follows[key]) if key in follows else None
            yield names.credential(key), row["title"], row["valid_until"], successor, str(later)


@derives("supervision-by-form", "form supervision credentials")
def supervision_by_form() -> Rows:
    pairs = Counter(
        (row["form"], row["supervision"])
        for row in registry().partial.values()
        if set(many(row, "assessment_type")) - {ATTENDANCE}
    )
    for (form, supervision), count in pairs.items():
        yield names.ours("form", form), names.european("supervision-verification").get(supervision), str(count)


@derives("formats-by-provider-type", "providerType format credentials")
def formats_by_provider_type() -> Rows:
    pairs: Counter[tuple[Cell, Cell]] = Counter()
    for row in registry().partial.values():
        kinds = {registry().organisations[key]["provider_type"] for key in providers(row)}
        for kind in kinds:
            pairs[names.ours("provider-type", kind), names.ours("format", row["format"])] += 1
    return [(*pair, str(count)) for pair, count in pairs.items()]


@derives("replaced-credentials", "old oldLabel new oldStatus stackingGroups recognitions offers")
def replaced_credentials() -> Rows:
    for key, row in registry().credentials.items():
        for old in many(row, "replaces"):
            record = registry().credentials[old]
            groups = {(entry["rule_id"], entry["group"]) for entry in registry().rules if entry["member"] == old}
            recognised = sum(entry["credential"] == old for entry in registry().recognition.values())
            counts = (len(groups), recognised, len(list(offers_of(old))))
            status = names.ours("record-status", record["status"])
            yield names.credential(old), record["title"], names.credential(key), status, *map(str, counts)


@derives("assessment-types", "assessment assessmentLabel credentials supervised")
def assessment_types() -> Rows:
    for kind, rows in grouped("assessment_type"):
        if kind:
            watched = sum(row["supervision"].startswith("Supervised") for row in rows)
            yield names.european("assessment")[kind], kind, str(len(rows)), str(watched)
