"""`/credentials`: filters with the number of credentials behind each value. `/search`: things by their labels."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import DEVNULL, PIPE
from dataclasses import replace
from urllib.parse import urlencode

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import Response

from mcgraph.errors import LimitReached
from mcgraph.model.answer import Answer
from mcgraph.queries.columnar.using import module_command
from mcgraph.queries.engine import Source
from mcgraph.queries.facets import FACETS, NOT_STATED, TITLE, Browsed, Counted, browse
from mcgraph.queries.parameters import written
from mcgraph.queries.pool import Busy
from mcgraph.search.index import stands
from mcgraph.store import Graph
from mcgraph.web.answering import client_of, request_values, site_of, unless_gone, wanted_offer
from mcgraph.web.negotiation import Offer
from mcgraph.web.pages import render
from mcgraph.web.protocol import read_pairs
from mcgraph.web.questions import TABLE, WRITERS, read_rows
from mcgraph.web.refusals import Refused
from mcgraph.web.site import PooledEngine

# Rows of one page; the other forms have up to the limit of the endpoint.
_ROWS = 50
_FOUND = 20
_FOUND_MOST = 200
_SEARCHED = (Offer("application/json", "json"), Offer("text/csv", "csv"), Offer("text/html", "html"))
_SEARCH_PARAMETERS = ("q", "lang", "kind", "limit", "format")


async def credentials(request: Request) -> Response:
    """The credentials that fit the filters of the address, with the counts by facet in JSON and on the page."""
    given = _given(request)
    form = given.pop("format", "")
    offer = wanted_offer(request, TABLE, form)
    site = site_of(request)
    rows = read_rows(given.pop("limit", ""), site.limits.rows_returned)
    if offer.form == "html":
        rows = min(rows, _ROWS)
    # An empty field of a form is no filter.
    wanted = {name: value for name, value in given.items() if value.strip()}
    facets = None if offer.form in ("html", "json") else ()

    def job(source: Source, engine: PooledEngine) -> tuple[Browsed, bytes]:
        engine.most = rows
        engine.end_within(site.limits.query_seconds)
        found = browse(source, wanted, limits=site.limits, engine=engine, columns=engine.columns, facets=facets)
        if offer.form == "html":
            return found, render("credentials.html.j2", _page(request, found)).encode()
        if offer.form == "json":
            return found, (json.dumps(found.to_json(), ensure_ascii=False) + "\n").encode()
        return found, WRITERS[offer.form](found.records)

    found, body = await unless_gone(request, site.work(client_of(request), job))
    headers = {"x-mcgraph-snapshot": found.records.snapshot, "vary": "Accept", "x-total-count": str(found.total)}
    if found.records.truncated:
        headers |= {"x-truncated": "true", "x-mcgraph-limit": found.records.limit}
    if offer.form == "parquet":
        headers["content-disposition"] = 'attachment; filename="credentials.parquet"'
    return Response(body, headers=headers, media_type=offer.media)


def _given(request: Request) -> dict[str, str]:
    pairs = read_pairs(request.scope["query_string"])
    given = dict(pairs)
    if len(given) != len(pairs):
        raise Refused(400, "a parameter was given twice")
    return given


def _page(request: Request, found: Browsed) -> dict[str, object]:
    chosen = {
        name: value if name == TITLE.name or value == NOT_STATED else written(value)
        for name, value in found.chosen.items()
    }
    forms = [("JSON", "json"), ("CSV", "csv"), ("TSV", "tsv"), ("Parquet", "parquet")]
    return request_values(request) | {
        "title": "Credentials",
        "found": found,
        "filters": [_filter(name, value, found, chosen) for name, value in chosen.items()],
        "facets": [(counted, _links(counted, chosen)) for counted in found.facets],
        "chosen": chosen,
        "text": chosen.get(TITLE.name, ""),
        "not_stated": NOT_STATED,
        "links": [(name, "?" + urlencode(chosen | {"format": form})) for name, form in forms],
    }


def _filter(name: str, value: str, found: Browsed, chosen: dict[str, str]) -> tuple[str, str, str]:
    """A filter in force: what it is about, its value for people, and the address without it."""
    left = {other: given for other, given in chosen.items() if other != name}
    label = next((facet.label for facet in FACETS if facet.name == name), TITLE.label)
    counted = next((one for one in found.facets if one.facet.name == name), None)
    names = {written(one.iri): one.label for one in counted.values if one.iri} if counted else {}
    return label, names.get(value) or value, "?" + urlencode(left) if left else "?"


def _links(counted: Counted, chosen: dict[str, str]) -> list[tuple[str, int, str, bool]]:
    """The values of a facet: name, number, address of that choice ("" where it is none), and whether it is in force."""
    name = counted.facet.name
    listed = []
    for value in counted.values:
        short = written(value.iri) if value.iri else ""
        address = "?" + urlencode(chosen | {name: short}) if short else ""
        listed.append((value.label or short, value.records, address, bool(short) and chosen.get(name) == short))
    if counted.unknown:
        address = "?" + urlencode(chosen | {name: NOT_STATED})
        listed.append((NOT_STATED, counted.unknown, address, chosen.get(name) == NOT_STATED))
    return listed


async def search(request: Request) -> Response:
    """Things by their labels; the page without a text is a form."""
    given = _given(request)
    for name in given:
        if name not in _SEARCH_PARAMETERS:
            raise Refused(400, f"there is no parameter «{name[:40]}»", fix=f"Use {', '.join(_SEARCH_PARAMETERS)}.")
    offer = wanted_offer(request, _SEARCHED, given.get("format", ""))
    text = given.get("q", "").strip()
    if not text and offer.form == "html":
        return Response(render("search.html.j2", _searched(request, given, None)), media_type="text/html")
    if not text:
        raise Refused(400, "there is nothing to search for", fix="Give q=…, a word or two of a label.")
    limit = read_rows(given.get("limit", ""), _FOUND_MOST) if given.get("limit") else _FOUND
    answer = await unless_gone(request, _found(request, text, given, limit))
    headers = {"x-mcgraph-snapshot": answer.snapshot, "vary": "Accept"}
    if answer.truncated:
        headers |= {"x-truncated": "true", "x-mcgraph-limit": answer.limit}
    if offer.form == "html":
        body = render("search.html.j2", _searched(request, given, answer))
    elif offer.form == "csv":
        body = answer.to_csv()
    else:
        body = json.dumps(answer.to_json(), ensure_ascii=False) + "\n"
    return Response(body, headers=headers, media_type=offer.media)


def _searched(request: Request, given: dict[str, str], answer: Answer | None) -> dict[str, object]:
    text, chosen = given.get("q", ""), {n: v for n, v in given.items() if v and n != "format"}
    forms = [("JSON", "json"), ("CSV", "csv")]
    return request_values(request) | {
        "title": f"Search: {text}" if text else "Search",
        "text": text,
        "language": given.get("lang", ""),
        "kind": given.get("kind", ""),
        "answer": answer,
        "links": [(name, "?" + urlencode(chosen | {"format": form})) for name, form in forms] if answer else [],
        "by_title": "?" + urlencode({TITLE.name: text}),
    }


async def _found(request: Request, text: str, given: dict[str, str], limit: int) -> Answer:
    from mcgraph.search import search as by_labels

    site = site_of(request)
    labels: Labels = request.app.state.labels

    def job(source: Source) -> Answer:
        if not isinstance(source, Graph):
            raise Refused(404, "this server has no index of labels")
        try:
            return by_labels(
                source, text, language=given.get("lang", ""), kind=given.get("kind", ""), limit=limit,
                limits=site.limits,
            )  # fmt: skip
        except LimitReached as hit:
            # What is said of queries over their budget does not help who searches.
            said = {"x-mcgraph-limit": hit.limit}
            raise Refused(422, hit.message, fix=hit.fix, limit=hit.limit, headers=said) from None

    await labels.ready(request)
    answer, _ = await site.beside(job)
    # The name of the limit is that of the parameter here.
    return replace(answer, limit="limit") if answer.truncated else answer


class Labels:
    """Sees to it that the index of labels is made once for a snapshot, and not in the server's own process."""

    def __init__(self) -> None:
        """Nothing is made before it is asked for."""
        self._making: asyncio.Task[None] | None = None
        self._failed = ""

    async def ready(self, request: Request) -> None:
        """Return once the index of the newest snapshot stands.

        Raises `Busy` where making it takes longer than a request waits, `Refused` where it cannot be made or kept.
        """
        site = site_of(request)
        source = (await site.pool()).source
        if not isinstance(source, Graph) or await anyio.to_thread.run_sync(stands, source):
            return
        if self._making is None and self._failed != source.snapshot:
            self._making = asyncio.ensure_future(self._make(source))
        if self._making is not None:
            done, _ = await asyncio.wait((self._making,), timeout=site.limits.served_wait_seconds)
            if not done:
                raise Busy("the index of labels of this snapshot is being made", fix="Ask again in a moment.")
        if self._failed == source.snapshot:
            raise Refused(503, "the index of labels cannot be made on this server; its log says why")

    async def _make(self, source: Graph) -> None:
        snapshot, process = source.snapshot, None
        try:
            process = await asyncio.create_subprocess_exec(
                *module_command("mcgraph.search.make"), str(source.path),
                stdin=DEVNULL, stdout=DEVNULL, stderr=PIPE,
            )  # fmt: skip
            _, said = await process.communicate()
            if process.returncode:
                self._failed = snapshot
                print(f"mcgraph: no index of labels: {said.decode('utf-8', 'replace').strip()[-500:]}", file=sys.stderr)
        finally:
            self._making = None
            if process is not None and process.returncode is None:
                process.kill()
                await process.communicate()

    async def close(self) -> None:
        """End what is being made."""
        if self._making:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)
