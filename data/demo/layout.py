"""The sheets and headers of the template, and what a row of each is."""

from __future__ import annotations

import datetime as dt
import random

Cell = str | int | float | dt.date | None
Row = dict[str, Cell]
Sheets = dict[str, list[Row]]

SEED = 20260616
AS_OF = dt.date(2026, 11, 1)

HEADERS: dict[str, tuple[str, ...]] = {
    "Credentials": (
        "credential_id", "title", "title_language", "description", "form", "labelled_as", "function",
        "awarding_body", "provider", "platform", "country", "language", "learning_outcomes", "skills",
        "isced_f", "workload_hours", "credit_points", "credit_system", "eqf_level", "national_level",
        "assessment_type", "participation_mode", "supervision", "learning_setting", "entry_requirement",
        "prerequisites", "target_group", "stackability", "stacks_into", "full_qualification", "format",
        "valid_from", "valid_until", "validity_months", "replaces", "status", "url",
    ),
    "Organisations": (
        "organisation_id", "name", "acronym", "provider_type", "country", "website",
        "registration_number", "part_of",
    ),
    "Offers": (
        "offer_id", "credential", "provider", "start_date", "end_date", "price", "currency", "schedule",
        "participation_mode", "language", "country", "target_group", "funding",
    ),
    "StackingRules": (
        "rule_id", "whole", "group", "requirement", "needed", "member", "claimed_by", "claim_kind",
        "valid_from", "valid_until", "minimum_level", "evidence",
    ),
    "Recognition": (
        "recognition_id", "credential", "organisation", "recogniser", "towards", "purpose", "effect",
        "credit_points", "jurisdiction", "basis", "claimed_by", "claim_kind", "valid_from", "valid_until",
        "statement_date", "status", "evidence",
    ),
    "QualityAssurance": (
        "qa_id", "credential", "organisation", "qa_type", "qa_body", "decision", "valid_from",
        "valid_until", "evidence", "claimed_by",
    ),
}  # fmt: skip

CSV_NAMES = {
    "Credentials": "credentials.csv",
    "Organisations": "organisations.csv",
    "Offers": "offers.csv",
    "StackingRules": "stacking_rules.csv",
    "Recognition": "recognition.csv",
    "QualityAssurance": "quality_assurance.csv",
}


def dice(purpose: str) -> random.Random:
    """A random source of its own for each purpose, so that changing one part does not move the others."""
    return random.Random(f"{SEED} {purpose}")


def as_text(value: Cell) -> str:
    """A cell as the CSV form writes it: 2026-09-01, 2.5, 5, or the text itself."""
    if value is None:
        return ""
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
