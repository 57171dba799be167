"""Charts of surveys: Likert scales as diverging bars, shares as bars with intervals, trends as lines.

Drawn by Altair (Vega-Lite) and vl-convert without a browser. Every chart carries its table: beside it on a page, as a
CSV file beside a picture, and told in words in the picture's `<desc>`. Nothing is said by colour alone: every segment
bears its figure, every line its name and mark. The same tables give the same bytes.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mcgraph.errors import WrongUse
from mcgraph.report.drawing import INK as _INK
from mcgraph.report.drawing import SOFT as _SOFT
from mcgraph.report.drawing import altair as _altair
from mcgraph.report.drawing import to_svg
from mcgraph.survey.table import Cell, Column, SurveyTable
from mcgraph.survey.table_rows import headline, notes, shown, to_csv
from mcgraph.survey.trend import Trend

# Of ColorBrewer's PuOr, told apart by the colour-blind and in print; from the negative to the positive end.
_NEGATIVE, _MIDDLE, _POSITIVE = ("#b35806", "#f1a340", "#fee0b6"), "#e4e7eb", ("#d8daeb", "#998ec3", "#542788")
_LINES = ("#1b4f9c", "#b35806", "#2f855a", "#542788", "#7b341e", "#52606d", "#b7791f", "#97266d")
_DARK = ("#b35806", "#542788", "#998ec3")
_GONE = "hidden"
_LABEL = 46
_MOST_ROWS = 120


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its table. `title` and `description` say in words what it shows."""

    title: str
    subtitle: str
    description: str
    spec: Any
    tables: tuple[SurveyTable, ...]
    notes: tuple[str, ...]

    def svg(self) -> str:
        """The drawing as SVG with `<title>` and `<desc>`, for print and for screen readers."""
        return to_svg(self.spec, self.title, self.description)

    def png(self, scale: float = 2.0) -> bytes:
        """The drawing as PNG; its table is not in it, so give it beside."""
        import vl_convert

        return bytes(vl_convert.vegalite_to_png(self.spec, scale=scale))

    def csv(self) -> str:
        """The table of the drawing."""
        return to_csv(self.tables)

    def figure(self) -> str:
        """The drawing and its table as an HTML `<figure>`, to be put on a page."""
        caption = f"<figcaption><strong>{html.escape(self.title)}</strong><br>{html.escape(self.subtitle)}</figcaption>"
        tables = "".join(_html_table(one) for one in self.tables)
        said = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        below = f"<details open><summary>Table</summary>{tables}</details><ul>{said}</ul>"
        return f"<figure>{caption}{self.svg()}{below}</figure>"

    def page(self) -> str:
        """A complete page with the figure; no script, nothing from elsewhere."""
        style = (
            "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2933}"
            "table{border-collapse:collapse;margin:1rem 0}th,td{border-bottom:1px solid #d3dae2;padding:.25rem .6rem;"
            "text-align:left}svg{max-width:100%;height:auto}figure{margin:0}caption{text-align:left;font-weight:600}"
        )
        head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        head += f"<title>{html.escape(self.title)}</title><style>{style}</style>"
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{self.figure()}</body></html>\n'


