"""The ASGI application: its addresses, and what begins and ends with it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mcgraph.errors import McgraphError
from mcgraph.limits import Limits
from mcgraph.queries.engine import Source
from mcgraph.store import open_graph
from mcgraph.web import browsing, home, questions, records, sparql, void
from mcgraph.web.answering import internal_response, refusal_response
from mcgraph.web.gate import Gate
from mcgraph.web.refusals import Refused
from mcgraph.web.settings import Settings
from mcgraph.web.site import Site

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUTES = [
    Route("/sparql", sparql.get, methods=["GET"]),
    Route("/sparql", sparql.post, methods=["POST"]),
    Route("/", home.start),
    Route("/assets/mcgraph.css", home.style),
    Route("/assets/mcgraph.svg", home.icon),
    Route("/robots.txt", home.robots),
    Route("/status", home.status),
    Route("/.well-known/void", void.get),
    Route("/api", questions.index),
    Route("/api/q/{name}", questions.question, methods=["GET", "POST"]),
    Route("/credentials", browsing.credentials),
    Route("/search", browsing.search),
    Route("/openapi.json", questions.openapi),
    Route("/id/{local:path}", records.thing),
    Route("/page/{local:path}", records.page),
    Route("/data/{local:path}", records.data),
    Route("/describe", records.any_thing),
]


def create_app(
    store: str | Path, *, limits: Limits | None = None, settings: Settings | None = None
) -> Starlette:
    """The endpoint over the store in a folder, as an ASGI application.

    It follows the store: a new snapshot is asked by the queries that come after it. The store is opened when the
    application starts (lifespan), or with its first request.

    Raises `StoreUnavailable` at once where there is no store.
    """
    root = Path(store)
    open_graph(root).close()

    def opening() -> tuple[Source, Callable[[], None]]:
        graph = open_graph(root)
        return graph, graph.close

    return assemble(Site(root, limits or Limits.from_environment(), settings or Settings(), opening))


def assemble(site: Site) -> Starlette:
    """The application around a site."""
    counted, labels = void.Counted(site), browsing.Labels()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await site.pool()
        try:
            yield
        finally:
            await counted.close()
            await labels.close()
            await site.close()

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        middleware=[Middleware(Gate, settings=site.settings, head_bytes=site.limits.served_header_bytes)],
        exception_handlers={
            McgraphError: _refused,
            HTTPException: _no_page,
            Exception: internal_response,
        },
    )
    app.router.redirect_slashes = False
    app.state.site = site
    app.state.counted = counted
    app.state.labels = labels
    app.state.choices = {}
    return app


def _refused(request: Request, fault: Exception) -> Response:
    return refusal_response(request, fault if isinstance(fault, McgraphError) else Refused(500, "unknown"))


def _no_page(request: Request, fault: Exception) -> Response:
    """What Starlette itself refuses: an address or a method nobody knows."""
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    headers: Mapping[str, str] = (fault.headers or {}) if isinstance(fault, HTTPException) else {}
    if status == 404:
        refused = Refused(404, "nothing has this address", fix="See / for what there is.")
    elif status == 405:
        # Two routes may share an address; both their methods are told.
        allowed = {m for route in ROUTES if route.path == request.url.path for m in route.methods or ()}
        told = ", ".join(sorted(allowed or {m.strip() for m in headers.get("Allow", "").split(",")}))
        refused = Refused(405, f"{request.method} is not answered here", fix=f"Use {told}.", headers={"allow": told})
    else:
        refused = Refused(status, "the request cannot be answered")
    return refusal_response(request, refused)
