"""`mcgraph report`: briefings on a snapshot."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console
from mcgraph.errors import InputRefused, WrongUse

if TYPE_CHECKING:
    from mcgraph.briefing import Briefing


@click.group()
def command() -> None:
    """Briefings on a snapshot, each figure with its base, unknowns, query and sources."""


@command.command("landscape")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write one self-contained .html page.")
@click.option("--data", "folder", type=click.Path(path_type=Path), help="Write each table as CSV into this folder.")
@click.option("--lang", default="en", help="Language of the page: en, fr, or a language file.")
@click.option("--date", type=click.DateTime(["%Y-%m-%d"]), help="The day on which statements are in force (today).")
@click.option("--json", "as_json", is_flag=True, help="Every figure with its provenance as one JSON document.")
@click.option("--force", is_flag=True, help="Overwrite what is there.")
@click.pass_obj
def landscape(
    console: Console, output: Path | None, folder: Path | None, lang: str, date: datetime.datetime | None,
    as_json: bool, force: bool,
) -> None:  # fmt: skip
    """Who offers what, where, in which form; completeness, quality assurance, recognition, stackability, survey.

    The same snapshot, date and version give the same page, byte for byte.

    \b
    Examples:
      mcgraph report landscape -o landscape.html
      mcgraph report landscape -o paysage.html --lang fr --date 2026-11-01
      mcgraph report landscape --data tables --json
    """
    from mcgraph.cli.reporting import check_outputs
    from mcgraph.model.language import language

    if output is None and folder is None and not as_json:
        raise WrongUse("nothing is asked for", fix="Give -o FILE.html, --data FOLDER or --json.")
    if output is not None:
        check_outputs((output,), force, (".html",))
    _check_folder(folder, force)
    language(lang)
    from mcgraph.briefing import gather
    from mcgraph.store import open_graph

    day = (date or datetime.datetime.now()).date()
    with open_graph(console.store) as graph:
        with console.progress("Asking"):
            briefing = gather(
                graph, date=day, lang=lang,
                told=lambda done, of, what: console.doing(f"Asking · {done} of {of} figures · {what}" if of else what),
            )  # fmt: skip
        submissions = graph.stats()["sources"]
    _write(console, briefing, submissions, lang, output, folder)
    if as_json:
        console.document(briefing.to_json())


def _check_folder(folder: Path | None, force: bool) -> None:
    if folder is None:
        return
    if folder.exists() and not folder.is_dir():
        raise WrongUse(f"{folder} is not a folder", fix="Name a folder for the tables.")
    if not folder.parent.is_dir():
        raise WrongUse(f"the folder {folder.parent} is not there", fix="Make it, or name another.")
    if folder.is_dir() and any(folder.iterdir()) and not force:
        raise WrongUse(f"the folder {folder} is not empty", fix="Use --force to write into it, or another name.")


def _write(
    console: Console, briefing: Briefing, submissions: list[dict[str, object]], lang: str, output: Path | None,
    folder: Path | None,
) -> None:  # fmt: skip
    from mcgraph.report.landscape import write_landscape, write_tables

    try:
        if output is not None:
            with console.progress("Drawing"):
                write_landscape(briefing, output, submissions, lang)
            console.say(f"wrote {output}")
        if folder is not None:
            folder.mkdir(exist_ok=True)
            console.say(f"wrote {len(write_tables(briefing, folder))} tables to {folder}")
    except OSError as fault:
        raise InputRefused(f"{fault.filename or output} cannot be written: {fault.strerror or fault}") from fault
