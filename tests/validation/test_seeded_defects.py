"""One corruption per rule of a clean submission: each is caught with its code at its cell, and nothing else is."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.sources import read_submission
from mcgraph.submissions.reading import read_batch
from mcgraph.validation import Report, catalogue, validate
from tests.validation.clean_submission import DEFECTS, Defect, Tables, clean, new_zealand, renamed, text_of, write

DAY = datetime.date(2026, 11, 24)
PROFILES = (
    "submission", "registry", "annex1-catalogue", "annex1-award", "stacking-recognition", "deqar", "australia-nmf",
    "ctdl-minimum", "nzqa",
)  # fmt: skip
Place = tuple[str, str, int | None, str]


def read(files: list[Path]) -> Batch:
    """The submission by the template's mapping."""
    return read_submission(files, "template", "seeded", limits=Limits())


def places(report: Report) -> list[Place]:
    """Code, table, row and column of each finding, in order."""
    return [(f.code, Path(f.where.file).stem, f.where.row, f.where.column) for f in report.findings]


def found(tables: Tables, profile: str, folder: Path) -> list[Place]:
    """What a profile finds in tables written as CSV."""
    return places(validate(read(write(tables, folder)), profile=profile, date=DAY))


@pytest.mark.parametrize("profile", PROFILES)
def test_the_clean_submission_is_silent(profile: str, tmp_path: Path) -> None:
    """A finding on clean data teaches people to ignore findings."""
    tables = new_zealand(clean()) if profile == "nzqa" else clean()
    report = validate(read(write(tables, tmp_path)), profile=profile, date=DAY)
    assert places(report) == []
    assert report.conforms


# A header belongs to a whole file; every other defect gets a submission of its own beside the others.
OF_A_HEADER = [defect for defect in DEFECTS if defect.expected()[1] == 1]
OF_A_CELL = [defect for defect in DEFECTS if defect not in OF_A_HEADER]


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Place]]:
    """What is found in the part of each defect, rows counted as if it stood alone; one run per profile.

    Under the empty code stands what is found in no part.
    """
    every: dict[str, list[Place]] = {"": []}
    for profile in dict.fromkeys(defect.profile for defect in OF_A_CELL):
        mine = [defect for defect in OF_A_CELL if defect.profile == profile]
        tables: Tables = {name: [] for name in clean()}
        part_of: dict[tuple[str, int], tuple[str, int]] = {}
        for number, defect in enumerate(mine):
            for name, rows in renamed(defect.applied(), number).items():
                start = len(tables[name])
                part_of |= {(name, start + i + 2): (defect.code, i + 2) for i in range(len(rows))}
                tables[name] += rows
        for code, table, row, column in found(tables, profile, tmp_path_factory.mktemp(profile)):
            owner, own_row = part_of.get((table, row or 0), ("", row))
            every.setdefault(owner, []).append((code, table, own_row, column))
    return every


@pytest.mark.parametrize("defect", OF_A_CELL, ids=lambda one: one.code)
def test_a_corruption_is_caught_with_its_code_at_its_cell(defect: Defect, caught: dict[str, list[Place]]) -> None:
    """The expected code in the expected cell, and no second finding beside it."""
    assert caught.get(defect.code, []) == [(defect.code, *defect.expected())]


def test_no_finding_stands_outside_the_corruptions(caught: dict[str, list[Place]]) -> None:
    """What is found belongs to a corruption; a hundred submissions in one do not disturb each other."""
    assert caught[""] == []


@pytest.mark.parametrize("defect", OF_A_HEADER, ids=lambda one: one.code)
def test_a_corrupted_header_is_caught(defect: Defect, tmp_path: Path) -> None:
    """The expected code in the first row, and nothing else."""
    assert found(defect.applied(), defect.profile, tmp_path) == [(defect.code, *defect.expected())]


def test_the_same_corruption_is_caught_in_a_workbook(tmp_path: Path) -> None:
    """A cell is a cell, whatever the form of the file: a sample of the defects as XLSX."""
    for defect in OF_A_CELL[::40]:
        file = tmp_path / f"{defect.code}.xlsx"
        workbook(defect.applied()).save(file)
        (finding,) = validate(read([file]), profile=defect.profile, date=DAY).findings
        _, row, column = defect.expected()
        assert (finding.code, finding.where.row, finding.where.column) == (defect.code, row, column)


SHEETS = {
    "credentials": "Credentials", "organisations": "Organisations", "offers": "Offers",
    "stacking_rules": "StackingRules", "recognition": "Recognition", "quality_assurance": "QualityAssurance",
    "awards": "Awards",
}  # fmt: skip


