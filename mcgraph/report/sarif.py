"""The findings as SARIF 2.1.0, the format in which code hosts show what a checker found.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mcgraph import __version__
from mcgraph.limits import Limits
from mcgraph.model.finding import Finding

if TYPE_CHECKING:
    from mcgraph.validation import Report

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVEL = {"error": "error", "warning": "warning", "info": "note"}


def to_sarif(report: Report, limits: Limits | None = None) -> dict[str, Any]:
    """One run with a rule per code and a result per finding (up to a published limit)."""
    bounds = limits or Limits()
    sample = report.findings.sampled(bounds.findings_sampled, bounds.sarif_results)
    rules = _rules(report)
    index = {rule["id"]: at for at, rule in enumerate(rules)}
    results = [*(_result(f, index, compared=report.compared is not None) for f in sample), *_fixed(report, index)]
    run: dict[str, Any] = {
        "tool": {"driver": {
            "name": "mcgraph", "version": __version__, "semanticVersion": __version__,
            "informationUri": "https://w3id.org/mcgraph", "rules": rules,
        }},
        "language": report.lang.tag if len(report.lang.tag) == 2 else "en",
        "columnKind": "unicodeCodePoints",
        "artifacts": [
            {"location": {"uri": quote(one.name)}, "length": one.size, "hashes": {"sha-256": one.sha256}}
            for one in report.inputs
        ],
        "results": results,
        "properties": {
            "verdict": report.verdict(), "totalFindings": len(report.findings),
            "truncated": len(sample) < len(report.findings), "profile": report.run.profile,
            "rules": report.run.profile_version, "date": report.run.date.isoformat(),
        },
    }  # fmt: skip
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rules(report: Report) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for g in report.groups:
        found.setdefault(g.code, {
            "id": g.code,
            "shortDescription": {"text": _literal(g.cause or g.code)},
            "fullDescription": {"text": _literal(g.why or g.cause or g.code)},
            "help": {"text": _literal(g.fix or g.cause or g.code)},
            "defaultConfiguration": {"level": _LEVEL[g.severity]},
        })  # fmt: skip
    return [found[code] for code in sorted(found)]


def _result(finding: Finding, index: dict[str, int], *, compared: bool) -> dict[str, Any]:
    where = finding.where
    region: dict[str, Any] = {}
    start = where.line or where.row
    if start:
        # In a workbook a line is a row; in a text file it is the physical line the record starts on.
        region = {"startLine": start}
        column = _column(where.cell)
        if column and not where.line:
            region["startColumn"] = column
    physical: dict[str, Any] = {"artifactLocation": {"uri": quote(where.file)}} if where.file else {}
    if region and physical:
        physical["region"] = region
    logical = [{"name": name, "kind": kind} for name, kind in
               ((where.sheet, "sheet"), (where.column, "column"), (where.cell, "cell"), (where.pointer, "pointer"),
                (finding.record.id, "record"))
               if name]  # fmt: skip
    location = {
        **({"physicalLocation": physical} if physical else {}),
        **({"logicalLocations": logical} if logical else {}),
    }
    return {
        "ruleId": finding.code,
        **({"ruleIndex": index[finding.code]} if finding.code in index else {}),
        "level": _LEVEL[finding.severity],
        "message": {"text": _message(finding)},
        "locations": [location] if location else [],
        "partialFingerprints": {"mcgraph/v1": finding.fingerprint},
        **({"baselineState": finding.state} if compared else {}),
    }


def _message(finding: Finding) -> str:
    parts = [finding.message, f"«{finding.found}»" if finding.found else "", finding.fix]
    return _literal(". ".join(part.rstrip(".") for part in parts if part) + ".")


def _literal(text: str) -> str:
    """`[text](target)` is a link in SARIF (3.11.6); a submission's own text makes none."""
    return re.sub(r"([\\\[\]])", r"\\\1", text) if "](" in text else text


def _column(cell: str) -> int:
    """The number of a column, counted from 1, of a reference such as H102; 0 where there is none."""
    number = 0
    for mark in cell:
        if mark.isalpha():
            number = number * 26 + ord(mark) - 64
    return number


def _fixed(report: Report, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    """What an earlier report had and this one has not."""
    for gone in report.compared.gone if report.compared else ():
        yield {
            "ruleId": str(gone.get("code", "")),
            **({"ruleIndex": index[str(gone["code"])]} if gone.get("code") in index else {}),
            "level": "none",
            "kind": "pass",
            "message": {"text": str(gone.get("message", "")) or "fixed"},
            "partialFingerprints": {"mcgraph/v1": str(gone.get("fingerprint", ""))},
            "baselineState": "absent",
        }
