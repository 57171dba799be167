"""The start page, its style, and what a machine that watches the server asks."""

from __future__ import annotations

import json

from starlette.requests import Request
from starlette.responses import Response

from mcgraph import __version__
from mcgraph.queries.engine import Source
from mcgraph.queries.library import library
from mcgraph.store import Graph
from mcgraph.web.answering import request_values, site_of
from mcgraph.web.pages import TEMPLATES, render

# Questions that show what can be asked, on the start page.
FIRST = (
    "credentials-by-level", "missing-annex-elements", "quality-assurance-by-type", "recognition-between-countries",
    "stackability-said-and-shown", "skills-by-credentials", "target-groups", "who-said-so",
)  # fmt: skip


async def start(request: Request) -> Response:
    """What this is, what it holds, and the ways in."""
    site = site_of(request)
    stats, source = await site.beside(_stats)
    questions = [library()[name] for name in FIRST if name in library()]
    values = {
        "title": site.settings.title,
        "stats": stats,
        "snapshot": source.snapshot,
        "questions": questions,
        "count": len(library()),
        "limits": site.limits,
    }
    return Response(render("start.html.j2", request_values(request) | values), media_type="text/html")


def _stats(source: Source) -> dict[str, object]:
    return source.stats() if isinstance(source, Graph) else {}


async def style(_: Request) -> Response:
    """The one style sheet."""
    text = (TEMPLATES / "mcgraph.css").read_text(encoding="utf-8")
    return Response(text, headers={"cache-control": "max-age=3600"}, media_type="text/css")


async def icon(_: Request) -> Response:
    """The mark in the tab of a browser."""
    text = (TEMPLATES / "mcgraph.svg").read_text(encoding="utf-8")
    return Response(text, headers={"cache-control": "max-age=86400"}, media_type="image/svg+xml")


async def robots(_: Request) -> Response:
    """Search engines may read pages, not ask queries."""
    closed = "".join(f"Disallow: {place}\n" for place in ("/sparql", "/api/q/", "/credentials", "/search"))
    return Response(f"User-agent: *\n{closed}", media_type="text/plain")


async def status(request: Request) -> Response:
    """Whether the server is well, and how busy: for a monitor or a load balancer."""
    site = site_of(request)
    source = (await site.pool()).source
    document = {"status": "ok", "version": __version__, "snapshot": source.snapshot, **site.state()}
    return Response(
        json.dumps(document) + "\n", headers={"cache-control": "no-store"}, media_type="application/json"
    )
