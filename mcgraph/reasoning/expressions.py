"""Class expressions of OWL 2, read from the ontology: what the compiled rules are made of.

Only the constructs a definition of records needs are known; any other is refused by name, never passed over, because
an axiom that is left out would change verdicts in silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import OWL, RDF, RDF_TYPE, RDFS, XSD, shorten
from mcgraph.reasoning.literals import ANY_LITERAL, DataRange, Literal

if TYPE_CHECKING:
    from pyoxigraph import Triple

Term = str | Literal


@dataclass(frozen=True, slots=True)
class Property:
    """A property, read from subject to object or backwards."""

    iri: str
    inverse: bool = False


@dataclass(frozen=True, slots=True)
class Named:
    """A class with a name."""

    iri: str


@dataclass(frozen=True, slots=True)
class Thing:
    """Everything: `owl:Thing`."""


@dataclass(frozen=True, slots=True)
class And:
    """What belongs to all the parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What belongs to one of the parts."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """What does not belong to the part."""

    part: Expression


@dataclass(frozen=True, slots=True)
class OneOf:
    """The listed individuals or literals."""

    members: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """What has a value in the filler for the property."""

    on: Property
    filler: Expression


@dataclass(frozen=True, slots=True)
class Only:
    """What has no value outside the filler for the property."""

    on: Property
    filler: Expression


@dataclass(frozen=True, slots=True)
class Count:
    """What has at least `least` and at most `most` different values in the filler."""

    on: Property
    filler: Expression
    least: int = 0
    most: int | None = None


Expression = Named | Thing | And | Or | Not | OneOf | Some | Only | Count | DataRange

_RESTRICTIONS = frozenset(
    {
        "someValuesFrom", "allValuesFrom", "hasValue", "minCardinality", "maxCardinality", "cardinality",
        "minQualifiedCardinality", "maxQualifiedCardinality", "qualifiedCardinality",
    }
)  # fmt: skip
_EXACT = ("cardinality", "qualifiedCardinality")


@dataclass(frozen=True, slots=True)
class Axioms:
    """What an ontology says about classes, as far as verdicts need it.

    `equivalent` has the definitions of each class, `above` what it is a subclass of, `disjoint` what it has no member
    in common with, `different` the groups of individuals that are pairwise different things.
    """

    equivalent: Mapping[str, tuple[Expression, ...]]
    above: Mapping[str, tuple[Expression, ...]]
    disjoint: Mapping[str, frozenset[str]]
    different: tuple[frozenset[str], ...]

    def subclasses(self, iri: str) -> frozenset[str]:
        """A class and every class that the ontology puts below it, by name or by definition."""
        found = {iri}
        while True:
            more = {
                name
                for name in (*self.above, *self.equivalent)
                if name not in found
                and any(_is_below(e, found) for e in (*self.above.get(name, ()), *self.equivalent.get(name, ())))
            }
            if not more:
                return frozenset(found)
            found |= more

    def stated_as(self, iri: str) -> frozenset[str]:
        """The classes whose stated members are members of this one.

        That a source calls a record a member of a class with a definition is a label and no evidence for that class;
        it does say that the record is one of the plain kind of record above it.
        """
        below = self.subclasses(iri)
        return below if iri not in self.equivalent else frozenset(one for one in below if one not in self.equivalent)


def _is_below(expression: Expression, found: set[str]) -> bool:
    if isinstance(expression, Named):
        return expression.iri in found
    if isinstance(expression, And):
        return any(_is_below(part, found) for part in expression.parts)
    return isinstance(expression, Or) and all(_is_below(part, found) for part in expression.parts)


@dataclass(slots=True)
class Nodes:
    """The triples of an ontology by subject; blank nodes by their label."""

    said: dict[str, list[tuple[str, Term]]] = field(default_factory=dict)

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Nodes:
        """The triples, sorted by nothing: the order of a list is in its own cells."""
        nodes = cls()
        for triple in triples:
            nodes.said.setdefault(key_of(triple.subject), []).append((triple.predicate.value, term_of(triple.object)))
        return nodes

    def all(self, node: str, predicate: str) -> list[Term]:
        """The objects of a predicate."""
        return [o for p, o in self.said.get(node, ()) if p == predicate]

    def one(self, node: str, predicate: str) -> Term | None:
        """The object of a predicate, or None."""
        found = self.all(node, predicate)
        return found[0] if found else None

    def having(self, predicate: str, value: Term) -> list[str]:
        """The subjects of a predicate and object."""
        return sorted(s for s, pairs in self.said.items() if (predicate, value) in pairs)

    def members(self, head: Term | None) -> Iterator[Term]:
        """The members of an RDF list."""
        seen: set[str] = set()
        while isinstance(head, str) and head != RDF + "nil":
            if head in seen:
                raise RuleBroken("the ontology has a list that never ends")
            seen.add(head)
            first = self.one(head, RDF + "first")
            if first is None:
                raise RuleBroken("the ontology has a list with a missing member")
            yield first
            head = self.one(head, RDF + "rest")


def key_of(term: object) -> str:
    """An IRI as it is, a blank node by its label."""
    import pyoxigraph as ox

    return f"_:{term.value}" if isinstance(term, ox.BlankNode) else str(getattr(term, "value", term))


def term_of(term: object) -> Term:
    """The object of a triple."""
    import pyoxigraph as ox

    if isinstance(term, ox.Literal):
        return Literal(term.value, "" if term.language else term.datatype.value, term.language or "")
    return key_of(term)


def read_axioms(nodes: Nodes) -> Axioms:
    """The axioms about classes with a name and about different individuals.

    Raises `RuleBroken` for a construct that is not known here, where it is part of a definition of ours.
    """
    equivalent: dict[str, tuple[Expression, ...]] = {}
    above: dict[str, tuple[Expression, ...]] = {}
    disjoint: dict[str, set[str]] = {}
    for subject in sorted(nodes.said):
        if subject.startswith("_:"):
            continue
        definitions = tuple(_expression(nodes, node) for node in nodes.all(subject, OWL + "equivalentClass"))
        if definitions:
            equivalent[subject] = definitions
        over = tuple(_expression(nodes, node) for node in nodes.all(subject, RDFS + "subClassOf"))
        if over:
            above[subject] = over
        for other in nodes.all(subject, OWL + "disjointWith"):
            if isinstance(other, str):
                disjoint.setdefault(subject, set()).add(other)
                disjoint.setdefault(other, set()).add(subject)
    different = tuple(
        frozenset(str(one) for one in nodes.members(nodes.one(node, OWL + "distinctMembers")))
        for node in nodes.having(RDF_TYPE, OWL + "AllDifferent")
    )
    return Axioms(equivalent, above, {name: frozenset(others) for name, others in disjoint.items()}, different)


def _expression(nodes: Nodes, node: Term) -> Expression:
    if isinstance(node, Literal):
        raise RuleBroken(f"the ontology has the text «{node.lexical[:60]}» where a class should stand")
    if node in (OWL + "Thing",):
        return Thing()
    if node == ANY_LITERAL or node.startswith(XSD):
        return DataRange(node)
    if not node.startswith("_:"):
        return Named(node)
    pairs = nodes.said.get(node, [])
    for predicate, value in sorted(pairs, key=lambda pair: pair[0]):
        if predicate == OWL + "intersectionOf":
            return And(tuple(_expression(nodes, part) for part in nodes.members(value)))
        if predicate == OWL + "unionOf":
            return Or(tuple(_expression(nodes, part) for part in nodes.members(value)))
        if predicate in (OWL + "complementOf", OWL + "datatypeComplementOf"):
            return Not(_expression(nodes, value))
        if predicate == OWL + "oneOf":
            return OneOf(tuple(nodes.members(value)))
        if predicate == OWL + "onDatatype":
            return _data_range(nodes, node, value)
        if predicate == OWL + "onProperty":
            return _restriction(nodes, node, value)
    said = ", ".join(sorted({shorten(predicate) for predicate, _ in pairs})) or "nothing"
    raise RuleBroken(f"the ontology describes a class in a way that classify does not know ({said})")


def _data_range(nodes: Nodes, node: str, datatype: Term) -> DataRange:
    facets = []
    for cell in nodes.members(nodes.one(node, OWL + "withRestrictions")):
        for predicate, bound in nodes.said.get(str(cell), []):
            if not isinstance(bound, Literal) or not predicate.startswith(XSD):
                raise RuleBroken(f"the ontology has a facet {shorten(predicate)} that is none")
            facets.append((predicate.removeprefix(XSD), bound))
    return DataRange(str(datatype), tuple(facets))


def _restriction(nodes: Nodes, node: str, on: Term) -> Expression:
    inverse = nodes.one(str(on), OWL + "inverseOf") if str(on).startswith("_:") else None
    prop = Property(str(inverse), True) if inverse is not None else Property(str(on))
    said = {p.removeprefix(OWL): o for p, o in nodes.said[node] if p.startswith(OWL)}
    kind = next((name for name in sorted(said) if name in _RESTRICTIONS), "")
    if not kind or prop.iri.startswith("_:"):
        raise RuleBroken(f"the ontology restricts {shorten(prop.iri)} in a way that classify does not know")
    value = said[kind]
    if kind == "hasValue":
        return Some(prop, OneOf((value,)))
    if kind == "someValuesFrom":
        return Some(prop, _expression(nodes, value))
    if kind == "allValuesFrom":
        return Only(prop, _expression(nodes, value))
    filler = said.get("onClass") or said.get("onDataRange")
    number = int(value.lexical) if isinstance(value, Literal) else 0
    least = number if kind in _EXACT or kind.startswith("min") else 0
    most = number if kind in _EXACT or kind.startswith("max") else None
    anything: Expression = Or((Thing(), DataRange(ANY_LITERAL)))
    return Count(prop, _expression(nodes, filler) if filler is not None else anything, least, most)
