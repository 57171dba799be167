"""Findings come down to causes; what somebody waived or has mended since is told apart."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.report.page import to_html
from mcgraph.report.sarif import to_sarif
from mcgraph.validation.baseline import read_baseline
from mcgraph.validation.waivers import Waiver, read_waivers
from tests.reports.many import report_of

LATER = datetime.date(2027, 1, 1)
Run = Callable[..., object]


def row(number: int, title: str = "T", points: str = "2", level: str = "6", body: str = "ORG-1") -> str:
    return f"MC-{number},{title},{body},{points},{level},nanodegree,"


def test_159_findings_are_3_things_to_fix(check) -> None:  # type: ignore[no-untyped-def]
    """One rule, one column, one pattern of values: one thing to fix."""
    rows = [row(i, points="12 points" if i % 2 else "7 points") for i in range(100)]
    rows += [row(100 + i, title="") for i in range(50)] + [row(200 + i, body="ORG-9") for i in range(9)]
    report, _ = check(*rows)
    assert len(report.findings) == 159
    assert "3 things to fix" in report.verdict()
    told = [(g.code, g.column, g.pattern, g.count, g.records) for g in report.groups]
    assert told == [
        ("CRD-WORKLOAD-002", "credit_points", "0 points", 100, 100),
        ("CRD-TITLE-001", "title", "", 50, 50),
        ("REF-001", "awarding_body", "", 9, 9),
    ]
    first = report.groups[0]
    assert first.all_safe and first.safe_fixes == 100
    assert first.top_values == (("12 points", 50), ("7 points", 50))
    assert first.why and first.fix and first.cause


def test_different_patterns_are_different_causes(check) -> None:  # type: ignore[no-untyped-def]
    """A unit in the cell is one mistake, words are another; values that stand alone are gathered."""
    rows = [row(i, points="12 points") for i in range(5)] + [row(10 + i, points="many") for i in range(4)]
    rows += [row(20 + i, points=word) for i, word in enumerate(("few", "some", "lots"))]
    report, _ = check(*rows)
    assert [(g.pattern, g.count) for g in report.groups] == [("0 points", 5), ("many", 4), ("", 3)]


def test_a_finding_names_its_cause_and_the_cause_keeps_its_name(check) -> None:  # type: ignore[no-untyped-def]
    """Scripts can follow a cause from run to run."""
    first, _ = check(row(1, title=""), row(2, points="many"))
    again, _ = check(row(7, title=""), row(1, title=""), row(2, points="many"))
    ids = {group.code: group.id for group in first.groups}
    assert {group.code: group.id for group in again.groups} == ids
    assert {finding.group for finding in first.findings} == set(ids.values())


def test_after_a_type_error_the_cell_is_left_alone(check) -> None:  # type: ignore[no-untyped-def]
    """«many» is no number; that it is not above 0 either helps nobody. The raw results keep both."""
    report, _ = check(row(1, points="many"))
    assert [finding.code for finding in report.findings] == ["CRD-WORKLOAD-002"]
    assert report.results.filter(report.results["path"] == "mc:creditPoints").height > 1


def test_a_baseline_tells_new_fixed_and_unchanged(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Rows move, a file is renamed, and still the same finding is the same."""
    before, _ = check(row(1, title=""), row(2, points="many"), row(3, body="ORG-9"))
    (tmp_path / "last.json").write_text(json.dumps(before.to_json()), encoding="utf-8")
    after, _ = check(row(9), row(2, points="many"), row(1, title=""), row(4, title=""))
    report = after.since(read_baseline(tmp_path / "last.json"))
    assert report.compared is not None
    assert (report.compared.new, report.compared.unchanged, report.compared.fixed) == (1, 2, 1)
    assert {f.record.id: f.state for f in report.findings} == {"MC-1": "unchanged", "MC-2": "unchanged", "MC-4": "new"}
    document = report.to_json()
    assert [f["record"]["id"] for f in document["baseline"]["fixed_findings"]] == ["MC-3"]
    assert {g["code"]: g["states"] for g in document["groups"]} == {
        "CRD-TITLE-001": {"new": 1, "unchanged": 1}, "CRD-WORKLOAD-002": {"new": 0, "unchanged": 1},
    }  # fmt: skip
    assert "1 new, 1 fixed, 2 unchanged" in report.to_text()
    states = [r["baselineState"] for r in to_sarif(report)["runs"][0]["results"]]
    assert sorted(states) == ["absent", "new", "unchanged", "unchanged"]
    assert "Fixed since the last report" in to_html(report)


