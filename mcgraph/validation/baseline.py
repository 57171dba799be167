"""An earlier report as a baseline: which findings are new, which are unchanged, which are fixed.

A finding is the same when its fingerprint is: rule, record, property and value. Rows may have moved and the
file may have another name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.finding import fingerprint
from mcgraph.validation.findings import Findings

SHORT = 16  # hexadecimal digits kept of each fingerprint of a baseline: 64 bits


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an earlier JSON report had: its fingerprints, and the findings it listed in full, by fingerprint."""

    name: str
    date: str
    fingerprints: frozenset[str]
    listed: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Compared:
    """How the findings stand to a baseline; `gone` are the fixed ones as the baseline listed them."""

    baseline: str
    date: str
    new: int
    unchanged: int
    fixed: int
    gone: tuple[dict[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The published JSON form."""
        return {
            "file": self.baseline,
            "date": self.date,
            "new": self.new,
            "unchanged": self.unchanged,
            "fixed": self.fixed,
            "fixed_findings": [{**finding, "state": "fixed"} for finding in self.gone],
        }


def fingerprints(findings: Findings, most: int) -> list[str]:
    """The first digits of every finding's fingerprint, sorted; empty where there are more than `most`."""
    return sorted(set(_marks(findings).to_list())) if len(findings) <= most else []


def read_baseline(path: Path, limits: Limits | None = None) -> Baseline:
    """The baseline in a JSON report of `mcgraph validate`.

    Raises `WrongUse` where it is not one, or was too large to keep every fingerprint.
    """
    bounds = limits or Limits()
    if not path.is_file():
        raise WrongUse(f"there is no report {path}", fix="Name the .json report of an earlier run.")
    if path.stat().st_size > bounds.baseline_bytes:
        raise InputRefused("the report is too large to be a baseline", where=str(path))
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        marks, listed = given["fingerprints"], {one["fingerprint"][:SHORT]: one for one in given["findings"]}
        total, date = int(given["total_findings"]), str(given["date"])
    except (ValueError, KeyError, TypeError, RecursionError) as fault:
        raise WrongUse(
            f"{path.name} is no JSON report of mcgraph validate", fix="Write one with --report last.json."
        ) from fault
    if total and not marks:
        raise WrongUse(
            f"the report {path.name} has {total:,} findings, too many to serve as a baseline",
            fix="Correct the largest causes first, or raise MCGRAPH_LIMIT_FINGERPRINTS_KEPT and write it again.",
        )
    return Baseline(path.name, date, frozenset(str(mark) for mark in marks), listed)


def compare(findings: Findings, baseline: Baseline, *, most_listed: int) -> tuple[Findings, pl.DataFrame, Compared]:
    """The findings with their states, the number of new ones per group, and the totals."""
    marks = _marks(findings)
    known = marks.is_in(sorted(baseline.fingerprints))
    state = pl.select(pl.when(known).then(pl.lit("unchanged")).otherwise(pl.lit("new"))).to_series()
    frame = findings.frame.with_columns(pl.Series("state", state, dtype=pl.String))
    fixed = sorted(baseline.fingerprints - set(marks.to_list()))
    gone = tuple(baseline.listed[mark] for mark in fixed if mark in baseline.listed)[:most_listed]
    fresh = frame.group_by("group").agg((pl.col("state") == "new").sum().alias("new"))
    compared = Compared(baseline.name, baseline.date, int((~known).sum()), int(known.sum()), len(fixed), gone)
    return replace(findings, frame=frame), fresh, compared


def _marks(findings: Findings) -> pl.Series:
    """The first digits of the fingerprint of each finding, in order."""
    frame = findings.frame
    marks = []
    for code, told_of, path, found, given in frame.select("code", "record", "path", "found", "given").iter_rows():
        record = told_of or ""
        if given is not None:
            marks.append(findings.given[given].fingerprint[:SHORT])
            continue
        known = findings.names.get(record)
        marks.append(fingerprint(code, (known.id or known.iri) if known else record, path or "", found or "")[:SHORT])
    return pl.Series("mark", marks, dtype=pl.String)
