"""Read CSV and TSV: any usual encoding and delimiter, every record with its row and its physical line.

The fast reader is used where arithmetic proves that it lost nothing (delimiters in the file = delimiters
between cells + delimiters inside quoted cells); any irregular file is read again by the careful one, which
says what is wrong and where.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import Path

import polars as pl

from mcgraph.errors import InputRefused, LimitReached
from mcgraph.limits import Limits
from mcgraph.model.batch import ROW
from mcgraph.model.finding import Finding, Place
from mcgraph.sources.headerrow import names_lower_down
from mcgraph.sources.rawtable import RawTable, cell_name, row_numbers, without_empty_rows

DELIMITERS = (",", ";", "\t", "|")
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SHOWN = 20


def read_delimited(path: Path, limits: Limits, *, encoding: str = "", delimiter: str = "") -> RawTable:
    """The table in a text file.

    `encoding` and `delimiter` come from the mapping where it knows them; otherwise they are found out.
    Raises `InputRefused` when the bytes are no text, or the file ends inside a quoted cell.
    """
    text, decoded = _decode(path, encoding)
    if not text or text.isspace():
        raise InputRefused("the file has no text in it", where=str(path), fix="Export it again.")
    delimiter = delimiter or sniff_delimiter(text)
    end = text.find("\n")
    if text.find(delimiter, 0, end if end >= 0 else len(text)) < 0:
        # The mapping's delimiter is a hint; a file that was saved with another one is still read.
        delimiter = sniff_delimiter(text)
    table = _read_fast(path.name, text, delimiter, limits) or _read_careful(path.name, text, delimiter, limits)
    return RawTable(
        file=table.file,
        sheet="",
        headers=table.headers,
        cells=table.cells,
        rows=table.rows,
        lines=table.lines,
        findings=(*encoding_finding(path.name, decoded), *table.findings),
        decoded=f"{decoded}, delimiter {delimiter_name(delimiter)}",
    )


def sniff_delimiter(text: str) -> str:
    """The delimiter that splits the first lines most often and most evenly; a comma where none does."""
    sample = io.StringIO(text[:65_536], newline=None).read().split("\n")[:50]
    best, best_score = ",", 0.0
    for candidate in DELIMITERS:
        counts = [len(cells) for cells in csv.reader(sample, delimiter=candidate) if cells]
        width, times = Counter(counts).most_common(1)[0] if counts else (1, 0)
        if width > 1:
            score = times / len(counts) * min(width, counts[0] * 2) ** 0.5
            if score > best_score:
                best, best_score = candidate, score
    return best


def _decode(path: Path, encoding: str) -> tuple[str, str]:
    """The text, and the name of the encoding it was read in.

    UTF-8 is tried before the mapping's own encoding: bytes that are valid UTF-8 beyond ASCII are never
    anything else by chance. Windows-1252 is the last resort and is reported.
    """
    data = path.read_bytes()
    for bom, name in BOMS:
        if data.startswith(bom):
            return _decode_as(path, data, name), name
    for name in ("utf-8", encoding or "cp1252", "cp1252"):
        try:
            return data.decode(name), name
        except (UnicodeDecodeError, LookupError):
            continue
    raise InputRefused(
        "the text is in no encoding that could be recognised (tried UTF-8 and Windows-1252)",
        where=str(path),
        fix="Save it as «CSV UTF-8».",
    )


def _decode_as(path: Path, data: bytes, name: str) -> str:
    try:
        return data.decode(name)
    except UnicodeDecodeError as fault:
        raise InputRefused(
            f"the file starts like {name} but byte {fault.start + 1:,} does not fit",
            where=str(path),
            fix="The file may be cut off; save it again as «CSV UTF-8».",
        ) from fault


def encoding_finding(file: str, decoded: str) -> tuple[Finding, ...]:
    """A finding where a file is not UTF-8."""
    if decoded in ("utf-8", "utf-8-sig"):
        return ()
    return (
        Finding(
            code="FILE-ENCODING-001",
            severity="info",
            message=f"The file is not UTF-8; it was read as {decoded}",
            where=Place(file=file),
            expected="UTF-8",
            found=decoded,
            fix="Save it as «CSV UTF-8» so that accents cannot be misread.",
        ),
    )


def delimiter_name(delimiter: str) -> str:
    """A delimiter in words."""
    return {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}[delimiter]


def _read_fast(file: str, text: str, delimiter: str, limits: Limits) -> RawTable | None:
    """Read with polars, or None where the file is irregular in any way."""
    parsed = parse_regular(text.encode(), delimiter, limits)
    if parsed is None:
        return None
    headers, body, lines = parsed
    return finished(file, headers, body, row_numbers(2, body.height), lines, [])


def parse_regular(
    data: bytes, delimiter: str, limits: Limits
) -> tuple[list[str], pl.DataFrame, pl.Series] | None:
    """Headers, cells and the line of each row of a regular UTF-8 text, or None where it is irregular in any way.

    A carriage return alone, which ends the lines of old files, is no end of a line to polars.
    """
    if data.count(b"\r") != data.count(b"\r\n"):
        return None
    is_plain = b'"' not in data
    try:
        frame = pl.read_csv(
            data,
            separator=delimiter,
            has_header=False,
            infer_schema=False,
            empty_string_is_null=is_plain,
        )
    except (pl.exceptions.PolarsError, ValueError):
        return None
    if frame.width > limits.columns or not frame.height:
        return None
    # Without quotation marks no cell can hold a delimiter or a line break, and none is empty but for being missing.
    inside = 0
    if not is_plain:
        inside = frame.select(pl.all().str.count_matches(delimiter, literal=True).sum()).sum_horizontal()[0]
    if data.count(delimiter.encode()) - int(inside) != frame.height * (frame.width - 1):
        return None
    frame.columns = [cell_name(i) for i in range(frame.width)]
    if frame.select(pl.any_horizontal(pl.all().str.len_bytes().max() > limits.cell_characters))[0, 0]:
        return None
    body = frame[1:] if is_plain else frame[1:].select(pl.when(pl.all() != "").then(pl.all()))
    lines = row_numbers(1, frame.height) if is_plain else _lines(frame)
    headers = ["" if header is None else str(header) for header in frame.row(0)]
    return headers, body, lines.alias("line")[1:]


def _lines(frame: pl.DataFrame) -> pl.Series:
    """The line each record starts on: one more than the newlines in and between those before it."""
    breaks = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)).cast(ROW) + 1).to_series()
    return (breaks.cum_sum().shift(1, fill_value=0) + 1).cast(ROW)


def _read_careful(file: str, text: str, delimiter: str, limits: Limits) -> RawTable:
    """Read record by record, and say which rows have too many or too few cells, or one far too long."""
    findings: list[Finding] = []
    records, lines = _records(file, text, delimiter, findings)
    while records and not any(cell.strip() for cell in records[0]):
        # Blank lines before the header still count as rows of the sheet.
        records, lines = records[1:], lines[1:]
    if not records:
        raise InputRefused("no header row was found", where=file, fix="Put the column names in row 1.")
    careful = CarefulRows(file, records[0], lines[0], limits)
    cells, rows, found = careful.add(records[1:], lines[1:])
    return finished(file, careful.headers, cells, rows, found, [*findings, *careful.findings()])


class CarefulRows:
    """Records of one irregular file as cells, and what is wrong with their shape."""

    def __init__(self, file: str, headers: list[str], first_row: int, limits: Limits) -> None:
        """The file's header row stands in `first_row`. Raises `LimitReached` where it has too many columns."""
        self.file, self.headers, self._limits = file, headers, limits
        if len(headers) > limits.columns:
            raise LimitReached(
                f"the table has {len(headers):,} columns; at most {limits.columns} are read",
                where=file,
                fix="Check the delimiter, or remove columns.",
            )
        self._next_row = first_row + 1
        self._long_cells: list[Finding] = []
        self._long_rows: list[tuple[int, int, int]] = []
        self._short_rows: list[tuple[int, int, int]] = []

    def add(self, records: list[list[str]], lines: list[int]) -> tuple[pl.DataFrame, pl.Series, pl.Series]:
        """The next records as cells, row numbers and lines."""
        width = len(self.headers)
        columns: list[list[str | None]] = [[] for _ in self.headers]
        for number, (record, line) in enumerate(zip(records, lines, strict=True), start=self._next_row):
            if len(record) > width and any(cell.strip() for cell in record[width:]):
                self._long_rows.append((number, line, len(record)))
            elif len(record) < width and record:
                self._short_rows.append((number, line, len(record)))
            for i, column in enumerate(columns):
                cell = record[i] if i < len(record) else ""
                if len(cell) > self._limits.cell_characters:
                    place = Place(file=self.file, row=number, line=line, column=self.headers[i])
                    self._long_cells.append(_long_cell(place, len(cell), self._limits))
                    cell = ""
                column.append(cell or None)
        cells = pl.DataFrame({cell_name(i): pl.Series(c, dtype=pl.String) for i, c in enumerate(columns)})
        rows = row_numbers(self._next_row, len(records))
        self._next_row += len(records)
        return cells, rows, pl.Series("line", lines, dtype=ROW)

    def findings(self) -> list[Finding]:
        """Cells that are too long and rows of another width, of all records so far."""
        return [*self._long_cells, *_ragged(self.file, self._long_rows, self._short_rows, len(self.headers))]


