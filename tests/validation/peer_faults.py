"""Where pySHACL, or rdflib under it, is known to be wrong: each fault by name, with its reason and an example.

A random case in which both engines differ is excused only where a fault of this table stands in it, and then it
is compared again without what triggers the fault. Each fault must still show itself on its example: one that is
mended upstream makes its test fail, and leaves the table.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from mcgraph.model.namespaces import SH, XSD
from mcgraph.validation import lexical
from mcgraph.validation.ir import Term
from mcgraph.validation.parse import parse_shapes
from tests.validation.random_shapes import EX, HEAD, LANG, Case

_BOUNDS = {SH + name for name in ("minInclusive", "minExclusive", "maxInclusive", "maxExclusive")}
_ORDERS = {SH + "lessThan", SH + "lessThanOrEquals"}
_COMPARISON = re.compile(
    r"sh:(?:min|max)(?:In|Ex)clusive (?:'[^']*'(?:\^\^\S+)?|[\d.e+-]+)|sh:lessThan(?:OrEquals)? ex:\w"
)
_HARMLESS = "sh:hasValue ex:a"  # may stand in any shape, and twice


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the peer: where it can show, an example where it does, and shapes without its trigger."""

    name: str
    reason: str
    applies: Callable[[Case], bool]
    example: Case
    without: Callable[[str], str]


def _is_valid(term: Term) -> bool:
    return bool(pl.DataFrame({"v": [term.value]}).select(lexical.valid(term.datatype).alias("ok")).item())


def _pairs(case: Case) -> Iterator[tuple[Term, Term]]:
    """Every two literals that the shapes may compare."""
    shapes = case.shapes
    literals = {term for _, _, term in case.data if term.is_literal}
    literals |= {target.term for shape in parse_shapes(shapes).targeted for target in shape.targets
                 if target.term.is_literal}  # fmt: skip
    edges = {value for _, predicate, value in shapes if predicate in _BOUNDS}
    if any(predicate in _ORDERS for _, predicate, _ in shapes):
        edges |= literals
    return ((edge, value) for edge in sorted(edges, key=str) for value in sorted(literals, key=str))


def _kind(term: Term) -> str:
    return lexical.family(term.datatype) or "own"


def _any_pair(test: Callable[[Term, Term], bool]) -> Callable[[Case], bool]:
    return lambda case: any(test(one, other) for one, other in _pairs(case))


def _incomparable_kinds(one: Term, other: Term) -> bool:
    kinds = {_kind(one), _kind(other)}
    return len(kinds) == 2 and "own" not in kinds and kinds not in ({"date", "moment"}, {XSD + "string", "language"})


def _orders_what_is_no_literal(case: Case) -> bool:
    return any(predicate in _ORDERS for _, predicate, _ in case.shapes)


def _is_day_as_moment(term: Term) -> bool:
    return term.datatype == XSD + "dateTime" and "T" not in term.value


def _case(shape: str, *values: Term) -> Case:
    data = tuple((Term(f"{EX}n{i}"), EX + "p", value) for i, value in enumerate(values))
    return Case(data, f"{HEAD}ex:S0 a sh:NodeShape ; sh:targetSubjectsOf ex:p ; sh:property [ {shape} ] .")


def _replaced(pattern: re.Pattern[str], by: str) -> Callable[[str], str]:
    return lambda text: pattern.sub(by, text)


