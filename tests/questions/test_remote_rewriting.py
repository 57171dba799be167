"""What is said in other words to servers of others means the same: asked of the engine here in both forms."""

from __future__ import annotations

import datetime
import random
from collections import Counter

import pyoxigraph as ox
import pytest

from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries import library
from mcgraph.queries.parameters import bind, read_values
from mcgraph.queries.remote_rewriting import for_servers
from tests.questions.random_graphs import PREFIX, in_oxigraph, quads
from tests.questions.samples import EXAMPLES
from tests.questions.test_rewriting import INSIDE, rows

AROUND = (
    "?a :p0 ?b {} ?b :p1 ?c",
    "?a :p0 ?b OPTIONAL {{ ?b :p1 ?c }} {}",
    "{{ ?a :p0 ?b {} }} UNION {{ ?a :p1 ?b }}",
    "VALUES ?c {{ UNDEF }} ?a :p0 ?b {} FILTER(!BOUND(?c) || ?c = ?b)",
    "VALUES ?a {{ :n1 UNDEF }} ?a :p0 ?b {}",
    "{{ SELECT ?b (MIN(?x9) AS ?a) WHERE {{ ?x9 :p0 ?b }} GROUP BY ?b }} {}",
    "GRAPH ?g {{ ?a :p0 ?b {} }}",
)
BINDS = (
    "BIND(IF({sign}EXISTS {{ {inside} }}, 1, 0) AS ?t9)",
    "BIND({sign}EXISTS {{ {inside} }} || EXISTS {{ ?a :p1 ?z9 }} AS ?t9)",
)
TEXTS = [
    f"{PREFIX} SELECT * WHERE {{ {around.format(binding.format(sign=sign, inside=inside))} }}"
    for around in AROUND
    for binding in BINDS
    for inside in INSIDE
    for sign in ("", "NOT ")
]


def _without_marks(found: Counter[tuple[tuple[str, str], ...]]) -> Counter[tuple[tuple[str, str], ...]]:
    kept: Counter[tuple[tuple[str, str], ...]] = Counter()
    for row, count in found.items():
        kept[tuple(cell for cell in row if not cell[0].startswith("isThere"))] += count
    return kept


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 12))])
def test_an_exists_in_an_expression_keeps_its_meaning(seed: int) -> None:
    """Random graphs, patterns of every kind inside and around; many of them are rewritten."""
    store = in_oxigraph(quads(random.Random(seed)))
    changed = 0
    for text in TEXTS:
        asked = for_servers(text, PREFIXES)
        changed += "isThere" in asked
        assert _without_marks(rows(store, asked)) == _without_marks(rows(store, text)), f"{text}\n{asked}"
    assert changed > len(TEXTS) / 4


def test_every_question_keeps_its_answer() -> None:
    """On the example data, with what is needed and without what is not; EXISTS is left in filters alone."""
    store = ox.Store()
    store.load(path=str(EXAMPLES / "world.ttl"))
    day = datetime.date(2026, 1, 15)
    changed = 0
    for question in library().values():
        for example in question.examples:
            given = {name: str(value) for name, value in (example.get("params") or {}).items()}
            values = read_values(question.parameters, given, day)
            # A record that is called by its name is left open.
            terms = {name: value for name, value in values.items() if not isinstance(value, str)}
            text = bind(question.text, terms)
            asked = for_servers(text, PREFIXES)
            changed += asked != text
            first, second = (store.query(one, prefixes=PREFIXES) for one in (text, asked))
            assert Counter(map(str, first)) == Counter(map(str, second)), question.name
    assert changed >= 12
