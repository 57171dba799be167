"""IRIs of the demo data: how a record, a code and a country are named in the graph."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
REGISTRY = "https://w3id.org/mcgraph/id/demo-registry/"
SURVEY = "https://w3id.org/mcgraph/id/demo-survey/"
MC = "https://w3id.org/mcgraph/ontology#"
VOCAB = "https://w3id.org/mcgraph/vocab/"
SOURCE = "https://w3id.org/mcgraph/graph/source/demo-registry"
EQF = "http://data.europa.eu/snb/eqf/"
ISCED = "http://data.europa.eu/snb/isced-f/"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"
LANGUAGE = "http://publications.europa.eu/resource/authority/language/"


def credential(name: str) -> str:
    return f"{REGISTRY}credential/{name}"


def organisation(name: str) -> str:
    return f"{REGISTRY}organisation/{name}"


def ours(scheme: str, code: str) -> str | None:
    """A concept of a vocabulary of ours, None for an empty cell."""
    return f"{VOCAB}{scheme}#{code}" if code else None


def prefixed(base: str, code: str) -> str | None:
    """A code behind its base, None for an empty cell."""
    return base + code if code else None


@cache
def european(scheme: str) -> dict[str, str]:
    """English label → IRI of a European code list, read line by line from its file."""
    text = (ROOT / "ontology" / "vocabularies" / f"eu-{scheme}.ttl").read_text(encoding="utf-8")
    base = re.search(r"@prefix eu: <([^>]*)>", text)
    assert base
    concepts = re.findall(r'^eu:(\w+) a skos:Concept(.*?)skos:prefLabel "([^"]*)"@en', text, re.MULTILINE | re.DOTALL)
    return {label: base[1] + code for code, _, label in concepts}


@cache
def table(path: str) -> tuple[dict[str, str], ...]:
    """The rows of a CSV file of the project."""
    with (ROOT / path).open(encoding="utf-8-sig", newline="") as stream:
        return tuple(csv.DictReader(stream))
