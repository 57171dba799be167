"""The submitted workbook again, with its faulty cells coloured and commented, and a sheet that explains; nothing else.

A text file is first put into a plain workbook. What a workbook has besides stays as it is: formulas with their
saved values, styles, widths, merged cells, drop-downs, drawings, hidden sheets.
"""

from __future__ import annotations

import html
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.model.finding import SEVERITIES, Finding
from mcgraph.report.ooxml import RELATIONS, Edit, Package, attributes, edit_cells, position, reference
from mcgraph.report.tabular import FILLS, plain_text, summary_lines
from mcgraph.sources.rawtable import GUIDANCE

if TYPE_CHECKING:
    from mcgraph.sources.rawtable import RawTable
    from mcgraph.validation import Report

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_AUTHOR = "mcgraph"
_RANK = {level: at for at, level in enumerate(SEVERITIES)}
_AFTER_DRAWING = ("legacyDrawingHF", "drawingHF", "picture", "oleObjects", "controls", "webPublishItems",
                  "tableParts", "extLst")  # fmt: skip

Spot = tuple[int, int]


def annotate(report: Report, source: Path, out: Path, limits: Limits | None = None) -> int:
    """Write an annotated copy of `source` to `out` (.xlsx); gives how many cells were marked.

    Raises `WrongUse` for another ending, `InputRefused` for a source that cannot be opened.
    """
    from mcgraph.sources.guards import file_kind

    bounds = limits or Limits()
    if out.suffix.lower() != ".xlsx":
        raise WrongUse("an annotated copy is a workbook", fix="Give it a name that ends in .xlsx.")
    with tempfile.TemporaryDirectory() as folder:
        base = source
        if file_kind(source, bounds) == "text" or source.suffix.lower() == ".ods":
            base = Path(folder) / "plain.xlsx"
            _plain_workbook(source, base, bounds)
        package = Package(base, bounds)
        marked = _marks(report, source.name, package.sheets(), bounds.annotated_cells)
        fills = _add_fills(package)
        for sheet, spots in marked.items():
            part = package.sheets()[sheet]
            _colour(package, part, spots, fills)
            _comment(package, part, spots, report)
        _explain(package, report, fills)
        package.save(out)
    return sum(len(spots) for spots in marked.values())


def _plain_workbook(source: Path, base: Path, limits: Limits) -> None:
    """The tables of a text file or .ods workbook as text in a new workbook, row by row where they stood."""
    from openpyxl import Workbook

    from mcgraph.sources.reading import read_tables

    book = Workbook(write_only=True)
    for table in read_tables([source], limits):
        if table.height > limits.annotated_rows:
            raise WrongUse(
                f"{source.name} has {table.height:,} rows; at most {limits.annotated_rows:,} are annotated",
                fix="Use --report findings.xlsx, or raise MCGRAPH_LIMIT_ANNOTATED_ROWS.",
            )
        _copy_table(book, table, table.sheet or source.stem[:31] or "data")
    book.save(base)


def _copy_table(book: Any, table: RawTable, name: str) -> None:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", "-", name)[:31])

    def text(value: str | None, font: Font | None = None) -> Any:
        if value is None:
            return None
        cell = WriteOnlyCell(sheet, value=plain_text(value))
        cell.data_type = "s"
        if font is not None:
            cell.font = font
        return cell

    first = int(table.rows[0]) if table.height else 2
    row = 1
    while row < min(first - 1, 2):
        sheet.append([])
        row += 1
    sheet.append([text(header, Font(bold=True)) for header in table.headers])
    row += 1
    for number, cells in zip(table.rows, table.cells.iter_rows(), strict=True):
        while row < number:
            sheet.append([])
            row += 1
        sheet.append([text(value) for value in cells])
        row += 1


