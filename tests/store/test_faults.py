"""A disk that fails, fills up or is taken away at every single step of a change."""

from __future__ import annotations

import contextlib
import errno
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcgraph.errors import StoreUnavailable
from mcgraph.store import Graph, files, open_graph
from tests.store.samples import credentials, everything, rule

Change = Callable[[Graph], object]

CHANGES: dict[str, Change] = {
    "load": lambda graph: graph.load(credentials({"A": "new", "C": "third"})),
    "rules": lambda graph: graph.load(rule("B", ["A", "B"])),
    "forget": lambda graph: graph.forget("reg"),
}


@pytest.fixture
def before(tmp_path: Path, model: Path) -> Path:
    """A store with two loads behind it."""
    store = tmp_path / "before"
    with open_graph(store, create=True, read_only=False, ontology=model) as graph:
        graph.load(credentials({"A": "older"}))
        graph.load(credentials({"A": "old", "B": "second"}))
        graph.load(rule("B", ["A"]))
    return store


def _content(store: Path) -> list[tuple[str, str, str, str]]:
    with open_graph(store) as graph:
        return everything(graph)


def _change(store: Path, model: Path, change: Change) -> None:
    with open_graph(store, read_only=False, ontology=model) as graph:
        change(graph)


def _steps(store: Path, model: Path, change: Change) -> list[str]:
    steps: list[str] = []
    files.watch = lambda doing, path: steps.append(doing)
    _change(store, model, change)
    files.watch = None
    return steps


class _At:
    """Raises at the n-th step, and at every later one if the disk stays broken."""

    def __init__(self, number: int, fault: BaseException, *, stays: bool) -> None:
        self.number, self.fault, self.stays, self.count = number, fault, stays, 0

    def __call__(self, doing: str, path: Path) -> None:
        self.count += 1
        if self.count == self.number or (self.stays and self.count > self.number):
            raise self.fault


FULL = OSError(errno.ENOSPC, "No space left on device")
BROKEN = OSError(errno.EIO, "Input/output error")
CTRL_C = KeyboardInterrupt()


# An ordinary run takes a step in five, the long one all of them; five and the alternation of faults that stay and
# faults that pass have no common divisor, so both kinds are met.
_EVERY = 5


def _case(name: str, fault: BaseException, *, every: int) -> object:
    said = {id(FULL): "full", id(BROKEN): "broken", id(CTRL_C): "ctrl-c"}[id(fault)]
    steps = "all" if every == 1 else "some"
    return pytest.param(name, fault, every, id=f"{name}-{said}-{steps}", marks=[pytest.mark.long] if every == 1 else [])


