"""`mcgraph demo`: the main job from end to end on the bundled synthetic data, told as a story."""

from __future__ import annotations

import time
from pathlib import Path

import click

from mcgraph.cli.console import Console
from mcgraph.errors import WrongUse


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Start over where the folder is there already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, without the story.")
@click.pass_obj
def command(console: Console, folder: Path | None, force: bool, as_json: bool) -> None:
    """The whole story on the bundled synthetic data.

    Makes FOLDER (default ./mcgraph-demo) with the store, a report and the data to try things on.
    """
    from mcgraph.demo.run import run_demo

    target = folder or Path("mcgraph-demo")
    if target.exists() and any(target.iterdir()) and not force:
        raise WrongUse(
            f"the folder {target} is already there", fix="Use --force to start over, or name another folder."
        )
    start = time.perf_counter()
    said = (lambda _text: None) if as_json else console.data
    outcome = run_demo(target, said)
    if as_json:
        console.document({**outcome, "seconds": round(time.perf_counter() - start, 2)})
    else:
        console.data(f"\nDone in {time.perf_counter() - start:.1f} s.")
