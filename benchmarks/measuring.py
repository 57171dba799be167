"""What several measurements share: a timed step, and the batch files of a store made of property columns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ID = "https://w3id.org/mcgraph/id/bench/"
MC = "https://w3id.org/mcgraph/ontology#"
VOCAB = "https://w3id.org/mcgraph/vocab/"
XSD = "http://www.w3.org/2001/XMLSchema#"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"


@dataclass(frozen=True)
class Files:
    """What is read of a store without its index: its folder, what the snapshot is made of, and how large it is."""

    path: Path
    manifest: Any
    triples: int = 0
    snapshot: str = "s-bench"

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """Nothing here asks the index."""
        raise NotImplementedError(sparql)


def column_of(predicate: str, subjects: Any, objects: Any, kind: str = "iri", datatype: str = "string") -> Any:
    """One property of many subjects; what is null or empty is not stated."""
    import polars as pl

    from mcgraph.model.batch import TripleColumn

    frame = pl.DataFrame({"s": subjects, "o": objects}).with_columns(row=pl.lit(None, dtype=pl.UInt32))
    frame = frame.filter(pl.col("o").is_not_null() & (pl.col("o") != ""))
    return TripleColumn(predicate, "iri" if kind == "iri" else "literal", frame, XSD + datatype)


def write_store(columns: Sequence[Any], folder: Path) -> Files:
    """The columns as the batch files of a store with one submission."""
    from mcgraph.model.batch import Batch
    from mcgraph.store import batches

    (folder / "batches").mkdir()
    batch = Batch("bench", "generated", (), tuple(columns))
    written = batches.write(folder, batch, name="generated")
    known = SimpleNamespace(source="bench", batch=written.name, sums=written.sums)
    return Files(folder, SimpleNamespace(submissions=(known,)), batch.size)


def timed(figures: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    """The result of some work, with its wall and processor time among the figures."""
    start, cpu = time.perf_counter(), time.process_time()
    result = work()
    figures[f"{name}_seconds"] = round(time.perf_counter() - start, 2)
    figures[f"{name}_cpu_seconds"] = round(time.process_time() - cpu, 2)
    return result
