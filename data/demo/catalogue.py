"""The hand-written content of the demo as small frozen records: organisations, themes and their modules."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).resolve().parent / "content"
SKILL = "http://data.europa.eu/esco/skill/"
COUNTRIES = ("IRL", "FRA", "DEU", "ITA", "ESP", "PRT", "NLD", "POL", "FIN", "EST", "AUT", "MLT")
SHORT_FORMS = {
    "mc": "microcredential-certificate",
    "badge": "digital-badge",
    "nano": "nanodegree",
    "mod": "module-certificate",
    "part": "partial-qualification",
    "block": "competence-block",
    "comp": "certificate-of-completion",
    "att": "certificate-of-attendance",
    "prof": "professional-certificate",
    "full": "full-qualification",
}


@dataclass(frozen=True, slots=True)
class Organisation:
    """One invented organisation."""

    identifier: str
    name: str
    acronym: str
    provider_type: str
    country: str

    @property
    def website(self) -> str:
        """An address that can never be registered (reserved top-level domain `.example`)."""
        plain = unicodedata.normalize("NFKD", self.acronym).encode("ascii", "ignore").decode().lower()
        return f"https://{plain}-{self.country.lower()}.example/"


@dataclass(frozen=True, slots=True)
class Module:
    """One line of a theme: a credential before it has an identifier, a provider and dates."""

    form: str
    credits: int | None
    hours: int | None
    eqf: int | None
    title: str
    outcome: str
    country: str
    language: str
    at_home: bool


@dataclass(frozen=True, slots=True)
class Theme:
    """A field of learning in its home country, with what its parts lead to."""

    key: str
    isced: str
    skills: tuple[str, ...]
    modules: tuple[Module, ...]
    certificate: Module
    core: Module | None
    qualification: Module | None


def organisations() -> list[Organisation]:
    """The sixty organisations in the order of the file; identifiers count within the country."""
    seen: dict[str, int] = {}
    found = []
    for line in _read("organisations.yaml")["lines"].splitlines():
        country, provider_type, name, acronym = (part.strip() for part in line.split(";"))
        seen[country] = seen.get(country, 0) + 1
        found.append(Organisation(f"ORG-{country}-{seen[country]}", name, acronym, provider_type, country))
    return found


def labels() -> dict[str, dict[str, str]]:
    """What providers call their credentials: form → language → words."""
    words: dict[str, dict[str, str]] = _read("labels.yaml")
    return words


def themes() -> list[Theme]:
    """Every theme of the content files, in a fixed order."""
    names = ("care", "digital", "green", "industry", "people")
    skills = _read("skills.yaml")
    return [_theme(raw, skills) for name in names for raw in _read(f"themes-{name}.yaml")]


def _read(name: str) -> Any:
    return yaml.safe_load((CONTENT / name).read_text(encoding="utf-8"))


def _theme(raw: dict[str, Any], skills: dict[str, str]) -> Theme:
    place = (raw["country"], raw["language"])
    modules = tuple(_module(line, place) for line in raw["modules"].splitlines())
    certificate = _module(raw["certificate"], place)
    core = _core(raw["core"], place) if "core" in raw else None
    whole = _qualification(raw["qualification"], place) if "qualification" in raw else None
    return Theme(
        key=raw["key"],
        isced=raw["isced"],
        skills=tuple(SKILL + skills[label] for label in raw["skills"]),
        modules=modules,
        certificate=certificate,
        core=_filling(core, whole, certificate, modules) if core and whole else None,
        qualification=whole,
    )


def _filling(core: Module, whole: Module, certificate: Module, modules: tuple[Module, ...]) -> Module:
    """The core, grown to fill the qualification where the optional parts could not."""
    rest = (whole.credits or 0) - (certificate.credits or 0)
    optional = sum(m.credits or 0 for m in modules[:-1] if not m.at_home)
    return core if optional >= rest - (core.credits or 0) else replace(core, credits=rest)


def _module(line: str, home: tuple[str, str]) -> Module:
    parts = [part.strip() for part in line.split("|")]
    at_home = not parts[0].startswith("@")
    country, language = home if at_home else (parts[0][1:4], parts[0][5:])
    form, volume, eqf, title, outcome = parts if at_home else parts[1:]
    in_hours = volume.startswith("h")
    return Module(
        form=SHORT_FORMS[form],
        credits=None if in_hours else int(volume),
        hours=int(volume[1:]) if in_hours else None,
        eqf=int(eqf) if eqf else None,
        title=title,
        outcome=outcome,
        country=country,
        language=language,
        at_home=at_home,
    )


def _core(line: str, home: tuple[str, str]) -> Module:
    title, volume, outcome = (part.strip() for part in line.split("|"))
    return Module(SHORT_FORMS["mod"], int(volume), None, None, title, outcome, *home, True)


def _qualification(line: str, home: tuple[str, str]) -> Module:
    title, eqf, volume, outcome = (part.strip() for part in line.split("|"))
    return Module(SHORT_FORMS["full"], int(volume), None, int(eqf), title, outcome, *home, True)
