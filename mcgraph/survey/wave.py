"""One wave of a survey as arrays: who answered, missed or was never asked each question, by which weight.

A wave is read from a response file (`read_wave`) or from a store (`mcgraph.survey.stored`); what follows does not see
the difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.finding import Finding
from mcgraph.sources.normalise import DECIMAL, normalise
from mcgraph.survey import faults
from mcgraph.survey.codebook import Codebook, Question
from mcgraph.survey.given import Given, read_given
from mcgraph.survey.response_sheet import ResponseSheet, missing_columns, read_sheet

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Made = TypeVar("Made")
ANSWERED, MISSING, NOT_ASKED, UNUSABLE = 0, 1, 2, 3


class Source(Protocol):
    """Where a wave comes from."""

    @property
    def size(self) -> int:
        """How many responses, repeated respondents included."""

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the file as a whole."""

    def given(self, question: Question) -> Given:
        """The answers to a question."""

    def stated(self, role: str) -> pl.Series:
        """What the responses say in a role (group, country, weight …) or a column; nulls where nothing is said.

        Raises `WrongUse` where there is no such column.
        """

    def row(self, at: int) -> int:
        """The row of a response as the spreadsheet shows it; 0 where there are no rows."""

    def report(self, code: str, at: int, where: str | int, found: str, expected: str) -> Finding | None:
        """A finding at the cell of a role or column index; None where the source has no cells."""


@dataclass(frozen=True, slots=True)
class Answers:
    """One question over all responses that count.

    `state` says for each response whether it was answered, missing, not asked, or given in a way that cannot be used.
    `chosen` has a mask per option, `value` the numbers of a numeric question (NaN where there is none).
    """

    question: Question
    state: npt.NDArray[np.int8]
    chosen: Mapping[str, Mask]
    value: Numbers | None = None

    @property
    def answered(self) -> Mask:
        """Who gave an answer that can be used."""
        return np.asarray(self.state == ANSWERED)

    @property
    def asked(self) -> Mask:
        """Who was asked: everybody whom the routing did not lead past."""
        return np.asarray(self.state != NOT_ASKED)


