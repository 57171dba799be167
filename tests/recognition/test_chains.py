"""Chains equal brute force over simple paths; loops justify nothing; the weakest link is the weakest."""

from __future__ import annotations

import datetime

import polars as pl
import pytest

from mcgraph.recognition import Party, Register, find_chains
from mcgraph.recognition.names import find_party
from mcgraph.recognition.register import country_party
from tests.recognition.conftest import RegisterOf
from tests.recognition.facts import Said, World, random_world, short

DAY = datetime.date(2026, 6, 10)
Walk = tuple[tuple[str, str], ...]


def brute(world: World, start: str, b: Party, longest: int) -> set[Walk]:
    """Every chain of (credential, statement) from one credential, by plain recursion."""
    grants = world.grants(DAY.isoformat())
    found: set[Walk] = set()

    def ends(one: Said) -> bool:
        if b.kind == "country":
            return world.place(one) == b.id
        return b.id in (one.by, one.towards)

    def go(at: str, seen: frozenset[str], walk: Walk) -> None:
        if len(walk) >= longest:
            return
        for one in grants:
            if at not in world.subjects(one):
                continue
            is_step = one.effect == "full" and bool(one.towards) and one.towards != at
            if b.kind == "credential":
                if one.towards == b.id and b.id not in seen:
                    found.add((*walk, (at, one.name)))
            elif ends(one):
                found.add((*walk, (at, one.name)))
            if is_step and one.towards not in seen and not (b.kind == "credential" and one.towards == b.id):
                go(one.towards, seen | {one.towards}, (*walk, (at, one.name)))

    go(start, frozenset({start}), ())
    return found


def walks(register: Register, a: Party, b: Party, longest: int) -> set[Walk]:
    answer = find_chains(register, a, b, most=100_000, longest=longest)
    assert not answer.truncated
    found = set()
    for chain in answer.chains:
        walk = tuple((link.start.id, short(link.statement.iri) if link.statement else "") for link in chain.links)
        found |= {((start, walk[0][1]), *walk[1:]) for start in (walk[0][0], *(one.id for one in chain.also))}
    return found


@pytest.mark.parametrize("seed", range(60))
def test_chains_equal_brute_force(seed: int, register_of: RegisterOf) -> None:
    """To a country, to a body and to a credential, from every credential."""
    world = random_world(seed, statements=11)
    register = register_of(world, DAY)
    for longest in (1, 3):
        for b in (country_party("FIN"), find_party(register, "B1"), find_party(register, "c3")):
            for start in world.credentials:
                if start != b.id:
                    a = find_party(register, start)
                    assert walks(register, a, b, longest) == brute(world, start, b, longest), (start, b.id, longest)


@pytest.mark.parametrize("seed", range(20))
def test_chains_from_a_body_are_those_of_its_credentials(seed: int, register_of: RegisterOf) -> None:
    world = random_world(seed, statements=11)
    register = register_of(world, DAY)
    b = country_party("IRL")
    expected = set().union(*(brute(world, c, b, 3) for c, owner in world.credentials.items() if owner == "B2"), set())
    assert walks(register, find_party(register, "B2"), b, 3) == expected


def test_mutual_recognition_does_not_justify_itself(register_of: RegisterOf) -> None:
    """x counts as y and y as x: from a credential that is neither, nothing follows; from x only y."""
    said = [Said("r1", "V", what="x", towards="y"), Said("r2", "U", what="y", towards="x")]
    world = World({"U": "IRL", "V": "FIN", "W": "FRA"}, {"x": "U", "y": "V", "z": "W"}, said)
    register = register_of(world)
    x, y, z = (find_party(register, name) for name in "xyz")
    assert not find_chains(register, z, y).chains
    assert [len(chain.links) for chain in find_chains(register, x, y).chains] == [1]
    assert not find_chains(register, x, x).chains


def test_partial_recognition_ends_a_chain(register_of: RegisterOf) -> None:
    """What is held in part is not held: only a full recognition can be followed by another."""
    for effect, reached in (("full", 1), ("partial", 0), ("credit", 0), ("access", 0)):
        said = [Said("r1", "V", effect, what="x", towards="y"), Said("r2", "W", what="y", towards="z")]
        world = World({"U": "IRL", "V": "FIN", "W": "FRA"}, {"x": "U", "y": "V", "z": "W"}, said)
        register = register_of(world)
        answer = find_chains(register, find_party(register, "x"), find_party(register, "z"))
        assert len(answer.chains) == reached, effect


def test_the_weakest_link_is_named(register_of: RegisterOf) -> None:
    """A chain is as sure as its weakest claim."""
    said = [
        Said("r1", "V", what="x", towards="y", claim="by-provider"),
        Said("r2", "W", what="y", towards="z", claim="by-recogniser"),
    ]
    register = register_of(World({"U": "IRL", "V": "FIN", "W": "FRA"}, {"x": "U", "y": "V", "z": "W"}, said))
    (chain,) = find_chains(register, find_party(register, "x"), find_party(register, "z")).chains
    assert chain.confidence == "by-provider"
    assert chain.weakest is chain.links[0]
    assert chain.weakest.statement is not None
    assert short(chain.weakest.statement.iri) == "r1"


def test_a_rule_that_one_credential_fulfils_is_a_link(register_of: RegisterOf) -> None:
    """Recognised as y; y alone gives the whole; the whole is recognised by W."""
    said = [Said("r1", "V", what="x", towards="y"), Said("r2", "W", what="whole")]
    register = register_of(World({"U": "IRL", "V": "FIN", "W": "FRA"}, {"x": "U", "y": "V", "whole": "V"}, said))
    base = "https://w3id.org/mcgraph/id/t/"
    rule = pl.DataFrame({"iri": [base + "rule/1"], "s": [base + "credential/y"], "o": [base + "credential/whole"]})
    a, b = find_party(register, "x"), country_party("FRA")
    assert not find_chains(register, a, b).chains
    (chain,) = find_chains(register, a, b, stacked=rule).chains
    assert [link.rule != "" for link in chain.links] == [False, True, False]
    assert chain.recognitions == 2


def test_a_no_has_its_reason_and_its_refusal(register_of: RegisterOf) -> None:
    said = [Said("no", "U", "refused", what="x"), Said("old", "U", what="x", until="2020-01-01")]
    register = register_of(World({"U": "IRL", "V": "FIN"}, {"x": "V"}, said))
    answer = find_chains(register, find_party(register, "x"), find_party(register, "U"))
    assert not answer.chains
    assert answer.reason == "no statement in force recognises what is held"
    assert [short(one.iri) for one in answer.refused] == ["no"]
    assert [short(one.iri) for one in answer.lapsed] == ["old"]
    assert (answer.coverage.total, answer.coverage.known) == (1, 0)


def test_limits_cut_and_say_so(register_of: RegisterOf) -> None:
    said = [Said(f"r{i}", "U", what="x", purpose=str(i)) for i in range(5)]
    register = register_of(World({"U": "IRL", "V": "FIN"}, {"x": "V"}, said))
    a, b = find_party(register, "x"), find_party(register, "U")
    answer = find_chains(register, a, b, most=2)
    assert (len(answer.chains), answer.truncated) == (2, "recognition_chains")
    assert find_chains(register, a, b, steps=0).truncated == "recognition_chain_steps"
