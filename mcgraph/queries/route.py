"""The way a bound text takes to its rows: from the columns, or from the engine in the words it is fast at."""

from __future__ import annotations

from mcgraph.errors import LimitReached
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries.conversation import Rows
from mcgraph.queries.engine import Asks
from mcgraph.queries.rewriting import rewrite

FROM_COLUMNS = "answered from the columns of the snapshot"


class Route:
    """Runs texts and keeps what has to be told: the `plan` of each, and the `slow` patterns that stayed."""

    def __init__(self, engine: Asks, columns: Asks | None) -> None:
        """Ask `columns` first, where there are any, and `engine` for what they cannot do."""
        self.engine = engine
        self.columns = columns
        self.plan: list[str] = []
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
        except LimitReached as hit:
            if hit.limit == "query_seconds":
                raise
            return None
        if FROM_COLUMNS not in self.plan:
            self.plan.append(FROM_COLUMNS)
        return found
