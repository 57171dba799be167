"""The register says what the sources say, in force by their dates, whichever way it is read."""

from __future__ import annotations

import csv
import datetime
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from mcgraph.errors import WrongUse
from mcgraph.recognition import read_register
from mcgraph.recognition.columns import read_columns
from mcgraph.recognition.contradictions import find_contradictions
from mcgraph.recognition.listing import list_statements
from mcgraph.recognition.names import find_party
from mcgraph.store.graph import Graph
from tests.recognition.facts import Said, World, WorldGraph, random_world, short

MC = "https://w3id.org/mcgraph/ontology#"


class Hidden:
    """A store of which only SPARQL is seen."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.snapshot = graph.snapshot

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        return self.graph.rows(sparql)


def rows(root: Path) -> list[dict[str, str]]:
    """The recognition sheet, read with nothing but the standard library."""
    with (root / "data/demo/registry-csv/recognition.csv").open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_files_and_the_index_give_the_same_columns(demo: Graph) -> None:
    """The fast way must not be another truth."""
    names = ("recogniser", "recognisedCredential", "validFrom", "title", "legalName", "country", "recognitionCredit")
    wanted = [MC + name for name in names]
    fast, slow = read_columns(demo, wanted), read_columns(Hidden(demo), wanted)
    order = ["p", "s", "o", "lang", "source"]
    assert fast.height > 500
    assert fast.unique().sort(order).equals(slow.unique().sort(order))


def test_every_row_of_the_sheet_is_a_statement_with_all_it_says(demo: Graph, root: Path) -> None:
    """Refusals, partial and lapsed ones are kept, with claimant, dates, evidence and the row they stand in."""
    register = read_register(demo, as_of=datetime.date(2026, 11, 24))
    said = {short(one.iri): one for one in register.statements(register.frame.get_column("iri").to_list())}
    sheet = rows(root)
    assert set(said) == {row["recognition_id"] for row in sheet}
    for number, row in enumerate(sheet, start=2):
        one = said[row["recognition_id"]]
        assert (one.effect, one.claim, one.status) == (row["effect"], row["claim_kind"], row["status"])
        assert (one.valid_from, one.valid_until, one.url) == (row["valid_from"], row["valid_until"], row["evidence"])
        assert [party.id for party in one.credentials] == [row["credential"]] * bool(row["credential"])
        assert [party.id for party in one.organisations] == [row["organisation"]] * bool(row["organisation"])
        assert one.recogniser.id == row["recogniser"]
        assert str(one.credit or "") == row["credit_points"]
        assert one.origin.endswith(f"row {number}"), one.origin
        assert one.sources == ("demo",)


@pytest.mark.parametrize("seed", range(40))
def test_states_equal_the_plain_reading(seed: int) -> None:
    """Dates decide, both ends counting; then the status."""
    world = random_world(seed)
    graph = WorldGraph(world.turtle())
    for day in ("2023-12-31", "2024-01-01", "2025-12-31", "2026-01-01", "2026-06-01", "2026-06-15", "2026-06-16"):
        register = read_register(graph, as_of=datetime.date.fromisoformat(day))
        found = {short(iri): state for iri, state in register.frame.select("iri", "state").rows()}
        assert found == {one.name: world.state(one, day) for one in world.said}, day


class TestCompletion:
    said = Said("r", "U", what="x", since="2021-01-01", until="2023-12-31")
    world = World({"U": "IRL", "V": "FIN"}, {"x": "V"}, [said])

    @pytest.mark.parametrize(
        ("completed", "state"),
        [
            ("2020-12-31", "not-yet"),
            ("2021-01-01", "in-force"),
            ("2023-12-31", "in-force"),
            ("2024-01-01", "lapsed"),
        ],
    )
    def test_learning_counts_when_it_was_completed_inside_the_window(self, completed: str, state: str) -> None:
        """An agreement that lapsed still holds for what was completed while it was in force, and for nothing else."""
        register = read_register(
            WorldGraph(self.world.turtle()),
            as_of=datetime.date(2026, 1, 1),
            completed=datetime.date.fromisoformat(completed),
        )
        assert register.frame.get_column("state").to_list() == [state]

    def test_without_a_completion_the_day_itself_decides(self) -> None:
        register = read_register(WorldGraph(self.world.turtle()), as_of=datetime.date(2026, 1, 1))
        assert register.frame.get_column("state").to_list() == ["lapsed"]

    def test_completion_after_the_day_asked_about_is_refused(self) -> None:
        with pytest.raises(WrongUse, match="after the day asked about"):
            read_register(
                WorldGraph(self.world.turtle()), as_of=datetime.date(2026, 1, 1), completed=datetime.date(2026, 1, 2)
            )

    def test_a_day_outside_every_window_says_which_windows_there_are(self) -> None:
        register = read_register(WorldGraph(self.world.turtle()), as_of=datetime.date(2026, 1, 1))
        answer = list_statements(register, find_party(register, "x"))
        assert "their dates run from 2021-01-01 to 2023-12-31" in answer.notes[0]


class TestContradictions:
    def test_grant_and_refusal_of_one_body_are_shown_with_both_sources(self) -> None:
        """Two sources, one body, one credential: neither is dropped."""
        bodies, credentials = {"U": "IRL", "V": "FIN"}, {"x": "V"}
        one = World(bodies, credentials, [Said("yes", "U", "full", "x")]).turtle()
        two = World(bodies, credentials, [Said("no", "U", "refused", "x")]).turtle()
        register = read_register(WorldGraph(one, two), as_of=datetime.date(2026, 1, 1))
        (found,) = find_contradictions(register)
        assert (short(found.granted.iri), found.granted.sources) == ("yes", ("t0",))
        assert (short(found.refused.iri), found.refused.sources) == ("no", ("t1",))
        assert list_statements(register).contradictions == (found,)

    @pytest.mark.parametrize(
        "other",
        [
            Said("no", "W", "refused", "x"),
            Said("no", "U", "refused", "y"),
            Said("no", "U", "refused", "x", until="2025-12-31"),
            Said("no", "U", "refused", "x", purpose="employment"),
            Said("no", "U", "refused", "x", towards="y"),
            Said("no", "U", "partial", "x"),
        ],
    )
    def test_what_can_hold_together_is_none(self, other: Said) -> None:
        """Another body, credential, time, purpose or target; or two grants."""
        said = [Said("yes", "U", "full", "x", purpose="further-study", towards="z"), other]
        world = World({"U": "IRL", "W": "FIN"}, {"x": "W", "y": "W", "z": "U"}, said)
        assert not find_contradictions(read_register(WorldGraph(world.turtle()), as_of=datetime.date(2026, 1, 1)))


def test_two_sources_that_say_the_same_are_one_statement_with_two_sources() -> None:
    world = World({"U": "IRL"}, {"x": "U"}, [Said("r", "U", what="x")]).turtle()
    register = read_register(WorldGraph(world, world), as_of=datetime.date(2026, 1, 1))
    (one,) = register.statements(register.frame.get_column("iri").to_list())
    assert one.sources == ("t0", "t1")


def test_coverage_counts_credentials_spoken_of(demo: Graph, root: Path) -> None:
    """Against a count from the CSV files alone."""
    register = read_register(demo, as_of=datetime.date(2026, 11, 24))
    folder = root / "data/demo/registry-csv"
    with (folder / "organisations.csv").open(encoding="utf-8-sig", newline="") as stream:
        # Some credentials give the name of their awarding body in place of its identifier.
        ids = {row["name"].casefold(): row["organisation_id"] for row in csv.DictReader(stream)}
    with (folder / "credentials.csv").open(encoding="utf-8-sig", newline="") as stream:
        stated = {row["credential_id"]: row["awarding_body"] or row["provider"] for row in csv.DictReader(stream)}
    owner = {one: ids.get(body.casefold(), body) for one, body in stated.items()}
    sheet = rows(root)
    direct = {row["credential"] for row in sheet}
    bodies = {row["organisation"] for row in sheet if row["organisation"]}
    spoken = {one for one, body in owner.items() if one in direct or body in bodies}
    coverage = register.coverage()
    assert (coverage.total, coverage.known) == (len(owner), len(spoken & set(owner)))


def test_a_store_without_statements_says_so_instead_of_an_empty_list() -> None:
    world = World({"U": "FRA"}, {"x": "U", "y": "U"})
    answer = list_statements(read_register(WorldGraph(world.turtle()), as_of=datetime.date(2026, 1, 1)))
    assert answer.total == 0
    assert "No source in this store states any recognition" in answer.notes[0]
    assert (answer.coverage.total, answer.coverage.known) == (2, 0)


def test_listing_by_party_takes_every_statement_that_touches_it() -> None:
    """As what is recognised (itself or by its body), as what it counts towards, and as the recogniser."""
    said = [
        Said("itself", "U", what="x"),
        Said("its-body", "U", all_of="V"),
        Said("towards-it", "V", what="z", towards="x"),
        Said("other", "U", what="z"),
    ]
    world = World({"U": "IRL", "V": "FIN"}, {"x": "V", "z": "U"}, said)
    register = read_register(WorldGraph(world.turtle()), as_of=datetime.date(2026, 1, 1))

    def listed(name: str) -> set[str]:
        return {short(one.iri) for one in list_statements(register, find_party(register, name)).statements}

    assert listed("x") == {"itself", "its-body", "towards-it"}
    assert listed("V") == {"itself", "its-body", "towards-it"}
    assert listed("U") == {"itself", "its-body", "towards-it", "other"}
    assert listed("Finland") == {"itself", "its-body", "towards-it"}


class TestNames:
    world = World({"U": "IRL", "V": "FIN"}, {"x": "V", "y": "V"})

    def test_identifier_name_code_and_iri_find_the_same(self) -> None:
        register = read_register(WorldGraph(self.world.turtle()), as_of=datetime.date(2026, 1, 1))
        found = {find_party(register, name).iri for name in ("x", "X", "course X", find_party(register, "x").iri)}
        assert len(found) == 1
        assert {find_party(register, name).id for name in ("FIN", "fi", "Finland", "Finlande")} == {"FIN"}

    def test_what_is_unknown_gets_the_nearest(self) -> None:
        register = read_register(WorldGraph(self.world.turtle()), as_of=datetime.date(2026, 1, 1))
        with pytest.raises(WrongUse, match="nothing is called") as fault:
            find_party(register, "Curse y")
        assert "Course y" in fault.value.fix

    def test_what_fits_twice_gets_the_candidates(self) -> None:
        twice = World({"U": "IRL"}, {"a/1": "U", "b/1": "U"})
        text = twice.turtle().replace('"Course a/1"', '"Same"').replace('"Course b/1"', '"Same"')
        register = read_register(WorldGraph(text), as_of=datetime.date(2026, 1, 1))
        with pytest.raises(WrongUse, match="names 2 parties") as fault:
            find_party(register, "same")
        assert fault.value.fix.count("credential/") == 2


def test_effects_and_states_of_the_demo_are_those_of_the_sheet(demo: Graph, root: Path) -> None:
    """The spread that the command prints, counted from the CSV alone."""
    answer = list_statements(read_register(demo, as_of=datetime.date(2026, 11, 24)), most=10)
    expected: Counter[tuple[str, str]] = Counter()
    for row in rows(root):
        state = "in-force" if row["status"] in ("in-force", "") else row["status"]
        if row["valid_until"] and row["valid_until"] < "2026-11-24" and state in ("in-force", "expired"):
            state = "lapsed"
        expected[row["effect"], state] += 1
    assert {(effect, state): count for effect, state, count in answer.counts} == dict(expected)
    assert answer.truncated == "recognition_statements"
    assert pl.Series([one.state for one in answer.statements]).eq("in-force").all()
