"""Each kind of rule on a graph small enough to see."""

from __future__ import annotations

import pytest

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways import RouteAnswer, RuleBook, find_reach, find_routes
from mcgraph.pathways.build import arrays_from
from mcgraph.pathways.reachability import close, only


def ways(answer: RouteAnswer) -> list[tuple[str, ...]]:
    """What each plan takes."""
    return [plan.takes for plan in answer.plans]


def codes(answer: RouteAnswer) -> list[str]:
    """The chain of reasons."""
    return [reason.code for reason in answer.reason]


class TestGroups:
    def test_all_of_needs_each_part(self) -> None:
        """The part that is not held is what must be taken."""
        answer = find_routes(RuleBook.of("a + b + c -> t"), ["a", "b"], "t")
        assert ways(answer) == [("c",)]
        assert [group.missing for gap in answer.missing for group in gap.groups] == [("c",)]

    def test_k_of_n_lists_every_choice(self) -> None:
        """Two of three with one held leaves two ways."""
        assert ways(find_routes(RuleBook.of("2 of a, b, c -> t"), ["b"], "t")) == [("a",), ("c",)]

    def test_credit_points_add_up_exactly(self) -> None:
        """2.5 + 2.5 is 5; no rounding of decimals decides over a credential."""
        book = RuleBook.of("5 cr of a, b, c -> t", credits={"a": 2.5, "b": 2.5, "c": 2.4})
        answer = find_routes(book, ["a"], "t")
        assert ways(answer) == [("b",)]
        assert answer.missing[0].groups[0].have + answer.missing[0].groups[0].need == 7.5

    def test_a_tenth_ten_times_is_one(self) -> None:
        """Binary fractions would miss the threshold here."""
        names = [f"p{n}" for n in range(10)]
        book = RuleBook.of(f"1 cr of {', '.join(names)} -> t", credits=dict.fromkeys(names, 0.1))
        assert find_routes(book, names, "t").attained

    def test_every_group_of_a_rule_is_needed(self) -> None:
        """A core and an option: both or nothing."""
        answer = find_routes(RuleBook.of("a + b & c | d -> t"), ["a", "b"], "t")
        assert not answer.attained
        assert ways(answer) == [("c",), ("d",)]

    def test_a_member_without_credits_counts_nothing(self) -> None:
        """Unknown credit points are not guessed, and the gap says so."""
        answer = find_routes(RuleBook.of("5 cr of a, b -> t", credits={"a": 5}), ["b"], "t")
        assert [reason.code for reason in answer.missing[0].groups[0].refused] == ["credits-unknown"]
        assert ways(answer) == [("a",)]

    def test_more_than_there_is_cannot_be_needed(self) -> None:
        """Three of two is unsatisfiable, and the rule is named."""
        answer = find_routes(RuleBook.of("3 of a, b -> t"), ["a", "b"], "t")
        assert codes(answer) == ["too-few-members"]
        assert answer.reason[0].rule == "rule-1"

    @pytest.mark.parametrize("line", ["0 of a, b -> t", "0 cr of a, b -> t"])
    def test_a_rule_that_needs_nothing_gives_nothing(self, line: str) -> None:
        """A missing number must not award a credential to everybody."""
        assert codes(find_routes(RuleBook.of(line), ["a"], "t")) == ["rule-incomplete"]

    def test_steps_come_in_order_with_layers(self) -> None:
        """What a step rests on stands before it."""
        plan = find_routes(RuleBook.of("a + b -> m", "m + c -> t"), [], "t").plans[0]
        place = {step.credential: (step.number, step.layer) for step in plan.steps}
        assert place["m"][0] > max(place["a"][0], place["b"][0])
        assert (place["m"][1], place["t"][1]) == (2, 3)


