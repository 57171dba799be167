"""Exact plans: the traps, the conditions one by one, timetables, what stands in the way, limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways import RuleBook
from mcgraph.pathways.check_plan import check_plan
from mcgraph.pathways.constraints import Budget, Constraints
from mcgraph.pathways.plans import plan_routes
from mcgraph.pathways.route import Route, RouteAnswer, Schedule, Slot
from mcgraph.pathways.rule import Offer


def takes(answer: RouteAnswer) -> list[tuple[str, ...]]:
    """What each plan takes."""
    return [plan.takes for plan in answer.plans]


def with_facts(book: RuleBook, **facts: dict[str, object]) -> RuleBook:
    """The book with fields of its credentials set: with_facts(book, provider={"a": "U"})."""
    known = dict(book.credentials)
    for name, values in facts.items():
        for iri, value in values.items():
            known[iri] = replace(known[iri], **{name: value})  # type: ignore[arg-type]
    return replace(book, credentials=known)


class TestCircles:
    @pytest.mark.parametrize("conditions", ["", " [counts-in-each]"])
    def test_a_threshold_filled_partly_from_a_circle_and_partly_from_outside(self, conditions: str) -> None:
        """The trap of cuts over whole circles: m counts 2 of (n, c, d), n counts 2 of (m, a, b).

        Each supports the other in part. With c and d, m stands without n; a cut "the circle needs support from
        outside" over whole credentials either lets m and n hold each other up or forbids that sound plan.
        """
        book = RuleBook.of(f"2 of n, c, d -> m{conditions}", f"2 of m, a, b -> n{conditions}", "m + n -> t")
        answer = plan_routes(book, [], "t", prove=True)
        assert takes(answer)[0] in {("a", "b", "c"), ("a", "b", "d"), ("a", "c", "d"), ("b", "c", "d")}
        assert {len(one) for one in takes(answer)} == {3} and all(p.proven and p.gap == 0 for p in answer.plans)

    def test_credentials_that_recognise_each_other_hold_nothing_up(self) -> None:
        """a and b are recognised for each other: one of them must be taken."""
        book = RuleBook.of("a + b -> t [residency-credits 0]", "a => b", "b => a")
        assert takes(plan_routes(book, [], "t", prove=True)) == [("a",), ("b",)]


class TestConditions:
    """Each condition rules out the plan that would be best without it."""

    def test_a_cap_on_recognition(self) -> None:
        """Of 10 credit points at most half by recognition."""
        book = RuleBook.of(
            "10 cr of a, b, c -> t [recognised-share-cap 0.5]",
            "x => a",
            "y => b",
            credits={"a": 5, "b": 5, "c": 5, "t": 10},
        )
        assert takes(plan_routes(book, ["x", "y"], "t"))[0] in {("a",), ("b",), ("c",)}
        free = RuleBook.of("10 cr of a, b, c -> t", "x => a", "y => b", credits={"a": 5, "b": 5, "c": 5})
        assert plan_routes(free, ["x", "y"], "t").attained

    def test_residency(self) -> None:
        """At least 5 credit points from the awarding body of the whole."""
        book = with_facts(
            RuleBook.of("5 cr of a, b -> t [residency-credits 5]", credits={"a": 5, "b": 5}),
            provider={"a": "V", "b": "U", "t": "U"},
        )
        assert takes(plan_routes(book, ["a"], "t")) == [("b",)]

    def test_exclusions_among_the_members_and_beside_them(self) -> None:
        """a is not counted beside others; a rule that excludes what is no member is closed to its holders."""
        assert takes(plan_routes(RuleBook.of("2 of a, b, c -> t [excludes a]"), ["a"], "t")) == [("b", "c")]
        closed = plan_routes(RuleBook.of("a -> t [excludes z]", "z"), ["z"], "t")
        assert not closed.plans and "excludes" in closed.conflicts[0].text

    def test_order(self) -> None:
        """What is held came before what has still to be taken, so b cannot count after all."""
        assert takes(plan_routes(RuleBook.of("a | b -> t [order o]", "o"), ["b"], "t")) == [("a", "o")]

    def test_one_use_of_a_credit(self) -> None:
        """Two credit groups share a; it fills one of them, unless the rule says otherwise."""
        credits = {"a": 5, "b": 5, "c": 5}
        once = RuleBook.of("5 cr of a, b & 5 cr of a, c -> t", credits=credits)
        each = RuleBook.of("5 cr of a, b & 5 cr of a, c -> t [counts-in-each]", credits=credits)
        assert sorted(takes(plan_routes(once, ["a"], "t"))) == [("b",), ("c",)]
        assert plan_routes(each, ["a"], "t").attained

    def test_a_part_does_not_count_beside_its_whole(self) -> None:
        """m was awarded for a; both together would spend a twice."""
        book = RuleBook.of("a -> m", "8 cr of a, m, b -> t", credits={"a": 4, "m": 4, "b": 4})
        assert takes(plan_routes(book, ["a"], "t")) == [("b",)]
        assert takes(plan_routes(book, ["a"], "t", prove=True)) == [("b",)]

    def test_recency_by_the_day_of_gaining(self) -> None:
        """Held for three years, a is too old; without a day the plan is shown, but not as proven."""
        book = RuleBook.of("a | b -> t [recency-months 24]", date="2026-01-01")
        old = plan_routes(book, ["a"], "t", wishes=Constraints(held_on={"a": "2023-01-01"}))
        fresh = plan_routes(book, ["a"], "t", wishes=Constraints(held_on={"a": "2024-01-01"}))
        unknown = plan_routes(book, ["a"], "t")
        assert takes(old)[0] in {("a",), ("b",)} and fresh.attained and fresh.plans[0].proven
        assert unknown.attained and not unknown.plans[0].proven and "not checked" in unknown.plans[0].cautions[0]

    def test_expiry_while_something_long_is_studied(self) -> None:
        """a expires in February; the long course ends in March, the short one in time."""
        book = with_facts(
            RuleBook.of("a + b -> t", "a + c -> t", date="2026-01-01"),
            validity_months={"a": 12},
            offers={
                "b": (Offer("o-b", "2026-01-01", "2026-03-20"),),
                "c": (Offer("o-c", "2026-01-01", "2026-01-20"),),
            },
        )
        answer = plan_routes(book, ["a"], "t", wishes=Constraints(held_on={"a": "2025-02-15"}))
        assert takes(answer)[0] == ("c",) and ("b",) not in takes(answer)

    def test_conditions_that_contradict_each_other_are_named_with_their_rule(self) -> None:
        """All of it recognised, none of it allowed to be."""
        book = RuleBook.of("a -> t [recognised-share-cap 0]", "x => a", full=["a"], credits={"a": 5, "t": 5})
        answer = plan_routes(book, ["x"], "t")
        assert not answer.plans and not answer.attained
        assert [one.names for one in answer.conflicts] == [("rule-1 recognised-share-cap",)]


def priced() -> RuleBook:
    """Two ways to t: a is dear and short, b is cheap and long; c is needed for both."""
    book = RuleBook.of("a + c -> t", "b + c -> t", credits={"a": 5, "b": 10, "c": 10}, date="2026-01-01")
    return with_facts(
        book,
        offers={
            "a": (Offer("o-a", "2026-02-01", "2026-02-28", Decimal(900), "EUR", "IRL", ("ENG",), ("online",)),),
            "b": (Offer("o-b", "2026-02-01", "2026-06-20", Decimal(100), "EUR", "FIN", ("FIN",), ("online",)),),
            "c": (
                Offer("o-c1", "2026-02-01", "2026-03-01", Decimal(300), "EUR", "IRL", ("ENG",), ("online",)),
                Offer("o-c2", "2026-09-01", "2026-12-20", Decimal(0), "EUR", "IRL", ("ENG",), ("presential",)),
            ),
        },
    )


class TestWishes:
    def test_rankings_pick_different_plans_and_offers(self) -> None:
        """By money the cheap course and the free offer; by weeks the short ones."""
        cheap = plan_routes(priced(), [], "t", by="cost").plans[0]
        quick = plan_routes(priced(), [], "t", by="weeks").plans[0]
        assert cheap.takes == ("b", "c") and cheap.value == 100 == cheap.cost.money and cheap.cost.currency == "EUR"
        assert {step.offer for step in cheap.steps if step.kind == "take"} == {"o-b", "o-c2"}
        assert quick.takes == ("a", "c") and quick.value == 8 and quick.gap == 0
        mixed = plan_routes(priced(), [], "t", by={"money": 1, "weeks": 100}).plans[0]
        assert mixed.takes == ("a", "c") and mixed.value == 1200 + 800 and "·" in mixed.by

    @pytest.mark.parametrize(
        ("wishes", "wanted"),
        [
            (Constraints(Budget(money=500)), [("b", "c")]),
            (Constraints(Budget(weeks=10)), [("a", "c")]),
            (Constraints(Budget(credits=15)), [("a", "c")]),
            (Constraints(countries=frozenset({"IRL"})), [("a", "c")]),
            (Constraints(languages=frozenset({"ENG"})), [("a", "c")]),
            (Constraints(exclude=frozenset({"a"})), [("b", "c")]),
        ],
    )
    def test_a_wish_leaves_what_keeps_to_it(self, wishes: Constraints, wanted: list[tuple[str, ...]]) -> None:
        """Budgets, places, languages and exclusions."""
        assert takes(plan_routes(priced(), [], "t", wishes=wishes)) == wanted

    def test_the_wish_in_the_way_is_named_with_the_nearest_plan(self) -> None:
        """200 EUR and 20 weeks: either alone can be met, not both; each is offered with what it would take."""
        answer = plan_routes(priced(), [], "t", wishes=Constraints(Budget(money=350, weeks=10)))
        assert not answer.plans and answer.reachable
        told = {one.names: one for one in answer.conflicts}
        assert set(told) == {("weeks",), ("money",)}
        assert told["money",].nearest and told["money",].nearest.cost.money == 1200
        assert "at most 350 EUR" in told["money",].text or "at most 350 money" in told["money",].text
        assert "1200" in told["money",].text

    def test_what_is_not_stated_does_not_satisfy_a_wish_unless_allowed(self) -> None:
        """Without stated hours, a budget of hours lets nothing through; `unknown_ok` counts them 0."""
        strict = plan_routes(priced(), [], "t", wishes=Constraints(Budget(hours=10)))
        assert not strict.plans and "do not state" in strict.conflicts[0].text
        assert plan_routes(priced(), [], "t", wishes=Constraints(Budget(hours=10), unknown_ok=True)).plans

    def test_confidence_leaves_out_weak_claims(self) -> None:
        """An inferred recognition is a way only for those who accept it."""
        book = RuleBook.of("a => t [claim inferred]", "b -> t")
        assert plan_routes(book, ["a"], "t").attained
        strict = plan_routes(book, ["a"], "t", wishes=Constraints(confidence="by-provider"))
        assert takes(strict) == [("b",)] and strict.plans[0].confidence == "by-provider"

    def test_plans_differ_as_much_as_asked(self) -> None:
        """With differ=2 a second plan leaves out both credentials of the first."""
        book = RuleBook.of("2 of a, b, c, d -> t")
        near = takes(plan_routes(book, [], "t", plans=2))
        far = takes(plan_routes(book, [], "t", plans=3, differ=2))
        assert len(set(near[0]) & set(near[1])) == 1 and len(far) == 2 and not set(far[0]) & set(far[1])

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: Budget(weeks=-1),
            lambda: Budget(money=float("nan")),
            lambda: Constraints(confidence="sure"),
            lambda: Constraints(max_level_jump=9),
            lambda: Constraints(per_term=0),
            lambda: plan_routes(priced(), [], "t", by="luck"),
            lambda: plan_routes(priced(), [], "t", by={"money": 0, "weeks": 0}),
            lambda: plan_routes(priced(), [], "t", by={"money": -1}),
            lambda: plan_routes(priced(), [], "t", plans=0),
            lambda: plan_routes(priced(), ["b"], "t", wishes=Constraints(held_on={"b": "2025-02-30"})),
        ],
    )
    def test_what_cannot_be_meant_is_refused(self, wrong: Callable[[], object]) -> None:
        """Negative budgets, unknown claims and rankings, weights of zero, no plans, no days."""
        with pytest.raises(WrongUse) as refused:
            wrong()
        assert refused.value.fix


class TestLimits:
    def test_no_time_is_told(self) -> None:
        """In no time at all nothing is proven: a first answer at most, with the limit named."""
        answer = plan_routes(RuleBook.of("a | b -> t [excludes z]"), [], "t", seconds=0.0)
        assert answer.truncated == "pathway_seconds" and not any(plan.proven for plan in answer.plans)
        asked = Constraints(exclude=frozenset({"b"}))
        assert not plan_routes(RuleBook.of("a | b -> t"), [], "t", wishes=asked, seconds=0.0).plans

    def test_more_plans_than_the_limit_are_cut_and_told(self) -> None:
        """Three plans exist; the limit allows two."""
        book = RuleBook.of("a | b | c -> t")
        answer = plan_routes(book, [], "t", plans=9, prove=True, limits=Limits(pathway_plans=2))
        assert len(answer.plans) == 2 and answer.truncated == "pathway_plans"


class TestTimetable:
    def test_terms_hold_what_fits_in_the_order_of_need(self) -> None:
        """10 ECTS a term: b needs a first; c fits beside a."""
        book = RuleBook.of("a + b + c -> t", "a ~> b", credits={"a": 5, "b": 10, "c": 5})
        plan = plan_routes(book, [], "t", wishes=Constraints(per_term=10)).plans[0]
        assert plan.schedule and plan.schedule.terms == 2 and plan.schedule.proven
        assert {slot.credential: slot.term for slot in plan.schedule.slots} == {"a": 1, "c": 1, "b": 2}

    def test_offers_decide_the_term(self) -> None:
        """c starts in February or in September; with 10 ECTS a term beside b it is September."""
        wishes = Constraints(per_term=10, exclude=frozenset({"a"}))
        plan = plan_routes(priced(), [], "t", wishes=wishes).plans[0]
        assert plan.schedule and [(s.credential, s.term) for s in plan.schedule.slots] == [("b", 1), ("c", 2)]
        assert plan.schedule.slots[1].offer == "o-c2"

    def test_a_plan_without_a_timetable_makes_room_for_one_with(self) -> None:
        """a alone is larger than a term; b is not."""
        book = RuleBook.of("a -> t", "b + c -> t", credits={"a": 20, "b": 5, "c": 5})
        answer = plan_routes(book, [], "t", wishes=Constraints(per_term=10))
        assert ("b", "c") in takes(answer) and ("a",) not in takes(answer)

    def test_why_there_is_none(self) -> None:
        """Each reason in words: too large, no credit points."""
        large = plan_routes(RuleBook.of("a -> t", credits={"a": 20}), [], "t", wishes=Constraints(per_term=10))
        assert "a alone has 20 ECTS" in large.conflicts[0].text
        none = plan_routes(RuleBook.of("a -> t"), [], "t", wishes=Constraints(per_term=10))
        assert "states no ECTS" in none.conflicts[0].text


def good() -> tuple[RuleBook, Constraints, Route]:
    """A plan with conditions, wishes and a timetable, to be spoilt."""
    book = with_facts(
        RuleBook.of(
            "5 cr of a, b, x -> t [residency-credits 5, order o]", "o", "x", credits={"a": 5, "b": 5, "o": 5, "x": 5}
        ),
        provider={"a": "U", "b": "V", "t": "U", "o": "U", "x": "U"},
    )
    wishes = Constraints(Budget(credits=10), per_term=5, providers=frozenset({"U"}), confidence="by-provider")
    return book, wishes, plan_routes(book, [], "t", wishes=wishes).plans[0]


def recounted(route: Route, member: str) -> Route:
    """The route whose last step counts another member."""
    last = route.steps[-1]
    state = replace(last.groups[0], counted=(member,))
    return replace(route, steps=(*route.steps[:-1], replace(last, groups=(state,))))


def at(route: Route, **terms: int) -> Route:
    """The route with another timetable."""
    slots = tuple(Slot(name, term) for name, term in terms.items())
    return replace(route, schedule=Schedule("2026-01-01", 26, Decimal(5), slots, True))


SPOILT: dict[str, Callable[[Route], Route]] = {
    "counts what is not from the awarding body": lambda r: recounted(r, "b"),
    "leaves out what comes first": lambda r: replace(r, steps=tuple(s for s in r.steps if s.credential != "o")),
    "has no timetable": lambda r: replace(r, schedule=None),
    "has a timetable of something else": lambda r: at(r, a=1, b=2),
    "fills a term too much": lambda r: at(r, a=1, o=1),
    "rests on a weak claim": lambda r: replace(
        r, steps=(*r.steps[:-1], replace(r.steps[-1], evidence=(replace(r.steps[-1].evidence[0], claim="inferred"),)))
    ),
}


class TestChecker:
    def test_the_plan_is_sound_to_begin_with(self) -> None:
        """And it is the one meant."""
        book, wishes, route = good()
        assert set(route.takes) in ({"a", "o"}, {"o", "x"}) and check_plan(book, [], route, wishes) == ()

    @pytest.mark.parametrize("spoil", SPOILT.values(), ids=list(SPOILT))
    def test_what_breaks_a_condition_or_wish_is_found(self, spoil: Callable[[Route], Route]) -> None:
        """Each in its own way."""
        book, wishes, route = good()
        assert check_plan(book, [], spoil(route), wishes)

    @pytest.mark.parametrize(
        "wishes",
        [
            Constraints(Budget(credits=4)), Constraints(Budget(weeks=3)), Constraints(exclude=frozenset({"o"})),
            Constraints(providers=frozenset({"V"})), Constraints(countries=frozenset({"IRL"})),
            Constraints(max_level_jump=1),
        ],
    )  # fmt: skip
    def test_wishes_that_were_not_kept_are_found(self, wishes: Constraints) -> None:
        """The same plan under other wishes."""
        book, _, route = good()
        assert check_plan(book, [], route, wishes)

    def test_a_faulty_solver_shows_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """If the model forgot a condition, the plan would be refused, not shown."""
        from mcgraph.pathways.milp_model import PlanModel

        monkeypatch.setattr(PlanModel, "_conditions", lambda *_: None)
        book = RuleBook.of("a | b -> t [recognised-share-cap 0]", "x => a", credits={"a": 5, "b": 5, "t": 5})
        with pytest.raises(RuleBroken, match="recognition"):
            plan_routes(book, ["x"], "t")


def test_what_expires_before_a_slow_offer_ends_is_counted_with_a_quicker_one() -> None:
    """The cheap year of `b` outlasts the three months of `a`; the dear month does not, so there is a plan."""
    stated = RuleBook.of("a ~> b", "a + b -> t", credits={"a": 5, "b": 5}, date="2026-01-01")
    price = {"year": ("2027-01-31", 10), "month": ("2026-02-28", 50), "short": ("2026-02-14", 1)}
    offers = {
        name: Offer(name, start="2026-02-01", end=end, price=Decimal(money), currency="EUR")
        for name, (end, money) in price.items()
    }
    known = dict(stated.credentials)
    known["a"] = replace(known["a"], validity_months=3, offers=(offers["short"],))
    known["b"] = replace(known["b"], offers=(offers["year"], offers["month"]))
    answer = plan_routes(replace(stated, credentials=known), [], "t", plans=1, by="cost")
    assert [(plan.value, plan.proven) for plan in answer.plans] == [(51, True)]
