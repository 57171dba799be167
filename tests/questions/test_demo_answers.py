"""The named questions on the demo data: the answers written down, and some counted by other means."""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mcgraph.demo.run import DAY, FILES
from mcgraph.limits import Limits
from mcgraph.model import bundled
from mcgraph.model.answer import Answer
from mcgraph.queries import ask, library
from mcgraph.queries.engine import Engine
from mcgraph.store import Graph, open_graph
from mcgraph.submissions.loading import load_files

EXPECTED = Path(__file__).with_name("demo_expected.yaml")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Graph, Engine]]:
    """A store with the frameworks, the demo registry and the demo survey, and one engine for all questions."""
    store = tmp_path_factory.mktemp("demo") / "store"
    data = bundled.path("data", "demo")
    for path, mapping, source in (
        (bundled.path("data", "frameworks"), "frameworks", "frameworks"),
        (data / FILES[0], "template", "demo-registry"),
        (data / FILES[1], str(data / FILES[2]), "demo-survey"),
    ):
        load_files(store, [path], mapping=mapping, source=source, date=DAY, synthetic=True)
    with open_graph(store) as graph, Engine(graph.index_path, Limits()) as engine:
        yield graph, engine


def answer(demo: tuple[Graph, Engine], name: str, params: dict[str, str]) -> Answer:
    graph, engine = demo
    return ask(graph, name, params, date=DAY, engine=engine)


def digest(given: Answer) -> str:
    """A short name for the rows in their order."""
    return hashlib.sha256(json.dumps(given.rows).encode()).hexdigest()[:16]


def cases() -> list[dict[str, object]]:
    return list(yaml.safe_load(EXPECTED.read_text(encoding="utf-8"))["answers"])


@pytest.mark.parametrize("case", cases(), ids=lambda case: str(case["question"]))
def test_the_answer_is_the_one_written_down(demo: tuple[Graph, Engine], case: dict[str, object]) -> None:
    """A change of the data, a query or the engine that changes an answer is seen."""
    params = {str(k): str(v) for k, v in dict(case["params"]).items()}  # type: ignore[call-overload]
    found = answer(demo, str(case["question"]), params)
    assert (len(found), digest(found)) == (case["rows"], case["digest"])


def test_every_question_has_its_answer_written_down() -> None:
    """A new question brings its answer."""
    assert {str(case["question"]) for case in cases()} == set(library())


def rows_stored(demo: tuple[Graph, Engine]) -> list[dict[str, str]]:
    """The credentials of the CSV that were not refused, read with nothing but the standard library."""
    graph, _ = demo
    known = {iri.rsplit("/", 1)[1] for (iri,) in graph.rows(
        "SELECT DISTINCT ?s WHERE { GRAPH <https://w3id.org/mcgraph/graph/source/demo-registry> "
        "{ ?s a <https://w3id.org/mcgraph/ontology#Credential> } }"
    ) if iri}  # fmt: skip
    with bundled.path("data", "demo", "registry-csv", "credentials.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["credential_id"]: row for row in csv.DictReader(stream)}
    assert known <= set(rows)
    return [rows[key] for key in sorted(known)]


def test_levels_are_counted_as_the_spreadsheet_counts_them(demo: tuple[Graph, Engine]) -> None:
    """Credentials that are no full qualifications, by level, counted from the CSV."""
    counted = Counter(
        row["eqf_level"].removeprefix("Level ") for row in rows_stored(demo) if row["full_qualification"] != "yes"
    )
    found = answer(demo, "credentials-by-level", {})
    at = found.columns.index("credentials")
    level = found.columns.index("level")
    assert {str(row[level] or "").rsplit("/", 1)[-1]: int(str(row[at])) for row in found.rows} == dict(counted)


def test_coverage_counts_the_unknown(demo: tuple[Graph, Engine]) -> None:
    """Known and unknown add up to the total; the empty cells are the unknown."""
    found = answer(demo, "credentials-by-level", {})
    partial = [row for row in rows_stored(demo) if row["full_qualification"] != "yes"]
    assert found.coverage is not None
    assert found.coverage.total == len(partial)
    assert found.coverage.unknown == sum(not row["eqf_level"] for row in partial)


def test_the_demo_day_is_the_day_of_the_data() -> None:
    """story.yaml says for which day the data was made."""
    story = yaml.safe_load(bundled.path("data", "demo", "story.yaml").read_text(encoding="utf-8"))
    assert datetime.date.fromisoformat(str(story["as_of"])) == DAY
