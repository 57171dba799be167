"""How completely credentials are described, by the mandatory elements of Annex I of the Council Recommendation."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mcgraph.briefing.figure import Column, Drawing, Figure
from mcgraph.briefing.gathering import Gathering, decimal, number

_ELEMENTS = {
    "title": "title", "country": "country", "awardingBody": "awarding_body", "learningOutcomes": "learning_outcomes",
    "workload": "workload", "level": "level_stated", "assessment": "assessment", "participation": "participation",
    "qualityAssurance": "quality_assurance", "supervision": "supervision", "entryRequirement": "entry_requirement",
}  # fmt: skip


def figures(gathering: Gathering) -> Iterable[Callable[[], Figure]]:
    """Each figure of the section, made when it is called."""
    yield lambda: elements(gathering)
    yield lambda: elements_by_country(gathering)
    yield lambda: by_provider(gathering)


def elements(gathering: Gathering) -> Figure:
    """Each element with how many credentials state it and how many do not, and those that state all."""
    answer = gathering.ask("annex-elements")
    found = dict(zip(answer.columns, answer.rows[0], strict=True))
    total = number(found.pop("credentials")) or 0
    # Over no record at all a sum is empty.
    counts = {name: number(cell) or 0 for name, cell in found.items()}
    complete = counts.pop("completeRecords")
    rows = [(_label(gathering, name), n, total - n, n / total if total else None) for name, n in counts.items()]
    rows.append((gathering.say.said("landscape.all_elements"), complete, total - complete,
                 complete / total if total else None))  # fmt: skip
    columns = gathering.columns("element", stated="count", not_stated="count", share="share")
    drawing = Drawing("stack", ("element",), ("stated", "not_stated"))
    return gathering.figure("annex_elements", columns, rows if total else [], answer, drawing=drawing)


def elements_by_country(gathering: Gathering) -> Figure:
    """Per country, how many credentials state each element."""
    answer = gathering.ask("elements-by-country")
    names = answer.columns[2:]
    columns = (
        *gathering.columns("country", credentials="count"),
        *(Column(_ELEMENTS[name], _label(gathering, name), "count") for name in names),
    )
    rows = sorted((gathering.name(row[0]), *(number(cell) for cell in row[1:])) for row in answer.rows)
    return gathering.figure("elements_by_country", columns, rows, answer)


def by_provider(gathering: Gathering) -> Figure:
    """Providers by the share of their complete records, the least first, of these the largest."""
    answer = gathering.ask("completeness-by-provider")
    rows = [
        (label or gathering.name(iri), number(n), number(good), decimal(share))
        for iri, label, n, good, share in answer.rows
    ]
    rows.sort(key=lambda row: (row[3] or 0.0, -(row[1] or 0), str(row[0])))
    columns = gathering.columns("provider", credentials="count", complete="count", share="share")
    return gathering.figure("completeness_by_provider", columns, rows, answer)


def _label(gathering: Gathering, name: str) -> str:
    return gathering.say.said(f"landscape.column.{_ELEMENTS[name]}")
