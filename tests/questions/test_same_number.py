"""One filter, every way out: table, CSV, JSON, Parquet and a count in SPARQL say the same number as the spreadsheet."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from mcgraph.model.answer import Answer
from mcgraph.model.namespaces import expand
from mcgraph.queries import ask, named
from mcgraph.queries.choices import choices
from mcgraph.queries.engine import Engine
from mcgraph.queries.library import NamedQuestion
from mcgraph.queries.parameters import Parameter
from mcgraph.queries.writing import write_answer
from mcgraph.store import Graph
from tests.questions.by_hand.names import COUNTRY, european
from tests.questions.by_hand.reading import many, providers, registry

LISTED = """SELECT DISTINCT ?credential ?title WHERE {
  VALUES ?mode { UNDEF } VALUES ?country { UNDEF } VALUES ?name { UNDEF }
  ?credential a mc:Credential ; mc:title ?title ; mc:country ?country ; mc:participationMode ?mode ;
    mc:providedBy/mc:legalName ?name .
} ORDER BY ?credential"""
COUNTED = LISTED.replace("DISTINCT ?credential ?title", "(COUNT(DISTINCT ?credential) AS ?n)").replace(
    "ORDER BY ?credential", ""
)


def filters() -> list[tuple[str, str, str]]:
    """Random providers, those with letters beyond ASCII first, each with a random mode of one of its credentials."""
    chance = random.Random(20261124)
    rows = [row for row in registry().credentials.values() if many(row, "participation_mode")]
    chance.shuffle(rows)
    names = {key: row["name"] for key, row in registry().organisations.items()}
    drawn = [(names[providers(row)[0]], row["country"], many(row, "participation_mode")[0]) for row in rows]
    return sorted(dict.fromkeys(drawn), key=lambda one: one[0].isascii())[:40]


def ways_out(answer: Answer, folder: Path) -> set[int]:
    """How many rows an answer has, by each form it is given in."""
    write_answer(answer, folder / "a.parquet")
    return {
        len(answer),
        len(list(csv.reader(io.StringIO(answer.to_csv())))) - 1,
        len(list(csv.reader(io.StringIO(answer.to_tsv()), delimiter="\t"))) - 1,
        len(answer.to_json()["results"]["bindings"]),
        answer.to_dataframe().shape[0],
        pl.read_parquet(folder / "a.parquet").height,
    }


@pytest.mark.parametrize(("name", "country", "mode"), filters())
def test_every_way_out_says_the_same_number(
    name: str, country: str, mode: str, demo: tuple[Graph, Engine], tmp_path: Path
) -> None:
    """Counted from the CSV of the registry, and by each format of the answer."""
    graph, engine = demo
    expected = {
        key
        for key, row in registry().credentials.items()
        if name in [registry().organisations[one]["name"] for one in providers(row)]
        and row["country"] == country
        and mode in many(row, "participation_mode")
    }
    given = {"name": name, "country": COUNTRY + country, "mode": european("learning-assessment")[mode]}
    answer = ask(graph, LISTED + "\n", given, engine=engine)
    counted = ask(graph, COUNTED + "\n", given, engine=engine)
    assert expected == {str(row[0]).rpartition("/")[2] for row in answer.rows}
    assert ways_out(answer, tmp_path) | {int(counted.rows[0][0] or 0)} == {len(expected)}


def facet_question() -> NamedQuestion:
    """A question whose parameters are the facets: each lists its values with the number of records."""
    return replace(
        named("fits-person"),
        parameters=tuple(
            Parameter(name, kind, values=path, of="credential")
            for name, (kind, path, _) in FACETS.items()
        ),
    )


def _providers_of(row: dict[str, str]) -> list[str]:
    return [registry().organisations[one]["name"] for one in providers(row)]


FACETS: dict[str, tuple[str, str, Callable[[dict[str, str]], list[str]]]] = {
    "provider": ("text", "mc:providedBy/mc:legalName", _providers_of),
    "mode": (
        "concept",
        "mc:participationMode",
        lambda row: [european("learning-assessment")[one] for one in many(row, "participation_mode")],
    ),
    "country": ("country", "mc:country", lambda row: [COUNTRY + row["country"]] if row["country"] else []),
}


def test_facets_say_what_the_answers_say(demo: tuple[Graph, Engine], tmp_path: Path) -> None:
    """Every value of each facet: its count is the spreadsheet's; for a random part of them, so is every way out."""
    graph, engine = demo
    chance = random.Random(20261128)
    facets = choices(engine, facet_question())
    beyond_ascii = 0
    for name, (kind, path, values) in FACETS.items():
        counted = Counter(value for row in registry().credentials.values() for value in set(values(row)))
        listed = [one for one in facets if one.parameter == name]
        mine = {one.value if kind == "text" else expand(one.value): one.records for one in listed}
        assert mine == dict(counted)
        drawn = sorted(chance.sample(sorted(mine), min(12, len(mine))), key=str.isascii)
        for value in drawn:
            beyond_ascii += not value.isascii()
            pattern = f"{{ VALUES ?value {{ UNDEF }} ?credential a mc:Credential ; {path} ?value }}"
            given = {"value": value}
            answer = ask(graph, f"SELECT DISTINCT ?credential {pattern}\n", given, engine=engine)
            count = ask(graph, f"SELECT (COUNT(DISTINCT ?credential) AS ?n) {pattern}\n", given, engine=engine)
            assert ways_out(answer, tmp_path) | {int(count.rows[0][0] or 0)} == {mine[value]}, value
    assert beyond_ascii >= 5


def test_filters_are_worth_asking() -> None:
    """Enough of them, with names beyond ASCII, and each finds something."""
    assert len(filters()) == 40
    assert sum(not name.isascii() for name, _, _ in filters()) >= 15