def workbook(tables: Tables):  # type: ignore[no-untyped-def]
    """The tables as an openpyxl workbook."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in tables.items():
        sheet = book.create_sheet(SHEETS[name])
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append([value or None for value in row.values()])
    return book


# Faults of files: each changes what stands on the disk, and says where it must be found.


def _other_encoding(folder: Path) -> Place:
    rows = clean()["organisations"]
    rows[2]["name"] = "École d'infirmières"
    (folder / "organisations.csv").write_bytes(text_of(rows).encode("cp1252"))
    return ("FILE-ENCODING-001", "organisations", None, "")


def _stray_quote(folder: Path) -> Place:
    file = folder / "organisations.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("Quality Agency", '"Quality" Agency'), encoding="utf-8")
    return ("FILE-QUOTE-001", "organisations", None, "")


def _long_row(folder: Path) -> Place:
    file = folder / "organisations.csv"
    file.write_text(file.read_text(encoding="utf-8") + "ORG-4,Guild,,other,IRL,,,,surplus\n", encoding="utf-8")
    return ("FILE-RAGGED-001", "organisations", 5, "")


def _short_row(folder: Path) -> Place:
    file = folder / "organisations.csv"
    file.write_text(file.read_text(encoding="utf-8") + "ORG-4,Guild,,other\n", encoding="utf-8")
    return ("FILE-RAGGED-002", "organisations", 5, "")


def _unknown_table(folder: Path) -> Place:
    (folder / "remarks.csv").write_text("who,what\nAnna,please check\n", encoding="utf-8")
    return ("FILE-TABLE-001", "remarks", None, "")


def _empty_table(folder: Path) -> Place:
    file = folder / "offers.csv"
    file.write_text(file.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    return ("FILE-EMPTY-001", "offers", None, "")


def _repeated_row(folder: Path) -> Place:
    file = folder / "organisations.csv"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + text.splitlines()[-1] + "\n", encoding="utf-8")
    return ("FILE-REPEAT-001", "organisations", None, "")


def _repeated_header(folder: Path) -> Place:
    rows = text_of(clean()["organisations"]).splitlines()
    text = "\n".join([rows[0] + ",name", *(row + "," for row in rows[1:])]) + "\n"
    (folder / "organisations.csv").write_text(text, encoding="utf-8")
    return ("HEAD-DUPLICATE-001", "organisations", 1, "name")


def _missing_header(folder: Path) -> Place:
    rows = [{k: v for k, v in row.items() if k != "effect"} for row in clean()["recognition"]]
    (folder / "recognition.csv").write_text(text_of(rows), encoding="utf-8")
    return ("HEAD-MISSING-001", "recognition", None, "effect")


FILE_FAULTS: dict[str, Callable[[Path], Place]] = {
    "FILE-ENCODING-001": _other_encoding, "FILE-QUOTE-001": _stray_quote, "FILE-RAGGED-001": _long_row,
    "FILE-RAGGED-002": _short_row, "FILE-TABLE-001": _unknown_table, "FILE-EMPTY-001": _empty_table,
    "FILE-REPEAT-001": _repeated_row, "HEAD-DUPLICATE-001": _repeated_header, "HEAD-MISSING-001": _missing_header,
}  # fmt: skip


@pytest.mark.parametrize("code", list(FILE_FAULTS))
def test_a_fault_of_a_file_is_caught_where_it_is(code: str, tmp_path: Path) -> None:
    """The reader's own findings, alone but for what follows from a column that is missing."""
    write(clean(), tmp_path)
    expected = FILE_FAULTS[code](tmp_path)
    report = validate(read(sorted(tmp_path.glob("*.csv"))), profile="submission", date=DAY)
    others = {"HEAD-MISSING-001": {"REC-EFFECT-001"}}.get(code, set())
    assert expected in places(report)
    assert {f.code for f in report.findings} - others == {code}


@pytest.mark.parametrize("code", ["FILE-MERGED-001", "FILE-FORMULA-001"])
def test_a_fault_of_a_workbook_is_caught_in_its_cell(code: str, tmp_path: Path) -> None:
    """What only a workbook can have: merged cells, and formulas that were never calculated."""
    book = workbook(clean())
    sheet = book["Organisations"]
    if code == "FILE-MERGED-001":
        sheet.merge_cells("C2:C3")
    else:
        sheet["C2"] = '="A"&"B"'
    book.save(tmp_path / "submission.xlsx")
    report = validate(read([tmp_path / "submission.xlsx"]), profile="submission", date=DAY)
    assert [(f.code, f.where.sheet, f.where.cell) for f in report.findings] == [(code, "Organisations", "C2")]


