"""Nothing a client sends makes the server call out: a listener counts connections."""

from __future__ import annotations

import asyncio
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from mcgraph.web.app import assemble
from tests.web.conftest import Folder, site_of

SPACE = ("", " ", "\n", "\t", " # c\n", "#\n")


@contextmanager
def listener() -> Iterator[tuple[int, list[int]]]:
    """A port that counts who calls."""
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        stopped = threading.Event()

        def listen() -> None:
            while not stopped.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                calls.append(1)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield listening.getsockname()[1], calls
        finally:
            stopped.set()
            thread.join()


def _written(word: str, rnd: random.Random) -> str:
    """A keyword in any case, with some letters as escapes."""
    marks = []
    for mark in word:
        mark = rnd.choice((mark.lower(), mark.upper()))
        roll = rnd.random()
        if roll < 0.05:
            mark = f"\\u{ord(mark):04X}"
        elif roll < 0.08:
            mark = f"\\U{ord(mark):08x}"
        marks.append(mark)
    return "".join(marks)


def variant(rnd: random.Random, port: int) -> tuple[str, str]:
    """A request that would call `http://127.0.0.1:port/` if anything let it: its kind and its text."""
    url = f"http://127.0.0.1:{port}/{rnd.randrange(10**6)}"
    gap = lambda: rnd.choice(SPACE)  # noqa: E731
    target = rnd.choice((f"<{url}>", "?g", "x:y", f"<{url[:9]}\\u0032{url[10:]}>" if url[9] == "2" else f"<{url}>"))
    silent = rnd.choice(("", f" {_written('SILENT', rnd)} "))
    service = f"{_written('SERVICE', rnd)}{silent}{gap()}{target}{gap()}{{ ?s ?p ?o }}"
    before = rnd.choice(
        (
            "",
            "?a ?b ?c .",
            "FILTER(?x<\'>\')",
            "BIND(\'<\' AS ?y) ",
            "?s ?p \'\'\'",
            'FILTER("\\"" != ?x) ',
            "?s ex:a\\' ?o . ",
            f"VALUES ?g {{ <{url}> }} ",
            "# \'\n",
            "OPTIONAL { ",
            "{ SELECT * { ",
        )
    )
    closing = "}" * (before.count("{") - before.count("}"))
    prologue = f"PREFIX x:{gap()}<http://127.0.0.1:{port}/> PREFIX ex:<http://x/> "
    roll = rnd.random()
    if roll < 0.6:
        head = rnd.choice(("SELECT *", "ASK", "SELECT (1 AS ?n)", "CONSTRUCT { ?s ?p ?o }", "DESCRIBE ?s"))
        return "query", f"{prologue}{head} {{ {before}{gap()}{service} {closing} }}"
    if roll < 0.75:
        clause = rnd.choice((_written("FROM", rnd), f"{_written('FROM', rnd)} {_written('NAMED', rnd)}"))
        return "query", f"{prologue}SELECT * {clause}{gap()}{rnd.choice((f'<{url}>', 'x:y'))} {{ ?s ?p ?o }}"
    if roll < 0.85:
        return rnd.choice(("default-graph-uri", "named-graph-uri")), url
    load = f"{_written('LOAD', rnd)}{silent or ' '}<{url}>"
    return rnd.choice(("query", "update", "body")), rnd.choice((load, f"{prologue}{load}", f"ASK {{}} ; {load}"))


async def _send_all(folder: Folder, port: int, count: int, seed: int) -> dict[int, int]:
    rnd = random.Random(seed)
    statuses: dict[int, int] = {}
    site = site_of(folder)
    transport = httpx.ASGITransport(app=assemble(site))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:

        async def one(kind: str, text: str) -> None:
            if kind == "body":
                found = await client.post(
                    "/sparql", content=text.encode(), headers={"content-type": "application/sparql-update"}
                )
            elif kind == "query":
                found = await client.post("/sparql", data={"query": text})
            elif kind == "update":
                found = await client.post("/sparql", data={"update": text})
            else:
                found = await client.get("/sparql", params={"query": "SELECT * { ?s ?p ?o }", kind: text})
            statuses[found.status_code] = statuses.get(found.status_code, 0) + 1
            if found.status_code == 200:
                assert "SERVICE" not in text.upper(), text

        for _ in range(0, count, 50):
            await asyncio.gather(*(one(*variant(rnd, port)) for _ in range(50)))
    await site.close()
    return statuses


def _nobody_is_called(folder: Folder, count: int, seed: int) -> None:
    with listener() as (port, calls):
        socket.create_connection(("127.0.0.1", port)).close()
        statuses = asyncio.run(_send_all(folder, port, count, seed))
    assert len(calls) == 1, f"{len(calls) - 1} calls"
    assert sum(statuses.values()) == count
    # A comment may make a question of what was to be a call; nothing else may pass, and nothing may break.
    assert set(statuses) <= {200, 400, 403, 422}, statuses
    assert statuses[400] + statuses[403] > 0.9 * count, statuses


def test_six_hundred_variants_call_nobody(documents: Folder) -> None:
    """SERVICE, LOAD, FROM and the graphs of the protocol, in every spelling we could think of."""
    _nobody_is_called(documents, 600, 1)


@pytest.mark.long
def test_a_hundred_thousand_variants_call_nobody(documents: Folder) -> None:
    """The same, at length."""
    _nobody_is_called(documents, 100_000, 2)
