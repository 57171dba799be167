"""The drawings of a briefing: bars, stacked bars and grids of its tables, for print without colour.

Every mark bears its figure as in the table, so there is no axis of numbers to read off; segments differ in lightness
and have an edge. The same table gives the same bytes.
"""

from __future__ import annotations

from typing import Any

from mcgraph.briefing.figure import Figure
from mcgraph.model.language import Language
from mcgraph.model.terms import fold
from mcgraph.report.drawing import INK, SOFT, altair, to_svg
from mcgraph.report.landscape_cells import rows_of

_FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
_WIDTH, _STEP, _LABEL = 430, 23, 400
_BAR, _EDGE = "#7fa3cf", "#3e4c59"
# Alternately dark and light, so that neighbours stay apart in grey.
_PARTS = ("#173f73", "#dbe4ee", "#b35806", "#f3d9b1", "#6b7c93", "#ffffff")
_DARK = ("#173f73", "#b35806", "#6b7c93")
_SHADES = ("#eef3f9", "#c9dbef", "#8fb3dc", "#3d73b3", "#173f73")
_TOLD = 60


def draw(figure: Figure, say: Language, title: str, anchor: str) -> str:
    """The drawing of a figure as SVG, "" where it has none; its ids begin with `anchor`.

    Raises `WrongUse` where Altair is not installed.
    """
    if figure.drawing is None or not figure.rows:
        return ""
    make = {"bars": _bars, "stack": _stack, "grid": _grid}[figure.drawing.kind]
    drawn, words = make(altair(), figure, say)
    drawn = drawn.properties(background="white", padding=6).configure(font=_FONT)
    drawn = drawn.configure_view(stroke=None).configure_axis(
        labelColor=INK, titleColor=SOFT, labelFontSize=12, ticks=False, domain=False, grid=False, labelPadding=6
    )
    told = "; ".join(words[:_TOLD]) + (" …" if len(words) > _TOLD else ".")
    return to_svg(drawn.to_dict(validate=False), title, told, prefix=anchor)


def drawn_rows(figure: Figure) -> int:
    """How many rows of the table the drawing shows."""
    return min(len(figure.rows), figure.drawing.most) if figure.drawing else 0


def _labels(figure: Figure, texts: list[list[str]]) -> list[str]:
    assert figure.drawing is not None
    places = [figure.column(name) for name in figure.drawing.label]
    return [" · ".join(row[place] for place in places) for row in texts]


def _y(library: Any, labels: list[str]) -> Any:
    axis = library.Axis(labelLimit=_LABEL)
    return library.Y("label:N", sort=list(dict.fromkeys(labels)), title=None, axis=axis)


def _bars(library: Any, figure: Figure, say: Language) -> tuple[Any, list[str]]:
    assert figure.drawing is not None
    most = figure.drawing.most
    texts = rows_of(figure, say)[:most]
    place = figure.column(figure.drawing.values[0])
    labels = _labels(figure, texts)
    rows = [
        {"label": label, "value": row[place] or 0, "said": text[place]}
        for label, row, text in zip(labels, figure.rows, texts, strict=False)
    ]
    base = library.Chart(library.Data(values=rows)).encode(
        y=_y(library, labels), x=library.X("value:Q", axis=None, scale=library.Scale(nice=False))
    )
    bars = base.mark_bar(color=_BAR, stroke=_EDGE, strokeWidth=0.6, height={"band": 0.7})
    said = base.mark_text(align="left", dx=5, fontSize=12, color=INK).encode(text="said:N")
    words = [f"{row['label']}: {row['said']}" for row in rows]
    return (bars + said).properties(width=_WIDTH, height={"step": _STEP}), words


def _stack(library: Any, figure: Figure, say: Language) -> tuple[Any, list[str]]:
    assert figure.drawing is not None
    texts = rows_of(figure, say)[: figure.drawing.most]
    labels = _labels(figure, texts)
    counted = [figure.column(name) for name in figure.drawing.values]
    # A part that is nowhere needs no place in the legend.
    places = [place for place in counted if any(row[place] for row in figure.rows)] or counted[:1]
    parts = [figure.columns[place].label for place in places]
    shades = [_PARTS[n % len(_PARTS)] for n in range(len(parts))]
    longest = max(sum(_count(row[place]) for place in places) for row in figure.rows) or 1
    rows: list[dict[str, Any]] = []
    words = []
    for label, row, text in zip(labels, figure.rows, texts, strict=False):
        left = 0.0
        for place, part, shade in zip(places, parts, shades, strict=True):
            size = _count(row[place])
            rows.append({
                "label": label, "part": part, "from": left, "to": left + size, "at": left + size / 2,
                "said": text[place] if size / longest >= 0.04 else "", "ink": "white" if shade in _DARK else INK,
            })  # fmt: skip
            left += size
        words.append(f"{label}: " + ", ".join(f"{p} {text[n]}" for p, n in zip(parts, places, strict=True)))
    colour = library.Color(
        "part:N", sort=parts, title=None, scale=library.Scale(domain=parts, range=shades),
        legend=library.Legend(orient="top", labelLimit=260, columns=3, symbolStrokeColor=_EDGE, symbolStrokeWidth=0.8,
                              symbolType="square", labelFontSize=12),
    )  # fmt: skip
    base = library.Chart(library.Data(values=[row for row in rows if row["to"] > row["from"]])).encode(
        y=_y(library, labels)
    )
    bars = base.mark_bar(stroke=_EDGE, strokeWidth=0.6, height={"band": 0.72}).encode(
        x=library.X("from:Q", axis=None, scale=library.Scale(nice=False, domain=[0, longest])), x2="to:Q", color=colour
    )
    said = base.mark_text(fontSize=11).encode(
        x="at:Q", text="said:N", color=library.Color("ink:N", scale=None, legend=None)
    )
    return (bars + said).properties(width=_WIDTH, height={"step": _STEP}), words


def _grid(library: Any, figure: Figure, say: Language) -> tuple[Any, list[str]]:
    assert figure.drawing is not None
    texts = rows_of(figure, say)[: figure.drawing.most]
    down, across = (figure.column(name) for name in figure.drawing.label)
    place = figure.column(figure.drawing.values[0])
    kept = [(row, text) for row, text in zip(figure.rows, texts, strict=False) if _count(row[place])]
    peak = max((_count(row[place]) for row, _ in kept), default=1.0)
    rows = []
    for row, text in kept:
        step = min(len(_SHADES) - 1, int(len(_SHADES) * (_count(row[place]) / peak) ** 0.5 - 1e-9))
        rows.append({
            "down": text[down], "across": text[across], "said": text[place], "shade": _SHADES[step],
            "ink": "white" if step >= 3 else INK,
        })  # fmt: skip
    base = library.Chart(library.Data(values=rows)).encode(
        y=library.Y("down:N", sort=sorted({row["down"] for row in rows}, key=fold), title=None,
                    axis=library.Axis(labelLimit=_LABEL)),
        x=library.X("across:N", sort=sorted({row["across"] for row in rows}, key=fold), title=None,
                    axis=library.Axis(orient="top", labelAngle=-40, labelLimit=170)),
    )  # fmt: skip
    cells = base.mark_rect(stroke="white", strokeWidth=1.5).encode(
        color=library.Color("shade:N", scale=None, legend=None)
    )
    said = base.mark_text(fontSize=11).encode(
        text="said:N", color=library.Color("ink:N", scale=None, legend=None)
    )
    words = [f"{row['down']} → {row['across']}: {row['said']}" for row in rows]
    return (cells + said).properties(width={"step": 38}, height={"step": 26}), words


def _count(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
