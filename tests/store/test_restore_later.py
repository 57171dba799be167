"""Restoring without an index, where it is made later; and dumps whose graphs stand one after another, or do not."""

from __future__ import annotations

import errno
import json
import random
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from mcgraph.errors import InputRefused, StoreUnavailable
from mcgraph.store import InputFile, SubmissionInfo, files, open_graph, opening
from mcgraph.store.dump import dump
from mcgraph.store.health import examine, rebuild_index
from mcgraph.store.locks import WriterLock
from mcgraph.submissions import dumped
from mcgraph.submissions.restoring import restore
from tests.store.samples import credentials, rule

Run = Callable[..., "subprocess.CompletedProcess[str]"]
TITLES = {"A": 'Quote " and \\ and\nline', "B": "Zażółć 🎓", "C": "ends in .", "D": "a <https://x.org/g> ."}


@pytest.fixture
def dumps(tmp_path: Path, model: Path) -> Path:
    """A folder with a store of two sources, dumped in every form."""
    with open_graph(tmp_path / "store", create=True, read_only=False, ontology=model) as graph:
        graph.load(credentials(TITLES), SubmissionInfo(files=(InputFile("reg.csv", "ab", 3),), synthetic=True))
        graph.load(rule("A", ["B", "C"]))
        for ending in (".nq", ".ttl", ".parquet", ".tar"):
            dump(graph, tmp_path / f"all{ending}")
    return tmp_path


def quads(store: Path) -> set[str]:
    """Every quad of a store but the model's and the times."""
    with open_graph(store) as graph:
        return {
            text for text in map(str, graph.store)
            if "/graph/ontology>" not in text and "generatedAtTime" not in text
        }  # fmt: skip


