"""What a rule book is read from: a whole graph property by property, or only what lies around some credentials.

A graph of a million credentials has a few hundred around any one of them; reading those takes a moment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Protocol

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.model.namespaces import GRAPH, MC, RDF_TYPE
from mcgraph.model.terms import is_safe_iri
from mcgraph.pathways.rule import RowSource

Rows = list[tuple[str | None, ...]]
_SOURCE = GRAPH + "source/"
_CHUNK = 400
_NAMES = (MC + "legalName", MC + "title")
# From what stands on the right the record on the left is found; from a record, what it names on the left of PARTS.
_LEADING = ("stackingWhole", "recognisedTowards", "offerOf")
_PARTS = (
    "requirementGroup", "entryGroup", "groupMember", "sideCondition", "conditionCredential", "recognisedCredential",
    "prerequisite", "replacedBy",
)  # fmt: skip
_BODIES = ("claimedBy", "recogniser", "providedBy", "awardedBy")


class Scope(Protocol):
    """A graph, or a part of it, in rows."""

    def typed(self, classes: Iterable[str]) -> Rows:
        """Pairs of a subject and its class, for classes of ours (local names)."""
        ...

    def pairs(self, predicate: str) -> Rows:
        """Pairs of subject and object of a property (IRI)."""
        ...

    def titles(self) -> Rows:
        """Subject, title, language tag."""
        ...

    def names(self) -> Rows:
        """Subject and name of organisations and groups of respondents."""
        ...

    def sources(self, classes: Iterable[str]) -> Rows:
        """Subject and named graph (of a source) that says what it is."""
        ...


class Whole:
    """All of a graph; each property is read once."""

    def __init__(self, graph: RowSource) -> None:
        self._graph = graph
        self._scans: dict[str, Rows] = {}

    def typed(self, classes: Iterable[str]) -> Rows:
        """One query for the classes."""
        return self._graph.rows(f"SELECT ?s ?c WHERE {{ VALUES ?c {{ {_types(classes)} }} ?s <{RDF_TYPE}> ?c }}")

    def pairs(self, predicate: str) -> Rows:
        """One plain scan per property, shared by the classes: most of the time goes into handing over rows."""
        if predicate not in self._scans:
            self._scans[predicate] = self._graph.rows(f"SELECT ?s ?o WHERE {{ ?s <{predicate}> ?o }}")
        return self._scans[predicate]

    def titles(self) -> Rows:
        """Every title."""
        return self._graph.rows(f"SELECT DISTINCT ?s ?t (LANG(?t) AS ?l) WHERE {{ ?s <{MC}title> ?t }}")

    def names(self) -> Rows:
        """Every name."""
        return self._graph.rows(
            f"SELECT DISTINCT ?s ?n WHERE {{ VALUES ?class {{ {_types(('Organisation', 'RespondentGroup'))} }} "
            f"?s <{RDF_TYPE}> ?class . ?s <{_NAMES[0]}>|<{_NAMES[1]}> ?n }}"
        )

    def sources(self, classes: Iterable[str]) -> Rows:
        """Every record of the classes."""
        return self._graph.rows(
            f"SELECT DISTINCT ?s ?g WHERE {{ VALUES ?class {{ {_types(classes)} }} "
            f"GRAPH ?g {{ ?s <{RDF_TYPE}> ?class }} }}"
        )


class Part:
    """What lies around some credentials: found by walking rules and recognitions backwards, in force or not.

    Raises `LimitReached` where more than `pathway_part_records` records are met.
    """

    def __init__(self, graph: RowSource, credentials: Collection[str], limits: Limits | None = None) -> None:
        self._graph = graph
        self._most = (limits or Limits.from_environment()).pathway_part_records
        self._said: dict[str, dict[str, list[str]]] = {}
        waiting = set(credentials)
        while waiting:
            self._read(waiting)
            waiting = self._following(waiting) - self._said.keys()
        bodies = {o for said in self._said.values() for name in _BODIES for o in said.get(MC + name, ())}
        self._read(bodies - self._said.keys())

    def _following(self, records: Collection[str]) -> set[str]:
        """What the records name, and the rules and recognitions that lead to them."""
        found = {o for one in records for name in _PARTS for o in self._said[one].get(MC + name, ())}
        found |= set(self._leading(records, _LEADING))
        bodies = {o for one in records for o in self._said[one].get(MC + "recognisedOrganisation", ())}
        found |= set(self._leading(bodies, ("providedBy", "awardedBy")))
        return found

    def _leading(self, objects: Collection[str], names: Iterable[str]) -> Iterator[str]:
        predicates = "|".join(f"<{MC}{name}>" for name in names)
        for values in _chunks(objects):
            # A second VALUES for the properties would make Oxigraph read every triple.
            query = f"SELECT DISTINCT ?s WHERE {{ VALUES ?o {{ {values} }} ?s {predicates} ?o }}"
            yield from (row[0] for row in self._graph.rows(query) if row[0])

    def _read(self, records: Collection[str]) -> None:
        if len(self._said) + len(records) > self._most:
            raise LimitReached(
                f"more than {self._most:,} records lie around these credentials",
                fix="Raise MCGRAPH_LIMIT_PATHWAY_PART_RECORDS, or ask about a smaller one.",
            )
        self._said |= {record: {} for record in records}
        for values in _chunks(records):
            for s, p, o in self._graph.rows(f"SELECT DISTINCT ?s ?p ?o WHERE {{ VALUES ?s {{ {values} }} ?s ?p ?o }}"):
                if s and p and o:
                    self._said[s].setdefault(p, []).append(o)

    def typed(self, classes: Iterable[str]) -> Rows:
        """The records of the part."""
        wanted = {MC + name for name in classes}
        return [(s, c) for s, said in self._said.items() for c in said.get(RDF_TYPE, ()) if c in wanted]

    def pairs(self, predicate: str) -> Rows:
        """What the records of the part say."""
        return [(s, o) for s, said in self._said.items() for o in said.get(predicate, ())]

    def titles(self) -> Rows:
        """The titles of the part."""
        query = "SELECT DISTINCT ?s ?t (LANG(?t) AS ?l) WHERE {{ VALUES ?s {{ {} }} ?s <{}title> ?t }}"
        return [row for values in _chunks(self._said) for row in self._graph.rows(query.format(values, MC))]

    def names(self) -> Rows:
        """The names of the bodies met."""
        kinds = {MC + "Organisation", MC + "RespondentGroup"}
        bodies = ((s, said) for s, said in self._said.items() if kinds.intersection(said.get(RDF_TYPE, ())))
        return [(s, n) for s, said in bodies for p in _NAMES for n in said.get(p, ())]

    def sources(self, classes: Iterable[str]) -> Rows:
        """The records of the classes met."""
        query = (
            "SELECT DISTINCT ?s ?g WHERE {{ VALUES ?s {{ {} }} VALUES ?class {{ {} }} GRAPH ?g {{ ?s <{}> ?class }} }}"
        )
        types = _types(classes)
        return [
            row for values in _chunks(self._said) for row in self._graph.rows(query.format(values, types, RDF_TYPE))
        ]


def is_source(graph: str) -> bool:
    """Whether a named graph is that of a source."""
    return graph.startswith(_SOURCE)


def source_name(graph: str) -> str:
    """The identifier of the source in the name of its graph."""
    return graph.removeprefix(_SOURCE)


def _types(classes: Iterable[str]) -> str:
    return " ".join(f"<{MC}{name}>" for name in classes)


def _chunks(iris: Collection[str]) -> Iterator[str]:
    """The IRIs as values of a query, some hundred at a time; a text that is no safe IRI cannot be asked about."""
    safe = [iri for iri in sorted(iris) if is_safe_iri(iri)]
    for start in range(0, len(safe), _CHUNK):
        yield " ".join(f"<{iri}>" for iri in safe[start : start + _CHUNK])
