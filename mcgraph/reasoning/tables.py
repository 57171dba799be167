"""A classification as answers: labels against verdicts, the records, the gaps, and what other numbers change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from mcgraph import __version__
from mcgraph.model.answer import IRI_TYPE, STRING_TYPE, Answer, Coverage
from mcgraph.model.namespaces import XSD, shorten
from mcgraph.reasoning.classify import Classification, Trial
from mcgraph.reasoning.evaluate import Mask
from mcgraph.reasoning.records import described, facts_behind

ALGORITHM = "the OWL definition in ontology/definition.ttl, compiled to rules over columns (three-valued, open world)"
_NUMBER = XSD + "integer"
_SAYS: Mapping[tuple[str, str], str] = {
    ("yes", "yes"): "called one, and is one",
    ("yes", "no"): "called one, and is none",
    ("yes", "undecided"): "called one; a fact is missing",
    ("no", "yes"): "not called one, and is one (de facto)",
    ("no", "no"): "not called one, and is none",
    ("no", "undecided"): "not called one; a fact is missing",
}


def summary(found: Classification, chosen: Mask) -> Answer:
    """How many are called a microcredential, and how many are one."""
    rows = [
        (labelled, verdict, _SAYS[labelled, verdict], str(count)) for labelled, verdict, count in found.counts(chosen)
    ]
    kinds = (STRING_TYPE, STRING_TYPE, STRING_TYPE, _NUMBER)
    return _answer(found, chosen, "classify", ("labelled", "verdict", "meaning", "credentials"), rows, kinds)


def criteria(found: Classification, chosen: Mask) -> Answer:
    """Each criterion with how many meet it, do not, and are undecided."""
    deciding = {column.criterion.iri for column in found.deciding}
    rows = []
    for column in found.columns:
        truth = column.truth
        yes, no = int((truth.yes & chosen).sum()), int((truth.no & chosen).sum())
        part = "decides" if column.criterion.iri in deciding else "told beside"
        open_ones = int(chosen.sum()) - yes - no
        rows.append((column.criterion.label, part, str(yes), str(no), str(open_ones), column.criterion.definition))
    columns = ("criterion", "part", "yes", "no", "undecided", "definition")
    kinds = (STRING_TYPE, STRING_TYPE, _NUMBER, _NUMBER, _NUMBER, STRING_TYPE)
    return _answer(found, chosen, "classify-criteria", columns, rows, kinds)


def gaps(found: Classification, chosen: Mask, most: int | None = None) -> Answer:
    """The facts that are missing, those first that would decide most records by themselves."""
    told = found.gaps(chosen)
    rows = [(label, text, str(count), str(alone)) for label, text, count, alone in told[:most]]
    columns = ("criterion", "would_decide", "undecided", "decided_by_this_alone")
    answer = _answer(found, chosen, "classify-gaps", columns, rows, (STRING_TYPE, STRING_TYPE, _NUMBER, _NUMBER))
    return _cut(answer, len(rows) < len(told), most)


def records(found: Classification, chosen: Mask, *, most: int | None = None, lang: str = "en") -> Answer:
    """The credentials one by one, in the order of their IRIs, with each criterion and what would decide."""
    frame = described(found, chosen, most=most, lang=lang)
    texts = frame.with_columns(pl.col(pl.Boolean).replace_strict({True: "yes", False: "no"}, return_dtype=pl.String))
    kinds = [IRI_TYPE if name == "credential" else _NUMBER if name == "row" else STRING_TYPE for name in frame.columns]
    columns = tuple(frame.columns)
    rows = list(texts.cast(pl.String).iter_rows())
    answer = _answer(found, chosen, "classify-records", columns, rows, kinds)
    return _cut(answer, len(rows) < int(chosen.sum()), most)


def trials(found: Classification, tried: Sequence[Trial]) -> Answer:
    """What would be a microcredential with other numbers, with who uses each and where that is said."""
    proposals = {
        (one.name, proposal.number): proposal
        for one in found.definition.thresholds.values()
        for proposal in one.proposals
    }
    rows = []
    for trial in tried:
        proposal = proposals.get((trial.threshold, trial.number))
        source = "" if proposal is None else proposal.source + ("" if proposal.read else " (not read in its source)")
        rows.append(
            (
                trial.threshold,
                f"{trial.number:f}",
                "yes" if trial.in_force else "no",
                str(trial.yes),
                f"{trial.more:+d}" if trial.more else "0",
                str(trial.unlabelled),
                str(trial.no),
                str(trial.undecided),
                trial.beside,
                proposal.by if proposal is not None else "",
                source,
            )
        )
    columns = (
        "threshold", "below", "in_force", "microcredentials", "more", "not_labelled", "none", "undecided", "with",
        "used_by", "source",
    )  # fmt: skip
    number = _NUMBER
    kinds = (STRING_TYPE, XSD + "decimal", STRING_TYPE, *([number] * 5), *([STRING_TYPE] * 3))
    return _answer(found, None, "classify-sensitivity", columns, rows, kinds)


def document(found: Classification, chosen: Mask, *, most: int, tried: Sequence[Trial], lang: str) -> dict[str, Any]:
    """One JSON document: counts, criteria, thresholds, gaps, and the first records with their facts and cells."""
    listed = described(found, chosen, most=most, lang=lang)
    behind: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for fact in facts_behind(found, listed.get_column("credential").to_list(), lang):
        places = [str(place) for place in fact.places]
        said = {"property": fact.property, "value": fact.value, "places": places}
        behind.setdefault((fact.record, fact.criterion), []).append(said)
    head = summary(found, chosen).envelope()
    for unused in ("kind", "query"):
        head.pop(unused)
    return {
        "definition": shorten(found.kind),
        "counts": [
            {
                "labelled": labelled == "yes",
                "verdict": verdict,
                "credentials": count,
                "meaning": _SAYS[labelled, verdict],
            }
            for labelled, verdict, count in found.counts(chosen)
        ],
        "criteria": list(criteria(found, chosen).records()),
        "thresholds": [
            {
                "name": one.name,
                "below": str(one.number),
                "default": str(one.default),
                "unit": one.unit,
                "source": one.source if one.number == one.default else "given by the user",
                "source_read": one.read if one.number == one.default else None,
            }
            for one in found.definition.thresholds.values()
        ],
        "gaps": list(gaps(found, chosen, most).records()),
        "sensitivity": list(trials(found, tried).records()) if tried else [],
        "records": [
            {
                **{name: row[name] for name in listed.columns if name not in _names(found)},
                "criteria": {
                    name: {"verdict": row[name], "facts": behind.get((row["credential"], name), [])}
                    for name in _names(found)
                },
            }
            for row in listed.iter_rows(named=True)
        ],
        "total_records": int(chosen.sum()),
        "algorithm": ALGORITHM,
        **head,
        "truncated": listed.height < int(chosen.sum()),
    }


def _names(found: Classification) -> list[str]:
    return [column.criterion.name for column in found.columns]


def _cut(answer: Answer, truncated: bool, most: int | None) -> Answer:
    from dataclasses import replace

    return replace(answer, truncated=True, limit=f"--limit {most}") if truncated else answer


def _answer(
    found: Classification,
    chosen: Mask | None,
    name: str,
    columns: Sequence[str],
    rows: Sequence[tuple[str | None, ...]],
    kinds: Sequence[str],
) -> Answer:
    total = len(found) if chosen is None else int(chosen.sum())
    decided = found.truth.yes | found.truth.no
    known = int(decided.sum()) if chosen is None else int((decided & chosen).sum())
    why: dict[str, int] = {}
    for column in found.deciding:
        unknown = ~(column.truth.yes | column.truth.no) & ~decided
        count = int(unknown.sum() if chosen is None else (unknown & chosen).sum())
        if count:
            why[column.criterion.label] = count
    types = tuple(tuple("" if cell is None else kind for cell, kind in zip(row, kinds, strict=True)) for row in rows)
    return Answer(
        columns=tuple(columns),
        rows=tuple(rows),
        types=types,
        coverage=Coverage(total, known, "mc:Credential", why),
        snapshot=found.snapshot,
        name=name,
        query=ALGORITHM,
        parameters={one.name: f"{one.number:f}" for one in found.definition.thresholds.values()},
        versions={"mcgraph": __version__, "definition": found.definition.version},
    )
