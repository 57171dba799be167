"""`mcgraph survey link`: candidates for links, decisions about them, their log, and undo."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mcgraph.cli.console import Console, fit_table, terminal_width
from mcgraph.cli.survey_input import check_output, open_wave, write_output
from mcgraph.errors import WrongUse

if TYPE_CHECKING:
    from mcgraph.survey.link_log import Event
    from mcgraph.survey.links import Candidate
    from mcgraph.survey.stored import StoredSurvey

_SHOWN = 40


@click.command()
@click.option("--data", "-d", type=click.Path(path_type=Path), help="Response file; only it has the names.")
@click.option("--codebook", "-c", type=click.Path(path_type=Path), help="Its codebook (default: beside it).")
@click.option("--survey", help="Which survey of the store, where it holds several.")
@click.option("--accept-exact", is_flag=True, help="Write «accept» beside names that are exactly one label.")
@click.option("--decide", type=click.Path(path_type=Path), help="Take a reviewed file of candidates.")
@click.option("--by", default="", help="Who decides, or takes back.")
@click.option("--log", "show_log", is_flag=True, help="Show what was decided, by whom and when.")
@click.option("--undo", is_flag=True, help="Take the last decision back.")
@click.option("--entry", type=click.IntRange(1), help="With --undo: this entry of the log.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the candidates (.csv) to review.")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
@click.pass_obj
def command(
    console: Console, data: Path | None, codebook: Path | None, survey: str | None, accept_exact: bool,
    decide: Path | None, by: str, show_log: bool, undo: bool, entry: int | None, as_json: bool, output: Path | None,
    force: bool,
) -> None:  # fmt: skip
    """Link the names in responses to providers, credentials, countries, sectors or concepts, by review.

    \b
    Examples:
      mcgraph survey link --data answers.csv -o candidates.csv     then write accept or reject
      mcgraph survey link --data answers.csv --decide candidates.csv --by "A. Reviewer"
      mcgraph survey link --log
      mcgraph survey link --undo --by "A. Reviewer"
    """
    check_output(output, (".csv",), force)
    if sum((decide is not None, show_log, undo)) > 1 or (entry is not None and not undo):
        raise WrongUse("only one thing can be done at a time", fix="Give --decide, or --log, or --undo [--entry N].")
    if (decide is not None or undo) and not by.strip():
        raise WrongUse("nobody is named who decides", fix="Give --by NAME.")
    from mcgraph.survey import link_log

    if show_log or undo:
        stored = _stored(console, survey)
        if undo:
            event = link_log.undo(console.store, stored, entry, by=by, when=_now())
            _say_event(console, stored, event, as_json)
            return
        events = link_log.read_log(console.store, stored)
        _show_log(console, events, as_json)
        return
    if data is None:
        raise WrongUse("the names stand in the response file, not in the store", fix="Name the file with --data.")
    wave = open_wave(console, data, codebook, None, None)
    if decide is not None:
        from mcgraph.survey.links import read_decisions

        stored = _stored(console, survey or wave.codebook.survey)
        decisions = read_decisions(decide, wave.codebook)
        event = link_log.decide(console.store, stored, wave, decisions, by=by, when=_now())
        _say_event(console, stored, event, as_json)
        return
    from mcgraph.store import open_graph
    from mcgraph.survey.links import propose_links, to_csv

    with console.progress("Looking for candidates"), open_graph(console.store) as graph:
        found = propose_links(wave, graph, accept_exact=accept_exact)
    if output is not None:
        write_output(console, output, to_csv(found))
    _show_candidates(console, found, as_json, output)


def _stored(console: Console, survey: str | None) -> StoredSurvey:
    from mcgraph.store import open_graph
    from mcgraph.survey.stored import find_survey

    with open_graph(console.store) as graph:
        return find_survey(graph, survey)


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _show_candidates(console: Console, found: list[Candidate], as_json: bool, output: Path | None) -> None:
    from mcgraph.survey.links import HEADERS

    if as_json:
        rows = [
            {
                "subject": one.subject, "kind": one.kind, "stated": one.stated, "candidate": one.iri,
                "label": one.label, "detail": one.detail, "confidence": one.confidence, "method": one.method,
                "decision": one.decision, "note": one.note,
            }
            for one in found
        ]  # fmt: skip
        console.document({"columns": list(HEADERS), "candidates": rows})
        return
    names = len({(one.subject, one.stated) for one in found})
    console.data(f"{len(found)} candidates for {names} names")
    shown = [
        [one.stated, one.label, one.detail, f"{one.confidence:g}", one.method, one.decision, one.note]
        for one in found[:_SHOWN]
    ]
    headers = ["stated", "candidate", "detail", "confidence", "method", "decision", "note"]
    console.data(fit_table(headers, shown, terminal_width()))
    if len(found) > _SHOWN:
        console.data(f"… and {len(found) - _SHOWN:,} more; -o FILE.csv writes all")
    if output is None:
        console.say("next: write them with -o candidates.csv, decide, and give the file back with --decide")


def _say_event(console: Console, stored: StoredSurvey, event: Event, as_json: bool) -> None:
    from mcgraph.survey import link_log

    standing = link_log.in_force(link_log.read_log(console.store, stored))
    if as_json:
        console.document({"event": event.to_json(), "links": len(standing)})
        return
    accepted = sum(one["decision"] == "accept" for one in event.decisions)
    what = (
        f"took back entry {event.undoes}" if event.action == "undo"
        else f"{accepted} accepted, {len(event.decisions) - accepted} rejected"
    )  # fmt: skip
    console.data(f"entry {event.number}: {what} by {event.by}; {len(standing)} links are in force")
    console.say("next: mcgraph survey compare")


def _show_log(console: Console, events: list[Event], as_json: bool) -> None:
    from mcgraph.survey import link_log

    if as_json:
        links = link_log.in_force(events)
        console.document({"events": [one.to_json() for one in events], "links": len(links)})
        return
    if not events:
        console.data("nothing was decided yet")
        return
    undone = {one.undoes for one in events if one.action == "undo"}
    rows = [
        [
            str(one.number), one.when, one.by, one.action if one.action == "decide" else f"undo of {one.undoes}",
            str(sum(each["decision"] == "accept" for each in one.decisions)),
            str(sum(each["decision"] == "reject" for each in one.decisions)),
            "taken back" if one.number in undone else "",
        ]
        for one in events
    ]  # fmt: skip
    console.data(fit_table(["entry", "when", "by", "what", "accepted", "rejected", ""], rows, terminal_width()))
