"""Reads a SHACL shapes graph into frozen values; what is not well-formed is `RuleBroken`, never a pass.

pyoxigraph keeps every literal as written. `owl:imports` and remote shapes are never fetched.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path as FilePath
from typing import Any

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import OWL, RDF, RDF_TYPE, RDFS, SH, SHAPES, XSD, shorten
from mcgraph.validation.ir import (
    Alternative,
    Constraint,
    Inverse,
    Path,
    Predicate,
    Repeat,
    Sequence,
    Shape,
    ShapeSet,
    Target,
    Term,
)
from mcgraph.validation.messages import is_template
from mcgraph.validation.sparql import NotCompiled, compiled

_TERM_LIST = {"in": "In", "languageIn": "LanguageIn"}
_SINGLE_TERM = {
    "class": "Class", "datatype": "Datatype", "nodeKind": "NodeKind", "hasValue": "HasValue",
    "minExclusive": "MinExclusive", "minInclusive": "MinInclusive", "maxExclusive": "MaxExclusive",
    "maxInclusive": "MaxInclusive", "equals": "Equals", "disjoint": "Disjoint", "lessThan": "LessThan",
    "lessThanOrEquals": "LessThanOrEquals",
}  # fmt: skip
_NUMBER = {"minCount": "MinCount", "maxCount": "MaxCount", "minLength": "MinLength", "maxLength": "MaxLength"}
_SHAPE_LIST = {"and": "And", "or": "Or", "xone": "Xone"}
_SHAPE = {"node": "Node", "not": "Not", "property": "Property"}
_ON_PATHS_ONLY = {"MinCount", "MaxCount", "UniqueLang", "LessThan", "LessThanOrEquals",
                  "QualifiedMinCount", "QualifiedMaxCount"}  # fmt: skip
_DESCRIBING = {
    "path", "targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf", "severity", "message",
    "deactivated", "name", "description", "order", "group", "defaultValue", "flags", "ignoredProperties",
    "qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint", "qualifiedValueShape",
    "closed", "pattern", "uniqueLang", "declare", "prefixes", "shapesGraph", "suggestedShapesGraph",
    "entailment", "sparql",
}  # fmt: skip
_KNOWN = _DESCRIBING | set(_TERM_LIST) | set(_SINGLE_TERM) | set(_NUMBER) | set(_SHAPE_LIST) | set(_SHAPE)
_NODE_KINDS = {SH + kind for kind in
               ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")}  # fmt: skip
# What a shape may say once (SHACL 2.1 and 4.1 to 4.8): a shape that says it twice is ill-formed, whichever is taken.
_ONCE = (
    "datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive", "maxExclusive", "maxInclusive",
    "minLength", "maxLength", "languageIn", "uniqueLang", "qualifiedValueShape", "qualifiedMinCount",
    "qualifiedMaxCount", "qualifiedValueShapesDisjoint", "closed", "ignoredProperties", "in", "deactivated",
    "severity", "flags",
)  # fmt: skip
NIL = RDF + "nil"

Triple = tuple[Term, str, Term]


def term_of(node: Any) -> Term:
    """A pyoxigraph term as ours."""
    import pyoxigraph as ox

    if isinstance(node, ox.Literal):
        return Term(node.value, node.datatype.value, node.language or "")
    return Term(f"_:{node.value}" if isinstance(node, ox.BlankNode) else node.value)


def read_triples(path: FilePath) -> list[Triple]:
    """The triples of an RDF file of ours, blank nodes kept apart from those of other files.

    Raises `RuleBroken` where the file cannot be parsed.
    """
    import pyoxigraph as ox

    try:
        quads = ox.parse(path=str(path), base_iri=path.resolve().as_uri(), rename_blank_nodes=True)
        names: dict[str, str] = {}
        stem = re.sub("[^a-z0-9]", "", path.stem.casefold())
        return [
            (_numbered(term_of(q.subject), names, stem), q.predicate.value, _numbered(term_of(q.object), names, stem))
            for q in quads
        ]
    except (SyntaxError, ValueError, OSError) as fault:
        raise RuleBroken(f"the file cannot be read as RDF: {fault}", where=str(path)) from fault


def _numbered(term: Term, names: dict[str, str], file: str) -> Term:
    """Blank nodes by their order in the file, so that they are called the same each time it is read."""
    if term.is_literal or not term.value.startswith("_:"):
        return term
    return Term(names.setdefault(term.value, f"_:{file}{len(names)}"))


class Statements:
    """The triples of a shapes graph, by subject."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._of: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for subject, predicate, value in triples:
            values = self._of[subject.value][predicate]
            if value not in values:
                values.append(value)

    def subjects(self) -> list[str]:
        """Every subject, in order."""
        return sorted(self._of)

    def of(self, subject: str) -> dict[str, list[Term]]:
        """All that is said of a subject, by property."""
        return self._of.get(subject, {})

    def values(self, subject: str, predicate: str) -> list[Term]:
        """The values of one property of a subject."""
        return self.of(subject).get(predicate, [])

    def one(self, subject: str, predicate: str) -> Term | None:
        """The only value of a property; several are a fault of the file."""
        values = self.values(subject, predicate)
        if len(values) > 1:
            raise RuleBroken(f"{shorten(subject)} has more than one {shorten(predicate)}")
        return values[0] if values else None

    def items(self, head: Term) -> list[Term]:
        """The members of an RDF list."""
        found: list[Term] = []
        seen = set()
        while head.value != NIL:
            first, rest = self.one(head.value, RDF + "first"), self.one(head.value, RDF + "rest")
            if head.value in seen or first is None or rest is None:
                raise RuleBroken("a list in the shapes file has no end")
            seen.add(head.value)
            found.append(first)
            head = rest
        return found


