"""`mcgraph validate` with several profiles: one reading of the files, one matrix."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from mcgraph.cli.console import Console, terminal_width
from mcgraph.cli.reporting import Outputs, check_outputs
from mcgraph.errors import WrongUse


def run_matrix(
    ctx: click.Context,
    files: tuple[Path, ...],
    mapping: str | None,
    source: str | None,
    profiles: tuple[str, ...],
    wanted: Outputs,
    date: datetime.datetime | None,
    lang: str,
    syntax: str | None = None,
) -> None:
    """Check `files` against every profile, print or write the matrix, and exit with its code."""
    from mcgraph.report.matrix import write_matrix
    from mcgraph.store import open_graph
    from mcgraph.submissions.naming import source_name
    from mcgraph.submissions.reading import read_batch
    from mcgraph.validation.matrix import validate_profiles

    console: Console = ctx.obj
    _check(profiles, wanted)
    day = (date or datetime.datetime.now()).date()
    fail_on = wanted.fail_on
    with console.progress("Checking"):
        batch = read_batch(files, mapping, source_name(source, mapping, files), syntax=syntax)
        if (console.store / "FORMAT").exists():
            with open_graph(console.store) as graph:
                matrix = validate_profiles(batch, profiles, date=day, context=graph, lang=lang, fail_on=fail_on)
        else:
            matrix = validate_profiles(batch, profiles, date=day, lang=lang, fail_on=fail_on)
    for path in wanted.reports:
        write_matrix(matrix, path)
        console.say(f"wrote {path}")
    if wanted.as_json:
        console.document(matrix.to_json())
    else:
        console.data(matrix.to_text(terminal_width()))
    if matrix.exit_code():
        ctx.exit(matrix.exit_code())


def _check(profiles: tuple[str, ...], wanted: Outputs) -> None:
    """Refuse what a matrix cannot do, and a profile that is none, before any file is read."""
    from mcgraph.report.matrix import FORMATS
    from mcgraph.validation.catalogue import profile

    check_outputs(wanted.reports, wanted.force, FORMATS)
    for option in ("annotate", "fix", "diff", "baseline", "waivers"):
        if getattr(wanted, option) is not None:
            raise WrongUse(f"--{option} works with one profile", fix="Name one profile, or leave the option out.")
    for name in profiles:
        profile(name)
