"""The notebook of the documentation runs, and its assertions hold."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest


def test_the_notebook_runs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every cell, in order, with what it says about its own results."""
    runpy.run_path(str(root / "docs/pathways_notebook.py"))
    assert "True" in capsys.readouterr().out
