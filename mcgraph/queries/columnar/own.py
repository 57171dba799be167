"""Which SPARQL of users is answered from columns: what counts and groups over the whole graph, as our questions do.

The index is quicker for whatever starts from a record, and has the say on everything that SPARQL leaves open (which
rows come where a limit cuts what is not ordered wholly, which value SAMPLE picks) and on values: the columns hold
decimals as floating-point numbers, and engines differ in what they make of dates with time zones, of numbers and truth
values that are written in other ways, and of expressions that fail. So only texts whose parts are listed here are
taken, and the random tests hold those against the engine.
"""

from __future__ import annotations

import re
from typing import Any

from mcgraph.model.namespaces import ID, PREFIXES
from mcgraph.queries.algebra import Aggregate, Call, Const, InGraph, Query, Triple, Values, Var, parts
from mcgraph.queries.grammar import read
from mcgraph.store.dictionary import NUMBERS, STRING

# Of texts and terms, what both do alike; "!" and the like take what these give.
_CALLS = frozenset(
    ("STR", "LANG", "LCASE", "CONTAINS", "STRSTARTS", "REGEX", "BOUND", "ISIRI", "ISLITERAL", "!", "&&", "||")
)
_COMPARED = frozenset(("=", "!=", "<", ">", "<=", ">=", "IN"))
_TEXTS = frozenset(("STR", "LANG", "LCASE"))
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,14}")


def is_aggregate(text: str) -> bool:
    """Whether a text groups or counts over the whole graph, and both ways must give the same rows.

    >>> is_aggregate("SELECT ?l (COUNT(*) AS ?n) { ?c mc:eqfLevel ?l } GROUP BY ?l")
    True
    >>> is_aggregate("SELECT (COUNT(*) AS ?n) { <https://w3id.org/mcgraph/id/a/credential/b> mc:skill ?s }")
    False
    """
    query = read(text, PREFIXES)
    if query is None or query.form != "SELECT" or query.graphs:
        return False
    every = list(parts(query))
    if any(_is_open(part) or _starts(part) or _is_delicate(part) for part in every):
        return False
    return bool(query.group_by) or any(isinstance(part, Aggregate) for part in every)


def _is_open(part: Any) -> bool:
    """Whether SPARQL leaves open which rows this part gives: a cut through an order that does not name every row."""
    if not isinstance(part, Query) or (part.limit is None and not part.offset):
        return False
    ordered = {one.name for one, _ in part.order_by if isinstance(one, Var)}
    if part.group_by:
        return not {key.variable.name for key in part.group_by} <= ordered
    if any(isinstance(one, Aggregate) for shown in part.projections for one in parts(shown)):
        return False  # one row for all
    return part.is_star or not {shown.variable.name for shown in part.projections} <= ordered


def _starts(part: Any) -> bool:
    """Whether this part names one record, or asks for any property: the index finds what it needs."""
    if isinstance(part, Call) and part.name in _COMPARED:
        return any(_is_record(one) for one in part.arguments)
    if isinstance(part, Triple):
        return isinstance(part.subject, Const) or isinstance(part.predicate, Var) or _is_record(part.object)
    if isinstance(part, Values):
        return any(_is_record(value) for row in part.rows for value in row)
    return isinstance(part, InGraph)


def _is_record(term: Any) -> bool:
    return isinstance(term, Const) and term.is_iri and term.value.startswith(ID)


def _is_delicate(part: Any) -> bool:
    """Whether the two ways could differ in what this part makes of values."""
    if isinstance(part, Const):
        return not _is_plain(part)
    if isinstance(part, Aggregate):
        if part.name in ("MIN", "MAX"):
            return not _is_text(part.argument) and not isinstance(part.argument, Var)
        return part.name not in ("COUNT", "SUM", "AVG") or not isinstance(part.argument, Var | None)
    if isinstance(part, Query):
        return any(key.expression is not None and not _is_text(key.expression) for key in part.group_by)
    if isinstance(part, Call) and part.name in _COMPARED:
        return not _is_comparable(part)
    return isinstance(part, Call) and part.name not in _CALLS


def _is_plain(term: Const) -> bool:
    """IRIs, texts, and whole numbers as they are usually written: one way to write each."""
    if term.is_iri or term.language or term.datatype == STRING:
        return True
    return term.datatype == NUMBERS[0] and _WHOLE.fullmatch(term.value) is not None


def _is_text(expression: Any) -> bool:
    return isinstance(expression, Call) and expression.name in _TEXTS


def _is_comparable(call: Call) -> bool:
    """Terms are equal or not whatever they mean; numbers are compared with whole ones."""
    first, *others = call.arguments
    if call.name in ("=", "!=", "IN") and (_is_text(first) or any(map(_is_text, others))):
        return all(_is_text(one) or (isinstance(one, Const) and one.datatype == STRING) for one in call.arguments)
    if call.name in ("=", "!=", "IN"):
        sides = [one for one in call.arguments if not isinstance(one, Var)]
        if sides and all(isinstance(one, Const) and one.is_iri for one in sides):
            return True
    known = isinstance(first, Var) or (isinstance(first, Aggregate) and first.name == "COUNT")
    return known and bool(others) and all(isinstance(one, Const) and one.datatype == NUMBERS[0] for one in others)