def test_two_files_that_describe_one_record_differently(tmp_path: Path) -> None:
    """RULE-CONTRA-001: the second file gives the first one's credential another level."""
    files = write(clean(), tmp_path)
    rows = clean()["credentials"][:1]
    rows[0]["eqf_level"] = "5"
    second = tmp_path / "credentials-2.csv"
    second.write_text(text_of(rows), encoding="utf-8")
    report = validate(read([*files, second]), profile="submission", date=DAY)
    told = [f for f in report.findings if f.code == "RULE-CONTRA-001"]
    assert [(f.where.file, f.where.column, f.found) for f in told] == [("credentials-2.csv", "eqf_level", "5 ≠ 6")]
    assert {f.code for f in report.findings} == {"RULE-CONTRA-001"}


class Store:
    """A store that knows one value of one record."""

    snapshot = "s1"

    def __init__(self, *known: tuple[str, str, str]) -> None:
        self.known = known

    def rows(self, sparql: str) -> list[tuple[str | None, ...]]:
        """The known values of the records that are asked for."""
        if "?p IN" not in sparql:
            return []
        return [one for one in self.known if f"<{one[0]}>" in sparql and f"<{one[1]}>" in sparql]


def test_a_value_that_differs_from_the_stored_one(tmp_path: Path) -> None:
    """RULE-CONTRA-002 tells of a change; 2.0 and 2 are no change."""
    from mcgraph.model.namespaces import ID, MC
    from tests.validation.clean_submission import A, B

    batch = read(write(clean(), tmp_path))
    first, second = (f"{ID}seeded/credential/{identifier}" for identifier in (A, B))
    store = Store((first, MC + "creditPoints", "2.0"), (second, MC + "creditPoints", "4"))
    report = validate(batch, profile="submission", date=DAY, context=store)
    assert [(*place, f.found) for place, f in zip(places(report), report.findings, strict=True)] == [
        ("RULE-CONTRA-002", "credentials", 3, "credit_points", "3 ≠ 4")
    ]


CODEBOOK = """
survey: s1
title: {en: Survey}
respondent: {id: rid, group: grp, country: land, weight: w}
groups: {employer: {en: Employer}}
questions:
  q1: {column: label, type: single, text: {en: "Do you?"}, options: {"1": {en: Yes}, "2": {en: No}}}
  q2: {column: staff, type: numeric, minimum: 0, text: {en: "How many?"}}
"""
SURVEY_DEFECTS = {
    "": ("r1,employer,IE,1.2,1,12", None),
    "SRV-GROUP-001": ("r1,,IE,1.2,1,12", "grp"),
    "SRV-COUNTRY-001": ("r1,employer,Irland,1.2,1,12", "land"),
    "SRV-WEIGHT-001": ("r1,employer,IE,-1,1,12", "w"),
    "SRV-CODE-001": ("r1,employer,IE,1.2,7,12", "label"),
    "SRV-NUMBER-001": ("r1,employer,IE,1.2,1,a dozen", "staff"),
    "CELL-RANGE-001": ("r1,employer,IE,1.2,1,-5", "staff"),
}


