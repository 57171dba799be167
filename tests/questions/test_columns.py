"""Questions answered from columns: the same rows, terms and datatypes as the engine's, on every kind of data."""

from __future__ import annotations

import datetime
import os
import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries import ask, library
from mcgraph.queries.choices import choices
from mcgraph.queries.columnar import NotColumnar, joins, solve, using
from mcgraph.queries.columnar.solve import Found, Solver
from mcgraph.queries.conversation import Rows
from mcgraph.queries.engine import Engine
from mcgraph.queries.finding import find_record
from mcgraph.queries.grammar import read
from mcgraph.queries.parameters import bind, read_values
from mcgraph.queries.route import COUNTED, FROM_COLUMNS
from mcgraph.queries.worker import encode
from mcgraph.store import Graph
from mcgraph.store.columns import build, open_columns, write
from tests.questions.random_graphs import PREFIX, Quad, Queries, as_parts, in_oxigraph, quads

Row = tuple[tuple[str, str] | None, ...]


def by_engine(store: Any, text: str) -> list[Row]:
    """The rows of the engine as (type, text)."""
    found = store.query(PREFIX + text, use_default_graph_as_union=True)
    names = [variable.value for variable in found.variables]
    return [tuple(None if row[n] is None else tuple(encode(row[n]) or ()) for n in names) for row in found]  # type: ignore[misc]


def as_rows(found: Found) -> list[Row]:
    """The rows of the columns in the same form."""
    return [
        tuple(None if text is None else (kind, text) for text, kind in zip(texts, types, strict=True))
        for texts, types in zip(found.rows, found.types, strict=True)
    ]


