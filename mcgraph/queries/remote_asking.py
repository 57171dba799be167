"""Which way a question to a store at an address takes, and that its whole answer is of one snapshot.

A question of the library is answered here from the statements it needs (`remote_here`). Where they are too many, the
server answers it if its examination found no fault, with a word on that; else it is refused. A text of the user's, and
a question of the library in other words, goes to the server as it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from mcgraph.errors import LimitReached, McgraphError, StoreUnavailable
from mcgraph.limits import Limits
from mcgraph.queries.library import library
from mcgraph.queries.remote_engine import RemoteEngine
from mcgraph.queries.remote_exam import refusal, told_of_texts
from mcgraph.queries.remote_here import EngineHere

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.queries.engine import Asks
    from mcgraph.queries.library import NamedQuestion
    from mcgraph.store.remote import RemoteGraph

# How often a question is asked while others change the store.
_TRIES = 3
# The limits within which statements are fetched.
_FETCHING = ("remote_statements", "remote_seconds")

# Given what looks things up and, where it is another, what gives the rows.
Answered = Callable[["Asks", "Asks | None"], "Answer"]


def ask_at(graph: RemoteGraph, question: NamedQuestion | None, limits: Limits, answered: Answered) -> Answer:
    """The answer of a remote graph to a question of the library, or to a text (None).

    Raises `StoreUnavailable` where the store was changed each time before the answer was complete, `WrongUse` for
    one that cannot be answered rightly, and what asking raises.
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
    engine = RemoteEngine(graph, limits)
    if question is None or library().get(question.name) != question:
        return _with_warnings(answered(engine, None), told_of_texts(graph))
    why_not = refusal(graph, question)
    try:
        with EngineHere(graph, limits) as here:
            answer = answered(engine, here)
            said = f"answered here from {here.count:,} statements fetched from the server"
            return replace(answer, plan=(*answer.plan, said))
    except LimitReached as hit:
        if hit.limit not in _FETCHING:
            raise
        if why_not:
            raise LimitReached(f"{hit.message}; {why_not}", where=hit.where, fix=hit.fix, limit=hit.limit) from hit
        told = f"this is the server's own answer, which was right on the examples and is not checked ({hit.message})"
    return _with_warnings(answered(engine, None), (told,))


def _with_warnings(answer: Answer, told: tuple[str, ...]) -> Answer:
    return replace(answer, warnings=(*answer.warnings, *told)) if told else answer
