"""What `mcgraph diff` finds between two states, and that it finds nothing where nothing differs."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.model.namespaces import MC
from mcgraph.store import open_graph
from mcgraph.submissions.comparing import compare, side_of
from tests.store.samples import credentials

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def store(tmp_path: Path, model: Path) -> Path:
    """Three snapshots: A and B; B's title changed and C came; another source."""
    folder = tmp_path / "store"
    with open_graph(folder, create=True, read_only=False, ontology=model) as graph:
        graph.load(credentials({"A": "Data", "B": "Care"}))
        graph.load(credentials({"A": "Data", "B": "Care II", "C": "New"}))
        graph.load(credentials({"X": "Beside"}, source="other"))
    return folder


def test_between_snapshots_record_by_record(store: Path) -> None:
    """A changed value stands before and after; a record that came is one row; the source that came is named."""
    with open_graph(store) as graph:
        first = graph.history()[0].snapshot
        last = graph.snapshot
    found = compare(side_of(first, store), side_of(last, store))
    rows = [
        (change, record.rsplit("/", 1)[-1], label, before, after)
        for change, record, label, _, before, after in found.changes.iter_rows()
    ]
    assert rows == [
        ("changed", "B", "Care II", "Care", "Care II"),
        ("added", "X", "Beside", None, "2 statements"),
        ("added", "C", "New", None, "2 statements"),
    ]
    assert found.records == {"added": 2, "changed": 1, "removed": 0}
    assert found.sources == {"added": ["other"], "removed": [], "changed": ["reg"]}
    back = compare(side_of(last, store), side_of(first, store))
    assert back.records == {"added": 0, "changed": 1, "removed": 2}
    assert (back.added.rows(), back.removed.rows()) == (found.removed.rows(), found.added.rows())


def test_a_patch_turns_the_one_into_the_other(store: Path) -> None:
    """Taking out the D lines and putting in the A lines gives the statements of the second state."""
    with open_graph(store) as graph:
        first = graph.history()[0].snapshot
    lines = compare(side_of(first, store), side_of("current", store)).to_patch().splitlines()
    assert (lines[0], lines[-1]) == ("TX .", "TC .")
    before = {str(q.triple) + " ." for q in _quads(credentials({"A": "Data", "B": "Care"}))}
    gone, came = ({line[2:] for line in lines if line.startswith(sign)} for sign in ("D ", "A "))
    after = (before - gone) | came
    wanted = _quads(credentials({"A": "Data", "B": "Care II", "C": "New"}))
    wanted |= _quads(credentials({"X": "Beside"}, source="other"))
    assert after == {str(q.triple) + " ." for q in wanted}


def _quads(batch: object) -> set[ox.Quad]:
    text = "\n".join(line for column in batch.columns for line in column.ntriples())  # type: ignore[attr-defined]
    return set(ox.parse(input=text.encode(), format=ox.RdfFormat.N_TRIPLES))


def test_blank_nodes_of_files_are_compared_by_what_they_say(tmp_path: Path) -> None:
    """Other labels and another order are no difference; a change inside is told at the record above."""
    one, other, third = tmp_path / "a.ttl", tmp_path / "b.nt", tmp_path / "c.ttl"
    one.write_text("@prefix : <https://e.org/> . :r :p [ :q 1 ; :n [ :m 'x' ] ] , [ :q 2 ] .", encoding="utf-8")
    quads = sorted(ox.parse(path=str(one)), key=str, reverse=True)
    other.write_text("".join(f"{quad.triple} .\n" for quad in quads), encoding="utf-8")
    third.write_text("@prefix : <https://e.org/> . :r :p [ :q 1 ; :n [ :m 'y' ] ] , [ :q 2 ] .", encoding="utf-8")
    assert compare(side_of(str(one), tmp_path), side_of(str(other), tmp_path)).is_same
    found = compare(side_of(str(one), tmp_path), side_of(str(third), tmp_path))
    assert not found.is_same
    assert found.changes.get_column("record").unique().to_list() == ["https://e.org/r"]


def test_a_snapshot_against_its_own_dump(store: Path, tmp_path: Path) -> None:
    """The statements of a store and of its Turtle dump are the same; another store too."""
    from mcgraph.store.dump import dump
    from mcgraph.submissions.restoring import restore

    path = tmp_path / "d.ttl"
    with open_graph(store) as graph:
        dump(graph, path)
        dump(graph, tmp_path / "d.tar")
    assert compare(side_of("current", store), side_of(str(path), store)).is_same
    restore(tmp_path / "d.tar", tmp_path / "again")
    assert compare(side_of(str(store), store), side_of(str(tmp_path / "again"), store)).is_same


@pytest.mark.parametrize("text", ["s-0000000000000000", "nothing", "", "../..", "x" * 500, "a\0b"])
def test_what_is_no_state_is_refused(store: Path, text: str) -> None:
    """With what there is instead."""
    with pytest.raises(WrongUse, match="no snapshot that is kept"):
        side_of(text, store)


def test_a_file_that_cannot_be_read(store: Path, tmp_path: Path) -> None:
    """A line that is none is named."""
    bad = tmp_path / "bad.nt"
    bad.write_text("<https://e.org/a> <https://e.org/b> <https://e.org/c> .\nrubbish\n", encoding="utf-8")
    with pytest.raises(InputRefused, match="1 lines cannot be read"):
        compare(side_of(str(bad), store), side_of("current", store))


def test_the_command(store: Path, tmp_path: Path, mcgraph: Run) -> None:
    """The last change by default; a document, a table, a patch; a first snapshot has none before it."""
    shown = mcgraph("--store", store, "diff")
    assert "1 record added" in shown.stdout
    said = json.loads(mcgraph("--store", store, "diff", "previous", "current", "--json").stdout)
    assert said["records"] == {"added": 1, "changed": 0, "removed": 0}
    assert said["changes"][0]["label"] == "Beside"
    out = tmp_path / "c.csv"
    assert mcgraph("--store", store, "diff", "-o", out).returncode == 0
    assert "Beside" in out.read_text(encoding="utf-8")
    assert mcgraph("--store", store, "diff", "-o", out).returncode == 2
    patch = tmp_path / "c.rdfp"
    assert mcgraph("--store", store, "diff", "-o", patch).returncode == 0
    assert f"<{MC}Credential> ." in patch.read_text(encoding="utf-8")
    assert "say the same" in mcgraph("--store", store, "diff", "current", "current").stdout
