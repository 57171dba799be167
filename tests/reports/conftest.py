"""Submissions with known defects, and the report of each."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.sources import read_submission
from mcgraph.validation import Report, validate

DAY = datetime.date(2026, 11, 24)
BODIES = "organisation_id,name,country\nORG-1,Example Academy,IE\nORG-2,École d'exemple,FR\n"
HEAD = "credential_id,title,awarding_body,credit_points,eqf_level,form,valid_from\n"
Checked = tuple[Report, Batch]


@pytest.fixture
def check(tmp_path: Path) -> Callable[..., Checked]:
    """Check credentials given as CSV rows, beside two organisations that are right."""

    def check(*rows: str, lang: str = "en", profile: str = "submission", **options: object) -> Checked:
        (tmp_path / "credentials.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        (tmp_path / "organisations.csv").write_text(BODIES, encoding="utf-8")
        files = [tmp_path / "credentials.csv", tmp_path / "organisations.csv"]
        batch = read_submission(files, "template", "test", limits=Limits())
        return validate(batch, profile=profile, date=DAY, lang=lang, **options), batch  # type: ignore[arg-type]

    return check


@pytest.fixture(scope="session")
def demo_file(root: Path) -> Path:
    return root / "data" / "demo" / "registry.xlsx"


@pytest.fixture(scope="session")
def demo(demo_file: Path) -> Checked:
    """The demo registry under the strictest profile: 705 findings of every layer."""
    batch = read_submission([demo_file], None, "demo", limits=Limits())
    return validate(batch, profile="annex1-catalogue", date=DAY), batch
