"""`mcgraph describe`: one record, what it says, what is said about it, and who says so."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console

if TYPE_CHECKING:
    from mcgraph.model.finding import Place
    from mcgraph.queries.record import Description, Link
    from mcgraph.store.graph import Graph

PLACES = 10


@click.command(short_help="One record with its provenance.")
@click.argument("record", metavar="IRI|IDENTIFIER|TITLE")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(ctx: click.Context, record: str, as_json: bool) -> None:
    """Show one record: its statements, what others say about it, and where it came from.

    \b
    Example:
      mcgraph describe MC-100
      mcgraph describe "Data literacy for nurses"
      mcgraph describe https://w3id.org/mcgraph/id/demo/credential/MC-100 --json
    """
    from mcgraph.queries.record import describe

    console: Console = ctx.obj
    with console.open() as graph:
        found = describe(graph, record)
        places = _places(graph, found.iri)
    if as_json:
        console.document({**found.to_json(), "places": [_place(place) for place in places]})
        return
    _print(console, found, places)


def _places(graph: Graph, iri: str) -> list[Place]:
    return graph.cell_of(iri)[:PLACES]


def _place(place: Place) -> dict[str, Any]:
    return {"file": place.file, "sheet": place.sheet, "row": place.row, "line": place.line, "pointer": place.pointer}


def _print(console: Console, found: Description, places: list[Place]) -> None:
    from mcgraph.model.namespaces import shorten

    console.data(f"{_line(found.label) or shorten(found.iri)}")
    console.data(f"{found.iri}\n{', '.join(shorten(each) for each in found.classes)}")
    if found.is_synthetic:
        console.data("SYNTHETIC DATA: what follows is invented")
    for source, links in groupby(found.own, key=lambda link: link.source):
        console.data(f"\nsays {shorten(source)}")
        for link in links:
            console.data(_row(link))
    for section, links in groupby(found.about, key=lambda link: link.section):
        console.data(f"\n{section}")
        for link in links:
            value = shorten(link.value)
            console.data(f"  {value}  {_line(link.label)}  [{shorten(link.source)}]")
    if places or found.origins:
        console.data("\ncomes from")
    for place in places:
        told = [place.file, place.sheet, f"row {place.row}" if place.row else place.pointer or ""]
        console.data("  " + " · ".join(part for part in told if part))
    for origin in found.origins:
        synthetic = "synthetic" if origin.get("synthetic") in ("true", "1") else ""
        told = [shorten(origin["submission"]), origin.get("file", ""), origin.get("when", ""), synthetic]
        console.data("  " + " · ".join(_line(part) for part in told if part))
    if found.truncated:
        console.say("not complete: more is said about this record than is shown")
    console.say(f"snapshot {found.snapshot}")


def _row(link: Link) -> str:
    from mcgraph.model.namespaces import shorten

    name = shorten(link.property).partition(":")[2] or shorten(link.property)
    value = shorten(link.value) if link.type == "iri" else link.value
    language = f" ({link.type[1:]})" if link.type.startswith("@") else ""
    label = f"  {_line(link.label)}" if link.label and link.type == "iri" else ""
    return f"  {name:<24}{_line(value)}{language}{label}"


def _line(text: str) -> str:
    """One line without control characters: a hostile label must not steer the terminal."""
    return "".join(mark if mark.isprintable() else " " for mark in text)
