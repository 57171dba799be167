"""Links between what responses name and what a register describes: candidates to review, never a silent merge.

`propose_links` finds candidates with a confidence; they are written to a CSV file in which a person writes `accept` or
`reject`; `read_decisions` takes it back. What is accepted becomes nodes of its own (`mc:SurveyLink`), never a fact
about the organisation.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import InputRefused, LimitReached, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import harmless
from mcgraph.model.namespaces import MC
from mcgraph.model.terms import fold, is_safe_iri
from mcgraph.model.vocabularies import all_labels, vocabulary
from mcgraph.survey.codebook import Codebook, Subject, SubjectKind
from mcgraph.survey.wave import Wave

if TYPE_CHECKING:
    from mcgraph.store import Graph

HEADERS = ("subject", "kind", "stated", "candidate", "label", "detail", "confidence", "method", "decision", "note")
DECISIONS = ("accept", "reject", "")
_AT_LEAST = 75.0
"""Names less alike than this (of 100, `token_sort_ratio` of rapidfuzz) are not proposed."""
_OTHER_COUNTRY = 20.0
_MOST_EACH = 3
_MOST_FILE = 50_000_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stated name and what it may stand for. `confidence` is from 0 to 100; `detail` tells namesakes apart."""

    subject: str
    kind: SubjectKind
    stated: str
    iri: str
    label: str
    detail: str
    confidence: float
    method: str
    decision: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """Something that can be linked to: IRI, name and what tells it from namesakes."""

    iri: str
    name: str
    detail: str = ""


def subjects(book: Codebook) -> tuple[Subject, ...]:
    """The columns that name what responses speak of: the respondents' organisation, and the codebook's subjects."""
    own = book.respondent.get("organisation")
    first = (Subject("organisation", own, "organisation"),) if own else ()
    named = {one.name for one in book.subjects}
    return (*(one for one in first if one.name not in named), *book.subjects)


def propose_links(
    wave: Wave, graph: Graph, *, limits: Limits | None = None, accept_exact: bool = False
) -> list[Candidate]:
    """The candidates for every name that the responses of a wave give, best first.

    With `accept_exact` a name that is one label exactly, and no other's, is proposed with `accept` already written.
    Raises `WrongUse` where the codebook has no column that names anything, `LimitReached` for too many candidates.
    """
    bounds = limits or Limits.from_environment()
    asked = subjects(wave.codebook)
    if not asked:
        raise WrongUse(
            "the codebook names no column that speaks of an organisation, credential, country, sector or concept",
            fix="Add respondent.organisation or subjects (docs/survey.md).",
        )
    found: list[Candidate] = []
    for subject in asked:
        countries = _countries(wave, subject)
        found += _of_subject(subject, countries, _choices(graph, subject.kind), accept_exact)
        if len(found) > bounds.survey_candidates:
            raise LimitReached(
                f"there are more than {bounds.survey_candidates:,} candidates for links",
                fix="Link one subject at a time, or raise MCGRAPH_LIMIT_SURVEY_CANDIDATES.",
            )
    return found


def _countries(wave: Wave, subject: Subject) -> dict[str, set[str]]:
    """Each stated name with the countries of those who gave it."""
    names = wave.stated(subject.column).to_list()
    known = wave.stated("country").to_list() if "country" in wave.codebook.respondent else [None] * len(names)
    find = vocabulary("country").find
    found: dict[str, set[str]] = {}
    for name, country in zip(names, known, strict=True):
        if name is None:
            continue
        iri = find(country) if country is not None else None
        found.setdefault(name, set()).update({iri.rsplit("/", 1)[-1]} if iri else set())
    return found


def _choices(graph: Graph, kind: SubjectKind) -> list[Named]:
    if kind in ("organisation", "credential"):
        what, name = ("Organisation", "legalName") if kind == "organisation" else ("Credential", "title")
        rows = graph.rows(
            f"PREFIX mc: <{MC}>\nSELECT DISTINCT ?x ?n ?c WHERE {{ ?x a mc:{what} ; mc:{name} ?n . "
            "OPTIONAL { ?x mc:country ?c } } ORDER BY ?x ?n ?c"
        )
        return [Named(x or "", n or "", (c or "").rsplit("/", 1)[-1]) for x, n, c in rows]
    scheme = "country" if kind == "country" else "isced-f"
    labels = all_labels() if kind == "concept" else vocabulary(scheme).labels
    return [Named(iri, text, language) for iri, texts in sorted(labels.items()) for language, text in texts.items()]


