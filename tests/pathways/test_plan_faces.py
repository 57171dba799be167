"""The faces of exact plans: options of the command, JSON by the schema, text with reasons."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click.testing
import jsonschema
import pytest

from mcgraph.cli.console import Console
from mcgraph.cli.pathways import command
from mcgraph.errors import McgraphError
from mcgraph.pathways import Constraints, RuleBook, plan_routes, solve
from mcgraph.pathways.answer import document
from mcgraph.pathways.constraints import Budget
from mcgraph.pathways.rule import Offer
from mcgraph.pathways.tell import tell

OFFERS = """
@prefix lang: <http://publications.europa.eu/resource/authority/language/> .
@prefix land: <http://publications.europa.eu/resource/authority/country/> .
@prefix mode: <http://data.europa.eu/snb/learning-assessment/> .
ex:A a mc:Credential ; mc:identifier "A" ; mc:title "Dear and short" ; mc:creditPoints 5 ; mc:eqfLevel eqf:5 ;
  mc:awardedBy by:U .
ex:B a mc:Credential ; mc:identifier "B" ; mc:title "Cheap and long" ; mc:creditPoints 5 ; mc:eqfLevel eqf:5 ;
  mc:validityMonths 24 ; mc:providedBy by:F .
ex:T a mc:Credential, mc:Qualification ; mc:identifier "T" ; mc:title "Certificate" ; mc:eqfLevel eqf:5 .
by:U a mc:Organisation ; mc:legalName "University U" .
by:F a mc:Organisation ; mc:legalName "Fondation F" .
ex:o1 a mc:Offer ; mc:offerOf ex:A ; mc:startDate "2026-02-01"^^<http://www.w3.org/2001/XMLSchema#date> ;
  mc:endDate "2026-02-28"^^<http://www.w3.org/2001/XMLSchema#date> ; mc:price 900 ; mc:currency "EUR" ;
  mc:country land:IRL ; mc:language lang:ENG ; mc:participationMode mode:920fbb3cbe .
ex:o2 a mc:Offer ; mc:offerOf ex:B ; mc:startDate "2026-02-01"^^<http://www.w3.org/2001/XMLSchema#date> ;
  mc:endDate "2026-06-20"^^<http://www.w3.org/2001/XMLSchema#date> ; mc:price 100 ; mc:currency "EUR" ;
  mc:country land:FIN ; mc:language lang:FIN .
ex:o3 a mc:Offer ; mc:offerOf ex:B ; mc:startDate "2026-02-30" ; mc:endDate "soon" ; mc:price -5 ; mc:currency "EUR" .
rule:R a mc:StackingRule ; mc:stackingWhole ex:T ; mc:requirementGroup rule:R-g ; mc:claimKind claim:by-provider .
rule:R-g a mc:RequirementGroup ; mc:requirementType req:any-of ; mc:groupMember ex:A, ex:B .
"""


@pytest.fixture
def run(graph_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on a store that holds the offers."""
    monkeypatch.setattr("mcgraph.store.open_graph", lambda *_: graph_of(OFFERS))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> click.testing.Result:
        asked = [*arguments, "--to", "T", "--date", "2026-01-01"]
        return click.testing.CliRunner().invoke(command, asked, obj=Console(store=tmp_path))

    return call


def first(result: click.testing.Result) -> Any:
    """The first plan of a JSON answer."""
    return json.loads(result.stdout)["plans"][0]


