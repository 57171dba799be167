"""One filter, every way out: table, CSV, JSON, Parquet and a count in SPARQL say the same number as the spreadsheet."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path

import polars as pl
import pytest

from mcgraph.queries import ask
from mcgraph.queries.engine import Engine
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
    write_answer(answer, tmp_path / "a.parquet")
    assert expected == {str(row[0]).rpartition("/")[2] for row in answer.rows}
    assert {
        int(counted.rows[0][0] or 0),
        len(answer),
        len(list(csv.reader(io.StringIO(answer.to_csv())))) - 1,
        len(answer.to_json()["results"]["bindings"]),
        answer.to_dataframe().shape[0],
        pl.read_parquet(tmp_path / "a.parquet").height,
    } == {len(expected)}


def test_filters_are_worth_asking() -> None:
    """Enough of them, with names beyond ASCII, and each finds something."""
    assert len(filters()) == 40
    assert sum(not name.isascii() for name, _, _ in filters()) >= 15
