"""The Offers, Recognition and QualityAssurance sheets, before defects."""

from __future__ import annotations

import datetime as dt
import random

from catalogue import Organisation
from credentials import LANGUAGES, TARGETS, Placed
from layout import Cell, Row, dice

RECOGNITION_COUNT = 56
OFFER_COUNT = 180
# effect, status, basis, jurisdiction crosses a border: dealt out in turn, so that every kind occurs.
KINDS = (
    ("full", "in-force", "agreement"),
    ("credit", "in-force", "unilateral-decision"),
    ("refused", "in-force", "case-by-case"),
    ("partial", "in-force", "case-by-case"),
    ("exemption", "in-force", "sectoral-agreement"),
    ("access", "in-force", "law"),
    ("credit", "expired", "agreement"),
    ("full", "in-force", "unilateral-decision"),
    ("exemption", "in-force", "agreement"),
    ("full", "expired", "sectoral-agreement"),
    ("refused", "in-force", "unilateral-decision"),
    ("full", "proposed", "agreement"),
    ("credit", "in-force", "agreement"),
    ("access", "withdrawn", "agreement"),
)
# Pairs of organisations that recognise each other's credentials, both directions in force.
MUTUAL = (
    ("ORG-IRL-1", "ORG-FIN-1"),
    ("ORG-DEU-1", "ORG-AUT-1"),
    ("ORG-ESP-2", "ORG-PRT-2"),
    ("ORG-NLD-1", "ORG-EST-1"),
)
PURPOSES = {
    "access": "further-study",
    "exemption": "prior-learning",
    "full": "employment",
    "credit": "further-study",
    "partial": "prior-learning",
    "refused": "regulated-profession",
}


def offers(placed: list[Placed], credentials: list[Row], free: set[str]) -> list[Row]:
    """Runs of credentials: dates, price, schedule and language."""
    chance = dice("offers")
    rows = {str(row["credential_id"]): row for row in credentials}
    story = [p for p in placed if p.theme.key in ("digital-care", "health-informatics") and p.part != "abroad"]
    others = [
        p for p in placed if p not in story and p.identifier not in free and rows[p.identifier]["status"] == "active"
    ]
    chosen = story + sorted(chance.sample(others, OFFER_COUNT - len(story)), key=lambda p: p.identifier)
    return [_offer(number, p, rows[p.identifier], chance) for number, p in enumerate(chosen, start=1)]


