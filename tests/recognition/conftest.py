"""Registers of small worlds, of the demo data, and of a real store."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcgraph.recognition import Register, read_register
from mcgraph.store import open_graph
from mcgraph.store.graph import Graph
from tests.recognition.facts import World, WorldGraph

DAY = datetime.date(2026, 6, 10)
RegisterOf = Callable[..., Register]


@pytest.fixture
def register_of() -> RegisterOf:
    """The register of a world, on a day."""

    def read(world: World, day: datetime.date = DAY, completed: datetime.date | None = None) -> Register:
        return read_register(WorldGraph(world.turtle()), as_of=day, completed=completed)

    return read


@pytest.fixture(scope="session")
def demo_store(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the demo registry."""
    from mcgraph.submissions.loading import load_files

    store = tmp_path_factory.mktemp("recognition") / "store"
    files = sorted((root / "data" / "demo" / "registry-csv").glob("*.csv"))
    load_files(store, files, mapping="template", source="demo", accept="all", date=DAY)
    return store


@pytest.fixture(scope="session")
def demo(demo_store: Path) -> Iterator[Graph]:
    """The demo registry as a graph."""
    with open_graph(demo_store) as graph:
        yield graph