def _records(file: str, text: str, delimiter: str, findings: list[Finding]) -> tuple[list[list[str]], list[int]]:
    """Every record with the physical line it starts on."""
    csv.field_size_limit(2**31 - 1)
    for strict in (True, False):
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
        records: list[list[str]] = []
        lines: list[int] = []
        start = 1
        try:
            for record in reader:
                records.append(record)
                lines.append(start)
                start = reader.line_num + 1
        except csv.Error as fault:
            findings.append(quoting_fault(fault, file, start))
            continue
        break
    return records, lines


def quoting_fault(fault: csv.Error, file: str, line: int) -> Finding:
    """The finding for a record that is not quoted as CSV asks.

    Raises `InputRefused` where the file ends inside a quoted cell.
    """
    if "unexpected end of data" in str(fault):
        raise InputRefused(
            "the file ends inside a quoted cell",
            where=f"{file}, line {line}",
            fix='Close the quotation mark (") that opens there, or export the file again: it may be cut off.',
        ) from fault
    return Finding(
        code="FILE-QUOTE-001",
        severity="warning",
        message="A quotation mark stands inside a cell that is not quoted as CSV asks",
        where=Place(file=file, line=line),
        expected='a quoted cell with inner quotation marks doubled ("")',
        found="an unescaped quotation mark",
        fix="Export the file again with a program that quotes cells.",
    )


