"""Typed parameters: what a user writes becomes an RDF term, and a term is all that reaches a query."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import PREFIXES, VOCAB, XSD, expand, shorten
from mcgraph.model.terms import fold, is_safe_iri
from mcgraph.queries.guard import holds_service, masked

if TYPE_CHECKING:
    from collections.abc import Sequence

TYPES = ("iri", "concept", "country", "integer", "decimal", "date", "text", "language")
TEXT_LIMIT = 2_000
COUNT_LIMIT = 100
_INTEGER = re.compile(r"[+-]?\d{1,18}")
_DECIMAL = re.compile(r"[+-]?(\d{1,18}(\.\d{1,18})?|\.\d{1,18})")
_NAME = re.compile(r"[A-Za-z_]\w{0,63}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One declared parameter; without a default it must be given, unless `optional`.

    `values` is a property path whose values in the data can be chosen; `among` is a closed list of texts.
    """

    name: str
    type: str
    label: str = ""
    default: str | None = None
    optional: bool = False
    scheme: str = ""
    of: str = ""
    values: str = ""
    among: tuple[str, ...] = ()

    @property
    def required(self) -> bool:
        """Whether the question cannot be asked without it."""
        return self.default is None and not self.optional


@dataclass(frozen=True, slots=True)
class Term:
    """An RDF term: an IRI, or a literal with its datatype."""

    value: str
    datatype: str = ""

    @property
    def is_iri(self) -> bool:
        """Whether it is an IRI."""
        return not self.datatype

    def readable(self) -> str:
        """The term as N-Triples writes it, for people and other tools."""
        from mcgraph.model.terms import literal

        if self.is_iri:
            return f"<{self.value}>"
        return literal(self.value, datatype="" if self.datatype == XSD + "string" else self.datatype)

    def inert(self) -> str:
        """The term with every character but digits escaped, so that nothing of it can be taken for SPARQL.

        The engine reads the escapes inside its tokens. Even a text whose quotes mislead the place where
        this is put holds no quote, bracket or keyword of the value's making.
        """
        inside = "".join(mark if mark in "0123456789" else _escaped(mark) for mark in self.value)
        if self.is_iri:
            return f"<{inside}>"
        return f'"{inside}"' if self.datatype == XSD + "string" else f'"{inside}"^^<{self.datatype}>'


def _escaped(mark: str) -> str:
    code = ord(mark)
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"


def bind(text: str, terms: Mapping[str, Term | None], *, readable: bool = False, in_parts: bool = False) -> str:
    """`text` with a VALUES clause for every parameter.

    A block `VALUES ?name { … }` in the text is filled; where there is none, one is put at the start of the
    pattern. None stands for "not given" (UNDEF). With `in_parts` a value that holds the word SERVICE is given by an
    expression, so that the readable text may be asked at any endpoint of ours.
    """
    for name, term in terms.items():
        clause = f"VALUES ?{name} {{ {'UNDEF' if term is None else term.readable() if readable else term.inert()} }}"
        joined = _in_parts(name, term) if term and in_parts else clause
        structure = masked(text)
        places = list(re.finditer(rf"\bVALUES\s+[?$]{name}\s*\{{[^{{}}]*\}}", structure, re.IGNORECASE))
        if places:
            for place in reversed(places):
                # VALUES may also stand after the pattern, where nothing else can.
                within = structure.count("{", 0, place.start()) > structure.count("}", 0, place.start())
                text = text[: place.start()] + (joined if within else clause) + text[place.end() :]
        else:
            where = re.search(r"\bWHERE\b", structure, re.IGNORECASE)
            start = structure.find("{", where.end() if where else 0) + 1
            if start:
                text = f"{text[:start]} {joined} {text[start:]}"
    return text


@lru_cache(maxsize=64)
def _in_parts(name: str, term: Term) -> str:
    """VALUES with a readable term; one that holds the word SERVICE, which no text may, is put together of parts."""
    whole = term.readable()
    if term.datatype not in ("", XSD + "string") or not holds_service(whole):
        return f"VALUES ?{name} {{ {whole} }}"
    parts = [""]
    for mark in term.value:
        # Seven letters, each of them an escape of ten signs at most.
        if holds_service(Term(parts[-1][-80:] + mark, XSD + "string").readable()):
            parts.append("")
        parts[-1] += mark
    text = f"CONCAT({', '.join(Term(part, XSD + 'string').readable() for part in parts)})"
    # A query within, not BIND: like VALUES it may stand before or after what binds the variable.
    return f"{{ SELECT ({f'IRI({text})' if term.is_iri else text} AS ?{name}) {{}} }}"


def read_values(
    declared: Sequence[Parameter], given: Mapping[str, str], date: datetime.date
) -> dict[str, Term | str | None]:
    """Each parameter as a term; a record that is named, not given by IRI, stays text for the store to find.

    Raises `WrongUse` for an unknown name, a missing value, or a value that does not fit the type.
    """
    if len(given) > COUNT_LIMIT:
        raise WrongUse(f"{len(given)} parameters were given, the limit is {COUNT_LIMIT}")
    by_name = {parameter.name: parameter for parameter in declared}
    for name in given:
        if name not in by_name:
            raise WrongUse(f"there is no parameter «{name[:60]}»", fix=_near(name, list(by_name)))
    values: dict[str, Term | str | None] = {}
    for name, parameter in by_name.items():
        text = given.get(name, parameter.default)
        if text is None or text == "":
            if parameter.required:
                raise WrongUse(
                    f"the parameter «{name}» ({parameter.label or parameter.type}) is needed",
                    fix=f"Give it with -p {name}=…",
                )
            values[name] = None
        else:
            values[name] = read_value(parameter, text, date)
    return values


