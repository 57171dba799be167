"""The findings in a few lines: Markdown for a comment or a mail, and a badge as SVG."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from mcgraph.report.page import clean

if TYPE_CHECKING:
    from mcgraph.validation import Report

_MOST = 100
_COLOURS = {"error": "#a40e26", "warning": "#8a5a00", "ok": "#116329"}


def to_markdown(report: Report) -> str:
    """The verdict, a table of causes, and what was checked."""
    say = report.lang
    heads = [say.said(f"column.{name}") for name in ("severity", "code", "count", "message", "place", "values", "fix")]
    lines = [f"**{line(report.verdict())}**", ""]
    if report.compared:
        c = report.compared
        lines += [say.said("terminal.since_told", new=c.new, fixed=c.fixed, unchanged=c.unchanged), ""]
    if report.groups:
        lines += [f"| {' | '.join(heads)} |", "|---|---|---:|---|---|---|---|"]
    for g in report.groups[:_MOST]:
        tops = ", ".join(f"«{value}» ×{say.number(n)}" for value, n in g.top_values[:3])
        tops += f" → {g.suggestion}" if g.suggestion else ""
        spot = " · ".join(part for part in (g.file, g.sheet, g.column) if part)
        level = say.count(f"severity.{g.severity}", 1)
        cells = (level, f"`{g.code}`", say.number(g.count), line(g.cause), line(spot), line(tops), line(g.fix))
        lines.append(f"| {' | '.join(cells)} |")
    if len(report.groups) > _MOST:
        lines += ["", say.said("report.more_groups", n=len(report.groups) - _MOST)]
    checked = " · ".join(f"{line(name)} {say.number(count)}" for name, count in report.checked.items())
    lines += ["", f"{say.said('report.checked')}: {checked}", ""]
    profile = f"{report.run.profile} {report.run.profile_version}".strip()
    lines.append(f"{say.said('report.profile')}: {line(profile)} · {say.said('report.date')} {report.run.date}")
    return "\n".join(lines) + "\n"


def line(text: str) -> str:
    """Text that cannot break out of a Markdown table, make a link, an image or an element, or name somebody."""
    plain = " ".join(clean(text).split())
    for mark in "\\`*_[]|~!":
        plain = plain.replace(mark, f"\\{mark}")
    # A code host turns bare addresses and names into links.
    plain = plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return plain.replace("://", ":&#47;&#47;").replace("@", "&#64;").replace("www.", "www&#46;").replace("#", "&#35;") \
        .replace("&&#35;", "&#")  # fmt: skip


def to_badge(report: Report) -> str:
    """A small picture with the outcome in words."""
    say = report.lang
    label, text, colour = say.said("report.badge"), _outcome(report), _COLOURS[_kind(report)]
    left, right = (round(6.6 * len(part)) + 14 for part in (label, text))
    title = html.escape(f"{label}: {text}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">'
        f"<title>{title}</title>"
        f'<rect width="{left}" height="20" fill="#3b4252"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="{colour}"/>'
        '<g fill="#ffffff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">'
        f'<text x="7" y="14" textLength="{left - 14}">{html.escape(label)}</text>'
        f'<text x="{left + 7}" y="14" textLength="{right - 14}">{html.escape(text)}</text></g></svg>\n'
    )


def _kind(report: Report) -> str:
    if report.nothing_checked or report.count("error"):
        return "error"
    return "warning" if report.count("warning") else "ok"


def _outcome(report: Report) -> str:
    say = report.lang
    if report.nothing_checked:
        return say.said("report.badge_none")
    kind = _kind(report)
    if kind == "ok":
        return say.count("report.badge_ok", report.accepted)
    return say.count(f"report.badge_{kind}s", report.count("error" if kind == "error" else "warning"))
