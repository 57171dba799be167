"""CTDL, Open Badges and credit lists as they are published, each against an independent reading of the JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest

from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import ID, MC
from mcgraph.sources import read_submission

Json = Any


def said(batch: Batch, name: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for column in batch.with_predicate(MC + name):
        found |= set(column.frame.select("s", "o").rows())
    return found


def records(batch: Batch, kind: str) -> set[str]:
    return set(batch.records.filter(pl.col("class") == MC + kind).get_column("iri").to_list())


def texts(batch: Batch) -> str:
    return "\n".join(text for column in batch.columns for text in column.frame.get_column("o").to_list())


def nodes(value: Json) -> Iterator[dict[str, Json]]:
    """Every object of a document but those of its context, by plain recursion."""
    if isinstance(value, dict):
        yield value
        for key, inner in value.items():
            if key != "@context":
                yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


def local(text: str) -> str:
    return re.split(r"[:/#]", text)[-1]


def get(node: dict[str, Json], name: str) -> list[Json]:
    """The values of a key, whatever its prefix, as a list."""
    found = [value for key, value in node.items() if local(key).lstrip("@") == name]
    return [one for value in found for one in (value if isinstance(value, list) else [value])]


def kinds(node: dict[str, Json]) -> set[str]:
    return {local(one) for one in get(node, "type") if isinstance(one, str)}


# UoPeople ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def uopeople_file(shared: Path) -> Path:
    return shared / "data/graphs/uopeople_credit/src/data.json"


@pytest.fixture(scope="module")
def uopeople(uopeople_file: Path) -> Batch:
    return read_submission([uopeople_file], "uopeople", "uopeople")


@pytest.fixture(scope="module")
def courses(uopeople_file: Path) -> dict[str, Json]:
    return dict(json.loads(uopeople_file.read_text("utf-8")))


def test_uopeople_has_its_statements_with_their_windows(uopeople: Batch, courses: dict[str, Json]) -> None:
    """57 entries, 15 of them empty forms: 42 statements, each with its course, dates and credit."""
    named = [(code, one) for code, course in courses.items() for one in course["transferable_credits"] if one["name"]]
    assert len(records(uopeople, "RecognitionStatement")) == len(named) == 42
    base = f"{ID}uopeople/"
    towards = Counter(
        course.rsplit("/", 1)[-1].replace("%20", " ") for _, course in said(uopeople, "recognisedTowards")
    )
    assert towards == Counter(code for code, _ in named)
    windows = dict(said(uopeople, "validFrom")), dict(said(uopeople, "validUntil"))
    statements = records(uopeople, "RecognitionStatement")
    found = Counter((windows[0].get(iri, ""), windows[1].get(iri, "")) for iri in statements)
    dates = [one["ace_valid_dates"][0] for _, one in named]
    assert found == Counter((one["start_date"], one["end_date"]) for one in dates)
    credit = {
        iri.removeprefix(base + "recognition/").split("/")[0].replace("%20", " "): float(value)
        for iri, value in said(uopeople, "recognitionCredit")
    }
    assert credit == {code: courses[code]["credits"] for code, _ in named if "credits" in courses[code]}
    (lacking,) = [finding for finding in uopeople.findings if finding.code == "DOC-LACKING-001"]
    assert lacking.affects == 15


def test_uopeople_reads_lists_that_stand_in_a_text(uopeople: Batch, courses: dict[str, Json]) -> None:
    """`"[\\"CS 1103\\"]"` is a list of one course, and so is the one that really is a list."""
    expected = set()
    for code, course in courses.items():
        stated = course["prerequisites"]
        for one in json.loads(stated) if isinstance(stated, str) else stated:
            expected.add((code, one))
    found = {
        tuple(iri.rsplit("/", 1)[-1].replace("%20", " ") for iri in pair) for pair in said(uopeople, "prerequisite")
    }
    assert found == expected
    assert len(expected) == 11


# Open Badges ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def badge_files(shared: Path) -> list[Path]:
    return sorted((shared / "data/credentials/edubadges_obv3/_data/credentials").glob("*.json"))


def test_edubadges_are_read_although_their_context_is_no_json_ld(badge_files: list[Path]) -> None:
    """Ten documents, three identifiers, one of which six documents use for six different things."""
    batch = read_submission(badge_files, "open-badges", "ob")
    achievements = [json.loads(path.read_text("utf-8"))["credentialSubject"]["achievement"] for path in badge_files]
    pairs = {(one["id"], one["name"]) for one in achievements}
    assert len(records(batch, "Credential")) == len(pairs)
    assert {name for _, name in said(batch, "title")} == {" ".join(name.split()) for _, name in pairs}
    (apart,) = [finding for finding in batch.findings if finding.code == "DOC-IDENTITY-001"]
    counted = Counter(identifier for identifier, _ in pairs)
    assert [apart.affects] == [count for count in counted.values() if count > 1]
    ects = {(one["name"].strip(), str(one["ECTS"])) for one in achievements if "ECTS" in one}
    title = dict(said(batch, "title"))
    assert {(title[iri], value) for iri, value in said(batch, "creditPoints")} == {
        (" ".join(n.split()), v) for n, v in ects
    }
    stated = [one for each in achievements for one in each["alignment"]]
    decisions = {one["targetCode"] for one in stated if one["targetType"] == "ext:QualityAssurance"}
    assert {code for iri, code in said(batch, "identifier") if "/quality-assurance/" in iri} == decisions


def test_awards_and_persons_stay_out_unless_asked(badge_files: list[Path]) -> None:
    """Learners' identifiers and grades reach no triple; with the awards, only a digest of the learner."""
    documents = [json.loads(path.read_text("utf-8")) for path in badge_files]
    learners = {one["credentialSubject"]["id"] for one in documents}
    plain = read_submission(badge_files, "open-badges", "ob")
    assert not any(learner in texts(plain) for learner in learners)
    assert not records(plain, "Award")
    assert sum(f.affects for f in plain.findings if f.code == "DOC-PERSON-001") >= len(documents)
    awards = read_submission(badge_files, "open-badges-awards", "ob")
    assert len(records(awards, "Award")) == len({one["id"] for one in documents})
    assert len({digest for _, digest in said(awards, "learnerPseudonym")}) == len(learners)
    assert not any(learner in texts(awards) for learner in learners)
    assert {day for _, day in said(awards, "awardDate")} == {one["validFrom"][:10] for one in documents}
    assert records(plain, "Credential") == records(awards, "Credential")


