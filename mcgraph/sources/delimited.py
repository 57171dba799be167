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
from mcgraph.sources.rawtable import RawTable, cell_name, row_numbers, without_empty_rows

DELIMITERS = (",", ";", "\t", "|")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
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
        findings=(*_encoding_finding(path.name, decoded), *table.findings),
        decoded=f"{decoded}, delimiter {_named(delimiter)}",
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
    for bom, name in _BOMS:
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


def _encoding_finding(file: str, decoded: str) -> tuple[Finding, ...]:
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


def _named(delimiter: str) -> str:
    return {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}[delimiter]


def _read_fast(file: str, text: str, delimiter: str, limits: Limits) -> RawTable | None:
    """Read with polars, or None where the file is irregular in any way.

    A carriage return may stand inside quotes only together with bare ones outside, which polars refuses.
    """
    is_plain = '"' not in text
    try:
        frame = pl.read_csv(
            text.encode(),
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
    if text.count(delimiter) - int(inside) != frame.height * (frame.width - 1):
        return None
    frame.columns = [cell_name(i) for i in range(frame.width)]
    if frame.select(pl.any_horizontal(pl.all().str.len_bytes().max() > limits.cell_characters))[0, 0]:
        return None
    body = frame[1:] if is_plain else frame[1:].select(pl.when(pl.all() != "").then(pl.all()))
    lines = row_numbers(1, frame.height) if is_plain else _lines(frame)
    headers = ["" if header is None else str(header) for header in frame.row(0)]
    return _finished(file, headers, body, row_numbers(2, body.height), lines.alias("line")[1:], [])


def _lines(frame: pl.DataFrame) -> pl.Series:
    """The line each record starts on: one more than the newlines in and between those before it."""
    breaks = frame.select(pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True)).cast(ROW) + 1).to_series()
    return (breaks.cum_sum().shift(1, fill_value=0) + 1).cast(ROW)


def _read_careful(file: str, text: str, delimiter: str, limits: Limits) -> RawTable:
    """Read record by record, and say which rows have too many or too few cells, or one far too long."""
    csv.field_size_limit(2**31 - 1)
    findings: list[Finding] = []
    records, lines = _records(file, text, delimiter, findings)
    while records and not any(cell.strip() for cell in records[0]):
        # Blank lines before the header still count as rows of the sheet.
        records, lines = records[1:], lines[1:]
    if not records:
        raise InputRefused("no header row was found", where=file, fix="Put the column names in row 1.")
    first_row = lines[0]
    headers = records[0]
    width = len(headers)
    if width > limits.columns:
        raise LimitReached(
            f"the table has {width:,} columns; at most {limits.columns} are read",
            where=file,
            fix="Check the delimiter, or remove columns.",
        )
    columns: list[list[str | None]] = [[] for _ in headers]
    long_rows: list[tuple[int, int, int]] = []
    short_rows: list[tuple[int, int, int]] = []
    for number, (record, line) in enumerate(zip(records[1:], lines[1:], strict=True), start=first_row + 1):
        if len(record) > width and any(cell.strip() for cell in record[width:]):
            long_rows.append((number, line, len(record)))
        elif len(record) < width and record:
            short_rows.append((number, line, len(record)))
        for i, column in enumerate(columns):
            cell = record[i] if i < len(record) else ""
            if len(cell) > limits.cell_characters:
                place = Place(file=file, row=number, line=line, column=headers[i])
                findings.append(_long_cell(place, len(cell), limits))
                cell = ""
            column.append(cell or None)
    findings += _ragged(file, long_rows, short_rows, width)
    cells = pl.DataFrame({cell_name(i): pl.Series(c, dtype=pl.String) for i, c in enumerate(columns)})
    return _finished(
        file,
        headers,
        cells,
        row_numbers(first_row + 1, cells.height),
        pl.Series("line", lines[1:], dtype=ROW),
        findings,
    )


def _records(file: str, text: str, delimiter: str, findings: list[Finding]) -> tuple[list[list[str]], list[int]]:
    """Every record with the physical line it starts on."""
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
            if "unexpected end of data" in str(fault):
                raise InputRefused(
                    "the file ends inside a quoted cell",
                    where=f"{file}, line {start}",
                    fix='Close the quotation mark (") that opens there, or export the file again: it may be cut off.',
                ) from fault
            findings.append(
                Finding(
                    code="FILE-QUOTE-001",
                    severity="warning",
                    message="A quotation mark stands inside a cell that is not quoted as CSV asks",
                    where=Place(file=file, line=start),
                    expected='a quoted cell with inner quotation marks doubled ("")',
                    found="an unescaped quotation mark",
                    fix="Export the file again with a program that quotes cells.",
                )
            )
            continue
        break
    return records, lines


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


def _finished(
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
    return RawTable(
        file=file,
        sheet="",
        headers=tuple(header.strip().strip("\ufeff") for header in headers),
        cells=cells,
        rows=rows,
        lines=kept_lines,
        findings=tuple(findings),
    )


def _is_empty(cells: pl.DataFrame, index: int) -> bool:
    name = cell_name(index)
    return name not in cells.columns or cells.get_column(name).null_count() == cells.height