def parse_shapes(triples: Iterable[Triple]) -> ShapeSet:
    """The shapes of a graph.

    Raises `RuleBroken` for a shape that SHACL calls ill-formed.
    """
    said = Statements(triples)
    names = _shape_names(said)
    custom = _custom_parameters(said)
    shapes = {name: _shape(said, name, custom) for name in sorted(names)}
    texts = {name: _by_language(said.values(name, SH + "message"), shapes[name].path) for name in shapes}
    return ShapeSet(shapes, texts)


def _shape_names(said: Statements) -> set[str]:
    names: set[str] = set()
    for subject in said.subjects():
        facts = said.of(subject)
        types = {t.value for t in facts.get(RDF_TYPE, [])}
        if types & {SH + "NodeShape", SH + "PropertyShape"} or any(
            SH + key in facts for key in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")
        ):
            names.add(subject)
        for key in (*_SHAPE, "qualifiedValueShape"):
            names.update(t.value for t in facts.get(SH + key, []) if not t.is_literal)
        for key in _SHAPE_LIST:
            for head in facts.get(SH + key, []):
                names.update(t.value for t in said.items(head))
    return names


def _custom_parameters(said: Statements) -> frozenset[str]:
    """The predicates that custom constraint components use as parameters."""
    found: set[str] = set()
    for subject in said.subjects():
        for parameter in said.values(subject, SH + "parameter"):
            found.update(t.value for t in said.values(parameter.value, SH + "path"))
    return frozenset(found)


