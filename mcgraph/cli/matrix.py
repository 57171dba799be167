"""`mcgraph validate` with several profiles: one reading of the files, one matrix."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from mcgraph.cli.console import Console, terminal_width


def run_matrix(
    ctx: click.Context,
    files: tuple[Path, ...],
    mapping: str | None,
    source: str | None,
    profiles: tuple[str, ...],
    reports: tuple[Path, ...],
    fail_on: str,
    date: datetime.datetime | None,
    lang: str,
    force: bool,
    as_json: bool,
) -> None:
    """Check `files` against every profile, print or write the matrix, and exit with its code."""
    from mcgraph.cli.load import source_name
    from mcgraph.cli.validate import check_outputs
    from mcgraph.report.matrix import FORMATS, write_matrix
    from mcgraph.store import open_graph
    from mcgraph.submissions.reading import read_batch
    from mcgraph.validation.catalogue import profile
    from mcgraph.validation.matrix import validate_profiles

    console: Console = ctx.obj
    check_outputs(reports, force, FORMATS)
    for name in profiles:
        profile(name)  # a name that is none is told before the files are read
    day = (date or datetime.datetime.now()).date()
    with console.progress("Checking"):
        batch = read_batch(files, mapping, source_name(source, mapping, files))
        if (console.store / "FORMAT").exists():
            with open_graph(console.store) as graph:
                matrix = validate_profiles(batch, profiles, date=day, context=graph, lang=lang, fail_on=fail_on)
        else:
            matrix = validate_profiles(batch, profiles, date=day, lang=lang, fail_on=fail_on)
    for path in reports:
        write_matrix(matrix, path)
        console.say(f"wrote {path}")
    if as_json:
        console.document(matrix.to_json())
    else:
        console.data(matrix.to_text(terminal_width()))
    if matrix.exit_code():
        ctx.exit(matrix.exit_code())
