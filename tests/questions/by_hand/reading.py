"""The demo registry as its accepted rows: refused ones left out, mended cells as a careful reader would mend them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache

from . import names

Row = dict[str, str]
FILES = {
    "Credentials": "credentials",
    "Organisations": "organisations",
    "Offers": "offers",
    "StackingRules": "stacking_rules",
    "Recognition": "recognition",
    "QualityAssurance": "quality_assurance",
}
# The cells of defects.csv marked `note`, as they are meant. (The provider in capitals is found by its name.)
MENDED = {
    ("IRL-008", "country"): "IRL",
    ("IRL-019", "isced_f"): "0613",
    ("FRA-030", "valid_until"): "2031-12-31",
    ("ESP-011", "eqf_level"): "6",
    ("ESP-023", "workload_hours"): "40",
    ("PRT-001", "credit_points"): "2.5",
    ("NLD-003", "language"): "NLD",
}


@dataclass(frozen=True)
class Registry:
    """What is left of each sheet, by identifier where a row is one record."""

    credentials: dict[str, Row]
    organisations: dict[str, Row]
    offers: dict[str, Row]
    recognition: dict[str, Row]
    quality: dict[str, Row]
    rules: list[Row]

    @property
    def partial(self) -> dict[str, Row]:
        """The credentials that are no full qualifications."""
        return {key: row for key, row in self.credentials.items() if row["full_qualification"] != "yes"}


@cache
def registry() -> Registry:
    """The accepted rows of the six sheets."""
    return Registry(
        credentials=_by_id("Credentials", "credential_id"),
        organisations=_by_id("Organisations", "organisation_id"),
        offers=_by_id("Offers", "offer_id"),
        recognition=_by_id("Recognition", "recognition_id"),
        quality=_by_id("QualityAssurance", "qa_id"),
        rules=_accepted("StackingRules"),
    )


def _by_id(sheet: str, key: str) -> dict[str, Row]:
    return {row[key]: row for row in _accepted(sheet)}


def _accepted(sheet: str) -> list[Row]:
    """The rows of a sheet that were not refused; the header is row 1."""
    rows = list(enumerate(names.table(f"data/demo/registry-csv/{FILES[sheet]}.csv"), start=2))
    refused = _refused(sheet)
    twice = {row["credential_id"] for i, row in rows if refused.get(i) == "duplicate-identifier"}
    return [_mended(row) for i, row in rows if i not in refused and row.get("credential_id") not in twice]


def _refused(sheet: str) -> dict[int, str]:
    """Row → kind of error. Of two credentials that stack into each other the first is refused and the circle gone;
    of two rows with one identifier nobody knows which is meant, and both are refused (see `_accepted`)."""
    errors: dict[int, str] = {}
    for defect in names.table("data/demo/defects.csv"):
        what = defect["expected_code_hint"]
        broken = what == "circular-stacking" and what in errors.values()
        if defect["sheet"] == sheet and defect["kind"] == "error" and not broken:
            errors[int(defect["row"])] = what
    return errors


def _mended(row: Row) -> Row:
    key = row.get("credential_id", "")
    return {column: MENDED.get((key, column), value) for column, value in row.items()}


def many(row: Row, column: str) -> list[str]:
    """The values of a cell that may hold several."""
    return [part.strip() for part in row[column].split("|") if part.strip()]


@cache
def _by_name() -> dict[str, str]:
    found = {}
    for key, row in registry().organisations.items():
        for text in (row["name"], row["acronym"], key):
            found[text.casefold()] = key
    return found


def organisation_of(text: str) -> str:
    """The identifier of an organisation given by identifier, name or acronym in any letter case."""
    return _by_name()[text.casefold()]


def providers(row: Row) -> list[str]:
    """The identifiers of the providers of a credential."""
    return [organisation_of(text) for text in many(row, "provider")]


def awarding(row: Row) -> list[str]:
    """The identifiers of the awarding bodies of a credential."""
    return [organisation_of(text) for text in many(row, "awarding_body")]


def behind(row: Row) -> list[str]:
    """Providers and awarding bodies, each once."""
    return list(dict.fromkeys(providers(row) + awarding(row)))


def title(key: str) -> str:
    """The title of a credential (each has one)."""
    return registry().credentials[key]["title"]


def legal_name(key: str) -> str:
    """The name of an organisation."""
    return registry().organisations[key]["name"]


def number(text: str) -> str | None:
    """A number without superfluous zeros, None for an empty cell."""
    return plain(Decimal(text)) if text else None


def plain(value: Decimal | int) -> str:
    """A number without superfluous zeros."""
    return format(Decimal(value).normalize(), "f")


def rounded(share: Fraction, digits: int) -> str:
    """To so many decimals, halves upwards."""
    scale = 10**digits
    return plain(Decimal(math.floor(share * scale + Fraction(1, 2))) / scale)


def country_of(row: Row) -> str | None:
    """The IRI of the country a record states."""
    return names.prefixed(names.COUNTRY, row["country"])


def least(values: Iterable[str]) -> str | None:
    """The smallest of the numbers that are stated."""
    return min((number(value) or "" for value in values if value), key=Decimal, default=None)


def greatest(values: Iterable[str]) -> str | None:
    """The largest of the numbers that are stated."""
    return max((number(value) or "" for value in values if value), key=Decimal, default=None)


def mean(values: Iterable[str], digits: int) -> str | None:
    """The mean of the numbers that are stated, rounded."""
    stated = [Fraction(value) for value in values if value]
    return rounded(sum(stated, Fraction()) / len(stated), digits) if stated else None


def standing(row: Row, day: str) -> str:
    """Whether a statement holds on a day (ISO dates compare as texts)."""
    if row.get("status") in ("withdrawn", "expired", "proposed"):
        return row["status"]
    if row["valid_until"] and row["valid_until"] < day:
        return "expired"
    return "not yet in force" if row["valid_from"] > day else "in force"