def likert_chart(tables: Sequence[SurveyTable]) -> Chart:
    """Diverging stacked bars: one bar per group, or per question where there are several; the middle lies on the axis.

    What is hidden of a bar stands behind it as one white part, without saying to which answers it belongs. Raises
    `WrongUse` for questions without a scale, or with different ones.
    """
    _require_shares(tables)
    scales = {tuple(cell.code for cell in table.columns[0].cells) for table in tables}
    if len(scales) != 1 or any(table.question.type not in ("likert", "single") for table in tables):
        raise WrongUse(
            "these questions do not share one scale", fix="Draw questions with the same options, one answer each."
        )
    altair = _altair()
    cells = tables[0].columns[0].cells
    colours = _diverging(len(cells))
    rows, words = [], []
    for name, column in _bars(tables):
        left = -_below(column.cells)
        told = []
        for cell, colour in zip(column.cells, colours, strict=True):
            if cell.share is None:
                told.append(f"{cell.label} hidden")
                continue
            told.append(f"{cell.label} {100 * cell.share:.0f} %")
            rows.append(_segment(name, left, cell.share, cell.label, f"{100 * cell.share:.0f}", colour))
            left += cell.share
        rest = 1.0 - sum(cell.share or 0.0 for cell in column.cells)
        if any(cell.hidden for cell in column.cells):
            # The base is hidden too where nothing of the column is shown: no size is known then.
            size = 0.0 if column.base is None else rest
            rows.append(_segment(name, left, size, _GONE, "hidden" if size >= 0.08 or not size else "··", "white"))
        words.append(f"{name}: " + ", ".join(told))
    order = list(dict.fromkeys(str(row["bar"]) for row in rows))
    base = altair.Chart(altair.Data(values=rows)).encode(
        y=altair.Y("bar:N", sort=order, title=None, axis=altair.Axis(labelLimit=420, ticks=False, domain=False))
    )
    axis = altair.Axis(labelExpr="format(abs(datum.value) * 100, '.0f') + ' %'", title=None, grid=True)
    labels = [cell.label for cell in cells] + [_GONE] * any(row["answer"] == _GONE for row in rows)
    shades = [*colours, "white"][: len(labels)]
    bars = base.mark_bar(stroke="#7b8794", strokeWidth=0.5, height={"band": 0.72}).encode(
        x=altair.X("from:Q", axis=axis), x2="to:Q",
        color=altair.Color("answer:N", sort=labels, title=None, scale=altair.Scale(domain=labels, range=shades),
                           legend=altair.Legend(orient="top", labelLimit=220, columns=min(6, len(labels)),
                                                symbolStrokeColor="#7b8794")),
    )  # fmt: skip
    figures = base.mark_text(fontSize=11).encode(
        x="at:Q", text="said:N", color=altair.Color("ink:N", scale=None, legend=None)
    )
    zero = altair.Chart(altair.Data(values=[{"x": 0}])).mark_rule(color=_SOFT).encode(x="x:Q")
    return _chart(tables, zero + bars + figures, "Diverging bars", words, len(order))


def _segment(bar: str, left: float, size: float, answer: str, said: str, colour: str) -> dict[str, Any]:
    return {
        "bar": bar, "from": left, "to": left + size, "at": left + size / 2, "answer": answer,
        "said": said if size >= 0.03 or answer == _GONE else "", "ink": "white" if colour in _DARK else _INK,
    }  # fmt: skip


def bar_chart(tables: Sequence[SurveyTable]) -> Chart:
    """Shares as bars with their intervals, one panel per group; for numbers, means with their intervals."""
    table = _one(tables)
    altair = _altair()
    rows, words = [], []
    groups = [_named(one.label, one.base) for one in table.columns]
    for column, group in zip(table.columns, groups, strict=True):
        for label, value, low, high in _values(table, column):
            hidden = value is None
            rows.append({"group": group, "answer": label, "value": value or 0.0, "low": low, "high": high,
                         "said": "hidden" if hidden else _figure(table, value or 0.0)})  # fmt: skip
            words.append(f"{column.label}, {label}: {'hidden' if hidden else _figure(table, value or 0.0)}")
    form = "datum.value" if table.is_numeric else "format(datum.value * 100, '.0f') + ' %'"
    x_axis = altair.Axis(labelExpr=form, title=table.question.unit or None)
    if table.is_numeric:
        y = altair.Y("group:N", sort=groups, title=None, axis=altair.Axis(labelLimit=260))
    else:
        answers = list(dict.fromkeys(str(row["answer"]) for row in rows))
        y = altair.Y("answer:N", sort=answers, title=None, axis=altair.Axis(labelLimit=260))
    base = altair.Chart().encode(y=y)
    bars = base.mark_bar(color="#9fb8d9", height={"band": 0.66}).encode(x=altair.X("value:Q", axis=x_axis))
    ends = base.mark_rule(color=_INK, strokeWidth=1.4).encode(x="low:Q", x2="high:Q")
    figures = base.mark_text(align="left", dx=6, dy=-7, fontSize=10, color=_INK).encode(x="value:Q", text="said:N")
    layers = altair.layer(bars, ends, figures, data=altair.Data(values=rows))
    if table.is_numeric or len(table.columns) == 1:
        drawn = layers.properties(width=460)
        return _chart((table,), drawn, "Bars with intervals", words, len(rows), sized=True)
    drawn = layers.properties(width=380).facet(
        row=altair.Row("group:N", sort=groups, title=None,
                       header=altair.Header(labelAngle=0, labelAlign="left", labelLimit=260, labelFontWeight="bold"))
    )  # fmt: skip
    return _chart((table,), drawn, "Bars with intervals", words, len(rows), sized=True)


