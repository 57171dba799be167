"""SPARQL 1.1 Protocol: from the parts of a request to the query it means, or to the refusal it deserves.

Three ways to ask (https://www.w3.org/TR/sparql11-protocol/#query-operation): GET with `query=`, POST of a form, POST
of the text itself. Each may name the graphs of its dataset. Changes are not offered over HTTP at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from mcgraph.web.refusals import Refused

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"
PARAMETERS = 200
_CHANGES = "Data comes in with `mcgraph load`, nowhere else."


@dataclass(frozen=True, slots=True)
class Operation:
    """A query with the dataset the request names (None: it names none) and the format its address asks for."""

    text: str
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    form: str = ""


def read_get(query_string: bytes) -> Operation | None:
    """What a GET means; None where it asks nothing and so wants the description of the service.

    Raises `Refused` for a request the protocol does not know.
    """
    pairs = read_pairs(query_string)
    _refuse_update(pairs)
    if not any(name == "query" for name, _ in pairs):
        if any(name in ("default-graph-uri", "named-graph-uri") for name, _ in pairs):
            raise Refused(400, "the request names graphs but holds no query", fix="Add query=….")
        return None
    return _operation(_one_query(pairs), pairs)


def read_post(content_type: str, query_string: bytes, body: bytes) -> Operation:
    """What a POST means.

    Raises `Refused`: 415 for a body of another kind or another encoding than UTF-8, 400 for one that cannot be read.
    """
    kind, charset = _content_type(content_type)
    if kind == UPDATE:
        raise Refused(403, "this endpoint answers questions and changes nothing", fix=_CHANGES)
    if kind not in (FORM, QUERY):
        raise Refused(
            415,
            f"a query cannot be posted as «{kind[:80] or 'nothing in particular'}»",
            fix=f"Set Content-Type to {QUERY} (the text itself) or {FORM} (query=…).",
        )
    if charset not in ("", "utf-8", "utf8"):
        raise Refused(415, f"a query is read as UTF-8, not as «{charset[:40]}»", fix="Send it in UTF-8.")
    if kind == FORM:
        # A dataset may stand in the address a client was given for the endpoint, with the form beside it.
        pairs = read_pairs(body) + read_pairs(query_string)
        _refuse_update(pairs)
        return _operation(_one_query(pairs), pairs)
    pairs = read_pairs(query_string)
    _refuse_update(pairs)
    if any(name == "query" for name, _ in pairs):
        raise Refused(400, "the request holds two queries, one in its address and one in its body")
    return _operation(_text(body), pairs)


def read_pairs(encoded: bytes) -> list[tuple[str, str]]:
    """The names and values of a form or an address.

    Raises `Refused` for bytes that are not UTF-8 and for very many parts.
    """
    try:
        return parse_qsl(
            encoded.decode("utf-8"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=PARAMETERS,
        )
    except UnicodeDecodeError:
        raise Refused(400, "the request is not UTF-8 text", fix="Encode it as UTF-8, then percent-encode it.") from None
    except ValueError:
        raise Refused(400, f"the request has more than {PARAMETERS} parts") from None


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(400, "the query is not UTF-8 text", fix="Send it in UTF-8.") from None


def _content_type(header: str) -> tuple[str, str]:
    kind, *parameters = (part.strip() for part in header.split(";"))
    charset = ""
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.lower(), charset


def _refuse_update(pairs: Sequence[tuple[str, str]]) -> None:
    if any(name in ("update", "using-graph-uri", "using-named-graph-uri") for name, _ in pairs):
        raise Refused(403, "this endpoint answers questions and changes nothing", fix=_CHANGES)


def _one_query(pairs: Sequence[tuple[str, str]]) -> str:
    texts = [value for name, value in pairs if name == "query"]
    if len(texts) != 1:
        told = "no query" if not texts else f"{len(texts)} queries"
        raise Refused(400, f"the request holds {told}; it must hold one", fix="Send query=… once.")
    return texts[0]


def _operation(text: str, pairs: Sequence[tuple[str, str]]) -> Operation:
    if not text.strip():
        raise Refused(400, "the query is empty", fix="Ask with SELECT, ASK, CONSTRUCT or DESCRIBE.")
    default = tuple(value for name, value in pairs if name == "default-graph-uri")
    named = tuple(value for name, value in pairs if name == "named-graph-uri")
    forms = [value for name, value in pairs if name == "format"]
    given = bool(default or named)
    return Operation(text, default if given else None, named if given else None, forms[-1] if forms else "")
