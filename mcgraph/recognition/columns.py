"""The values of some properties, read as columns: from the batch files of a store, or by SPARQL from any graph.

The files are the truth of a store and answer a scan of a whole property many times faster than its index. Both
ways give the same rows; a test holds them to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import polars as pl

from mcgraph.model.namespaces import GRAPH

SCHEMA = pl.Schema({"p": pl.String, "s": pl.String, "o": pl.String, "lang": pl.String, "source": pl.String})
_SOURCE = GRAPH + "source/"


class Rows(Protocol):
    """A graph that answers SPARQL with rows of plain strings, and knows its snapshot."""

    @property
    def snapshot(self) -> str:
        """The identifier of the state that is read."""

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """The rows of a SELECT query over the union of the named graphs."""


@runtime_checkable
class Stored(Protocol):
    """A graph that is kept as batch files."""

    @property
    def path(self) -> Path:
        """The folder of the store."""

    @property
    def manifest(self) -> Any:
        """What the snapshot is made of."""


def read_columns(graph: Rows, predicates: Iterable[str]) -> pl.DataFrame:
    """Every triple of the predicates (IRIs) that a source states: `p`, `s`, `o`, `lang`, `source`.

    What was inferred is left out; a triple that is stated several times stands as often. Who asks for values of one
    property takes each once: that is a small part of the cost of sorting out all of them here.
    """
    wanted = sorted(set(predicates))
    return _from_files(graph, wanted) if isinstance(graph, Stored) else _by_query(graph, wanted)


def _from_files(graph: Stored, predicates: list[str]) -> pl.DataFrame:
    from mcgraph.store import batches

    frames = []
    for known in graph.manifest.submissions:
        folder = graph.path / "batches" / known.batch
        batches.verify(folder, known.sums)
        lazy = batches.triples(folder).filter(pl.col("p").is_in(predicates))
        frames.append(lazy.select("p", "s", "o", "lang", pl.lit(known.source).alias("source")))
    return pl.concat(frames).cast(SCHEMA).collect() if frames else pl.DataFrame(schema=SCHEMA)


def _by_query(graph: Rows, predicates: list[str]) -> pl.DataFrame:
    frames = []
    for predicate in predicates:
        # Predicates are constants of ours, never text of users.
        rows = graph.rows(
            f"SELECT ?s ?o (LANG(?o) AS ?l) ?g WHERE {{ GRAPH ?g {{ ?s <{predicate}> ?o }} "
            f'FILTER(STRSTARTS(STR(?g), "{_SOURCE}")) }}'
        )
        said = [(predicate, s, o, tag or "", (g or "").removeprefix(_SOURCE)) for s, o, tag, g in rows]
        frames.append(pl.DataFrame(said, schema=SCHEMA, orient="row"))
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)
