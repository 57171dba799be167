"""`mcgraph explain`: one rule by its code, or one term of the ontology."""

from __future__ import annotations

import difflib

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse


@click.command()
@click.argument("what")
@click.option("--lang", default="en", help="Language of the texts (en, fr).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(console: Console, what: str, lang: str, as_json: bool) -> None:
    """One rule or ontology term.

    \b
    Examples:
      mcgraph explain CRD-TITLE-001
      mcgraph explain mc:RecognitionStatement --lang fr
    """
    from mcgraph.validation import catalogue, listing

    rule = catalogue.rules().get(what.upper())
    if rule is not None:
        if as_json:
            console.document(listing.document(rule, lang))
        else:
            console.data(listing.page(rule, lang))
        return
    facts = _term(what, lang)
    if facts is None:
        near = difflib.get_close_matches(what, [*catalogue.rules(), *_local_names()], n=3)
        hint = f"Did you mean {', '.join(near)}?" if near else "See mcgraph rules, and docs/model.md for terms."
        raise WrongUse(f"there is no rule or term «{what[:80]}»", fix=hint)
    if as_json:
        console.document(facts)
    else:
        console.data("\n".join(f"{name:<11} {text}" for name, text in facts.items() if text))


def _statements() -> dict[str, list[tuple[str, str, str]]]:
    """Every IRI of the model with its (property, text, language)."""
    import pyoxigraph as ox

    from mcgraph.model import bundled

    found: dict[str, list[tuple[str, str, str]]] = {}
    for path in sorted(bundled.path("ontology").rglob("*.ttl")):
        for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
            if isinstance(quad.subject, ox.NamedNode) and not isinstance(quad.object, ox.BlankNode):
                language = getattr(quad.object, "language", None) or ""
                found.setdefault(quad.subject.value, []).append((quad.predicate.value, quad.object.value, language))
    return found


def _local_names() -> list[str]:
    from mcgraph.model.namespaces import MC

    return [f"mc:{iri.removeprefix(MC)}" for iri in _statements() if iri.startswith(MC)]


def _term(what: str, lang: str) -> dict[str, str] | None:
    """Label, definition, kind and source of a term given as IRI, prefixed name or bare name."""
    from mcgraph.model.namespaces import DCTERMS, MC, RDF_TYPE, RDFS, SKOS, expand, shorten

    try:
        iri = expand(what) if ":" in what else MC + what
    except KeyError:
        return None
    said = _statements().get(iri)
    if said is None:
        return None

    def text(*properties: str) -> str:
        texts = [(language, value) for name, value, language in said if name in properties]
        ranked = sorted(texts, key=lambda one: (one[0] != lang, one[0] != "en", one[0]))
        return ranked[0][1] if ranked else ""

    kinds = sorted({shorten(value) for name, value, _ in said if name == RDF_TYPE})
    return {
        "term": shorten(iri),
        "label": text(RDFS + "label", SKOS + "prefLabel"),
        "definition": text(SKOS + "definition"),
        "example": text(SKOS + "example"),
        "note": text(SKOS + "scopeNote"),
        "kind": ", ".join(kinds),
        "source": text(DCTERMS + "source"),
        "iri": iri,
    }
