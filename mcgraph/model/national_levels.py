"""National qualifications levels as a look-up: a country and a level in the words of a source → the level's IRI.

The facts are `data/frameworks/national-levels.csv` and `national-frameworks.csv`, each row with its source. A name
that two frameworks of a country share («Level 3» in the United Kingdom) identifies neither: nothing is guessed.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from mcgraph.model import bundled
from mcgraph.model.namespaces import ID
from mcgraph.model.terms import fold
from mcgraph.model.vocabularies import vocabulary

LEVEL = ID + "frameworks/level/"


@dataclass(frozen=True, slots=True)
class NationalLevels:
    """Levels by (country IRI, key of the name), and the EQF level that a verified referencing gives to each IRI."""

    by_name: Mapping[tuple[str, str], str]
    eqf: Mapping[str, int] = field(default_factory=dict)
    iris: frozenset[str] = frozenset()

    def find(self, country: str, stated: str) -> str | None:
        """The IRI of the level called `stated` in the frameworks of a country (code, name or IRI), if it is one."""
        iri = vocabulary("country").find(country)
        return self.by_name.get((iri, _key(stated))) if iri else None


@cache
def national_levels() -> NationalLevels:
    """All levels of the bundled national frameworks."""
    countries = {row["code"]: row["country"] for row in _rows("national-frameworks.csv")}
    claims: dict[tuple[str, str], set[str]] = {}
    eqf: dict[str, int] = {}
    iris = set()
    for row in _rows("national-levels.csv"):
        iri = LEVEL + row["local_id"]
        iris.add(iri)
        country = vocabulary("country").find(countries[row["framework"]]) or ""
        for name in (row["label"], *row["aliases"].split("|"), row["local_id"]):
            if name.strip():
                claims.setdefault((country, _key(name)), set()).add(iri)
        if row["verified"] == "yes" and row["eqf_level"].isdecimal():
            eqf[iri] = int(row["eqf_level"])
    known = {name: next(iter(found)) for name, found in claims.items() if len(found) == 1}
    return NationalLevels(known, eqf, frozenset(iris))


def _key(name: str) -> str:
    """The folded name in which a plus still counts: the Dutch level 4+ is not the level 4."""
    return fold(name.replace("+", " plus "))


def _rows(file: str) -> Iterator[dict[str, str]]:
    with bundled.path("data", "frameworks", file).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)