class TestCommand:
    @pytest.mark.parametrize(
        ("options", "taken"),
        [
            (("--by", "cost"), "B"), (("--by", "weeks"), "A"), (("--by", "money=1,weeks=100"), "A"),
            (("--max-weeks", "10"), "A"), (("--max-cost", "200"), "B"), (("--country", "Ireland"), "A"),
            (("--language", "fi"), "B"), (("--mode", "online"), "A"), (("--exclude", "A"), "B"),
            (("--provider", "Fondation F"), "B"), (("--exclude", "University U"), "B"),
        ],
    )  # fmt: skip
    def test_each_wish_picks_its_plan(self, run: Any, options: tuple[str, ...], taken: str) -> None:
        """Rankings, budgets, places, languages, modes, providers; codes and names in any usual spelling."""
        plan = first(run(*options, "--json"))
        assert [one.rsplit("/", 1)[-1] for one in plan["takes"]] == [taken] and plan["proven"] and plan["gap"] == 0

    def test_the_offer_gives_weeks_and_price(self, run: Any) -> None:
        """The step names the offer; the cost is what it says, as stated."""
        plan = first(run("--by", "cost", "--json"))
        assert plan["cost"]["weeks"] == 20 and plan["cost"]["money"] == 100 and plan["cost"]["currency"] == "EUR"
        assert plan["steps"][0]["offer"].endswith("/o2") and plan["value"] == 100 == plan["bound"]

    def test_a_timetable_and_what_stands_in_the_way_in_words(self, run: Any) -> None:
        """Terms with their load; a wish that cannot be met with the nearest plan."""
        assert "timetable from 2026-01-01, 1 term of 26 weeks" in run("--per-term", "10").stdout
        told = run("--max-cost", "50").stdout
        assert "✘ no plan" in told and "the nearest plan needs 100" in told and "Take Cheap and long" in told

    def test_held_with_a_day(self, run: Any) -> None:
        """B is valid 24 months: held since 2025 it counts, held since 2020 something must be taken."""
        assert json.loads(run("--held", "B@2025-06-01", "--json").stdout)["attained"]
        assert not json.loads(run("--held", "B@2020-06-01", "--json").stdout)["attained"]

    def test_no_time_leaves_with_4(self, run: Any) -> None:
        """The partial answer is printed and marked."""
        done = run("--by", "cost", "--time-limit", "0.000001", "--json")
        assert done.exit_code == 4 and json.loads(done.stdout)["limit"] == "pathway_seconds"

    @pytest.mark.parametrize(
        "options",
        [("--by", "luck"), ("--by", "money=0"), ("--by", "money=x"), ("--max-weeks", "-3"), ("--country", "Atlantis"),
         ("--language", "klingonish"), ("--mode", "telepathy"), ("--provider", "Nobody"), ("--exclude", "zzzz"),
         ("--confidence", "sure"), ("--max-level-jump", "12"), ("--held", "B@2025-02-30"), ("--per-term", "0")],
    )  # fmt: skip
    def test_what_cannot_be_meant_is_refused(self, run: Any, options: tuple[str, ...]) -> None:
        """Exit code 2 with what to do."""
        refused = run(*options).exception
        assert isinstance(refused, McgraphError) and refused.exit_code == 2 and refused.fix


def test_exact_answers_follow_the_published_schema(root: Path) -> None:
    """Plans with a timetable, conflicts with a nearest plan, a plan of several objectives."""
    schema = json.loads((root / "docs/contract/pathways.schema.json").read_text("utf-8"))
    book = RuleBook.of("a + b -> t [excludes z]", credits={"a": 5, "b": 5}, hours={"a": 10, "b": 10})
    for wishes, by in (
        (Constraints(per_term=5), "credentials"),
        (Constraints(Budget(hours=5)), "hours"),
        (Constraints(), {"hours": 0.5, "credits": 1}),
    ):
        answer = plan_routes(book, [], "t", wishes=wishes, by=by)
        found = json.loads(json.dumps(document(answer)))
        jsonschema.Draft202012Validator(schema).validate(found)
        assert tell(answer, 5)
        assert found["plans"] or found["conflicts"][0]["nearest"]


def test_a_search_that_tried_enough_timetables_follows_the_schema_too(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its limit is one of those that are listed."""
    monkeypatch.setattr(solve, "TIMETABLES_TRIED", 2)
    modules = [f"m{number}" for number in range(6)]
    lines = [f"1 of {', '.join(modules)} -> t", *(f"p{one} ~> {one}" for one in modules)]
    book = RuleBook.of(*lines, credits={name: 5 for one in modules for name in (one, f"p{one}")})
    # Each module starts in the first term only, where what it asks for has no room beside it.
    known = {one: replace(book.credentials[one], offers=(Offer(one, start="2026-01-01"),)) for one in modules}
    book = replace(book, credentials={**book.credentials, **known})
    answer = plan_routes(book, [], "t", wishes=Constraints(per_term=5), plans=1)
    assert answer.truncated == "pathway_timetables" and not answer.plans
    schema = json.loads((root / "docs/contract/pathways.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(document(answer))))


@pytest.mark.parametrize(
    "asked",
    [("--to", "T"), ("--held", "A", "--to", "T"), ("--held", "A,B@2025-06-30", "--to", "Certificate", "--by", "cost"),
     ("--to", "T", "--exclude", "A")],
)  # fmt: skip
def test_a_large_store_is_read_around_the_question_only(
    run: Any, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...]
) -> None:
    """The answer is the one of the whole book, and the whole book is read only where the question needs it."""
    read: list[object] = []
    whole = RuleBook.read
    monkeypatch.setattr(RuleBook, "read", lambda graph, **how: read.append(how.get("around")) or whole(graph, **how))
    small = json.loads(run(*asked, "--date", "2026-01-01", "--json").output)
    monkeypatch.setattr("mcgraph.cli.pathways.LARGE", 1)
    large = json.loads(run(*asked, "--date", "2026-01-01", "--json").output)
    assert large == small
    assert large["plans"] or large["reason"]
    assert (read[0], bool(read[1])) == (None, "--exclude" not in asked)
