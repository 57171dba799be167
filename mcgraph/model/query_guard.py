"""What a query text must be before any engine sees it.

Measured facts behind the rules: `SERVICE` reaches the network whatever a scanner thinks it saw, so the bare
word is refused anywhere in the text; 1,000 to 3,000 nested or chained operators overflow the engine's stack,
which ends the process and cannot be caught.
"""

from __future__ import annotations

import re

from mcgraph.errors import LimitReached, WrongUse
from mcgraph.limits import Limits

DEPTH = 100
CHAIN = 500
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
# Comments, strings and IRIs hold no structure; one left unclosed simply stays as text and counts. A sign after a
# backslash begins nothing (`ex:a\'b` is one name): were it tried as an opening quote, 60 KB of \" would take a minute.
_NO_STRUCTURE = re.compile(
    r"\\.|\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''"
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|<[^<>\"{}|^`\\\s]*>|#[^\n]*",
    re.DOTALL,
)
_WORD = re.compile(r"[A-Za-z]+")
_PROLOGUE = re.compile(r"\s*(?:BASE\s*<>\s*|PREFIX\s+[^\s:]*:\s*<>\s*)*", re.IGNORECASE)
_FROM = re.compile(r"(?<![?$:\w])FROM\s+(?:NAMED\s+)?(<[^<>\s]*>|[\w.-]*:[\w.-]*)", re.IGNORECASE)
_QUESTIONS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = frozenset(("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH", "MODIFY"))
_CHAINED_WORDS = ("OPTIONAL", "UNION", "MINUS", "BIND", "FILTER", "SELECT")
_CHAINED_SIGNS = ("&&", "|", "=", "+", "-", "*", "/", "^", ",", ";", "<", ">")
_OPENING = {"(": ")", "[": "]", "{": "}"}


def check(text: str, limits: Limits) -> str:
    """Refuse a query text that could reach the network, change data, or bring the engine down.

    Gives the form of the question: SELECT, ASK, CONSTRUCT or DESCRIBE.

    Raises `LimitReached` for a text that is too long, too deep or too chained, `WrongUse` for one that is
    not a question.
    """
    if len(text) > limits.query_characters:
        raise LimitReached(
            f"the query has {len(text):,} characters, the limit is {limits.query_characters:,}",
            fix="Shorten it, or give long lists of values as parameters.",
            limit="query_characters",
        )
    decoded = decode(text)
    if holds_service(text):
        raise WrongUse(
            "a query must not hold the word SERVICE, not even in a comment or a text",
            fix="Questions are answered from this store alone. Give a value with that word by -p name=value.",
        )
    bare = bare_text(decoded)
    _check_question(bare)
    _check_depth(bare)
    _check_chains(bare)
    return question_form(bare)


def holds_service(text: str) -> bool:
    """Whether the word is in a text, as it stands or with its escapes read."""
    return "service" in text.casefold() or "service" in decode(text).casefold()


def decode(text: str) -> str:
    """`text` with its \\u and \\U escapes read, as the engine may read them."""

    def character(found: re.Match[str]) -> str:
        code = int(found[1] or found[2], 16)
        return chr(code) if code <= 0x10FFFF else found[0]

    return _ESCAPE.sub(character, text)


def bare_text(text: str) -> str:
    """`text` with strings made `""`, IRIs `<>` and comments blank, so that only structure is left."""

    def short(found: re.Match[str]) -> str:
        first = found[0][0]
        return {"#": " ", "<": "<>", "\\": found[0]}.get(first, '""')

    return _NO_STRUCTURE.sub(short, text)


def from_graphs(text: str, prefixes: dict[str, str]) -> list[str]:
    """The IRIs of the graphs a text names by FROM or FROM NAMED."""
    found = []
    names = _FROM.findall(_without(text, keep_iris=True))
    declared = declared_prefixes(text, prefixes) if names else {}
    for name in names:
        if name.startswith("<"):
            found.append(name[1:-1])
        else:
            prefix, _, local = name.partition(":")
            found.append(declared.get(prefix, "") + local)
    return found


def declared_prefixes(text: str, prefixes: dict[str, str]) -> dict[str, str]:
    """The prefixes in force: ours, and over them those the text declares."""
    own = re.findall(r"\bPREFIX\s+([^\s:]*):\s*<([^<>\s]*)>", _without(text, keep_iris=True), re.IGNORECASE)
    return prefixes | dict(own)


def _without(text: str, *, keep_iris: bool) -> str:
    """`text` without comments and strings."""
    kept = "<\\" if keep_iris else "\\"
    return _NO_STRUCTURE.sub(lambda m: m[0] if m[0][0] in kept else " ", text)


def question_form(bare: str) -> str:
    """The word a bare text asks with (SELECT, ASK, …), or whatever word stands in its place; "" for none."""
    start = _PROLOGUE.match(bare)
    word = _WORD.match(bare, start.end() if start else 0)
    return word[0].upper() if word else ""


def _check_question(bare: str) -> None:
    name = question_form(bare)
    if name in _QUESTIONS:
        return
    if name in _UPDATES:
        raise WrongUse(
            f"{name} changes data; a query only asks", fix="Data comes in with `mcgraph load`, nowhere else."
        )
    raise WrongUse(
        "the query does not begin with SELECT, ASK, CONSTRUCT or DESCRIBE",
        fix="See `mcgraph query --list` for ready questions, `--show NAME` for their text.",
    )


def _check_depth(bare: str) -> None:
    depth = 0
    for mark in bare:
        if mark in _OPENING:
            depth += 1
            if depth > DEPTH:
                raise LimitReached(f"brackets are nested more than {DEPTH} deep", fix="Write the query flatter.")
        elif mark in ")]}":
            depth = max(0, depth - 1)


def _check_chains(bare: str) -> None:
    words = [word.upper() for word in _WORD.findall(bare)]
    counts = {name: words.count(name) for name in _CHAINED_WORDS}
    counts["NOT"] = words.count("NOT") + bare.count("!")
    counts |= {sign: bare.count(sign) for sign in _CHAINED_SIGNS}
    counts["."] = len(re.findall(r"\.(?!\d)", bare))
    counts["<"] -= bare.count("<>")
    counts[">"] -= bare.count("<>")
    for sign, count in counts.items():
        if count > CHAIN:
            raise LimitReached(
                f"the query has {count:,} times «{sign}», the limit is {CHAIN}",
                fix="Give long lists by VALUES, which has no such limit.",
            )


def masked(text: str) -> str:
    """`text` of the same length, with strings, IRIs and comments blank, so that places can be found in it."""
    return _NO_STRUCTURE.sub(lambda found: found[0] if found[0][0] == "\\" else " " * len(found[0]), text)
