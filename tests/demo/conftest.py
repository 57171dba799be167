"""The demo files as tests read them."""

from __future__ import annotations

import csv
import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml

Table = list[list[Any]]
FILES = {
    "Credentials": "credentials.csv",
    "Organisations": "organisations.csv",
    "Offers": "offers.csv",
    "StackingRules": "stacking_rules.csv",
    "Recognition": "recognition.csv",
    "QualityAssurance": "quality_assurance.csv",
}


def read_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def as_text(value: Any) -> str:
    """A workbook cell in the words of the CSV form."""
    if value is None:
        return ""
    return value.date().isoformat() if isinstance(value, dt.datetime) else str(value)


@pytest.fixture(scope="session")
def demo(root: Path) -> Path:
    return root / "data" / "demo"


@pytest.fixture(scope="session")
def regenerated(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-B", str(demo / "generate_demo.py"), str(folder)]
    subprocess.run(command, check=True, timeout=120)
    return folder


@pytest.fixture(scope="session")
def workbook(demo: Path) -> dict[str, Table]:
    book = openpyxl.load_workbook(demo / "registry.xlsx")
    return {sheet.title: [list(row) for row in sheet.iter_rows(values_only=True)] for sheet in book}


@pytest.fixture(scope="session")
def tables(demo: Path) -> dict[str, list[list[str]]]:
    return {sheet: read_csv(demo / "registry-csv" / name) for sheet, name in FILES.items()}


@pytest.fixture(scope="session")
def records(tables: dict[str, list[list[str]]]) -> dict[str, list[dict[str, str]]]:
    return {sheet: [dict(zip(rows[0], row, strict=True)) for row in rows[1:]] for sheet, rows in tables.items()}


@pytest.fixture(scope="session")
def defects(demo: Path) -> list[dict[str, str]]:
    rows = read_csv(demo / "defects.csv")
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


@pytest.fixture(scope="session")
def story(demo: Path) -> dict[str, Any]:
    return yaml.safe_load((demo / "story.yaml").read_text(encoding="utf-8"))
