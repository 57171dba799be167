"""What a derivation gives: column names and rows, and the list of all derivations."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Cell = str | None
Rows = Iterable[tuple[Cell, ...]]
DAY = "2026-11-01"


@dataclass(frozen=True)
class Derived:
    """One question, the parameters it is asked with, and the rows it should give."""

    question: str
    parameters: dict[str, str]
    columns: tuple[str, ...]
    rows: Callable[[], Rows]


DERIVED: list[Derived] = []


def derives(question: str, columns: str, /, **parameters: str) -> Callable[[Callable[[], Rows]], Callable[[], Rows]]:
    """Enter a function as the derivation of a question with these parameters."""

    def enter(rows: Callable[[], Rows]) -> Callable[[], Rows]:
        DERIVED.append(Derived(question, parameters, tuple(columns.split()), rows))
        return rows

    return enter
