"""What records state and what they lack."""

from __future__ import annotations

from . import names
from .answers import Rows, derives
from .reading import Row, awarding, providers, registry


def has_level(row: Row) -> bool:
    """An EQF level, or a national one that the frameworks know (every one in the demo data)."""
    return bool(row["eqf_level"] or row["national_level"])


def stated(row: Row) -> dict[str, bool]:
    """The elements of Annex I a record can carry itself."""
    return {
        "title": bool(row["title"]),
        "awarding body": bool(awarding(row)),
        "learning outcomes": bool(row["learning_outcomes"]),
        "workload": bool(row["workload_hours"] or row["credit_points"]),
        "level": has_level(row),
        "assessment": bool(row["assessment_type"]),
        "participation": bool(row["participation_mode"]),
    }


@derives(
    "complete-records-by-source",
    "source credentials completeRecords title awardingBody learningOutcomes workload level assessment participation",
)
def complete_records_by_source() -> Rows:
    records = [stated(row) for row in registry().partial.values()]
    complete = sum(all(record.values()) for record in records)
    elements = (str(sum(record[name] for record in records)) for name in records[0])
    yield names.SOURCE, str(len(records)), str(complete), *elements


def assured() -> set[str]:
    """Identifiers of credentials and organisations with a quality-assurance statement about them."""
    return {row["credential"] or row["organisation"] for row in registry().quality.values()}


@derives("missing-annex-elements", "credential credentialLabel provider country missing elements")
def missing_annex_elements() -> Rows:
    for key, row in registry().partial.items():
        record = stated(row)
        for provider in providers(row):
            known = {
                "title": record.pop("title", bool(row["title"])),
                "country": bool(row["country"]),
                **record,
                "quality assurance": key in assured() or provider in assured(),
            }
            lacks = [name for name, there in known.items() if not there]
            where = names.prefixed(names.COUNTRY, row["country"])
            about = (names.credential(key), row["title"], names.organisation(provider), where)
            yield *about, str(len(lacks)), ", ".join(lacks)


@derives(
    "lossless-export",
    "credential credentialLabel elmLacks elmLoses openBadgesLacks openBadgesLoses schemaOrgLacks schemaOrgLoses",
)
def lossless_export() -> Rows:
    for key, row in registry().partial.items():
        outcome, description = bool(row["learning_outcomes"]), bool(row["description"])
        common = {"title": bool(row["title"]), "awarding body": bool(awarding(row))}
        elm = {**common, "learning outcomes": outcome}
        badge = {**common, "description": description, "criteria": outcome or description}
        carried = {
            "assessment": bool(row["assessment_type"]),
            "participation": bool(row["participation_mode"]),
            "supervision": bool(row["supervision"]),
            "stackability": bool(row["stackability"] or row["stacks_into"]),
        }
        yield (
            names.credential(key),
            row["title"],
            _those(elm, False),
            _those({name: carried[name] for name in ("supervision", "stackability")}, True),
            _those(badge, False),
            _those(carried, True),
            _those(common, False),
            _those({name: there for name, there in carried.items() if name != "assessment"}, True),
        )


def _those(facts: dict[str, bool], wanted: bool) -> str:
    return ", ".join(name for name, there in facts.items() if there is wanted)


@derives(
    "annex-elements",
    "credentials completeRecords title country awardingBody learningOutcomes workload level assessment participation "
    "qualityAssurance",
)
def annex_elements() -> Rows:
    rows = []
    for key, row in registry().partial.items():
        record = stated(row)
        known = {"title": record.pop("title"), "country": bool(row["country"]), **record}
        rows.append({**known, "quality assurance": bool({key, *providers(row)} & assured())})
    complete = sum(all(row.values()) for row in rows)
    yield str(len(rows)), str(complete), *(str(sum(row[name] for row in rows)) for name in rows[0])
