"""The page of the landscape: well-formed, readable without sight, colour, scripts or network, and on paper."""

from __future__ import annotations

import dataclasses
import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcgraph.briefing import Briefing, gather
from mcgraph.demo.run import DAY
from mcgraph.model.language import language
from mcgraph.report.landscape import to_html, write_tables
from mcgraph.store import open_graph
from tests.reports.pages import Page

Run = Callable[..., "subprocess.CompletedProcess[str]"]
HOSTILE = "</td><script>alert(1)</script>\u202e=1+1"


def test_the_page_is_well_formed(page: str) -> None:
    """Elements nest, ids are unique, every link inside the page leads somewhere."""
    seen = Page(page)
    assert not seen.open
    ids = [attributes["id"] for _, attributes in seen.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {a["href"] for name, a in seen.elements if name == "a" and (a.get("href") or "").startswith("#")}
    assert targets <= {f"#{one}" for one in ids}
    assert len(page.encode()) < 2_000_000


def test_headings_are_in_order(page: str) -> None:
    """One first heading, and no level is left out."""
    levels = [int(name[1]) for name, _ in Page(page).elements if re.fullmatch(r"h[1-6]", name)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))


def test_every_table_and_drawing_is_told(page: str, english: Briefing) -> None:
    """Tables have a caption and scopes; drawings have a title, a description and a table below."""
    seen = Page(page)
    assert seen.count("table") == seen.count("caption") == len([f for f in english.figures if f.rows]) + 1
    assert all(attributes.get("scope") in ("col", "row") for name, attributes in seen.elements if name == "th")
    drawings = [attributes for name, attributes in seen.elements if name == "svg"]
    assert len(drawings) == len([f for f in english.figures if f.rows and f.drawing]) > 10
    assert all(one["role"] == "img" and one["aria-label"] for one in drawings)
    assert seen.count("title") == len(drawings) + 1
    assert seen.count("desc") == len(drawings)


def test_nothing_comes_from_elsewhere_and_nothing_runs(page: str) -> None:
    """No script, no style sheet, no picture and no font by address."""
    seen = Page(page)
    assert not {"script", "link", "iframe", "img", "image", "use"} & {name for name, _ in seen.elements}
    assert not any(key.startswith("on") for _, attributes in seen.elements for key in attributes)
    assert not re.search(r"@import|url\((?!#)", page)
    assert all(
        (attributes.get("href") or "").startswith(("#", "data:text/csv"))
        for name, attributes in seen.elements
        if name == "a"
    )


def test_synthetic_data_is_named_on_every_part(page: str, english: Briefing) -> None:
    """At the top, at each section, and in the margin of every printed page."""
    assert "SYNTHETIC DATA: the records of demo-registry are invented." in page
    assert page.count('class="mark screen"') == len(english.sections)
    assert '@top-right { content: "Synthetic data";' in page


def test_every_number_of_a_figure_is_on_the_page(page: str, english: Briefing) -> None:
    """Each row of each table, in order."""
    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", page)
    for one in english.figures:
        counts = [f"{v:,}" for row in one.rows for v in row if isinstance(v, int)]
        assert not set(counts) - set(cells), one.key
        assert one.command.replace("'", "&#39;") in page


def test_the_same_briefing_gives_the_same_bytes(store: Path, english: Briefing, page: str) -> None:
    """Nothing of the clock, the machine or the order of a set is in it."""
    with open_graph(store) as graph:
        assert to_html(english, graph.stats()["sources"], "en") == page


def test_french_is_french(store: Path) -> None:
    """No English sentence is left, but for the names in the data."""
    with open_graph(store) as graph:
        told = to_html(gather(graph, date=DAY, lang="fr"), graph.stats()["sources"], "fr")
    assert '@top-right { content: "Donn\\0000e9es synth\\0000e9tiques";' in told
    assert '<html lang="fr">' in told and "Allemagne" in told and "non précisé" in told
    text = told[: told.index('id="how"')]
    english, french = language("en").texts, language("fr").texts
    for key, said in english.items():
        if key.startswith("landscape.") and said != french[key] and "{" not in said and len(said) > 12:
            assert f">{said}<" not in text, key


def test_without_charts_the_tables_stand_alone(store: Path, english: Briefing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the extra is not installed the page says so, and has every table."""
    monkeypatch.setitem(sys.modules, "altair", None)
    told = to_html(english, (), "en")
    seen = Page(told)
    assert not seen.open and seen.count("svg") == 0
    assert "The charts are missing" in told
    assert seen.count("table") == len([f for f in english.figures if f.rows]) + 1


def test_hostile_labels_stay_text(english: Briefing, tmp_path: Path) -> None:
    """A name cannot become markup, turn the text around, or run in a spreadsheet."""
    first = english.sections[0].figures[0]
    row = (HOSTILE, *first.rows[0][1:])
    bad = dataclasses.replace(first, rows=(row, ("=cmd|' /C calc'!A0", 1, 1)), notes=(HOSTILE,), sources=(HOSTILE,))
    section = dataclasses.replace(english.sections[0], figures=(bad,), said=(HOSTILE,))
    briefing = dataclasses.replace(english, sections=(section,), keys=(), synthetic=(HOSTILE,))
    told = to_html(briefing, [], "en")
    seen = Page(told)
    assert not seen.open and "script" not in {name for name, _ in seen.elements}
    assert "\u202e" not in re.sub(r"<svg.*?</svg>", "", told, flags=re.S)
    written = write_tables(briefing, tmp_path)[0].read_text(encoding="utf-8-sig")
    assert "'=cmd" in written


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_it_prints(page: str, tmp_path: Path) -> None:
    """A browser makes a PDF of several pages."""
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
         f"--print-to-pdf={tmp_path / 'page.pdf'}", "--no-pdf-header-footer", (tmp_path / "page.html").as_uri()],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    printed = (tmp_path / "page.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) > 10


def test_the_command_writes_page_tables_and_document(store: Path, mcgraph: Run, tmp_path: Path, page: str) -> None:
    """What the library gives is what the command writes."""
    out, tables = tmp_path / "l.html", tmp_path / "tables"
    line = ("--store", store, "report", "landscape", "--date", DAY.isoformat())
    done = mcgraph(*line, "-o", out, "--data", tables, "--json")
    assert done.returncode == 0, done.stderr
    assert out.read_text(encoding="utf-8") == page
    assert len(list(tables.glob("*.csv"))) == done.stdout.count('"rows_left_off"')


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((), "nothing is asked for"),
        (("-o", "page.pdf"), "is not a report format"),
        (("-o", "nowhere/page.html"), "is not there"),
        (("--json", "--lang", "xx"), "no language"),
        (("--json", "--date", "soon"), "does not match the format"),
        (("--data", "nowhere/tables"), "is not there"),
    ],
)
def test_wrong_inputs_are_told(given: tuple[str, ...], said: str, store: Path, mcgraph: Run, tmp_path: Path) -> None:
    """A sentence and the code of a wrong use, and no file."""
    done = mcgraph("--store", store, "report", "landscape", *given, cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())
