"""Which SPARQL of users is answered from columns: what counts and groups over the whole graph, as our questions do.

The index is quicker for whatever starts from a record, and has the say on everything that SPARQL leaves open: which
rows come where a limit cuts what is not ordered, and which value SAMPLE picks. So these stay with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from mcgraph.model.namespaces import ID, PREFIXES
from mcgraph.queries.algebra import Aggregate, Const, InGraph, Query, Triple, Values, Var
from mcgraph.queries.grammar import read

# Aggregates whose result SPARQL does not fix, or that the columns do not do.
_OPEN = ("SAMPLE", "GROUP_CONCAT")


def is_aggregate(text: str) -> bool:
    """Whether a text groups or counts over the whole graph, and SPARQL fixes every row it gives.

    >>> is_aggregate("SELECT ?l (COUNT(*) AS ?n) { ?c mc:eqfLevel ?l } GROUP BY ?l")
    True
    >>> is_aggregate("SELECT (COUNT(*) AS ?n) { <https://w3id.org/mcgraph/id/a/credential/b> mc:skill ?s }")
    False
    """
    query = read(text, PREFIXES)
    if query is None or query.form != "SELECT" or query.graphs:
        return False
    parts = list(_parts(query))
    if any(_is_open(part) or _starts(part) for part in parts):
        return False
    return bool(query.group_by) or any(isinstance(part, Aggregate) for part in parts)


def _parts(node: Any) -> Iterator[Any]:
    """Every part of a tree, the tree itself first."""
    if isinstance(node, tuple):
        for one in node:
            yield from _parts(one)
    elif is_dataclass(node):
        yield node
        for one in fields(node):
            yield from _parts(getattr(node, one.name))


def _is_open(part: Any) -> bool:
    """Whether SPARQL leaves open which rows or values this part gives."""
    if isinstance(part, Query):
        return (part.limit is not None or part.offset > 0) and not part.order_by
    return isinstance(part, Aggregate) and part.name in _OPEN


def _starts(part: Any) -> bool:
    """Whether this part names one record, or asks for any property: the index finds what it needs."""
    if isinstance(part, Triple):
        return isinstance(part.subject, Const) or isinstance(part.predicate, Var) or _is_record(part.object)
    if isinstance(part, Values):
        return any(_is_record(value) for row in part.rows for value in row)
    return isinstance(part, InGraph) and isinstance(part.name, Var)


def _is_record(term: Any) -> bool:
    return isinstance(term, Const) and term.is_iri and term.value.startswith(ID)