def _marks(report: Report, file: str, sheets: dict[str, str], most: int) -> dict[str, dict[Spot, list[Finding]]]:
    """The findings of one file by sheet and cell; one about a whole row marks its first cell."""
    only = next(iter(sheets), "")
    marked: dict[str, dict[Spot, list[Finding]]] = {}
    count = 0
    for finding in report.findings.sampled(report.findings.frame.height, most * 3):
        where = finding.where
        sheet = where.sheet or only
        spot = position(where.cell) or ((where.row, 0) if where.row else None)
        if where.file != file or sheet not in sheets or spot is None:
            continue
        spots = marked.setdefault(sheet, {})
        if spot not in spots:
            count += 1
            if count > most:
                break
        spots.setdefault(spot, []).append(finding)
    return marked


def _worst(findings: Iterable[Finding]) -> str:
    return min((finding.severity for finding in findings), key=lambda level: _RANK[level])


def _add_fills(package: Package) -> dict[str, int]:
    """A fill per severity at the end of the styles; gives the number of each."""
    xml = package.read("xl/styles.xml")
    matched = re.search(rb"<((?:\w+:)?)fills\b[^>]*>(.*?)</(?:\w+:)?fills>", xml, re.DOTALL)
    if matched is None:
        raise WrongUse(
            "the workbook has no styles that could be added to", fix="Save it again with a spreadsheet program."
        )
    prefix = matched.group(1).decode()
    count = len(re.findall(rb"<(?:\w+:)?fill\b[^>]*>", matched.group(2)))
    new = "".join(
        f'<{prefix}fill><{prefix}patternFill patternType="solid"><{prefix}fgColor rgb="FF{FILLS[level]}"/>'
        f'<{prefix}bgColor indexed="64"/></{prefix}patternFill></{prefix}fill>'
        for level in SEVERITIES
    )
    body = f'<{prefix}fills count="{count + len(SEVERITIES)}">'.encode() + matched.group(2) + new.encode()
    whole = body + f"</{prefix}fills>".encode()
    package.write("xl/styles.xml", xml[: matched.start()] + whole + xml[matched.end() :])
    return {level: count + at for at, level in enumerate(SEVERITIES)}


class _Styles:
    """Adds to the cell formats copies of those in use, with another fill."""

    def __init__(self, package: Package, fills: dict[str, int]) -> None:
        self.package, self.fills = package, fills
        xml = package.read("xl/styles.xml")
        matched = re.search(rb"<((?:\w+:)?)cellXfs\b[^>]*>(.*?)</(?:\w+:)?cellXfs>", xml, re.DOTALL)
        if matched is None:
            raise WrongUse("the workbook has no cell formats", fix="Save it again with a spreadsheet program.")
        self.span, self.prefix, self.inside = matched.span(), matched.group(1), matched.group(2)
        self.formats = re.findall(
            rb"<(?:\w+:)?xf\b[^>]*?/>|<(?:\w+:)?xf\b[^>]*?>.*?</(?:\w+:)?xf>", self.inside, re.DOTALL
        )
        self.xml, self.added = xml, dict[tuple[int, str], int]()
        self.new: list[bytes] = []

    def coloured(self, base: int, level: str) -> int:
        """The number of the format `base` with the fill of a severity."""
        key = (base, level)
        if key not in self.added:
            old = self.formats[base] if base < len(self.formats) else self.formats[0]
            tag = re.sub(rb"\s+(fillId|applyFill)\s*=\s*\"[^\"]*\"", b"", old)
            name = re.match(rb"<(?:\w+:)?xf\b", tag)
            end = name.end() if name else 0
            said = f' fillId="{self.fills[level]}" applyFill="1"'.encode()
            self.added[key] = len(self.formats) + len(self.new)
            self.new.append(tag[:end] + said + tag[end:])
        return self.added[key]

    def save(self) -> None:
        """Put the new formats into the styles."""
        total = len(self.formats) + len(self.new)
        start = b"<" + self.prefix + f'cellXfs count="{total}">'.encode()
        whole = start + self.inside + b"".join(self.new) + b"</" + self.prefix + b"cellXfs>"
        self.package.write("xl/styles.xml", self.xml[: self.span[0]] + whole + self.xml[self.span[1] :])


