"""Syntax errors said so that the writer of a query can mend it."""

from __future__ import annotations

import re

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries.guard import bare_text, declared_prefixes

_PLACE = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_PREFIXED = re.compile(r"(?<![\w?$@:_])([A-Za-z][\w-]*):(?=[A-Za-z_])")


def syntax_refusal(text: str, said: str) -> WrongUse:
    """The refusal for a text the engine could not parse, with line, column and the line itself."""
    missing = undeclared_prefixes(text)
    hint = (
        f"No prefix «{missing[0]}:» is declared; add PREFIX {missing[0]}: <…> at the top."
        if missing
        else "Something is missing or too much at this place or just before it."
    )
    found = _PLACE.match(said)
    if not found:
        return WrongUse(f"the query is not SPARQL: {_short(said)}", fix=hint)
    line, column = int(found[1]), int(found[2])
    lines = text.split("\n")
    shown = lines[line - 1].rstrip() if 0 < line <= len(lines) else ""
    reason = _short(found[3])
    message = f"the query is not SPARQL at line {line}, column {column}{reason}"
    start = max(0, column - 60)
    pointer = " " * (column - 1 - start) + "^"
    return WrongUse(message, fix=f"{shown[start : start + 100]}\n  {pointer}\n  {hint}")


def undeclared_prefixes(text: str) -> list[str]:
    """Prefixes a text uses that neither it nor we declare."""
    known = declared_prefixes(text, PREFIXES)
    used = dict.fromkeys(_PREFIXED.findall(bare_text(text)))
    return [prefix for prefix in used if prefix not in known]


def _short(said: str) -> str:
    """The engine's reason where it is a sentence; its lists of expected tokens help nobody."""
    wanted = re.search(r"The SELECT contains a variable that is unbound", said)
    return ": SELECT names a variable that the pattern does not bind" if wanted else ""
