"""Credit points under changes: of the system of the whole, and weighed anew wherever a changed credential counts."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from mcgraph.pathways import RuleBook, WhatIf, find_routes
from mcgraph.pathways.assemble import AssembledBook

ECTS = "http://data.europa.eu/snb/education-credit/6fcec5c5af"
UK = "https://w3id.org/mcgraph/vocab/credit-system#uk-credit"
BASE = "https://w3id.org/mcgraph/id/demo/credential/"
TURTLE = f"""
ex:W a mc:Credential ; mc:identifier "W" ; mc:creditSystem <{ECTS}> .
ex:V a mc:Credential ; mc:identifier "V" ; mc:creditSystem <{ECTS}> .
ex:M a mc:Credential ; mc:identifier "M" ; mc:title "old" ; mc:creditPoints 20 ; mc:creditSystem <{UK}> .
rule:r a mc:StackingRule ; mc:stackingWhole ex:W ; mc:requirementGroup rule:g .
rule:g a mc:RequirementGroup ; mc:requirementType req:credit-points ; mc:requiredCreditPoints 15 ; mc:groupMember ex:M .
"""


def weights(book: AssembledBook, whole: str) -> list[tuple[Decimal, ...]]:
    return [group.weights for rule in book.stacking if rule.whole == BASE + whole for group in rule.groups]


def test_a_change_keeps_the_conversion_of_credit(graph_of: Callable[[str], Any]) -> None:
    """20 UK credits are 10 ECTS, also after a change of title, and 40 are 20."""
    book = RuleBook.read(graph_of(TURTLE), date=datetime.date(2026, 1, 1))
    titled = WhatIf(book).change_credential("M", title="new")
    assert weights(titled.overlaid(), "W") == [(Decimal(10),)]
    assert not titled.compare().effects
    more = WhatIf(book).change_credential("M", credits=40).overlaid()
    assert weights(more, "W") == [(Decimal(20),)]
    assert find_routes(more, [BASE + "M"], BASE + "W").attained


def test_a_new_rule_counts_in_the_system_of_its_whole(graph_of: Callable[[str], Any]) -> None:
    """15 ECTS are more than 20 UK credits, and the answer says so."""
    changes = WhatIf(RuleBook.read(graph_of(TURTLE), date=datetime.date(2026, 1, 1)))
    changes.add_rule("V", [("credit-points", ["M"], 15)], by="u")
    assert weights(changes.overlaid(), "V") == [(Decimal(10),)]
    assert "can give only 10" in changes.said[0]
    changes.change_credential("M", credits=40)
    assert weights(changes.overlaid(), "V") == [(Decimal(20),)]


def test_entry_is_weighed_anew() -> None:
    """What needs 8 credits before it can be taken opens to those whose course becomes one of 10."""
    lines = ("8 cr of x ~~> c [before x]", "c -> t")
    changes = WhatIf(RuleBook.of(*lines, credits={"x": 5})).change_credential("x", credits=10)
    opened = {(one.holder, one.target) for one in changes.compare().effects if one.what == "opens"}
    assert {("x", "c"), ("x", "t")} <= opened
    anew = RuleBook.of(*lines, credits={"x": 10})
    assert changes.overlaid().credential("c").entry == anew.credential("c").entry
