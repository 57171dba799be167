"""Read the reference files once for every test of this folder."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

Row = dict[str, str]
Read = Callable[[str], list[Row]]


@pytest.fixture(scope="session")
def folder(root: Path) -> Path:
    """The folder of reference files."""
    return root / "data" / "frameworks"


@pytest.fixture(scope="session")
def read(folder: Path) -> Read:
    """Read one reference file by name: `read("countries")` → rows as dicts."""
    kept: dict[str, list[Row]] = {}

    def rows(name: str) -> list[Row]:
        if name not in kept:
            with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                kept[name] = list(csv.DictReader(file, strict=True))
        return kept[name]

    return rows
