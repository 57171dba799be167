"""What is there: kinds, levels, forms, labels."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import combinations, product

from . import names
from .answers import Cell, Rows, derives
from .reading import Row, many, number, providers, registry, title

ATTENDANCE = "level of attendance"
CALLED = re.compile("micro[- ]?(credential|certif)", re.IGNORECASE)
PARTS = ("certificate-of-attendance", "competence-block", "module-certificate", "nanodegree", "partial-qualification")


def is_called_so(row: Row) -> bool:
    """A microcredential by the name its provider gives it, or by its form."""
    return row["form"] == "microcredential-certificate" or bool(CALLED.match(row["labelled_as"]))


def told(holds: bool, fails: bool) -> str:
    """Where both follow the record contradicts itself, and nothing does."""
    return "undecided" if holds == fails else "yes" if holds else "no"


def volume(row: Row) -> str:
    """Small by one measure, large by one, or outside what is small by all of them."""
    points, hours = (float(row[one]) if row[one] else None for one in ("credit_points", "workload_hours"))
    system = row["credit_system"]

    def is_small(size: float | None, most: float) -> bool:
        return size is not None and 0 < size < most

    def is_not_small(size: float | None, most: float) -> bool:
        return size is not None and not 0 < size < most

    european, british = system in ("ECTS", "ECVET"), system == "uk-credit"
    small = is_small(hours, 1500) or (european and is_small(points, 60)) or (british and is_small(points, 120))
    large = (hours or 0) >= 1800 or (european and (points or 0) >= 60) or (british and (points or 0) >= 120)
    nowhere = (
        is_not_small(hours, 1500)
        and (is_not_small(points, 60) or bool(system and not european))
        and (is_not_small(points, 120) or bool(system and not british))
    )
    return told(small, large or nowhere)


def assessed(row: Row) -> str:
    """Outcomes are stated and something other than attendance is assessed."""
    tests = many(row, "assessment_type")
    judged = bool(row["learning_outcomes"]) and any(test != ATTENDANCE for test in tests)
    return told(judged, row["form"] == "certificate-of-attendance" or tests == [ATTENDANCE])


def documented(row: Row) -> str:
    """A title, an awarding body, and a form or format."""
    return told(bool(row["title"] and row["awarding_body"] and (row["form"] or row["format"])), fails=False)


def part(row: Row) -> str:
    """Said to be no full qualification, or of a form that is less than one."""
    whole = row["full_qualification"] == "yes" or row["form"] == "full-qualification"
    return told(row["full_qualification"] == "no" or row["form"] in PARTS, whole)


def verdict(criteria: tuple[str, ...]) -> str:
    return "no" if "no" in criteria else "undecided" if "undecided" in criteria else "yes"


@derives(
    "label-versus-definition",
    "credential credentialLabel form isLabelled volumeIsSmall hasAssessedOutcomes isDocumented isNotFullQualification "
    "isMicrocredential",
)
def label_versus_definition() -> Rows:
    for key, row in registry().credentials.items():
        criteria = (volume(row), assessed(row), documented(row), part(row))
        called = "yes" if is_called_so(row) else "no"
        yield (
            names.credential(key),
            row["title"],
            names.ours("form", row["form"]),
            called,
            *criteria,
            verdict(criteria),
        )


def kinds(country: str = "") -> Rows:
    counts: Counter[tuple[Cell, ...]] = Counter()
    for row in registry().partial.values():
        if country and row["country"] != country:
            continue
        types = [registry().organisations[key]["provider_type"] for key in providers(row)]
        for kind, field, language in product(types, many(row, "isced_f") or [""], many(row, "language") or [""]):
            counts[
                names.ours("provider-type", kind),
                names.prefixed(names.COUNTRY, row["country"]),
                names.prefixed(names.ISCED, field),
                names.ours("form", row["form"]),
                names.prefixed(names.LANGUAGE, language),
            ] += 1
    return [(*kind, str(count)) for kind, count in counts.items()]


KINDS = "providerType country field form language credentials"


@derives("credentials-by-kind", KINDS)
def credentials_by_kind() -> Rows:
    return kinds()


@derives("credentials-by-kind", KINDS, country="Austria")
def credentials_by_kind_in_austria() -> Rows:
    return kinds("AUT")


def levels(country: str = "") -> Rows:
    counts = Counter(
        names.prefixed(names.EQF, row["eqf_level"])
        for row in registry().partial.values()
        if not country or row["country"] == country
    )
    return [(level, str(count)) for level, count in counts.items()]


@derives("credentials-by-level", "level credentials")
def credentials_by_level() -> Rows:
    return levels()


@derives("credentials-by-level", "level credentials", country="FI")
def credentials_by_level_in_finland() -> Rows:
    return levels("FIN")


@derives("same-form-other-function", "form assessed attendanceOnly notStated")
def same_form_other_function() -> Rows:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for row in registry().partial.values():
        tests = many(row, "assessment_type")
        kind = "silent" if not tests else "attendance" if tests == [ATTENDANCE] else "assessed"
        counts[row["form"]][kind] += 1
    for form, count in counts.items():
        shares = (str(count[kind]) for kind in ("assessed", "attendance", "silent"))
        yield names.ours("form", form), *shares


@derives("same-learning-other-form", "credential credentialLabel form other otherLabel otherForm outcomes")
def same_learning_other_form() -> Rows:
    learning = {
        key: {(text, row["title_language"]) for text in many(row, "learning_outcomes")}
        for key, row in registry().credentials.items()
    }
    for one, other in combinations(sorted(learning), 2):
        forms = [registry().credentials[key]["form"] for key in (one, other)]
        if learning[one] and learning[one] == learning[other] and forms[0] != forms[1]:
            yield (
                names.credential(one),
                title(one),
                names.ours("form", forms[0]),
                names.credential(other),
                title(other),
                names.ours("form", forms[1]),
                str(len(learning[one])),
            )


def hours_per_point(row: Row) -> float | None:
    """Hours for each ECTS point, None where one of both is not stated."""
    if row["credit_system"] != "ECTS" or not row["credit_points"] or not row["workload_hours"]:
        return None
    return float(row["workload_hours"]) / float(row["credit_points"])


@derives("contradicting-values", "credential contradiction value against")
def contradicting_values() -> Rows:
    for key, row in registry().credentials.items():
        hours = hours_per_point(row)
        if hours is not None and not 25 <= hours <= 30:
            points, total = number(row["credit_points"]), number(row["workload_hours"])
            yield names.credential(key), "hours do not fit the ECTS", points, total
        if row["valid_from"] and row["valid_until"] and row["valid_until"] < row["valid_from"]:
            yield names.credential(key), "ends before it begins", row["valid_until"], row["valid_from"]
        if row["full_qualification"] == "yes" and CALLED.search(row["labelled_as"]):
            what = "called a microcredential, marked a full qualification"
            yield names.credential(key), what, row["labelled_as"], "true"
    for key, row in registry().quality.items():
        if row["credential"] and row["valid_until"] and row["valid_until"] < "2026-11-01":
            statement = f"{names.REGISTRY}quality-assurance/{key}"
            yield (
                names.credential(row["credential"]),
                "its quality assurance has run out",
                row["valid_until"],
                statement,
            )


def offered(by: Callable[[Row, str], str]) -> dict[str, list[tuple[str, str, str]]]:
    """For each value, the (credential, provider, country) behind it; a credential of two providers stands twice."""
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for key, row in registry().partial.items():
        for provider in providers(row):
            found[by(row, provider)].append((key, provider, row["country"]))
    return found


def distinct(rows: list[tuple[str, str, str]], *places: int) -> tuple[str, ...]:
    return tuple(str(len({row[place] for row in rows})) for place in places)


@derives("credentials-by-country", "country credentials providers")
def credentials_by_country() -> Rows:
    for country, rows in offered(lambda row, _: row["country"]).items():
        yield names.prefixed(names.COUNTRY, country), *distinct(rows, 0, 1)


def type_of(_: Row, provider: str) -> str:
    return registry().organisations[provider]["provider_type"]


@derives("credentials-by-provider-type", "providerType credentials providers")
def credentials_by_provider_type() -> Rows:
    for kind, rows in offered(type_of).items():
        yield names.ours("provider-type", kind), *distinct(rows, 0, 1)


@derives("credentials-by-form", "form credentials providers countries")
def credentials_by_form() -> Rows:
    for form, rows in offered(lambda row, _: row["form"]).items():
        yield names.ours("form", form), *distinct(rows, 0, 1, 2)


@derives("forms-by-provider-type", "providerType form credentials")
def forms_by_provider_type() -> Rows:
    for both, rows in offered(lambda row, provider: f"{type_of(row, provider)}|{row['form']}").items():
        kind, form = both.split("|")
        yield names.ours("provider-type", kind), names.ours("form", form), *distinct(rows, 0)


BANDS = {"ECTS": (0, 5, 15, 30, 60), "hours": (0, 25, 100, 300, 1500)}


def band(row: Row) -> tuple[Cell, ...]:
    ects = row["credit_points"] if row["credit_system"] == "ECTS" else ""
    unit = "ECTS" if ects else "hours" if row["workload_hours"] else "other credit points"
    if unit not in BANDS:
        return (unit if row["credit_points"] else None), None, None
    least = max(n for n in BANDS[unit] if n <= float(ects or row["workload_hours"]))
    above = [n for n in BANDS[unit] if n > least]
    return unit, str(least), str(above[0]) if above else None


@derives("credentials-by-volume", "unit atLeast below credentials")
def credentials_by_volume() -> Rows:
    counts = Counter(band(row) for row in registry().partial.values())
    return [(*kind, str(count)) for kind, count in counts.items()]
