"""`/sparql`: SPARQL 1.1 Protocol, the description of the service, and a page for browsers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from mcgraph.model.answer import Answer
from mcgraph.queries.concept_labels import concept_labels
from mcgraph.queries.engine import Source
from mcgraph.queries.execute import ask
from mcgraph.queries.guard import check
from mcgraph.queries.pool import Wanted
from mcgraph.web import negotiation, protocol
from mcgraph.web.answering import (
    base_url,
    client_of,
    read_body,
    request_values,
    site_of,
    unless_gone,
    wanted_offer,
)
from mcgraph.web.description import service_description
from mcgraph.web.negotiation import Offer
from mcgraph.web.pages import render
from mcgraph.web.protocol import Operation
from mcgraph.web.refusals import Refused
from mcgraph.web.site import PooledEngine

EXAMPLE = """SELECT ?credential ?title WHERE {
  ?credential a mc:Credential ; mc:title ?title
} LIMIT 10"""
# Texts longer than this are looked at in a thread, so that others need not wait for it.
LONG_TEXT = 4_096
# An answer that was given before, on the snapshot that its header names (RFC 9211).
KEPT = "mcgraph; hit"
# How the service description names the formats it gives.
_HTML = Offer("text/html", "html")


async def get(request: Request) -> Response:
    """A query in the address, or the description of the service (a page for browsers)."""
    operation = protocol.read_get(request.scope["query_string"])
    if operation is None:
        offer = wanted_offer(request, negotiation.GRAPHS)
        if offer.form == "html":
            return Response(_page(request, EXAMPLE, None), media_type="text/html")
        return await _describe_service(request, offer)
    return await _answer(request, operation)


async def post(request: Request) -> Response:
    """A query in the body."""
    content_type = request.headers.get("content-type", "")
    body = await read_body(request)
    return await _answer(request, protocol.read_post(content_type, request.scope["query_string"], body))


async def _answer(request: Request, operation: Operation) -> Response:
    text = operation.text
    # A browser that is refused shows the text again, to be mended.
    request.state.text = text
    limits = site_of(request).limits
    word = check(text, limits) if len(text) < LONG_TEXT else await asyncio.to_thread(check, text, limits)
    offers = negotiation.GRAPHS if word in ("CONSTRUCT", "DESCRIBE") else negotiation.TABLES
    offer = wanted_offer(request, offers, operation.form)
    if offer.form == "html":
        return await unless_gone(request, _answer_page(request, operation))
    return await unless_gone(request, _answer_text(request, operation, offer))


async def _answer_text(request: Request, operation: Operation, offer: Offer) -> Response:
    site = site_of(request)
    wanted = Wanted(
        operation.text,
        site.limits.rows_returned,
        form=offer.form,
        default=operation.default,
        named=operation.named,
        client=client_of(request),
    )
    found, source = await site.ask(wanted)
    headers = {"x-mcgraph-snapshot": source.snapshot, "vary": "Accept"}
    if found.kept:
        headers["cache-status"] = KEPT
    if found.limit:
        headers |= {"x-truncated": "true", "x-mcgraph-limit": found.limit}
    return Response(found.written, headers=headers, media_type=offer.media)


async def _answer_page(request: Request, operation: Operation) -> Response:
    if operation.default is not None or operation.named is not None:
        raise Refused(
            406,
            "a page cannot be made for a dataset of its own",
            fix="Ask for it in another format (format=json), or name the graphs with FROM in the query.",
        )
    site = site_of(request)
    # A text with a line end is never taken for the name of a question.

    def job(source: Source, engine: PooledEngine) -> tuple[Answer, dict[str, str]]:
        found = ask(source, operation.text.rstrip() + "\n", limits=site.limits, engine=engine)
        return found, concept_labels(engine, found) if found.kind == "table" else {}

    answer, labels = await site.work(client_of(request), job)
    headers = {"x-mcgraph-snapshot": answer.snapshot, "vary": "Accept"}
    if answer.truncated:
        headers |= {"x-truncated": "true", "x-mcgraph-limit": answer.limit}
    return Response(_page(request, operation.text, answer, labels), headers=headers, media_type="text/html")


def _page(request: Request, text: str, answer: Answer | None, labels: Mapping[str, str] | None = None) -> str:
    limits = site_of(request).limits
    graph = answer is not None and answer.kind == "triples"
    forms = [("Turtle", "ttl"), ("N-Triples", "nt"), ("JSON-LD", "jsonld")] if graph else [
        ("JSON", "json"), ("CSV", "csv"), ("TSV", "tsv"), ("XML", "xml"),
    ]  # fmt: skip
    links = [(name, "?" + urlencode({"query": text, "format": form})) for name, form in forms]
    values = {
        "title": "Answer" if answer else "Ask with SPARQL",
        "text": text,
        "answer": answer,
        "labels": labels or {},
        "links": links if answer else [],
        "seconds": limits.query_seconds,
        "rows": limits.rows_returned,
    }
    return render("sparql.html.j2", request_values(request) | values)


async def _describe_service(request: Request, offer: Offer) -> Response:
    site = site_of(request)
    found, source = await site.ask(Wanted("SELECT ?g { GRAPH ?g {} } ORDER BY ?g", 100_000))
    graphs = [row[0] or "" for row in found.rows]
    body = service_description(f"{base_url(request)}/sparql", graphs, offer.form)
    headers = {"x-mcgraph-snapshot": source.snapshot, "vary": "Accept"}
    return Response(body, headers=headers, media_type=offer.media)
