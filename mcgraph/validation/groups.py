"""Findings gathered by cause: how often, in how many records, which values, and what would mend them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from mcgraph.model.finding import SEVERITIES, Severity
from mcgraph.validation.findings import Findings

RANK: dict[str, int] = {severity: rank for rank, severity in enumerate(reversed(SEVERITIES))}


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one cause."""

    code: str
    severity: Severity
    count: int
    records: int
    cause: str
    why: str
    fix: str
    top_values: tuple[tuple[str, int], ...]
    suggestion: str = ""
    safe: bool = False

    def to_json(self) -> dict[str, Any]:
        """The published JSON form."""
        return {
            "code": self.code,
            "severity": self.severity,
            "count": self.count,
            "records": self.records,
            "cause": self.cause,
            "why": self.why,
            "fix": self.fix,
            "top_values": [{"value": value, "count": count} for value, count in self.top_values],
            "suggestion": self.suggestion,
            "safe": self.safe,
        }


def groups_of(findings: Findings, texts: dict[str, tuple[str, str, str]]) -> tuple[Group, ...]:
    """One group per code, worst and largest first; `texts` gives (cause, why, fix) by code."""
    frame = findings.frame
    if frame.is_empty():
        return ()
    counted = frame.group_by("code", "severity").agg(
        pl.len().alias("count"), pl.col("record").n_unique().alias("records")
    )
    rows = counted.sort(
        pl.col("severity").replace_strict(RANK, return_dtype=pl.Int8), "count", "code", descending=[True, True, False]
    )
    tops = _top_values(frame)
    return tuple(_group(row, findings, texts, tops.get(row["code"], ())) for row in rows.iter_rows(named=True))


def _top_values(frame: pl.DataFrame) -> dict[str, tuple[tuple[str, int], ...]]:
    values = frame.filter(pl.col("found") != "").group_by("code", "found").len("count")
    ordered = values.sort("code", "count", "found", descending=[False, True, False])
    tops: dict[str, list[tuple[str, int]]] = {}
    for code, found, count in ordered.filter(pl.int_range(pl.len()).over("code") < 5).iter_rows():
        tops.setdefault(code, []).append((found, count))
    return {code: tuple(pairs) for code, pairs in tops.items()}


def _group(
    row: dict[str, Any], findings: Findings, texts: dict[str, tuple[str, str, str]], tops: Sequence[tuple[str, int]]
) -> Group:
    cause, why, fix = texts[row["code"]]
    suggestion, safe = findings.suggestions.get((row["code"], tops[0][0]), ("", False)) if tops else ("", False)
    return Group(
        row["code"], row["severity"], row["count"], row["records"], cause, why, fix, tuple(tops), suggestion, safe
    )
