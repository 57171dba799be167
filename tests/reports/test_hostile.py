"""What a hostile submission tries, in every file that mcgraph writes about it."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.model.language import language
from mcgraph.report.annotate import annotate
from mcgraph.report.correct import Correction, write_diff
from mcgraph.report.findings import write_report
from mcgraph.report.ooxml import Package
from mcgraph.report.page import to_html
from mcgraph.report.refused import Table, write_refused
from mcgraph.report.tabular import harmless_expr, to_csv
from tests.reports.many import report_of
from tests.reports.pages import Page

TRIGGERS = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1+1", "\r=1+1", '=HYPERLINK("http://x.example","y")', "=cmd|'/c calc'!A0",
]  # fmt: skip
START = re.compile(r"^[=+\-@\t\r]")
NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def cells_of(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


def dangerous(cells: list[str]) -> list[str]:
    return [cell for cell in cells if START.match(cell) and not NUMBER.fullmatch(cell)]


def formulas(path: Path) -> list[str]:
    book = openpyxl.load_workbook(path)
    return [c.coordinate for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"]


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_no_export_carries_a_formula(trigger: str, tmp_path: Path) -> None:
    """CSV, workbook, diff, refused rows: a spreadsheet that opens them runs nothing."""
    report, batch = report_of(20, value=trigger)
    assert dangerous(cells_of(to_csv(report))) == []
    write_report(report, batch, tmp_path / "r.xlsx")
    assert formulas(tmp_path / "r.xlsx") == []
    found = [c.value for c in openpyxl.load_workbook(tmp_path / "r.xlsx")["Findings"]["L"]]
    assert trigger.replace("\r", "") in [str(value) for value in found]
    change = Correction(trigger, trigger, "A1", trigger, trigger, trigger, "CRD-X-001", trigger)
    write_diff((change,), tmp_path / "d.csv", language("en"))
    assert dangerous(cells_of((tmp_path / "d.csv").read_text(encoding="utf-8-sig"))) == []
    table = Table("f.csv", "", "Credentials", ["id", trigger], [(2, ["MC-1", trigger])])
    told = [finding.to_json() for finding in report.findings.sampled(2)]
    for name in ("q.csv", "q.xlsx"):
        write_refused([table], told, tmp_path / name, language("en"), "2026-11-24")
    assert dangerous(cells_of((tmp_path / "q.csv").read_text(encoding="utf-8-sig"))) == []
    assert formulas(tmp_path / "q.xlsx") == []


def test_numbers_are_left_alone() -> None:
    """A credit of -3 stays -3: only what could be run gets a quote."""
    import polars as pl

    frame = pl.DataFrame({"a": ["-3", "+2.5", "-3+1", "plain", "=1"]})
    assert frame.select(harmless_expr("a")).to_series().to_list() == ["-3", "+2.5", "'-3+1", "plain", "'=1"]


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_an_annotated_text_file_has_no_formula(check, tmp_path: Path, trigger: str) -> None:  # type: ignore[no-untyped-def]
    """The copy shows the texts as they were submitted, as texts."""
    quoted = '"' + trigger.replace('"', '""') + '"'
    report, _ = check(f"MC-1,{quoted},ORG-9,2,6,nanodegree,")
    annotate(report, tmp_path / "credentials.csv", tmp_path / "a.xlsx")
    assert formulas(tmp_path / "a.xlsx") == []


PAYLOADS = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</td></tr></table><h1>mine</h1>", "{{ 7*7 }}",
    "{% for x in y %}", "javascript:alert(1)", "<a href='javascript:alert(1)'>x</a>", "<!-- ", "]]>", "&lt;b&gt;",
    "\u202eevil\u2066", "\x00\x1b[31m", "<svg onload=alert(1)>", "<style>*{display:none}</style>", "' onmouseover='x",
]  # fmt: skip


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_label_adds_nothing_to_the_page(payload: str) -> None:
    """The same elements and attributes as for a harmless text, no link but our own, no sign that turns text around."""
    plain, hostile = Page(to_html(report_of(5, value="plain")[0])), Page(to_html(report_of(5, value=payload)[0]))
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in plain.elements]
    assert [sorted(a) for _, a in hostile.elements] == [sorted(a) for _, a in plain.elements]
    assert all(str(a["href"]).startswith("#") for tag, a in hostile.elements if tag == "a")
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", "".join(hostile.text))


@pytest.mark.parametrize("payload", [*PAYLOADS, "[x](javascript:alert(1))", "![x](http://x.example/y)", "a | b", "@all",
                                     "#1", "http://x.example", "www.x.example"])  # fmt: skip
def test_a_label_makes_no_link_in_markdown(payload: str, tmp_path: Path) -> None:
    """No element, link, picture, mention or further column."""
    write_report(*report_of(5, value=payload), tmp_path / "r.md")
    text = (tmp_path / "r.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| error")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) == 8 for row in rows)
    assert not re.search(r"<\w|(?<!\\)\]\(|://|(?<![&])@|www\.", "".join(rows))


def test_hostile_turtle_stays_one_report(tmp_path: Path) -> None:
    """Quotes, line ends and angle brackets of values and records cannot close a term."""
    import pyoxigraph as ox

    from mcgraph.report.rdf import _other_findings

    report, _ = report_of(4, value='a" ] . <x:y> <x:y> "\n\\')
    frame = report.findings.frame
    import dataclasses

    import polars as pl

    hostile = frame.with_columns(pl.lit("").alias("component"), pl.lit("x:a> <x:b> .\n").alias("record"))
    mine = dataclasses.replace(report, findings=dataclasses.replace(report.findings, frame=hostile))
    blocks = "\n".join(_other_findings(mine, 10))
    head = "@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix mcsh: <https://w3id.org/mcgraph/shapes#> .\n"
    quads = list(ox.parse(head + blocks, format=ox.RdfFormat.TURTLE))
    assert {q.predicate.value for q in quads if "x:" in q.predicate.value} == set()
    assert sum(q.predicate.value.endswith("#result") for q in quads) == 4


def test_a_page_of_many_causes_and_huge_cells_stays_small() -> None:
    """300 causes, each value 20,000 signs that HTML writes with five: still under 5 MB, the totals true."""
    report, _ = report_of(4_000, value="<" * 20_000, codes=10, columns=300)
    html = to_html(report)
    assert len(html.encode()) < 5_000_000
    assert "4,000 findings" in html and f"{len(report.groups) - Limits().page_groups} further causes" in html
    assert html.count("<section class=") == Limits().page_groups


def test_half_a_million_findings_are_bounded(tmp_path: Path) -> None:
    """Caps hold and say so; a table row is a cell shown, so they can be counted."""
    report, batch = report_of(500_000, columns=2)
    html = to_html(report)
    assert len(html.encode()) < 5_000_000 and "500,000 findings" in html
    assert html.count('<td class="spot">') == 50 * len(report.groups)
    document = report.to_json()
    assert document["total_findings"] == 500_000 and document["truncated"]
    assert len(document["findings"]) == 1_000 * len(report.groups)
    assert document["fingerprints"] == []
    for ending, most in ((".csv", 90_000_000), (".sarif", 20_000_000), (".txt", 5_000), (".md", 5_000)):
        write_report(report, batch, tmp_path / f"r{ending}")
        assert (tmp_path / f"r{ending}").stat().st_size < most


@pytest.mark.long
def test_ten_million_findings_stay_openable(tmp_path: Path) -> None:
    """Memory under 8 GB, the page under 5 MB, each report written in a minute of computing."""
    import resource
    import time

    report, batch = report_of(10_000_000)
    for ending in (".html", ".json", ".csv", ".xlsx", ".ttl", ".sarif", ".md", ".svg", ".txt"):
        start = time.process_time()
        write_report(report, batch, tmp_path / f"r{ending}")
        assert time.process_time() - start < 90, ending
    assert (tmp_path / "r.html").stat().st_size < 5_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 8_000_000


def bomb(path: Path, demo: Path) -> None:
    """A workbook with a part that unpacks to far more than it packs."""
    with zipfile.ZipFile(demo) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("xl/media/image.bin", b"\x00" * 60_000_000)


def test_a_bomb_is_not_opened_for_annotating(demo_file: Path, tmp_path: Path) -> None:
    """The guards of the reader stand before every other opener too."""
    bomb(tmp_path / "b.xlsx", demo_file)
    with pytest.raises(LimitReached, match="bomb"):
        Package(tmp_path / "b.xlsx", Limits())


def test_a_workbook_of_a_million_empty_rows_is_refused_in_a_sentence(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """One value in the last cell of a sheet: exit 4, no copy, no report, no traceback."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Credentials"
    sheet.append(["credential_id", "title", "awarding_body"])
    sheet.cell(1_048_576, 1, "MC-1")
    book.save(tmp_path / "long.xlsx")
    done = mcgraph("--store", tmp_path / "no", "validate", tmp_path / "long.xlsx", "--annotate", tmp_path / "a.xlsx",
                   "--report", tmp_path / "r.html")  # fmt: skip
    assert done.returncode == 4 and "1,048,575 rows" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "a.xlsx").exists() and not (tmp_path / "r.html").exists()


