"""The codebook of a survey: its questions, their options, and what counts as no answer.

Written as YAML (docs/survey.md); `mcgraph.survey.codebook_file` reads and writes it. Free text, and whatever can
identify a person, stays out of the graph unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

from mcgraph.errors import WrongUse

QuestionType = Literal["single", "multiple", "likert", "numeric", "open", "matrix"]
TYPES: tuple[QuestionType, ...] = ("single", "multiple", "likert", "numeric", "open", "matrix")
SubjectKind = Literal["organisation", "credential", "country", "sector", "concept"]
SUBJECT_KINDS: tuple[SubjectKind, ...] = ("organisation", "credential", "country", "sector", "concept")
Text = Mapping[str, str]
"""A text by language tag."""
OTHER = "other"
"""The code of the option that a column «other, please specify» stands for."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a matrix: its code, the column it is answered in, and its text."""

    code: str
    column: str
    text: Text


@dataclass(frozen=True, slots=True)
class Question:
    """One question: the column it is answered in, its type, text and options by code.

    `columns` are (option code, header) where every option has a column of its own (one-hot); `other` is the header of
    a column «other, please specify», whose text is never kept; `items` are the lines of a matrix. `asked_if` is the
    routing: (question, codes) pairs that must all hold. `minimum` and `maximum` bound a numeric answer, both ends
    included, in `unit`. `claim` names what a register could answer too. `personal` keeps the answers out of the graph.
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
    columns: tuple[tuple[str, str], ...] = ()
    other: str = ""
    items: tuple[Item, ...] = ()
    asked_if: tuple[tuple[str, tuple[str, ...]], ...] = ()
    personal: bool = False

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the options, in the order of the codebook."""
        return tuple(code for code, _ in self.options)

    def said(self, lang: str = "en") -> str:
        """The text in a language, else in English, else in any."""
        return said(self.text, lang) or self.id

    def label(self, code: str, lang: str = "en") -> str:
        """The text of an option; its code where it has none."""
        return next((said(text, lang) or code for known, text in self.options if known == code), code)

    def headers(self) -> tuple[str, ...]:
        """Every column the question is answered in."""
        one = (self.column,) if self.column else ()
        many = (*(header for _, header in self.columns), *(item.column for item in self.items))
        return (*one, *many, *((self.other,) if self.other else ()))

    def parts(self) -> tuple[Question, ...]:
        """The question itself; for a matrix, a scale for each of its lines, named `question.line`."""
        if self.type != "matrix":
            return (self,)
        return tuple(
            replace(self, id=f"{self.id}.{item.code}", column=item.column, type="likert", items=(),
                    text=_joined(self.text, item.text))
            for item in self.items
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Subject:
    """A column that names what a response speaks of: an organisation, credential, country, sector or concept."""

    name: str
    column: str
    kind: SubjectKind


@dataclass(frozen=True, slots=True)
class Codebook:
    """A survey: identifier, title, the columns that say who answered, and the names of the respondent groups.

    `respondent` gives the headers of `id`, `group`, `country`, `weight` and `organisation`. `wave` is the label of the
    wave (such as 2026). `names` and `key` are files beside the codebook: the true names of columns, and the texts of
    codes.
    """

    survey: str
    title: Text
    questions: tuple[Question, ...]
    respondent: Mapping[str, str]
    groups: Mapping[str, Text] = field(default_factory=dict)
    synthetic: bool = False
    wave: str = ""
    names: Path | None = None
    key: Path | None = None
    subjects: tuple[Subject, ...] = ()

    def parts(self) -> Iterator[Question]:
        """Every question that is answered by itself: a matrix is its lines."""
        for question in self.questions:
            yield from question.parts()

    def find(self, name: str) -> tuple[Question, ...]:
        """The question called `name` (its identifier or column, in any case); the lines of a matrix.

        Raises `WrongUse` with the nearest names.
        """
        wanted = name.strip().casefold()
        for question in self.questions:
            if wanted in (question.id.casefold(), question.column.casefold() or None):
                return question.parts()
        for part in self.parts():
            if part.id.casefold() == wanted:
                return (part,)
        raise WrongUse(f"the survey has no question «{name[:80]}»", fix=self._nearest(name))

    def _nearest(self, name: str) -> str:
        import difflib

        known = [question.id for question in self.questions]
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        return f"Did you mean {', '.join(near)}?" if near else f"Known are {', '.join(known[:20])}."


def said(text: Text, lang: str = "en") -> str:
    """A text in a language, else in English, else in any."""
    return text.get(lang) or text.get("en") or next(iter(text.values()), "")


def _joined(stem: Text, line: Text) -> Text:
    languages = [language for language in line if language in stem] or list(line)
    return {language: f"{said(stem, language)} – {said(line, language)}" for language in languages}
