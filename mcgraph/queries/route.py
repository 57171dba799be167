"""The way a bound text takes to its rows: from the columns, or from the engine in the words it is fast at."""

from __future__ import annotations

from mcgraph.errors import LimitReached
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries.conversation import Busy, Rows
from mcgraph.queries.engine import Asks
from mcgraph.queries.rewriting import rewrite

FROM_COLUMNS = "answered from the columns of the snapshot"
COUNTED = "its coverage counted from the columns of the snapshot"


class Route:
    """Runs texts and keeps what has to be told: the `plan` of each, and the `slow` patterns that stayed."""

    def __init__(self, engine: Asks, columns: Asks | None, before: Route | None = None) -> None:
        """Ask `columns` first, where there are any, and `engine` for what they cannot do.

        What the way of an answer's other text (`before`) has to tell is told on.
        """
        self.engine = engine
        self.columns = columns
        self.told = COUNTED if before else FROM_COLUMNS
        self.plan: list[str] = list(before.plan) if before else []
        self.slow: tuple[str, ...] = ()

    def run(self, text: str) -> Rows:
        """The rows of a text with its parameters bound.

        Raises what `Engine.run` raises; where time ran out, the slow pattern is named.
        """
        if self.columns is not None:
            found = self._from_columns(self.columns, text)
            if found is not None:
                return found
        asked = rewrite(text, PREFIXES)
        self.plan += [change for change in asked.changes if change not in self.plan]
        self.slow = asked.slow
        try:
            return self.engine.run(asked.text)
        except LimitReached as hit:
            if asked.slow:
                raise LimitReached(hit.message, fix=f"{asked.slow[0]}. {hit.fix}", limit=hit.limit) from None
            raise

    def _from_columns(self, columns: Asks, text: str) -> Rows | None:
        """The rows from the columns, None where they cannot give exactly the engine's answer, or ended."""
        try:
            found = columns.run(text)
        except Busy:
            raise
        except LimitReached as hit:
            if hit.limit == "query_seconds":
                raise
            return None
        if self.told not in self.plan:
            self.plan.append(self.told)
        return found