def test_formatted_rows_without_values_are_no_rows(mcgraph, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A column that somebody coloured to the last row of the sheet: the two rows with values are checked."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Credentials"
    sheet.append(["credential_id", "title", "awarding_body"])
    sheet.append(["MC-1", "Data ethics", "ORG-1"])
    sheet.cell(1_048_576, 2).fill = openpyxl.styles.PatternFill("solid", fgColor="FFFF00")
    book.save(tmp_path / "coloured.xlsx")
    done = mcgraph("--store", tmp_path / "no", "validate", tmp_path / "coloured.xlsx", "--annotate",
                   tmp_path / "a.xlsx", "--report", tmp_path / "r.json", "--fail-on", "never")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))["records"]["read"] == 1
    copy = openpyxl.load_workbook(tmp_path / "a.xlsx")
    assert copy["Credentials"].cell(1_048_576, 2).fill.fgColor.rgb == "00FFFF00"


def test_external_links_are_neither_followed_nor_lost(mcgraph, demo_file: Path, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """A relation to a file elsewhere stays in the annotated copy to the letter; nothing is fetched for it."""
    link = '<Relationship Id="rId9" Type="http://x/externalLink" Target="file:///etc/passwd" TargetMode="External"/>'
    with zipfile.ZipFile(demo_file) as old, zipfile.ZipFile(tmp_path / "x.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/_rels/workbook.xml.rels":
                content = content.replace(b"</Relationships>", link.encode() + b"</Relationships>")
            new.writestr(name, content)
    done = mcgraph("--store", tmp_path / "no", "validate", tmp_path / "x.xlsx", "--annotate", tmp_path / "a.xlsx")
    assert done.returncode == 1, done.stderr
    with zipfile.ZipFile(tmp_path / "a.xlsx") as copy:
        assert link.encode() in copy.read("xl/_rels/workbook.xml.rels")
        assert not any(b"root:" in copy.read(name) for name in copy.namelist())
