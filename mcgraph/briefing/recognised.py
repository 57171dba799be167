"""Recognition: for what and with which effect, between which countries, answered or one-sided, in force or lapsed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from mcgraph import __version__
from mcgraph.briefing.figure import ColumnKind, Drawing, Figure
from mcgraph.briefing.gathering import Gathering, number
from mcgraph.briefing.standings import STANDINGS, by_standing, standing_columns
from mcgraph.model.answer import Answer

if TYPE_CHECKING:
    from mcgraph.recognition import MatrixAnswer

STATEMENTS = ("RecognitionStatement",)
_ALGORITHM = "statements counted by the places of subject and effect; chains of full recognition closed semi-naively"


def figures(gathering: Gathering) -> Iterable[Callable[[], Figure]]:
    """Each figure of the section, made when it is called."""
    yield lambda: by_purpose(gathering)
    yield lambda: by_direction(gathering)
    yield lambda: between_countries(gathering)


def by_purpose(gathering: Gathering) -> Figure:
    """Statements by purpose and effect, with how many hold on the day."""
    answer = gathering.ask("recognition-by-purpose", date=gathering.date.isoformat())
    rows = by_standing(
        ((gathering.name(purpose), gathering.name(effect)), standing or "", number(n) or 0)
        for purpose, effect, standing, n in answer.rows
    )
    columns = (*gathering.columns("purpose", "effect"), *standing_columns(gathering))
    values = tuple(name.replace(" ", "_") for name in STANDINGS)
    drawing = Drawing("stack", ("purpose", "effect"), values)
    return gathering.figure(
        "recognition_by_purpose", columns, rows, answer, of="recognition_statements", kinds=STATEMENTS,
        drawing=drawing,
    )  # fmt: skip


def by_direction(gathering: Gathering) -> Figure:
    """Statements in which one body grants recognition to another: answered or one-sided, in force or lapsed."""
    answer = gathering.ask("reciprocal-and-lapsed-recognition", date=gathering.date.isoformat())
    statement, standing, direction = (answer.columns.index(one) for one in ("statement", "standing", "direction"))
    # A statement on credentials of two bodies is one-sided towards one and may be answered by the other.
    found = {(row[statement], row[standing], row[direction]) for row in answer.rows}
    rows = by_standing(((gathering.word(way or ""),), stands or "", 1) for _, stands, way in found)
    columns = (*gathering.columns("direction"), *standing_columns(gathering))
    values = tuple(name.replace(" ", "_") for name in STANDINGS)
    drawing = Drawing("stack", ("direction",), values)
    return gathering.figure(
        "one_sided_and_lapsed", columns, rows, answer, of="recognition_statements", kinds=STATEMENTS, drawing=drawing
    )


def between_countries(gathering: Gathering) -> Figure:
    """The matrix of countries: whose credentials have effect where, by what kind of statement."""
    from mcgraph.recognition import make_matrix, read_register
    from mcgraph.recognition.matrix import COUNTS

    register = read_register(gathering.graph, as_of=gathering.date, lang=gathering.say.tag)
    limits = gathering.limits
    found = make_matrix(
        register, "country", most_cells=limits.recognition_cells, longest=limits.recognition_links,
        most_followed=limits.recognition_followed,
    )  # fmt: skip
    rows = sorted(
        (gathering.name(cell.a.iri), gathering.name(cell.b.iri), *(getattr(cell, name) for name in COUNTS))
        for cell in found.cells
    )
    counted: dict[str, ColumnKind] = dict.fromkeys(COUNTS, "count")
    columns = gathering.columns("whose", "where", **counted)
    drawing = Drawing("grid", ("whose", "where"), ("asserted",), most=900)
    day = gathering.date.isoformat()
    return gathering.figure(
        "country_matrix", columns, rows, _as_answer(found, {"as_of": day, "level": "country"}),
        of="recognition_statements", kinds=(*STATEMENTS, "Organisation", "Credential"), drawing=drawing,
        command=f"mcgraph recognition --matrix country --as-of {day}",
    )  # fmt: skip


def _as_answer(found: MatrixAnswer, parameters: Mapping[str, str]) -> Answer:
    """What is said beside a matrix, in the form of every answer."""
    return Answer(
        columns=(), rows=(), coverage=found.coverage, snapshot=found.register.snapshot, name="recognition-matrix",
        query=_ALGORITHM, parameters=parameters, versions={"mcgraph": __version__},
        truncated=bool(found.truncated), limit=found.truncated,
    )  # fmt: skip
