"""Findings as CSV and as a workbook; no cell is ever a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from mcgraph.limits import Limits
from mcgraph.model.finding import SEVERITIES
from mcgraph.model.language import Language
from mcgraph.validation.told import COLUMNS, told_rows

if TYPE_CHECKING:
    from pathlib import Path

    from mcgraph.validation import Report

FILLS = {"error": "FFD7D5", "warning": "FFE9B8", "info": "D6E9FF"}
_INK = {"error": "8A0C20", "warning": "5C3900", "info": "043F85"}
_HEAD = "1F2A44"
_WIDTH = {
    "message": 46,
    "found": 30,
    "expected": 34,
    "fix": 52,
    "label": 34,
    "source": 40,
    "why": 52,
    "values": 40,
    "code": 20,
    "column": 20,
    "file": 20,
    "record": 18,
    "severity": 12,
    "suggestion": 24,
}
_CELL = 32_000  # a workbook cell holds 32,767 characters


def to_csv(report: Report, limits: Limits | None = None) -> str:
    """Every finding on a row (up to a published limit); what a spreadsheet would run is made harmless."""
    say = report.lang
    rows = _shown(told_rows(report.findings, (limits or Limits()).findings_in_csv), say)
    texts = rows.with_columns(harmless_expr(name) for name in rows.columns if rows.schema[name] == pl.String)
    out = io.StringIO()
    texts.rename({name: say.said(f"column.{name}") for name in COLUMNS}).write_csv(out, line_terminator="\n")
    return out.getvalue()


def harmless_expr(column: str) -> pl.Expr:
    """The vectorised twin of `model.answer.harmless`: a quote before what would start a formula.

    A carriage return becomes a line feed: left bare in a CSV file it would end the row, and what follows it
    would begin a cell.
    """
    text = pl.col(column).str.replace_all(r"\r\n?", "\n")
    number = text.str.contains(r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$")
    risky = text.str.contains(r"^[=+\-@\t\n]") & ~number
    return pl.when(risky).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(column)


def _shown(rows: pl.DataFrame, say: Language) -> pl.DataFrame:
    """Severity, state and safety in words of the language."""
    levels = {level: say.count(f"severity.{level}", 1) for level in SEVERITIES}
    states = {state: say.said(f"state.{state}") for state in ("new", "unchanged", "fixed")}
    return rows.with_columns(
        pl.col("severity").replace_strict(levels, return_dtype=pl.String),
        pl.col("state").replace_strict(states, return_dtype=pl.String),
        pl.when("safe").then(pl.lit(say.said("answer.yes"))).otherwise(pl.lit("")).alias("safe"),
    )


def write_workbook(report: Report, path: Path, limits: Limits | None = None) -> None:
    """Three sheets: summary, causes, findings. Every cell is a string or a number, never a formula."""
    from openpyxl import Workbook

    say = report.lang
    book = Workbook(write_only=True)
    book.properties.creator = "mcgraph"
    _summary(book, report)
    heads = ["severity", "code", "message", "count", "records", "file", "sheet", "column", "values", "suggestion",
             "safe_fixes", "why", "fix"]  # fmt: skip
    _sheet(book, say.said("report.groups"), heads, _group_rows(report), say, wrap=True)
    told = told_rows(report.findings, (limits or Limits()).findings_listed)
    words = _shown(told, say)
    rows = ((level, row) for level, row in zip(told.get_column("severity"), words.iter_rows(), strict=True))
    _sheet(book, say.said("report.details"), COLUMNS, rows, say)
    save_with_fixed_dates(book, path, report.run.date.isoformat())


def _group_rows(report: Report) -> Iterable[tuple[str, Sequence[Any]]]:
    say = report.lang
    for g in report.groups:
        tops = ", ".join(f"«{value}» ({say.number(n)})" for value, n in g.top_values)
        level = say.count(f"severity.{g.severity}", 1)
        yield g.severity, (level, g.code, g.cause, g.count, g.records, g.file, g.sheet, g.column, tops, g.suggestion,
                           g.safe_fixes, g.why, g.fix)  # fmt: skip


def _summary(book: Any, report: Report) -> None:
    from openpyxl.styles import Alignment

    say = report.lang
    sheet = book.create_sheet(say.said("report.summary"))
    fit_to_width(sheet)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 58, 96
    sheet.append([_cell(sheet, report.verdict(), font=font(bold=True, size=14, color=_HEAD))])
    sheet.append([])
    for left, right in summary_lines(report):
        value = _cell(sheet, right, alignment=Alignment(wrap_text=True, vertical="top", horizontal="left"))
        sheet.append([_cell(sheet, left, font=font(bold=True)), value])
    sheet.append([])
    sheet.append([_cell(sheet, say.said("report.legend"), font=font(bold=True))])
    for level in SEVERITIES:
        name = _cell(
            sheet, say.count(f"severity.{level}", 1), fill=_fill(level), font=font(bold=True, color=_INK[level])
        )
        sheet.append([name, _cell(sheet, say.said(f"severity.{level}_means"))])


def summary_lines(report: Report) -> list[tuple[str, Any]]:
    """The head of a report as (what, value) pairs, in its language."""
    say = report.lang
    lines: list[tuple[str, Any]] = [
        (say.count("report.read", report.read), report.read),
        (say.said("report.accepted"), report.accepted),
        (say.said("report.rejected"), len(report.rejected)),
        *((say.count(f"severity.{level}", 2), report.count(level)) for level in SEVERITIES),
    ]
    if report.compared:
        c = report.compared
        told = say.said("terminal.since_told", new=c.new, fixed=c.fixed, unchanged=c.unchanged)
        lines.append((say.said("report.since"), f"{told} ({c.baseline}, {c.date})"))
    for use in report.waived:
        w = use.waiver
        lines.append((say.said("report.waived"), f"{w.code}: {say.number(use.count)} · {w.who} · {w.why} · {w.until}"))
    lines += [(f"{say.said('report.checked')}: {name}", count) for name, count in report.checked.items()]
    lines += [(say.said("report.profile"), f"{report.run.profile_title} ({report.run.profile})")]
    lines += [(say.said("report.rules"), report.run.profile_version), (say.said("report.date"), str(report.run.date))]
    lines += [(say.said("report.inputs"), f"{one.name} · SHA-256 {one.sha256}") for one in report.inputs]
    lines += [(say.said("report.options"), f"{name}: {value}") for name, value in report.options]
    lines += [(say.said("report.fallback"), name) for name in report.run.fallback]
    return lines


def _sheet(
    book: Any,
    title: str,
    heads: Sequence[str],
    rows: Iterable[tuple[str, Sequence[Any]]],
    say: Language,
    *,
    wrap: bool = False,
) -> None:
    from openpyxl.styles import Alignment, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A2"
    fit_to_width(sheet, wide=True)
    for at, name in enumerate(heads, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = _WIDTH.get(name, 14)
    head, ink = PatternFill("solid", fgColor=_HEAD), font(bold=True, color="FFFFFF")
    sheet.append([_cell(sheet, say.said(f"column.{name}"), fill=head, font=ink) for name in heads])
    wrapped, count = Alignment(wrap_text=wrap, vertical="top"), 1
    widths = [_WIDTH.get(name, 14) for name in heads]
    severity_at = list(heads).index("severity")
    for level, row in rows:
        style = {"alignment": wrapped} if wrap else {}
        cells = [_cell(sheet, value, **style) for value in row]
        cells[severity_at].fill, cells[severity_at].font = _fill(level), font(bold=True, color=_INK[level])
        count += 1
        if wrap:
            # Programs that do not measure text show a wrapped row at the height that is stated.
            lines = max(-(-len(str(value)) // (width - 4)) for value, width in zip(row, widths, strict=True))
            sheet.row_dimensions[count].height = 15 * max(1, lines) + 3
        sheet.append(cells)
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{count}"


def font(**style: Any) -> Any:
    """The one typeface of our workbooks; a font without a name is drawn as each program likes."""
    from openpyxl.styles import Font

    return Font(name="Calibri", **{"size": 11, **style})


def fit_to_width(sheet: Any, *, wide: bool = False) -> None:
    """On paper: landscape, all columns on one page, the first row on each; a `wide` table on A3, to be read at all."""
    if wide:
        sheet.page_setup.paperSize = 8  # A3 by the numbers of Office Open XML
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def _fill(level: str) -> Any:
    from openpyxl.styles import PatternFill

    return PatternFill("solid", fgColor=FILLS[level])


def _cell(sheet: Any, value: Any, **style: Any) -> Any:
    """A cell that holds what it says: text stays text, whatever it begins with."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet)
    if isinstance(value, int) and not isinstance(value, bool):
        cell.value = value
    else:
        cell.value = plain_text(str("" if value is None else value))
        cell.data_type = "s"
        cell.quotePrefix = True
    for name, given in style.items():
        setattr(cell, name, given)
    return cell


