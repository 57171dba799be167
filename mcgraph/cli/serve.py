"""`mcgraph serve`: the store over HTTP, for queries, questions and linked data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    import socket

    from mcgraph.limits import Limits


@click.command(short_help="The store over HTTP: SPARQL, questions, linked data.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any free port.")
@click.option("--title", default="mcgraph", show_default=True, help="The name of the site.")
@click.option("--public-url", default="", metavar="URL", help="The address users see, where a proxy stands before.")
@click.option("--allow-host", multiple=True, metavar="NAME", help="A further name requests may come under (* for any).")
@click.option("--cors", multiple=True, metavar="ORIGIN", help="An origin whose pages may read answers (* for any).")
@click.option("--behind-proxy", is_flag=True, help="Take the address of a client from a proxy on this machine.")
@click.option("--json", "as_json", is_flag=True, help="Print the address as one JSON document when it is ready.")
@click.pass_context
def command(
    ctx: click.Context,
    host: str,
    port: int,
    title: str,
    public_url: str,
    allow_host: tuple[str, ...],
    cors: tuple[str, ...],
    behind_proxy: bool,
    as_json: bool,
) -> None:
    """Serve the store until Ctrl-C or SIGTERM. It is only read; what `mcgraph load` adds meanwhile is served too.

    \b
    Example:
      mcgraph --store DIR serve
      mcgraph --store DIR serve --port 8080 --title "Credentials of Utopia"
      mcgraph --store DIR serve --host 0.0.0.0 --public-url https://graph.example.org
    """
    console: Console = ctx.obj
    _need_extra()
    from mcgraph.limits import Limits
    from mcgraph.web import Settings, create_app, server
    from mcgraph.web.settings import LOOPBACK

    # Who listens on all addresses is meant to be reached under any name.
    names = allow_host or (() if host in LOOPBACK else ("*",))
    settings = Settings(title=title, public_url=public_url, hosts=(*LOOPBACK, host, *names), cors=cors)
    limits = Limits.from_environment()
    _prepare(console, limits)
    app = create_app(console.store, limits=limits, settings=settings)
    with server.bind(host, port) as listening:
        where = _address(listening, host)

        def ready() -> None:
            if as_json:
                console.document({"url": where, "store": str(console.store), "host": host})
            console.say(f"serving {console.store} at {where} · stop with Ctrl-C")

        server.run(
            app,
            listening,
            limits,
            behind_proxy=behind_proxy,
            ready=ready,
        )
    console.say("stopped")


def _prepare(console: Console, limits: Limits) -> None:
    """Of a large store, make the columns for whole-graph questions first: no request has the time.

    Of a store with a survey in it, say what the endpoint lays open.
    """
    from mcgraph.queries.columnar.using import prepare
    from mcgraph.store import open_graph

    with open_graph(console.store) as graph, console.progress("making the columns of the snapshot"):
        prepare(graph, limits)
        kinds = [one for known in graph.manifest.submissions for one in known.kinds.items()]
    responses = sum(count for kind, count in kinds if kind.rpartition(":")[2].rpartition("#")[2] == "Response")
    if responses:
        console.say(
            f"this store holds {responses:,} single responses to surveys; SPARQL and linked data show them one by one "
            "to whoever reaches the endpoint, only the named questions hide small counts"
        )


def _need_extra() -> None:
    try:
        import starlette
        import uvicorn  # noqa: F401
    except ImportError as fault:
        raise WrongUse(
            f"serving needs {fault.name or 'starlette'}, which is not installed",
            fix="Install it: pip install 'mcgraph[web]'.",
        ) from None
    del starlette


def _address(listening: socket.socket, host: str) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}/"
