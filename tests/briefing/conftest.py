"""A store with the demo registry and survey, and its landscape in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgraph.briefing import Briefing, gather
from mcgraph.demo.run import DAY
from mcgraph.report.landscape import to_html
from mcgraph.store import open_graph


@pytest.fixture(scope="session")
def store(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the store."""
    from mcgraph.submissions.loading import load_files

    folder = tmp_path_factory.mktemp("landscape") / "store"
    data = root / "data" / "demo"
    load_files(folder, [data / "registry.xlsx"], mapping="template", source="demo-registry", date=DAY, synthetic=True)
    return folder


@pytest.fixture(scope="session")
def english(store: Path) -> Briefing:
    """The landscape on the day the demo data was made for."""
    with open_graph(store) as graph:
        return gather(graph, date=DAY)


@pytest.fixture(scope="session")
def page(store: Path, english: Briefing) -> str:
    """The page of it."""
    with open_graph(store) as graph:
        return to_html(english, graph.stats()["sources"], "en")
