"""What the compiled rules read: one property at a time, as columns, from a store, a graph or a submission.

Only what sources state is read. What was inferred is left out, and so is any statement that a record belongs to a class
which the definition defines: that somebody says it is a microcredential is a label, not evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import polars as pl

from mcgraph.model.namespaces import GRAPH, RDF, RDF_TYPE

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from mcgraph.model.batch import Batch
    from mcgraph.model.finding import Place
    from mcgraph.store.graph import Graph

SCHEMA = pl.Schema(dict.fromkeys(("s", "o", "kind", "datatype", "lang"), pl.String()))
_ORIGINS = pl.Schema({"s": pl.String(), "source": pl.String(), "file": pl.String(), "row": pl.UInt32()})
_INFERRED = "inferred"
_LANG_STRING = RDF + "langString"


@runtime_checkable
class Facts(Protocol):
    """Something that can be read property by property."""

    @property
    def snapshot(self) -> str:
        """The identifier of the state that is read; empty where there is none."""

    def column(self, predicate: str) -> pl.DataFrame:
        """The distinct statements of a property (IRI): `s`, `o`, `kind` (iri or literal), `datatype`, `lang`."""

    def typed(self, classes: Iterable[str]) -> pl.DataFrame:
        """The distinct (`s`, `o`) of `rdf:type` with one of the class IRIs."""


class StoreFacts:
    """The batch files of an open store; each is checked against its checksum before it is believed.

    Raises `StoreUnavailable` where a file is missing or damaged.
    """

    def __init__(self, graph: Graph) -> None:
        from mcgraph.store import batches

        self.snapshot = graph.snapshot
        self._folders: list[Path] = []
        self._sources: list[str] = []
        for known in graph.manifest.submissions:
            if known.source == _INFERRED:
                continue
            folder = graph.path / "batches" / known.batch
            batches.verify(folder, known.sums)
            self._folders.append(folder)
            self._sources.append(known.source)

    def column(self, predicate: str) -> pl.DataFrame:
        """The statements of one property; row groups of other properties are not opened."""
        return _distinct(self._read(pl.col("p") == predicate))

    def typed(self, classes: Iterable[str]) -> pl.DataFrame:
        """The members of some classes."""
        wanted = (pl.col("p") == RDF_TYPE) & pl.col("o").is_in(list(classes))
        return _distinct(self._read(wanted)).select("s", "o")

    def places(self, subjects: Iterable[str], predicates: Iterable[str]) -> dict[tuple[str, str], list[Place]]:
        """The cells in which the sources state properties of some records, by record and property (IRIs)."""
        from mcgraph.store import batches, origins

        wanted = pl.col("p").is_in(list(predicates)) & pl.col("s").is_in(list(subjects))
        found: dict[tuple[str, str], list[Place]] = {}
        for folder in self._folders:
            rows = batches.triples(folder).filter(wanted).select("s", "p", "table", "row", "column")
            cells = rows.unique(maintain_order=True).collect()
            tables = origins.tables(folder) if cells.height else []
            for s, p, table, row, column in cells.iter_rows():
                if table is not None and 0 <= table < len(tables):
                    found.setdefault((s, p), []).append(tables[table].place(row, column))
        return found

    def origins(self) -> pl.DataFrame:
        """Where each record stands: `s`, `source`, and the `file` and `row` it was read from."""
        from mcgraph.store import batches

        frames = [pl.DataFrame(schema=_ORIGINS)]
        for folder, source in zip(self._folders, self._sources, strict=True):
            files = pl.Series([table["file"] for table in batches.tables(folder)], dtype=pl.String)
            records = batches.frame(folder, "records").unique("iri", keep="first", maintain_order=True)
            number = pl.col("table").cast(pl.Int64)
            known = number.is_between(0, max(len(files) - 1, 0)) & pl.lit(len(files) > 0)
            file = pl.lit(files).gather(pl.when(known).then(number)) if len(files) else pl.lit(None, pl.String)
            frames.append(
                records.select(
                    pl.col("iri").alias("s"), pl.lit(source).alias("source"), file.alias("file"), pl.col("row")
                ).cast(_ORIGINS)
            )
        return pl.concat(frames).unique("s", keep="first", maintain_order=True)

    def _read(self, wanted: pl.Expr) -> list[pl.DataFrame]:
        from mcgraph.store import batches

        lazy = [batches.triples(folder).filter(wanted).select(SCHEMA.names()) for folder in self._folders]
        return pl.collect_all(lazy) if lazy else []


class RowGraph(Protocol):
    """A graph that answers SPARQL with rows of plain strings, and knows its snapshot."""

    @property
    def snapshot(self) -> str:
        """The identifier of the state that is read."""

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """The rows of a SELECT query."""


class RowFacts:
    """Any graph that answers SPARQL, one plain scan of its sources per property."""

    def __init__(self, graph: RowGraph) -> None:
        self.snapshot = str(graph.snapshot)
        self._graph = graph

    def column(self, predicate: str) -> pl.DataFrame:
        """The statements of one property (an IRI of the ontology, never a user's text)."""
        rows = self._graph.rows(
            f"SELECT ?s ?o ?t ?l WHERE {{ GRAPH ?g {{ ?s <{predicate}> ?o }} "
            f'FILTER(STRSTARTS(STR(?g), "{GRAPH}source/") || STR(?g) = "{GRAPH}frameworks") '
            "BIND(IF(isLiteral(?o), STR(DATATYPE(?o)), ?none) AS ?t) BIND(IF(isLiteral(?o), LANG(?o), ?none) AS ?l) }"
        )
        said = [
            (s, o, "iri" if t is None else "literal", "" if t in (None, _LANG_STRING) else t, lang or "")
            for s, o, t, lang in rows
        ]
        return _distinct([pl.DataFrame(said, schema=SCHEMA, orient="row")])

    def typed(self, classes: Iterable[str]) -> pl.DataFrame:
        """The members of some classes."""
        return self.column(RDF_TYPE).filter(pl.col("o").is_in(list(classes))).select("s", "o")


class BatchFacts:
    """A submission that is not stored yet, beside what is: its own records are what is asked about."""

    def __init__(self, batch: Batch, beside: Facts | None = None) -> None:
        self.snapshot = beside.snapshot if beside is not None else ""
        self._batch = batch
        self._beside = beside

    def column(self, predicate: str) -> pl.DataFrame:
        """The statements of one property, of the submission and of what is stored."""
        frames = [_column_frame(column) for column in self._batch.with_predicate(predicate)]
        if self._beside is not None:
            frames.append(self._beside.column(predicate))
        return _distinct(frames)

    def typed(self, classes: Iterable[str]) -> pl.DataFrame:
        """The members of some classes among the records of the submission."""
        own = _distinct([_column_frame(column) for column in self._batch.with_predicate(RDF_TYPE)])
        return own.filter(pl.col("o").is_in(list(classes))).select("s", "o")


class TripleFacts:
    """Plain triples, for samples and tests."""

    def __init__(self, triples: Sequence[Triple], snapshot: str = "") -> None:
        from mcgraph.reasoning.expressions import key_of, term_of
        from mcgraph.reasoning.literals import Literal

        self.snapshot = snapshot
        rows: dict[str, list[tuple[str, str, str, str, str]]] = {}
        for triple in triples:
            value = term_of(triple.object)
            cells = (value.lexical, "literal", value.datatype, value.language) if isinstance(value, Literal) else (
                value, "iri", "", "")  # fmt: skip
            rows.setdefault(triple.predicate.value, []).append((key_of(triple.subject), *cells))
        self._rows = rows

    def column(self, predicate: str) -> pl.DataFrame:
        """The statements of one property."""
        return _distinct([pl.DataFrame(self._rows.get(predicate, []), schema=SCHEMA, orient="row")])

    def typed(self, classes: Iterable[str]) -> pl.DataFrame:
        """The members of some classes."""
        return self.column(RDF_TYPE).filter(pl.col("o").is_in(list(classes))).select("s", "o")


def _column_frame(column: object) -> pl.DataFrame:
    from mcgraph.model.batch import TripleColumn
    from mcgraph.store.batches import column_frame

    assert isinstance(column, TripleColumn)
    return column_frame(column).select(SCHEMA.names()).collect()


def _distinct(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """The rows of the frames, each once; one submission whose subjects are all different needs no look."""
    if not frames:
        return pl.DataFrame(schema=SCHEMA)
    found = pl.concat([frame.cast(SCHEMA) for frame in frames])
    return found if found.get_column("s").is_unique().all() else found.unique(maintain_order=True)


def facts_of(graph: RowGraph | Graph) -> Facts:
    """The columns of a graph: its batch files where it is an open store, else its answers."""
    from mcgraph.store.graph import Graph

    return StoreFacts(graph) if isinstance(graph, Graph) else RowFacts(graph)
