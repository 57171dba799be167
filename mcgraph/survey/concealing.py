"""Rows of a question about respondents, with the counts emptied that the tables of the survey hide.

A question in SPARQL counts what it is asked to count. Before anybody sees the rows they are held against the tables of
the same survey (`safety`), so that neither the rows nor the rows and a table together give a small count away.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from mcgraph.survey.codebook import Question
from mcgraph.survey.grouping import TOTAL, group_by
from mcgraph.survey.safety import Name, Safety
from mcgraph.survey.stored import StoredSource, StoredSurvey, group_code, group_iri, stored_surveys, stored_wave
from mcgraph.survey.wave import Wave

if TYPE_CHECKING:
    from mcgraph.store import Graph

Row = tuple[str | None, ...]
KINDS = ("n", "base", "size", "any")
"""What a row of a question counts: who chose an option, who answered, who is in a group; `any`: a number made of all
answers of a group, such as a mean, which is emptied where one of them is hidden."""


@dataclass(slots=True)
class Concealing:
    """The surveys of one snapshot with what is hidden in their tables; the waves are read when they are needed."""

    graph: Graph
    small: int
    surveys: list[StoredSurvey] = field(default_factory=list)
    _safety: dict[str, Safety] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.surveys = stored_surveys(self.graph)

    @property
    def responses(self) -> int:
        """How many responses the waves have that were read."""
        return sum(safety.wave.size for safety in self._safety.values())

    def read_from(self, graph: Graph) -> None:
        """Read what is not read yet from another opening of the same snapshot."""
        self.graph = graph
        for safety in self._safety.values():
            if isinstance(safety.wave.source, StoredSource):
                safety.wave.source.graph = graph

    def rows(
        self, columns: Sequence[str], rows: Sequence[Row], hides: Mapping[str, Sequence[str]], asked: str = ""
    ) -> list[Row]:
        """The rows with the columns of `hides` emptied where a table hides what they count.

        `hides` names the columns by what they count (`KINDS`). The columns `survey`, `question`, `claim`, `group` and
        `option` say which table a row belongs to; `asked` is the question where no column says so. A row that is not
        there would tell that nobody chose an option: where that is hidden, it is put in.
        """
        found = [self._emptied(columns, row, hides, asked) for row in rows]
        if "n" in hides:
            found += self._unsaid(columns, rows, hides["n"], asked)
            found.sort(key=lambda row: [cell or "" for name, cell in zip(columns, row, strict=True) if name in _SORTED])
        return found

    def tells_of_few(self, counts: Sequence[int]) -> bool:
        """Whether counts of all responses, such as those without a group, would tell of a few of them."""
        if any(0 < count < self.small for count in counts):
            return True
        return any(safety.groups(group_by(safety.wave, ["group"])) for safety in map(self._of, self.surveys))

    def _of(self, survey: StoredSurvey) -> Safety:
        if survey.iri not in self._safety:
            wave = stored_wave(self.graph, survey.iri)
            self._safety[survey.iri] = Safety(wave, np.ones(wave.size, dtype=bool), self.small)
        return self._safety[survey.iri]

    def _emptied(self, columns: Sequence[str], row: Row, hides: Mapping[str, Sequence[str]], asked: str) -> Row:
        cells = dict(zip(columns, row, strict=True))
        gone: set[str] = set()
        for survey, safety in ((one, self._of(one)) for one in self.surveys):
            if cells.get("survey") not in (None, survey.iri):
                continue
            for kind, emptied in hides.items():
                if not gone.issuperset(emptied) and self._is_hidden(safety, kind, cells, asked):
                    gone |= set(emptied)
        return tuple(None if name in gone else cell for name, cell in cells.items())

    def _is_hidden(self, safety: Safety, kind: str, cells: Mapping[str, str | None], asked: str) -> bool:
        by = ("group",) if "group" in cells else ()
        code = group_code(cells["group"]) if by else TOTAL
        if kind == "size":
            few = 0 < safety.wave.size < safety.small
            return few or (bool(by) and code in safety.groups(group_by(safety.wave, by)))
        for question in _questions(safety.wave, cells, asked):
            hidden = _cells(safety, question, by)
            wanted: list[Name] = [("base", "", code)]
            if kind == "n":
                wanted.append(("n", cells["option"] or "", code))
            if hidden.intersection(wanted) or (kind == "any" and any(one[2] == code for one in hidden)):
                return True
        return False

    def _unsaid(
        self, columns: Sequence[str], rows: Sequence[Row], emptied: Sequence[str], asked: str
    ) -> Iterator[Row]:
        """Hidden rows for options that nobody of a group chose, where the table hides even that."""
        keys = [name for name in columns if name in _SORTED]
        there = {tuple(cell for name, cell in zip(columns, row, strict=True) if name in keys) for row in rows}
        for survey, safety in ((one, self._of(one)) for one in self.surveys):
            for question in (one for one in safety.wave.codebook.parts() if asked in ("", one.id)):
                if not question.options or ("claim" in columns and not question.claim):
                    continue
                hidden = _cells(safety, question, ("group",))
                codes = [one.code for one in group_by(safety.wave, ("group",)).groups]
                for code, option in itertools.product(codes, question.codes):
                    if not hidden & {("base", "", code), ("n", option, code)}:
                        continue
                    said = {
                        "claim": question.claim, "question": question.id, "group": group_iri(survey, code),
                        "option": option, "optionLabel": question.label(option),
                    }  # fmt: skip
                    key = tuple(said[name] for name in keys)
                    if key not in there:
                        there.add(key)
                        yield tuple(None if name in emptied else said.get(name) for name in columns)


_SORTED = ("claim", "question", "group", "option")


def _questions(wave: Wave, cells: Mapping[str, str | None], asked: str) -> list[Question]:
    """The questions of a survey that a row is about."""
    parts = list(wave.codebook.parts())
    if "claim" in cells:
        return [one for one in parts if one.claim == cells["claim"] and one.options]
    return [one for one in parts if one.id == (cells.get("question") or asked)]


def _cells(safety: Safety, question: Question, by: tuple[str, ...]) -> frozenset[Name]:
    return safety.cells(question, group_by(safety.wave, by))
