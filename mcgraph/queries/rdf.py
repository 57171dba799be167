"""The library as RDF, so that other tools can list and run it: SHACL executables, after the SIB examples.

Each question is a `sh:SPARQLExecutable` (and a `sh:SPARQLSelectExecutable`, …) whose text is the literal of
`sh:select`, `sh:ask` or `sh:construct`, with keywords and comments, as in https://github.com/sib-swiss/sparql-examples.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mcgraph.model.namespaces import XSD
from mcgraph.model.terms import literal
from mcgraph.queries.guard import bare_text, declared_prefixes
from mcgraph.queries.library import NamedQuestion

BASE = "https://w3id.org/mcgraph/question/"
SH = "http://www.w3.org/ns/shacl#"
_RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_SCHEMA = "https://schema.org/"
_DCTERMS = "http://purl.org/dc/terms/"
_PREFIX_NODE = "_:prefixes"
_FORMS = ("Select", "Ask", "Construct", "Describe")


def ntriples(questions: Iterable[NamedQuestion]) -> str:
    """All questions as N-Triples, which every Turtle reader takes."""
    known = list(questions)
    prefixes: dict[str, str] = {}
    for question in known:
        prefixes |= declared_prefixes(question.text, {})
    lines = [*_prefixes(prefixes), *(line for question in known for line in _question(question))]
    return "".join(f"{line} .\n" for line in lines)


def _prefixes(prefixes: dict[str, str]) -> Iterator[str]:
    for name, base in sorted(prefixes.items()):
        node = f"_:prefix-{name}"
        yield f"{_PREFIX_NODE} <{SH}declare> {node}"
        yield f"{node} <{SH}prefix> {literal(name)}"
        yield f"{node} <{SH}namespace> {literal(base, datatype=XSD + 'anyURI')}"


def _question(question: NamedQuestion) -> Iterator[str]:
    node = f"<{BASE}{question.name}>"
    form = query_form(question.text)
    yield f"{node} <{_RDF_TYPE}> <{SH}SPARQLExecutable>"
    yield f"{node} <{_RDF_TYPE}> <{SH}SPARQL{form}Executable>"
    yield f"{node} <{SH}prefixes> {_PREFIX_NODE}"
    yield f"{node} <{SH}{form.lower()}> {literal(question.text)}"
    yield f"{node} <{_RDFS}label> {literal(question.summary, language='en')}"
    yield f"{node} <{_RDFS}comment> {literal(question.question, language='en')}"
    yield f"{node} <{_DCTERMS}description> {literal(question.description, language='en')}"
    yield f"{node} <{_DCTERMS}subject> {literal(question.group)}"
    for tag in question.tags:
        yield f"{node} <{_SCHEMA}keywords> {literal(tag)}"
    for parameter in question.parameters:
        parameter_node = f"<{BASE}{question.name}/parameter/{parameter.name}>"
        yield f"{node} <{SH}parameter> {parameter_node}"
        yield f"{parameter_node} <{_RDF_TYPE}> <{SH}Parameter>"
        # SHACL names a parameter by the last part of its path.
        yield f"{parameter_node} <{SH}path> <{BASE}parameter/{parameter.name}>"
        yield f"{parameter_node} <{_RDFS}label> {literal(parameter.label, language='en')}"
        optional = "false" if parameter.required else "true"
        yield f"{parameter_node} <{SH}optional> {literal(optional, datatype=XSD + 'boolean')}"


def query_form(text: str) -> str:
    """`Select`, `Ask`, `Construct` or `Describe`: what kind of query a text is."""
    words = bare_text(text).upper().split()
    found = [form for form in _FORMS if form.upper() in words]
    return min(found, key=lambda form: words.index(form.upper()))
