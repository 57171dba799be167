"""A figure of a briefing: a table that says what it counts, what it does not know, and what made it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mcgraph.model.answer import harmless

Value = str | int | float | None
ColumnKind = Literal["text", "count", "number", "share"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in data, its label in the language of the briefing, and what its values are.

    `count` holds whole numbers, `number` decimals, `share` parts of one (0 to 1), `text` names.
    """

    name: str
    label: str
    kind: ColumnKind = "text"


@dataclass(frozen=True, slots=True)
class Drawing:
    """How a table is drawn; every number drawn stands in the table.

    `bars`: one bar per row. `stack`: one bar per row, a segment per column of `values`. `grid`: a shade per row, the
    second column of `label` across. `label` names the columns that name a bar, `values` those that are drawn; `most`
    is how many rows are drawn, from the first.
    """

    kind: Literal["bars", "stack", "grid"]
    label: tuple[str, ...]
    values: tuple[str, ...]
    most: int = 40


@dataclass(frozen=True, slots=True)
class Figure:
    """A table with everything that must be said beside it.

    `base` counts the records the table is about (`of`, in words), `unknown` those of them that say nothing on the
    matter, `why` the reasons. `command` makes the same numbers again; `name`, `query` and `parameters` are what it ran.
    """

    key: str
    title: str
    lead: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    base: int | None
    of: str
    unknown: int | None
    why: Mapping[str, int]
    command: str
    name: str
    query: str
    parameters: Mapping[str, str]
    sources: tuple[str, ...]
    snapshot: str
    notes: tuple[str, ...] = ()
    left_off: int = 0
    truncated: str = ""
    drawing: Drawing | None = None

    def column(self, name: str) -> int:
        """The place of a column. Raises `ValueError` for one that is not there."""
        return [column.name for column in self.columns].index(name)

    def values(self, name: str) -> list[Value]:
        """The values of one column."""
        place = self.column(name)
        return [row[place] for row in self.rows]

    def to_csv(self) -> str:
        """The table as comma-separated text that a spreadsheet can open without running anything in it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(column.name for column in self.columns)
        for row in self.rows:
            writer.writerow("" if value is None else harmless(str(value)) for value in row)
        return out.getvalue()

    def to_json(self) -> dict[str, Any]:
        """The table and its provenance."""
        return {
            "key": self.key,
            "title": self.title,
            "columns": [{"name": one.name, "label": one.label, "kind": one.kind} for one in self.columns],
            "rows": [list(row) for row in self.rows],
            "coverage": {
                "of": self.of,
                "total": self.base,
                "known": None if self.base is None or self.unknown is None else self.base - self.unknown,
                "unknown": self.unknown,
                "why": dict(self.why),
            },
            "command": self.command,
            "name": self.name,
            "query": self.query,
            "parameters": dict(self.parameters),
            "sources": list(self.sources),
            "snapshot": self.snapshot,
            "warnings": list(self.notes),
            "rows_left_off": self.left_off,
            "truncated": bool(self.truncated),
            "limit": self.truncated,
        }


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the briefing; `said` are sentences of its own, such as that there is nothing to show."""

    key: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    said: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The section with its figures."""
        return {
            "key": self.key,
            "title": self.title,
            "said": list(self.said),
            "figures": [one.to_json() for one in self.figures],
        }


@dataclass(frozen=True, slots=True)
class KeyNumber:
    """A number at the head of the briefing, with the figure it is read from.

    `unknown` is of how many nobody knows whether they belong to it: a small number may only say that little is stated.
    """

    value: int
    of: int | None
    label: str
    figure: str
    unknown: int = 0


@dataclass(frozen=True, slots=True)
class Briefing:
    """The whole briefing. `synthetic` names the sources that are declared invented, `sources` all of them."""

    date: str
    lang: str
    snapshot: str
    version: str
    sources: tuple[str, ...]
    synthetic: tuple[str, ...]
    keys: tuple[KeyNumber, ...]
    sections: tuple[Section, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """Every figure, in the order of the page."""
        return tuple(one for section in self.sections for one in section.figures)

    def to_json(self) -> dict[str, Any]:
        """One JSON document: each number with its figure, each figure with its command, query and coverage."""
        return {
            "report": "landscape",
            "date": self.date,
            "lang": self.lang,
            "snapshot": self.snapshot,
            "sources": list(self.sources),
            "synthetic": list(self.synthetic),
            "versions": {"mcgraph": self.version},
            "parameters": dict(self.parameters),
            "key_numbers": [
                {"label": one.label, "value": one.value, "of": one.of, "unknown": one.unknown, "figure": one.figure}
                for one in self.keys
            ],
            "sections": [one.to_json() for one in self.sections],
        }
