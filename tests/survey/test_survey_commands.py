"""The commands and the Python face: one document on stdout, files by their endings, sentences for wrong use."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

import mcgraph as mg
from mcgraph.cli.main import cli
from mcgraph.errors import InputRefused, McgraphError, WrongUse
from tests.survey.surveys import counted

BOOK = "survey: s\nquestions:\n  q: {column: q, type: single, text: {en: Which}, options: {o0: {en: A}, o1: {en: B}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two groups, none of whose cells is small, and a mapping with the wave twice."""
    counted(tmp_path, [[9, 8], [7, 6]])
    (tmp_path / "waves.yaml").write_text(
        'waves:\n  - {label: "1", data: s.csv}\n  - {label: "2", data: s.csv}\n'
        'questions:\n  shared: {"1": q, "2": q}\n',
        encoding="utf-8",
    )
    return tmp_path


def run(folder: Path, *arguments: object) -> Result:
    return CliRunner().invoke(cli, ["--store", str(folder / "none"), "survey", *map(str, arguments)])


def test_a_table_is_one_document(folder: Path) -> None:
    """Nothing but JSON on stdout."""
    document = json.loads(run(folder, "table", "q", "--by", "grp", "-d", folder / "s.csv", "--json").stdout)
    assert [row["n"] for row in document["rows"] if row["group"] == "g0"] == [9, 8, 0]
    assert document["coverage"]["known"] == 30


@pytest.mark.parametrize("ending", ["csv", "json", "parquet", "ttl"])
def test_a_table_is_written_by_its_ending(folder: Path, ending: str) -> None:
    """Once; a second time only with --force."""
    out = folder / f"t.{ending}"
    asked = ("table", "q", "-d", folder / "s.csv", "-o", out)
    assert run(folder, *asked).exit_code == 0
    assert out.stat().st_size > 100
    if ending == "parquet":
        assert pl.read_parquet(out).height == 3
    again = run(folder, *asked)
    assert isinstance(again.exception, WrongUse)
    assert run(folder, *asked, "--force").exit_code == 0


def test_a_trend_is_told_and_drawn(folder: Path) -> None:
    """Two waves; a picture has its table beside it."""
    told = run(folder, "trend", "shared", "--waves", folder / "waves.yaml", "-o", folder / "t.svg")
    assert told.exit_code == 0, told.exception
    assert "2 waves" in told.stdout
    assert (folder / "t.svg").read_text(encoding="utf-8").startswith("<svg")
    assert (folder / "t.csv").read_text(encoding="utf-8").count("shared") == 6
    document = json.loads(run(folder, "trend", "shared", "--waves", folder / "waves.yaml", "--json").stdout)
    assert [one["wave"] for one in document["waves"]] == ["1", "2"]


def test_a_codebook_is_proposed_and_serves(folder: Path) -> None:
    """What inspect writes, table reads."""
    made = run(folder, "inspect", folder / "s.csv", "-o", folder / "p.yaml")
    assert made.exit_code == 0, made.exception
    told = run(folder, "table", "q", "-d", folder / "s.csv", "-c", folder / "p.yaml", "--json")
    assert sorted(row["n"] for row in json.loads(told.stdout)["rows"]) == [0, 14, 16]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("table", "q", "-d", "nowhere.csv"), 3),
        (("table", "q", "-c", "x.yaml"), 2),
        (("table", "q"), 6),
        (("chart", "q", "-o", "x.gif"), 2),
        (("link", "--undo"), 2),
        (("link", "--log", "--undo", "--by", "x"), 2),
        (("compare",), 6),
        (("inspect", "nowhere.csv"), 3),
    ],
)
def test_wrong_use_has_its_exit_code(folder: Path, arguments: tuple[str, ...], code: int) -> None:
    """A refusal of ours with a sentence and what to do."""
    fault = run(folder, *arguments).exception
    assert isinstance(fault, McgraphError), fault
    assert fault.exit_code == code
    assert fault.fix


def test_the_python_face(folder: Path) -> None:
    """The same table as a data frame, a chart, a proposal and a trend."""
    survey = mg.read_survey(folder / "s.csv")
    frame = survey.table("q", by="grp").to_dataframe()
    assert frame[frame["group"] == "*"]["n"].tolist() == [16, 14, 0]
    assert survey.findings == ()
    assert survey.chart("q").svg().startswith("<svg")
    assert mg.propose_codebook(folder / "s.csv").responses == 30
    assert len(mg.survey_trend(folder / "waves.yaml", "shared").tables) == 2
    with pytest.raises(WrongUse, match="no kind of chart"):
        survey.chart("q", kind="pie")
    (folder / "e.csv").write_text("grp,q\n", encoding="utf-8")
    (folder / "e.codebook.yaml").write_text(BOOK, encoding="utf-8")
    with pytest.raises(InputRefused, match="empty"):
        mg.read_survey(folder / "e.csv")
