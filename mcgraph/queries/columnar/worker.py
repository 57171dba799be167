"""The process that answers from columns and may be killed at any instant.

It speaks as `mcgraph.queries.worker` does, on the folder of the columns: JSON lines on stdin, JSON lines on stdout.
Run with `python -m`, since it needs the house around it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, TextIO

from mcgraph.errors import StoreUnavailable
from mcgraph.queries.columnar import NotColumnar
from mcgraph.queries.worker import LINE_ROWS, bound_resources, leave_network


def serve(out: TextIO) -> None:
    """Read the first line (where the columns are, the bounds), then answer requests until stdin ends."""
    first = json.loads(sys.stdin.readline())
    bound_resources(first["megabytes"])

    def reply(*parts: Any) -> None:
        out.write(json.dumps(parts) + "\n")
        out.flush()

    from mcgraph.queries.columnar.solve import Solver
    from mcgraph.store.columns import discard, open_columns

    columns = open_columns(Path(first["index"]))
    if columns is None:
        reply("error", "index", "the columns are missing or of another version")
        return
    solver = Solver(columns)
    reply("ready")
    for line in sys.stdin:
        request = json.loads(line)
        try:
            _answer(solver, request, first["prefixes"], reply)
        except StoreUnavailable as fault:
            discard(Path(first["index"]))
            reply("error", "columns", str(fault))
        except (NotColumnar, MemoryError) as fault:
            reply("error", "columns", str(fault) or type(fault).__name__)
        except Exception as fault:
            reply("error", "columns", f"{type(fault).__name__}: {fault}")


def _answer(solver: Any, request: dict[str, Any], prefixes: dict[str, str], reply: Any) -> None:
    from mcgraph.queries.grammar import read

    _check_syntax(request["query"], prefixes)
    query = read(request["query"], prefixes)
    if query is None or request["from"]:
        raise NotColumnar("a text with parts that are not looked into")
    found = solver.answer(query, request["rows"])
    reply("columns", "table", found.columns)
    for start in range(0, len(found.rows), LINE_ROWS):
        rows = zip(found.rows[start : start + LINE_ROWS], found.types[start : start + LINE_ROWS], strict=True)
        reply(
            "rows",
            [[None if v is None else [t, v] for v, t in zip(texts, types, strict=True)] for texts, types in rows],
        )
    reply("end", found.more)


def _check_syntax(text: str, prefixes: dict[str, str]) -> None:
    """Refuse what the engine would refuse: our grammar judges no text, and users write their own.

    Nothing is asked here: the store is empty. Should its parser crash, this process ends, and the engine's is asked.
    """
    import pyoxigraph as ox

    try:
        ox.Store().query(text, prefixes=prefixes)
    except (SyntaxError, ValueError) as fault:
        raise NotColumnar("a text that the engine cannot read") from fault


if __name__ == "__main__":
    leave_network()
    serve(sys.stdout)
