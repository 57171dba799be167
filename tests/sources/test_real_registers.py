"""The national registers load whole: every count and every link against an independent reading."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import ID, MC, XSD
from mcgraph.sources import read_submission


def records(batch: Batch, kind: str) -> int:
    return batch.records.filter(pl.col("class") == MC + kind).get_column("iri").n_unique()


def pairs(batch: Batch, predicate: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for column in batch.with_predicate(MC + predicate):
        found |= set(column.frame.select("s", "o").rows())
    return found


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "registries" / "rncp_fr" / "v1.4"


@pytest.fixture(scope="module")
def rncp(folder: Path) -> Batch:
    return read_submission([folder], "rncp", "rncp")


def rows(folder: Path, name: str) -> list[list[str]]:
    """The file read with nothing but the standard library."""
    text = (folder / name).read_bytes().decode("cp1252")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))[1:]


def test_rncp_has_all_its_records(rncp: Batch) -> None:
    """17,470 rows describe 17,369 certifications; one of 16,455 blocks has its identifier twice."""
    assert records(rncp, "Qualification") == 17_369
    assert records(rncp, "Credential") == 16_454
    assert records(rncp, "StackingRule") == 3_263
    assert {table.name: table.rows for table in rncp.tables}["certifications"] == 17_470
    assert {table.name: table.rows for table in rncp.tables}["blocks"] == 16_455
    assert {table.name: table.rows for table in rncp.tables}["certifiers"] == 36_279


@pytest.mark.parametrize(("column", "predicate"), [(8, "replaces"), (9, "replacedBy")])
def test_rncp_loses_no_successor(rncp: Batch, folder: Path, column: int, predicate: str) -> None:
    """Codes that stand on several rows carry different successors; all are kept."""
    base = f"{ID}rncp/credential/"
    wanted = {
        (base + row[0], base + row[column]) for row in rows(folder, "rncp_info.v1.4.csv") if row[column]
    }
    assert pairs(rncp, predicate) == wanted


def test_rncp_repeated_codes_keep_every_row(rncp: Batch, folder: Path) -> None:
    """101 rows repeat a code; dropping them would lose links."""
    counts = Counter(row[0] for row in rows(folder, "rncp_info.v1.4.csv"))
    assert sum(n - 1 for n in counts.values()) == 101


def test_rncp_stacking_rules_have_all_their_blocks(rncp: Batch, folder: Path) -> None:
    """Block to certification is a rule: all of its blocks, corrupt identifiers repaired."""
    wanted: dict[str, set[str]] = {}
    for code, block, *_ in rows(folder, "rncp_blocs_competences.v1.4.csv"):
        number = block.rsplit("BC", 1)[1]
        wanted.setdefault(code, set()).add(f"{code}BC{int(number):02d}")
    found: dict[str, set[str]] = {}
    for group, member in pairs(rncp, "groupMember"):
        found.setdefault(group.split("/")[-3], set()).add(member.rsplit("/", 1)[1])
    assert found == wanted


def test_rncp_child_tables_keep_every_link(rncp: Batch, folder: Path) -> None:
    """Occupations, fields and access routes, repeated rows read once."""
    for name, predicate, column in (
        ("rncp_rome.v1.4.csv", "occupation", 2),
        ("rncp_nsf.v1.4.csv", "fieldOfStudy", 1),
        ("rncp_voix_acces.v1.4.csv", "accessRoute", 1),
    ):
        wanted = {(row[0], row[column]) for row in rows(folder, name)}
        assert len(pairs(rncp, predicate)) == len(wanted), name


def test_rncp_dates_and_levels_are_understood(rncp: Batch) -> None:
    """No date or level of the register is left as it was written."""
    for column in rncp.with_predicate(MC + "validUntil"):
        assert column.datatype == XSD + "date"
        assert column.frame.get_column("o").str.contains(r"^\d{4}-\d\d-\d\d$").all()
    assert all(column.kind == "iri" for column in rncp.with_predicate(MC + "eqfLevel") if len(column))


def test_every_certifier_is_kept(rncp: Batch, folder: Path) -> None:
    """Spellings that differ only in case, accents or punctuation name one organisation."""
    named = {
        row[0] for row in rows(folder, "rncp_certificateurs.v1.4.csv") if row[1].strip() or row[2].strip()
    }
    assert {iri.rsplit("/", 1)[1] for iri, _ in pairs(rncp, "awardedBy")} == named
    assert 3_300 <= records(rncp, "Organisation") <= 3_592


def test_the_two_encodings_are_said(rncp: Batch) -> None:
    """Which files were not UTF-8 is part of the findings."""
    assert sum(f.code == "FILE-ENCODING-001" for f in rncp.findings) == 7


@pytest.fixture(scope="module")
def ofqual(shared: Path) -> Batch:
    base = shared / "data" / "registries" / "ofqual_uk"
    return read_submission(
        [base / "register_prototype" / "app" / "data", base / "openregister_2017" / "data"],
        "ofqual",
        "ofqual",
    )


def test_ofqual_has_bodies_qualifications_scopes_and_levels(ofqual: Batch) -> None:
    """Awarding bodies by number, qualifications without one, scopes of recognition, levels."""
    tables = {table.name: table.rows for table in ofqual.tables}
    assert tables["awarding_bodies"] == records(ofqual, "Organisation") == 334
    assert tables["qualifications"] == 5_106
    assert tables["scopes"] == 1_224
    assert records(ofqual, "FrameworkLevel") == 16
    repeated = [f for f in ofqual.findings if f.code == "FILE-REPEAT-001" and "pearson-q" in f.where.file]
    assert [f.affects for f in repeated] == [159]


def test_ofqual_level_2_is_eqf_3(ofqual: Batch) -> None:
    """The national level as stated and the EQF level differ; both are kept."""
    base = f"{ID}ofqual/"
    levels = {(level, eqf) for ref, level in pairs(ofqual, "referencingLevel")
              for other, eqf in pairs(ofqual, "referencedTo") if other == ref}  # fmt: skip
    assert (f"{base}level/level-2", "http://data.europa.eu/snb/eqf/3") in levels
    assert (f"{base}level/level-6", "http://data.europa.eu/snb/eqf/6") in levels


def test_esco_labels_load_under_their_own_iris(shared: Path) -> None:
    """13,485 skills and 2,942 occupations; nothing is minted."""
    base = shared / "data" / "reference" / "esco_labels" / "data" / "esco"
    batch = read_submission([base / "skills_en.csv", base / "occupations_en.csv"], "esco", "esco")
    assert records(batch, "Skill") == 13_485
    assert records(batch, "Occupation") == 2_942
    assert batch.records.get_column("iri").str.starts_with("http://data.europa.eu/esco/").all()


def test_rncp_rows_about_unknown_certifications_are_reported(rncp: Batch, folder: Path) -> None:
    """The diploma tables are younger than the register: each code it lacks is named with its row."""
    known = {row[0] for row in rows(folder, "rncp_info.v1.4.csv")}
    text = (folder / "CodeDiplome_RNCP_latest_kit.csv").read_text(encoding="utf-8")
    # NR stands for «not stated» (non renseigné): such a row speaks of nothing.
    codes = ["" if row[2] == "NR" else row[2] for row in list(csv.reader(io.StringIO(text), delimiter=";"))[1:]]
    found = [f for f in rncp.findings if f.code == "REF-SUBJECT-001" and "latest_kit" in f.where.file]
    assert sum(f.affects for f in found) == sum(code not in known for code in codes if code.strip())
    first = next(i for i, code in enumerate(codes, start=2) if code and code not in known)
    assert found[0].where.row == first
    assert found[0].found == codes[first - 2]
