"""Findings gathered by root cause: one table and column, one rule, one pattern of values = one thing to fix."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from mcgraph.model.finding import SEVERITIES, Severity
from mcgraph.validation.findings import Findings

RANK: dict[str, int] = {severity: rank for rank, severity in enumerate(reversed(SEVERITIES))}
TOP = 5  # values shown per group
_OWN_PATTERNS = 5  # patterns of one rule in one column that become groups of their own
_OWN_FROM = 3  # findings from which a pattern does
_KEY = ["table", "column", "code", "severity", "pattern"]


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one cause: where (`file`, `sheet`, `column`), which rule, which values.

    `pattern` is a value with its digits written 0; empty where the values have nothing in common. `safe_fixes`
    counts the findings whose suggestion cannot change the meaning; `new` those an earlier report did not have.
    """

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
    id: str = ""
    file: str = ""
    sheet: str = ""
    column: str = ""
    pattern: str = ""
    safe_fixes: int = 0
    new: int = 0

    @property
    def all_safe(self) -> bool:
        """Whether `--fix` mends every finding of the group."""
        return self.safe_fixes == self.count

    def to_json(self) -> dict[str, Any]:
        """The published JSON form."""
        return {
            "id": self.id,
            "code": self.code,
            "severity": self.severity,
            "count": self.count,
            "records": self.records,
            "cause": self.cause,
            "why": self.why,
            "fix": self.fix,
            "where": {"file": self.file, "sheet": self.sheet, "column": self.column},
            "pattern": self.pattern,
            "top_values": [{"value": value, "count": count} for value, count in self.top_values],
            "suggestion": self.suggestion,
            "safe": self.safe,
            "safe_fixes": self.safe_fixes,
            "states": {"new": self.new, "unchanged": self.count - self.new},
        }


def grouped(findings: Findings, texts: dict[str, tuple[str, str, str]]) -> tuple[Findings, tuple[Group, ...]]:
    """The findings with the number of their group, and the groups, worst and largest first.

    `texts` gives (cause, why, fix) by code.
    """
    frame = _with_states(_with_patterns(findings.frame.drop("group", strict=False)))
    if frame.is_empty():
        return replace(findings, frame=frame.drop("pattern").with_columns(_nothing())), ()
    counted = _counted(frame, findings).with_row_index("group").cast({"group": pl.Int32})
    numbered = frame.join(counted.select(*_KEY, "group"), on=_KEY, how="left", maintain_order="left").drop("pattern")
    tops = _top_values(numbered)
    groups = tuple(_group(row, findings, texts, tops.get(row["group"], ())) for row in counted.iter_rows(named=True))
    return replace(findings, frame=numbered, group_ids=tuple(group.id for group in groups)), groups


def _nothing() -> pl.Expr:
    return pl.lit(0, dtype=pl.Int32).alias("group")


def _with_states(frame: pl.DataFrame) -> pl.DataFrame:
    return frame if "state" in frame.columns else frame.with_columns(pl.lit("new").alias("state"))


def _with_patterns(frame: pl.DataFrame) -> pl.DataFrame:
    """`pattern`: what the wrong values of one rule and column have in common, where enough of them have it."""
    shape = pl.col("found").str.slice(0, 80).str.replace_all(r"[0-9]+", "0")
    # What a rule across records found names records: nothing that a value could have in common.
    told = frame.with_columns(pl.when(pl.col("component") != "").then(shape).otherwise(pl.lit("")).alias("pattern"))
    spot = ["table", "column", "code", "severity"]
    counted = told.group_by(*spot, "pattern").len("times")
    ranked = counted.sort(*spot, "times", "pattern", descending=[False] * 4 + [True, False]).with_columns(
        pl.int_range(pl.len()).over(spot).alias("place"), pl.len().over(spot).alias("patterns")
    )
    own = (pl.col("patterns") == 1) | ((pl.col("place") < _OWN_PATTERNS) & (pl.col("times") >= _OWN_FROM))
    kept = ranked.filter(own).select(*spot, "pattern", pl.col("pattern").alias("kept"))
    joined = told.join(kept, on=[*spot, "pattern"], how="left", maintain_order="left")
    return joined.with_columns(pl.col("kept").fill_null("").alias("pattern")).drop("kept")


def _counted(frame: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    safe = findings.suggestion_frame().filter("safe").select("code", "found", pl.lit(True).alias("mends"))
    joined = frame.join(safe, on=["code", "found"], how="left")
    counted = joined.group_by(*_KEY).agg(
        pl.len().alias("count"),
        pl.col("record").n_unique().alias("records"),
        pl.col("mends").sum().alias("safe_fixes"),
        (pl.col("state") == "new").sum().alias("new"),
        pl.when(pl.col("said").min() == pl.col("said").max(), pl.col("said").null_count() == 0)
        .then(pl.col("said").min())
        .alias("all_say"),
    )
    rank = pl.col("severity").replace_strict(RANK, return_dtype=pl.Int8)
    return counted.sort(
        rank, "count", "code", "table", "column", "pattern", descending=[True, True, False, False, False, False]
    )


def _top_values(frame: pl.DataFrame) -> dict[int, tuple[tuple[str, int], ...]]:
    values = frame.filter(pl.col("found") != "").group_by("group", "found").len("count")
    ordered = values.sort("group", "count", "found", descending=[False, True, False])
    tops: dict[int, list[tuple[str, int]]] = {}
    for group, found, count in ordered.filter(pl.int_range(pl.len()).over("group") < TOP).iter_rows():
        tops.setdefault(group, []).append((found, count))
    return {group: tuple(pairs) for group, pairs in tops.items()}


def _group(
    row: dict[str, Any], findings: Findings, texts: dict[str, tuple[str, str, str]], tops: tuple[tuple[str, int], ...]
) -> Group:
    cause, why, fix = texts[row["code"]]
    if row["all_say"] is not None:  # what the shape says is the same of each: told with its values
        cause = findings.said[row["all_say"]]
    suggestion, safe = findings.suggestions.get((row["code"], tops[0][0]), ("", False)) if tops else ("", False)
    place = findings.place(row["table"], None, row["column"])
    if row["code"].startswith("FILE-"):
        tops = tuple((findings.lang.phrase(value), count) for value, count in tops)
    return Group(
        code=row["code"], severity=row["severity"], count=row["count"], records=row["records"],
        cause=cause, why=why, fix=fix, top_values=tops, suggestion=suggestion, safe=safe,
        id=_id(row["code"], place.file, place.sheet, place.column, row["severity"], row["pattern"]),
        file=place.file, sheet=place.sheet, column=place.column, pattern=row["pattern"],
        safe_fixes=row["safe_fixes"] or 0, new=row["new"],
    )  # fmt: skip


def _id(code: str, *parts: str) -> str:
    """A name that stays the same from run to run."""
    digest = hashlib.sha1("|".join(parts).encode("utf-8", "replace"), usedforsecurity=False).hexdigest()
    return f"{code}.{digest[:8]}"