@pytest.mark.parametrize("ending", [".nq", ".ttl", ".parquet", ".tar"])
def test_the_index_that_is_made_later_is_the_same(
    dumps: Path, ending: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Snapshot, quads, ledger; until it is opened there is no index of the snapshot, and the opening says so."""
    now = restore(dumps / f"all{ending}", dumps / "now")
    later = restore(dumps / f"all{ending}", dumps / "later", indexed=False)
    assert (now.indexed, later.indexed) == (True, False)
    assert (later.snapshot, later.sources) == (now.snapshot, now.sources)
    assert not list((dumps / "later" / "index").glob(f"*{now.snapshot}*"))
    capfd.readouterr()
    assert {(c.what, c.state) for c in examine(dumps / "later") if c.state != "ok"} == {("index", "note")}
    assert quads(dumps / "later") == quads(dumps / "now")
    assert "the index is missing; rebuilding it" in capfd.readouterr().err
    with open_graph(dumps / "later") as graph, open_graph(dumps / "now") as other:
        assert [(e.source, e.added, e.triples) for e in graph.history()] == [
            (e.source, e.added, e.triples) for e in other.history()
        ]
        assert graph.stats()["records"] == other.stats()["records"]
    assert "rebuilding" not in capfd.readouterr().err
    assert {check.state for check in examine(dumps / "later")} == {"ok"}


def test_lines_are_those_of_the_dump(dumps: Path) -> None:
    """A record is traced to the line of the file that was restored, not to one of a part of it."""
    restore(dumps / "all.nq", dumps / "again")
    lines = (dumps / "all.nq").read_text(encoding="utf-8").splitlines()
    with open_graph(dumps / "again") as graph:
        rows = graph.rows("SELECT ?c { ?c a <https://w3id.org/mcgraph/ontology#Credential> }")
        assert len(rows) == len(TITLES)
        for (iri,) in rows:
            places = graph.cell_of(str(iri))
            assert places
            for place in places:
                assert place.file == "all.nq"
                number = place.line or place.row
                assert number is not None
                assert lines[number - 1].startswith(f"<{iri}> ")


def test_a_file_whose_graphs_are_mixed_is_sorted(dumps: Path) -> None:
    """The lines in any order: the same statements."""
    lines = (dumps / "all.nq").read_text(encoding="utf-8").splitlines(keepends=True)
    body = lines[:-1]
    random.Random(1).shuffle(body)
    (dumps / "mixed.nq").write_text("".join([*body, lines[-1]]), encoding="utf-8")
    assert dumped._places(dumps / "mixed.nq", dumped.Limits()) is None
    assert dumped._places(dumps / "all.nq", dumped.Limits()) is not None
    done, mixed = restore(dumps / "all.nq", dumps / "one"), restore(dumps / "mixed.nq", dumps / "two")
    assert sorted(mixed.sources) == sorted(done.sources)
    assert mixed.left_out == done.left_out
    sourced = {text for text in quads(dumps / "one") if "graph/source/" in text}
    assert sourced == {text for text in quads(dumps / "two") if "graph/source/" in text} != set()
    with open_graph(dumps / "two") as graph:
        assert {s["source"]: s["synthetic"] for s in graph.stats()["sources"]} == {"reg": True, "rules": False}


@pytest.mark.parametrize("block", [64, 300, 5_000])
def test_blocks_end_anywhere(dumps: Path, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the file falls into blocks, each graph has the same stretch of it."""
    whole = dumped._places(dumps / "all.nq", dumped.Limits())
    monkeypatch.setattr(dumped, "_BLOCK", block)
    assert dumped._places(dumps / "all.nq", dumped.Limits()) == whole
    assert whole is not None
    text = (dumps / "all.nq").read_bytes()
    for graph, place in whole.items():
        own = text[place.start : place.end].splitlines()
        assert len(own) == place.lines
        assert all(line.endswith(f" <{graph}> .".encode()) for line in own)
        assert text[: place.start].count(b"\n") == place.line - 1


def test_a_broken_line_is_named_and_nothing_stays(dumps: Path) -> None:
    """In the middle of a source, with and without an index."""
    text = (dumps / "all.nq").read_text(encoding="utf-8")
    (dumps / "broken.nq").write_text(text.replace('"ends in ."', '"ends in', 1), encoding="utf-8")
    for indexed in (True, False):
        with pytest.raises(InputRefused, match="cannot be read"):
            restore(dumps / "broken.nq", dumps / "again", indexed=indexed)
        assert not (dumps / "again").exists()


def test_the_command_says_what_is_left_to_do(dumps: Path, mcgraph: Run) -> None:
    """In a sentence and in JSON; the next command answers."""
    done = mcgraph("--store", dumps / "x", "restore", dumps / "all.nq", "--index", "later")
    assert done.returncode == 0
    assert "its index is made when the store is first opened" in done.stderr
    told = mcgraph("--store", dumps / "y", "restore", dumps / "all.tar", "--index", "later", "--json")
    assert json.loads(told.stdout)["indexed"] is False
    stats = mcgraph("--store", dumps / "x", "stats", "--json")
    assert stats.returncode == 0
    assert json.loads(stats.stdout)["records"]["Credential"] == len(TITLES)
    assert "rebuilding" in stats.stderr
    assert mcgraph("--store", dumps / "z", "restore", dumps / "all.nq", "--index", "never").returncode == 2


def test_a_second_opening_waits_for_the_index(dumps: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It is made once, and both read the same."""
    snapshot = restore(dumps / "all.nq", dumps / "later", indexed=False).snapshot
    begun, go_on = threading.Event(), threading.Event()
    found: list[object] = []

    def pause(doing: str, path: Path) -> None:
        if doing == "index-flush":
            begun.set()
            assert go_on.wait(20)

    def read() -> None:
        try:
            with open_graph(dumps / "later") as graph:
                found.append(graph.snapshot)
        except StoreUnavailable as fault:
            found.append(fault)

    files.watch = pause
    openings = [threading.Thread(target=read) for _ in range(2)]
    openings[0].start()
    assert begun.wait(20)
    openings[1].start()
    openings[1].join(0.3)
    assert found == []
    go_on.set()
    for one in openings:
        one.join(20)
    assert found == [snapshot, snapshot]
    said = capfd.readouterr().err
    assert said.count("rebuilding it") == 1
    assert "is making the index of this store; waiting for it" in said


@pytest.mark.parametrize(("doing", "told"), [(opening.MAKING, "is making the index"), ("", "is writing to this")])
def test_who_waited_in_vain_is_told_the_truth(
    dumps: Path, doing: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has the lock, and that nothing can be read before; a second writer is told the same."""
    monkeypatch.setattr(opening, "WAIT_SECONDS", 0.2)
    restore(dumps / "all.nq", dumps / "later", indexed=False)
    with WriterLock(dumps / "later" / "lock") as lock:
        lock.tell(doing)
        with pytest.raises(StoreUnavailable, match=told) as refused:
            open_graph(dumps / "later")
        assert "reading is possible" not in str(refused.value)
        assert "try again" in refused.value.fix
        with pytest.raises(StoreUnavailable, match=told) as refused:
            open_graph(dumps / "later", read_only=False)
        assert ("reading is possible" in str(refused.value)) == (not doing)


def test_what_a_killed_making_left_goes_with_the_next(dumps: Path) -> None:
    """At the size of a nation it is gigabytes."""
    restore(dumps / "all.nq", dumps / "later", indexed=False)
    left = dumps / "later" / "index" / "tmp-1-00000002-abc"
    for make in (lambda: open_graph(dumps / "later").close(), lambda: rebuild_index(dumps / "later")):
        (left / "graph").mkdir(parents=True)
        (left / "graph" / "000008.sst").write_bytes(b"half")
        make()
        assert not left.exists()


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), PermissionError("not yours")])
def test_a_disk_that_takes_no_index_is_no_damage(
    dumps: Path, fault: OSError, capfd: pytest.CaptureFixture[str]
) -> None:
    """It is named; no earlier snapshot is taken instead, and with room the index is made."""
    restore(dumps / "all.nq", dumps / "later", indexed=False)
    shutil.rmtree(dumps / "store" / "index")
    (dumps / "store" / "index").mkdir()
    for store in (dumps / "later", dumps / "store"):
        faults = [fault]

        def once(doing: str, path: Path, faults: list[OSError] = faults) -> None:
            if doing == "index-load" and faults:
                raise faults.pop()

        files.watch = once
        with pytest.raises(StoreUnavailable, match=r"made: the (disk is full|store cannot be written)") as said:
            open_graph(store)
        files.watch = None
        assert "snapshot is whole" not in str(said.value)
        assert "doctor" not in said.value.fix
        assert "DAMAGED" not in capfd.readouterr().err
        assert not list((store / "index").glob("tmp-*"))
        open_graph(store).close()
