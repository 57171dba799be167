"""The endpoint over small stores, in this process and behind a real socket."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph
import pytest

from mcgraph.limits import Limits
from mcgraph.web.app import assemble, create_app
from mcgraph.web.settings import Settings
from mcgraph.web.site import Site
from tests.questions.samples import EXAMPLES, make_batch

with warnings.catch_warnings():
    # Starlette would rather have the successor of httpx, which the peers of our tests do not take.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

HOSTS = ("testserver", "127.0.0.1")
W3C = "http://kasei.us/2009/09/sparql/data/"
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l . ?m ?n ?o }"


@dataclass(frozen=True)
class Folder:
    """A source that can be asked: an index folder and a made-up snapshot."""

    index_path: Path
    snapshot: str = "example"


def make_index(folder: Path, graphs: dict[str, str]) -> Folder:
    """An index with a named graph for each Turtle text."""
    store = pyoxigraph.Store(str(folder))
    for name, turtle in graphs.items():
        store.load(turtle.encode(), format=pyoxigraph.RdfFormat.TURTLE, to_graph=pyoxigraph.NamedNode(name))
    store.flush()
    return Folder(folder)


def site_of(folder: Folder, limits: Limits | None = None, settings: Settings | None = None) -> Site:
    """The site over a folder that never changes."""
    return Site(None, limits or Limits(), settings or Settings(hosts=HOSTS), lambda: (folder, lambda: None))


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """The three documents of the W3C's protocol tests, each in the graph of its own name."""
    folder = tmp_path_factory.mktemp("w3c") / "index"
    names = [f"{W3C}data{number}.rdf" for number in (1, 2, 3)]
    return make_index(folder, {name: f"<{name}> a <http://xmlns.com/foaf/0.1/Document> ." for name in names})


@pytest.fixture(scope="session")
def w3c(documents: Folder) -> Iterator[TestClient]:
    """A client of the endpoint over these documents."""
    with TestClient(assemble(site_of(documents))) as client:
        yield client


def make_store(folder: Path, turtle: str = "world.ttl") -> Path:
    """A real store that holds an example file of the questions."""
    from mcgraph.store import SubmissionInfo, open_graph

    with open_graph(folder, create=True, read_only=False) as graph:
        graph.load(make_batch(EXAMPLES / turtle), SubmissionInfo())
    return folder


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with the small invented world."""
    return make_store(tmp_path_factory.mktemp("served") / "store")


@pytest.fixture(scope="session")
def world(store: Path) -> Iterator[TestClient]:
    """A client of the endpoint over the small invented world."""
    with TestClient(create_app(store, settings=Settings(hosts=HOSTS))) as client:
        yield client


@dataclass
class Server:
    """A server in a process of its own, and where it is."""

    process: subprocess.Popen[str]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


@contextmanager
def running(store: Path, *options: str, **limits: int) -> Iterator[Server]:
    """`mcgraph serve` on a free port, as a user starts it."""
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    environment |= {f"MCGRAPH_LIMIT_SERVED_{name.upper()}": str(value) for name, value in limits.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "mcgraph", "--store", str(store), "serve", "--port", "0", *options],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stderr
        said = process.stderr.readline()
        found = re.search(r":(\d+)/", said)
        assert found, said + process.stderr.read()
        yield Server(process, int(found[1]))
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


@pytest.fixture(scope="session")
def server(store: Path) -> Iterator[Server]:
    """A server with small budgets over the small invented world, for tests that need a socket."""
    with running(store, query_seconds=1, client_seconds=2, wait_seconds=20, body_bytes=100_000) as one:
        yield one


Running = Callable[..., Iterator[Server]]
