"""Statements: who said what, quality assurance, recognition."""

from __future__ import annotations

from collections import Counter

from . import names
from .answers import DAY, Cell, Rows, derives
from .completeness import has_level
from .reading import Row, behind, legal_name, number, organisation_of, providers, registry, standing, title

ENGAGED = ("employer", "chamber", "trade-union", "professional-body", "sectoral-organisation")


def recognition(key: str) -> str:
    return f"{names.REGISTRY}recognition/{key}"


def quality(key: str) -> str:
    return f"{names.REGISTRY}quality-assurance/{key}"


def party(row: Row, column: str) -> tuple[Cell, Cell]:
    """IRI and name of the organisation in a cell."""
    if not row[column]:
        return None, None
    key = organisation_of(row[column])
    return names.organisation(key), legal_name(key)


def about(row: Row) -> str:
    return names.credential(row["credential"]) if row["credential"] else names.organisation(row["organisation"])


@derives("who-said-so", "statement type record saidBy claimedBy claimKind statementDate evidence source")
def who_said_so() -> Rows:
    for key, row in registry().recognition.items():
        kind, date = names.ours("claim", row["claim_kind"]), row["statement_date"] or None
        yield _said(recognition(key), "RecognitionStatement", about(row), "party", kind, date, row)
    for key, row in registry().quality.items():
        yield _said(quality(key), "QualityAssuranceStatement", about(row), "not stated", None, None, row)
    for key, row in {row["rule_id"]: row for row in registry().rules}.items():
        kind, rule = names.ours("claim", row["claim_kind"]), f"{names.REGISTRY}stacking-rule/{key}"
        yield _said(rule, "StackingRule", names.credential(row["whole"]), "party", kind, None, row)


def _said(iri: str, type_: str, record: str, by: str, kind: Cell, date: Cell, row: Row) -> tuple[Cell, ...]:
    claimant = party(row, "claimed_by")[0]
    return iri, names.MC + type_, record, by, claimant, kind, date, row["evidence"] or None, names.SOURCE


def about_or_behind(key: str, statements: dict[str, Row]) -> dict[str, Row]:
    """The statements about a credential or about an organisation that provides or awards it."""
    organisations = behind(registry().credentials[key])
    return {
        name: row
        for name, row in statements.items()
        if key == row["credential"] or row["organisation"] in organisations
    }


@derives(
    "quality-assurance-of",
    "statement about qaType qaBody qaBodyLabel decision until standing limitedTo claimedBy evidence",
    credential="IRL-007",
)
def quality_assurance_of() -> Rows:
    for key, row in about_or_behind("IRL-007", registry().quality).items():
        yield (
            quality(key),
            about(row),
            names.ours("qa-type", row["qa_type"]),
            *party(row, "qa_body"),
            names.ours("qa-decision", row["decision"]),
            row["valid_until"] or None,
            standing(row, DAY),
            None,
            party(row, "claimed_by")[0],
            row["evidence"] or None,
        )


@derives(
    "weak-quality-assurance",
    "credential credentialLabel verdict ownInForce externalInForce internalInForce expired negative",
)
def weak_quality_assurance() -> Rows:
    for key, row in registry().partial.items():
        n: Counter[str] = Counter()
        for statement in about_or_behind(key, registry().quality).values():
            n.update(_counts_as(statement))
        verdict = _verdict(n)
        if verdict != "sound":
            counts = (str(n[kind]) for kind in ("own", "external", "internal", "expired", "negative"))
            yield names.credential(key), row["title"], verdict, *counts


def _counts_as(row: Row) -> list[str]:
    bad = ["expired"] if row["valid_until"] and row["valid_until"] < DAY else []
    bad += ["negative"] if row["decision"] == "negative" else []
    kind = "internal" if row["qa_type"] == "internal" else "own" if row["credential"] else "external"
    return bad or [kind]


def _verdict(n: Counter[str]) -> str:
    if n["negative"]:
        return "negative decision"
    if n["own"]:
        return "expired beside a valid one" if n["expired"] else "sound"
    if n["external"]:
        return "only through its organisation"
    if n["internal"]:
        return "only the provider's own"
    return "expired" if n["expired"] else "none stated"


@derives(
    "quality-labels-outside-formal-education",
    "organisation organisationLabel providerType qaType statement until standing claimedBy",
)
def quality_labels_outside_formal_education() -> Rows:
    formal = ("higher-education-institution", "publicly-funded-provider", "public-authority", "regulator")
    for key, row in registry().quality.items():
        if row["qa_type"] not in ("esg", "eqavet", "iso") or not row["organisation"]:
            continue
        kind = registry().organisations[row["organisation"]]["provider_type"]
        if kind not in formal:
            yield (
                *party(row, "organisation"),
                names.ours("provider-type", kind),
                names.ours("qa-type", row["qa_type"]),
                quality(key),
                row["valid_until"] or None,
                standing(row, DAY),
                party(row, "claimed_by")[0],
            )


@derives(
    "recognition-of",
    "statement recogniser recogniserLabel purpose effect credits jurisdiction basis standing "
    "claimedBy claimKind evidence",
    credential="IRL-007",
)
def recognition_of() -> Rows:
    for key, row in about_or_behind("IRL-007", registry().recognition).items():
        yield (
            recognition(key),
            *party(row, "recogniser"),
            names.ours("recognition-purpose", row["purpose"]),
            names.ours("recognition-effect", row["effect"]),
            number(row["credit_points"]),
            names.prefixed(names.COUNTRY, row["jurisdiction"]),
            names.ours("recognition-basis", row["basis"]),
            standing(row, DAY),
            party(row, "claimed_by")[0],
            names.ours("claim", row["claim_kind"]),
            row["evidence"] or None,
        )


