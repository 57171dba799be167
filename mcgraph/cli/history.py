"""`mcgraph history`: what was loaded, when and by which rules."""

from __future__ import annotations

from dataclasses import asdict

import click

from mcgraph.cli.console import Console


@click.command(short_help="What was loaded, when and by which rules.")
@click.option("--source", default="", help="Only this source.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(console: Console, source: str, as_json: bool) -> None:
    """List every change of the store, oldest first: source, files, mapping, rules and what it changed.

    \b
    Example:
      mcgraph history
      mcgraph history --source demo --json
    """
    with console.open() as graph:
        snapshot = graph.snapshot
        events = [event for event in graph.history() if source in ("", event.source)]
    if as_json:
        console.document({"snapshot": snapshot, "events": [asdict(event) for event in events]})
        return
    if not events:
        console.say("nothing was loaded yet" if not source else f"nothing was loaded as «{source}»")
        return
    console.table(
        ["time", "what", "source", "records", "added", "changed", "removed", "refused", "quality", "mapping", "rules",
         "snapshot"],
        [
            [
                event.time,
                event.action,
                event.source + (" (synthetic)" if event.synthetic else ""),
                f"{event.records:,}",
                f"{event.added:,}",
                f"{event.changed:,}",
                f"{event.removed:,}",
                f"{event.rejected:,}",
                f"{event.quality['score']:.1f}" if "score" in event.quality else "",
                event.mapping,
                " ".join(event.rules.values()),
                event.snapshot,
            ]
            for event in events
        ],
    )
