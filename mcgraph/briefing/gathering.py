"""One snapshot, asked for one briefing: the engine, the day, the language, and figures made of answers."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgraph.briefing.figure import Column, ColumnKind, Drawing, Figure, Value
from mcgraph.limits import Limits
from mcgraph.model.answer import Answer, Cell, Coverage
from mcgraph.model.language import Language
from mcgraph.model.namespaces import shorten
from mcgraph.model.vocabularies import all_labels

if TYPE_CHECKING:
    from mcgraph.queries.engine import Asks
    from mcgraph.store.graph import Graph

CREDENTIALS = ("Credential",)


@dataclass(frozen=True, slots=True)
class Gathering:
    """What the sections share. `say` is the language of every text, `date` the day on which force is judged.

    `column_engine` answers the questions that are about the whole graph, where the store is large enough to keep them.
    """

    graph: Graph
    engine: Asks
    column_engine: Asks | None
    date: datetime.date
    say: Language
    limits: Limits

    def ask(self, name: str, **parameters: str) -> Answer:
        """The answer to a named question on the day of the briefing."""
        from mcgraph.queries import ask

        return ask(self.graph, name, parameters, limits=self.limits, date=self.date, engine=self.engine,
                   columns=self.column_engine)  # fmt: skip

    def name(self, iri: Cell) -> str:
        """What people call a concept, in the language of the briefing; «not stated» for nothing."""
        if not iri:
            return self.say.said("landscape.not_stated")
        stated = all_labels().get(iri)
        return self.say.chosen(stated) if stated else shorten(iri)

    def word(self, text: str) -> str:
        """A status or verdict that a question gives in English, in the language of the briefing."""
        key = f"landscape.word.{text}"
        return self.say.said(key) if self.say.has(key) else text

    def columns(self, *names: str, **kinds: ColumnKind) -> tuple[Column, ...]:
        """Columns by name, texts first and then those of another kind, labelled in the language."""
        texts = tuple(Column(name, self.say.said(f"landscape.column.{name}")) for name in names)
        return texts + tuple(
            Column(name, self.say.said(f"landscape.column.{name}"), kind) for name, kind in kinds.items()
        )

    def figure(
        self,
        key: str,
        columns: tuple[Column, ...],
        rows: Sequence[tuple[Value, ...]],
        answer: Answer,
        *,
        of: str = "credentials",
        kinds: Sequence[str] = CREDENTIALS,
        command: str = "",
        drawing: Drawing | None = None,
        notes: Sequence[str] = (),
        most: int | None = None,
        about: str = "",
    ) -> Figure:
        """A figure of the rows that were made of `answer`; `kinds` are the classes whose sources it rests on.

        With `most`, the rows after that many are left off and counted. `about` tells figures of one kind apart.
        """
        bound = self.limits.briefing_rows if most is None else most
        coverage = answer.coverage or Coverage(0, 0)
        title = self.say.said(f"landscape.figure.{key}.title")
        said = list(notes)
        if len(rows) > bound:
            said.insert(0, self.say.said("landscape.cut", shown=bound, total=len(rows)))
        if answer.truncated:
            said.insert(0, self.say.said("landscape.truncated", limit=answer.limit))
        return Figure(
            key=key,
            title=f"{title} · {about}" if about else title,
            lead=self.say.said(f"landscape.figure.{key}.lead"),
            columns=columns,
            rows=tuple(rows[:bound]),
            base=coverage.total if answer.coverage else None,
            of=self.say.said(f"landscape.of.{of}"),
            unknown=coverage.unknown if answer.coverage else None,
            why={self.reason(reason): count for reason, count in coverage.why.items()},
            command=command or self.command(answer),
            name=answer.name,
            query=answer.query,
            parameters=answer.parameters,
            sources=self.sources(kinds),
            snapshot=answer.snapshot,
            notes=tuple(said),
            left_off=max(0, len(rows) - bound),
            truncated=answer.limit if answer.truncated else "",
            drawing=drawing if rows else None,
        )

    def command(self, answer: Answer) -> str:
        """The command line that asks a named question again, on the same day."""
        given = "".join(f" -p {name}={value}" for name, value in answer.parameters.items())
        return f"mcgraph query {answer.name}{given}"

    def reason(self, reason: str) -> str:
        """Why something is unknown, in the language of the briefing."""
        key = f"landscape.why.{reason}"
        return self.say.said(key) if self.say.has(key) else reason

    def sources(self, kinds: Sequence[str]) -> tuple[str, ...]:
        """The sources of the snapshot that hold a record of one of these classes."""
        return tuple(
            sorted(known.source for known in self.graph.manifest.submissions if set(kinds) & _classes(known.kinds))
        )


def _classes(kinds: Mapping[str, int]) -> set[str]:
    return {name.rpartition(":")[2].rpartition("#")[2] for name, count in kinds.items() if count}


def number(cell: Cell) -> int | None:
    """A count of an answer."""
    return None if cell is None else int(cell)


def decimal(cell: Cell) -> float | None:
    """A decimal number of an answer."""
    return None if cell is None else float(cell)
