"""Load a submission: findings first, then one transaction; what is refused is kept with its findings."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import polars as pl

from mcgraph import __version__
from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.store import Graph, open_graph
from mcgraph.store.manifest import SubmissionInfo
from mcgraph.store.remote import RemoteGraph
from mcgraph.store.writer import LoadResult
from mcgraph.submissions import quarantine
from mcgraph.submissions.quality import quality
from mcgraph.submissions.reading import input_files, is_synthetic, of_documents, read_batch
from mcgraph.validation import Report, validate
from mcgraph.validation.waivers import Waiver

Accept = Literal["valid", "all", "none"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of a load: the findings, and what changed in the store (None for a dry run or no record)."""

    batch: Batch
    report: Report
    result: LoadResult | None
    accepted: int
    rejected: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The document `mcgraph load --json` prints."""
        done = self.result
        kinds = self.batch.records.unique("iri").group_by("class").len().sort("class").rows()
        return {
            "source": self.batch.source,
            "mapping": self.batch.mapping,
            "snapshot": done.snapshot if done else self.report.run.snapshot,
            "records": {
                "read": self.report.read,
                "accepted": self.accepted,
                "rejected": self.rejected,
                "by_kind": {str(name).rsplit("#", 1)[-1]: count for name, count in kinds},
            },
            "changes": {
                "added": done.added if done else 0,
                "changed": done.changed if done else 0,
                "removed": done.removed if done else 0,
            },
            "unchanged": bool(done and done.unchanged),
            "triples": done.triples if done else 0,
            "findings": {level: self.report.count(level) for level in ("error", "warning", "info")},
            "notes": dict(self.report.notes),
            "seconds": round(self.seconds, 3),
        }


def load_files(
    store: Path | str,
    paths: Sequence[Path],
    *,
    mapping: str | None,
    source: str,
    profile: str | None = None,
    accept: Accept = "valid",
    dry_run: bool = False,
    date: datetime.date,
    lang: str = "en",
    limits: Limits | None = None,
    synthetic: bool | None = None,
    waivers: Sequence[Waiver] = (),
    open_answers: bool = False,
    personal: bool = False,
) -> Loaded:
    """Read, check and store one submission under the name `source`.

    With `accept="valid"` the records without errors are stored and the others quarantined; `all` stores
    everything; `none` stores only when nothing is an error. Loading a source again replaces what it said
    before, in one transaction. `store` is a folder, or (text) the address of a SPARQL 1.1 store, which keeps no
    quarantine: what is refused is in the report only. `open_answers` and `personal` let free text and personal answers
    of a survey in.
    """
    import time

    start = time.perf_counter()
    batch = read_batch(paths, mapping, source, limits=limits, open_answers=open_answers, personal=personal)
    if batch.records.is_empty():
        raise InputRefused(
            "no record was found in the submission",
            where=", ".join(path.name for path in paths[:3]),
            fix="See mcgraph inspect for what the columns look like, and --mapping for how they are read.",
        )
    exists = isinstance(store, str) or (store / "FORMAT").exists()
    with _opened(store, dry_run=dry_run) if exists or not dry_run else _NoStore() as graph:
        context = graph if exists else None
        report = validate(
            batch, profile=profile or batch.profile, date=date, context=context, lang=lang, waivers=waivers
        )
        refused = report.rejected if accept == "valid" else _none(report)
        stop = dry_run or (accept == "none" and report.count("error") > 0)
        result: LoadResult | None = None
        if not stop and graph is not None:
            kept = batch.without(refused) if len(refused) else batch
            info = SubmissionInfo(
                files=input_files(paths, documents=of_documents(batch)),
                synthetic=is_synthetic(mapping, paths) if synthetic is None else synthetic,
                rules={
                    "profile": report.run.profile,
                    "version": report.run.profile_version,
                    "mcgraph": __version__,
                },
                records_read=report.read,
                records_rejected=len(refused),
                findings={level: report.count(level) for level in ("error", "warning", "info")},
                quality=quality(batch, report),
            )
            result = graph.load(kept, info)
            # Still under the writer's lock: of two loads of a source, the later one's refusals stay.
            if isinstance(store, Path):
                quarantine.keep(store, quarantine.of_batch(refused, report, batch, paths))
    rejected = report.read if stop and not dry_run else len(refused)
    return Loaded(batch, report, result, report.read - rejected, rejected, time.perf_counter() - start)


def _opened(store: Path | str, *, dry_run: bool) -> Graph | RemoteGraph:
    if isinstance(store, str):
        from mcgraph.store.remote import open_remote

        return open_remote(store, writing=not dry_run)
    return open_graph(store, create=not dry_run, read_only=dry_run)


def _none(report: Report) -> pl.Series:
    return report.rejected.clear()


class _NoStore:
    """Stands in for the store in a dry run where there is none yet."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None