@pytest.mark.parametrize(
    ("name", "fault", "every"),
    [
        _case("load", FULL, every=_EVERY),
        _case("forget", CTRL_C, every=_EVERY),
        *(_case(name, fault, every=1) for name in CHANGES for fault in (FULL, BROKEN, CTRL_C)),
    ],
)
def test_a_fault_at_any_step_leaves_old_or_new(
    before: Path,
    model: Path,
    tmp_path: Path,
    name: str,
    fault: BaseException,
    every: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A refused change leaves the store as it was; an acknowledged one is there; both can go on."""
    change = CHANGES[name]
    done = tmp_path / "done"
    shutil.copytree(before, done)
    steps = _steps(done, model, change)
    old, new = _content(before), _content(done)
    assert len(steps) > 15
    assert old != new
    for number in range(1, len(steps) + 1, every):
        store = tmp_path / "store"
        shutil.copytree(before, store)
        files.watch = _At(number, fault, stays=isinstance(fault, OSError) and number % 2 == 0)
        acknowledged = True
        try:
            _change(store, model, change)
        except (StoreUnavailable, KeyboardInterrupt):
            acknowledged = False
        files.watch = None
        where = f"step {number}: {steps[number - 1]}"
        assert _content(store) == (new if acknowledged else old), where
        if not acknowledged:
            _change(store, model, change)
            assert _content(store) == new, where
        leftovers = list(store.rglob("tmp-*"))
        assert not leftovers, where
        shutil.rmtree(store)
    capsys.readouterr()


@pytest.mark.parametrize(
    ("name", "fault", "every"),
    [
        _case("purge", CTRL_C, every=_EVERY),
        _case("purge", FULL, every=1),
        _case("purge", CTRL_C, every=1),
    ],
)
def test_a_fault_while_purging_loses_nothing(
    before: Path,
    model: Path,
    tmp_path: Path,
    name: str,
    fault: BaseException,
    every: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Purging changes no answer, whether it ends well or not, and can be done again."""
    done = tmp_path / "done"
    shutil.copytree(before, done)
    steps, content = _steps(done, model, Graph.purge), _content(before)
    assert len(steps) > 15
    for number in range(1, len(steps) + 1, every):
        store = tmp_path / "store"
        shutil.copytree(before, store)
        files.watch = _At(number, fault, stays=False)
        with contextlib.suppress(StoreUnavailable, KeyboardInterrupt):
            _change(store, model, Graph.purge)
        files.watch = None
        assert _content(store) == content, f"step {number}: {steps[number - 1]}"
        _change(store, model, Graph.purge)
        assert _content(store) == content
        assert len(list((store / "manifests").iterdir())) == 1
        shutil.rmtree(store)
    capsys.readouterr()


def test_a_fault_while_a_store_is_made_can_be_mended(tmp_path: Path, model: Path) -> None:
    """A store whose making failed at any step is finished by the next attempt."""
    steps: list[str] = []
    files.watch = lambda doing, path: steps.append(doing)
    open_graph(tmp_path / "count", create=True).close()
    for number in range(1, len(steps) + 1, 2):
        store = tmp_path / f"store{number}"
        files.watch = _At(number, OSError(errno.ENOSPC, "No space left on device"), stays=False)
        with pytest.raises(StoreUnavailable):
            open_graph(store, create=True)
        files.watch = None
        with open_graph(store, create=True, read_only=False, ontology=model) as graph:
            assert graph.load(credentials({"A": "Data"})).added == 1


def test_a_full_disk_is_a_sentence(before: Path, model: Path) -> None:
    """Who runs out of space is told so, what state the store is in, and what to do."""
    files.watch = _At(5, OSError(errno.ENOSPC, "No space left on device"), stays=True)
    with pytest.raises(StoreUnavailable, match="disk is full") as refused:
        _change(before, model, CHANGES["load"])
    assert "as it was" in refused.value.message
    assert "Free some space" in refused.value.fix


def test_too_little_space_is_refused_before_starting(
    before: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With less free space than a load may need, nothing is written."""
    steps: list[str] = []
    usage = shutil.disk_usage(before)._replace(free=1_000_000)
    with open_graph(before, read_only=False, ontology=model) as graph:
        files.watch = lambda doing, path: steps.append(doing)
        monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
        with pytest.raises(StoreUnavailable, match="1 MB free"):
            CHANGES["load"](graph)
    assert steps == []


_LIMITED = """
import resource, sys
from pathlib import Path
from mcgraph.errors import StoreUnavailable
from mcgraph.store import open_graph
from tests.store.samples import credentials
store, model, limit = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with open_graph(store, read_only=False, ontology=model) as graph:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        graph.load(credentials({str(i): f"title {i * 7919}" for i in range(3000)}, source="big"))
    except StoreUnavailable as refused:
        print(refused)
        sys.exit(6)
"""


@pytest.mark.parametrize("limit", [1_000, 20_000, 60_000])
def test_a_file_that_may_not_grow_is_a_full_disk(before: Path, model: Path, root: Path, limit: int) -> None:
    """The kernel's own refusal (here: a file size limit) reaches the user as a sentence, from any library."""
    old = _content(before)
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, str(before), str(model), str(limit)],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 6, done.stderr[-2000:]
    assert "the store is as it was" in done.stdout
    assert _content(before) == old
    _change(before, model, CHANGES["load"])
