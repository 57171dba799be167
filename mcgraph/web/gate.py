"""What every request passes: the name it comes under, headers that bind browsers, and readers from other origins."""

from __future__ import annotations

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
_EXPOSED = "X-Mcgraph-Snapshot, X-Mcgraph-Limit, X-Truncated, Retry-After"
METHODS = "GET, HEAD, POST, OPTIONS"


class Gate:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Let pass what `settings` allow."""
        self.app = app
        self.settings = settings

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
                own = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    own[name] = value
                own["cross-origin-resource-policy"] = "cross-origin" if shared else "same-origin"
                if shared:
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
        elif shared and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            allowed = {
                "access-control-allow-methods": METHODS,
                "access-control-allow-headers": "Accept, Content-Type",
                "access-control-max-age": "600",
            }
            await PlainTextResponse("", 204, headers=allowed)(scope, receive, sent)
        else:
            await self.app(scope, receive, sent)
