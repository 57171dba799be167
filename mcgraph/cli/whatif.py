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
    from mcgraph.store import Graph


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

    limits = Limits.from_environment()
    changes = read_changes(file, limits)
    with console.progress("Reading rules"), console.open() as graph:
        book = _book(graph, (date or datetime.datetime.now()).date(), changes, held, target)
    whatif = apply(changes, WhatIf(book, limits))
    own, held_on = credentials_of(whatif.overlaid(), held)
    if held_on:
        raise WrongUse("A what-if does not look at when something was gained", fix="Leave out @ and the day.")
    with console.progress("Comparing"):
        found = whatif.compare(own, target)
    if as_json:
        console.document(whatif_document(found))
    else:
        console.prose(tell_whatif(found))


def _book(
    graph: Graph, date: datetime.date, changes: list[tuple[str, Any]], held: tuple[str, ...], target: str
) -> RuleBook:
    """The rules as of a day; of a large store those around what the changes name and what rests on it."""
    from mcgraph.cli.pathways import is_large
    from mcgraph.cli.plan_options import dated
    from mcgraph.pathways import RuleBook
    from mcgraph.pathways.known_names import KnownNames, around_names
    from mcgraph.pathways.onward import touched_by
    from mcgraph.pathways.whatif_file import names_in

    names = names_in(changes) if is_large(graph) else None
    if names is None:
        return RuleBook.read(graph, date=date)
    known = KnownNames(graph)
    new = {one.strip() for one in names.new}
    asked = around_names(known, held, dated, new)
    wanted = around_names(known, [target] if target else [], dated, new)
    around = touched_by(graph, names, known)
    if asked is None or wanted is None or around is None:
        return RuleBook.read(graph, date=date)
    # What says that it stacks into what is wanted is told where no rule leads there.
    declaring = [one for whole in wanted for one in known.declaring(whole)]
    return RuleBook.read(graph, date=date, around={*around, *asked, *wanted, *declaring})
