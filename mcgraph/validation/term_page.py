"""What a term of the ontology or of a vocabulary means, read from the Turtle files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mcgraph.model import bundled
from mcgraph.model.namespaces import DCTERMS, OWL, PREFIXES, RDF_TYPE, RDFS, SKOS, shorten
from mcgraph.validation.catalogue import Words
from mcgraph.validation.parse import Statements, read_triples

_TEXTS = {
    "definition": (SKOS + "definition", RDFS + "comment"),
    "example": (SKOS + "example",),
    "note": (SKOS + "scopeNote",),
}
_LINKS = {
    "above": (RDFS + "subClassOf", RDFS + "subPropertyOf", SKOS + "broader"),
    "inverse": (OWL + "inverseOf",),
    "scheme": (SKOS + "inScheme",),
    "source": (DCTERMS + "source",),
    "same": (SKOS + "exactMatch", SKOS + "closeMatch"),
}
_SAY: dict[str, dict[str, str]] = {
    "en": {"definition": "Definition", "example": "Example", "note": "Note", "above": "Kind of",
           "inverse": "Inverse", "scheme": "List", "source": "Source", "same": "Same as", "iri": "IRI"},
    "fr": {"definition": "Définition", "example": "Exemple", "note": "Remarque", "above": "Sorte de",
           "inverse": "Inverse", "scheme": "Liste", "source": "Source", "same": "Équivaut à", "iri": "IRI"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Term:
    """One term with its label, texts and links."""

    iri: str
    kinds: tuple[str, ...]
    label: Words
    texts: Mapping[str, Words]
    links: Mapping[str, tuple[str, ...]]


@cache
def _statements() -> Statements:
    files = sorted(bundled.path("ontology").glob("*.ttl")) + sorted(
        bundled.path("ontology", "vocabularies").glob("*.ttl")
    )
    return Statements(triple for file in files for triple in read_triples(file))


@cache
def names() -> tuple[str, ...]:
    """The short names of every term."""
    said = _statements()
    return tuple(shorten(s) for s in said.subjects() if not s.startswith("_:") and said.values(s, RDF_TYPE))


def find(what: str) -> Term | None:
    """The term with this IRI, prefixed name, or local name of our ontology."""
    said = _statements()
    for iri in _spellings(what.strip("<>")):
        if said.values(iri, RDF_TYPE):
            return _term(said, iri)
    return None


def _spellings(what: str) -> list[str]:
    prefix, colon, local = what.partition(":")
    spelled = [what, PREFIXES["mc"] + what]
    return [*spelled, PREFIXES[prefix] + local] if colon and prefix in PREFIXES else spelled


def _term(said: Statements, iri: str) -> Term:
    def worded(*predicates: str) -> Words:
        values = [t for p in predicates for t in said.values(iri, p)]
        return Words({t.language or "en": t.value for t in reversed(values)})

    def linked(*predicates: str) -> tuple[str, ...]:
        values = [t.value for p in predicates for t in said.values(iri, p)]
        return tuple(sorted(shorten(v) for v in values if not v.startswith("_:")))

    return Term(
        iri=iri,
        kinds=linked(RDF_TYPE),
        label=worded(RDFS + "label", SKOS + "prefLabel"),
        texts={name: worded(*predicates) for name, predicates in _TEXTS.items()},
        links={name: linked(*predicates) for name, predicates in _LINKS.items()},
    )


def as_json(term: Term, lang: str) -> dict[str, Any]:
    """A term as JSON."""
    texts = {name: words.said(lang) for name, words in term.texts.items()}
    links = {name: list(values) for name, values in term.links.items()}
    return {"iri": term.iri, "name": shorten(term.iri), "kinds": list(term.kinds),
            "label": term.label.said(lang), **texts, **links}  # fmt: skip


def page(term: Term, lang: str) -> str:
    """A term as plain text for a terminal."""
    say = _SAY.get(lang, _SAY["en"])
    facts = [(say[name], words.said(lang)) for name, words in term.texts.items()]
    facts += [(say[name], ", ".join(values)) for name, values in term.links.items()]
    facts.append((say["iri"], term.iri))
    width = max(len(name) for name, _ in facts)
    head = f"{shorten(term.iri)} · {term.label.said(lang)} · {', '.join(term.kinds)}"
    return "\n".join([head, "", *(f"  {name:<{width}}  {text}" for name, text in facts if text)])