def _of_subject(
    subject: Subject, countries: dict[str, set[str]], choices: Sequence[Named], accept_exact: bool
) -> list[Candidate]:
    from rapidfuzz import fuzz, process

    folded = [fold(one.name).replace("-", " ") for one in choices]
    by_name: dict[str, list[int]] = {}
    for at, name in enumerate(folded):
        by_name.setdefault(name, []).append(at)
    found: list[Candidate] = []
    for stated in sorted(countries):
        query = fold(stated).replace("-", " ")
        exact = by_name.get(query, [])
        hits = [(at, 100.0 if choices[at].name == stated else 99.0) for at in exact]
        if not exact:
            near = process.extract(
                query, folded, scorer=fuzz.token_sort_ratio, score_cutoff=_AT_LEAST, limit=4 * _MOST_EACH
            )
            hits = [(at, min(98.0, score)) for _, score, at in near]
        made: dict[str, Candidate] = {}
        for at, score in hits:
            one = _candidate(subject, stated, choices[at], score, countries[stated])
            if one.iri not in made or made[one.iri].confidence < one.confidence:
                made[one.iri] = one
        best = sorted(made.values(), key=lambda one: (-one.confidence, one.label, one.iri))[:_MOST_EACH]
        if accept_exact and sum(one.method in ("exact", "folded") for one in best) == 1 and best[0].confidence >= 99:
            best[0] = replace(best[0], decision="accept", note="only exact match")
        found += best
    return found


def _candidate(subject: Subject, stated: str, one: Named, score: float, countries: set[str]) -> Candidate:
    method = "exact" if score == 100 else "folded" if score == 99 else "fuzzy"
    note = ""
    if subject.kind in ("organisation", "credential") and countries and one.detail and one.detail not in countries:
        score, note = max(0.0, score - _OTHER_COUNTRY), f"respondents are in {', '.join(sorted(countries))}"
    return Candidate(
        subject.name, subject.kind, stated, one.iri, one.name, one.detail, round(score, 1), method, note=note
    )


def to_csv(candidates: Sequence[Candidate]) -> str:
    """The candidates as a CSV file to write `accept` or `reject` into."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADERS)
    for one in candidates:
        row = (
            one.subject, one.kind, one.stated, one.iri, one.label, one.detail, f"{one.confidence:g}", one.method,
            one.decision, one.note,
        )  # fmt: skip
        writer.writerow(harmless(cell) for cell in row)
    return out.getvalue()


def read_decisions(path: Path, book: Codebook) -> list[Candidate]:
    """The candidates of a reviewed file that are decided.

    Raises `InputRefused` with the line of what cannot be read: another decision than accept or reject, a subject that
    the codebook does not have, an IRI that is none, two accepted candidates for one name.
    """
    try:
        if path.stat().st_size > _MOST_FILE:
            raise InputRefused("the file is larger than 50 MB", where=str(path))
        text = path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise InputRefused(f"the file of decisions cannot be read: {fault.strerror}", where=str(path)) from fault
    except UnicodeDecodeError as fault:
        raise InputRefused("the decisions are not UTF-8", where=str(path), fix="Save them as CSV UTF-8.") from fault
    delimiter = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    missing = set(HEADERS) - set(reader.fieldnames or ())
    if missing:
        raise InputRefused(
            f"the column «{sorted(missing)[0]}» is missing", where=str(path), fix="Take the file of survey link -o."
        )
    known = {one.name: one for one in subjects(book)}
    decided: list[Candidate] = []
    accepted: dict[tuple[str, str], int] = {}
    for row in reader:
        where = f"{path.name}, line {reader.line_num}"
        decision = (row["decision"] or "").strip().casefold()
        if decision not in DECISIONS:
            raise InputRefused(f"«{decision[:40]}» is no decision", where=where, fix="Write accept, reject or nothing.")
        if not decision:
            continue
        cells = {name: (row[name] or "").strip().removeprefix("'") for name in HEADERS}
        if cells["subject"] not in known:
            raise InputRefused(f"the codebook has no subject «{cells['subject'][:60]}»", where=where)
        if not is_safe_iri(cells["candidate"]):
            raise InputRefused(f"«{cells['candidate'][:80]}» is not an IRI", where=where, fix="Leave it as it was.")
        key = (cells["subject"], cells["stated"])
        if decision == "accept" and key in accepted:
            raise InputRefused(
                f"«{cells['stated'][:60]}» is accepted twice, also in line {accepted[key]}", where=where,
                fix="Accept one of them.",
            )  # fmt: skip
        if decision == "accept":
            accepted[key] = reader.line_num
        decided.append(
            Candidate(
                cells["subject"], known[cells["subject"]].kind, cells["stated"], cells["candidate"], cells["label"],
                cells["detail"], _confidence(cells["confidence"], where), cells["method"], decision, cells["note"],
            )
        )  # fmt: skip
    return decided


def _confidence(text: str, where: str) -> float:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise InputRefused(f"«{text[:20]}» is no confidence from 0 to 100", where=where)
    return value