def _shape(said: Statements, name: str, custom: frozenset[str]) -> Shape:
    path_term = said.one(name, SH + "path")
    path = parse_path(said, path_term, 0) if path_term else None
    facts = said.of(name)
    if path is None and SH + "PropertyShape" in {t.value for t in facts.get(RDF_TYPE, [])}:
        raise RuleBroken(f"{shorten(name)} is a property shape without sh:path")
    for key in _ONCE:
        said.one(name, SH + key)
    constraints = list(_constraints(said, name))
    for constraint in constraints:
        if path is None and constraint.component in _ON_PATHS_ONLY:
            raise RuleBroken(f"{shorten(name)} has {constraint.component} but no sh:path")
    unsupported = [key.removeprefix(SH) for key in facts if key.startswith(SH) and key.removeprefix(SH) not in _KNOWN]
    unsupported += [shorten(key) for key in facts if key in custom]
    try:
        constraints += _queries(said, name, path)
    except NotCompiled:
        unsupported.append("sparql")
    severity = said.one(name, SH + "severity")
    code = said.one(name, SHAPES + "code")
    return Shape(
        id=name,
        path=path,
        targets=tuple(_targets(said, name)),
        constraints=tuple(constraints),
        severity=severity.value if severity else SH + "Violation",
        deactivated=_flag(said, name, "deactivated"),
        code=code.value if code else "",
        unsupported=tuple(sorted(unsupported)),
    )


def _queries(said: Statements, name: str, path: Path | None) -> Iterable[Constraint]:
    """The SPARQL constraints of a shape, made queries over all focus nodes."""
    from mcgraph.limits import Limits

    found = []
    for node in sorted(said.values(name, SH + "sparql"), key=lambda term: term.value):
        select = said.one(node.value, SH + "select")
        if select is None:
            raise RuleBroken(f"a SPARQL constraint of {shorten(name)} has no sh:select")
        if not _flag(said, node.value, "deactivated"):
            query = compiled(select.value, _prefixes(said, node.value), path, name, Limits())
            messages = _by_language(said.values(node.value, SH + "message"), path)
            of_shape = _by_language(said.values(name, SH + "message"), path)
            if not messages and is_template(dict(of_shape)):
                messages = of_shape
            found.append(Constraint("SPARQL", text=query.text, reads=query.predicates, messages=messages))
    return found


def _by_language(messages: list[Term], path: Path | None) -> tuple[tuple[str, str], ...]:
    """Messages by language, `{$PATH}` written out: it is bound before any query runs."""
    shown = str(path) if path is not None else "$PATH"
    texts = {t.language or "en": re.sub(r"\{[?$]PATH\}", lambda _: shown, t.value) for t in messages}
    return tuple(sorted(texts.items()))


def _prefixes(said: Statements, node: str) -> dict[str, str]:
    """The prefixes declared by what `sh:prefixes` names, and by what that imports within the file."""
    found: dict[str, str] = {}
    todo = [term.value for term in said.values(node, SH + "prefixes")]
    seen: set[str] = set()
    while todo:
        owner = todo.pop()
        if owner in seen:
            continue
        seen.add(owner)
        todo += [term.value for term in said.values(owner, OWL + "imports")]
        for declared in said.values(owner, SH + "declare"):
            prefix, iri = said.one(declared.value, SH + "prefix"), said.one(declared.value, SH + "namespace")
            if prefix is None or iri is None or found.get(prefix.value, iri.value) != iri.value:
                raise RuleBroken(f"the prefixes of {shorten(owner)} are not declared properly")
            found[prefix.value] = iri.value
    return found


def _targets(said: Statements, name: str) -> Iterable[Target]:
    for term in said.values(name, SH + "targetClass"):
        yield Target("class", term)
    for term in said.values(name, SH + "targetNode"):
        yield Target("node", term)
    for term in said.values(name, SH + "targetSubjectsOf"):
        yield Target("subjects-of", term)
    for term in said.values(name, SH + "targetObjectsOf"):
        yield Target("objects-of", term)
    types = {t.value for t in said.values(name, RDF_TYPE)}
    if types & {RDFS + "Class", OWL + "Class"}:
        yield Target("class", Term(name))


def _flag(said: Statements, name: str, key: str) -> bool:
    term = said.one(name, SH + key)
    return term is not None and term.value == "true" and term.datatype == XSD + "boolean"


