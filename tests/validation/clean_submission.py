"""A clean submission, made by code, and one corruption per rule.

Every profile is silent on the clean tables (NZQA on its own variant, since its credits are not ECTS). A `Defect`
changes cells of one table; the finding is expected at the changed cell unless it says where else.
"""

from __future__ import annotations

import csv
import io
import re
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

Row = dict[str, str]
Tables = dict[str, list[Row]]

A, B, C = (f"ce-00000000-0000-4000-8000-00000000000{mark}" for mark in "abc")
SUPERVISED = "Supervised with ID verification"
HOME = "https://w3id.org/mcgraph/id/example"


def _credential(identifier: str, title: str, points: str, hours: str, stacks: str) -> Row:
    return {
        "credential_id": identifier, "title": title, "title_language": "en", "description": f"{title}, in short.",
        "form": "microcredential-certificate", "labelled_as": "Micro-credential", "function": "upskilling",
        "awarding_body": "ORG-1", "provider": "ORG-1", "platform": "ORG-1", "country": "IRL", "language": "ENG",
        "learning_outcomes": f"Explains the basics of {title.lower()}", "skills": "http://data.europa.eu/esco/skill/s1",
        "isced_f": "0613", "workload_hours": hours, "credit_points": points, "credit_system": "ECTS", "eqf_level": "6",
        "national_level": "NFQ 8", "assessment_type": "Portfolio", "participation_mode": "Online",
        "supervision": SUPERVISED, "learning_setting": "formal", "entry_requirement": "None",
        "prerequisites": "", "target_group": "Migrants", "stackability": "stackable" if stacks else "stand-alone",
        "stacks_into": stacks, "full_qualification": "no", "format": "pdf", "valid_from": "2025-01-01",
        "valid_until": "2029-12-31", "validity_months": "24", "replaces": "", "status": "active",
        "url": f"{HOME}/{identifier[-1]}", "purpose": "For staff who handle personal data.",
        "evidence_of_need": "Letter of the employers, March 2026.", "review_date": "2028-06-30",
        "national_field_code": "020399",
    }  # fmt: skip


def clean() -> Tables:
    """The tables by the name of their file, rows in order (the first data row is row 2)."""
    return {
        "credentials": [
            _credential(A, "Data ethics", "2", "50", C),
            _credential(B, "Statistics for nurses", "3", "75", C),
            _credential(C, "Responsible data use", "5", "130", ""),
        ],
        "organisations": [
            _organisation("ORG-1", "Example Academy", "higher-education-institution"),
            _organisation("ORG-2", "Quality Agency", "regulator"),
            _organisation("ORG-3", "Board of Nurses", "professional-body"),
        ],
        "offers": [
            {
                "offer_id": "OF-1", "credential": A, "provider": "ORG-1", "start_date": "2026-09-01",
                "end_date": "2026-12-01", "price": "150", "currency": "EUR", "schedule": "full time",
                "participation_mode": "Online", "language": "ENG", "country": "IRL", "target_group": "Migrants",
                "funding": "Free for jobseekers",
            }
        ],
        "stacking_rules": [_rule(A), _rule(B)],
        "recognition": [_recognition(f"REC-{n}", mc) for n, mc in enumerate((A, B, C), 1)],
        "quality_assurance": [_assurance(f"QA-{n}", mc) for n, mc in enumerate((A, B, C), 1)],
        "awards": [
            {"award_id": "AW-1", "credential": A, "learner": "L-48a1", "award_date": "2026-06-30",
             "supervision": SUPERVISED, "grade": "B"}
        ],
    }  # fmt: skip


def _organisation(identifier: str, name: str, kind: str) -> Row:
    return {
        "organisation_id": identifier, "name": name, "acronym": "", "provider_type": kind, "country": "IRL",
        "website": f"{HOME}/{identifier.lower()}", "registration_number": "", "part_of": "",
    }  # fmt: skip


def _rule(member: str) -> Row:
    return {
        "rule_id": "R-1", "whole": C, "group": "Core", "requirement": "credit-points", "needed": "5", "member": member,
        "claimed_by": "ORG-1", "claim_kind": "by-provider", "valid_from": "2025-01-01", "valid_until": "2029-12-31",
        "minimum_level": "6", "evidence": f"{HOME}/rule",
    }  # fmt: skip


