"""The findings of a validation as a file: HTML, JSON, CSV, Markdown or plain text, by the file's ending."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.report.pages import render, write_text

if TYPE_CHECKING:
    from mcgraph.model.batch import Batch
    from mcgraph.validation import Report

SAMPLE = 50
COLUMNS = ("file", "sheet", "row", "line", "column", "cell", "record", "severity", "code", "message", "found",
           "expected", "suggestion", "fix", "source")  # fmt: skip


def write_report(report: Report, batch: Batch, path: Path) -> None:
    """Write `report` to `path`; the totals are true whatever the sample. Raises `WrongUse` for another ending."""
    ending = path.suffix.lower()
    if ending == ".html":
        write_text(path, to_html(report, batch))
    elif ending == ".json":
        write_text(path, json.dumps(report.to_json(), ensure_ascii=False, indent=1) + "\n")
    elif ending == ".csv":
        # The mark at the beginning lets spreadsheet programs see UTF-8.
        write_text(path, to_csv(report), encoding="utf-8-sig")
    elif ending == ".md":
        write_text(path, to_markdown(report))
    elif ending == ".txt":
        write_text(path, report.to_text(120) + "\n")
    else:
        raise WrongUse(f"«{ending}» is not a report format", fix="Use .html, .json, .csv, .md or .txt.")


def to_html(report: Report, batch: Batch) -> str:
    """One page: the verdict, what was checked, and each group with why, how to fix, and a sample of cells."""
    groups = []
    for group in report.groups:
        sample = report.findings.only(group.code, SAMPLE)
        groups.append({"group": group, "sample": list(sample)})
    files = sorted({table.file for table in batch.tables})
    return render(
        "findings.html.j2",
        {
            "title": f"Findings: {', '.join(files[:3])}",
            "lang": report.run.lang,
            "report": report,
            "groups": groups,
            "files": files,
            "synthetic": False,
            "sample": SAMPLE,
        },
    )


def to_csv(report: Report) -> str:
    """Every finding on a row; cells that a spreadsheet would run as a formula are made harmless."""
    from mcgraph.model.answer import harmless

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for f in report.findings:
        where = f.where
        row = (where.file, where.sheet, where.row, where.line, where.column, where.cell, f.record.id or f.record.iri,
               f.severity, f.code, f.message, f.found, f.expected, f.suggestion, f.fix, f.source)  # fmt: skip
        writer.writerow([harmless("" if cell is None else str(cell)) for cell in row])
    return out.getvalue()


def to_markdown(report: Report) -> str:
    """A short report for a comment or a mail."""
    lines = [f"**{_line(report.verdict())}**", "", "| severity | code | findings | what is wrong | how to fix |"]
    lines.append("|---|---|---:|---|---|")
    lines += [f"| {g.severity} | `{g.code}` | {g.count:,} | {_line(g.cause)} | {_line(g.fix)} |" for g in report.groups]
    return "\n".join(lines) + "\n"


def _line(text: str) -> str:
    """Text that cannot break out of a Markdown table."""
    plain = " ".join(text.split())
    return plain.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("[", "\\[")
