"""`mcgraph restore`: a store from a dump."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from mcgraph.cli.console import Console


@click.command(short_help="A store from a dump.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--index", "when", type=click.Choice(["now", "later"]), default="now", show_default=True,
    help="Make the index now, or when the store is first opened.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(console: Console, file: Path, when: str, as_json: bool) -> None:
    """Make a new store from a file that `mcgraph dump` wrote; nothing is written over.

    From a .tar comes the same snapshot. From .nq, .ttl and .parquet come the statements: cells and ledger are not in
    such a file, and the snapshot has another id.

    With `--index later` the statements are written, checked and safe, and whoever opens the store first waits for the
    index.

    \b
    Example:
      mcgraph --store again restore backup.tar
    """
    from mcgraph.submissions.restoring import restore

    with console.progress(f"restoring {file.name}"):
        done = restore(file, console.store, indexed=when == "now")
    if as_json:
        console.document({"store": str(console.store), **asdict(done)})
        return
    console.data(f"{console.store}: {done.triples:,} triples of {len(done.sources)} sources · snapshot {done.snapshot}")
    if not done.same_snapshot:
        console.say("the statements were restored; their cells and the ledger are only in a .tar")
    if not done.indexed:
        console.say("its index is made when the store is first opened")
    for line in done.left_out:
        console.say(f"note  {line}")
