"""Nested conditions of JSON documents as stacking rules: the ways to a whole, as they are written."""

from __future__ import annotations

from typing import Any

import pytest

from mcgraph.model.batch import Batch
from tests.sources.documents import COURSE, only, said


def rules(batch: Batch) -> dict[str, set[frozenset[tuple[str, int, frozenset[str]]]]]:
    """Per whole its alternatives, each a set of (requirement, number, members)."""
    groups: dict[str, list[str]] = {}
    for rule, group in said(batch, "requirementGroup"):
        groups.setdefault(rule, []).append(group)
    kind = {group: iri.rsplit("#", 1)[-1] for group, iri in said(batch, "requirementType")}
    number = {group: int(value) for group, value in said(batch, "requiredNumber")}
    members: dict[str, set[str]] = {}
    for group, member in said(batch, "groupMember"):
        members.setdefault(group, set()).add(member.rsplit("/", 1)[-1])
    found: dict[str, set[frozenset[tuple[str, int, frozenset[str]]]]] = {}
    for rule, whole in said(batch, "stackingWhole"):
        way = frozenset((kind[g], number.get(g, 0), frozenset(members[g])) for g in groups[rule])
        found.setdefault(whole.rsplit("/", 1)[-1], set()).add(way)
    return found


def whole(needs: Any) -> dict[str, Any]:
    return {**COURSE, "needs": needs}


def of(*names: str, **more: Any) -> dict[str, Any]:
    return {"of": [f"https://a.example/{name}" for name in names], **more}


class TestConditions:
    @pytest.mark.parametrize(
        ("needs", "expected"),
        [
            (of("a", "b"), {frozenset({("all-of", 0, frozenset("ab"))})}),
            (of("a", "b", n=2), {frozenset({("all-of", 0, frozenset("ab"))})}),
            (of("a", "b", n=1), {frozenset({("any-of", 0, frozenset("ab"))})}),
            (of("a", "b", "c", n="2"), {frozenset({("count", 2, frozenset("abc"))})}),
            (of("a", n=1), {frozenset({("all-of", 0, frozenset("a"))})}),
            (of("a", n=3), {frozenset({("count", 3, frozenset("a"))})}),
            (
                [of("a"), of("b", "c", n=1)],
                {frozenset({("all-of", 0, frozenset("a")), ("any-of", 0, frozenset("bc"))})},
            ),
            (
                {"op": "logic:Or", "needs": [of("a", "b"), of("c")]},
                {frozenset({("all-of", 0, frozenset("ab"))}), frozenset({("all-of", 0, frozenset("c"))})},
            ),
            (
                {"op": "AND", "needs": [of("a"), {"op": "OR", "needs": [of("b"), of("c")]}]},
                {
                    frozenset({("all-of", 0, frozenset("a")), ("all-of", 0, frozenset("b"))}),
                    frozenset({("all-of", 0, frozenset("a")), ("all-of", 0, frozenset("c"))}),
                },
            ),
            (
                {"n": 2, "needs": [of("a"), of("b"), of("c")]},
                {
                    frozenset({("all-of", 0, frozenset(one)), ("all-of", 0, frozenset(other))})
                    for one, other in ("ab", "ac", "bc")
                },
            ),
        ],
    )
    def test_nested_choices_become_alternatives_of_groups(self, read: Any, needs: Any, expected: Any) -> None:
        """AND multiplies, OR adds, "n of" chooses; thresholds stay thresholds."""
        assert rules(read({"a.json": whole(needs)})) == {"1": expected}

    @pytest.mark.parametrize("seed", range(60))
    def test_alternatives_mean_what_the_conditions_mean(self, read: Any, seed: int) -> None:
        """On random nested conditions and every set of held parts: met by the tree exactly when met by a rule."""
        import itertools
        import random

        chance = random.Random(seed)
        names = "abcd"

        def condition(depth: int) -> dict[str, Any]:
            if depth == 0 or chance.random() < 0.4:
                chosen = chance.sample(names, chance.randint(1, 3))
                return of(*chosen, **({"n": chance.randint(1, len(chosen))} if chance.random() < 0.7 else {}))
            inside = [condition(depth - 1) for _ in range(chance.randint(1, 3))]
            kind = chance.choice(["and", "or", "n"])
            return {"needs": inside, **({"n": chance.randint(1, len(inside))} if kind == "n" else {"op": kind})}

        def met(one: dict[str, Any], held: set[str]) -> bool:
            if "of" in one:
                have = sum(iri.rsplit("/", 1)[-1] in held for iri in one["of"])
                return have >= one.get("n", len(one["of"]))
            count = sum(met(inner, held) for inner in one["needs"])
            return count >= (one["n"] if "n" in one else 1 if one["op"] == "or" else len(one["needs"]))

        tree = condition(2)
        ways = rules(read({"a.json": whole(tree)}))["1"]
        for size in range(len(names) + 1):
            for some in itertools.combinations(names, size):
                held = set(some)
                by_rules = any(
                    all(
                        len(members & held) >= {"all-of": len(members), "any-of": 1}.get(kind, number)
                        for kind, number, members in way
                    )
                    for way in ways
                )
                assert by_rules == met(tree, held), (tree, held)

    def test_too_many_alternatives_are_an_error_and_no_rule(self, read: Any) -> None:
        pairs = [{"op": "or", "needs": [of(f"{i}a"), of(f"{i}b")]} for i in range(9)]
        batch = read({"a.json": whole(pairs)})
        assert not rules(batch)
        assert only(batch, "DOC-CONDITIONS-001").severity == "error"
