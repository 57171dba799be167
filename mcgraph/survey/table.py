"""The table of a question: shares by group with base and interval, missing answers as a share of their own, small cells
hidden.

`make_tables` is what every face, chart, trend and export starts from: a cell that is hidden here has no number to leak.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.survey.codebook import Question
from mcgraph.survey.grouping import TOTAL, Group, Grouping, everybody, group_by
from mcgraph.survey.safety import Safety
from mcgraph.survey.statistics import LEVEL, Share, Summary, base_of, numbers, share
from mcgraph.survey.wave import Answers, Mask, Numbers, Wave

MISSING_CODE = "(missing)"
SMALL = 5
"""Counts below this are hidden: the usual threshold rule of statistical offices starts at 3 to 10 respondents."""
UNWEIGHTED = "Wilson score interval"
WEIGHTED = "Wilson score interval with n / deff, deff by Taylor linearisation (Kish 1965; Korn and Graubard 1998)"
OF_MEANS = "Student's t with the linearised variance of the mean"


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer in one group.

    `n` responses, `weighted` the sum of their weights, `share` of the base (of those asked, for missing answers) from
    0 to 1, with the ends of its interval. Where `hidden`, no number is there.
    """

    code: str
    label: str
    n: int | None = None
    weighted: float | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """One group, or all (`code` is «*»).

    `asked` were asked, `base` of them answered; `base_weighted` is the sum of their weights and `effective` the
    effective size of the base (Kish). None where hidden. `summary` is of a numeric question.
    """

    code: str
    label: str
    asked: int | None
    base: int | None
    base_weighted: float | None
    effective: float | None
    missing: Cell
    cells: tuple[Cell, ...] = ()
    summary: Summary | None = None

    @property
    def is_total(self) -> bool:
        """Whether it is all responses together."""
        return self.code == TOTAL


@dataclass(frozen=True, slots=True)
class SurveyTable:
    """The answers to one question by group. `hidden` counts the cells without a number, `limit` is why."""

    survey: str
    wave: str
    question: Question
    text: str
    columns: tuple[Column, ...]
    by: tuple[str, ...] = ()
    by_title: str = ""
    weight: str = ""
    level: float = LEVEL
    limit: int = SMALL
    lang: str = "en"
    overlap: bool = False
    snapshot: str = ""
    synthetic: bool = False
    warnings: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_numeric(self) -> bool:
        """Whether it tells means and quantiles in place of shares."""
        return self.question.type == "numeric"

    @property
    def total(self) -> Column:
        """All responses together."""
        return next(one for one in self.columns if one.is_total)

    @property
    def groups(self) -> tuple[Column, ...]:
        """The groups, without the total."""
        return tuple(one for one in self.columns if not one.is_total)

    @property
    def hidden(self) -> int:
        """How many cells are hidden."""
        cells = (cell for column in self.columns for cell in (*column.cells, column.missing))
        return sum(cell.hidden for cell in cells) + sum(column.base is None for column in self.columns)

    @property
    def method(self) -> str:
        """How the intervals were made."""
        if self.is_numeric:
            return OF_MEANS
        return WEIGHTED if self.weight else UNWEIGHTED


def make_tables(
    wave: Wave,
    question: str,
    *,
    by: Sequence[str] = (),
    weight: str = "",
    small: int = SMALL,
    level: float = LEVEL,
    lang: str = "en",
    limits: Limits | None = None,
) -> tuple[SurveyTable, ...]:
    """The table of a question, or one for each line of a matrix.

    `by` are roles, headers or questions whose groups are crossed; `weight` is the role or column of the weights; counts
    between 0 and `small` are hidden, and others with them so that none can be worked out. Raises `WrongUse` for
    unknown names and for open questions, `LimitReached` for a table that is too large.
    """
    if small < 1 or not 0 < level < 1:
        raise WrongUse("the limit of small cells is at least 1, the level of intervals between 0 and 1")
    bounds = limits or Limits.from_environment()
    grouping = group_by(wave, by, lang)
    weights = wave.weights(weight) if weight else None
    usable = np.ones(wave.size, dtype=bool) if weights is None else ~np.isnan(weights)
    safety = Safety(wave, usable, small, bounds.survey_cells)
    made = []
    for one in wave.codebook.find(question):
        _require_options(one)
        made.append(_table(wave, one, grouping, weights, weight, safety, level, lang))
    return tuple(made)


