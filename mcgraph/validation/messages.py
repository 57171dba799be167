"""What a shape itself says of a result: `sh:message`, with the variables of a query's solution filled in.

SHACL 5.3.2: the message of a solution is its `?message`, else the `sh:message` of the constraint, else that of
the shape; `{?name}` and `{$name}` in it stand for what the solution binds. The values are a submission's own text,
so each is filled in once, shortened, and never read for placeholders again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mcgraph.model.namespaces import shorten

_PLACEHOLDER = re.compile(r"\{[?$]([^\W\d]\w*|[0-9]\w*)\}")
_LONGEST_VALUE = 200  # characters of one value inside a message
_LONGEST = 2_000  # characters of a message
Words = Mapping[str, str]
Bound = Callable[[str], "str | None"]


class Said:
    """The messages of results, each kept once; a result carries the number of its message."""

    def __init__(self) -> None:
        self.texts: list[dict[str, str]] = []
        self._numbers: dict[tuple[tuple[str, str], ...], int] = {}

    def number(self, words: Words) -> int:
        """The number of a message in its languages (the key is a language tag, English where it has none)."""
        key = tuple(sorted(words.items()))
        if key not in self._numbers:
            self._numbers[key] = len(self.texts)
            self.texts.append(dict(words))
        return self._numbers[key]


def is_template(words: Words) -> bool:
    """Whether a message has places for values."""
    return any(_PLACEHOLDER.search(text) for text in words.values())


def names_in(words: Words) -> set[str]:
    """The variables that a message has places for."""
    return {name for text in words.values() for name in _PLACEHOLDER.findall(text)}


def filled(words: Words, bound: Bound) -> dict[str, str]:
    """The message with what `bound` gives for each variable; one that is not bound stays as it is written."""

    def value(place: re.Match[str]) -> str:
        text = bound(place[1])
        return place[0] if text is None else _short(text, _LONGEST_VALUE)

    return {tag: _short(_PLACEHOLDER.sub(value, text), _LONGEST) for tag, text in words.items()}


def without_places(text: str) -> str:
    """A message for many results at once: `…` where each would have its value."""
    return _short(_PLACEHOLDER.sub("…", text), _LONGEST)


def as_text(kind: str, value: str) -> str:
    """A term of a solution (its kind as the query process tells it) as people read it."""
    if kind == "_":
        return "…"  # the name of a blank node means nothing to anybody
    return shorten(value) if kind == "<" else value


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
