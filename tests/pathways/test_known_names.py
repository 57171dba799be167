"""Names in a large store: what is read in part is named as in the whole, and what is not plain is left to the whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click.testing
import pytest

from mcgraph.cli import pathways, whatif
from mcgraph.cli.console import Console
from mcgraph.errors import McgraphError, WrongUse
from mcgraph.pathways import RuleBook
from mcgraph.pathways.known_names import KnownNames
from mcgraph.pathways.lookup import find_iri
from mcgraph.store import open_graph

TURTLE = """
ex:S1 a mc:Credential ; mc:identifier "S1" ; mc:title "Statistics" ; mc:creditPoints 5 .
ex:S2 a mc:Credential ; mc:identifier "S2" ; mc:title "Statistics" ; mc:creditPoints 5 .
ex:X a mc:Credential ; mc:identifier "X" ; mc:title "Xylophone" .
ex:K a mc:Credential ; mc:identifier "K" ; mc:title "Data, part one" ; mc:title "Données"@fr .
ex:K2 a mc:Credential ; mc:identifier "K@2" ; mc:title "Mail" .
ex:E a mc:Credential ; mc:identifier "E" ; mc:title "Else" ; mc:providedBy by:P ; mc:awardedBy by:U .
by:U a mc:Organisation ; mc:identifier "U" ; mc:legalName "University U" .
by:P a mc:Organisation ; mc:identifier "P" ; mc:legalName "Provider P" .
ex:T a mc:Credential, mc:Qualification ; mc:identifier "T" ; mc:title "Target" ; mc:providedBy by:P .
ex:V a mc:Credential, mc:Qualification ; mc:identifier "V" ; mc:title "Whole of U" ; mc:awardedBy by:U .
ex:Q a mc:Credential, mc:Qualification ; mc:identifier "Q" ; mc:title "Bachelor" .
ex:D a mc:Credential ; mc:identifier "D" ; mc:title "Decl" ; mc:declaredStackingTarget ex:Q .
ex:F a mc:Credential ; mc:identifier "1.5" ; mc:title "Numbered" .
rule:R1 a mc:StackingRule ; mc:stackingWhole ex:T ; mc:requirementGroup rule:g1 .
rule:g1 a mc:RequirementGroup ; mc:requirementType req:all-of ; mc:groupMember ex:S1 .
rule:R2 a mc:StackingRule ; mc:stackingWhole ex:V ; mc:requirementGroup rule:g2 .
rule:g2 a mc:RequirementGroup ; mc:requirementType req:all-of ; mc:groupMember ex:S1 .
rec:1 a mc:RecognitionStatement ; mc:recognisedCredential ex:K ; mc:recognisedTowards ex:E ;
  mc:recognitionEffect effect:full .
