"""The endpoint: SPARQL 1.1 Protocol, named questions and linked data over HTTP (needs the extra `web`).

from mcgraph.web import create_app

app = create_app("mcgraph-store")        # an ASGI application for a server of your own: uvicorn module:app
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mcgraph.web.app import create_app
    from mcgraph.web.settings import Settings

_HOMES = {"Settings": "mcgraph.web.settings", "create_app": "mcgraph.web.app"}
__all__ = ["Settings", "create_app"]


def __getattr__(name: str) -> Any:
    """Import on first use: Starlette is an extra."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)
