"""SPARQL of users that is answered from columns: which texts are, and that nobody sees a difference in the rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcgraph.errors import LimitReached, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries import ask
from mcgraph.queries.columnar.own import is_aggregate
from mcgraph.queries.columnar.solve import Solver
from mcgraph.queries.engine import Engine
from mcgraph.queries.explain import explain
from mcgraph.queries.grammar import read
from mcgraph.queries.route import FROM_COLUMNS
from mcgraph.store import Graph
from mcgraph.store.columns import open_columns, write
from tests.questions.random_graphs import PREFIX, Queries, as_parts, in_oxigraph, quads
from tests.questions.test_columns import as_rows, by_engine

BY_LEVEL = "SELECT ?level (COUNT(DISTINCT ?c) AS ?n) { ?c a mc:Credential ; mc:eqfLevel ?level } GROUP BY ?level\n"
LARGE = replace(Limits(), columns_from_triples=1)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        (BY_LEVEL, True),
        ("SELECT (COUNT(*) AS ?n) { ?c a mc:Credential }", True),
        ("SELECT (COUNT(*) AS ?n) { ?c mc:country country:IRL }", True),
        ("SELECT ?c { { SELECT ?c (COUNT(*) AS ?n) { ?c mc:skill ?s } GROUP BY ?c } FILTER(?n > 3) }", True),
        (BY_LEVEL.strip() + " ORDER BY ?level LIMIT 3", True),
        # Which rows come is left open by SPARQL: the index decides.
        (BY_LEVEL.strip() + " LIMIT 3", False),
        ("SELECT (COUNT(*) AS ?n) { { SELECT ?c { ?c a mc:Credential } LIMIT 5 } }", False),
        ("SELECT ?l (SAMPLE(?c) AS ?one) { ?c mc:eqfLevel ?l } GROUP BY ?l", False),
        (BY_LEVEL.strip() + " ORDER BY DESC(?n) LIMIT 3", False),
        (BY_LEVEL.strip() + " ORDER BY DESC(?n) ?level LIMIT 3", True),
        # Values that the two ways may see in other ways.
        ("SELECT (COUNT(*) AS ?n) { ?c mc:creditPoints ?p FILTER(?p * 3 > 2.4) }", False),
        ("SELECT (COUNT(*) AS ?n) { ?c mc:creditPoints ?p FILTER(?p > 60) }", True),
        ("SELECT (COUNT(*) AS ?n) { ?c mc:creditPoints ?p FILTER(?p > 2.5) }", False),
        ('SELECT (COUNT(*) AS ?n) { ?c mc:isFullQualification "0"^^xsd:boolean }', False),
        ('SELECT (COUNT(*) AS ?n) { ?c mc:validFrom ?v FILTER(?v < "2030-01-01"^^xsd:date) }', False),
        ("SELECT ?l (COUNT(?p > 5) AS ?n) { ?c mc:eqfLevel ?l ; mc:creditPoints ?p } GROUP BY ?l", False),
        ("SELECT ?x (COUNT(*) AS ?n) { ?c mc:creditPoints ?p } GROUP BY (?p * 2 AS ?x)", False),
        ("SELECT (SUM(IF(BOUND(?p), 1, 0)) AS ?n) { ?c mc:creditPoints ?p }", False),
        ("SELECT (COUNT(*) AS ?n) { GRAPH <urn:g> { ?c a mc:Credential } }", False),
        # It starts from a record.
        ("SELECT (COUNT(*) AS ?n) { id:a/credential/b mc:skill ?s }", False),
        ("SELECT (COUNT(*) AS ?n) { ?r mc:stackingWhole <https://w3id.org/mcgraph/id/a/credential/b> }", False),
        ("SELECT (COUNT(*) AS ?n) { VALUES ?c { <https://w3id.org/mcgraph/id/a/b> } ?c mc:skill ?s }", False),
        # No property is named, or a dataset is.
        ("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p", False),
        ("SELECT (COUNT(*) AS ?n) FROM <urn:g> { ?c a mc:Credential }", False),
        ("SELECT ?c { ?c a mc:Credential }", False),
        ("ASK { ?c a mc:Credential }", False),
        ("SELECT (COUNT(*) AS ?n) {", False),
    ],
)
def test_what_counts_over_the_whole_graph_is_taken(text: str, taken: bool) -> None:
    """And nothing that the index does at once, or on which SPARQL leaves a choice."""
    assert is_aggregate(text) is taken


@pytest.mark.parametrize(
    "text",
    [
        # A shared variable that the inner optional part binds nowhere does not wipe out the outer one.
        "SELECT ?f (COUNT(*) AS ?n) { ?c mc:eqfLevel ?l ; mc:form ?f OPTIONAL { ?c mc:providedBy ?p "
        "OPTIONAL { ?p mc:form ?f } } } GROUP BY ?f ORDER BY ?f",
        "SELECT ?l (COUNT(*) AS ?n) { ?c mc:eqfLevel ?l OPTIONAL { ?c mc:form ?f VALUES ?l { UNDEF } } } GROUP BY ?l "
        "ORDER BY ?l",
        "SELECT (COUNT(*) AS ?n) { ?c mc:country ?k } VALUES ?k { country:IRL country:DEU }",
        "SELECT ?l (COUNT(?c) AS ?n) { ?c mc:eqfLevel ?l } GROUP BY ?l HAVING(?n > 5) ORDER BY ?l",
        "SELECT ?m (COUNT(?c) AS ?n) { ?c mc:creditPoints ?p VALUES ?m { 7000 8000 9000 750 } FILTER(?p != ?m) } "
        "GROUP BY ?m ORDER BY ?m",
        'SELECT (COUNT(*) AS ?n) { ?c mc:title ?t FILTER(STRAFTER(STR(?t), "") = STR(?t)) }',
        "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?c a mc:Credential FILTER NOT EXISTS { ?c mc:eqfLevel ?l . "
        "?l a skos:Concept } } }",
        "SELECT (COUNT(*) AS ?n) { GRAPH <urn:nowhere> { OPTIONAL { ?c a mc:Credential } } }",
    ],
)
def test_the_columns_decline_or_say_what_the_engine_says(text: str, ways: tuple[Graph, Engine, Any]) -> None:
    """Whoever asks: named questions go through the same columns."""
    _, engine, columns = ways
    bound = "".join(f"PREFIX {name}: <{PREFIXES[name]}>\n" for name in ("mc", "country", "skos")) + text
    expected = engine.run(bound, rows=10_000)
    try:
        found = columns.run(bound, rows=10_000)
    except LimitReached:
        return  # the process of the columns tells so that a text is not for them
    assert sorted(map(str, found.rows)) == sorted(map(str, expected.rows))


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 40))])
def test_random_aggregates_have_the_rows_of_the_engine(seed: int, tmp_path: Path) -> None:
    """Over random graphs with odd literals, in whatever order where none is asked for."""
    chance = random.Random(7_000 + seed)
    data = quads(chance)
    write(tmp_path / "columns", "s", as_parts(data))
    columns = open_columns(tmp_path / "columns")
    assert columns is not None
    solver, store, queries = Solver(columns), in_oxigraph(data), Queries(chance)
    compared = 0
    for _ in range(240):
        text = queries.one()
        query = read(PREFIX + text, PREFIXES)
        if query is None or not is_aggregate(PREFIX + text):
            continue
        try:
            expected = by_engine(store, text)
        except SyntaxError:
            continue
        try:
            found = as_rows(solver.answer(query, 10_000))
        except Exception as fault:
            assert type(fault).__name__ == "NotColumnar", (text, fault)
            continue
        assert sorted(map(str, found)) == sorted(map(str, expected)), text
        compared += 1
    assert compared >= 8, compared


@pytest.fixture(scope="module")
def ways(demo: tuple[Graph, Engine]) -> Iterator[tuple[Graph, Engine, Any]]:
    """The demo's graph, its index, and its columns."""
    from mcgraph.queries.columnar import using

    graph, engine = demo
    prepared = using.prepare(graph, LARGE)
    assert prepared is not None
    with using.start(prepared, Limits()) as columns:
        yield graph, engine, columns