class TestTaking:
    def test_prerequisites_come_first(self) -> None:
        """A part with a prerequisite costs the prerequisite too."""
        assert ways(find_routes(RuleBook.of("a ~> b", "b -> t"), [], "t")) == [("a", "b")]

    def test_a_whole_is_not_taken(self) -> None:
        """Else the shortest route to every diploma would be the diploma."""
        answer = find_routes(RuleBook.of("a + b -> t"), [], "t")
        assert ways(answer) == [("a", "b")]

    def test_a_full_qualification_without_a_rule_cannot_be_reached(self) -> None:
        """It is said that no rule leads there."""
        assert codes(find_routes(RuleBook.of("a", "t", full=["t"]), ["a"], "t")) == ["no-rule"]

    def test_what_is_held_already_needs_no_step(self) -> None:
        """The plan is empty and the target attained."""
        answer = find_routes(RuleBook.of("a -> t"), ["t"], "t")
        assert answer.attained and answer.plans[0].steps == ()

    def test_a_shared_part_is_paid_once(self) -> None:
        """Two wholes that share a part cost it once."""
        answer = find_routes(RuleBook.of("a + s -> m", "b + s -> n", "m + n -> t"), [], "t")
        assert ways(answer) == [("a", "b", "s")]
        assert answer.plans[0].cost.new == 3

    def test_different_credit_systems_are_not_compared(self) -> None:
        """Credit points are never converted silently: the answer says they did not rank the plans."""
        from dataclasses import replace

        book = RuleBook.of("a | b -> t", credits={"a": 5, "b": 50})
        known = {i: replace(c, credit_system={"a": "ects", "b": "uk"}.get(i, "")) for i, c in book.credentials.items()}
        answer = find_routes(replace(book, credentials=known), [], "t")
        assert answer.notes and [dict(plan.cost.credits) for plan in answer.plans] == [
            {"ects": 5},
            {"uk": 50},
        ]


class TestRecognition:
    def test_full_recognition_is_a_way(self) -> None:
        """Who holds the foreign credential holds the target, with the recogniser's name."""
        answer = find_routes(RuleBook.of("x => t [by Board]", "a + b -> t"), ["x"], "t")
        assert answer.attained
        assert answer.plans[0].steps[0].text == "t is recognised by Board for holding x"
        assert answer.plans[0].confidence == "by-recogniser"

    def test_mutual_recognition_does_not_justify_itself(self) -> None:
        """The circular-support trap: A from B and B from A give neither."""
        book = RuleBook.of("a => b", "b => a", "a + b -> t", full=["a", "b"])
        answer = find_routes(book, [], "t")
        assert not answer.reachable and answer.plans == ()
        assert codes(answer)[-1] == "circular"
        assert find_reach(book, []).reachable == ()

    def test_partial_support_from_outside_breaks_a_circle(self) -> None:
        """A threshold in a circle may be met partly from outside; cutting the circle would lose the plan."""
        book = RuleBook.of("2 of b, c, d -> a", "1 of a, e -> b", "a -> t")
        assert sorted(ways(find_routes(book, [], "t"))) == [("c", "d"), ("c", "e"), ("d", "e")]

    def test_credit_joins_the_credit_group(self) -> None:
        """A foreign credential worth 3 credits leaves 2 to earn, and the statement is in the evidence."""
        book = RuleBook.of("5 cr of a, b -> t", "x => t [credit 3, by Board]", credits={"a": 2, "b": 5})
        answer = find_routes(book, ["x"], "t")
        assert answer.plans[0].takes == ("a",)
        assert {found.claimant for found in answer.plans[0].steps[-1].evidence} == {"", "Board"}

    def test_one_credential_counted_twice_is_told(self) -> None:
        """As itself and as what it is recognised as: the closure allows it, so the plan warns and proves nothing."""
        book = RuleBook.of("5 cr of a, b -> t", "x => t [credit 2.5]", "x => b", credits={"a": 2.5, "b": 2.5})
        plan = find_routes(book, ["x"], "t").plans[0]
        assert plan.takes == () and not plan.proven
        assert plan.cautions == ("x counts more than once in a group of credit points; that it may is not checked",)

    def test_credit_with_nowhere_to_count_is_kept_for_the_explanation(self) -> None:
        """It opens nothing and is not lost."""
        book = RuleBook.of("a + b -> t", "x => t [credit 3]")
        assert [one.reason.code for one in book.set_aside] == ["recognition-without-group"]
        assert not find_routes(book, ["x", "a"], "t").attained

    def test_a_refusal_is_the_reason(self) -> None:
        """Refused by whom is told, and no way is made of it."""
        answer = find_routes(RuleBook.of("x => t [refused, by Board]", full=["t"]), ["x"], "t")
        assert codes(answer)[0] == "recognition-refused"
        assert "Board" in answer.reason[0].text and answer.reason[0].evidence[0].claimant == "Board"


