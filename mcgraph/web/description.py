"""What the endpoint says of itself in RDF: the SPARQL 1.1 Service Description and VoID with its partitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mcgraph import __version__
from mcgraph.limits import Limits
from mcgraph.model.namespaces import DCTERMS, ID, MC, PREFIXES, RDF_TYPE, RDFS, XSD
from mcgraph.queries.engine import Engine, Source

SD = "http://www.w3.org/ns/sparql-service-description#"
VOID = "http://rdfs.org/ns/void#"
FORMATS = "http://www.w3.org/ns/formats/"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
_RESULTS = (
    "SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV",
    "Turtle", "N-Triples", "RDF_XML", "JSON-LD",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Counts:
    """What VoID tells of a snapshot: statements by graph and property, records by class, subjects and objects."""

    graphs: tuple[tuple[str, int], ...]
    classes: tuple[tuple[str, int], ...]
    properties: tuple[tuple[str, int], ...]
    subjects: int
    objects: int

    @property
    def triples(self) -> int:
        """Statements in all graphs; one that stands in two graphs counts twice."""
        return sum(count for _, count in self.graphs)


def count(source: Source, limits: Limits) -> Counts:
    """Count one snapshot, in a worker of its own with more time than a user's query has.

    Raises `LimitReached` where even that is not enough.
    """
    bounds = replace(limits, query_seconds=limits.served_count_seconds, rows_returned=1_000_000)
    with Engine(source.index_path, bounds) as engine:

        def pairs(query: str) -> tuple[tuple[str, int], ...]:
            return tuple((row[0] or "", int(row[1] or 0)) for row in engine.run(query).rows if row[0])

        def number(query: str) -> int:
            return int(engine.run(query).rows[0][0] or 0)

        return Counts(
            pairs("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ORDER BY ?g"),
            pairs("SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c FILTER(isIRI(?c)) } GROUP BY ?c ORDER BY ?c"),
            pairs("SELECT ?p (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?p ORDER BY ?p"),
            number("SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }"),
            number("SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }"),
        )


class _Description:
    """Triples that are written down one after another about numbered blank nodes or IRIs."""

    def __init__(self) -> None:
        import pyoxigraph

        self._ox = pyoxigraph
        self.triples: list[Any] = []

    def iri(self, text: str) -> Any:
        return self._ox.NamedNode(text)

    def node(self) -> Any:
        # Numbers instead of random names: the same snapshot gives the same text.
        return self._ox.BlankNode(f"n{len(self.triples)}")

    def say(self, subject: Any, predicate: str, value: Any) -> None:
        self.triples.append(self._ox.Triple(subject, self.iri(predicate), value))

    def text(self, words: str) -> Any:
        return self._ox.Literal(words, language="en")

    def number(self, value: int) -> Any:
        return self._ox.Literal(str(value), datatype=self.iri(XSD + "integer"))

    def write(self, form: str) -> bytes:
        prefixes = {"sd": SD, "void": VOID} | {name: PREFIXES[name] for name in ("mc", "rdfs", "dcterms", "xsd")}
        formats = {
            "ttl": self._ox.RdfFormat.TURTLE,
            "nt": self._ox.RdfFormat.N_TRIPLES,
            "rdf": self._ox.RdfFormat.RDF_XML,
            "jsonld": self._ox.RdfFormat.JSON_LD,
        }
        written = self._ox.serialize(self.triples, format=formats[form], prefixes=prefixes)
        return written or b""


def service_description(endpoint: str, graphs: Sequence[str], form: str) -> bytes:
    """The endpoint, its formats, and its dataset: the default graph is the union of the named ones."""
    about = _Description()
    service, dataset, default = about.iri(endpoint), about.node(), about.iri(endpoint + "#default-graph")
    about.say(service, RDF_TYPE, about.iri(SD + "Service"))
    about.say(service, SD + "endpoint", service)
    about.say(service, SD + "supportedLanguage", about.iri(SD + "SPARQL11Query"))
    about.say(service, SD + "feature", about.iri(SD + "UnionDefaultGraph"))
    for name in _RESULTS:
        about.say(service, SD + "resultFormat", about.iri(FORMATS + name))
    about.say(service, SD + "defaultDataset", dataset)
    about.say(dataset, RDF_TYPE, about.iri(SD + "Dataset"))
    about.say(dataset, SD + "defaultGraph", default)
    about.say(default, RDF_TYPE, about.iri(SD + "Graph"))
    for iri in graphs:
        named = about.node()
        about.say(dataset, SD + "namedGraph", named)
        about.say(named, RDF_TYPE, about.iri(SD + "NamedGraph"))
        about.say(named, SD + "name", about.iri(iri))
        graph = about.node()
        about.say(named, SD + "graph", graph)
        about.say(graph, RDF_TYPE, about.iri(SD + "Graph"))
    return about.write(form)


def void_description(base: str, title: str, snapshot: str, counts: Counts, form: str) -> bytes:
    """The data set with its size, its classes, its properties, and a subset for every named graph."""
    about = _Description()
    page = about.iri(f"{base}/.well-known/void")
    whole = about.iri(f"{base}/.well-known/void#dataset")
    about.say(page, RDF_TYPE, about.iri(VOID + "DatasetDescription"))
    about.say(page, "http://xmlns.com/foaf/0.1/primaryTopic", whole)
    about.say(whole, RDF_TYPE, about.iri(VOID + "Dataset"))
    about.say(whole, DCTERMS + "title", about.text(title))
    about.say(whole, DCTERMS + "identifier", about.text(snapshot))
    note = f"Counted on the snapshot {snapshot} by mcgraph {__version__}. A statement in two graphs counts twice."
    about.say(whole, RDFS + "comment", about.text(note))
    about.say(whole, VOID + "sparqlEndpoint", about.iri(f"{base}/sparql"))
    about.say(whole, VOID + "uriSpace", about._ox.Literal(ID))
    about.say(whole, VOID + "vocabulary", about.iri(MC))
    for name, value in (
        ("triples", counts.triples),
        ("distinctSubjects", counts.subjects),
        ("distinctObjects", counts.objects),
        ("classes", len(counts.classes)),
        ("properties", len(counts.properties)),
    ):
        about.say(whole, VOID + name, about.number(value))
    for key, link, counted, pairs in (
        ("classPartition", "class", "entities", counts.classes),
        ("propertyPartition", "property", "triples", counts.properties),
    ):
        for iri, size in pairs:
            part = about.node()
            about.say(whole, VOID + key, part)
            about.say(part, VOID + link, about.iri(iri))
            about.say(part, VOID + counted, about.number(size))
    for iri, size in counts.graphs:
        part = about.iri(iri)
        about.say(whole, VOID + "subset", part)
        about.say(part, RDF_TYPE, about.iri(VOID + "Dataset"))
        about.say(part, VOID + "triples", about.number(size))
    return about.write(form)
