"""Twelve representative queries and a walk of five links from a skill, beside rdflib and Virtuoso, in one run.

The registry is generated with skills. rdflib follows on the first `RDFLIB_RECORDS` only (its own store of that size
is timed beside ours of the same size); Virtuoso is started on loopback with the whole of it, where it is installed.
Each time is the best of three, in milliseconds; ratios are the peer's time through ours.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import virtuoso

RDFLIB_RECORDS = 10_000
_C = "https://w3id.org/mcgraph/id/bench/credential/MC"
_P = """PREFIX mc: <https://w3id.org/mcgraph/ontology#>
PREFIX skill: <http://data.europa.eu/esco/skill/>
"""
QUERIES = {
    "look-up": f"SELECT ?t ?l ?f WHERE {{ <{_C}-53> mc:title ?t ; mc:eqfLevel ?l ; mc:form ?f }}",
    "star": "SELECT ?c ?t ?l WHERE { ?c mc:providedBy/mc:identifier 'ORG-7' ; mc:title ?t ; mc:eqfLevel ?l }",
    "country and level": "SELECT ?k ?l (COUNT(?c) AS ?n) WHERE { ?c mc:country ?k ; mc:eqfLevel ?l } GROUP BY ?k ?l",
    "mean credit points": "SELECT ?l (AVG(?v) AS ?n) WHERE { ?c mc:creditPoints ?v ; mc:eqfLevel ?l } GROUP BY ?l",
    "parts of one": f"SELECT ?m WHERE {{ ?r mc:stackingWhole <{_C}-53> ; mc:requirementGroup/mc:groupMember ?m }}",
    "wholes of one": f"SELECT ?w WHERE {{ <{_C}-52> (^mc:groupMember/^mc:requirementGroup/mc:stackingWhole)+ ?w }}",
    "top skills": "SELECT ?s (COUNT(?c) AS ?n) WHERE { ?c mc:skill ?s } GROUP BY ?s ORDER BY DESC(?n) ?s LIMIT 10",
    "no title": "SELECT (COUNT(?c) AS ?n) WHERE { ?c a mc:Credential MINUS { ?c mc:title ?t } }",
    "optional provider": "SELECT (COUNT(?c) AS ?n) WHERE { ?c mc:skill skill:s7 OPTIONAL { ?c mc:providedBy ?p } }",
    "text": "SELECT (COUNT(?c) AS ?n) WHERE { ?c mc:title ?t FILTER(CONTAINS(STR(?t), '99')) }",
    "two skills": "SELECT (COUNT(?c) AS ?n) WHERE { ?c mc:skill skill:s7 ; mc:skill skill:s8 }",
    "recognised": "SELECT ?l (COUNT(?s) AS ?n) WHERE { ?s mc:recognisedCredential/mc:eqfLevel ?l } GROUP BY ?l",
    "five links from a skill": (
        "SELECT DISTINCT ?p WHERE { ?part mc:skill skill:s1 . ?group mc:groupMember ?part . "
        "?rule mc:requirementGroup ?group ; mc:stackingWhole ?whole . ?whole mc:providedBy ?p }"
    ),
}  # fmt: skip
Ask = Callable[[str], int]


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
    return {"queries": ours, "peers": peers}


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


def _timed(ask: Ask) -> dict[str, dict[str, Any]]:
    found = {}
    for name, text in QUERIES.items():
        best = math.inf
        for _ in range(3):
            begun = time.perf_counter()
            rows = ask(_P + text)
            best = min(best, time.perf_counter() - begun)
        found[name] = {"milliseconds": round(1000 * best, 2), "rows": rows}
    return found


def _ours(store: Path) -> dict[str, dict[str, Any]]:
    """By the worker, as users' queries are asked."""
    from mcgraph.limits import Limits
    from mcgraph.queries.engine import Engine
    from mcgraph.store import open_graph

    with open_graph(store) as graph, Engine(graph.index_path, Limits.from_environment()) as engine:
        return _timed(lambda text: len(engine.run(text, rows=1_000_000).rows))


def _rdflib(text: Path) -> dict[str, dict[str, Any]]:
    import rdflib

    graph = rdflib.Graph()
    graph.parse(text, format="nt")
    return _timed(lambda query: len(list(graph.query(query))))


def _virtuoso(folder: Path, text: Path) -> dict[str, dict[str, Any]]:
    own = folder / "virtuoso"
    own.mkdir()
    load = f"DB.DBA.TTLP_MT (file_open ('{text}'), '', 'urn:bench', 512); checkpoint;"
    with virtuoso.running(own, commands=load, buffers=virtuoso.LARGE, allowed=text.parent, seconds=0) as address:

        def ask(query: str) -> int:
            fields = urllib.parse.urlencode({"query": query, "default-graph-uri": "urn:bench"}).encode()
            request = urllib.request.Request(address, fields, {"Accept": "application/sparql-results+json"})
            with urllib.request.urlopen(request, timeout=120) as reply:
                return len(json.load(reply)["results"]["bindings"])

        return _timed(ask)


def _beside(ours: dict[str, dict[str, Any]], run: Callable[[], dict[str, dict[str, Any]]]) -> dict[str, Any]:
    """A peer's times as ratios to ours, or why there are none."""
    try:
        theirs = run()
    except virtuoso.Unavailable as fault:
        return {"skipped": str(fault)}
    ratios = {name: theirs[name]["milliseconds"] / max(ours[name]["milliseconds"], 0.01) for name in ours}
    return {
        "ratios": {name: round(ratio, 1) for name, ratio in ratios.items()},
        "geometric_mean": round(math.exp(sum(map(math.log, ratios.values())) / len(ratios)), 1),
        "other_rows": [name for name in ours if theirs[name]["rows"] != ours[name]["rows"]],
    }