def trend_chart(trend: Trend) -> Chart:
    """Lines over the waves, one per answer (or the mean), with their intervals; one panel per group."""
    altair = _altair()
    waves = [table.wave for table in trend.tables]
    rows, words = [], []
    for table in trend.tables:
        for column in table.columns:
            for label, value, low, high in _values(table, column):
                said = "hidden" if value is None else _figure(table, value)
                words.append(f"{table.wave}, {column.label}, {label}: {said}")
                if value is not None:
                    rows.append({"wave": table.wave, "group": column.label, "answer": label, "value": value,
                                 "low": low, "high": high})  # fmt: skip
    if not rows:
        raise WrongUse("every figure of this trend is hidden", fix="Use fewer groups.")
    answers = list(dict.fromkeys(str(row["answer"]) for row in rows))
    form = "datum.value" if trend.tables[0].is_numeric else "format(datum.value * 100, '.0f') + ' %'"
    base = altair.Chart().encode(x=altair.X("wave:O", sort=waves, title=None, axis=altair.Axis(labelAngle=0)))
    legend = altair.Legend(orient="bottom", columns=3, labelLimit=240)
    shades = [_LINES[at % len(_LINES)] for at in range(len(answers))]
    colour = altair.Color("answer:N", sort=answers, title=None, scale=altair.Scale(domain=answers, range=shades),
                          legend=legend)  # fmt: skip
    mark = altair.Shape("answer:N", sort=answers, title=None, scale=altair.Scale(domain=answers), legend=legend)
    y = altair.Y("value:Q", title=trend.tables[0].question.unit or None, axis=altair.Axis(labelExpr=form))
    bands = base.mark_rule(strokeWidth=1, opacity=0.55).encode(y="low:Q", y2="high:Q", color=colour)
    lines = base.mark_line(strokeWidth=2).encode(y=y, color=colour)
    # One field, one domain, one legend: colour and mark are told together.
    points = base.mark_point(filled=True, size=55).encode(y=y, color=colour, shape=mark)
    drawn = altair.layer(bands, lines, points, data=altair.Data(values=rows)).properties(width=360, height=230)
    columns = trend.tables[-1].columns
    if len(columns) > 1:
        drawn = drawn.facet(
            facet=altair.Facet("group:N", sort=[one.label for one in columns], title=None), columns=2
        )
    return _chart(trend.tables, drawn, "Lines over waves", words, len(rows), sized=True)


def chart_of(tables: Sequence[SurveyTable]) -> Chart:
    """The chart that fits: diverging bars for scales, bars with intervals for the rest."""
    if all(table.question.type == "likert" for table in tables):
        return likert_chart(tables)
    return bar_chart(tables)


