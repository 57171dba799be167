"""A corrected copy of a submitted file: only safe suggestions, only the cells concerned, and a list of what changed.

A text file keeps its encoding, byte-order mark, delimiter, quotes and line ends; a workbook every part and cell
but those corrected. A cell is changed only where it still says what the finding found.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import harmless
from mcgraph.report.ooxml import Edit, Package, attributes, edit_cells, position, reference
from mcgraph.report.pages import write_text

if TYPE_CHECKING:
    from mcgraph.model.language import Language
    from mcgraph.validation import Report

_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
Spot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Correction:
    """One cell: what it was and what it became, and the finding that asked for it."""

    file: str
    sheet: str
    cell: str
    column: str
    before: str
    after: str
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A safe suggestion for (a part of) a cell."""

    found: str
    suggestion: str
    column: str
    code: str
    why: str


def correct(
    report: Report, source: Path, out: Path, *, encoding: str = "", delimiter: str = "", limits: Limits | None = None
) -> tuple[Correction, ...]:
    """Write `source` to `out` with its safe suggestions applied; nothing is written where there is none.

    `encoding` and `delimiter` are the hints of the mapping. Raises `WrongUse` where the endings differ or the
    format cannot be corrected in place.
    """
    from mcgraph.sources.guards import file_kind

    bounds = limits or Limits()
    if out.suffix.lower() != source.suffix.lower():
        raise WrongUse(
            f"a corrected copy of {source.name} ends in {source.suffix}", fix=f"Write to a {source.suffix} file."
        )
    wanted = _wanted(report, source.name)
    if not any(wanted.values()):
        return ()
    if file_kind(source, bounds) == "text":
        return _correct_text(source, out, wanted.get("", {}), encoding, delimiter, bounds)
    if source.suffix.lower() == ".ods":
        raise WrongUse("an .ods workbook cannot be corrected in place", fix="Save it as .xlsx, or as CSV.")
    return _correct_workbook(source, out, wanted, bounds)


