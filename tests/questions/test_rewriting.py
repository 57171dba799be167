"""EXISTS said as MINUS or as a join: the same answers, in the engine and in rdflib, and told where it cannot be."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import rdflib
from click.testing import CliRunner

from mcgraph.cli.main import cli
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries.rewriting import rewrite
from tests.questions.random_graphs import PREFIX, Quad, in_oxigraph, quads

# What stands around the filter, and what the filter asks; every pair is tried in both signs.
AROUND = (
    "?a :p0 ?b . {} ?b :p1 ?c .",
    "?a :p0 ?b OPTIONAL {{ ?b :p1 ?c }} {}",
    "?a :p0 ?b OPTIONAL {{ ?b :p1 ?c {} }}",
    "{{ ?a :p0 ?b {} }} UNION {{ ?a :p1 ?b }}",
    "?a :p0|:p1 ?b {} BIND(STR(?a) AS ?t) FILTER(?b != :n3)",
    "?a :p0 ?b MINUS {{ ?a :p1 ?d {} }}",
    "VALUES ?a {{ :n1 UNDEF }} ?a :p0 ?b {}",
    "GRAPH ?g {{ ?a :p0 ?b {} }}",
    "{{ SELECT ?a ?b WHERE {{ ?a :p0 ?b {} }} }}",
    "VALUES ?c {{ UNDEF :n2 }} ?a :p0 ?b {}",
)
INSIDE = (
    "?b :p0 ?x . ?x :p1 ?y",
    "?a :p1/:p0 ?b",
    "?x :p0 ?a ; :p1 ?b",
    "?b :p0 ?x . ?x :p2 ?y FILTER(?y = 2)",
    "?b :p0 ?x . ?x :p1 ?y FILTER(?y != ?a)",
    "?b :p0 ?x OPTIONAL { ?x :p1 ?c }",
    "?b :p0 ?c . ?c :p1 ?y",
    "{ ?b :p0 ?x . ?x :p1 ?y } UNION { ?b :p1 ?x . ?x :p0 ?y }",
    "{ ?b :p0 ?x } UNION { ?x :p0 ?y . ?y :p1 ?z }",
    "?x :p0 ?y . ?y :p1 ?z",
    "VALUES ?b { :n1 :n2 :n4 } ?b :p0 ?x . ?x :p1 ?y",
    "?b :p0 ?x . ?x :p0 ?y BIND(?x AS ?a)",
    "?b :p0 ?x . ?x :p1 ?y MINUS { ?y :p0 ?a }",
    "?b :p0 ?x . ?x :p1 ?y FILTER NOT EXISTS { ?y :p0 ?x . ?x :p1 ?b }",
)
TEXTS = [
    f"{PREFIX} SELECT * WHERE {{ {around.format(f'FILTER {sign}EXISTS {{ {inside} }}')} }}"
    for around in AROUND
    for inside in INSIDE
    for sign in ("", "NOT ")
]


def rows(store: Any, text: str) -> Counter[tuple[tuple[str, str], ...]]:
    """The rows of the engine, by names, so that the order of columns does not matter."""
    found = store.query(text, use_default_graph_as_union=True)
    names = sorted(variable.value for variable in found.variables)
    return Counter(tuple((n, str(row[n])) for n in names if row[n] is not None) for row in found)


def in_rdflib(given: list[Quad]) -> rdflib.Dataset:
    """The quads in rdflib, seen as a union."""
    dataset = rdflib.Dataset(default_union=True)
    store = in_oxigraph(given)
    for quad in store:
        graph = dataset.graph(rdflib.URIRef(quad.graph_name.value))  # type: ignore[union-attr]
        line = f"{quad.subject} {quad.predicate} {quad.object} ."
        graph.parse(data=line, format="nt")
    return dataset


@pytest.mark.parametrize("seed", range(6))
def test_a_rewritten_text_has_the_same_answers(seed: int) -> None:
    """Around and inside, on random graphs of two named graphs."""
    store = in_oxigraph(quads(random.Random(seed), 60))
    changed = 0
    for text in TEXTS:
        found = rewrite(text, PREFIXES)
        changed += bool(found.changes)
        if found.text != text:
            assert rows(store, found.text) == rows(store, text), found.text
    assert changed > len(TEXTS) // 3


def test_rdflib_gives_the_same_answers_to_both() -> None:
    """An engine that is not ours and tries EXISTS for each row, as the specification has it."""
    dataset = in_rdflib([one for one in quads(random.Random(99), 30) if one[2] in ("urn:p0", "urn:p1")])
    for text in TEXTS:
        # rdflib puts outer values into sub-selects, which the specification does not.
        if "SELECT ?a" in text or "GRAPH" in text:
            continue
        found = rewrite(text, PREFIXES)
        if "SELECT DISTINCT" in found.text:
            continue
        if found.text != text:
            first, second = (
                Counter(tuple(sorted(row.asdict().items())) for row in dataset.query(one)) for one in (text, found.text)
            )
            assert first == second, found.text


def test_what_is_left_is_told() -> None:
    """A text that stays as it is says why, with the line."""
    text = "SELECT ?a WHERE { ?a mc:title ?t\nFILTER(?t > 3 || NOT EXISTS { ?x mc:partOf ?a ; mc:title ?y }) }"
    found = rewrite(text, PREFIXES)
    assert found.text == text and not found.changes
    assert "line 2" in found.slow[0] and "MINUS" in found.slow[0]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT ?a WHERE { ?a mc:title ?t FILTER NOT EXISTS { ?a mc:partOf ?b } }",
        'SELECT ?a WHERE { ?a mc:title "FILTER NOT EXISTS { ?a mc:partOf ?b . ?b mc:title ?c }" }',
        "SELECT ?a WHERE { ?a mc:title ?t } # FILTER NOT EXISTS { ?a mc:partOf ?b . ?b mc:title ?c }",
        "SELECT ?a WHERE { ?a mc:title ?t FILTER NOT EXISTS { ?a mc:partOf ?b . ?b mc:title ?c }",
        "FILTER NOT EXISTS",
        "",
    ],
)
def test_texts_without_a_slow_filter_stay_as_they_are(text: str) -> None:
    """One triple, a text, a comment, broken syntax, nothing."""
    found = rewrite(text, PREFIXES)
    assert (found.text, found.changes, found.slow) == (text, (), ())


def test_brackets_and_comments_around_are_kept_right() -> None:
    """The pattern moves to the end of its group, behind a comment that ends there."""
    inside = "{ ?a mc:partOf ?b . # }\n ?b mc:title ?c }"
    text = f"SELECT ?a WHERE {{ ?a mc:title ?t # the end }}\n FILTER(NOT EXISTS {inside}) # last\n}}"
    found = rewrite(text, PREFIXES)
    assert found.changes and in_oxigraph([]).query(found.text, prefixes=PREFIXES)
    assert found.text.rstrip().endswith(f"MINUS {inside} }}")


def test_the_command_explains_what_it_would_ask(tmp_path: Path) -> None:
    """The text for the engine on stdout, the reasons on stderr; no store is needed."""
    file = tmp_path / "slow.rq"
    file.write_text("SELECT ?a WHERE { ?a mc:title ?t FILTER NOT EXISTS { ?a mc:partOf ?b . ?b mc:title ?c } }\n")
    shown = CliRunner().invoke(cli, ["--store", str(tmp_path / "none"), "query", str(file), "--explain"])
    assert shown.exit_code == 0 and "MINUS" in shown.stdout and "asked as MINUS" in shown.stderr
    named = CliRunner().invoke(cli, ["query", "credentials-by-level", "--explain", "--json"])
    assert json.loads(named.stdout)["from_columns"] is True
    started = CliRunner().invoke(cli, ["query", "recognition-of", "-p", "credential=MC-1", "--explain", "--json"])
    assert json.loads(started.stdout)["from_columns"] is False
