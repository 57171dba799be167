"""Reading small JSON documents with the mapping of `documents`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.sources import read_submission
from tests.sources.documents import MAPPING


@pytest.fixture
def read(tmp_path: Path) -> Any:
    """Read documents (values or raw text by file name) with the mapping above."""

    def reading(files: dict[str, Any], limits: Limits | None = None, mapping: str = MAPPING) -> Batch:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        (tmp_path / "try.yaml").write_text(mapping, encoding="utf-8")
        for name, value in files.items():
            text = value if isinstance(value, str) else json.dumps(value)
            (folder / name).write_text(text, encoding="utf-8")
        return read_submission([folder], tmp_path / "try.yaml", "t", limits=limits)

    return reading
