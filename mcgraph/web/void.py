"""`/.well-known/void`: the counts of the newest snapshot, made once and kept."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from mcgraph.web import negotiation
from mcgraph.web.answering import base_url, request_values, site_of, wanted_offer
from mcgraph.web.description import Counts, count, void_description
from mcgraph.web.pages import render
from mcgraph.web.refusals import Refused
from mcgraph.web.site import Site

# A request waits so long for the counts; after that it is told to come back for them.
PATIENCE = 5.0


class Counted:
    """The counts of the newest snapshot; counting goes on when the client that began it has gone."""

    def __init__(self, site: Site) -> None:
        """For one store."""
        self._site = site
        self._counting: asyncio.Task[tuple[Counts, str]] | None = None
        self._snapshot = ""

    async def now(self) -> tuple[Counts, str]:
        """The counts with their snapshot.

        Raises `Refused` 503 while a large store is still being counted, `LimitReached` where that took too long.
        """
        snapshot = (await self._site.pool()).source.snapshot
        if self._counting is None or self._snapshot != snapshot or _failed(self._counting):
            self._snapshot = snapshot
            self._counting = asyncio.ensure_future(self._count())
        done, _ = await asyncio.wait((self._counting,), timeout=PATIENCE)
        if not done:
            raise Refused(
                503, "the data set is still being counted", fix="Ask again in a moment.", headers={"retry-after": "10"}
            )
        return self._counting.result()

    async def _count(self) -> tuple[Counts, str]:
        limits = self._site.given_limits
        counts, source = await self._site.beside(lambda source: count(source, limits))
        return counts, source.snapshot

    async def close(self) -> None:
        """Wait for nobody's counts any more."""
        if self._counting and not self._counting.done():
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)


def _failed(task: asyncio.Task[tuple[Counts, str]]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


async def get(request: Request) -> Response:
    """The description of the data set, as RDF or as a page."""
    offer = wanted_offer(request, negotiation.GRAPHS)
    counted: Counted = request.app.state.counted
    counts, snapshot = await counted.now()
    settings = site_of(request).settings
    headers = {"x-mcgraph-snapshot": snapshot, "vary": "Accept"}
    if offer.form == "html":
        values = {"title": "What the data holds", "counts": counts, "snapshot": snapshot}
        page = render("void.html.j2", request_values(request) | values)
        return Response(page, headers=headers, media_type="text/html")
    body = void_description(base_url(request), settings.title, snapshot, counts, offer.form)
    return Response(body, headers=headers, media_type=offer.media)
