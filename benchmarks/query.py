"""Twelve representative queries and a walk of five links from a skill, beside rdflib and Virtuoso, in one run.

The registry is generated with skills. rdflib follows on the first `RDFLIB_RECORDS` only (its own store of that size
is timed beside ours of the same size); Virtuoso is started on loopback with the whole of it, where it is installed.
Each time is the best of three, in milliseconds, of a query asked of an engine that is up and has the data: ours over
the pipe to its worker, Virtuoso's over one connection that is kept, rdflib's in its process. Ratios are the peer's time
through ours. The rows are compared as sets, numbers by value. A query that takes rdflib more than `LONGEST` seconds is
ended: its ratio is then what it is at least.
"""

from __future__ import annotations

import http.client
import json
import logging
import math
import multiprocessing
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks import virtuoso

RDFLIB_RECORDS = 10_000
LONGEST = 60
_C = "https://w3id.org/mcgraph/id/bench/credential/MC"
_P = """PREFIX mc: <https://w3id.org/mcgraph/ontology#>
PREFIX skill: <http://data.europa.eu/esco/skill/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
QUERIES = {
    "look-up": f"SELECT ?t ?l ?f WHERE {{ <{_C}-53> mc:title ?t ; mc:eqfLevel ?l ; mc:form ?f }}",
    "star": "SELECT ?c ?t ?l WHERE { ?c mc:providedBy/mc:identifier 'ORG-7' ; mc:title ?t ; mc:eqfLevel ?l }",
    "country and level": "SELECT ?k ?l (COUNT(?c) AS ?n) WHERE { ?c mc:country ?k ; mc:eqfLevel ?l } GROUP BY ?k ?l",
    # Some are planted that are no numbers; the mean of a group with one is an error here and not elsewhere.
    "mean credit points": (
        "SELECT ?l (AVG(?v) AS ?n) WHERE { ?c mc:creditPoints ?v ; mc:eqfLevel ?l FILTER(isNumeric(?v)) } GROUP BY ?l"
    ),
    "parts of one": f"SELECT ?m WHERE {{ ?r mc:stackingWhole <{_C}-53> ; mc:requirementGroup/mc:groupMember ?m }}",
    "wholes of one": f"SELECT ?w WHERE {{ <{_C}-52> (^mc:groupMember/^mc:requirementGroup/mc:stackingWhole)+ ?w }}",
    "top skills": "SELECT ?s (COUNT(?c) AS ?n) WHERE { ?c mc:skill ?s } GROUP BY ?s ORDER BY DESC(?n) STR(?s) LIMIT 10",
    "no title": "SELECT (COUNT(?c) AS ?n) WHERE { ?c a mc:Credential MINUS { ?c mc:title ?t } }",
    "providers of a skill": (
        "SELECT ?c ?n WHERE { ?c mc:skill skill:s7 OPTIONAL { ?c mc:providedBy ?p . ?p mc:legalName ?n } }"
    ),
    "text": "SELECT (COUNT(?c) AS ?n) WHERE { ?c mc:title ?t FILTER(CONTAINS(STR(?t), '99')) }",
    "roles": (
        "SELECT ?o (COUNT(?x) AS ?n) WHERE { { ?x mc:providedBy ?o } UNION { ?x mc:awardedBy ?o } "
        "UNION { ?x mc:recogniser ?o } } GROUP BY ?o ORDER BY DESC(?n) STR(?o) LIMIT 20"
    ),
    "recognised on a day": (
        "SELECT ?l (COUNT(?s) AS ?n) WHERE { ?s mc:recognisedCredential/mc:eqfLevel ?l ; mc:validFrom ?from "
        "FILTER(?from <= '2026-06-01'^^xsd:date) } GROUP BY ?l"
    ),
    "five links from a skill": (
        "SELECT DISTINCT ?p WHERE { ?part mc:skill skill:s1 . ?group mc:groupMember ?part . "
        "?rule mc:requirementGroup ?group ; mc:stackingWhole ?whole . ?whole mc:providedBy ?p }"
    ),
}  # fmt: skip
Rows = Iterable[tuple[object, ...]]
Ask = Callable[[str], Rows]
# A query's best time and its rows as they are compared; None where it was ended.
Timed = dict[str, "tuple[float, frozenset[tuple[object, ...]], int] | None"]


def measure(size: int, shared: Path | None) -> dict[str, Any]:
    """The figures of one run on `size` records; `shared` is not needed."""
    del shared
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        folder = Path(name)
        store, text = _made(folder / "large", size)
        ours = _ours(store)
        peers: dict[str, Any] = {"virtuoso": _beside(ours, lambda: _virtuoso(folder, text))}
        small = min(size, RDFLIB_RECORDS)
        few, few_text = (store, text) if small == size else _made(folder / "small", small)
        ours_few = ours if small == size else _ours(few)
        peers["rdflib"] = {"records": small} | _beside(ours_few, lambda: _rdflib(few_text))
    return {"queries": _shown(ours), "peers": peers}


def _made(folder: Path, records: int) -> tuple[Path, Path]:
    """A store and the same as N-Triples, of a generated registry in which credentials name one or two skills."""
    import polars as pl

    from benchmarks.generate import generate
    from mcgraph.sources import read_submission
    from mcgraph.store import SubmissionInfo, open_graph

    generate(folder / "in", records, 0.03)
    table = pl.read_csv(folder / "in" / "credentials.csv", infer_schema=False).with_row_index("i")
    first, second = (pl.format("http://data.europa.eu/esco/skill/s{}", (pl.col("i") + k) % 500) for k in (0, 1))
    skills = pl.when(pl.col("i") % 2 == 0).then(pl.concat_str(first, second, separator="|")).otherwise(first)
    table.with_columns(skills.alias("skills")).drop("i").write_csv(folder / "in" / "credentials.csv")
    batch = read_submission([folder / "in"], "template", "bench")
    with open_graph(folder / "store", create=True, read_only=False) as graph:
        graph.load(batch, SubmissionInfo(synthetic=True))
    with (folder / "all.nt").open("wb") as out:
        batch.write_ntriples(out)
    return folder / "store", folder / "all.nt"


def _best(ask: Ask, text: str, *, tries: int = 3) -> tuple[float, frozenset[tuple[object, ...]], int]:
    best = math.inf
    rows: list[tuple[object, ...]] = []
    for _ in range(tries):
        begun = time.perf_counter()
        rows = list(ask(_P + text))
        best = min(best, time.perf_counter() - begun)
    return best, frozenset(tuple(map(_by_value, row)) for row in rows), len(rows)


def _by_value(cell: object) -> object:
    """A number as a number, since engines write them in their own ways; anything else as its text."""
    if cell is None:
        return None
    try:
        return round(float(str(cell)), 6)
    except ValueError:
        return str(cell)


def _timed(ask: Ask) -> Timed:
    return {name: _best(ask, text) for name, text in QUERIES.items()}


def _ours(store: Path) -> Timed:
    """By the worker, as users' queries are asked."""
    from mcgraph.limits import Limits
    from mcgraph.queries.engine import Engine
    from mcgraph.store import open_graph

    with open_graph(store) as graph, Engine(graph.index_path, Limits.from_environment()) as engine:
        return _timed(lambda text: engine.run(text, rows=1_000_000).rows)


