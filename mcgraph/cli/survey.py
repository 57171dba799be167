"""`mcgraph survey`: codebooks, weighted tables, trends, charts, and what surveys say against what registers show."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console, fit_table, terminal_width
from mcgraph.cli.survey_input import (
    check_output,
    open_wave,
    say_findings,
    say_wrapped,
    table_options,
    wave_options,
    write_output,
)
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.survey.table import SurveyTable

# name → (module in mcgraph.cli, one line for --help); each is imported when it is used.
_ELSEWHERE = {
    "inspect": ("survey_inspect", "Propose a codebook from a response file."),
    "load": ("survey_load", "Check and store a wave, without free text and whatever identifies a person."),
    "trend": ("survey_trend", "A question over several waves."),
    "chart": ("survey_chart", "Likert bars, bars with intervals, or lines over waves."),
    "link": ("survey_link", "Link answers to the providers, credentials or concepts they speak of."),
    "compare": ("survey_compare", "What respondents say against what the register shows."),
}
_ORDER = ("inspect", "load", "table", "trend", "chart", "link", "compare")
FORMATS = (".csv", ".json", ".parquet", ".ttl")


class _Group(click.Group):
    """The commands of `survey`, imported one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the work."""
        return [name for name in _ORDER if name in self.commands or name in _ELSEWHERE]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now."""
        if cmd_name in _ELSEWHERE:
            found: click.Command = importlib.import_module(f"mcgraph.cli.{_ELSEWHERE[cmd_name][0]}").command
            return found
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, without importing any."""
        lines = [
            (name, _ELSEWHERE[name][1] if name in _ELSEWHERE else self.commands[name].get_short_help_str(80))
            for name in self.list_commands(ctx)
        ]
        with formatter.section("Commands"):
            formatter.write_dl(lines)


@click.group(cls=_Group)
def command() -> None:
    """Surveys: codebook, weighted tables, trends, charts, and survey against register.

    Answers are taken from a response file (--data FILE, with its codebook beside it) or from the store.
    """


@command.command("table")
@click.argument("questions", nargs=-1, required=True, metavar="QUESTION...")
@table_options
@wave_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("-o", "--output", type=click.Path(path_type=Path),
              help="Write .csv, .json, .parquet or .ttl (RDF Data Cube).")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.pass_obj
def table(
    console: Console, questions: tuple[str, ...], by: tuple[str, ...], weight: str, small: int, level: float, lang: str,
    data: Path | None, codebook: Path | None, names: Path | None, survey: str | None, as_json: bool,
    output: Path | None, force: bool,
) -> None:  # fmt: skip
    """The answers to questions by any groups: shares with base and interval, small cells hidden.

    \b
    Examples:
      mcgraph survey table q1 --by group --weight weight
      mcgraph survey table q7 --by provider_type --weight w --data answers.csv
      mcgraph survey table q8 --by q1 --by country -o q8.csv
      mcgraph survey table q1 q5 q9 --json
    """
    check_output(output, FORMATS, force)
    from mcgraph.survey.table import make_tables
    from mcgraph.survey.table_rows import document

    wave = open_wave(console, data, codebook, names, survey)
    with console.progress("Counting"):
        tables = tuple(
            one for question in questions
            for one in make_tables(wave, question, by=by, weight=weight, small=small, level=level, lang=lang)
        )  # fmt: skip
    _require_alike(tables, output)
    say_findings(console, wave.findings)
    if output is not None:
        write_tables(console, tables, output)
    if as_json:
        documents = [document(one) for one in tables]
        console.document(documents[0] if len(documents) == 1 else {"tables": documents})
        return
    from mcgraph.survey.table_rows import headline, notes, shown

    for one in tables:
        say_wrapped(console, headline(one))
        console.data("")
        console.data(fit_table(*shown(one), terminal_width()))
        console.data("")
    say_wrapped(console, notes(tables[0]))


def _require_alike(tables: tuple[SurveyTable, ...], output: Path | None) -> None:
    """Refuse to write shares and means into the rows of one file."""
    if output is not None and output.suffix.lower() in (".csv", ".parquet") and len({t.is_numeric for t in tables}) > 1:
        raise WrongUse(
            "questions with options and numeric ones have different columns",
            fix="Write them to two files, or as .json or .ttl.",
        )


def write_tables(console: Console, tables: tuple[SurveyTable, ...], output: Path) -> None:
    """Write tables as .csv, .json, .parquet or .ttl."""
    import json

    from mcgraph.survey import table_rows

    ending = output.suffix.lower()
    if ending == ".csv":
        content: str | bytes = table_rows.to_csv(tables)
    elif ending == ".parquet":
        import io

        held = io.BytesIO()
        table_rows.write_parquet(tables, held)
        content = held.getvalue()
    elif ending == ".ttl":
        from mcgraph.survey.cube import to_turtle

        content = to_turtle(tables)
    else:
        documents = [table_rows.document(one) for one in tables]
        whole = documents[0] if len(documents) == 1 else {"tables": documents}
        content = json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    write_output(console, output, content)
