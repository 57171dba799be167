"""A table of a survey as rows: for CSV, data frames, Parquet, JSON and the terminal. Hidden cells are empty in all."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from mcgraph import __version__
from mcgraph.errors import WrongUse
from mcgraph.model.answer import harmless
from mcgraph.survey.table import Cell, Column, SurveyTable

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]
    import polars as pl

Value = str | int | float | bool | None
HEADERS = (
    "wave", "question", "group", "group_label", "answer", "answer_label", "n", "weighted_n", "share", "share_low",
    "share_high", "base_n", "base_weighted", "effective_n", "hidden",
)  # fmt: skip
NUMERIC_HEADERS = (
    "wave", "question", "group", "group_label", "asked_n", "base_n", "base_weighted", "effective_n", "missing_n",
    "missing_share", "mean", "mean_low", "mean_high", "quartile_1", "median", "quartile_3", "unit", "hidden",
)  # fmt: skip
_TEXTS = frozenset({"wave", "question", "group", "group_label", "answer", "answer_label", "unit"})
_WHOLE = frozenset({"n", "base_n", "asked_n", "missing_n"})


def headers(table: SurveyTable) -> tuple[str, ...]:
    """The names of the columns of `rows`."""
    return NUMERIC_HEADERS if table.is_numeric else HEADERS


def rows(table: SurveyTable) -> list[tuple[Value, ...]]:
    """One row per group and answer (missing answers last), or per group for a numeric question.

    Shares lie between 0 and 1. What is hidden is None, and `hidden` says so. For missing answers the base is who was
    asked.
    """
    made: list[tuple[Value, ...]] = []
    for column in table.columns:
        head = (table.wave, table.question.id, column.code, column.label)
        if table.is_numeric:
            made.append((*head, *_summary(column), table.question.unit, column.base is None))
            continue
        made += [(*head, *_cell(cell), *_base(column), cell.hidden) for cell in column.cells]
        gone = column.missing.hidden or column.asked is None
        made.append((*head, *_cell(column.missing), None if gone else column.asked, None, None, column.missing.hidden))
    return made


def _cell(cell: Cell) -> tuple[Value, ...]:
    return (
        cell.code, cell.label, cell.n, _rounded(cell.weighted), _rounded(cell.share), _rounded(cell.low),
        _rounded(cell.high),
    )  # fmt: skip


def _base(column: Column) -> tuple[Value, ...]:
    return column.base, _rounded(column.base_weighted), _rounded(column.effective)


def _summary(column: Column) -> tuple[Value, ...]:
    told = column.summary
    numbers = (None,) * 6 if told is None else (
        told.mean, told.low, told.high, told.quartile_1, told.median, told.quartile_3,
    )  # fmt: skip
    missing = (column.missing.n, _rounded(column.missing.share))
    return (column.asked, *_base(column), *missing, *(_rounded(one) for one in numbers))


def _rounded(value: float | None) -> float | None:
    """Six places: the same bytes whatever the order of a sum."""
    return None if value is None else round(value, 6) + 0.0


def to_csv(tables: Sequence[SurveyTable]) -> str:
    """Comma-separated text that a spreadsheet can open without running anything in it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(headers(tables[0]))
    for table in tables:
        for row in rows(table):
            writer.writerow("" if one is None else harmless(_text(one)) for one in row)
    return out.getvalue()


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) and abs(value) >= 1e6 else str(value)


def to_polars(tables: Sequence[SurveyTable]) -> pl.DataFrame:
    """A polars data frame, typed even where everything is hidden."""
    import polars as pl

    names = headers(tables[0])
    types = {
        name: pl.String if name in _TEXTS else pl.Int64 if name in _WHOLE else pl.Boolean
        if name == "hidden" else pl.Float64
        for name in names
    }  # fmt: skip
    return pl.DataFrame([row for table in tables for row in rows(table)], schema=types, orient="row")


def to_dataframe(tables: Sequence[SurveyTable]) -> pandas.DataFrame:
    """A pandas data frame. Raises `WrongUse` where pandas is not installed."""
    try:
        import pandas
    except ImportError:
        raise WrongUse("pandas is not installed", fix="Install it: pip install 'mcgraph[dataframe]'.") from None
    names = headers(tables[0])
    frame = pandas.DataFrame([row for table in tables for row in rows(table)], columns=list(names))
    return frame.astype({name: "Int64" for name in names if name in _WHOLE})


def write_parquet(tables: Sequence[SurveyTable], out: Path | IO[bytes]) -> None:
    """Write the rows as Parquet, with what was asked and how it was computed as metadata of the file."""
    import json

    said = {f"mcgraph:{key}": json.dumps(value, ensure_ascii=False) for key, value in envelope(tables[0]).items()}
    to_polars(tables).write_parquet(out, metadata=said)


