"""The codebook of a survey: its questions, their options, and what counts as no answer.

Written as YAML (docs/mapping.md, "Surveys"). Free text stays out of the graph unless asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal

from mcgraph.errors import RuleBroken

QuestionType = Literal["single", "multiple", "likert", "numeric", "open", "matrix"]
TYPES: tuple[QuestionType, ...] = ("single", "multiple", "likert", "numeric", "open", "matrix")
Text = Mapping[str, str]
"""A text by language tag."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the column it is answered in, its type, text and options by code.

    `minimum` and `maximum` bound a numeric answer, both ends included, in `unit`.
    """

    id: str
    column: str
    type: QuestionType
    text: Text
    theme: str = ""
    options: tuple[tuple[str, Text], ...] = ()
    missing: tuple[str, ...] = ("",)
    split: str = ";"
    claim: str = ""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Codebook:
    """A survey: identifier, title, the columns that say who answered, and the names of the respondent groups."""

    survey: str
    title: Text
    questions: tuple[Question, ...]
    respondent: Mapping[str, str]
    groups: Mapping[str, Text] = field(default_factory=dict)
    synthetic: bool = False


_KEYS = frozenset({"survey", "title", "synthetic", "respondent", "groups", "questions"})
_QUESTION_KEYS = frozenset(
    {"column", "type", "text", "theme", "options", "missing", "split", "claim", "minimum", "maximum", "unit"}
)


def is_codebook(path: Path) -> bool:
    """Whether a YAML file is a codebook (it has the key `survey`), not a source mapping."""
    import yaml

    if path.suffix.lower() not in (".yaml", ".yml") or not path.is_file():
        return False
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(document, dict) and "survey" in document


def read_codebook(path: Path) -> Codebook:
    """The codebook in a YAML file. Raises `RuleBroken` with the place of what is wrong."""
    import yaml

    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as fault:
        raise RuleBroken(f"the codebook is not YAML ({fault})", where=str(path)) from fault
    for needed in ("survey", "questions"):
        if not isinstance(document, dict) or needed not in document:
            raise RuleBroken(f"the key «{needed}» is missing", where=str(path), fix="See docs/mapping.md.")
    _require_known(path, "top", document, _KEYS)
    respondent = document.get("respondent", {})
    return Codebook(
        survey=str(document["survey"]),
        title=_text(document.get("title", document["survey"])),
        questions=tuple(_question(path, str(key), given) for key, given in document["questions"].items()),
        respondent={str(k): str(v) for k, v in respondent.items()} if isinstance(respondent, dict) else {},
        groups={str(code): _text(text) for code, text in _mapping(path, document, "groups").items()},
        synthetic=str(document.get("synthetic", "")).casefold() == "true",
    )


def _question(path: Path, key: str, given: Any) -> Question:
    if not isinstance(given, dict) or "column" not in given:
        raise RuleBroken("a question needs a column", where=f"{path}: questions.{key}")
    _require_known(path, f"questions.{key}", given, _QUESTION_KEYS)
    kind = given.get("type", "single")
    if kind not in TYPES:
        raise RuleBroken(
            f"«{kind}» is not a type of question; known are {', '.join(TYPES)}",
            where=f"{path}: questions.{key}",
        )
    options = given.get("options", {})
    if not isinstance(options, dict):
        raise RuleBroken("options are codes with texts", where=f"{path}: questions.{key}.options")
    missing = given.get("missing", [""])
    return Question(
        id=key,
        column=str(given["column"]),
        type=kind,
        text=_text(given.get("text", key)),
        theme=str(given.get("theme", "")),
        options=tuple((str(code), _text(text)) for code, text in options.items()),
        missing=tuple(str(code) for code in missing) if isinstance(missing, list) else (str(missing),),
        split=str(given.get("split", ";")),
        claim=str(given.get("claim", "")),
        minimum=_bound(path, key, given, "minimum"),
        maximum=_bound(path, key, given, "maximum"),
        unit=str(given.get("unit", "")),
    )


def _mapping(path: Path, given: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = given.get(key, {})
    if not isinstance(found, dict):
        raise RuleBroken(f"«{key}» are codes with texts", where=f"{path}: {key}")
    return found


def _require_known(path: Path, where: str, given: Mapping[str, Any], known: frozenset[str]) -> None:
    """A misspelt key must not silently change what is asked."""
    for name in given:
        if name not in known:
            raise RuleBroken(
                f"«{name}» is not a key of a codebook here; known are {', '.join(sorted(known))}",
                where=f"{path}: {where}",
            )


def _bound(path: Path, key: str, given: Mapping[str, Any], name: str) -> Decimal | None:
    if name not in given:
        return None
    try:
        value = Decimal(str(given[name]))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or given.get("type") != "numeric":
        raise RuleBroken(f"«{name}» is a number, and only of a numeric question", where=f"{path}: questions.{key}")
    return value


def _text(given: Any) -> Text:
    return {str(k): str(v) for k, v in given.items()} if isinstance(given, dict) else {"en": str(given)}