def plain_text(text: str) -> str:
    """Text that a workbook can hold: no control characters, not longer than a cell."""
    kept = "".join(mark for mark in text if mark in "\t\n" or (ord(mark) >= 32 and not 0xD800 <= ord(mark) <= 0xDFFF))
    kept = "".join(mark for mark in kept if ord(mark) not in (0xFFFE, 0xFFFF))
    return kept if len(kept) <= _CELL else kept[:_CELL] + "…"


def save_with_fixed_dates(book: Any, path: Path, day: str) -> None:
    """Save a workbook so that the same content gives the same bytes: the day stands where the clock would."""
    import datetime
    import os
    import zipfile

    moment = datetime.datetime.fromisoformat(f"{day}T00:00:00")
    book.properties.created = book.properties.modified = moment
    draft, fixed = (path.with_name(f".{path.name}.{os.getpid()}.{step}") for step in ("tmp", "fixed"))
    try:
        book.save(draft)
        with zipfile.ZipFile(draft) as made, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as out:
            for name in made.namelist():
                content = made.read(name)
                if name == "docProps/core.xml":
                    content = _with_day(content, day)
                out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        fixed.replace(path)
    finally:
        draft.unlink(missing_ok=True)
        fixed.unlink(missing_ok=True)


def _with_day(core: bytes, day: str) -> bytes:
    import re

    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", f"{day}T00:00:00Z".encode(), core)
