"""The matrix equals a plain count over the statements, on random worlds and on the demo data."""

from __future__ import annotations

import datetime

import pytest

from mcgraph.recognition import make_matrix
from mcgraph.recognition.places import Level
from tests.recognition.conftest import RegisterOf
from tests.recognition.facts import GRANTING, Said, World, counts, random_world

DAY = "2026-06-10"
LONGEST = 4


def brute(world: World, level: Level) -> dict[tuple[str, str, str], int]:
    """Every count of every cell, straight from the definitions."""
    day = DAY
    asserted = [one for one in world.grants(day) if one.claim != "inferred"]
    pairs = {(a, one.by) for one in asserted for a in world.from_bodies(one)}

    def places(one: Said) -> set[tuple[str, str]]:
        if level == "body":
            return {(a, one.by) for a in world.from_bodies(one)}
        b = world.place(one)
        return {(world.bodies[a], b) for a in world.from_bodies(one) if world.bodies[a] and b}

    def kind(one: Said) -> str:
        state = world.state(one, day)
        if state in ("lapsed", "withdrawn"):
            return "lapsed"
        if state in ("not-yet", "proposed"):
            return "not_yet"
        if one.effect not in GRANTING:
            return {"refused": "refused"}.get(one.effect, "endorsed")
        if one.claim == "inferred":
            return "inferred"
        answered = any((one.by, a) in pairs and a != one.by for a in world.from_bodies(one))
        return "mutual" if answered else "one_sided"

    found = counts((place, kind(one), one.name) for one in world.said for place in places(one))
    stated = {(a, b) for a, b, name in found if name in ("mutual", "one_sided", "inferred")}
    for (a, b), names in followed(world, level).items():
        if (a, b) not in stated:
            found[a, b, "inferred"] = found.get((a, b, "inferred"), 0) + len(names)
    return found


def followed(world: World, level: Level) -> dict[tuple[str, str], set[str]]:
    """Credentials that reach a place over two to four recognitions and not directly, by walking from each one."""
    grants = world.grants(DAY)
    found: dict[tuple[str, str], set[str]] = {}
    for start, owner in world.credentials.items():
        reached: set[str] = set()
        edge = {start}
        for _ in range(LONGEST - 1):
            steps = [one for one in grants if one.effect == "full" and one.towards and world.subjects(one) & edge]
            edge = {one.towards for one in steps} - reached - {start}
            reached |= edge
        own = {one.by if level == "body" else world.place(one) for one in grants if start in world.subjects(one)}
        for at in reached:
            for one in grants:
                if at not in world.subjects(one):
                    continue
                a, b = (owner, one.by) if level == "body" else (world.bodies[owner], world.place(one))
                if a and b and a != b and b not in own:
                    found.setdefault((a, b), set()).add(start)
    return found


@pytest.mark.parametrize("level", ["country", "body"])
@pytest.mark.parametrize("seed", range(60))
def test_every_count_of_every_cell_equals_brute_force(seed: int, level: Level, register_of: RegisterOf) -> None:
    """Asserted, mutual, one-sided, inferred, endorsed, refused, lapsed, not yet."""
    world = random_world(seed, statements=12)
    answer = make_matrix(register_of(world, datetime.date.fromisoformat(DAY)), level)
    found = {
        (one.a.id, one.b.id, name): getattr(one, name)
        for one in answer.cells
        for name in ("mutual", "one_sided", "inferred", "endorsed", "refused", "lapsed", "not_yet")
        if getattr(one, name)
    }
    assert found == brute(world, level)
    assert all(one.asserted == one.mutual + one.one_sided for one in answer.cells)


def test_what_has_no_country_is_counted_and_not_dropped(register_of: RegisterOf) -> None:
    """Total, known and unknown stand beside the matrix, with the reason."""
    said = [Said("a", "U", what="x"), Said("b", "W", what="x"), Said("c", "U", what="z")]
    said.append(Said("d", "W", what="x", where="FRA"))
    world = World({"U": "IRL", "V": "FIN", "W": ""}, {"x": "V", "z": "W"}, said)
    coverage = make_matrix(register_of(world), "country").coverage
    assert (coverage.total, coverage.known, coverage.unknown) == (4, 2, 2)
    assert coverage.why == {"what is recognised has no country": 1, "the recogniser has no country": 1}


def test_a_body_that_recognises_itself_is_not_mutual(register_of: RegisterOf) -> None:
    world = World({"U": "IRL"}, {"x": "U"}, [Said("a", "U", what="x")])
    (cell,) = make_matrix(register_of(world), "body").cells
    assert (cell.asserted, cell.mutual, cell.one_sided) == (1, 0, 1)


def test_a_cut_matrix_says_so(register_of: RegisterOf) -> None:
    answer = make_matrix(register_of(random_world(3, 12)), "body", most_cells=1)
    assert len(answer.cells) == 1
    assert answer.truncated == "recognition_cells"


def test_credentials_from_nowhere_are_followed_to_nothing() -> None:
    """Where nobody says where a credential comes from, recognitions lead on and nothing is counted."""
    import numpy as np

    from mcgraph.recognition.followed import follow

    def pairs(*rows: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        table = np.array(rows, dtype=np.int64).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    found = follow(3, pairs((0, 1)), pairs((1, 7)), pairs(), 3, 1_000)
    assert len(found.home) == len(found.place) == len(found.count) == 0
    told = follow(3, pairs((0, 1)), pairs((1, 7)), pairs((0, 4)), 3, 1_000)
    assert (told.home.tolist(), told.place.tolist(), told.count.tolist()) == ([4], [7], [1])