_NO_COMPARISON = _replaced(_COMPARISON, _HARMLESS)
FAULTS = (
    Fault(
        "values of different kinds are ordered",
        "rdflib puts any two literals into an order by datatype (Literal.__gt__); in SPARQL, which SHACL 4.3 and 4.5.3 "
        "refer to, a number, a date, a boolean and a text have no order among each other",
        _any_pair(_incomparable_kinds),
        _case("sh:path ex:p ; sh:maxInclusive 2", Term("true", XSD + "boolean")),
        _NO_COMPARISON,
    ),
    Fault(
        "values that are not valid are ordered",
        "the same for a text that its datatype does not allow, which has no value that could be compared",
        _any_pair(lambda one, other: not _is_valid(one) or not _is_valid(other)),
        _case("sh:path ex:p ; sh:minInclusive 2.5", Term("two", XSD + "integer")),
        _NO_COMPARISON,
    ),
    Fault(
        "values of unknown datatypes are ordered",
        "the same for datatypes of one's own, of which SPARQL knows no order",
        _any_pair(lambda one, other: "own" in (_kind(one), _kind(other))),
        _case("sh:path ex:p ; sh:maxInclusive 2", Term("shoe size 43", EX + "ownType")),
        _NO_COMPARISON,
    ),
    Fault(
        "texts with a language are ordered",
        "SPARQL compares simple literals and xsd:string; a text with a language has no order",
        _any_pair(lambda one, other: "language" in (_kind(one), _kind(other))),
        _case("sh:path ex:p ; sh:minInclusive 'two'", Term("hello", LANG, "en")),
        _NO_COMPARISON,
    ),
    Fault(
        "a date and a date-time are ordered",
        "rdflib orders them by the name of their datatype; a day is not comparable with a moment",
        _any_pair(lambda one, other: {_kind(one), _kind(other)} == {"date", "moment"}),
        _case("sh:path ex:p ; sh:maxInclusive '2026-01-31T12:30:00Z'^^xsd:dateTime", Term("2027-01-31", XSD + "date")),
        _NO_COMPARISON,
    ),
    Fault(
        "a date passes for a date-time",
        "rdflib reads 2026-01-31 as midnight of that day; xsd:dateTime asks for a time (XSD 3.2.7)",
        lambda case: "sh:datatype xsd:dateTime" in case.text and any(_is_day_as_moment(o) for _, _, o in case.data),
        _case("sh:path ex:p ; sh:datatype xsd:dateTime", Term("2026-01-31", XSD + "dateTime")),
        _replaced(re.compile("sh:datatype xsd:dateTime"), _HARMLESS),
    ),
    Fault(
        "sh:lessThan stops at blank nodes and IRIs",
        "pySHACL raises an error where SHACL 4.5.3 asks for a result: values that cannot be compared are violations",
        _orders_what_is_no_literal,
        _case("sh:path ex:p ; sh:lessThan ex:p", Term("_:x")),
        _NO_COMPARISON,
    ),
    Fault(
        "sh:minLength 0 lets blank nodes pass",
        "pySHACL returns early; SHACL 4.4.1 says: where the value is a blank node, there is a result",
        lambda case: "sh:minLength 0" in case.text,
        _case("sh:path ex:p ; sh:minLength 0", Term("_:x")),
        _replaced(re.compile("sh:minLength 0"), "sh:minLength 1"),
    ),
    Fault(
        "the flags x and s of a pattern are passed over",
        "SHACL 4.4.3 takes them from SPARQL's REGEX (XPath fn:matches: s, m, i, x); pySHACL looks for i and m only",
        lambda case: re.search("sh:flags '[sx]'", case.text) is not None,
        _case("sh:path ex:p ; sh:pattern 't w o' ; sh:flags 'x'", Term("two", XSD + "string")),
        _replaced(re.compile("sh:pattern '[^']*' ; sh:flags '[sx]'"), _HARMLESS),
    ),
    Fault(
        "an inverse sequence is walked in the wrong order",
        "^(p/q) is ^q/^p (SPARQL 18.2.2.4); pySHACL walks ^p/^q",
        lambda case: "sh:inversePath (" in case.text,
        Case(
            ((Term(EX + "a"), EX + "p", Term(EX + "b")), (Term(EX + "b"), EX + "q", Term(EX + "c"))),
            HEAD + "ex:S0 a sh:NodeShape ; sh:targetNode ex:c ; "
            "sh:property [ sh:path [ sh:inversePath ( ex:p ex:q ) ] ; sh:minCount 1 ] .",
        ),
        _replaced(re.compile(r"\[ sh:inversePath \( ex:p ex:q \) \]"), "[ sh:inversePath ex:p ]"),
    ),
)  # fmt: skip


def faults_in(case: Case) -> list[Fault]:
    """The faults that can show themselves in a case."""
    return [fault for fault in FAULTS if fault.applies(case)]


def without(case: Case, faults: list[Fault]) -> Case:
    """The case without what triggers the faults."""
    text = case.text
    for fault in faults:
        text = fault.without(text)
    return Case(case.data, text)