def _long_cell(place: Place, length: int, limits: Limits) -> Finding:
    return Finding(
        code="CELL-LONG-001",
        severity="error",
        message="The cell holds far more text than a field can have",
        where=place,
        expected=f"at most {limits.cell_characters:,} characters",
        found=f"{length:,} characters",
        fix="Check for a missing quotation mark or a pasted document; shorten the text.",
    )


def _ragged(
    file: str, long_rows: list[tuple[int, int, int]], short_rows: list[tuple[int, int, int]], width: int
) -> list[Finding]:
    """Too many cells is an error (which cell moved?); too few is a warning (the missing ones are empty)."""
    found: list[Finding] = []
    for row, line, cells in long_rows:
        found.append(
            Finding(
                code="FILE-RAGGED-001",
                severity="error",
                message="The row has more cells than the header has columns",
                where=Place(file=file, row=row, line=line),
                expected=f"{width} cells",
                found=f"{cells} cells",
                fix="Quote cells that contain the delimiter.",
            )
        )
    for row, line, cells in short_rows[:_SHOWN]:
        found.append(
            Finding(
                code="FILE-RAGGED-002",
                severity="warning",
                message="The row has fewer cells than the header has columns; the missing ones are empty",
                where=Place(file=file, row=row, line=line),
                expected=f"{width} cells",
                found=f"{cells} cells",
                fix="Check that no cell was lost.",
                affects=len(short_rows) if row == short_rows[0][0] else 1,
            )
        )
    return found


def finished(
    file: str,
    headers: list[str],
    cells: pl.DataFrame,
    rows: pl.Series,
    lines: pl.Series,
    findings: list[Finding],
) -> RawTable:
    """Drop empty rows and the unnamed, empty columns that trailing delimiters make."""
    while headers and not headers[-1].strip() and _is_empty(cells, len(headers) - 1):
        headers = headers[:-1]
    cells, rows, kept_lines = without_empty_rows(cells.select([cell_name(i) for i in range(len(headers))]), rows, lines)
    names = tuple(header.strip().strip("\ufeff") for header in headers)
    findings = [*findings, *names_lower_down(Place(file=file), names, cells, rows)]
    return RawTable(
        file=file,
        sheet="",
        headers=names,
        cells=cells,
        rows=rows,
        lines=kept_lines,
        findings=tuple(findings),
    )


def _is_empty(cells: pl.DataFrame, index: int) -> bool:
    name = cell_name(index)
    return name not in cells.columns or cells.get_column(name).null_count() == cells.height
