"""`mcgraph whatif FILE`: agreements, rules and credentials as they might be, and who gains or loses by it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.pathways import RuleBook


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--held", "--holds", "held", multiple=True, help="What somebody holds: compares their plans as well.")
@click.option("--to", "target", default="", help="The credential they want (default: all that the changes touch).")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Rules and recognitions valid on this day.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    console: Console, file: Path, held: tuple[str, ...], target: str, date: datetime.datetime | None, as_json: bool
) -> None:
    """What plans open or close if agreements, rules or credentials change. Nothing stored is touched.

    FILE is YAML or JSON: a list of changes (recognise, expire, change, rule, credential, change-credential,
    end-credential).

    \b
    Examples:
      mcgraph whatif changes.yaml
      mcgraph whatif changes.yaml --held MC-100,MC-101
      mcgraph whatif changes.yaml --held MC-100 --to CERT-9 --json
    """
    from mcgraph.cli.pathways import credentials_of
    from mcgraph.limits import Limits
    from mcgraph.pathways.tell_whatif import tell_whatif, whatif_document
    from mcgraph.pathways.whatif import WhatIf
    from mcgraph.pathways.whatif_file import apply, read_changes

    changes = read_changes(file)
    with console.progress("Reading rules"):
        book = _book(console, (date or datetime.datetime.now()).date(), changes, (*held, target))
    whatif = apply(changes, WhatIf(book, Limits.from_environment()))
    own, held_on = credentials_of(whatif.overlaid(), held)
    if held_on:
        raise WrongUse("A what-if does not look at when something was gained", fix="Leave out @ and the day.")
    with console.progress("Comparing"):
        found = whatif.compare(own, target)
    if as_json:
        console.document(whatif_document(found))
    else:
        console.prose(tell_whatif(found))


def _book(console: Console, date: datetime.date, changes: list[tuple[str, Any]], names: tuple[str, ...]) -> RuleBook:
    """The rules as of a day; of a large store those around what the changes name and what rests on it."""
    from mcgraph.cli.pathways import is_large, read_book
    from mcgraph.pathways import RuleBook
    from mcgraph.pathways.onward import texts_of, touched_by

    graph = console.open()
    # Where it is not said towards what, all that the body awards must be known.
    recognised = [said for kind, said in changes if kind == "recognise"]
    is_open = not all(isinstance(said, dict) and said.get("towards") for said in recognised)
    if is_open or not is_large(graph):
        return read_book(console, date)
    listed = [part for name in names for part in name.split(",") if part.strip()]
    around = touched_by(graph, [*texts_of([said for _, said in changes]), *(part.split("@")[0] for part in listed)])
    return RuleBook.read(graph, date=date, around=around) if around else read_book(console, date)
