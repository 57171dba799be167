"""Links that a program suggests and a person decides: the sheet that is reviewed, and which decision is in force.

One mechanism for every kind of link (a learning outcome and a skill, a survey answer and a provider). A suggestion is
no fact. It becomes one when somebody accepts it, and stops being one when somebody takes that back:

    subject,subject_label,candidate,candidate_label,confidence,method,decision,decided_by,decided_on,note

`decision` is empty (not looked at), `accept`, `reject`, or `undo`, which takes back what was decided before. What
was decided is never edited: a later decision on the same pair stands in its place, and the log keeps both.
`mcgraph.store.reviews` keeps that log.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from mcgraph.errors import InputRefused
from mcgraph.model.answer import harmless
from mcgraph.model.terms import is_safe_iri

Verdict = Literal["accept", "reject", "undo"]
Pair = tuple[str, str]

COLUMNS = (
    "subject",
    "subject_label",
    "candidate",
    "candidate_label",
    "confidence",
    "method",
    "decision",
    "decided_by",
    "decided_on",
    "note",
)
_NEEDED = ("subject", "candidate", "decision")
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
# What reviewers write when they are not looking at the list of words.
_ALSO: Mapping[str, Verdict] = {"accepted": "accept", "rejected": "reject", "undone": "undo"}
_DELIMITERS = (",", ";", "\t")
_LONGEST_CELL = 4_096
_TOLD = 10
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
BY_HAND = "by-hand"


@dataclass(frozen=True, slots=True)
class Link:
    """A suggested link. `subject` and `candidate` are IRIs; `confidence` lies between 0 and 1."""

    subject: str
    candidate: str
    confidence: float
    method: str
    subject_label: str = ""
    candidate_label: str = ""

    @property
    def pair(self) -> Pair:
        """What identifies the link."""
        return self.subject, self.candidate


@dataclass(frozen=True, slots=True)
class Decision:
    """What somebody decided about a link, on an ISO day."""

    link: Link
    decision: Verdict
    decided_by: str
    decided_on: str
    note: str = ""

    @property
    def pair(self) -> Pair:
        """What identifies the link."""
        return self.link.pair

    def row(self) -> dict[str, str]:
        """The cells of the sheet."""
        return {
            **_cells(self.link),
            "decision": self.decision,
            "decided_by": self.decided_by,
            "decided_on": self.decided_on,
            "note": self.note,
        }


def last_words(log: Iterable[Decision]) -> dict[Pair, Decision]:
    """Per pair the last decision of a log (oldest first), whatever it is."""
    return {decision.pair: decision for decision in log}


def in_force(log: Iterable[Decision]) -> dict[Pair, Decision]:
    """Per pair the last decision of a log (oldest first); a pair whose last word is `undo` is undecided again.

    >>> link = Link("urn:a", "urn:b", 0.9, "exact-label")
    >>> said = [Decision(link, "accept", "Ada", "2026-01-01"), Decision(link, "undo", "Ada", "2026-01-02")]
    >>> in_force(said[:1])[link.pair].decision, in_force(said)
    ('accept', {})
    """
    return {pair: decision for pair, decision in last_words(log).items() if decision.decision != "undo"}


def by_rank(links: Iterable[Link]) -> list[Link]:
    """The links in the order of a sheet: by subject, the likeliest first, then by IRI."""
    return sorted(links, key=lambda link: (link.subject, -link.confidence, link.candidate, link.method))


def to_sheet(links: Iterable[Link], decided: Mapping[Pair, Decision] | None = None) -> str:
    """The sheet to be reviewed, as CSV text; what is `decided` stands beside its link.

    A label that a spreadsheet would run as a formula is quoted, and read back as it was.
    """
    known = decided or {}
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n", restval="")
    writer.writeheader()
    for link in by_rank(links):
        said = known.get(link.pair)
        row = _cells(link) if said is None else {**said.row(), **_cells(link)}
        writer.writerow({name: harmless(cell) for name, cell in row.items()})
    return out.getvalue()


def _cells(link: Link) -> dict[str, str]:
    return {
        "subject": link.subject,
        "subject_label": link.subject_label,
        "candidate": link.candidate,
        "candidate_label": link.candidate_label,
        "confidence": f"{link.confidence:.3f}",
        "method": link.method,
    }


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What may stand in a sheet: the `links` that were suggested, and the IRIs that links by hand may join.

    `subjects` and `candidates` are wider than the suggestions: a reviewer who knows better adds a row. `last` has the
    last decision of each pair, an `undo` too; a row that says the same again is no new decision.
    """

    links: Mapping[Pair, Link]
    subjects: Collection[str]
    candidates: Collection[str]
    last: Mapping[Pair, Decision]