def _rdflib(text: Path) -> Timed:
    """Each query in a copy of this process, which is ended when it takes too long."""
    import rdflib

    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # it tells of every planted value that is no number
    graph = rdflib.Graph()
    graph.parse(text, format="nt")
    found: Timed = {}
    copies = multiprocessing.get_context("fork")
    for name, query in QUERIES.items():
        here, there = copies.Pipe(duplex=False)
        one = copies.Process(target=_send, args=(there, lambda asked: graph.query(asked), query))
        one.start()
        there.close()
        found[name] = here.recv() if here.poll(LONGEST) else None
        one.kill()
        one.join()
    return found


def _send(to: Any, ask: Callable[[str], Any], query: str) -> None:
    """The times of one query; a slow one is asked once only."""
    first = _best(ask, query, tries=1)
    to.send(first if first[0] > LONGEST / 6 else min(first, _best(ask, query, tries=2), key=lambda one: one[0]))


def _virtuoso(folder: Path, text: Path) -> Timed:
    own = folder / "virtuoso"
    own.mkdir()
    load = f"DB.DBA.TTLP_MT (file_open ('{text}'), '', 'urn:bench', 512); checkpoint;"
    with virtuoso.running(own, commands=load, buffers=virtuoso.LARGE, allowed=text.parent, seconds=0) as address:
        place = urllib.parse.urlsplit(address)
        connection = http.client.HTTPConnection(str(place.hostname), place.port, timeout=120)

        def ask(query: str) -> Rows:
            fields = urllib.parse.urlencode({"query": query, "default-graph-uri": "urn:bench"})
            said = {"Accept": "application/sparql-results+json", "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", place.path, fields, said)
            reply = json.load(connection.getresponse())
            names = reply["head"]["vars"]
            return [tuple(row[n]["value"] if n in row else None for n in names) for row in reply["results"]["bindings"]]

        found = _timed(ask)
        connection.close()
        return found


def _shown(found: Timed) -> dict[str, dict[str, Any]]:
    ended = {name: one for name, one in found.items() if one is not None}
    return {name: {"milliseconds": round(1000 * one[0], 2), "rows": one[2]} for name, one in ended.items()}


def _beside(ours: Timed, run: Callable[[], Timed]) -> dict[str, Any]:
    """A peer's times as ratios to ours, or why there are none."""
    try:
        theirs = run()
    except virtuoso.Unavailable as fault:
        return {"skipped": str(fault)}
    ratios = {}
    for name, mine in ours.items():
        other = theirs[name]
        assert mine is not None
        ratios[name] = (LONGEST if other is None else other[0]) / max(mine[0], 1e-5)
    return {
        "ratios": {name: round(ratio, 1) for name, ratio in ratios.items()},
        "geometric_mean": round(math.exp(sum(map(math.log, ratios.values())) / len(ratios)), 1),
        "ended": [name for name, one in theirs.items() if one is None],
        "other_rows": [name for name, one in theirs.items() if one is not None and one[1:] != (ours[name] or one)[1:]],
        "queries": _shown(theirs),
    }
