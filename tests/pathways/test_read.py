"""What is read from a graph is what its statements say, as of the day."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.pathways import RuleBook, find_routes
from mcgraph.pathways.answer import document
from mcgraph.pathways.reach_at_size import find_reach_at_size
from mcgraph.pathways.read import number, read_book
from mcgraph.pathways.rule import RowSource
from mcgraph.pathways.scope import Part
from mcgraph.store import open_graph

EX = "https://w3id.org/mcgraph/id/demo/credential/"
DAY = datetime.date(2025, 7, 1)


def read(graph: Any, day: datetime.date = DAY) -> RuleBook:
    """The book of the graph."""
    return RuleBook.read(graph, date=day)


def test_credentials_carry_their_facts(graph: Any) -> None:
    """Title in the language asked for, level, credits, provider by name, prerequisites, status."""
    book = RuleBook.read(graph, date=DAY, lang="fr")
    one, other = book.credential(EX + "A"), book.credential(EX + "C")
    assert (one.title, one.level, one.credits, one.provider) == (
        "Culture des données",
        5,
        number("2.5"),
        "University U",
    )
    assert other.prerequisites == (EX + "A",)
    assert book.credential(EX + "T").is_full_qualification
    assert book.refuses_taking(EX + "D").code == "credential-ended"  # type: ignore[union-attr]
    assert book.snapshot == "snapshot-1"


def test_a_rule_keeps_its_groups_condition_and_evidence(graph: Any) -> None:
    """Groups with their needs, the minimum level, and claimant, dates, URL, source and row."""
    rule = read(graph).rules_to[EX + "T"][0]
    assert sorted((group.requirement, group.needed) for group in rule.groups) == [
        ("any-of", 1),
        ("credit-points", 5),
    ]
    assert [(c.type, c.value) for c in rule.conditions] == [("minimum-level", 5)]
    said = rule.evidence
    assert (said.claimant, said.claim, said.valid_from) == ("University U", "by-provider", "2024-01-01")
    assert (said.url, said.source) == ("https://u.example/rules", "demo")
    assert said.origin.endswith("StackingRules#row=2")


def test_partial_recognition_joins_the_credit_group(graph: Any) -> None:
    """The foreign course counts 2.5, so one local course is left, and both claims are on the step."""
    answer = find_routes(read(graph), [EX + "X"], EX + "T")
    assert [plan.takes for plan in answer.plans] == [(EX + "B",), (EX + "A",)]
    last = answer.plans[0].steps[-1]
    assert [found.claim for found in last.evidence] == ["by-provider", "by-recogniser"]
    assert last.evidence[1].stated_on == "2025-02-03"


def test_a_member_below_the_level_does_not_count(graph: Any) -> None:
    """Course C is at level 4; the rule asks for 5: the gap says so."""
    gap = find_routes(read(graph), [EX + "C"], EX + "T").missing[0]
    refused = {reason.credential: reason.code for state in gap.groups for reason in state.refused}
    assert refused == {EX + "C": "level-below-minimum"}


def test_full_recognition_ends_with_its_last_day(graph: Any) -> None:
    """In force on the last of March, lapsed in April, kept to explain."""
    there = find_routes(read(graph, datetime.date(2025, 3, 31)), [EX + "X"], EX + "B")
    gone = find_routes(read(graph, datetime.date(2025, 4, 1)), [EX + "X"], EX + "B")
    assert there.attained and not gone.attained
    assert gone.missing[0].unusable is not None and "2025-03-31" in gone.missing[0].unusable.text


def test_a_refusal_of_an_organisation_is_told_for_its_credentials(graph: Any) -> None:
    """The refusal, the part's one-sided claim and the successor are all in the answer."""
    answer = find_routes(read(graph), [EX + "X"], EX + "Q")
    codes = [reason.code for reason in answer.reason]
    assert codes == ["recognition-refused", "no-rule", "declared-without-rule"]
    assert [one.credential for one in answer.nearest] == [EX + "T"]


def test_replacement_is_not_stacking(graph: Any) -> None:
    """Who holds the old qualification does not thereby hold its successor."""
    assert not find_routes(read(graph), [EX + "Q"], EX + "T").attained


