"""What is said to a query worker and what its replies mean; the same for a caller that blocks and one that waits.

A worker is a process (`worker.py`) that takes JSON lines on stdin and gives JSON lines on stdout. `Engine` keeps one
for the command line, `Pool` keeps several for the endpoint; both speak through here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcgraph.errors import LimitReached, McgraphError, StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import Kind
from mcgraph.model.namespaces import PREFIXES
from mcgraph.queries.guard import from_graphs
from mcgraph.queries.syntax import syntax_refusal

_WORKER = Path(__file__).with_name("worker.py")
# A process group of its own keeps a Ctrl-C at the terminal from the worker: its owner ends it.
PROCESS_GROUP = 0


class Busy(LimitReached):
    """No place became free in time; the same question may well be answered a moment later."""

    code = "busy"


@dataclass(frozen=True, slots=True)
class Rows:
    """What the engine gave back for one query text; `written` is set instead of `rows` where a format was asked.

    `count` is then the number of rows or triples in it. `kept` says that it was given before, on the same snapshot.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    types: tuple[tuple[str, ...], ...]
    kind: Kind = "table"
    limit: str = ""
    written: str = ""
    count: int = 0
    kept: bool = False


def command() -> list[str]:
    """The command that starts a worker."""
    return [sys.executable, "-P", str(_WORKER)]


def opening(index: Path, limits: Limits) -> str:
    """The first line a worker is sent: where the index is, and its bounds."""
    # Processor time ends a worker whose parent was killed before it could end it.
    seconds = limits.query_seconds * 4
    message = {"index": str(index), "megabytes": limits.query_megabytes, "seconds": seconds, "prefixes": PREFIXES}
    return json.dumps(message) + "\n"


def request(
    text: str,
    rows: int,
    *,
    form: str = "",
    default: Sequence[str] | None = None,
    named: Sequence[str] | None = None,
) -> str:
    """The line that asks for at most `rows` rows of a query, as terms or as the text of a format.

    `default` and `named` are the graphs of the dataset, where the caller and not the text names them.
    """
    graphs = from_graphs(text, PREFIXES) if "from" in text.casefold() else []
    message: dict[str, Any] = {"query": text, "rows": rows, "from": graphs}
    if form:
        message["format"] = form
    if default is not None or named is not None:
        message |= {"default": list(default or ()), "named": list(named or ())}
    return json.dumps(message) + "\n"


@dataclass(slots=True)
class Collector:
    """Takes the replies to one query in turn until `take` says that they are complete.

    `most` is the number of characters of an answer that is held.
    """

    text: str
    limits: Limits
    index: Path
    most: int
    columns: tuple[str, ...] = ()
    kind: Kind = "table"
    limit: str = ""
    cells: list[tuple[str | None, ...]] = field(default_factory=list)
    types: list[tuple[str, ...]] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    held: int = 0
    count: int = 0

    def take(self, line: str | bytes) -> bool:
        """Take one line of the worker; True when it was the last.

        Raises what `refusal` makes of an error. `limit` is set to `answer size` where the answer grows too large:
        the worker has then more to say and must be ended.
        """
        head, *rest = json.loads(line)
        if head == "columns":
            self.kind, self.columns = rest[0], tuple(rest[1])
        elif head == "rows":
            for row in rest[0]:
                self.cells.append(tuple(None if cell is None else cell[1] for cell in row))
                self.types.append(tuple("" if cell is None else cell[0] for cell in row))
            self.held += len(line)
        elif head == "text":
            self.pieces.append(rest[0])
            self.held += len(rest[0])
        elif head == "end":
            self.limit = "rows_returned" if rest[0] else ""
            self.count = rest[1] if len(rest) > 1 else len(self.cells)
            return True
        else:
            raise refusal(rest[0], rest[1], self.text, self.limits, self.index)
        if self.held > self.most:
            self.limit = "answer size"
            return True
        return False

    def rows(self, limit: str = "") -> Rows:
        """All that was taken, marked with the bound that was hit."""
        return Rows(
            self.columns,
            tuple(self.cells),
            tuple(self.types),
            self.kind,
            limit or self.limit,
            "".join(self.pieces),
            self.count,
        )


def refusal(kind: str, said: str, text: str, limits: Limits, index: Path) -> McgraphError:
    """An error of the worker as one of ours."""
    if kind == "syntax":
        return syntax_refusal(text, said)
    if kind == "graph":
        return WrongUse(
            f"the store holds no graph <{said}>",
            fix="FROM may name graphs of this store only; leave it out to ask all of them together.",
        )
    if kind == "memory":
        return out_of_memory(limits)
    if kind == "index":
        return StoreUnavailable(f"the index at {index} cannot be opened: {said}", fix="Run `mcgraph doctor`.")
    if kind == "columns":
        return LimitReached(said, limit="columns")
    return LimitReached(f"the engine gave up on this query: {said}", fix="Simplify the query.")


def out_of_memory(limits: Limits) -> LimitReached:
    """The refusal for a worker that ended by itself: it had no memory left, or the engine broke."""
    return LimitReached(
        f"the query needed more than {limits.query_megabytes:,} MB, or the engine broke on it",
        fix="Ask for less at once, or raise MCGRAPH_LIMIT_QUERY_MEGABYTES.",
        limit="query_megabytes",
    )


def out_of_time(limits: Limits) -> LimitReached:
    """The refusal for a query that was stopped."""
    return LimitReached(
        f"the query was stopped after {limits.query_seconds} s",
        fix="Ask for less, or raise MCGRAPH_LIMIT_QUERY_SECONDS.",
        limit="query_seconds",
    )
