"""What cannot be asked, met or trusted is told in a sentence: which name, which rule, which source, which limit."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from mcgraph.cli.main import cli
from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways import RuleBook, WhatIf, find_reach, find_routes, plan_routes
from mcgraph.pathways.frames import effects_frame, reach_frame, steps_frame
from mcgraph.pathways.structure import circles

DATE = ("--date", "2026-11-01")


def run(store: Path, *arguments: str) -> Any:
    return CliRunner().invoke(cli, ["--store", str(store), "pathways", *arguments, *DATE])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "IRL-00X"), ("No credential is called «IRL-00X»", "IRL-001")),
        (("--held", "IRL-001,Nobody knows", "--to", "FIN-007"), ("Nobody knows", "mcgraph search")),
        (("--held", "IRL-001@2026-02-30", "--to", "FIN-007"), ("2026-02-30", "is not a day")),
        (("--to", "FIN-007", "--max-ects", "-5"), ("-5",)),
        (("--to", "FIN-007", "--max-weeks", "nan"), ("NaN weeks", "0 or more")),
        (("--to", "FIN-007", "--by", "beauty"), ("beauty", "credentials")),
        (("--to", "FIN-007", "--by", "money=-1"), ("-1",)),
        (("--to", "FIN-007", "--by", "money=0"), ("All weights are 0",)),
        (("--to", "FIN-007", "-k", "0"), ("0",)),
        (("--to", "FIN-007", "--country", "Atlantis"), ("Atlantis",)),
        (("--to", "FIN-007", "--confidence", "hearsay"), ("hearsay", "by-provider")),
        (("--to", "FIN-007", "--per-term", "nan"), ("term of NaN", "above 0")),
        (("--to", "FIN-007", "--per-term", "inf"), ("term of Infinity", "above 0")),
        (("--to", "FIN-007", "--time-limit", "-5"), ("-5.0 seconds",)),
        (("--to", "FIN-007", "--time-limit", "nan", "--prove"), ("nan seconds",)),
        (("--to", "FIN-007", "--by", "money=1,money=2"), ("two weights",)),
        (("--to", "FIN-007", "--currency", "EURO"), ("EURO", "ISO 4217")),
        (("--held", "IRL-001@2099-01-01", "--to", "FIN-007"), ("Data literacy", "2099-01-01", "--date")),
        (("--held", " , ,", "--to", "FIN-007"), ("No credential is called",)),
        (("--from", "IRL-001", "--by", "hours", "--per-term", "5"), ("--by, --per-term", "--held and --to")),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(demo_store: Path, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Exit 2, what was said, what to do; nothing on stdout."""
    done = run(demo_store, *arguments)
    said = f"{done.output}{done.exception}{getattr(done.exception, 'fix', '')}"
    assert done.exit_code != 0 and not done.stdout.startswith("{")
    assert isinstance(done.exception, WrongUse | SystemExit), said
    assert all(word in said for word in words), said


def test_what_is_held_already_needs_no_warning(demo_store: Path) -> None:
    """No steps, so nothing to warn of; a list of what is in reach keeps to its limit and says that it is cut."""
    assert "Nothing that is held" not in run(demo_store, "--held", "FIN-007", "--to", "FIN-007").stdout
    few = run(demo_store, "--from", "IRL-001", "--limit", "1").stdout
    assert "pathway_routes" in few and few.count("\n    ") == 1


def test_a_plan_that_time_left_unranked_claims_nothing() -> None:
    """Out of time, the plan of the quick search stands in; it was ranked by another measure, so nothing is proven."""
    from dataclasses import replace
    from decimal import Decimal

    book = RuleBook.of("a | b -> t", hours={"a": 10, "b": 99}, credits={"a": 9, "b": 1})
    late = plan_routes(book, [], "t", by="hours", seconds=0.0, prove=True)
    assert late.truncated == "pathway_seconds" and late.plans[0].by == "hours" and late.plans[0].takes == ("b",)
    assert not late.plans[0].proven and late.plans[0].value == Decimal(99) and late.plans[0].bound == 0
    said = replace(book.credentials["a"], entry_requirement="An interview")
    told = find_routes(replace(book, credentials={**book.credentials, "a": said}), [], "t").plans[1].cautions
    assert told == ("Entry requirement of a as stated, not checked: An interview",)


