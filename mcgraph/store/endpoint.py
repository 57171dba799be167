"""A SPARQL 1.1 store of somebody else's, spoken to over HTTP: queries, updates, and nothing else.

Query and update go to one address unless `MCGRAPH_STORE_UPDATE_URL` names another. Credentials come from the
environment, never from the address or a command line: `MCGRAPH_STORE_USER`, `MCGRAPH_STORE_PASSWORD`, and
`MCGRAPH_STORE_AUTH` (`basic`, the default, or `digest`). Redirects are not followed: they could carry the credentials
elsewhere.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from mcgraph.errors import LimitReached, StoreUnavailable, WrongUse

if TYPE_CHECKING:
    import httpx

RESULTS = "application/sparql-results+json"
TRIPLES = "application/n-triples"
_XSD = "http://www.w3.org/2001/XMLSchema#"
# What a busy or restarting server says; the request is made again after a pause.
_AGAIN = (429, 502, 503, 504)
_PAUSES = (0.5, 1.0, 2.0, 4.0)
_MOST_BYTES = 1_000_000_000
# Virtuoso cuts answers without a word in them: these headers tell (its manual, «Anytime queries», «ResultSetMaxRows»).
_MOST_ROWS = "X-SPARQL-MaxRows"
_STATE, _PARTIAL = "X-SQL-State", "S1TAT"

Term = tuple[str, str]  # text, and `iri`, `bnode`, `@language` or a datatype IRI


def is_address(text: str) -> bool:
    """Whether a --store names a SPARQL endpoint and not a folder."""
    return text.startswith(("http://", "https://"))


@dataclass(frozen=True, slots=True)
class Result:
    """What a query gave: `columns` and rows of terms (None where nothing is bound), or the boolean of ASK.

    `is_cut` says that the server gave as many rows as it ever gives: there may be more.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Term | None, ...], ...]
    boolean: bool | None = None
    is_cut: bool = False


class Asked(Protocol):
    """What a remote graph needs of an endpoint; tests give one of their own."""

    def query(self, text: str, *, graphs: Sequence[str] = (), seconds: float = 30) -> Result:
        """The result of a query over the named graphs, or over all."""

    def triples(self, text: str, *, graphs: Sequence[str] = (), seconds: float = 30) -> bytes:
        """The triples of CONSTRUCT or DESCRIBE as N-Triples."""

    def update(self, text: str) -> None:
        """Carry out an update."""

    def close(self) -> None:
        """Give back the connection."""


class Endpoint:
    """The address of a SPARQL 1.1 endpoint, with one connection that is kept."""

    def __init__(self, address: str, environment: Mapping[str, str] | None = None) -> None:
        """Raises `WrongUse` for an address that is none or carries a password, or where httpx is not installed."""
        said = os.environ if environment is None else environment
        self.address = _checked(address)
        self._update = _checked(said.get("MCGRAPH_STORE_UPDATE_URL") or address)
        self._client = _client(said)

    def query(self, text: str, *, graphs: Sequence[str] = (), seconds: float = 30) -> Result:
        """The result of SELECT or ASK.

        Raises `WrongUse` for a query the server refuses, `LimitReached` where it takes longer than `seconds`,
        `StoreUnavailable` where the server cannot be reached or gives no SPARQL results.
        """
        content, most = self._post(self.address, _form(text, graphs), RESULTS, seconds)
        found = read_results(content, self.address)
        return replace(found, is_cut=True) if most is not None and len(found.rows) >= most else found

    def triples(self, text: str, *, graphs: Sequence[str] = (), seconds: float = 30) -> bytes:
        """The triples of CONSTRUCT or DESCRIBE as N-Triples text."""
        return self._post(self.address, _form(text, graphs), TRIPLES, seconds)[0]

    def update(self, text: str) -> None:
        """Carry out an update; what is sent must be such that doing it twice is doing it once."""
        self._post(self._update, {"update": text}, "*/*", 300)

    def close(self) -> None:
        """Give back the connection."""
        self._client.close()

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _post(self, address: str, form: Mapping[str, Any], accept: str, seconds: float) -> tuple[bytes, int | None]:
        """What the server sent, and the most rows it says it gives."""
        import httpx

        for pause in (*_PAUSES, None):
            try:
                answer = self._client.post(address, data=form, headers={"Accept": accept}, timeout=seconds)
            except httpx.TimeoutException as fault:
                raise LimitReached(
                    f"the store did not answer within {seconds:g} s",
                    where=address,
                    fix="Ask for less, or raise query_seconds.",
                ) from fault
            except httpx.HTTPError as fault:
                if pause is None:
                    raise StoreUnavailable(
                        f"the store cannot be reached: {fault}",
                        where=address,
                        fix="Is the address right and the server up?",
                    ) from fault
            else:
                if answer.status_code not in _AGAIN or pause is None:
                    return _content(answer, address), _most_rows(answer)
            time.sleep(pause)
        raise AssertionError("the last try returns or raises")