def recognised(row: Row) -> list[str]:
    """The credentials a statement is about: one, or all that an organisation provides."""
    if row["credential"]:
        return [row["credential"]]
    return [key for key, one in registry().credentials.items() if row["organisation"] in providers(one)]


def across_borders(start: str = "", end: str = "") -> Rows:
    for key, row in registry().recognition.items():
        if row["effect"] == "refused" or row["status"] != "in-force" or standing(row, DAY) != "in force":
            continue
        for name in recognised(row):
            country = registry().credentials[name]["country"]
            if country != row["jurisdiction"] and start in ("", country) and end in ("", row["jurisdiction"]):
                yield (
                    names.prefixed(names.COUNTRY, country),
                    names.prefixed(names.COUNTRY, row["jurisdiction"]),
                    names.credential(name),
                    title(name),
                    *party(row, "recogniser"),
                    names.ours("recognition-purpose", row["purpose"]),
                    names.ours("recognition-effect", row["effect"]),
                    names.ours("recognition-basis", row["basis"]),
                    names.ours("claim", row["claim_kind"]),
                    recognition(key),
                )


BORDERS = "from to credential credentialLabel recogniser recogniserLabel purpose effect basis claimKind statement"


@derives("recognition-between-countries", BORDERS)
def recognition_between_countries() -> Rows:
    return across_borders()


@derives("recognition-between-countries", BORDERS, **{"from": "IE", "to": "FI"})
def recognition_from_ireland_to_finland() -> Rows:
    return across_borders("IRL", "FIN")


@derives("recognition-gaps", "credential credentialLabel level qualityStatements")
def recognition_gaps() -> Rows:
    for key, row in registry().partial.items():
        assurances = about_or_behind(key, registry().quality)
        # Every demo record with a national level states an EQF level too, whose IRI sorts before it.
        if (
            has_level(row)
            and row["assessment_type"]
            and assurances
            and not about_or_behind(key, registry().recognition)
        ):
            yield names.credential(key), row["title"], _first_level(row), str(len(assurances))


def _first_level(row: Row) -> str:
    """The IRI that sorts first among EQF and national level."""
    return f"{names.EQF}{row['eqf_level']}"


@derives(
    "reciprocal-and-lapsed-recognition",
    "recogniser recogniserLabel organisation organisationLabel standing direction statement",
)
def reciprocal_and_lapsed_recognition() -> Rows:
    returned = {
        (row["recogniser"], party_)
        for row in registry().recognition.values()
        for party_ in _of(row)
        if row["effect"] != "refused" and row["status"] == "in-force"
        and not (row["valid_until"] and row["valid_until"] < DAY)
    }  # fmt: skip
    for key, row in registry().recognition.items():
        for other in _of(row):
            if row["effect"] != "refused" and row["recogniser"] != other:
                direction = "reciprocal" if (other, row["recogniser"]) in returned else "one-sided"
                about_it = (names.organisation(other), legal_name(other), standing(row, DAY), direction)
                yield *party(row, "recogniser"), *about_it, recognition(key)


def _of(row: Row) -> list[str]:
    """The organisations whose credentials a statement recognises."""
    return [row["organisation"]] if row["organisation"] else providers(registry().credentials[row["credential"]])


@derives("gives-access-to", "access to toLabel by purpose standing claimKind statement", credential="IRL-007")
def gives_access_to() -> Rows:
    for key, row in registry().recognition.items():
        if row["credential"] == "IRL-007" and row["effect"] != "refused":
            yield (
                row["effect"],
                names.credential(row["towards"]) if row["towards"] else None,
                title(row["towards"]) if row["towards"] else None,
                party(row, "recogniser")[0],
                names.ours("recognition-purpose", row["purpose"]),
                standing(row, DAY),
                names.ours("claim", row["claim_kind"]),
                recognition(key),
            )
    for key, row in registry().credentials.items():
        if "IRL-007" in row["prerequisites"].split("|"):
            says = "as its record says"
            yield "prerequisite", names.credential(key), row["title"], None, None, says, None, None


@derives(
    "social-partner-involvement",
    "credential credentialLabel involvement partner partnerLabel partnerType statement",
)
def social_partner_involvement() -> Rows:
    ties: set[tuple[str, str, str, Cell]] = set()
    for key, row in registry().credentials.items():
        for column, how in (("provider", "provides"), ("awarding_body", "awards"), ("platform", "hosts")):
            ties |= {(key, how, organisation_of(text), None) for text in row[column].split("|") if text}
    for key, row in registry().recognition.items():
        if row["credential"]:
            how = "refuses" if row["effect"] == "refused" else "recognises"
            ties.add((row["credential"], how, row["recogniser"], recognition(key)))
    for key, row in registry().quality.items():
        if row["credential"] and row["qa_body"]:
            ties.add((row["credential"], "assures", row["qa_body"], quality(key)))
    for key, how, partner, statement in ties:
        kind = registry().organisations[partner]["provider_type"]
        if kind in ENGAGED:
            who = (names.organisation(partner), legal_name(partner), names.ours("provider-type", kind))
            yield names.credential(key), title(key), how, *who, statement
