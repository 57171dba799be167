"""Classification at scale: store files → columns → verdicts, beside HermiT on a sample of the same records.

The records are synthetic. They are written as the batch files of a store and read from them as the command reads them;
the index is not built, for nothing here asks it. Each record has about 13 triples that the definition looks at
or passes by, one in ten lacks a fact, and organisations have statements of quality assurance.
"""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.measuring import COUNTRY, ID, MC, TYPE, VOCAB, Files, column_of, timed, write_store

ECTS = "http://data.europa.eu/snb/education-credit/6fcec5c5af"
TESTS = [f"http://data.europa.eu/snb/assessment/{one}" for one in ("b1b68f6735", "812e3b0ae1", "7331eb4762")]
FORMS = [
    f"{VOCAB}form#{one}"
    for one in (
        "microcredential-certificate",
        "module-certificate",
        "digital-badge",
        "full-qualification",
        "nanodegree",
    )
]
CHECKED = 40


def store_files(size: int, folder: Path, seed: int = 1) -> Files:
    """The batch files of `size` credentials and a hundredth as many organisations."""
    chance = np.random.default_rng(seed)
    records = pl.Series("s", [f"{ID}credential/{i:07d}" for i in range(size)])
    bodies = pl.Series("s", [f"{ID}organisation/{i}" for i in range(max(3, size // 100))])
    audits = pl.Series("s", [f"{ID}quality-assurance/{i}" for i in range(len(bodies))])

    def column(name: str, subjects: pl.Series, objects: Any, kind: str = "iri", datatype: str = "string") -> Any:
        return column_of(name if "://" in name else MC + name, subjects, objects, kind, datatype)

    def some(values: list[str], likely: float) -> pl.Series:
        chosen = pl.Series("o", values, dtype=pl.String).gather(chance.integers(0, len(values), size).astype(np.uint32))
        return pl.select(pl.when(pl.Series(chance.random(size) < likely)).then(chosen)).to_series()

    points = [str(one) for one in (1, 2.5, 5, 10, 15, 30, 45, 60, 90, 180)]
    columns = [
        column(TYPE, records, [f"{MC}Credential"] * size),
        column("title", records, pl.Series([f"Credential {i}" for i in range(size)]), "literal"),
        column("identifier", records, pl.Series([f"MC-{i}" for i in range(size)]), "literal"),
        column("creditPoints", records, some(points, 0.9), "literal", "decimal"),
        column("creditSystem", records, some([ECTS], 0.9)),
        column("workloadHours", records, some(["30", "60", "150", "900"], 0.2), "literal", "decimal"),
        column("learningOutcome", records, records + "/outcome"),
        column("assessmentType", records, some(TESTS, 0.9)),
        column("awardedBy", records, bodies.gather(chance.integers(0, len(bodies), size).astype(np.uint32))),
        column("form", records, some(FORMS, 0.95)),
        column("isFullQualification", records, some(["false", "false", "true"], 0.8), "literal", "boolean"),
        column("labelledAs", records, some(["Microcredential", "Course"], 0.5), "literal"),
        column("country", records, some([COUNTRY + code for code in ("IRL", "FIN", "FRA")], 1.0)),
        column(TYPE, bodies, [f"{MC}Organisation"] * len(bodies)),
        column(TYPE, audits, [f"{MC}QualityAssuranceStatement"] * len(audits)),
        column("assuredOrganisation", audits, bodies),
        column("qaType", audits, [f"{VOCAB}qa-type#esg"] * len(audits)),
        column("qaDecision", audits, [f"{VOCAB}qa-decision#positive"] * len(audits)),
    ]  # fmt: skip
    return write_store(columns, folder)


def measure(size: int, shared: Path | None = None) -> dict[str, Any]:
    """The figures of one run on `size` generated credentials."""
    del shared
    from decimal import Decimal

    from mcgraph.reasoning.classify import classify, sensitivity
    from mcgraph.reasoning.facts import StoreFacts

    figures: dict[str, Any] = {"credentials": size}
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        files = store_files(size, Path(name))
        figures["triples"] = files.triples
        found = timed(figures, "classify", lambda: classify(StoreFacts(files)))
        figures["counts"] = {f"labelled {a}, {b}": count for a, b, count in found.counts()}
        timed(
            figures, "sensitivity_of_4_numbers", lambda: sensitivity(found, "ects", [Decimal(n) for n in (5, 15, 30)])
        )
        timed(figures, "frame", found.frame)
        figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        figures["peers"] = _peers(found, figures["classify_seconds"] / size)
    return figures


def _peers(found: Any, each: float) -> dict[str, Any]:
    """HermiT on a sample; what cannot take part, with the reason."""
    from mcgraph.reasoning.hermit import why_unavailable
    from mcgraph.reasoning.reference import compare

    peers: dict[str, Any] = {
        "reasonable": {"reason": "OWL 2 RL has no facets on numbers, so that «fewer than 60» cannot be said to it"}
    }
    if why_unavailable():
        return {**peers, f"HermiT, {CHECKED} records": {"reason": why_unavailable()}}
    start = time.perf_counter()
    told = compare(found, CHECKED)
    seconds = time.perf_counter() - start
    peers[f"HermiT, {told['records']} records"] = {
        "seconds": round(seconds, 1),
        "ratio_per_record": round(seconds / max(1, told["records"]) / each),
        "same_result": told["consistent"] and not told["different"],
    }
    return peers


if __name__ == "__main__":
    import json

    print(json.dumps(measure(100_000), indent=1))
