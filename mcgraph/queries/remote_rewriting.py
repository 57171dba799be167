"""Constructs that servers of others stumble over, said in words they take; the meaning is the same.

`VALUES ?x { UNDEF }` holds the place of a parameter that was not given. It is joined with one row that binds nothing,
so it can be left out.

`EXISTS { P }` inside an expression (Virtuoso 7 takes it in FILTER only) becomes `BOUND(?mark)`, with
`OPTIONAL { SELECT DISTINCT … (1 AS ?mark) WHERE { P } }` before the BIND it stands in. That means the same where every
variable that P shares with what stands before is bound there in every row and by every match of P, and P is simple
(see `rewriting`); elsewhere the text stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mcgraph.queries.algebra import Bind, Exists, Filter, Group, certain, variables
from mcgraph.queries.grammar import read
from mcgraph.queries.guard import masked
from mcgraph.queries.rewriting import exists_in, is_simple, scopes

_UNDEF = re.compile(r"\bVALUES\s+\?\w+\s*\{\s*UNDEF\s*\}", re.IGNORECASE)
_KEYWORD = re.compile(r"\bEXISTS\s*$", re.IGNORECASE)
_NOT = re.compile(r"\bNOT\s+EXISTS\s*$", re.IGNORECASE)


def for_servers(text: str, prefixes: Mapping[str, str]) -> str:
    """`text` without what many servers do not take, where that can be said otherwise."""
    return _without_exists(_without_undef(text), prefixes)


def _without_undef(text: str) -> str:
    for found in reversed(list(_UNDEF.finditer(masked(text)))):
        text = text[: found.start()] + " " + text[found.end() :]
    return text


def _without_exists(text: str, prefixes: Mapping[str, str]) -> str:
    if "exists" not in text.casefold():
        return text
    query = read(text, prefixes)
    if query is None:
        return text
    bare = masked(text)
    edits: list[tuple[int, int, str]] = []
    for scope in scopes(query):
        for place, element in enumerate(scope.group.elements):
            if not isinstance(element, Bind) or scope.in_graph:
                continue
            before = Group(tuple(one for one in scope.group.elements[:place] if not isinstance(one, Filter)))
            for found in exists_in(element.expression):
                edits += _marked(text, bare, before, found, element.start, len(edits))
    for start, end, instead in sorted(edits, reverse=True):
        text = text[:start] + instead + text[end:]
    return text


def _marked(
    text: str, bare: str, before: Group, found: Exists, at: int, number: int
) -> list[tuple[int, int, str]]:
    """The edits that make a mark of one EXISTS before the BIND at a place; none where its meaning could change."""
    inside = found.group
    shared = variables(inside) & variables(before)
    if not shared or not is_simple(inside) or not shared <= certain(before) & certain(inside):
        return []
    keyword = (_NOT if found.negated else _KEYWORD).search(bare, 0, inside.start)
    if keyword is None:
        return []
    mark = f"?isThere{number}"
    names = " ".join(f"?{name}" for name in sorted(shared))
    pattern = text[inside.start : inside.end]
    asked = f"OPTIONAL {{ SELECT DISTINCT {names} (1 AS {mark}) WHERE {pattern} }} "
    return [(at, at, asked), (keyword.start(), inside.end, f"{'!' if found.negated else ''}BOUND({mark})")]
