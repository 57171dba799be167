"""Syntax errors said so that the writer of a query can mend it.

The engine tells how far it came, which is often the end of the text. The commonest slips (a prefix nobody
declared, a bracket or quote left open, an operator without its right side) are found here, at their place.
"""

from __future__ import annotations

import re

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import ID, PREFIXES
from mcgraph.queries.guard import declared_prefixes, masked

_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_PREFIXED = re.compile(r"(?<![\w?$@:_-])([A-Za-z][\w-]*):(?=[\w(])")
_WITH_SLASH = re.compile(r"(?<![\w?$@:_<-])id:([\w.%~-]+(?:/[\w.%~-]+)+)")
_DECLARES = re.compile(r"PREFIX\s*$", re.IGNORECASE)
_NOTHING_FOLLOWS = re.compile(r"(=|!=|<=|>=|&&|\|\||[+*/<>|^])\s*(?=[)}])")
_NO_OPERATOR = re.compile(r"[*+]\s*(?=[)}])")
_CLOSING = {")": "(", "]": "[", "}": "{"}
WIDTH = 100


def syntax_refusal(text: str, said: str) -> WrongUse:
    """The refusal for a text the engine could not parse, with line, column and the line itself."""
    slip = _undeclared(text) or _slashed(text) or _unbalanced(text) or _open_quote(text) or _dangling(text)
    if slip:
        place, reason = slip
        line = text.count("\n", 0, place) + 1
        column = place - (text.rfind("\n", 0, place) + 1) + 1
    else:
        found = _PLACE.match(said)
        line, column = (int(found[1]), int(found[2])) if found else (1, 1)
        unbound = "contains a variable that is unbound" in said
        reason = (
            "SELECT names a variable that the pattern does not bind, or that is not grouped"
            if unbound
            else "something is missing or too much here or before"
        )
    lines = text.split("\n")
    if not "\n".join(lines[line - 1 :])[column - 1 :].strip():
        # The end of the text: nobody looks for it after blank lines.
        written = text.rstrip()
        line, column = written.count("\n") + 1, len(written) - written.rfind("\n")
    shown = lines[line - 1].rstrip() if 0 < line <= len(lines) else ""
    start = max(0, column - WIDTH // 2)
    pointer = " " * (column - 1 - start) + "^"
    return WrongUse(
        f"the query is not SPARQL at line {line}, column {column}: {reason}",
        fix=f"{shown[start : start + WIDTH]}\n  {pointer}",
    )


def _undeclared(text: str) -> tuple[int, str] | None:
    known = declared_prefixes(text, PREFIXES)
    structure = masked(text)
    for found in _PREFIXED.finditer(structure):
        if found[1] not in known and not _DECLARES.search(structure, max(0, found.start() - WIDTH), found.start()):
            return found.start(), f"no prefix «{found[1]}:» is declared (add PREFIX {found[1]}: <…> at the top)"
    return None


def _slashed(text: str) -> tuple[int, str] | None:
    """A record as answers show it, `id:source/credential/X`: a prefixed name of SPARQL has no slash."""
    found = _WITH_SLASH.search(masked(text))
    return (found.start(), f"a prefixed name has no slash in SPARQL; write <{ID}{found[1]}>") if found else None


def _unbalanced(text: str) -> tuple[int, str] | None:
    opened: list[tuple[int, str]] = []
    for place, mark in enumerate(masked(text)):
        if mark in "([{":
            opened.append((place, mark))
        elif mark in _CLOSING:
            if not opened or opened[-1][1] != _CLOSING[mark]:
                return place, f"«{mark}» closes nothing that is open here"
            opened.pop()
    return (opened[-1][0], f"«{opened[-1][1]}» is never closed") if opened else None


def _open_quote(text: str) -> tuple[int, str] | None:
    places = [place for place in (masked(text).find(quote) for quote in "\"'") if place >= 0]
    return (min(places), "a text begins here and does not end on this line") if places else None


def _dangling(text: str) -> tuple[int, str] | None:
    structure = masked(text)
    for found in _NOTHING_FOLLOWS.finditer(structure):
        # `*` and `+` may end a path or stand for all.
        if not _NO_OPERATOR.match(structure, found.start()):
            return found.start(), f"nothing follows «{found[1]}»"
    return None
