"""Suggestions and decisions in the store: suggestions told of in their own graph, accepted links stated in another.

The log of decisions is the truth. Both graphs are made from it and can be made again: an interruption after the log
was written leaves graphs that the next change brings up to date.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from mcgraph.errors import InputRefused, LimitReached, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.namespaces import MC
from mcgraph.model.review import Decision, Link, Reviewed, in_force, last_words, read_sheet, undone
from mcgraph.store import SubmissionInfo
from mcgraph.store.linkgraphs import accepted_batch, reviewed, stored_links, suggestion_batch
from mcgraph.store.reviews import ReviewLog

if TYPE_CHECKING:
    from mcgraph.reasoning.facts import Facts
    from mcgraph.store.graph import Graph

REVIEW = "skills"


def keep_suggestions(graph: Graph, links: Iterable[Link]) -> str:
    """Tell of the suggestions in the store, in the place of earlier ones, and return the snapshot.

    A decision that was made stays in force whether or not its link is suggested again.
    """
    decided = in_force(ReviewLog(graph.path, REVIEW).decisions())
    every = {link.pair: link for link in links} | {pair: one.link for pair, one in decided.items()}
    return graph.load(suggestion_batch(REVIEW, every.values(), decided), SubmissionInfo()).snapshot


def take_decisions(
    graph: Graph, facts: Facts, path: Path, *, by: str, limits: Limits | None = None
) -> tuple[Decision, ...]:
    """Read a reviewed sheet, log what is new in it and bring both graphs up to date.

    Raises `InputRefused` naming the rows that cannot be taken (nothing of the file counts then), `LimitReached` for a
    file that is too large.
    """
    most = (limits or Limits()).review_bytes
    try:
        size = path.stat().st_size
        if size > most:
            raise LimitReached(f"the file has {size:,} bytes; at most {most:,} are read", where=str(path))
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as fault:
        raise InputRefused(f"the file cannot be read: {fault.strerror or fault}", where=str(path)) from fault
    except UnicodeDecodeError as fault:
        raise InputRefused("the file is not UTF-8", where=str(path), fix="Save it as «CSV UTF-8».") from fault
    log = ReviewLog(graph.path, REVIEW)
    known = Reviewed(
        links=stored_links(graph, REVIEW),
        subjects=set(facts.column(MC + "learningOutcome").get_column("o")),
        candidates=set(facts.typed([MC + "Skill"]).get_column("s")),
        last=last_words(log.decisions()),
    )
    new = read_sheet(text, known, where=path.name, by=by, on=_today())
    log.append(new, at=_now(), source=path.name)
    _bring_up_to_date(graph, facts)
    return new


def undo(graph: Graph, facts: Facts, subject: str, candidate: str, *, by: str, note: str = "") -> Decision:
    """Take back what was decided about a link. Raises `WrongUse` where nothing is in force."""
    log = ReviewLog(graph.path, REVIEW)
    known = in_force(log.decisions()).get((subject, candidate))
    if known is None:
        raise WrongUse("nothing is decided about this link", fix="`mcgraph skills log` shows what is.")
    back = undone(known, by=by, on=_today(), note=note)
    log.append([back], at=_now())
    _bring_up_to_date(graph, facts)
    return back


def _bring_up_to_date(graph: Graph, facts: Facts) -> None:
    decided = in_force(ReviewLog(graph.path, REVIEW).decisions())
    links = stored_links(graph, REVIEW) | {pair: one.link for pair, one in decided.items()}
    graph.load(suggestion_batch(REVIEW, links.values(), decided), SubmissionInfo())
    accepted = [pair for pair, one in decided.items() if one.decision == "accept"]
    if not accepted:
        if graph.manifest.of(reviewed(REVIEW)) is not None:
            graph.forget(reviewed(REVIEW))
        return
    outcomes = {subject for subject, _ in accepted}
    rows = facts.column(MC + "learningOutcome").filter(pl.col("o").is_in(sorted(outcomes)))
    holders: dict[str, list[str]] = {}
    for credential, outcome in rows.select("s", "o").iter_rows():
        holders.setdefault(outcome, []).append(credential)
    skill = MC + "skill"
    stated = [
        (subject, skill, candidate)
        for outcome, candidate in accepted
        for subject in (outcome, *holders.get(outcome, ()))
    ]
    graph.load(accepted_batch(REVIEW, stated), SubmissionInfo())


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()
