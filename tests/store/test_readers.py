"""Readers beside one writer, and a second writer."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pyoxigraph as ox
import pytest

from mcgraph.errors import StoreUnavailable
from mcgraph.store import Graph, open_graph
from tests.store.samples import credentials, titles


def test_a_reader_keeps_its_snapshot(writing: Graph) -> None:
    """Whoever opened before a load sees the old data until the end; whoever opens after sees the new."""
    writing.load(credentials({"A": "old"}))
    with open_graph(writing.path) as reading:
        for number in range(7):
            writing.load(credentials({"A": f"new {number}"}))
            assert titles(reading) == {"A": "old"}
        assert reading.cell_of("https://w3id.org/mcgraph/id/reg/credential/A")[0].row == 2
        with open_graph(writing.path) as later:
            assert titles(later) == {"A": "new 6"}
    writing.load(credentials({"A": "last"}))
    assert len(list((writing.path / "index").iterdir())) == 1


def test_another_process_can_open_the_index(writing: Graph) -> None:
    """`index_path` is a plain Oxigraph folder, readable beside the writer."""
    writing.load(credentials({"A": "Data"}))
    store = ox.Store.read_only(str(writing.index_path))
    assert len(store) == writing.triples


def test_a_second_writer_is_told_who_writes(writing: Graph) -> None:
    """The refusal has the process id of the holder and says what to do."""
    with pytest.raises(StoreUnavailable, match=str(os.getpid())) as refused:
        open_graph(writing.path, read_only=False)
    assert refused.value.exit_code == 6
    assert refused.value.fix


def test_the_lock_goes_with_its_process(tmp_path: Path, model: Path, root: Path) -> None:
    """A writer that dies leaves no lock behind."""
    store = tmp_path / "store"
    script = (
        "import os, sys; from mcgraph.store import open_graph; "
        f"open_graph({str(store)!r}, create=True, read_only=False); print('held', flush=True); os.abort()"
    )
    subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, check=False)
    with open_graph(store, read_only=False, ontology=model) as graph:
        graph.load(credentials({"A": "Data"}))


def test_readers_never_see_half_a_load(writing: Graph) -> None:
    """Two threads open and read while five loads replace all records: each answer is of one version."""
    writing.load(credentials({str(i): "v0" for i in range(20)}))
    seen: set[frozenset[str]] = set()
    faults: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                with open_graph(writing.path) as reading:
                    found = titles(reading)
                    seen.add(frozenset(found.values()))
                    assert len(found) == 20
            except BaseException as fault:
                faults.append(fault)
                return

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for version in range(1, 6):
        writing.load(credentials({str(i): f"v{version}" for i in range(20)}))
    done.set()
    for reader in readers:
        reader.join()
    assert not faults
    assert all(len(versions) == 1 for versions in seen)
    assert len(seen) > 1
