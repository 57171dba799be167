"""What the definition of a microcredential makes of a handful of credentials, by HermiT."""

from __future__ import annotations

import pyoxigraph as ox
import pytest

from mcgraph.model.namespaces import MC
from mcgraph.reasoning.hermit import Reasoned, reason, why_unavailable

PREFIXES = """
@prefix : <https://example.org/> .
@prefix mc: <https://w3id.org/mcgraph/ontology#> .
@prefix form: <https://w3id.org/mcgraph/vocab/form#> .
@prefix qa: <https://w3id.org/mcgraph/vocab/qa-type#> .
@prefix decision: <https://w3id.org/mcgraph/vocab/qa-decision#> .
@prefix own: <https://w3id.org/mcgraph/vocab/credit-system#> .
@prefix credit: <http://data.europa.eu/snb/education-credit/> .
@prefix by: <http://data.europa.eu/snb/assessment/> .
"""
DOCUMENTED = "mc:title 'T'@en ; mc:awardedBy :body ; mc:form form:nanodegree"
PLAIN = f"{DOCUMENTED} ; mc:isFullQualification false"
OUTCOMES = "mc:learningOutcome :outcome"
QUIZ = "mc:assessmentType by:b1b68f6735"
ATTENDANCE = "mc:assessmentType by:7331eb4762"
HOURS = "mc:workloadHours 40"
ECTS = "mc:creditSystem credit:6fcec5c5af"

# name: (what its record says, whether it is one)
CREDENTIALS = {
    "by-credits": (f"{PLAIN} ; {OUTCOMES} ; {QUIZ} ; {ECTS} ; mc:creditPoints 5.0", True),
    "by-hours": (f"{PLAIN} ; mc:learningOutcomeSummary 'x'@en ; {QUIZ} ; {HOURS}", True),
    "by-uk-credits": (
        f"{PLAIN} ; {OUTCOMES} ; {QUIZ} ; mc:creditSystem own:uk-credit ; mc:creditPoints 90",
        True,
    ),
    "just-below": (f"{PLAIN} ; {OUTCOMES} ; {QUIZ} ; {ECTS} ; mc:creditPoints 59.5", True),
    "a-whole-year": (f"{PLAIN} ; {OUTCOMES} ; {QUIZ} ; {ECTS} ; mc:creditPoints 60", False),
    "no-volume": (f"{PLAIN} ; {OUTCOMES} ; {QUIZ} ; {ECTS} ; mc:creditPoints 0", False),
    "unknown-credits": (
        f"{PLAIN} ; {OUTCOMES} ; {QUIZ} ; mc:creditSystem own:national-credit ; mc:creditPoints 5",
        False,
    ),
    "attendance-only": (f"{PLAIN} ; {OUTCOMES} ; {ATTENDANCE} ; {HOURS}", False),
    "no-outcomes": (f"{PLAIN} ; {QUIZ} ; {HOURS}", False),
    "full": (
        f"{DOCUMENTED.replace('nanodegree', 'digital-badge')} ; mc:isFullQualification true ; {OUTCOMES} ; {QUIZ} ; "
        f"{HOURS}",
        False,
    ),
    "undocumented": (
        f"mc:title 'T'@en ; mc:isFullQualification false ; {OUTCOMES} ; {QUIZ} ; {HOURS}",
        False,
    ),
    "called-one": ("mc:title 'T'@en ; mc:labelledAs 'Micro-credential in care'@en", False),
}
OTHERS = """
:body a mc:Organisation . :outcome a mc:LearningOutcome .
:audit a mc:QualityAssuranceStatement ; mc:assuredOrganisation :body ;
    mc:qaType qa:external-institutional ; mc:qaDecision decision:positive .
:refusal a mc:QualityAssuranceStatement ; mc:assuredCredential :called-one ;
    mc:qaType qa:external-programme ; mc:qaDecision decision:negative .
"""


def facts(text: str) -> list[ox.Triple]:
    """The triples of a text in Turtle."""
    return [quad.triple for quad in ox.parse(PREFIXES + text, format=ox.RdfFormat.TURTLE)]


@pytest.fixture(scope="module")
def reasoned() -> Reasoned:
    """The handful, classified once."""
    if why_unavailable():
        pytest.skip(f"HermiT cannot run here: {why_unavailable()}")
    records = "\n".join(f":{name} a mc:Credential ; {says} ." for name, (says, _) in CREDENTIALS.items())
    return reason(facts(records + OTHERS))


def _is(reasoned: Reasoned, name: str, kind: str) -> bool:
    return MC + kind in reasoned.types[f"https://example.org/{name}"]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_the_definition_decides_by_criteria(reasoned: Reasoned, name: str) -> None:
    """Small, assessed, documented, no full qualification: all four, whatever the thing is called."""
    assert _is(reasoned, name, "Microcredential") is CREDENTIALS[name][1]


def test_being_called_one_is_something_else(reasoned: Reasoned) -> None:
    """A label makes no microcredential, and a microcredential needs no label."""
    assert _is(reasoned, "called-one", "LabelledMicrocredential")
    assert not _is(reasoned, "by-credits", "LabelledMicrocredential")


def test_each_criterion_is_told_apart(reasoned: Reasoned) -> None:
    """Whoever asks why not gets the one criterion that is missing."""
    criteria = ("VolumeIsSmall", "HasAssessedOutcomes", "IsDocumented", "IsNotFullQualification")
    missing = {
        name: [kind for kind in criteria if not _is(reasoned, name, kind)]
        for name in ("a-whole-year", "attendance-only", "undocumented", "full")
    }
    assert missing == {
        "a-whole-year": ["VolumeIsSmall"],
        "attendance-only": ["HasAssessedOutcomes"],
        "undocumented": ["IsDocumented"],
        "full": ["IsNotFullQualification"],
    }


def test_quality_assurance_comes_from_the_awarding_body(reasoned: Reasoned) -> None:
    """A positive audit of the body counts for its credentials; a negative decision counts for none."""
    assert _is(reasoned, "by-credits", "HasQualityAssurance")
    assert not _is(reasoned, "called-one", "HasQualityAssurance")


@pytest.mark.parametrize(
    "contradiction",
    [
        ":x a mc:Credential, mc:Organisation .",
        ":x a mc:Qualification ; mc:isFullQualification false .",
        ":x mc:stacksInto :x .",
    ],
)
def test_a_contradiction_is_seen(contradiction: str) -> None:
    """A reasoner that calls everything consistent would prove nothing."""
    if why_unavailable():
        pytest.skip(f"HermiT cannot run here: {why_unavailable()}")
    assert not reason(facts(contradiction)).consistent
