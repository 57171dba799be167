"""Questions to a store at an address, answered by the engine on this machine from the statements they need.

A server that answers a question rightly on one day may not on the next, with other data or another plan (Virtuoso
7.2.5 does so), and its examination (`remote_exam`) can find faults, not their absence. So the statements that a text
can look at (`needed_statements`) are fetched (`remote_statements`) into a small index that lasts as long as the
question. The answer is that of a store on this machine: made by the same engine from the same statements.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries.engine import Engine, Rows
from mcgraph.queries.needed_statements import Pattern, fewest, needed
from mcgraph.queries.remote_engine import plain_text
from mcgraph.queries.remote_statements import Fetching, Statement

if TYPE_CHECKING:
    import pyoxigraph as ox

    from mcgraph.store.remote import RemoteGraph


class EngineHere:
    """Answers texts from the statements of a remote graph that they need; use it in a `with` block."""

    def __init__(self, graph: RemoteGraph, limits: Limits, graphs: tuple[str, ...] | None = None) -> None:
        """`graphs` are asked in the place of those of the snapshot. Nothing is fetched before the first text."""
        self._limits = limits
        self._fetching = Fetching(graph.endpoint, graph.graphs if graphs is None else graphs, limits, graph.address)
        self._patterns: tuple[Pattern, ...] = ()
        self._folder = tempfile.TemporaryDirectory(prefix="mcgraph-remote-")
        self._engine: Engine | None = None

    @property
    def count(self) -> int:
        """How many statements were fetched."""
        return self._fetching.count

    def __enter__(self) -> EngineHere:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Throw away what was fetched."""
        if self._engine is not None:
            self._engine.close()
        self._folder.cleanup()

    def run(self, text: str, *, rows: int | None = None) -> Rows:
        """The rows of one query, at most `rows` of them.

        Raises `WrongUse` for a text of which it cannot be told what it needs, what `Fetching.all_of` raises, and what
        `Engine.run` raises.
        """
        wanted = needed(plain_text(text), PREFIXES)
        if wanted is None:
            raise WrongUse(
                "of this question it cannot be told which statements it needs",
                fix="Load the sources into a store on this machine and ask there.",
            )
        missing = [one for one in wanted if not any(known.covers(one) for known in self._patterns)]
        if missing or self._engine is None:
            self._take(missing)
        assert self._engine is not None
        return self._engine.run(text, rows=rows)

    def _take(self, patterns: list[Pattern]) -> None:
        import pyoxigraph as ox

        if self._engine is not None:
            self._engine.close()
        index = Path(self._folder.name) / "graph"
        store = ox.Store(str(index))
        for statements in self._fetching.all_of(patterns):
            store.bulk_extend(_quads(statements))
        store.flush()
        del store
        self._patterns = fewest({*self._patterns, *patterns})
        self._engine = Engine(index, self._limits)


def _quads(statements: Iterable[Statement]) -> Iterator[ox.Quad]:
    """Raises `StoreUnavailable` for what is no RDF term."""
    import pyoxigraph as ox

    for graph, subject, predicate, (value, kind) in statements:
        try:
            thing: ox.NamedNode | ox.Literal
            if kind == "iri":
                thing = ox.NamedNode(value)
            elif kind.startswith("@"):
                thing = ox.Literal(value, language=kind[1:])
            else:
                thing = ox.Literal(value, datatype=ox.NamedNode(kind))
            yield ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), thing, ox.NamedNode(graph))
        except ValueError as fault:
            raise StoreUnavailable(f"the server gives a statement that is none: {fault}") from fault