TEXTS = [
    "SELECT ?x (COUNT(DISTINCT ?c) AS ?n) {{ ?c a mc:Credential ; {one} ?x }} GROUP BY ?x ORDER BY DESC(?n) ?x\n",
    "SELECT ?x ?y (COUNT(*) AS ?n) {{ ?c {one} ?x OPTIONAL {{ ?c {two} ?y }} }} GROUP BY ?x ?y HAVING(COUNT(*) > 1)\n",
    "SELECT (COUNT(DISTINCT ?x) AS ?n) (MIN(STR(?x)) AS ?least) {{ ?c a mc:Credential ; {one} ?x "
    "MINUS {{ ?c {two} ?y }} }}\n",
    "SELECT ?x (SUM(?p) AS ?points) {{ ?c {one} ?x ; mc:creditPoints ?p }} GROUP BY ?x\n",
    'SELECT (COUNT(*) AS ?n) {{ ?c {one} ?x ; mc:title ?t FILTER(CONTAINS(LCASE(STR(?t)), LCASE("ÉT"))) }}\n',
]
PROPERTIES = ("mc:eqfLevel", "mc:form", "mc:country", "mc:language", "mc:providedBy", "mc:awardedBy", "mc:skill")


def test_the_rows_are_the_same_on_the_demo(ways: tuple[Graph, Engine, Any]) -> None:
    """Counts by two random properties, asked as a user asks; most come from the columns, and say so."""
    graph, engine, columns = ways
    chance = random.Random(20261128)
    taken = 0
    for _ in range(24):
        one, two = chance.sample(PROPERTIES, 2)
        text = chance.choice(TEXTS).format(one=one, two=two)
        small = ask(graph, text, engine=engine)
        large = ask(graph, text, engine=engine, columns=columns, limits=LARGE)
        assert (large.columns, large.query, large.warnings) == (small.columns, small.query, small.warnings)
        assert sorted(map(str, zip(large.rows, large.types, strict=True))) == sorted(
            map(str, zip(small.rows, small.types, strict=True))
        ), text
        taken += FROM_COLUMNS in large.plan
    assert taken >= 18


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?c (COUNT(*) AS ?n) { ?c a mc:Credential }\n",
        "SELECT (COUNT(*) AS ?n) { ?c a mc:Credential BIND(1 AS ?c) }\n",
        "SELECT (COUNT(*) AS ?n) (COUNT(*) AS ?n) { ?c a mc:Credential }\n",
        "SELECT ?l (COUNT(*) AS ?n) { ?c mc:eqfLevel ?l } GROUP BY ?other\n",
    ],
)
def test_what_the_engine_refuses_is_refused(text: str, ways: tuple[Graph, Engine, Any]) -> None:
    """Our grammar reads more than SPARQL allows; an answer to such a text would be one nobody else gives."""
    graph, engine, columns = ways
    said = []
    for given in (None, columns):
        with pytest.raises(WrongUse) as refused:
            ask(graph, text, engine=engine, columns=given, limits=LARGE)
        said.append(refused.value.message)
    assert said[0] == said[1]


