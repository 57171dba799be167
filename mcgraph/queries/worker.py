"""The process that runs queries and may be killed at any instant.

Started by `engine.py` as a script, so that it imports nothing but the store's own library: requests are JSON
lines on stdin, replies JSON lines on stdout. It opens the index read-only, takes away its own network where
the system allows it, bounds its memory and processor time, and evaluates in a thread with a deep stack.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any, TextIO

# A query text within the guard's caps needs far less; the rest is reserve (address space, not memory).
STACK_BYTES = 256 * 1024 * 1024
LINE_ROWS = 256
_STRING = "http://www.w3.org/2001/XMLSchema#string"
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def leave_network() -> bool:
    """Move to an empty network namespace (Linux); says whether that worked."""
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        unshare = ctypes.CDLL(None, use_errno=True).unshare
    except (AttributeError, OSError):
        return False
    return bool(unshare(_CLONE_NEWNET) == 0 or unshare(_CLONE_NEWUSER | _CLONE_NEWNET) == 0)


def bound_resources(megabytes: int, seconds: int) -> None:
    """Set the most memory and processor time of this process, where the system knows such bounds."""
    try:
        import resource
    except ImportError:
        return
    space = megabytes * 1024 * 1024 + STACK_BYTES
    bounds = ((resource.RLIMIT_AS, space), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0))
    for what, most in bounds:
        hard = resource.getrlimit(what)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (value, hard))


def encode(term: Any) -> list[str] | None:
    """A term as [kind, text], with the kinds of `Answer.types`."""
    if term is None:
        return None
    name = type(term).__name__
    if name == "NamedNode":
        return ["iri", term.value]
    if name == "BlankNode":
        return ["bnode", term.value]
    if name == "Literal":
        return [f"@{term.language}" if term.language else term.datatype.value, term.value]
    return [_STRING, str(term)]


def answer(store: Any, request: dict[str, Any], out: TextIO) -> None:
    """Evaluate one request and write its columns, rows and end."""

    def reply(*parts: Any) -> None:
        out.write(json.dumps(parts) + "\n")
        out.flush()

    import pyoxigraph

    graphs = [pyoxigraph.NamedNode(iri) for iri in request.get("from", ())]
    for graph in graphs:
        if not store.contains_named_graph(graph):
            reply("error", "graph", graph.value)
            return
    found = store.query(request["query"], prefixes=request["prefixes"], use_default_graph_as_union=not graphs)
    most = request["rows"]
    if isinstance(found, pyoxigraph.QueryBoolean):
        reply("columns", "boolean", ["boolean"])
        reply("rows", [[["http://www.w3.org/2001/XMLSchema#boolean", "true" if found else "false"]]])
        reply("end", False)
        return
    triples = isinstance(found, pyoxigraph.QueryTriples)
    names = ["subject", "predicate", "object"] if triples else [variable.value for variable in found.variables]
    reply("columns", "triples" if triples else "table", names)
    rows: list[Any] = []
    sent = 0
    for item in found:
        if sent + len(rows) >= most:
            reply("rows", rows)
            reply("end", True)
            return
        if triples:
            rows.append([encode(item.subject), encode(item.predicate), encode(item.object)])
        else:
            rows.append([encode(item[name]) for name in names])
        if len(rows) == LINE_ROWS:
            reply("rows", rows)
            sent += len(rows)
            rows = []
    reply("rows", rows)
    reply("end", False)


def evaluate(store: Any, request: dict[str, Any], out: TextIO) -> None:
    """`answer`, with every failure written as a reply instead of a traceback."""
    try:
        answer(store, request, out)
    except SyntaxError as fault:
        failure = ["error", "syntax", str(fault.args[0])]
    except MemoryError:
        failure = ["error", "memory", ""]
    except Exception as fault:
        failure = ["error", "engine", f"{type(fault).__name__}: {fault}"]
    else:
        return
    out.write(json.dumps(failure) + "\n")
    out.flush()


def serve(out: TextIO) -> None:
    """Read the first line (where the index is, the bounds), then answer requests until stdin ends."""
    import pyoxigraph

    first = json.loads(sys.stdin.readline())
    bound_resources(first["megabytes"], first["seconds"])
    try:
        store = pyoxigraph.Store.read_only(first["index"])
    except OSError as fault:
        out.write(json.dumps(["error", "index", str(fault)]) + "\n")
        out.flush()
        return
    out.write(json.dumps(["ready"]) + "\n")
    out.flush()
    for line in sys.stdin:
        evaluate(store, json.loads(line), out)


def main() -> None:
    """Run the worker in a thread with a deep stack."""
    leave_network()
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=serve, args=(sys.stdout,), daemon=True)
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
