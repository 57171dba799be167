"""Quality assurance and recognition, counted."""

from __future__ import annotations

from collections import Counter, defaultdict

from . import names
from .answers import DAY, Cell, Rows, derives
from .reading import Row, behind, country_of, legal_name, providers, registry, standing, title
from .statements import about, party, quality, recognition


def assured_country(row: Row) -> str:
    record = (
        registry().credentials[row["credential"]]
        if row["credential"]
        else registry().organisations[row["organisation"]]
    )
    return record["country"]


def kind_of(key: str) -> Cell:
    return names.ours("provider-type", registry().organisations[key]["provider_type"])


@derives("quality-assurance-by-type", "qaType decision standing statements credentials organisations")
def quality_assurance_by_type() -> Rows:
    groups: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in registry().quality.values():
        groups[row["qa_type"], row["decision"], standing(row, DAY)].append(row)
    for (kind, decision, holds), rows in groups.items():
        subjects = ({row[column] for row in rows} - {""} for column in ("credential", "organisation"))
        what = (names.ours("qa-type", kind), names.ours("qa-decision", decision), holds)
        yield *what, str(len(rows)), *(str(len(subject)) for subject in subjects)


@derives("quality-bodies", "qaBody qaBodyLabel bodyCountry statements positive negative abroad")
def quality_bodies() -> Rows:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in registry().quality.values():
        if row["qa_body"]:
            groups[row["qa_body"]].append(row)
    for key, rows in groups.items():
        country = registry().organisations[key]["country"]
        counts = (
            len(rows),
            sum(row["decision"].startswith("positive") for row in rows),
            sum(row["decision"] == "negative" for row in rows),
            sum(assured_country(row) != country for row in rows),
        )
        yield names.organisation(key), legal_name(key), names.prefixed(names.COUNTRY, country), *map(str, counts)


@derives("quality-assurance-ending", "statement about qaType qaBody until credentials", before="2031-12-31")
def quality_assurance_ending() -> Rows:
    for key, row in registry().quality.items():
        if row["decision"] != "negative" and DAY <= row["valid_until"] <= "2031-12-31":
            organisation = row["organisation"]
            affected = [row["credential"]] if row["credential"] else [
                one for one, record in registry().credentials.items() if organisation in behind(record)
            ]  # fmt: skip
            what = (quality(key), about(row), names.ours("qa-type", row["qa_type"]), party(row, "qa_body")[0])
            yield *what, row["valid_until"], str(len(affected))


@derives("providers-without-quality-assurance", "provider providerLabel providerType country credentials")
def providers_without_quality_assurance() -> Rows:
    assured = {row["organisation"] for row in registry().quality.values()}
    assured |= {
        key
        for row in registry().quality.values()
        if row["credential"]
        for key in providers(registry().credentials[row["credential"]])
    }
    counts = Counter(key for row in registry().credentials.values() for key in providers(row))
    for key, count in counts.items():
        if key not in assured:
            where = country_of(registry().organisations[key])
            yield names.organisation(key), legal_name(key), kind_of(key), where, str(count)


@derives("recognition-by-purpose", "purpose effect standing statements")
def recognition_by_purpose() -> Rows:
    groups = Counter((row["purpose"], row["effect"], standing(row, DAY)) for row in registry().recognition.values())
    for (purpose, effect, holds), count in groups.items():
        what = (names.ours("recognition-purpose", purpose), names.ours("recognition-effect", effect))
        yield *what, holds, str(count)


@derives("recognisers", "recogniser recogniserLabel recogniserType accepts refuses countries")
def recognisers() -> Rows:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in registry().recognition.values():
        groups[row["recogniser"]].append(row)
    for key, rows in groups.items():
        refused = sum(row["effect"] == "refused" for row in rows)
        countries = {assured_country(row) for row in rows}
        counts = (len(rows) - refused, refused, len(countries))
        yield names.organisation(key), legal_name(key), kind_of(key), *map(str, counts)


@derives(
    "refused-recognition", "statement credential credentialLabel refusedBy jurisdiction purpose claimedBy acceptedBy"
)
def refused_recognition() -> Rows:
    accepted = Counter(row["credential"] for row in registry().recognition.values() if row["effect"] != "refused")
    for key, row in registry().recognition.items():
        if row["effect"] == "refused" and row["credential"]:
            yield (
                recognition(key),
                names.credential(row["credential"]),
                title(row["credential"]),
                names.organisation(row["recogniser"]),
                names.prefixed(names.COUNTRY, row["jurisdiction"]),
                names.ours("recognition-purpose", row["purpose"]),
                party(row, "claimed_by")[0],
                str(accepted[row["credential"]]),
            )


@derives("recognition-claimed-by-others", "statement about recogniser claimedBy claimKind effect evidence")
def recognition_claimed_by_others() -> Rows:
    for key, row in registry().recognition.items():
        if row["claimed_by"] and row["claimed_by"] != row["recogniser"]:
            yield (
                recognition(key),
                about(row),
                names.organisation(row["recogniser"]),
                names.organisation(row["claimed_by"]),
                names.ours("claim", row["claim_kind"]),
                names.ours("recognition-effect", row["effect"]),
                row["evidence"] or None,
            )


@derives("recognition-country-matrix", "from to accepts refuses")
def recognition_country_matrix() -> Rows:
    pairs: dict[tuple[str, str], Counter[bool]] = defaultdict(Counter)
    for row in registry().recognition.values():
        pairs[assured_country(row), row["jurisdiction"]][row["effect"] == "refused"] += 1
    for (start, end), n in pairs.items():
        countries = (names.prefixed(names.COUNTRY, code) for code in (start, end))
        yield *countries, str(n[False]), str(n[True])
