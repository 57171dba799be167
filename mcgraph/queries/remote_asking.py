"""Which way a question to a store at an address takes, and that its whole answer is of one snapshot.

A named question that the server was found to answer as it should goes to the server; another one is answered here from
the statements it needs (`remote_here`), and this is said. A text of the user's goes to the server as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mcgraph.errors import McgraphError, StoreUnavailable
from mcgraph.limits import Limits
from mcgraph.queries.remote_engine import RemoteEngine
from mcgraph.queries.remote_exam import way_of
from mcgraph.queries.remote_here import EngineHere

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.queries.engine import Asks
    from mcgraph.queries.library import NamedQuestion
    from mcgraph.store.remote import RemoteGraph

# How often a question is asked while others change the store.
_TRIES = 3

# Given what looks things up and, where it is another, what gives the rows.
Answered = Callable[["Asks", "Asks | None"], "Answer"]


def ask_at(graph: RemoteGraph, question: NamedQuestion | None, limits: Limits, answered: Answered) -> Answer:
    """The answer of a remote graph to a question of the library, or to a text (None).

    Raises `StoreUnavailable` where the store was changed each time before the answer was complete, what `way_of`
    raises, and what asking raises.
    """
    for _ in range(_TRIES):
        try:
            answer = _once(graph, question, limits, answered)
        except McgraphError:
            if graph.is_current():
                raise
        else:
            if graph.is_current():
                return answer
        graph.read_again()
    raise StoreUnavailable(
        "the store was changed each time it was asked", where=graph.address, fix="Ask again in a moment."
    )


def _once(graph: RemoteGraph, question: NamedQuestion | None, limits: Limits, answered: Answered) -> Answer:
    way = way_of(graph, question)
    engine = RemoteEngine(graph, limits)
    if not way.is_here:
        answer = answered(engine, None)
        return replace(answer, warnings=(*answer.warnings, *way.told)) if way.told else answer
    with EngineHere(graph, limits) as here:
        answer = answered(engine, here)
        said = f"answered here from {here.count:,} statements fetched from the server: {way.told[0]}"
        return replace(answer, plan=(*answer.plan, said))