def write_diff(corrections: tuple[Correction, ...], path: Path, say: Language) -> None:
    """The corrections as CSV, for the person who approves them."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    heads = ("file", "sheet", "cell", "column", "from", "to", "code", "why")
    writer.writerow([say.said(f"diff.{head}") for head in heads])
    for c in corrections:
        row = (c.file, c.sheet, c.cell, c.column, c.before, c.after, c.code, c.why)
        writer.writerow([harmless(text) for text in row])
    write_text(path, out.getvalue(), encoding="utf-8-sig")


def _wanted(report: Report, file: str) -> dict[str, dict[Spot, list[_Wanted]]]:
    """The safe suggestions for one file, by sheet and cell."""
    found: dict[str, dict[Spot, list[_Wanted]]] = {}
    safe = report.findings.suggestion_frame().filter("safe").select("code", "found")
    frame = report.findings.frame.join(safe, on=["code", "found"], how="semi", maintain_order="left")
    for finding in replace(report.findings, frame=frame):
        where = finding.where
        spot = position(where.cell)
        if finding.safe and where.file == file and spot is not None and where.row != 1:
            one = _Wanted(finding.found, finding.suggestion, where.column, finding.code, finding.message)
            found.setdefault(where.sheet, {}).setdefault(spot, []).append(one)
    return found


def mended(text: str, wants: list[_Wanted]) -> str | None:
    """The cell's text with the suggestions in place; None where it does not say what was found.

    In a cell of several values only the one concerned is changed.
    """
    new = text
    for want in wants:
        if new.strip() == want.found:
            new = want.suggestion
            continue
        pieces = re.split(r"(\s*\|\s*)", new)
        if want.found not in [piece.strip() for piece in pieces[::2]]:
            return None
        new = "".join(want.suggestion if at % 2 == 0 and p.strip() == want.found else p for at, p in enumerate(pieces))
    return new if new != text else None


# Text files ------------------------------------------------------------------------------------------------


def _correct_text(
    source: Path, out: Path, wanted: dict[Spot, list[_Wanted]], encoding: str, delimiter: str, limits: Limits
) -> tuple[Correction, ...]:
    from mcgraph.sources.delimited import read_delimited

    decoded, _, named = read_delimited(source, limits, encoding=encoding, delimiter=delimiter).decoded.rpartition(
        ", delimiter "
    )
    mark, codec, data = _undecoded(source, decoded)
    text = data.decode(codec)
    if text.encode(codec) != data:
        raise InputRefused("the encoding of the file cannot be kept", where=str(source), fix="Save it as «CSV UTF-8».")
    pieces, done, corrections = [], 0, []
    for row, column, start, end in cells(text, _DELIMITERS[named]):
        wants = wanted.get((row, column))
        new = mended(_unquoted(text[start:end]), wants) if wants else None
        if wants and new is not None:
            pieces += [text[done:start], _quoted_like(text[start:end], new, _DELIMITERS[named])]
            done = end
            corrections.append(_correction(source.name, "", (row, column), _unquoted(text[start:end]), new, wants))
    if not corrections:
        return ()
    draft = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    draft.write_bytes(mark + "".join([*pieces, text[done:]]).encode(codec))
    draft.replace(out)
    return tuple(corrections)


def _undecoded(source: Path, decoded: str) -> tuple[bytes, str, bytes]:
    """The byte-order mark, the codec without it, and the bytes after it."""
    data = source.read_bytes()
    for mark, codec in _BOMS:
        if data.startswith(mark):
            return mark, codec, data[len(mark) :]
    return b"", decoded, data


def cells(text: str, delimiter: str) -> Iterator[tuple[int, int, int, int]]:
    """(row from 1, column from 0, start, end) of every cell, quotes included; a blank line is a row of its own."""
    sign = re.escape(delimiter)
    form = re.compile(rf'("(?:[^"]|"")*"[^{sign}\r\n]*|[^{sign}\r\n]*)({sign}|\r\n|\n|\r|\Z)')
    at, row, column = 0, 1, 0
    while at < len(text) or column:
        matched = form.match(text, at)
        if matched is None:
            return
        yield row, column, matched.start(1), matched.end(1)
        if matched.group(2) == delimiter:
            column += 1
        else:
            row, column = row + 1, 0
        at = matched.end()


def _unquoted(cell: str) -> str:
    return cell[1:-1].replace('""', '"') if len(cell) > 1 and cell.startswith('"') and cell.endswith('"') else cell


def _quoted_like(old: str, new: str, delimiter: str) -> str:
    """`new` with quotes where the old cell had them, or where it would be read as something else."""
    if old.startswith('"') or any(mark in new for mark in (delimiter, '"', "\n", "\r")):
        return '"' + new.replace('"', '""') + '"'
    return new


def _correction(file: str, sheet: str, spot: Spot, before: str, after: str, wants: list[_Wanted]) -> Correction:
    codes = ", ".join(dict.fromkeys(want.code for want in wants))
    why = "; ".join(dict.fromkeys(want.why for want in wants))
    return Correction(file, sheet, reference(*spot), wants[0].column, before, after, codes, why)


# Workbooks -------------------------------------------------------------------------------------------------


def _correct_workbook(
    source: Path, out: Path, wanted: dict[str, dict[Spot, list[_Wanted]]], limits: Limits
) -> tuple[Correction, ...]:
    from python_calamine import CalamineWorkbook

    from mcgraph.sources.workbook import as_text

    package = Package(source, limits)
    book = CalamineWorkbook.from_path(str(source))
    corrections: list[Correction] = []
    for sheet, part in package.sheets().items():
        spots = wanted.get(sheet, {})
        if not spots:
            continue
        values = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        xml = package.read(part)
        formulas, edits = _formulas(xml), {}
        for spot, wants in sorted(spots.items()):
            row, column = spot
            known = row <= len(values) and column < len(values[row - 1])
            before = as_text(values[row - 1][column]) if known else None
            new = mended(before, wants) if before is not None and spot not in formulas else None
            if before is not None and new is not None:
                edits[spot] = Edit(text=new)
                corrections.append(_correction(source.name, sheet, spot, before, new, wants))
        if edits:
            package.write(part, edit_cells(xml, edits))
    if corrections:
        package.save(out)
    return tuple(corrections)


def _formulas(xml: bytes) -> set[Spot]:
    """The cells that hold a formula; what they show is not theirs to correct."""
    found = set()
    for match in re.finditer(rb"<(?:\w+:)?c\b([^>]*?)>\s*<(?:\w+:)?f\b", xml):
        spot = position(attributes(match.group(1)).get("r", ""))
        if spot:
            found.add(spot)
    return found
