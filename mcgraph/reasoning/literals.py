"""Literals as OWL 2 sees them: a value in a value space, and whether a data range holds it.

Two literals are the same value or provably different ones (`60` and `60.0` are one, `60` and `"60"` are two). Where a
literal is ill-formed, or of a datatype that is not known here, nothing follows: the answer is None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import RDF, RDFS, XSD

PLAIN = RDF + "PlainLiteral"
ANY_LITERAL = RDFS + "Literal"
_INTEGERS = frozenset(
    XSD + name
    for name in (
        "integer", "int", "long", "short", "byte", "nonNegativeInteger", "positiveInteger", "nonPositiveInteger",
        "negativeInteger", "unsignedInt", "unsignedLong", "unsignedShort", "unsignedByte",
    )
)  # fmt: skip
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_BOOLEAN = {"true": True, "1": True, "false": False, "0": False}
_TEXTS = frozenset({"", XSD + "string", RDF + "langString", PLAIN})
# Families whose value spaces have nothing in common (OWL 2 Syntax §4).
_FAMILIES = {
    **dict.fromkeys(_INTEGERS, "number"),
    XSD + "decimal": "number",
    XSD + "boolean": "truth",
    **dict.fromkeys(_TEXTS, "text"),
    XSD + "float": "float",
    XSD + "double": "double",
    XSD + "anyURI": "address",
    XSD + "dateTime": "moment",
    XSD + "dateTimeStamp": "moment",
}
# XML Schema patterns that Python reads otherwise.
_OTHER_PATTERN = re.compile(r"\\[icICpP]|-\[")


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal as written: lexical form, datatype IRI ("" for plain text) and language tag."""

    lexical: str
    datatype: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Value:
    """A point of a value space. Values of two families are never the same."""

    family: str
    point: object


@dataclass(frozen=True, slots=True)
class DataRange:
    """A datatype with facets: (`minInclusive`, `maxExclusive`, `pattern` …, literal)."""

    datatype: str
    facets: tuple[tuple[str, Literal], ...] = ()


def family(datatype: str) -> str | None:
    """The family of value spaces a datatype belongs to; None for one that is not known here."""
    return _FAMILIES.get(datatype)


def value_of(literal: Literal) -> Value | None:
    """The value a literal stands for; None where it is ill-formed or of a datatype whose values are not known here.

    >>> value_of(Literal("60", XSD + "integer")) == value_of(Literal("60.0", XSD + "decimal"))
    True
    >>> value_of(Literal("sixty", XSD + "decimal")) is None
    True
    """
    kind = family(literal.datatype)
    text = literal.lexical
    if kind == "text":
        return Value("text", (text, literal.language.lower()))
    text = text.strip()
    if kind == "number":
        shape = _WHOLE if literal.datatype in _INTEGERS else _DECIMAL
        return Value("number", Decimal(text)) if shape.fullmatch(text) else None
    if kind == "truth":
        return Value("truth", _BOOLEAN[text]) if text in _BOOLEAN else None
    return None


def same(a: Literal, b: Literal) -> bool | None:
    """Whether two literals are one value; None where that cannot be told."""
    if a == b:
        return True
    one, other = value_of(a), value_of(b)
    if one is not None and other is not None:
        return one == other
    kinds = family(a.datatype), family(b.datatype)
    return False if None not in kinds and kinds[0] != kinds[1] and (one or other) else None


def holds(wanted: DataRange, literal: Literal) -> bool | None:
    """Whether a literal lies in a data range; None where that cannot be told.

    Raises `RuleBroken` for a datatype or facet that this program does not know.
    """
    if wanted.datatype == ANY_LITERAL:
        return True
    kind = family(wanted.datatype)
    if kind not in ("number", "truth", "text"):
        raise RuleBroken(f"the definition uses the datatype {wanted.datatype}, which classify does not know")
    theirs = family(literal.datatype)
    if theirs is None:
        return None
    value = value_of(literal)
    if theirs != kind:
        # An ill-formed literal is no value at all, so that nothing follows from it.
        return None if value is None and theirs in ("number", "truth") else False
    if value is None:
        return None
    if wanted.datatype in _INTEGERS and not _is_whole(value):
        return False
    if wanted.datatype == XSD + "string" and literal.language:
        return False
    return all(_facet(name, bound, literal, value) for name, bound in wanted.facets)


def _is_whole(value: Value) -> bool:
    return isinstance(value.point, Decimal) and value.point == value.point.to_integral_value()


def _facet(name: str, bound: Literal, literal: Literal, value: Value) -> bool:
    if name == "pattern" and value.family == "text":
        if _OTHER_PATTERN.search(bound.lexical):
            raise RuleBroken(f"the definition uses the pattern «{bound.lexical}», which classify cannot read")
        return re.fullmatch(bound.lexical, literal.lexical) is not None
    limit = value_of(bound)
    if value.family == "number" and limit is not None and isinstance(limit.point, Decimal):
        number = value.point
        assert isinstance(number, Decimal)
        if name == "minInclusive":
            return number >= limit.point
        if name == "minExclusive":
            return number > limit.point
        if name == "maxInclusive":
            return number <= limit.point
        if name == "maxExclusive":
            return number < limit.point
    raise RuleBroken(f"the definition uses the facet {name} in a way that classify does not know")
