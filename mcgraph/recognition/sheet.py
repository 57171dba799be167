"""Answers as tables: the same rows for the terminal, for CSV and for data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.model.answer import harmless
from mcgraph.model.credits import system_of
from mcgraph.recognition.chains import ChainAnswer
from mcgraph.recognition.gaps import GapAnswer
from mcgraph.recognition.listing import ListAnswer
from mcgraph.recognition.matrix import COUNTS, MatrixAnswer
from mcgraph.recognition.readiness import CRITERIA, Readiness, ReadinessTable
from mcgraph.recognition.register import one_line
from mcgraph.recognition.statement import Party, Statement

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

RecognitionAnswer = ListAnswer | MatrixAnswer | ChainAnswer | GapAnswer | Readiness | ReadinessTable
Value = str | int | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headers; `name` says what a row is."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    def to_csv(self) -> str:
        """Comma-separated text that a spreadsheet can open without running anything in it."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(self.headers)
        for row in self.rows:
            writer.writerow("" if value is None else harmless(str(value)) for value in row)
        return out.getvalue()

    def to_dataframe(self) -> pandas.DataFrame:
        """A pandas data frame. Raises `WrongUse` where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise WrongUse("pandas is not installed", fix="Install it: pip install 'mcgraph[dataframe]'.") from None
        return pandas.DataFrame(list(self.rows), columns=list(self.headers))

    def text(self) -> list[list[str]]:
        """Every cell as people read it."""
        return [
            ["" if value is None else f"{value:,}" if isinstance(value, int) else value for value in row]
            for row in self.rows
        ]


STATEMENT_HEADERS = (
    "statement", "recogniser", "effect", "credit", "credit_system", "recognised", "towards", "purpose", "where",
    "basis", "state", "valid_from", "valid_until", "claimed_by", "claim", "stated_on", "evidence", "source", "read_at",
)  # fmt: skip


def tables(answer: RecognitionAnswer) -> tuple[Table, ...]:
    """The tables of an answer, the main one first."""
    if isinstance(answer, ListAnswer):
        return (statements_table(answer.statements), *_contradictions(answer))
    if isinstance(answer, MatrixAnswer):
        return (_matrix(answer),)
    if isinstance(answer, ChainAnswer):
        return (_chains(answer),)
    if isinstance(answer, GapAnswer):
        return (_unrecognised(answer), _agreements(answer))
    if isinstance(answer, Readiness):
        rows = tuple((one.criterion, one.verdict, "; ".join(one.evidence)) for one in answer.judged)
        return (Table("criterion", ("criterion", "verdict", "evidence"), rows),)
    return (_readiness_counts(answer), _readiness_rows(answer))


def statements_table(statements: Sequence[Statement]) -> Table:
    """Statements, one in a row, with everything that is stated."""
    return Table("statement", STATEMENT_HEADERS, tuple(_statement(one) for one in statements))


def _statement(one: Statement) -> tuple[Value, ...]:
    credit = None if one.credit is None else f"{one.credit.normalize():f}"
    return (
        one.iri, one.recogniser.label, one.effect, credit, system_of(one.credit_system), one_line(one.subjects),
        one_line(one.towards), ", ".join(one.purposes), ", ".join(one.jurisdictions), one.basis, one.state,
        one.valid_from, one.valid_until, one.claimant, one.claim, one.stated_on, one.url, ", ".join(one.sources),
        one.origin,
    )  # fmt: skip


def _contradictions(answer: ListAnswer) -> tuple[Table, ...]:
    if not answer.contradictions:
        return ()
    rows = tuple(
        (
            one.granted.recogniser.label,
            one_line(one.granted.subjects),
            one.granted.effect,
            _told(one.granted),
            _told(one.refused),
        )
        for one in answer.contradictions
    )
    return (Table("contradiction", ("recogniser", "recognised", "granted", "granted_by", "refused_by"), rows),)


def _told(one: Statement) -> str:
    return f"{one.iri} ({', '.join(one.sources)}{', ' + one.origin if one.origin else ''})"


def code(party: Party) -> str:
    """The short name of a party: a country's code, else its label."""
    return party.id if party.kind == "country" else party.label


def _matrix(answer: MatrixAnswer) -> Table:
    headers = ("from", "to", *COUNTS, "credit", "without_number", "evidence")
    rows = tuple(
        (
            code(one.a), code(one.b), *(getattr(one, name) for name in COUNTS),
            str(one.credit), one.credit.unnumbered, " ".join(one.evidence),
        )
        for one in answer.cells
    )  # fmt: skip
    return Table("cell", headers, rows)


def _chains(answer: ChainAnswer) -> Table:
    headers = (
        "chain",
        "link",
        "from",
        "counts_as",
        "effect",
        "credit",
        "recogniser",
        "claim",
        "weakest",
        "valid_until",
        "statement",
        "source",
        "evidence",
    )
    rows: list[tuple[Value, ...]] = []
    for number, chain in enumerate(answer.chains, start=1):
        for at, link in enumerate(chain.links, start=1):
            one = link.statement
            rows.append(
                (
                    number, at, link.start.label, code(link.end), link.effect,
                    str(link.granted) if link.granted else "", one.recogniser.label if one else "(by rule)", link.claim,
                    "weakest" if link is chain.weakest else "",
                    one.valid_until if one else "", one.iri if one else link.rule,
                    ", ".join(one.sources) if one else "", one.url if one else "",
                )
            )  # fmt: skip
    return Table("link", headers, tuple(rows))


def _unrecognised(answer: GapAnswer) -> Table:
    rows = tuple(
        (one.credential.id, one.credential.title, one.body.label if one.body else "", one.country, one.was)
        for one in answer.unrecognised
    )
    return Table("unrecognised", ("id", "credential", "awarded_by", "country", "stated_before"), rows)


def _agreements(answer: GapAnswer) -> Table:
    headers = ("recogniser", "would_recognise", "helps", "learners", "opens", "counts_in", "refused", "for_example")
    rows = tuple(
        (
            one.recogniser.label, one.awarding.label, one.helped, one.learners, one.opens, one.counts_in, one.refused,
            f"{one.pairs[0][0].label} as {one.pairs[0][1].label}",
        )
        for one in answer.agreements
    )  # fmt: skip
    return Table("agreement", headers, rows)


def _readiness_counts(answer: ReadinessTable) -> Table:
    rows: tuple[tuple[Value, ...], ...] = tuple((name, *counts.values()) for name, counts in answer.counts())
    return Table("criterion", ("criterion", "met", "not_met", "unknown", "not_asked"), rows)


def _readiness_rows(answer: ReadinessTable) -> Table:
    register = answer.register
    rows = tuple(
        (register.party(row[0], "credential").id, register.names.get(row[0], ""), *row[1:])
        for row in answer.frame.rows()
    )
    return Table("credential", ("id", "credential", *CRITERIA), rows)
