"""What a wrong value was probably meant to be. Only a repair that cannot change the meaning is called safe."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import XSD
from mcgraph.model.terms import fold
from mcgraph.validation.catalogue import Rule
from mcgraph.validation.ir import Shape

_LEVEL = re.compile(r"(?:eqf|cec|level|niveau|lvl|[ \-–_./:])*([1-8])\s*", re.IGNORECASE)
_NUMBER = re.compile(
    r"\s*([0-9]+(?:[.,][0-9]+)?)\s*(?:ects|ecvet|credits?|cr[ée]dits?|points?|cp|h|hrs?|hours?|heures?|€|eur|euros?)?\.?\s*",
    re.IGNORECASE,
)
_EUROPEAN_DATE = re.compile(r"\s*([0-9]{1,2})[./-]([0-9]{1,2})[./-]([0-9]{4})\s*")
_NUMBERS = frozenset(XSD + name for name in ("decimal", "integer", "positiveInteger", "nonNegativeInteger"))


def suggest(text: str, rule: Rule | None, shape: Shape | None, names: Iterable[str] = ()) -> tuple[str, bool]:
    """(suggestion, whether it is safe) for a value that a rule refused; an empty text where there is none."""
    if rule is not None and rule.vocabulary:
        found = _concept(text, rule.vocabulary)
        if found[0]:
            return found
    datatype = _datatype(shape)
    if datatype in _NUMBERS:
        return _number(text, whole=datatype != XSD + "decimal")
    if datatype == XSD + "date":
        return _date(text)
    if datatype == XSD + "anyURI" or (shape and "URL" in shape.code):
        return _address(text), False
    return _name(text, names)


def _address(text: str) -> str:
    """A host without its protocol as an address; `ww.` and `wwww.` are slips of the finger for `www.`."""
    if not re.match(r"[\w-]+(?:\.[\w-]+)+(?:/\S*)?$", text):
        return ""
    return "https://" + re.sub(r"^(?:ww|w{4,})\.", "www.", text, flags=re.IGNORECASE)


def _datatype(shape: Shape | None) -> str:
    for constraint in shape.constraints if shape else ():
        if constraint.component == "Datatype":
            return constraint.terms[0].value
    return ""


def _concept(text: str, vocabulary_name: str) -> tuple[str, bool]:
    from mcgraph.model.vocabularies import vocabulary

    if vocabulary_name == "eqf" and (level := _LEVEL.fullmatch(text)):
        return level.group(1), True
    try:
        known = vocabulary(vocabulary_name)
    except (RuleBroken, OSError):
        return "", False
    exact = known.find(text)
    # Two or three letters are a code, and like many others: no suggestion is better than a wrong one.
    near = exact or (known.nearest(text, at_least=85.0 if len(text) > 4 else 75.0) if len(text) > 3 else None)
    if near is None:
        return "", False
    return known.notations.get(near) or known.label(near), exact is not None


def _number(text: str, *, whole: bool) -> tuple[str, bool]:
    matched = _NUMBER.fullmatch(text)
    if not matched:
        return "", False
    value = matched.group(1).replace(",", ".")
    if whole and "." in value:
        return "", False
    thousands = bool(re.fullmatch(r"[0-9]{1,3},[0-9]{3}", matched.group(1)))
    return value, not thousands


def _date(text: str) -> tuple[str, bool]:
    matched = _EUROPEAN_DATE.fullmatch(text)
    if not matched:
        return "", False
    day, month, year = (int(part) for part in matched.groups())
    if month > 12 and day <= 12:
        day, month = month, day
    try:
        meant = datetime.date(year, month, day)
    except ValueError:
        return "", False
    return meant.isoformat(), day > 12 or day == month


def _name(text: str, names: Iterable[str]) -> tuple[str, bool]:
    known = {fold(name): name for name in names if name}
    if not known:
        return "", False
    folded = fold(text)
    if folded in known:
        return known[folded], True
    from rapidfuzz import fuzz, process

    best = process.extractOne(folded, known.keys(), scorer=fuzz.ratio, score_cutoff=85.0)
    return (known[best[0]], False) if best else ("", False)
