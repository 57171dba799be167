"""What every request passes: the name it comes under, headers that bind browsers, and readers from other origins."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mcgraph.web.settings import Settings

# Nothing from outside, no scripts, no frames; forms lead back to us only.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "x-frame-options": "DENY",
}
# As they are sent: put on every response, so made once.
_SECURITY = [(name.encode(), value.encode()) for name, value in SECURITY.items()]
# What is no page needs only the order not to be taken for one.
_NOSNIFF = [(b"x-content-type-options", b"nosniff"), (b"content-security-policy", b"default-src 'none'")]
_SHARED = (b"cross-origin-resource-policy", b"cross-origin")
_NOT_SHARED = (b"cross-origin-resource-policy", b"same-origin")
_EXPOSED = "X-Mcgraph-Snapshot, X-Mcgraph-Limit, X-Truncated, Retry-After, Cache-Status"
METHODS = "GET, HEAD, POST, OPTIONS"


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings, head_bytes: int) -> None:
        """Let pass what `settings` allow, in heads of at most `head_bytes` bytes."""
        self.app = app
        self.settings = settings
        self._head_bytes = head_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request and put the headers on its response."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin", "")
        shared = bool(origin) and self.settings.allows_origin(origin)

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                security = _SECURITY if _is_page(message["headers"]) else _NOSNIFF
                message["headers"] = [*message["headers"], *security, _SHARED if shared else _NOT_SHARED]
                if shared:
                    own = MutableHeaders(scope=message)
                    own["access-control-allow-origin"] = "*" if "*" in self.settings.cors else origin
                    own["access-control-expose-headers"] = _EXPOSED
                    own.add_vary_header("Origin")
            await send(message)

        if not self.settings.allows_host(headers.get("host", "")):
            await PlainTextResponse(
                "this server does not answer under that name\n"
                "Whoever runs it can allow the name with --allow-host.\n",
                421,
            )(scope, receive, sent)
        elif _head(scope) > self._head_bytes:
            # The server bounds a head only while it comes in pieces.
            await PlainTextResponse(
                f"the address and headers of a request may have {self._head_bytes:,} bytes\nPOST a long query.\n",
                431,
                headers={"x-mcgraph-limit": "served_header_bytes"},
            )(scope, receive, sent)
        elif shared and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            allowed = {
                "access-control-allow-methods": METHODS,
                "access-control-allow-headers": "Accept, Content-Type",
                "access-control-max-age": "600",
            }
            await PlainTextResponse("", 204, headers=allowed)(scope, receive, sent)
        else:
            await self.app(scope, receive, sent)


def _head(scope: Scope) -> int:
    """How long the head of a request is, line ends and separators included."""
    address = len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"])
    return address + 16 + sum(len(name) + len(value) + 4 for name, value in scope["headers"])


def _is_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and value.startswith(b"text/html") for name, value in headers)