"""
PLAIN = "recognise: {by: U, what: X, towards: T, effect: full}"


class InMemory(Console):
    """A console whose store is a graph in memory."""

    def __init__(self, graph: Any) -> None:
        super().__init__(store=Path("/nonexistent"), quiet=True)
        self.graph = graph

    def open(self) -> Any:
        """The graph."""
        return self.graph


def without_coverage(answer: Any) -> Any:
    """How much of the store was read is told with an answer and differs on purpose."""
    if isinstance(answer, list):
        return [without_coverage(one) for one in answer]
    if isinstance(answer, dict):
        return {name: without_coverage(one) for name, one in answer.items() if name != "coverage"}
    return answer


@pytest.fixture
def told(
    graph_of: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[Any, Any, bool]]:
    """What is answered or refused where the store counts as small, where it counts as large; whether it read a part."""
    graph = graph_of(TURTLE)
    parts: list[object] = []
    read = RuleBook.read

    def watched(*given: Any, **named: Any) -> RuleBook:
        parts.append(named.get("around"))
        return read(*given, **named)

    monkeypatch.setattr(RuleBook, "read", watched)

    def both(change: str, *more: str) -> tuple[Any, Any, bool]:
        found = []
        for most in (20_000, 1):
            parts.clear()
            monkeypatch.setattr(pathways, "LARGE", most)
            asked = ["--date", "2026-11-01", "--json", *more]
            if change:
                (tmp_path / "c.yaml").write_text(f"changes: [{{{change}}}]", encoding="utf-8")
                asked.insert(0, str(tmp_path / "c.yaml"))
            command = whatif.command if change else pathways.command
            done = click.testing.CliRunner().invoke(command, asked, obj=InMemory(graph))
            if isinstance(done.exception, McgraphError):
                found.append((done.exception.message, done.exception.where, done.exception.fix))
            else:
                assert done.exit_code == 0, done.exception
                found.append(without_coverage(json.loads(done.stdout)))
        return found[0], found[1], bool(parts and parts[-1])

    return both


@pytest.mark.parametrize(
    ("change", "more", "in_part"),
    [
        (PLAIN, (), True),
        (PLAIN, ("--held", "Statistics"), False),
        (PLAIN, ("--held", "statistics"), False),
        (PLAIN, ("--held", "Données"), False),
        (PLAIN, ("--held", "Data, part one"), True),
        (PLAIN, ("--held", "K@2"), True),
        (PLAIN, ("--held", "k,xylophone"), True),
        (PLAIN, ("--to", "BACHELOR"), True),
        ("recognise: {by: U, what: Statistics, towards: T}", (), False),
        ("recognise: {by: U, what: [x, Xylophone], towards: target}", (), True),
        ("recognise: {by: U, what: X, towards: Q}", ("--to", "Q"), True),
        ('expire: "1"', (), True),
        ("change-credential: {what: 1.5, credits: 3}", (), True),
        ("rule: {whole: T, by: U, groups: [{all-of: [X, NOPE]}]}", (), False),
        ("credential: {id: X, title: New}", (), True),
        ("recognise: {by: U, what: X}", (), False),
    ],
)
def test_a_change_names_what_it_names_in_a_small_store(
    told: Callable[..., tuple[Any, Any, bool]], change: str, more: tuple[str, ...], in_part: bool
) -> None:
    """Namesakes, other cases, commas, @, numbers, last parts: answers and refusals are the same."""
    small, large, part = told(change, *more)
    assert large == small
    assert part == in_part


@pytest.mark.parametrize(
    "text",
    ["x", "Données", "Statistics", "xylophone", "S1,NOPE", "K@2", "Data, part one", "S1@2024-01-01",
     "Data, part one,S1", ",", "", "https://w3id.org/mcgraph/id/demo/credential/NOPE"],
)  # fmt: skip
def test_what_is_held_is_named_as_in_a_small_store(told: Callable[..., tuple[Any, Any, bool]], text: str) -> None:
    """`--from` at size, and a route at size."""
    for asked in (("--from", text), ("--held", text, "--to", "Target")):
        small, large, _ = told("", *asked)
        assert large == small


def test_an_answer_with_declarations_names_them(told: Callable[..., tuple[Any, Any, bool]]) -> None:
    """Else the large store would lose why no rule leads there."""
    _, large, part = told("recognise: {by: U, what: X, towards: Q}", "--to", "Q")
    assert part and "declared-without-rule" in {one["code"] for one in large["before"]["reason"]}


@pytest.mark.parametrize("towards", ["", ", towards: V"])
def test_a_recognition_is_of_the_body_that_is_named(
    told: Callable[..., tuple[Any, Any, bool]], towards: str
) -> None:
    """U awards what P provides: it is U that recognises, towards its own whole."""
    small, large, _ = told(f"recognise: {{by: U, what: X{towards}}}")
    assert large == small
    assert small["changes"] == ["University U recognises Xylophone towards Whole of U (full)"]


def test_names_of_what_no_source_describes(graph_of: Callable[[str], Any]) -> None:
    """A member that is nowhere described bears a name in the whole book: one of the same name is not plain."""
    more = "ex:R a mc:Credential . rule:g1 mc:groupMember <https://elsewhere.eu/R>, <https://elsewhere.eu/Z> ."
    known = KnownNames(graph_of(TURTLE + more))
    assert known.credential("R") is None and known.credential("Z") is None and known.credential("NOPE") == ""
    assert known.credential("s1") == "https://w3id.org/mcgraph/id/demo/credential/S1"
    assert known.statement("r1") == "https://w3id.org/mcgraph/id/demo/stacking-rule/R1"
    assert known.body("U") == "https://w3id.org/mcgraph/id/demo/organisation/U" and known.body("u") == ""


def test_whole_store_questions_take_the_same_names(demo_store: Path) -> None:
    """`structure --to irl-001` names what `pathways --to irl-001` names."""
    with open_graph(demo_store) as graph:
        assert find_iri(graph, "irl-001") == find_iri(graph, "IRL-001") == KnownNames(graph).credential("irl-001")
        with pytest.raises(WrongUse, match="No credential is called"):
            find_iri(graph, "irl-0")
