"""What is wrong with answers, each at its cell: codes in no list, two answers to a single choice, odd numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from mcgraph.model.finding import Finding, Place, Severity
from mcgraph.sources.normalise import DECIMAL, normalise
from mcgraph.survey.codebook import Question

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mcgraph.survey.given import Given

Report = Callable[[str, int, str | int, str, str], Finding | None]
MOST = 1_000
"""Findings of one kind for one question that are listed; the last one counts the rest."""

# code → severity, message and fix; the catalogue (shapes/rules.ttl, shapes/survey.ttl) says the same and why.
_SAID: dict[str, tuple[Severity, str, str]] = {
    "SRV-CODE-001": (
        "error", "Answer must be one of the list", "Write a code or label of the list in the column of the question.",
    ),
    "SRV-NUMBER-001": (
        "error", "Numeric answer must be a number such as 2.5",
        "Write a number such as 2.5 in the column of the question.",
    ),
    "SRV-WEIGHT-001": (
        "error", "Weight must be a number of at least 0", "Write a number of at least 0 in the column of the weight.",
    ),
    "SRV-SINGLE-001": (
        "error", "A single choice has two answers", "Keep the one that was meant, or make the question a multiple one.",
    ),
    "RULE-DUP-001": (
        "error", "Two rows have one identifier; the first counts", "Keep the response that counts, delete the other.",
    ),
    "SRV-ROUTE-001": (
        "warning", "The question was answered by somebody who was not asked it",
        "Check the answer that leads here, or the routing in the codebook.",
    ),
    "CELL-RANGE-001": (
        "error", "The number lies outside what the codebook allows",
        "Correct the answer, or leave it empty where it is not known.",
    ),
}  # fmt: skip


def finding(code: str, place: Place, found: str, expected: str) -> Finding:
    """A finding of the survey's own rules."""
    severity, message, fix = _SAID[code]
    return Finding(
        code=code, severity=severity, message=message, where=place, expected=expected, found=found, fix=fix,
        profile="survey",
    )  # fmt: skip


def in_range(question: Question, numbers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which numbers lie between the bounds of their question, both ends included."""
    low, high = question.minimum, question.maximum
    below = numbers < (-math.inf if low is None else float(low))
    above = numbers > (math.inf if high is None else float(high))
    return ~(below | above)


def bounds(question: Question) -> str:
    """The numbers a question allows, in words."""
    low, high = question.minimum, question.maximum
    if low is None and high is None:
        return "a number"
    ends = f"at least {low}" if high is None else f"at most {high}" if low is None else f"between {low} and {high}"
    return f"a number {ends} {question.unit}".rstrip()


def twice(given: Given, many: pl.DataFrame, report: Report) -> list[Finding]:
    """SRV-SINGLE-001: single choices with more than one answer."""
    return _each(given, many, "SRV-SINGLE-001", "one answer", report)


def out_of_range(question: Question, said: pl.DataFrame, column: int, report: Report) -> list[Finding]:
    """CELL-RANGE-001: numbers (`at`, `o`) beyond the bounds of the codebook; what is no number is not its matter."""
    low, high = question.minimum, question.maximum
    if low is None and high is None:
        return []
    number = pl.col("o").cast(pl.Float64, strict=False)
    below = number < float(low) if low is not None else pl.lit(False)
    above = number > float(high) if high is not None else pl.lit(False)
    wrong = said.filter((below | above).fill_null(False))
    rows = wrong.select("at", pl.lit(column).alias("column"), pl.col("o").alias("text"))
    return _each(None, rows, "CELL-RANGE-001", bounds(question), report)


def unreadable(given: Given, value: npt.NDArray[np.float64], report: Report) -> list[Finding]:
    """SRV-NUMBER-001 and CELL-RANGE-001: answers to a numeric question that gave no number (NaN in `value`)."""
    import numpy as np

    at = given.frame.get_column("at").to_numpy()
    done = normalise(given.frame.get_column("text"), DECIMAL).values
    bad = given.frame.with_columns(done.alias("o")).filter(pl.Series(np.isnan(value[at])))
    number = pl.col("o").cast(pl.Float64, strict=False)
    found = _each(given, bad.filter(number.is_null()), "SRV-NUMBER-001", "a number such as 2.5", report)
    return found + _each(given, bad.filter(number.is_not_null()), "CELL-RANGE-001", bounds(given.question), report)


def outside_the_list(given: Given, report: Report) -> list[Finding]:
    """SRV-CODE-001: answers that are no option of the question."""
    if not given.question.options:
        return []
    unknown = given.frame.filter(pl.col("code").is_null())
    return _each(given, unknown, "SRV-CODE-001", f"one of {', '.join(given.question.codes[:12])}", report)


def past_routing(given: Given, asked: pl.Series, report: Report) -> list[Finding]:
    """SRV-ROUTE-001: answers of responses that the routing led past the question."""
    if asked.all():
        return []
    at = (~asked).arg_true().cast(pl.UInt32)
    past = given.frame.filter(pl.col("at").is_in(at.implode())).unique("at", maintain_order=True)
    gates = "; ".join(f"{gate} = {' or '.join(codes)}" for gate, codes in given.question.asked_if)
    return _each(given, past, "SRV-ROUTE-001", f"an answer only where {gates}", report)


def _each(
    given: Given | None, frame: pl.DataFrame, code: str, expected: str, report: Report
) -> list[Finding]:
    """One finding per row (`at`, `column`, `text`), up to a bound. Free text and personal answers are not repeated."""
    from dataclasses import replace

    silent = given is not None and (given.question.type == "open" or given.question.personal)
    rows = frame.select("at", "column", "text").sort("at").rows()
    made = [report(code, at, int(column), "" if silent else str(text), expected) for at, column, text in rows[:MOST]]
    found = [one for one in made if one is not None]
    if found and len(rows) > MOST:
        found[-1] = replace(found[-1], affects=1 + len(rows) - MOST)
    return found
