"""The tokens of a query text, and a cursor over them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

_LOCAL = r"(?:(?:[\w:]|%[0-9A-Fa-f]{2})(?:(?:[\w.:\-]|%[0-9A-Fa-f]{2})*(?:[\w:\-]|%[0-9A-Fa-f]{2}))?)?"
_TOKEN = re.compile(
    rf"""\s+|\#[^\n\r]*
    |(?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*>)
    |(?P<blank>_:[\w.\-]*[\w\-])
    |(?P<name>(?:[^\W\d_](?:[\w.\-]*[\w\-])?)?:{_LOCAL})
    |(?P<var>[?$]\w+)
    |(?P<text>\"\"\"(?:[^"\\]|\\.|\"(?!\"\"))*\"\"\"|'''(?:[^'\\]|\\.|'(?!''))*'''|"(?:[^"\\\n\r]|\\.)*"|'(?:[^'\\\n\r]|\\.)*')
    |(?P<lang>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<number>(?:\d+\.\d*|\.?\d+)[eE][+-]?\d+|\d*\.\d+|\d+)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<sign>\^\^|\|\||&&|!=|<=|>=|[{{}}()\[\],;.=<>+\-*/!?^|])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
DEEPEST = 60


class NotRead(Exception):
    """Something in the text is beyond this reader; never leaves the module."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: its kind, as it is written, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(text: str) -> list[Token]:
    """The tokens of a text, with one at its end.

    Raises `NotRead` at what is none.
    """
    found: list[Token] = []
    place = 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None:
            raise NotRead
        if match.lastgroup:
            found.append(Token(match.lastgroup, match[0], place, match.end()))
        place = match.end()
    found.append(Token("end", "", place, place))
    return found


def escaped(mark: str) -> str:
    """The character behind a backslash in a literal."""
    if len(mark) > 1:
        return chr(min(int(mark[1:], 16), 0x10FFFF))
    return _ESCAPES[mark] if mark in _ESCAPES else _not_read()


def _not_read() -> NoReturn:
    raise NotRead


class Cursor:
    """Where the reader stands, and what may come next."""

    def __init__(self, tokens: list[Token], prefixes: dict[str, str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.prefixes = prefixes
        self.blanks = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        """The token that comes."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The token that comes, and go on."""
        token = self.tokens[self.at]
        if token.kind == "end":
            self.fail()
        self.at += 1
        return token

    def fail(self) -> NoReturn:
        """Give up on this text."""
        raise NotRead

    def is_sign(self, sign: str) -> bool:
        """Whether this sign comes."""
        return self.next.kind == "sign" and self.next.text == sign

    def is_word(self, *words: str) -> bool:
        """Whether one of these words comes."""
        return self.next.kind == "word" and self.next.text.upper() in words

    def sign(self, sign: str) -> Token:
        """This sign, which has to come."""
        return self.take() if self.is_sign(sign) else self.fail()

    def word(self, *words: str) -> Token:
        """One of these words, which has to come."""
        return self.take() if self.is_word(*words) else self.fail()

    def may(self, sign: str) -> bool:
        """Whether this sign came."""
        if self.is_sign(sign):
            self.at += 1
            return True
        return False

    def may_word(self, *words: str) -> bool:
        """Whether one of these words came."""
        if self.is_word(*words):
            self.at += 1
            return True
        return False
