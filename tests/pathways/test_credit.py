"""Credit points of different systems in the rules of a store: converted by a stated conversion, or left out, told."""

from __future__ import annotations

import datetime
import random
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from mcgraph.model.credits import convert, factor, name_of, system_of, unit_of
from mcgraph.pathways import RuleBook, find_routes
from mcgraph.pathways.build import arrays_from, build
from mcgraph.pathways.reachability import close

DAY = datetime.date(2026, 1, 1)
ECTS, ECVET = ("http://data.europa.eu/snb/education-credit/" + one for one in ("6fcec5c5af", "60b314e826"))
OURS = "https://w3id.org/mcgraph/vocab/credit-system#"
COUNTRY = "http://publications.europa.eu/resource/authority/country/"


def turtle(whole: str, parts: dict[str, tuple[float, str, str]], need: float, extra: str = "") -> str:
    """A rule for `ex:W` (in the credit system `whole`) that needs `need` credit points of its parts."""
    lines = [f"ex:W a mc:Credential {'; mc:creditSystem <' + whole + '>' if whole else ''} ."]
    for name, (points, system, country) in parts.items():
        said = f"; mc:creditSystem <{system}>" if system else ""
        where = f"; mc:country <{COUNTRY}{country}>" if country else ""
        lines.append(f"ex:{name} a mc:Credential ; mc:creditPoints {points} {said} {where} .")
    members = ", ".join(f"ex:{name}" for name in parts)
    lines.append(
        "rule:R a mc:StackingRule ; mc:stackingWhole ex:W ; mc:requirementGroup rule:g . "
        f"rule:g a mc:RequirementGroup ; mc:requirementType req:credit-points ; mc:requiredCreditPoints {need} ; "
        f"mc:groupMember {members} ."
    )
    return "\n".join([*lines, extra])


def weights(book: RuleBook) -> dict[str, Decimal]:
    """Per member of the one credit group what it counts."""
    (group,) = (group for rule in book.rules for group in rule.groups)
    return {one.rsplit("/", 1)[-1]: weight for one, weight in zip(group.members, group.weights, strict=True)}


def test_a_conversion_is_stated_or_there_is_none() -> None:
    """Direct, backwards, over hours with both ends kept; ECVET points are converted by nobody."""
    assert convert("uk-credit", "ects").least == Fraction(1, 2)  # type: ignore[union-attr]
    back, over = convert("ects", "uk-credit"), convert("national-credit/NZL", "ects")
    assert back and (back.least, back.most) == (2, 2)
    assert over and (over.least, over.most) == (Fraction(1, 3), Fraction(2, 5)) and len(over.said) == 2
    assert all(source.startswith("https://") for _, source in (*back.said, *over.said))
    assert convert("ecvet", "ects") is None and convert("national-credit/USA", "ects") is None
    assert factor("ecvet", "ects") is None and factor("", "ects") == factor("ects", "ects") == 1
    assert system_of(OURS + "national-credit", "NZL") == "national-credit/NZL" and system_of(ECVET) == "ecvet"
    assert unit_of("", ["uk-credit", "", "ects"]) == "ects" and unit_of("", ["uk-credit"]) == "uk-credit"
    assert name_of("uk-credit") == "UK credits"


def test_points_of_another_system_count_what_a_source_says(graph_of: Callable[[str], Any]) -> None:
    """20 UK credits are 10 ECTS, and the plan says so; ECVET points are not guessed, and the gap says so."""
    parts = {"A": (5, ECTS, ""), "B": (20, OURS + "uk-credit", ""), "C": (30, ECVET, ""), "D": (4, "", "")}
    book = RuleBook.read(graph_of(turtle(ECTS, parts, 15)), date=DAY)
    assert weights(book) == {"A": 5, "B": 10, "C": 0, "D": 4}
    ids = {one.id: iri for iri, one in book.credentials.items()}
    answer = find_routes(book, [ids["A"], ids["B"]], ids["W"])
    assert answer.attained and any("20 UK credits count as 10 ECTS" in text for text in answer.plans[0].cautions)
    assert any("qaa.ac.uk" in text for text in answer.plans[0].cautions)
    short = find_routes(book, [ids["A"], ids["C"]], ids["W"])
    refused = [one for gap in short.missing for group in gap.groups for one in group.refused]
    assert not short.attained and [one.code for one in refused] == ["credit-system-differs"]
    assert "no source converts" in refused[0].text


