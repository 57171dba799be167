"""Every named question has one answer, at a real Virtuoso 7 as in a store on this machine."""

from __future__ import annotations

import datetime
import json
import random
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import virtuoso
from mcgraph.limits import Limits
from mcgraph.model import bundled
from mcgraph.queries import ask, library
from mcgraph.queries.choices import choices
from mcgraph.queries.engine import Engine
from mcgraph.queries.library import NamedQuestion
from mcgraph.queries.remote_exam import examine, results
from mcgraph.store import Graph, SubmissionInfo, open_graph
from mcgraph.store.content import INFERRED_GRAPH
from mcgraph.store.endpoint import Endpoint
from mcgraph.store.remote import RemoteGraph, open_remote
from mcgraph.submissions.loading import load_files
from tests.questions.samples import EXAMPLES, make_batch

Run = Callable[..., "subprocess.CompletedProcess[str]"]
DAY = datetime.date(2026, 1, 15)
WHEN = SubmissionInfo(time="2026-01-01T00:00:00Z")
# What Virtuoso 7.2.5 itself answers otherwise on these data, or not at all.
HARD = (
    "broken-stacks", "completeness-by-provider", "contradicting-values", "entry-requirements", "gives-access-to",
    "label-versus-definition", "missing-annex-elements", "organisation-roles", "pathways-towards",
    "recognition-between-countries", "skills-covered", "validity-and-trust",
)  # fmt: skip


def assert_same(here: Graph, there: RemoteGraph, question: NamedQuestion, given: Mapping[str, str]) -> int:
    """The answers are the same, with their types, coverage and snapshot; returns the number of rows."""
    wanted, found = (ask(graph, question, given, date=DAY) for graph in (here, there))
    assert "answered here from" in found.plan[-1]
    assert Counter(found.rows) == Counter(wanted.rows), question.name
    for name in ("columns", "types", "coverage", "snapshot", "warnings", "evidence"):
        assert getattr(found, name) == getattr(wanted, name), (question.name, name)
    return len(found)


@pytest.fixture(scope="module")
def world(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Graph, RemoteGraph]]:
    """The world of the examples, in a store here and at the server."""
    folder = tmp_path_factory.mktemp("world")
    (folder / "model").mkdir()
    batch = make_batch(EXAMPLES / "world.ttl")
    with (
        open_graph(folder / "s", create=True, read_only=False, ontology=folder / "model") as here,
        RemoteGraph(Endpoint(address), address, ontology=folder / "model", writing=True) as there,
    ):
        for known in there.manifest.submissions:
            there.forget(known.source)
        here.load(batch, WHEN)
        there.load(batch, WHEN)
        yield here, there
        there.forget("example")


@pytest.mark.parametrize("name", HARD)
def test_what_the_server_answers_wrongly_is_right(world: tuple[Graph, RemoteGraph], name: str) -> None:
    """On the examples of the question, whose rows stand in its header."""
    question = library()[name]
    examples = [example for example in question.examples if example["data"] == "world.ttl"]
    for example in examples:
        given = {key: str(value) for key, value in (example.get("params") or {}).items()}
        assert assert_same(*world, question, given) == len(example["rows"])
    assert examples


@pytest.fixture(scope="module")
def demo(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Frameworks, registry with its mistakes, and survey, loaded at both places by the same commands."""
    data = bundled.path("data", "demo")
    here = tmp_path_factory.mktemp("demo") / "s"
    for store in (here, address):
        for path, mapping, source in (
            (bundled.path("data", "frameworks"), "frameworks", "frameworks"),
            (data / "registry.xlsx", "template", "demo-registry"),
            (data / "survey.csv", str(data / "survey.codebook.yaml"), "demo-survey"),
        ):
            load_files(store, [path], mapping=mapping, source=source, date=DAY, synthetic=True)
    yield here, address
    with open_remote(address, writing=True) as there:
        for source in ("demo-survey", "demo-registry", "frameworks"):
            there.forget(source)


@pytest.mark.long
@pytest.mark.parametrize(
    "command",
    [
        ("stackability",),
        ("recognition",),
        ("recognition", "--matrix", "country"),
        ("pathways", "--from", "IRL-001"),
        ("pathways", "--held", "IRL-001,IRL-002", "--to", "FIN-007"),
        ("describe", "https://w3id.org/mcgraph/id/demo-registry/credential/FIN-007"),
    ],
)
def test_other_commands_say_the_same(demo: tuple[Path, str], mcgraph_process: Run, command: tuple[str, ...]) -> None:
    """But for the cells of a value, which are in the files of a store, and the graph of what follows from rules."""
    one, other = (json.loads(mcgraph_process("--store", store, *command, "--json").stdout) for store in demo)
    assert _without_cells(one) == _without_cells(other)
    assert one


def _without_cells(said: Any) -> Any:
    if isinstance(said, dict):
        return {key: _without_cells(value) for key, value in said.items() if key not in ("origin", "places")}
    if isinstance(said, list):
        return [_without_cells(one) for one in said]
    return "inferred" if isinstance(said, str) and said.startswith(INFERRED_GRAPH) else said


@pytest.mark.long
def test_every_question_on_the_demo_data(demo: tuple[Path, str]) -> None:
    """Those that start at a record are asked from several."""
    chance = random.Random(2026)
    rows = 0
    with open_graph(demo[0]) as here, open_remote(demo[1]) as there:
        with Engine(here.index_path, Limits()) as engine:
            records = [str(row[0]) for row in engine.run("SELECT ?c WHERE { ?c a mc:Credential } ORDER BY ?c").rows]
            asked = [(q, _given(engine, q, records, chance)) for q in library().values() for _ in range(_times(q))]
        for question, given in asked:
            rows += assert_same(here, there, question, given)
    assert len({question.name for question, _ in asked}) == len(library())
    assert rows > 3_000


def _times(question: NamedQuestion) -> int:
    """Questions that start somewhere are asked from several places."""
    return 4 if question.required else 1


def _given(engine: Engine, question: NamedQuestion, records: list[str], chance: random.Random) -> dict[str, str]:
    """A value for every parameter that must be given."""
    found: dict[str, str] = {}
    for parameter in question.required:
        known = [one.value for one in choices(engine, question) if one.parameter == parameter.name]
        if parameter.type == "date":
            found[parameter.name] = "2027-01-01"
        else:
            found[parameter.name] = chance.choice(known or records)
    return found


@pytest.mark.long
def test_the_examination_of_this_server(tmp_path: Path) -> None:
    """On a server of its own, which it can be the end of. What it answers wrongly is right from its statements."""
    why = virtuoso.missing()
    if why:
        pytest.skip(why)
    with virtuoso.running(tmp_path, commands=virtuoso.GRANTS) as own, open_remote(own, writing=True) as graph:
        assert results(graph) is None
        found = examine(graph)
        assert results(graph) == found
        assert {"contradicting-values", "entry-requirements", "organisation-roles"} <= set(found.wrong)
        assert found.refused == {}
