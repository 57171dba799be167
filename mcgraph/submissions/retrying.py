"""Corrected records into the store: what is now good joins what the source already has there; nothing else moves."""

from __future__ import annotations

import datetime
import time
from collections.abc import Sequence
from pathlib import Path

from mcgraph import __version__
from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.store import open_graph
from mcgraph.store.graph import Graph
from mcgraph.store.manifest import SubmissionInfo
from mcgraph.submissions import quarantine
from mcgraph.submissions.loading import Loaded
from mcgraph.submissions.quality import quality
from mcgraph.submissions.reading import input_files, of_documents, read_batch
from mcgraph.submissions.stored import merged, stored_batch
from mcgraph.validation import validate
from mcgraph.validation.waivers import Waiver


def retry(
    store: Path,
    source: str,
    paths: Sequence[Path],
    *,
    mapping: str | None = None,
    profile: str | None = None,
    date: datetime.date,
    lang: str = "en",
    waivers: Sequence[Waiver] = (),
    limits: Limits | None = None,
) -> Loaded:
    """Check corrected files of a source that has refused records, and store what has no error any more.

    Records in the store that the files do not speak of stay as they are; refused ones that they do not speak of
    stay refused. Raises `WrongUse` where the source has nothing in quarantine.
    """
    start = time.perf_counter()
    before = quarantine.of(store, source)
    chosen = mapping or ("survey" if before.mapping.startswith("codebook:") else before.mapping)
    with open_graph(store, create=False, read_only=False) as graph:
        old = _old(store, graph, source)
        batch = read_batch(paths, chosen, source, limits=limits, known=old.records if old else None)
        if batch.records.is_empty():
            raise InputRefused(
                "no record was found in the corrected files", where=", ".join(path.name for path in paths[:3]),
                fix="Correct the file that mcgraph quarantine export wrote, and give that.",
            )  # fmt: skip
        # Judged with all that the source has in the store: only together can a circle or a contradiction be seen.
        every = merged(old, batch) if old is not None else batch
        report = validate(every, profile=profile or batch.profile, date=date, context=graph, lang=lang, waivers=waivers)
        refused = report.rejected.filter(report.rejected.is_in(batch.records.get_column("iri").implode()))
        left = before.without(set(batch.records.get_column("iri")))
        after = quarantine.joined(left, quarantine.of_batch(refused, report, every, paths))
        good = batch.without(refused) if len(refused) else batch
        result = None
        if not good.records.is_empty():
            whole = merged(old, good) if old is not None else good
            known = graph.manifest.of(source)
            info = SubmissionInfo(
                files=(*(known.files if known else ()), *input_files(paths, documents=of_documents(batch))),
                synthetic=bool(known and known.synthetic),
                rules={"profile": report.run.profile, "version": report.run.profile_version, "mcgraph": __version__},
                records_read=whole.records.get_column("iri").n_unique() + len({r["iri"] for r in after.records}),
                records_rejected=len({r["iri"] for r in after.records}),
                findings={level: report.count(level) for level in ("error", "warning", "info")},
                quality=quality(every, report),
            )
            result = graph.load(whole, info)
    quarantine.keep(store, after)
    accepted = good.records.get_column("iri").n_unique()
    return Loaded(batch, report, result, accepted, len(refused), time.perf_counter() - start)


def _old(store: Path, graph: Graph, source: str) -> Batch | None:
    known = graph.manifest.of(source)
    return stored_batch(store, known) if known else None
