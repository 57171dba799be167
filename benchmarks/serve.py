"""The endpoint: what it adds to a small query, and how quick ones fare beside endless ones.

`python -m benchmarks endpoint [--size N]` takes the overhead over raw pyoxigraph (median of small queries, one
client) and then 200 clients for a minute, one in twenty of them asking without end: first each quick one pauses half a
second between its queries (`paced`, the latency of a busy site), then a quarter of that time without pauses
(`saturated`, the throughput). For these the server keeps no answers, so that each is computed; the same with the
answers it keeps by default is told as `kept`. `MCGRAPH_BENCH_SECONDS` changes the minute. The clients run in this
process and share the machine with the server.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.generate import generate

CLIENTS = 200
ENDLESS_SHARE = 20
SAMPLES = 1_000
PAUSE = 0.5
NONE_KEPT = {"MCGRAPH_LIMIT_SERVED_KEPT_BYTES": "1"}
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"


def measure(size: int, _shared: Path | None = None, *, store: Path | None = None) -> dict[str, Any]:
    """The figures of one run; `store` is one made before, else it is loaded first."""
    seconds = int(os.environ.get("MCGRAPH_BENCH_SECONDS", "60"))
    with tempfile.TemporaryDirectory(prefix="mcgraph-synthetic-") as name:
        place = store or _loaded(Path(name), size)
        wanted = _expected(place)
        figures = _overhead(place, wanted, NONE_KEPT)
        with _server(place, NONE_KEPT) as port:
            figures["paced"] = asyncio.run(_load(port, wanted, seconds, PAUSE))
            figures["saturated"] = asyncio.run(_load(port, wanted, max(5, seconds // 4), 0.0))
        kept = _overhead(place, wanted, {})
        with _server(place, {}) as port:
            kept["saturated"] = asyncio.run(_load(port, wanted, max(5, seconds // 4), 0.0))
        return figures | {"kept": kept, "peers": {}}


def _loaded(folder: Path, size: int) -> Path:
    from mcgraph.sources import read_submission
    from mcgraph.store import SubmissionInfo, open_graph

    generate(folder / "made", size, 0.0)
    with open_graph(folder / "store", create=True, read_only=False) as graph:
        graph.load(read_submission([folder / "made"], "template", "bench"), SubmissionInfo(synthetic=True))
    return folder / "store"


def _expected(store: Path) -> dict[str, str]:
    """Small queries with the title that is their one right answer."""
    from mcgraph.model.namespaces import PREFIXES
    from mcgraph.store import open_graph

    text = "SELECT ?c (MIN(STR(?t)) AS ?title) { ?c a mc:Credential ; mc:title ?t } GROUP BY ?c ORDER BY ?c LIMIT 500"
    with open_graph(store) as graph:
        rows = graph.rows(text, prefixes=PREFIXES)
    return {f"SELECT (MIN(STR(?t)) AS ?title) {{ <{iri}> mc:title ?t }}": title or "" for iri, title in rows}


def _overhead(store: Path, wanted: dict[str, str], limits: dict[str, str]) -> dict[str, Any]:
    """Median milliseconds of the same queries, raw and through HTTP, one after another."""
    import http.client

    from mcgraph.model.namespaces import PREFIXES
    from mcgraph.store import open_graph

    chance = random.Random(1)
    texts = [chance.choice(list(wanted)) for _ in range(SAMPLES)]
    with open_graph(store) as graph:
        raw = [_timed(lambda text=text: list(graph.query(text, prefixes=PREFIXES))) for text in texts]  # type: ignore[misc]
    with _server(store, limits) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port)

        def served(text: str) -> None:
            connection.request("POST", "/sparql", text.encode(), {"Content-Type": "application/sparql-query"})
            body = json.loads(connection.getresponse().read())
            assert body["results"]["bindings"][0]["title"]["value"] == wanted[text]

        for text in texts[:100]:
            served(text)
        through = [_timed(lambda text=text: served(text)) for text in texts]  # type: ignore[misc]
        connection.close()
    fast, slow = statistics.median(raw), statistics.median(through)
    return {"raw_ms": round(fast, 3), "served_ms": round(slow, 3), "overhead_ms": round(slow - fast, 3)}


def _timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return 1_000 * (time.perf_counter() - begun)


@contextmanager
def _server(store: Path, limits: dict[str, str]) -> Iterator[int]:
    """The port of a server of its own process, which ends with the block."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mcgraph", "--store", str(store), "serve", "--port", "0"],
        stderr=subprocess.PIPE,
        env=os.environ | limits,
        text=True,
    )
    try:
        said = process.stderr.readline() if process.stderr else ""
        found = re.search(r":(\d+)/", said)
        if found is None:
            raise RuntimeError(f"the server did not start: {said}")
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(timeout=60)


async def _load(port: int, wanted: dict[str, str], seconds: int, pause: float) -> dict[str, Any]:
    stop = time.monotonic() + seconds
    times: list[float] = []
    quick: Counter[str] = Counter()
    endless: Counter[str] = Counter()

    async def client(number: int) -> None:
        rnd = random.Random(number)
        texts = list(wanted)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.monotonic() < stop:
            if pause and number % ENDLESS_SHARE:
                await asyncio.sleep(rnd.uniform(0, 2 * pause))
            without_end = number % ENDLESS_SHARE == 0
            text = ENDLESS.replace("?n", f"?n{rnd.randrange(10**6)}") if without_end else rnd.choice(texts)
            begun = time.perf_counter()
            status, body = await _post(reader, writer, text)
            if without_end:
                endless[status] += 1
                continue
            times.append(1_000 * (time.perf_counter() - begun))
            right = status == "200" and json.loads(body)["results"]["bindings"][0]["title"]["value"] == wanted[text]
            quick["right" if right else f"wrong ({status})"] += 1
        writer.close()

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    times.sort()
    return {
        "clients": CLIENTS,
        "endless_clients": len(range(0, CLIENTS, ENDLESS_SHARE)),
        "load_seconds": seconds,
        "quick": dict(quick),
        "quick_per_second": round(len(times) / seconds),
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[int(0.95 * len(times))], 1),
        "p99_ms": round(times[int(0.99 * len(times))], 1),
        "endless": dict(endless),
    }


async def _post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, text: str) -> tuple[str, bytes]:
    body = text.encode()
    head = f"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    writer.write(head.encode() + b"Content-Type: application/sparql-query\r\n\r\n" + body)
    received = await reader.readuntil(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", received)
    return received[9:12].decode(), await reader.readexactly(int(found[1]) if found else 0)
