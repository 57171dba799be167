"""Where the survey commands take a wave from: a response file with its codebook, or the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mcgraph.cli.console import Console, terminal_width
from mcgraph.errors import InputRefused, WrongUse

if TYPE_CHECKING:
    from mcgraph.model.finding import Finding
    from mcgraph.survey.wave import Wave

Command = TypeVar("Command", bound=Callable[..., Any])
_SHOWN = 5


def wave_options(command: Command) -> Command:
    """The options that say which wave."""
    for option in reversed(
        (
            click.option("--data", "-d", type=click.Path(path_type=Path), help="Response file (default: the store)."),
            click.option("--codebook", "-c", type=click.Path(path_type=Path),
                         help="Its codebook (default: NAME.codebook.yaml beside it)."),
            click.option("--names", type=click.Path(path_type=Path), help="File with the true names of its columns."),
            click.option("--survey", "survey", help="Which survey of the store, where it holds several."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def table_options(command: Command) -> Command:
    """The options that say how a table is made."""
    for option in reversed(
        (
            click.option("--by", "-b", multiple=True,
                         help="Group by a role (group, country), a column or a question; several are crossed."),
            click.option("--weight", "-w", default="", help="Column of the weights (default: each response counts 1)."),
            click.option("--small", type=click.IntRange(1), default=5, show_default=True,
                         help="Counts below this are hidden, with what protects them."),
            click.option("--level", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.95,
                         show_default=True, help="Level of the intervals."),
            click.option("--lang", default="en", help="Language of texts (en, fr)."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def open_wave(
    console: Console, data: Path | None, codebook: Path | None, names: Path | None, survey: str | None
) -> Wave:
    """The wave that the options name. Raises `WrongUse` where they do not go together."""
    if data is None:
        if codebook is not None or names is not None:
            raise WrongUse("a codebook needs its response file", fix="Name the file with --data.")
        from mcgraph.survey.stored import stored_wave

        with console.progress("Reading the survey from the store"):
            return stored_wave(console.store, survey)
    if not data.is_file():
        raise InputRefused("no such file", where=str(data), fix="Check the name of the response file.")
    from mcgraph.survey.codebook_file import read_codebook
    from mcgraph.survey.wave import read_wave

    with console.progress(f"Reading {data.name}"):
        return read_wave(data, read_codebook(codebook or beside(data)), names=names)


def beside(data: Path) -> Path:
    """The codebook of a response file: same name, ending `.codebook.yaml`."""
    found = data.with_name(f"{data.stem}.codebook.yaml")
    if not found.is_file():
        raise WrongUse(
            f"there is no codebook {found.name} beside {data.name}",
            fix=f"Name one with --codebook, or have one proposed: mcgraph survey inspect {data.name} -o {found.name}",
        )
    return found


def say_findings(console: Console, findings: list[Finding]) -> None:
    """Which cells could not be used, on stderr: what is wrong with the data is never in a table's numbers."""
    distinct = list(dict.fromkeys(findings))
    counted = [one for one in distinct if one.severity != "info"]
    if not counted:
        return
    total = sum(one.affects for one in counted)
    console.say(f"{total:,} findings in the columns used; such answers are not counted:")
    for one in counted[:_SHOWN]:
        console.say(f"  {one.code}  {one.where}  {one.message} (found «{one.found[:40]}»)")
    if len(counted) > _SHOWN:
        console.say("  … mcgraph validate FILE --mapping survey lists all")


def check_output(output: Path | None, formats: tuple[str, ...], force: bool) -> None:
    """Refuse an unknown ending, and a file that is there, before any work is done."""
    if output is None or str(output) == "-":
        return
    if output.suffix.lower() not in formats:
        raise WrongUse(f"«{output.name}» has no ending that is known", fix=f"Use {', '.join(formats)}.")
    if output.exists() and not force:
        raise WrongUse(f"{output} exists", fix="Give --force to overwrite it.")


def write_output(console: Console, output: Path, content: str | bytes) -> None:
    """Write a file in one step and say so; what was there stays where that fails."""
    from mcgraph.store import files

    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        files.write(output, data)
    except OSError as fault:
        raise InputRefused(f"{output} cannot be written: {fault.strerror}") from fault
    console.say(f"wrote {output}")


def say_wrapped(console: Console, lines: list[str]) -> None:
    """Sentences that fit the terminal, on stdout."""
    import textwrap

    for line in lines:
        console.data("\n".join(textwrap.wrap(line, terminal_width(), subsequent_indent="  ") or [""]))
