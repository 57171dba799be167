"""`mcgraph config`: each setting, its value and where the value came from."""

from __future__ import annotations

import os

import click

from mcgraph.cli.console import Console
from mcgraph.limits import Limits


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(console: Console, as_json: bool) -> None:
    """Each setting and where its value came from."""
    known = Limits.from_environment()
    rows = [("store", str(console.store), _origin("MCGRAPH_STORE"), "folder of the store (--store)")]
    rows += [
        (f"limit.{name}", str(value), _origin(f"MCGRAPH_LIMIT_{name.upper()}"), sentence)
        for name, value, sentence in known.describe()
    ]
    if as_json:
        console.document([dict(zip(("name", "value", "from", "what"), row, strict=True)) for row in rows])
    else:
        console.table(["setting", "value", "from", "what it is"], rows)


def _origin(variable: str) -> str:
    return f"environment {variable}" if variable in os.environ else "default or flag"