def test_an_unknown_requirement_is_no_easy_one(graph_of: Callable[[str], Any]) -> None:
    """A group whose requirement is not known makes its rule unusable."""
    book = read(
        graph_of(
            "ex:A a mc:Credential . ex:T a mc:Credential ."
            "rule:R a mc:StackingRule ; mc:stackingWhole ex:T ; mc:requirementGroup rule:g ."
            "rule:g a mc:RequirementGroup ; mc:requirementType req:some-of ; mc:groupMember ex:A ."
        )
    )
    answer = find_routes(book, [EX + "A"], EX + "T")
    assert [reason.code for reason in answer.reason] == ["rule-incomplete"]


def test_a_member_nobody_describes_cannot_be_taken(graph_of: Callable[[str], Any]) -> None:
    """A dangling member is named in the reason."""
    book = read(
        graph_of(
            "ex:T a mc:Credential ."
            "rule:R a mc:StackingRule ; mc:stackingWhole ex:T ; mc:requirementGroup rule:g ."
            "rule:g a mc:RequirementGroup ; mc:requirementType req:all-of ; mc:groupMember ex:Nowhere ."
        )
    )
    answer = find_routes(book, [], EX + "T")
    assert [reason.code for reason in answer.reason] == ["part-unreachable", "not-described"]


@pytest.mark.parametrize("text", ["", "NaN", "INF", "1e400", "5 ECTS", "--1", "9" * 40])
def test_what_is_no_number_is_unknown(text: str) -> None:
    """A hostile lexical form neither crashes nor counts."""
    assert number(text) is None


def test_a_part_answers_as_the_whole_does(demo_store: Path) -> None:
    """Reading only what lies around a target gives the same plans, gaps and reasons, with their evidence."""
    day = datetime.date(2026, 11, 1)
    with open_graph(demo_store) as graph:
        book = read_book(graph, date=day)
        targets = sorted({rule.whole for rule in book.rules})
        smaller = 0
        for at, target in enumerate(targets):
            held = sorted(book.credentials)[at % 7 :: 29][:3]
            part = read_book(graph, date=day, around=[target, *held])
            wanted, got = (document(find_routes(one, held, target)) for one in (book, part))
            for key in ("attained", "reachable", "plans", "missing", "evidence", "snapshot", "notes"):
                assert got[key] == wanted[key], (target, key)
            told = [[r["code"] for r in one["reason"] if r["code"] != "declared-without-rule"] for one in (wanted, got)]
            assert told[0] == told[1], target
            smaller += len(part.credentials) < len(book.credentials) / 2
        assert len(targets) > 10 and smaller > len(targets) / 2


def test_a_part_that_is_too_large_is_refused(demo_store: Path) -> None:
    """A question that would read the whole store says so."""
    with open_graph(demo_store) as graph:
        target = next(iter(read_book(graph, date=datetime.date(2026, 11, 1)).rules_to))
        with pytest.raises(LimitReached, match="records lie around"):
            Part(graph, [target], Limits(pathway_part_records=3))


def test_every_way_to_read_a_part_keeps_to_its_limit(demo_store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is that of who asks, else that of the environment; a whole book is not a part."""
    day, few = datetime.date(2026, 11, 1), Limits(pathway_part_records=3)
    with open_graph(demo_store) as graph:
        book = RuleBook.read(graph, date=day, limits=few)
        target = next(iter(book.rules_to))
        reads: list[Callable[..., object]] = [
            lambda **more: RuleBook.read(graph, date=day, around=[target], **more),
            lambda **more: find_reach_at_size(graph, [target], date=day, **more),
        ]
        for read in reads:
            read()
            with pytest.raises(LimitReached, match="records lie around"):
                read(limits=few)
        monkeypatch.setenv("MCGRAPH_LIMIT_PATHWAY_PART_RECORDS", "3")
        for read in reads:
            with pytest.raises(LimitReached, match="more than 3 records"):
                read()


def test_what_is_no_iri_is_never_put_into_a_query(graph: RowSource) -> None:
    """A hostile name reads nothing and breaks nothing."""
    part = Part(graph, ["https://x.example/> } SELECT * {", "not an iri"])
    assert part.typed(["Credential"]) == [] and part.titles() == []
