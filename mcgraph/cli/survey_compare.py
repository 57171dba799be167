"""`mcgraph survey compare`: what respondents say against what the register shows."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console, fit_table, terminal_width
from mcgraph.cli.survey_input import check_output, say_wrapped, write_output
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.survey.agreement import Agreement, ClaimAgreement

_SHOWN = 40


@click.command()
@click.option("--survey", help="Which survey of the store, where it holds several.")
@click.option("--weight", "-w", default="", help="Column of the weights (default: each response counts 1).")
@click.option("--small", type=click.IntRange(1), default=5, show_default=True, help="Counts below this are hidden.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The day on which statements are in force (today).")
@click.option("--disagreements", is_flag=True,
              help="List them by name: for whoever keeps the register, not for publication.")  # fmt: skip
@click.option("--lang", default="en", help="Language of texts (en, fr).")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write .csv or .json.")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.pass_obj
def command(
    console: Console, survey: str | None, weight: str, small: int, as_of: datetime.datetime | None,
    disagreements: bool, lang: str, as_json: bool, output: Path | None, force: bool,
) -> None:  # fmt: skip
    """The agreement of answers with the register, claim by claim, by the links that were accepted.

    \b
    Examples:
      mcgraph survey compare
      mcgraph survey compare --weight weight --as-of 2026-11-01 --json
      mcgraph survey compare --disagreements -o disagreements.csv
    """
    check_output(output, (".csv", ".json"), force)
    from mcgraph.store import open_graph
    from mcgraph.survey import agreement, link_log
    from mcgraph.survey.stored import find_survey, stored_wave

    day = (as_of or datetime.datetime.now()).date()
    with console.progress("Comparing"), open_graph(console.store) as graph:
        stored = find_survey(graph, survey)
        links = link_log.in_force(link_log.read_log(console.store, stored))
        if not links:
            raise WrongUse(
                "no link between the survey and the register was accepted yet",
                fix="Make candidates first: mcgraph survey link --data FILE -o candidates.csv",
            )
        wave = stored_wave(graph, stored.iri)
        found = agreement.compare(
            wave, graph, links, as_of=day, weight=weight, small=small, lang=lang, name_them=disagreements
        )
    if output is not None:
        _write(console, found, output)
    if as_json:
        console.document(agreement.document(found))
        return
    _show(console, found)


def _show(console: Console, found: Agreement) -> None:
    synthetic = " · SYNTHETIC DATA" if found.synthetic else ""
    console.data(f"{found.survey} against the register · {found.links} linked names · as of {found.as_of}{synthetic}")
    console.data("")
    headers = ["claim", "question", "linked", "no answer", "register silent", "base", "agree", "rate", "interval"]
    console.data(fit_table(headers, [_row(one) for one in found.claims], terminal_width()))
    console.data("")
    for one in found.claims:
        say_wrapped(console, [f"{one.claim}: {one.criterion}"])
    if any(one.hidden or one.base is None for one in found.claims):
        console.data(f"·· hidden: fewer than {found.limit} responses")
    listed = [each for one in found.claims for each in one.disagreements]
    if listed:
        console.data("")
        rows = [[one.claim, one.stated, one.label, one.said, one.shown, f"{one.known} of {one.credentials}"]
                for one in listed[:_SHOWN]]  # fmt: skip
        console.data(fit_table(["claim", "stated", "linked to", "said", "shown", "known of"], rows, terminal_width()))
        if len(listed) > _SHOWN:
            console.data(f"… and {len(listed) - _SHOWN} more; -o FILE.csv writes all")
    console.data(f"snapshot {found.snapshot}")


def _row(one: ClaimAgreement) -> list[str]:
    def told(count: int | None) -> str:
        return "··" if count is None else f"{count:,}"

    ends = "" if one.low is None or one.high is None else f"{100 * one.low:.0f}–{100 * one.high:.0f} %"
    rate = "··" if one.hidden else "" if one.rate is None else f"{100 * one.rate:.1f} %"
    return [one.claim, one.question, told(one.linked), told(one.unsaid), told(one.silent), told(one.base),
            told(one.agreed), rate, ends]  # fmt: skip


def _write(console: Console, found: Agreement, output: Path) -> None:
    from mcgraph.survey import agreement

    if output.suffix.lower() == ".json":
        write_output(console, output, json.dumps(agreement.document(found), ensure_ascii=False, indent=2) + "\n")
        return
    write_output(console, output, agreement.to_csv(found))
