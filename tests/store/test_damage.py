"""Bit flips and cuts in any file: an error, a repair or an earlier snapshot, said aloud; never another answer."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest

from mcgraph.errors import StoreUnavailable
from mcgraph.model.namespaces import MC
from mcgraph.store import files, health, open_graph
from mcgraph.store import manifest as manifests
from tests.store.samples import credentials, everything, rule, titles

TRIALS = 60
TRIALS_LONG = 1_000


@pytest.fixture
def store(tmp_path: Path, model: Path) -> Path:
    """Three snapshots."""
    folder = tmp_path / "whole"
    with open_graph(folder, create=True, read_only=False, ontology=model) as graph:
        graph.load(credentials({str(i): f"one {i}" for i in range(50)}))
        graph.load(rule("1", ["2", "3"]))
        graph.load(credentials({str(i): f"two {i}" for i in range(50)}))
    return folder


def _damage(path: Path, chance: random.Random) -> str:
    content = bytearray(path.read_bytes())
    if not content:
        return ""
    if chance.random() < 0.5:
        at = chance.randrange(len(content))
        content[at] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(content))
        return f"bit flip at {at}"
    at = chance.randrange(len(content))
    # Not in place: a data file may be a hard link into another generation.
    path.unlink()
    path.write_bytes(bytes(content[:at]))
    return f"cut at {at}"


def _trial(whole: Path, store: Path, expected: dict[str, list[tuple[str, str, str, str]]], seed: int) -> str:
    chance = random.Random(seed)
    shutil.copytree(whole, store)
    suspects = [p for p in sorted(store.rglob("*")) if p.is_file() and p.name not in ("LOG", "LOCK", "lock")]
    path = chance.choice(suspects)
    what = f"{path.relative_to(store)}, {_damage(path, chance)} (seed {seed})"
    try:
        with open_graph(store) as graph:
            found, snapshot = everything(graph), graph.snapshot
    except (StoreUnavailable, *files.FAILURES):
        return "refused"
    finally:
        shutil.rmtree(store)
    assert snapshot in expected, what
    assert found == expected[snapshot], what
    return snapshot


@pytest.mark.parametrize(
    "seeds",
    [range(TRIALS), pytest.param(range(1000, 1000 + TRIALS_LONG), marks=pytest.mark.long)],
    ids=["some", "many"],
)
def test_no_damage_changes_an_answer(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], seeds: range
) -> None:
    """Whatever one file suffers, each answer is that of the snapshot it says it is."""
    with open_graph(store) as graph:
        expected = {graph.snapshot: everything(graph)}
        current = graph.snapshot
    for name in manifests.names(store)[1:]:
        manifest = manifests.read(store, name)
        if manifest.number:
            earlier = tmp_path / "earlier"
            shutil.copytree(store, earlier)
            manifests.switch(earlier, manifest)
            with open_graph(earlier) as graph:
                expected[graph.snapshot] = everything(graph)
            shutil.rmtree(earlier)
    capsys.readouterr()
    outcomes: dict[str, int] = {}
    for seed in seeds:
        outcome = _trial(store, tmp_path / "trial", expected, seed)
        said = capsys.readouterr().err
        if outcome not in ("refused", current):
            assert "DAMAGED" in said
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes[current] > 0


def test_a_missing_index_is_built_again(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The index can be thrown away: it comes back from the batches, and that is said."""
    with open_graph(store) as graph:
        expected = everything(graph)
    shutil.rmtree(store / "index")
    (store / "index").mkdir()
    with open_graph(store) as graph:
        assert everything(graph) == expected
    assert "rebuilding" in capsys.readouterr().err
    with open_graph(store) as graph:
        assert everything(graph) == expected
    assert capsys.readouterr().err == ""


def test_an_index_of_another_snapshot_is_not_believed(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An index folder that was renamed to look current is rebuilt."""
    names = manifests.names(store)
    manifests.switch(store, manifests.read(store, names[1]))
    (store / "index" / names[0]).rename(store / "index" / names[1])
    with open_graph(store) as graph:
        assert titles(graph)["7"] == "one 7"
    assert "rebuilding" in capsys.readouterr().err


def test_a_damaged_batch_falls_back_aloud(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With index and newest batch gone, the earlier snapshot answers, and nobody can miss it."""
    newest = manifests.read(store, manifests.names(store)[0])
    known = newest.of("reg")
    assert known is not None
    shutil.rmtree(store / "index" / newest.name)
    (store / "batches" / known.batch / "triples.parquet").write_bytes(b"PAR1")
    with open_graph(store) as graph:
        assert titles(graph)["7"] == "one 7"
        assert graph.rows(f"ASK {{ ?a <{MC}stacksInto> ?b }}") == [("true",)]
    said = capsys.readouterr().err
    assert "DAMAGED" in said
    assert known.batch in said


def test_loading_after_a_fall_back_goes_on_from_there(
    store: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The store heals by loading the lost source again."""
    newest = manifests.read(store, manifests.names(store)[0])
    (store / "CURRENT").write_bytes(b"garbage")
    (store / "manifests" / f"{newest.name}.json").write_bytes(b"{}")
    with open_graph(store, read_only=False, ontology=model) as graph:
        assert titles(graph)["7"] == "one 7"
        graph.load(credentials({str(i): f"two {i}" for i in range(50)}))
    capsys.readouterr()
    with open_graph(store) as graph:
        assert titles(graph)["7"] == "two 7"
        assert graph.snapshot == newest.snapshot
    assert capsys.readouterr().err == ""


def test_a_batch_damaged_under_its_source_is_replaced(
    store: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A source can be loaded again although its earlier batch cannot be read."""
    for folder in (store / "batches").iterdir():
        (folder / "triples.parquet").write_bytes(b"PAR1")
    with open_graph(store, read_only=False, ontology=model) as graph:
        known = graph.manifest.of("rules")
        assert known is not None
        graph.load(credentials({"1": "three"}, source="fresh"))
        with pytest.raises(StoreUnavailable):
            graph.load(credentials({"1": "three"}))
        assert titles(graph)["7"] == "two 7"
    capsys.readouterr()


def test_nothing_whole_is_refused_by_name(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no snapshot is whole, the broken file is named and nothing is answered."""
    shutil.rmtree(store / "index")
    (store / "index").mkdir()
    for folder in (store / "batches").iterdir():
        (folder / "triples.parquet").unlink()
    with pytest.raises(StoreUnavailable, match=r"triples\.parquet"):
        open_graph(store)
    capsys.readouterr()


def test_the_doctor_names_each_damaged_file(store: Path) -> None:
    """Every file that counts is compared; a whole store has nothing to report."""
    assert {check.state for check in health.examine(store)} == {"ok"}
    newest = manifests.read(store, manifests.names(store)[0])
    batch = store / "batches" / newest.submissions[0].batch / "records.parquet"
    batch.write_bytes(batch.read_bytes()[:-1])
    stamp = store / "index" / newest.name / "stamp.json"
    stamp.write_bytes(stamp.read_bytes().replace(b"1", b"2"))
    broken = {check.what for check in health.examine(store) if check.state == "broken"}
    assert broken == {f"batch of {newest.submissions[0].source}", "index"}


def test_the_doctor_rebuilds(store: Path) -> None:
    """After a rebuild the index is whole again."""
    newest = manifests.names(store)[0]
    shutil.rmtree(store / "index" / newest / "graph")
    assert any(check.what == "index" and check.state == "broken" for check in health.examine(store))
    health.rebuild_index(store)
    assert {check.state for check in health.examine(store)} == {"ok"}
