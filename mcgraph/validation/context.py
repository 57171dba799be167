"""What the stored graph knows of the things a submission points to, asked in few and bounded queries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import polars as pl

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.model.namespaces import GRAPH, ID, MC
from mcgraph.model.terms import is_safe_iri

_CHUNK = 500


class Graph(Protocol):
    """The part of a store that validation reads."""

    @property
    def snapshot(self) -> str:
        """The name of the state that is read."""
        ...

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """The rows of a SELECT query."""
        ...


def known_types(graph: Graph, iris: Iterable[str]) -> pl.DataFrame:
    """(`s`, `o`): the types that the store gives to those of `iris` that it has."""
    wanted = [iri for iri in sorted(set(iris)) if is_safe_iri(iri)]
    rows: list[tuple[str | None, ...]] = []
    for start in range(0, len(wanted), _CHUNK):
        values = " ".join(f"<{iri}>" for iri in wanted[start : start + _CHUNK])
        rows += graph.rows(f"SELECT DISTINCT ?s ?o WHERE {{ VALUES ?s {{ {values} }} ?s a ?o }}")
    return pl.DataFrame(rows, schema={"s": pl.String, "o": pl.String}, orient="row")


def known_sources(graph: Graph, iris: Iterable[str]) -> set[str]:
    """Which of the sources that the record IRIs belong to have been loaded."""
    sources = sorted({source_of(iri) for iri in iris} - {""})
    found = set()
    for name in sources:
        if graph.rows(f"SELECT ?s WHERE {{ GRAPH <{GRAPH}source/{name}> {{ ?s ?p ?o }} }} LIMIT 1"):
            found.add(name)
    return found


def source_of(iri: str) -> str:
    """The source in a record IRI."""
    return iri.removeprefix(ID).partition("/")[0] if iri.startswith(ID) else ""


def stacking_links_beyond(graph: Graph, starts: Iterable[str], *, most: int | None = None) -> pl.DataFrame:
    """(`s`, `v`): the stored part → whole links that can be reached from `starts`, walked outwards in rounds.

    A circle that new links close runs on from their targets, so nothing else of the store is needed.
    Raises `LimitReached` where more than `most` records are met (default: the limit `context_records`).
    """
    bound = most or Limits.from_environment().context_records
    seen: set[str] = set()
    frontier = {iri for iri in starts if is_safe_iri(iri)}
    found: list[tuple[str | None, ...]] = []
    while frontier:
        seen |= frontier
        if len(seen) > bound:
            raise LimitReached(
                f"the stacking rules lead to more than {bound:,} stored records", fix="Raise the limit context_records."
            )
        links = _wholes_of(graph, sorted(frontier))
        found += links
        frontier = {str(whole) for _, whole in links if whole} - seen
    return pl.DataFrame(found, schema={"s": pl.String, "v": pl.String}, orient="row")


def _wholes_of(graph: Graph, parts: list[str]) -> list[tuple[str | None, ...]]:
    rows: list[tuple[str | None, ...]] = []
    for start in range(0, len(parts), _CHUNK):
        values = " ".join(f"<{iri}>" for iri in parts[start : start + _CHUNK] if is_safe_iri(iri))
        rows += graph.rows(
            f"SELECT DISTINCT ?part ?whole WHERE {{ VALUES ?part {{ {values} }} {{ ?group <{MC}groupMember> ?part . "
            f"?rule <{MC}requirementGroup> ?group ; <{MC}stackingWhole> ?whole }} "
            f"UNION {{ ?part <{MC}declaredStackingTarget> ?whole }} }}"
        )
    return rows


def stacking_links(graph: Graph) -> pl.DataFrame:
    """(`s`, `v`): part and whole of every stored stacking rule and declared target."""
    rows = graph.rows(
        f"SELECT DISTINCT ?part ?whole WHERE {{ {{ ?rule <{MC}stackingWhole> ?whole ; <{MC}requirementGroup> ?group . "
        f"?group <{MC}groupMember> ?part }} UNION {{ ?part <{MC}declaredStackingTarget> ?whole }} }}"
    )
    return pl.DataFrame(rows, schema={"s": pl.String, "v": pl.String}, orient="row")


def stored_values(graph: Graph, iris: Iterable[str], predicates: Iterable[str]) -> pl.DataFrame:
    """(`s`, `p`, `o`): what the store says of those of `iris` that it has, for some predicates."""
    wanted = [iri for iri in sorted(set(iris)) if is_safe_iri(iri)]
    asked = ", ".join(f"<{iri}>" for iri in predicates)
    rows: list[tuple[str | None, ...]] = []
    for start in range(0, len(wanted), _CHUNK):
        values = " ".join(f"<{iri}>" for iri in wanted[start : start + _CHUNK])
        # A second VALUES, for the predicates, would make Oxigraph read every triple it has (2 s at 100,000 records).
        rows += graph.rows(
            f"SELECT DISTINCT ?s ?p ?o WHERE {{ VALUES ?s {{ {values} }} ?s ?p ?o FILTER(?p IN ({asked})) }}"
        )
    return pl.DataFrame(rows, schema={"s": pl.String, "p": pl.String, "o": pl.String}, orient="row")
