"""Checking a submission of 1,000 new records against a store of `size` records, cold and warm."""

from __future__ import annotations

import datetime
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.generate import generate

NEW_RECORDS = 1_000
_DATE = datetime.date(2026, 11, 24)


def measure(size: int, _shared: Path | None = None, *, store: Path | None = None) -> dict[str, Any]:
    """The figures of one run; `store` is one made before, else it is loaded first."""
    from mcgraph.sources import read_submission
    from mcgraph.store import SubmissionInfo, open_graph
    from mcgraph.validation import validate

    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        folder = Path(name)
        place = store or folder / "store"
        if store is None:
            generate(folder / "stored", size, 0.0)
            with open_graph(place, create=True, read_only=False) as graph:
                graph.load(read_submission([folder / "stored"], "template", "bench"), SubmissionInfo(synthetic=True))
        batch = read_submission([new_records(folder / "new", size)], "template", "bench")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with open_graph(place) as graph:
            times = []
            for _ in range(3):
                start = time.perf_counter()
                report = validate(batch, profile="submission", date=_DATE, context=graph)
                times.append(round(time.perf_counter() - start, 2))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    groups = {group.code: group.count for group in report.groups if group.severity != "info"}
    return {
        "new_records": NEW_RECORDS, "cold_seconds": times[0], "warm_seconds": min(times[1:]), "groups": groups,
        "rss_mb": round(after / 1024), "rss_grown_mb": round((after - before) / 1024), "peers": {},
    }  # fmt: skip


def new_records(folder: Path, size: int) -> Path:
    """1,000 credentials that stand on the stored organisations, and a rule that closes a circle with stored ones."""
    generate(folder, NEW_RECORDS, 0.0)
    credentials = pl.read_csv(folder / "credentials.csv", infer_schema=False)
    numbers = pl.int_range(pl.len())
    credentials = credentials.with_columns(
        pl.format("NEW-{}", numbers).alias("credential_id"),
        pl.format("ORG-{}", numbers * 7 % max(1, size // 100)).alias("awarding_body"),
        pl.lit(None, dtype=pl.String).alias("provider"),
    )
    credentials.write_csv(folder / "credentials.csv")
    for name in ("organisations", "recognition", "quality_assurance"):
        (folder / f"{name}.csv").unlink(missing_ok=True)
    # The store has MC-0 as a part of MC-3: MC-3 as a part of NEW-0 and NEW-0 of MC-0 closes a circle.
    rule = {"rule_id": ["NEW-1", "NEW-2"], "whole": ["NEW-0", "MC-0"], "group": ["g", "g"],
            "requirement": ["all-of"] * 2, "member": ["MC-3", "NEW-0"], "claimed_by": ["ORG-0"] * 2,
            "claim_kind": ["by-provider"] * 2}  # fmt: skip
    pl.DataFrame(rule).write_csv(folder / "stacking_rules.csv")
    return folder
