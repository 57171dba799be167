"""Mapping and loading: rows and triples per second, beside plain rdflib on the same columns."""

from __future__ import annotations

import csv
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.generate import generate

_RDFLIB_ROWS = 5_000


def measure(size: int, shared: Path | None) -> dict[str, Any]:
    """The figures of one run on a generated registry of `size` records, and on RNCP where it is at hand."""
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        folder = Path(name)
        generate(folder / "in", size, 0.03)
        result = _one([folder / "in"], "template", folder)
        ours = result["mapping"]["rows_per_second"]
        result["peers"] = {"rdflib": _rdflib(folder / "in" / "credentials.csv", ours), "morph-kgc": _morph()}
        if shared is not None and (shared / "data").is_dir():
            rncp = shared / "data" / "registries" / "rncp_fr" / "v1.4"
            result["rncp"] = _one([rncp], "rncp", folder / "rncp-work")
    result["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return result


def _one(paths: list[Path], mapping: str, work: Path) -> dict[str, Any]:
    from mcgraph.sources import read_submission
    from mcgraph.store import SubmissionInfo, open_graph

    work.mkdir(exist_ok=True)
    start = time.perf_counter()
    batch = read_submission(paths, mapping, "bench")
    mapped = time.perf_counter()
    with (work / "out.nt").open("wb") as out:
        triples = batch.write_ntriples(out)
    written = time.perf_counter()
    with open_graph(work / "store", create=True, read_only=False) as graph:
        graph.load(batch, SubmissionInfo(synthetic=True))
        stored = graph.triples
    loaded = time.perf_counter()
    rows = sum(table.rows for table in batch.tables)
    return {
        "rows": rows,
        "triples": triples,
        "mapping": {
            "seconds": round(mapped - start, 2),
            "rows_per_second": round(rows / (mapped - start)),
            "triples_per_second": round(triples / (mapped - start)),
        },
        "mapping_to_ntriples_seconds": round(written - start, 2),
        "store": {"seconds": round(loaded - written, 2), "triples": stored},
        "csv_to_store_seconds": round(mapped - start + loaded - written, 2),
    }


def _rdflib(path: Path, ours: float) -> dict[str, Any]:
    """The row loop everybody writes: one `Graph.add` per cell, on the first rows only, as rows per second."""
    import rdflib

    mc = rdflib.Namespace("https://w3id.org/mcgraph/ontology#")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for _, row in zip(range(_RDFLIB_ROWS), csv.DictReader(stream), strict=False)]
    start = time.perf_counter()
    graph = rdflib.Graph()
    for row in rows:
        subject = rdflib.URIRef("https://w3id.org/mcgraph/id/bench/credential/" + row["credential_id"])
        graph.add((subject, rdflib.RDF.type, mc.Credential))
        for header, value in row.items():
            for part in value.split("|") if value else ():
                graph.add((subject, mc[header], rdflib.Literal(part)))
    graph.serialize(format="nt")
    rate = len(rows) / (time.perf_counter() - start)
    return {
        "rows": len(rows),
        "rows_per_second": round(rate),
        "ratio": round(ours / rate, 1),
        "same_result": False,
        "note": "cells as literals only: no references, vocabularies, notes or origins; less work than ours",
    }


def _morph() -> dict[str, str]:
    return {"reason": "not attempted yet"}
