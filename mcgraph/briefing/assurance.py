"""Quality assurance: of which kind, with which decision, whether it holds, and who has none on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mcgraph.briefing.figure import Drawing, Figure
from mcgraph.briefing.gathering import Gathering, number
from mcgraph.briefing.standings import STANDINGS, by_standing, standing_columns

_STATEMENTS = ("QualityAssuranceStatement",)


def figures(gathering: Gathering) -> Iterable[Callable[[], Figure]]:
    """Each figure of the section, made when it is called."""
    yield lambda: by_type(gathering)
    yield lambda: without(gathering)


def by_type(gathering: Gathering) -> Figure:
    """Statements by type and decision, with how many hold on the day."""
    answer = gathering.ask("quality-assurance-by-type", date=gathering.date.isoformat())
    rows = by_standing(
        ((gathering.name(kind), gathering.name(decision)), standing or "", number(n) or 0)
        for kind, decision, standing, n, *_ in answer.rows
    )
    columns = (*gathering.columns("qa_type", "decision"), *standing_columns(gathering))
    values = tuple(name.replace(" ", "_") for name in STANDINGS)
    drawing = Drawing("stack", ("qa_type", "decision"), values)
    return gathering.figure(
        "quality_assurance", columns, rows, answer, of="qa_statements", kinds=_STATEMENTS, drawing=drawing
    )


def without(gathering: Gathering) -> Figure:
    """Providers with no statement in the graph, those with most credentials first."""
    answer = gathering.ask("providers-without-quality-assurance")
    rows = [
        (label or gathering.name(iri), gathering.name(kind), gathering.name(country), number(n))
        for iri, label, kind, country, n in answer.rows
    ]
    rows.sort(key=lambda row: (-(row[3] or 0), str(row[0])))
    columns = gathering.columns("provider", "provider_type", "country", credentials="count")
    return gathering.figure(
        "without_quality_assurance", columns, rows, answer, kinds=("Credential", "Organisation", *_STATEMENTS)
    )
