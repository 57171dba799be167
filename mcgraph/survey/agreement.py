"""What respondents say against what the register shows: the agreement on each claim, and where they disagree.

An answer and a record are compared, never merged: both stand side by side, each with its source. A response counts for
a claim when its link to an organisation or credential was accepted, it answered the question with yes, some or no, and
the register is not silent. They agree when both say all, some or none.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mcgraph.model.terms import fold
from mcgraph.survey.codebook import Question
from mcgraph.survey.link_log import Link
from mcgraph.survey.register_claims import CLAIMS, Claim, RegisterFacts, read_facts
from mcgraph.survey.statistics import LEVEL, Share, base_of, share
from mcgraph.survey.table import SMALL
from mcgraph.survey.wave import Numbers, Wave

if TYPE_CHECKING:
    from mcgraph.store import Graph

STATES = ("all", "some", "none")
# The first word of a code or text → what it says about the respondent's credentials.
_SAID: Mapping[str, str] = {
    "yes": "all", "always": "all", "all": "all", "oui": "all", "toujours": "all", "toutes": "all", "true": "all",
    "some": "some", "sometimes": "some", "partly": "some", "for-some": "some", "parfois": "some", "pour-une": "some",
    "no": "none", "never": "none", "none": "none", "non": "none", "jamais": "none", "aucune": "none", "false": "none",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One name on which answer and register differ: what was said, what is shown, of how many credentials."""

    claim: str
    stated: str
    entity: str
    label: str
    said: str
    shown: str
    credentials: int
    known: int