def _offer(number: int, p: Placed, row: Row, chance: random.Random) -> Row:
    m = p.module
    start = dt.date(2026, chance.choice((9, 10)), chance.randrange(1, 28)) + dt.timedelta(
        weeks=chance.choice((0, 10, 20))
    )
    weeks = max(1, (m.hours or (m.credits or 1) * 25) // 20)
    free_of_charge = chance.random() < 0.3
    price = 0 if free_of_charge else round((m.credits or 1) * chance.choice((35, 49.5, 60, 82.5)), 2)
    currency = "PLN" if m.country == "POL" else "EUR"
    return {
        "offer_id": f"OFFER-{number:03d}",
        "credential": p.identifier,
        "provider": row["provider"],
        "start_date": start,
        "end_date": start + dt.timedelta(weeks=weeks),
        "price": int(price) if price == int(price) else price,
        "currency": currency,
        "schedule": chance.choice(("Full time", "Part time intensive", "Part time light", "Part time light")),
        "participation_mode": row["participation_mode"],
        "language": LANGUAGES[m.language],
        "country": m.country,
        "target_group": chance.choice(TARGETS) if chance.random() < 0.4 else None,
        "funding": chance.choice(("Paid by the public employment service", "Training voucher accepted"))
        if free_of_charge
        else None,
    }


def recognition(
    placed: list[Placed], credentials: list[Row], organisations: list[Organisation], free: set[str]
) -> list[Row]:
    """The story's recognition first, then the mutual agreements, then one-sided statements of all kinds."""
    by_title = {p.module.title: p.identifier for p in placed}
    rows = [
        _recognition(
            1,
            credential=by_title["Certificate in digital care"],
            recogniser="ORG-FIN-1",
            towards=by_title["Foundations of health data"],
            purpose="further-study",
            effect="full",
            jurisdiction="FIN",
            basis="mutual-agreement",
            claim_kind="by-recogniser",
            start=dt.date(2025, 10, 1),
        )
    ]
    for left, right in MUTUAL:
        for known, recogniser in ((left, right), (right, left)):
            rows.append(
                _recognition(
                    len(rows) + 1,
                    organisation=known,
                    recogniser=recogniser,
                    purpose="further-study",
                    effect="partial",
                    jurisdiction=recogniser[4:7],
                    basis="mutual-agreement",
                    claim_kind="by-recogniser",
                    start=dt.date(2024, 9, 1),
                )
            )
    chance = dice("recognition")
    since = {str(row["credential_id"]): row["valid_from"] for row in credentials}
    parts = [
        p
        for p in placed
        if p.identifier not in free
        and p.part in ("home", "abroad", "certificate")
        and p.module.credits
        and p.theme.key != "digital-care"
    ]
    chosen = chance.sample(parts, RECOGNITION_COUNT - len(rows))
    for number, p in enumerate(chosen):
        rows.append(_one_sided(len(rows) + 1, p, KINDS[number % len(KINDS)], placed, organisations, chance))
        first_day = since[p.identifier]
        if isinstance(first_day, dt.date):
            _not_before(rows[-1], first_day)
    return rows


def _one_sided(
    number: int,
    p: Placed,
    kind: tuple[str, str, str],
    placed: list[Placed],
    organisations: list[Organisation],
    chance: random.Random,
) -> Row:
    effect, status, basis = kind
    types = {
        "full": ("employer", "public-employment-service", "sectoral-organisation"),
        "exemption": ("professional-body", "chamber", "sectoral-organisation"),
        "refused": ("regulator", "professional-body", "higher-education-institution"),
    }.get(effect, ("higher-education-institution",))
    away = chance.random() < 0.65
    able = [o for o in organisations if o.provider_type in types and (o.country != p.module.country) is away]
    able = able or [o for o in organisations if o.provider_type in types and o.country != p.module.country]
    recogniser = chance.choice(able)
    wholes = [q for q in placed if q.part == "whole" and q.module.country == recogniser.country]
    towards = wholes[0].identifier if wholes and effect in ("credit", "partial", "exemption", "access") else None
    start = dt.date(chance.choice((2022, 2023, 2024, 2025)), chance.choice((1, 4, 9)), 1)
    by_provider = chance.random() < 0.25
    row = _recognition(
        number,
        credential=p.identifier,
        recogniser=recogniser.identifier,
        towards=towards,
        purpose=PURPOSES[effect],
        effect=effect,
        jurisdiction=recogniser.country,
        basis=basis,
        claim_kind="by-provider" if by_provider else "by-recogniser",
        start=start,
    )
    row["credit_points"] = max(1, (p.module.credits or 1) - chance.choice((0, 1))) if effect == "credit" else None
    row["status"] = status
    if status == "expired":
        row["valid_until"] = dt.date(2026, 6, 30)
    if by_provider:
        row["claimed_by"] = _owner(p, organisations)
        row["evidence"] = None
    return row


def _not_before(row: Row, known: dt.date) -> None:
    """Nothing is recognised before it exists."""
    start = row["valid_from"]
    if isinstance(start, dt.date) and start < known:
        row["valid_from"] = row["statement_date"] = known


def _owner(p: Placed, organisations: list[Organisation]) -> str:
    return next(o.identifier for o in organisations if o.country == p.module.country)


def _recognition(
    number: int,
    *,
    recogniser: str,
    purpose: str,
    effect: str,
    jurisdiction: str,
    basis: str,
    claim_kind: str,
    start: dt.date,
    credential: str | None = None,
    organisation: str | None = None,
    towards: str | None = None,
) -> Row:
    identifier = f"REC-{number:03d}"
    return {
        "recognition_id": identifier,
        "credential": credential,
        "organisation": organisation,
        "recogniser": recogniser,
        "towards": towards,
        "purpose": purpose,
        "effect": effect,
        "credit_points": None,
        "jurisdiction": jurisdiction,
        "basis": basis,
        "claimed_by": recogniser,
        "claim_kind": claim_kind,
        "valid_from": start,
        "valid_until": None,
        "statement_date": start - dt.timedelta(days=30),
        "status": "in-force",
        "evidence": f"https://example.org/demo/recognition/{identifier.lower()}",
    }


def quality_assurance(placed: list[Placed], organisations: list[Organisation], free: set[str]) -> list[Row]:
    """One statement for each university and teaching provider, then some for single credentials."""
    chance = dice("quality")
    agencies = [o for o in organisations if o.provider_type in ("regulator", "public-authority")]
    rows: list[Row] = []
    for o in organisations:
        kind = {
            "higher-education-institution": "esg" if chance.random() < 0.5 else "external-institutional",
            "publicly-funded-provider": "eqavet",
            "private-training-provider": "iso" if chance.random() < 0.5 else "internal",
        }.get(o.provider_type)
        if kind:
            own = None if kind == "internal" else _agency(o.country, agencies, chance)
            rows.append(_quality(len(rows) + 1, kind, own, organisation=o.identifier, chance=chance))
    kinds = ("external-programme", "external-programme", "sectoral", "employer", "regulatory-recognition")
    wanted = [p for p in placed if p.part in ("home", "certificate", "whole") and p.identifier not in free]
    story = [p for p in wanted if p.module.title in ("Certificate in digital care", "Digital records in care")]
    for p in story + chance.sample([w for w in wanted if w not in story], 32):
        kind = "external-programme" if p in story else chance.choice(kinds)
        body: Cell = _agency(p.module.country, agencies, chance)
        if kind in ("sectoral", "employer"):
            types = {"sectoral": "sectoral-organisation", "employer": "employer"}[kind]
            body = chance.choice([o.identifier for o in organisations if o.provider_type == types])
        row = _quality(len(rows) + 1, kind, body, credential=p.identifier, chance=chance)
        if p not in story:
            row["decision"] = ("positive", "positive", "positive-with-conditions", "positive", "negative")[
                len(rows) % 5
            ]
        rows.append(row)
    return rows


def _agency(country: str, agencies: list[Organisation], chance: random.Random) -> str:
    own = [o.identifier for o in agencies if o.country == country]
    return own[0] if own else chance.choice([o.identifier for o in agencies])


def _quality(
    number: int,
    kind: str,
    body: Cell,
    *,
    chance: random.Random,
    credential: str | None = None,
    organisation: str | None = None,
) -> Row:
    year = chance.choice((2023, 2024, 2025))
    return {
        "qa_id": f"QA-{number:03d}",
        "credential": credential,
        "organisation": organisation,
        "qa_type": kind,
        "qa_body": body,
        "decision": "not-applicable" if kind == "internal" else "positive",
        "valid_from": dt.date(year, 1, 1),
        "valid_until": None if kind == "internal" else dt.date(year + 8, 12, 31),
        "evidence": None if kind == "internal" else f"https://example.org/demo/qa/qa-{number:03d}",
        "claimed_by": organisation if kind == "internal" else body,
    }
