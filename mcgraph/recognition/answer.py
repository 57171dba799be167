"""Answers about recognition as JSON documents, with the keys of the published contract."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from mcgraph import __version__
from mcgraph.model.answer import Coverage
from mcgraph.model.credits import system_of
from mcgraph.recognition.chains import Chain, ChainAnswer
from mcgraph.recognition.gaps import COMPLETE, GapAnswer
from mcgraph.recognition.granted import CreditSum, Granted, Points
from mcgraph.recognition.listing import ListAnswer
from mcgraph.recognition.matrix import COUNTS, MatrixAnswer
from mcgraph.recognition.readiness import CRITERIA, SOURCES, Readiness, ReadinessTable
from mcgraph.recognition.register import Register
from mcgraph.recognition.sheet import RecognitionAnswer
from mcgraph.recognition.statement import Party, Statement


def document(answer: RecognitionAnswer) -> dict[str, Any]:
    """The document that `mcgraph recognition --json` prints; `kind` says which one it is."""
    if isinstance(answer, ListAnswer):
        return _list(answer)
    if isinstance(answer, MatrixAnswer):
        return _matrix(answer)
    if isinstance(answer, ChainAnswer):
        return _chains(answer)
    if isinstance(answer, GapAnswer):
        return _gaps(answer)
    if isinstance(answer, Readiness):
        return _readiness(answer)
    return _readiness_table(answer)


def _keys(
    register: Register,
    coverage: Coverage,
    said: Iterable[Statement],
    algorithm: str,
    truncated: str = "",
    **parameters: Any,
) -> dict[str, Any]:
    """The keys that every answer has."""
    return {
        "as_of": register.as_of.isoformat(),
        "completed": register.completed.isoformat() if register.completed else None,
        "coverage": coverage.to_json(),
        "snapshot": register.snapshot,
        "evidence": [statement(one) for one in {one.iri: one for one in said}.values()],
        "truncated": bool(truncated),
        "limit": truncated,
        "versions": {"mcgraph": __version__},
        "algorithm": {"name": algorithm, "parameters": parameters},
    }


def _list(answer: ListAnswer) -> dict[str, Any]:
    said = [*answer.statements, *(s for one in answer.contradictions for s in (one.granted, one.refused))]
    return {
        "kind": "register",
        "party": party(answer.party) if answer.party else None,
        "statements": [one.iri for one in answer.statements],
        "total": answer.total,
        "counts": [{"effect": effect, "state": state, "count": count} for effect, state, count in answer.counts],
        "contradictions": [{"granted": one.granted.iri, "refused": one.refused.iri} for one in answer.contradictions],
        "notes": list(answer.notes),
        **_keys(answer.register, answer.coverage, said, "statements by their state on the day", answer.truncated),
    }


def _matrix(answer: MatrixAnswer) -> dict[str, Any]:
    return {
        "kind": "matrix",
        "level": answer.level,
        "parties": [party(one) for one in answer.parties],
        "cells": [
            {
                "from": one.a.iri,
                "to": one.b.iri,
                **{name: getattr(one, name) for name in COUNTS},
                "is_mutual": one.is_mutual,
                "credit": _credit_sum(one.credit),
                "statements": list(one.evidence),
            }
            for one in answer.cells
        ],
        **_keys(
            answer.register,
            answer.coverage,
            (),
            "statements counted by the places of subject and effect; chains of full recognition closed semi-naively",
            answer.truncated,
            level=answer.level,
        ),
    }


def _chains(answer: ChainAnswer) -> dict[str, Any]:
    said = [link.statement for chain in answer.chains for link in chain.links if link.statement]
    return {
        "kind": "chains",
        "from": party(answer.a),
        "to": party(answer.b),
        "chains": [_chain(one) for one in answer.chains],
        "refused": [one.iri for one in answer.refused],
        "lapsed": [one.iri for one in answer.lapsed],
        "reason": answer.reason,
        **_keys(
            answer.register,
            answer.coverage,
            (*said, *answer.refused, *answer.lapsed),
            "breadth-first over (credential, recognitions used), pruned by what can still reach the end",
            answer.truncated,
        ),
    }


def _chain(chain: Chain) -> dict[str, Any]:
    return {
        "recognitions": chain.recognitions,
        "effect": chain.effect,
        "confidence": chain.confidence,
        "weakest": chain.links.index(chain.weakest) + 1,
        "also": [party(one) for one in chain.also],
        "links": [
            {
                "from": party(link.start),
                "to": party(link.end),
                "effect": link.effect,
                "claim": link.claim,
                "credit": _granted(link.granted) if link.granted else None,
                "statement": link.statement.iri if link.statement else None,
                "rule": link.rule or None,
            }
            for link in chain.links
        ],
    }


def _gaps(answer: GapAnswer) -> dict[str, Any]:
    return {
        "kind": "gaps",
        "complete_means": list(COMPLETE),
        "unrecognised": [
            {
                "credential": party(one.credential),
                "body": party(one.body) if one.body else None,
                "country": one.country,
                "stated_before": one.was,
            }
            for one in answer.unrecognised
        ],
        "unrecognised_total": answer.unrecognised_total,
        "agreements": [
            {
                "recogniser": party(one.recogniser),
                "awarding": party(one.awarding),
                "helps": one.helped,
                "learners": one.learners,
                "opens": one.opens,
                "counts_in": one.counts_in,
                "refused": one.refused,
                "pairs": [{"credential": party(x), "as": party(m)} for x, m in one.pairs],
            }
            for one in answer.agreements
        ],
        "agreements_total": answer.agreements_total,
        "pairs": {"tried": answer.pairs, "total": answer.pairs_total},
        **_keys(
            answer.register,
            answer.coverage,
            (),
            "closure of the rules with one more full recognition, for each pair of alike credentials",
            answer.truncated,
            alike="same EQF level and a common field of study or skill",
        ),
    }


def _readiness(answer: Readiness) -> dict[str, Any]:
    unknown = [one.criterion for one in answer.judged if one.verdict == "unknown"]
    why = {f"{name}: nothing stated": 1 for name in unknown}
    return {
        "kind": "readiness",
        "credential": party(answer.credential),
        "criteria": [
            {
                "criterion": one.criterion,
                "asks": CRITERIA[one.criterion],
                "verdict": one.verdict,
                "evidence": list(one.evidence),
            }
            for one in answer.judged
        ],
        "as_of": answer.as_of,
        "coverage": Coverage(len(answer.judged), len(answer.judged) - len(unknown), "criteria", why).to_json(),
        "snapshot": answer.snapshot,
        "sources": list(SOURCES),
        "versions": {"mcgraph": __version__},
    }


def _readiness_table(answer: ReadinessTable) -> dict[str, Any]:
    return {
        "kind": "readiness-table",
        "source": answer.source or None,
        "criteria": [
            {"criterion": name, "asks": CRITERIA[name], **{key.replace(" ", "_"): n for key, n in counts.items()},
             "coverage": answer.coverage(name).to_json()}
            for name, counts in answer.counts()
        ],
        "credentials": [dict(zip(answer.frame.columns, row, strict=True)) for row in answer.frame.rows()],
        "as_of": answer.register.as_of.isoformat(),
        "snapshot": answer.register.snapshot,
        "sources": list(SOURCES),
        "versions": {"mcgraph": __version__},
    }  # fmt: skip


def party(one: Party) -> dict[str, Any]:
    """A party as scripts and people both want it."""
    return {"kind": one.kind, "iri": one.iri, "id": one.id, "title": one.title}


def statement(one: Statement) -> dict[str, Any]:
    """A statement with everything that is stated about it."""
    return {
        "statement": one.iri,
        "recogniser": party(one.recogniser),
        "effect": one.effect,
        "credit": _plain(one.credit),
        "credit_system": system_of(one.credit_system),
        "state": one.state,
        "credentials": [party(each) for each in one.credentials],
        "organisations": [party(each) for each in one.organisations],
        "towards": [party(each) for each in one.towards],
        "purposes": list(one.purposes),
        "jurisdictions": list(one.jurisdictions),
        "basis": one.basis,
        "claimant": one.claimant,
        "claim": one.claim,
        "status": one.status,
        "stated_on": one.stated_on,
        "valid_from": one.valid_from,
        "valid_until": one.valid_until,
        "url": one.url,
        "note": one.note,
        "sources": list(one.sources),
        "origin": one.origin,
    }


def _points(one: Points) -> dict[str, Any]:
    """An amount with its system, and in ECTS where a source says how."""
    found = one.ects()
    ects = {"least": _plain(found[0]), "most": _plain(found[1]), "source": found[2]} if found else None
    return {"amount": _plain(one.amount), "system": one.system, "system_said_by": one.said_by, "ects": ects}


def _granted(one: Granted) -> dict[str, Any]:
    """How much credit a link grants, beside what is held."""
    share = one.share()
    return {
        "granted": _points(one.points) if one.points else None,
        "held": _points(one.held) if one.held else None,
        "share": {"least": _plain(share[0]), "most": _plain(share[1])} if share else None,
    }


def _credit_sum(one: CreditSum) -> dict[str, Any]:
    """Credit side by side by system; in ECTS only where all of it can be converted."""
    ects = one.ects()
    return {
        "by_system": [
            {"system": points.system, "amount": _plain(points.amount), "statements": count}
            for points, count in one.by_system
        ],
        "without_number": one.unnumbered,
        "ects": {"least": _plain(ects[0]), "most": _plain(ects[1])} if ects else None,
    }


def _plain(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)
