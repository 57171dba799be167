"""What people and scripts see: JSON by its schema, text, CSV, data frames, the heat map, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner, Result

import mcgraph.store
from mcgraph.cli.console import Console
from mcgraph.cli.recognition import command
from mcgraph.errors import McgraphError, WrongUse
from mcgraph.recognition import Register, make_matrix, read_register
from mcgraph.recognition.heatmap import svg
from mcgraph.recognition.listing import list_statements
from mcgraph.recognition.sheet import tables
from tests.recognition.conftest import DAY
from tests.recognition.facts import Said, World, WorldGraph, random_world

SVG = "{http://www.w3.org/2000/svg}"
Call = Callable[..., Result]


@pytest.fixture
def run(demo_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run the command on the demo store; a refusal shows as its exception."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(command, [*arguments, "--as-of", "2026-11-24"], obj=Console(store=demo_store))

    return call


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("IRL-007",),
        ("ORG-IRL-1", "ORG-FIN-1"),
        ("FIN", "IRL"),
        ("IRL-001", "ITA-013"),
        ("--matrix", "country"),
        ("--matrix", "body"),
        ("--gaps",),
        ("--readiness", "IRL-002"),
        ("--readiness-of", "demo"),
    ],
)
def test_every_answer_follows_the_published_schema(run: Call, root: Path, arguments: tuple[str, ...]) -> None:
    """And every statement that is named stands in the evidence with claimant, dates and source."""
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.exception
    found = json.loads(done.stdout)
    schema = json.loads((root / "docs/contract/recognition.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    known = {one["statement"] for one in found.get("evidence", [])}
    for chain in found.get("chains", []):
        assert {link["statement"] for link in chain["links"] if link["statement"]} <= known
    if found["kind"] == "register":
        assert set(found["statements"]) <= known
    assert found["coverage"]["total"] > 0 if "coverage" in found else found["criteria"]


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ((), "recognition statements, as of 2026-11-24"),
        (("IRL-007",), "Foundations of health"),
        (("ORG-IRL-1", "ORG-FIN-1"), "weakest link: by-recogniser"),
        (("FIN", "IRL"), "refused: refused by Carrowmere"),
        (("--matrix", "country"), "2⇄"),
        (("--gaps",), "learners: no source counts awards"),
        (("--readiness", "IRL-002"), "no score is made"),
        (("--readiness-of", "all"), "identification"),
        (("IRL-001", "MLT"), "no chain: "),
    ],
)
def test_text_says_it_and_has_its_coverage(run: Call, arguments: tuple[str, ...], wanted: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 0, done.exception
    assert wanted in done.stdout
    assert "known for" in done.stdout or "criteria" in done.stdout
    assert "snapshot s-" in done.stdout


def test_text_fits_the_terminal(run: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    rows = [line for line in run("--matrix", "body").stdout.splitlines() if line.startswith(("Carrowmere", "─"))]
    assert rows
    assert max(map(len, rows)) <= 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("IRL-999x",), "nothing is called"),
        (("--matrix", "body", "--gaps"), "only one thing"),
        (("--gaps", "-o", "gaps.svg"), "only the matrix is drawn"),
        (("--matrix", "country", "-o", "m.png"), "no ending that is known"),
        (("--completed", "2026-11-25"), "after the day asked about"),
        (("--readiness", "ORG-IRL-1"), "nothing is called"),
        (("--readiness-of", "nobody"), "there is no source"),
    ],
)
def test_wrong_use_is_refused_in_a_sentence(run: Call, arguments: tuple[str, ...], message: str) -> None:
    done = run(*arguments)
    assert isinstance(done.exception, WrongUse)
    assert message in str(done.exception)
    assert isinstance(done.exception, McgraphError)
    assert done.exception.exit_code == 2


def test_files_are_written_once(run: Call, tmp_path: Path) -> None:
    """CSV, JSON and SVG by their endings; nothing is overwritten without --force."""
    for name in ("m.csv", "m.json", "m.svg"):
        assert run("--matrix", "country", "-o", name).exit_code == 0
        assert isinstance(run("--matrix", "country", "-o", name).exception, WrongUse)
        assert run("--matrix", "country", "-o", name, "--force").exit_code == 0
    assert (tmp_path / "m.csv").read_text("utf-8").startswith("from,to,asserted,mutual,one_sided,inferred")
    assert json.loads((tmp_path / "m.json").read_text("utf-8"))["kind"] == "matrix"


HOSTILE = '=cmd|"/c calc"!A1 <script>&"\u202e\x1b[31m'


@pytest.fixture
def hostile() -> Register:
    world = World({"U": "IRL", "V": "FIN"}, {"x": "V"}, [Said("r", "U", what="x")])
    escaped = HOSTILE.replace("\\", "\\\\").replace('"', '\\"').replace("\x1b", "\\u001B")
    text = world.turtle().replace('"Body U"', f'"{escaped}"').replace('"Course x"', f'"{escaped}"')
    return read_register(WorldGraph(text), as_of=DAY)


def test_labels_of_others_cannot_leave_their_cell(hostile: Register) -> None:
    """No formula in CSV, no markup in the drawing."""
    text = tables(list_statements(hostile))[0].to_csv()
    assert "'=cmd" in text
    assert ",=cmd" not in text
    drawing = svg(make_matrix(hostile, "body"))
    ElementTree.fromstring(drawing.replace("\x1b", ""))
    assert "<script>" not in drawing
    assert "\x1b" not in drawing


@pytest.mark.parametrize("seed", range(8))
def test_the_heat_map_draws_every_cell_with_a_title_and_its_number(seed: int) -> None:
    """Nothing by colour alone: each cell tells a screen reader what it holds, and shows the count."""
    register = read_register(WorldGraph(random_world(seed, 14).turtle()), as_of=DAY)
    answer = make_matrix(register, "country")
    tree = ElementTree.fromstring(svg(answer))
    assert tree.get("role") == "img"
    groups = tree.findall(f"{SVG}g")
    assert len(groups) == len(answer.cells)
    for group, cell in zip(groups, answer.cells, strict=True):
        title = group.findtext(f"{SVG}title") or ""
        assert title == group.get("aria-label")
        assert cell.a.label in title
        shown = [text.text or "" for text in group.findall(f"{SVG}text")]
        assert shown[0].split(" ")[0] == str(cell.asserted or "")
        assert ("⇄" in shown[0]) == cell.is_mutual
        assert (f"✘{cell.refused}" in shown[1]) == bool(cell.refused)
    assert svg(answer) == svg(answer)


def test_a_heat_map_of_nothing_is_still_a_drawing() -> None:
    register = read_register(WorldGraph(World({"U": "IRL"}, {"x": "U"}).turtle()), as_of=DAY)
    ElementTree.fromstring(svg(make_matrix(register, "country")))


def test_tables_become_data_frames(demo_store: Path) -> None:
    """The rows of the matrix with numbers as numbers."""
    pytest.importorskip("pandas")
    with mcgraph.store.open_graph(demo_store) as graph:
        answer = make_matrix(read_register(graph, as_of=DAY), "country")
    frame: Any = tables(answer)[0].to_dataframe()
    assert int(frame["asserted"].sum()) == sum(one.asserted for one in answer.cells)
    assert list(frame.columns[:3]) == ["from", "to", "asserted"]


def test_a_register_without_recognition_is_told_with_its_coverage(shared: Path, tmp_path: Path) -> None:
    """Ofqual's register states no recognition of credentials: every face says so and counts what there is."""
    from mcgraph.submissions.loading import load_files

    folder = shared / "data/registries/ofqual_uk/register_prototype/app/data"
    load_files(tmp_path / "store", [folder], mapping="ofqual", source="ofqual", date=DAY)
    for arguments in ((), ("--matrix", "country"), ("GBR", "FRA")):
        done = CliRunner().invoke(command, [*arguments, "--as-of", "2026-06-10"], obj=Console(store=tmp_path / "store"))
        assert done.exit_code == 0, done.exception
        assert "known for 0 of" in done.stdout
        assert "No source in this store states any recognition" in done.stdout or "no chain: " in done.stdout
