"""The process that holds triples and runs the queries of SPARQL constraints; it may be killed at any instant.

Started by `wholegraph.py` as a script, so that it imports nothing but the store's own library: requests are JSON
lines on stdin, replies JSON lines on stdout.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

STACK_BYTES = 256 * 1024 * 1024


def encode(term: Any) -> list[str] | None:
    """A term as kind and text: `<` IRI, `_` blank node, `@tag` or `^datatype`."""
    if term is None:
        return None
    name = type(term).__name__
    if name == "Literal":
        return [f"@{term.language}" if term.language else "^" + term.datatype.value, term.value]
    return ["_", f"_:{term.value}"] if name == "BlankNode" else ["<", str(getattr(term, "value", term))]


def done(store: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Carry out one request."""
    import pyoxigraph as ox

    if "load" in request:
        if request["blank"]:  # only this way do blank nodes keep their names
            quads = ox.parse(path=request["load"], format=ox.RdfFormat.N_QUADS, lenient=True)
            store.bulk_extend(quads)
        else:
            store.bulk_load(path=request["load"], format=ox.RdfFormat.N_QUADS, lenient=True)
        return {}
    if "clear" in request:
        store.clear_graph(ox.NamedNode(request["clear"]))
        return {}
    found = store.query(request["query"])
    names = [variable.value for variable in found.variables]
    rows = [[encode(row[name]) for name in names] for row in found]
    return {"names": names, "rows": rows}


def serve() -> None:
    """Answer requests until stdin ends."""
    import pyoxigraph as ox

    store = ox.Store()
    for line in sys.stdin:
        try:
            reply = done(store, json.loads(line))
        except SyntaxError as fault:
            reply = {"error": str(fault.args[0])}
        except Exception as fault:
            reply = {"error": f"{type(fault).__name__}: {fault}"}
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def main() -> None:
    """Run the worker in a thread with a deep stack."""
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
