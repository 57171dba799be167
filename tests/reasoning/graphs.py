"""Small random graphs of credentials: what a register may say, leave out, or say twice; synthetic."""

from __future__ import annotations

import random

import pyoxigraph as ox

from mcgraph.model.namespaces import MC, RDF_TYPE, VOCAB, XSD

ID = "https://example.org/"
FORM = VOCAB + "form#"
QA = VOCAB + "qa-type#"
DECISION = VOCAB + "qa-decision#"
SYSTEMS = (
    "http://data.europa.eu/snb/education-credit/6fcec5c5af",
    "http://data.europa.eu/snb/education-credit/60b314e826",
    VOCAB + "credit-system#uk-credit",
    VOCAB + "credit-system#national-credit",
    "https://example.org/unknown-system",
)
QUIZ = "http://data.europa.eu/snb/assessment/b1b68f6735"
ATTENDANCE = "http://data.europa.eu/snb/assessment/7331eb4762"
FORMS = (
    "certificate-of-attendance", "competence-block", "digital-badge", "full-qualification",
    "microcredential-certificate", "nanodegree", "other",
)  # fmt: skip
LABELS = ("Micro-credential in care", "microcertification", "Course", "A microcredential")
POINTS = ("0", "1", "5", "14.5", "15", "29.9", "30", "59.99", "60", "60.0", "90", "120", "240")
HOURS = ("0", "10", "374", "400", "750", "900", "1499.5", "1500", "1799", "1800", "5000")


def random_graph(chance: random.Random, name: str) -> list[ox.Triple]:
    """One credential with what surrounds it; each thing is stated with a chance of its own.

    Codes of no list are the graph's own: where two records share one, a reasoner may learn from the first what the
    second could not know (that the odd test of an attendance certificate assesses nothing), which rules do not do.
    """
    me = ox.NamedNode(f"{ID}{name}")
    said: list[ox.Triple] = [_link(me, RDF_TYPE, MC + "Credential")]
    if chance.random() < 0.1:
        said.append(_link(me, RDF_TYPE, MC + "Qualification"))
    for system in _some(chance, 0.75, SYSTEMS, twice=0.05):
        said.append(_link(me, MC + "creditSystem", system.replace("/unknown", f"/{name}/unknown")))
    for points in _some(chance, 0.75, POINTS, twice=0.08):
        said.append(_number(chance, me, "creditPoints", points))
    for hours in _some(chance, 0.5, HOURS, twice=0.05):
        said.append(_number(chance, me, "workloadHours", hours))
    if chance.random() < 0.7:
        said.append(_link(me, MC + "learningOutcome", f"{ID}{name}/outcome"))
    elif chance.random() < 0.5:
        said.append(_text(me, "learningOutcomeSummary", "can do it"))
    for test in _some(chance, 0.8, (QUIZ, QUIZ, ATTENDANCE, "https://example.org/odd-test"), twice=0.3):
        said.append(_link(me, MC + "assessmentType", test.replace("/odd", f"/{name}/odd")))
    if chance.random() < 0.85:
        said.append(_text(me, "title", "T"))
    if chance.random() < 0.85:
        said.append(_link(me, MC + "awardedBy", f"{ID}{name}/body"))
        if chance.random() < 0.5:
            said.extend(_assurance(chance, f"{ID}{name}/audit", "assuredOrganisation", f"{ID}{name}/body"))
    if chance.random() < 0.2:
        said.extend(_assurance(chance, f"{ID}{name}/review", "assuredCredential", me.value))
    for form in _some(chance, 0.8, FORMS, twice=0.1):
        said.append(_link(me, MC + "form", FORM + form))
    for full in _some(chance, 0.6, ("true", "false", "false", "0"), twice=0.03):
        said.append(ox.Triple(me, ox.NamedNode(MC + "isFullQualification"), _typed(full, "boolean")))
    if chance.random() < 0.4:
        said.append(_text(me, "labelledAs", chance.choice(LABELS)))
    return list(dict.fromkeys(said))


def _some(chance: random.Random, likely: float, values: tuple[str, ...], *, twice: float) -> list[str]:
    if chance.random() >= likely:
        return []
    return [chance.choice(values) for _ in range(2 if chance.random() < twice else 1)]


def _assurance(chance: random.Random, iri: str, about: str, whom: str) -> list[ox.Triple]:
    me = ox.NamedNode(iri)
    said = [_link(me, MC + about, whom)]
    if chance.random() < 0.95:
        said.append(_link(me, RDF_TYPE, MC + "QualityAssuranceStatement"))
    if chance.random() < 0.9:
        said.append(_link(me, MC + "qaType", QA + chance.choice(("internal", "esg", "none-stated"))))
    if chance.random() < 0.9:
        said.append(_link(me, MC + "qaDecision", DECISION + chance.choice(("positive", "negative"))))
    return said


def _link(subject: ox.NamedNode, predicate: str, value: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(predicate), ox.NamedNode(value))


def _text(subject: ox.NamedNode, name: str, value: str) -> ox.Triple:
    return ox.Triple(subject, ox.NamedNode(MC + name), ox.Literal(value, language="en"))


def _number(chance: random.Random, subject: ox.NamedNode, name: str, value: str) -> ox.Triple:
    kind = "integer" if "." not in value and chance.random() < 0.4 else "decimal"
    return ox.Triple(subject, ox.NamedNode(MC + name), _typed(value, kind))


def _typed(value: str, kind: str) -> ox.Literal:
    return ox.Literal(value, datatype=ox.NamedNode(XSD + kind))
