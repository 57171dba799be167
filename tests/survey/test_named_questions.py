"""Named questions about respondents hide what the tables of the same survey hide, in every face and export."""

from __future__ import annotations

import random
import re
import subprocess
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from mcgraph.limits import Limits
from mcgraph.queries import ask, library
from mcgraph.queries.writing import write_answer
from mcgraph.store import Graph, open_graph
from mcgraph.submissions.loading import load_files
from mcgraph.survey.stored import group_code, stored_wave
from mcgraph.survey.table import SurveyTable, make_tables
from mcgraph.survey.wave import Wave
from tests.survey.test_links import DAY

Run = Callable[..., "subprocess.CompletedProcess[str]"]
COUNTING = ("survey-answers", "survey-claims", "survey-nonresponse", "survey-numbers", "survey-participation",
            "survey-scales")  # fmt: skip
BOOK = """
survey: s
respondent: {id: rid, group: grp, country: land, weight: w}
questions:
  q: {column: q, type: single, claim: stackable, options: {yes: {en: "Yes"}, no: {en: "No"}, dk: {en: Unknown}}}
  l: {column: l, type: likert, options: {1: {en: one}, 2: {en: two}, 3: {en: three}}}
  m: {column: m, type: multiple, options: {x: {en: X}, y: {en: Y}, z: {en: Z}}}
  h: {column: h, type: numeric, text: {en: Hours}}
"""


def write_survey(folder: Path, seed: int) -> Path:
    """Up to 120 invented respondents, some groups and answers rare."""
    chance = random.Random(seed)
    columns = {
        "grp": ["p", "e", "u", ""], "land": ["IRL", "FIN", ""], "w": ["1", "2", ""], "q": ["yes", "no", "dk", ""],
        "l": ["1", "2", "3", ""], "m": ["x", "y;z", "x;y", ""], "h": ["10", "20", "40", ""],
    }  # fmt: skip
    likely = {name: [chance.choice([0.03, 0.1, 0.5, 1.0]) for _ in values] for name, values in columns.items()}
    lines = [",".join(["rid", *columns])]
    for at in range(chance.randint(30, 120)):
        row = [chance.choices(values, likely[name])[0] for name, values in columns.items()]
        lines.append(",".join([f"r{at}", *row]))
    folder.mkdir(exist_ok=True)
    (folder / "s.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "s.codebook.yaml").write_text(BOOK, encoding="utf-8")
    return folder / "s.csv"


@pytest.fixture(scope="module", params=[0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 6))])
def graph(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Graph]:
    folder = tmp_path_factory.mktemp("respondents")
    load_files(folder / "store", [write_survey(folder / "data", request.param)], mapping="survey", source="wave",
               accept="all", date=DAY)  # fmt: skip
    with open_graph(folder / "store") as opened:
        yield opened


@pytest.fixture(scope="module")
def wave(graph: Graph) -> Wave:
    return stored_wave(graph)


def tables(wave: Wave, question: str, by: list[str]) -> SurveyTable:
    (found,) = make_tables(wave, question, by=by)
    return found


def same(cell: str | None, number: float | None) -> bool:
    return cell is None if number is None else cell is not None and float(cell) == number


def test_every_question_that_counts_respondents_hides(graph: Graph) -> None:
    """A new question of the group says what it counts."""
    assert {name for name, question in library().items() if question.hides} == set(COUNTING)
    assert {name for name, question in library().items() if question.group == "survey"} == set(COUNTING)


@pytest.mark.parametrize("name", ["survey-answers", "survey-claims"])
def test_answers_by_group_are_those_of_the_table(graph: Graph, wave: Wave, name: str) -> None:
    """The same counts, hidden in the same cells; nobody is not told by leaving a row out."""
    for question in ("q",) if name == "survey-claims" else ("q", "l", "m"):
        answer = ask(graph, name, {"question": question} if name == "survey-answers" else {})
        told = {(group_code(row["group"]), row["option"]): row["answers"] for row in answer.records()}
        assert len(told) == len(answer)
        for column in tables(wave, question, ["group"]).groups:
            for cell in column.cells:
                key = (column.code, cell.code)
                if cell.hidden:
                    assert key in told and told[key] is None, key
                else:
                    assert same(told.get(key, "0"), cell.n), key


def test_what_is_made_of_counts_is_hidden_with_them(graph: Graph, wave: Wave) -> None:
    """Weights and shares with their count, a mean with any answer it is made of."""
    for row in ask(graph, "survey-answers", {"question": "q"}).records():
        assert (row["answers"] is None) == (row["weighted"] is None) == (row["share"] is None)
    for name, question in (("survey-scales", "l"), ("survey-numbers", "h")):
        columns = {one.code: one for one in tables(wave, question, ["group"]).groups}
        for row in ask(graph, name).records():
            column = columns[group_code(row["group"])]
            assert same(row["answers"], column.base)
            hidden = column.base is None or any(cell.hidden for cell in (*column.cells, column.missing))
            assert row["mean"] is None or not (hidden if name == "survey-scales" else column.base is None)


def test_totals_and_groups_are_those_of_the_tables(graph: Graph, wave: Wave) -> None:
    """Who answered a question, and how large a group is."""
    for row in ask(graph, "survey-nonresponse").records():
        assert same(row["answered"], tables(wave, row["question"] or "", []).total.base)
        assert same(row["responses"], wave.size)
    sizes = {group_code(row["group"]): row for row in ask(graph, "survey-participation").records()}
    shown = [int(row["responses"]) for row in sizes.values() if row["responses"]]
    assert all(number >= 5 for number in shown)
    if len(shown) < len(sizes):
        assert len(sizes) - len(shown) > 1, "one hidden group is the rest"
    assert all(row["countries"] is None for row in sizes.values() if row["responses"] is None)


