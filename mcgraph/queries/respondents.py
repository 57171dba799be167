"""Answers that count respondents: small counts are emptied before anybody sees them, whatever face asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.model.answer import Coverage

if TYPE_CHECKING:
    from mcgraph.queries.engine import Asks, Rows
    from mcgraph.queries.library import NamedQuestion
    from mcgraph.queries.parameters import Term
    from mcgraph.survey.concealing import Concealing

# The answers to one question of a survey, or its respondents: one row each.
_MOST = 20_000_000
_KEPT_RESPONSES = 100_000
# An endpoint asks the same survey again and again; the answers that were read are those of one snapshot.
_ONE_AT_A_TIME = threading.Lock()
_KEPT: dict[tuple[str, str, int], Concealing] = {}


def conceal(
    source: Any,
    engine: Asks,
    question: NamedQuestion,
    terms: Mapping[str, Term | None],
    found: Rows,
    coverage: Coverage | None,
    limits: Limits,
) -> tuple[Rows, Coverage | None, tuple[str, ...]]:
    """Rows and coverage without small counts of respondents, and what must be said of that.

    The same cells are hidden as in the tables of the survey (`mcgraph.survey.safety`). Raises `LimitReached` where the
    responses cannot be read to decide that.
    """
    graph: Any = source if hasattr(source, "rows") else _Asked(engine, str(source.snapshot))
    asked = terms.get("question")
    counts = [] if coverage is None else [coverage.known, coverage.unknown, *coverage.why.values()]
    with _ONE_AT_A_TIME:
        surveys = _surveys(graph, limits.survey_small)
        rows = surveys.rows(found.columns, found.rows, question.hides, asked.value if asked else "")
        tells = coverage is not None and surveys.tells_of_few(counts)
    emptied = {name for names in question.hides.values() for name in names}
    keys = [at for at, name in enumerate(found.columns) if name not in emptied]
    known = {_key(row, keys): kinds for row, kinds in zip(found.rows, found.types, strict=True)}
    # A row that was put in has the kinds of any row that has something there.
    usual = tuple(next((kind for kind in column if kind), "") for column in zip(*found.types, strict=True))
    types = tuple(
        tuple("" if cell is None else kind for cell, kind in zip(row, known.get(_key(row, keys), usual), strict=True))
        for row in rows
    )
    said: list[str] = []
    if tuple(rows) != found.rows:
        said.append(
            f"counts of fewer than {limits.survey_small} respondents, and what would give them away, are left empty"
        )
    if tells:
        coverage = None
        said.append("the coverage is left out: it would tell of a few respondents")
    return replace(found, rows=tuple(rows), types=types), coverage, tuple(said)


def _surveys(graph: Any, small: int) -> Concealing:
    """The surveys of a snapshot; those of the last one that was asked are kept, unless they are large."""
    from mcgraph.survey.concealing import Concealing

    key = (str(getattr(graph, "path", "")), str(graph.snapshot), small)
    kept = _KEPT.get(key)
    if kept is not None and kept.responses <= _KEPT_RESPONSES:
        kept.read_from(graph)
        return kept
    _KEPT.clear()
    made = Concealing(graph, small)
    if all(key[:2]):
        _KEPT[key] = made
    return made


def _key(row: tuple[str | None, ...], places: list[int]) -> tuple[str | None, ...]:
    return tuple(row[at] for at in places)


@dataclass(frozen=True, slots=True)
class _Asked:
    """An index that only an engine opens, read as a graph is."""

    engine: Asks
    snapshot: str
    manifest: Any = field(default_factory=lambda: SimpleNamespace(submissions=()))

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """The rows of a query of ours."""
        found = self.engine.run(sparql, rows=_MOST)
        if found.limit:
            raise LimitReached(
                "the responses of the survey could not be read to the end, so that small counts could not be hidden",
                limit=found.limit,
            )
        return list(found.rows)
