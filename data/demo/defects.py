"""The deliberate defects: each changes one planned cell, and is written to defects.csv with its place."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass

from layout import HEADERS, Cell, Row, Sheets

COLUMNS = ("sheet", "row", "column", "cell", "record", "value", "what", "expected_code_hint", "kind")


@dataclass(frozen=True, slots=True)
class Defect:
    """One planned defect: `kind` is note (put right, and said so), warning, or error."""

    sheet: str
    record: str
    column: str
    value: Cell
    what: str
    hint: str
    kind: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A defect with the place the spreadsheet shows (header is row 1)."""

    defect: Defect
    row: int
    cell: str


def planned(free: dict[str, str], ids: dict[str, str]) -> list[Defect]:
    """The list. `free` maps a theme to its credential without links, `ids` a name to a record made for this."""
    c = "Credentials"
    return [
        Defect(c, free["digital-care"], "credit_points", "2,5", "decimal comma", "decimal-comma", "note"),
        Defect(c, free["applied-ai"], "eqf_level", "Level 6", "level written in words", "level-in-words", "note"),
        Defect(c, free["programming"], "isced_f", 613, "field code lost its leading zero", "isced-leading-zero", "note"),
        Defect(c, free["elder-care"], "country", "Ireland", "country name where a code is asked for", "country-name", "note"),
        Defect(c, free["community-inclusion"], "language", "Dutch", "language name where a code is asked for", "language-name", "note"),
        Defect(c, free["leadership"], "valid_until", "31/12/2031", "date typed as text, day first", "date-format", "note"),
        Defect(c, free["welding"], "workload_hours", "40 h", "number with its unit", "number-with-unit", "note"),
        Defect(c, free["logistics"], "provider", "ESCOLA MAR E RUMO", "organisation named in other letter case", "name-case", "note"),
        Defect(c, free["training-of-trainers"], "awarding_body", "Fundacion Puentes de Aprendisaje", "organisation name misspelt", "unresolved-reference", "error"),
        Defect(c, free["nursing-update"], "title", None, "title missing", "missing-title", "error"),
        Defect(c, free["early-childhood"], "awarding_body", None, "awarding body missing", "missing-awarding-body", "error"),
        Defect(c, free["hospitality-food"], "country", "Irland", "country name misspelt", "unknown-concept", "error"),
        Defect(c, free["automation"], "form", "digital bage", "form misspelt", "unknown-concept", "error"),
        Defect(c, free["cyber-security"], "eqf_level", 9, "EQF level outside 1 to 8", "eqf-range", "error"),
        Defect(c, free["digital-marketing"], "credit_points", -3, "negative credit points", "negative-number", "error"),
        Defect(c, free["solar"], "workload_hours", 900, "hours do not fit 3 ECTS credit points", "hours-and-credits", "warning"),
        Defect(c, free["tourism"], "valid_from", "31/02/2025", "a day that does not exist", "impossible-date", "error"),
        Defect(c, free["crops-water"], "valid_until", dt.date(2021, 8, 31), "valid until lies before valid from", "dates-in-order", "error"),
        Defect(c, free["heat-pumps"], "stacks_into", "FRA-999", "stacks into a credential that is not there", "dangling-reference", "error"),
        Defect(c, free["electric-vehicles"], "stackability", "stackable", "called stackable, no target and no rule", "stackable-without-target", "warning"),
        Defect(c, ids["twin"], "credential_id", free["forest"], "identifier used a second time", "duplicate-identifier", "error"),
        Defect(c, free["circular-economy"], "stacks_into", ids["loop"], "first half of a circle: each stacks into the other", "circular-stacking", "error"),
        Defect(c, ids["loop"], "stacks_into", free["circular-economy"], "second half of the circle", "circular-stacking", "error"),
        Defect("Organisations", "ORG-DEU-3", "website", "www.lwt-deu.example", "web address without its scheme", "address-without-scheme", "note"),
        Defect("Offers", "OFFER-150", "end_date", dt.date(2026, 1, 15), "ends before it starts", "dates-in-order", "error"),
        Defect("Offers", "OFFER-160", "currency", "EURO", "not a currency code", "unknown-concept", "error"),
        Defect("Offers", "", "funding", "fundng", "header misspelt", "header-near-miss", "warning"),
        Defect("StackingRules", ids["short rule"], "needed", 10, "the parts add up to 5 of the 10 credit points needed", "parts-below-requirement", "warning"),
        Defect("Recognition", "REC-044", "status", "in-force", "said to be in force, but it has run out", "status-and-dates", "warning"),
        Defect("Recognition", "REC-056", "recogniser", "ORG-FIN-77", "recogniser that is not there", "dangling-reference", "error"),
        Defect("QualityAssurance", ids["expired programme"], "valid_until", dt.date(2025, 12, 31), "accreditation of an active credential has expired", "expired-accreditation", "warning"),
        Defect("QualityAssurance", "QA-003", "valid_until", dt.date(2026, 3, 31), "accreditation of an organisation has expired", "expired-accreditation", "warning"),
        Defect("QualityAssurance", ids["last quality"], "credential", "MLT-777", "credential that is not there", "dangling-reference", "error"),
    ]  # fmt: skip


def apply(sheets: Sheets, defects: list[Defect]) -> list[Placed]:
    """Put each defect into its cell; all rows are found first, since a defect may change an identifier."""
    found = [(defect, _row_index(sheets, defect)) for defect in defects]
    placed = []
    for defect, index in found:
        if index is not None:
            sheets[defect.sheet][index][defect.column] = defect.value
        number = 1 if index is None else index + 2
        placed.append(Placed(defect, number, f"{column_letter(defect)}{number}"))
    return placed


def headers(sheet: str, placed: list[Placed]) -> list[str]:
    """The headers as they are written, with the misspelt one where it is planned."""
    wrong = {p.defect.column: str(p.defect.value) for p in placed if p.defect.sheet == sheet and p.row == 1}
    return [wrong.get(name, name) for name in HEADERS[sheet]]


def column_letter(defect: Defect) -> str:
    """The column as the spreadsheet names it: A … Z, AA, AB …"""
    number = HEADERS[defect.sheet].index(defect.column)
    return ("" if number < 26 else "A") + chr(ord("A") + number % 26)


def to_csv(placed: list[Placed]) -> str:
    """defects.csv: one line per planned defect, in the order of the sheets."""
    order = list(HEADERS)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for p in sorted(placed, key=lambda p: (order.index(p.defect.sheet), p.row, p.cell)):
        d = p.defect
        shown = "" if d.value is None else d.value
        writer.writerow([d.sheet, p.row, d.column, p.cell, d.record, shown, d.what, d.hint, d.kind])
    return text.getvalue()


def _row_index(sheets: Sheets, defect: Defect) -> int | None:
    if not defect.record:
        return None
    key = HEADERS[defect.sheet][0]
    rows: list[Row] = sheets[defect.sheet]
    return next(index for index, row in enumerate(rows) if row[key] == defect.record)
