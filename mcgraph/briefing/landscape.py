"""The landscape on one snapshot: all sections in order, the numbers at the head, and what is not known."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from mcgraph import __version__
from mcgraph.briefing import assurance, completeness, definition, offer, recognised, stacking, surveyed
from mcgraph.briefing.engines import SIDE_BY_SIDE, Engines
from mcgraph.briefing.figure import Briefing, Figure, KeyNumber, Section
from mcgraph.briefing.gathering import Gathering
from mcgraph.briefing.unknown import unknowns
from mcgraph.errors import LimitReached, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.language import language
from mcgraph.queries import Engine
from mcgraph.queries.columnar import using

if TYPE_CHECKING:
    from mcgraph.store.graph import Graph

Makers = Iterable[Callable[[], Figure]]
Told = Callable[[int, int, str], None]
"""Called when a figure is done: how many are, of how many, and the section it belongs to.

Before the first one, with 0 of 0, it is called with what is prepared.
"""
# In the order of the page.
SECTIONS: Mapping[str, Callable[[Gathering], Makers]] = {
    "offer": offer.figures,
    "completeness": completeness.figures,
    "assurance": assurance.figures,
    "recognition": recognised.figures,
    "stackability": stacking.figures,
    "definition": definition.figures,
    "survey": surveyed.figures,
}


def gather(
    graph: Graph, *, date: datetime.date, lang: str = "en", limits: Limits | None = None, told: Told | None = None
) -> Briefing:
    """Every figure of the landscape. The same snapshot, date, language and version give the same briefing.

    In a large store the questions are answered from the columns of the snapshot, made first where they are missing.
    `told` hears of every figure that is done.

    Raises `WrongUse` where the store holds no credential, and for an unknown language.
    """
    say = language(lang)
    known = graph.manifest.submissions
    if not any(kind.rpartition(":")[2] == "Credential" and n for one in known for kind, n in one.kinds.items()):
        raise WrongUse(
            "the store holds no credential, so there is no landscape to report",
            where=str(graph.path),
            fix="Load a register first: mcgraph load FILE.",
        )
    bounds = limits or Limits.from_environment()
    bounds = replace(
        bounds,
        query_seconds=max(bounds.query_seconds, bounds.briefing_seconds),
        rows_returned=max(bounds.rows_returned, bounds.briefing_read),
    )
    with ExitStack() as opened:
        if told is not None and graph.triples >= bounds.columns_from_triples:
            told(0, 0, say.said("landscape.columns"))
        prepared = using.prepare(graph, bounds)
        engines = opened.enter_context(Engines(lambda: Engine(graph.index_path, bounds)))
        columns = opened.enter_context(Engines(lambda: using.start(prepared, bounds), 1)) if prepared else None
        gathering = Gathering(graph, engines, columns, date, say, bounds)
        sections = _sections(gathering, told)
    figures = [one for section in sections for one in section.figures]
    summed = unknowns(gathering, figures)
    closing = _section(gathering, "unknown", [summed], [say.said(f"landscape.caveat.{n}") for n in range(1, 5)])
    return Briefing(
        date=date.isoformat(),
        lang=say.tag,
        snapshot=graph.snapshot,
        version=__version__,
        sources=tuple(one.source for one in known),
        synthetic=tuple(one.source for one in known if one.synthetic),
        keys=tuple(_keys(gathering, {one.key: one for one in figures})),
        sections=(*sections, closing),
        parameters={"date": date.isoformat(), "lang": say.tag},
    )


def _sections(gathering: Gathering, told: Told | None) -> list[Section]:
    makers = [(key, make) for key, of in SECTIONS.items() for make in of(gathering)]
    done = count(1)

    def make(one: tuple[str, Callable[[], Figure]]) -> Figure | str:
        figure = _made(gathering, one[1])
        if told is not None:
            told(next(done), len(makers), gathering.say.said(f"landscape.section.{one[0]}.title"))
        return figure

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        made = list(pool.map(make, makers))
    found: dict[str, tuple[list[Figure], list[str]]] = {key: ([], []) for key in SECTIONS}
    for (key, _), one in zip(makers, made, strict=True):
        if isinstance(one, Figure):
            found[key][0].append(one)
        else:
            found[key][1].append(one)
    found["survey"][1].extend(surveyed.said(gathering))
    return [_section(gathering, key, figures, said) for key, (figures, said) in found.items()]


def _made(gathering: Gathering, make: Callable[[], Figure]) -> Figure | str:
    """The figure, or the sentence that it was not finished: a briefing without one part is still one."""
    try:
        return make()
    except LimitReached as reached:
        return gathering.say.said("landscape.unfinished", reason=reached.message)


def _section(gathering: Gathering, key: str, figures: Sequence[Figure], said: Sequence[str]) -> Section:
    title = gathering.say.said(f"landscape.section.{key}.title")
    lead = gathering.say.said(f"landscape.section.{key}.lead")
    return Section(key, title, lead, tuple(figures), tuple(dict.fromkeys(said)))


def _keys(gathering: Gathering, figures: Mapping[str, Figure]) -> Iterable[KeyNumber]:
    """The numbers at the head; each is read from a figure below, and left out where that was not finished."""

    def key(name: str, figure: str, value: int, of: int | None = None, unknown: int = 0) -> KeyNumber:
        return KeyNumber(value, of, gathering.say.said(f"landscape.key.{name}"), figure, unknown)

    nothing = gathering.name(None)
    if offered := figures.get("by_country"):
        yield key("credentials", offered.key, offered.base or 0)
        countries = sum(1 for one in offered.values("country") if one != nothing)
        yield key("countries", offered.key, countries, unknown=offered.unknown or 0)
    if described := figures.get("annex_elements"):
        yield key("complete", described.key, _int(described.rows[-1][1]) if described.rows else 0, described.base)
    for name, figure in (("assured", "quality_assurance"), ("recognised", "recognition_by_purpose")):
        told = figures.get(figure)
        # A statement of two kinds stands in two rows: then the rows do not add up to statements, and no sum is told.
        if told and sum(map(_int, (cell for row in told.rows for cell in row[2:]))) == told.base:
            yield key(name, figure, sum(map(_int, told.values("in_force"))), told.base)
    if defined := figures.get("label_and_definition"):
        wanted = gathering.word("called no"), gathering.word("verdict yes")
        n = sum(_int(row[2]) for row in defined.rows if row[:2] == wanted)
        open_ = gathering.word("called no"), gathering.word("verdict undecided")
        undecided = sum(_int(row[2]) for row in defined.rows if row[:2] == open_)
        yield key("de_facto", defined.key, n, defined.base, undecided)


def _int(value: object) -> int:
    return value if isinstance(value, int) else 0
