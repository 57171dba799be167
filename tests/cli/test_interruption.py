"""Ctrl-C and a full disk in the middle of a load: the documented exit code, and the store as it was."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mcgraph.store import open_graph


def registry(folder: Path, records: int) -> Path:
    folder.mkdir(exist_ok=True)
    lines = ["credential_id,title,title_language,awarding_body"]
    lines += [f"MC-{i},Synthetic credential {i},en,ORG-1" for i in range(records)]
    (folder / "credentials.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "organisations.csv").write_text("organisation_id,name\nORG-1,Body\n", encoding="utf-8")
    return folder


def load(root: Path, store: Path, folder: Path, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "mcgraph", "--store", store, "load", folder, "--mapping", "template",
               "--source", "s"]  # fmt: skip
    return subprocess.Popen(
        [str(part) for part in command],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


@pytest.fixture
def stored(root: Path, tmp_path: Path) -> tuple[Path, str]:
    store = tmp_path / "store"
    process = load(root, store, registry(tmp_path / "first", 5))
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    with open_graph(store) as graph:
        return store, graph.snapshot


@pytest.mark.parametrize("after", [0.3, 0.8, 1.3])
def test_ctrl_c_leaves_the_store_as_it_was(root: Path, tmp_path: Path, stored: tuple[Path, str], after: float) -> None:
    """Whenever the user stops it, the load is there as a whole or not at all."""
    store, before = stored
    process = load(root, store, registry(tmp_path / "second", 60_000))
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    if process.returncode == -signal.SIGINT and f"{root / 'mcgraph'}" not in said:
        pytest.skip("the machine is so busy that the interpreter had not begun with the program")
    assert process.returncode in (0, 130), said
    assert "Traceback" not in said
    with open_graph(store) as graph:
        (row,) = graph.rows("SELECT (COUNT(?s) AS ?n) WHERE { ?s a <https://w3id.org/mcgraph/ontology#Credential> }")
        if process.returncode == 130:
            assert (graph.snapshot, row[0]) == (before, "5")
        else:
            assert row[0] == "60000"


@pytest.mark.parametrize("module", ["click", "mcgraph.errors"])
def test_ctrl_c_while_the_program_is_imported(module: str) -> None:
    """Exit 130 and a sentence, wherever in its own imports the signal comes."""
    code = (
        "import builtins, runpy, sys; real = builtins.__import__\n"
        "def stopped(name, *rest, **more):\n"
        f"    if name == {module!r}: raise KeyboardInterrupt\n"
        "    return real(name, *rest, **more)\n"
        "builtins.__import__ = stopped; runpy.run_module('mcgraph', run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 130, done.stderr
    assert "interrupted" in done.stderr and "Traceback" not in done.stderr


def test_a_full_disk_is_said_and_nothing_is_lost(root: Path, tmp_path: Path, stored: tuple[Path, str]) -> None:
    """Exit 6 with a sentence; no file may grow past 200 kB here, as on a disk that is full."""
    store, before = stored

    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = load(root, store, registry(tmp_path / "second", 60_000), preexec_fn=small_files_only)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 6, said
    assert "Traceback" not in said
    with open_graph(store) as graph:
        assert graph.snapshot == before
