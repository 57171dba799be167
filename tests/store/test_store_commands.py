"""`mcgraph stats`, `history` and `doctor` as a user runs them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mcgraph.store import InputFile, SubmissionInfo, open_graph
from tests.store.samples import credentials

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def store(tmp_path: Path, model: Path) -> Path:
    folder = tmp_path / "store"
    info = SubmissionInfo(files=(InputFile("reg.csv", "ab", 3),), rules={"profile": "registry"}, synthetic=True)
    with open_graph(folder, create=True, read_only=False, ontology=model) as graph:
        graph.load(credentials({"A": "Data"}), info)
        graph.load(credentials({"A": "Data II", "B": "Care"}), info)
    return folder


def test_stats_has_the_published_members(mcgraph: Run, store: Path) -> None:
    """One JSON document with snapshot, triples, records by kind and sources."""
    done = mcgraph("--store", store, "stats", "--json")
    said = json.loads(done.stdout)
    assert said["records"] == {"Credential": 2}
    assert [s["source"] for s in said["sources"]] == ["reg"]
    assert said["snapshot"].startswith("s-")
    assert "Credential" in mcgraph("--store", store, "stats").stdout


def test_history_tells_what_changed(mcgraph: Run, store: Path) -> None:
    """Every load has its line: counts, files, rules."""
    events = json.loads(mcgraph("--store", store, "history", "--json").stdout)["events"]
    assert [(e["added"], e["changed"], e["removed"]) for e in events] == [(1, 0, 0), (1, 1, 0)]
    assert events[0]["files"] == ["reg.csv"]
    assert events[0]["rules"] == {"profile": "registry"}
    assert "synthetic" in mcgraph("--store", store, "history").stdout
    assert json.loads(mcgraph("--store", store, "history", "--source", "x", "--json").stdout)["events"] == []


def test_doctor_finds_nothing_then_something(mcgraph: Run, store: Path) -> None:
    """Exit 0 for a whole store, 6 with the file's name for a damaged one."""
    well = mcgraph("--store", store, "doctor", "--json")
    assert well.returncode in (0, 5), well.stderr
    assert {check["state"] for check in json.loads(well.stdout)["store"]} == {"ok"}
    batch = next(p for p in (store / "batches").rglob("triples.parquet"))
    other = [p for p in (store / "batches").rglob("triples.parquet") if p != batch]
    for path in (batch, *other):
        path.write_bytes(b"x")
    ill = mcgraph("--store", store, "doctor")
    assert ill.returncode == 6
    assert "triples.parquet" in ill.stdout


def test_a_busy_store_is_exit_six(mcgraph: Run, store: Path) -> None:
    """Rebuilding while somebody writes is refused with a sentence."""
    with open_graph(store, read_only=False):
        done = mcgraph("--store", store, "doctor", "--rebuild")
    assert done.returncode == 6
    assert "another process" in done.stderr


def test_no_store_is_a_sentence(mcgraph: Run, tmp_path: Path) -> None:
    """A store that is not there: exit 6 for questions, a note for the doctor."""
    done = mcgraph("--store", tmp_path / "none", "stats")
    assert (done.returncode, done.stdout) == (6, "")
    assert "no store here" in done.stderr
    assert mcgraph("--store", tmp_path / "none", "doctor").returncode in (0, 5)
