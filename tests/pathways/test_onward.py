"""What a change touches in a large store: the comparison of the part around it is that of the whole book."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click.testing
import pytest

from mcgraph.cli import pathways as limits_file
from mcgraph.cli.console import Console
from mcgraph.cli.whatif import command
from mcgraph.errors import McgraphError
from mcgraph.model.namespaces import MC
from mcgraph.pathways.known_names import KnownNames
from mcgraph.pathways.onward import touched_by
from mcgraph.pathways.whatif_file import names_in
from mcgraph.store import open_graph


def told(store: Path, changes: list[Any], folder: Path, *more: str) -> dict[str, Any]:
    file = folder / "changes.json"
    file.write_text(json.dumps({"changes": changes}), encoding="utf-8")
    asked = [str(file), "--date", "2026-11-01", "--json", *more]
    done = click.testing.CliRunner().invoke(command, asked, obj=Console(store=store, quiet=True))
    if isinstance(done.exception, McgraphError):
        return {"refused": done.exception.message, "effects": []}
    assert done.exit_code == 0, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    # How much of the store was read is told with the answer and differs on purpose.
    found.pop("coverage", None)
    return found


CHANGES: list[tuple[Any, tuple[str, ...]]] = [
    ([{"recognise": {"by": "ORG-FIN-1", "what": "IRL-001", "towards": "FIN-001", "effect": "full"}}], ()),
    ([{"recognise": {"by": "ORG-FIN-1", "what": "IRL-001", "towards": "FIN-001"}}], ("--held", "IRL-002")),
    ([{"rule": {"whole": "FIN-009", "by": "ORG-FIN-1", "groups": [{"all-of": ["FIN-001", "FIN-002"]}]}}], ()),
    ([{"end-credential": "IRL-004"}, {"change-credential": {"what": "IRL-003", "credits": 5}}], ()),
    ([{"credential": {"id": "NEW-1", "title": "New", "level": 5, "credits": 5}},
      {"rule": {"whole": "NEW-1", "by": "ORG-FIN-1", "groups": [{"any-of": ["IRL-001", "IRL-002"]}]}}], ()),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "more"), CHANGES)
def test_a_part_tells_what_the_whole_tells(
    demo_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: Any, more: tuple[str, ...]
) -> None:
    """Each kind of change, for everybody and for one holder."""
    whole = told(demo_store, changes, tmp_path, *more)
    monkeypatch.setattr(limits_file, "LARGE", 10)
    assert told(demo_store, changes, tmp_path, *more) == whole


def test_statements_that_end(demo_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every third recognition and rule of the demo, also refused and lapsed ones; some close plans."""
    kinds = f"VALUES ?k {{ <{MC}RecognitionStatement> <{MC}StackingRule> }} ?s a ?k ; <{MC}identifier> ?i"
    with open_graph(demo_store) as graph:
        recognitions = sorted(str(row[0]) for row in graph.rows(f"SELECT ?i WHERE {{ {kinds} }}"))
    assert len(recognitions) > 20
    small = {}
    for one in recognitions[::3]:
        file = tmp_path / one
        file.mkdir()
        small[one] = told(demo_store, [{"expire": one}], file)
    monkeypatch.setattr(limits_file, "LARGE", 10)
    for one, whole in small.items():
        assert told(demo_store, [{"expire": one}], tmp_path / one) == whole, one
    assert any(found["effects"] for found in small.values())


def test_what_names_nothing_or_several_is_left_to_the_whole(demo_store: Path) -> None:
    """Effects and dates are not looked up; a hostile text is only a text."""
    plain = {"by": "ORG-FIN-1", "what": "IRL-001", "towards": "FIN-001", "effect": "full", "until": "2030-12-31"}
    with open_graph(demo_store) as graph:
        known = KnownNames(graph)
        for text in ('x" } DROP ALL', "https://x/> } #", "full"):
            names = names_in([("recognise", {**plain, "what": text})])
            assert names is not None and touched_by(graph, names, known) is None
        names = names_in([("recognise", plain)])
        assert names is not None and names.credentials == ["FIN-001", "IRL-001"] and names.bodies == ["ORG-FIN-1"]
        around = touched_by(graph, names, known)
    assert around and any(one.endswith("/IRL-001") for one in around) and any("ORG-FIN-1" in one for one in around)
