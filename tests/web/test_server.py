"""`mcgraph serve` as a process: budgets, clients that behave badly, new snapshots, and its end."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from mcgraph.cli.main import cli
from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.limits import Limits
from tests.web.conftest import ENDLESS, Server, make_store, running

COUNT = "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?c a mc:Credential }"


def ask(server: Server, text: str, **headers: str) -> httpx.Response:
    """One query by POST."""
    return httpx.post(f"{server.url}/sparql", data={"query": text}, headers=headers, timeout=60)


def number(found: httpx.Response) -> int:
    """The one number of an answer."""
    return int(found.json()["results"]["bindings"][0]["n"]["value"])


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    """A bare connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=30) as one:
        yield one


def read_all(connection: socket.socket) -> bytes:
    """All the server sends until it closes; nothing where it drops the connection."""
    received = b""
    try:
        while part := connection.recv(65_536):
            received += part
    except ConnectionError:
        pass
    return received


class TestBudgets:
    """What is asked may be endless; the answer is not."""

    def test_an_endless_query_is_stopped_and_says_what_was_hit(self, server: Server) -> None:
        """422 with the name of the limit and a hint, and no word of the machine."""
        found = ask(server, ENDLESS, accept="application/json")
        assert found.status_code == 422
        problem = found.json()
        assert problem["limit"] == "query_seconds"
        assert "stopped after 1 s" in problem["title"]
        assert "shared variable" in problem["detail"]
        assert found.headers["x-mcgraph-limit"] == "query_seconds"

    def test_others_do_not_notice(self, server: Server) -> None:
        """Eight endless queries run; all of 60 quick ones are right."""
        ended: list[int] = []
        threads = [
            threading.Thread(target=lambda: ended.append(ask(server, ENDLESS).status_code)) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        right = number(ask(server, COUNT))
        with httpx.Client(timeout=60) as client:
            for _ in range(60):
                assert number(client.post(f"{server.url}/sparql", data={"query": COUNT})) == right
        for thread in threads:
            thread.join()
        assert len(ended) == 8
        assert set(ended) <= {422, 503}

    def test_a_query_that_breaks_engines_is_refused(self, server: Server) -> None:
        """The six kilobytes of brackets that end other servers."""
        assert ask(server, "SELECT * WHERE " + "{" * 3_000 + "}" * 3_000).status_code == 422
        assert ask(server, COUNT).status_code == 200

    def test_who_goes_takes_his_query_along(self, server: Server) -> None:
        """A client that hangs up frees its place."""
        with connected(server) as one:
            text = f"query={ENDLESS}".encode()
            head = f"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(text)}\r\n"
            one.sendall(head.encode() + b"Content-Type: application/x-www-form-urlencoded\r\n\r\n" + text)
            time.sleep(0.5)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            state = httpx.get(f"{server.url}/status", timeout=60).json()
            if not state["long_running"] and not state["short_running"]:
                return
            time.sleep(0.1)
        raise AssertionError(state)


class TestBadClients:
    """Slow, huge, broken and foreign requests."""

    def test_a_head_that_trickles_in_is_dropped(self, server: Server) -> None:
        """A connection gets two seconds here for a whole head (slowloris)."""
        with connected(server) as one:
            one.sendall(b"GET /status HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ")
            begun = time.monotonic()
            assert read_all(one) == b""
            assert 1 < time.monotonic() - begun < 20

    def test_a_body_that_does_not_come_is_refused(self, server: Server) -> None:
        """408 after the time of the client."""
        with connected(server) as one:
            one.sendall(
                b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 50\r\nConnection: close\r\n"
                b"Content-Type: application/sparql-query\r\n\r\nASK {"
            )
            assert read_all(one).startswith(b"HTTP/1.1 408")

    @pytest.mark.parametrize(
        "sent",
        [
            b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
            b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-A: b\r\n" * 20_000 + b"\r\n",
            b"\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n",
            b"GET / HTTP/1.1\r\n\r\n",
            b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\n",
            b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        ],
        ids=["long address", "many headers", "tls", "no host", "bad length", "two lengths"],
    )
    def test_broken_requests_get_a_4xx_or_nothing(self, server: Server, sent: bytes) -> None:
        """And the next client is served."""
        with connected(server) as one:
            with contextlib.suppress(OSError):
                one.sendall(sent)
                one.shutdown(socket.SHUT_WR)
            received = read_all(one)
        assert received == b"" or re.match(rb"HTTP/1.1 4\d\d", received), received[:80]
        assert ask(server, COUNT).status_code == 200

    def test_a_large_body_is_refused_before_it_is_read(self, server: Server) -> None:
        """Whether its length is told or not."""
        url = f"{server.url}/sparql"
        kind = {"content-type": "application/sparql-query"}
        assert httpx.post(url, content=b" " * 200_000, headers=kind, timeout=60).status_code == 413
        assert httpx.post(url, content=iter([b" " * 60_000] * 4), headers=kind, timeout=60).status_code == 413

    def test_a_foreign_name_is_not_served(self, server: Server) -> None:
        """A page elsewhere cannot read this server through the browser of its reader (DNS rebinding)."""
        assert httpx.get(f"{server.url}/", headers={"host": "evil.example"}, timeout=60).status_code == 421
        assert httpx.get(f"{server.url}/status", headers={"host": "localhost"}, timeout=60).status_code == 200

    def test_no_other_origin_may_read(self, server: Server) -> None:
        """Without --cors no header invites anybody."""
        found = httpx.get(f"{server.url}/status", headers={"origin": "https://else.example"}, timeout=60)
        assert not [name for name in found.headers if name.startswith("access-control")]
        assert found.headers["cross-origin-resource-policy"] == "same-origin"


class Transport:
    """A transport whose client takes what it is told to take."""

    def __init__(self, sizes: list[int]) -> None:
        self.sizes = sizes
        self.aborted = False

    def get_write_buffer_size(self) -> int:
        return self.sizes.pop(0)

    def is_closing(self) -> bool:
        return self.aborted

    def abort(self) -> None:
        self.aborted = True

    def get_extra_info(self, _: str) -> None:
        return None


@pytest.mark.parametrize(
    ("sizes", "dropped"), [([900_000, 900_000], True), ([900_000, 899_000], True), ([900_000, 500_000, 90_000], False)]
)
def test_an_answer_nobody_takes_is_dropped(sizes: list[int], dropped: bool) -> None:
    """Megabytes are not kept for a client that reads nothing, or a byte now and then; a slow one is waited for."""
    import asyncio

    import uvicorn
    from starlette.applications import Starlette
    from uvicorn.server import ServerState

    from mcgraph.web.server import _bounded

    async def work() -> Transport:
        kind = _bounded(Limits())
        kind.seconds = 0.05  # type: ignore[attr-defined]
        config = uvicorn.Config(Starlette(), log_config=None, ws="none")
        config.load()
        protocol = kind(config, ServerState(), {})
        transport = Transport(sizes)
        protocol.connection_made(transport)  # type: ignore[arg-type]
        protocol.pause_writing()
        while len(sizes) > 0:
            await asyncio.sleep(0.01)
        if not transport.aborted:
            protocol.resume_writing()
        await asyncio.sleep(0.1)
        return transport

    assert asyncio.run(work()).aborted is dropped


def test_new_queries_see_the_new_snapshot(tmp_path: Path) -> None:
    """The query after a change is answered from what it made, by the same server."""
    from mcgraph.store import open_graph

    store = make_store(tmp_path / "store")
    with running(store, query_seconds=20) as server:
        before = ask(server, COUNT)
        assert number(before) > 0
        with open_graph(store, read_only=False) as graph:
            graph.forget("example")
        # On a busy machine the new snapshot may take longer to open than a query is made to wait for it.
        deadline = time.monotonic() + 60
        while number(after := ask(server, COUNT)) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert number(after) == 0
        assert after.headers["x-mcgraph-snapshot"] != before.headers["x-mcgraph-snapshot"]
        assert server.stop() == 0


class TestItsEnd:
    """How it starts and stops."""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_ends_it_and_all_its_workers(self, store: Path, number: int) -> None:
        """Exit code 0, and no process stays behind."""
        with running(store) as server:
            assert ask(server, COUNT).status_code == 200
            children = _children(server.process.pid)
            assert children
            assert server.stop(number) == 0
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in children):
                time.sleep(0.05)
            assert not any(Path(f"/proc/{pid}").exists() for pid in children)

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--host", "192.0.2.1", "--port", "0"], "no address of this machine"),
            (["--host", "no such host", "--port", "0"], "no address of this machine"),
            (["--public-url", "ftp://x"], "not the address"),
        ],
    )
    def test_wrong_use_is_a_sentence(self, store: Path, options: list[str], said: str) -> None:
        """Every wrong option names itself."""
        with pytest.raises(WrongUse, match=said):
            cli.main(["--store", str(store), "serve", *options], standalone_mode=False)

    def test_a_busy_port_is_a_sentence(self, server: Server, store: Path) -> None:
        """With what to do."""
        with pytest.raises(WrongUse, match="is in use") as caught:
            cli.main(["--store", str(store), "serve", "--port", str(server.port)], standalone_mode=False)
        assert "--port" in caught.value.fix

    def test_no_store_is_a_sentence(self, tmp_path: Path) -> None:
        """With the exit code of the store."""
        with pytest.raises(StoreUnavailable, match="no store here"):
            cli.main(["--store", str(tmp_path / "none"), "serve"], standalone_mode=False)

    def test_a_missing_extra_is_a_sentence(self, store: Path) -> None:
        """Which library is missing, and how to get it."""
        program = (
            "import sys; sys.modules['starlette'] = None; sys.argv[1:] = ['--store', sys.argv[1], 'serve']\n"
            "from mcgraph.cli.main import main; main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(store)], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 2
        assert "pip install 'mcgraph[web]'" in done.stderr


def _children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    if not listed.exists():
        pytest.skip("children of a process are told by Linux only")
    return [int(child) for child in listed.read_text(encoding="ascii").split()]


def test_load_of_two_seconds(server: Server) -> None:
    """Forty clients, one in eight asking without end: no wrong answer, no failed request, no dead server."""
    right = number(ask(server, COUNT))
    wrong: list[str] = []
    counted = [0, 0]
    begin = threading.Barrier(40)

    def client(text: str, which: int, allowed: tuple[int, ...]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
        begin.wait()
        stop = time.monotonic() + 2
        while time.monotonic() < stop or not counted[which]:
            connection.request("POST", "/sparql", text.encode(), {"Content-Type": "application/sparql-query"})
            found = connection.getresponse()
            body = found.read()
            counted[which] += 1
            is_right = which or int(json.loads(body)["results"]["bindings"][0]["n"]["value"]) == right
            if found.status not in allowed or not is_right:
                wrong.append(f"{found.status} {body[:200]!r}")
        connection.close()

    jobs = [(ENDLESS, 1, (422, 503)) if i % 8 == 0 else (COUNT, 0, (200,)) for i in range(40)]
    threads = [threading.Thread(target=client, args=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert min(counted) > 0
    assert number(ask(server, COUNT)) == right