def read_sheet(text: str, known: Reviewed, *, where: str, by: str = "", on: str = "") -> tuple[Decision, ...]:
    """The new decisions of a reviewed sheet, in its order; rows without a decision are passed over.

    `by` and `on` (ISO day) stand where a row names nobody or no day. Raises `InputRefused`, naming the rows, where
    columns are missing, a decision is none, an id is unknown, a pair is decided twice, nobody is named, or an `undo`
    takes nothing back: then nothing of the sheet counts.
    """
    decisions: dict[Pair, tuple[int, Decision]] = {}
    wrong: list[str] = []
    for number, row in _rows(text, where):
        try:
            decision = _decision(row, known, by, on)
        except ValueError as fault:
            wrong.append(f"row {number}: {fault}")
            continue
        if decision is None:
            continue
        earlier = decisions.get(decision.pair)
        if earlier is not None and earlier[1].decision != decision.decision:
            wrong.append(f"row {number}: this pair is decided otherwise in row {earlier[0]}")
        decisions.setdefault(decision.pair, (number, decision))
    if wrong:
        more = f" … and {len(wrong) - _TOLD:,} more" if len(wrong) > _TOLD else ""
        raise InputRefused(
            f"{len(wrong):,} rows cannot be taken: {'; '.join(wrong[:_TOLD])}{more}",
            where=where,
            fix="Correct these rows; nothing of the file was taken.",
        )
    return tuple(decision for _, decision in decisions.values())


def _rows(text: str, where: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the header with their numbers as a spreadsheet shows them."""
    text = text.removeprefix("\ufeff")
    head = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        headers = [name.strip() for name in next(reader, [])]
        missing = [name for name in _NEEDED if name not in headers]
        if missing:
            raise InputRefused(
                f"this is no sheet of reviewed links: it has no column {', '.join(missing)}",
                where=where,
                fix=f"Its columns are {', '.join(COLUMNS)}.",
            )
        for number, cells in enumerate(reader, start=2):
            if len(cells) > len(headers):
                raise InputRefused(f"row {number} has more cells than the header", where=where, fix="Correct it.")
            if any(cell.strip() for cell in cells):
                yield number, {name: _plain(cell) for name, cell in zip(headers, cells, strict=False)}
    except csv.Error as fault:
        raise InputRefused(
            f"the file cannot be read after row {number or 1}: {fault}", where=where, fix="Save it as CSV again."
        ) from fault


def _plain(cell: str) -> str:
    """The cell without the quote that keeps a spreadsheet from running it."""
    text = cell.strip()
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text


def _decision(row: Mapping[str, str], known: Reviewed, by: str, on: str) -> Decision | None:
    """The decision of a row, or None where it says nothing new. Raises `ValueError` with a sentence."""
    word = row["decision"].casefold()
    if not word:
        return None
    verdict = _ALSO.get(word, word)
    if verdict not in VERDICTS:
        raise ValueError(f"«{word[:40]}» is no decision; write {', '.join(VERDICTS)}, or nothing")
    if long := [name for name in COLUMNS if len(row.get(name, "")) > _LONGEST_CELL]:
        raise ValueError(f"{long[0]} is longer than {_LONGEST_CELL:,} characters")
    link = _link(row, known)
    before = known.last.get(link.pair)
    if before is not None and before.decision == verdict:
        return None
    if before is None and verdict == "undo":
        raise ValueError("there is no decision to undo")
    decided_by, day = row.get("decided_by", ""), row.get("decided_on", "")
    if before is not None and (decided_by, day) == (before.decided_by, before.decided_on):
        # The row was turned over and still names who decided, and when, the time before.
        decided_by, day = by or decided_by, on
    decided_by, day = decided_by or by, day or on
    if not decided_by:
        raise ValueError("nobody is named as having decided")
    return Decision(link, verdict, decided_by, _day(day), row.get("note", ""))


def _link(row: Mapping[str, str], known: Reviewed) -> Link:
    subject, candidate = row["subject"], row["candidate"]
    suggested = known.links.get((subject, candidate))
    if suggested is not None:
        return suggested
    before = known.last.get((subject, candidate))
    if before is not None:
        return before.link
    for name, iri, there in (("subject", subject, known.subjects), ("candidate", candidate, known.candidates)):
        if not is_safe_iri(iri):
            raise ValueError(f"the {name} «{iri[:80]}» is no IRI")
        if iri not in there:
            raise ValueError(f"the {name} «{iri[:120]}» is not known")
    labels = {name: row.get(name, "") for name in ("subject_label", "candidate_label")}
    return Link(subject, candidate, 1.0, BY_HAND, **labels)


def _day(text: str) -> str:
    if not text:
        raise ValueError("the day of the decision is missing")
    try:
        # `fromisoformat` also reads forms that nobody expects in a date column, such as 2026W011.
        if not _DAY.fullmatch(text):
            raise ValueError(text)
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise ValueError(f"«{text[:40]}» is no day such as 2026-11-28") from None


def undone(decision: Decision, *, by: str, on: str, note: str = "") -> Decision:
    """The decision that takes another one back."""
    return replace(decision, decision="undo", decided_by=by, decided_on=on, note=note)
