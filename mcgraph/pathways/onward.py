"""What a change can touch in a store of any size: the records it names, and everything that rests on them.

A rule book of a million credentials takes minutes to read; what a change of an agreement can open or close is what lies
onward of the credentials it names, and that is found by walking the index forwards.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from mcgraph.model.namespaces import MC
from mcgraph.model.terms import is_safe_iri
from mcgraph.pathways.known_names import KnownNames
from mcgraph.pathways.rule import RowSource
from mcgraph.pathways.whatif_file import Names

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


def touched_by(graph: RowSource, names: Names, known: KnownNames) -> list[str] | None:
    """What changes name, and the credentials that lie onward of it.

    A statement stands for the credentials it speaks of. None where a text names several records, or nothing that is
    known or new: only the whole book can tell what is meant, or refuse it with what is near.
    """
    found: set[str] = set()
    for text in dict.fromkeys((*names.credentials, *names.new)):
        iri = known.credential(text)
        if iri is None or (iri == "" and text not in names.new):
            return None
        found |= {iri} - {""}
    for text in dict.fromkeys(names.statements):
        iri = known.statement(text)
        if not iri:
            return None
        rows = graph.rows(f"SELECT ?p ?o WHERE {{ <{iri}> ?p ?o }}")
        found |= {str(o) for p, o in rows if p in _SPOKEN_OF}
    bodies = {known.body(text) for text in names.bodies}
    if None in bodies or not found:
        return None
    return sorted(_onward(graph, found) | {body for body in bodies if body})


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
