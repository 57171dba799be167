"""A workbook to fill in, made from a mapping and a profile: drop-downs, notes, formats, instructions, examples.

Sheets whose name ends in «(mcgraph)» guide the reader and are never read as data.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from mcgraph.limits import Limits
from mcgraph.model.language import Language
from mcgraph.report.guidance import Guide, SheetGuide, choices, example_value, examples, guide
from mcgraph.report.tabular import fit_to_width, font, plain_text, save_with_fixed_dates
from mcgraph.sources.mapping import Mapping
from mcgraph.sources.rawtable import GUIDANCE
from mcgraph.validation.catalogue import Profile

_INK = {"must": ("1F2A44", "FFFFFF"), "wanted": ("C9D6EE", "1F2A44"), "may": ("EEF1F6", "1F2A44")}
_FORMATS = {"date": "yyyy-mm-dd", "decimal": "0.##", "integer": "0"}


def write_template(
    mapping: Mapping, profile: Profile, path: Path, say: Language, *, rows: int = 0, filled: bool = False
) -> int:
    """Write the workbook for a mapping and profile to `path`; gives how many columns it has.

    `rows` have drop-downs (default: the limit `template_rows`). With `filled` the example rows stand in the
    sheets themselves, for a demonstration.
    """
    from openpyxl import Workbook

    rows = rows or Limits.from_environment().template_rows
    book = Workbook()
    book.properties.creator, book.properties.title = "mcgraph", profile.title.said(say.tag)
    sheets = guide(mapping, profile, say)
    given = examples(mapping.name)
    lists = _Lists(say)
    _instructions(book.active, sheets, mapping, profile, path, say)
    for one in sheets:
        _data_sheet(book.create_sheet(one.name), one, sheets, lists, say, rows)
        if filled:
            _fill(book[one.name], one, given.get(one.name, []), say)
    _example(book.create_sheet(f"{say.said('template.example')} {GUIDANCE}"), sheets, given, say)
    lists.write(book.create_sheet(f"{say.said('template.lists')} {GUIDANCE}"))
    book.active = 1
    save_with_fixed_dates(book, path, profile.read_on or "2026-01-01")
    return sum(len(one.columns) for one in sheets)


class _Lists:
    """The values of every drop-down, each list a column of one hidden sheet."""

    def __init__(self, say: Language) -> None:
        self.say = say
        self.columns: dict[str, list[str]] = {}

    def range_of(self, name: str) -> str:
        """Where the list `name` will stand, as a reference for a drop-down."""
        from openpyxl.utils import get_column_letter

        if name not in self.columns:
            said = self.say
            answers = [said.said("answer.yes"), said.said("answer.no")] if said.tag in ("en", "fr") else ["yes", "no"]
            self.columns[name] = answers if name == "boolean" else choices(name, said)
        letter = get_column_letter(list(self.columns).index(name) + 1)
        return f"'{self.say.said('template.lists')} {GUIDANCE}'!${letter}$2:${letter}${len(self.columns[name]) + 1}"

    def write(self, sheet: Any) -> None:
        """Fill the sheet and hide it."""
        for at, (name, values) in enumerate(self.columns.items(), start=1):
            for row, value in enumerate([name, *values], start=1):
                _put(sheet, row, at, value)
        sheet.sheet_state = "hidden"


def _put(sheet: Any, row: int, column: int, value: str, **style: Any) -> Any:
    """Text into a cell, never a formula."""
    cell = sheet.cell(row, column, plain_text(value))
    cell.data_type = "s"
    for name, given in style.items():
        setattr(cell, name, given)
    return cell


def _data_sheet(
    sheet: Any, one: SheetGuide, sheets: tuple[SheetGuide, ...], lists: _Lists, say: Language, rows: int
) -> None:
    from openpyxl.comments import Comment
    from openpyxl.styles import Alignment, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "B2"
    fit_to_width(sheet)
    sheet.row_dimensions[1].height = 24
    for at, column in enumerate(one.columns, start=1):
        letter = get_column_letter(at)
        back, ink = _INK[column.need]
        head = _put(
            sheet, 1, at, column.header, fill=PatternFill("solid", fgColor=back),
            font=font(bold=column.need == "must", color=ink), alignment=Alignment(vertical="center"),
        )  # fmt: skip
        note = Comment(plain_text(_note(column, say)), "mcgraph")
        note.width, note.height = 360, 190
        head.comment = note
        sheet.column_dimensions[letter].width = max(14, min(34, len(column.header) + 5))
        sheet.column_dimensions[letter].number_format = _FORMATS.get(column.kind, "@")
        rule = _drop_down(column, sheets, lists, say, rows)
        if rule is not None:
            rule.add(f"{letter}2:{letter}{rows + 1}")
            sheet.add_data_validation(rule)


def _note(column: Guide, say: Language) -> str:
    lines = [f"{column.header} · {say.said(f'template.{column.need}')}", column.what]
    lines += [f"{say.said('template.accepts')}: {column.accepts}"] if column.accepts else []
    lines += [f"{say.said('template.source')}: {column.source}"] if column.source else []
    return "\n\n".join(lines)


def _drop_down(column: Guide, sheets: tuple[SheetGuide, ...], lists: _Lists, say: Language, rows: int) -> Any:
    """What a cell of the column accepts; where several values or names are possible it advises, never refuses."""
    from openpyxl.worksheet.datavalidation import DataValidation

    if column.kind in ("list", "boolean"):
        rule = DataValidation("list", formula1=f"={lists.range_of(column.choices or 'boolean')}", allow_blank=True)
        rule.error, rule.errorTitle = say.said("template.error_text"), say.said("template.error_title")
    elif column.kind == "reference":
        target = next((one for one in sheets if one.name == column.sheet), None)
        if target is None:
            return None
        rule = DataValidation("list", formula1=f"={_identifier_range(target, rows)}", allow_blank=True)
        rule.error, rule.errorTitle = column.accepts[:250], say.said("template.error_title")
    elif column.kind == "date":
        rule = DataValidation("date", operator="between", formula1="1", formula2="2958465", allow_blank=True)
        rule.error, rule.errorTitle = say.said("template.date_error"), column.header
    elif column.kind in ("decimal", "integer"):
        rule = DataValidation(
            "decimal", operator="between", formula1="-1000000000", formula2="1000000000", allow_blank=True
        )
        rule.error, rule.errorTitle = say.said("template.number_error"), column.header
    else:
        return None
    rule.errorStyle = "warning" if column.several or column.kind == "reference" else "stop"
    rule.showErrorMessage = True
    return rule


def _identifier_range(target: SheetGuide, rows: int) -> str:
    from openpyxl.utils import get_column_letter

    at = [column.header for column in target.columns].index(target.identifier) + 1
    letter = get_column_letter(at)
    return f"'{target.name}'!${letter}$2:${letter}${rows + 1}"


def _fill(sheet: Any, one: SheetGuide, given: list[dict[str, Any]], say: Language) -> None:
    """The example rows as data: dates as dates, numbers as numbers."""
    for row, values in enumerate(given, start=2):
        for at, column in enumerate(one.columns, start=1):
            text = example_value(values.get(column.header, ""), column, say)
            if not text:
                continue
            if column.kind == "date":
                cell = sheet.cell(row, at, datetime.date.fromisoformat(text))
                cell.number_format = _FORMATS["date"]
            elif column.kind in ("decimal", "integer"):
                sheet.cell(row, at, float(text) if "." in text else int(text))
            else:
                _put(sheet, row, at, text, number_format="@")


def _instructions(
    sheet: Any, sheets: tuple[SheetGuide, ...], mapping: Mapping, profile: Profile, path: Path, say: Language
) -> None:
    from openpyxl.styles import Alignment, PatternFill

    sheet.title = f"{say.said('template.intro')} {GUIDANCE}"
    title = say.name(f"profile-{profile.name}", profile.title.by_language)
    _put(sheet, 1, 1, say.said("template.title", profile=title), font=font(bold=True, size=18, color="1F2A44"))
    steps = [say.said("template.lead", file=path.name, name=profile.name)]
    steps += [say.said(f"template.{key}") for key in ("legend", "step_rows", "step_lists", "step_ids", "step_dates")]
    steps.append(say.said("template.step_example", sheet=f"{say.said('template.example')} {GUIDANCE}"))
    wrapped = Alignment(wrap_text=True, vertical="top")
    for row, text in enumerate(steps, start=3):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=6)
        _put(sheet, row, 1, f"{row - 2}.  {text}", alignment=wrapped)
        sheet.row_dimensions[row].height = 32
    row = len(steps) + 4
    heads = ("sheet", "column", "required", "what", "accepts", "source")
    for at, head in enumerate(heads, start=1):
        _put(sheet, row, at, say.said(f"template.{head}"), font=font(bold=True, color="FFFFFF"),
             fill=PatternFill("solid", fgColor="1F2A44"))  # fmt: skip
    for at, width in enumerate((18, 22, 14, 56, 56, 44), start=1):
        sheet.column_dimensions["ABCDEF"[at - 1]].width = width
    for one in sheets:
        for column in one.columns:
            row += 1
            back, ink = _INK[column.need]
            _put(sheet, row, 1, one.name, alignment=wrapped)
            _put(sheet, row, 2, column.header, alignment=wrapped, font=font(bold=True))
            _put(sheet, row, 3, say.said(f"template.{column.need}"), alignment=wrapped,
                 fill=PatternFill("solid", fgColor=back), font=font(bold=column.need == "must", color=ink))  # fmt: skip
            texts = (column.what, column.accepts, column.source)
            for at, text in enumerate(texts, start=4):
                _put(sheet, row, at, text, alignment=wrapped)
            lines = max(-(-len(text) // width) for text, width in zip(texts, (50, 50, 38), strict=True))
            sheet.row_dimensions[row].height = 16 * max(1, lines)
    sheet.sheet_view.showGridLines = False
    fit_to_width(sheet)
    del mapping


def _example(sheet: Any, sheets: tuple[SheetGuide, ...], given: dict[str, list[dict[str, Any]]], say: Language) -> None:
    """For every sheet its column names and a filled row, one below the other."""
    from openpyxl.styles import PatternFill

    note = say.said("template.step_example", sheet=sheet.title)
    _put(sheet, 1, 1, note, font=font(bold=True, color="8A0C20", size=12))
    fit_to_width(sheet)
    row = 3
    for one in sheets:
        _put(sheet, row, 1, one.name, font=font(bold=True, size=14, color="1F2A44"))
        for at, column in enumerate(one.columns, start=1):
            back, ink = _INK[column.need]
            _put(
                sheet,
                row + 1,
                at,
                column.header,
                fill=PatternFill("solid", fgColor=back),
                font=font(bold=True, color=ink),
            )
            for below, values in enumerate(given.get(one.name, []), start=2):
                text = example_value(values.get(column.header, ""), column, say)
                _put(sheet, row + below, at, text, font=font(italic=True))
        row += len(given.get(one.name, [])) + 4
    for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        sheet.column_dimensions[letter].width = 22
