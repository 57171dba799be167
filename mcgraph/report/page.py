"""The findings as one HTML page: what to fix first, then each cause with its cells.

The page needs no script and no network. However many findings there are, it stays below 5 MB: causes, cells
and texts are bounded, the totals are true.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mcgraph import __version__
from mcgraph.limits import Limits
from mcgraph.model.finding import SEVERITIES, Finding
from mcgraph.report.pages import render

if TYPE_CHECKING:
    from mcgraph.validation import Report
    from mcgraph.validation.groups import Group

SAMPLE = 50  # cells shown per cause
_LONG, _SHORT = 200, 90  # characters of a text on the page
_MARKS = {"error": "✘", "warning": "!", "info": "i"}
_LISTED = 100  # fixed findings and waivers shown
# Control signs, halves of surrogate pairs, and signs that turn or hide the text around them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u061c\ufeff]"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A cause as the page shows it: its place in words and a sample of its cells."""

    group: Group
    place: str
    sample: list[Finding]
    told: list[bool]  # whether the message of each is its own


def to_html(report: Report, limits: Limits | None = None) -> str:
    """The whole page."""
    bounds = limits or Limits()
    say = report.lang
    groups = report.groups[: bounds.page_groups]
    each = max(3, min(SAMPLE, bounds.page_cells // max(1, len(groups))))
    files = sorted({table.file for table in report.findings.tables}) or [one.name for one in report.inputs]
    told = ", ".join(files[:3]) + (" …" if len(files) > 3 else "")
    return render(
        "findings.html.j2",
        {
            "title": say.said("report.title", files=clean(told)),
            "lang": say.tag,
            "say": say,
            "report": report,
            "verdict": report.verdict().lstrip("✘✔! "),
            "worst": _worst(report),
            "marks": _MARKS,
            "levels": [level for level in SEVERITIES if report.count(level)],
            "severities": SEVERITIES,
            "groups": [_shown(report, at, group, each) for at, group in enumerate(groups)],
            "hidden_groups": len(report.groups) - len(groups),
            "listed": _LISTED,
            "synthetic": False,
            "clean": clean,
            "short": _short,
            "version": __version__,
        },
    )


def _worst(report: Report) -> str:
    """The severity that colours the verdict; `ok` where nothing is wrong."""
    if report.nothing_checked:
        return "error"
    return next((level for level in SEVERITIES if report.count(level)), "ok")


def _shown(report: Report, at: int, group: Group, each: int) -> Shown:
    several = len({table.file for table in report.findings.tables}) > 1
    parts = [_short(name) for name in (group.file if several else "", group.sheet, group.column) if name]
    sample = report.findings.of_group(at, each)
    told = [number is not None for number in sample.frame.get_column("said")]
    return Shown(group, " · ".join(parts), list(sample), told)


def clean(text: object) -> str:
    """Text in which nothing steers the page: no control or direction signs, not too long."""
    kept = _UNSAFE.sub("�", str(text)[: _LONG + 1])
    return kept if len(kept) <= _LONG else kept[:_LONG] + "…"


def _short(text: Any) -> str:
    kept = clean(text)
    return kept if len(kept) <= _SHORT else kept[:_SHORT] + "…"
