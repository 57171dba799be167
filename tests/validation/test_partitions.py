"""A check in partitions finds what a check in one piece finds: same findings, places, counts and refused records."""

from __future__ import annotations

import random
from pathlib import Path

import polars as pl
import pytest

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.model.namespaces import ID, MC
from mcgraph.sources import read_submission
from mcgraph.sources.mapping import load_mapping
from mcgraph.sources.sliced import open_sliced
from mcgraph.validation import Report, validate
from mcgraph.validation.across import ACROSS, LINKED, LISTED, LOCAL, OF_STORE
from mcgraph.validation.partitions import validate_partitions
from mcgraph.validation.rules import RULES
from tests.validation.clean_submission import DEFECTS, A, B, Tables, clean, renamed, text_of, write
from tests.validation.test_seeded_defects import DAY, OF_A_CELL, PROFILES, Store


def whole(files: list[Path], profile: str, context: Store | None = None) -> Report:
    """Checked in one piece."""
    batch = read_submission(files, "template", "seeded", limits=Limits())
    return validate(batch, profile=profile, date=DAY, context=context)


def parted(files: list[Path], profile: str, size: int, context: Store | None = None) -> tuple[Report, int]:
    """Checked in partitions of about `size` bytes of each file, and how many there were."""
    bounds = Limits(partition_bytes=size)
    report, _, count = validate_partitions(
        lambda folder: open_sliced(files, load_mapping("template"), "seeded", bounds, folder),
        profile=profile, date=DAY, context=context,
    )  # fmt: skip
    return report, count


def same(one: Report, other: Report) -> None:
    """Both reports say the same, to the last cell."""
    assert one.to_json() == other.to_json()
    assert one.findings.frame.equals(other.findings.frame)
    assert one.rejected.sort().equals(other.rejected.sort())
    assert list(one.findings) == list(other.findings)


def seeded(profile: str) -> Tables:
    """Every defect of a profile in a submission of its own, all in one, the rows in an order of chance."""
    tables: Tables = {name: [] for name in clean()}
    for number, defect in enumerate(one for one in OF_A_CELL if one.profile == profile):
        for name, rows in renamed(defect.applied(), number).items():
            tables[name] += rows
    dice = random.Random(profile)
    for rows in tables.values():
        dice.shuffle(rows)
    return {name: rows or clean()[name] for name, rows in tables.items()}


