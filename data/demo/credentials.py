"""The Credentials and Organisations sheets, before defects."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass

from catalogue import COUNTRIES, Module, Organisation, Theme, labels
from layout import Row, dice

LANGUAGES = {
    "en": "ENG", "fr": "FRA", "de": "DEU", "it": "ITA", "es": "SPA",
    "pt": "POR", "nl": "NLD", "pl": "POL", "fi": "FIN", "et": "EST",
}  # fmt: skip
HOURS_PER_CREDIT = {
    "IRL": 25, "FRA": 25, "DEU": 30, "ITA": 25, "ESP": 25, "PRT": 28,
    "NLD": 28, "POL": 25, "FIN": 27, "EST": 26, "AUT": 25, "MLT": 25,
}  # fmt: skip
NATIONAL_LEVEL = {
    "FRA": "Niveau", "DEU": "DQR", "AUT": "NQR", "EST": "EstQF", "POL": "PRK",
    "PRT": "QNQ", "FIN": "FiNQF", "MLT": "MQF", "NLD": "NLQF",
}  # fmt: skip
AWARDING_TYPES = {
    "module-certificate": ("publicly-funded-provider", "higher-education-institution"),
    "competence-block": ("publicly-funded-provider", "chamber"),
    "partial-qualification": ("publicly-funded-provider", "chamber"),
    "professional-certificate": ("chamber", "professional-body", "sectoral-organisation", "trade-union",
                                 "publicly-funded-provider"),
    "certificate-of-completion": ("non-governmental-organisation", "private-training-provider",
                                  "public-employment-service", "employer"),
    "certificate-of-attendance": ("private-training-provider", "sectoral-organisation", "employer"),
    "digital-badge": ("private-training-provider", "professional-body", "sectoral-organisation",
                      "employer", "non-governmental-organisation"),
    "nanodegree": ("private-training-provider",),
    "microcredential-certificate": ("higher-education-institution", "publicly-funded-provider",
                                    "private-training-provider"),
    "full-qualification": ("higher-education-institution", "publicly-funded-provider"),
}  # fmt: skip
ASSESSMENTS = (
    "written examination", "practical assessment", "portfolio", "project work", "marked assignment",
    "quiz", "oral examination", "continuous evaluation|portfolio", "practical assessment|oral examination",
)  # fmt: skip
TARGETS = (
    "Persons requiring employment retraining", "Persons with 0-3 years work experience",
    "Persons with 3-10 years work experience", "Migrants", "Non-Native Speakers",
    "Persons with a learning disability", "Low Achievers",
    "Persons who have completed secondary/compulsory education",
)  # fmt: skip
GENERAL_OUTCOMES = {
    "en": (
        "Explain a decision of one's own to a colleague or a client",
        "Work by the rules of safety and data protection of the field",
        "Judge the result of one's own work and name what to improve",
        "Choose between two ways of working and give reasons",
    ),
    "fr": (
        "Expliquer ses choix à un collègue ou à un client",
        "Travailler dans le respect des règles de sécurité du domaine",
        "Juger le résultat de son travail et nommer un point à améliorer",
    ),
}
FUNCTIONS = (
    "upskilling", "upskilling", "reskilling", "continuing-professional-development",
    "access-to-employment", "access-to-further-study", "personal-development",
)  # fmt: skip
SUPERVISION = (
    "Supervised with ID Verification", "Supervised without ID Verification",
    "Unsupervised with ID Verification", "Unsupervised without ID Verification",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """A module that has its identifier and its part in the theme (home, foreign, certificate, core, …)."""

    identifier: str
    module: Module
    theme: Theme
    part: str


def place(themes: list[Theme]) -> list[Placed]:
    """Every credential with its identifier: country and number, counted country by country."""
    counted = dict.fromkeys(COUNTRIES, 0)
    placed = []
    for theme in themes:
        listed = [(m, "home" if m.at_home else "abroad") for m in theme.modules]
        listed.append((theme.certificate, "certificate"))
        listed += [(m, name) for m, name in ((theme.core, "core"), (theme.qualification, "whole")) if m]
        for module, part in listed:
            counted[module.country] += 1
            identifier = f"{module.country}-{counted[module.country]:03d}"
            placed.append(Placed(identifier, module, theme, part))
    return sorted(placed, key=lambda p: (COUNTRIES.index(p.identifier[:3]), p.identifier))


def reserved(themes: list[Theme], placed: list[Placed]) -> dict[str, str]:
    """Theme key → the credential kept free of links, so that a planned defect has no unplanned echo."""
    last = {theme.key: theme.modules[-1] for theme in themes}
    return {p.theme.key: p.identifier for p in placed if p.module is last[p.theme.key]}


def organisation_rows(organisations: list[Organisation]) -> list[Row]:
    """One row per organisation."""
    chance = dice("organisations")
    return [
        {
            "organisation_id": o.identifier,
            "name": o.name,
            "acronym": o.acronym,
            "provider_type": o.provider_type,
            "country": o.country,
            "website": o.website,
            "registration_number": f"DEMO-{chance.randrange(10_000, 99_999)}",
            "part_of": {"ORG-DEU-5": "ORG-DEU-1", "ORG-PRT-3": "ORG-PRT-2"}.get(o.identifier),
        }
        for o in organisations
    ]


def credential_rows(placed: list[Placed], organisations: list[Organisation], free: set[str]) -> list[Row]:
    """One row per credential; `free` are the identifiers kept for planned defects (no gaps there)."""
    words = labels()
    return [_row(p, organisations, words, p.identifier in free) for p in placed]


def _row(p: Placed, organisations: list[Organisation], words: dict[str, dict[str, str]], kept: bool) -> Row:
    chance = dice(f"credential {p.identifier}")
    m = p.module
    whole = m.form == "full-qualification"
    awarding = _awarding(p, organisations, chance.random())
    provider = _provider(p, awarding, organisations, chance.random())
    formal = whole or awarding.provider_type in ("higher-education-institution", "publicly-funded-provider")
    mode = chance.choice(("Online", "Blended", "Blended", "Presential", "Presential", "Workbased"))
    start = dt.date(chance.choice((2022, 2023, 2024, 2025)), chance.choice((1, 3, 9)), 1)
    closed = not kept and p.part == "abroad" and not m.credits and chance.random() < 0.2
    story = p.theme.key in ("digital-care", "health-informatics") and p.part != "abroad"
    gap = 0.0 if story or kept else 1.0
    eqf = m.eqf if m.eqf or p.part != "core" else (p.theme.qualification.eqf if p.theme.qualification else None)
    eqf = None if eqf and chance.random() < 0.22 * gap and not whole else eqf
    awarding_text = awarding.name if chance.random() < 0.15 else awarding.identifier
    platform = "ORG-ITA-5" if mode == "Online" and chance.random() < 0.5 else None
    attendance = m.form == "certificate-of-attendance"
    labelled = words[m.form][m.language]
    if m.form == "professional-certificate" and p.part == "abroad" and chance.random() < 0.5:
        labelled = words["microcredential-certificate"][m.language]
    skills = chance.sample(p.theme.skills, 1 if m.form in ("digital-badge",) else chance.choice((2, 2, 3)))
    outcomes = _outcomes(p, chance)
    return {
        "credential_id": p.identifier,
        "title": m.title,
        "title_language": m.language,
        "description": _description(p) if chance.random() < 0.7 or story else None,
        "form": m.form,
        "labelled_as": labelled,
        "function": chance.choice(FUNCTIONS) if chance.random() > 0.1 * gap else None,
        "awarding_body": awarding_text,
        "provider": provider.identifier,
        "platform": platform,
        "country": m.country,
        "language": LANGUAGES[m.language],
        "learning_outcomes": None if chance.random() < 0.05 * gap and not whole else outcomes,
        "skills": None if chance.random() < 0.15 * gap else "|".join(skills),
        "isced_f": None if chance.random() < 0.05 * gap else p.theme.isced,
        "workload_hours": _hours(m),
        "credit_points": m.credits,
        "credit_system": _system(p),
        "eqf_level": eqf,
        "national_level": _national(m.country, eqf) if chance.random() < 0.5 else None,
        "assessment_type": _assessment(attendance, chance.choice(ASSESSMENTS), chance.random() < 0.07 * gap),
        "participation_mode": None if chance.random() < 0.05 * gap else mode,
        "supervision": chance.choice(SUPERVISION) if not attendance and chance.random() < 0.6 else None,
        "learning_setting": "formal learning" if formal else "non-formal learning",
        "entry_requirement": _entry(m, chance.random()),
        "prerequisites": None,
        "target_group": "|".join(chance.sample(TARGETS, chance.choice((1, 1, 2)))) if chance.random() < 0.5 else None,
        "stackability": "stand-alone" if chance.random() < 0.6 and p.part in ("home", "abroad") else "unknown",
        "stacks_into": None,
        "full_qualification": "yes" if whole else "no",
        "format": _format(m, chance.random()),
        "valid_from": start,
        "valid_until": dt.date(2025, 12, 31) if closed else (dt.date(2031, 8, 31) if chance.random() < 0.25 else None),
        "validity_months": chance.choice((24, 36, 60)) if chance.random() < 0.12 and not whole else None,
        "replaces": None,
        "status": "inactive" if closed else "active",
        "url": f"{awarding.website}{p.identifier.lower()}",
    }


def _awarding(p: Placed, organisations: list[Organisation], roll: float) -> Organisation:
    here = [o for o in organisations if o.country == p.module.country]
    if p.theme.key == "digital-care" and p.part != "abroad":
        return here[0]
    if p.theme.key == "health-informatics" and p.part != "abroad":
        return here[1] if p.part in ("whole", "core", "certificate") else here[0]
    fitting = [o for o in here if o.provider_type in AWARDING_TYPES[p.module.form]] or here[1:2]
    return fitting[int(roll * len(fitting))]


def _provider(p: Placed, awarding: Organisation, organisations: list[Organisation], roll: float) -> Organisation:
    teaching = ("private-training-provider", "publicly-funded-provider")
    here = [o for o in organisations if o.country == p.module.country and o.provider_type in teaching]
    return here[int(roll * 10) % len(here)] if roll < 0.3 and here else awarding


def _description(p: Placed) -> str:
    m = p.module
    volume = f"{m.credits} credit points" if m.credits else f"{m.hours} hours"
    kind = {"whole": "A full programme", "certificate": "A certificate made of smaller parts"}.get(
        p.part, "A short, self-contained piece of learning"
    )
    return f"{kind} in the field of {p.theme.key.replace('-', ' ')} ({volume}). Synthetic record."


def _outcomes(p: Placed, chance: random.Random) -> str:
    """Its own outcome; a larger credential adds those of two parts, a longer module a general one."""
    m = p.module
    if p.part not in ("home", "abroad"):
        parts = [x.outcome for x in p.theme.modules if x.at_home][:2]
        return "|".join([m.outcome, *parts])
    general = GENERAL_OUTCOMES["fr" if m.language == "fr" else "en"]
    return f"{m.outcome}|{chance.choice(general)}" if (m.credits or 0) >= 3 else m.outcome


def _hours(m: Module) -> int | None:
    return m.hours if m.credits is None else m.credits * HOURS_PER_CREDIT[m.country]


def _system(p: Placed) -> str:
    """ECVET only where no rule counts the points, so that no group adds two kinds of points."""
    if p.module.credits is None:
        return "hours-only"
    alone = p.part == "abroad" and p.theme.qualification is None
    return "ECVET" if alone and p.module.form == "module-certificate" else "ECTS"


def _national(country: str, eqf: int | None) -> str | None:
    return f"{NATIONAL_LEVEL[country]} {eqf}" if eqf and country in NATIONAL_LEVEL else None


def _assessment(attendance: bool, choice: str, gap: bool) -> str | None:
    if attendance:
        return "level of attendance"
    return None if gap else choice


def _entry(m: Module, roll: float) -> str | None:
    if m.form == "full-qualification":
        return "Completed upper secondary education or recognised prior learning"
    return (
        "No formal entry requirement" if roll < 0.35 else ("Some work experience in the field" if roll < 0.5 else None)
    )


def _format(m: Module, roll: float) -> str:
    if m.form == "digital-badge":
        return "open-badge-3" if roll < 0.6 else "open-badge-2"
    if m.form == "full-qualification":
        return "edc" if roll < 0.4 else "paper"
    return "edc" if roll < 0.35 else ("pdf" if roll < 0.85 else "paper")
