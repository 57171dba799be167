"""Credit points of different systems: what one is worth in another, who says so, and where nobody does.

Amounts are never converted but by a stated conversion (`data/credit-conversions.toml`), directly or over hours. A
conversion may be a range; what counts towards a requirement is its lower end.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache

from mcgraph.errors import RuleBroken
from mcgraph.model import bundled
from mcgraph.model.namespaces import VOCAB

ECTS, HOURS, NATIONAL = "ects", "hours-only", "national-credit"
# The EU's list of credit systems has these two.
_EU = "http://data.europa.eu/snb/education-credit/"
EU_SYSTEMS = {_EU + "6fcec5c5af": ECTS, _EU + "60b314e826": "ecvet"}
_NAMES = {ECTS: "ECTS", "ecvet": "ECVET points", "uk-credit": "UK credits", HOURS: "hours"}
MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Conversion:
    """One credit of `system` is worth `least` to `most` of `to`; `said` are the sentences it rests on, with sources."""

    system: str
    to: str
    least: Fraction
    most: Fraction
    said: tuple[tuple[str, str], ...]

    def amounts(self, amount: Decimal) -> tuple[Decimal, Decimal]:
        """What an amount is worth, at least and at most, rounded down to millionths."""
        return (times(amount, self.least), times(amount, self.most))

    @property
    def sources(self) -> str:
        """The sources, one after the other."""
        return "; ".join(f"{by} <{source}>" for by, source in self.said)


def system_of(iri: str, country: str = "") -> str:
    """The system behind an IRI of a vocabulary; a national one with the country, where that is known; "" for none.

    >>> system_of("http://data.europa.eu/snb/education-credit/6fcec5c5af"), system_of("")
    ('ects', '')
    """
    name = EU_SYSTEMS.get(iri) or (iri.rsplit("#", 1)[-1] if iri.startswith(VOCAB) else iri)
    return f"{NATIONAL}/{country}" if name == NATIONAL else name


def name_of(system: str) -> str:
    """The words for a system, after a number.

    >>> name_of("ects"), name_of("national-credit/NZL"), name_of("")
    ('ECTS', 'national credits of NZL', 'credit points')
    """
    kind, _, country = system.partition("/")
    if kind == NATIONAL:
        return f"national credits{f' of {country}' if country else ''}"
    return _NAMES.get(system, system) or "credit points"


def unit_of(whole: str, members: Iterable[str]) -> str:
    """The system in which a sum of credit points is meant, where it may not be stated.

    That of the whole; else the one its members state: of several ECTS, or the first in order; "" where none is stated.
    """
    if whole:
        return whole
    stated = sorted({one for one in members if one})
    return ECTS if ECTS in stated else stated[0] if stated else ""


@cache
def convert(system: str, to: str) -> Conversion | None:
    """The conversion from one system to another, direct or over hours, or None where no source states one."""
    known = _stated()
    if system == to:
        return Conversion(system, to, Fraction(1), Fraction(1), ())
    if (system, to) in known:
        return known[system, to]
    if (to, system) in known:
        back = known[to, system]
        return Conversion(system, to, 1 / back.most, 1 / back.least, back.said)
    first, second = known.get((system, HOURS)), known.get((to, HOURS))
    if first is None or second is None:
        return None
    said = (*first.said, *second.said)
    return Conversion(system, to, first.least / second.most, first.most / second.least, said)


def factor(system: str, unit: str) -> Fraction | None:
    """What a credit counts in a sum of `unit` at least, None where that is not known; unstated, it counts as it is."""
    if not system or not unit or system == unit:
        return Fraction(1)
    found = convert(system, unit)
    return None if found is None else found.least


def times(amount: Decimal, by: Fraction) -> Decimal:
    """A product, rounded down to millionths as all weights are."""
    return Decimal(int(amount * MILLION) * by.numerator // by.denominator) / MILLION


@cache
def _stated() -> dict[tuple[str, str], Conversion]:
    text = bundled.path("data", "credit-conversions.toml").read_text(encoding="utf-8")
    found: dict[tuple[str, str], Conversion] = {}
    for row in tomllib.loads(text)["conversion"]:
        systems = [row["from"], row["to"]]
        if systems[0] == NATIONAL:
            systems[0] = f"{NATIONAL}/{row['country']}"
        least, most = Fraction(row["least"]), Fraction(row["most"])
        if not 0 < least <= most:
            raise RuleBroken(f"the conversion from {systems[0]} to {systems[1]} has no sense: {least} to {most}")
        found[systems[0], systems[1]] = Conversion(
            systems[0], systems[1], least, most, ((row["by"], row["source"]),)
        )
    return found
