"""Linked data: `/id/…` names a thing, `/page/…` and `/data/…` tell of it (303, by content negotiation)."""

from __future__ import annotations

from itertools import groupby
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import ID, shorten
from mcgraph.model.terms import is_safe_iri
from mcgraph.queries.engine import Source
from mcgraph.queries.parameters import Term, bind
from mcgraph.queries.pool import Wanted
from mcgraph.queries.record import Description, describe
from mcgraph.web import negotiation
from mcgraph.web.answering import (
    base_url,
    client_of,
    request_values,
    site_of,
    unless_gone,
    wanted_offer,
)
from mcgraph.web.negotiation import Offer
from mcgraph.web.pages import render
from mcgraph.web.refusals import Refused
from mcgraph.web.site import PooledEngine

# What is said of a thing and what is said about it, as far as statements go.
_TRIPLES = """CONSTRUCT { ?record ?property ?value . ?other ?link ?record } WHERE {
  VALUES ?record { UNDEF }
  { ?record ?property ?value } UNION { VALUES ?record { UNDEF } ?other ?link ?record }
}"""
_FORMS = {offer.form: offer.media for offer in negotiation.GRAPHS[:4]}
# A header holds ASCII only.
_IRI_SIGNS = ":/?#[]@!$&'()*+,;=%~-._"
_PAGE = (*negotiation.GRAPHS[:4], Offer("text/html", "html"))


async def thing(request: Request) -> Response:
    """`/id/…`: see other, where the page or the statements are."""
    offer = wanted_offer(request, _PAGE)
    prefix = request_values(request)["prefix"]
    local = _local(request, "/id/")
    where = f"{prefix}/page/{local}" if offer.form == "html" else f"{prefix}/data/{local}.{offer.form}"
    return Response(status_code=303, headers={"location": where, "vary": "Accept"})


async def page(request: Request) -> Response:
    """`/page/…`: the record for people."""
    return await _page_of(request, ID + _local(request, "/page/"))


async def data(request: Request) -> Response:
    """`/data/….ttl` (nt, rdf, jsonld): the statements."""
    local, dot, form = _local(request, "/data/").rpartition(".")
    if not dot or form not in _FORMS:
        raise Refused(404, "statements are at /data/… with one of these endings: " + ", ".join(_FORMS))
    return await unless_gone(request, _data_of(request, ID + local, Offer(_FORMS[form], form)))


async def any_thing(request: Request) -> Response:
    """`/describe?iri=…`: the same for an IRI of any kind, such as a concept of a vocabulary."""
    iri = request.query_params.get("iri", "")
    if not is_safe_iri(iri):
        raise Refused(400, "no IRI was given", fix="Ask for /describe?iri=…, percent-encoded.")
    offer = wanted_offer(request, _PAGE)
    if offer.form == "html":
        return await _page_of(request, iri)
    return await unless_gone(request, _data_of(request, iri, offer))


def _local(request: Request, start: str) -> str:
    """What follows `start` in the address as it was sent: `%2F` is part of a name there, not a slash."""
    scope = request.scope
    raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    sent = raw.partition(b"?")[0].decode("latin-1")
    local = sent[sent.index(start) + len(start) :]
    # A browser takes such a part for a way up, and asks for another address.
    steps = any(unquote(part) in (".", "..") for part in local.split("/"))
    if not local or steps or not is_safe_iri(ID + local):
        raise Refused(404, "nothing has this address")
    return local


async def _page_of(request: Request, iri: str) -> Response:
    site = site_of(request)

    def job(source: Source, engine: PooledEngine) -> Description:
        return describe(source, iri, limits=site.limits, engine=engine)

    try:
        found = await unless_gone(request, site.work(client_of(request), job))
    except WrongUse as fault:
        raise Refused(404, fault.message, fix=fault.fix.replace("`mcgraph query --list`", "/api")) from None
    headers = {"x-mcgraph-snapshot": found.snapshot, "vary": "Accept"}
    return Response(render("record.html.j2", _values(request, found)), headers=headers, media_type="text/html")


def _values(request: Request, found: Description) -> dict[str, object]:
    base = base_url(request)
    local = found.iri.removeprefix(ID) if found.iri.startswith(ID) else ""
    data_url = f"{base}/data/{local}." if local else f"{base}/describe?iri={quote(found.iri, safe='')}&format="
    names = {"ttl": "Turtle", "jsonld": "JSON-LD", "nt": "N-Triples", "rdf": "RDF/XML"}
    return request_values(request) | {
        "title": found.label or shorten(found.iri),
        "record": found,
        "own": [(source, list(links)) for source, links in groupby(found.own, key=lambda link: link.source)],
        "about": [(section, list(links)) for section, links in groupby(found.about, key=lambda link: link.section)],
        "links": [(name, data_url + form) for form, name in names.items()],
    }


async def _data_of(request: Request, iri: str, offer: Offer) -> Response:
    site = site_of(request)
    text = bind(_TRIPLES, {"record": Term(iri)})
    most = site.limits.rows_returned
    found, source = await site.ask(Wanted(text, most, form=offer.form, client=client_of(request)))
    if not found.count:
        raise Refused(404, f"nothing in this graph is about {shorten(iri)}")
    headers = {"x-mcgraph-snapshot": source.snapshot, "vary": "Accept"}
    headers["link"] = f"<{quote(iri, safe=_IRI_SIGNS)}>; rel=\"describes\""
    if found.limit:
        headers |= {"x-truncated": "true", "x-mcgraph-limit": found.limit}
    return Response(found.written, headers=headers, media_type=offer.media)