def _form(text: str, graphs: Sequence[str]) -> dict[str, Any]:
    """Query and dataset (SPARQL 1.1 Protocol §2.1.4): the graphs merged as the default one, and each by its name."""
    return {"query": text, "default-graph-uri": list(graphs), "named-graph-uri": list(graphs)}


def _checked(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WrongUse(f"«{address[:100]}» is no address of a SPARQL endpoint", fix="It begins with https:// or http://.")
    if parts.username or parts.password:
        raise WrongUse(
            "an address must not carry a user name or password: it ends up in logs",
            fix="Set MCGRAPH_STORE_USER and MCGRAPH_STORE_PASSWORD.",
        )
    return address


def _client(said: Mapping[str, str]) -> httpx.Client:
    try:
        import httpx
    except ImportError as fault:
        raise WrongUse(
            "a store by address needs a library that is not installed", fix="Install it: pip install mcgraph[remote]"
        ) from fault
    user, password = said.get("MCGRAPH_STORE_USER", ""), said.get("MCGRAPH_STORE_PASSWORD", "")
    kind = said.get("MCGRAPH_STORE_AUTH", "basic")
    if kind not in ("basic", "digest"):
        raise WrongUse(f"MCGRAPH_STORE_AUTH is «{kind[:40]}»", fix="It is basic or digest.")
    auth = None
    if user:
        auth = httpx.BasicAuth(user, password) if kind == "basic" else httpx.DigestAuth(user, password)
    return httpx.Client(auth=auth, follow_redirects=False)


def _content(answer: httpx.Response, address: str) -> bytes:
    if answer.status_code in (401, 403):
        raise StoreUnavailable(
            f"the store refuses this ({answer.status_code})",
            where=address,
            fix="Set MCGRAPH_STORE_USER and MCGRAPH_STORE_PASSWORD; some servers update at another address "
            "(MCGRAPH_STORE_UPDATE_URL) or by digest (MCGRAPH_STORE_AUTH).",
        )
    if 300 <= answer.status_code < 400:
        raise StoreUnavailable(
            f"the store answers from elsewhere: {answer.headers.get('location', '')[:200]}",
            where=address,
            fix="Give that address if you trust it.",
        )
    if answer.status_code >= 400:
        said = " ".join(answer.text.split())[:400]
        if answer.status_code == 400 or "syntax error" in said:
            raise WrongUse(f"the store does not take this query: {said}", where=address)
        raise StoreUnavailable(f"the store failed ({answer.status_code}): {said}", where=address)
    if answer.headers.get(_STATE) == _PARTIAL:
        raise LimitReached(
            "the server ran out of the time it gives a query, and sent what it had by then",
            where=address,
            fix="Ask for less, or raise its bound (Virtuoso: ExecutionTimeout).",
        )
    if len(answer.content) > _MOST_BYTES:
        raise LimitReached("the answer has more than 1 GB", where=address)
    return answer.content


def _most_rows(answer: httpx.Response) -> int | None:
    """The bound on rows that Virtuoso sets and tells in a header, saying nothing in the result itself."""
    said = answer.headers.get(_MOST_ROWS, "")
    return int(said) if said.isdecimal() else None


def read_results(content: bytes, address: str) -> Result:
    """SPARQL 1.1 Query Results JSON as a result; older ways of saying a thing are understood.

    Raises `StoreUnavailable` for anything else.
    """
    import json

    try:
        said = json.loads(content)
        if "boolean" in said:
            return Result((), (), bool(said["boolean"]))
        columns = tuple(str(name) for name in said["head"]["vars"])
        rows = tuple(
            tuple(_term(row[name]) if name in row else None for name in columns) for row in said["results"]["bindings"]
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        raise StoreUnavailable("the store's answer is no SPARQL result", where=address) from fault
    if columns == ("__ASK_RETVAL",):
        # Virtuoso 7 answers ASK with a row.
        return Result((), (), bool(rows) and rows[0][0] is not None and rows[0][0][0] in ("1", "true"))
    return Result(columns, rows)


def _term(said: Mapping[str, str]) -> Term:
    kind, value = said["type"], str(said["value"])
    if kind == "uri":
        return value, "iri"
    if kind == "bnode":
        return f"_:{value}", "bnode"
    language = said.get("xml:lang")
    if language:
        return value, f"@{language}"
    datatype = str(said.get("datatype") or _XSD + "string")
    if datatype == _XSD + "boolean":
        # Both spellings are booleans (XSD 1.1 §3.3.2); ours is the word.
        value = {"1": "true", "0": "false"}.get(value, value)
    return value, datatype
