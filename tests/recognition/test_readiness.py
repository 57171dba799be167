"""Readiness: each of seven criteria is met, not met or unknown, with what it rests on; never a score."""

from __future__ import annotations

import csv
import datetime
from pathlib import Path

import pytest

from mcgraph.errors import WrongUse
from mcgraph.recognition import Readiness, assess, assess_source, read_register
from mcgraph.recognition.names import find_party
from mcgraph.recognition.readiness import CRITERIA
from mcgraph.store.graph import Graph
from tests.recognition.facts import MC, VOCAB, World, WorldGraph

DAY = datetime.date(2026, 6, 10)
X = "<https://w3id.org/mcgraph/id/t/credential/x>"
EU = "http://data.europa.eu/snb/"
QA = f"<https://w3id.org/mcgraph/id/t/qa/1> a <{MC}QualityAssuranceStatement> ; <{MC}qaType> <{VOCAB}qa-type#"


def judge(extra: str) -> Readiness:
    world = World({"U": "IRL"}, {"x": "U"}, extra=extra)
    register = read_register(WorldGraph(world.turtle()), as_of=DAY)
    return assess(register, find_party(register, "x"))


def said(name: str, value: str) -> str:
    return f"{X} <{MC}{name}> {value} .\n"


def test_a_bare_record_is_unknown_by_every_criterion() -> None:
    """What is not stated is not known; it is neither met nor failed."""
    assert {one.verdict for one in judge("").judged} == {"unknown"}
    assert [one.criterion for one in judge("").judged] == list(CRITERIA)


@pytest.mark.parametrize(
    ("criterion", "extra", "verdict"),
    [
        ("level", said("eqfLevel", f"<{EU}eqf/5>"), "met"),
        ("level", said("nationalLevelStated", '"Level 6"'), "met"),
        ("learning-outcomes", said("learningOutcomeSummary", '"can weld"'), "met"),
        ("workload", said("workloadHours", "50.0"), "met"),
        ("verification", said("format", f"<{VOCAB}format#edc>"), "met"),
        ("verification", said("format", f"<{VOCAB}format#paper>"), "not met"),
        (
            "verification",
            said("format", f"<{VOCAB}format#paper>")
            + said("participationMode", f"<{EU}learning-assessment/9191af2ed9>"),
            "not asked",
        ),
        ("assessment", said("assessmentType", f"<{EU}assessment/6e6cb2cc78>"), "met"),
        ("assessment", said("assessmentType", f"<{EU}assessment/7331eb4762>"), "not met"),
        ("identification", said("supervision", f"<{EU}supervision-verification/70be69aaf9>"), "met"),
        ("identification", said("supervision", f"<{EU}supervision-verification/c598449d64>"), "not met"),
        ("identification", said("participationMode", f"<{EU}learning-assessment/9191af2ed9>"), "not asked"),
        (
            "identification",
            said("participationMode", f"<{EU}learning-assessment/9191af2ed9>, <{EU}learning-assessment/920fbb3cbe>"),
            "unknown",
        ),
    ],
)
def test_a_criterion_by_what_is_stated(criterion: str, extra: str, verdict: str) -> None:
    found = judge(extra).of(criterion)
    assert found.verdict == verdict
    assert found.evidence


@pytest.mark.parametrize(
    ("tail", "verdict"),
    [
        (f"esg> ; <{MC}assuredCredential> {X} .", "met"),
        (f"esg> ; <{MC}assuredOrganisation> <https://w3id.org/mcgraph/id/t/organisation/U> .", "met"),
        (f"esg> ; <{MC}assuredCredential> {X} ; <{MC}qaDecision> <{VOCAB}qa-decision#negative> .", "not met"),
        (f"none-stated> ; <{MC}assuredCredential> {X} .", "not met"),
        (f'esg> ; <{MC}assuredCredential> {X} ; <{MC}validUntil> "2026-06-09" .', "unknown"),
        (f'esg> ; <{MC}assuredCredential> {X} ; <{MC}validUntil> "2026-06-10" .', "met"),
        (f'esg> ; <{MC}assuredCredential> {X} ; <{MC}validFrom> "2026-06-11" .', "unknown"),
    ],
)
def test_quality_assurance_must_be_in_force_and_not_negative(tail: str, verdict: str) -> None:
    """On the credential or its awarding body; ended assurance is shown and does not count."""
    found = judge(QA + tail).of("quality")
    assert found.verdict == verdict
    assert found.evidence


def test_one_and_all_agree_and_equal_the_sheet(demo: Graph, root: Path) -> None:
    """Workload and outcomes of every credential, against the CSV alone; and the table against single answers."""
    register = read_register(demo, as_of=DAY)
    table = assess_source(register, "demo")
    verdicts = {row["iri"].rsplit("/", 1)[-1]: row for row in table.frame.iter_rows(named=True)}
    with (root / "data/demo/registry-csv/credentials.csv").open(encoding="utf-8-sig", newline="") as stream:
        sheet = {row["credential_id"]: row for row in csv.DictReader(stream)}
    assert set(verdicts) == set(sheet)
    for name, row in sheet.items():
        assert (verdicts[name]["learning-outcomes"] == "met") == bool(row["learning_outcomes"].strip()), name
        assert (verdicts[name]["workload"] == "met") == bool(row["workload_hours"] or row["credit_points"]), name
    for name in list(verdicts)[:25]:
        one = assess(register, register.party(verdicts[name]["iri"], "credential"))
        assert {judged.criterion: judged.verdict for judged in one.judged} == {
            criterion: verdicts[name][criterion] for criterion in CRITERIA
        }
    counted = dict(table.counts())
    assert all(sum(counts.values()) == len(sheet) for counts in counted.values())
    assert table.coverage("level").unknown == counted["level"]["unknown"]


def test_an_unknown_source_is_refused_with_those_there_are(demo: Graph) -> None:
    with pytest.raises(WrongUse, match="there is no source") as fault:
        assess_source(read_register(demo, as_of=DAY), "nobody")
    assert "demo" in fault.value.fix
