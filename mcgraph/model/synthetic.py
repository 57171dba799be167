"""Which sources of a graph are declared invented, and how an answer, a drawing or a page says so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mcgraph.model.namespaces import ID, MC

# The submissions that declare themselves synthetic (provenance; `mcgraph load --synthetic`, or the mapping says so).
SYNTHETIC_SUBMISSIONS = f"SELECT DISTINCT ?submission WHERE {{ ?submission <{MC}isSynthetic> ?said FILTER(?said) }}"


def synthetic_sources(rows: Iterable[Sequence[object]]) -> tuple[str, ...]:
    """The names of the sources behind the rows of `SYNTHETIC_SUBMISSIONS`, sorted."""
    return tuple(sorted(str(row[0]).removeprefix(ID).removesuffix("/submission") for row in rows))


def synthetic_mark(sources: Sequence[str]) -> str:
    """` · SYNTHETIC DATA: demo-registry`, or nothing; stands behind the day of an answer."""
    return f" · SYNTHETIC DATA: {', '.join(sources)}" if sources else ""
