"""`mcgraph stats`: what the store holds."""

from __future__ import annotations

import click

from mcgraph.cli.console import Console


@click.command(short_help="What the store holds.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_obj
def command(console: Console, as_json: bool) -> None:
    """Count what the store holds: records by kind, triples by source.

    \b
    Example:
      mcgraph stats
      mcgraph --store demo/store stats --json
    """
    with console.open() as graph:
        stats = graph.stats()
    if as_json:
        console.document(stats)
        return
    console.data(f"snapshot {stats['snapshot']} · {stats['triples']:,} triples\n")
    console.table(["kind", "records"], [[kind, f"{count:,}"] for kind, count in stats["records"].items()])
    console.data("")
    console.table(
        ["source", "mapping", "records", "triples", "quality", "loaded", ""],
        [
            [
                source["source"],
                source["mapping"],
                f"{source['records']:,}",
                f"{source['triples']:,}",
                f"{source['quality']['score']:.1f}" if source["quality"] else "",
                source["time"],
                "synthetic" if source["synthetic"] else "",
            ]
            for source in stats["sources"]
        ],
    )
