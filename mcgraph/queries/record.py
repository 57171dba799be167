"""One record with all that is said in it and about it, and which source says so."""

from __future__ import annotations

import datetime
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.namespaces import GRAPH, MC, PROV, RDF_TYPE, shorten
from mcgraph.model.synthetic import SYNTHETIC_SUBMISSIONS, synthetic_sources
from mcgraph.queries.columnar.using import Opening
from mcgraph.queries.engine import Asks, Rows, Source
from mcgraph.queries.execute import engine_for
from mcgraph.queries.finding import find_record, near_records
from mcgraph.queries.parameters import Parameter, Term, bind, read_value
from mcgraph.store.content import graph_of

_LABEL = 'SUBSTR(MIN(CONCAT(IF(LANG(?name) = "en", "0", "1"), STR(?name))), 2)'
_OWN = f"""SELECT ?property ?value ?source ({_LABEL} AS ?valueLabel) WHERE {{
  VALUES ?record {{ UNDEF }}
  GRAPH ?source {{ ?record ?property ?value }}
  OPTIONAL {{ ?value mc:title|mc:legalName|skos:prefLabel ?name }}
}} GROUP BY ?property ?value ?source ORDER BY ?source ?property ?value"""
_ABOUT = f"""SELECT ?property ?from ?source ({_LABEL} AS ?fromLabel)
  (MIN(STR(?by)) AS ?who) (MIN(STR(?kind)) AS ?what) (MIN(STR(?end)) AS ?until)
  (MIN(STR(?claimantName)) AS ?said) WHERE {{
  VALUES ?record {{ UNDEF }}
  {{ GRAPH ?source {{ ?from ?property ?record }} FILTER(?property != mc:groupMember) }}
  UNION {{
    VALUES ?record {{ UNDEF }}
    GRAPH ?source {{ ?group mc:groupMember ?record .
      ?rule mc:requirementGroup ?group ; mc:stackingWhole ?from }}
    BIND(mc:groupMember AS ?property)
  }}
  OPTIONAL {{ ?from mc:title|mc:legalName|skos:prefLabel ?name }}
  OPTIONAL {{ ?from mc:recogniser|mc:qaBody ?party . ?party mc:legalName|mc:title ?by }}
  OPTIONAL {{ ?from mc:claimedBy ?claimant . ?claimant mc:legalName|mc:title ?claimantName }}
  OPTIONAL {{ ?from mc:recognitionEffect|mc:qaDecision ?kind }}
  OPTIONAL {{ ?from mc:validUntil ?end }}
}} GROUP BY ?property ?from ?source ORDER BY ?source ?property ?from"""
_ORIGIN = """SELECT ?origin ?submission ?file ?when ?synthetic WHERE {
  VALUES ?record { UNDEF }
  ?record prov:wasDerivedFrom ?origin .
  OPTIONAL { ?origin prov:wasDerivedFrom ?parent }
  BIND(COALESCE(?parent, ?origin) AS ?submission)
  OPTIONAL { ?submission mc:fileName ?file }
  OPTIONAL { ?submission prov:generatedAtTime ?when }
  OPTIONAL { ?submission mc:isSynthetic ?synthetic }
} ORDER BY ?origin ?file ?when"""
ABOUT_LIMIT = 500
# An IRI needs no date to be read.
_NO_DATE = datetime.date.min
_SECTIONS = {
    "assuredCredential": "quality assurance",
    "assuredOrganisation": "quality assurance",
    "qaBody": "quality assurance given",
    "recognisedCredential": "recognition",
    "recognisedOrganisation": "recognition",
    "recognisedTowards": "recognition",
    "recogniser": "recognition given",
    "groupMember": "stacks into",
    "stackingWhole": "can be reached by",
    "declaredStackingTarget": "declared parts",
    "offerOf": "offers",
    "replaces": "succession",
    "replacedBy": "succession",
}


