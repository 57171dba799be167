"""A classification as a page and a chart: who is one by definition, what is missing, what other numbers change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.reasoning import tables
from mcgraph.reasoning.classify import Classification, Trial
from mcgraph.report.drawing import altair as altair_library
from mcgraph.report.drawing import to_svg
from mcgraph.report.page import clean
from mcgraph.report.story import Section, write_story

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.reasoning.evaluate import Mask

_WIDTH, _HEIGHT = 560, 220
# Distinct in print without colour: dark, middle and light.
_SHADES = {"microcredential": "#1f4e79", "undecided": "#b8b8b8", "none": "#e4d3a2"}


def sensitivity_svg(tried: Sequence[Trial], unit: str) -> str:
    """A bar for each number: how many are microcredentials then, are undecided, and are none.

    Raises `WrongUse` where Altair is not installed.
    """
    altair = altair_library()
    parts = (("microcredential", "yes"), ("undecided", "undecided"), ("none", "no"))
    rows = [
        {"below": f"{trial.number:f}" + (" *" if trial.in_force else ""), "verdict": word, "order": at,
         "credentials": getattr(trial, name)}
        for trial in tried
        for at, (word, name) in enumerate(parts)
    ]  # fmt: skip
    chart = (
        altair.Chart({"values": rows}, width=_WIDTH, height=_HEIGHT)
        .mark_bar(stroke="#333333", strokeWidth=0.5)
        .encode(
            x=altair.X("credentials:Q", title="credentials"),
            y=altair.Y("below:O", title=f"fewer than … {unit} (* in force)", sort=[row["below"] for row in rows[::3]]),
            color=altair.Color(
                "verdict:N",
                title="by definition",
                scale=altair.Scale(domain=list(_SHADES), range=list(_SHADES.values())),
            ),
            order=altair.Order("order:Q"),
        )
    )
    words = "; ".join(f"below {row['below']}: {row['credentials']} {row['verdict']}" for row in rows)
    return to_svg(chart.to_json(), f"Microcredentials by definition, by {unit}", words)


def write_page(
    path: Path, found: Classification, chosen: Mask, *, tried: Sequence[Trial], most: int, lang: str = "en"
) -> None:
    """Write one HTML file with the counts, the criteria, the gaps, the sensitivity and the first records."""
    listed = tables.records(found, chosen, most=most, lang=lang)
    head = tables.summary(found, chosen)
    total = int(chosen.sum())
    shown = f"the first {len(listed):,} of {total:,}" if listed.truncated else f"all {total:,}"
    sections = [
        _section("What is one, and what is called one", head, "The verdict follows from what is stated; a fact that is "
                 "missing is unknown, not false.", "\n".join(head.notes())),
        _section("The criteria", tables.criteria(found, chosen), "Each criterion is a class of the ontology; those "
                 "that are told beside do not decide.", _numbers(found)),
        _section("Which fact would decide", tables.gaps(found, chosen, most), "For records whose verdict is undecided: "
                 "what is missing, and for how many it is all that is missing."),
    ]  # fmt: skip
    for name in dict.fromkeys(trial.threshold for trial in tried):
        own = [trial for trial in tried if trial.threshold == name]
        sections.append(_trials(found, name, own))
    sections.append(_section("The records", listed, f"By IRI, {shown}."))
    write_story(path, title="Microcredentials by definition", sections=sections)


def _trials(found: Classification, name: str, tried: Sequence[Trial]) -> Section:
    threshold = found.definition.thresholds[name]
    answer = tables.trials(found, tried)
    try:
        figure = sensitivity_svg(tried, threshold.unit)
    except WrongUse:
        figure = None
    lead = f"{threshold.title}. The number in force is {threshold.number:f}."
    caption = "How many are microcredentials, undecided and none for each number; the table below has the figures."
    return Section(
        title=f"What another number would change: {threshold.unit}",
        lead=lead,
        headers=answer.columns,
        rows=_rows(answer),
        figure_svg=figure,
        caption=caption,
    )


def _section(title: str, answer: Answer, lead: str, note: str = "") -> Section:
    return Section(title=title, lead=lead, headers=answer.columns, rows=_rows(answer), note=note, code=answer.query)


def _rows(answer: Answer) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(clean(cell) for cell in row) for row in answer.shown())


def _numbers(found: Classification) -> str:
    lines = []
    for one in found.definition.thresholds.values():
        source = one.source if one.number == one.default else f"given by the user; the ontology has {one.default:f}"
        lines.append(f"{one.name}: below {one.number:f} {one.unit} ({source})")
    return "\n".join(lines)