def test_the_same_file_again_has_nothing_new(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A baseline of itself: all unchanged, nothing fixed."""
    report, _ = check(*(row(i, title="", points="many") for i in range(20)))
    (tmp_path / "last.json").write_text(json.dumps(report.to_json()), encoding="utf-8")
    again = report.since(read_baseline(tmp_path / "last.json"))
    assert again.compared is not None
    assert (again.compared.new, again.compared.fixed, again.compared.unchanged) == (0, 0, 40)


@pytest.mark.parametrize("text", ["{}", "[]", "nonsense", '{"fingerprints": 1}', ""])
def test_what_is_no_report_is_no_baseline(tmp_path: Path, text: str) -> None:
    """A sentence, not a traceback."""
    (tmp_path / "last.json").write_text(text, encoding="utf-8")
    with pytest.raises(WrongUse, match="no JSON report"):
        read_baseline(tmp_path / "last.json")


def test_a_report_too_large_to_compare_says_so(tmp_path: Path) -> None:
    """Half a comparison would call old findings new."""
    report, _ = report_of(50)
    document = report.to_json(limits=Limits(fingerprints_kept=10))
    assert document["fingerprints"] == []
    (tmp_path / "last.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(WrongUse, match="too many"):
        read_baseline(tmp_path / "last.json")


def waiver(code: str = "CRD-TITLE-001", **given: object) -> Waiver:
    return Waiver(code=code, who="A. Steward", why="agreed", **{"until": LATER, **given})  # type: ignore[arg-type]


def test_a_waived_error_refuses_no_record(check) -> None:  # type: ignore[no-untyped-def]
    """It is shown apart, with who, why and until when, and counts no more."""
    report, _ = check(row(1, title=""), row(2, title=""), waivers=[waiver(record="MC-1")])
    assert [f.record.id for f in report.findings] == ["MC-2"]
    assert [iri.rpartition("/")[2] for iri in report.rejected] == ["MC-2"]
    (use,) = report.waived
    assert use.count == 1 and not use.expired
    assert "1 finding is waived" in report.to_text()
    html = to_html(report)
    assert "A. Steward" in html and "2027-01-01" in html
    assert report.to_json()["waivers"][0]["findings"] == 1


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ({"code": "CRD-TITLE-001", "cell": "b2"}, ["B3", "D4"]),
        ({"code": "CRD-TITLE-001", "column": "Title"}, ["D4"]),
        ({"code": "CRD-WORKLOAD-002", "pattern": "* points of*"}, ["B2", "B3"]),
        ({"code": "CRD-WORKLOAD-002", "pattern": "(a+)+$"}, ["B2", "B3", "D4"]),
        ({"code": "CRD-*", "pattern": "*"}, []),
        ({"code": "CRD-TITLE-001", "record": "https://w3id.org/mcgraph/id/test/credential/MC-1"}, ["B3", "D4"]),
    ],
)
def test_a_waiver_covers_what_it_says_and_no_more(check, given: dict[str, str], left: list[str]) -> None:  # type: ignore[no-untyped-def]
    """By cell, column, pattern (only `*` is special), family of codes, record."""
    report, _ = check(row(1, title=""), row(2, title=""), row(3, points="12 points of ours"), waivers=[waiver(**given)])
    assert [f.where.cell for f in report.findings] == left


def test_a_waiver_that_has_run_out_is_a_finding(check) -> None:  # type: ignore[no-untyped-def]
    """What it covered counts again, and the waiver itself is told."""
    old = waiver(record="MC-1", until=datetime.date(2026, 11, 23), file="waivers.csv", line=2)
    report, _ = check(row(1, title=""), waivers=[old], lang="fr")
    assert [f.code for f in report.findings] == ["SYS-WAIVER-001", "CRD-TITLE-001"]
    assert report.findings[0].message == "La dérogation a expiré" and "MC-1" in report.findings[0].found
    assert len(report.rejected) == 1
    on_the_day, _ = check(row(1, title=""), waivers=[waiver(record="MC-1", until=datetime.date(2026, 11, 24))])
    assert len(on_the_day.findings) == 0


def test_a_waiver_of_nothing_is_told(check) -> None:  # type: ignore[no-untyped-def]
    """Otherwise the list only ever grows."""
    report, _ = check(row(1), waivers=[waiver(record="MC-7")])
    assert "not needed: CRD-TITLE-001" in report.to_text()
    assert report.to_json()["waivers"][0]["findings"] == 0


def test_waivers_are_read_from_csv_and_yaml(tmp_path: Path) -> None:
    """The same waiver in either form."""
    (tmp_path / "w.csv").write_text(
        "code,record,who,why,until\nCRD-TITLE-001,MC-1,A. Steward,agreed,2027-01-01\n", encoding="utf-8"
    )
    (tmp_path / "w.yaml").write_text(
        "waivers:\n- {code: CRD-TITLE-001, record: MC-1, who: A. Steward, why: agreed, until: 2027-01-01}\n",
        encoding="utf-8",
    )
    one, other = (read_waivers(tmp_path / name)[0] for name in ("w.csv", "w.yaml"))
    assert one.to_json() | {"file": "", "line": 0} == other.to_json() | {"file": "", "line": 0}
    assert one.line == 2


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{code: CRD-TITLE-001, record: MC-1, why: x, until: 2027-01-01}", "«who»"),
        ("{code: CRD-TITLE-001, record: MC-1, who: x, until: 2027-01-01}", "«why»"),
        ("{code: CRD-TITLE-001, record: MC-1, who: x, why: y}", "«until»"),
        ("{code: CRD-TITLE-001, record: MC-1, who: x, why: y, until: soon}", "no date"),
        ("{code: CRD-TITLE-001, who: x, why: y, until: 2027-01-01}", "whole rule"),
        ("{code: title, record: MC-1, who: x, why: y, until: 2027-01-01}", "no code"),
        ("{code: CRD-TITLE-001, recrod: MC-1, who: x, why: y, until: 2027-01-01}", "«recrod»"),
        ("text", "list of waivers"),
    ],
)
def test_a_waiver_without_who_why_or_until_is_refused(tmp_path: Path, entry: str, words: str) -> None:
    """Nobody waives a rule silently or for ever."""
    (tmp_path / "w.yaml").write_text(f"- {entry}\n", encoding="utf-8")
    with pytest.raises(InputRefused, match=words):
        read_waivers(tmp_path / "w.yaml")


def test_waived_records_are_loaded(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The command line from end to end: refused without the waiver, stored with it."""
    (tmp_path / "credentials.csv").write_text(
        "credential_id,title,awarding_body\nMC-1,,ORG-1\n", encoding="utf-8"
    )
    (tmp_path / "organisations.csv").write_text("organisation_id,name\nORG-1,A\n", encoding="utf-8")
    (tmp_path / "w.csv").write_text(
        "code,record,who,why,until\nCRD-TITLE-001,MC-1,A. Steward,agreed,2027-01-01\n", encoding="utf-8"
    )
    load = ("--store", tmp_path / "store", "load", tmp_path / "credentials.csv", tmp_path / "organisations.csv",
            "--mapping", "template", "--source", "s", "--date", "2026-11-24", "--json")  # fmt: skip
    assert json.loads(mcgraph(*load).stdout)["records"]["rejected"] == 1
    assert json.loads(mcgraph(*load, "--waivers", tmp_path / "w.csv").stdout)["records"]["rejected"] == 0


def test_baseline_and_waivers_on_the_command_line(mcgraph, tmp_path: Path, root: Path) -> None:  # type: ignore[no-untyped-def]
    """The JSON says which files were used; the exit code follows what is left."""
    demo = root / "data" / "demo" / "registry.xlsx"
    base = ("--store", tmp_path / "no", "validate", demo, "--date", "2026-11-24")
    first = mcgraph(*base, "--report", tmp_path / "last.json")
    assert first.returncode == 1
    (tmp_path / "w.yaml").write_text(
        '- {code: "*", pattern: "*", who: A, why: B, until: 2030-01-01}\n', encoding="utf-8"
    )
    refused = mcgraph(*base, "--waivers", tmp_path / "w.yaml")
    assert refused.returncode == 3 and "no code" in refused.stderr
    again = mcgraph(*base, "--baseline", tmp_path / "last.json", "--json")
    document = json.loads(again.stdout)
    assert document["baseline"]["new"] == 0 and document["baseline"]["unchanged"] == document["total_findings"] == 34
    assert document["options"]["baseline"] == "last.json"
    assert document["inputs"][0]["name"] == "registry.xlsx" and len(document["inputs"][0]["sha256"]) == 64
