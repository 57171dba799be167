"""Which statements of a graph a question can look at: those that match one of its patterns, and no others.

A solution is put together from statements that match the triple patterns of the text (SPARQL 1.1 §18.3), the steps of
a path included (§18.4). So a store that holds those alone gives the same answer as the whole graph. An IRI that stands
in a pattern narrows what it matches; so does a variable that `VALUES` gives one IRI before, where every other value of
it would be thrown away anyway. A literal narrows nothing: servers write `true` and `2.50` in their own ways.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mcgraph.queries.algebra import (
    Alternatives,
    Bind,
    Const,
    Element,
    Expression,
    Filter,
    Group,
    InGraph,
    Minus,
    Optional_,
    Path,
    Query,
    Term,
    Triple,
    Triples,
    Values,
    Var,
)
from mcgraph.queries.grammar import read
from mcgraph.queries.rewriting import exists_in

_Given = Mapping[str, str]


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """The statements with these IRIs in their places; an empty text stands for anything."""

    subject: str = ""
    predicate: str = ""
    object: str = ""

    def covers(self, other: Pattern) -> bool:
        """Whether every statement that matches `other` matches this one."""
        pairs = ((self.subject, other.subject), (self.predicate, other.predicate), (self.object, other.object))
        return all(not mine or mine == theirs for mine, theirs in pairs)


def needed(text: str, prefixes: Mapping[str, str]) -> tuple[Pattern, ...] | None:
    """The patterns whose statements decide the answer to a text; None where that cannot be told from it.

    It cannot for DESCRIBE, for what the reader of texts does not look into, for a path of any length with both ends
    open, which gives each node of the graph with itself, for GRAPH around what may match without a statement, which
    gives each graph there is, and for a text with an IRI that is none.
    """
    query = read(text, prefixes)
    if query is None or query.form == "DESCRIBE" or query.graphs:
        return None
    try:
        found = set(_of_query(query))
    except _Open:
        return None
    # A pattern becomes part of another question: an escaped bracket or space would end its IRI there.
    return fewest(found) if all(_is_safe(pattern) for pattern in found) else None


def fewest(patterns: set[Pattern]) -> tuple[Pattern, ...]:
    """The patterns without those that another one covers, in order."""
    return tuple(sorted(one for one in patterns if not any(other != one and other.covers(one) for other in patterns)))


def _is_safe(pattern: Pattern) -> bool:
    from mcgraph.model.terms import is_safe_iri

    return all(not text or is_safe_iri(text) for text in (pattern.subject, pattern.predicate, pattern.object))


class _Open(Exception):
    """A part that also gives nodes or graphs which no statement of its own brings in."""


def _of_query(query: Query) -> Iterator[Pattern]:
    yield from _of_group(query.where, {})
    expressions: list[Expression | None] = [one.expression for one in (*query.projections, *query.group_by)]
    expressions += [*query.having, *(one for one, _ in query.order_by)]
    for expression in expressions:
        yield from _of_expression(expression, {})


def _of_group(group: Group, outer: _Given) -> Iterator[Pattern]:
    """`outer` is what joined groups around have given; `own` what this one has, element by element.

    An OPTIONAL, MINUS or EXISTS looks at the rows of its own group only: what is given around is not yet there.
    """
    own: dict[str, str] = {}
    for element in group.elements:
        if isinstance(element, Triples):
            for triple in element.patterns:
                _check_open(triple, group)
                yield from _of_triple(triple, {**outer, **own})
        elif isinstance(element, Values):
            own |= _single(element)
        elif isinstance(element, Alternatives):
            for one in element.groups:
                yield from _of_group(one, {**outer, **own})
        elif isinstance(element, InGraph):
            if not _has_statement(element.group):
                raise _Open
            yield from _of_group(element.group, {**outer, **own})
        elif isinstance(element, Optional_ | Minus):
            yield from _of_group(element.group, own)
        elif isinstance(element, Filter):
            yield from _of_expression(element.condition, own)
        elif isinstance(element, Bind):
            yield from _of_expression(element.expression, own)
        else:
            yield from _of_query(element)


def _single(values: Values) -> dict[str, str]:
    """The variables that have one IRI in all rows of VALUES."""
    found: dict[str, str] = {}
    for place, variable in enumerate(values.variables):
        given = {row[place] for row in values.rows}
        only = given.pop() if len(given) == 1 else None
        if isinstance(only, Const) and only.is_iri:
            found[variable.name] = only.value
    return found


def _of_expression(expression: Expression | None, given: _Given) -> Iterator[Pattern]:
    for found in exists_in(expression):
        yield from _of_group(found.group, given)


def _of_triple(triple: Triple, given: _Given) -> Iterator[Pattern]:
    subject, thing = _iri(triple.subject, given), _iri(triple.object, given)
    if isinstance(triple.predicate, Var):
        yield Pattern(subject, given.get(triple.predicate.name, ""), thing)
    else:
        yield from _of_path(triple.predicate, subject, thing)


def _of_path(path: Path, subject: str, thing: str) -> Iterator[Pattern]:
    if path.kind == "iri":
        yield Pattern(subject, path.iri, thing)
    elif path.kind == "inverse":
        yield from _of_path(path.parts[0], thing, subject)
    elif path.kind == "alternative":
        for part in path.parts:
            yield from _of_path(part, subject, thing)
    elif path.kind == "sequence":
        last = len(path.parts) - 1
        for place, part in enumerate(path.parts):
            yield from _of_path(part, "" if place else subject, thing if place == last else "")
    else:
        for part in path.parts:
            yield from _of_path(part, "", "")


def _iri(term: Term, given: _Given) -> str:
    if isinstance(term, Const):
        return term.value if term.is_iri else ""
    return given.get(term.name, "")


def _check_open(triple: Triple, group: Group) -> None:
    """A path that may have no step gives each node with itself, unless other statements say which nodes are meant."""
    ends = (triple.subject, triple.object)
    if not _is_open(triple) or not all(isinstance(end, Var) for end in ends):
        return
    beside = [one for found in group.elements if isinstance(found, Triples) for one in found.patterns]
    # What only stands as a property is no node.
    nodes = {node for one in beside if not _is_open(one) for node in (one.subject, one.object)}
    if nodes.isdisjoint(ends):
        raise _Open


def _has_statement(group: Group) -> bool:
    """Whether every solution of a pattern inside GRAPH is made of a statement of that graph, or more."""
    return any(map(_rests_on_one, group.elements))


def _rests_on_one(element: Element) -> bool:
    if isinstance(element, Triples):
        return not all(map(_is_open, element.patterns))
    if isinstance(element, Alternatives):
        return all(map(_has_statement, element.groups))
    if isinstance(element, Query):
        # Without GROUP BY an aggregate has a row for nothing, too.
        plain = not element.having and not element.order_by and all(p.expression is None for p in element.projections)
        return (plain or bool(element.group_by)) and _has_statement(element.where)
    return False


def _is_open(triple: Triple) -> bool:
    return isinstance(triple.predicate, Path) and _may_be_empty(triple.predicate)


def _may_be_empty(path: Path) -> bool:
    if path.kind == "iri":
        return False
    if path.kind in ("sequence", "plus", "inverse"):
        return all(_may_be_empty(part) for part in path.parts)
    if path.kind == "alternative":
        return any(_may_be_empty(part) for part in path.parts)
    return True
