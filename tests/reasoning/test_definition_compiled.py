"""The definition as the rules read it: thresholds, criteria, sources, and what is refused."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model.namespaces import MC, SKOS, XSD
from mcgraph.reasoning.classify import Classification, classify, sensitivity
from mcgraph.reasoning.definition import read_definition
from mcgraph.reasoning.facts import TripleFacts
from mcgraph.reasoning.literals import DataRange, Literal, holds, same

PREFIXES = f"""@prefix : <https://example.org/> . @prefix mc: <{MC}> . @prefix xsd: <{XSD}> .
@prefix credit: <http://data.europa.eu/snb/education-credit/> .
@prefix own: <https://w3id.org/mcgraph/vocab/credit-system#> .
@prefix by: <http://data.europa.eu/snb/assessment/> . @prefix form: <https://w3id.org/mcgraph/vocab/form#> .
"""
REST = "mc:title 'T'@en ; mc:awardedBy :b ; mc:form form:module-certificate ; mc:learningOutcome :o ; mc:assessmentType by:b1b68f6735"  # noqa: E501
ECTS = "mc:creditSystem credit:6fcec5c5af ; mc:creditPoints"


def found(*records: str, **numbers: object) -> Classification:
    text = PREFIXES + "\n".join(f":r{i} a mc:Credential ; {said} ." for i, said in enumerate(records))
    triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    return classify(TripleFacts(triples), thresholds={k: str(v) for k, v in numbers.items()})


def verdicts(*records: str, **numbers: object) -> list[str]:
    return found(*records, **numbers).verdicts().to_list()


def test_the_criteria_are_those_of_the_ontology() -> None:
    """Nobody writes them down twice: the definition's own parts, the fifth told beside."""
    definition = read_definition()
    names = [one.name for one in definition.criteria]
    assert names == [
        "VolumeIsSmall", "HasAssessedOutcomes", "IsDocumented", "IsNotFullQualification", "HasQualityAssurance",
    ]  # fmt: skip
    assert [one.name for one in definition.criteria_of(MC + "Microcredential")] == names[:4]
    assert all(one.source and one.definition for one in definition.criteria)


def test_a_number_moves_every_class_that_bears_its_name() -> None:
    """30 ECTS instead of 60: what is small and what is large change together, and so do those that follow."""
    said = [f"{REST} ; {ECTS} {points}" for points in (29, 30, 45, 60)]
    assert verdicts(*said) == ["yes", "yes", "yes", "no"]
    assert verdicts(*said, ects=30) == ["yes", "no", "no", "no"]
    numbers = read_definition({"ects": 30}).thresholds
    assert {name: one.number for name, one in numbers.items()} == {
        "ects": 30, "hours": 750, "hours-large": 900, "uk-credits": 60,
    }  # fmt: skip
    assert read_definition({"ects": 30, "hours": 1000}).thresholds["hours-large"].number == 1200


def test_every_threshold_has_a_source_and_its_proposals() -> None:
    """No magic numbers: each says where it is from, and whether that was read."""
    for one in read_definition().thresholds.values():
        assert one.source and one.title and one.unit and one.proposals
        assert all(proposal.by and proposal.source for proposal in one.proposals)
        assert one.default in {proposal.number for proposal in one.proposals}


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        (f"{REST} ; {ECTS} 5", "yes"),
        (f"{REST} ; {ECTS} 5.0 ; mc:workloadHours 150", "yes"),
        (f"{REST} ; {ECTS} 0", "undecided"),
        (f"{REST} ; mc:creditPoints 5", "undecided"),
        (f"{REST} ; mc:creditPoints 500 ; mc:creditSystem own:national-credit", "undecided"),
        (f"{REST} ; mc:workloadHours 1499.99", "yes"),
        (f"{REST} ; mc:workloadHours 1600", "undecided"),
        (f"{REST} ; mc:workloadHours 1800", "no"),
        (f"{REST} ; {ECTS} '5'", "undecided"),
        (f"{REST} ; {ECTS} '5 ECTS'^^xsd:decimal", "undecided"),
        (f"{REST} ; {ECTS} 5 ; mc:workloadHours 9000", "undecided"),
        (f"{REST} ; {ECTS} 5 ; mc:isFullQualification true", "undecided"),
        (f"{REST.replace('b1b68f6735', '7331eb4762')} ; {ECTS} 5", "no"),
        (f"{REST.replace('module-certificate', 'digital-badge')} ; {ECTS} 5", "undecided"),
        (f"{REST.replace('module-certificate', 'full-qualification')} ; {ECTS} 5", "no"),
    ],
)
def test_what_is_not_stated_is_not_false(said: str, verdict: str) -> None:
    """Each case by hand: stated, missing, unreadable, contradicting."""
    assert verdicts(said) == [verdict]


def test_being_called_one_is_no_evidence() -> None:
    """A source that types its record as a microcredential labels it; a record so typed is still a credential."""
    one = found("mc:title 'T'@en").iris[0]
    triples = [
        quad.triple for quad in ox.parse(f"{PREFIXES} <{one}> a mc:Microcredential .", format=ox.RdfFormat.TURTLE)
    ]
    assert classify(TripleFacts(triples)).verdicts().to_list() == ["undecided"]


def test_what_would_decide_is_said_in_the_words_of_the_ontology() -> None:
    """One missing fact, alternatives, and a contradiction."""
    told = found(
        REST.replace("mc:awardedBy :b ; ", "") + f" ; {ECTS} 5",
        REST,
        f"{REST} ; {ECTS} 5 ; mc:workloadHours 9000",
    ).missing()
    assert told.to_list() == [
        "awarded by",
        "(credit points and credit system) or workload in hours",
        "the record contradicts itself: volume is small, and volume is large",
    ]


