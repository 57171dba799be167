"""The process that runs queries and may be killed at any instant.

Started by `engine.py` and `pool.py` as a script, so that it imports nothing but the store's own library: requests
are JSON lines on stdin, replies JSON lines on stdout. It opens the index read-only, takes away its own network
where the system allows it, bounds its memory and processor time, and evaluates in a thread with a deep stack.
"""

from __future__ import annotations

import functools
import importlib.util
import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

# A query text within the guard's caps needs far less; the rest is reserve (address space, not memory).
STACK_BYTES = 256 * 1024 * 1024
# What an open index takes of the address space, where the system does not tell (macOS does not enforce it anyway).
RESERVE_BYTES = 1024 * 1024 * 1024
LINE_ROWS = 256
TEXT_CHARACTERS = 65_536
Reply = Callable[..., None]
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


def bound_resources(megabytes: int) -> None:
    """Set the most memory this process may take from now on, where the system knows such a bound."""
    try:
        import resource
    except ImportError:
        return
    space = taken_bytes() + megabytes * 1024 * 1024
    bounds = ((resource.RLIMIT_AS, space), (resource.RLIMIT_CORE, 0))
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


def taken_bytes() -> int:
    """The address space this process has already: the open index, its threads and the deep stack."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (OSError, ValueError):
        return RESERVE_BYTES
    return pages * os.sysconf("SC_PAGE_SIZE")


def bound_processor(seconds: int) -> None:
    """Let this process use so many seconds of processor time from now on; the system ends it after that.

    It is the last defence: where the parent was killed it can no longer end its worker.
    """
    try:
        import resource
    except ImportError:
        return
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    most = int(time.process_time()) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def query(store: Any, request: dict[str, Any], prefixes: dict[str, str]) -> Any:
    """The engine's result for a request, over the graphs it names; `Missing` for one the store lacks.

    `default` and `named` (lists of graph IRIs) are the dataset of the SPARQL Protocol and go before the FROM of
    the text, whose graphs are in `from`. Where nothing names a graph, all of them together are asked.
    """
    given = request.get("default") is not None or request.get("named") is not None
    default, named, of_text = ([*map(_graph, request.get(name) or ())] for name in ("default", "named", "from"))
    for graph in (*default, *named) if given else of_text:
        if not store.contains_named_graph(graph):
            raise Missing(graph.value)
    dataset = {"default_graph": default, "named_graphs": named} if given else {}
    union = not given and not of_text
    return store.query(request["query"], prefixes=prefixes, use_default_graph_as_union=union, **dataset)


class Missing(Exception):
    """A graph that is asked and that the store does not hold."""


def _graph(iri: str) -> Any:
    import pyoxigraph

    try:
        return pyoxigraph.NamedNode(iri)
    except ValueError:
        raise Missing(iri) from None


def answer(store: Any, request: dict[str, Any], prefixes: dict[str, str], out: TextIO) -> None:
    """Evaluate one request and write its columns, rows (or their text in the wanted format) and end."""

    def reply(*parts: Any) -> None:
        out.write(json.dumps(parts) + "\n")
        out.flush()

    import pyoxigraph

    found = query(store, request, prefixes)
    form = request.get("format", "")
    if isinstance(found, pyoxigraph.QueryBoolean):
        reply("columns", "boolean", ["boolean"])
        if form:
            reply("text", _texts().boolean(bool(found), form))
        else:
            reply("rows", [[["http://www.w3.org/2001/XMLSchema#boolean", "true" if found else "false"]]])
        reply("end", False, 1)
        return
    triples = isinstance(found, pyoxigraph.QueryTriples)
    names = ["subject", "predicate", "object"] if triples else [variable.value for variable in found.variables]
    reply("columns", "triples" if triples else "table", names)
    if form:
        reply("end", *_send_text(reply, found, names, request, prefixes))
    else:
        reply("end", _send_rows(reply, found, None if triples else names, request["rows"]))


def _send_rows(reply: Reply, found: Any, names: list[str] | None, most: int) -> bool:
    """Send terms as they come, in lines of a few hundred rows; says whether there were more than wanted.

    `names` are the columns of a table, None for triples.
    """
    rows: list[Any] = []
    for sent, item in enumerate(found):
        if sent >= most:
            reply("rows", rows)
            return True
        terms = [item.subject, item.predicate, item.object] if names is None else [item[name] for name in names]
        rows.append([encode(term) for term in terms])
        if len(rows) == LINE_ROWS:
            reply("rows", rows)
            rows = []
    reply("rows", rows)
    return False


def _send_text(
    reply: Reply, found: Any, names: list[str], request: dict[str, Any], prefixes: dict[str, str]
) -> tuple[bool, int]:
    """Send the result as the text of a format, in pieces; says whether there were more rows, and how many went."""
    texts, form, most = _texts(), request["format"], request["rows"]
    if form in texts.GRAPHS:
        kept = list(itertools.islice(found, most + 1))
        whole = texts.graph(kept[:most], form, prefixes)
        for start in range(0, len(whole), TEXT_CHARACTERS):
            reply("text", whole[start : start + TEXT_CHARACTERS])
        return len(kept) > most, min(len(kept), most)
    table = texts.Table(names, form, most)
    held: list[str] = []
    size = 0
    for piece in table.pieces(found):
        held.append(piece)
        size += len(piece)
        if size > TEXT_CHARACTERS:
            reply("text", "".join(held))
            held, size = [], 0
    reply("text", "".join(held))
    return table.is_cut, table.rows


@functools.lru_cache(maxsize=1)
def _texts() -> Any:
    """The module beside this one that writes results; found by its path, as this script is no part of a package."""
    spec = importlib.util.spec_from_file_location("result_text", Path(__file__).with_name("result_text.py"))
    if spec is None or spec.loader is None:
        raise ImportError("result_text.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def evaluate(store: Any, request: dict[str, Any], prefixes: dict[str, str], out: TextIO) -> None:
    """`answer`, with every failure written as a reply instead of a traceback."""
    try:
        answer(store, request, prefixes, out)
    except Missing as fault:
        failure = ["error", "graph", str(fault)]
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
    try:
        store = pyoxigraph.Store.read_only(first["index"])
    except OSError as fault:
        out.write(json.dumps(["error", "index", str(fault)]) + "\n")
        out.flush()
        return
    # Only now: how much the open index itself takes depends on the machine.
    bound_resources(first["megabytes"])
    out.write(json.dumps(["ready"]) + "\n")
    out.flush()
    for line in sys.stdin:
        request = json.loads(line)
        bound_processor(first["seconds"])
        evaluate(store, request, first["prefixes"], out)


def main() -> None:
    """Run the worker in a thread with a deep stack."""
    leave_network()
    threading.stack_size(STACK_BYTES)
    thread = threading.Thread(target=serve, args=(sys.stdout,), daemon=True)
    thread.start()
    thread.join()


if __name__ == "__main__":
    main()
