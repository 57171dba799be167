"""Every named question on two national registers as they are published: asked within the limits, and never cut."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcgraph.demo.run import DAY
from mcgraph.limits import Limits
from mcgraph.queries import NamedQuestion, ask, library
from mcgraph.queries.engine import Engine
from mcgraph.store import Graph, open_graph
from mcgraph.submissions.loading import load_files

pytestmark = pytest.mark.long
FILES = {
    "rncp": "rncp_fr/v1.4",
    "ofqual": "ofqual_uk/register_prototype/app/data ofqual_uk/openregister_2017/data",
}
# What a question needs that has no default: the first value of it the register holds.
WANTED = {
    "credential": "SELECT ?x WHERE { ?x a mc:Credential } LIMIT 1",
    "target": "SELECT ?x WHERE { ?x a mc:Credential } LIMIT 1",
    "occupation": "SELECT ?x WHERE { ?c mc:occupation ?x } LIMIT 1",
    "skill": "SELECT ?x WHERE { ?c mc:skill ?x } LIMIT 1",
}
FIXED = {"before": "2030-12-31", "question": "q1", "skill": "http://data.europa.eu/esco/skill/none"}
FIXED["occupation"] = "http://data.europa.eu/esco/occupation/none"


@pytest.fixture(scope="module", params=sorted(FILES))
def register(
    request: pytest.FixtureRequest, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Graph, Engine]]:
    """A store with one register, and an engine to ask it."""
    folder = shared / "data" / "registries"
    store = tmp_path_factory.mktemp(request.param) / "store"
    files = [folder / name for name in FILES[request.param].split()]
    load_files(store, files, mapping=request.param, source=request.param, date=DAY)
    with open_graph(store) as graph, Engine(graph.index_path, Limits()) as engine:
        yield graph, engine


def parameters(question: NamedQuestion, graph: Graph, engine: Engine) -> dict[str, str]:
    """A value for each parameter that must be given."""
    given = {}
    for parameter in question.required:
        found = ask(graph, WANTED[parameter.name], engine=engine).rows if parameter.name in WANTED else ()
        given[parameter.name] = str(found[0][0]) if found else FIXED[parameter.name]
    return given


@pytest.mark.parametrize("name", sorted(library()))
def test_question_is_answered_within_the_limits(register: tuple[Graph, Engine], name: str) -> None:
    """The answer comes before the time is over; only the limit of rows may cut it, and then it says so."""
    graph, engine = register
    question = library()[name]
    begun = time.perf_counter()
    found = ask(graph, name, parameters(question, graph, engine), date=DAY, engine=engine)
    print(f"{name}: {len(found):,} rows in {time.perf_counter() - begun:.2f} s")
    assert found.limit in ("", "rows_returned")
    assert found.coverage is not None or found.limit
