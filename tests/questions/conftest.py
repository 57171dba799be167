"""A small index made of the questions' own example data, without the store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph
import pytest

from mcgraph.model.namespaces import GRAPH
from tests.questions.samples import EXAMPLES, make_batch

if TYPE_CHECKING:
    from mcgraph.queries.engine import Engine
    from mcgraph.store import Graph


@dataclass(frozen=True)
class Folder:
    """A source that can be asked: an index folder and a made-up snapshot."""

    index_path: Path
    snapshot: str = "example"


def make_index(folder: Path, turtle: Path) -> Folder:
    store = pyoxigraph.Store(str(folder))
    store.load(path=str(turtle), to_graph=pyoxigraph.NamedNode(GRAPH + "source/example"))
    store.flush()
    return Folder(folder)


@pytest.fixture(scope="session")
def examples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Folder]:
    """An index for each example file, by file name."""
    return {
        turtle.name: make_index(tmp_path_factory.mktemp(turtle.stem), turtle)
        for turtle in sorted(EXAMPLES.glob("*.ttl"))
    }


@pytest.fixture(scope="session")
def world(examples: dict[str, Folder]) -> Folder:
    """The index of the small invented world."""
    return examples["world.ttl"]


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a real store that holds the small invented world."""
    from mcgraph.store import SubmissionInfo, open_graph

    folder = tmp_path_factory.mktemp("store") / "mcgraph-store"
    with open_graph(folder, create=True, read_only=False) as graph:
        graph.load(make_batch(EXAMPLES / "world.ttl"), SubmissionInfo())
    return folder


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Graph, Engine]]:
    """A store with the frameworks, the demo registry and the demo survey, and one engine for all questions."""
    from mcgraph.demo.run import DAY, FILES
    from mcgraph.limits import Limits
    from mcgraph.model import bundled
    from mcgraph.queries.engine import Engine
    from mcgraph.store import open_graph
    from mcgraph.submissions.loading import load_files

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
