"""The French national register: its blocks reach a certification, one less does not."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest

from mcgraph.pathways import Evidence, Group, Rule, RuleBook, find_routes
from mcgraph.pathways.assemble import assemble
from mcgraph.pathways.build import arrays_from
from mcgraph.pathways.closure import close
from mcgraph.pathways.hypergraph import around
from mcgraph.pathways.reachability import Workspace, missing, only, spread
from mcgraph.pathways.reachability import close as close_arrays
from mcgraph.pathways.rule import Credential

ROUTES_TRIED = 150


@pytest.fixture(scope="module")
def blocks(shared: Path) -> dict[str, list[str]]:
    """Certification → its blocks, read from the file as published (cp1252)."""
    path = shared / "data/registries/rncp_fr/v1.4/rncp_blocs_competences.v1.4.csv"
    found: dict[str, list[str]] = {}
    with path.open(encoding="cp1252", newline="") as lines:
        for row in list(csv.reader(lines, delimiter=";"))[1:]:
            found.setdefault(row[0], []).append(row[1])
    return {code: list(dict.fromkeys(those)) for code, those in found.items()}


@pytest.fixture(scope="module")
def book(blocks: dict[str, list[str]]) -> RuleBook:
    """The register as rules: a certification needs all of its blocks."""
    known = {code: Credential(code, id=code, is_full_qualification=True) for code in blocks}
    known |= {block: Credential(block, id=block) for those in blocks.values() for block in those}
    rules = [
        Rule(f"rule-{code}", "stack", code, (Group.of("all-of", those),), evidence=Evidence(f"rule-{code}"))
        for code, those in blocks.items()
    ]
    return assemble(known, rules, date=datetime.date(2021, 1, 6))


def test_the_file_is_the_one_meant(blocks: dict[str, list[str]]) -> None:
    """Nothing below holds by there being nothing to try."""
    assert len(blocks) == 3_263


def test_all_blocks_reach_and_one_less_does_not(blocks: dict[str, list[str]], book: RuleBook) -> None:
    """For each of the 3,263 certifications, and each with its first, middle or last block dropped."""
    for at, (code, those) in enumerate(blocks.items()):
        graph = around(book, code)
        own = [graph.position[block] for block in those]
        assert graph.position[code] in close(graph, own).by, code
        dropped = (0, len(own) // 2, len(own) - 1)[at % 3]
        assert graph.position[code] not in close(graph, own[:dropped] + own[dropped + 1 :]).by, code


def test_the_gap_names_the_block(blocks: dict[str, list[str]], book: RuleBook) -> None:
    """The answer for one block less names that block, and one plan: to take it."""
    codes = sorted(blocks)[:: len(blocks) // ROUTES_TRIED]
    for at, code in enumerate(codes):
        those = blocks[code]
        dropped = those[at % len(those)]
        answer = find_routes(book, [block for block in those if block != dropped], code)
        assert not answer.attained and answer.reachable
        assert [group.missing for gap in answer.missing for group in gap.groups] == [(dropped,)]
        assert [plan.takes for plan in answer.plans] == [(dropped,)]


def test_arrays_say_the_same(blocks: dict[str, list[str]], book: RuleBook) -> None:
    """On the arrays, for each certification: all blocks reach it, one less does not, and the gap names the block."""
    arrays = arrays_from(book)
    space, nothing = Workspace(arrays.gates), only(arrays, ())
    empty = close_arrays(arrays.gates, (), nothing)
    assert len(empty) == 0
    for at, (code, those) in enumerate(blocks.items()):
        target, own = arrays.position(code), arrays.positions(those).tolist()
        assert target in spread(space, empty, own, nothing), code
        dropped = own[at % len(own)]
        fewer = [one for one in own if one != dropped]
        assert target not in spread(space, empty, fewer, nothing), code
        if at % 40 == 0:
            lacks = missing(close_arrays(arrays.gates, fewer, nothing), target)
            assert [group.missing for lack in lacks for group in lack.groups] == [(dropped,)]
