"""The demo registry is what its README says it is."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import openpyxl

HEADERS = {
    "Credentials": "credential_id, title, title_language, description, form, labelled_as, function, awarding_body, "
    "provider, platform, country, language, learning_outcomes, skills, isced_f, workload_hours, credit_points, "
    "credit_system, eqf_level, national_level, assessment_type, participation_mode, supervision, learning_setting, "
    "entry_requirement, prerequisites, target_group, stackability, stacks_into, full_qualification, format, "
    "valid_from, valid_until, validity_months, replaces, status, url",
    "Organisations": "organisation_id, name, acronym, provider_type, country, website, registration_number, part_of",
    "Offers": "offer_id, credential, provider, start_date, end_date, price, currency, schedule, participation_mode, "
    "language, country, target_group, funding",
    "StackingRules": "rule_id, whole, group, requirement, needed, member, claimed_by, claim_kind, valid_from, "
    "valid_until, minimum_level, evidence",
    "Recognition": "recognition_id, credential, organisation, recogniser, towards, purpose, effect, credit_points, "
    "jurisdiction, basis, claimed_by, claim_kind, valid_from, valid_until, statement_date, status, evidence",
    "QualityAssurance": "qa_id, credential, organisation, qa_type, qa_body, decision, valid_from, valid_until, "
    "evidence, claimed_by",
}  # fmt: skip


def text_of(value: Any) -> str:
    if value is None:
        return ""
    return value.date().isoformat() if isinstance(value, dt.datetime) else str(value)


def test_generating_again_gives_the_same_bytes(demo, regenerated):
    """Anyone can make the demo files again and get the committed ones, byte for byte."""
    made = {p.relative_to(regenerated): p.read_bytes() for p in regenerated.rglob("*") if p.is_file()}
    assert len(made) == 12
    different = [str(name) for name, content in made.items() if (demo / name).read_bytes() != content]
    assert different == []


def test_headers_are_those_of_the_template(tables):
    """Apart from the one misspelt header that is planned, the headers are the template's, in its order."""
    for sheet, expected in HEADERS.items():
        planned = expected.replace("funding", "fundng") if sheet == "Offers" else expected
        assert ", ".join(tables[sheet][0]) == planned


def test_workbook_and_csv_hold_the_same_cells(workbook, tables):
    """A reader of either form sees the same rows and the same text in each cell."""
    assert list(workbook) == ["Read me", *tables]
    for sheet, rows in tables.items():
        assert [[text_of(value) for value in row] for row in workbook[sheet]] == rows


def test_numbers_and_dates_are_typed_cells(workbook):
    """What a person would type as a number or a date is one in the workbook; only planned cells are text."""
    header, *rows = workbook["Credentials"]
    kinds = {
        column: Counter(type(row[header.index(column)]) for row in rows if row[header.index(column)] is not None)
        for column in ("workload_hours", "credit_points", "eqf_level", "valid_from", "valid_until")
    }
    assert {column: seen[str] for column, seen in kinds.items()} == dict.fromkeys(kinds, 1)
    assert {type(row[header.index("isced_f")]) for row in rows} == {str, int, type(None)}


def test_counts_are_those_promised(records, story):
    """README and story give the counts that the files have."""
    counted = {sheet: len(rows) for sheet, rows in records.items()}
    counted["rules"] = len({row["rule_id"] for row in records["StackingRules"]})
    assert counted == story["counts"]
    assert counted == {
        "Credentials": 310,
        "Organisations": 60,
        "Offers": 180,
        "StackingRules": 201,
        "Recognition": 56,
        "QualityAssurance": 70,
        "rules": 40,
    }


def test_every_kind_is_present(records):
    """Twelve countries, all provider types, all requirement types, all effects and statuses occur."""
    organisations = records["Organisations"]
    assert len({o["country"] for o in organisations}) == 12
    assert len({o["provider_type"] for o in organisations}) == 13
    assert {r["requirement"] for r in records["StackingRules"]} == {"all-of", "any-of", "count", "credit-points"}
    recognition = records["Recognition"]
    assert {r["effect"] for r in recognition} == {"full", "partial", "credit", "exemption", "access", "refused"}
    assert {r["status"] for r in recognition} == {"in-force", "expired", "withdrawn", "proposed"}
    assert any(r["minimum_level"] for r in records["StackingRules"])
    assert {"negative", "positive-with-conditions"} <= {q["decision"] for q in records["QualityAssurance"]}


def test_every_planned_defect_is_in_its_cell(demo, defects, tables):
    """defects.csv names the cell as the spreadsheet shows it, and the wrong value is there in both forms."""
    book = openpyxl.load_workbook(demo / "registry.xlsx")
    assert len(defects) == 33
    for defect in defects:
        row, sheet = int(defect["row"]), defect["sheet"]
        column = HEADERS[sheet].split(", ").index(defect["column"])
        assert tables[sheet][row - 1][column] == defect["value"], defect
        assert text_of(book[sheet][defect["cell"]].value) == defect["value"], defect
        assert book[sheet][defect["cell"]].column == column + 1, defect
    assert Counter(d["kind"] for d in defects) == {"error": 17, "note": 9, "warning": 7}


