"""The one shape in which validation speaks, whatever the face."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Severity = Literal["error", "warning", "info"]
Verdict = Literal["violation", "unverifiable"]

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding stands, in the words of the spreadsheet its owner looks at.

    `row` counts as the spreadsheet shows it (the header is row 1); `line` is the physical line of a text
    file; `column` is the header; `cell` is the reference such as H102; `pointer` is a JSON Pointer.
    """

    file: str = ""
    sheet: str = ""
    row: int | None = None
    line: int | None = None
    column: str = ""
    cell: str = ""
    pointer: str | None = None

    def __str__(self) -> str:
        """A short place: `submission.xlsx · Credentials · H102`."""
        numbered = f"row {self.row}" if self.row else f"line {self.line}" if self.line else ""
        spot = self.cell or numbered or self.pointer or ""
        return " · ".join(part for part in (self.file, self.sheet, spot) if part)


@dataclass(frozen=True, slots=True)
class RecordRef:
    """The record a finding is about: its identifier in the source, its label and its IRI."""

    id: str = ""
    label: str = ""
    iri: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or cannot be decided, said so that its owner can act on it."""

    code: str
    severity: Severity
    message: str
    where: Place = field(default_factory=Place)
    verdict: Verdict = "violation"
    expected: str = ""
    found: str = ""
    fix: str = ""
    suggestion: str = ""
    safe: bool = False
    record: RecordRef = field(default_factory=RecordRef)
    path: str = ""
    shape: str = ""
    component: str = ""
    profile: str = ""
    source: str = ""
    affects: int = 1
    group: str = ""
    state: str = "new"

    @property
    def fingerprint(self) -> str:
        """A name for this finding that survives a rerun, moved rows and a renamed file."""
        return fingerprint(self.code, self.record.id or self.record.iri, self.path or self.where.column, self.found)

    def to_json(self) -> dict[str, Any]:
        """The published JSON form (docs/contract/finding.schema.json)."""
        told: dict[str, Any] = {name: getattr(self, name) for name in _FIELDS}
        told["where"] = {name: getattr(self.where, name) for name in _PLACE_FIELDS}
        told["record"] = {name: getattr(self.record, name) for name in _RECORD_FIELDS}
        told["fingerprint"] = self.fingerprint
        return told


# `dataclasses.asdict` copies deeply, which costs more than all else that is done with a finding.
_FIELDS = tuple(one.name for one in fields(Finding))
_PLACE_FIELDS = tuple(one.name for one in fields(Place))
_RECORD_FIELDS = tuple(one.name for one in fields(RecordRef))


def fingerprint(code: str, record: str, path: str, found: str) -> str:
    """SHA-1 (40 hexadecimal digits) of what identifies a finding: rule, record, property and value."""
    told = "|".join((code, record, path, found)).encode("utf-8", "replace")
    return hashlib.sha1(told, usedforsecurity=False).hexdigest()


def column_letters(index: int) -> str:
    """The spreadsheet letters of a column, counted from 0.

    >>> column_letters(7), column_letters(27)
    ('H', 'AB')
    """
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
