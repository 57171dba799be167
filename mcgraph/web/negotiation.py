"""Which form of an answer a client gets: its Accept header with q-values, or a `format` in the address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offer:
    """A media type we can give and the short name of its format (`json`, `csv`, `ttl`, …)."""

    media: str
    form: str


TABLES = (
    Offer("application/sparql-results+json", "json"),
    Offer("application/json", "json"),
    Offer("application/sparql-results+xml", "xml"),
    Offer("text/csv", "csv"),
    Offer("text/tab-separated-values", "tsv"),
    Offer("text/html", "html"),
    Offer("application/xml", "xml"),
    Offer("text/xml", "xml"),
)
GRAPHS = (
    Offer("text/turtle", "ttl"),
    Offer("application/n-triples", "nt"),
    Offer("application/rdf+xml", "rdf"),
    Offer("application/ld+json", "jsonld"),
    Offer("text/html", "html"),
    Offer("text/plain", "nt"),
    Offer("application/json", "jsonld"),
    Offer("application/xml", "rdf"),
)


def choose(accept: str, offers: Sequence[Offer]) -> Offer | None:
    """The offer a client likes best, ours coming first among equals; None where it takes none of them.

    The most specific range that fits an offer decides on it (RFC 9110, 12.5.1). No header takes anything.

    >>> choose("text/csv;q=0.5, application/sparql-results+xml", TABLES).form
    'xml'
    """
    ranges = read_accept(accept) or [("*/*", 1.0)]
    best: Offer | None = None
    most = 0.0
    for offer in offers:
        quality = _quality(offer.media, ranges)
        if quality > most:
            best, most = offer, quality
    return best


def read_accept(accept: str) -> list[tuple[str, float]]:
    """The media ranges of a header with their q-values; a range with a broken q-value is left out."""
    ranges = []
    for part in accept.split(","):
        media, *parameters = (piece.strip().lower() for piece in part.split(";"))
        if not media:
            continue
        quality: float | None = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                quality = _number(value.strip())
        if quality is not None:
            ranges.append(("*/*" if media == "*" else media, quality))
    return ranges


def _number(text: str) -> float | None:
    if not text.replace(".", "", 1).isdecimal() or len(text) > 5:
        return None
    value = float(text)
    return value if value <= 1 else None


def _quality(media: str, ranges: Sequence[tuple[str, float]]) -> float:
    for wanted in (media, media.partition("/")[0] + "/*", "*/*"):
        fitting = [quality for name, quality in ranges if name == wanted]
        if fitting:
            return max(fitting)
    return 0.0
