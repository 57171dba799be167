"""The model is consistent, complete in two languages, and each check can fail."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest

from mcgraph.model.namespaces import MC
from mcgraph.reasoning import alignments, checks
from mcgraph.reasoning.checks import run_checks
from mcgraph.reasoning.hermit import reason, why_unavailable

# A defect for each check, as Turtle beside the model.
DEFECTS = {
    "missing-label": "mc:Nameless a owl:Class .",
    "missing-definition": "mc:Undefined a owl:Class .",
    "missing-source": "mc:Unsourced a owl:Class .",
    "missing-module": "mc:Homeless a owl:ObjectProperty .",
    "missing-licence": "<https://example.org/m> a owl:Ontology .",
    "missing-version": "<https://example.org/m> a owl:Ontology .",
    "wrong-name": "mc:lowerClass a owl:Class .",
    "class-circle": "mc:Offer rdfs:subClassOf mc:Award . mc:Award rdfs:subClassOf mc:Offer .",
    "two-kinds": "mc:title a owl:ObjectProperty .",
    "inferring-domain": "mc:title rdfs:domain mc:Credential .",
    "unlabelled-concept": "<https://example.org/c> a skos:Concept .",
    "deprecated-without-successor": "mc:title owl:deprecated true .",
    "missing-inverse": "mc:oneSided a owl:ObjectProperty .",
    "own-inverse": "mc:mirror owl:inverseOf mc:mirror .",
    "missing-status": 'mc:Unstable a owl:Class ; vs:term_status "perhaps" .',
    "untyped-term": 'mc:Misspelt skos:definition "x"@en .',
    "repeated-label": 'mc:Second a owl:Class ; rdfs:label "Offer"@en .',
    "ambiguous-name": 'form:second skos:inScheme <https://w3id.org/mcgraph/vocab/form> ; skos:altLabel "Badge"@en .',
    "incomplete-concept": 'form:second a skos:Concept ; skos:prefLabel "x"@en, "x"@fr .',
    "incomplete-scheme": "<https://w3id.org/mcgraph/vocab/new> a skos:ConceptScheme .",
    "misspelt-concept": (
        'form:Second a skos:Concept ; skos:notation "Second" ; skos:inScheme <https://w3id.org/mcgraph/vocab/form> .'
    ),
    "missing-import": "<https://w3id.org/mcgraph/ontology/forgotten> a owl:Ontology .",
    "unplaced-element": 'mc:title mc:annexIElement "M12" .',
    "unknown-scheme": "mc:form mc:valuesFrom <https://w3id.org/mcgraph/vocab/none> .",
    "unused-term": "mc:neverEverUsedAnywhere a owl:DatatypeProperty .",
}
PREFIXES = (
    "@prefix mc: <https://w3id.org/mcgraph/ontology#> . @prefix owl: <http://www.w3.org/2002/07/owl#> . "
    "@prefix vs: <http://www.w3.org/2003/06/sw-vocab-status/ns#> . "
    "@prefix form: <https://w3id.org/mcgraph/vocab/form#> . "
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
    "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . "
)


def test_the_model_has_no_pitfall() -> None:
    """`mcgraph ontology check` has nothing to report."""
    assert {one.name: one.terms for one in run_checks() if one.terms} == {}


@pytest.mark.parametrize("name", sorted(DEFECTS))
def test_each_check_finds_its_defect(name: str) -> None:
    """A check that cannot fail checks nothing."""
    (found,) = [one for one in run_checks(PREFIXES + DEFECTS[name]) if one.name == name]
    assert found.terms


def test_every_query_has_its_defect(root: Path) -> None:
    """A new check without a defect that it finds would be a check nobody has seen fail."""
    assert {path.stem for path in (root / "ontology" / "checks").glob("*.rq")} == DEFECTS.keys() - {"unused-term"}


def test_an_import_of_nothing_is_found() -> None:
    """The root may import only what is there."""
    extra = "<https://w3id.org/mcgraph/ontology> owl:imports <https://w3id.org/mcgraph/ontology/gone> ."
    (found,) = [one for one in run_checks(PREFIXES + extra) if one.name == "missing-import"]
    assert found.terms == ("https://w3id.org/mcgraph/ontology/gone",)


def test_a_model_without_annex_one_misses_all_sixteen(root: Path) -> None:
    """Each element is asked for, not only those that are there."""
    found = checks._query(root / "ontology" / "checks" / "unplaced-element.rq", ox.Store())
    assert len(found.terms) == 16


@pytest.mark.parametrize("text", ["mc:creditPoint", "form:nanodegrees"])
def test_a_misspelt_term_in_a_query_is_found(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query with a misspelt property or concept would answer nothing, in silence."""
    lines = [f"SELECT ?s WHERE {{ ?s ?p {text} }}"]
    monkeypatch.setattr(checks, "_user_lines", lambda: iter(lines))
    (found,) = [one for one in run_checks() if one.name == "undeclared-term"]
    assert found.terms == (text,)


def test_the_model_is_consistent() -> None:
    """HermiT finds no contradiction and no class without possible members."""
    if why_unavailable():
        pytest.skip(f"HermiT cannot run here: {why_unavailable()}")
    result = reason()
    assert result.consistent
    assert result.unsatisfiable == ()


def test_every_element_of_annex_one_has_its_place(root: Path) -> None:
    """M1 to M11 and O1 to O5, each on at least one term."""
    text = "".join(path.read_text(encoding="utf-8") for path in (root / "ontology").glob("*.ttl"))
    found = set(re.findall(r'mc:annexIElement "([MO]\d+)"', text))
    for line in re.findall(r"mc:annexIElement ([^;]+) [;.]", text):
        found |= set(re.findall(r'"([MO]\d+)"', line))
    assert found == {f"M{i}" for i in range(1, 12)} | {f"O{i}" for i in range(1, 6)}


@pytest.mark.parametrize("name", ["elm-3.3", "ctdl", "open-badges-3.0", "schema-org"])
def test_alignments_are_generated_from_their_tables(root: Path, name: str) -> None:
    """The RDF is the SSSOM table and nothing else."""
    table = alignments.read(root / "ontology" / "mappings" / f"{name}.sssom.tsv")
    written = (root / "ontology" / "alignments" / f"{name}.ttl").read_text(encoding="utf-8")
    assert alignments.to_turtle(table) == written


def test_every_term_is_in_the_documentation(root: Path) -> None:
    """docs/model.md lists each class and property."""
    page = (root / "docs" / "model.md").read_text(encoding="utf-8")
    kinds = {f"http://www.w3.org/2002/07/owl#{kind}" for kind in ("Class", "ObjectProperty", "DatatypeProperty")}
    for path in (root / "ontology").glob("*.ttl"):
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            if quad.object.value in kinds and quad.subject.value.startswith(MC):
                assert f"`mc:{quad.subject.value.removeprefix(MC)}`" in page
