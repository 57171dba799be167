"""Stacking, skills and offers."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from itertools import combinations

from . import names
from .answers import DAY, Cell, Rows, derives
from .reading import Row, behind, many, number, organisation_of, providers, registry, rounded, title

MACHINE = ("edc", "open-badge-2", "open-badge-3")


def rule(key: str) -> str:
    return f"{names.REGISTRY}stacking-rule/{key}"


def group(row: Row) -> str:
    return f"{rule(row['rule_id'])}/group/{row['group']}"


def wholes_of(part: str) -> set[str]:
    return {row["whole"] for row in registry().rules if row["member"] == part}


def parts_of(whole: str) -> set[str]:
    return {row["member"] for row in registry().rules if row["whole"] == whole}


def all_parts(whole: str) -> set[str]:
    """The parts of a whole, their parts, and so on."""
    found: set[str] = set()
    ahead = parts_of(whole)
    while ahead:
        found |= ahead
        ahead = {part for one in ahead for part in parts_of(one)} - found
    return found


def larger(part: str) -> Rows:
    """By a rule, through others, and declared on the record."""
    row = registry().credentials[part]
    for entry in registry().rules:
        if entry["member"] == part:
            whole = registry().credentials[entry["whole"]]
            claimant = names.organisation(organisation_of(entry["claimed_by"]))
            yield (
                names.credential(entry["whole"]),
                whole["title"],
                "by a rule",
                names.ours("requirement", entry["requirement"]),
                number(row["credit_points"]),
                number(whole["credit_points"]),
                _share(row, whole),
                rule(entry["rule_id"]),
                claimant,
            )
    further = {top for whole in wholes_of(part) for top in _above(whole)}
    for whole in further:
        yield names.credential(whole), title(whole), "through others", *[None] * 6
    for whole in many(row, "stacks_into"):
        yield names.credential(whole), title(whole), "declared by the part", *[None] * 6


def _above(part: str) -> set[str]:
    return wholes_of(part) | {top for whole in wholes_of(part) for top in _above(whole)}


def _share(part: Row, whole: Row) -> Cell:
    if part["credit_system"] != whole["credit_system"] or not part["credit_points"] or not whole["credit_points"]:
        return None
    return rounded(Fraction(part["credit_points"]) / Fraction(whole["credit_points"]), 3)


INTO = "whole wholeLabel how requirement credits wholeCredits share statement claimedBy"


@derives("stacks-into", INTO, credential="IRL-007")
def stacks_into_of_the_last_step() -> Rows:
    return larger("IRL-007")


@derives("stacks-into", INTO, credential="FIN-001")
def stacks_into() -> Rows:
    return larger("FIN-001")


@derives(
    "pathways-towards",
    "whole statement group requirement needed member memberLabel isHeld credits hours price currency prerequisite",
    target="FIN-007",
    held="FIN-001",
)
def pathways_towards() -> Rows:
    wholes = {"FIN-007"} | all_parts("FIN-007")
    for entry in registry().rules:
        if entry["whole"] not in wholes:
            continue
        member = registry().credentials[entry["member"]]
        for price, currency in _prices(entry["member"]):
            for needed in many(member, "prerequisites") or [""]:
                yield (
                    names.credential(entry["whole"]),
                    rule(entry["rule_id"]),
                    group(entry),
                    names.ours("requirement", entry["requirement"]),
                    number(entry["needed"]),
                    names.credential(entry["member"]),
                    member["title"],
                    "yes" if entry["member"] == "FIN-001" else "no",
                    number(member["credit_points"]),
                    number(member["workload_hours"]),
                    price,
                    currency,
                    names.credential(needed) if needed else None,
                )


def _prices(key: str) -> list[tuple[Cell, Cell]]:
    """The lowest price in each currency."""
    lowest: dict[str, float] = {}
    for row in registry().offers.values():
        if row["credential"] == key and row["price"]:
            price = float(row["price"])
            lowest[row["currency"]] = min(price, lowest.get(row["currency"], price))
    return [(format(price, "g"), currency) for currency, price in lowest.items()] or [(None, None)]


@derives("dead-ends", "credential credentialLabel stackability")
def dead_ends() -> Rows:
    members = {row["member"] for row in registry().rules}
    required = {key for row in registry().credentials.values() for key in many(row, "prerequisites")}
    recognised = {row["credential"] for row in registry().recognition.values() if row["effect"] != "refused"}
    trusted = {row["organisation"] for row in registry().recognition.values()} - {""}
    for key, row in registry().partial.items():
        leads = key in members | required | recognised or row["stacks_into"] or trusted & set(behind(row))
        if not leads:
            yield names.credential(key), row["title"], names.ours("stackability", row["stackability"])


@derives("broken-stacks", "problem whole group member needed available statement")
def broken_stacks() -> Rows:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in registry().rules:
        groups[group(row)].append(row)
    for name, rows in groups.items():
        whole, needed, statement = names.credential(rows[0]["whole"]), rows[0]["needed"], rule(rows[0]["rule_id"])
        if rows[0]["requirement"] == "count" and len(rows) < int(needed):
            yield "too few parts", whole, name, None, needed, str(len(rows)), statement
        if rows[0]["requirement"] == "credit-points":
            stated = [registry().credentials[row["member"]]["credit_points"] for row in rows]
            available = sum(float(points or 0) for points in stated)
            if available < float(needed):
                unsure = "" in stated
                what = (
                    "credit points may not suffice: some parts state none" if unsure else "credit points do not suffice"
                )
                yield what, whole, name, None, needed, format(available, "g"), statement
    for whole in {row["whole"] for row in registry().rules}:
        if whole in all_parts(whole):
            yield "circle", names.credential(whole), *[None] * 5
        for part in parts_of(whole) - set(registry().credentials):
            raise AssertionError(f"{part} is a missing part of {whole}: the derivation must say it too")


def covered(key: str) -> Rows:
    for skill in set(many(registry().credentials[key], "skills")):
        yield "skill", skill, None, "itself", ""
    through: dict[str, list[str]] = defaultdict(list)
    for part in sorted(all_parts(key)):
        for skill in set(many(registry().credentials[part], "skills")):
            through[skill].append(part)
    for skill, parts in through.items():
        yield "skill", skill, None, "possible part", ", ".join(parts)


@derives("skills-covered", "kind covered coveredLabel through parts", credential="IRL-007")
def skills_covered() -> Rows:
    return covered("IRL-007")


@derives(
    "skills-without-credential",
    "skill skillLabel relation credentials",
    occupation="http://data.europa.eu/esco/occupation/52df9d56-efd4-48d0-ad93-59231943fc4c",
)
def skills_without_credential() -> Rows:
    """The demo data holds no occupations: ESCO is loaded apart."""
    return []


@derives("green-and-digital-skills", "credential credentialLabel field level greenSkills digitalSkills skills")
def green_and_digital_skills() -> Rows:
    """The demo data holds no collections of ESCO."""
    return []


@derives("interchangeable-credentials", "credential credentialLabel other otherLabel common share country otherCountry")
def interchangeable_credentials() -> Rows:
    learning = {
        key: {(text, row["title_language"]) for text in many(row, "learning_outcomes")} | set(many(row, "skills"))
        for key, row in registry().credentials.items()
    }
    for one, other in combinations(sorted(learning), 2):
        first, second = registry().credentials[one], registry().credentials[other]
        common = learning[one] & learning[other]
        if not common or set(providers(first)) & set(providers(second)):
            continue
        share = rounded(Fraction(len(common), len(learning[one] | learning[other])), 3)
        if float(share) >= 0.5:
            yield (
                names.credential(one),
                first["title"],
                names.credential(other),
                second["title"],
                str(len(common)),
                share,
                names.prefixed(names.COUNTRY, first["country"]),
                names.prefixed(names.COUNTRY, second["country"]),
            )


def fitting(**wishes: str) -> Rows:
    """Offers not ended that state no other than what is wished; what they do not state is listed."""
    for key, offer in registry().offers.items():
        row = registry().credentials[offer["credential"]]
        silent, fits = [], offer["end_date"] >= DAY or not offer["end_date"]
        for name, wish in wishes.items():
            said = many(offer, name) + (many(row, name) if name in row else [])
            fits = fits and (wish in said or not said)
            silent += [] if said else [name.replace("_", " ").replace("participation ", "")]
        if fits:
            yield (
                f"{names.REGISTRY}offer/{key}",
                names.credential(offer["credential"]),
                row["title"],
                offer["start_date"],
                number(offer["price"]),
                offer["currency"],
                None,  # the header of the funding column is misspelt, and a near miss is not taken
                row["entry_requirement"] or None,
                ", ".join(silent),
            )


PERSON = "offer credential credentialLabel startDate price currency funding entryRequirement notStated"


@derives("fits-person", PERSON)
def fits_person() -> Rows:
    return fitting()


@derives("fits-person", PERSON, language="Portuguese", target_group="migrants", schedule="full-time")
def fits_a_migrant() -> Rows:
    return fitting(target_group="Migrants", language="POR", schedule="Full time")


@derives(
    "validity-and-trust",
    "credential credentialLabel validityMonths validUntil standing supervised identityChecked format verifiable",
)
def validity_and_trust() -> Rows:
    for key, row in registry().partial.items():
        until, months, watch = row["valid_until"], row["validity_months"], row["supervision"]
        ends = ("expired" if until < DAY else "valid") if until else "to be renewed" if months else "not stated"
        yield (
            names.credential(key),
            row["title"],
            months or None,
            until or None,
            ends,
            _yes(watch, watch.startswith("Supervised")),
            _yes(watch, "with ID" in watch),
            names.ours("format", row["format"]),
            _yes(row["format"], row["format"] in MACHINE),
        )


def _yes(stated: str, fact: bool) -> str:
    return "not stated" if not stated else "yes" if fact else "no"
