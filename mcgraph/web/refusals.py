"""Refusals with an HTTP status, and which status each refusal of mcgraph gets."""

from __future__ import annotations

from mcgraph.errors import InputRefused, LimitReached, McgraphError, RuleBroken, StoreUnavailable, WrongUse
from mcgraph.queries.pool import Busy

# How long a client is asked to wait before it tries again, in seconds.
RETRY_SECONDS = 2
# Who asks over HTTP cannot raise a limit; who runs the server can.
_HINTS = {
    "query_seconds": "Ask for less: begin at one record or class, join patterns by a shared variable, add LIMIT. "
    "Whoever runs this server can raise MCGRAPH_LIMIT_SERVED_QUERY_SECONDS.",
    "query_megabytes": "Ask for less at once: ORDER BY, GROUP BY and DISTINCT hold all rows in memory. "
    "Whoever runs this server can raise MCGRAPH_LIMIT_SERVED_QUERY_MEGABYTES.",
    "served_answer_bytes": "Ask for it in parts: ORDER BY with LIMIT and OFFSET. "
    "Whoever runs this server can raise MCGRAPH_LIMIT_SERVED_ANSWER_BYTES.",
}


class Refused(McgraphError):
    """A request that is answered with a status and a sentence; `headers` go with it."""

    code = "refused"

    def __init__(
        self, status: int, message: str, *, fix: str = "", limit: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """Keep the status beside what every refusal says."""
        super().__init__(message, fix=fix)
        self.status = status
        self.limit = limit
        self.headers = headers or {}


def as_refused(fault: McgraphError) -> Refused:
    """A refusal of mcgraph as an answer to a request.

    A query over its budget is 422, not 5xx: the same query would be over it again, and programs that repeat a
    request after 5xx would only add to the load. A server that is busy is 503 with Retry-After.
    """
    if isinstance(fault, Refused):
        return fault
    limit = getattr(fault, "limit", "")
    headers: dict[str, str] = {}
    if isinstance(fault, Busy | StoreUnavailable):
        status, headers = 503, {"retry-after": str(RETRY_SECONDS)}
    elif isinstance(fault, LimitReached):
        status = 413 if limit == "query_characters" else 422
    elif isinstance(fault, WrongUse | InputRefused):
        status = 400
    else:
        status = 500
    if isinstance(fault, RuleBroken | StoreUnavailable):
        # Paths and insides of the machine are for its operator.
        return Refused(status, _OUTSIDE[status], headers=headers)
    if limit:
        headers["x-mcgraph-limit"] = limit
    # The command line sets the hint in by two signs; a place within a line is pointed to below it.
    fix = _HINTS.get(limit, fault.fix.replace("\n  ", "\n"))
    return Refused(status, fault.message, fix=fix, limit=limit, headers=headers)


_OUTSIDE = {
    500: "a question of this server is broken; its log says which",
    503: "the store cannot be read at the moment; the log of the server says why",
}
