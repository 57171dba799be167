"""The time of every named question on a store, the way a user asks it: `python -m benchmarks questions --store DIR`.

Each question is asked twice by `ask`, with its own processes, and the second time counts (the first may read the
disk). Questions over two seconds are flagged. `exact` compares the counts of records of a class, by SPARQL and by
the columns, with what the ledger of the store says.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcgraph.queries import NamedQuestion
    from mcgraph.queries.engine import Engine
    from mcgraph.store import Graph

LIMIT_SECONDS = 2.0
# What a question needs that has no default: the first value the store holds, or one it does not.
_FIRST = {
    "credential": "SELECT ?x WHERE { ?s mc:recognisedCredential ?x } LIMIT 1",
    "target": "SELECT ?x WHERE { ?s mc:stackingWhole ?x } LIMIT 1",
    "skill": "SELECT ?x WHERE { ?c mc:skill ?x } LIMIT 1",
    "occupation": "SELECT ?x WHERE { ?c mc:occupation ?x } LIMIT 1",
}
_OTHER = {
    "before": "2030-12-31",
    "question": "q1",
    "skill": "http://data.europa.eu/esco/skill/none",
    "occupation": "http://data.europa.eu/esco/occupation/none",
}


def main(arguments: list[str]) -> int:
    """Print one line for each question, then a summary as JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks questions")
    parser.add_argument("names", nargs="*", help="only these questions")
    parser.add_argument("--store", type=Path, required=True)
    given = parser.parse_args(arguments)
    document = measure(given.store, given.names)
    print(json.dumps(document, indent=1))
    return 0


def measure(store: Path, names: list[str]) -> dict[str, Any]:
    """The figures of the questions of these names, or of all; lines are printed on stderr as they come."""
    from mcgraph.limits import Limits
    from mcgraph.queries import library
    from mcgraph.queries.columnar import using
    from mcgraph.queries.engine import Engine
    from mcgraph.store import open_graph

    limits = replace(Limits.from_environment(), query_seconds=120)
    with open_graph(store) as graph:
        begun = time.perf_counter()
        prepared = using.prepare(graph, limits)
        made = round(time.perf_counter() - begun, 1)
        with Engine(graph.index_path, limits) as engine:
            chosen = [question for name, question in library().items() if not names or name in names]
            rows = [_one(graph, question, _parameters(question, engine), limits) for question in chosen]
        exact = _exact(graph, limits)
        triples = graph.triples
    slow = [row["name"] for row in rows if row["seconds"] > LIMIT_SECONDS]
    return {
        "name": "questions",
        "triples": triples,
        "columns_seconds": made if prepared else None,
        "columns_megabytes": _megabytes(prepared.folder) if prepared else None,
        "questions": rows,
        "slowest": max((row["seconds"] for row in rows), default=0),
        "over_two_seconds": slow,
        "exact": exact,
        "machine": f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}",
    }


def _parameters(question: NamedQuestion, engine: Engine) -> dict[str, str]:
    given = {}
    for parameter in question.required:
        found = engine.run(_FIRST[parameter.name], rows=1).rows if parameter.name in _FIRST else ()
        given[parameter.name] = str(found[0][0]) if found else _OTHER[parameter.name]
    return given


def _one(graph: Graph, question: NamedQuestion, given: dict[str, str], limits: Any) -> dict[str, Any]:
    from mcgraph.errors import McgraphError
    from mcgraph.queries import ask
    from mcgraph.queries.route import FROM_COLUMNS

    row: dict[str, Any] = {"name": question.name}
    try:
        for _ in range(2):
            begun = time.perf_counter()
            found = ask(graph, question, given, limits=limits)
            row["seconds"] = round(time.perf_counter() - begun, 2)
        row |= {"rows": len(found), "from": "columns" if FROM_COLUMNS in found.plan else "index"}
    except McgraphError as fault:
        row |= {"seconds": round(time.perf_counter() - begun, 2), "refused": str(fault).splitlines()[0]}
    mark = "over" if row["seconds"] > LIMIT_SECONDS else ""
    where = row.get("from") or row["refused"]
    print(f"{row['seconds']:8.2f} s  {question.name:44} {row.get('rows', ''):>7} {where} {mark}", file=sys.stderr)
    return row


def _exact(graph: Graph, limits: Any) -> dict[str, Any]:
    """Counts by type alone: what the ledger says, what SPARQL counts."""
    from mcgraph.queries import ask

    counts = {}
    for kind, known in graph.stats()["records"].items():
        text = f"SELECT (COUNT(DISTINCT ?x) AS ?n) WHERE {{ ?x a mc:{kind} }}"
        begun = time.perf_counter()
        found = int(ask(graph, text, limits=limits).rows[0][0] or 0)
        counts[kind] = {"ledger": known, "sparql": found, "seconds": round(time.perf_counter() - begun, 2)}
    return counts


def _megabytes(folder: Path) -> int:
    return round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6)
