"""`mcgraph forget`: take a source out of the store, and on request out of every snapshot on the disk."""

from __future__ import annotations

import click

from mcgraph.cli.console import Console


@click.command(short_help="Take a source out of the store.")
@click.argument("source")
@click.option("--purge", is_flag=True, help="Remove older snapshots too, so that nothing of it stays on the disk.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def command(console: Console, source: str, purge: bool, as_json: bool) -> None:
    """Take a source, and what was refused of it, out of the store in one transaction.

    Older snapshots still have it until they go (`mcgraph config` tells how many are kept), or until `--purge`,
    which removes every older snapshot. The history keeps that the source was there, never what it said.

    \b
    Examples:
      mcgraph forget provider-17
      mcgraph forget provider-17 --purge
    """
    from mcgraph.store import open_graph
    from mcgraph.submissions import quarantine

    if console.address:
        _at_address(console, source, as_json)
        return
    with console.progress(f"Forgetting {source}"), open_graph(console.store, read_only=False) as graph:
        result = graph.forget(source)
        quarantine.drop(console.store, source)
        if purge:
            graph.purge()
    if as_json:
        changes = {"added": result.added, "changed": result.changed, "removed": result.removed}
        document = {"source": source, "snapshot": result.snapshot, "triples": result.triples, "changes": changes}
        console.document({**document, "purged": purge})
        return
    console.data(str(result))
    if not purge:
        console.say("older snapshots still have it; mcgraph forget --purge removes them")


def _at_address(console: Console, source: str, as_json: bool) -> None:
    """At an address there is one snapshot: what is forgotten is gone at once."""
    with console.progress(f"Forgetting {source}"), console.open() as graph:
        result = graph.forget(source)
    if as_json:
        changes = {"added": result.added, "changed": result.changed, "removed": result.removed}
        document = {"source": source, "snapshot": result.snapshot, "triples": result.triples, "changes": changes}
        console.document({**document, "purged": True})
        return
    console.data(str(result))
