"""Recognition written as plain Python, as a graph, and answered by brute force from the plain Python alone."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyoxigraph as ox

MC = "https://w3id.org/mcgraph/ontology#"
VOCAB = "https://w3id.org/mcgraph/vocab/"
ID = "https://w3id.org/mcgraph/id/t/"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"
GRANTING = {"full", "credit", "exemption", "partial", "access"}


@dataclass
class Said:
    """One recognition statement, as a person would write it down."""

    name: str
    by: str
    effect: str = "full"
    what: str = ""
    all_of: str = ""
    towards: str = ""
    where: str = ""
    since: str = ""
    until: str = ""
    status: str = ""
    claim: str = "by-recogniser"
    purpose: str = ""


@dataclass
class World:
    """Organisations with countries, credentials with owners, and what was said; no SPARQL, no columns."""

    bodies: dict[str, str]
    credentials: dict[str, str]
    said: list[Said] = field(default_factory=list)
    extra: str = ""

    def turtle(self) -> str:
        """The world as triples."""
        return "\n".join(self._lines()) + "\n" + self.extra

    def _lines(self) -> Iterator[str]:
        for body, country in self.bodies.items():
            yield f'<{ID}organisation/{body}> a <{MC}Organisation> ; <{MC}legalName> "Body {body}" ; '
            yield f'  <{MC}identifier> "{body}"' + (f" ; <{MC}country> <{COUNTRY}{country}> ." if country else " .")
        for credential, owner in self.credentials.items():
            yield f'<{ID}credential/{credential}> a <{MC}Credential> ; <{MC}title> "Course {credential}"@en ; '
            yield f'  <{MC}identifier> "{credential}" ; <{MC}awardedBy> <{ID}organisation/{owner}> .'
        for one in self.said:
            yield from self._said(one)

    def _said(self, one: Said) -> Iterator[str]:
        subject = f"<{ID}recognition/{one.name}>"
        yield f"{subject} a <{MC}RecognitionStatement> ; <{MC}recogniser> <{ID}organisation/{one.by}> ."
        links = {"recognisedCredential": one.what, "recognisedTowards": one.towards}
        for name, value in links.items():
            if value:
                yield f"{subject} <{MC}{name}> <{ID}credential/{value}> ."
        if one.all_of:
            yield f"{subject} <{MC}recognisedOrganisation> <{ID}organisation/{one.all_of}> ."
        if one.where:
            yield f"{subject} <{MC}jurisdiction> <{COUNTRY}{one.where}> ."
        concepts = {
            "recognitionEffect": ("recognition-effect", one.effect),
            "statementStatus": ("statement-status", one.status),
            "claimKind": ("claim", one.claim),
            "recognitionPurpose": ("recognition-purpose", one.purpose),
        }
        for name, (scheme, value) in concepts.items():
            if value:
                yield f"{subject} <{MC}{name}> <{VOCAB}{scheme}#{value}> ."
        for name, value in (("validFrom", one.since), ("validUntil", one.until)):
            if value:
                yield f'{subject} <{MC}{name}> "{value}"^^<http://www.w3.org/2001/XMLSchema#date> .'

    # What is true of it, by the plainest code there is.

    def state(self, one: Said, day: str) -> str:
        """Whether it counts on a day."""
        if one.status in ("withdrawn", "proposed"):
            return one.status
        if one.since and one.since > day:
            return "not-yet"
        if one.until and one.until < day:
            return "lapsed"
        return "lapsed" if one.status == "expired" and not one.until else "in-force"

    def subjects(self, one: Said) -> set[str]:
        """The credentials it speaks of."""
        return ({one.what} if one.what else set()) | {c for c, o in self.credentials.items() if o == one.all_of}

    def from_bodies(self, one: Said) -> set[str]:
        """The bodies whose credentials it speaks of."""
        owner = self.credentials.get(one.what, "")
        return {body for body in (owner, one.all_of) if body}

    def place(self, one: Said) -> str:
        """Where it has effect."""
        return one.where or self.bodies[one.by]

    def grants(self, day: str) -> list[Said]:
        """Granting statements in force."""
        return [one for one in self.said if self.state(one, day) == "in-force" and one.effect in GRANTING]


class WorldGraph:
    """A world behind the two things the register asks of a graph."""

    snapshot = "s-world"

    def __init__(self, *turtles: str) -> None:
        self.store = ox.Store()
        for number, turtle in enumerate(turtles):
            graph = ox.NamedNode(f"https://w3id.org/mcgraph/graph/source/t{number}")
            self.store.load(turtle, format=ox.RdfFormat.TURTLE, to_graph=graph)

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """Plain strings over the union of the graphs."""
        found: Any = self.store.query(sparql, use_default_graph_as_union=True)
        return [tuple(None if value is None else value.value for value in row) for row in found]


def random_world(seed: int, statements: int = 10) -> World:
    """A small world with everything in it: loops, lapsed and refused statements, whole bodies, missing countries."""
    chance = random.Random(seed)
    countries = ["IRL", "FIN", "FRA", ""]
    bodies = {f"B{i}": countries[i % 4] if chance.random() < 0.9 else "" for i in range(5)}
    credentials = {f"c{i}": f"B{chance.randrange(5)}" for i in range(7)}
    said = []
    for number in range(statements):
        is_whole = chance.random() < 0.25
        effect = chance.choice(["full", "full", "full", "credit", "partial", "refused", "endorsement"])
        said.append(
            Said(
                name=f"r{number:02d}",
                by=f"B{chance.randrange(5)}",
                effect=effect,
                what="" if is_whole else f"c{chance.randrange(7)}",
                all_of=f"B{chance.randrange(5)}" if is_whole else "",
                towards=f"c{chance.randrange(7)}" if chance.random() < 0.7 else "",
                where=chance.choice(["", "", "IRL", "FIN", "NLD"]),
                since=chance.choice(["", "2024-01-01", "2026-06-01"]),
                until=chance.choice(["", "", "2025-12-31", "2026-06-15"]),
                status=chance.choice(["", "in-force", "in-force", "in-force", "expired", "withdrawn", "proposed"]),
                claim=chance.choice(["by-recogniser", "by-provider", "inferred", ""]),
            )
        )
    return World(bodies, credentials, said)


def short(iri: str) -> str:
    """The last part of an IRI."""
    return iri.rsplit("/", 1)[-1]


def counts(pairs: Iterable[tuple[tuple[str, str], str, str]]) -> dict[tuple[str, str, str], int]:
    """How many distinct statements there are per (a, b, class)."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for (a, b), kind, name in pairs:
        found.setdefault((a, b, kind), set()).add(name)
    return {key: len(names) for key, names in found.items()}
