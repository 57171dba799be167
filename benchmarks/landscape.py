"""The landscape of a large store: the columns made once, every figure, the page; beside the index for one question.

With `--store DIR` a store that is there is asked (and gets its columns, a copy of what it holds); without, one of so
many generated records is loaded first, which is not part of the time.
"""

from __future__ import annotations

import datetime
import resource
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measuring import timed

DAY = datetime.date(2026, 11, 1)
_PATIENCE = 60


def measure(size: int, shared: Path | None = None, store: Path | None = None) -> dict[str, Any]:
    """The figures of one briefing on a store of `size` generated records."""
    del shared
    if store is not None:
        return _measured(store)
    from benchmarks.generate import generate
    from mcgraph.submissions.loading import load_files

    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        generate(Path(name) / "files", size, 0.03)
        folder = Path(name) / "store"
        load_files(folder, [Path(name) / "files"], mapping="template", source="bench", date=DAY, synthetic=True)
        return _measured(folder)


def _measured(folder: Path) -> dict[str, Any]:
    import time

    from mcgraph.briefing import gather
    from mcgraph.limits import Limits
    from mcgraph.queries import Engine
    from mcgraph.queries.columnar import using
    from mcgraph.report.landscape import to_html
    from mcgraph.store import open_graph

    figures: dict[str, Any] = {}
    with open_graph(folder) as graph:
        figures["triples"] = graph.triples
        prepared = timed(figures, "columns", lambda: using.prepare(graph, Limits()))
        figures["from_columns"] = prepared is not None
        last: dict[str, float] = {}
        begun = time.perf_counter()

        def told(done: int, of: int, section: str) -> None:
            """Keep when the last figure of each section was done."""
            del done
            if of:
                last[section] = round(time.perf_counter() - begun, 1)

        briefing = timed(figures, "gather", lambda: gather(graph, date=DAY, told=told))
        figures["figures"] = len(briefing.figures)
        figures["unfinished"] = [one for section in briefing.sections for one in section.said if "finished" in one]
        figures["sections_done_after_seconds"] = last
        page = timed(figures, "page", lambda: to_html(briefing, graph.stats()["sources"], "en"))
        figures["page_kb"] = len(page.encode()) // 1024
        figures["rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        figures["workers_rss_mb"] = round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
        shown = next(one for one in briefing.figures if one.key == "by_form")
        with Engine(graph.index_path, Limits(query_seconds=_PATIENCE)) as engine:
            figures["peers"] = {"the index, one question of them": _by_index(graph, engine, shown)}
    return figures


def _by_index(graph: Any, engine: Any, shown: Any) -> dict[str, Any]:
    from mcgraph.errors import LimitReached
    from mcgraph.queries import ask

    alone: dict[str, Any] = {}
    try:
        found = timed(alone, "credentials_by_form", lambda: ask(graph, "credentials-by-form", engine=engine))
    except LimitReached:
        return {"reason": f"credentials-by-form was not answered in {_PATIENCE} s"}
    counts = sorted(int(row[1] or 0) for row in found.rows)
    return {**alone, "same_result": counts == sorted(int(row[1] or 0) for row in shown.rows)}
