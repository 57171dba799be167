"""A SPARQL store of somebody else's, in this process: the engine of ours behind the protocol, with habits to choose."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pyoxigraph as ox

from mcgraph.store.endpoint import Result, read_results

Habit = Callable[[str, Result], Result]


@dataclass
class OtherServer:
    """An endpoint as `RemoteGraph` takes it; `habit` may change each answer, `asked` keeps the texts."""

    store: ox.Store = field(default_factory=ox.Store)
    habit: Habit = lambda _, found: found
    asked: list[str] = field(default_factory=list)

    def query(self, text: str, *, graphs: Sequence[str] = (), seconds: float = 30) -> Result:
        """The result over the named graphs, or over all."""
        self.asked.append(text)
        found = self._found(text, graphs)
        written = found.serialize(format=ox.QueryResultsFormat.JSON)  # type: ignore[union-attr]
        return self.habit(text, read_results(written or b"", "here"))

    def triples(self, text: str, *, graphs: Sequence[str] = (), seconds: float = 30) -> bytes:
        """The triples of CONSTRUCT as N-Triples."""
        written = self._found(text, graphs).serialize(format=ox.RdfFormat.N_TRIPLES)  # type: ignore[union-attr]
        return written or b""

    def update(self, text: str) -> None:
        """Carry out an update."""
        self.store.update(text)

    def close(self) -> None:
        """Nothing to give back."""

    def _found(self, text: str, graphs: Sequence[str]) -> object:
        named = [ox.NamedNode(graph) for graph in graphs]
        if not named:
            return self.store.query(text, use_default_graph_as_union=True)
        return self.store.query(text, default_graph=named, named_graphs=named)


def cut_at(most: int) -> Habit:
    """A server that gives so many rows and says nothing."""
    return lambda _, found: Result(found.columns, found.rows[:most], found.boolean)


def written_as(term: dict[str, str]) -> bytes:
    """A result with one row of one term."""
    return json.dumps({"head": {"vars": ["x"]}, "results": {"bindings": [{"x": term}]}}).encode()