def _colour(package: Package, part: str, spots: dict[Spot, list[Finding]], fills: dict[str, int]) -> None:
    xml = package.read(part)
    styles = _Styles(package, fills)
    base = _styles_in_use(xml, set(spots))
    edits = {spot: Edit(style=styles.coloured(base.get(spot, 0), _worst(found))) for spot, found in spots.items()}
    package.write(part, edit_cells(xml, edits))
    styles.save()


def _styles_in_use(xml: bytes, spots: set[Spot]) -> dict[Spot, int]:
    """The number of the format of each cell that has one; an empty cell takes its row's or column's."""
    found: dict[Spot, int] = {}
    wanted = {reference(*spot).encode(): spot for spot in spots}
    for match in re.finditer(rb"<(?:\w+:)?c\b([^>]*?)/?>", xml):
        cell = re.search(rb'\br="([A-Z]+[0-9]+)"', match.group(1))
        if cell and cell.group(1) in wanted:
            style = re.search(rb'\bs="([0-9]+)"', match.group(1))
            found[wanted[cell.group(1)]] = int(style.group(1)) if style else 0
    columns = _column_styles(xml)
    for row, column in spots - set(found):
        if column in columns:
            found[(row, column)] = columns[column]
    return found


def _column_styles(xml: bytes) -> dict[int, int]:
    found: dict[int, int] = {}
    for match in re.finditer(rb"<(?:\w+:)?col\b([^>]*?)/?>", xml[: xml.find(b"sheetData")]):
        given = attributes(match.group(1))
        if "style" in given:
            first, last = int(given.get("min", "1")), min(int(given.get("max", "1")), 1_000)
            found.update(dict.fromkeys(range(first - 1, last), int(given["style"])))
    return found


