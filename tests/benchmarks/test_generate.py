"""The generator of the measurements is deterministic, and what it plants is found."""

from __future__ import annotations

import datetime
from pathlib import Path

from benchmarks.generate import generate
from mcgraph.submissions.reading import read_batch
from mcgraph.validation import validate


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    """A measurement must be repeatable to the byte."""
    for name in ("a", "b"):
        generate(tmp_path / name, 200, 0.03)
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes()


def test_every_planted_defect_is_found(tmp_path: Path) -> None:
    """Missing titles, words for numbers, levels that do not exist: as many errors as were planted."""
    planted = generate(tmp_path / "in", 300, 0.03)
    batch = read_batch([tmp_path / "in"], "template", "bench")
    report = validate(batch, profile="submission", date=datetime.date(2026, 11, 1))
    kinds = {group.code: group.count for group in report.groups if group.severity == "error"}
    assert kinds == {"CRD-TITLE-001": 3, "CRD-WORKLOAD-002": 3, "CRD-LEVEL-003": 3}
    assert report.count("error") == len(report.rejected) == planted["defects"] == 9


def test_the_folder_says_that_it_is_synthetic(tmp_path: Path) -> None:
    """Nobody may take it for a register."""
    generate(tmp_path / "in", 10, 0.0)
    assert "SYNTHETIC" in (tmp_path / "in" / "README-synthetic.txt").read_text(encoding="utf-8")
