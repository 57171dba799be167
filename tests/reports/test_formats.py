"""Every format says the same: read back by something that is not ours, it has the findings it should have."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import jsonschema
import openpyxl
import pytest
import rdflib

from mcgraph.errors import WrongUse
from mcgraph.report.findings import FORMATS, write_report
from mcgraph.report.page import to_html
from mcgraph.report.sarif import to_sarif
from mcgraph.report.tabular import to_csv
from mcgraph.validation import validate
from tests.reports.pages import Page

SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
MCSH = rdflib.Namespace("https://w3id.org/mcgraph/shapes#")


def test_the_page_can_be_read_by_everybody(demo) -> None:  # type: ignore[no-untyped-def]
    """One title, landmarks, captions, unique anchors that all exist, and no script, link or picture from outside."""
    page = Page(to_html(demo[0]))
    assert page.open == []
    assert page.count("h1") == page.count("main") == page.count("nav") == page.count("header") == 1
    assert page.count("table") == page.count("caption") > 20
    assert all(a.get("scope") == "col" for tag, a in page.elements if tag == "th")
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {str(a["href"])[1:] for tag, a in page.elements if tag == "a"}
    assert targets <= set(ids)
    for _, given in page.elements:
        for reference in ("aria-labelledby", "for"):
            assert given.get(reference) is None or given[reference] in ids
    assert page.count("script") == page.count("img") == page.count("link") == page.count("iframe") == 0
    policy = next(a["content"] for tag, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'")


def test_the_first_screen_says_what_to_fix(demo) -> None:  # type: ignore[no-untyped-def]
    """Verdict, then causes in order, each with its number, before any cell is shown."""
    report = demo[0]
    html = to_html(report)
    assert html.index("407 errors, 298 warnings") < html.index("Quality assurance of the credential is missing")
    overview = html[: html.index('id="details"')]
    for group in report.groups:
        assert f">{group.count:,}<" in overview
    assert "710 findings come down to 33 causes" in overview


def relative(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_colours_have_contrast(demo) -> None:  # type: ignore[no-untyped-def]
    """4.5 to 1 for text on paper and on shade, light and dark (WCAG 2.2, 1.4.3); a word always stands beside them."""
    html = to_html(demo[0])
    for block in re.findall(r":root \{(.*?)\}", html, re.DOTALL):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))
        for ink in ("ink", "soft", "error", "warning", "info", "ok"):
            for ground in ("paper", "shade"):
                light, dark = sorted((relative(colours[ink]), relative(colours[ground])), reverse=True)
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (ink, ground)
    for level in ("error", "warning", "remark"):
        assert re.search(rf'<span class="tag \w+"><span aria-hidden="true">.</span> {level}</span>', html)


def test_the_json_keeps_its_schema(demo, root: Path) -> None:  # type: ignore[no-untyped-def]
    """All 710 findings, in the published form."""
    document = json.loads(json.dumps(demo[0].to_json()))
    contract = root / "docs" / "contract"
    schema = json.loads((contract / "validate.schema.json").read_text(encoding="utf-8"))
    finding = json.loads((contract / "finding.schema.json").read_text(encoding="utf-8"))
    schema["properties"]["findings"]["items"] = {k: v for k, v in finding.items() if k not in ("$id", "$schema")}
    jsonschema.validate(document, schema)
    assert document["total_findings"] == len(document["findings"]) == 710
    groups = {group["id"]: group["count"] for group in document["groups"]}
    assert Counter(f["group"] for f in document["findings"]) == groups


def test_the_csv_has_every_finding_in_its_cell(demo) -> None:  # type: ignore[no-untyped-def]
    """Read by the standard library, row by row the same as the objects."""
    rows = list(csv.DictReader(io.StringIO(to_csv(demo[0]))))
    assert len(rows) == 710
    for row, finding in zip(rows, demo[0].findings, strict=True):
        assert (row["code"], row["cell"], row["column"]) == (finding.code, finding.where.cell, finding.where.column)
        assert row["what is wrong"] == finding.message
        assert row["found"].removeprefix("'") == finding.found.removeprefix("'")
        assert row["record"] == (finding.record.id or finding.record.iri)


def test_the_data_frame_has_every_finding(demo) -> None:  # type: ignore[no-untyped-def]
    """For a notebook: the same rows, with numbers as numbers."""
    frame = demo[0].to_dataframe()
    assert len(frame) == 710
    assert list(frame["cell"]) == [finding.where.cell for finding in demo[0].findings]
    assert int(frame["row"].max()) == max(finding.where.row or 0 for finding in demo[0].findings)


def test_the_command_knows_the_formats_there_are() -> None:
    """The command refuses an ending before any work is done; its list is the writers' list."""
    from mcgraph.cli import reporting

    assert tuple(FORMATS) == reporting.FORMATS


