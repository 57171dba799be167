"""`mcgraph skills`: links of learning outcomes to skills, suggested and reviewed, and who covers what."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from mcgraph.cli.console import Console
from mcgraph.cli.structure import give, limit_of
from mcgraph.errors import InputRefused, WrongUse


@click.group()
def command() -> None:
    """Links of learning outcomes to skills: suggested, reviewed, counted."""


@command.command()
@click.option("--at-least", type=click.FloatRange(0, 1, min_open=True), default=0.8, show_default=True,
              help="Least confidence of a suggestion.")  # fmt: skip
@click.option("--most", type=click.IntRange(1, 20), default=3, show_default=True, help="Most skills per outcome.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write the sheet to be reviewed (.csv).")
@click.option("--open", "only_open", is_flag=True, help="Leave out of the sheet what is decided already.")
@click.option("--dry-run", is_flag=True, help="Do not tell of the suggestions in the store.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--limit", type=click.IntRange(1), help="Most suggestions that are shown.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def suggest(
    console: Console,
    at_least: float,
    most: int,
    output: Path | None,
    only_open: bool,
    dry_run: bool,
    force: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Suggest skills for learning outcomes, by exact and fuzzy labels; no suggestion is a fact.

    \b
    Example:
      mcgraph skills suggest -o candidates.csv
    """
    from mcgraph.model.review import in_force, to_sheet
    from mcgraph.queries.writing import check_output
    from mcgraph.reasoning.facts import StoreFacts
    from mcgraph.report.pages import write_text
    from mcgraph.skills.keep import REVIEW, keep_suggestions
    from mcgraph.skills.labels import read_texts
    from mcgraph.skills.suggest import suggest as find
    from mcgraph.store import open_graph
    from mcgraph.store.reviews import ReviewLog

    check_output(output, force, (".csv",))
    with open_graph(console.store, read_only=dry_run) as graph:
        with console.progress("Comparing labels"):
            links = find(read_texts(StoreFacts(graph)), at_least=at_least, most=most)
        decided = in_force(ReviewLog(graph.path, REVIEW).decisions())
        snapshot = graph.snapshot if dry_run else keep_suggestions(graph, links)
    if output is not None:
        sheet = to_sheet([link for link in links if not (only_open and link.pair in decided)], decided)
        try:
            write_text(output, "\ufeff" + sheet)
        except OSError as fault:
            raise InputRefused(f"{output} cannot be written: {fault.strerror or fault}") from fault
        console.say(f"wrote {output}")
    shown = links[: limit_of(limit or 20)]
    if as_json:
        console.document(
            {
                "suggestions": len(links),
                "outcomes": len({link.subject for link in links}),
                "decided": sum(link.pair in decided for link in links),
                "snapshot": snapshot,
                "truncated": len(shown) < len(links),
                "links": [
                    {"subject": link.subject, "subject_label": link.subject_label, "candidate": link.candidate,
                     "candidate_label": link.candidate_label, "confidence": link.confidence, "method": link.method}
                    for link in shown
                ],
            }
        )  # fmt: skip
        return
    console.data(f"{len(links):,} suggestions for {len({link.subject for link in links}):,} learning outcomes")
    rows = [[one.subject_label, one.candidate_label, f"{one.confidence:.2f}", one.method] for one in shown]
    console.table(["learning outcome", "skill", "confidence", "method"], rows)
    console.say(f"{len(shown):,} of {len(links):,} shown\nsnapshot {snapshot}")


