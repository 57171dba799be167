"""Stackability: what credentials say of themselves beside what rules in force list."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from mcgraph.briefing.engines import once
from mcgraph.briefing.figure import Column, Drawing, Figure, Value
from mcgraph.briefing.gathering import Gathering, number

if TYPE_CHECKING:
    from mcgraph.pathways.stackability import Stackability

_KINDS = ("Credential", "StackingRule")
_ALGORITHM = "claims of credentials joined with the members of rules in force on the day, as columns"


def figures(gathering: Gathering) -> Iterable[Callable[[], Figure]]:
    """Each figure of the section, made when it is called; the comparison is made once."""

    @once
    def found() -> Stackability:
        from mcgraph.pathways.columns import pairs_of
        from mcgraph.pathways.stackability import declared_against_supported

        return declared_against_supported(pairs_of(gathering.graph), date=gathering.date)

    yield lambda: by_status(gathering, found())
    yield lambda: by_country(gathering, found())
    yield lambda: said_and_shown(gathering)


def by_status(gathering: Gathering, found: Stackability) -> Figure:
    """Pairs of credential and whole by whether claim and rule meet."""
    from mcgraph.pathways.tables import of_stackability

    answer = replace(of_stackability(gathering.graph, found, "status", 100), query=_ALGORITHM)
    rows = [(gathering.word(status or ""), number(pairs)) for status, pairs, _ in answer.rows]
    columns = gathering.columns("status", pairs="count")
    return gathering.figure(
        "stackability", columns, rows, answer, of="credentials_described", kinds=_KINDS,
        command=_command(gathering, "status"), drawing=Drawing("bars", ("status",), ("pairs",)),
    )  # fmt: skip


def by_country(gathering: Gathering, found: Stackability) -> Figure:
    """The same by country, one column per status."""
    from mcgraph.pathways.stackability import STATUSES
    from mcgraph.pathways.tables import of_stackability

    answer = replace(of_stackability(gathering.graph, found, "country", 100_000), query=_ALGORITHM)
    counts: dict[str, dict[str, int]] = {}
    for country, status, pairs, _ in answer.rows:
        own = counts.setdefault(_country(gathering, country or ""), dict.fromkeys(STATUSES, 0))
        own[status or ""] += int(pairs or 0)
    shown = [status for status in STATUSES if any(own[status] for own in counts.values())]
    rows: list[tuple[Value, ...]] = [(name, *(own[one] for one in shown)) for name, own in sorted(counts.items())]
    columns = (
        *gathering.columns("country"),
        *(Column(status.replace("-", "_"), gathering.word(status), "count") for status in shown),
    )
    drawing = Drawing("stack", ("country",), tuple(status.replace("-", "_") for status in shown))
    return gathering.figure(
        "stackability_by_country", columns, rows, answer, of="credentials_described", kinds=_KINDS,
        command=_command(gathering, "country"), drawing=drawing,
    )  # fmt: skip


def said_and_shown(gathering: Gathering) -> Figure:
    """What is said of stacking, and how many of each are in a rule or name a whole."""
    answer = gathering.ask("stackability-said-and-shown")
    rows = [(gathering.name(said), *(number(cell) for cell in counts)) for said, *counts in answer.rows]
    columns = gathering.columns("said", credentials="count", in_a_rule="count", with_target="count", neither="count")
    return gathering.figure("said_and_shown", columns, rows, answer, kinds=_KINDS)


def _country(gathering: Gathering, code: str) -> str:
    from mcgraph.model.vocabularies import vocabulary

    iri = vocabulary("country").find(code) if code else None
    return gathering.name(iri) if iri or code in ("", "not stated") else code


def _command(gathering: Gathering, by: str) -> str:
    return f"mcgraph stackability --by {by} --date {gathering.date.isoformat()}"
