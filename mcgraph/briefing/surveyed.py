"""What respondents say of credentials beside what the register shows; the two are compared, never merged."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from mcgraph import __version__
from mcgraph.briefing.figure import Drawing, Figure, Value
from mcgraph.briefing.gathering import Gathering
from mcgraph.model.answer import Answer, Coverage

if TYPE_CHECKING:
    from mcgraph.survey.agreement import Agreement
    from mcgraph.survey.stored import StoredSurvey
    from mcgraph.survey.wave import Wave

_KINDS = ("Response", "Survey")


def figures(gathering: Gathering) -> Iterable[Callable[[], Figure]]:
    """For each survey of the store what is claimed, and how far the register agrees where links were accepted."""
    from mcgraph.survey.stored import stored_surveys

    surveys = stored_surveys(gathering.graph)
    for survey in surveys:
        about = _told_apart(survey, surveys)
        if _claims_something(gathering, survey):
            yield lambda survey=survey, about=about: claims(gathering, survey, about)  # type: ignore[misc]
        if _links(gathering, survey):
            yield lambda survey=survey, about=about: agreement(gathering, survey, about)  # type: ignore[misc]


def said(gathering: Gathering) -> list[str]:
    """What must be said where there is no survey, or none that is linked to the register."""
    from mcgraph.survey.stored import stored_surveys

    surveys = stored_surveys(gathering.graph)
    if not surveys:
        return [gathering.say.said("landscape.no_survey")]
    return [
        gathering.say.said("landscape.no_links" if _claims_something(gathering, one) else "landscape.no_claims",
                           survey=one.name)
        for one in surveys if not _links(gathering, one)
    ]  # fmt: skip


def _claims_something(gathering: Gathering, survey: StoredSurvey) -> bool:
    return any(question.claim and question.options for question in _wave(gathering, survey).codebook.parts())


def _told_apart(survey: StoredSurvey, among: list[StoredSurvey]) -> str:
    """The name that tells a survey from the others of the store; the source too where two have one name."""
    if len(among) == 1:
        return ""
    alike = sum(one.name == survey.name for one in among) > 1
    return f"{survey.name} ({survey.source})" if alike else survey.name


def claims(gathering: Gathering, survey: StoredSurvey, about: str = "") -> Figure:
    """The answers of all respondents to each question that is a claim about credentials; small counts are hidden."""
    from mcgraph.survey.table import make_tables

    wave = _wave(gathering, survey)
    rows: list[tuple[Value, ...]] = []
    asked: list[str] = []
    hidden = False
    for question in wave.codebook.parts():
        if not question.claim or not question.options:
            continue
        asked.append(question.id)
        for table in make_tables(wave, question.id, lang=gathering.say.tag):
            total = table.total
            hidden = hidden or any(cell.hidden for cell in total.cells)
            rows += [
                (gathering.word(question.claim), cell.label, total.base, cell.share, cell.low, cell.high)
                for cell in total.cells
            ]
    columns = gathering.columns("claim", "answer", base="count", share="share", low="share", high="share")
    answer = Answer(
        columns=(), rows=(), coverage=Coverage(wave.size, wave.size), snapshot=gathering.graph.snapshot,
        name="survey-table", query="shares of the answers with Wilson intervals, each response counted once",
        parameters={"survey": survey.name, "questions": ", ".join(asked)}, versions={"mcgraph": __version__},
    )  # fmt: skip
    return gathering.figure(
        "survey_claims", columns, rows, answer, of="responses", kinds=_KINDS, most=len(rows) or 1,
        command=f"mcgraph survey table {' '.join(asked)} --survey {_named(gathering, survey)}",
        drawing=Drawing("bars", ("claim", "answer"), ("share",)), notes=_hidden(gathering, hidden), about=about,
    )  # fmt: skip


def agreement(gathering: Gathering, survey: StoredSurvey, about: str = "") -> Figure:
    """Per claim, how far the answers that were linked agree with the register; small counts are hidden."""
    from mcgraph.survey.agreement import compare

    found: Agreement = compare(
        _wave(gathering, survey), gathering.graph, _links(gathering, survey), as_of=gathering.date,
        lang=gathering.say.tag,
    )  # fmt: skip
    rows: list[tuple[Value, ...]] = [
        (gathering.word(one.claim), one.linked, one.unsaid, one.silent, one.base, one.agreed, one.rate, one.low,
         one.high)
        for one in found.claims
    ]  # fmt: skip
    columns = gathering.columns(
        "claim", linked="count", no_answer="count", silent="count", base="count", agreed="count", share="share",
        low="share", high="share",
    )  # fmt: skip
    day = gathering.date.isoformat()
    answer = Answer(
        columns=(), rows=(), coverage=Coverage(found.links, found.links), snapshot=found.snapshot,
        name="survey-compare", query="linked answers against the state of the register, claim by claim",
        parameters={"survey": survey.name, "as_of": day, "small": str(found.limit), "level": str(found.level)},
        versions={"mcgraph": __version__},
    )  # fmt: skip
    hidden = any(one.hidden or one.linked is None for one in found.claims)
    return gathering.figure(
        "survey_agreement", columns, rows, answer, of="linked_names", kinds=(*_KINDS, "Credential"),
        command=f"mcgraph survey compare --survey {_named(gathering, survey)} --as-of {day}",
        drawing=Drawing("bars", ("claim",), ("share",)), notes=_hidden(gathering, hidden), about=about,
    )  # fmt: skip


def _named(gathering: Gathering, survey: StoredSurvey) -> str:
    """What `--survey` takes for it, and for no other: its name, or its source where several share the name."""
    from mcgraph.survey.stored import stored_surveys

    alike = [one for one in stored_surveys(gathering.graph) if survey.name in (one.name, one.source)]
    return shlex.quote(survey.name if len(alike) == 1 else survey.source)


def _hidden(gathering: Gathering, hidden: bool) -> list[str]:
    return [gathering.say.said("landscape.hidden")] if hidden else []


def _wave(gathering: Gathering, survey: StoredSurvey) -> Wave:
    from mcgraph.survey.stored import stored_wave

    return stored_wave(gathering.graph, survey.iri)


def _links(gathering: Gathering, survey: StoredSurvey) -> list[Any]:
    from mcgraph.survey import link_log

    return list(link_log.in_force(link_log.read_log(gathering.graph.path, survey)))
