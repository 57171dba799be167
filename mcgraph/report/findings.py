"""The findings of a validation as a file: the format follows from the file's ending."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.report.jsontext import indented
from mcgraph.report.pages import write_text

if TYPE_CHECKING:
    from mcgraph.model.batch import Batch
    from mcgraph.validation import Report

Writer = Callable[["Report", "Batch", Path, Limits], None]


def _html(report: Report, _batch: Batch, path: Path, limits: Limits) -> None:
    from mcgraph.report.page import to_html

    write_text(path, to_html(report, limits))


def _json(report: Report, _batch: Batch, path: Path, limits: Limits) -> None:
    write_text(path, indented(report.to_json(limits=limits)) + "\n")


def _csv(report: Report, _batch: Batch, path: Path, limits: Limits) -> None:
    from mcgraph.report.tabular import to_csv

    # The mark at the beginning lets spreadsheet programs see UTF-8.
    write_text(path, to_csv(report, limits), encoding="utf-8-sig")


def _xlsx(report: Report, _batch: Batch, path: Path, limits: Limits) -> None:
    from mcgraph.report.tabular import write_workbook

    write_workbook(report, path, limits)


def _turtle(report: Report, batch: Batch, path: Path, limits: Limits) -> None:
    from mcgraph.report.rdf import write_turtle

    write_turtle(report, batch, path, limits)


def _sarif(report: Report, _batch: Batch, path: Path, limits: Limits) -> None:
    from mcgraph.report.sarif import to_sarif

    write_text(path, indented(to_sarif(report, limits)) + "\n")


def _markdown(report: Report, _batch: Batch, path: Path, _limits: Limits) -> None:
    from mcgraph.report.brief import to_markdown

    write_text(path, to_markdown(report))


def _badge(report: Report, _batch: Batch, path: Path, _limits: Limits) -> None:
    from mcgraph.report.brief import to_badge

    write_text(path, to_badge(report))


def _text(report: Report, _batch: Batch, path: Path, _limits: Limits) -> None:
    write_text(path, report.to_text(120) + "\n")


FORMATS: dict[str, Writer] = {
    ".html": _html, ".json": _json, ".csv": _csv, ".xlsx": _xlsx, ".ttl": _turtle, ".sarif": _sarif,
    ".md": _markdown, ".svg": _badge, ".txt": _text,
}  # fmt: skip


def write_report(report: Report, batch: Batch, path: Path, limits: Limits | None = None) -> None:
    """Write `report` to `path`; the totals are true whatever the sample. Raises `WrongUse` for another ending."""
    writer = FORMATS.get(path.suffix.lower())
    if writer is None:
        raise WrongUse(f"«{path.suffix}» is not a report format", fix=f"Use one of {', '.join(FORMATS)}.")
    writer(report, batch, path, limits or Limits.from_environment())
