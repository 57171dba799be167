"""The namespaces of mcgraph, and the short prefixes used in queries, mappings and reports."""

from __future__ import annotations

from functools import lru_cache

MC = "https://w3id.org/mcgraph/ontology#"
VOCAB = "https://w3id.org/mcgraph/vocab/"
SHAPES = "https://w3id.org/mcgraph/shapes#"
ID = "https://w3id.org/mcgraph/id/"
GRAPH = "https://w3id.org/mcgraph/graph/"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
PROV = "http://www.w3.org/ns/prov#"
DCTERMS = "http://purl.org/dc/terms/"
SH = "http://www.w3.org/ns/shacl#"

RDF_TYPE = RDF + "type"

PREFIXES: dict[str, str] = {
    "mc": MC,
    "mcsh": SHAPES,
    "id": ID,
    "graph": GRAPH,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "prov": PROV,
    "dcterms": DCTERMS,
    "sh": SH,
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vann": "http://purl.org/vocab/vann/",
    "vs": "http://www.w3.org/2003/06/sw-vocab-status/ns#",
    "elm": "http://data.europa.eu/snb/model/ontology/",
    "eqf": "http://data.europa.eu/snb/eqf/",
    "isced-f": "http://data.europa.eu/snb/isced-f/",
    "esco": "http://data.europa.eu/esco/model#",
    "country": "http://publications.europa.eu/resource/authority/country/",
    "language": "http://publications.europa.eu/resource/authority/language/",
    # One local scheme per axis; a term is vocab/<scheme>#<kebab-case-notation>.
    "form": VOCAB + "form#",
    "format": VOCAB + "format#",
    "function": VOCAB + "function#",
    "provider-type": VOCAB + "provider-type#",
    "role": VOCAB + "role#",
    "qa-type": VOCAB + "qa-type#",
    "qa-decision": VOCAB + "qa-decision#",
    "recognition-effect": VOCAB + "recognition-effect#",
    "recognition-purpose": VOCAB + "recognition-purpose#",
    "recognition-basis": VOCAB + "recognition-basis#",
    "statement-status": VOCAB + "statement-status#",
    "requirement": VOCAB + "requirement#",
    "stackability": VOCAB + "stackability#",
    "record-status": VOCAB + "record-status#",
    "claim": VOCAB + "claim#",
    "credit-system": VOCAB + "credit-system#",
    "access-route": VOCAB + "access-route#",
    "qf-ehea": VOCAB + "qf-ehea#",
    "framework": VOCAB + "framework#",
}


def expand(curie: str) -> str:
    """The full IRI of a prefixed name such as `mc:title`; an IRI in angle brackets or with `://` is kept.

    >>> expand("mc:title")
    'https://w3id.org/mcgraph/ontology#title'

    Raises `KeyError` with the unknown prefix.
    """
    if curie.startswith("<") and curie.endswith(">"):
        return curie[1:-1]
    if "://" in curie:
        return curie
    prefix, _, local = curie.partition(":")
    return PREFIXES[prefix] + local


@lru_cache(maxsize=10_000)
def shorten(iri: str) -> str:
    """The prefixed name of an IRI where one of our prefixes fits, else the IRI unchanged.

    >>> shorten("https://w3id.org/mcgraph/ontology#title")
    'mc:title'
    """
    best = ""
    for prefix, base in PREFIXES.items():
        if iri.startswith(base) and len(base) > len(PREFIXES.get(best, "")):
            best = prefix
    return f"{best}:{iri[len(PREFIXES[best]) :]}" if best else iri