@pytest.mark.parametrize("seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(2, 30))])
def test_random_queries_have_the_rows_of_the_engine(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the columns take on, they answer as the engine does; they take on most."""
    if seed % 2:
        # So small a graph never has few rows: let subqueries be asked for the terms of the rows whenever they may.
        monkeypatch.setattr(joins, "FEW", 1)
        # And make ordered answers a few subjects at a time.
        monkeypatch.setattr(solve, "FIRST_PART", 10**9)
        monkeypatch.setattr(solve, "LEAST_PART", 2)
    chance = random.Random(seed)
    data = quads(chance)
    store = in_oxigraph(data)
    write(tmp_path / "columns", "s", as_parts(data))
    columns = open_columns(tmp_path / "columns")
    assert columns is not None
    solver = Solver(columns)
    queries = Queries(chance)
    answered = 0
    for _ in range(40):
        text = queries.one()
        try:
            expected = by_engine(store, text)
        except SyntaxError:
            continue
        query = read(PREFIX + text, PREFIXES)
        assert query is not None, text
        try:
            found = as_rows(solver.answer(query, 100_000))
        except NotColumnar:
            continue
        answered += 1
        assert Counter(found) == Counter(expected), text
        if "ORDER BY" in text:
            assert found == expected, text
    assert answered >= 8


# Questions with a record to start from go to the engine; the others are asked in both ways.
WHOLE = [name for name, question in library().items() if not question.required]


def texts(name: str) -> list[str]:
    """The text of a question and of its coverage, with the parameters bound that have a default or are needed."""
    question = library()[name]
    values = read_values(question.parameters, {}, datetime.date(2026, 1, 15))
    terms = {key: value for key, value in values.items() if not isinstance(value, str)}
    found = [bind(question.text, terms)]
    if question.coverage:
        found.append(bind(question.coverage.query(), question.coverage.used(terms)))
    return found


@pytest.fixture(scope="module")
def demo_solver(demo: tuple[Graph, Engine]) -> Solver:
    """The columns of the demo store."""
    columns = open_columns(build(demo[0]))
    assert columns is not None
    return Solver(columns)


@pytest.mark.parametrize("name", WHOLE)
def test_a_question_has_the_same_numbers_both_ways(name: str, demo: tuple[Graph, Engine], demo_solver: Solver) -> None:
    """Each question about the whole graph is answered by the columns, with the engine's rows, terms and order."""
    for text in texts(name):
        query = read(text, PREFIXES)
        assert query is not None
        found = demo_solver.answer(query, 10_000)
        engine = demo[1].run(text)
        assert found.columns == engine.columns
        assert Counter(zip(found.rows, found.types, strict=True)) == Counter(
            zip(engine.rows, engine.types, strict=True)
        )
        if query.order_by:
            assert found.rows == list(engine.rows)


class Nobody:
    """An index that must not be asked: the columns are to answer."""

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        """Fail."""
        raise AssertionError(text)


def test_choices_are_counted_alike(demo: tuple[Graph, Engine]) -> None:
    """The values a parameter may take, their names and numbers of records: from the columns as from the index."""
    graph, engine = demo
    prepared = using.prepare(graph, replace(Limits(), columns_from_triples=1))
    assert prepared is not None
    counted = 0
    with using.start(prepared, Limits()) as columns:
        for question in library().values():
            found = choices(Nobody(), question, columns)
            assert found == choices(engine, question)
            counted += any(choice.records for choice in found)
    assert counted >= 8


def test_a_record_is_found_by_name_alike(demo: tuple[Graph, Engine]) -> None:
    """By identifier, by title in any language, by legal name; unknown and ambiguous names are refused alike."""
    graph, engine = demo
    rows = engine.run("SELECT ?r ?n WHERE { ?r mc:title|mc:legalName|mc:identifier ?n } ORDER BY ?n ?r LIMIT 2000").rows
    names = [*random.Random(3).sample(sorted({str(row[1]) for row in rows}), 40), "nobody is called so"]
    limits = replace(Limits(), columns_from_triples=1)

    def found(name: str, opening: using.Opening | None) -> str:
        try:
            return find_record(engine, name, "x", opening).value
        except WrongUse as fault:
            return fault.message

    with ExitStack() as opened:
        opening = using.Opening(graph, limits, opened, make=True)
        pairs = [(found(name, None), found(name, opening)) for name in names]
        assert opening.columns() is not None
    assert all(first == second for first, second in pairs)
    assert sum(first.startswith("http") for first, _ in pairs) >= 15


def test_long_answers_are_cut_where_the_engine_cuts_them(demo: tuple[Graph, Engine], demo_solver: Solver) -> None:
    """The first rows of an ordered answer, made part by part."""
    for name in ("validity-and-trust", "missing-annex-elements", "label-versus-definition", "weak-quality-assurance"):
        text = texts(name)[0]
        query = read(text, PREFIXES)
        assert query is not None
        for most in (1, 7, 100, 282):
            found = demo_solver.answer(query, most)
            engine = demo[1].run(text, rows=most)
            assert (found.rows, found.more) == (list(engine.rows), bool(engine.limit))


def test_ask_tells_that_columns_answered(demo: tuple[Graph, Engine]) -> None:
    """The answer of a large store says where it was read, and keeps the text as it stands in the library."""
    graph, engine = demo
    small = ask(graph, "credentials-by-level", {"country": "IE"}, engine=engine)
    limits = replace(Limits(), columns_from_triples=10)
    large = ask(graph, "credentials-by-level", {"country": "IE"}, limits=limits)
    assert small.plan == () and FROM_COLUMNS in large.plan
    assert (large.rows, large.types, large.coverage, large.query) == (
        small.rows, small.types, small.coverage, small.query,
    )  # fmt: skip
    started = ask(graph, "recognition-of", {"credential": str(_first(engine))}, limits=limits)
    assert started.plan == ()


@pytest.mark.parametrize("name", ["stacks-into", "gives-access-to", "credentials-with-skill", "pathways-towards"])
def test_coverage_over_the_whole_graph_is_counted_in_the_columns(name: str, demo: tuple[Graph, Engine]) -> None:
    """A question that starts from a record has the same rows and coverage; only what counts over all is told apart."""
    graph, engine = demo
    needed = library()[name].required[0].name
    sought = {"skill": "SELECT ?s { ?c mc:skill ?s } ORDER BY ?s LIMIT 1"}
    any_whole = "SELECT ?c { ?r mc:stackingWhole ?c } ORDER BY ?c LIMIT 1"
    given = {needed: str(engine.run(sought.get(needed, any_whole)).rows[0][0])}
    day = datetime.date(2026, 1, 15)
    small = ask(graph, name, given, date=day, engine=engine)
    large = ask(graph, name, given, date=day, limits=replace(Limits(), columns_from_triples=10))
    assert (large.rows, large.coverage) == (small.rows, small.coverage)
    assert large.coverage is not None and large.coverage.total > 0
    assert (COUNTED in large.plan) == (name in ("stacks-into", "credentials-with-skill"))


def _first(engine: Engine) -> str | None:
    return engine.run("SELECT ?c WHERE { ?c a mc:Credential } ORDER BY ?c LIMIT 1").rows[0][0]


def test_damaged_columns_are_not_answered_from(demo: tuple[Graph, Engine]) -> None:
    """A flipped byte: the engine answers, and the next question makes the columns anew."""
    graph, _ = demo
    limits = replace(Limits(), columns_from_triples=10)
    folder = build(graph)
    for path in folder.glob("table-*.ipc"):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    expected = ask(graph, "credentials-by-level", limits=replace(Limits(), columns_from_triples=10**9))
    first = ask(graph, "credentials-by-level", limits=limits)
    again = ask(graph, "credentials-by-level", limits=limits)
    assert first.rows == again.rows == expected.rows
    assert FROM_COLUMNS not in first.plan and FROM_COLUMNS in again.plan
    assert "made first" in again.plan[0]


def test_columns_hold_what_the_index_holds(demo: tuple[Graph, Engine]) -> None:
    """As many triples in each graph."""
    columns = open_columns(build(demo[0]))
    assert columns is not None
    counts: Counter[str] = Counter()
    for table in columns.tables:
        counts[table.graph] += table.rows
    assert counts == dict(demo[0].graphs)


def test_columns_of_many_pieces_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large store is encoded in several rounds; small rounds on a small graph give the same files."""
    data = as_parts(quads(random.Random(5), 200))
    write(tmp_path / "whole", "s", data)
    monkeypatch.setattr("mcgraph.store.columns._AT_ONCE", 3)
    write(tmp_path / "parts", "s", data)
    names = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "parts").iterdir())
    assert all((tmp_path / "whole" / n).read_bytes() == (tmp_path / "parts" / n).read_bytes() for n in names)


def test_what_an_ended_process_left_is_removed(tmp_path: Path) -> None:
    """Only once it is old: a younger one may still be written."""
    for name, age in (("tmp-1-old", 7_200), ("tmp-2-young", 60)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    write(tmp_path / "columns", "s", as_parts(quads(random.Random(1))))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["columns", "tmp-2-young"]


@pytest.mark.parametrize(
    "text",
    [
        # A triple without a variable is there or not.
        "SELECT ?a ?y { ?a :q ?y . :b :q|:p :x } ORDER BY ?a ?y",
        "SELECT ?a ?y { ?a :q ?y . :b :q|:p :y } ORDER BY ?a ?y",
        # What is optional comes before what binds: a part of it may not be left out.
        "SELECT ?a ?y { OPTIONAL { ?a :p ?x } ?a :q ?y } ORDER BY ?a ?y",
        "SELECT ?s ?a ?y { ?s :r ?a { SELECT ?a ?y { OPTIONAL { ?a :p ?x } ?a :q ?y } } } ORDER BY ?s ?a ?y",
        "SELECT ?s ?a ?y { ?s :r ?a { SELECT ?a ?y { ?y :q ?x OPTIONAL { ?a :p ?x } } } } ORDER BY ?s ?a ?y",
        # Nor where what is left out would be missed by NOT EXISTS or MINUS.
        "SELECT ?a ?d { ?a :q ?b { ?d :r ?e } UNION { ?d :r ?e FILTER NOT EXISTS { ?a :p ?x } } } ORDER BY ?a ?d",
        "SELECT ?a ?d { ?a :q ?b { ?d :q ?x MINUS { ?a :p ?x } } } ORDER BY ?a ?d",
        "SELECT ?a ?d { ?a :q ?b { ?d :q ?x OPTIONAL { ?a :p ?x } } } ORDER BY ?a ?d",
        # A variable of the same name inside that is another one, is counted over, or is cut.
        "SELECT ?s ?a ?n { ?s :r ?a { SELECT (COUNT(?a) AS ?n) { ?a :q ?x } } } ORDER BY ?s",
        "SELECT ?s ?a ?x { ?s :r ?a { SELECT ?x { ?a :q ?x } } } ORDER BY ?s ?a ?x",
        "SELECT ?s ?a ?x { ?s :r ?a { SELECT ?a ?x { ?a :q ?x } ORDER BY ?a LIMIT 1 } } ORDER BY ?s ?a ?x",
        "SELECT ?s ?a ?x { ?s :r ?a { SELECT ?a ?x { { ?a :p ?x } UNION { ?z :q ?x } } } } ORDER BY ?s ?a ?x",
        "SELECT ?s ?n { ?s :r ?a { SELECT ?a (COUNT(?x) AS ?n) { ?a :q ?x MINUS { ?a :p ?z } } GROUP BY ?a } }",
    ],
)  # fmt: skip
def test_few_rows_are_asked_for_alone_only_where_that_is_the_same(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ordered answers in parts of one subject, subqueries for the terms of the rows: the engine's rows all the same."""
    monkeypatch.setattr(joins, "FEW", 1)
    monkeypatch.setattr(solve, "FIRST_PART", 10**9)
    monkeypatch.setattr(solve, "LEAST_PART", 1)
    facts = ("z p x", "z q y", "a q y", "b q x", "c q y", "b r a", "c r d", "b r c", "e r b")
    data: list[Quad] = [("urn:g1", *(f"urn:{word}" for word in fact.split())) for fact in facts]  # type: ignore[misc]
    write(tmp_path / "columns", "s", as_parts(data))
    columns = open_columns(tmp_path / "columns")
    query = read(PREFIX + text, PREFIXES)
    assert columns is not None and query is not None
    expected = by_engine(in_oxigraph(data), text)
    found = as_rows(Solver(columns).answer(query, 1_000))
    assert Counter(found) == Counter(expected)
    assert found == expected or not text.endswith(("ORDER BY ?s ?a ?x", "ORDER BY ?a ?d", "ORDER BY ?a ?y"))
