"""What is not known: the unknowns of every figure side by side."""

from __future__ import annotations

from collections.abc import Iterable

from mcgraph.briefing.figure import Column, Drawing, Figure, Value
from mcgraph.briefing.gathering import Gathering


def unknowns(gathering: Gathering, figures: Iterable[Figure]) -> Figure:
    """Each figure with its base and how many of it say nothing, the least known first."""
    told = [one for one in figures if one.base is not None and one.unknown is not None]
    rows: list[tuple[Value, ...]] = [
        (
            one.title, one.of, one.base, one.unknown, (one.unknown or 0) / one.base if one.base else None,
            "; ".join(f"{reason}: {gathering.say.number(count)}" for reason, count in one.why.items()),
        )
        for one in told
    ]  # fmt: skip
    rows.sort(key=lambda row: (-float(row[4] or 0), str(row[0])))
    silent = sum(1 for row in rows if row[3])
    columns = gathering.columns("figure", "counted", base="count", unknown="count", share="share")
    reasons = Column("reasons", gathering.say.said("landscape.column.reasons"))
    return Figure(
        key="unknown",
        title=gathering.say.said("landscape.figure.unknown.title"),
        lead=gathering.say.said("landscape.figure.unknown.lead"),
        columns=(*columns, reasons),
        rows=tuple(rows),
        base=len(rows),
        of=gathering.say.said("landscape.of.figures"),
        unknown=silent,
        why={},
        command=f"mcgraph report landscape --date {gathering.date.isoformat()} --json",
        name="report-landscape",
        query="the coverage of each figure above",
        parameters={},
        sources=tuple(sorted({source for one in told for source in one.sources})),
        snapshot=gathering.graph.snapshot,
        drawing=Drawing("bars", ("figure",), ("share",), most=silent) if silent else None,
    )
