"""How a question would be answered, without asking it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mcgraph.limits import Limits
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries import guard
from mcgraph.queries.columnar import own, using
from mcgraph.queries.library import NamedQuestion, read_header, read_parameters
from mcgraph.queries.parameters import bind, free_parameters, read_values
from mcgraph.queries.rewriting import rewrite


@dataclass(frozen=True, slots=True)
class Explanation:
    """The text for the engine, what was changed in it and why, what stays slow, and whether columns are tried first."""

    text: str
    changes: tuple[str, ...]
    slow: tuple[str, ...]
    from_columns: bool

    def to_json(self) -> dict[str, Any]:
        """The keys of `mcgraph query --explain --json`."""
        return {
            "text": self.text,
            "changes": list(self.changes),
            "slow": list(self.slow),
            "from_columns": self.from_columns,
        }

    def sentences(self) -> list[str]:
        """What is said beside the text."""
        large = Limits.from_environment().columns_from_triples
        columns = (
            [f"in a store of {large:,} triples or more it is answered from the columns of the snapshot"]
            if self.from_columns
            else []
        )
        return [*self.changes, *self.slow, *columns] or ["it is asked as it stands"]


def explain(question: NamedQuestion | str, params: Mapping[str, str], date: datetime.date | None = None) -> Explanation:
    """How `ask` would answer; records that are given by name stay open, since no store is looked at.

    Raises `WrongUse` and `LimitReached` for what `ask` refuses before it asks.
    """
    text = question if isinstance(question, str) else question.text
    guard.check(text, Limits.from_environment())
    if isinstance(question, str):
        header = read_header(text, "the query") if text.lstrip().startswith("#+") else {}
        declared = read_parameters(header, "the query") or free_parameters(params)
    else:
        declared = question.parameters
    values = read_values(declared, params, date or datetime.date.today())
    terms = {name: None if isinstance(value, str) else value for name, value in values.items()}
    named = question if isinstance(question, NamedQuestion) else None
    started = {name: term for name, term in values.items() if not isinstance(term, str)}
    whole = using.is_for_columns(named, started) if named else own.is_aggregate(bind(text, terms))
    whole = whole and not any(isinstance(value, str) for value in values.values())
    found = rewrite(bind(text, terms, readable=True), PREFIXES)
    return Explanation(found.text, found.changes, found.slow, whole)
