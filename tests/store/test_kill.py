"""Kill -9 at random moments of a load: nothing acknowledged lost, nothing half there, opens every time."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcgraph.model.namespaces import MC, PROV
from mcgraph.store import Graph, health, open_graph
from tests.store.samples import titles
from tests.store.torture import RECORDS


def _pace(store: Path, model: Path, root: Path) -> tuple[int, float]:
    """One load that is acknowledged, and the seconds it took: a busy machine needs longer before a kill can meet it."""
    command = [sys.executable, "-m", "tests.store.torture", str(store), str(model), "1"]
    loader = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert loader.stdout is not None
    assert loader.stdout.readline().strip() == "ready"
    begun = time.monotonic()
    said = int(loader.stdout.readline())
    took = time.monotonic() - begun
    loader.kill()
    rest, _ = loader.communicate()
    whole_lines = rest.split("\n")[:-1]
    return int(whole_lines[-1]) if whole_lines else said, took


def _killed(store: Path, model: Path, root: Path, version: int, wait: float) -> int:
    """Run the loader, kill it `wait` seconds after it began to load; the last version it acknowledged."""
    command = [sys.executable, "-m", "tests.store.torture", str(store), str(model), str(version)]
    loader = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert loader.stdout is not None and loader.stderr is not None
    said = loader.stdout.readline().strip()
    time.sleep(wait)
    loader.kill()
    rest, errors = loader.communicate()
    assert said == "ready" or loader.returncode == -9, errors
    assert "Traceback" not in errors, errors
    whole_lines = rest.split("\n")[:-1]
    return int(whole_lines[-1]) if whole_lines else version - 1


def _check(graph: Graph, acknowledged: int) -> int:
    """One version, whole, not older than what was acknowledged; returns it."""
    found = titles(graph)
    versions = set(found.values())
    if not versions:
        assert acknowledged == 0
        return 0
    assert len(versions) == 1
    version = int(versions.pop()[1:])
    assert acknowledged <= version <= acknowledged + 1
    assert len(found) == RECORDS + version % 3
    origins = graph.rows(f"SELECT ?s WHERE {{ ?s a <{MC}Credential> ; <{PROV}wasDerivedFrom> ?o }}")
    assert len(origins) == len(found)
    links = graph.rows(f"SELECT ?p WHERE {{ ?p <{MC}stacksInto> ?w }}")
    assert len(links) == (2 if graph.manifest.of("rules") else 0)
    return version


def _torture(store: Path, model: Path, root: Path, cycles: int, seed: int) -> None:
    chance = random.Random(seed)
    acknowledged, load_seconds = _pace(store, model, root)
    for cycle in range(cycles):
        version = _killed(store, model, root, acknowledged + 1, chance.random() * 3 * load_seconds)
        with open_graph(store) as graph:
            acknowledged = _check(graph, version)
        if cycle % 10 == 0:
            broken = [check for check in health.examine(store) if check.state == "broken"]
            assert not broken, broken
    assert acknowledged > cycles // 4
    with open_graph(store, read_only=False, ontology=model) as graph:
        assert _check(graph, acknowledged) == acknowledged
    assert not list(store.rglob("tmp-*"))


def test_twelve_kills(tmp_path: Path, model: Path, root: Path) -> None:
    """12 kills at random points of a load."""
    _torture(tmp_path / "store", model, root, 12, seed=1)


@pytest.mark.long
def test_two_hundred_kills(tmp_path: Path, model: Path, root: Path) -> None:
    """200 kills at random points of a load."""
    _torture(tmp_path / "store", model, root, 200, seed=2)
