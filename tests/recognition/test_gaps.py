"""Gaps are complete records nobody recognises; an agreement opens what a plain fixpoint says it opens."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest

from mcgraph.pathways import RuleBook
from mcgraph.recognition import GapAnswer, assess_source, find_gaps, read_register
from mcgraph.recognition.gaps import COMPLETE
from mcgraph.store.graph import Graph
from tests.recognition.facts import MC, VOCAB, Said, World, WorldGraph

DAY = datetime.date(2026, 6, 10)
EQF = "http://data.europa.eu/snb/eqf/"
ISCED = "http://data.europa.eu/snb/isced-f/"
TEST = "http://data.europa.eu/snb/assessment/6e6cb2cc78"
CRED = "https://w3id.org/mcgraph/id/t/credential/"
BASE = "https://w3id.org/mcgraph/id/t/"


def facts(credential: str, level: int = 5, field: str = "0613") -> str:
    """What makes a record complete, but for quality."""
    return (
        f"<{CRED}{credential}> <{MC}eqfLevel> <{EQF}{level}> ; <{MC}fieldOfStudy> <{ISCED}{field}> ; "
        f'<{MC}learningOutcomeSummary> "Can do it" ; <{MC}assessmentType> <{TEST}> .\n'
    )


def assured(body: str) -> str:
    """The body is under quality assurance."""
    return (
        f"<{BASE}qa/{body}> a <{MC}QualityAssuranceStatement> ; "
        f"<{MC}assuredOrganisation> <{BASE}organisation/{body}> ; "
        f"<{MC}qaType> <{VOCAB}qa-type#esg> ; <{MC}qaDecision> <{VOCAB}qa-decision#positive> .\n"
    )


def rule(name: str, whole: str, *members: str) -> str:
    """All of the members give the whole."""
    listed = ", ".join(f"<{CRED}{one}>" for one in members)
    return (
        f"<{BASE}rule/{name}> a <{MC}StackingRule> ; <{MC}stackingWhole> <{CRED}{whole}> ; "
        f"<{MC}requirementGroup> <{BASE}rule/{name}/1> .\n"
        f"<{BASE}rule/{name}/1> a <{MC}RequirementGroup> ; <{MC}requirementType> <{VOCAB}requirement#all-of> ; "
        f"<{MC}groupMember> {listed} .\n"
    )


def gaps(world: World, **options: int) -> GapAnswer:
    graph = WorldGraph(world.turtle())
    register = read_register(graph, as_of=DAY)
    return find_gaps(register, RuleBook.read(graph, date=DAY), **options)


@pytest.fixture
def world() -> World:
    """x of U is complete; m of V is like it and a part of V's whole, which alone gives the diploma of W."""
    extra = "".join(
        (
            *(facts("x"), facts("m"), facts("far", level=7), assured("U"), assured("V")),
            *(rule("1", "whole", "m", "n"), rule("2", "solo", "m")),
        )
    )
    said = [Said("follows", "W", what="solo", towards="diploma")]
    credentials = {"x": "U", "far": "U", "m": "V", "n": "V", "whole": "V", "solo": "V", "diploma": "W"}
    return World({"U": "IRL", "V": "FIN", "W": "FRA"}, credentials, said, extra)


def test_gaps_are_the_complete_records_without_a_grant(world: World) -> None:
    """Complete is quality, level, outcomes and assessment; n says none of it, so nothing is known of it."""
    answer = gaps(world)
    assert {one.credential.id for one in answer.unrecognised} == {"x", "far", "m"}
    assert answer.unrecognised_total == 3
    assert (answer.coverage.total, answer.coverage.known) == (7, 3)
    world.said.append(Said("now", "V", what="x"))
    world.said.append(Said("not", "V", "refused", what="far"))
    answer = gaps(world)
    assert {one.credential.id: one.was for one in answer.unrecognised} == {"far": "refused, in-force", "m": ""}


