"""The compiled rules and HermiT give the same verdicts on random graphs, with the numbers varied."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest

from mcgraph.model.namespaces import MC
from mcgraph.reasoning.classify import classify_by
from mcgraph.reasoning.deciding import CONTRADICTS
from mcgraph.reasoning.definition import ASSURED, LABELLED, MICROCREDENTIAL, read_definition
from mcgraph.reasoning.evaluate import Evaluator, Reader
from mcgraph.reasoning.expressions import Named
from mcgraph.reasoning.facts import TripleFacts
from mcgraph.reasoning.hermit import why_unavailable
from mcgraph.reasoning.reference import prove
from tests.reasoning.graphs import ID, random_graph

SHORT = [(1, {}, 8)]
LONG = [(1, {}, 24)] + [
    (seed, numbers, 30) for seed in range(2, 12) for numbers in ({"ects": 30}, {"ects": 15, "hours": 400})
]


@pytest.fixture(scope="module", autouse=True)
def _hermit() -> None:
    if why_unavailable():
        pytest.skip(f"HermiT cannot run here: {why_unavailable()}")


def _both_agree(seed: int, numbers: dict[str, int], size: int) -> set[object]:
    chance = random.Random(seed)
    graphs = {f"{ID}{i}": random_graph(chance, str(i)) for i in range(size)}
    definition = read_definition(numbers)
    facts = TripleFacts([triple for graph in graphs.values() for triple in graph])
    found = classify_by(definition, Reader(facts))
    clashing = {
        iri
        for column in found.columns
        for iri, text in zip(found.iris, column.missing_texts(), strict=True)
        if text and text.startswith(CONTRADICTS)
    }
    kept = [triple for iri, graph in graphs.items() if iri not in clashing for triple in graph]
    classes = [MICROCREDENTIAL, ASSURED, *(column.criterion.iri for column in found.columns)]
    reference = prove(kept, definition, [*classes, LABELLED], deadline=400)
    assert reference.consistent
    evaluator = Evaluator(definition.axioms, definition.closed, found.reader)
    seen: set[object] = set()
    for name in classes:
        truth = evaluator.truth(Named(name), found.domain)
        for at, iri in enumerate(found.iris):
            if iri in clashing:
                continue
            mine = True if truth.yes[at] else False if truth.no[at] else None
            assert reference.proved.get((iri, name)) is mine, (iri, name, [str(t) for t in graphs[iri]])
            seen.add((name == MICROCREDENTIAL, mine))
    for at, iri in enumerate(found.iris):
        if iri not in clashing:
            assert bool(found.labelled[at]) is (reference.proved.get((iri, LABELLED)) is True), iri
    return seen


@pytest.mark.parametrize(("seed", "numbers", "size"), SHORT)
def test_rules_and_reasoner_agree(seed: int, numbers: dict[str, int], size: int) -> None:
    """Member, provably none, or undecided: the same for every class, and all three occur."""
    seen = _both_agree(seed, numbers, size)
    assert {(True, None), (True, False), (False, True), (False, False), (False, None)} <= seen


@pytest.mark.long
@pytest.mark.parametrize(("seed", "numbers", "size"), LONG)
def test_rules_and_reasoner_agree_on_hundreds(seed: int, numbers: dict[str, int], size: int) -> None:
    """As above on 600 graphs, at 15 and 30 ECTS."""
    _both_agree(seed, numbers, size)


@pytest.mark.parametrize(
    "said",
    [
        "mc:creditPoints 5 ; mc:creditSystem credit:6fcec5c5af ; mc:workloadHours 1800",
        pytest.param("mc:isFullQualification true ; mc:form form:nanodegree", marks=pytest.mark.long),
        pytest.param(
            "mc:form form:certificate-of-attendance ; mc:learningOutcome <urn:o> ; "
            "mc:assessmentType <http://data.europa.eu/snb/assessment/b1b68f6735>",
            marks=pytest.mark.long,
        ),
    ],
)
def test_what_contradicts_itself_contradicts_the_ontology(said: str) -> None:
    """What the rules call a contradiction is one for HermiT, and decides nothing about that criterion."""
    text = f"""@prefix mc: <{MC}> . @prefix credit: <http://data.europa.eu/snb/education-credit/> .
    @prefix form: <https://w3id.org/mcgraph/vocab/form#> . <urn:x> a mc:Credential ; {said} ."""
    triples = [quad.triple for quad in ox.parse(text, format=ox.RdfFormat.TURTLE)]
    definition = read_definition()
    found = classify_by(definition, Reader(TripleFacts(triples)))
    assert CONTRADICTS in (found.missing()[0] or "")
    assert found.verdicts()[0] == "undecided"
    assert not prove(triples, definition, [MICROCREDENTIAL], deadline=300).consistent