@pytest.mark.parametrize("profile", ["submission", pytest.param("stacking-recognition", marks=pytest.mark.long)])
def test_defects_of_every_kind_lie_in_different_partitions(profile: str, tmp_path: Path) -> None:
    """Rows that belong together are torn apart; partitions find what one piece finds."""
    files = write(seeded(profile), tmp_path)
    expected = whole(files, profile)
    assert {finding.code for finding in expected.findings} >= {d.code for d in OF_A_CELL if d.profile == profile}
    report, count = parted(files, profile, max(file.stat().st_size for file in files) // 4)
    assert count > len(files)
    same(expected, report)


@pytest.mark.long
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("share", [3, 11])
def test_every_profile_in_partitions_of_other_sizes(profile: str, share: int, tmp_path: Path) -> None:
    """As above, for all profiles and other cuts."""
    files = write(seeded(profile), tmp_path)
    report, _ = parted(files, profile, max(file.stat().st_size for file in files) // share)
    same(whole(files, profile), report)


def test_a_record_in_a_row_each(tmp_path: Path) -> None:
    """Partitions as small as a row."""
    wanted = ("credentials", "organisations", "stacking_rules")
    tables = {name: rows for name, rows in clean().items() if name in wanted}
    tables["stacking_rules"][1]["member"] = "MC-9"
    files = write(tables, tmp_path)
    report, count = parted(files, "stacking-recognition", 1)
    assert count > sum(len(rows) for rows in tables.values())  # the rule's rows are in two, so it has one of its own
    same(whole(files, "stacking-recognition"), report)


def test_two_files_that_describe_one_record(tmp_path: Path) -> None:
    """Contradictions between tables, repetition in one, and a record of the store with another value."""
    files = write(clean(), tmp_path)
    rows = clean()["credentials"][:1] * 2
    rows[0] = rows[0] | {"eqf_level": "5"}
    rows[1] = rows[1] | {"title": "Quite another title"}
    (tmp_path / "credentials-2.csv").write_text(text_of(rows), encoding="utf-8")
    files.append(tmp_path / "credentials-2.csv")
    first, second = (f"{ID}seeded/credential/{identifier}" for identifier in (A, B))
    store = Store((first, MC + "creditPoints", "2.0"), (second, MC + "creditPoints", "4"))
    expected = whole(files, "submission", store)
    assert {f.code for f in expected.findings} >= {"RULE-CONTRA-001", "RULE-CONTRA-002", "RULE-DUP-001"}
    same(expected, parted(files, "submission", 1_500, store)[0])


def test_names_and_identifiers_are_found_in_other_partitions(tmp_path: Path) -> None:
    """References by name; a name that two records in different partitions share identifies neither."""
    tables = clean()
    tables["credentials"][0]["awarding_body"] = "Board of Nurses"
    tables["credentials"][1]["awarding_body"] = "Example Academy"
    tables["organisations"].append(tables["organisations"][0] | {"organisation_id": "ORG-9"})
    files = write(tables, tmp_path)
    expected = whole(files, "submission")
    assert "CRD-BODY-001" in {f.code for f in expected.findings}
    same(expected, parted(files, "submission", 900)[0])


SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix mc: <https://w3id.org/mcgraph/ontology#> .
@prefix s: <https://example.org/s#> .
s:Far sh:targetClass mc:Microcredential, mc:Qualification, mc:Credential ;
  sh:property [ sh:path ( mc:awardedBy mc:country ) ; sh:maxCount 0 ] ;
  sh:property [ sh:path [ sh:inversePath mc:recognisedCredential ] ; sh:maxCount 0 ] ;
  sh:property [ sh:path ( [ sh:inversePath mc:assuredCredential ] mc:qaBody ) ; sh:node s:Agency ] ;
  sh:property [ sh:path mc:awardedBy ; sh:qualifiedValueShape s:Agency ; sh:qualifiedMinCount 1 ] ;
  sh:property [ sh:path mc:awardedBy ; sh:class mc:Microcredential ] .
s:Agency sh:property [ sh:path mc:providerType ; sh:maxCount 0 ] .
s:Said sh:targetSubjectsOf mc:recogniser ; sh:property [ sh:path ( mc:recogniser mc:legalName ) ; sh:maxCount 0 ] .
s:Body sh:targetObjectsOf mc:awardedBy ; sh:nodeKind sh:Literal .
s:Chain sh:targetSubjectsOf mc:declaredStackingTarget ;
  sh:property [ sh:path [ sh:oneOrMorePath mc:declaredStackingTarget ] ; sh:maxCount 0 ] .
s:Query sh:targetSubjectsOf mc:recogniser ; sh:sparql [ sh:select
  "SELECT $this WHERE { $this <https://w3id.org/mcgraph/ontology#recogniser> ?b }" ] .
"""


@pytest.mark.long
def test_shapes_that_read_other_records(tmp_path: Path) -> None:
    """Sequences, inverse and repeated paths, nodes within nodes, classes, targets of any kind, a query."""
    shapes = tmp_path / "far.ttl"
    shapes.write_text(SHAPES, encoding="utf-8")
    files = write(seeded("submission"), tmp_path)
    expected = whole(files, str(shapes))
    assert len({f.component for f in expected.findings}) > 4
    same(expected, parted(files, str(shapes), 40_000)[0])


def test_a_shape_that_needs_everything_is_refused(tmp_path: Path) -> None:
    """A query that may read anything is not run on a part of the graph."""
    shapes = tmp_path / "any.ttl"
    shapes.write_text(
        "@prefix sh: <http://www.w3.org/ns/shacl#> . <https://e.org/S> sh:targetClass <https://e.org/C> ; sh:sparql ["
        ' sh:select "SELECT $this WHERE { $this ?p ?o }" ] .', encoding="utf-8",
    )  # fmt: skip
    with pytest.raises(LimitReached, match="needs the whole graph"):
        parted(write(clean(), tmp_path), str(shapes), 500)


def test_every_rule_has_its_place() -> None:
    """A rule that is added must say what it reads, or partitions would not run it."""
    placed = [*LOCAL, *LINKED, *LISTED, *OF_STORE, *(rule for one in ACROSS for rule in one.rules)]
    assert sorted(map(id, placed)) == sorted(map(id, RULES))


def test_defects_reach_the_rules_across_records(tmp_path: Path) -> None:
    """The comparison above is worth something: every rule across records has a defect among those compared."""
    told = {d.code for d in DEFECTS if d.code.startswith(("RULE-", "REF-"))}
    assert len(told) > 20
    assert pl.Series(sorted(told)).is_in(sorted({d.code for d in OF_A_CELL})).all()
    del tmp_path