def parse_path(said: Statements, term: Term, depth: int = 0) -> Path:
    """The property path that a term of the shapes graph stands for."""
    if depth > 50 or term.is_literal:
        raise RuleBroken("a path in the shapes file is not well-formed")
    if not term.value.startswith("_:"):
        return Predicate(term.value)
    if said.values(term.value, RDF + "first"):
        return Sequence(tuple(parse_path(said, step, depth + 1) for step in said.items(term)))
    for key in ("inversePath", "alternativePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"):
        inner = said.one(term.value, SH + key)
        if inner is None:
            continue
        if key == "inversePath":
            return Inverse(parse_path(said, inner, depth + 1))
        if key == "alternativePath":
            return Alternative(tuple(parse_path(said, way, depth + 1) for way in said.items(inner)))
        return Repeat(parse_path(said, inner, depth + 1), int(key == "oneOrMorePath"), key == "zeroOrOnePath")
    raise RuleBroken("a path in the shapes file is not well-formed")


def _constraints(said: Statements, name: str) -> Iterable[Constraint]:
    for key, component in _NUMBER.items():
        for term in said.values(name, SH + key):
            yield Constraint(component, number=_whole(term, name, key))
    for key, component in _SINGLE_TERM.items():
        for term in said.values(name, SH + key):
            if key == "nodeKind" and term.value not in _NODE_KINDS:
                raise RuleBroken(f"{shorten(name)} has an unknown sh:nodeKind")
            yield Constraint(component, terms=(term,))
    for key, component in _TERM_LIST.items():
        for term in said.values(name, SH + key):
            yield Constraint(component, terms=tuple(said.items(term)))
    for key, component in _SHAPE_LIST.items():
        for term in said.values(name, SH + key):
            yield Constraint(component, shapes=tuple(t.value for t in said.items(term)))
    for key, component in _SHAPE.items():
        for term in sorted(said.values(name, SH + key), key=lambda t: t.value):
            yield Constraint(component, shapes=(term.value,))
    yield from _remaining(said, name)


def _remaining(said: Statements, name: str) -> Iterable[Constraint]:
    flags = said.one(name, SH + "flags")
    for term in said.values(name, SH + "pattern"):
        yield Constraint("Pattern", text=term.value, flags=flags.value if flags else "")
    if _flag(said, name, "uniqueLang"):
        yield Constraint("UniqueLang")
    if _flag(said, name, "closed"):
        allowed = [t.value for p in said.values(name, SH + "property") for t in said.values(p.value, SH + "path")]
        ignored = said.one(name, SH + "ignoredProperties")
        listed = [t.value for t in said.items(ignored)] if ignored else []
        yield Constraint("Closed", terms=tuple(Term(iri) for iri in sorted({*allowed, *listed})))
    yield from _qualified(said, name)


def _qualified(said: Statements, name: str) -> Iterable[Constraint]:
    apart = _flag(said, name, "qualifiedValueShapesDisjoint")
    for shape in said.values(name, SH + "qualifiedValueShape"):
        siblings = _siblings(said, name, shape.value) if apart else ()
        for key, component in (("qualifiedMinCount", "QualifiedMinCount"), ("qualifiedMaxCount", "QualifiedMaxCount")):
            for term in said.values(name, SH + key):
                yield Constraint(component, shapes=(shape.value,), number=_whole(term, name, key), siblings=siblings)


def _siblings(said: Statements, name: str, own: str) -> tuple[str, ...]:
    """The qualified shapes of the other property shapes of the same parents."""
    found: set[str] = set()
    for parent in said.subjects():
        children = [t.value for t in said.values(parent, SH + "property")]
        if name in children:
            for child in children:
                found.update(t.value for t in said.values(child, SH + "qualifiedValueShape"))
    return tuple(sorted(found - {own}))


def _whole(term: Term, name: str, key: str) -> int:
    if not term.value.isdecimal():
        raise RuleBroken(f"{shorten(name)} has sh:{key} «{term.value}», which is not a whole number")
    return int(term.value)