def test_endorsements_are_recognition_statements(shared: Path) -> None:
    """Each with who endorses, whom or what, and when; twice-embedded ones are one."""
    path = shared / "data/credentials/ob3/complete.json"
    batch = read_submission([path], "open-badges", "ob")
    document = json.loads(path.read_text("utf-8"))
    endorsements = {one["id"]: one for one in nodes(document) if "EndorsementCredential" in get(one, "type")}
    assert records(batch, "RecognitionStatement") == set(endorsements)
    assert said(batch, "recogniser") == {(iri, one["issuer"]["id"]) for iri, one in endorsements.items()}
    assert said(batch, "validUntil") == {(iri, one["validUntil"][:10]) for iri, one in endorsements.items()}
    profiles = {one["id"] for one in nodes(document) if "Profile" in get(one, "type")}
    subjects = {(iri, one["credentialSubject"]["id"]) for iri, one in endorsements.items()}
    assert said(batch, "recognisedOrganisation") == {pair for pair in subjects if pair[1] in profiles}
    achievement = document["credentialSubject"]["achievement"]["id"]
    assert said(batch, "recognisedCredential") == {pair for pair in subjects if pair[1] == achievement}


# CTDL -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ctdl_folder(shared: Path) -> Path:
    return shared / "data/registries/ctdl"


@pytest.fixture(scope="module")
def ctdl(ctdl_folder: Path) -> Batch:
    return read_submission([ctdl_folder], "ctdl", "ctdl")


@pytest.fixture(scope="module")
def ctdl_documents(ctdl_folder: Path) -> list[tuple[str, Json]]:
    """Every file that parses, whatever its ending; the one that does not is left out."""
    found = []
    for path in sorted(ctdl_folder.rglob("*")):
        try:
            found.append((path.name, json.loads(path.read_text("utf-8-sig"))))
        except (ValueError, IsADirectoryError):
            continue
    return found