def test_nothing_unplanned_is_dangling(records, defects):
    """Every reference resolves, by identifier or by name, except the planned ones."""
    credentials = {row["credential_id"] for row in records["Credentials"]}
    bodies = {row[key] for row in records["Organisations"] for key in ("organisation_id", "name")}
    references = {
        "Credentials": {"awarding_body": bodies, "provider": bodies, "platform": bodies, "stacks_into": credentials,
                        "prerequisites": credentials, "replaces": credentials},
        "Organisations": {"part_of": bodies},
        "Offers": {"credential": credentials, "provider": bodies},
        "StackingRules": {"whole": credentials, "member": credentials, "claimed_by": bodies},
        "Recognition": {"credential": credentials, "organisation": bodies, "recogniser": bodies,
                        "towards": credentials, "claimed_by": bodies},
        "QualityAssurance": {"credential": credentials, "organisation": bodies, "qa_body": bodies,
                             "claimed_by": bodies},
    }  # fmt: skip
    dangling = {
        (sheet, number, column)
        for sheet, columns in references.items()
        for number, row in enumerate(records[sheet], start=2)
        for column, known in columns.items()
        for value in row[column].split("|")
        if value and value not in known
    }
    planned = {(d["sheet"], int(d["row"]), d["column"]) for d in defects}
    assert dangling <= planned
    assert len(dangling) == 5


def test_hours_and_credit_points_agree_where_not_planned(records, defects):
    """One credit point is 25 to 30 hours in every row without a planned defect."""
    planned = {int(d["row"]) for d in defects if d["sheet"] == "Credentials"}
    for number, row in enumerate(records["Credentials"], start=2):
        if number not in planned and row["credit_points"]:
            assert 25 <= float(row["workload_hours"]) / float(row["credit_points"]) <= 30, row["credential_id"]


def test_rules_can_be_met_where_not_planned(records, defects):
    """The members of every group but the planned one reach what the group asks for."""
    credits = {r["credential_id"]: r["credit_points"] for r in records["Credentials"]}
    groups: dict[tuple[str, str, str, str], list[str]] = {}
    for row in records["StackingRules"]:
        key = (row["rule_id"], row["group"], row["requirement"], row["needed"])
        groups.setdefault(key, []).append(row["member"])
    short = set()
    for (rule, _, requirement, needed), members in groups.items():
        reach = sum(float(credits[m] or 0) for m in members) if requirement == "credit-points" else len(members)
        if reach < float(needed or 1):
            short.add(rule)
    assert short == {d["record"] for d in defects if d["expected_code_hint"] == "parts-below-requirement"}


def test_stackable_has_a_target_where_not_planned(records, defects):
    """Every credential called stackable is in a rule or names its whole, except the planned one."""
    members = {row["member"] for row in records["StackingRules"]}
    alone = {
        row["credential_id"]
        for row in records["Credentials"]
        if row["stackability"] == "stackable" and not row["stacks_into"] and row["credential_id"] not in members
    }
    assert alone == {d["record"] for d in defects if d["expected_code_hint"] == "stackable-without-target"}


def test_story_route_is_in_the_registry(records, story):
    """Each step of the story is a row: its rule has the parts, its recognition crosses the border."""
    credentials = {row["credential_id"]: row for row in records["Credentials"]}
    for identifier in (*story["held"], *story["route_ids"], story["target"], story["further_target"]):
        assert identifier in credentials
    recognised = next(step for step in story["route"] if "recognised_as" in step)
    row = next(r for r in records["Recognition"] if r["recognition_id"] == recognised["recognition"])
    assert (row["credential"], row["towards"]) == (recognised["from"][0], recognised["recognised_as"])
    assert (row["effect"], row["status"], row["basis"]) == ("full", "in-force", "mutual-agreement")
    countries = [credentials[row["credential"]]["country"], credentials[row["towards"]]["country"]]
    assert countries == recognised["across"] == ["IRL", "FIN"]
    assert [credentials[i]["title"] for i in story["held"]] == [
        "Data literacy for care workers",
        "Digital records in care",
    ]
    points = [
        r for r in records["StackingRules"] if r["rule_id"] == story["missing_example"]["rule"] and r["group"] == "g2"
    ]
    held = {i: float(credentials[i]["credit_points"]) for i in story["held"]}
    assert set(held) <= {r["member"] for r in points}
    assert sum(held.values()) == float(points[0]["needed"]) == 7
    assert credentials[story["further_target"]]["full_qualification"] == "yes"


def test_everything_says_synthetic(demo, workbook):
    """The first sheet, the document properties and the texts say plainly that the data are synthetic."""
    assert workbook["Read me"][0][0].startswith("SYNTHETIC DATA")
    properties = openpyxl.load_workbook(demo / "registry.xlsx").properties
    assert "SYNTHETIC" in properties.title
    assert "Synthetic" in properties.subject
    for name in ("story.yaml", "survey.codebook.yaml", "README.md"):
        assert "synthetic" in (demo / name).read_text(encoding="utf-8").lower()


def test_no_web_address_can_belong_to_anybody(tables, defects):
    """Every host is example.org or ends in .example, which nobody can register; skills are ESCO identifiers."""
    for sheet, rows in tables.items():
        for row in rows:
            for cell in row:
                for host in re.findall(r"https?://([^/|\s]+)", cell):
                    assert host == "example.org" or host.endswith(".example") or host == "data.europa.eu", (sheet, cell)


def test_no_organisation_bears_a_real_university_name(records, shared: Path):
    """No invented name is in the open list of the world's universities."""
    path = shared / "data" / "reference" / "universities" / "world_universities_and_domains.json"
    real = {u["name"].casefold() for u in json.loads(path.read_text(encoding="utf-8"))}
    assert len(real) > 5_000
    assert not real & {row["name"].casefold() for row in records["Organisations"]}


def test_skills_are_in_esco(records, shared: Path):
    """Every skill identifier of the demo is a real ESCO one, and at least forty are used."""
    path = next((shared / "data" / "reference" / "esco_labels").rglob("skills_en.csv"))
    real = set(re.findall(r"http://data\.europa\.eu/esco/skill/[0-9a-f-]{36}", path.read_text(encoding="utf-8")))
    used = {skill for row in records["Credentials"] for skill in row["skills"].split("|") if skill}
    assert len(used) >= 40
    assert used <= real
