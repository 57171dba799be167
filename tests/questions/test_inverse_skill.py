"""From a skill against the arrows: who provides wholes that are built on a part with this skill? Five links."""

from __future__ import annotations

import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox
import pytest

from benchmarks.query import QUERIES
from mcgraph.limits import Limits
from mcgraph.model.namespaces import ID, MC, PREFIXES
from mcgraph.queries.engine import Engine

SKILL = "http://data.europa.eu/esco/skill/s"
TEXT = QUERIES["five links from a skill"]


@dataclass
class World:
    """Credentials with skills, rules with groups of members, wholes with providers, and the walk by plain Python."""

    skills: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    wholes: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    provider: dict[int, int] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)

    def providers_of(self, skill: int) -> set[str]:
        """The answer without a query engine."""
        parts = self.skills[skill]
        return {f"{ID}x/organisation/{self.provider[whole]}" for part in parts for whole in self.wholes[part]}


def _world(records: int) -> World:
    chance = random.Random(5)
    made = World()
    say = made.lines.append
    for one in range(records):
        made.provider[one] = chance.randrange(records // 100 + 1)
        say(f"<{ID}x/credential/{one}> <{MC}providedBy> <{ID}x/organisation/{made.provider[one]}> .")
        for skill in {int(500 * chance.random() ** 2) for _ in range(2)}:
            made.skills[skill].append(one)
            say(f"<{ID}x/credential/{one}> <{MC}skill> <{SKILL}{skill}> .")
    for rule in range(records // 2):
        whole, group = chance.randrange(records), f"<{ID}x/rule/{rule}/group>"
        say(f"<{ID}x/rule/{rule}> <{MC}stackingWhole> <{ID}x/credential/{whole}> .")
        say(f"<{ID}x/rule/{rule}> <{MC}requirementGroup> {group} .")
        for part in {chance.randrange(records) for _ in range(4)}:
            made.wholes[part].append(whole)
            say(f"{group} <{MC}groupMember> <{ID}x/credential/{part}> .")
    return made


def _asked(records: int, folder: Path) -> float:
    """The answers to three skills are right; the longest of the times it took."""
    world = _world(records)
    store = ox.Store(str(folder / "index"))
    text = "\n".join(world.lines).encode()
    store.bulk_load(text, format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode("https://w3id.org/mcgraph/graph/source/x"))
    store.flush()
    del store
    longest = 0.0
    prologue = f"PREFIX mc: <{PREFIXES['mc']}> PREFIX skill: <{SKILL[:-1]}>\n"
    with Engine(folder / "index", Limits()) as engine:
        for skill in (0, 1, 250):
            begun = time.perf_counter()
            found = engine.run(prologue + TEXT.replace("skill:s1 ", f"skill:s{skill} "), rows=1_000_000)
            longest = max(longest, time.perf_counter() - begun)
            assert {row[0] for row in found.rows} == world.providers_of(skill)
            assert len(found.rows) == len(world.providers_of(skill)) > 5
    return longest


def test_five_links_against_the_arrows(tmp_path: Path) -> None:
    """Each provider once, as a walk in plain Python finds them."""
    _asked(2_000, tmp_path)


@pytest.mark.long
def test_it_takes_less_than_two_seconds_at_100_000_records(tmp_path: Path) -> None:
    """Also for the most frequent skill, which one credential in eleven has."""
    assert _asked(100_000, tmp_path) < 2.0
