"""The files of the model: sorted, readable by two libraries, and true to the standards they name."""

from __future__ import annotations

import re
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
from rdflib.compare import isomorphic

from mcgraph.errors import RuleBroken
from mcgraph.reasoning import alignments

ONTOLOGY = Path(__file__).resolve().parents[2] / "ontology"
FILES = sorted(path.relative_to(ONTOLOGY).as_posix() for path in ONTOLOGY.rglob("*.ttl"))
# A block begins at the margin with a prefixed name and a type.
BLOCK = re.compile(r"^([a-z][\w-]*:[\w-]+) a (?:owl:(?:Class|\w+Property)|skos:Concept)\b.* ;$", re.MULTILINE)


@pytest.mark.parametrize("name", FILES)
def test_two_libraries_read_the_same(name: str) -> None:
    """A file that only one parser understands is no standard file."""
    path = ONTOLOGY / name
    mine = rdflib.Graph()
    quads = ox.parse(path=str(path), format=ox.RdfFormat.TURTLE)
    mine.parse(data=ox.serialize((quad.triple for quad in quads), format=ox.RdfFormat.N_TRIPLES), format="nt")
    theirs = rdflib.Graph().parse(path, format="turtle")
    assert len(theirs) > 0
    assert isomorphic(mine, theirs)


@pytest.mark.parametrize("name", FILES)
def test_blocks_are_sorted_once_each(name: str) -> None:
    """Sorted blocks keep differences small, and a term is described in one place."""
    blocks = BLOCK.findall((ONTOLOGY / name).read_text(encoding="utf-8"))
    assert blocks == sorted(set(blocks))
    assert blocks or name == "mcgraph.ttl" or name.startswith("alignments/")


@pytest.mark.parametrize("name", FILES)
def test_prefixes_are_used(name: str) -> None:
    """A prefix nobody uses is a leftover."""
    text = (ONTOLOGY / name).read_text(encoding="utf-8")
    body = re.sub(r"^@prefix .*$", "", text, flags=re.MULTILINE)
    for prefix in re.findall(r"^@prefix ([\w-]+):", text, re.MULTILINE):
        assert f"{prefix}:" in body, prefix


def test_elm_terms_of_the_alignment_exist(shared: Path) -> None:
    """A term that ELM does not have would be an alignment to nothing (3.1 at hand, in the namespace of 3.3)."""
    old = "http://data.europa.eu/snb/model/elm/"
    elm = rdflib.Graph().parse(shared / "data" / "standards" / "elm" / "ELM.ttl")
    known = {str(term).removeprefix(old) for term in elm.subjects() if str(term).startswith(old)}
    table = alignments.read(ONTOLOGY / "mappings" / "elm-3.3.sssom.tsv")
    assert {row.object.partition(":")[2] for row in table.mappings} <= known


def test_open_badges_terms_of_the_alignment_exist(shared: Path) -> None:
    """As for ELM, from the vocabulary file of Open Badges 3.0."""
    base = "https://purl.imsglobal.org/spec/vc/ob/vocab.html#"
    vocabulary = rdflib.Graph().parse(shared / "data" / "credentials" / "ob3" / "vocab.ttl")
    known = {str(term).removeprefix(base) for term in vocabulary.subjects() if str(term).startswith(base)}
    table = alignments.read(ONTOLOGY / "mappings" / "open-badges-3.0.sssom.tsv")
    assert {row.object.partition(":")[2] for row in table.mappings} <= known


def test_eu_concepts_are_those_of_the_lists(shared: Path) -> None:
    """An EU list reused by IRI has exactly the members of the list, with its English labels."""
    skos = rdflib.SKOS
    theirs = rdflib.Graph().parse(shared / "data" / "standards" / "elm" / "europass-cv-en.ttl")
    for path in (ONTOLOGY / "vocabularies").glob("eu-*.ttl"):
        ours = rdflib.Graph().parse(path)
        (scheme,) = ours.subjects(rdflib.RDF.type, skos.ConceptScheme)
        members = set(ours.subjects(skos.inScheme, scheme))
        assert members == set(theirs.subjects(skos.inScheme, scheme)), path.name
        for concept in members:
            english = {label for label in ours.objects(concept, skos.prefLabel) if label.language == "en"}
            assert english == set(theirs.objects(concept, skos.prefLabel)), concept


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("mc:Award\t", "zz:Award\t"), "no known prefix"),
        (("\t0.9\t", "\t1.9\t"), "not between 0 and 1"),
        (("subject_id\t", "subject\t"), "columns"),
        (("#license:", "#licence:"), "lacks license"),
    ],
)
def test_a_broken_table_is_refused(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    """A mapping table with a mistake must not become RDF."""
    text = (ONTOLOGY / "mappings" / "elm-3.3.sssom.tsv").read_text(encoding="utf-8")
    broken = tmp_path / "elm-3.3.sssom.tsv"
    broken.write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(RuleBroken, match=says):
        alignments.read(broken)