def test_coverage_tells_of_no_few(graph: Graph, wave: Wave) -> None:
    """Either no small number, or no coverage and a sentence."""
    for name in COUNTING:
        answer = ask(graph, name, {"question": "q"} if name == "survey-answers" else {})
        if answer.coverage is None:
            assert any("coverage is left out" in one for one in answer.warnings)
            continue
        counts = [answer.coverage.known, answer.coverage.unknown, *answer.coverage.why.values()]
        assert not any(0 < count < 5 for count in counts)


def test_the_limit_is_the_operator_s(graph: Graph) -> None:
    """With a limit of 1 nothing is hidden; small counts are there to be hidden."""
    raw = ask(graph, "survey-answers", {"question": "q"}, limits=Limits(survey_small=1))
    assert all(row["answers"] for row in raw.records()) and raw.coverage is not None
    small = [row for row in raw.records() if int(row["answers"] or 0) < 5]
    told = ask(graph, "survey-answers", {"question": "q"})
    assert not small or told.rows != raw.rows


def test_a_source_without_a_store_is_read_by_its_engine(graph: Graph) -> None:
    """What can be asked through an engine only gives the same rows."""
    from tests.questions.conftest import Folder

    folder = Folder(graph.index_path)
    for name in COUNTING:
        given = {"question": "m"} if name == "survey-answers" else {}
        assert ask(folder, name, given).rows == ask(graph, name, given).rows, name


def faces(store: Path, mcgraph: Run, folder: Path, name: str, given: list[str]) -> Iterator[tuple[str, str]]:
    """The rows of an answer as CSV text, by every way out."""
    line = ["--store", store, "query", name, *given]
    done = mcgraph(*line, "-o", folder / "a.parquet", "--bundle", folder / "a.zip", "--json")
    assert done.returncode == 0, done.stderr
    yield "parquet", pl.read_parquet(folder / "a.parquet").write_csv()
    yield "json", done.stdout
    with zipfile.ZipFile(folder / "a.zip") as bundle:
        for part in bundle.namelist():
            if part.endswith((".csv", ".json", ".html", ".md", ".ttl")):
                yield f"bundle {part}", bundle.read(part).decode("utf-8")
    yield "terminal", mcgraph(*line).stdout
    with open_graph(store) as graph:
        answer = ask(graph, name, dict(one.split("=") for one in given[1::2]))
    for ending in ("csv", "json", "tsv", "html"):
        write_answer(answer, folder / f"a.{ending}")
        yield ending, (folder / f"a.{ending}").read_text(encoding="utf-8-sig")


def test_no_way_out_tells_a_hidden_count(tmp_path: Path, mcgraph: Run) -> None:
    """Counts that stand nowhere else: 3 chose «no» in one group; the large ones beside it protect it."""
    counts = {"p": {"yes": 471, "no": 3, "dk": 397}, "e": {"yes": 551, "no": 619, "dk": 731}}
    lines = ["rid,grp,land,w,q,l,m,h"]
    for group, own in counts.items():
        lines += [f"{group}{q}{at},{group},IRL,,{q},1,x,10" for q, n in own.items() for at in range(n)]
    (tmp_path / "s.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "s.codebook.yaml").write_text(BOOK, encoding="utf-8")
    load_files(tmp_path / "store", [tmp_path / "s.csv"], mapping="survey", source="wave", accept="all", date=DAY)
    with open_graph(tmp_path / "store") as graph:
        answer = ask(graph, "survey-answers", {"question": "q"})
        hidden = {row["option"]: row["group"] for row in answer.records() if row["answers"] is None}
        assert "no" in hidden and len([row for row in answer.rows if row[3] is None]) == 4
        gone = {
            str(counts[group_code(row["group"])][row["option"] or ""]) for row in answer.records() if not row["answers"]
        }
        frame = answer.to_dataframe().to_csv()
        served = _served(graph, tmp_path / "store")
    assert "3" in gone and len(gone) == 4
    written = faces(tmp_path / "store", mcgraph, tmp_path, "survey-answers", ["-p", "question=q"])
    ways = [("frame", frame), *served, *written]
    assert len(ways) >= 12
    for way, text in ways:
        told = set(re.findall(r"(?<![0-9a-f.-])\d+(?![0-9a-f.-])", text)) | set(re.findall(r">(\d+)<", text))
        assert not told & {one for one in gone if len(one) > 1}, way
    assert mcgraph("--store", tmp_path / "store", "rerun", tmp_path / "a.zip").returncode == 0


def _served(graph: Graph, store: Path) -> list[tuple[str, str]]:
    """What the endpoint gives for the named question, in each of its forms."""
    from mcgraph.web.app import assemble
    from mcgraph.web.settings import Settings
    from mcgraph.web.site import Site

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from starlette.testclient import TestClient
    settings = Settings(hosts=("testserver",))
    site = Site(store, Limits(), settings, lambda: (graph, lambda: None))
    with TestClient(assemble(site)) as client:
        found = []
        for media in ("text/html", "application/json", "text/csv"):
            reply = client.get("/api/q/survey-answers?question=q", headers={"accept": media})
            assert reply.status_code == 200, reply.text
            found.append((f"endpoint {media}", reply.text))
    return found
