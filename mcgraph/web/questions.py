"""`/api`: the named questions as pages and as data, with the same faces as `mcgraph query`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from mcgraph.errors import LimitReached
from mcgraph.model.answer import Answer
from mcgraph.queries.bundle import citation, cited
from mcgraph.queries.choices import Choice, choices
from mcgraph.queries.concept_labels import concept_labels
from mcgraph.queries.engine import Source
from mcgraph.queries.execute import ask
from mcgraph.queries.guard import bare_text, question_form
from mcgraph.queries.library import GROUPS, NamedQuestion, library, named
from mcgraph.web.answering import (
    base_url,
    client_of,
    read_body,
    request_values,
    site_of,
    unless_gone,
    wanted_offer,
)
from mcgraph.web.negotiation import Offer
from mcgraph.web.openapi import document
from mcgraph.web.pages import render
from mcgraph.web.protocol import FORM, read_pairs
from mcgraph.web.refusals import Refused
from mcgraph.web.site import PooledEngine

TABLE = (
    Offer("application/json", "json"),
    Offer("application/sparql-results+json", "json"),
    Offer("text/csv", "csv"),
    Offer("text/tab-separated-values", "tsv"),
    Offer("application/vnd.apache.parquet", "parquet"),
    Offer("text/html", "html"),
    Offer("text/markdown", "md"),
)
_TRIPLES = (Offer("application/n-triples", "nt"), Offer("text/turtle", "ttl"), *TABLE)
# What a person may write for a parameter of a type.
_KINDS = {
    "iri": "title, identifier or IRI",
    "concept": "label, notation or IRI",
    "country": "name or code",
    "language": "name or code",
    "integer": "whole number",
    "decimal": "number",
    "date": "such as 2026-03-31",
}
# Snapshots whose choices are remembered.
_REMEMBERED = 200


async def index(request: Request) -> Response:
    """All questions, as a page or as JSON."""
    offer = wanted_offer(request, (Offer("application/json", "json"), Offer("text/html", "html")))
    questions = library().values()
    if offer.form == "json":
        base = base_url(request)
        listed = [
            {
                "name": q.name,
                "question": q.question,
                "group": q.group,
                "tags": list(q.tags),
                "url": f"{base}/api/q/{q.name}",
            }
            for q in questions
        ]
        return Response(json.dumps(listed, ensure_ascii=False, indent=2) + "\n", media_type="application/json")
    groups = [(group, [q for q in questions if q.group == group]) for group in GROUPS]
    values = {"title": "Questions", "groups": [each for each in groups if each[1]], "count": len(questions)}
    return Response(render("questions.html.j2", request_values(request) | values), media_type="text/html")


async def openapi(request: Request) -> Response:
    """The OpenAPI 3.1 document of the endpoint."""
    text = json.dumps(document(base_url(request), site_of(request)), ensure_ascii=False, indent=2)
    return Response(text + "\n", media_type="application/json")


async def question(request: Request) -> Response:
    """One question: its answer, or for browsers the form that asks for what is missing."""
    asked = _named(request.path_params["name"])
    pairs = read_pairs(request.scope["query_string"])
    if request.method == "POST":
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise Refused(415, "parameters are posted as a form", fix=f"Set Content-Type to {FORM}.")
        pairs += read_pairs(await read_body(request))
    given = dict(pairs)
    if len(given) != len(pairs):
        raise Refused(400, "a parameter was given twice")
    form = given.pop("format", "")
    rows = read_rows(given.pop("limit", ""), site_of(request).limits.rows_returned)
    graph = question_form(bare_text(asked.text)) in ("CONSTRUCT", "DESCRIBE")
    offer = wanted_offer(request, _TRIPLES if graph else TABLE, form)
    # An empty field of a form is a parameter that was not given.
    given = {name: value for name, value in given.items() if value}
    if offer.form == "html" and any(parameter.name not in given for parameter in asked.required):
        return Response(await _form(request, asked, given), media_type="text/html")
    return await unless_gone(request, _answer(request, asked, given, rows, offer))


def _named(name: str) -> NamedQuestion:
    if name not in library():
        try:
            named(name)
        except Exception as fault:
            raise Refused(404, str(fault).partition("\n")[0], fix=_near(fault)) from None
    return library()[name]


def _near(fault: Exception) -> str:
    return str(getattr(fault, "fix", "")).replace("`mcgraph query --list`", "/api")


def read_rows(text: str, most: int) -> int:
    """The number of rows an address asks for with `limit=`; `most` where it asks for none.

    Raises `Refused` for what is no number, or too large a one.
    """
    if not text:
        return most
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:9]) <= most:
        raise Refused(400, f"«{text[:40]}» is no number of rows", fix=f"Give limit= a whole number from 1 to {most:,}.")
    return int(text)


async def _answer(
    request: Request, asked: NamedQuestion, given: dict[str, str], rows: int, offer: Offer
) -> Response:
    site = site_of(request)

    def job(source: Source, engine: PooledEngine) -> tuple[Answer, bytes]:
        engine.most = rows
        answer = ask(source, asked, given, limits=site.limits, engine=engine, columns=engine.columns)
        cite = citation(answer, cited(getattr(source, "manifest", None)))
        if offer.form == "html":
            found = _choices(request, asked, source, engine)
            labels = concept_labels(engine, answer) if answer.kind == "table" else {}
            return answer, _page(request, asked, given, answer, found, cite, labels).encode()
        if offer.form == "json":
            document = answer.to_json() | {"citation": cite}
            return answer, (json.dumps(document, ensure_ascii=False) + "\n").encode()
        return answer, WRITERS[offer.form](answer)

    answer, body = await site.work(client_of(request), job)
    headers = {"x-mcgraph-snapshot": answer.snapshot, "vary": "Accept"}
    if answer.truncated:
        headers |= {"x-truncated": "true", "x-mcgraph-limit": answer.limit}
    if offer.form == "parquet":
        headers["content-disposition"] = f'attachment; filename="{asked.name}.parquet"'
    return Response(body, headers=headers, media_type=offer.media)


def _parquet(answer: Answer) -> bytes:
    from mcgraph.model.frames import write_parquet

    out = BytesIO()
    write_parquet(answer, out)
    return out.getvalue()


WRITERS: dict[str, Callable[[Answer], bytes]] = {
    "csv": lambda answer: answer.to_csv().encode(),
    "tsv": lambda answer: answer.to_tsv().encode(),
    "md": lambda answer: answer.to_markdown().encode(),
    "nt": lambda answer: answer.to_ntriples().encode(),
    "ttl": lambda answer: answer.to_ntriples().encode(),
    "parquet": _parquet,
}


async def _form(request: Request, asked: NamedQuestion, given: dict[str, str]) -> str:
    def job(source: Source, engine: PooledEngine) -> str:
        return _page(request, asked, given, None, _choices(request, asked, source, engine))

    return await site_of(request).work(client_of(request), job)


def _choices(
    request: Request, asked: NamedQuestion, source: Source, engine: PooledEngine
) -> dict[str, list[Choice]]:
    """What each parameter can be in the data; nothing where that cannot be found in time."""
    kept: dict[tuple[str, str], dict[str, list[Choice]]] = request.app.state.choices
    key = source.snapshot, asked.name
    if key not in kept:
        by_name: dict[str, list[Choice]] = {}
        try:
            for choice in choices(engine, asked, engine.columns):
                by_name.setdefault(choice.parameter, []).append(choice)
        except LimitReached:
            return {}
        if len(kept) >= _REMEMBERED:
            kept.clear()
        kept[key] = by_name
    return kept[key]


def _page(
    request: Request,
    asked: NamedQuestion,
    given: dict[str, str],
    answer: Answer | None,
    found: dict[str, list[Choice]],
    cite: str = "",
    labels: Mapping[str, str] | None = None,
) -> str:
    forms = [("JSON", "json"), ("CSV", "csv"), ("TSV", "tsv"), ("Parquet", "parquet")]
    values = {
        "title": asked.question,
        "question": asked,
        "kinds": _KINDS,
        "given": given,
        "answer": answer,
        "choices": found,
        "links": [(name, "?" + urlencode(given | {"format": form})) for name, form in forms] if answer else [],
        "permalink": f"{base_url(request)}/api/q/{asked.name}" + (f"?{urlencode(given)}" if given else ""),
        "citation": cite,
        "labels": labels or {},
    }
    return render("question.html.j2", request_values(request) | values)
