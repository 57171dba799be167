"""Counts of statements by whether they still hold: one row per kind, one column per standing."""

from __future__ import annotations

from collections.abc import Iterable

from mcgraph.briefing.figure import Column, Value
from mcgraph.briefing.gathering import Gathering

# As the questions write them, what holds first.
STANDINGS = ("in force", "expired", "withdrawn", "proposed", "not yet in force")


def standing_columns(gathering: Gathering) -> tuple[Column, ...]:
    """One counted column per standing."""
    return tuple(Column(name.replace(" ", "_"), gathering.word(name), "count") for name in STANDINGS)


def by_standing(rows: Iterable[tuple[tuple[str, ...], str, int]]) -> list[tuple[Value, ...]]:
    """Rows of (names, standing, count) with one row per names and a count per standing, in the order of the names."""
    found: dict[tuple[str, ...], dict[str, int]] = {}
    for names, standing, count in rows:
        counts = found.setdefault(names, dict.fromkeys(STANDINGS, 0))
        counts[standing] += count
    return [(*names, *counts.values()) for names, counts in sorted(found.items())]
