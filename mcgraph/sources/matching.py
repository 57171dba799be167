"""Which table of a submission is which table of the mapping, and which header is which column."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass, field

from mcgraph.model.finding import Finding, Place, column_letters
from mcgraph.sources.mapping import Column, Mapping, TableSpec
from mcgraph.sources.personal import about_people, is_personal
from mcgraph.sources.rawtable import GUIDANCE, RawTable

_NEAR = 78.0


@dataclass(frozen=True, slots=True)
class MatchedTable:
    """A table that was recognised: `columns` maps each mapping column's header to its index in the cells."""

    spec: TableSpec
    table: RawTable
    index: int
    columns: dict[str, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Matched:
    """The outcome of matching: recognised tables, and the findings of the header layer."""

    tables: tuple[MatchedTable, ...]
    findings: tuple[Finding, ...]


def match_tables(tables: list[RawTable], mapping: Mapping) -> Matched:
    """Recognise each table by its sheet name, file name or columns; report those nobody asked for."""
    matched: list[MatchedTable] = []
    findings: list[Finding] = []
    for table in tables:
        findings += table.findings
        spec = _spec_for(table, mapping)
        if spec is None:
            findings.append(_unknown_table(table, mapping))
            continue
        one = _match_columns(table, spec, len(matched))
        findings += one.findings
        if not table.height:
            findings.append(_no_rows(table, alone=not any(other.height for other in tables)))
        findings += _repeated_rows(table)
        matched.append(one)
    return Matched(tuple(matched), tuple(findings))


def likeness(table: RawTable, spec: TableSpec) -> float:
    """The share of the table's named columns that the spec knows (0–1)."""
    named = [header for header in table.headers if header]
    return sum(spec.column(header) is not None for header in named) / len(named) if named else 0.0


def nearest_header(header: str, columns: list[str]) -> str | None:
    """The column whose name is most like `header`, when it is like enough."""
    from rapidfuzz import fuzz, process, utils

    best = process.extractOne(header, columns, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=_NEAR)
    return str(best[0]) if best else None


def _spec_for(table: RawTable, mapping: Mapping) -> TableSpec | None:
    """By sheet or file name first, where the columns agree; else the table with the most known columns."""
    if table.spec:
        return next((spec for spec in mapping.tables if spec.name == table.spec), None)
    for spec in mapping.tables:
        name = table.sheet.casefold()
        by_sheet = bool(name) and any(name == sheet.casefold() for sheet in spec.sheets)
        by_file = not table.sheet and any(
            fnmatch.fnmatch(table.file.casefold(), pattern.casefold()) for pattern in spec.files
        )
        if (by_sheet or by_file) and (likeness(table, spec) > 0 or not spec.columns):
            return spec
    scored = [(likeness(table, spec), spec) for spec in mapping.tables if _has_required(table, spec)]
    best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return best[1] if best[0] >= 0.5 else None


def _has_required(table: RawTable, spec: TableSpec) -> bool:
    known = {column.header for column in map(spec.column, table.headers) if column is not None}
    return all(name in known for name in spec.requires)


def _match_columns(table: RawTable, spec: TableSpec, index: int) -> MatchedTable:
    columns: dict[str, int] = {}
    findings: list[Finding] = []
    unknown: list[int] = []
    for i, header in enumerate(table.headers):
        column = spec.column(header) if header else None
        if column is None:
            if header and not header.endswith(GUIDANCE):
                unknown.append(i)
            elif not header and table.has_cells(i):
                findings.append(_nameless_column(table, i))
        elif column.header in columns:
            findings.append(_duplicate(table, i, column))
        else:
            columns[column.header] = i
    missing = [c.header for c in spec.columns if c.header not in columns and not c.ignore]
    people = about_people(record.class_ for record in spec.records)
    for i in unknown:
        if people and is_personal(table.headers[i]):
            findings.append(_personal_column(table, i))
            continue
        near = nearest_header(table.headers[i], missing)
        findings.append(_unknown_column(table, i, near))
    for column in spec.columns:
        if column.required and column.header not in columns:
            findings.append(_missing_column(table, column))
    return MatchedTable(spec, table, index, columns, tuple(findings))


def _place(table: RawTable, index: int = -1) -> Place:
    if index < 0:
        return Place(file=table.file, sheet=table.sheet)
    letters = column_letters(index)
    return Place(file=table.file, sheet=table.sheet, row=1, column=table.headers[index], cell=f"{letters}1")


def _unknown_table(table: RawTable, mapping: Mapping) -> Finding:
    known = ", ".join(spec.name for spec in mapping.tables)
    return Finding(
        code="FILE-TABLE-001",
        severity="info",
        message=f"The table is none of the mapping «{mapping.name}» and was not read",
        where=_place(table),
        expected=f"one of {known}",
        found=", ".join(table.headers[:8]),
        fix="Nothing, if it is a note; else check the sheet's name and the column names.",
    )


def _no_rows(table: RawTable, *, alone: bool) -> Finding:
    """A warning where nothing else has rows; in a workbook of several tables an empty one is no news."""
    return Finding(
        code="FILE-EMPTY-001",
        severity="warning" if alone else "info",
        message="The table has column names but no rows",
        where=_place(table),
        expected="at least one row",
        found="0 rows",
        fix="Nothing, if there is nothing to report; else export it again.",
    )


def _repeated_rows(table: RawTable) -> list[Finding]:
    """One finding for all rows that repeat an earlier row to the letter; they say nothing new."""
    repeated = table.repeated
    if not repeated:
        return []
    return [
        Finding(
            code="FILE-REPEAT-001",
            severity="info",
            message="Rows repeat an earlier row exactly; they were read once",
            where=_place(table),
            expected="each row once",
            found="1 repeated row" if repeated == 1 else f"{repeated:,} repeated rows",
            fix="Delete the repeated rows.",
            affects=repeated,
        )
    ]


def _duplicate(table: RawTable, index: int, column: Column) -> Finding:
    return Finding(
        code="HEAD-DUPLICATE-001",
        severity="error",
        message="Two columns have the same name; only the first was read",
        where=_place(table, index),
        expected=f"one column «{column.header}»",
        found=table.headers[index],
        fix="Rename or delete one of them.",
    )


def _unknown_column(table: RawTable, index: int, near: str | None) -> Finding:
    return Finding(
        code="HEAD-UNKNOWN-001",
        severity="warning",
        message=f"The column «{table.headers[index]}» is not known and was not read",
        where=_place(table, index),
        expected=f"«{near}»?" if near else "a column of the mapping",
        found=table.headers[index],
        fix=f"Rename it to «{near}», if that is what it holds." if near else "Rename or delete it.",
        suggestion=near or "",
        safe=False,
    )


def _nameless_column(table: RawTable, index: int) -> Finding:
    letters = column_letters(index)
    return Finding(
        code="HEAD-UNKNOWN-001",
        severity="warning",
        message=f"The column {letters} has no name and was not read",
        where=_place(table, index),
        expected="a name in the first row",
        found=table.first_cell(index),
        fix="Name the column, or delete its cells.",
    )


def _personal_column(table: RawTable, index: int) -> Finding:
    return Finding(
        code="HEAD-PERSONAL-001",
        severity="error",
        message=f"The column «{table.headers[index]}» holds personal data; it was not read",
        where=_place(table, index),
        expected="a pseudonym in place of the person",
        found=table.headers[index],
        fix="Delete the column, and keep a pseudonym in its place.",
    )


def _missing_column(table: RawTable, column: Column) -> Finding:
    return Finding(
        code="HEAD-MISSING-001",
        severity="error",
        message=f"The column «{column.header}» is missing",
        where=Place(file=table.file, sheet=table.sheet, column=column.header),
        expected=f"a column «{column.header}»",
        found=", ".join(header for header in table.headers[:8] if header),
        fix=f"Add the column «{column.header}», or rename the one that holds it.",
    )
