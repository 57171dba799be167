"""The report as a person reads it in a terminal."""

from __future__ import annotations

from typing import Protocol

import polars as pl

from mcgraph.model.finding import SEVERITIES, Severity, column_letters
from mcgraph.validation.findings import Findings
from mcgraph.validation.groups import Group

_WORDS = {
    "en": {
        "records": "records", "error": ("error", "errors"), "warning": ("warning", "warnings"),
        "info": ("remark", "remarks"), "in": "in {n} records", "accept": "{n} can be accepted",
        "fix": ("1 thing to fix", "{n} things to fix"), "fine": "nothing to fix", "none": "nothing was checked",
        "all": "all are", "most": "most are", "safe": "(safe fix)", "rows": "rows", "more": "(+{n})",
        "checked": "checked", "norecord": "← no record of this kind was found", "next": "next",
        "notes": "notes", "normalised": "{n} values were normalised",
    },
    "fr": {
        "records": "fiches", "error": ("erreur", "erreurs"), "warning": ("avertissement", "avertissements"),
        "info": ("remarque", "remarques"), "in": "dans {n} fiches", "accept": "{n} peuvent être acceptées",
        "fix": ("1 point à corriger", "{n} points à corriger"), "fine": "rien à corriger",
        "none": "rien n'a été contrôlé", "all": "tous sont", "most": "la plupart sont",
        "safe": "(correction sûre)", "rows": "lignes", "more": "(+{n})", "checked": "contrôlé",
        "norecord": "← aucune fiche de ce type", "next": "suite", "notes": "notes",
        "normalised": "{n} valeurs ont été normalisées",
    },
}  # fmt: skip
_MARK = {"error": "✘", "warning": "!", "info": "✔"}


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
    def lang(self) -> str:
        """The language of the report."""
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


def _say(report: Told) -> dict[str, object]:
    return dict(_WORDS.get(report.run.lang, _WORDS["en"]))


def _plural(words: object, n: int) -> str:
    one, many = words if isinstance(words, tuple) else ("", "")
    return str(one if n == 1 else many).format(n=f"{n:,}")


def verdict(report: Told) -> str:
    """The result in one sentence."""
    say = _say(report)
    if report.nothing_checked:
        return f"✘ {say['none']}"
    counts = [(level, report.count(level)) for level in SEVERITIES]
    told = ", ".join(f"{n:,} {_plural(say[level], n)}" for level, n in counts if n)
    worst = next((level for level, n in counts if n), "")
    things = sum(group.severity == worst for group in report.groups) if worst in ("error", "warning") else 0
    touched = report.findings.frame.filter(pl.col("severity") != "info").get_column("record").n_unique()
    head = f"{told} {str(say['in']).format(n=f'{touched:,}')}" if told and touched else told
    accept = str(say["accept"]).format(n=f"{report.accepted:,}")
    rest = _plural(say["fix"], things) if things else str(say["fine"])
    return f"{_MARK.get(worst, '✔')} " + " · ".join(part for part in (head, accept, rest) if part)


def render(report: Told, width: int = 100) -> str:
    """The whole report as plain text, lines cut at `width`."""
    say = _say(report)
    lines = [_head(report, say), verdict(report), ""]
    for level in SEVERITIES:
        groups = [group for group in report.groups if group.severity == level]
        if groups:
            lines.append(f" {_plural(say[level], 2)}")
            lines += _group_lines(report, groups, say)
    lines += [*_foot(report, say)]
    return "\n".join(_clean(line, width) for line in lines)


def _head(report: Told, say: dict[str, object]) -> str:
    tables = report.findings.tables
    files = list(dict.fromkeys(table.file for table in tables))
    sheets = [table.sheet for table in tables if table.sheet]
    parts = [", ".join(files[:3]) + (" …" if len(files) > 3 else "")]
    if len(sheets) == 1:
        parts.append(sheets[0])
    parts.append(f"{report.read:,} {say['records']}")
    parts.append(f"{report.run.profile} {report.run.profile_version}".strip())
    parts.append(f"{report.run.seconds:.1f} s")
    return " · ".join(part for part in parts if part)


def _group_lines(report: Told, groups: list[Group], say: dict[str, object]) -> list[str]:
    code = max(len(group.code) for group in groups)
    count = max(len(f"{group.count:,}") for group in groups)
    cause = min(60, max(len(group.cause) for group in groups))
    return [
        f"  {g.code:<{code}}  {g.count:>{count},}  {g.cause[:cause]:<{cause}}  {_where(report, g, say)}" for g in groups
    ]


def _where(report: Told, group: Group, say: dict[str, object]) -> str:
    """`C2, C99, C196 … (+49)`, or `F202 … all are «Level 6» → 6 (safe fix)`, or `rows 7, 81`."""
    top = group.top_values[0] if group.top_values else ("", 0)
    common = bool(group.suggestion) and group.count > 1 and top[1] * 2 > group.count
    most = 1 if common else 3
    rows = report.findings.frame.filter(pl.col("code") == group.code).select("row", "column").head(4)
    cells = [f"{column_letters(c)}{r}" for r, c in rows.iter_rows() if r is not None and c >= 0]
    if cells:
        place = ", ".join(cells[:most])
    else:
        numbers = [str(r) for r, _ in rows.iter_rows() if r is not None]
        most = min(group.count, 4) if len(numbers) == group.count else most
        place = f"{say['rows']} " + ", ".join(numbers[:most]) if numbers else ""
    if common:
        kind = say["all"] if top[1] == group.count else say["most"]
        arrow = f"{place} … {kind} «{_short(top[0])}» → {_short(group.suggestion)}"
        return f"{arrow} {say['safe']}" if group.safe else f"{arrow} ?"
    if group.count == 1 and top[0]:
        arrow = f" → {_short(group.suggestion)}" if group.suggestion else ""
        return f"{place} «{_short(top[0])}»{arrow}" + (f" {say['safe']}" if group.safe else "")
    left = group.count - most
    return place + (f" … {str(say['more']).format(n=f'{left:,}')}" if left > 0 and place else "")


def _short(text: str) -> str:
    return text if len(text) <= 48 else text[:47] + "…"


def _foot(report: Told, say: dict[str, object]) -> list[str]:
    lines = [""]
    if report.notes:
        total = f"{sum(report.notes.values()):,}"
        kinds = ", ".join(f"{code.removeprefix('NOTE-').lower()} {n:,}" for code, n in report.notes.items())
        lines.append(f" {say['notes']:<8} {str(say['normalised']).format(n=total)} ({kinds})")
    shown = " · ".join(f"{name} {n:,}" for name, n in report.checked.items())
    empty = f"  {say['norecord']}" if any(n == 0 for n in report.checked.values()) else ""
    lines.append(f" {say['checked']:<8} {shown}{empty}")
    if report.groups:
        lines.append(f" {say['next']:<8} mcgraph explain {report.groups[0].code}")
    return lines


def _clean(line: str, width: int) -> str:
    plain = "".join(mark if mark.isprintable() else " " for mark in line).rstrip()
    return plain if len(plain) <= width else plain[: width - 1] + "…"
