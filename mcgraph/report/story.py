"""A briefing of several sections: each with its table, its drawing, and how it was computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcgraph import __version__
from mcgraph.report.pages import render, write_text


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a briefing. `figure_svg` is a drawing of ours, put in as it is; everything else is escaped.

    `caption` says what is drawn.
    """

    title: str
    lead: str
    headers: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    note: str = ""
    code: str = ""
    figure_svg: str | None = None
    caption: str = (
        "Drawn from the steps told below: solid lines are rules as stated, dashed lines recognition."
    )


def write_story(path: Path, *, title: str, sections: Sequence[Section], synthetic: bool = False) -> None:
    """Write the briefing as one HTML file that needs no network."""
    import markupsafe

    figures = [markupsafe.Markup(one.figure_svg) if one.figure_svg else None for one in sections]
    text = render(
        "story.html.j2",
        {
            "title": title,
            "sections": list(zip(sections, figures, strict=True)),
            "synthetic": synthetic,
            "version": __version__,
            "lang": "en",
        },
    )
    write_text(path, text)
