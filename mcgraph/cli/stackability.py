"""`mcgraph stackability`: what credentials say of their stacking beside what rules list."""

from __future__ import annotations

import datetime

import click

from mcgraph.cli.console import Console
from mcgraph.cli.structure import give, limit_of


@click.command()
@click.option(
    "--by",
    type=click.Choice(["status", "provider", "country", "pairs"]),
    default="status",
    show_default=True,
    help="Counts by status, provider or country; or every pair with its rule.",
)
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="Rules in force on this day.")
@click.option("--limit", type=click.IntRange(1), help="Most rows that are shown.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(
    console: Console, by: str, date: datetime.datetime | None, limit: int | None, as_json: bool
) -> None:
    """Declared against supported stackability.

    \b
    Examples:
      mcgraph stackability
      mcgraph stackability --by country
      mcgraph stackability --by pairs --limit 20
    """
    from mcgraph.pathways.columns import pairs_of
    from mcgraph.pathways.stackability import declared_against_supported
    from mcgraph.pathways.tables import of_stackability

    day = (date or datetime.datetime.now()).date()
    with console.open() as graph, console.progress("Comparing"):
        found = declared_against_supported(pairs_of(graph), date=day)
        answer = of_stackability(graph, found, by, limit_of(limit))
    give(console, answer, as_json)
