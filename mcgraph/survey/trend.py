"""One question over several waves: a mapping says which questions and codes mean the same, and where texts differ.

waves:                                  # oldest first; files beside the mapping
  - {label: "2024", data: 2024.csv, codebook: 2024.codebook.yaml}
  - {label: "2026", data: 2026.csv, codebook: 2026.codebook.yaml}
questions:
  labelled: {"2024": q1, "2026": q3}    # the question of each wave; a wave that did not ask is left out
options:
  labelled: {"2024": {always: "yes"}}   # code of a wave: code they share
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from mcgraph.errors import InputRefused, LimitReached, RuleBroken, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.finding import Finding
from mcgraph.model.terms import map_distinct
from mcgraph.model.yaml_text import NotYaml, read_yaml
from mcgraph.survey.codebook import Codebook, Question, Text, said
from mcgraph.survey.codebook_file import read_codebook
from mcgraph.survey.given import Given
from mcgraph.survey.table import SurveyTable, make_table
from mcgraph.survey.wave import Source, Wave, read_wave


@dataclass(frozen=True, slots=True)
class WaveFile:
    """One wave of a mapping: its label and files."""

    label: str
    data: Path
    codebook: Path


@dataclass(frozen=True, slots=True)
class Harmony:
    """Which questions of which waves are one: `questions` by shared name and wave, `options` the codes that change."""

    waves: tuple[WaveFile, ...]
    questions: Mapping[str, Mapping[str, str]]
    options: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """A text that differs between a wave and the last one: of the question, or of an option (`code`)."""

    wave: str
    code: str
    text: str
    last_text: str
    alike: float
    """From 0 to 100."""


@dataclass(frozen=True, slots=True)
class Trend:
    """The tables of one question, oldest wave first, with the texts that differ and the waves that did not ask it."""

    name: str
    tables: tuple[SurveyTable, ...]
    differences: tuple[Difference, ...]
    not_asked: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def text(self) -> str:
        """The question as it was put last."""
        return self.tables[-1].text


def read_harmony(path: Path) -> Harmony:
    """The mapping of waves in a YAML file. Raises `RuleBroken` with the place of what is wrong, or `InputRefused`."""
    try:
        given = read_yaml(path.read_text(encoding="utf-8"))
    except OSError as fault:
        raise InputRefused(f"the mapping of waves cannot be read: {fault.strerror}", where=str(path)) from fault
    except (NotYaml, UnicodeDecodeError) as fault:
        raise RuleBroken(f"the mapping of waves is not YAML ({fault})", where=str(path)) from fault
    if not isinstance(given, dict) or set(given) - {"waves", "questions", "options"}:
        raise RuleBroken("a mapping of waves has the keys waves, questions and options", where=str(path), fix=_HELP)
    waves = given.get("waves")
    if not isinstance(waves, list) or not waves:
        raise RuleBroken("it names no wave", where=f"{path}: waves", fix=_HELP)
    questions, options = given.get("questions", {}), given.get("options", {})
    if not isinstance(questions, dict) or not all(isinstance(one, dict) for one in questions.values()):
        raise RuleBroken("questions are shared names with a question per wave", where=f"{path}: questions", fix=_HELP)
    if not isinstance(options, dict) or not all(
        isinstance(one, dict) and all(isinstance(codes, dict) for codes in one.values()) for one in options.values()
    ):
        raise RuleBroken("options are shared names with codes per wave", where=f"{path}: options", fix=_HELP)
    files = tuple(_wave(path, at, one) for at, one in enumerate(waves))
    labels = {one.label for one in files}
    for name, by_wave in (*questions.items(), *options.items()):
        unknown = sorted(set(by_wave) - labels)
        if unknown:
            raise RuleBroken(f"«{unknown[0]}» is no wave of the mapping", where=f"{path}: {name}", fix=_HELP)
    if len(labels) < len(files):
        raise RuleBroken("two waves have one label", where=f"{path}: waves")
    return Harmony(files, questions, options)


_HELP = "See docs/survey.md, «Trends»."


def _wave(path: Path, at: int, given: Any) -> WaveFile:
    where = f"{path}: waves[{at}]"
    if not isinstance(given, dict) or not {"label", "data"} <= set(given) <= {"label", "data", "codebook"}:
        raise RuleBroken("a wave has a label, data and a codebook", where=where, fix=_HELP)
    named = [Path(str(given[key])) for key in ("data", "codebook") if key in given]
    for one in named:
        if one.is_absolute() or ".." in one.parts:
            raise RuleBroken(f"«{one}» is not beside the mapping", where=where, fix="Copy the file there.")
    data = path.parent / named[0]
    book = path.parent / named[1] if len(named) > 1 else data.with_name(f"{data.stem}.codebook.yaml")
    return WaveFile(str(given["label"]), data, book)


def make_trend(
    harmony: Harmony, question: str, *, by: Sequence[str] = (), weight: str = "", limits: Limits | None = None,
    **wishes: Any,
) -> Trend:  # fmt: skip
    """The tables of a shared question over the waves that asked it; `by`, `weight` and `wishes` as for `make_tables`.

    Variables of `by` are roles or shared questions. Small cells are hidden in each wave. Raises `WrongUse` for an
    unknown question, `InputRefused` for an empty wave, `LimitReached` for too many waves.
    """
    bounds = limits or Limits.from_environment()
    if question not in harmony.questions:
        raise WrongUse(
            f"the mapping has no question «{question[:80]}»",
            fix=f"Known are {', '.join(list(harmony.questions)[:20])}.",
        )
    if len(harmony.waves) > bounds.survey_waves:
        raise LimitReached(f"the mapping has {len(harmony.waves)} waves; at most {bounds.survey_waves} are compared")
    tables, books, missing, findings = [], [], [], []
    for one in harmony.waves:
        if one.label not in harmony.questions[question]:
            missing.append(one.label)
            continue
        wave = harmonised(read_wave(one.data, read_codebook(one.codebook), limits=bounds), harmony, one.label)
        tables.append(make_table(wave, question, by=by, weight=weight, limits=bounds, **wishes))
        books.append(wave.codebook.find(question)[0])
        findings += wave.findings
    if not tables:
        raise WrongUse(f"no wave asked «{question}»", fix="Name its question in each wave in the mapping.")
    lang = str(wishes.get("lang", "en"))
    return Trend(question, tuple(tables), tuple(_differences(tables, books, lang)), tuple(missing), tuple(findings))


def harmonised(wave: Wave, harmony: Harmony, label: str) -> Wave:
    """A wave that also has the shared questions, under their shared names and codes."""
    shared: dict[str, tuple[Question, Mapping[str, str]]] = {}
    made = []
    for name, by_wave in harmony.questions.items():
        if label not in by_wave:
            continue
        own = wave.codebook.find(by_wave[label])
        if len(own) > 1:
            raise WrongUse(f"«{by_wave[label]}» of {label} is a matrix", fix="Name one of its lines in the mapping.")
        codes = harmony.options.get(name, {}).get(label, {})
        unknown = sorted(set(codes) - set(own[0].codes))
        if unknown:
            raise WrongUse(f"«{by_wave[label]}» of {label} has no option «{unknown[0]}»", fix="Correct the mapping.")
        shared[name] = (own[0], codes)
        made.append(replace(own[0], id=name, column="", columns=(), other="", options=_recoded(own[0], codes)))
    rest = [one for one in wave.codebook.questions if one.id not in shared]
    # Gates keep their own names: a question that stands under its shared name only would not be found by them.
    gates = {gate for one in (*rest, *made) for gate, _ in one.asked_if}
    kept = [one for one in wave.codebook.questions if one.id in shared and one.id in gates and shared[one.id][0] != one]
    if kept:
        raise WrongUse(
            f"the shared name «{kept[0].id}» is also another question of {label}", fix="Choose another shared name."
        )
    book: Codebook = replace(wave.codebook, questions=(*rest, *made), wave=label)
    return Wave(book, _Recoded(wave.source, shared), label, snapshot=wave.snapshot)


def _recoded(question: Question, codes: Mapping[str, str]) -> tuple[tuple[str, Text], ...]:
    options: dict[str, Text] = {}
    for code, text in question.options:
        options.setdefault(codes.get(code, code), text)
    return tuple(options.items())


@dataclass(slots=True)
class _Recoded:
    """A source whose shared questions are answered by those of the wave, in the shared codes."""

    source: Source
    shared: Mapping[str, tuple[Question, Mapping[str, str]]]

    @property
    def size(self) -> int:
        """How many responses."""
        return self.source.size

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the file as a whole."""
        return self.source.findings

    def given(self, question: Question) -> Given:
        """The answers, in shared codes where the question is shared."""
        if question.id not in self.shared:
            return self.source.given(question)
        own, codes = self.shared[question.id]
        found = self.source.given(own)
        recoded = map_distinct(found.frame.get_column("code"), lambda code: codes.get(code, code)).alias("code")
        # Two codes that became one are one answer.
        frame = found.frame.with_columns(recoded)
        once = frame.unique(["at", "code", "text"], maintain_order=True) if codes else frame
        return Given(question, once, found.blank)

    def stated(self, role: str) -> pl.Series:
        """What the responses say in a role or column."""
        return self.source.stated(role)

    def row(self, at: int) -> int:
        """The row of a response."""
        return self.source.row(at)

    def report(self, code: str, at: int, where: str | int, found: str, expected: str) -> Finding | None:
        """A finding at its cell."""
        return self.source.report(code, at, where, found, expected)


def _differences(tables: Sequence[SurveyTable], questions: Sequence[Question], lang: str) -> list[Difference]:
    """Texts of questions and options that differ from the last wave's, and options that one of both lacks."""
    from rapidfuzz import fuzz

    last, found = questions[-1], []
    for table, question in zip(tables[:-1], questions[:-1], strict=True):
        pairs = [("", question.said(lang), last.said(lang))]
        mine, theirs = dict(question.options), dict(last.options)
        for code in dict.fromkeys([*mine, *theirs]):
            pairs.append((code, said(mine.get(code, {}), lang), said(theirs.get(code, {}), lang)))
        for code, text, other in pairs:
            if " ".join(text.split()) != " ".join(other.split()):
                found.append(Difference(table.wave, code, text, other, round(fuzz.ratio(text, other), 1)))
    return found
