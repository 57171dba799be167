"""The named questions on the demo data: the coverage beside the rows, and the day they are asked for."""

from __future__ import annotations

import csv
import datetime
from collections import Counter

import yaml

from mcgraph.demo.run import DAY
from mcgraph.model import bundled
from mcgraph.model.answer import Answer
from mcgraph.queries import ask
from mcgraph.queries.engine import Engine
from mcgraph.store import Graph


def answer(demo: tuple[Graph, Engine], name: str, params: dict[str, str]) -> Answer:
    graph, engine = demo
    return ask(graph, name, params, date=DAY, engine=engine)


def rows_stored(demo: tuple[Graph, Engine]) -> list[dict[str, str]]:
    """The credentials of the CSV that were not refused, read with nothing but the standard library."""
    graph, _ = demo
    known = {iri.rsplit("/", 1)[1] for (iri,) in graph.rows(
        "SELECT DISTINCT ?s WHERE { GRAPH <https://w3id.org/mcgraph/graph/source/demo-registry> "
        "{ ?s a <https://w3id.org/mcgraph/ontology#Credential> } }"
    ) if iri}  # fmt: skip
    with bundled.path("data", "demo", "registry-csv", "credentials.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["credential_id"]: row for row in csv.DictReader(stream)}
    assert known <= set(rows)
    return [rows[key] for key in sorted(known)]


def test_levels_are_counted_as_the_spreadsheet_counts_them(demo: tuple[Graph, Engine]) -> None:
    """Credentials that are no full qualifications, by level, counted from the CSV."""
    counted = Counter(
        row["eqf_level"].removeprefix("Level ") for row in rows_stored(demo) if row["full_qualification"] != "yes"
    )
    found = answer(demo, "credentials-by-level", {})
    at = found.columns.index("credentials")
    level = found.columns.index("level")
    assert {str(row[level] or "").rsplit("/", 1)[-1]: int(str(row[at])) for row in found.rows} == dict(counted)


def test_coverage_counts_the_unknown(demo: tuple[Graph, Engine]) -> None:
    """Known and unknown add up to the total; the empty cells are the unknown."""
    found = answer(demo, "credentials-by-level", {})
    partial = [row for row in rows_stored(demo) if row["full_qualification"] != "yes"]
    assert found.coverage is not None
    assert found.coverage.total == len(partial)
    assert found.coverage.unknown == sum(not row["eqf_level"] for row in partial)


def test_the_demo_day_is_the_day_of_the_data() -> None:
    """story.yaml says for which day the data was made."""
    story = yaml.safe_load(bundled.path("data", "demo", "story.yaml").read_text(encoding="utf-8"))
    assert datetime.date.fromisoformat(str(story["as_of"])) == DAY
