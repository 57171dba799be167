"""The report as a person reads it in a terminal."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from mcgraph.model.finding import SEVERITIES, Severity
from mcgraph.validation.baseline import Compared
from mcgraph.validation.findings import Findings
from mcgraph.validation.groups import Group
from mcgraph.validation.waivers import Use

_MARK = {"error": "✘", "warning": "!", "info": "✔"}
_MOST_GROUPS = 40  # lines per severity; the reports have the rest


class Settings(Protocol):
    """What the head says of how the check was run."""

    @property
    def profile(self) -> str:
        """The name of the profile."""
        ...

    @property
    def profile_version(self) -> str:
        """The version of the profile."""
        ...

    @property
    def seconds(self) -> float:
        """How long the check took."""
        ...


class Told(Protocol):
    """The parts of a report that are shown."""

    @property
    def run(self) -> Settings:
        """How the check was run."""
        ...

    @property
    def findings(self) -> Findings:
        """The findings."""
        ...

    @property
    def groups(self) -> tuple[Group, ...]:
        """The findings by cause."""
        ...

    @property
    def checked(self) -> dict[str, int]:
        """How many records each shape found."""
        ...

    @property
    def notes(self) -> dict[str, int]:
        """How many values were normalised, by kind."""
        ...

    @property
    def waived(self) -> tuple[Use, ...]:
        """How often each waiver was used."""
        ...

    @property
    def compared(self) -> Compared | None:
        """What has changed since an earlier report."""
        ...

    @property
    def read(self) -> int:
        """How many records there are."""
        ...

    @property
    def accepted(self) -> int:
        """How many records have no error."""
        ...

    @property
    def nothing_checked(self) -> bool:
        """Whether no shape found a record."""
        ...

    def count(self, severity: Severity) -> int:
        """How many findings of a severity there are."""
        ...


def verdict(report: Told) -> str:
    """The result in one sentence."""
    say = report.findings.lang
    if report.nothing_checked:
        return f"✘ {say.said('verdict.none')}"
    counts = [(level, report.count(level)) for level in SEVERITIES]
    told = ", ".join(f"{say.number(n)} {say.count(f'severity.{level}', n)}" for level, n in counts if n)
    worst = next((level for level, n in counts if n), "")
    things = sum(group.severity == worst for group in report.groups) if worst in ("error", "warning") else 0
    # What is said of a file, a column or a row that became no record touches none.
    of_records = (pl.col("severity") != "info") & (pl.col("record").fill_null("") != "")
    touched = report.findings.frame.filter(of_records).get_column("record").n_unique()
    head = f"{told} {say.count('verdict.in_records', touched)}" if told and touched else told
    accept = say.said("verdict.accepted", n=report.accepted)
    rest = say.count("verdict.things", things) if things else say.said("verdict.fine")
    return f"{_MARK.get(worst, '✔')} " + " · ".join(part for part in (head, accept, rest) if part)


def render(report: Told, width: int = 100) -> str:
    """The whole report as plain text, lines cut at `width`."""
    lines = [_head(report), verdict(report), ""]
    for level in SEVERITIES:
        groups = [(at, group) for at, group in enumerate(report.groups) if group.severity == level]
        if groups:
            lines.append(f" {report.findings.lang.count(f'severity.{level}', 2)}")
            lines += _group_lines(report, groups)
    lines += _foot(report)
    return "\n".join(_clean(line, width) for line in lines)


def _head(report: Told) -> str:
    tables = report.findings.tables
    files = list(dict.fromkeys(table.file for table in tables))
    sheets = [table.sheet for table in tables if table.sheet]
    parts = [", ".join(files[:3]) + (" …" if len(files) > 3 else "")]
    if len(sheets) == 1:
        parts.append(sheets[0])
    parts.append(report.findings.lang.count("terminal.records", report.read))
    parts.append(f"{report.run.profile} {report.run.profile_version}".strip())
    parts.append(f"{report.run.seconds:.1f} s")
    return " · ".join(part for part in parts if part)


def _group_lines(report: Told, groups: list[tuple[int, Group]]) -> list[str]:
    say = report.findings.lang
    code = max(len(group.code) for _, group in groups)
    count = max(len(say.number(group.count)) for _, group in groups)
    cause = min(60, max(len(group.cause) for _, group in groups))
    return [
        f"  {g.code:<{code}}  {say.number(g.count):>{count}}  {_short(g.cause, cause):<{cause}}  {where(report, at, g)}"
        for at, g in groups[:_MOST_GROUPS]
    ] + ([f"  {say.said('terminal.more', n=len(groups) - _MOST_GROUPS)}"] if len(groups) > _MOST_GROUPS else [])


def where(report: Told, at: int, group: Group) -> str:
    """`C2, C99, C196 … (+49)`, or `F202 … all are «Level 6» → 6 (safe fix)`, or `rows 7, 81`."""
    say = report.findings.lang
    top = group.top_values[0] if group.top_values else ("", 0)
    common = bool(group.suggestion) and group.count > 1 and top[1] * 2 > group.count
    most = 1 if common else 3
    place = _places(report, at, group, most)
    if common:
        kind = say.said("terminal.all_are" if top[1] == group.count else "terminal.most_are")
        arrow = f"{place} … {kind} «{_short(top[0])}» → {_short(group.suggestion)}"
        return f"{arrow} {say.said('terminal.safe')}" if group.safe else f"{arrow} ?"
    if group.count == 1 and top[0]:
        arrow = f" → {_short(group.suggestion)}" if group.suggestion else ""
        return f"{place} «{_short(top[0])}»{arrow}" + (f" {say.said('terminal.safe')}" if group.safe else "")
    left = group.count - most
    mended = f" {say.said('terminal.safe')}" if group.all_safe else ""
    return place + (f" … {say.said('terminal.more', n=left)}" if left > 0 and place else "") + mended


def _places(report: Told, at: int, group: Group, most: int) -> str:
    """The first cells of a group, or its rows where no column is concerned."""
    rows = [finding.where for finding in report.findings.of_group(at, 4)]
    # A group of many documents names none: a pointer without its file leads nowhere.
    if rows and rows[0].pointer and rows[0].file != group.file:
        name = rows[0].file
        return f"{name if len(name) <= 28 else '…' + name[-27:]} {rows[0].pointer}"
    cells = [place.cell or str(place.pointer) for place in rows if place.cell or place.pointer]
    table = _table(report, group)
    if cells:
        return table + ", ".join(cells[:most])
    numbers = [str(place.row) for place in rows if place.row is not None]
    most = min(group.count, 4) if len(numbers) == group.count else most
    if numbers:
        return f"{table}{report.findings.lang.said('terminal.rows')} " + ", ".join(numbers[:most])
    lines = [str(place.line) for place in rows if place.line is not None]
    if lines:
        return f"{table}{report.findings.lang.said('terminal.lines')} " + ", ".join(lines[:most])
    # A column that is missing has neither a cell nor a row.
    return f"{table}{rows[0].column}" if rows and group.count == 1 else table


def _table(report: Told, group: Group) -> str:
    """The sheet or file in front of a place, where there are several of them."""
    tables = report.findings.tables
    if group.sheet and len({table.sheet for table in tables}) > 1:
        return f"{group.sheet} "
    several = len({table.file for table in tables}) > 1
    return f"{group.file if len(group.file) <= 28 else '…' + group.file[-27:]} " if several and group.file else ""


def _short(text: str, most: int = 48) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _foot(report: Told) -> list[str]:
    say = report.findings.lang
    lines = [""]

    def told(key: str, text: str) -> None:
        lines.append(f" {say.said(f'terminal.{key}'):<10} {text}")

    if report.notes:
        kinds = ", ".join(f"{code.removeprefix('NOTE-').lower()} {say.number(n)}" for code, n in report.notes.items())
        told("notes", f"{say.count('terminal.normalised', sum(report.notes.values()))} ({kinds})")
    if report.compared:
        c = report.compared
        told("since", say.said("terminal.since_told", new=c.new, fixed=c.fixed, unchanged=c.unchanged))
    if report.waived:
        told("waived", _waivers(report))
    shown = " · ".join(f"{name} {say.number(n)}" for name, n in report.checked.items())
    empty = f"  {say.said('terminal.no_record')}" if any(n == 0 for n in report.checked.values()) else ""
    told("checked", f"{shown}{empty}")
    if report.groups:
        safe = any(group.safe_fixes for group in report.groups)
        told("next", f"mcgraph explain {report.groups[0].code}" + (f" · {say.said('terminal.fix')}" if safe else ""))
    return lines


def _waivers(report: Told) -> str:
    say = report.findings.lang
    count = sum(use.count for use in report.waived if not use.expired)
    unused = ", ".join(use.waiver.code for use in report.waived if not use.count and not use.expired)
    text = say.count("terminal.waived_told", count)
    return f"{text} · {say.said('terminal.unused', list=unused)}" if unused else text


def _clean(line: str, width: int) -> str:
    plain = "".join(mark if mark.isprintable() else " " for mark in line).rstrip()
    return plain if len(plain) <= width else plain[: width - 1] + "…"
