"""`mcgraph survey load`: check and store a wave; free text and personal answers only where asked for."""

from __future__ import annotations

import datetime
from pathlib import Path

import click

from mcgraph.cli.console import Console, terminal_width


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--codebook", "-c", type=click.Path(path_type=Path), help="Its codebook (default: beside it).")
@click.option("--source", "-s", help="Whose data this is; part of every IRI (default: the file's name).")
@click.option("--free-text", is_flag=True, help="Let the text of open questions in; it may identify people.")
@click.option("--personal", is_flag=True, help="Let answers to questions marked personal in.")
@click.option("--fail-on", type=click.Choice(["error", "warning", "info", "never"]), default="error")
@click.option("--dry-run", is_flag=True, help="Do everything but store.")
@click.option("--lang", default="en", help="Language of the messages: en, fr, or a language file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def command(
    ctx: click.Context, file: Path, codebook: Path | None, source: str | None, free_text: bool, personal: bool,
    fail_on: str, dry_run: bool, lang: str, as_json: bool,
) -> None:  # fmt: skip
    """Check and store one wave of a survey, in one transaction.

    \b
    Examples:
      mcgraph survey load answers.csv
      mcgraph survey load answers.csv --codebook 2025.codebook.yaml --source providers-2025
    """
    from mcgraph.cli.load import summary
    from mcgraph.cli.survey_input import beside
    from mcgraph.submissions.loading import load_files
    from mcgraph.submissions.naming import source_name

    console: Console = ctx.obj
    book = codebook or beside(file)
    name = source_name(source, None, [file])
    with console.progress(f"Loading {name}"):
        loaded = load_files(
            console.store, [file], mapping=str(book), source=name, dry_run=dry_run, date=datetime.date.today(),
            lang=lang, open_answers=free_text, personal=personal,
        )  # fmt: skip
    if as_json:
        console.document(loaded.to_json())
    else:
        console.data(loaded.report.to_text(terminal_width()))
        console.data(summary(loaded, dry_run=dry_run))
        if loaded.rejected and not dry_run:
            console.say(f"next: mcgraph quarantine list {name} · mcgraph survey table QUESTION")
    code = loaded.report.exit_code(fail_on)
    if code:
        ctx.exit(code)
