"""`mcgraph rerun`: whether the answer in a bundle is the same on this store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from mcgraph.cli.console import Console


@click.command(short_help="Check the answer in a bundle on this store.")
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.pass_context
def command(ctx: click.Context, bundle: Path, as_json: bool) -> None:
    """Ask the question of a bundle again, with the same parameters, and compare the answers.

    Exit code 0 where the answer is the same, 1 where it differs, or where a file of the bundle does not say what its
    answer says. Another snapshot or version is said.

    \b
    Example:
      mcgraph query credentials-by-level --bundle levels.zip
      mcgraph rerun levels.zip
    """
    from mcgraph.limits import Limits
    from mcgraph.queries import ask
    from mcgraph.queries.bundle import altered, changed_versions, differences, unpack

    console: Console = ctx.obj
    limits = Limits.from_environment()
    held = unpack(bundle, limits.bundle_bytes)
    with console.open() as graph, console.progress("asking"):
        answer = ask(graph, held.question(), held.parameters, limits=replace(limits, rows_returned=held.rows))
        changed = altered(held, answer, graph.manifest.submissions)
    differs = differences(held, answer)
    notes = changed_versions(held, answer)
    if as_json:
        console.document({
            "same": not differs and not changed,
            "differences": differs,
            "altered": changed,
            "notes": notes,
            "snapshot": {"then": held.snapshot, "now": answer.snapshot},
        })
    else:
        same = f"same answer: {len(answer):,} rows" if not changed else "same answer, but the bundle is not as written"
        console.data("\n".join(["different answer" if differs else same, *differs, *changed]))
        console.say("\n".join(notes or [f"snapshot {answer.snapshot}"]))
    ctx.exit(1 if differs or changed else 0)
