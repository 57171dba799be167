"""A store of a few labels in several languages, without the real model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcgraph.model.namespaces import MC
from mcgraph.store import Graph, open_graph
from tests.store.samples import credentials

TITLES = {
    "DE-1": "Datenschutz in der Pflege",
    "DE-2": "Digitale Pflegedokumentation",
    "PL-1": "Żywienie w opiece długoterminowej",
    "GR-1": "Φροντίδα ηλικιωμένων ανθρώπων",
    "EN-1": "Data literacy for care workers",
    "EN-2": "Data literacy",
    "EN-3": "Wound care 2026",
    "JA-1": "介護記録の基礎",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A store with the titles above and a model of one term."""
    model = tmp_path / "ontology"
    model.mkdir()
    (model / "tiny.ttl").write_text(
        f"<{MC}Skill> a <http://www.w3.org/2002/07/owl#Class> ; "
        "<http://www.w3.org/2000/01/rdf-schema#label> 'skill'@en , 'compétence'@fr-BE .\n",
        encoding="utf-8",
    )
    store = tmp_path / "store"
    with open_graph(store, create=True, read_only=False, ontology=model) as graph:
        graph.load(credentials(TITLES))
    return store


@pytest.fixture
def graph(folder: Path) -> Iterator[Graph]:
    """The store, open for reading."""
    with open_graph(folder) as opened:
        yield opened
