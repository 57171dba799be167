"""A source can be taken out again, so far that nothing of it is left on the disk."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]

# Not to be found by chance in any other file.
SECRET = "Zyzzyva husbandry for beginners"


@pytest.fixture
def store(mcgraph: Run, tmp_path: Path) -> Path:
    """Two sources; the one called `gone` holds the secret title and one refused record."""
    for source, title in (("gone", SECRET), ("kept", "Data literacy")):
        folder = tmp_path / source
        folder.mkdir()
        rows = f"C-1,{title},en,O-1\nC-2,,en,O-1\n"
        (folder / "credentials.csv").write_text("credential_id,title,title_language,awarding_body\n" + rows)
        (folder / "organisations.csv").write_text(
            "organisation_id,name,provider_type,country\nO-1,Body,professional-body,IRL\n"
        )
        done = mcgraph("--store", tmp_path / "s", "load", folder, "-m", "template", "-s", source, "--fail-on", "never")
        assert done.returncode == 0, done.stderr
    return tmp_path / "s"


def holding(folder: Path, text: str) -> list[str]:
    """The files below a folder that have a text in them, compressed columns read as such."""
    import polars as pl

    def has(path: Path) -> bool:
        columns = str(pl.read_parquet(path).rows()) if path.suffix == ".parquet" else ""
        return text.encode() in path.read_bytes() or text in columns

    return [path.name for path in sorted(folder.rglob("*")) if path.is_file() and has(path)]


def test_a_forgotten_source_answers_no_more(mcgraph: Run, store: Path) -> None:
    """Its records, its findings in quarantine and its graph go; the other source stays."""
    done = mcgraph("--store", store, "forget", "gone", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["changes"] == {"added": 0, "changed": 0, "removed": 2}
    stats = json.loads(mcgraph("--store", store, "stats", "--json").stdout)
    assert [known["source"] for known in stats["sources"]] == ["kept"]
    refused = json.loads(mcgraph("--store", store, "quarantine", "list", "--json").stdout)
    assert [one["source"] for one in refused] == ["kept"]


def test_purging_leaves_nothing_of_it_on_the_disk(mcgraph: Run, store: Path) -> None:
    """Before, the text is found in the batch and the index; after, in no file at all."""
    assert holding(store, SECRET)
    assert mcgraph("--store", store, "forget", "gone", "--purge").returncode == 0
    assert holding(store, SECRET) == []
    assert mcgraph("--store", store, "doctor").returncode == 0


def test_an_unknown_source_is_refused_with_those_that_are_there(mcgraph: Run, store: Path) -> None:
    """Nothing is changed by a misspelt name."""
    done = mcgraph("--store", store, "forget", "gnoe")
    assert done.returncode == 2
    assert "gone, kept" in done.stderr