def test_gaps_tell_which_fact_alone_would_decide_most() -> None:
    """The list a register would work through."""
    gaps = found(REST, REST, REST.replace("mc:title 'T'@en ; ", "")).gaps()
    assert gaps[0] == ("volume is small", "(credit points and credit system) or workload in hours", 3, 2)
    assert gaps[1] == ("is documented", "title", 1, 0)


def test_sensitivity_counts_against_the_number_in_force() -> None:
    """How many more at 90, how many fewer at 10, and what moves with it."""
    classified = found(*[f"{REST} ; {ECTS} {points}" for points in (5, 15, 45, 75)])
    tried = sensitivity(classified, "ects", [Decimal(10), Decimal(90)])
    assert [(int(t.number), t.yes, t.no, t.more, t.in_force) for t in tried] == [
        (10, 1, 3, -2, False), (60, 3, 1, 0, True), (90, 4, 0, 1, False),
    ]  # fmt: skip
    assert tried[0].beside == "hours 250, hours-large 300, uk-credits 20"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"etcs": 30}, "Did you mean «ects»"),
        ({"ects": -5}, "no number"),
        ({"ects": "0"}, "no number"),
        ({"ects": "many"}, "no number"),
        ({"ects": "NaN"}, "no number"),
        ({"ects": "1e99"}, "no number"),
    ],
)
def test_a_wrong_threshold_is_refused(numbers: dict[str, object], words: str) -> None:
    """A misspelt name must not leave the number as it was."""
    with pytest.raises(WrongUse, match=words):
        read_definition(numbers)  # type: ignore[arg-type]


def test_an_ontology_without_the_definition_is_refused(tmp_path: Path, root: Path) -> None:
    """That is a fault of the installation, not an empty answer."""
    with pytest.raises(RuleBroken, match="no ontology"):
        read_definition(folder=tmp_path)
    shutil.copy(root / "ontology" / "credential.ttl", tmp_path)
    with pytest.raises(RuleBroken, match="does not define mc:Microcredential"):
        read_definition(folder=tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("owl:unionOf ( mc:SmallByCredits", "owl:disjointUnionOf ( mc:SmallByCredits", "does not know"),
        ("owl:unionOf ( mc:SmallByCredits", "owl:unionOf ( mc:Microcredential", "in a circle"),
        ("xsd:maxExclusive", "xsd:totalDigits", "facet totalDigits"),
        ('mc:threshold "60.0"', 'mc:threshold "61.0"', "two numbers"),
    ],
)
def test_an_axiom_that_is_not_understood_is_never_passed_over(
    tmp_path: Path, root: Path, old: str, new: str, words: str
) -> None:
    """A definition that is half read would give verdicts nobody defined."""
    for path in (root / "ontology").glob("*.ttl"):
        shutil.copy(path, tmp_path)
    text = (tmp_path / "definition.ttl").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "definition.ttl").write_text(text.replace(old, new, 1), encoding="utf-8")
    triples = [
        quad.triple
        for quad in ox.parse(f"{PREFIXES} :x a mc:Credential ; {REST} ; {ECTS} 5 .", format=ox.RdfFormat.TURTLE)
    ]
    with pytest.raises(RuleBroken, match=words):
        classify(TripleFacts(triples), ontology=tmp_path)


def test_codes_of_a_list_are_said_to_differ(root: Path) -> None:
    """Whoever adds a code to a list adds it to the group of different things, or a «no» is lost."""
    said = read_definition().axioms.different
    groups = (("eu-assessment",), ("credit-system", "eu-education-credit"), ("form",), ("qa-decision",), ("qa-type",))
    for files in groups:
        members = {
            quad.subject.value
            for name in files
            for quad in ox.parse(path=str(root / "ontology" / "vocabularies" / f"{name}.ttl"))
            if quad.predicate.value == SKOS + "inScheme"
        }
        assert members in [set(group) for group in said], files


@pytest.mark.parametrize(
    ("datatype", "facets", "literal", "told"),
    [
        ("decimal", (("maxExclusive", "60"),), Literal("59.99999999999999999999", XSD + "decimal"), True),
        ("decimal", (("maxExclusive", "60"),), Literal("60", XSD + "integer"), False),
        ("decimal", (), Literal("60", XSD + "double"), False),
        ("decimal", (), Literal("60", XSD + "string"), False),
        ("decimal", (), Literal("6O", XSD + "decimal"), None),
        ("decimal", (), Literal("６０", XSD + "decimal"), None),
        ("integer", (), Literal("60.0", XSD + "decimal"), True),
        ("integer", (), Literal("60.5", XSD + "decimal"), False),
        ("decimal", (), Literal("x", "urn:unknown"), None),
    ],
)
def test_literals_lie_in_value_spaces(
    datatype: str, facets: tuple[tuple[str, str], ...], literal: Literal, told: bool | None
) -> None:
    """Numbers are compared exactly, and what is no number is neither in nor out."""
    bounds = tuple((name, Literal(text, XSD + "decimal")) for name, text in facets)
    assert holds(DataRange(XSD + datatype, bounds), literal) is told


def test_two_spellings_are_one_value() -> None:
    """`0` and `false` are one truth value; a text is no number."""
    assert same(Literal("0", XSD + "boolean"), Literal("false", XSD + "boolean")) is True
    assert same(Literal("1", XSD + "integer"), Literal("1.0", XSD + "decimal")) is True
    assert same(Literal("1", XSD + "integer"), Literal("1")) is False
    assert same(Literal("x", XSD + "integer"), Literal("1", XSD + "integer")) is None