@dataclass(frozen=True, slots=True)
class Link:
    """One statement as a reader sees it: property, value and its name, and the graph that holds it."""

    section: str
    property: str
    value: str
    type: str
    label: str
    source: str

    def to_json(self) -> dict[str, str]:
        """The link with full IRIs."""
        return {
            "section": self.section,
            "property": self.property,
            "value": self.value,
            "type": self.type,
            "label": self.label,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Description:
    """A record: its own statements, statements about it, and where it came from.

    `is_synthetic` says that a source which is declared invented says something of it.
    """

    iri: str
    label: str
    classes: tuple[str, ...]
    own: tuple[Link, ...]
    about: tuple[Link, ...]
    origins: tuple[dict[str, str], ...]
    snapshot: str
    truncated: bool = False
    is_synthetic: bool = False

    def to_json(self) -> dict[str, Any]:
        """One document with the keys of an answer where they apply."""
        return {
            "record": self.iri,
            "label": self.label,
            "classes": list(self.classes),
            "statements": [link.to_json() for link in self.own],
            "about": [link.to_json() for link in self.about],
            "origins": [dict(origin) for origin in self.origins],
            "snapshot": self.snapshot,
            "truncated": self.truncated,
            "synthetic": self.is_synthetic,
        }


def describe(
    source: Source, text: str, *, limits: Limits | None = None, engine: Asks | None = None
) -> Description:
    """The record with this IRI, identifier or exact title, asked of `engine` or a worker of its own.

    Raises `WrongUse` with near records where there is none, and with all of them where several fit.
    """
    limits = limits or Limits.from_environment()
    if engine is None:
        with engine_for(source, limits) as own_engine, ExitStack() as opened:
            opening = Opening(source, limits, opened, make=True)
            return _describe(source, _record(own_engine, text, opening), own_engine)
    return _describe(source, _record(engine, text, None), engine)


def _describe(source: Source, term: Term, engine: Asks) -> Description:
    own = engine.run(bind(_OWN, {"record": term}))
    about = engine.run(bind(_ABOUT, {"record": term}), rows=ABOUT_LIMIT)
    if not own.rows and not about.rows:
        near = near_records(engine, term.value.rpartition("/")[2])
        hint = "Did you mean " + "; ".join(near) + "?" if near else "See `mcgraph query --list`."
        raise WrongUse(f"nothing in this graph is about {shorten(term.value)}", fix=hint)
    origins = engine.run(bind(_ORIGIN, {"record": term}))
    links = _own_links(own)
    return Description(
        iri=term.value,
        label=_label(own),
        classes=tuple(link.value for link in links if link.property == RDF_TYPE),
        own=links,
        about=_about_links(about),
        origins=_origins(origins),
        snapshot=source.snapshot,
        truncated=bool(own.limit or about.limit),
        is_synthetic=not {link.source for link in links}.isdisjoint(_invented(engine)),
    )


def _invented(engine: Asks) -> set[str]:
    """The graphs of the sources that are declared synthetic."""
    return {graph_of(name) for name in synthetic_sources(engine.run(SYNTHETIC_SUBMISSIONS, rows=100_000).rows)}


def _record(engine: Asks, text: str, opening: Opening | None) -> Term:
    found = read_value(Parameter(name="record", type="iri"), text, _NO_DATE)
    return found if isinstance(found, Term) else find_record(engine, found, "record", opening)


def _label(own: Rows) -> str:
    wanted = [MC + "title", MC + "legalName", "http://www.w3.org/2004/02/skos/core#prefLabel"]
    named = [
        (wanted.index(row[0]), kinds[1] != "@en", row[1] or "")
        for row, kinds in zip(own.rows, own.types, strict=True)
        if row[0] in wanted
    ]
    return min(named)[2] if named else ""


def _own_links(own: Rows) -> tuple[Link, ...]:
    return tuple(
        Link("its own", row[0] or "", row[1] or "", kinds[1], row[3] or "", row[2] or "")
        for row, kinds in zip(own.rows, own.types, strict=True)
        if row[2] != GRAPH + "provenance" and row[0] != PROV + "wasDerivedFrom"
    )


def _about_links(about: Rows) -> tuple[Link, ...]:
    links = []
    for row, kinds in zip(about.rows, about.types, strict=True):
        name = (row[0] or "").removeprefix(MC)
        told = [row[3] or "", shorten(row[5] or "").rpartition(":")[2], row[4] or ""]
        told += [f"until {row[6]}"] if row[6] else []
        told += [f"as {row[7]} says"] if row[7] else []
        label = ", ".join(part for part in told if part)
        section = _SECTIONS.get(name, "other links")
        links.append(Link(section, row[0] or "", row[1] or "", kinds[1], label, row[2] or ""))
    order = list(dict.fromkeys(_SECTIONS.values()))
    return tuple(
        sorted(
            links,
            key=lambda link: (
                order.index(link.section) if link.section in order else len(order),
                link.property,
                link.value,
            ),
        )
    )


def _origins(found: Rows) -> tuple[dict[str, str], ...]:
    return tuple({name: value for name, value in zip(found.columns, row, strict=True) if value} for row in found.rows)