def free_parameters(given: Mapping[str, str]) -> tuple[Parameter, ...]:
    """Parameters for a text that declares none, typed by what their values look like.

    Raises `WrongUse` for a name that cannot be a SPARQL variable.
    """
    return tuple(Parameter(name=_variable(name), type=looks_like(text)) for name, text in given.items())


def _variable(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise WrongUse(f"«{name[:60]}» cannot be the name of a parameter", fix="Use letters, digits and _.")
    return name


def looks_like(text: str) -> str:
    """The type of a parameter that its value looks like it has."""
    if is_safe_iri(text) and ("://" in text or text.partition(":")[0] in PREFIXES):
        return "iri"
    if _INTEGER.fullmatch(text):
        return "integer"
    if _DECIMAL.fullmatch(text):
        return "decimal"
    return "date" if re.fullmatch(r"\d{4}-\d\d-\d\d", text) else "text"


def is_iri(text: str) -> bool:
    """Whether a value is read as an IRI whatever a store holds: by its form, its prefix, or in angle brackets."""
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    return looks_like(bare) == "iri" or (is_safe_iri(bare) and (bare.startswith("urn:") or bare != text))


def written(iri: str) -> str:
    """The shortest text that is read as this IRI.

    >>> written("https://w3id.org/mcgraph/ontology#title"), written("urn:x:1"), written("did:web:x")
    ('mc:title', 'urn:x:1', '<did:web:x>')
    """
    short = shorten(iri)
    return short if is_iri(short) else f"<{iri}>"


def read_value(parameter: Parameter, text: str, date: datetime.date) -> Term | str:
    """The term for one value of a declared type (text where the store must find the record).

    Raises `WrongUse` where the value does not fit.
    """
    text = text.strip()
    if len(text) > TEXT_LIMIT:
        raise WrongUse(f"the value of «{parameter.name}» has more than {TEXT_LIMIT:,} characters")
    if any("\ud800" <= mark <= "\udfff" or mark == "\x00" for mark in text):
        raise WrongUse(f"the value of «{parameter.name}» holds characters that are not text")
    if parameter.type in ("integer", "decimal"):
        return _number(parameter, text)
    if parameter.type == "date":
        return _date(parameter, text, date)
    if parameter.type == "iri":
        return _record(parameter, text)
    if parameter.type == "text":
        return _text(parameter, text)
    if parameter.type == "country":
        from mcgraph.queries.codes import country

        return Term(country(text))
    if parameter.type == "language":
        from mcgraph.queries.codes import language

        return Term(language(text))
    return _concept(parameter, text)


def _text(parameter: Parameter, text: str) -> Term:
    if parameter.among and text not in parameter.among:
        raise WrongUse(f"«{text[:60]}» is not a value of «{parameter.name}»", fix=_near(text, list(parameter.among)))
    return Term(text, XSD + "string")


def _number(parameter: Parameter, text: str) -> Term:
    pattern, kind = (_INTEGER, "integer") if parameter.type == "integer" else (_DECIMAL, "decimal")
    if not pattern.fullmatch(text):
        example = "12" if kind == "integer" else "2.5"
        raise WrongUse(f"«{text[:60]}» for «{parameter.name}» is not a number", fix=f"Write it such as {example}.")
    return Term(text, XSD + kind)


def _date(parameter: Parameter, text: str, today: datetime.date) -> Term:
    if text == "today":
        return Term(today.isoformat(), XSD + "date")
    try:
        return Term(datetime.date.fromisoformat(text).isoformat(), XSD + "date")
    except ValueError:
        raise WrongUse(
            f"«{text[:60]}» for «{parameter.name}» is not a date",
            fix="Write it such as 2026-03-31, or today.",
        ) from None


def _record(parameter: Parameter, text: str) -> Term | str:
    bare = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    prefix, colon, local = bare.partition(":")
    if colon and local and prefix in PREFIXES:
        return Term(_safe(parameter, expand(bare)))
    # In brackets an IRI may have any scheme; without them `did:web:x` may as well be an identifier.
    if "://" in bare or bare.startswith("urn:") or (bare != text and colon):
        return Term(_safe(parameter, bare))
    return bare


def _safe(parameter: Parameter, text: str) -> str:
    if not is_safe_iri(text):
        raise WrongUse(
            f"«{text[:80]}» for «{parameter.name}» is not an IRI",
            fix="Use a form such as https://example.org/x, or a prefixed name such as mc:title.",
        )
    return text


def _concept(parameter: Parameter, text: str) -> Term:
    found = _record(parameter, text)
    if isinstance(found, Term):
        return found
    from mcgraph.queries.codes import concepts

    members = concepts(parameter.scheme)
    iri = members.get(fold(text))
    if iri:
        return Term(iri)
    if not members:
        base = PREFIXES.get(parameter.scheme, f"{VOCAB}{parameter.scheme}#")
        return Term(_safe(parameter, base + text))
    names = sorted({shorten(member).rpartition(":")[2] for member in members.values()})
    raise WrongUse(f"«{text[:60]}» is no {parameter.label or parameter.scheme}", fix=_near(text, names))


def _near(text: str, names: list[str]) -> str:
    from rapidfuzz import fuzz, process

    best = process.extractOne(text, names, scorer=fuzz.ratio, score_cutoff=60) if names else None
    listed = ", ".join(names[:20]) + (" …" if len(names) > 20 else "") if names else "none"
    return f"Did you mean «{best[0]}»? Possible: {listed}." if best else f"Possible: {listed}."
