"""What a validation gives: findings as columns, groups by cause, what was checked, and who can be accepted."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from mcgraph import __version__
from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.finding import SEVERITIES, Severity
from mcgraph.model.language import Language
from mcgraph.validation.baseline import Baseline, Compared, compare, fingerprints
from mcgraph.validation.findings import Findings
from mcgraph.validation.groups import RANK, Group
from mcgraph.validation.terminal import render, verdict
from mcgraph.validation.waivers import Use


@dataclass(frozen=True, slots=True)
class Run:
    """What the result depends on, besides the input."""

    profile: str
    profile_title: str
    profile_version: str
    date: datetime.date
    lang: str
    seconds: float
    compiled: int
    fallback: tuple[str, ...] = ()
    snapshot: str = ""


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was checked: name (never a path), SHA-256 and size in bytes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one validation.

    `results` are the raw results of the engine, echoes included; `notes` count the values that were
    normalised, by kind; `rejected` are the records with an error. `waived` tells each waiver's use, `compared`
    what an earlier report had; `inputs` and `options` are what the caller says of the files and the run.
    """

    findings: Findings
    groups: tuple[Group, ...]
    checked: dict[str, int]
    notes: dict[str, int]
    rejected: pl.Series
    read: int
    run: Run
    results: pl.DataFrame
    waived: tuple[Use, ...] = ()
    compared: Compared | None = None
    inputs: tuple[Input, ...] = ()
    options: tuple[tuple[str, str], ...] = ()

    def count(self, severity: Severity) -> int:
        """How many findings of one severity there are."""
        return sum(group.count for group in self.groups if group.severity == severity)

    @property
    def accepted(self) -> int:
        """How many records have no error."""
        return self.read - len(self.rejected)

    @property
    def nothing_checked(self) -> bool:
        """Whether no shape found a single record."""
        return not any(self.checked.values())

    @property
    def conforms(self) -> bool:
        """Whether something was checked and nothing is an error."""
        return not self.nothing_checked and self.count("error") == 0

    def exit_code(self, fail_on: str = "error") -> int:
        """5 where nothing was checked, 1 where a finding is at or above `fail_on`, else 0."""
        if self.nothing_checked:
            return 5
        return int(any(RANK[g.severity] >= RANK.get(fail_on, 3) for g in self.groups))

    @property
    def lang(self) -> Language:
        """The language of the report."""
        return self.findings.lang

    def since(self, baseline: Baseline, *, limits: Limits | None = None) -> Report:
        """This report with each finding marked new or unchanged, and what is fixed since an earlier one."""
        listed = (limits or Limits()).findings_sampled
        findings, fresh, compared = compare(self.findings, baseline, most_listed=listed)
        new = dict(fresh.iter_rows())
        groups = tuple(replace(group, new=new.get(at, 0)) for at, group in enumerate(self.groups))
        return replace(self, findings=findings, groups=groups, compared=compared)

    def verdict(self) -> str:
        """The result in one sentence."""
        return verdict(self)

    def to_text(self, width: int = 100) -> str:
        """The report for a terminal."""
        return render(self, width)

    def to_dataframe(self, *, limits: Limits | None = None) -> Any:
        """The findings as a pandas `DataFrame`, one row each (up to the limit `findings_in_csv`).

        Raises `WrongUse` where pandas is not installed.
        """
        try:
            import pandas  # type: ignore[import-untyped]
        except ImportError:
            raise WrongUse("pandas is not installed", fix="Install it: pip install 'mcgraph[dataframe]'.") from None
        from mcgraph.validation.told import told_rows

        rows = told_rows(self.findings, (limits or Limits()).findings_in_csv)
        return pandas.DataFrame(rows.to_dict(as_series=False))

    def to_json(self, *, limits: Limits | None = None) -> dict[str, Any]:
        """The published JSON form; findings are sampled per code, the totals are true."""
        bounds = limits or Limits()
        sample = self.findings.sampled(bounds.findings_sampled, bounds.findings_listed)
        marks = fingerprints(self.findings, bounds.fingerprints_kept)
        document = {
            "conforms": self.conforms,
            "verdict": self.verdict(),
            "records": {"read": self.read, "accepted": self.accepted, "rejected": len(self.rejected)},
            "counts": {level: self.count(level) for level in SEVERITIES},
            "checked": dict(self.checked),
            "notes": dict(self.notes),
            "groups": [group.to_json() for group in self.groups],
            "findings": [finding.to_json() for finding in sample],
            "total_findings": len(self.findings),
            "truncated": len(sample) < len(self.findings),
            "fingerprints": marks,
            "baseline": self.compared.to_json() if self.compared else None,
            "waivers": [{**use.waiver.to_json(), "findings": use.count, "expired": use.expired} for use in self.waived],
            "inputs": [{"name": one.name, "sha256": one.sha256, "size": one.size} for one in self.inputs],
            "options": dict(self.options),
        }
        return document | self._made_by()

    def _made_by(self) -> dict[str, Any]:
        """What the result depends on besides the files."""
        return {
            "profile": {
                "name": self.run.profile,
                "title": self.run.profile_title,
                "version": self.run.profile_version,
            },
            "engine": {"compiled": self.run.compiled, "fallback": list(self.run.fallback)},
            "versions": {"mcgraph": __version__, "rules": self.run.profile_version},
            "date": self.run.date.isoformat(),
            "lang": self.lang.tag,
            "snapshot": self.run.snapshot,
        }
