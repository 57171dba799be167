"""`mcgraph survey trend`: one question over several waves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mcgraph.cli.console import Console, fit_table, terminal_width
from mcgraph.cli.survey_input import check_output, say_findings, say_wrapped, table_options, write_output

if TYPE_CHECKING:
    from mcgraph.survey.trend import Trend

FORMATS = (".csv", ".json", ".parquet", ".ttl", ".svg", ".png", ".html")


@click.command()
@click.argument("question")
@click.option("--waves", required=True, type=click.Path(path_type=Path), help="The mapping of waves (YAML).")
@table_options
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("-o", "--output", type=click.Path(path_type=Path),
              help="Write .csv, .json, .parquet, .ttl, or a chart: .svg, .png, .html.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.pass_obj
def command(
    console: Console, question: str, waves: Path, by: tuple[str, ...], weight: str, small: int, level: float, lang: str,
    as_json: bool, output: Path | None, force: bool,
) -> None:  # fmt: skip
    """A question over several waves, with the texts that differ between them.

    \b
    Examples:
      mcgraph survey trend labelled --waves waves.yaml
      mcgraph survey trend labelled --waves waves.yaml --by group --weight weight -o labelled.svg
    """
    check_output(output, FORMATS, force)
    from mcgraph.survey.trend import make_trend, read_harmony

    with console.progress("Reading the waves"):
        trend = make_trend(
            read_harmony(waves), question, by=by, weight=weight, small=small, level=level, lang=lang
        )
    say_findings(console, list(trend.findings))
    if output is not None:
        _write(console, trend, output)
    if as_json:
        console.document(document(trend))
        return
    from mcgraph.survey.table_rows import notes, shown

    say_wrapped(console, [f"{trend.name} · {trend.text}", f"{len(trend.tables)} waves"])
    console.data("")
    for table in trend.tables:
        console.data(f"{table.wave}")
        console.data(fit_table(*shown(table), terminal_width()))
        console.data("")
    say_wrapped(console, [_told(one) for one in trend.differences])
    if trend.not_asked:
        say_wrapped(console, [f"not asked in {', '.join(trend.not_asked)}"])
    say_wrapped(console, notes(max(trend.tables, key=lambda one: one.hidden)))


def document(trend: Trend) -> dict[str, Any]:
    """The JSON document: one table per wave, and the texts that differ."""
    from mcgraph.survey import table_rows

    return {
        "question": trend.name,
        "text": trend.text,
        "waves": [table_rows.document(one) for one in trend.tables],
        "differences": [
            {
                "wave": one.wave, "option": one.code, "text": one.text, "last_text": one.last_text, "alike": one.alike,
            }
            for one in trend.differences
        ],
        "not_asked": list(trend.not_asked),
    }  # fmt: skip


def _told(one: Any) -> str:
    what = f"option {one.code}" if one.code else "the question"
    if not one.text or not one.last_text:
        where = "only in later waves" if not one.text else "not in the last wave"
        return f"{one.wave}: {what} «{one.text or one.last_text}» is {where}"
    return f"{one.wave}: {what} read «{one.text}», last «{one.last_text}» ({one.alike:.0f} % alike)"


def _write(console: Console, trend: Trend, output: Path) -> None:
    ending = output.suffix.lower()
    if ending in (".svg", ".png", ".html"):
        from mcgraph.cli.survey_chart import write_chart
        from mcgraph.report.survey_charts import trend_chart

        write_chart(console, trend_chart(trend), output)
        return
    if ending == ".json":
        import json

        write_output(console, output, json.dumps(document(trend), ensure_ascii=False, indent=2) + "\n")
        return
    from mcgraph.cli.survey import write_tables

    write_tables(console, trend.tables, output)