def test_what_expires_is_checked_without_being_asked() -> None:
    """A month of validity and a course of four months: no plan, and the answer says what expires.

    With a shorter offer beside it there is one, by any ranking; the monotone search alone warns.
    """
    from dataclasses import replace

    from mcgraph.pathways.rule import Offer

    book = RuleBook.of("x ~> y", "y -> t")
    long, short = Offer("a", "2026-02-01", "2026-06-01"), Offer("b", "2026-02-01", "2026-02-15")
    fresh = replace(book.credentials["x"], validity_months=1)
    slow = replace(book, credentials={**book.credentials, "x": fresh, "y": _with(book, long)})
    for asked in ({}, {"prove": True}, {"by": "hours"}):
        answer = plan_routes(slow, [], "t", **asked)
        assert not answer.plans
        assert [one.text for one in answer.conflicts] == [
            "x is valid for 1 months, and no plan counts it before it expires"
        ]
        quick = replace(slow, credentials={**slow.credentials, "y": _with(book, long, short)})
        plan = plan_routes(quick, [], "t", **asked).plans[0]
        assert plan.proven and next(step.offer for step in plan.steps if step.credential == "y") == "b"
    alone = find_routes(slow, [], "t").plans[0]
    assert not alone.proven and "x is valid for 1 months" in alone.cautions[0]


def _with(book: RuleBook, *offers: Any) -> Any:
    from dataclasses import replace

    return replace(book.credentials["y"], offers=offers)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("recognise: {by: U, what: IRL-001, towards: FIN-001, until: 2020-01-01}", "without force on 2026-11-01"),
        ("rule: {whole: FIN-009, groups: [{count: 5, of: [FIN-001]}]}", "needs 5 of a group that can give only 1"),
        ("rule: {whole: FIN-009, groups: [{all-of: [FIN-009]}]}", "needs 1 of a group that can give only 0"),
        ("recognise: {by: U, what: IRL-001, towards: FIN-001, until: 2020-13-01}", "month must be in 1..12"),
    ],
)
def test_a_change_that_changes_nothing_says_why(demo_store: Path, tmp_path: Path, change: str, words: str) -> None:
    """Out of force from the start, or beyond anybody: the answer says so beside «nothing changes»."""
    path = tmp_path / "changes.yaml"
    path.write_text(f"changes:\n  - {change}\n", encoding="utf-8")
    done = CliRunner().invoke(cli, ["--store", str(demo_store), "whatif", str(path), *DATE])
    assert words in done.output + str(done.exception)
    dated = CliRunner().invoke(cli, ["--store", str(demo_store), "whatif", str(path), "--held", "IRL-001@2020-01-01"])
    assert isinstance(dated.exception, WrongUse | InputRefused)


def test_an_ambiguous_name_shows_its_candidates() -> None:
    """Two credentials of one title: both are named, none is taken."""
    from dataclasses import replace

    from mcgraph.pathways.names import find_credential

    book = RuleBook.of("a -> t", "b")
    known = {iri: replace(one, title="Data") if iri in "ab" else one for iri, one in book.credentials.items()}
    with pytest.raises(WrongUse) as refused:
        find_credential(replace(book, credentials=known), "data")
    assert "a" in refused.value.fix and "b" in refused.value.fix


def test_a_target_out_of_reach_has_a_reason_and_the_nearest(demo_store: Path) -> None:
    """From the target down to the first condition that fails, with its statement; and what can be reached instead."""
    book = RuleBook.of("a + b -> m", "m + x -> t", "a + b -> u", full=["x"])
    answer = find_routes(book, ["a"], "t")
    assert not answer.reachable and [one.code for one in answer.reason] == ["part-unreachable", "no-rule"]
    assert answer.reason[0].rule == "rule-2" and answer.reason[0].evidence[0].statement == "rule-2"
    assert {one.credential for one in answer.nearest} >= {"m"}
    asked = ["--to", "FIN-007", "--held", "IRL-001", "--date", "1990-01-01", "--json"]
    found = json.loads(CliRunner().invoke(cli, ["--store", str(demo_store), "pathways", *asked]).stdout)
    assert not found["reachable"] and found["reason"] and found["reason"][0]["evidence"]


def test_rules_that_cannot_be_met_name_themselves_and_their_source(graph_of: Callable[[str], Any]) -> None:
    """More asked for than a group can give; a need of nothing; two conditions that exclude one another."""
    book = RuleBook.read(
        graph_of(
            "ex:S a mc:Credential ; mc:creditPoints 3 . ex:T2 a mc:Credential . "
            "rule:big a mc:StackingRule ; mc:stackingWhole ex:T2 ; mc:requirementGroup rule:g ; mc:claimedBy by:U ; "
            "mc:evidence 'https://u.example/rule'^^xsd:anyURI . rule:g a mc:RequirementGroup ; "
            "mc:requirementType req:credit-points ; mc:requiredCreditPoints 30 ; mc:groupMember ex:S . "
            "ex:T3 a mc:Credential . "
            "rule:none a mc:StackingRule ; mc:stackingWhole ex:T3 ; mc:requirementGroup rule:h . "
            "rule:h a mc:RequirementGroup ; mc:requirementType req:count ; mc:requiredNumber 0 ; mc:groupMember ex:S ."
        ),
        date=datetime.date(2026, 1, 1),
    )
    by_end = {iri.rsplit("/", 1)[-1]: iri for iri in book.credentials}
    big = find_routes(book, [by_end["S"]], by_end["T2"])
    assert [one.code for one in big.reason] == ["too-few-members"] and "can give only 3" in big.reason[0].text
    assert big.reason[0].rule.endswith("/big") and big.reason[0].evidence[0].url == "https://u.example/rule"
    none = find_routes(book, [by_end["S"]], by_end["T3"])
    assert none.reason[0].code == "rule-incomplete" and none.reason[0].rule.endswith("/none")
    clash = RuleBook.of("a + b -> t [excludes a]")
    told = plan_routes(clash, [], "t")
    assert not told.plans and told.conflicts and "rule-1" in told.conflicts[0].text + " ".join(told.conflicts[0].names)


