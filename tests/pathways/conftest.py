"""A small graph in Turtle, as a store would answer it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from mcgraph.demo.run import run_demo

HEAD = """
@prefix mc: <https://w3id.org/mcgraph/ontology#> .
@prefix prov: <http://www.w3.org/ns/prov#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix req: <https://w3id.org/mcgraph/vocab/requirement#> .
@prefix claim: <https://w3id.org/mcgraph/vocab/claim#> .
@prefix effect: <https://w3id.org/mcgraph/vocab/recognition-effect#> .
@prefix state: <https://w3id.org/mcgraph/vocab/statement-status#> .
@prefix record: <https://w3id.org/mcgraph/vocab/record-status#> .
@prefix eqf: <http://data.europa.eu/snb/eqf/> .
@prefix ex: <https://w3id.org/mcgraph/id/demo/credential/> .
@prefix by: <https://w3id.org/mcgraph/id/demo/organisation/> .
@prefix rule: <https://w3id.org/mcgraph/id/demo/stacking-rule/> .
@prefix rec: <https://w3id.org/mcgraph/id/demo/recognition/> .
"""

TURTLE = """
ex:A a mc:Credential ; mc:identifier "A" ; mc:title "Data literacy"@en, "Culture des données"@fr ;
  mc:creditPoints 2.5 ; mc:workloadHours 60 ; mc:eqfLevel eqf:5 ; mc:providedBy by:U .
ex:B a mc:Credential ; mc:identifier "B" ; mc:title "Data ethics"@en ;
  mc:creditPoints 2.5 ; mc:eqfLevel eqf:5 .
ex:C a mc:Credential ; mc:identifier "C" ; mc:title "Data ethics" ; mc:creditPoints 5 ; mc:eqfLevel eqf:4 ;
  mc:prerequisite ex:A .
ex:D a mc:Credential ; mc:identifier "D" ; mc:title "Old course" ; mc:status record:inactive ;
  mc:validUntil "2020-12-31"^^xsd:date ; mc:declaredStackingTarget ex:Q .
ex:T a mc:Credential, mc:Qualification ; mc:identifier "T" ; mc:title "Certificate in <data> & \\"ethics\\"" .
ex:Q a mc:Qualification ; mc:identifier "Q" ; mc:title "Bachelor" ; mc:replacedBy ex:T .
ex:X a mc:Credential ; mc:identifier "X" ; mc:title "Foreign course" ; mc:eqfLevel eqf:6 ; mc:awardedBy by:F .
by:U a mc:Organisation ; mc:legalName "University U" .
by:F a mc:Organisation ; mc:legalName "Fondation F" .
rule:R1 a mc:StackingRule ; mc:stackingWhole ex:T ; mc:requirementGroup rule:R1-g1, rule:R1-g2 ;
  mc:sideCondition rule:R1-c ; mc:claimedBy by:U ; mc:claimKind claim:by-provider ;
  mc:validFrom "2024-01-01"^^xsd:date ; mc:evidence "https://u.example/rules"^^xsd:anyURI .
rule:R1-g1 a mc:RequirementGroup ; mc:requirementType req:credit-points ; mc:requiredCreditPoints 5 ;
  mc:groupMember ex:A, ex:B, ex:C .
rule:R1-g2 a mc:RequirementGroup ; mc:requirementType req:any-of ; mc:groupMember ex:A, ex:B .
rule:R1-c a mc:SideCondition ; mc:conditionType req:minimum-level ; mc:conditionValue 5 .
rec:1 a mc:RecognitionStatement ; mc:recognisedCredential ex:X ; mc:recogniser by:U ;
  mc:recognisedTowards ex:T ;
  mc:recognitionEffect effect:credit ; mc:recognitionCredit 2.5 ; mc:claimKind claim:by-recogniser ;
  mc:statementStatus state:in-force ; mc:statementDate "2025-02-03"^^xsd:date .
rec:2 a mc:RecognitionStatement ; mc:recognisedOrganisation by:F ; mc:recogniser by:U ;
  mc:recognisedTowards ex:Q ;
  mc:recognitionEffect effect:refused ; mc:statementDate "2025-05-06"^^xsd:date .
rec:3 a mc:RecognitionStatement ; mc:recognisedCredential ex:X ; mc:recogniser by:U ;
  mc:recognisedTowards ex:B ;
  mc:recognitionEffect effect:full ; mc:validUntil "2025-03-31"^^xsd:date .
"""

PROVENANCE = """
rule:R1 prov:wasDerivedFrom <https://w3id.org/mcgraph/id/demo/submission/StackingRules#row=2> .
"""


class TurtleGraph:
    """What `RuleBook.read` needs of a store."""

    snapshot = "snapshot-1"

    def __init__(self, turtle: str = TURTLE, provenance: str = PROVENANCE) -> None:
        self.store = ox.Store()
        graphs = {"source/demo": turtle, "provenance": provenance}
        for name, text in graphs.items():
            graph = ox.NamedNode("https://w3id.org/mcgraph/graph/" + name)
            self.store.load(HEAD + text, format=ox.RdfFormat.TURTLE, to_graph=graph)

    def __enter__(self) -> TurtleGraph:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to give back."""

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """Plain strings over the union of the graphs."""
        found: Any = self.store.query(sparql, use_default_graph_as_union=True)
        return [tuple(None if value is None else value.value for value in row) for row in found]


@pytest.fixture
def graph() -> TurtleGraph:
    """The small graph."""
    return TurtleGraph()


@pytest.fixture
def graph_of() -> Callable[[str], TurtleGraph]:
    """A graph of some Turtle of the test's own."""
    return TurtleGraph


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the bundled demo."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    run_demo(folder, lambda _: None)
    return folder / "store"
