"""Courses that are taken together: in the plan, in its price, in one term; never a circle by themselves."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path
from typing import Any

from mcgraph.limits import Limits
from mcgraph.pathways import Constraints, RuleBook, find_reach, find_routes, plan_routes
from mcgraph.pathways.build import arrays_from, build
from mcgraph.pathways.check import check_route
from mcgraph.pathways.check_plan import check_plan
from mcgraph.pathways.curriculum import Curriculum, Requisite, read_curriculum, unsatisfiable
from mcgraph.pathways.curriculum_book import PROGRAMME, book_of_curriculum
from mcgraph.pathways.draw import dot, svg
from mcgraph.pathways.hyperpath import first_plan
from mcgraph.pathways.instance import around
from mcgraph.pathways.landmarks import cheapest_cut, mandatory
from mcgraph.pathways.reachability import Workspace, close, only_held, spread
from mcgraph.pathways.route import RouteAnswer
from mcgraph.pathways.scale import only
from tests.pathways.test_random_instances import is_open, naive_closure

DAY = datetime.date(2026, 1, 1)
# A lecture and its laboratory ask for each other; a seminar may be taken with the laboratory.
LECTURE = (
    "maths ~> lecture", "lab ~~> lecture", "lecture ~~> lab", "lab ~~> seminar", "seminar + lecture -> certificate",
)  # fmt: skip
POINTS = dict.fromkeys(("maths", "lecture", "lab", "seminar"), 5)


def terms(answer: RouteAnswer) -> dict[str, int]:
    """The term of each course in the first plan."""
    table = answer.plans[0].schedule
    assert table is not None
    return {slot.credential: slot.term for slot in table.slots}


def test_a_corequisite_is_part_of_the_plan_and_its_price() -> None:
    """The laboratory is taken and paid, by the quick search and by the model; each step says with whom it goes."""
    book = RuleBook.of(*LECTURE, credits=POINTS)
    for answer in (find_routes(book, [], "certificate"), plan_routes(book, [], "certificate", prove=True)):
        plan = answer.plans[0]
        assert len(answer.plans) == 1 and plan.proven and not plan.cautions
        assert plan.takes == ("lab", "lecture", "maths", "seminar") and plan.cost.credits == (("", 20),)
        lab, lecture = (next(s for s in plan.steps if s.credential == one) for one in ("lab", "lecture"))
        assert lab.layer == lecture.layer and lab.groups[0].concurrent == ("lecture",)
        assert lecture.text == "Take lecture, open to those who hold maths, and who hold, or take at the same time, lab"
        gap = answer.missing[0].groups[0]
        assert gap.missing == ("seminar", "lecture") and gap.concurrent == ()
        assert find_routes(book, [], "seminar").missing[0].groups[0].concurrent == ("lab",)
        assert [step.number for step in plan.steps] == list(range(1, len(plan.steps) + 1))


def test_two_that_ask_for_each_other_are_attained_only_when_nothing_else_is_missing() -> None:
    """Together they may be taken; where one of them must come before, or the outside is missing, they may not."""
    assert find_routes(RuleBook.of("a ~~> b", "b ~~> a"), [], "a").plans[0].takes == ("a", "b")
    for lines in (("a ~~> b", "b ~> a"), ("a ~~> b", "b ~~> a [before b]"), ("a ~~> b", "b ~~> a", "q ~> a", "b -> q")):
        answer = find_routes(RuleBook.of(*lines), [], "a")
        assert not answer.reachable and answer.reason[-1].code == "circular", lines
        book = RuleBook.of(*lines)
        assert not close(arrays_from(book).gates, ()).has(arrays_from(book).position("a")), lines
    three = RuleBook.of("b ~~> a", "c ~~> b", "a ~~> c", "x ~> c")
    assert find_routes(three, [], "a").plans[0].takes == ("a", "b", "c", "x")
    assert not find_routes(replace(three, credentials={**three.credentials, "x": _ended(three)}), [], "a").reachable


def _ended(book: RuleBook) -> Any:
    return replace(book.credentials["x"], status="inactive")


def test_what_is_recognised_or_stacked_may_go_along_but_not_hold_itself_up() -> None:
    """An award counts as attained once its parts are; a course it rests on cannot be taken for it."""
    by_parts = RuleBook.of("award ~~> course", "p + q -> award")
    assert find_routes(by_parts, [], "course").plans[0].takes == ("course", "p", "q")
    assert not find_routes(RuleBook.of("award ~~> course", "course -> award"), [], "course").reachable


def test_in_a_timetable_the_same_term_is_late_enough_and_a_prerequisite_is_earlier() -> None:
    """15 ECTS hold lecture, laboratory and seminar; 10 hold the first two; less holds no plan, which is said."""
    book = RuleBook.of(*LECTURE, credits=POINTS)
    for room, wanted in ((15, (1, 2, 2, 2)), (10, (1, 2, 2, 3))):
        answer = plan_routes(book, [], "certificate", wishes=Constraints(per_term=room))
        found = terms(answer)
        assert tuple(found[one] for one in ("maths", "lecture", "lab", "seminar")) == wanted
    full = plan_routes(book, [], "certificate", wishes=Constraints(per_term=5))
    assert not full.plans and full.conflicts[0].names == ("per_term",)


def test_offers_of_one_term_bind_both() -> None:
    """Where the laboratory starts in the second term only, the lecture waits for it."""
    from mcgraph.pathways.rule import Offer

    book = RuleBook.of(*LECTURE, credits=POINTS)
    late = replace(book.credentials["lab"], offers=(Offer("o", "2026-12-01", "2027-02-01"),))
    answer = plan_routes(
        replace(book, credentials={**book.credentials, "lab": late}), [], "lecture", wishes=Constraints(per_term=15)
    )
    assert terms(answer) == {"maths": 1, "lab": 2, "lecture": 2}


def test_a_forged_plan_is_refused() -> None:
    """The checker reads the book again: what must come first cannot go along, nor can a later term be the earlier."""
    book = RuleBook.of(*LECTURE, credits=POINTS)
    route = plan_routes(book, [], "certificate", wishes=Constraints(per_term=15)).plans[0]
    assert not check_route(book, [], "certificate", route) and not check_plan(book, [], route, Constraints(per_term=15))
    strict = RuleBook.of(*(line.replace("lecture ~~> lab", "lecture ~> lab") for line in LECTURE), credits=POINTS)
    assert any("not attained before" in text for text in check_route(strict, [], "certificate", route))
    before = RuleBook.of(*(f"{line} [before lecture]" if line == "lecture ~~> lab" else line for line in LECTURE))
    assert any("not attained before" in text for text in check_route(before, [], "certificate", route))
    assert route.schedule is not None
    moved = [replace(slot, term=3) if slot.credential == "lab" else slot for slot in route.schedule.slots]
    late = replace(route, schedule=replace(route.schedule, slots=tuple(moved)))
    assert any("taken with" in text for text in check_plan(book, [], late, Constraints(per_term=15)))
    alone = replace(route, takes=tuple(one for one in route.takes if one != "maths"))
    assert check_route(book, [], "certificate", alone)


def test_whole_stores_know_it_too() -> None:
    """First plan, what is mandatory, the cut and what is new on top, over arrays."""
    book = RuleBook.of(*LECTURE, credits=POINTS)
    arrays = arrays_from(book)
    gates, target = arrays.gates, arrays.position("certificate")
    space, reach = Workspace(gates), close(gates, ())
    part = around(arrays, target, space, now=only_held(gates, ()), reach=reach)
    plan = first_plan(part, arrays.price("credits"))
    assert plan is not None and arrays.named(plan.takes) == ["lab", "lecture", "maths", "seminar"]
    assert plan.at_least <= plan.cost == 20_000_000 and not plan.proven
    needed = mandatory(part)
    assert needed is not None and arrays.named(needed.credentials) == ["lab", "lecture", "maths", "seminar"]
    assert cheapest_cut(part).cost == 1
    may = only(arrays, arrays.positions(["lab", "lecture"]).tolist())
    nothing = close(gates, (), may)
    assert len(nothing) == 0
    more = spread(space, nothing, arrays.positions(["maths"]), may)
    assert sorted(arrays.named(more)) == ["lab", "lecture", "maths"]


def test_reach_tells_that_nothing_unlocks_half_a_pair() -> None:
    """One credential alone opens nothing where another has to go along."""
    answer = find_reach(RuleBook.of("a ~~> b", "b ~~> a", "a -> t"), [])
    assert answer.unlocks == ()
    assert [one.take for one in find_reach(RuleBook.of("a ~~> b", "b ~~> a", "a -> t"), ["b"]).unlocks] == ["a"]


def test_a_drawing_shows_what_goes_together() -> None:
    """Dotted lines, with a word for them in the legend; without an arrow where both ask for each other."""
    answer = find_routes(RuleBook.of(*LECTURE), [], "certificate")
    picture = svg(answer, answer.plans[0])
    assert "at the same time</text>" in picture and picture.count('stroke-dasharray="2 4"') == 3
    assert dot(answer, answer.plans[0]).count("style=dotted") == 2 and "dir=none" in dot(answer, answer.plans[0])
    plain = find_routes(RuleBook.of("a + b -> c"), [], "c")
    assert "at the same time" not in svg(plain, plain.plans[0])


def test_a_store_says_who_may_go_along(graph_of: Callable[[str], Any]) -> None:
    """Of a group with one concurrent member the others come first; columns read what records say."""
    graph = graph_of(
        "ex:A a mc:Credential ; mc:entryGroup rule:g . ex:B a mc:Credential ; mc:prerequisite ex:A . "
        "ex:C a mc:Credential ; mc:entryGroup rule:h . "
        "rule:g a mc:RequirementGroup ; mc:requirementType req:any-of ; mc:groupMember ex:B, ex:C ; "
        "mc:concurrentMember ex:C . rule:h a mc:RequirementGroup ; mc:requirementType req:all-of ; "
        "mc:groupMember ex:A ; mc:concurrentMember ex:A ."
    )
    book = RuleBook.read(graph, date=DAY)
    by_id = {iri.rsplit("/", 1)[-1]: iri for iri in book.credentials}
    plan = find_routes(book, [], by_id["A"]).plans[0]
    assert plan.takes == (by_id["A"], by_id["C"])
    left, right = build(graph, date=DAY).gates, arrays_from(book).gates
    assert left.beside.tolist() == right.beside.tolist() and len(left.beside) == 2 and len(left.joint) == 2


def random_catalogue(seed: int) -> tuple[RuleBook, int]:
    """Courses with alternatives to hold before or at the same time, offered in some of three terms; and a room."""
    from mcgraph.pathways.rule import Offer

    dice = random.Random(f"terms {seed}")
    names = "abcdef"[: dice.randint(3, 6)]
    lines = [*names, f"{dice.choice((' + ', ' | ')).join(dice.sample(names, 2))} -> award"]
    for whole in dice.sample(names, dice.randint(1, len(names))):
        some = dice.sample([*(one for one in names if one != whole), "award"], dice.randint(1, 2))
        note = f" [before {' '.join(some)}]" if dice.random() < 0.5 else ""
        lines.append(f"{' | '.join(some)} ~~> {whole}{note}")
    lines.append(f"{' + '.join(dice.sample(names, dice.randint(2, 3)))} -> goal")
    book = RuleBook.of(*lines, credits={one: dice.choice((3, 5)) for one in names})
    days = ("2026-02-01", "2026-08-01", "2027-02-01")
    known = {
        one: replace(
            book.credentials[one],
            offers=tuple(Offer(f"{one}{day}", day) for day in dice.sample(days, dice.randint(1, 3))),
        )
        for one in names
        if dice.random() < 0.7
    }
    return replace(book, credentials={**book.credentials, **known}), dice.choice((5, 8, 10, 15))


def can_be_placed(book: RuleBook, takes: tuple[str, ...], room: int) -> bool:
    """Whether some placing of the courses in three terms keeps to rooms, offers and what each asks for: tries all."""
    spans = [
        {1 + (datetime.date.fromisoformat(o.start) - book.date).days // 182 for o in book.credentials[one].offers}
        or {1, 2, 3}
        for one in takes
    ]
    return any(holds(book, dict(zip(takes, at, strict=True)), room) for at in product(*spans))


def holds(book: RuleBook, at: dict[str, int], room: int) -> bool:
    own: set[str] = set()
    for term in (1, 2, 3):
        batch = {one for one, when in at.items() if when == term}
        load = sum(book.credentials[one].credits or 0 for one in batch)
        if load > room or not all(is_open(book, one, own, batch) for one in batch):
            return False
        own |= batch
        own = naive_closure(book, own, ())
    return "goal" in own


def test_timetables_equal_trying_every_placing() -> None:
    """The fewest courses that fit three terms; where none do, no plan is shown, and never for want of trying."""
    answered = refused = 0
    for seed in range(150):
        book, room = random_catalogue(seed)
        names = [one for one in book.credentials if len(one) == 1]
        sizes = [
            len(some)
            for size in range(1, len(names) + 1)
            for some in combinations(names, size)
            if can_be_placed(book, some, room)
        ]
        limits = Limits(pathway_terms=3)
        answer = plan_routes(book, [], "goal", plans=1, limits=limits, wishes=Constraints(per_term=room), seconds=60)
        assert answer.truncated in ("", "plans"), seed
        assert [plan.cost.new for plan in answer.plans] == sizes[:1], seed
        answered += bool(sizes)
        refused += not sizes
    assert answered > 35 and refused > 25


def random_curriculum(seed: int) -> Curriculum:
    """Courses with prerequisites and both kinds of corequisites, some in circles."""
    dice = random.Random(seed)
    letters = "ABCDEFG"[: dice.randint(2, 7)]
    pairs = [(a, b) for a in letters for b in letters if a < b or (a != b and dice.random() < 0.3)]
    kinds: tuple[Any, ...] = ("pre", "pre", "co", "strict-co")
    stated = [Requisite(a, b, dice.choice(kinds)) for a, b in pairs if dice.random() < 0.35]
    return Curriculum("Programme", dict.fromkeys(letters, ""), tuple(stated))


def test_a_curriculum_can_be_completed_unless_a_circle_has_a_prerequisite() -> None:
    """On random curricula the circles that are named are exactly why the programme cannot be reached."""
    impossible = circular = 0
    for seed in range(300):
        given = random_curriculum(seed)
        answer = find_routes(book_of_curriculum(given, date=DAY), [], PROGRAMME)
        assert answer.reachable == (not unsatisfiable(given)), seed
        if answer.reachable:
            assert set(answer.plans[0].takes) == set(given.courses)
            layers = {step.credential: step.layer for step in answer.plans[0].steps}
            pairs = [(layers[one.before], layers[one.course], one.kind) for one in given.requisites]
            assert all(a < b if kind == "pre" else a <= b for a, b, kind in pairs), seed
            assert all(a == b for a, b, kind in pairs if kind == "strict-co"), seed
            circular += any(a == b for a, b, _ in pairs)
        impossible += not answer.reachable
    assert impossible > 50 and circular > 50


def test_the_published_curricula_get_their_terms(shared: Path) -> None:
    """Prerequisites earlier, corequisites at the latest in the same term, strict ones in the same; one has no plan."""
    folder = shared / "data/graphs/curricular_analytics/test"
    planned = 0
    for path in sorted(folder.glob("*curric*.csv")):
        given = read_curriculum(path)
        book = book_of_curriculum(given, date=DAY)
        answer = plan_routes(book, [], PROGRAMME, wishes=Constraints(per_term=18, unknown_ok=True))
        assert bool(answer.plans) == (path.name != "big_unsatisfiable_curric.csv"), path.name
        if not answer.plans:
            assert answer.reason[-1].code == "circular"
            continue
        at = terms(answer)
        assert set(at) == set(given.courses)
        for one in given.requisites:
            a, b = at[one.before], at[one.course]
            assert a < b if one.kind == "pre" else a == b if one.kind == "strict-co" else a <= b, (path.name, one)
        planned += 1
    assert planned == 3