def test_a_circle_is_told_with_its_witness() -> None:
    """Each needs the other first; the whole-store question gives one shortest witness."""
    from mcgraph.pathways.build import arrays_from

    book = RuleBook.of("b -> a", "c -> b", "a -> c", "a -> t")
    answer = find_routes(book, [], "t")
    assert not answer.reachable and answer.reason[-1].code == "circular"
    assert "each need the other first" in answer.reason[-1].text
    arrays = arrays_from(book)
    (found,) = circles(arrays)
    assert set(arrays.named(found.witness)) == {"a", "b", "c"} and len(found.rules) == 3


@pytest.mark.parametrize(("points", "counts"), [(0, False), (-4, False), (None, False), (2.5, True)])
def test_credit_of_zero_below_or_missing_does_not_count(points: float | None, counts: bool) -> None:
    """Nothing is guessed: the gap says which member states no credit points that can be counted."""
    credits = {"b": 5.0} | ({} if points is None else {"a": points})
    book = RuleBook.of("7.5 cr of a, b -> t", credits=credits)
    answer = find_routes(book, ["a", "b"], "t")
    assert answer.attained == counts
    refused = [(one.code, one.credential) for gap in answer.missing for group in gap.groups for one in group.refused]
    assert refused == ([] if counts else [("credits-unknown", "a")])


@pytest.mark.parametrize(
    ("note", "code"),
    [("until 2025-12-31", "rule-lapsed"), ("from 2027-01-01", "rule-not-yet-valid"),
     ("status proposed", "rule-proposed"), ("status withdrawn", "rule-lapsed")],
)  # fmt: skip
def test_a_day_outside_the_window_is_said(note: str, code: str) -> None:
    """Rules and recognitions out of force give no way and are named as the reason."""
    for line in (f"a -> t [{note}]", f"a => t [{note}]"):
        answer = find_routes(RuleBook.of(line, full=["t"]), ["a"], "t")
        assert not answer.reachable and answer.reason[0].code == code, line


def test_a_question_beyond_its_limits_is_answered_in_part_and_says_so(demo_store: Path) -> None:
    """More plans than the limit, and too little time: what was found, marked, exit 4; a too large K is no error."""
    book = RuleBook.of("2 of a, b, c, d, e -> t")
    answer = plan_routes(book, [], "t", plans=10_000, prove=True, limits=Limits(pathway_plans=3))
    assert len(answer.plans) == 3 and answer.truncated == "pathway_plans"
    few = find_routes(book, [], "t", limits=Limits(pathway_routes=2))
    assert len(few.plans) == 2 and few.truncated == "pathway_routes"
    done = run(demo_store, "--to", "FIN-007", "--prove", "-k", "500", "--time-limit", "0.000001", "--json")
    assert done.exit_code == 4 and json.loads(done.stdout)["truncated"] is True


def test_answers_are_tables_too() -> None:
    """Steps of plans, effects of a what-if, what is in reach; no rows, but all columns, where there is nothing."""
    book = RuleBook.of("a + b -> m", "x => b", "z", full=["z"])
    steps = steps_frame(find_routes(book, ["x"], "m"))
    assert sorted(steps.get_column("credential")) == ["a", "b", "m"]
    assert steps.get_column("proven").all() and set(steps.get_column("kind")) == {"take", "recognise", "stack"}
    assert steps_frame(find_routes(book, ["x"], "z")).columns == steps.columns
    effects = effects_frame(WhatIf(book).expire("rule-2").compare())
    ours = effects.filter((effects["holder"] == "x") & (effects["target"] == "m"))
    assert ours.get_column("what").to_list() == ["longer"] and ours.get_column("saved_new").to_list() == [-1]
    reach = reach_frame(find_reach(book, ["x"]))
    assert ("awarded", "b") in set(reach.select("how", "credential").rows())
    assert ("one away", "m", "a") in set(reach.select("how", "credential", "opened_by").rows())