class TestDates:
    def test_a_rule_works_on_its_last_day_and_not_after(self) -> None:
        """The window includes both ends."""
        line = "a -> t [from 2024-01-01, until 2025-06-30]"
        for date, there in (
            ("2023-12-31", False),
            ("2024-01-01", True),
            ("2025-06-30", True),
            ("2025-07-01", False),
        ):
            assert find_routes(RuleBook.of(line, date=date), ["a"], "t").attained is there

    def test_a_lapsed_rule_is_kept_to_explain(self) -> None:
        """The reason names the rule and its last day; the gap still shows its groups."""
        answer = find_routes(RuleBook.of("a + b -> t [until 2025-06-30]"), ["a"], "t")
        assert codes(answer) == ["rule-lapsed"]
        assert "2025-06-30" in answer.reason[0].text
        assert answer.missing[0].unusable is not None and answer.missing[0].groups[0].counted == ("a",)

    @pytest.mark.parametrize("status", ["expired", "withdrawn", "proposed"])
    def test_only_statements_in_force_count(self, status: str) -> None:
        """Whatever the dates say."""
        assert not find_routes(RuleBook.of(f"a -> t [status {status}]"), ["a"], "t").attained

    @pytest.mark.parametrize(
        ("status", "date", "there"),
        [
            ("expired", "2025-06-30", True), ("expired", "2025-07-01", False), ("withdrawn", "2025-06-30", False),
            ("proposed", "2025-06-30", False),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("line", ["a -> t", "a => t"])
    def test_expired_beside_an_end_date_says_no_more_than_the_date(
        self, line: str, status: str, date: str, there: bool
    ) -> None:
        """As the register of recognitions reads it: before that day the statement was in force."""
        book = RuleBook.of(f"{line} [status {status}, until 2025-06-30]", date=date)
        assert find_routes(book, ["a"], "t").attained is there
        arrays = arrays_from(book)
        assert close(arrays.gates, arrays.positions(["a"]), only(arrays, ())).has(arrays.position("t")) is there


class TestSideConditions:
    def test_minimum_level_leaves_a_low_member_out(self) -> None:
        """The first unsatisfied condition is the level, in words."""
        answer = find_routes(RuleBook.of("a + b -> t [level 5]", levels={"a": 5, "b": 4}), ["a", "b"], "t")
        assert codes(answer) == ["level-below-minimum"]
        assert "b is at EQF level 4; the rule asks for at least 5" in answer.reason[0].text

    def test_an_unknown_level_is_not_taken_for_enough(self) -> None:
        """It cannot be decided, so it does not count, and that is said."""
        assert codes(find_routes(RuleBook.of("a -> t [level 5]"), ["a"], "t")) == ["level-unknown"]

    def test_a_condition_that_is_not_checked_is_told(self) -> None:
        """Nothing is proven where a rule has a condition that routes are not held to."""
        plan = find_routes(RuleBook.of("a -> t [recency-months 12]"), ["a"], "t").plans[0]
        assert not plan.proven and "recency-months" in plan.cautions[0]


class TestLimits:
    def test_the_list_is_cut_and_says_so(self) -> None:
        """Ten of twenty has 184,756 plans."""
        names = ", ".join(f"p{n}" for n in range(20))
        answer = find_routes(RuleBook.of(f"10 of {names} -> t"), [], "t", limit=7)
        assert len(answer.plans) == 7 and answer.truncated == "pathway_routes"
        assert all(plan.proven for plan in answer.plans)

    def test_a_chain_longer_than_the_limit_is_left_out_and_said(self) -> None:
        """A limit of three layers hides a chain of four."""
        book = RuleBook.of("a -> b", "b -> c", "c -> t")
        answer = find_routes(book, [], "t", limits=Limits(pathway_steps=3))
        assert answer.reachable and answer.plans == () and answer.truncated == "pathway_steps"

    def test_an_unknown_credential_is_refused(self) -> None:
        """A wrong name is wrong use, not an empty answer."""
        with pytest.raises(WrongUse):
            find_routes(RuleBook.of("a -> t"), ["nobody"], "t")


def test_the_nearest_is_offered() -> None:
    """A whole that shares parts, or a part on the way, where the target is out of reach."""
    book = RuleBook.of("a + b -> m", "m + x -> t", full=["x"])
    answer = find_routes(book, ["a"], "t")
    assert [one.credential for one in answer.nearest] == ["m"]


def test_confidence_is_the_weakest_claim() -> None:
    """One survey answer in a chain makes the whole chain as sure as a survey answer."""
    book = RuleBook.of("a -> m [claim by-register]", "m -> t [claim by-survey]")
    assert find_routes(book, ["a"], "t").plans[0].confidence == "by-survey"


def test_what_unlocks_next() -> None:
    """One away is told apart from two away."""
    answer = find_reach(RuleBook.of("a + b -> m", "m + c + d -> t"), ["a"])
    assert [(one.take, one.opens) for one in answer.unlocks] == [("b", ("m",))]
    assert answer.reachable == ("m", "t")
