"""Fixtures of the validation tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shacl_suite(shared: Path) -> Path:
    """The W3C SHACL test suite beside the project."""
    return shared / "data" / "suites" / "shacl"