@dataclass(slots=True)
class Wave:
    """The responses of one wave that count: each respondent once.

    `findings` grow with what is looked at: each question's faults are found when its answers are first read.
    """

    codebook: Codebook
    source: Source
    label: str
    findings: list[Finding] = field(default_factory=list)
    snapshot: str = ""
    _kept: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    _answers: dict[str, Answers] = field(default_factory=dict)
    _weights: dict[str, Numbers] = field(default_factory=dict)
    _made: dict[Hashable, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.findings += self.source.findings
        ids = self.source.stated("id").to_list() if self.codebook.respondent.get("id") else [None] * self.source.size
        seen: set[str] = set()
        kept = []
        for at, one in enumerate(ids):
            if one is not None and one in seen:
                found = self.source.report("RULE-DUP-001", at, "id", one, "each respondent once")
                self.findings += [found] if found else []
                continue
            if one is not None:
                seen.add(one)
            kept.append(at)
        self._kept = np.array(kept, dtype=np.int64)

    @property
    def size(self) -> int:
        """How many responses count."""
        return len(self._kept)

    def answers(self, question: Question) -> Answers:
        """The answers to a question that is answered by itself; its faults are added to the findings."""
        if question.id not in self._answers:
            self._answers[question.id] = self._read(question)
        return self._answers[question.id]

    def _read(self, question: Question) -> Answers:
        given = self.source.given(question)
        size = self.source.size
        state = np.full(size, MISSING, dtype=np.int8)
        frame = given.frame
        twice = given.twice()
        chosen: dict[str, Mask] = {}
        value: Numbers | None = None
        if question.type == "numeric":
            value = _numbers(question, frame, size)
            usable = frame.get_column("at").filter(pl.Series(~np.isnan(value[frame.get_column("at").to_numpy()])))
        elif question.options:
            # Both answers to a single choice go: nobody knows which was meant.
            left = frame.filter(pl.col("code").is_not_null() & ~pl.col("at").is_in(twice.get_column("at").implode()))
            for code in question.codes:
                chosen[code] = np.zeros(size, dtype=bool)
                chosen[code][left.filter(pl.col("code") == code).get_column("at").to_numpy()] = True
            usable = left.get_column("at")
        else:
            usable = frame.get_column("at")
        if question.columns:
            # A cell that says «not this one» is an answer, even where no option was chosen.
            state[(~given.blank).to_numpy()] = ANSWERED
        state[frame.get_column("at").to_numpy()] = UNUSABLE
        state[usable.to_numpy()] = ANSWERED
        open_gate = self._gate(question, size)
        report = self.source.report
        self.findings += faults.twice(given, twice, report)
        self.findings += faults.outside_the_list(given, report)
        self.findings += faults.unreadable(given, value, report) if value is not None else []
        self.findings += faults.past_routing(given, pl.Series(open_gate), report)
        state[~open_gate] = NOT_ASKED
        answered = state == ANSWERED
        kept = self._kept
        return Answers(
            question,
            state[kept],
            {code: (mask & answered)[kept] for code, mask in chosen.items()},
            None if value is None else np.where(answered, value, math.nan)[kept],
        )

    def _gate(self, question: Question, size: int) -> Mask:
        """Who was asked by the routing: all whose answers to the gates lead here."""
        asked = np.ones(size, dtype=bool)
        for gate, codes in question.asked_if:
            (asking,) = (one for one in self.codebook.questions if one.id == gate)
            given = self.source.given(asking).frame.filter(pl.col("code").is_in(list(codes)))
            led = np.zeros(size, dtype=bool)
            led[given.get_column("at").to_numpy()] = True
            asked &= led & self._gate(asking, size)
        return asked

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What `make` makes of these answers, made once for a key: groups are asked for by many tables."""
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made

    def row(self, at: int) -> int:
        """The row of a response that counts, as the spreadsheet shows it; 0 where the source has no rows."""
        return self.source.row(int(self._kept[at]))

    def stated(self, role: str) -> pl.Series:
        """What the responses that count say in a role or column."""
        return self.source.stated(role).gather(self._kept)

    def weights(self, name: str) -> Numbers:
        """The weight of each response that counts; NaN where it is missing, negative or no number.

        Raises `WrongUse` where there is no such column, `InputRefused` where no weight in it can be used.
        """
        if name not in self._weights:
            self._weights[name] = self._read_weights(name)
        return self._weights[name]

    def _read_weights(self, name: str) -> Numbers:
        stated = self.source.stated(name)
        texts = normalise(stated, DECIMAL).values
        values = _as_numbers(texts)
        unusable = texts.is_not_null().to_numpy() & ~(np.isfinite(values) & (values >= 0))
        for at in np.flatnonzero(unusable).tolist():
            found = self.source.report("SRV-WEIGHT-001", at, name, str(stated[at]), "a number of at least 0")
            self.findings += [found] if found else []
        values[unusable] = math.nan
        kept = np.asarray(values[self._kept])
        if not np.nansum(kept) > 0:
            raise InputRefused(
                f"no weight of «{name}» can be used: all are empty, negative, 0 or no number",
                fix="Name the column of the weights with --weight.",
            )
        return kept


def _numbers(question: Question, frame: pl.DataFrame, size: int) -> Numbers:
    values = np.full(size, math.nan)
    numbers = _as_numbers(normalise(frame.get_column("text"), DECIMAL).values)
    usable = np.isfinite(numbers) & faults.in_range(question, numbers)
    values[frame.get_column("at").to_numpy()[usable]] = numbers[usable]
    return values


def _as_numbers(texts: pl.Series) -> Numbers:
    """The numbers that texts say; NaN where one says none. Each different text is read once."""
    distinct = texts.drop_nulls().unique()
    if distinct.is_empty():
        return np.full(len(texts), math.nan)
    read = pl.Series([_number(text) for text in distinct.to_list()], dtype=pl.Float64)
    return texts.replace_strict(distinct, read, default=None).fill_null(math.nan).to_numpy().copy()


def _number(text: str) -> float:
    try:
        return float(text) if "_" not in text else math.nan
    except ValueError:
        return math.nan


@dataclass(slots=True)
class FileSource:
    """A wave in a response file."""

    sheet: ResponseSheet
    codebook: Codebook
    own: list[Finding] = field(default_factory=list)
    _given: dict[str, Given] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many rows."""
        return self.sheet.height

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the file, and which columns are missing."""
        return self.own

    def given(self, question: Question) -> Given:
        """The answers to a question, read once."""
        if question.id not in self._given:
            self._given[question.id] = read_given(question, self.sheet)
        return self._given[question.id]

    def stated(self, role: str) -> pl.Series:
        """The texts of a role's column, or of any column by its header."""
        return self.sheet.values(self._column(role))

    def _column(self, role: str) -> int:
        index = self.sheet.find(self.codebook.respondent.get(role, role))
        if index < 0:
            raise WrongUse(
                f"the file has no column «{role[:80]}»",
                fix=f"Known are {', '.join(self.sheet.table.headers[:20])}.",
            )
        return index

    def row(self, at: int) -> int:
        """The row of a response as the spreadsheet shows it."""
        return int(self.sheet.table.rows[at])

    def report(self, code: str, at: int, where: str | int, found: str, expected: str) -> Finding | None:
        """A finding at the cell of a response: its column by role, header or index."""
        index = where if isinstance(where, int) else self._column(where)
        return faults.finding(code, self.sheet.place(at, index), found, expected)


def read_wave(
    files: Sequence[Path] | Path | str, codebook: Codebook, *, names: Path | None = None, limits: Limits | None = None
) -> Wave:
    """A wave from a response file (CSV, or the first sheet of a workbook).

    Raises `InputRefused` where the codebook and the file do not belong together or there is no response.
    """
    paths = [Path(files)] if isinstance(files, str | Path) else list(files)
    sheet = read_sheet(paths, names or codebook.names, limits)
    own = [*sheet.table.findings, *missing_columns(sheet, codebook)]
    if not sheet.height:
        raise InputRefused(
            "there is no response in it: the wave is empty", where=sheet.table.file, fix="Export the responses again."
        )
    return Wave(codebook, FileSource(sheet, codebook, own), codebook.wave or codebook.survey)
