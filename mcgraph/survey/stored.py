"""A wave as it is stored: the codebook and the answers read back from the graph of a survey.

The graph holds no respondents' identifiers and no free text, so none can come back. What was in no list, or no number,
is in quarantine and not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.model.finding import Finding
from mcgraph.model.namespaces import GRAPH, MC
from mcgraph.model.terms import iri
from mcgraph.survey.codebook import TYPES, Codebook, Question, QuestionType
from mcgraph.survey.given import LONG, Given
from mcgraph.survey.wave import Wave

if TYPE_CHECKING:
    from mcgraph.store import Graph

_PREFIX = f"PREFIX mc: <{MC}>\n"
_ROLES = {"group": "respondentGroup", "country": "country", "weight": "weight"}
_SOURCE = GRAPH + "source/"


@dataclass(frozen=True, slots=True)
class StoredSurvey:
    """A survey of a store: its IRI, its name in the codebook, the source it was loaded as."""

    iri: str
    name: str
    source: str


def group_code(group: str | None) -> str:
    """The code of a group of respondents by its IRI; that of «not stated» for None."""
    return _last(group) if group else ""


def group_iri(survey: StoredSurvey, code: str) -> str | None:
    """The IRI of a group of respondents of a survey by its code; None for «not stated»."""
    return f"{survey.iri.rsplit('/survey/', 1)[0]}/respondent-group/{code}" if code else None


def stored_surveys(graph: Graph) -> list[StoredSurvey]:
    """The surveys that a store holds, in the order of their sources."""
    rows = graph.rows(f"{_PREFIX}SELECT DISTINCT ?s ?g WHERE {{ GRAPH ?g {{ ?s a mc:Survey }} }} ORDER BY ?g ?s")
    return [
        StoredSurvey(survey, unquote(survey.rsplit("/", 1)[-1]), (source or "").removeprefix(_SOURCE))
        for survey, source in rows
        if survey is not None
    ]


def stored_wave(store: Path | Graph, survey: str | None = None) -> Wave:
    """The wave of a survey of a store (a folder, or an open graph), by name, source or IRI.

    Raises `WrongUse` where there is no such survey, or several and none is named.
    """
    from mcgraph.store import open_graph

    graph = open_graph(store) if isinstance(store, Path) else store
    found = find_survey(graph, survey)
    source = StoredSource(graph, found.iri)
    # That the answers are invented is said of the submission, and must be said beside every figure made of them.
    invented = any(one.source == found.source and one.synthetic for one in graph.manifest.submissions)
    book = replace(source.codebook(found.name), synthetic=invented)
    return Wave(book, source, found.source, snapshot=graph.snapshot)


def find_survey(graph: Graph, survey: str | None = None) -> StoredSurvey:
    """The survey of a store by name, source or IRI; the only one where none is named. Raises `WrongUse`."""
    known = stored_surveys(graph)
    wanted = [one for one in known if survey in (None, one.iri, one.name, one.source)]
    if len(wanted) != 1:
        names = ", ".join(f"{one.name} (source {one.source})" for one in known)
        if not known:
            raise WrongUse(
                "the store holds no survey", fix="Name a response file with --data, or load one: mcgraph survey load."
            )
        problem = f"there is no survey «{survey}»" if not wanted else "the store holds several surveys"
        raise WrongUse(f"{problem}: {names}", fix="Name one with --survey.")
    return wanted[0]


@dataclass(slots=True)
class StoredSource:
    """The responses of one stored survey, in the order of their IRIs."""

    graph: Graph
    survey: str
    responses: tuple[str, ...] = ()
    questions: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    _at: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rows = self.graph.rows(
            f"{_PREFIX}SELECT DISTINCT ?r WHERE {{ ?r mc:responseTo <{iri(self.survey)}> }} ORDER BY ?r"
        )
        self.responses = tuple(row[0] for row in rows if row[0] is not None)
        self._at = {one: at for at, one in enumerate(self.responses)}

    @property
    def size(self) -> int:
        """How many responses."""
        return len(self.responses)

    def codebook(self, name: str) -> Codebook:
        """The codebook as far as the graph tells it."""
        survey = iri(self.survey)
        asked = self.graph.rows(
            f"{_PREFIX}SELECT DISTINCT ?q ?id ?type ?theme ?claim ?at WHERE {{ <{survey}> mc:hasQuestion ?q . "
            "?q mc:identifier ?id ; mc:questionType ?type . OPTIONAL { ?q mc:theme ?theme } "
            "OPTIONAL { ?q mc:statedAs ?claim } OPTIONAL { ?q mc:codebookPosition ?at } }"
        )
        texts = self._texts(f"<{survey}> mc:hasQuestion ?x . ?x mc:questionText ?t")
        offered = self.graph.rows(
            f"{_PREFIX}SELECT DISTINCT ?q ?o ?code ?at WHERE {{ <{survey}> mc:hasQuestion ?q . "
            "?q mc:answerOption ?o . ?o mc:optionCode ?code . OPTIONAL { ?o mc:codebookPosition ?at } }"
        )
        labels = self._texts(f"<{survey}> mc:hasQuestion ?q . ?q mc:answerOption ?x . ?x mc:title ?t")
        gates = self.graph.rows(
            f"{_PREFIX}SELECT DISTINCT ?q ?gate ?code WHERE {{ <{survey}> mc:hasQuestion ?q . ?q mc:askedIf ?o . "
            "?g mc:answerOption ?o ; mc:identifier ?gate . ?o mc:optionCode ?code }"
        )
        made = []
        for question, known, kind, theme, claim, _ in sorted(asked, key=_place):
            mine = [row for row in sorted(offered, key=_place) if row[0] == question]
            own = [(code or "", labels.get(option or "", {})) for _, option, code, _ in mine]
            led: dict[str, list[str]] = {}
            for q, gate, code in gates:
                if q == question:
                    led.setdefault(gate or "", []).append(code or "")
            self.questions[known or ""] = question or ""
            made.append(
                Question(
                    id=known or "",
                    column="",
                    type=_type(kind),
                    text=texts.get(question or "", {}),
                    theme=theme or "",
                    options=tuple(own),
                    claim=claim or "",
                    asked_if=tuple((gate, tuple(sorted(codes))) for gate, codes in sorted(led.items())),
                )
            )
        self.options = {o or "": code or "" for _, o, code, _ in offered}
        title = self._texts(f"?x mc:title ?t . FILTER(?x = <{survey}>)").get(self.survey, {})
        return Codebook(name, title or {"en": name}, tuple(made), {role: role for role in _ROLES}, self._groups())

    def _groups(self) -> dict[str, Mapping[str, str]]:
        found = self._texts(
            f"?r mc:responseTo <{iri(self.survey)}> ; mc:respondentGroup ?x . ?x mc:title ?t"
        )
        return {_last(group): text for group, text in sorted(found.items())}

    def _texts(self, pattern: str) -> dict[str, dict[str, str]]:
        rows = self.graph.rows(f"{_PREFIX}SELECT DISTINCT ?x ?t (LANG(?t) AS ?l) WHERE {{ {pattern} }} ORDER BY ?x ?l")
        found: dict[str, dict[str, str]] = {}
        for subject, text, language in rows:
            found.setdefault(subject or "", {})[language or "en"] = text or ""
        return found

    def given(self, question: Question) -> Given:
        """The answers to a question: the options chosen, or the values."""
        asked = iri(self.questions[question.id])
        rows = self.graph.rows(
            f"{_PREFIX}SELECT DISTINCT ?r ?v WHERE {{ ?a mc:answersQuestion <{asked}> . ?r mc:hasAnswer ?a . "
            "OPTIONAL { ?a mc:chosenOption|mc:answerValue ?v } } ORDER BY ?r ?v"
        )
        said = [(self._at[r], self.options.get(v or ""), v) for r, v in rows if r is not None and r in self._at]
        frame = pl.DataFrame(
            [(at, code, value, -1) for at, code, value in said if value is not None], schema=LONG, orient="row"
        )
        blank = [True] * self.size
        for at, _, _ in said:
            blank[at] = False
        return Given(question, frame, pl.Series(blank, dtype=pl.Boolean))

    def stated(self, role: str) -> pl.Series:
        """The group, country or weight of each response. Raises `WrongUse` for anything else."""
        if role == "id":
            return pl.Series([None] * self.size, dtype=pl.String)
        if role not in _ROLES:
            raise WrongUse(
                f"the stored survey has no «{role[:80]}»", fix=f"Known are {', '.join(_ROLES)}, and its questions."
            )
        rows = self.graph.rows(
            f"{_PREFIX}SELECT DISTINCT ?r ?v WHERE {{ ?r mc:responseTo <{iri(self.survey)}> ; mc:{_ROLES[role]} ?v }}"
        )
        values: list[str | None] = [None] * self.size
        for response, value in rows:
            if response is not None and response in self._at:
                values[self._at[response]] = _last(value or "") if role == "group" else value
        return pl.Series(values, dtype=pl.String)

    def row(self, at: int) -> int:
        """A stored response has no row."""
        return 0

    def report(self, code: str, at: int, where: str | int, found: str, expected: str) -> Finding | None:
        """Nothing: what was wrong was told when it was loaded."""
        return None


def _type(kind: str | None) -> QuestionType:
    return next((one for one in TYPES if one == kind), "open")


def _place(row: tuple[str | None, ...]) -> tuple[int, str]:
    """The position in the codebook, which stands last in a row; then the IRI."""
    return (int(row[-1] or 0), row[-2] or row[0] or "")


def _last(value: str) -> str:
    return unquote(value.rstrip("/").rsplit("/", 1)[-1])
