"""A store that holds only the statements a question needs gives the same answer as the whole graph."""

from __future__ import annotations

import random

import pyoxigraph as ox
import pytest

from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries import library
from mcgraph.queries.needed_statements import Pattern, fewest, needed
from mcgraph.queries.parameters import Term, bind
from tests.questions.random_graphs import PREFIX, in_oxigraph, quads
from tests.questions.test_rewriting import TEXTS, rows

# Where a value given by VALUES may narrow a pattern, and where it looks as if it might.
GIVEN = (
    "VALUES ?a {{ :n1 }} {}",
    "{} VALUES ?a {{ :n1 }}",
    "VALUES ?a {{ :n1 :n2 }} {}",
    "VALUES (?a ?b) {{ (:n1 :n2) (:n1 UNDEF) }} {}",
    "VALUES ?a {{ :n1 }} {{ {} }}",
    "{{ VALUES ?a {{ :n1 }} ?x0 :p0 ?a }} UNION {{ ?x0 :p1 ?a }} {}",
    "?x0 :p0 ?a OPTIONAL {{ VALUES ?a {{ :n1 }} {} }}",
    "VALUES ?b {{ :n2 }} {{ SELECT ?a (COUNT(?b) AS ?n) WHERE {{ {} }} GROUP BY ?a }}",
)
AFTER = (
    "?a :p0 ?b",
    "?b :p0 ?a OPTIONAL { ?a :p1 ?c OPTIONAL { ?c :p0 ?a } }",
    "?b :p1 ?c OPTIONAL { ?c :p0 ?a }",
    "?b :p1 ?c OPTIONAL { ?c :p1 ?d OPTIONAL { ?d :p0 ?a } }",
    "?b :p1 ?c MINUS { ?b :p0 ?a }",
    "?b :p1 ?c MINUS { ?b :p0 ?d OPTIONAL { ?d :p1 ?a } }",
    "{ ?b :p1 ?c MINUS { ?b :p0 ?a } } UNION { ?a :p1 ?b }",
    "?b :p1 ?c FILTER EXISTS { ?c :p0|:p1 ?a }",
    "{ ?b :p1 ?c FILTER NOT EXISTS { ?c :p0 ?a } }",
    "?a (:p0/:p1)+ ?b",
    "?a (:p0|^:p1)* ?b . ?b :p1 ?c",
    "?b :p0 ?c . ?a :p1? ?c",
    "?b :p0/:p1*/^:p0 ?a",
    "?a :p0/:p1 ?b",
    ":n1 :p1/^:p0/:p1 ?a",
    "?b :p0/^:p1 :n2 . ?b :p0|:p1 ?a",
    "?a ?p ?b",
    "?b ?p :n3 . ?a :p2 ?v",
    "GRAPH ?g { ?b :p0 ?a } GRAPH :g1 { ?a ?p ?c }",
    "?b :p0 ?c BIND(EXISTS { ?c :p1 ?a } AS ?t)",
    "?b :p0 ?x1 FILTER(?x1 = :n4 || EXISTS { ?b :p3 ?w })",
    "?a :p0* ?a . ?a :p1 ?b",
    "GRAPH ?g { { ?a :p0 ?b } UNION { ?b :p1 ?a } }",
    "GRAPH ?g { { SELECT ?a (COUNT(*) AS ?n) { ?a :p0 ?d } GROUP BY ?a } OPTIONAL { ?a :p1 ?b } }",
)
NARROW = [f"{PREFIX} SELECT * WHERE {{ {given.format(after)} }}" for given in GIVEN for after in AFTER]
MORE = [
    f"{PREFIX} SELECT ?a (COUNT(?b) AS ?n) WHERE {{ ?a :p0 ?b }} GROUP BY ?a HAVING(EXISTS {{ ?a :p1 ?c }})",
    f"{PREFIX} SELECT ?a (EXISTS {{ ?a :p1 ?c }} AS ?t) WHERE {{ ?a :p0 ?b }}",
    f"{PREFIX} SELECT ?a WHERE {{ ?a :p0 ?b }} ORDER BY (EXISTS {{ ?a :p1 ?c }}) LIMIT 100",
]


