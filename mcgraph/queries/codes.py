"""Codes and names of the bundled lists: countries, languages, and the concepts of a scheme."""

from __future__ import annotations

import csv
import re
from functools import lru_cache

from mcgraph.errors import WrongUse
from mcgraph.model import bundled
from mcgraph.model.namespaces import PREFIXES, SKOS
from mcgraph.model.terms import fold

_ABOUT_THE_ROW = frozenset(("status", "source", "source_date", "verified", "group"))
_NAL = re.compile(r"[A-Z0-9]{3}")


def country(text: str) -> str:
    """The IRI of a country given by its alpha-2 or alpha-3 code, name or IRI.

    Raises `WrongUse` with a near name where there is none.
    """
    return _entry("country", text)


def language(text: str) -> str:
    """The IRI of a language given by its code, name or IRI.

    Raises `WrongUse` with a near name where there is none.
    """
    return _entry("language", text)


def _entry(kind: str, text: str) -> str:
    base = PREFIXES[kind]
    bare = text.strip().removeprefix("<").removesuffix(">").removeprefix(base).removeprefix(f"{kind}:")
    known = _codes(kind)
    found = known.get(fold(bare))
    if found:
        return base + found
    if not known and _NAL.fullmatch(bare.upper()):
        return base + bare.upper()
    from rapidfuzz import fuzz, process

    # The whole word counts: parts of it are alike in any two codes.
    near = process.extractOne(fold(bare), list(known), scorer=fuzz.ratio, score_cutoff=70) if known else None
    hint = f"Did you mean «{near[0]}»? " if near else ""
    example = "IE, IRL or Ireland" if kind == "country" else "en, ENG or English"
    raise WrongUse(f"«{text[:60]}» is no {kind}", fix=f"{hint}Write it such as {example}.")


@lru_cache(maxsize=2)
def _codes(kind: str) -> dict[str, str]:
    """Every spelling (folded) of the bundled list `countries.csv` or `languages.csv` → three-character code.

    The code is the first column that holds three characters in every row; the other columns are spellings,
    several of them separated by `|`.
    """
    path = bundled.path("data", "frameworks", "countries.csv" if kind == "country" else "languages.csv")
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    if not rows:
        return {}
    columns = [name for name in rows[0] if all(_NAL.fullmatch(_tail(row[name])) for row in rows)]
    if not columns:
        return {}
    spellings: dict[str, str] = {}
    for row in rows:
        code = _tail(row[columns[0]])
        for name, cell in row.items():
            for word in (cell or "").split("|") if name not in _ABOUT_THE_ROW else ():
                if word.strip():
                    spellings.setdefault(fold(_tail(word)), code)
    # A code always means its own country, whatever another row calls itself.
    return spellings | {fold(_tail(row[columns[0]])): _tail(row[columns[0]]) for row in rows}


def _tail(text: str | None) -> str:
    return (text or "").strip().rpartition("/")[2]


@lru_cache(maxsize=64)
def concepts(scheme: str) -> dict[str, str]:
    """Every spelling (folded notation and labels) of the concepts of a bundled scheme → IRI."""
    if scheme == "eqf":
        return {fold(text): f"{PREFIXES['eqf']}{n}" for n in range(1, 9) for text in (str(n), f"EQF {n}")}
    folder = bundled.path("ontology", "vocabularies")
    path = next((p for p in (folder / f"{scheme}.ttl", folder / f"eu-{scheme}.ttl") if p.is_file()), None)
    if path is None:
        return {}
    import pyoxigraph

    wanted = [f"{SKOS}{name}" for name in ("notation", "prefLabel", "altLabel")]
    quads = list(pyoxigraph.parse(path=str(path)))
    concept = pyoxigraph.NamedNode(f"{SKOS}Concept")
    members = {quad.subject for quad in quads if quad.object == concept}
    # A notation outweighs a label, and a label an alternative one, where two concepts share a spelling.
    found: dict[str, str] = {}
    for predicate in wanted:
        for quad in quads:
            if quad.predicate.value == predicate and quad.subject in members:
                found.setdefault(fold(quad.object.value), quad.subject.value)
    return found
