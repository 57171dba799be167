"""Fixtures every test may use."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import command_line

ROOT = Path(__file__).resolve().parent.parent
# pytest tells its parallel workers that the terminal is 80 wide; tables are tested at the width of a pipe.
os.environ.pop("COLUMNS", None)
# Each parallel worker, and what it starts, keeps to one processor: two threads of each would only wait for one another.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("POLARS_MAX_THREADS", "1")


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: some tests wait for a time-out, a signal or another process."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files beside the project; tests that need it are skipped where it is absent."""
    folder = Path(os.environ.get("MCGRAPH_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the real files beside the project (../shared/data) are not on this machine")
    return folder


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def mcgraph() -> Run:
    """Run the command line inside this process: `mcgraph("load", "x.csv", cwd=...)` → CompletedProcess (text)."""
    return command_line.here


@pytest.fixture(scope="session")
def mcgraph_process() -> Run:
    """The same in a process of its own, where starting or ending it is what is tested."""
    return command_line.in_a_process