def make_table(wave: Wave, question: str, **wishes: Any) -> SurveyTable:
    """The one table of a question that is no matrix; as `make_tables`. Raises `WrongUse` for a matrix."""
    tables = make_tables(wave, question, **wishes)
    if len(tables) > 1:
        raise WrongUse(
            f"«{question}» is a matrix of {len(tables)} lines",
            fix=f"Ask for one: {', '.join(one.question.id for one in tables)}.",
        )
    return tables[0]


def _require_options(question: Question) -> None:
    if question.type == "open":
        raise WrongUse(
            f"«{question.id}» is an open question; free text makes no table",
            fix="Ask for a question with options or numbers.",
        )
    if question.type != "numeric" and not question.options:
        raise WrongUse(
            f"«{question.id}» has no options in the codebook",
            fix="Add them; mcgraph survey inspect proposes them from the answers.",
        )


def _table(
    wave: Wave, question: Question, grouping: Grouping, weights: Numbers | None, weight: str, safety: Safety,
    level: float, lang: str,
) -> SurveyTable:  # fmt: skip
    answers = wave.answers(question)
    usable = safety.usable
    total = everybody(wave, lang)
    groups = [*grouping.groups, total]
    gone = safety.cells(question, grouping)
    columns = tuple(_column(answers, group, usable, weights, gone, level, lang) for group in groups)
    warnings = []
    if weights is not None and not usable.all():
        warnings.append("responses without a usable weight are left out")
    if grouping.overlap:
        warnings.append("a response may be in several groups; they do not add up to all")
    if any(column.summary is not None and column.summary.is_carried_by_few for column in columns):
        warnings.append(
            "the mean lies far outside the quartiles: a few answers are out of all proportion; minimum and maximum of "
            "the question in the codebook leave them out"
        )
    return SurveyTable(
        survey=wave.codebook.survey,
        wave=wave.label,
        question=question,
        text=question.said(lang),
        columns=columns,
        by=grouping.by,
        by_title=grouping.title,
        weight=weight,
        level=level,
        limit=safety.small,
        lang=lang,
        overlap=grouping.overlap,
        snapshot=wave.snapshot,
        synthetic=wave.codebook.synthetic,
        warnings=tuple(warnings),
    )


def _column(
    answers: Answers, group: Group, usable: Mask, weights: Numbers | None, gone: frozenset[Any], level: float, lang: str
) -> Column:
    members = group.members & usable
    base, asked = base_of(members & answers.answered, weights), base_of(members & answers.asked, weights)
    no_base = ("base", "", group.code) in gone
    no_asked = ("asked", "", group.code) in gone
    no_missing = no_asked or ("miss", "", group.code) in gone
    question = answers.question
    cells = tuple(
        _cell(option, question.label(option, lang), share(mask, base, weights, level),
              no_base or ("n", option, group.code) in gone)
        for option, mask in answers.chosen.items()
    )  # fmt: skip
    word = "pas de réponse" if lang == "fr" else "no answer"
    missing = _cell(MISSING_CODE, word, share(~answers.answered, asked, weights, level), no_missing)
    summary = None
    if answers.value is not None and not no_base:
        summary = numbers(answers.value, base.members, weights, level)
    return Column(
        code=group.code,
        label=group.label,
        asked=None if no_asked else asked.n,
        base=None if no_base else base.n,
        base_weighted=None if no_base else base.total,
        effective=None if no_base else base.effective,
        missing=missing,
        cells=cells,
        summary=summary,
    )


def _cell(code: str, label: str, found: Share, gone: bool) -> Cell:
    if gone:
        return Cell(code, label, hidden=True)
    return Cell(code, label, found.n, found.weighted, found.value, found.low, found.high)


def every_cell(table: SurveyTable) -> Iterator[tuple[Column, Cell]]:
    """Each cell with its column, missing answers last."""
    return ((column, cell) for column in table.columns for cell in (*column.cells, column.missing))
