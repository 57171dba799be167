"""`mcgraph survey chart`: a question as a drawing, with its table beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console
from mcgraph.cli.survey_input import (
    check_output,
    open_wave,
    say_findings,
    table_options,
    wave_options,
    write_output,
)
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.report.survey_charts import Chart

FORMATS = (".svg", ".png", ".html")


@click.command()
@click.argument("questions", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(["likert", "bars"]), help="Default: what fits the question.")
@table_options
@wave_options
@click.option("--json", "as_json", is_flag=True, help="The tables of the chart as one JSON document on stdout.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path),
              help="Write .svg or .png (with a .csv beside it), or an .html page with its table.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the output files.")
@click.pass_obj
def command(
    console: Console, questions: tuple[str, ...], kind: str | None, by: tuple[str, ...], weight: str, small: int,
    level: float, lang: str, data: Path | None, codebook: Path | None, names: Path | None, survey: str | None,
    as_json: bool, output: Path, force: bool,
) -> None:  # fmt: skip
    """Draw a question, or several with one scale: Likert bars, or bars with intervals.

    \b
    Examples:
      mcgraph survey chart q8 --by group -o q8.svg
      mcgraph survey chart q8 q11 q14 q17 -o scales.html
      mcgraph survey chart q10 --kind bars -o barriers.png
    """
    check_output(output, FORMATS, force)
    check_output(beside_of(output), (".csv", ".html"), force)
    from mcgraph.report import survey_charts
    from mcgraph.survey.table import make_tables
    from mcgraph.survey.table_rows import document

    wave = open_wave(console, data, codebook, names, survey)
    tables = [
        table
        for question in questions
        for table in make_tables(wave, question, by=by, weight=weight, small=small, level=level, lang=lang)
    ]
    say_findings(console, wave.findings)
    make = {"likert": survey_charts.likert_chart, "bars": survey_charts.bar_chart, None: survey_charts.chart_of}[kind]
    with console.progress("Drawing"):
        write_chart(console, make(tables), output)
    if as_json:
        console.document({"tables": [document(one) for one in tables]})


def beside_of(output: Path) -> Path:
    """The file of the chart's table: a picture has it beside, a page inside."""
    return output if output.suffix.lower() == ".html" else output.with_suffix(".csv")


def write_chart(console: Console, chart: Chart, output: Path) -> None:
    """Write a chart by the ending of the file, and its table beside a picture."""
    ending = output.suffix.lower()
    if ending not in FORMATS:
        raise WrongUse(f"«{output.name}» has no ending that is known", fix=f"Use {', '.join(FORMATS)}.")
    if ending == ".html":
        write_output(console, output, chart.page())
        return
    write_output(console, output, chart.svg() if ending == ".svg" else chart.png())
    write_output(console, beside_of(output), chart.csv())