def _chart(
    tables: Sequence[SurveyTable], drawn: Any, kind: str, words: Sequence[str], size: int, *, sized: bool = False
) -> Chart:
    if size > _MOST_ROWS * 8 or (not sized and size > _MOST_ROWS):
        raise WrongUse("the chart would have too many rows to be read", fix="Use fewer groups, or the table.")
    first = tables[0]
    title = first.text
    if len({one.text for one in tables}) > 1 and kind == "Diverging bars":
        stem = first.text.split(" – ")[0]
        of_matrix = all(one.text.startswith(f"{stem} – ") for one in tables)
        title = stem if of_matrix else f"Questions {', '.join(one.question.id for one in tables)}"
    subtitle = headline(first)[1]
    if len(tables) == 1 and len(first.columns) == 1 and not first.is_numeric and kind == "Bars with intervals":
        # One panel has no head that could say it.
        subtitle += f" · n = {'··' if first.total.base is None else f'{first.total.base:,}'}"
    waves = [one.wave for one in tables]
    if len(set(waves)) > 1:
        subtitle = subtitle.replace(f"({waves[0]})", f"({waves[0]} to {waves[-1]})", 1)
    said = notes(max(tables, key=lambda one: one.hidden))
    if not sized:
        drawn = drawn.properties(width=520, height={"step": 34})
    drawn = drawn.properties(
        title={"text": _wrapped(title, 74), "subtitle": [subtitle, *_wrapped("; ".join(said[:2]), 100)],
               "anchor": "start", "fontSize": 15, "subtitleFontSize": 11, "subtitleColor": _SOFT, "color": _INK,
               "offset": 14},
        padding=16, background="white", usermeta={"embedOptions": {"renderer": "svg"}},
    )  # fmt: skip
    drawn = drawn.configure_view(stroke=None).configure_axis(
        labelColor=_INK, titleColor=_INK, gridColor="#e4e7eb", labelFontSize=11
    )
    description = f"{kind}. {subtitle}. " + "; ".join(words) + "."
    return Chart(title, subtitle, description, drawn.to_dict(validate=False), tuple(tables), tuple(said))


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width) or [""]


def _one(tables: Sequence[SurveyTable]) -> SurveyTable:
    if len(tables) != 1:
        raise WrongUse("bars with intervals show one question", fix="Name one, or use --kind likert.")
    return tables[0]


def _require_shares(tables: Sequence[SurveyTable]) -> None:
    if not tables or any(table.is_numeric for table in tables):
        raise WrongUse("a scale needs options, and this question has numbers", fix="Use --kind bars.")


def _bars(tables: Sequence[SurveyTable]) -> list[tuple[str, Column]]:
    """The bars with their names: groups of one question, or the totals of several."""
    if len(tables) == 1:
        return [(_named(one.label, one.base), one) for one in tables[0].columns]
    if any(table.by for table in tables):
        raise WrongUse("several questions are drawn without groups", fix="Leave --by out, or name one question.")
    return [(_named(table.text.rpartition(" – ")[2], table.total.base), table.total) for table in tables]


def _named(label: str, base: int | None) -> str:
    short = label if len(label) <= _LABEL else label[: _LABEL - 1] + "…"
    return f"{short} (n = {'··' if base is None else f'{base:,}'})"


def _below(cells: Sequence[Cell]) -> float:
    """How much of a bar lies left of the axis: the lower half of the scale, and half of its middle."""
    half, odd = divmod(len(cells), 2)
    below = sum(float(cell.share or 0) for cell in cells[:half])
    return below + (float(cells[half].share or 0) / 2 if odd else 0.0)


def _diverging(count: int) -> list[str]:
    """Colours for the steps of a scale, darkest at its ends."""
    half, odd = divmod(count, 2)
    left = [_NEGATIVE[min(i * len(_NEGATIVE) // max(half, 1), 2)] for i in range(half)]
    right = [_POSITIVE[2 - min(i * len(_POSITIVE) // max(half, 1), 2)] for i in range(half)][::-1]
    return [*left, *([_MIDDLE] if odd else []), *right]


def _values(table: SurveyTable, column: Column) -> list[tuple[str, float | None, float | None, float | None]]:
    if table.is_numeric:
        told = column.summary
        return [("mean", told.mean, told.low, told.high) if told else ("mean", None, None, None)]
    return [(cell.label, cell.share, cell.low, cell.high) for cell in column.cells]


def _figure(table: SurveyTable, value: float) -> str:
    return f"{value:,.1f}" if table.is_numeric else f"{100 * value:.0f} %"


def _html_table(table: SurveyTable) -> str:
    headers, rows = shown(table)
    caption = f"<caption>{html.escape(' · '.join((table.question.id, table.text, table.wave)))}</caption>"
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in headers)
    body = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
