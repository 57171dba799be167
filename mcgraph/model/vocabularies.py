"""Controlled vocabularies as look-ups: from a notation, label or IRI in any language to the concept's IRI."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mcgraph.errors import RuleBroken
from mcgraph.model import bundled
from mcgraph.model.namespaces import RDF_TYPE, SKOS
from mcgraph.model.terms import fold


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """One concept scheme. `labels` has the preferred label per language of each concept IRI."""

    name: str
    by_key: Mapping[str, str]
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    notations: Mapping[str, str] = field(default_factory=dict)

    def find(self, text: str) -> str | None:
        """The IRI of the concept written as `text` (IRI, notation, preferred or other label), if any."""
        if text in self.labels:
            return text
        return self.by_key.get(fold(text))

    def label(self, iri: str, language: str = "en") -> str:
        """The label of a concept in `language`, else English, else any, else its notation or IRI."""
        labels = self.labels.get(iri, {})
        return labels.get(language) or labels.get("en") or next(iter(labels.values()), "") or iri

    def nearest(self, text: str, *, at_least: float = 80.0) -> str | None:
        """The IRI of the concept whose name is most like `text`, when it is like enough (0–100)."""
        from rapidfuzz import fuzz, process

        best = process.extractOne(fold(text), self.by_key.keys(), scorer=fuzz.ratio, score_cutoff=at_least)
        return self.by_key[best[0]] if best else None


# Schemes that come as tables of facts: (file, column of the notation, further columns that name the concept).
_TABLES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "country": ("countries.csv", "alpha3", ("alpha2", "label_en", "label_fr", "alt_names")),
    "language": ("languages.csv", "bcp47", ("code", "bibliographic_code", "label_en", "label_fr", "native")),
    "isced-f": ("isced-f.csv", "code", ("label_en", "label_fr")),
    "eqf": ("eqf-levels.csv", "level", ("label_en", "label_fr", "aliases")),
}


@cache
def vocabulary(name: str) -> Vocabulary:
    """The vocabulary called `name` (a scheme of `ontology/vocabularies/`, or country, language, isced-f, eqf).

    `a+b` is both together, the first one deciding where they share a name.

    Raises `RuleBroken` for a name no bundled file has.
    """
    if "+" in name:
        return _merged([vocabulary(one) for one in name.split("+")], name)
    if name in _TABLES:
        return _from_table(name)
    path = bundled.path("ontology", "vocabularies", f"{name}.ttl")
    if not path.exists():
        path = bundled.path("ontology", "vocabularies", f"eu-{name}.ttl")
    if not path.exists():
        raise RuleBroken(f"there is no vocabulary «{name}»", fix="Name one of ontology/vocabularies/.")
    return _from_turtle(name, path)


@cache
def all_labels() -> Mapping[str, Mapping[str, str]]:
    """The labels of every concept of every bundled vocabulary: IRI → language → label."""
    names = [
        *_TABLES,
        *(path.stem for path in sorted(bundled.path("ontology", "vocabularies").glob("*.ttl"))),
    ]
    merged: dict[str, Mapping[str, str]] = {}
    for name in names:
        merged.update(vocabulary(name.removeprefix("eu-")).labels)
    return merged


def _merged(parts: list[Vocabulary], name: str) -> Vocabulary:
    keys = [pair for part in parts for pair in part.by_key.items()]
    labels = {iri: texts for part in reversed(parts) for iri, texts in part.labels.items()}
    notations = {iri: code for part in reversed(parts) for iri, code in part.notations.items()}
    return Vocabulary(name, _keyed(keys), labels, notations)


def _from_turtle(name: str, path: Path) -> Vocabulary:
    import pyoxigraph as ox

    labels: dict[str, dict[str, str]] = {}
    notations: dict[str, str] = {}
    keys: list[tuple[str, str]] = []
    concepts: set[str] = set()
    for quad in ox.parse(path=str(path), format=ox.RdfFormat.TURTLE):
        subject, predicate = quad.subject.value, quad.predicate.value
        if predicate == RDF_TYPE and quad.object.value == SKOS + "Concept":
            concepts.add(subject)
            labels.setdefault(subject, {})
        elif predicate == SKOS + "prefLabel":
            labels.setdefault(subject, {})[quad.object.language or "en"] = quad.object.value
            keys.append((quad.object.value, subject))
        elif predicate in (SKOS + "altLabel", SKOS + "notation"):
            keys.append((quad.object.value, subject))
            if predicate == SKOS + "notation":
                notations[subject] = quad.object.value
    # The scheme has a label too, and is no value.
    labels = {iri: texts for iri, texts in labels.items() if iri in concepts}
    return Vocabulary(name, _keyed((text, iri) for text, iri in keys if iri in labels), labels, notations)


def _from_table(name: str) -> Vocabulary:
    file, notation, columns = _TABLES[name]
    labels: dict[str, dict[str, str]] = {}
    notations: dict[str, str] = {}
    keys: list[tuple[str, str]] = []
    with bundled.path("data", "frameworks", file).open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            iri = row["iri"]
            labels[iri] = {tag: row[f"label_{tag}"] for tag in ("en", "fr") if row[f"label_{tag}"]}
            notations[iri] = row[notation] or iri.rsplit("/", 1)[-1]
            texts = [part for column in (notation, *columns) for part in row[column].split("|")]
            keys += [(text, iri) for text in texts if text.strip()]
    return Vocabulary(name, _keyed(keys), labels, notations)


def _keyed(keys: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Folded text → IRI; the first concept that claims a text keeps it."""
    found: dict[str, str] = {}
    for text, iri in keys:
        found.setdefault(fold(text), iri)
    return found
