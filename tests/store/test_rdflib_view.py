"""The snapshot seen through rdflib."""

from __future__ import annotations

import warnings

import pytest
from rdflib import Literal, URIRef

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import GRAPH, MC, RDF_TYPE
from mcgraph.model.terms import mint
from mcgraph.store import Graph
from tests.store.samples import credentials

A = URIRef(mint("reg", "credential", "A"))
TITLE = URIRef(MC + "title")


@pytest.fixture
def loaded(writing: Graph) -> Graph:
    writing.load(credentials({"A": "Data", "B": "Care"}))
    return writing


def test_patterns_find_what_is_there(loaded: Graph) -> None:
    """Subject, predicate and object look-ups answer from the union of graphs."""
    view = loaded.as_rdflib()
    assert view.value(A, TITLE) == Literal("Data")
    assert set(view.subjects(URIRef(RDF_TYPE), URIRef(MC + "Credential"))) == {A, URIRef(str(A)[:-1] + "B")}
    assert (A, TITLE, Literal("Care")) not in view
    assert (Literal("x"), None, None) not in view


def test_a_named_graph_is_a_graph(loaded: Graph) -> None:
    """One source at a time, with its own length."""
    view = loaded.as_rdflib()
    graph = view.graph(URIRef(GRAPH + "source/reg"))
    assert len(graph) == 4 == len(list(graph))
    assert {str(g.identifier) for g in view.graphs()} >= set(loaded.graphs)


def test_the_length_is_not_counted(loaded: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """`len` is a known number: pySHACL asks for it hundreds of times."""
    view = loaded.as_rdflib()
    monkeypatch.setattr(type(loaded), "store", property(lambda self: pytest.fail("the store was asked")))
    assert len(view) == loaded.triples


def test_sparql_runs_in_the_index(loaded: Graph) -> None:
    """`query` answers SELECT, ASK and CONSTRUCT with rdflib's results, our prefixes known."""
    view = loaded.as_rdflib()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        rows = list(view.query("SELECT ?t WHERE { ?s mc:title ?t } ORDER BY ?t"))
        assert [str(row[0]) for row in rows] == ["Care", "Data"]
        assert view.query("ASK { ?s mc:title 'Data' }").askAnswer is True
        made = view.query("CONSTRUCT { ?s mc:title ?t } WHERE { ?s mc:title ?t }").graph
        assert made is not None and len(made) == 2
        bound = list(view.query("SELECT ?t WHERE { ?s mc:title ?t }", initBindings={"s": A}))
        assert [str(row[0]) for row in bound] == ["Data"]


def test_the_view_cannot_be_changed(loaded: Graph) -> None:
    """Every way to write is refused."""
    view = loaded.as_rdflib()
    with pytest.raises(WrongUse):
        view.add((A, TITLE, Literal("x")))
    with pytest.raises(WrongUse):
        view.remove((A, None, None))
    with pytest.raises(WrongUse):
        view.update("DELETE WHERE { ?s ?p ?o }")
