"""From a request to its parts, and from what was found or refused to a response."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from mcgraph.errors import McgraphError
from mcgraph.web.negotiation import Offer, choose
from mcgraph.web.pages import render
from mcgraph.web.refusals import Refused, as_refused
from mcgraph.web.site import ClientGone, Site

# Seconds after which it is watched whether a client still waits.
LONG = 0.3
# Longest query that a page shows again beside its refusal.
SHOWN_AGAIN = 20_000
Found = TypeVar("Found")
_AS_JSON = (Offer("application/problem+json", "json"), Offer("application/json", "json"))
_REFUSALS = (Offer("text/plain", "txt"), Offer("text/html", "html"), *_AS_JSON)


def site_of(request: Request) -> Site:
    """The store behind a request."""
    site: Site = request.app.state.site
    return site


def client_of(request: Request) -> str:
    """Who asks, as far as the network tells."""
    return request.client.host if request.client else ""


def base_url(request: Request) -> str:
    """The address of the site, without a slash at its end."""
    return site_of(request).settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")


def wanted_offer(request: Request, offers: Sequence[Offer], form: str = "") -> Offer:
    """The offer the address or the Accept header asks for.

    Raises `Refused` 400 for a format nobody knows, 406 where the client takes none.
    """
    form = form or request.query_params.get("format", "")
    if form:
        for offer in offers:
            if offer.form == form:
                return offer
        names = ", ".join(dict.fromkeys(offer.form for offer in offers))
        raise Refused(400, f"this answer has no format «{form[:40]}»", fix=f"Use one of {names}.")
    found = choose(", ".join(request.headers.getlist("accept")), offers)
    if found is None:
        names = ", ".join(offer.media for offer in offers)
        raise Refused(406, "this answer cannot be given in any form that was asked for", fix=f"Possible: {names}.")
    return found


async def read_body(request: Request) -> bytes:
    """The body of a request.

    Raises `Refused` 413 for one over the limit, 408 for one that does not come.
    """
    limits = site_of(request).limits
    most = limits.served_body_bytes
    said = request.headers.get("content-length", "")
    too_large = Refused(413, f"the body of a request may have {most:,} bytes", limit="served_body_bytes")
    if said.isdecimal() and int(said) > most:
        raise too_large
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.served_client_seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise Refused(408, "the body of the request did not come in time", limit="served_client_seconds") from None
    return b"".join(parts)


async def unless_gone(request: Request, work: Awaitable[Found]) -> Found:
    """The result of `work`; where it takes long, it is given up as soon as the client has gone.

    Raises `ClientGone` then.
    """
    me = asyncio.current_task()
    gone = False
    watching: asyncio.Task[None] | None = None

    async def watch() -> None:
        nonlocal gone
        await _client_left(request)
        gone = True
        if me:
            me.cancel()

    def begin() -> None:
        nonlocal watching
        watching = asyncio.ensure_future(watch())

    timer = asyncio.get_running_loop().call_later(LONG, begin)
    try:
        return await work
    except asyncio.CancelledError:
        if gone and me:
            me.uncancel()
            raise ClientGone from None
        raise
    finally:
        timer.cancel()
        if watching:
            watching.cancel()


async def _client_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


def refusal_response(request: Request, fault: McgraphError) -> Response:
    """A refusal as a page for browsers, RFC 9457 for programs that take JSON, else a sentence."""
    if isinstance(fault, ClientGone):
        return Response(status_code=499)
    refused = as_refused(fault)
    if refused.status >= 500 and not isinstance(fault, Refused):
        print(f"mcgraph: {fault}", file=sys.stderr)
    accept = ", ".join(request.headers.getlist("accept"))
    form = (choose(accept, _REFUSALS) or _REFUSALS[0]).form
    headers = {"cache-control": "no-store", "vary": "Accept", **refused.headers}
    if form == "json":
        problem = {"status": refused.status, "title": refused.message, "detail": refused.fix, "code": fault.code}
        if refused.limit:
            problem["limit"] = refused.limit
        text = json.dumps(problem, ensure_ascii=False, indent=2) + "\n"
        return Response(text, refused.status, headers, "application/problem+json")
    if form == "html":
        text = getattr(request.state, "text", "")[:SHOWN_AGAIN]
        values = {"title": "No answer", "refused": refused, "text": text}
        page = render("refused.html.j2", request_values(request) | values)
        return Response(page, refused.status, headers, "text/html")
    text = f"{refused.message}\n{refused.fix}\n" if refused.fix else f"{refused.message}\n"
    return Response(text, refused.status, headers, "text/plain; charset=utf-8")


def internal_response(request: Request, _: Exception) -> Response:
    """An error of ours: a sentence for the client (whoever runs the application logs the traceback)."""
    return refusal_response(request, Refused(500, "the server failed on this request; its log says how"))


def request_values(request: Request) -> dict[str, Any]:
    """What every page needs: the name of the site and where it is."""
    base = base_url(request)
    return {"site": site_of(request).settings, "base": base, "prefix": urlsplit(base).path}
