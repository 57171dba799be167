"""A text table too large for memory, in slices of whole records that read as the file as a whole would.

Each slice keeps the row numbers and lines of the file. The first reading finds out what only the whole file tells: its
encoding, whether it is regular, and which of its last columns are empty.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.model.finding import Finding
from mcgraph.sources.delimited import (
    BOMS,
    CarefulRows,
    delimiter_name,
    encoding_finding,
    finished,
    parse_regular,
    quoting_fault,
    sniff_delimiter,
)
from mcgraph.sources.rawtable import RawTable, cell_name, row_numbers

_LARGEST = 8  # times the size of a slice that one record may have before the file counts as irregular


@dataclass(frozen=True, slots=True)
class Found:
    """What one reading of the whole file has found out."""

    encoding: str
    delimiter: str
    careful: bool = False
    strict: bool = True
    width: int | None = None
    findings: tuple[Finding, ...] = ()


class SlicedText:
    """One text file in slices of about `slice_bytes`; `survey` reads it through first, `slices` any number of times."""

    def __init__(
        self, path: Path, limits: Limits, slice_bytes: int, *, encoding: str = "", delimiter: str = ""
    ) -> None:
        """`encoding` and `delimiter` are the mapping's hints. Raises `InputRefused` where the bytes are no text."""
        self.path, self._limits, self._size = path, limits, slice_bytes
        self._irregular: list[Finding] = []
        decoded = _encoding_of(path, encoding)
        with path.open("r", encoding=decoded, newline="") as stream:
            start = stream.read(65_536)
        delimiter = delimiter or sniff_delimiter(start)
        if delimiter not in start.split("\n", 1)[0]:
            delimiter = sniff_delimiter(start)
        self.found = Found(decoded, delimiter)

    @property
    def decoded(self) -> str:
        """How the bytes are read."""
        return f"{self.found.encoding}, delimiter {delimiter_name(self.found.delimiter)}"

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong with the file as a file, once it has been surveyed."""
        return (*encoding_finding(self.path.name, self.found.encoding), *self.found.findings)

    def survey(self) -> Iterator[RawTable]:
        """Every slice, for the first time.

        A slice that turns out irregular makes the iteration start again from the first record, read with care: that
        is told by `Restarted`, after which the caller forgets what it had and asks again.
        """
        full = 0
        for table in self._read():
            named = [i for i, header in enumerate(table.headers) if header.strip()]
            filled = [i for i in range(full, len(table.headers)) if _filled(table, i)]
            full = max([full, *(i + 1 for i in (*named, *filled))])
            yield table
        # A strict reading may have told of a quotation mark before this one began.
        self.found = replace(self.found, width=full, findings=(*self.found.findings, *self._irregular))

    def slices(self) -> Iterator[RawTable]:
        """Every slice, as the whole file would have read it."""
        for table in self._read():
            width = self.found.width if self.found.width is not None else len(table.headers)
            yield replace(
                table, headers=table.headers[:width], cells=table.cells.select(table.cells.columns[:width]),
                decoded=self.decoded,
            )  # fmt: skip

    def _read(self) -> Iterator[RawTable]:
        return self._carefully() if self.found.careful else self._regularly()

    def _regularly(self) -> Iterator[RawTable]:
        header, consumed, next_row = b"", 0, 2
        for block in self._blocks():
            if not header:
                header = _first_record(block)
                consumed, block = header.count(b"\n"), block[len(header) :]
            own = header.count(b"\n")
            parsed = parse_regular(header + block, self.found.delimiter, self._limits) if header else None
            if parsed is None:
                self.found = replace(self.found, careful=True)
                raise Restarted
            headers, body, lines = parsed
            yield self._table(headers, body, row_numbers(next_row, body.height), lines + (consumed - own))
            consumed += block.count(b"\n")
            next_row += body.height

    def _table(self, headers: list[str], body: pl.DataFrame, rows: pl.Series, lines: pl.Series) -> RawTable:
        # A last column without a name is kept here: only the whole file tells whether it is empty.
        named = [header if header.strip() else f"{header}\0" for header in headers]
        table = finished(self.path.name, named, body, rows, lines, [])
        return replace(table, headers=tuple(name.removesuffix("\0").strip() for name in table.headers))

    def _blocks(self) -> Iterator[bytes]:
        """The file as UTF-8 in pieces that end with a record."""
        left = b""
        with self.path.open("rb") as stream:
            decoder = codecs.getincrementaldecoder(self.found.encoding)()
            plain = self.found.encoding in ("utf-8", "utf-8-sig")
            if self.found.encoding == "utf-8-sig":
                stream.read(3)
            while piece := stream.read(self._size):
                left += piece if plain else decoder.decode(piece).encode()
                cut = _last_record_end(left)
                if cut:
                    yield left[:cut]
                    left = left[cut:]
                elif len(left) > _LARGEST * self._size:
                    self.found = replace(self.found, careful=True)
                    raise Restarted
        if left:
            yield left

    def _carefully(self) -> Iterator[RawTable]:
        csv.field_size_limit(2**31 - 1)
        name, quoted = self.path.name, list[Finding]()
        careful: CarefulRows | None = None
        with self.path.open("r", encoding=self.found.encoding, newline="") as stream:
            reader = csv.reader(stream, delimiter=self.found.delimiter, strict=self.found.strict)
            for records, lines in self._batches(reader, quoted):
                if careful is None:
                    while records and not any(cell.strip() for cell in records[0]):
                        records, lines = records[1:], lines[1:]
                    if not records:
                        continue
                    careful = CarefulRows(name, records[0], lines[0], self._limits)
                    records, lines = records[1:], lines[1:]
                cells, rows, at = careful.add(records, lines)
                yield self._table(careful.headers, cells, rows, at)
        if careful is None:
            raise InputRefused("no header row was found", where=name, fix="Put the column names in row 1.")
        self._irregular = [*quoted, *careful.findings()]

    def _batches(
        self, reader: Iterator[list[str]], quoted: list[Finding]
    ) -> Iterator[tuple[list[list[str]], list[int]]]:
        """Records with the physical line each starts on, about a slice at a time."""
        records: list[list[str]] = []
        lines: list[int] = []
        start, size = 1, 0
        try:
            for record in reader:
                records.append(record)
                lines.append(start)
                start = reader.line_num + 1  # type: ignore[attr-defined]
                size += sum(map(len, record)) + len(record)
                if size >= self._size:
                    yield records, lines
                    records, lines, size = [], [], 0
        except csv.Error as fault:
            finding = quoting_fault(fault, self.path.name, start)
            if self.found.strict:
                self.found = replace(self.found, strict=False, findings=(finding,))
                raise Restarted from fault
            quoted.append(finding)
        if records:
            yield records, lines


class Restarted(Exception):
    """The file is less regular than it began: whoever reads its slices begins again."""


def _filled(table: RawTable, index: int) -> bool:
    name = cell_name(index)
    return name in table.cells.columns and table.cells.get_column(name).null_count() < table.cells.height


def _first_record(block: bytes) -> bytes:
    """The bytes up to the end of the first record, or nothing where no newline ends it."""
    end = block.find(b"\n")
    while end >= 0 and block.count(b'"', 0, end) % 2:
        end = block.find(b"\n", end + 1)
    return block[: end + 1]


def _last_record_end(block: bytes) -> int:
    """Where the last whole record of a piece ends: after a newline with an even number of quotation marks before it."""
    end = block.rfind(b"\n")
    odd = block.count(b'"', 0, end) % 2 if end >= 0 else 0
    while end >= 0 and odd:
        before = block.rfind(b"\n", 0, end)
        odd ^= block.count(b'"', max(before, 0), end) % 2
        end = before
    return end + 1


def _encoding_of(path: Path, hint: str) -> str:
    """The encoding that a whole file is read in, found as for a small one, without holding it."""
    with path.open("rb") as stream:
        head = stream.read(4)
    for bom, name in BOMS:
        if head.startswith(bom):
            if (fault := _first_fault(path, name)) is None:
                return name
            raise InputRefused(
                f"the file starts like {name} but byte {fault + 1:,} does not fit",
                where=str(path),
                fix="The file may be cut off; save it again as «CSV UTF-8».",
            )
    for name in ("utf-8", hint or "cp1252", "cp1252"):
        try:
            if _first_fault(path, name) is None:
                return name
        except LookupError:
            continue
    raise InputRefused(
        "the text is in no encoding that could be recognised (tried UTF-8 and Windows-1252)",
        where=str(path),
        fix="Save it as «CSV UTF-8».",
    )


def _first_fault(path: Path, encoding: str) -> int | None:
    """About where the bytes stop fitting an encoding, or None where all fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as stream:
        try:
            while piece := stream.read(io.DEFAULT_BUFFER_SIZE * 512):
                decoder.decode(piece)
                done += len(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as fault:
            return done + fault.start
    return None
