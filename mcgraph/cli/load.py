"""`mcgraph load`: map, check and store a submission in one transaction."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from mcgraph.cli.console import Console, terminal_width
from mcgraph.cli.reporting import waivers_of

if TYPE_CHECKING:
    from mcgraph.submissions.loading import Loaded


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--mapping", "-m", help="Bundled mapping (template, rncp, ofqual, esco, survey …) or a YAML file."
)
@click.option(
    "--source", "-s", help="Whose data this is; part of every IRI (default: the mapping or file name)."
)
@click.option("--profile", help="Rules to check against (default: the mapping's own).")
@click.option(
    "--accept",
    type=click.Choice(["valid", "all", "none"]),
    default="valid",
    show_default=True,
    help="Store the records without errors, all of them, or nothing while there is an error.",
)
@click.option("--dry-run", is_flag=True, help="Do everything but store.")
@click.option("--fail-on", type=click.Choice(["error", "warning", "info", "never"]), default="error")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day on which expiry is judged.")
@click.option("--lang", default="en", help="Language of the messages: en, fr, or a language file.")
@click.option("--waivers", type=click.Path(path_type=Path), help="A .csv or .yaml file of findings somebody waives.")
@click.option("--synthetic", is_flag=True, default=None, help="Mark the records as invented.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    files: tuple[Path, ...],
    mapping: str | None,
    source: str | None,
    profile: str | None,
    accept: Literal["valid", "all", "none"],
    dry_run: bool,
    fail_on: str,
    date: datetime.datetime | None,
    lang: str,
    waivers: Path | None,
    synthetic: bool | None,
    as_json: bool,
) -> None:
    """Map, validate and store a submission in one transaction.

    \b
    Examples:
      mcgraph load registry.xlsx --mapping template --source provider-17
      mcgraph load rncp/v1.4 --mapping rncp
      mcgraph load answers.csv --mapping survey
    """
    from mcgraph.submissions.loading import load_files
    from mcgraph.submissions.naming import source_name

    console: Console = ctx.obj
    name = source_name(source, mapping, files)
    with console.progress(f"Loading {name}"):
        loaded = load_files(
            console.address or console.store,
            files,
            mapping=mapping,
            source=name,
            profile=profile,
            accept=accept,
            dry_run=dry_run,
            date=(date or datetime.datetime.now()).date(),
            lang=lang,
            synthetic=synthetic,
            waivers=waivers_of(waivers),
        )
    if as_json:
        console.document(loaded.to_json())
    else:
        console.data(loaded.report.to_text(terminal_width()))
        console.data(summary(loaded, dry_run=dry_run, remote=bool(console.address)))
        if loaded.rejected and not dry_run:
            console.say(f"next: mcgraph quarantine list {name} · mcgraph explain CODE")
    code = loaded.report.exit_code(fail_on)
    if code:
        ctx.exit(code)


def summary(loaded: Loaded, *, dry_run: bool, remote: bool = False) -> str:
    """What was stored, in one or two lines."""
    if dry_run:
        return f"dry run: {loaded.accepted:,} records would be stored, {loaded.rejected:,} refused"
    if loaded.result is None:
        return "nothing was stored: there are errors, and --accept none was asked for"
    text = str(loaded.result)
    if loaded.rejected:
        kept = "are not kept at the address: see the findings" if remote else "are in quarantine with their findings"
        text += f"\n{loaded.rejected:,} records were refused and {kept}"
    return text
