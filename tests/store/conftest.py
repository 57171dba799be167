"""A store, and a model of one term, for every test of the store."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mcgraph.model.namespaces import MC
from mcgraph.store import Graph, files, open_graph


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder in memory where there is one: these tests sync thousands of files, and none needs a real disk."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder with a model of one term, so that the tests do not depend on the real one."""
    folder = tmp_path / "ontology"
    folder.mkdir()
    (folder / "tiny.ttl").write_text(
        f"<{MC}Credential> a <http://www.w3.org/2002/07/owl#Class> ; <{MC}about> [ <{MC}note> 'a blank node' ] .\n",
        encoding="utf-8",
    )
    return folder


@pytest.fixture
def writing(tmp_path: Path, model: Path) -> Iterator[Graph]:
    """An empty store that is open for writing."""
    with open_graph(tmp_path / "store", create=True, read_only=False, ontology=model) as graph:
        yield graph


@pytest.fixture(autouse=True)
def no_watch() -> Iterator[None]:
    """No test leaves its faults behind."""
    yield
    files.watch = None
