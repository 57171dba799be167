"""What is a microcredential by definition, whatever it is called, and which fact would decide the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mcgraph.briefing.engines import once
from mcgraph.briefing.figure import Drawing, Figure
from mcgraph.briefing.gathering import Gathering, number

if TYPE_CHECKING:
    from mcgraph.reasoning.classify import Classification
    from mcgraph.reasoning.evaluate import Mask


def figures(gathering: Gathering) -> Iterable[Callable[[], Figure]]:
    """Each figure of the section, made when it is called; the records are classified once."""

    @once
    def found() -> tuple[Classification, Mask]:
        from mcgraph.reasoning.classify import classify
        from mcgraph.reasoning.records import choose

        classes = classify(gathering.graph, lang=gathering.say.tag)
        return classes, choose(classes)

    yield lambda: labels_and_verdicts(gathering, *found())
    yield lambda: criteria(gathering, *found())
    yield lambda: gaps(gathering, *found())


def labels_and_verdicts(gathering: Gathering, found: Classification, chosen: Mask) -> Figure:
    """How many are called a microcredential, and how many are one."""
    from mcgraph.reasoning.tables import summary

    answer = summary(found, chosen)
    rows = [
        (gathering.word(f"called {labelled}"), gathering.word(f"verdict {verdict}"), number(n))
        for labelled, verdict, _, n in answer.rows
    ]
    columns = gathering.columns("called", "verdict", credentials="count")
    return gathering.figure(
        "label_and_definition", columns, rows if len(found) else [], answer, of="credentials_described",
        command="mcgraph classify", drawing=Drawing("bars", ("called", "verdict"), ("credentials",)),
        notes=_thresholds(gathering, found),
    )  # fmt: skip


def criteria(gathering: Gathering, found: Classification, chosen: Mask) -> Figure:
    """Each criterion with how many meet it, do not, and are undecided."""
    from mcgraph.reasoning.tables import criteria as of_criteria

    answer = of_criteria(found, chosen)
    rows = [
        (label, gathering.word(part or ""), number(yes), number(no), number(open_ones))
        for label, part, yes, no, open_ones, _ in answer.rows
    ]
    columns = gathering.columns("criterion", "part", met="count", not_met="count", undecided="count")
    drawing = Drawing("stack", ("criterion",), ("met", "not_met", "undecided"))
    return gathering.figure(
        "criteria", columns, rows if len(found) else [], answer, of="credentials_described",
        command="mcgraph classify", drawing=drawing,
    )  # fmt: skip


def gaps(gathering: Gathering, found: Classification, chosen: Mask) -> Figure:
    """The facts that are missing, those first that would decide most records by themselves."""
    from mcgraph.reasoning.tables import gaps as of_gaps

    answer = of_gaps(found, chosen)
    rows = [(label, fact, number(n), number(alone)) for label, fact, n, alone in answer.rows]
    columns = gathering.columns("criterion", "would_decide", undecided="count", decided_alone="count")
    return gathering.figure(
        "would_decide", columns, rows, answer, of="credentials_described", command="mcgraph classify"
    )


def _thresholds(gathering: Gathering, found: Classification) -> list[str]:
    """The numbers at which «small» ends, with where each comes from."""
    return [
        gathering.say.said("landscape.threshold", name=one.name, number=f"{one.number:f}", unit=one.unit,
                           source=one.source)
        for one in found.definition.thresholds.values()
    ]  # fmt: skip
