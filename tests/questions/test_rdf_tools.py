"""The Python examples of the documents run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mcgraph.queries.engine import Engine
from mcgraph.store import Graph


@pytest.fixture(scope="module")
def folder(demo: tuple[Graph, Engine], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A working folder in which the demo store lies where the examples look for it."""
    place = tmp_path_factory.mktemp("examples")
    (place / "demo-output").mkdir()
    (place / "demo-output" / "store").symlink_to(demo[0].path)
    return place


def _run(root: Path, folder: Path, number: int) -> list[str]:
    code = re.findall(r"```python\n(.*?)```", (root / "docs" / "rdf_tools.md").read_text(encoding="utf-8"), re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code[number]],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_snapshot_opens_in_rdflib(root: Path, folder: Path) -> None:
    """Length, look-up and SPARQL, with the numbers of the store itself."""
    from mcgraph.model.namespaces import GRAPH, PREFIXES
    from mcgraph.store import open_graph

    first, title, *levels = _run(root, folder, 0)
    with open_graph(folder / "demo-output" / "store") as graph:
        assert first == f"{graph.graphs[GRAPH + 'source/demo-registry']} of {graph.triples} triples"
        assert graph.rows(f'SELECT ?c {{ ?c mc:title ?t FILTER(STR(?t) = "{title}") }}', prefixes=PREFIXES)
        text = "SELECT ?level (COUNT(?c) AS ?n) { ?c mc:eqfLevel ?level } GROUP BY ?level ORDER BY ?level"
        assert levels == [" ".join(map(str, row)) for row in graph.rows(text, prefixes=PREFIXES)]


def test_the_ontology_with_individuals_opens_in_owlready2(root: Path, folder: Path) -> None:
    """As many individuals of the class as the store has records of it."""
    pytest.importorskip("owlready2", reason="owlready2 is not installed")
    from mcgraph.model.namespaces import GRAPH, PREFIXES
    from mcgraph.store import open_graph

    told, title = _run(root, folder, 1)
    text = f"SELECT (COUNT(DISTINCT ?c) AS ?n) {{ GRAPH <{GRAPH}source/demo-registry> {{ ?c a mc:Credential }} }}"
    with open_graph(folder / "demo-output" / "store") as graph:
        count = int(graph.rows(text, prefixes=PREFIXES)[0][0] or 0)
    found = re.fullmatch(r"(\d+) lines, (\d+) credentials", told)
    assert found
    # A qualification is a credential too, by the ontology.
    assert int(found[2]) >= count > 0
    assert title.startswith("[")