@pytest.mark.parametrize("code", list(SURVEY_DEFECTS))
def test_a_fault_of_a_survey_is_caught_in_its_cell(code: str, tmp_path: Path) -> None:
    """One answer sheet with one fault; without a fault, nothing."""
    row, column = SURVEY_DEFECTS[code]
    (tmp_path / "s.codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    (tmp_path / "s.csv").write_text(f"rid,grp,land,w,label,staff\n{row}\n", encoding="utf-8")
    report = validate(read_batch([tmp_path / "s.csv"], "survey", "seeded"), profile="survey-record", date=DAY)
    assert places(report) == ([(code, "s", 2, column)] if column else [])


LEVEL = {
    "framework": "IE-NFQ", "level": "8", "label": "Level 8", "local_id": "IE-NFQ-8", "eqf_level": "6",
    "referencing_source": "https://w3id.org/mcgraph/id/example/report",
}  # fmt: skip
LEVEL_DEFECTS = {
    "": {}, "FRM-TITLE-001": {"label": ""}, "FRM-LEVEL-002": {"eqf_level": "nine"},
    "FRM-SOURCE-001": {"referencing_source": ""},
}  # fmt: skip
FRAMEWORK = "code,abbreviation,name_en,country,level_count\nIE-NFQ,NFQ,National Framework,IE,10\n"


@pytest.mark.parametrize("code", list(LEVEL_DEFECTS))
def test_a_fault_of_a_framework_level_is_caught_in_its_cell(code: str, tmp_path: Path) -> None:
    """The reference data is checked like any other."""
    changes = LEVEL_DEFECTS[code]
    (tmp_path / "national-levels.csv").write_text(text_of([LEVEL | changes]), encoding="utf-8")
    (tmp_path / "national-frameworks.csv").write_text(FRAMEWORK, encoding="utf-8")
    batch = read_submission(sorted(tmp_path.glob("*.csv")), "frameworks", "seeded", limits=Limits())
    report = validate(batch, profile="frameworks", date=DAY)
    assert places(report) == [(code, "national-levels", 2, column) for column in changes]


@pytest.mark.parametrize(("file", "code"), [("skills", "OUT-SKILL-001"), ("occupations", "OUT-OCCUPATION-001")])
def test_a_concept_without_label_is_caught_in_its_cell(file: str, code: str, tmp_path: Path) -> None:
    """A skill nobody can read is no skill."""
    for name, kind in (("skills", "skill"), ("occupations", "occupation")):
        label = "" if name == file else "Typing"
        text = f"concept_uri,preferred_label\nhttp://data.europa.eu/esco/{kind}/1,{label}\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    batch = read_submission(sorted(tmp_path.glob("*.csv")), "esco", "esco", limits=Limits())
    assert places(validate(batch, profile="concepts", date=DAY)) == [(code, file, 2, "preferred_label")]


def test_nothing_to_check_is_a_finding(tmp_path: Path) -> None:
    """SYS-NOTARGET: organisations only."""
    tables = {"organisations": clean()["organisations"]}
    assert [code for code, *_ in found(tables, "submission", tmp_path)] == ["SYS-NOTARGET"]


def test_a_row_about_a_record_that_is_not_there_is_caught(tmp_path: Path) -> None:
    """REF-SUBJECT-001: in a register of several files, a row of one speaks of a record that no other has."""
    head = "CodeRNCP;intituleDiplome;ActiveInactive;NiveauEurope"
    (tmp_path / "rncp_info.csv").write_text(f"{head}\nRNCP1;Titre;ACTIVE;NIV6\n", encoding="cp1252")
    rows = "CodeRNCP;EtatFiche;Rome;libelle\nRNCP1;P;M1801;Administration\nRNCP2;P;M1802;Expertise\n"
    (tmp_path / "rncp_rome.csv").write_text(rows, encoding="cp1252")
    batch = read_submission(sorted(tmp_path.glob("*.csv")), "rncp", "rncp", limits=Limits())
    told = places(validate(batch, profile="registry-core", date=DAY))
    assert told == [("REF-SUBJECT-001", "rncp_rome", 3, "")]


# No table can hold these; their example files show them.
ONLY_AS_GRAPH = {
    "AWD-PERSON-002": "the mapping reads no personal column",
    "OUT-TEXT-001": "an outcome is made of its text",
    "FRM-FRAMEWORK-001": "the framework is part of every level's own line",
    "FRM-LEVEL-001": "a referencing is made of its level",
    "SRV-TEXT-001": "a codebook's question without a text is called by its name",
    "RULE-MIRROR-001": "the template asks for one side of a succession only",
}


# What only documents and RDF files have, and waivers: told by the tests of their rooms.
DOCUMENTS = ("CONDITIONS", "EMPTY", "FORM", "IDENTITY", "KEY", "LACKING", "LANGUAGE", "PERSON", "PREFIX", "REFERENCE",
             "REPEAT", "TYPE", "VALUE")  # fmt: skip
ELSEWHERE = {
    "SYS-WAIVER-001": "tests/reports/test_causes.py",
    "HEAD-ROW-001": "tests/sources/test_as_providers_send_them.py",
    "FILE-RDF-001": "tests/sources/test_rdf.py",
    "FILE-JSON-001": "tests/sources/test_documents.py",
    "FILE-SKIPPED-001": "tests/sources/test_documents.py",
    "SRV-SINGLE-001": "tests/survey/test_bad_answers.py",
    "SRV-ROUTE-001": "tests/survey/test_codebook_forms.py",
    **{f"DOC-{name}-001": "tests/sources/test_documents.py" for name in DOCUMENTS},
    "DOC-CONDITIONS-001": "tests/sources/test_document_conditions.py",
}


def test_no_rule_is_left_out(root: Path) -> None:
    """Every code of the catalogue is made to happen, here, as an example file, or in a test that names it."""
    for code, file in ELSEWHERE.items():
        assert code in (root / file).read_text(encoding="utf-8")
    mine = {defect.code for defect in DEFECTS} | set(FILE_FAULTS) | set(SURVEY_DEFECTS) | set(LEVEL_DEFECTS)
    mine |= {"FILE-MERGED-001", "FILE-FORMULA-001", "RULE-CONTRA-001", "RULE-CONTRA-002",
             "OUT-SKILL-001", "OUT-OCCUPATION-001", "SYS-NOTARGET", "REF-SUBJECT-001"}  # fmt: skip
    assert mine - {""} | set(ONLY_AS_GRAPH) | set(ELSEWHERE) == set(catalogue.rules())
    assert not mine & (set(ONLY_AS_GRAPH) | set(ELSEWHERE))
