"""Whether a server of somebody else's answers our questions rightly: it is examined with their own examples.

SPARQL engines differ, and some give a wrong answer without a word (Virtuoso 7.2.5 does for some nested OPTIONALs and
GROUP BYs). So the example data of the questions, small invented worlds, are put into a graph of its own one after
another, and each question is asked there and here. What is found matters where the server's own engine has to answer:
for texts of the user's, and for a question that needs more statements than are fetched (`remote_here`). A question that
is answered wrongly on both ways is refused.
The result is kept beside the manifest and holds as long as the questions are the same.

Nobody is examined without being asked to: in two of two watched runs Virtuoso 7.2.5 answered nobody any more about a
minute later. The cause was not found; it may be the question that does not end there.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import LimitReached, McgraphError, StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.model import bundled
from mcgraph.model.namespaces import GRAPH
from mcgraph.queries.library import NamedQuestion, library
from mcgraph.queries.remote_engine import RemoteEngine
from mcgraph.queries.remote_here import EngineHere

if TYPE_CHECKING:
    from mcgraph.model.answer import Answer
    from mcgraph.queries.engine import Engine
    from mcgraph.store.remote import RemoteGraph

NOTE = "examinedQuestions"
# Expected answers name the graph of their example.
_GRAPH = GRAPH + "source/example"
_SECONDS = 8
_DAY = datetime.date(2026, 1, 15)


@dataclass(frozen=True, slots=True)
class Examined:
    """The questions that a server answers `wrong`ly, and those of them that must be `refused`, each with the reason."""

    wrong: Mapping[str, str]
    refused: Mapping[str, str]


def refusal(graph: RemoteGraph, question: NamedQuestion) -> str:
    """Why the server's own answer to a question of the library is not to be given, or an empty text.

    Raises `WrongUse` for a question that is answered wrongly from its statements, too.
    """
    found = results(graph)
    if found is None:
        return "whether the server answers this question rightly was not examined"
    if question.name in found.refused:
        raise WrongUse(
            f"«{question.name}» cannot be answered rightly at this address: {found.refused[question.name]}",
            fix="Load the sources into a store on this machine and ask there.",
        )
    why = found.wrong.get(question.name)
    return f"the server's own answer would be wrong ({why})" if why is not None else ""


def told_of_texts(graph: RemoteGraph) -> tuple[str, ...]:
    """What must be said beside the server's answer to a text of the user's."""
    found = results(graph)
    if found is None:
        return ("evaluated by the engine of the server, which may answer otherwise than a store on this machine",)
    if not found.wrong:
        return ()
    count = len(library())
    return (f"evaluated by a server that answers {count - len(found.wrong)} of our {count} questions as it should",)


def results(graph: RemoteGraph) -> Examined | None:
    """What an examination of the server found; None where it was not examined with the questions as they are."""
    try:
        said = json.loads(graph.noted(NOTE) or "{}")
        if said.get("library") != _digest() or "refused" not in said:
            return None
        return Examined(dict(said["wrong"]), dict(said["refused"]))
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise StoreUnavailable("what is noted of this server's examination is damaged") from fault


def examine(graph: RemoteGraph) -> Examined:
    """Ask the server every question on the data of its examples, note what it answers wrongly, and return it.

    Do that with a server that may be restarted afterwards: see the head of this module.
    Raises `WrongUse` where the store has a source of the example's name, whose graph would be taken.
    """
    if graph.manifest.of("example") is not None:
        raise WrongUse("the store has a source «example», whose graph the examination needs", fix="Name it otherwise.")
    wrong: dict[str, str] = {}
    refused: dict[str, str] = {}
    folder = bundled.path("queries", "examples")
    try:
        for turtle in sorted(folder.glob("*.ttl")):
            graph.try_out(_GRAPH, turtle)
            _examine_on(graph, turtle, wrong, refused)
    finally:
        graph.clear(_GRAPH)
    found = Examined(dict(sorted(wrong.items())), dict(sorted(refused.items())))
    said = {"library": _digest(), "wrong": found.wrong, "refused": found.refused}
    graph.note(NOTE, json.dumps(said, ensure_ascii=False))
    return found


def _examine_on(graph: RemoteGraph, turtle: Path, wrong: dict[str, str], refused: dict[str, str]) -> None:
    """Add what is wrong with the answers on one file of example data, which the server has."""
    import pyoxigraph as ox

    from mcgraph.queries.engine import Engine

    limits = replace(Limits.from_environment(), query_seconds=_SECONDS)
    with tempfile.TemporaryDirectory(prefix="mcgraph-exam-") as folder:
        index = Path(folder) / "graph"
        store = ox.Store(str(index))
        store.load(path=str(turtle), to_graph=ox.NamedNode(_GRAPH))
        store.flush()
        del store
        with Engine(index, limits) as here:
            there = RemoteEngine(graph, limits, (_GRAPH,))
            for name, question in library().items():
                for example in question.examples:
                    if example.get("data") != turtle.name or name in refused:
                        continue
                    trial = _Trial(index, here, there, question, example)
                    found = "" if name in wrong else trial.fault()
                    if found:
                        wrong[name] = found
                    if name in wrong:
                        with EngineHere(graph, limits, (_GRAPH,)) as fetched:
                            still = trial.fault(fetched)
                        if still:
                            refused[name] = still


@dataclass(frozen=True, slots=True)
class _Example:
    """The example data as something that can be asked."""

    index_path: Path
    snapshot: str = "example"


@dataclass(frozen=True, slots=True)
class _Trial:
    """One example of a question, to be asked here and there."""

    index: Path
    here: Engine
    there: RemoteEngine
    question: NamedQuestion
    example: Mapping[str, Any]

    def fault(self, rows_from: EngineHere | None = None) -> str:
        """What is wrong with the server's answer (with `rows_from`: the answer from its statements), or nothing."""
        from mcgraph.queries.execute import ask

        given = {name: str(value) for name, value in (self.example.get("params") or {}).items()}
        source = _Example(self.index)
        wanted = ask(source, self.question, given, date=_DAY, engine=self.here)
        try:
            found = ask(source, self.question, given, date=_DAY, engine=self.there, rows_from=rows_from)
        except LimitReached:
            _wait(self.there)
            return "it does not end"
        except McgraphError as refused:
            return " ".join(refused.message.split())[:160]
        return _difference(wanted, found)


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