def _comment(package: Package, part: str, spots: dict[Spot, list[Finding]], report: Report) -> None:
    """A comment per cell, beside or below those that the sheet has already."""
    relations = package.relations(part)
    comments = next((target for kind, target in relations.values() if kind.endswith("/comments")), "")
    drawing = next((target for kind, target in relations.values() if kind.endswith("/vmlDrawing")), "")
    texts = {spot: "\n\n".join(_said(finding, report) for finding in found) for spot, found in spots.items()}
    if not comments:
        comments = package.free_name("xl/mcgraphComments{n}.xml")
        package.declare(comments, f"{_TYPES}.comments+xml")
        package.relate(part, "comments", comments)
        authors = f"<authors><author>{_AUTHOR}</author></authors>"
        start = f'<comments xmlns="{_MAIN}">{authors}<commentList></commentList></comments>'
        package.write(comments, b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + start.encode())
    fresh = _add_comments(package, comments, texts)
    if not drawing:
        drawing = package.free_name("xl/drawings/mcgraphNotes{n}.vml")
        package.declare_ending("vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
        rid = package.relate(part, "vmlDrawing", drawing)
        package.write(part, _with_drawing(package.read(part), rid))
        package.write(drawing, _EMPTY_DRAWING)
    package.write(drawing, _with_notes(package.read(drawing), fresh))


def _said(finding: Finding, report: Report) -> str:
    say = report.lang
    lines = [f"{say.count(f'severity.{finding.severity}', 1).upper()} {finding.code}", finding.message]
    lines += [finding.fix] if finding.fix else []
    if finding.suggestion:
        lines.append(f"→ {finding.suggestion}" + (f" {say.said('terminal.safe')}" if finding.safe else " ?"))
    return plain_text("\n".join(line[:500] for line in lines))


def _add_comments(package: Package, part: str, texts: dict[Spot, str]) -> list[Spot]:
    """Put the texts into the list of comments, in the order of the cells; gives the cells that had none."""
    xml = package.read(part)
    prefix = (re.search(rb"<(\w+:)?comments\b", xml) or re.match(rb"()", b""))[1] or b""  # type: ignore[index]
    fresh, entries = [], []
    for spot, text in sorted(texts.items()):
        said = html.escape(text, quote=False)
        run = f'<r><t xml:space="preserve">{said}</t></r>'.encode()
        if prefix:
            run = re.sub(rb"<(/?)(r|t)\b", rb"<\1" + prefix + rb"\2", run)
        form = rb'<(?:\w+:)?comment\b[^>]*?\bref="' + reference(*spot).encode() + rb'"[^>]*>.*?(</(?:\w+:)?text>)'
        there = re.search(form, xml, re.DOTALL)
        if there:
            gap = run.replace(said.encode(), b"\n" + said.encode(), 1)
            xml = xml[: there.start(1)] + gap + xml[there.start(1) :]
        else:
            fresh.append(spot)
            entries.append(_entry(spot, run, prefix))
    closing = re.search(rb"</(?:\w+:)?commentList>", xml)
    if closing is None:
        xml = re.sub(rb"<((?:\w+:)?)commentList\s*/>", rb"<\1commentList></\1commentList>", xml)
        closing = re.search(rb"</(?:\w+:)?commentList>", xml)
    at = closing.start() if closing else len(xml)
    package.write(part, xml[:at] + b"".join(entries) + xml[at:])
    return fresh


def _entry(spot: Spot, run: bytes, prefix: bytes) -> bytes:
    name = prefix.decode()
    head = f'<{name}comment ref="{reference(*spot)}" authorId="0"><{name}text>'.encode()
    return head + run + f"</{name}text></{name}comment>".encode()


def _with_drawing(xml: bytes, rid: str) -> bytes:
    """The sheet with its notes drawn, at the place in the sequence that the format asks for."""
    prefix = (_DATA_PREFIX.search(xml) or [b"", b""])[1] or b""
    entry = b"<" + prefix + f'legacyDrawing xmlns:r="{RELATIONS}" r:id="{rid}"/>'.encode()
    names = b"|".join(name.encode() for name in _AFTER_DRAWING)
    tail = xml.rfind(b"sheetData")
    later = re.compile(rb"<(?:\w+:)?(?:" + names + rb")\b").search(xml, max(tail, 0))
    at = later.start() if later else xml.rindex(b"</" + prefix + b"worksheet>")
    return xml[:at] + entry + xml[at:]


_DATA_PREFIX = re.compile(rb"<(\w+:)?worksheet\b")
_EMPTY_DRAWING = (
    b'<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    b'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit"><o:idmap v:ext="edit" data="1"/>'
    b'</o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" '
    b'path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/><v:path gradientshapeok="t" '
    b'o:connecttype="rect"/></v:shapetype></xml>'
)


def _with_notes(xml: bytes, spots: list[Spot]) -> bytes:
    """The drawing with a hidden note per cell."""
    taken = [int(n) for n in re.findall(rb'id="_x0000_s([0-9]+)"', xml)]
    first = max([1024, *taken]) + 1
    shapes = [_note(first + at, row - 1, column) for at, (row, column) in enumerate(spots)]
    at = xml.rindex(b"</xml>")
    return xml[:at] + "".join(shapes).encode() + xml[at:]


def _note(number: int, row: int, column: int) -> str:
    return (
        f'<v:shape id="_x0000_s{number}" type="#_x0000_t202" style="position:absolute;visibility:hidden;width:260pt;'
        f'height:110pt;z-index:{number - 1024}" fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>'
        '<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>'
        '<v:textbox style="mso-direction-alt:auto"/><x:ClientData ObjectType="Note"><x:MoveWithCells/>'
        f"<x:SizeWithCells/><x:Anchor>{column + 1},15,{row},2,{column + 5},15,{row + 7},4</x:Anchor>"
        f"<x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row><x:Column>{column}</x:Column></x:ClientData></v:shape>"
    )


def _explain(package: Package, report: Report, fills: dict[str, int]) -> None:
    """A sheet at the end: the verdict, what the colours mean, every cause, and what stands in no cell."""
    name = _free_sheet_name(package, report.lang.said("report.legend_sheet"))
    part = package.free_name("xl/worksheets/mcgraphFindings{n}.xml")
    package.declare(part, f"{_TYPES}.worksheet+xml")
    rid = package.relate("xl/workbook.xml", "worksheet", part)
    book = package.read("xl/workbook.xml")
    ids = [int(n) for n in re.findall(rb'sheetId="([0-9]+)"', book)]
    closing = re.search(rb"</(\w+:)?sheets>", book)
    if closing is None:
        raise WrongUse("the workbook has no list of sheets", fix="Save it again with a spreadsheet program.")
    prefix = (closing.group(1) or b"").decode()
    entry = (
        f'<{prefix}sheet xmlns:r="{RELATIONS}" name="{html.escape(name)}" sheetId="{max([0, *ids]) + 1}" r:id="{rid}"/>'
    )
    package.write("xl/workbook.xml", book[: closing.start()] + entry.encode() + book[closing.start() :])
    package.write(part, _explaining_sheet(package, report, fills))


def _free_sheet_name(package: Package, wanted: str) -> str:
    taken = {name.casefold() for name in package.sheets()}
    names = (wanted, *(wanted.replace(GUIDANCE, f"{n} {GUIDANCE}") for n in range(2, 1_000)))
    return next(name for name in names if name.casefold() not in taken)


def _explaining_sheet(package: Package, report: Report, fills: dict[str, int]) -> bytes:
    styles = _Styles(package, fills)
    colour = {level: styles.coloured(0, level) for level in SEVERITIES}
    styles.save()
    say = report.lang
    rows: list[list[tuple[str, int]]] = [[(report.verdict(), 0)], []]
    rows.append([(say.said("report.legend"), 0)])
    rows += [
        [(say.count(f"severity.{level}", 1), colour[level]), (say.said(f"severity.{level}_means"), 0)]
        for level in SEVERITIES
    ]
    heads = ("severity", "code", "count", "place", "message", "fix", "values", "suggestion")
    rows += [[], [(say.said(f"column.{head}"), 0) for head in heads]]
    for g in report.groups[:1_000]:
        spot = " · ".join(part for part in (g.sheet, g.column) if part)
        tops = ", ".join(f"«{value}»" for value, _ in g.top_values[:3])
        texts = (g.code, str(g.count), spot, g.cause, g.fix, tops, g.suggestion)
        rows.append([(say.count(f"severity.{g.severity}", 1), colour[g.severity]), *((text, 0) for text in texts)])
    # In the wide columns: what was checked has long names.
    aside = [("", 0)] * heads.index("message")
    rows += [[], *([*aside, (str(left), 0), (str(right), 0)] for left, right in summary_lines(report))]
    body = "".join(_row(number, cells) for number, cells in enumerate(rows, start=1))
    widths = "".join(
        f'<col min="{at}" max="{at}" width="{width}" customWidth="1"/>'
        for at, width in enumerate((24, 22, 10, 34, 52, 60, 34, 24), start=1)
    )
    # On paper: landscape, all columns on one page.
    xml = (
        f'<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><cols>{widths}</cols>'
        f'<sheetData>{body}</sheetData><pageSetup orientation="landscape" fitToHeight="0"/></worksheet>'
    )
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + xml.encode()


def _row(number: int, cells: list[tuple[str, int]]) -> str:
    inside = "".join(
        f'<c r="{reference(number, at)}" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        f"{html.escape(plain_text(text), quote=False)}</t></is></c>"
        for at, (text, style) in enumerate(cells)
        if text
    )
    return f'<row r="{number}">{inside}</row>'
