"""The values of a briefing as people read them in its language; the same texts stand in tables and drawings."""

from __future__ import annotations

from mcgraph.briefing.figure import Column, Figure, Value
from mcgraph.model.language import Language
from mcgraph.report.page import clean

NOTHING, HIDDEN = "–", "··"


def shown(value: Value, column: Column, say: Language, nothing: str = NOTHING) -> str:
    """One value: grouped counts, decimals and shares with the mark of the language, names without control signs."""
    if value is None:
        return nothing
    if column.kind == "share":
        return say.said("landscape.percent", n=_decimal(100 * float(value), say))
    if column.kind == "number":
        return _decimal(float(value), say)
    if isinstance(value, int):
        return say.number(value)
    return clean(value)


def rows_of(figure: Figure, say: Language) -> list[list[str]]:
    """Every cell of a table."""
    nothing = HIDDEN if figure.key.startswith("survey_") else NOTHING
    return [
        [shown(value, column, say, nothing) for value, column in zip(row, figure.columns, strict=True)]
        for row in figure.rows
    ]


def _decimal(number: float, say: Language) -> str:
    whole, _, part = f"{number:.1f}".partition(".")
    text = say.number(int(whole)) if abs(number) >= 1 else whole
    return text if part == "0" else f"{text}{say.said('landscape.decimal')}{part}"