def test_explain_tells_which_way(ways: tuple[Graph, Engine, Any]) -> None:
    """Beforehand as in the answer."""
    assert explain(BY_LEVEL, {}).from_columns
    assert not explain("SELECT ?c { ?c a mc:Credential }\n", {}).from_columns
    assert not explain(BY_LEVEL.replace("?c a", "?c mc:skill ?x . ?c a"), {"x": "id:a/b"}).from_columns


def test_a_part_of_a_text_may_be_another_column(tmp_path: Path) -> None:
    """CONTAINS and STRSTARTS with a pattern that differs by row."""
    write(tmp_path / "columns", "s", as_parts([("urn:g1", "urn:n1", "urn:p2", (text, "", _STRING)) for text in _TEXTS]))
    columns = open_columns(tmp_path / "columns")
    assert columns is not None
    solver, store = Solver(columns), in_oxigraph(
        [("urn:g1", "urn:n1", "urn:p2", (text, "", _STRING)) for text in _TEXTS]
    )
    for name in ("CONTAINS", "STRSTARTS"):
        text = f"SELECT ?a ?b {{ ?x :p2 ?a . ?x :p2 ?b FILTER({name}(STR(?a), STR(?b))) }} ORDER BY ?a ?b"
        query = read(PREFIX + text, PREFIXES)
        assert query is not None
        found = as_rows(solver.answer(query, 1_000))
        assert found == by_engine(store, text)
        assert len(found) > len(_TEXTS)


def test_terms_that_the_data_lacks_leave_no_trace(tmp_path: Path) -> None:
    """The process lives as long as its snapshot is served: one question after another asks for what is not there."""
    data = [("urn:g1", "urn:n1", "urn:p0", text) for text in ("urn:a", "urn:z")]
    write(tmp_path / "columns", "s", as_parts(data))
    columns = open_columns(tmp_path / "columns")
    assert columns is not None
    solver, store = Solver(columns), in_oxigraph(data)
    for number in range(30):
        text = f"SELECT (COUNT(*) AS ?n) {{ ?x :p0 ?a FILTER(?a = :m{number} || ?a = :a) }}"
        query = read(PREFIX + text, PREFIXES)
        assert query is not None
        assert as_rows(solver.answer(query, 10)) == by_engine(store, text)


_STRING = "http://www.w3.org/2001/XMLSchema#string"
_TEXTS = ["", "a", "ab", "b", "abc", "É", "élan É", "(a", "."]