def identifiers(documents: list[tuple[str, Json]], *types: str) -> set[str]:
    """Identifiers of the nodes of some types, prefixes of the document's own context made whole."""
    found = set()
    for _, document in documents:
        context = document.get("@context") if isinstance(document, dict) else None
        prefixes: dict[str, str] = {}
        for one in context if isinstance(context, list) else [context]:
            prefixes |= {k: v for k, v in one.items() if isinstance(v, str)} if isinstance(one, dict) else {}
        for node in nodes(document):
            if kinds(node) & set(types):
                for identifier in get(node, "id")[:1]:
                    head, _, tail = identifier.partition(":")
                    known = head in prefixes and not tail.startswith("//")
                    found.add(prefixes[head] + tail if known else identifier)
    return {one for one in found if not one.startswith("_:")}


def test_ctdl_reads_every_file_but_the_broken_one(ctdl: Batch, ctdl_documents: list[tuple[str, Json]]) -> None:
    """106 documents with and without extension; one is no JSON and is named with line and column."""
    assert len(ctdl_documents) == 106
    (broken,) = [finding for finding in ctdl.findings if finding.code == "FILE-JSON-001"]
    assert broken.where.file == "ACE Transfer Value Example"
    assert "line 25" in broken.found


@pytest.mark.parametrize(
    ("kind", "types"),
    [
        ("Organisation", ("CredentialOrganization", "QACredentialOrganization", "Organization", "Agent")),
        ("LearningOutcome", ("Competency",)),
        ("RecognitionStatement", ("TransferValueProfile", "TransferAgreement")),
    ],
)
def test_ctdl_has_every_node_of_a_kind(
    ctdl: Batch, ctdl_documents: list[tuple[str, Json]], kind: str, types: tuple[str, ...]
) -> None:
    """By identifier; nodes without one have an IRI of ours."""
    own = {iri for iri in records(ctdl, kind) if not iri.startswith(ID)}
    expected = identifiers(ctdl_documents, *types)
    assert own == {one for one in expected if "://" in one}
    minted = {unquote(iri.rsplit("/", 1)[-1]) for iri in records(ctdl, kind)}
    # A prefix that only a remote context would declare stays a name within the source.
    assert {re.sub("^([a-z]+):", r"[\1]", one) for one in expected if "://" not in one} <= minted
    assert len(expected) >= {"Organisation": 18, "LearningOutcome": 1_200, "RecognitionStatement": 10}[kind]


def test_ctdl_has_every_component_and_pathway(ctdl: Batch, ctdl_documents: list[tuple[str, Json]]) -> None:
    types = (
        "Pathway",
        "CredentialComponent",
        "CourseComponent",
        "BasicComponent",
        "AssessmentComponent",
        "Certification",
    )
    expected = identifiers(ctdl_documents, *types)
    assert expected <= records(ctdl, "Credential")
    assert len(expected) > 150


def test_ctdl_conditions_become_groups_with_their_numbers(ctdl: Batch, ctdl_documents: list[tuple[str, Json]]) -> None:
    """Each condition of the Badgr pathway: the parts it names, how many of them, and whose they are."""
    (document,) = [value for name, value in ctdl_documents if name.startswith("Badgr (Final)")]
    kind = {iri: value.rsplit("#", 1)[-1] for iri, value in said(ctdl, "requirementType")}
    number = {iri: int(value) for iri, value in said(ctdl, "requiredNumber")}
    rule_of = {group: rule for rule, group in said(ctdl, "requirementGroup")}
    whole_of = dict(said(ctdl, "stackingWhole"))
    members: dict[str, set[str]] = {}
    for group, member in said(ctdl, "groupMember"):
        members.setdefault(group, set()).add(member)
    found = Counter(
        (whole_of[rule_of[group]], frozenset(parts), len(parts) if kind[group] == "all-of" else number.get(group, 1))
        for group, parts in members.items()
    )
    expected: Counter[tuple[str, frozenset[str], int]] = Counter()
    for node in document:
        for condition in get(node, "hasCondition"):
            parts = frozenset(get(condition, "targetComponent"))
            expected[node["@id"], parts, (get(condition, "requiredNumber") or [len(parts)])[0]] += 1
    assert sum(expected.values()) == 23
    assert not expected - found


