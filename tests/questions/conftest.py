"""A small index made of the questions' own example data, without the store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
import pytest

from mcgraph.model.namespaces import GRAPH

EXAMPLES = Path(__file__).resolve().parents[2] / "queries" / "examples"


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
