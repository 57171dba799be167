"""Dumping and restoring: triples per second by form, beside Oxigraph's own dump and load of the same index."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def measure(size: int, shared: Path) -> dict[str, Any]:
    """A generated registry of `size` records is stored, dumped in each form, and restored with and without index."""
    del shared
    import pyoxigraph as ox

    from benchmarks.generate import generate
    from mcgraph.store import open_graph
    from mcgraph.store.dump import dump
    from mcgraph.submissions.loading import load_files
    from mcgraph.submissions.restoring import restore

    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        generate(folder / "in", size, 0.0)
        import datetime

        load_files(
            folder / "store", sorted((folder / "in").glob("*.csv")), mapping="template", source="bench",
            date=datetime.date(2026, 6, 1), accept="all", synthetic=True,
        )  # fmt: skip
        with open_graph(folder / "store") as graph:
            figures["triples"] = graph.triples
            for what, ending, with_index in (
                ("nq", ".nq", False), ("ttl", ".ttl", False), ("parquet", ".parquet", False), ("tar", ".tar", False),
                ("tar_with_index", ".tar", True),
            ):  # fmt: skip
                path = folder / f"{what}{ending}"
                done = dump(graph, path, with_index=with_index)
                figures[f"dump_{what}"] = _speed(done.triples, done.seconds) | {"mb": round(done.bytes / 1e6)}
                again = folder / f"again-{what}"
                seconds = _timed(lambda path=path, again=again: restore(path, again))  # type: ignore[misc]
                figures[f"restore_{what}"] = _speed(done.triples, seconds)
                if not with_index:
                    later = folder / f"later-{what}"
                    seconds = _timed(lambda path=path, to=later: restore(path, to, indexed=False))  # type: ignore[misc]
                    figures[f"restore_{what}_index_later"] = _speed(done.triples, seconds)
            store = graph.store
            theirs = folder / "oxigraph.nq"
            seconds = _timed(lambda: store.dump(output=str(theirs), format=ox.RdfFormat.N_QUADS))
        figures["peers"] = {"Oxigraph, dump as N-Quads": _speed(figures["triples"], seconds)}
        other = ox.Store(str(folder / "oxigraph"))
        seconds = _timed(lambda: other.bulk_load(path=str(theirs), format=ox.RdfFormat.N_QUADS))
        figures["peers"]["Oxigraph, bulk load of N-Quads"] = _speed(figures["triples"], seconds)
    return figures


def _timed(do: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def _speed(triples: int, seconds: float) -> dict[str, Any]:
    return {"seconds": round(seconds, 2), "triples_per_second": round(triples / seconds)}