def test_the_workbook_has_three_sheets(demo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Summary, causes, findings; filters on, head frozen."""
    write_report(*demo, tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Summary", "Causes", "Findings"]
    assert book["Findings"].max_row == 711
    assert book["Causes"].max_row == 34
    assert book["Findings"].auto_filter.ref and book["Findings"].freeze_panes == "A2"


def test_the_turtle_is_a_validation_report(demo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Every result of the engine with focus node, path, component and severity; every finding with its cell."""
    report, batch = demo
    write_report(report, batch, tmp_path / "r.ttl")
    graph = rdflib.Graph().parse(tmp_path / "r.ttl")
    node = graph.value(predicate=rdflib.RDF.type, object=SH.ValidationReport)
    assert graph.value(node, SH.conforms) == rdflib.Literal(False)
    results = list(graph.objects(node, SH.result))
    others = report.findings.frame.filter(report.findings.frame["component"] == "").height
    assert len(results) == report.results.height + others == 710
    said = Counter((str(graph.value(r, SH.focusNode)), str(graph.value(r, SH.sourceShape))) for r in results)
    for focus, shape in report.results.select("focus", "shape").iter_rows():
        assert said[(focus, shape)] > 0
    cells = Counter(str(graph.value(r, MCSH.cell)) for r in results if graph.value(r, MCSH.cell))
    assert cells == Counter(f.where.cell for f in report.findings if f.where.cell)
    for result in results:
        for needed in (SH.focusNode, SH.resultSeverity, SH.sourceConstraintComponent, MCSH.code):
            assert graph.value(result, needed) is not None


def test_the_turtle_agrees_with_pyshacl(check, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The same results as the reference: focus node, path, component, value and severity, echoes included."""
    from pyshacl import validate as reference

    from mcgraph.model import bundled

    report, batch = check("MC-1,,ORG-1,many,9,nanodegree,2026-01-31", "MC-2,B,ORG-1,-3,6,nanodegre,soon")
    write_report(report, batch, tmp_path / "r.ttl")
    data = io.BytesIO()
    batch.write_ntriples(data)
    rdflib.NORMALIZE_LITERALS = False
    try:
        shapes = rdflib.Graph()
        for name in ("submission", "record-core", "stacking-recognition"):
            shapes.parse(bundled.path("shapes", f"{name}.ttl"))
        given = rdflib.Graph().parse(data=data.getvalue(), format="nt")
        expected = reference(given, shacl_graph=shapes, inference="none", advanced=False)[1]
        ours = rdflib.Graph().parse(tmp_path / "r.ttl")
    finally:
        rdflib.NORMALIZE_LITERALS = True

    def told(graph: rdflib.Graph) -> Counter[tuple[str, ...]]:
        keys = (SH.focusNode, SH.resultPath, SH.sourceConstraintComponent, SH.value, SH.resultSeverity)
        nodes = graph.subjects(rdflib.RDF.type, SH.ValidationResult)
        found = Counter(tuple(str(graph.value(node, key)) for key in keys) for node in nodes)
        return Counter({key: n for key, n in found.items() if "shapes#Rule" not in key[2]})

    wanted = {key: n for key, n in told(expected).items() if key[0].split("/")[-1] in ("MC-1", "MC-2")}
    mine = {key: n for key, n in told(ours).items() if key[0].split("/")[-1] in ("MC-1", "MC-2")}
    assert mine == wanted
    assert len(mine) >= 6


def test_the_sarif_is_what_the_standard_asks(demo) -> None:  # type: ignore[no-untyped-def]
    """SARIF 2.1.0, the required properties and the values that are bound (sections 3.13 to 3.30)."""
    log = json.loads(json.dumps(to_sarif(demo[0])))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-schema-2.1.0.json")
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules)) and run["tool"]["driver"]["name"]
    assert len(run["results"]) == 710
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        assert re.fullmatch(r"[0-9a-f]{40}", result["partialFingerprints"]["mcgraph/v1"])
        for location in result["locations"]:
            physical = location.get("physicalLocation", {})
            assert "region" not in physical or physical["region"]["startLine"] >= 1
            assert " " not in physical.get("artifactLocation", {}).get("uri", "")
    first = next(r for r in run["results"] if r["ruleId"] == "CRD-COUNTRY-001")
    assert first["locations"][0]["physicalLocation"]["region"] == {"startLine": 23, "startColumn": 11}


def test_a_text_file_is_placed_by_its_physical_line(check) -> None:  # type: ignore[no-untyped-def]
    """A quoted line break moves lines and rows apart; a code host shows lines."""
    report, _ = check('MC-1,"two\nlines",ORG-1,2,6,nanodegree,', "MC-2,,ORG-1,2,6,nanodegree,")
    (result,) = to_sarif(report)["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 4}
    assert report.findings[0].where.row == 3


def test_the_badge_is_a_picture_that_says_it_in_words(demo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Well-formed, small, with a title for those who do not see it."""
    write_report(*demo, tmp_path / "r.svg")
    root = ET.parse(tmp_path / "r.svg").getroot()
    assert "407 errors" in str(root.get("aria-label"))
    assert (tmp_path / "r.svg").stat().st_size < 2_000


def test_markdown_names_every_cause(demo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """One row of the table per cause."""
    write_report(*demo, tmp_path / "r.md")
    rows = [line for line in (tmp_path / "r.md").read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + len(demo[0].groups)


@pytest.mark.parametrize("ending", [".json", ".html", ".sarif", ".ttl", ".csv", ".md", ".svg", ".xlsx"])
def test_the_same_input_gives_the_same_bytes(check, tmp_path: Path, ending: str) -> None:  # type: ignore[no-untyped-def]
    """Same files, rules and date: byte-identical, on any day."""
    rows = ("MC-1,,ORG-9,many,9,x,", "MC-2,B,ORG-1,12 points,6,nanodegre,")
    for name in ("first", "second"):
        write_report(*check(*rows), tmp_path / f"{name}{ending}")
    assert (tmp_path / f"first{ending}").read_bytes() == (tmp_path / f"second{ending}").read_bytes()


def test_another_date_gives_another_answer(check) -> None:  # type: ignore[no-untyped-def]
    """`--date` is part of what the bytes depend on."""
    import datetime

    report, batch = check("MC-1,,ORG-1,2,6,nanodegree,")
    other = validate(batch, profile="submission", date=datetime.date(2027, 1, 1))
    assert report.to_json() != other.to_json()


def test_an_unknown_ending_is_refused_with_the_known_ones(demo, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """The message lists all nine."""
    with pytest.raises(WrongUse) as refused:
        write_report(*demo, tmp_path / "r.pdf")
    assert all(ending in str(refused.value) for ending in FORMATS)


def sarif_schema(root: Path) -> Path | None:
    """A copy of the OASIS schema: `MCGRAPH_SARIF_SCHEMA`, or that of npm's @microsoft/jest-sarif beside the project."""
    named = os.environ.get("MCGRAPH_SARIF_SCHEMA")
    packed = sorted((root / "node_modules" / "@microsoft" / "jest-sarif" / "lib" / "schemas").glob("sarif-2.1.0*.json"))
    return Path(named) if named else packed[-1] if packed else None


def test_the_sarif_validates_against_the_schema_of_oasis(demo, root: Path) -> None:  # type: ignore[no-untyped-def]
    """The whole published schema, not only what we think it says."""
    path = sarif_schema(root)
    if path is None:
        pytest.skip("no copy of the OASIS schema here: `npm install @microsoft/jest-sarif`, or MCGRAPH_SARIF_SCHEMA")
    schema = json.loads(path.read_text(encoding="utf-8"))
    found = jsonschema.Draft4Validator(schema).iter_errors(json.loads(json.dumps(to_sarif(demo[0]))))
    assert [error.message for error in found] == []
