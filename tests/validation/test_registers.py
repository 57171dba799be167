"""docs/registers.md: what is found in the French register, counted a second time from its CSV alone."""

from __future__ import annotations

import csv
import datetime
import re
from pathlib import Path

import pytest

from mcgraph.limits import Limits
from mcgraph.sources import read_submission
from mcgraph.validation import Report, validate

DAY = datetime.date(2021, 1, 6)  # the state of the register


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    path = shared / "data" / "registries" / "rncp_fr" / "v1.4"
    if not path.is_dir():
        pytest.skip("the RNCP tables are not on this machine")
    return path


@pytest.fixture(scope="module")
def report(folder: Path) -> Report:
    return validate(read_submission([folder], "rncp", "rncp", limits=Limits()), profile="registry-core", date=DAY)


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "rncp_info.v1.4.csv").open(encoding="cp1252", newline="") as stream:
        return list(csv.DictReader(stream, delimiter=";"))


def count(report: Report, code: str) -> int:
    """How many findings of a code there are."""
    return sum(group.count for group in report.groups if group.code == code)


def pairs(rows: list[dict[str, str]], column: str) -> set[tuple[str, str]]:
    """Code and successor or predecessor, once each."""
    return {(row["CodeRNCP"], row[column].strip()) for row in rows if row[column].strip()}


def test_dangling_successions_are_those_of_the_table(report: Report, rows: list[dict[str, str]]) -> None:
    """Codes in NouvelleFiche and AncienneFiche that no row has."""
    known = {row["CodeRNCP"] for row in rows}
    expected = sum(other not in known for name in ("NouvelleFiche", "AncienneFiche") for _, other in pairs(rows, name))
    assert count(report, "REF-001") == expected == 52


def test_active_records_past_their_day_are_those_of_the_table(report: Report, rows: list[dict[str, str]]) -> None:
    """ACTIVE with an end before the day of the register."""
    ended = set()
    for row in rows:
        found = re.match(r"(\d+)/(\d+)/(\d\d)$", row["date_fin_validite_enregistrement"])
        if found and row["ActiveInactive"] == "ACTIVE":
            month, day, year = map(int, found.groups())
            if datetime.date(2000 + year, month, day) < DAY:
                ended.add(row["CodeRNCP"])
    told = {f.record.id for f in report.findings if f.code == "RULE-EXPIRED-003"}
    assert told == ended
    assert len(told) == 70


def test_successions_that_are_mirrored_are_silent(report: Report, rows: list[dict[str, str]]) -> None:
    """Whoever replaces is named as successor, all rows of a code taken together."""
    known = {row["CodeRNCP"] for row in rows}
    forward, backward = pairs(rows, "AncienneFiche"), pairs(rows, "NouvelleFiche")
    one_sided = sum((b, a) not in backward for a, b in forward if b in known)
    one_sided += sum((b, a) not in forward for a, b in backward if b in known)
    assert count(report, "RULE-MIRROR-001") == one_sided == 0


def test_not_stated_is_no_record(report: Report) -> None:
    """NR stands for «not stated»: it is never told as an unknown certification."""
    assert "NR" not in {f.found for f in report.findings}


def test_the_page_has_the_counts_of_today(report: Report, root: Path) -> None:
    """A count in the document is the count of the run."""
    page = (root / "docs" / "registers.md").read_text(encoding="utf-8").partition("## Ofqual")[0]
    told = dict(re.findall(r"^\| `([A-Z]+-[A-Z0-9-]+)` \| ([\d,]+) \|", page, re.MULTILINE))
    codes = {group.code for group in report.groups}
    assert {code: int(number.replace(",", "")) for code, number in told.items()} == {
        code: count(report, code) for code in codes
    }
