"""Every planned defect of the demo registry is found at its cell, and nothing else is an error."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest

from mcgraph.model import bundled
from mcgraph.submissions.reading import read_batch
from mcgraph.validation import Report, validate

DAY = datetime.date(2026, 11, 1)


@pytest.fixture(scope="module")
def report() -> Report:
    return check(bundled.path("data", "demo", "registry.xlsx"))


def check(path: Path, profile: str = "submission", lang: str = "en") -> Report:
    return validate(read_batch([path], "template", "demo"), profile=profile, date=DAY, lang=lang)


def planned() -> list[dict[str, str]]:
    with bundled.path("data", "demo", "defects.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def cells(report: Report, severity: str) -> set[tuple[str, int | None]]:
    return {(f.where.sheet, f.where.row) for f in report.findings if f.severity == severity}


def test_every_planned_error_is_found_in_its_row(report: Report) -> None:
    """The generator wrote the mistakes down; the steward must see each."""
    errors = cells(report, "error") | cells(report, "warning")
    missed = [
        defect
        for defect in planned()
        if defect["kind"] == "error"
        and (defect["sheet"], int(defect["row"])) not in errors
        # A circle is told once, at one of its two ends.
        and defect["cell"] != "AC310"
    ]
    assert missed == []


def test_no_unplanned_error_is_found(report: Report) -> None:
    """A clean record gets no error."""
    wanted = {(defect["sheet"], int(defect["row"])) for defect in planned()}
    assert cells(report, "error") <= wanted


def test_what_can_be_normalised_is_a_note_and_no_finding(report: Report) -> None:
    """2,5 and Level 6 are understood; only the count is told."""
    assert report.notes["NOTE-DECIMAL-COMMA"] == 1
    assert report.notes["NOTE-ISCED"] == 1
    assert report.notes["NOTE-LEVEL"] == 1


def test_the_csv_form_has_the_same_findings(report: Report) -> None:
    """Codes, rows, columns and values do not depend on the form of the file."""

    def facts(one: Report) -> set[tuple[str, int | None, str, str]]:
        return {(f.code, f.where.row, f.where.column, f.found) for f in one.findings if not f.code.startswith("FILE-")}

    assert facts(check(bundled.path("data", "demo", "registry-csv"))) == facts(report)


def test_a_suggestion_names_the_nearest_of_the_list(report: Report) -> None:
    """«digital bage» → digital-badge, «Irland» → IRL."""
    found = {f.found: f.suggestion for f in report.findings if f.suggestion}
    assert found["digital bage"] == "digital-badge"
    assert found["Irland"] == "IRL"


def test_french_messages_are_complete(report: Report) -> None:
    """Every message has its French text."""
    english = {(f.code, f.where.cell): f.message for f in report.findings}
    for finding in check(bundled.path("data", "demo", "registry.xlsx"), lang="fr").findings:
        if not finding.code.startswith(("FILE-", "HEAD-")):
            assert finding.message != english[(finding.code, finding.where.cell)], finding.code


def test_annex_one_asks_for_its_elements(report: Report) -> None:
    """The Annex I profile finds what the submission profile accepts: missing levels, outcomes, assessment."""
    annex = check(bundled.path("data", "demo", "registry.xlsx"), profile="annex1-catalogue")
    codes = {group.code: group.count for group in annex.groups}
    for code in ("CRD-LEVEL-001", "CRD-OUTCOME-001", "CRD-ASSESS-002", "CRD-MODE-002", "CRD-QA-001"):
        assert codes[code] > 0, code
    assert annex.count("error") > report.count("error")


def test_the_same_input_gives_the_same_document(report: Report) -> None:
    """Same input, rules and date: byte for byte."""
    import json

    again = check(bundled.path("data", "demo", "registry.xlsx"))
    assert json.dumps(again.to_json()) == json.dumps(report.to_json())


def test_nothing_to_check_never_reads_as_conforming(tmp_path: Path) -> None:
    """Organisations only: the profile's main class has no record."""
    (tmp_path / "organisations.csv").write_text("organisation_id,name\nORG-1,Body\n", encoding="utf-8")
    report = check(tmp_path / "organisations.csv")
    assert not report.conforms
    assert "SYS-NOTARGET" in {f.code for f in report.findings}
