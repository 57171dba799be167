"""What a change can touch in a store of any size: the records it names, and everything that rests on them.

A rule book of a million credentials takes minutes to read; what a change of an agreement can open or close is what lies
onward of the credentials it names, and that is found by walking the index forwards.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import MC, RDF_TYPE
from mcgraph.model.terms import is_safe_iri, literal
from mcgraph.pathways.lookup import find_iri
from mcgraph.pathways.rule import RowSource

_CHUNK = 500
_SPOKEN_OF = frozenset(MC + name for name in ("recognisedCredential", "recognisedTowards", "stackingWhole"))
# One step onward: from a credential (?c) to what asks for it, counts it or recognises it (?w).
_STEPS = (
    f"?w <{MC}prerequisite> ?c",
    f"?g <{MC}groupMember> ?c . ?w <{MC}entryGroup> ?g",
    f"?g <{MC}groupMember> ?c . ?r <{MC}requirementGroup> ?g ; <{MC}stackingWhole> ?w",
    f"?k <{MC}conditionCredential> ?c . ?r <{MC}sideCondition> ?k ; <{MC}stackingWhole> ?w",
    f"?r <{MC}recognisedCredential> ?c ; <{MC}recognisedTowards> ?w",
    f"?c <{MC}awardedBy>|<{MC}providedBy> ?b . ?r <{MC}recognisedOrganisation> ?b ; <{MC}recognisedTowards> ?w",
)


def touched_by(graph: RowSource, texts: Iterable[str]) -> list[str] | None:
    """What the texts name (IRIs, identifiers or exact titles), and the credentials that lie onward of it.

    A text may name a credential or a body, or a rule or recognition, which stands for the credentials it speaks of.
    What names nothing (an effect, a date) is passed over. None where a text names several records or where none names
    any: then only the whole book can tell what is meant.
    """
    named: set[str] = set()
    bodies: set[str] = set()
    for text in dict.fromkeys(one.strip() for one in texts):
        records = _records(graph, text)
        if len(records) > 1:
            return None
        for record in records:
            rows = graph.rows(f"SELECT ?p ?o WHERE {{ <{record}> ?p ?o }}")
            if (RDF_TYPE, MC + "Organisation") in rows:
                bodies.add(record)
            else:
                named |= {str(o) for p, o in rows if p in _SPOKEN_OF} or {record}
    return sorted(_onward(graph, named) | bodies) if named else None


def texts_of(said: object) -> Iterator[str]:
    """Every text and number in the values of a change, whatever it means."""
    if isinstance(said, Mapping):
        for value in said.values():
            yield from texts_of(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from texts_of(value)
    elif isinstance(said, str | int) and not isinstance(said, bool) and str(said).strip():
        yield str(said)


def _records(graph: RowSource, text: str) -> list[str]:
    """The records a text names: one by its IRI, those of an identifier, else a credential by its title."""
    if "://" in text:
        return [text] if is_safe_iri(text) else []
    rows = graph.rows(f"SELECT DISTINCT ?s WHERE {{ ?s <{MC}identifier> {literal(text)} }} LIMIT 2")
    if rows:
        return [row[0] for row in rows if row[0]]
    try:
        return [find_iri(graph, text)]
    except WrongUse:
        return []


def _onward(graph: RowSource, named: Collection[str]) -> set[str]:
    found, waiting = set(named), sorted(named)
    while waiting:
        new: set[str] = set()
        for start in range(0, len(waiting), _CHUNK):
            values = " ".join(f"<{iri}>" for iri in waiting[start : start + _CHUNK] if is_safe_iri(iri))
            for step in _STEPS:
                rows: list[Any] = graph.rows(f"SELECT DISTINCT ?w WHERE {{ VALUES ?c {{ {values} }} {step} }}")
                new |= {row[0] for row in rows if row[0]}
        waiting = sorted(new - found)
        found |= new
    return found
