"""The same verdicts by HermiT, the reference the compiled rules are held to.

HermiT is given the very triples the rules were compiled from, the facts of some records, and two things said in OWL
that the rules have built in: a property that is complete where stated is closed for each record, by the list of its
values; and for each class that is asked about there is one for all that is not in it, so that a proof of «no» shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyoxigraph as ox

from mcgraph.model.namespaces import OWL, RDF, RDF_TYPE, RDFS, XSD, shorten
from mcgraph.reasoning.deciding import CONTRADICTS
from mcgraph.reasoning.definition import CREDENTIAL, Definition
from mcgraph.reasoning.expressions import (
    And,
    Axioms,
    Count,
    Expression,
    Named,
    Not,
    Only,
    Or,
    Property,
    Some,
)
from mcgraph.reasoning.facts import Facts
from mcgraph.reasoning.hermit import DEADLINE_SECONDS, reason
from mcgraph.reasoning.literals import Literal, family, value_of

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from mcgraph.reasoning.classify import Classification

_NOT = "urn:mcgraph:outside:"


@dataclass(frozen=True, slots=True)
class Reference:
    """What HermiT proved: per record and class True or False; a pair that is not there is undecided.

    Where the facts contradict the ontology, `consistent` is False and nothing is told.
    """

    consistent: bool
    proved: dict[tuple[str, str], bool]


def prove(
    facts: Sequence[Triple], definition: Definition, classes: Iterable[str], *, deadline: float = DEADLINE_SECONDS
) -> Reference:
    """What HermiT can prove of the individuals of `facts` and the named classes, member or not.

    Raises `RuleBroken` where HermiT cannot run, `LimitReached` at the deadline.
    """
    wanted = sorted(classes)
    plain = list(_unlabelled(facts, definition))
    ontology = [*core(definition, wanted), *_outside(wanted)]
    found = reason([*plain, *_closures(plain, definition.closed)], ontology=ontology, deadline=deadline)
    proved = {}
    for record, kinds in found.types.items():
        for name in wanted:
            if name in kinds:
                proved[record, name] = True
            elif _NOT + name in kinds:
                proved[record, name] = False
    return Reference(found.consistent, proved)


def _unlabelled(facts: Sequence[Triple], definition: Definition) -> Iterator[Triple]:
    """The facts, in which being called a member of a defined class only says that it is a credential."""

    for triple in facts:
        called = triple.predicate.value == RDF_TYPE and _iri(triple.object) in definition.defined
        yield ox.Triple(triple.subject, triple.predicate, ox.NamedNode(CREDENTIAL)) if called else triple


def _outside(classes: Sequence[str]) -> Iterator[Triple]:
    """For each class one of the credentials that are not in it; of other things nobody asks."""

    kind = ox.NamedNode(OWL + "Class")
    for name in classes:
        outside, both, other = ox.NamedNode(_NOT + name), ox.BlankNode(), ox.BlankNode()
        first, second = ox.BlankNode(), ox.BlankNode()
        said: list[tuple[ox.NamedNode | ox.BlankNode, str, ox.NamedNode | ox.BlankNode]] = [
            (outside, RDF_TYPE, kind),
            (outside, OWL + "equivalentClass", both),
            (both, RDF_TYPE, kind),
            (both, OWL + "intersectionOf", first),
            (first, RDF + "first", ox.NamedNode(CREDENTIAL)),
            (first, RDF + "rest", second),
            (second, RDF + "first", other),
            (second, RDF + "rest", ox.NamedNode(RDF + "nil")),
            (other, RDF_TYPE, kind),
            (other, OWL + "complementOf", ox.NamedNode(name)),
        ]
        for subject, predicate, value in said:
            yield ox.Triple(subject, ox.NamedNode(predicate), value)


def _closures(facts: Sequence[Triple], closed: frozenset[str]) -> Iterator[Triple]:
    """For each record and closed property it states: that it has no other values."""

    stated: dict[tuple[ox.NamedNode | ox.BlankNode, str], list[ox.NamedNode | ox.BlankNode | ox.Literal]] = {}
    for triple in facts:
        if triple.predicate.value in closed and not isinstance(triple.object, ox.Triple):
            assert isinstance(triple.subject, ox.NamedNode | ox.BlankNode)
            stated.setdefault((triple.subject, triple.predicate.value), []).append(triple.object)
    kind = ox.NamedNode(RDF_TYPE)
    for (subject, predicate), values in stated.items():
        restriction, listed = ox.BlankNode(), ox.BlankNode()
        literal = isinstance(values[0], ox.Literal)
        yield ox.Triple(subject, kind, restriction)
        yield ox.Triple(restriction, kind, ox.NamedNode(OWL + "Restriction"))
        yield ox.Triple(restriction, ox.NamedNode(OWL + "onProperty"), ox.NamedNode(predicate))
        yield ox.Triple(restriction, ox.NamedNode(OWL + "allValuesFrom"), listed)
        yield ox.Triple(listed, kind, ox.NamedNode(RDFS + "Datatype" if literal else OWL + "Class"))
        cells = [ox.BlankNode() for _ in values]
        yield ox.Triple(listed, ox.NamedNode(OWL + "oneOf"), cells[0])
        for i, (cell, value) in enumerate(zip(cells, values, strict=True)):
            yield ox.Triple(cell, ox.NamedNode(RDF + "first"), value)
            after = cells[i + 1] if i + 1 < len(cells) else ox.NamedNode(RDF + "nil")
            yield ox.Triple(cell, ox.NamedNode(RDF + "rest"), after)


def _iri(term: object) -> str:
    return term.value if isinstance(term, ox.NamedNode) else ""


_KEPT = frozenset({OWL + "equivalentClass", OWL + "disjointWith", RDFS + "subClassOf"})
_KINDS = frozenset(OWL + name for name in ("Class", "ObjectProperty", "DatatypeProperty"))


def core(definition: Definition, classes: Iterable[str]) -> list[Triple]:
    """The part of the ontology that decides about some classes: their definitions, and which codes are different.

    The rest of the model has nothing to say about them and costs HermiT ten times the time.
    """

    properties, names = _reached(definition.axioms, classes)
    terms = {*names, *(one.iri for one in properties)}
    children: dict[object, list[Triple]] = {}
    for triple in definition.triples:
        children.setdefault(triple.subject, []).append(triple)
    waiting: list[object] = []
    kept: list[Triple] = []
    for subject, triples in children.items():
        if isinstance(subject, ox.BlankNode):
            if any(_iri(triple.object) == OWL + "AllDifferent" for triple in triples):
                waiting.append(subject)
        elif _iri(subject) in terms:
            for triple in triples:
                kind = triple.predicate.value == RDF_TYPE and _iri(triple.object) in _KINDS
                link = triple.predicate.value in _KEPT
                if kind or (link and (isinstance(triple.object, ox.BlankNode) or _iri(triple.object) in terms)):
                    kept.append(triple)
                    if isinstance(triple.object, ox.BlankNode):
                        waiting.append(triple.object)
    individual = ox.NamedNode(OWL + "NamedIndividual")
    seen = set(waiting)
    while waiting:
        for triple in children.get(waiting.pop(), ()):
            kept.append(triple)
            value = triple.object
            if isinstance(value, ox.BlankNode) and value not in seen:
                seen.add(value)
                waiting.append(value)
            elif (
                isinstance(value, ox.NamedNode) and triple.predicate.value == RDF + "first" and value.value not in terms
            ):
                kept.append(ox.Triple(value, ox.NamedNode(RDF_TYPE), individual))
    return kept


def properties_of(axioms: Axioms, classes: Iterable[str]) -> tuple[Property, ...]:
    """The properties that decide about some classes, those of what they are disjoint with included."""
    return _reached(axioms, classes)[0]


def _reached(axioms: Axioms, classes: Iterable[str]) -> tuple[tuple[Property, ...], frozenset[str]]:
    """The properties and the classes that decide about some classes."""
    found: dict[Property, None] = {}
    seen: set[str] = set()
    waiting = list(classes)

    def walk(expression: Expression) -> None:
        if isinstance(expression, Named):
            waiting.append(expression.iri)
        elif isinstance(expression, And | Or):
            for part in expression.parts:
                walk(part)
        elif isinstance(expression, Not):
            walk(expression.part)
        elif isinstance(expression, Some | Only | Count):
            found[expression.on] = None
            walk(expression.filler)

    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting.extend(sorted(axioms.disjoint.get(name, ())))
            for expression in (*axioms.equivalent.get(name, ()), *axioms.above.get(name, ())):
                walk(expression)
    return tuple(sorted(found, key=lambda one: (one.iri, one.inverse))), frozenset(seen)


def sample_facts(
    facts: Facts, definition: Definition, records: Sequence[str], classes: Iterable[str]
) -> tuple[list[Triple], frozenset[str]]:
    """The triples that decide about some records, and the records that have an ill-formed or unknown literal.

    What the records are linked to is followed as far as the definition looks. The second are left out of the triples:
    OWL has no reading of a literal that is none.
    """

    named = properties_of(definition.axioms, classes)
    rows: list[tuple[str, str, str, str, str, str]] = []
    reached, frontier = set(records), set(records)
    columns = {one.iri: facts.column(one.iri) for one in named}
    while frontier:
        following: set[str] = set()
        for one in named:
            side, other = ("o", "s") if one.inverse else ("s", "o")
            hit = columns[one.iri].filter(pl.col(side).is_in(sorted(frontier)))
            for s, o, kind, datatype, lang in hit.select("s", "o", "kind", "datatype", "lang").iter_rows():
                rows.append((s, one.iri, o, kind, datatype, lang))
                if kind == "iri":
                    following.add(s if other == "s" else o)
        frontier = following - reached
        reached |= frontier
    kinds = sorted(name for name in {*definition.axioms.stated_as(CREDENTIAL), *_plain(definition.axioms)})
    typed = facts.typed(kinds).filter(pl.col("s").is_in(sorted(reached)))
    rows.extend((s, RDF_TYPE, o, "iri", "", "") for s, o in typed.select("s", "o").iter_rows())
    odd = {row[0] for row in rows if row[3] == "literal" and not _is_readable(Literal(row[2], row[4], row[5]))}
    bad = frozenset(odd & set(records))
    triples = [
        ox.Triple(_node(s), ox.NamedNode(p), _node(o) if kind == "iri" else _literal(o, datatype, lang))
        for s, p, o, kind, datatype, lang in sorted(set(rows))
        if s not in odd
    ]
    return triples, bad


def _plain(axioms: Axioms) -> set[str]:
    """Classes that definitions name and do not define, such as statements of quality assurance."""
    found: set[str] = set()

    def walk(expression: Expression) -> None:
        if isinstance(expression, Named) and expression.iri not in axioms.equivalent:
            found.update(axioms.stated_as(expression.iri))
        elif isinstance(expression, And | Or):
            for part in expression.parts:
                walk(part)
        elif isinstance(expression, Not):
            walk(expression.part)
        elif isinstance(expression, Some | Only | Count):
            walk(expression.filler)

    for definitions in axioms.equivalent.values():
        for expression in definitions:
            walk(expression)
    return found


def _is_readable(literal: Literal) -> bool:
    kind = family(literal.datatype)
    if kind in ("number", "truth"):
        return value_of(literal) is not None
    return kind == "text"


def _node(text: str) -> ox.NamedNode | ox.BlankNode:

    return ox.BlankNode(text.removeprefix("_:")) if text.startswith("_:") else ox.NamedNode(text)


def _literal(text: str, datatype: str, lang: str) -> ox.Literal:

    if lang:
        return ox.Literal(text, language=lang)
    return ox.Literal(text, datatype=ox.NamedNode(datatype or XSD + "string"))


def compare(found: Classification, number: int) -> dict[str, Any]:
    """The compiled verdicts of some records beside HermiT's; the records are spread evenly over the store.

    Records that contradict themselves, or have an ill-formed literal, are left out and counted: of the first anything
    follows, and the second OWL does not read. Raises `RuleBroken` where HermiT cannot run.
    """

    definition = found.definition
    classes = [found.kind, *(column.criterion.iri for column in found.columns)]
    step = max(1, len(found) // number)
    places = np.arange(0, len(found), step)[:number]
    clashing = np.zeros(len(found), dtype=np.bool_)
    for column in found.columns:
        for at, text in enumerate(column.texts):
            if text.startswith(CONTRADICTS):
                clashing |= column.missing == at
    records = found.iris.gather(places[~clashing[places]]).to_list()
    facts, odd = sample_facts(found.reader.facts, definition, records, classes)
    reference = prove(facts, definition, classes)
    told = [record for record in records if record not in odd]
    number_of = {iri: at for at, iri in enumerate(found.iris.to_list())} if told else {}
    truths = [found.truth, *(column.truth for column in found.columns)]
    different = []
    for record in told if reference.consistent else []:
        at = number_of[record]
        for name, truth in zip(classes, truths, strict=True):
            mine = True if truth.yes[at] else False if truth.no[at] else None
            if reference.proved.get((record, name)) is not mine:
                different.append({"record": record, "class": shorten(name), "rules": mine,
                                  "hermit": reference.proved.get((record, name))})  # fmt: skip
    said = f"HermiT agrees on {len(told):,} of {len(told):,} records and {len(classes)} classes"
    if not reference.consistent:
        said = "HermiT finds a contradiction in these records that the rules do not see"
    elif different:
        said = f"HermiT differs in {len(different):,} verdicts of {len(told):,} records"
    left = len(places) - len(told)
    return {
        "told": said + (f"; {left:,} left out" if left else ""),
        "records": len(told),
        "left_out": left,
        "consistent": reference.consistent,
        "different": different,
    }
