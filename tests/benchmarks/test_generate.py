"""The generator of the measurements is deterministic, and what it plants is found."""

from __future__ import annotations

import datetime
from pathlib import Path

from benchmarks.generate import generate, planted
from mcgraph.submissions.reading import read_batch
from mcgraph.validation import validate


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    """A measurement must be repeatable to the byte."""
    for name in ("a", "b"):
        generate(tmp_path / name, 200, 0.03)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


CODES = {
    "no-title": "CRD-TITLE-001", "credits-in-words": "CRD-WORKLOAD-002", "level-9": "CRD-LEVEL-003",
    "negative-credits": "CRD-WORKLOAD-003", "unknown-body": "CRD-BODY-001", "no-body": "CRD-BODY-002",
    "unknown-form": "CRD-FORM-001", "unknown-country": "CRD-COUNTRY-001", "ends-before-it-begins": "RULE-DATE-001",
    "hours-do-not-fit": "RULE-HOURS-001", "unknown-field": "CRD-FIELD-001", "unknown-assessment": "CRD-ASSESS-001",
    "unknown-language": "CRD-LANGUAGE-001", "no-such-day": "CRD-DATE-001", "hours-in-words": "CRD-WORKLOAD-004",
    "no-outcomes": "CRD-OUTCOME-001", "unknown-mode": "CRD-MODE-001", "unknown-status": "CRD-STATUS-001",
}  # fmt: skip


def test_every_planted_defect_is_found(tmp_path: Path) -> None:
    """Eighteen kinds of corruption, each caught by its own rule as often as it was planted."""
    generate(tmp_path / "in", 2_000, 0.03)
    wanted = planted(2_000, 0.03)
    batch = read_batch([tmp_path / "in"], "template", "bench")
    report = validate(batch, profile="annex1-catalogue", date=datetime.date(2026, 11, 1))
    found = {group.code: group.count for group in report.groups}
    assert len(wanted) == len(CODES) == 18
    assert {name: found.get(CODES[name], 0) for name in wanted} == wanted


def test_a_clean_registry_has_no_error(tmp_path: Path) -> None:
    """Stacking rules, recognition and quality assurance included."""
    generate(tmp_path / "in", 500, 0.0)
    report = validate(
        read_batch([tmp_path / "in"], "template", "bench"), profile="submission", date=datetime.date(2026, 11, 1)
    )
    assert {group.code for group in report.groups} <= {"FILE-TABLE-001"}


def test_the_folder_says_that_it_is_synthetic(tmp_path: Path) -> None:
    """Nobody may take it for a register."""
    generate(tmp_path / "in", 10, 0.0)
    assert "SYNTHETIC" in (tmp_path / "in" / "README-synthetic.txt").read_text(encoding="utf-8")
