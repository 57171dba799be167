"""What people read, in their language: one TOML file per language below `data/languages/`, and nothing else.

A further language is one more file. What it does not say is said in English.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.model import bundled

DEFAULT = "en"
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of one language: `texts` by dotted key, `rules` by code and part, `phrases` by English template."""

    tag: str
    texts: Mapping[str, Any]
    rules: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    phrases: tuple[tuple[re.Pattern[str], str], ...] = ()

    def said(self, key: str, **values: object) -> str:
        """The text under a dotted key such as `report.title`, with `{name}` filled in; numbers are grouped.

        Raises `RuleBroken` for a key that not even English has.
        """
        text = self._text(key)
        if isinstance(text, list):
            raise RuleBroken(f"the text «{key}» has several forms", fix="Ask for it with `count`.")
        return self._filled(str(text), values)

    def count(self, key: str, n: int, **values: object) -> str:
        """The text under `key` in the form that fits the number `n` (`{n}` in it)."""
        forms = self._text(key)
        form = forms if isinstance(forms, str) else forms[0 if n in self._text("number.singular") else -1]
        return self._filled(str(form), {"n": n, **values})

    def number(self, n: int) -> str:
        """A whole number with its thousands apart."""
        return f"{n:,}".replace(",", str(self._text("number.separator")))

    def phrase(self, text: str) -> str:
        """What a reader of files said in English, in this language where the file has it."""
        for pattern, meant in self.phrases:
            matched = pattern.fullmatch(text)
            if matched:
                first, *others = meant.split("{}")
                parts = [self._grouped(part) for part in matched.groups()]
                return first + "".join(part + after for part, after in zip(parts, others, strict=True))
        return text

    def _grouped(self, part: str) -> str:
        """A number that was grouped in English, grouped as this language groups it."""
        return part.replace(",", str(self._text("number.separator"))) if _THOUSANDS.fullmatch(part) else part

    def chosen(self, stated: Mapping[str, str]) -> str:
        """Of a text stated in several languages, the one in this language (or its main one), else in English."""
        return (
            stated.get(self.tag)
            or stated.get(self.tag.partition("-")[0])
            or stated.get(DEFAULT)
            or next(iter(stated.values()), "")
        )

    def rule(self, code: str, part: str, stated: Mapping[str, str]) -> str:
        """The text of a rule (`part` is name, message, why or fix): this file's, else what the shape has."""
        own = self.rules.get(code, {}).get(part)
        return own or stated.get(self.tag) or stated.get(DEFAULT) or next(iter(stated.values()), "")

    def name(self, key: str, stated: Mapping[str, str]) -> str:
        """The name of a shape or profile (`key` is its prefixed name)."""
        return self.names.get(key) or stated.get(self.tag) or stated.get(DEFAULT) or next(iter(stated.values()), "")

    def has(self, key: str) -> bool:
        """Whether this file or the English one has a text under `key`."""
        return key in self.texts or key in _read(DEFAULT).texts

    def _text(self, key: str) -> Any:
        text = self.texts.get(key)
        if text is None:
            text = _read(DEFAULT).texts.get(key)
        if text is None:
            raise RuleBroken(f"no language file has the text «{key}»", fix="Add it to data/languages/en.toml.")
        return text

    def _filled(self, text: str, values: Mapping[str, object]) -> str:
        for name, value in values.items():
            shown = self.number(value) if isinstance(value, int) else str(value)
            text = text.replace(f"{{{name}}}", shown)
        return text


def languages() -> list[str]:
    """The tags of the languages that travel with mcgraph."""
    return sorted(path.stem for path in bundled.path("data", "languages").glob("*.toml"))


def language(name: str) -> Language:
    """The language with a tag such as `fr`, or in the file `name` (`de.toml`).

    Raises `WrongUse` for one that is not there, `RuleBroken` for a file that is not well made.
    """
    return _read(name)


@cache
def _read(name: str) -> Language:
    path = Path(name) if name.endswith(".toml") else bundled.path("data", "languages", f"{name}.toml")
    if not path.is_file() or (not name.endswith(".toml") and name not in languages()):
        known = ", ".join(languages())
        raise WrongUse(
            f"there is no language «{name[:40]}»", fix=f"Take one of {known}, or the path of a .toml file like theirs."
        )
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise RuleBroken(f"the language file cannot be read ({fault})", where=str(path)) from fault
    rules, phrases, names = (given.pop(part, {}) for part in ("rules", "phrases", "names"))
    return Language(path.stem, dict(_flat(given)), rules, names, tuple(_template(k, v) for k, v in phrases.items()))


def _flat(given: Mapping[str, Any], before: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for key, value in given.items():
        found += _flat(value, f"{before}{key}.") if isinstance(value, dict) else [(f"{before}{key}", value)]
    return found


def _template(english: str, meant: str) -> tuple[re.Pattern[str], str]:
    return re.compile(r"(.*)".join(re.escape(part) for part in english.split("{}")), re.DOTALL), meant
