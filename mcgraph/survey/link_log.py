"""The log of decisions about links: what was accepted and rejected, by whom and when; undo; and the graph it makes.

One file per survey below `<store>/links/`, replaced in one step. The log is the truth; the graph of accepted links
(source `links-<survey>`) is made from it, so that a crash between the two is healed by the next decision.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from mcgraph.errors import StoreUnavailable, WrongUse
from mcgraph.model.batch import RECORD_SCHEMA, ROW, STRING, Batch, Kind, TripleColumn
from mcgraph.model.namespaces import ID, MC, RDF_TYPE, XSD
from mcgraph.store import SubmissionInfo, files, open_graph
from mcgraph.survey.links import Candidate, subjects
from mcgraph.survey.responses import response_iri
from mcgraph.survey.stored import StoredSurvey
from mcgraph.survey.wave import Wave

if TYPE_CHECKING:
    from mcgraph.store import Graph


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log: `decide` with its decisions, or `undo` of an earlier entry. `when` is ISO 8601, UTC."""

    number: int
    when: str
    by: str
    action: str
    undoes: int = 0
    decisions: tuple[Mapping[str, Any], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As it is written and printed."""
        return {
            "number": self.number, "when": self.when, "by": self.by, "action": self.action, "undoes": self.undoes,
            "decisions": [dict(one) for one in self.decisions],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """An accepted link in force: the name, what it stands for, who accepted it, and the responses that gave it."""

    subject: str
    kind: str
    stated: str
    iri: str
    label: str
    confidence: float
    by: str
    when: str
    responses: tuple[str, ...]


def links_source(survey: StoredSurvey) -> str:
    """The source under which a survey's links are stored."""
    return f"links-{re.sub(r'[^a-z0-9]+', '-', survey.source.casefold()).strip('-')}"[:64]


def read_log(store: Path, survey: StoredSurvey) -> list[Event]:
    """The entries of a survey's log, oldest first. Raises `StoreUnavailable` where it is damaged."""
    path = _path(store, survey)
    if not path.exists():
        return []
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return [
            Event(one["number"], one["when"], one["by"], one["action"], one["undoes"], tuple(one["decisions"]))
            for one in given["events"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise StoreUnavailable(
            "the log of links is damaged", where=str(path), fix="Restore it from a copy, or move it away to begin anew."
        ) from fault


def in_force(events: Sequence[Event]) -> list[Link]:
    """The links that stand: of each name the last decision that was not undone, where that is an acceptance."""
    undone = {one.undoes for one in events if one.action == "undo"}
    last: dict[tuple[str, str], Link | None] = {}
    for event in events:
        if event.action != "decide" or event.number in undone:
            continue
        for one in event.decisions:
            key = (one["subject"], one["stated"])
            if one["decision"] == "accept":
                last[key] = Link(
                    one["subject"], one["kind"], one["stated"], one["iri"], one["label"], one["confidence"], event.by,
                    event.when, tuple(one["responses"]),
                )  # fmt: skip
            elif (held := last.get(key)) is not None and held.iri == one["iri"]:
                last[key] = None
    return [one for _, one in sorted(last.items()) if one is not None]


def decide(
    store: Path, survey: StoredSurvey, wave: Wave, decisions: Sequence[Candidate], *, by: str, when: str
) -> Event:
    """Write decisions to the log and store the links in force.

    Raises `WrongUse` where nothing is decided or nobody decides.
    """
    if not decisions:
        raise WrongUse("the file decides nothing", fix="Write accept or reject into the column «decision».")
    if not by.strip():
        raise WrongUse("nobody is named who decides", fix="Give --by NAME.")
    givers = _responses(wave, survey)
    told = tuple(
        {
            "decision": one.decision, "subject": one.subject, "kind": one.kind, "stated": one.stated, "iri": one.iri,
            "label": one.label, "confidence": one.confidence, "method": one.method,
            "responses": givers.get((one.subject, one.stated), []) if one.decision == "accept" else [],
        }
        for one in decisions
    )  # fmt: skip
    return _append(store, survey, Event(0, when, by.strip(), "decide", decisions=told))


def undo(store: Path, survey: StoredSurvey, number: int | None, *, by: str, when: str) -> Event:
    """Take back an entry of the log (default: the last that stands). Raises `WrongUse` where there is none."""
    events = read_log(store, survey)
    undone = {one.undoes for one in events if one.action == "undo"}
    standing = [one.number for one in events if one.action == "decide" and one.number not in undone]
    wanted = standing[-1] if number is None and standing else number
    if wanted not in standing:
        raise WrongUse(
            "there is no decision to take back" if number is None else f"entry {number} is no decision that stands",
            fix="See mcgraph survey link --log.",
        )
    return _append(store, survey, Event(0, when, by.strip(), "undo", undoes=wanted or 0))


def _responses(wave: Wave, survey: StoredSurvey) -> dict[tuple[str, str], list[str]]:
    """Each stated name with the IRIs of the responses that gave it, as they are stored."""
    has_id = "id" in wave.codebook.respondent
    ids = wave.stated("id").to_list() if has_id else [None] * wave.size
    found: dict[tuple[str, str], list[str]] = {}
    for subject in subjects(wave.codebook):
        for at, (name, respondent) in enumerate(zip(wave.stated(subject.column).to_list(), ids, strict=True)):
            if name is None:
                continue
            who = respondent if respondent is not None else f"row {wave.row(at)}"
            found.setdefault((subject.name, name), []).append(response_iri(survey.source, survey.name, who))
    return found


def _append(store: Path, survey: StoredSurvey, event: Event) -> Event:
    from dataclasses import replace

    with open_graph(store, read_only=False) as graph:
        events = read_log(store, survey)
        event = replace(event, number=len(events) + 1)
        events.append(event)
        path = _path(store, survey)
        with files.guarded(store):
            if not path.parent.exists():
                files.make_folder(path.parent)
            said = {"survey": survey.iri, "events": [one.to_json() for one in events]}
            files.write(path, (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode())
        _store(graph, survey, in_force(events))
    return event


def _store(graph: Graph, survey: StoredSurvey, links: Sequence[Link]) -> None:
    source = links_source(survey)
    if links:
        invented = any(one.source == survey.source and one.synthetic for one in graph.manifest.submissions)
        graph.load(links_batch(source, links), SubmissionInfo(records_read=len(links), synthetic=invented))
    elif any(one.source == source for one in graph.manifest.submissions):
        graph.forget(source)


def links_batch(source: str, links: Sequence[Link]) -> Batch:
    """The accepted links as a batch of nodes of their own; nothing is said about what they link to."""
    iris = [_link_iri(source, one) for one in links]
    columns = [
        _column(RDF_TYPE, "iri", [(iri, MC + "SurveyLink") for iri in iris]),
        _column(MC + "statedName", "literal", [(iri, one.stated) for iri, one in zip(iris, links, strict=True)]),
        _column(MC + "speaksOf", "iri", [(iri, one.iri) for iri, one in zip(iris, links, strict=True)]),
        _column(
            MC + "linkConfidence", "literal",
            [(iri, f"{one.confidence:g}") for iri, one in zip(iris, links, strict=True)], XSD + "decimal",
        ),
        _column(MC + "reviewedBy", "literal", [(iri, one.by) for iri, one in zip(iris, links, strict=True)]),
        _column(
            MC + "reviewedOn", "literal", [(iri, one.when[:10]) for iri, one in zip(iris, links, strict=True)],
            XSD + "date",
        ),
        _column(
            MC + "linksResponse", "iri",
            [(iri, response) for iri, one in zip(iris, links, strict=True) for response in one.responses],
        ),
    ]  # fmt: skip
    records = pl.DataFrame(
        {
            "iri": iris, "class": [MC + "SurveyLink"] * len(iris), "id": [one.stated for one in links],
            "label": [one.label for one in links], "table": [-1] * len(iris), "row": [0] * len(iris),
        },
        schema=RECORD_SCHEMA,
    )  # fmt: skip
    return Batch(source, "survey-links", (), tuple(column for column in columns if len(column)), records=records)


def _column(predicate: str, kind: Kind, pairs: Sequence[tuple[str, str]], datatype: str = STRING) -> TripleColumn:
    frame = pl.DataFrame(
        [(s, o, 0) for s, o in pairs], schema={"s": pl.String, "o": pl.String, "row": ROW}, orient="row"
    )
    return TripleColumn(predicate, kind, frame, datatype)


def _link_iri(source: str, link: Link) -> str:
    told = "|".join((link.subject, link.stated, link.iri))
    return f"{ID}{source}/survey-link/{hashlib.blake2b(told.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"


def _path(store: Path, survey: StoredSurvey) -> Path:
    return store / "links" / f"{links_source(survey)}.json"
