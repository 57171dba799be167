"""A codebook proposed from a response file, with a reason for every guess: something to correct, not to trust."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.model.terms import fold
from mcgraph.model.vocabularies import vocabulary
from mcgraph.survey.answer_key import read_key
from mcgraph.survey.codebook import TYPES, Codebook, Question, QuestionType, Text
from mcgraph.survey.column_kinds import ColumnKind, guess
from mcgraph.survey.response_sheet import ResponseSheet, read_sheet

_OTHER = re.compile(r"(other|autre)\b.*", re.IGNORECASE)
_ROLES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("id", re.compile(r"#|(respondent|response|record|submission|participant)?[ _-]?(id|number)", re.IGNORECASE)),
    ("group", re.compile(r"(respondent|stakeholder)?[ _-]?group(e)?", re.IGNORECASE)),
    ("country", re.compile(r"country|pays", re.IGNORECASE)),
    ("weight", re.compile(r"w|wt|weights?|poids|pond[eé]ration|p?weight[ _-]?\w*", re.IGNORECASE)),
    ("organisation", re.compile(r"organi[sz]ation|institution|provider|employer|organisme", re.IGNORECASE)),
)
_YES_OR_NO = frozenset({"0", "1", "yes", "no", "true", "false", "x"})
_PREFIXED = re.compile(r"(?P<stem>.{2,}?)\s*(?:[\[(:]|__|_|\.|/)\s*(?P<option>.+?)\s*[\])]?$")


@dataclass(frozen=True, slots=True)
class Guess:
    """What was guessed about some columns: the question they make, or the role they have, and why."""

    columns: tuple[str, ...]
    kind: str
    reason: str
    question: str = ""
    options: int = 0
    missing: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """A codebook with the guesses it is made of. `responses` and `columns` count what was read."""

    codebook: Codebook
    guesses: tuple[Guess, ...]
    responses: int
    columns: int
    file: str

    def comments(self) -> Mapping[str, str]:
        """The reason of each question, to be written above it."""
        return {
            one.question: f"{one.kind}: {one.reason}" + (" PERSONAL: stays out of the graph." if one.personal else "")
            for one in self.guesses
            if one.question
        }


def propose(
    file: Path, *, names: Path | None = None, key: Path | None = None, limits: Limits | None = None
) -> Proposal:
    """The codebook that a response file seems to follow.

    `names` has the true names of its columns, `key` the codes of its answers. Raises `InputRefused` and
    `LimitReached` as reading does.
    """
    sheet = read_sheet([file], names, limits)
    if not sheet.height:
        raise InputRefused("there is no response in it", where=file.name, fix="Export the responses again.")
    return _Proposer(sheet, read_key(key) if key else {}).proposal(file, names, key)


class _Proposer:
    """Goes through the columns from left to right; a column may belong to the question before it."""

    def __init__(self, sheet: ResponseSheet, key: Mapping[str, Mapping[str, str]]) -> None:
        self.sheet = sheet
        self.key = {name.casefold(): texts for name, texts in key.items()}
        self.headers = _distinct(sheet)
        self.kinds = [self._guess(at) for at in range(len(self.headers))]
        self.questions: list[Question] = []
        self.guesses: list[Guess] = []
        self.roles: dict[str, str] = {}

    def proposal(self, file: Path, names: Path | None, key: Path | None) -> Proposal:
        """The whole proposal."""
        at = 0
        while at < len(self.headers):
            at = self._next(at)
        survey = re.sub(r"[^a-z0-9]+", "-", file.stem.casefold()).strip("-") or "survey"
        # Files beside the response file are named, so that the codebook is complete where it is written.
        book = Codebook(
            survey=survey,
            title={"en": file.stem},
            questions=tuple(self.questions),
            respondent=self.roles,
            groups=self._groups(),
            names=names,
        )
        return Proposal(book, tuple(self.guesses), self.sheet.height, len(self.headers), file.name)

    def _guess(self, at: int) -> ColumnKind:
        name = self.sheet.names[at].name
        texts = self.key.get(name.casefold()) or self.key.get(self.headers[at].casefold()) or {}
        return guess(self.headers[at], self.sheet.values(at).to_list(), key=list(texts))

    def _next(self, at: int) -> int:
        """Make what begins at a column; the index of the column after it."""
        role = self._role(at)
        if role:
            self.roles[role] = self.headers[at]
            self.guesses.append(Guess((self.headers[at],), f"respondent's {role}", self.kinds[at].reason))
            return at + 1
        if self.kinds[at].kind == "marked":
            return self._one_hot(at)
        run = self._prefixed(at)
        if run > at + 2:
            return self._prefixed_one_hot(at, run)
        return self._single_column(at)

    def _role(self, at: int) -> str:
        name, kind = self.headers[at].strip(), self.kinds[at]
        for role, form in _ROLES:
            if role in self.roles or not form.fullmatch(name):
                continue
            fits = {
                "id": kind.kind == "identifier" or (name == "#" or "id" in name.casefold()),
                "group": kind.kind == "single",
                "country": self._are_countries(at),
                "weight": kind.kind in ("numeric", "likert", "single") and self._are_positive(at),
                "organisation": kind.kind in ("single", "open"),
            }
            if fits[role]:
                return role
        return "id" if kind.kind == "identifier" and "id" not in self.roles else ""

    def _are_countries(self, at: int) -> bool:
        texts = self.sheet.values(at).drop_nulls().unique().to_list()
        find = vocabulary("country").find
        return bool(texts) and sum(find(text) is not None for text in texts) >= 0.6 * len(texts)

    def _are_positive(self, at: int) -> bool:
        values = self.sheet.values(at).drop_nulls().cast(float, strict=False)
        usable = values.drop_nulls()
        return len(usable) > 0.9 * len(values) and sum(one >= 0 for one in usable.to_list()) > 0.9 * len(usable)

    def _one_hot(self, at: int) -> int:
        """Columns that each hold nothing but their header, and the «Other» behind them."""
        end = at
        while end < len(self.headers) and self.kinds[end].kind == "marked":
            end += 1
        other = self._other(end)
        columns = tuple((_code(self.headers[i].split("#")[0], i), self.headers[i]) for i in range(at, end))
        self._add_many(at, end, columns, other, f"{end - at} columns that hold nothing but their own header")
        return end + bool(other)

    def _prefixed(self, at: int) -> int:
        """The end of a run of columns `stem_option` (or `stem [option]`) that say yes or no, or are marked."""
        first = _PREFIXED.match(self.headers[at])
        if first is None:
            return at
        end = at
        while end < len(self.headers):
            found = _PREFIXED.match(self.headers[end])
            yes = {text.casefold() for text in self.sheet.values(end).drop_nulls().unique().to_list()}
            if found is None or found["stem"] != first["stem"] or not yes <= _YES_OR_NO:
                break
            end += 1
        return end

    def _prefixed_one_hot(self, at: int, end: int) -> int:
        found = [_PREFIXED.match(self.headers[i]) for i in range(at, end)]
        columns = tuple(
            (_code(one["option"], at + i), self.headers[at + i]) for i, one in enumerate(found) if one is not None
        )
        self._add_many(at, end, columns, "", f"{end - at} columns of yes or no that begin alike")
        return end

    def _add_many(self, at: int, end: int, columns: tuple[tuple[str, str], ...], other: str, reason: str) -> None:
        texts: dict[str, Text] = {code: {"en": header.split("#")[0]} for code, header in columns}
        question = Question(
            id=self._name(at, many=True), column="", type="multiple", text={"en": f"Columns {at + 1} to {end}"},
            options=tuple(texts.items()), columns=columns, other=other,
        )  # fmt: skip
        if other:
            question = replace(question, options=(*question.options, ("other", {"en": "Other", "fr": "Autre"})))
        self.questions.append(question)
        headers = (*(header for _, header in columns), *((other,) if other else ()))
        self.guesses.append(Guess(headers, "multiple", reason, question.id, len(question.options)))

    def _other(self, at: int) -> str:
        """The header of a column «other, please specify» at a place, if it is one."""
        if at >= len(self.headers) or not _OTHER.fullmatch(self.headers[at].split("#")[0].strip()):
            return ""
        return self.headers[at] if self.kinds[at].kind in ("open", "single", "multiple") else ""

    def _single_column(self, at: int) -> int:
        kind, header, name = self.kinds[at], self.headers[at], self.sheet.names[at]
        aside = {"empty": "open", "identifier": "open", "personal": "open", "marked": "single"}
        made: str = aside.get(kind.kind, kind.kind)
        known: QuestionType = next((one for one in TYPES if one == made), "open")
        texts = self.key.get(name.name.casefold()) or self.key.get(header.casefold()) or {}
        personal = kind.kind in ("personal", "identifier")
        other = self._other(at + 1) if known in ("single", "multiple") else ""
        options = _options(kind, texts)
        if other:
            options = (*options, ("other", {"en": "Other", "fr": "Autre"}))
        question = Question(
            id=self._name(at),
            column=header,
            type=known,
            text={"en": name.text or header},
            options=options if known in ("single", "multiple", "likert") else (),
            missing=("", *kind.missing),
            split=kind.split,
            other=other,
            personal=personal,
        )
        self.questions.append(question)
        columns = (header, *((other,) if other else ()))
        self.guesses.append(
            Guess(columns, known, kind.reason, question.id, len(question.options), kind.missing, personal)
        )
        return at + 1 + bool(other)

    def _name(self, at: int, *, many: bool = False) -> str:
        name = self.sheet.names[at].name
        taken = {question.id for question in self.questions}
        if not many and re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,39}", name) and name not in taken:
            return name
        return f"q{at + 1}"

    def _groups(self) -> dict[str, Text]:
        if "group" not in self.roles:
            return {}
        texts = self.sheet.values(self.sheet.find(self.roles["group"])).drop_nulls().unique().sort().to_list()
        return {text: {"en": text.replace("-", " ").replace("_", " ")} for text in texts}


def _distinct(sheet: ResponseSheet) -> list[str]:
    """The headers, the second of a name as `name#2`; true names where the header says nothing."""
    seen: dict[str, int] = {}
    made = []
    for at, header in enumerate(sheet.table.headers):
        name = " ".join(header.split()) or f"Column{at + 1}"
        seen[name] = seen.get(name, 0) + 1
        made.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return made


def _options(kind: ColumnKind, key: Mapping[str, str]) -> tuple[tuple[str, Text], ...]:
    made: dict[str, Text] = {}
    for at, text in enumerate(kind.answers):
        code = key.get(text) or _code(text, at)
        label = {"1": "Yes", "0": "No"}.get(text, text) if kind.reason == "only 0 and 1" else text
        made.setdefault(code if code not in made or key.get(text) else f"{code}-{at + 1}", {"en": label})
    return tuple(made.items())


def _code(text: str, at: int) -> str:
    """A code for an answer: the answer itself where it is short, else its first words."""
    if re.fullmatch(r"[A-Za-z0-9.+-]{1,24}", text):
        return text
    words: Sequence[str] = fold(text).split("-")
    code = ""
    for word in words:
        if len(code) + len(word) > 24:
            break
        code = f"{code}-{word}" if code else word
    return code or f"option-{at + 1}"