def _recognition(identifier: str, credential: str) -> Row:
    return {
        "recognition_id": identifier, "credential": credential, "organisation": "", "recogniser": "ORG-3",
        "towards": "", "purpose": "employment", "effect": "full", "credit_points": "2", "credit_system": "ECTS",
        "jurisdiction": "IRL", "basis": "unilateral-decision", "claimed_by": "ORG-3", "claim_kind": "by-recogniser",
        "valid_from": "2025-01-01", "valid_until": "2029-12-31", "statement_date": "2025-01-15",
        "status": "in-force", "evidence": f"{HOME}/recognition",
    }  # fmt: skip


def _assurance(identifier: str, credential: str) -> Row:
    return {
        "qa_id": identifier, "credential": credential, "organisation": "", "qa_type": "external-programme",
        "qa_body": "ORG-2", "decision": "positive", "valid_from": "2025-01-01", "valid_until": "2029-12-31",
        "evidence": f"{HOME}/qa", "claimed_by": "ORG-2",
    }  # fmt: skip


def new_zealand(tables: Tables) -> Tables:
    """The same submission as NZQA wants it: ten hours for each national credit."""
    for row in tables["credentials"]:
        points = int(float(row["credit_points"]))
        row |= {"credit_system": "national-credit", "workload_hours": str(10 * points)}
    return tables


@dataclass(frozen=True, slots=True)
class Defect:
    """One corruption. `row` counts data rows from 0, -1 stands for every row; `at` is (table, data row, column).

    `append` adds rows, each a changed copy of the last row of its table; `also` changes further rows.
    """

    code: str
    profile: str
    table: str
    row: int
    changes: Row
    at: tuple[str, int, str] | None = None
    append: tuple[tuple[str, Row], ...] = field(default=())
    also: tuple[tuple[str, int, Row], ...] = field(default=())

    def applied(self) -> Tables:
        """The clean tables with the corruption."""
        tables = deepcopy(new_zealand(clean()) if self.profile == "nzqa" else clean())
        for index, row in enumerate(tables[self.table]):
            if self.row in (index, -1):
                row |= self.changes
        for name, index, changes in self.also:
            tables[name][index] |= changes
        for name, row in self.append:
            tables[name].append(tables[name][-1] | row)
        return tables

    def expected(self) -> tuple[str, int, str]:
        """Table, spreadsheet row and column of the finding."""
        table, row, column = self.at or (self.table, max(0, self.row), next(iter(self.changes)))
        return table, row + 2, column


_IDENTIFIER = re.compile(r"(?:ORG|OF|R|REC|QA|AW|MC)-[0-9]+")


def renamed(tables: Tables, number: int) -> Tables:
    """The tables with every identifier made their own, so that many submissions can stand in one."""

    def cell(text: str) -> str:
        if text in (A, B, C):
            return f"ce-{number:08x}{text[11:]}"
        return f"{text}{number:03d}" if _IDENTIFIER.fullmatch(text) else text

    return {name: [{k: cell(v) for k, v in row.items()} for row in rows] for name, rows in tables.items()}


def text_of(rows: list[Row]) -> str:
    """A table as CSV."""
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def write(tables: Tables, folder: Path) -> list[Path]:
    """Write each table as a CSV file and name the files."""
    files = []
    for name, rows in tables.items():
        file = folder / f"{name}.csv"
        file.write_text(text_of(rows), encoding="utf-8")
        files.append(file)
    return files