@command.command()
@click.argument("sheet", type=click.Path(path_type=Path))
@click.option("--by", default="", help="Who decided, where the sheet does not say.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def review(console: Console, sheet: Path, by: str, as_json: bool) -> None:
    """Take the decisions of a reviewed sheet: accept, reject, or undo; all of them or none.

    \b
    Example:
      mcgraph skills review path/to/candidates.csv --by "Ada Example"
    """
    from mcgraph.limits import Limits
    from mcgraph.reasoning.facts import StoreFacts
    from mcgraph.skills.keep import take_decisions
    from mcgraph.store import open_graph

    with open_graph(console.store, read_only=False) as graph:
        new = take_decisions(graph, StoreFacts(graph), sheet, by=by, limits=Limits.from_environment())
        snapshot = graph.snapshot
    counts = {word: sum(one.decision == word for one in new) for word in ("accept", "reject", "undo")}
    if as_json:
        console.document({"decisions": counts, "snapshot": snapshot})
        return
    told = ", ".join(f"{count:,} {word}" for word, count in counts.items())
    console.data(f"{len(new):,} new decisions ({told}) · snapshot {snapshot}")


@command.command()
@click.argument("outcome")
@click.argument("skill")
@click.option("--by", required=True, help="Who takes it back.")
@click.option("--note", default="", help="Why.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def undo(console: Console, outcome: str, skill: str, by: str, note: str, as_json: bool) -> None:
    """Take back what was decided about one link (IRIs); the log keeps both decisions."""
    from mcgraph.reasoning.facts import StoreFacts
    from mcgraph.skills.keep import undo as take_back
    from mcgraph.store import open_graph

    with open_graph(console.store, read_only=False) as graph:
        back = take_back(graph, StoreFacts(graph), outcome, skill, by=by, note=note)
        snapshot = graph.snapshot
    if as_json:
        console.document({**back.row(), "snapshot": snapshot})
    else:
        console.data(f"undone: {back.link.subject_label} → {back.link.candidate_label} · snapshot {snapshot}")


@command.command()
@click.option("--limit", type=click.IntRange(1), help="Most decisions that are shown, the newest last.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def log(console: Console, limit: int | None, as_json: bool) -> None:
    """Every decision there was, oldest first."""
    from mcgraph.skills.keep import REVIEW
    from mcgraph.store.opening import check_format
    from mcgraph.store.reviews import ReviewLog

    check_format(console.store)
    entries = ReviewLog(console.store, REVIEW).entries()
    shown = entries[-limit_of(limit) :]
    if as_json:
        console.document(
            {
                "decisions": len(entries),
                "truncated": len(shown) < len(entries),
                "entries": [
                    {**one.decision.row(), "logged_at": one.logged_at, "logged_from": one.logged_from} for one in shown
                ],
            }
        )
        return
    if not entries:
        console.data("nothing is decided yet")
        return
    rows = [
        [one.logged_at, said.decision, said.link.subject_label, said.link.candidate_label, said.decided_by, said.note]
        for one in shown
        for said in [one.decision]
    ]
    console.table(["logged at", "decision", "learning outcome", "skill", "by", "note"], rows)


@command.command()
@click.option(
    "--by",
    type=click.Choice(["credential", "occupation", "alike"]),
    default="credential",
    show_default=True,
    help="Shares of collections; occupations with uncovered skills; credentials that are alike.",
)
@click.option("--overlap", type=click.FloatRange(0, 1, min_open=True), help="With alike: least share in common (0.5).")
@click.option("--threshold", "thresholds", multiple=True, metavar="NAME=NUMBER", help="As in classify.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write .csv .tsv .parquet .json .md or .html.")
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--limit", type=click.IntRange(1), help="Most rows.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
@click.pass_obj
def coverage(
    console: Console,
    by: Literal["credential", "occupation", "alike"],
    overlap: float | None,
    thresholds: tuple[str, ...],
    output: Path | None,
    force: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Which skills are covered, by whom, and which by no microcredential.

    \b
    Examples:
      mcgraph skills coverage
      mcgraph skills coverage --by alike --overlap 0.6
      mcgraph skills coverage --by occupation             occupations of ESCO, where they are loaded
    """
    from mcgraph.cli.classify import numbers_of
    from mcgraph.queries.writing import check_output, write_answer
    from mcgraph.reasoning.classify import classify
    from mcgraph.reasoning.facts import StoreFacts
    from mcgraph.skills import coverage as made
    from mcgraph.store import open_graph

    if overlap is not None and by != "alike":
        raise WrongUse("--overlap compares credentials", fix="Give --by alike as well.")
    check_output(output, force)
    with open_graph(console.store) as graph, console.progress("Counting skills"):
        facts = StoreFacts(graph)
        found = classify(facts, thresholds=numbers_of(thresholds))
        most = limit_of(limit)
        if by == "alike":
            answer = made.alike(facts, found, most, 0.5 if overlap is None else overlap)
        else:
            answer = (
                made.by_credential(facts, found, most) if by == "credential" else made.by_occupation(facts, found, most)
            )
    if output is not None:
        write_answer(answer, output)
        console.say(f"wrote {output}")
    give(console, answer, as_json)