def test_recognised_credit_has_a_system_too(graph_of: Callable[[str], Any]) -> None:
    """What a body grants counts in its own system, unless it says in which it grants it."""
    for said, wanted in (("", 8), (f"; mc:recognitionCreditSystem <{OURS}uk-credit>", 4)):
        extra = (
            "ex:F a mc:Credential ; mc:creditPoints 99 . "
            "rec:1 a mc:RecognitionStatement ; mc:recognisedCredential ex:F ; "
            f"mc:recognisedTowards ex:W ; mc:recognitionEffect effect:credit ; mc:recognitionCredit 8 {said} ."
        )
        graph = graph_of(turtle(ECTS, {"A": (5, ECTS, "")}, 9, extra))
        book = RuleBook.read(graph, date=DAY)
        assert weights(book)["F"] == wanted
        arrays = build(graph, date=DAY)
        held = arrays.positions([one for one in book.credentials if one.endswith(("/A", "/F"))])
        whole = arrays.position(next(one for one in book.credentials if one.endswith("/W")))
        assert close(arrays.gates, held, arrays.gates.r_kind != 0).has(whole) == (5 + wanted >= 9)


@pytest.mark.parametrize("seed", range(40))
def test_columns_convert_as_records_do(seed: int, graph_of: Callable[[str], Any]) -> None:
    """The arrays of a store mean what its rule book means, whatever the systems, countries and amounts."""
    dice = random.Random(seed)
    systems = ("", ECTS, ECVET, OURS + "uk-credit", OURS + "national-credit", OURS + "hours-only")
    parts = {
        name: (dice.choice((0, 2.5, 7, 33)), dice.choice(systems), dice.choice(("", "NZL", "USA"))) for name in "ABCDE"
    }
    system = dice.choice(("", f"; mc:recognitionCreditSystem <{dice.choice(systems[1:])}>"))
    extra = (
        f"ex:W mc:country <{COUNTRY}{dice.choice(('NZL', 'IRL'))}> . rec:1 a mc:RecognitionStatement ; "
        f"mc:recognisedCredential ex:{dice.choice('AEF')} ; mc:recognisedTowards ex:W ; "
        f"mc:recognitionEffect effect:partial ; mc:recognitionCredit {dice.choice((1, 12.5))} {system} ."
    )
    graph = graph_of(turtle(dice.choice(systems), parts, dice.randint(1, 40), extra))
    left, right = build(graph, date=DAY), arrays_from(RuleBook.read(graph, date=DAY))
    assert left.names.to_list() == right.names.to_list()
    for name in ("m_cred", "m_w", "g_need", "r_head"):
        assert getattr(left.gates, name).tolist() == getattr(right.gates, name).tolist(), name
    assert left.credentials.get_column("credits").to_list() == right.credentials.get_column("credits").to_list()


def test_a_budget_is_kept_in_one_system() -> None:
    """Of a course in another system a budget pays what it is worth at most; what nobody converts is not stated."""
    from dataclasses import replace

    from mcgraph.pathways import Budget, Constraints, plan_routes

    book = RuleBook.of("a -> t", "b -> t", "c -> t", credits={"a": 12, "b": 20, "c": 3})
    systems = {"a": ECTS, "b": OURS + "uk-credit", "c": ECVET}
    known = {iri: replace(one, credit_system=systems.get(iri, "")) for iri, one in book.credentials.items()}
    book = replace(book, credentials=known)
    for most, takes in ((20, ["a", "b"]), (11, ["b"]), (9, [])):
        answer = plan_routes(book, [], "t", by="credits", wishes=Constraints(Budget(credits=most)))
        assert sorted(one for plan in answer.plans for one in plan.takes) == takes, most
    free = plan_routes(book, [], "t", wishes=Constraints(Budget(credits=9), unknown_ok=True))
    assert [plan.takes for plan in free.plans] == [("c",)]
    timed = plan_routes(book, [], "t", plans=3, wishes=Constraints(per_term=10, unknown_ok=True))
    assert sorted(one for plan in timed.plans for one in plan.takes) == ["b", "c"]