_S = "submission"
DEFECTS = (
    Defect("CRD-TITLE-001", _S, "credentials", 0, {"title": ""}),
    Defect("CRD-WORKLOAD-002", _S, "credentials", 1, {"credit_points": "two"}),
    Defect("CRD-WORKLOAD-003", _S, "credentials", 2, {"credit_points": "-3"}),
    Defect("CRD-WORKLOAD-004", _S, "credentials", 1, {"workload_hours": "many"}),
    Defect("CRD-WORKLOAD-005", _S, "credentials", 1, {"workload_hours": "0"}),
    Defect("CRD-WORKLOAD-006", _S, "credentials", 1, {"credit_system": "points"}),
    Defect("CRD-LEVEL-003", _S, "credentials", 1, {"eqf_level": "9"}),
    Defect("CRD-FORM-001", _S, "credentials", 1, {"form": "digital bage"}),
    Defect("CRD-FUNCTION-001", _S, "credentials", 1, {"function": "for fun"}),
    Defect("CRD-COUNTRY-001", _S, "credentials", 1, {"country": "Irland"}),
    Defect("CRD-LANGUAGE-001", _S, "credentials", 1, {"language": "Englisch (UK)"}),
    Defect("CRD-FIELD-001", _S, "credentials", 1, {"isced_f": "0000x"}),
    Defect("CRD-ASSESS-001", _S, "credentials", 1, {"assessment_type": "a chat"}),
    Defect("CRD-MODE-001", _S, "credentials", 1, {"participation_mode": "at home"}),
    Defect("CRD-SUPERVISION-001", _S, "credentials", 1, {"supervision": "maybe"}),
    Defect("CRD-SETTING-001", _S, "credentials", 1, {"learning_setting": "at sea"}),
    Defect("CRD-GROUP-001", _S, "credentials", 1, {"target_group": "everyone"}),
    Defect("CRD-STACK-001", _S, "credentials", 2, {"stackability": "perhaps"}),
    Defect("CRD-FORMAT-001", _S, "credentials", 1, {"format": "papyrus"}),
    Defect("CRD-STATUS-001", _S, "credentials", 1, {"status": "sleeping"}),
    Defect("CRD-BODY-001", _S, "credentials", 1, {"awarding_body": "Some Academy"}),
    Defect("CRD-BODY-002", _S, "credentials", 1, {"awarding_body": ""}),
    Defect("CRD-PROVIDER-001", _S, "credentials", 1, {"provider": "Some Academy"}),
    Defect("CRD-PLATFORM-001", _S, "credentials", 1, {"platform": "Some Platform"}),
    Defect("CRD-PREREQ-001", _S, "credentials", 1, {"prerequisites": "a course"}),
    Defect("CRD-STACK-002", _S, "credentials", 1, {"stacks_into": "a degree"}),
    Defect("CRD-REPLACE-001", _S, "credentials", 1, {"replaces": "the old one"}),
    Defect("CRD-SKILL-001", _S, "credentials", 1, {"skills": "typing"}),
    Defect("CRD-DATE-001", _S, "credentials", 1, {"valid_from": "31/02/2025"}),
    Defect("CRD-DATE-002", _S, "credentials", 1, {"valid_until": "never"}),
    Defect("CRD-DATE-003", _S, "credentials", 1, {"validity_months": "two years"}),
    Defect("CRD-FULL-001", _S, "credentials", 1, {"full_qualification": "partly"}),
    Defect("CRD-URL-001", _S, "credentials", 1, {"url": "see the prospectus"}),
    Defect("ORG-NAME-001", _S, "organisations", 2, {"name": ""}),
    Defect("ORG-TYPE-001", _S, "organisations", 2, {"provider_type": "club"}),
    Defect("ORG-COUNTRY-001", _S, "organisations", 2, {"country": "Irland"}),
    Defect("ORG-PART-001", _S, "organisations", 2, {"part_of": "Some Group"}),
    Defect("ORG-URL-001", _S, "organisations", 2, {"website": "see the prospectus"}),
    Defect("OFR-CRED-001", _S, "offers", 0, {"credential": ""}),
    Defect("OFR-CRED-002", _S, "offers", 0, {"credential": "a course"}),
    Defect("OFR-PROVIDER-001", _S, "offers", 0, {"provider": "Some Academy"}),
    Defect("OFR-DATE-001", _S, "offers", 0, {"start_date": "soon"}),
    Defect("OFR-DATE-002", _S, "offers", 0, {"end_date": "later"}),
    Defect("OFR-PRICE-001", _S, "offers", 0, {"price": "cheap"}),
    Defect("OFR-CURRENCY-001", _S, "offers", 0, {"currency": "EURO"}),
    Defect("OFR-MODE-001", _S, "offers", 0, {"participation_mode": "at home"}),
    Defect("OFR-SCHEDULE-001", _S, "offers", 0, {"schedule": "evenings"}),
    Defect("OFR-COUNTRY-001", _S, "offers", 0, {"country": "Irland"}),
    Defect("OFR-LANGUAGE-001", _S, "offers", 0, {"language": "Englisch (UK)"}),
    Defect("OFR-GROUP-001", _S, "offers", 0, {"target_group": "everyone"}),
    Defect("STK-WHOLE-001", _S, "stacking_rules", -1, {"whole": ""}),
    Defect("STK-WHOLE-002", _S, "stacking_rules", 0, {"whole": "a degree"}),
    Defect("STK-GROUP-001", _S, "stacking_rules", -1, {"group": ""}, ("stacking_rules", 0, "")),
    Defect("STK-CLAIM-001", _S, "stacking_rules", 0, {"claimed_by": "the provider"}),
    Defect("STK-CLAIM-002", _S, "stacking_rules", 0, {"claim_kind": "hearsay"}),
    Defect("STK-DATE-001", _S, "stacking_rules", 0, {"valid_from": "soon"}),
    Defect("STK-DATE-002", _S, "stacking_rules", 0, {"valid_until": "never"}),
    Defect("STK-TYPE-001", _S, "stacking_rules", -1, {"requirement": ""}),
    Defect("STK-TYPE-002", _S, "stacking_rules", 0, {"requirement": "some"}),
    Defect("STK-MEMBER-001", _S, "stacking_rules", 0, {}, ("stacking_rules", 2, "member"),
           (("stacking_rules", {"group": "Optional", "member": ""}),)),
    Defect("STK-MEMBER-002", _S, "stacking_rules", 0, {}, ("stacking_rules", 2, "member"),
           (("stacking_rules", {"member": "any course"}),)),
    Defect("STK-POINTS-001", _S, "stacking_rules", 0, {"needed": "five"}),
    Defect("STK-NUMBER-001", _S, "stacking_rules", 0, {"needed": "half", "requirement": "count"}),
    Defect("STK-CONDITION-001", _S, "stacking_rules", 0, {"minimum_level": "high"}),
    Defect("REC-BODY-001", _S, "recognition", 1, {"recogniser": ""}),
    Defect("REC-BODY-002", _S, "recognition", 1, {"recogniser": "Some Board"}),
    Defect("REC-EFFECT-001", _S, "recognition", 1, {"effect": ""}),
    Defect("REC-EFFECT-002", _S, "recognition", 1, {"effect": "nice"}),
    Defect("REC-WHAT-001", _S, "recognition", 1, {"credential": ""}, ("recognition", 1, "")),
    Defect("REC-WHAT-002", _S, "recognition", 1, {"credential": "a course"}),
    Defect("REC-WHAT-003", _S, "recognition", 1, {"organisation": "Some Academy"}),
    Defect("REC-TOWARDS-001", _S, "recognition", 1, {"towards": "a degree"}),
    Defect("REC-PURPOSE-001", _S, "recognition", 1, {"purpose": "fun"}),
    Defect("REC-BASIS-001", _S, "recognition", 1, {"basis": "friendship"}),
    Defect("REC-PLACE-001", _S, "recognition", 1, {"jurisdiction": "Irland"}),
    Defect("REC-STATUS-001", _S, "recognition", 1, {"status": "sleeping"}),
    Defect("REC-CREDIT-001", _S, "recognition", 1, {"credit_points": "two"}),
    Defect("REC-CREDIT-002", _S, "recognition", 1, {"credit_system": "points"}),
    Defect("REC-DATE-001", _S, "recognition", 1, {"valid_from": "soon"}),
    Defect("REC-DATE-002", _S, "recognition", 1, {"valid_until": "never"}),
    Defect("REC-DATE-003", _S, "recognition", 1, {"statement_date": "last week"}),
    Defect("QAS-TYPE-001", _S, "quality_assurance", 1, {"qa_type": ""}),
    Defect("QAS-TYPE-002", _S, "quality_assurance", 1, {"qa_type": "our own"}),
    Defect("QAS-DECISION-001", _S, "quality_assurance", 1, {"decision": "fine"}),
    Defect("QAS-BODY-001", _S, "quality_assurance", 1, {"qa_body": "Some Agency"}),
    Defect("QAS-WHAT-001", _S, "quality_assurance", 1, {"credential": ""}, ("quality_assurance", 1, "")),
    Defect("QAS-WHAT-002", _S, "quality_assurance", 1, {"credential": "a course"}),
    Defect("QAS-WHAT-003", _S, "quality_assurance", 1, {"organisation": "Some Academy"}),
    Defect("QAS-DATE-001", _S, "quality_assurance", 1, {"valid_from": "soon"}),
    Defect("QAS-DATE-002", _S, "quality_assurance", 1, {"valid_until": "never"}),
    Defect("CRD-COUNTRY-002", "annex1-catalogue", "credentials", 1, {"country": ""}),
    Defect("CRD-OUTCOME-001", "annex1-catalogue", "credentials", 1, {"learning_outcomes": ""}),
    Defect("CRD-LEVEL-001", "annex1-catalogue", "credentials", 1, {"eqf_level": ""}),
    Defect("CRD-ASSESS-002", "annex1-catalogue", "credentials", 1, {"assessment_type": ""}),
    Defect("CRD-MODE-002", "annex1-catalogue", "credentials", 1, {"participation_mode": ""}),
    Defect("CRD-QA-001", "annex1-catalogue", "quality_assurance", 1, {"credential": "", "organisation": "ORG-1"},
           ("credentials", 1, "")),
    Defect("CRD-ENTRY-001", "annex1-catalogue", "credentials", 1, {"entry_requirement": ""}),
    Defect("CRD-SUPERVISION-002", "annex1-catalogue", "credentials", 1, {"supervision": ""}),
    Defect("CRD-STACK-003", "annex1-catalogue", "credentials", 1, {"stackability": ""}),
    Defect("CRD-URL-002", "annex1-catalogue", "credentials", 1, {"url": ""}),
    Defect("CRD-WORKLOAD-001", "annex1-catalogue", "credentials", 2, {"workload_hours": "", "credit_points": ""},
           ("credentials", 2, "")),
    Defect("AWD-OF-001", "annex1-award", "awards", 0, {"credential": ""}),
    Defect("AWD-OF-002", "annex1-award", "awards", 0, {"credential": "a course"}),
    Defect("AWD-LEARNER-001", "annex1-award", "awards", 0, {"learner": ""}),
    Defect("AWD-PERSON-001", "annex1-award", "awards", 0, {"learner": "Mary Murphy"}),
    Defect("AWD-DATE-001", "annex1-award", "awards", 0, {"award_date": ""}),
    Defect("AWD-DATE-002", "annex1-award", "awards", 0, {"award_date": "last summer"}),
    Defect("AWD-SUPERVISION-001", "annex1-award", "awards", 0, {"supervision": "maybe"}),
    Defect("AWD-SUPERVISION-002", "annex1-award", "awards", 0, {"supervision": ""}),
    Defect("AWD-GRADE-001", "annex1-award", "awards", 0, {"grade": ""}),
    Defect("NZQA-TITLE-001", "nzqa", "credentials", 1, {"title": "National diploma in nursing"}),
    Defect("NZQA-CREDIT-001", "nzqa", "credentials", 2, {"credit_points": ""}),
    Defect("NZQA-CREDIT-002", "nzqa", "credentials", 2, {"credit_points": "60", "workload_hours": "600"}),
    Defect("NZQA-CREDIT-003", "nzqa", "credentials", 1, {"credit_system": "uk-credit"}),
    Defect("NZQA-LEVEL-001", "nzqa", "credentials", 1, {"national_level": ""}),
    Defect("NZQA-FIELD-001", "nzqa", "credentials", 1, {"national_field_code": ""}),
    Defect("NZQA-FIELD-002", "nzqa", "credentials", 1, {"national_field_code": "20399"}),
    Defect("NZQA-PURPOSE-001", "nzqa", "credentials", 1, {"purpose": ""}),
    Defect("NZQA-OUTCOME-001", "nzqa", "credentials", 1, {"learning_outcomes": ""}),
    Defect("NZQA-DEVELOPER-001", "nzqa", "credentials", 1, {"awarding_body": "", "provider": ""}),
    Defect("NZQA-REVIEW-001", "nzqa", "credentials", 1, {"review_date": ""}),
    Defect("NZQA-REVIEW-002", "nzqa", "credentials", 1, {"review_date": "soon"}),
    Defect("NZQA-NEED-001", "nzqa", "credentials", 1, {"evidence_of_need": ""}),
    Defect("NZQA-AWARD-001", "nzqa", "credentials", 1, {"full_qualification": "yes"}),
    Defect("NMF-OUTCOME-001", "australia-nmf", "credentials", 1, {"learning_outcomes": ""}),
    Defect("NMF-ASSESS-001", "australia-nmf", "credentials", 1, {"assessment_type": ""}),
    Defect("NMF-HOURS-001", "australia-nmf", "credentials", 2, {"workload_hours": "", "credit_points": ""},
           ("credentials", 2, "")),
    Defect("NMF-HOURS-002", "australia-nmf", "credentials", 2, {"workload_hours": "0.5", "credit_points": ""}),
    Defect("NMF-AWARD-001", "australia-nmf", "credentials", 1, {"full_qualification": "yes"}),
    Defect("NMF-QA-001", "australia-nmf", "quality_assurance", 1, {"credential": "", "organisation": "ORG-2"},
           ("credentials", 1, "awarding_body")),
    Defect("NMF-PROVIDER-001", "australia-nmf", "credentials", 1, {"provider": "", "awarding_body": ""}),
    Defect("NMF-CONTENT-001", "australia-nmf", "credentials", 1, {"description": ""}),
    Defect("NMF-MODE-001", "australia-nmf", "credentials", 1, {"participation_mode": ""}),
    Defect("NMF-LANGUAGE-001", "australia-nmf", "credentials", 1, {"language": ""}),
    Defect("NMF-ENTRY-001", "australia-nmf", "credentials", 1, {"entry_requirement": ""}),
    Defect("NMF-CREDIT-001", "australia-nmf", "credentials", 1, {"stackability": ""}),
    Defect("NMF-INDUSTRY-001", "australia-nmf", "recognition", 1, {"credential": "", "organisation": "ORG-1"},
           ("credentials", 1, "")),
    Defect("DEQAR-DEGREE-001", "deqar", "credentials", 1, {"full_qualification": ""}),
    Defect("DEQAR-DEGREE-002", "deqar", "credentials", 1, {"full_qualification": "yes"}),
    Defect("DEQAR-LEVEL-001", "deqar", "credentials", 1, {"eqf_level": ""}),
    Defect("DEQAR-LEVEL-002", "deqar", "credentials", 1, {"eqf_level": "4"}),
    Defect("DEQAR-ECTS-001", "deqar", "credentials", 2, {"credit_points": ""}),
    Defect("DEQAR-ECTS-002", "deqar", "credentials", 2, {"credit_points": "60", "workload_hours": "1500"}),
    Defect("DEQAR-ECTS-003", "deqar", "credentials", 1, {"credit_system": "uk-credit"}),
    Defect("DEQAR-ASSESS-001", "deqar", "credentials", 1, {"assessment_type": ""}),
    Defect("DEQAR-PROVIDER-001", "deqar", "credentials", 1, {"provider": "", "awarding_body": ""}),
    Defect("DEQAR-REPORT-001", "deqar", "quality_assurance", 1, {"credential": "", "organisation": "ORG-2"},
           ("credentials", 1, "awarding_body")),
    Defect("DEQAR-REPORT-002", "deqar", "quality_assurance", 1, {"qa_body": ""}, ("credentials", 1, "")),
    Defect("DEQAR-REPORT-003", "deqar", "quality_assurance", 1, {"decision": ""}, ("credentials", 1, "")),
    Defect("DEQAR-REPORT-004", "deqar", "quality_assurance", 1, {"valid_from": ""}, ("credentials", 1, "")),
    Defect("CTDL-ID-001", "ctdl-minimum", "credentials", 0, {}, ("credentials", 3, "credential_id"),
           (("credentials", {"credential_id": "MC-4", "title": "Bookkeeping"}),)),
    Defect("CTDL-DESCRIPTION-001", "ctdl-minimum", "credentials", 1, {"description": ""}),
    Defect("CTDL-TYPE-001", "ctdl-minimum", "credentials", 1, {"form": ""}),
    Defect("CTDL-STATUS-001", "ctdl-minimum", "credentials", 1, {"status": ""}),
    Defect("CTDL-LANGUAGE-001", "ctdl-minimum", "credentials", 1, {"language": ""}),
    Defect("CTDL-OWNER-001", "ctdl-minimum", "credentials", 1, {"awarding_body": "", "provider": ""}),
    Defect("CTDL-URL-001", "ctdl-minimum", "credentials", 1, {"url": ""}),
    Defect("HEAD-UNKNOWN-001", _S, "credentials", -1, {"fundng": "x"}, ("credentials", -1, "fundng")),
    Defect("HEAD-PERSONAL-001", "annex1-award", "awards", -1, {"date_of_birth": "1990-01-31"},
           ("awards", -1, "date_of_birth")),
    Defect("CELL-LONG-001", _S, "credentials", 1, {"description": "x" * 70_000}),
    Defect("REF-001", _S, "credentials", 1, {"prerequisites": "MC-9"}),
    Defect("REF-002", _S, "stacking_rules", 0, {}, ("stacking_rules", 2, "member"),
           (("stacking_rules", {"member": "MC-9"}),)),
    Defect("REF-003", _S, "credentials", 1, {"prerequisites": "https://w3id.org/mcgraph/id/other/credential/X"}),
    Defect("RULE-CYCLE-001", _S, "credentials", 2, {"stacks_into": A, "stackability": "stackable"},
           ("stacking_rules", 0, "member")),
    Defect("RULE-CYCLE-002", _S, "credentials", 0, {"replaces": B}, also=(("credentials", 1, {"replaces": A}),)),
    Defect("RULE-SELF-001", _S, "credentials", 1, {"prerequisites": B}),
    Defect("RULE-SUM-001", _S, "stacking_rules", -1, {"needed": "9"}),
    Defect("RULE-SUM-002", _S, "stacking_rules", -1, {"needed": "3", "requirement": "count"}),
    Defect("RULE-HOURS-001", _S, "credentials", 1, {"workload_hours": "900"}),
    Defect("RULE-HOURS-002", "nzqa", "credentials", 1, {"workload_hours": "75"}),
    Defect("RULE-EXPIRED-001", _S, "quality_assurance", 1, {"valid_until": "2025-12-31"}),
    Defect("RULE-EXPIRED-002", _S, "recognition", 1, {"valid_until": "2026-06-30"}),
    Defect("RULE-EXPIRED-003", _S, "credentials", 2, {"valid_until": "2026-06-30"}),
    Defect("RULE-DUP-001", _S, "credentials", 0, {}, ("credentials", 3, "title"),
           (("credentials", {"title": "Something else"}),)),
    Defect("RULE-DUP-002", _S, "credentials", 0, {}, ("credentials", 3, "title"),
           (("credentials", {"credential_id": "MC-4", "title": "The Responsible Use of Data"}),)),
    Defect("RULE-STACK-001", _S, "credentials", 2, {"stackability": "stackable"}),
    Defect("RULE-STACK-002", _S, "credentials", 0, {}, ("credentials", 3, "stacks_into"),
           (("credentials", {"credential_id": "MC-4", "title": "Bookkeeping", "stacks_into": C}),)),
    Defect("RULE-DATE-001", _S, "offers", 0, {"end_date": "2026-08-01"}),
    Defect("RULE-LEVEL-001", _S, "credentials", 1, {"eqf_level": "7"}, ("stacking_rules", 1, "member")),
    Defect("RULE-PART-001", _S, "credentials", 1, {"valid_until": "2024-12-31", "valid_from": "", "status": "inactive"},
           ("stacking_rules", 1, "member")),
    Defect("RULE-AWARD-001", "annex1-award", "awards", 0, {"award_date": "2024-06-30"}),
    Defect("RULE-FUTURE-001", _S, "recognition", 1, {"statement_date": "2031-01-15"}),
    Defect("RULE-REVIEW-001", _S, "credentials", 1, {"review_date": "2025-06-30"}),
    Defect("RULE-RECOG-001", _S, "recognition", 1, {"claimed_by": "ORG-1", "claim_kind": "by-provider"},
           ("recognition", 1, "recogniser")),
    Defect("RULE-RECOG-002", _S, "recognition", 1, {"basis": "mutual-agreement"}, ("recognition", 1, "recogniser"),
           (("recognition", {"recognition_id": "REC-9", "credential": "", "organisation": "ORG-2",
                             "recogniser": "ORG-1", "claimed_by": "ORG-1"}),)),
    Defect("LINK-SCHEME-001", _S, "credentials", 1, {"url": "javascript:alert(1)"}),
    Defect("LINK-FORM-001", _S, "credentials", 1, {"url": "https:///page"}),
    Defect("LINK-HOST-001", _S, "credentials", 1, {"url": "http://localhost:8080/page"}),
    Defect("LINK-DEAD-001", "links", "credentials", 0, {}, ("credentials", 0, "url"),
           also=(("credentials", 1, {"url": ""}), ("credentials", 2, {"url": ""}))),
)
