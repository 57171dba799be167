"""The library as RDF: read by parsers that are not ours, with the same texts."""

from __future__ import annotations

import pyoxigraph
import rdflib

from mcgraph.queries import library
from mcgraph.queries.rdf import BASE, query_form

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")


def test_every_question_is_an_executable_with_its_very_text(mcgraph) -> None:
    """rdflib reads the Turtle; each question is there once, with the text of its file and its keywords."""
    done = mcgraph("query", "--list", "--format", "ttl")
    assert done.returncode == 0, done.stderr
    graph = rdflib.Graph().parse(data=done.stdout, format="turtle")
    nodes = set(graph.subjects(rdflib.RDF.type, SH.SPARQLExecutable))
    assert nodes == {rdflib.URIRef(BASE + name) for name in library()}
    for name, question in library().items():
        node = rdflib.URIRef(BASE + name)
        assert [str(text) for text in graph.objects(node, SH.select)] == [question.text]
        assert {str(word) for word in graph.objects(node, rdflib.SDO.keywords)} == set(question.tags)
        paths = [graph.value(each, SH.path) for each in graph.objects(node, SH.parameter)]
        parameters = {str(path).rpartition("/")[2] for path in paths}
        assert parameters == {parameter.name for parameter in question.parameters}


def test_prefixes_are_those_of_the_texts(mcgraph) -> None:
    """Every prefix a text declares is declared once, with its namespace."""
    graph = rdflib.Graph().parse(data=mcgraph("query", "--list", "--format", "ttl").stdout, format="turtle")
    declared = {
        str(graph.value(node, SH.prefix)): str(graph.value(node, SH.namespace))
        for node in graph.objects(None, SH.declare)
    }
    assert declared["mc"] == "https://w3id.org/mcgraph/ontology#"
    assert len(declared) == len(list(graph.objects(None, SH.declare)))
    for question in library().values():
        for line in question.text.splitlines():
            if line.startswith("PREFIX "):
                _, name, base = line.split()
                assert declared[name.rstrip(":")] == base.strip("<>")


def test_texts_run_in_an_engine_that_knows_no_prefix_of_ours() -> None:
    """Another tool needs nothing but the text: every one is whole SPARQL."""
    empty = pyoxigraph.Store()
    for question in library().values():
        empty.query(question.text)


def test_form_of_a_query_is_read_past_comments_and_texts() -> None:
    """A word in a comment or a text decides nothing."""
    assert query_form("# SELECT\nPREFIX a: <http://x/CONSTRUCT>\nASK { ?s ?p 'SELECT' }") == "Ask"
    assert query_form("CONSTRUCT { ?s ?p ?o } WHERE { SELECT * { ?s ?p ?o } }") == "Construct"
