"""The landscape as one page: for the screen and for paper, without scripts and without anything from elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcgraph.briefing.figure import Briefing, Figure
from mcgraph.errors import WrongUse
from mcgraph.model.language import Language, language
from mcgraph.report.landscape_cells import rows_of
from mcgraph.report.landscape_charts import draw, drawn_rows
from mcgraph.report.page import clean
from mcgraph.report.pages import render, write_text


@dataclass(frozen=True, slots=True)
class Shown:
    """A figure as the page shows it: its number and anchor, its cells in words, its drawing and its table as a link."""

    number: int
    anchor: str
    figure: Figure
    rows: list[list[str]]
    drawing: Any  # markup of ours, put in as it is; "" where nothing is drawn
    drawn: int
    csv: str


def write_landscape(briefing: Briefing, path: Path, submissions: Iterable[dict[str, Any]], lang: str) -> None:
    """Write the page whole or not at all. `submissions` as in `Graph.stats()["sources"]`."""
    write_text(path, to_html(briefing, submissions, lang))


def write_tables(briefing: Briefing, folder: Path) -> list[Path]:
    """Write each table as `NUMBER-key.csv` into a folder; the paths."""
    written = []
    for number, figure in enumerate(briefing.figures, start=1):
        path = folder / table_name(number, figure)
        # The mark at the beginning lets spreadsheet programs see UTF-8.
        write_text(path, figure.to_csv(), encoding="utf-8-sig")
        written.append(path)
    return written


def table_name(number: int, figure: Figure) -> str:
    """The file name of a table."""
    return f"{number:02d}-{figure.key.replace('_', '-')}.csv"


def to_html(briefing: Briefing, submissions: Iterable[dict[str, Any]], lang: str) -> str:
    """The whole page. Where Altair is not installed the tables stand alone, and the page says so."""
    say = language(lang)
    shown, is_drawn = _shown(briefing, say)
    numbers = {one.anchor: one.number for one in shown}
    by_section: dict[str, list[Shown]] = {section.key: [] for section in briefing.sections}
    order = iter(shown)
    for section in briefing.sections:
        by_section[section.key] = [next(order) for _ in section.figures]
    return render(
        "landscape.html.j2",
        {
            "title": say.said("landscape.title"),
            "lang": say.tag.partition("-")[0],
            "say": say,
            "briefing": briefing,
            "figures": by_section,
            "all": shown,
            "numbers": numbers,
            "submissions": list(submissions),
            "charts": is_drawn,
            "banner": say.said("landscape.synthetic", sources=", ".join(map(clean, briefing.synthetic)))
            if briefing.synthetic
            else "",
            "mark": say.said("landscape.synthetic_mark") if briefing.synthetic else "",
            "synthetic": False,
            "clean": clean,
            "css": css_text,
            "table_name": table_name,
            "asked": asked,
        },
    )


def asked(query: str) -> str:
    """The query as it runs: the header of a named question (`#+`) says what the figure says."""
    return "\n".join(line for line in query.splitlines() if not line.startswith("#+")).strip()


def css_text(text: str) -> str:
    """`text` inside a quoted string of a style sheet: all but plain letters and figures as escapes."""
    return "".join(c if c.isascii() and (c.isalnum() or c == " ") else f"\\{ord(c):06x}" for c in text)


def _shown(briefing: Briefing, say: Language) -> tuple[list[Shown], bool]:
    import markupsafe

    found: list[Shown] = []
    is_drawn = True
    seen: set[str] = set()
    for number, figure in enumerate(briefing.figures, start=1):
        drawing = ""
        # Two surveys have figures of one kind; every id of the page is made from this.
        anchor = figure.key if figure.key not in seen else f"{figure.key}-{number}"
        seen.add(figure.key)
        if is_drawn:
            try:
                drawing = draw(figure, say, say.said("landscape.chart_of", n=number, title=clean(figure.title)), anchor)
            except WrongUse:
                is_drawn = False
        data = base64.b64encode(figure.to_csv().encode("utf-8-sig")).decode("ascii")
        csv = f"data:text/csv;charset=utf-8;base64,{data}"
        markup = markupsafe.Markup(drawing)
        found.append(Shown(number, anchor, figure, rows_of(figure, say), markup, drawn_rows(figure), csv))
    return found, is_drawn
