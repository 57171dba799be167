"""SPARQL constraints run over all focus nodes at once give what pySHACL gives one node at a time."""

from __future__ import annotations

import time

import hypothesis.strategies as st
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings

from mcgraph.errors import LimitReached, RuleBroken
from mcgraph.limits import Limits
from mcgraph.model.namespaces import RDF_TYPE, SH, XSD
from mcgraph.validation.data import DataGraph, Nodes, columns_from
from mcgraph.validation.engine import Engine
from mcgraph.validation.ir import Constraint, Predicate, Term
from mcgraph.validation.parse import Triple, parse_shapes, term_of
from mcgraph.validation.sparql import NotCompiled, compiled
from mcgraph.validation.wholegraph import WholeGraph
from tests.validation.checking import compiled_results
from tests.validation.test_against_pyshacl import EX, graphs, reference_results

QUERIES = [
    "SELECT $this ?value WHERE { $this ex:p ?value FILTER (isIRI(?value)) }",
    "SELECT $this WHERE { $this ex:p ?x . FILTER NOT EXISTS { $this ex:q ?x . ?x ex:p ?y } }",
    "SELECT $this WHERE { $this ex:p ?x . FILTER NOT EXISTS { ?x ex:q ?y FILTER (?y = $this) } }",
    "SELECT $this ?value WHERE { { $this ex:p ?value } UNION { ?value ex:q $this } }",
    "SELECT $this WHERE { $this ex:p+ $this }",
    "SELECT $this ?value WHERE { OPTIONAL { $this ex:q ?value } FILTER (!BOUND(?value)) }",
    "SELECT $this WHERE { FILTER (isLiteral($this)) }",
    "SELECT $this ?value WHERE { { SELECT $this (COUNT(?x) AS ?value) WHERE { $this ex:p ?x } GROUP BY $this } }",
    "SELECT $this WHERE { { BIND ($this AS ?y) } ?y ex:p ?x . FILTER EXISTS { ?x ex:q ?y } }",
    "SELECT DISTINCT $this ?path ?value WHERE { $this ?path ?value . ?other ex:q ?value }",
]
TARGETS = ["sh:targetClass ex:C", "sh:targetSubjectsOf ex:p", "sh:targetObjectsOf ex:p"]


def shapes_of(query: str, target: str) -> list[Triple]:
    """A shapes graph with one SPARQL constraint."""
    import pyoxigraph as ox

    text = f"""@prefix ex: <{EX}> . @prefix sh: <{SH}> . @prefix xsd: <{XSD}> .
    ex:Own sh:declare [ sh:prefix "ex" ; sh:namespace "{EX}"^^xsd:anyURI ] .
    ex:S a sh:NodeShape ; {target} ; sh:sparql [ sh:prefixes ex:Own ; sh:message "wrong" ;
    sh:select \"\"\"{query}\"\"\" ] ."""
    quads = ox.parse(text, format=ox.RdfFormat.TURTLE)
    return [(term_of(q.subject), q.predicate.value, term_of(q.object)) for q in quads]


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(data=graphs, query=st.sampled_from(QUERIES), target=st.sampled_from(TARGETS))
def test_the_same_as_node_by_node(data: list[Triple], query: str, target: str) -> None:
    """Filters, unions, sub-selects, paths, negation: `$this` means each focus node in all of them."""
    typed = [*data, (Term(EX + "a"), RDF_TYPE, Term(EX + "C")), (Term(EX + "b"), RDF_TYPE, Term(EX + "C"))]
    shapes = shapes_of(query, target)
    parsed = parse_shapes(shapes)
    assert not any(shape.unsupported for shape in parsed.shapes.values())
    assert compiled_results(typed, parsed) == reference_results(typed, shapes)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT $this WHERE { $this ex:p ?x } LIMIT 1",
        "SELECT $this WHERE { { SELECT ?x WHERE { ?x ex:p $this } } }",
        "SELECT (COUNT(?x) AS ?n) WHERE { $this ex:p ?x }",
        "SELECT * WHERE { $this ex:p ?x }",
    ],
)
def test_what_only_holds_for_one_node_is_not_compiled(query: str) -> None:
    """Better slow and named than fast and wrong."""
    with pytest.raises(NotCompiled):
        compiled(query, {"ex": EX}, None, EX + "S", Limits())


@pytest.mark.parametrize(
    "query",
    [
        "SELECT $this WHERE { $this ex:p ?x MINUS { ?x ex:q ?y } }",
        "SELECT $this WHERE { BIND (1 AS ?this) }",
        "SELECT $this WHERE { VALUES ?x { 1 } $this ex:p ?x }",
    ],
)
def test_what_the_standard_forbids_is_refused(query: str) -> None:
    """SHACL-SPARQL 5.2.1."""
    with pytest.raises(RuleBroken):
        compiled(query, {"ex": EX}, None, EX + "S", Limits())


def test_the_quadratic_negation_becomes_a_difference() -> None:
    """oxigraph#885: 75 s at 10,000 records where the difference takes 0.04 s."""
    query = compiled(
        "SELECT $this WHERE { $this ex:p ?x . FILTER NOT EXISTS { $this ex:q ?y . ?y ex:p ?z } }",
        {"ex": EX}, Predicate(EX + "p"), EX + "S", Limits(),
    )  # fmt: skip
    assert "MINUS" in query.text and "EXISTS" not in query.text
    assert query.predicates == {EX + "p", EX + "q"}
    data = [(Term(f"{EX}{i}"), EX + name, Term(f"{EX}{i // 2}")) for i in range(4_000) for name in "pq"]
    graph = DataGraph(columns_from(data))
    focus = pl.DataFrame({"v": [f"{EX}{i}" for i in range(4_000)], "t": [0] * 4_000}, schema_overrides={"t": pl.Int32})
    nodes = Nodes.of(focus)
    start = time.perf_counter()
    found = WholeGraph(graph).ask(Constraint("SPARQL", text=query.text, reads=query.predicates), nodes)
    assert found.is_empty()
    assert time.perf_counter() - start < 20


def test_a_query_without_end_is_ended() -> None:
    """A limit, exit code 4, and no process left behind."""
    data = [(Term(f"{EX}{i}"), EX + "p", Term(f"{EX}{(i * 7 + 1) % 3_000}")) for i in range(3_000)]
    graph = DataGraph(columns_from(data))
    text = "SELECT $this WHERE { $this ex:p ?x . ?a ex:p ?b . ?c ex:p ?d . ?e ex:p ?f FILTER (STR(?b) = STR(?x)) }"
    query = compiled(text, {"ex": EX}, None, EX + "S", Limits())
    whole = WholeGraph(graph, Limits(rule_seconds=1))
    nodes = Nodes.of(graph.edges(EX + "p").select("v", "t"))
    with pytest.raises(LimitReached):
        whole.ask(Constraint("SPARQL", text=query.text, reads=query.predicates), nodes)
    assert whole._child is None


def test_blank_nodes_and_literals_keep_their_names() -> None:
    """A focus node comes back as the node it was."""
    data = [(Term("_:x"), EX + "p", Term("none", XSD + "boolean")), (Term("_:x"), EX + "p", Term("_:y"))]
    shapes = parse_shapes(shapes_of("SELECT $this ?value WHERE { ?value ex:p $this }", TARGETS[2]))
    graph = DataGraph(columns_from(data))
    engine = Engine(graph, shapes)
    shape = shapes.targeted[0]
    rows = engine.results(shape, engine.focus_nodes(shape)).select("focus", "v").rows()
    assert sorted(rows) == [("_:y", "_:x"), ("none", "_:x")]