def restricted(store: ox.Store, patterns: tuple[Pattern, ...]) -> ox.Store:
    """A store with what matches the patterns, and nothing else."""
    kept = ox.Store()
    for pattern in patterns:
        places = (ox.NamedNode(name) if name else None for name in (pattern.subject, pattern.predicate, pattern.object))
        kept.extend(store.quads_for_pattern(*places, None))
    return kept


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 40))])
def test_the_needed_statements_are_enough(seed: int) -> None:
    """Random graphs, patterns of every kind; most texts need less than everything."""
    store = in_oxigraph(quads(random.Random(seed), 60))
    less = 0
    for text in (*NARROW, *TEXTS, *MORE):
        patterns = needed(text, PREFIXES)
        assert patterns is not None, text
        few = restricted(store, patterns)
        less += len(few) < len(store)
        assert rows(few, text) == rows(store, text), text
    assert less > 300


def test_a_record_that_is_given_narrows_what_is_fetched() -> None:
    """Its own statements, not those of all records; where it is compared later, those of all."""
    text = "VALUES ?c { UNDEF } ?c mc:occupation ?to OPTIONAL { ?to mc:title ?t } OPTIONAL { ?c mc:form ?f }"
    bound = bind(f"SELECT * WHERE {{ {text} }}", {"c": Term("urn:c")})
    mc = PREFIXES["mc"]
    assert needed(bound, PREFIXES) == (
        Pattern("", mc + "title"), Pattern("urn:c", mc + "form"), Pattern("urn:c", mc + "occupation"),
    )  # fmt: skip
    assert fewest({Pattern("a", "b"), Pattern("", "b"), Pattern("", "c", "d")}) == (
        Pattern("", "b"), Pattern("", "c", "d"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "DESCRIBE <urn:a>",
        "SELECT * FROM <urn:g> WHERE { ?a ?p ?b }",
        "SELECT * WHERE { ?a <urn:p>* ?b }",
        "SELECT * WHERE { VALUES ?a { <urn:a> } ?a <urn:p>? ?b }",
        "SELECT * WHERE { ?a !<urn:p> ?b }",
        # Each node with itself, whatever links it.
        "SELECT (COUNT(*) AS ?n) WHERE { ?a <urn:p>* ?a }",
        "SELECT * WHERE { <urn:a> ?a <urn:b> . ?a <urn:p>* ?b }",
        # Each graph there is, whatever is in it.
        "SELECT ?g WHERE { GRAPH ?g {} }",
        "ASK { GRAPH <urn:g> {} }",
        "SELECT * WHERE { GRAPH ?g { OPTIONAL { ?a <urn:p> ?b } } }",
        "SELECT * WHERE { GRAPH ?g { FILTER NOT EXISTS { ?a <urn:p> ?b } } }",
        "SELECT * WHERE { GRAPH ?g { { ?a <urn:p> ?b } UNION { VALUES ?a { <urn:a> } } } }",
        "SELECT * WHERE { GRAPH ?g { <urn:a> <urn:p>* ?b } }",
        "SELECT * WHERE { GRAPH ?g { GRAPH ?h { ?a <urn:p> ?b } } }",
        "SELECT * WHERE { GRAPH ?g { { SELECT (COUNT(*) AS ?n) { ?a <urn:p> ?b } } } }",
        "SELECT * WHERE { ?a <urn:p> ?b OPTIONAL { GRAPH ?g {} } }",
        "SELECT * WHERE { ?a <urn:p> ?b FILTER EXISTS { GRAPH ?a {} } }",
        # An IRI that is none would end in the middle of the text it is put into.
        "SELECT * WHERE { <urn:a\\u003E\\u0020?p\\u0020?o> ?p ?o }",
        "SELECT * WHERE { ?a <urn:p\\u003E\\u0020?o> ?b }",
        "SELECT * WHERE { ?a ?p <urn:a\\u003E> }",
        "SELECT * WHERE { VALUES ?a { <urn:a\\u003E> } ?a ?p ?b }",
        "SELECT broken",
    ],
)
def test_where_it_cannot_be_told(text: str) -> None:
    """Then nothing is guessed."""
    assert needed(text, PREFIXES) is None


def test_it_can_be_told_of_every_question() -> None:
    """And of what its coverage counts."""
    for question in library().values():
        assert needed(question.text, PREFIXES), question.name
        if question.coverage:
            assert needed(question.coverage.query(), PREFIXES), question.name