def test_an_agreement_opens_what_the_closure_adds(world: World) -> None:
    """If V took x as m: m itself, the rule that m fulfils alone, and what W makes of it; not the one that needs n."""
    (agreement,) = gaps(world).agreements
    assert (agreement.recogniser.id, agreement.awarding.id) == ("V", "U")
    assert [(x.id, m.id) for x, m in agreement.pairs] == [("x", "m")]
    assert (agreement.helped, agreement.opens, agreement.counts_in) == (1, 3, 2)
    assert agreement.learners is None


def test_what_is_granted_already_is_not_proposed_and_refusals_are_counted(world: World) -> None:
    world.said.append(Said("no", "V", "refused", what="x"))
    assert gaps(world).agreements[0].refused == 1
    world.said[-1] = Said("yes", "V", "partial", all_of="U")
    assert not gaps(world).agreements


def test_learners_are_the_awards_that_sources_count(world: World) -> None:
    count = '"40"^^<http://www.w3.org/2001/XMLSchema#integer>'
    world.extra += f"<{BASE}award/1> a <{MC}Award> ; <{MC}awardOf> <{CRED}x> ; <{MC}awardCount> {count} .\n"
    assert gaps(world).agreements[0].learners == 40


def test_a_bound_on_pairs_is_shown(world: World) -> None:
    world.extra += facts("n")
    answer = gaps(world, most_pairs=1)
    assert (answer.pairs, answer.pairs_total, answer.truncated) == (1, 2, "recognition_pairs")


def naive_closure(rules: list[tuple[set[str], str]], held: set[str]) -> set[str]:
    """All-of rules to their fixpoint, without counters."""
    known = set(held)
    while True:
        new = {head for body, head in rules if body <= known} - known
        if not new:
            return known
        known |= new


def test_every_agreement_of_the_demo_opens_what_a_naive_fixpoint_opens(demo: Graph) -> None:
    """Over all pairs of the demo registry, with the rules flattened by hand to alternatives of members."""
    import itertools

    book = RuleBook.read(demo, date=DAY)
    rules: list[tuple[set[str], str]] = []
    for one in book.usable:
        ways = []
        for group in one.groups:
            members = [
                (m, w) for m, w in zip(group.members, group.weights, strict=True) if book.refuses_member(one, m) is None
            ]
            enough = [
                {name for name, _ in some}
                for size in (1, 2)
                for some in itertools.combinations(members, size)
                if sum(w for _, w in some) >= group.needed
            ]
            ways.append(enough)
        # With one or two credentials held, only rules whose groups two members can fill matter at first; longer
        # chains go through wholes, which are members too.
        rules += [(set().union(*some), one.whole) for some in itertools.product(*ways)]
    answer = find_gaps(read_register(demo, as_of=DAY), book, most=10_000)
    assert len(answer.agreements) > 50
    for agreement in answer.agreements:
        opened: set[str] = set()
        for x, m in agreement.pairs:
            opened |= naive_closure(rules, {x.iri, m.iri}) - naive_closure(rules, {x.iri})
        assert agreement.opens == len(opened), agreement


def test_the_gaps_of_the_demo_are_those_of_the_sheets(demo: Graph, root: Path) -> None:
    """No gap is spoken of by a granting row in force of the CSV."""
    answer = find_gaps(read_register(demo, as_of=DAY), RuleBook.read(demo, date=DAY), most=1_000)
    with (root / "data/demo/registry-csv/recognition.csv").open(encoding="utf-8-sig", newline="") as stream:
        granted = {
            row["credential"]
            for row in csv.DictReader(stream)
            if row["effect"] != "refused"
            and row["status"] == "in-force"
            and row["valid_from"] <= DAY.isoformat()
            and (not row["valid_until"] or row["valid_until"] >= DAY.isoformat())
        }
    listed = {one.credential.id for one in answer.unrecognised}
    assert len(listed) == answer.unrecognised_total > 50
    assert not listed & granted
    verdicts = {row["iri"]: row for row in assess_source(read_register(demo, as_of=DAY)).frame.iter_rows(named=True)}
    for one in answer.unrecognised:
        assert all(verdicts[one.credential.iri][name] == "met" for name in COMPLETE)