def document(table: SurveyTable) -> dict[str, Any]:
    """The JSON document (docs/contract/survey-table.schema.json): rows, and the keys of an answer."""
    question = table.question
    return {
        "survey": table.survey,
        "wave": table.wave,
        "question": {
            "id": question.id, "text": table.text, "type": question.type, "theme": question.theme,
            "unit": question.unit,
        },
        "columns": list(headers(table)),
        "rows": [dict(zip(headers(table), row, strict=True)) for row in rows(table)],
        **envelope(table),
    }  # fmt: skip


def envelope(table: SurveyTable) -> dict[str, Any]:
    """The keys of an answer: coverage, snapshot, method and parameters, versions, warnings."""
    total = table.total
    known = total.base if not total.missing.hidden and total.asked is not None else None
    return {
        "coverage": {
            "of": "responses of those who were asked", "total": total.asked, "known": known,
            "unknown": total.missing.n, "why": {"no answer": total.missing.n},
        },
        "snapshot": table.snapshot,
        "query": "survey table",
        "parameters": {
            "question": table.question.id, "by": list(table.by), "weight": table.weight, "level": table.level,
            "small": table.limit, "lang": table.lang,
        },
        "method": table.method,
        "hidden": table.hidden,
        "synthetic": table.synthetic,
        "versions": {"mcgraph": __version__},
        "evidence": [],
        "warnings": list(table.warnings),
        "truncated": False,
        "limit": "",
    }  # fmt: skip


def headline(table: SurveyTable) -> list[str]:
    """What the table is about, in one or two lines."""
    by = f" · by {table.by_title}" if table.by else ""
    weight = f" · weighted by {table.weight}" if table.weight else " · unweighted"
    wave = f" ({table.wave})" if table.wave and table.wave != table.survey else ""
    synthetic = " · SYNTHETIC DATA" if table.synthetic else ""
    return [f"{table.question.id} · {table.text}", f"{table.survey}{wave}{by}{weight}{synthetic}"]


def notes(table: SurveyTable) -> list[str]:
    """What must be said beside the rows."""
    found = []
    if table.hidden:
        found.append(
            f"·· hidden: fewer than {table.limit} respondents, or a cell that protects one ({table.hidden} numbers)"
        )
    found.append(f"{100 * table.level:g} % intervals: {table.method}")
    return [*found, *table.warnings, *([f"snapshot {table.snapshot}"] if table.snapshot else [])]


HIDDEN = "··"


def shown(table: SurveyTable) -> tuple[list[str], list[list[str]]]:
    """Headers and cells as people read them: shares as per cent, a mark for what is hidden, group names once."""
    return _shown_numbers(table) if table.is_numeric else _shown_shares(table)


def _shown_shares(table: SurveyTable) -> tuple[list[str], list[list[str]]]:
    weighted = bool(table.weight)
    names = [*(["group", "base"] if table.by else []), "answer", "n", *(["weighted"] if weighted else []), "share",
             "interval"]  # fmt: skip
    made = []
    for column in table.columns:
        for at, cell in enumerate((*column.cells, column.missing)):
            base = HIDDEN if column.base is None else f"{column.base:,}"
            head = [column.label if at == 0 else "", base if at == 0 else ""] if table.by else []
            own = [HIDDEN if cell.hidden else f"{cell.n:,}"]
            heavy = [HIDDEN if cell.weighted is None else f"{cell.weighted:,.1f}"] if weighted else []
            ends = "" if cell.low is None or cell.high is None else f"{100 * cell.low:.0f}–{100 * cell.high:.0f} %"
            label = cell.label if cell is not column.missing else f"({cell.label}, of those asked)"
            made.append([*head, label, *own, *heavy, percent(cell), ends])
    if not table.by:
        total = table.total
        made.append(["base", HIDDEN if total.base is None else f"{total.base:,}", *([""] if weighted else []), "", ""])
    return names, made


def percent(cell: Cell) -> str:
    """A share in per cent; a mark where it is hidden."""
    if cell.hidden:
        return HIDDEN
    return "" if cell.share is None else f"{100 * cell.share:.1f} %"


def _number(value: float) -> str:
    """Two decimals; in powers of ten where nobody could count the digits."""
    return f"{value:,.2f}" if abs(value) < 1e12 else f"{value:.3g}"


def _shown_numbers(table: SurveyTable) -> tuple[list[str], list[list[str]]]:
    names = ["group", "base", "no answer", "mean", "interval", "quartile 1", "median", "quartile 3"]
    made = []
    for column in table.columns:
        told = column.summary
        base = HIDDEN if column.base is None else f"{column.base:,}"
        missing = HIDDEN if column.missing.hidden else f"{column.missing.n:,}"
        if told is None:
            made.append([column.label, base, missing, *[HIDDEN] * 5])
            continue
        ends = "" if told.low is None or told.high is None else f"{_number(told.low)}–{_number(told.high)}"
        numbers = ["" if one is None else _number(one) for one in (told.quartile_1, told.median, told.quartile_3)]
        mean = "" if told.mean is None else _number(told.mean)
        made.append([column.label, base, missing, mean, ends, *numbers])
    return names, made