def test_ctdl_nested_choice_is_two_ways(ctdl: Batch) -> None:
    """ "Either course A, or two of B, C and D", in the older notation with operands: two rules."""
    base = "http://example.edu/"
    whole = base + "ec05c0e5-3215-4707-a58e-2123d35ffd38"
    rules = {rule for rule, iri in said(ctdl, "stackingWhole") if iri == whole}
    groups = {group: rule for rule, group in said(ctdl, "requirementGroup") if rule in rules}
    number = dict(said(ctdl, "requiredNumber"))
    ways = {
        (frozenset(m.removeprefix(base)[:4] for g, m in said(ctdl, "groupMember") if g == group), number.get(group))
        for group in groups
    }
    assert len(rules) == 2
    assert ways == {(frozenset({"2a45"}), None), (frozenset({"e752", "051a", "4fec"}), "2")}


def test_an_authored_pathway_can_be_walked(ctdl_folder: Path, tmp_path: Path) -> None:
    """Each certification of the networking pathway asks for the one before: A+ alone leads to its end."""
    import datetime

    from mcgraph.pathways import RuleBook, find_reach
    from mcgraph.pathways.names import find_credential
    from mcgraph.submissions.loading import load_files

    folder = ctdl_folder / "PathwaysConditionsAndConstraints/Pathway-Examples/CompTIA"
    day = datetime.date(2026, 1, 1)
    load_files(tmp_path / "store", [folder], mapping="ctdl", source="ctdl", date=day)
    from mcgraph.store import open_graph

    with open_graph(tmp_path / "store") as graph:
        book = RuleBook.read(graph, date=day)
        start = find_credential(book, "CompTIA A+")
        attained = [book.label(step.credential) for step in find_reach(book, [start]).attained]
    assert len(attained) == 9
    assert attained[-2:] == ["IT Networking Specialist", "IT Networking Specialist Pathway"] or {
        "IT Networking Specialist",
        "IT Networking Specialist Pathway",
    } <= set(attained)


def test_ctdl_transfer_values_say_credit_body_and_window(ctdl: Batch, ctdl_documents: list[tuple[str, Json]]) -> None:
    """Of the published profiles with everything: value, owner, dates, and what they count for."""
    credit, start, end = (dict(said(ctdl, name)) for name in ("recognitionCredit", "validFrom", "validUntil"))
    checked = 0
    for _, document in ctdl_documents:
        for node in nodes(document):
            identifier = str(get(node, "id")[:1])
            if "TransferValueProfile" not in kinds(node) or "credentialengineregistry.org" not in identifier:
                continue
            (iri,) = get(node, "id")
            values = [value for one in get(node, "transferValue") for value in get(one, "value")]
            if values:
                assert float(credit[iri]) == float(values[0])
            if get(node, "startDate"):
                assert start[iri] == get(node, "startDate")[0][:10]
                assert end[iri] == get(node, "endDate")[0][:10]
                checked += 1
    assert checked >= 2


def test_ctdl_reports_its_oddities(ctdl: Batch) -> None:
    """The malformed CTID, the null texts, and references that lead out of the folder."""
    by_code: dict[str, list[Any]] = {}
    for finding in ctdl.findings:
        by_code.setdefault(finding.code, []).append(finding)
    assert by_code["DOC-FORM-001"][0].found == "ce-cab3d216-e834-452d-bf83-60972afd307"
    assert by_code["DOC-FORM-001"][0].where.pointer == "/@graph/4/ceterms:ctid"
    assert by_code["DOC-EMPTY-001"][0].where.file.startswith("Badgr (Final)")
    assert sum(finding.affects for finding in by_code["DOC-REFERENCE-001"]) > 9
    assert all(finding.where.pointer is not None for finding in by_code["DOC-REFERENCE-001"])