@dataclass(frozen=True, slots=True)
class ClaimAgreement:
    """The agreement on one claim.

    `linked` responses speak of something in the register; `unsaid` of them gave no usable answer, `silent` of them ask
    about what the register is silent on; `base` is the rest, `agreed` agree. Counts and the rate are None where hidden
    (a base, or one side of it, below the limit). `cells` counts (said, shown) pairs, all None where one is small.
    `disagreements` are listed only where that was asked for.
    """

    claim: Claim
    question: str
    text: str
    criterion: str
    linked: int | None
    unsaid: int | None
    silent: int | None
    base: int | None
    agreed: int | None
    rate: float | None
    low: float | None
    high: float | None
    cells: Mapping[tuple[str, str], int | None]
    disagreements: tuple[Disagreement, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """The agreement of a survey with a register on every claim that both speak of."""

    survey: str
    claims: tuple[ClaimAgreement, ...]
    links: int
    as_of: datetime.date
    weight: str = ""
    level: float = LEVEL
    limit: int = SMALL
    snapshot: str = ""
    synthetic: bool = False


def compare(
    wave: Wave,
    graph: Graph,
    links: Sequence[Link],
    *,
    as_of: datetime.date,
    weight: str = "",
    level: float = LEVEL,
    small: int = SMALL,
    lang: str = "en",
    name_them: bool = False,
) -> Agreement:
    """The agreement between a stored wave and the register of its store, by the links in force.

    `links` name responses by IRI, so the wave must be the stored one. Counts below `small` are hidden. With `name_them`
    the disagreements are listed by name: a list for whoever keeps the register, not for publication, since it tells
    what a single organisation answered. Raises `WrongUse` where the wave is not the stored one.
    """
    at = {response: number for number, response in enumerate(_responses(wave))}
    spoken = [(at[response], link) for link in links for response in link.responses if response in at]
    usable = [(number, link) for number, link in spoken if link.kind in ("organisation", "credential")]
    facts = read_facts(graph, {link.iri for _, link in usable}, as_of)
    weights = wave.weights(weight) if weight else None
    claims = tuple(
        _claim(wave, question, usable, facts, weights, level, small, lang, name_them)
        for question in wave.codebook.parts()
        if question.claim in CLAIMS and question.options
    )
    # The linked responses are the same for every claim: where one claim may not tell how many gave no answer or met
    # silence, none may, since the others would give it away.
    if any(one.linked is None for one in claims):
        claims = tuple(replace(one, linked=None, unsaid=None, silent=None) for one in claims)
    return Agreement(
        wave.codebook.survey, claims, len({link.stated for _, link in usable}), as_of, weight, level, small,
        graph.snapshot, wave.codebook.synthetic,
    )  # fmt: skip


def _responses(wave: Wave) -> tuple[str, ...]:
    from mcgraph.errors import WrongUse
    from mcgraph.survey.stored import StoredSource

    if not isinstance(wave.source, StoredSource):
        raise WrongUse("only a stored survey can be compared", fix="Load it: mcgraph survey load FILE.")
    return wave.source.responses


def meaning(question: Question, code: str) -> str:
    """What an option says: all, some, none, or nothing that can be compared («»)."""
    for text in (code, question.label(code)):
        words = fold(text).split("-")
        for length in (2, 1):
            found = _SAID.get("-".join(words[:length]))
            if found:
                return found
    return ""


def _claim(
    wave: Wave, question: Question, spoken: Sequence[tuple[int, Link]], facts: RegisterFacts,
    weights: Numbers | None, level: float, small: int, lang: str, name_them: bool,
) -> ClaimAgreement:  # fmt: skip
    claim = next(one for one in CLAIMS if one == question.claim)
    answers = wave.answers(question)
    said_of = {code: meaning(question, code) for code in question.codes}
    base, agreed = np.zeros(wave.size, dtype=bool), np.zeros(wave.size, dtype=bool)
    linked, unsaid, silent = set(), set(), set()
    cells: dict[tuple[str, str], int] = {(said, shown): 0 for said in STATES for shown in STATES}
    differing: list[Disagreement] = []
    for number, link in spoken:
        linked.add(number)
        said = next((said_of[code] for code, mask in answers.chosen.items() if mask[number]), "")
        shown, own, known = facts.state(link.iri, claim)
        if not said:
            unsaid.add(number)
            continue
        if shown == "silent":
            silent.add(number)
            continue
        if weights is not None and np.isnan(weights[number]):
            continue
        base[number] = True
        agreed[number] = said == shown
        cells[said, shown] += 1
        if said != shown:
            differing.append(Disagreement(claim, link.stated, link.iri, link.label, said, shown, own, known))
    found = share(agreed, base_of(base, weights), weights, level)
    n, k = int(base.sum()), found.n
    gone = 0 < n < small or 0 < k < small or 0 < n - k < small
    return _made(
        claim, question, lang, found, n, gone, (len(linked), len(unsaid), len(silent)), cells,
        differing if name_them else [], small,
    )


def _made(
    claim: Claim, question: Question, lang: str, found: Share, n: int, gone: bool, counts: tuple[int, int, int],
    cells: Mapping[tuple[str, str], int], differing: Sequence[Disagreement], small: int,
) -> ClaimAgreement:  # fmt: skip
    linked, unsaid, silent = counts
    # Linked = unsaid + silent + base: where a part is small, only the base is told, and that only if it is not.
    whole = not any(0 < one < small for one in (unsaid, silent, unsaid + silent, n))
    tight = any(0 < one < small for one in cells.values())
    ordered = tuple(sorted(differing, key=lambda one: (one.label, one.stated, one.said, one.shown)))
    return ClaimAgreement(
        claim=claim,
        question=question.id,
        text=question.said(lang),
        criterion=CLAIMS[claim],
        linked=linked if whole else None,
        unsaid=unsaid if whole else None,
        silent=silent if whole else None,
        base=None if gone and n < small else n,
        agreed=None if gone else found.n,
        rate=None if gone else found.value,
        low=None if gone else found.low,
        high=None if gone else found.high,
        # A margin of nine cells tells a single hidden one: where one is small, none is shown.
        cells={pair: None if tight or gone else count for pair, count in cells.items()},
        disagreements=ordered,
        hidden=gone,
    )


def document(agreement: Agreement) -> dict[str, Any]:
    """The JSON document of `mcgraph survey compare`."""
    from mcgraph import __version__

    return {
        "survey": agreement.survey,
        "claims": [_claim_document(one) for one in agreement.claims],
        "coverage": {
            "of": "linked names", "total": agreement.links, "known": agreement.links, "unknown": 0, "why": {},
        },
        "snapshot": agreement.snapshot,
        "query": "survey compare",
        "parameters": {
            "as_of": agreement.as_of.isoformat(), "weight": agreement.weight, "level": agreement.level,
            "small": agreement.limit,
        },
        "synthetic": agreement.synthetic,
        "versions": {"mcgraph": __version__},
        "evidence": [],
        "warnings": [],
        "truncated": False,
        "limit": "",
    }  # fmt: skip


def _claim_document(one: ClaimAgreement) -> dict[str, Any]:
    numbers = ("linked", "unsaid", "silent", "base", "agreed", "rate", "low", "high", "hidden")
    return {
        "claim": one.claim, "question": one.question, "text": one.text, "criterion": one.criterion,
        **{name: getattr(one, name) for name in numbers},
        "cells": [{"said": said, "shown": shown, "n": n} for (said, shown), n in one.cells.items()],
        "disagreements": [
            {
                "stated": each.stated, "entity": each.entity, "label": each.label, "said": each.said,
                "shown": each.shown, "credentials": each.credentials, "known": each.known,
            }
            for each in one.disagreements
        ],
    }  # fmt: skip


def to_csv(agreement: Agreement) -> str:
    """The claims as comma-separated text; the disagreements in their place where those were asked for."""
    import csv
    import io

    from mcgraph.model.answer import harmless

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    listed = [each for one in agreement.claims for each in one.disagreements]
    if listed:
        writer.writerow(("claim", "stated", "entity", "label", "said", "shown", "credentials", "known"))
        for each in listed:
            cells = (each.claim, each.stated, each.entity, each.label, each.said, each.shown)
            writer.writerow((*(harmless(cell) for cell in cells), each.credentials, each.known))
        return out.getvalue()
    writer.writerow(HEADERS)
    for row in rows(agreement.claims):
        writer.writerow("" if cell is None else round(cell, 6) if isinstance(cell, float) else cell for cell in row)
    return out.getvalue()


def rows(claims: Iterable[ClaimAgreement]) -> list[tuple[str | int | float | None, ...]]:
    """One row per claim: `HEADERS`."""
    return [
        (one.claim, one.question, one.linked, one.unsaid, one.silent, one.base, one.agreed, one.rate, one.low, one.high,
         None if one.base is None or one.agreed is None else one.base - one.agreed)
        for one in claims
    ]  # fmt: skip


HEADERS = ("claim", "question", "linked", "unsaid", "silent", "base", "agreed", "rate", "low", "high", "disagreements")
