"""Whether a server of somebody else's answers our questions rightly: it is examined with their own examples.

SPARQL engines differ, and some give a wrong answer without a word (Virtuoso 7.2.5 does for some nested OPTIONALs and
GROUP BYs). So the example data of the questions, a small invented world, is put into a graph of its own; each question
is asked there and here; and a question whose answers differ is refused at that server instead of being answered.
The result is kept beside the manifest and holds as long as the questions are the same.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import LimitReached, McgraphError, StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.model import bundled
from mcgraph.model.namespaces import GRAPH
from mcgraph.queries.library import NamedQuestion, library
from mcgraph.queries.remote_engine import RemoteEngine

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.queries.engine import Engine
    from mcgraph.store.remote import RemoteGraph

NOTE = "examinedQuestions"
# Expected answers name the graph of their example.
_GRAPH = GRAPH + "source/example"
_DATA = "world.ttl"
_SECONDS = 8
_DAY = datetime.date(2026, 1, 15)


def check(graph: RemoteGraph, name: str) -> tuple[str, ...]:
    """What must be said beside an answer of the graph's server to the question `name` ("" for a text of the user's).

    Raises `WrongUse` for a question that the server answers wrongly or not at all.
    """
    wrong = results(graph)
    if wrong is None:
        return ("this server was not examined: whether it answers as a store on this machine does is not known",)
    if name in wrong:
        raise WrongUse(
            f"the server at the address does not answer «{name}» rightly: {wrong[name]}",
            fix="Load the sources into a store on this machine and ask there.",
        )
    if not name and wrong:
        count = len(library())
        return (f"evaluated by a server that answers {count - len(wrong)} of our {count} questions as it should",)
    return ()


def results(graph: RemoteGraph) -> dict[str, str] | None:
    """The questions that the server answers wrongly, with what was wrong; None where it was not examined."""
    try:
        said = json.loads(graph.noted(NOTE) or "{}")
        return dict(said["wrong"]) if said.get("library") == _digest() else None
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise StoreUnavailable("what is noted of this server's examination is damaged") from fault


def examine(graph: RemoteGraph) -> dict[str, str]:
    """Ask the server every question on the example data, note those it answers wrongly, and return them.

    Raises `WrongUse` where the store has a source of the example's name, whose graph would be taken.
    """
    import pyoxigraph as ox

    from mcgraph.queries.engine import Engine

    if graph.manifest.of("example") is not None:
        raise WrongUse("the store has a source «example», whose graph the examination needs", fix="Name it otherwise.")
    turtle = bundled.path("queries", "examples") / _DATA
    limits = replace(Limits.from_environment(), query_seconds=_SECONDS)
    with tempfile.TemporaryDirectory(prefix="mcgraph-exam-") as folder:
        index = Path(folder) / "graph"
        store = ox.Store(str(index))
        store.load(path=str(turtle), to_graph=ox.NamedNode(_GRAPH))
        store.flush()
        del store
        graph.try_out(_GRAPH, turtle)
        try:
            with Engine(index, limits) as here:
                there = RemoteEngine(graph, limits, (_GRAPH,))
                wrong = {}
                for name, question in sorted(library().items()):
                    found = _wrong(question, here, there, index)
                    if found:
                        wrong[name] = found
        finally:
            graph.clear(_GRAPH)
    graph.note(NOTE, json.dumps({"library": _digest(), "wrong": wrong}, ensure_ascii=False))
    return wrong


@dataclass(frozen=True, slots=True)
class _Example:
    """The example data as something that can be asked."""

    index_path: Path
    snapshot: str = "example"


def _wrong(question: NamedQuestion, here: Engine, there: RemoteEngine, index: Path) -> str:
    """What is wrong with the server's answers to the examples of a question, or an empty text."""
    from mcgraph.queries.execute import ask

    for example in question.examples:
        if example.get("data") != _DATA:
            continue
        given = {name: str(value) for name, value in (example.get("params") or {}).items()}
        wanted = ask(_Example(index), question, given, date=_DAY, engine=here)
        try:
            found = ask(_Example(index), question, given, date=_DAY, engine=there)
        except LimitReached:
            _wait(there)
            return "it does not end"
        except McgraphError as refused:
            return " ".join(refused.message.split())[:160]
        differs = _difference(wanted, found)
        if differs:
            return differs
    return ""


def _difference(wanted: Answer, found: Answer) -> str:
    if found.columns != wanted.columns:
        return "it gives other columns"
    if Counter(found.rows) != Counter(wanted.rows):
        return "it gives other rows"
    if found.coverage != wanted.coverage:
        return "it counts the known and unknown otherwise"
    return ""


def _wait(there: RemoteEngine) -> None:
    """A query that was given up may still run: go on when the server answers again."""
    for _ in range(6):
        with contextlib.suppress(LimitReached):
            there.run("ASK { }")
            return


def _digest() -> str:
    """A name for all questions as they are now."""
    texts = "\0".join(question.text for _, question in sorted(library().items()))
    return hashlib.sha256(texts.encode()).hexdigest()[:16]
