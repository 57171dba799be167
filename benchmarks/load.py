"""Mapping and loading: rows and triples per second, beside morph-kgc and plain rdflib on the same columns.

Each measurement runs in a process of its own, so that a peak of memory belongs to one of them.
"""

from __future__ import annotations

import csv
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import morph
from benchmarks.generate import generate

_RDFLIB_ROWS = 5_000


def measure(size: int, shared: Path | None) -> dict[str, Any]:
    """The figures of one run on a generated registry of `size` records, and on RNCP where it is at hand."""
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        folder = Path(name)
        generate(folder / "in", size, 0.03)
        result = {**_apart(_map, [folder / "in"], "template", folder)}
        result |= _apart(_store, [folder / "in"], "template", folder)
        rdflib = _apart(_rdflib, folder / "in" / "credentials.csv", result["mapping"]["rows_per_second"])
        kgc = _apart(morph.measure, folder / "in", folder, result["mapping_to_ntriples_seconds"])
        result["peers"] = {"rdflib": rdflib, "morph-kgc": kgc}
        rncp = shared / "data" / "registries" / "rncp_fr" / "v1.4" if shared else None
        if rncp is not None and rncp.is_dir():
            work = folder / "rncp-work"
            result["rncp"] = {**_apart(_map, [rncp], "rncp", work), **_apart(_store, [rncp], "rncp", work)}
    return result


def _apart(work: Callable[..., dict[str, Any]], *given: Any) -> dict[str, Any]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def _peak() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _map(paths: list[Path], mapping: str, work: Path) -> dict[str, Any]:
    """Files → triple columns with their cells → N-Triples text; the first read warms the vocabularies."""
    from mcgraph.sources import read_submission

    work.mkdir(exist_ok=True)
    read_submission([next(p for p in paths if p.exists())], mapping, "warm")
    start, cpu = time.perf_counter(), time.process_time()
    batch = read_submission(paths, mapping, "bench")
    mapped, mapped_cpu = time.perf_counter() - start, time.process_time() - cpu
    with (work / "out.nt").open("wb") as out:
        triples = batch.write_ntriples(out)
    written = time.perf_counter() - start
    rows = sum(table.rows for table in batch.tables)
    return {
        "rows": rows,
        "triples": triples,
        "mapping": {
            "seconds": round(mapped, 2),
            "cpu_seconds": round(mapped_cpu, 2),
            "rows_per_second": round(rows / mapped),
            "triples_per_second": round(triples / mapped),
            "rss_mb": _peak(),
        },
        "mapping_to_ntriples_seconds": round(written, 2),
    }


def _store(paths: list[Path], mapping: str, work: Path) -> dict[str, Any]:
    """Files → queryable on-disk store with origins and provenance, from a cold start."""
    from mcgraph.sources import read_submission
    from mcgraph.store import SubmissionInfo, open_graph

    start = time.perf_counter()
    batch = read_submission(paths, mapping, "bench")
    mapped = time.perf_counter()
    with open_graph(work / "store", create=True, read_only=False) as graph:
        graph.load(batch, SubmissionInfo(synthetic=True))
        stored = graph.triples
    loaded = time.perf_counter()
    return {
        "store": {"seconds": round(loaded - mapped, 2), "triples": stored, "rss_mb": _peak()},
        "csv_to_store_seconds": round(loaded - start, 2),
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
