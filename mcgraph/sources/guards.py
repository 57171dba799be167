"""What a file is, by its first bytes, and whether it is safe to open. Nothing is unpacked before this."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import Literal

from mcgraph.errors import InputRefused, LimitReached
from mcgraph.limits import Limits

FileKind = Literal["workbook", "text"]

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"\xd0\xcf\x11\xe0", "an old binary Office file (.xls or .doc)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
)
_MACROS = re.compile(r"vbaProject\.bin$|^xl/macrosheets/", re.IGNORECASE)


def file_kind(path: Path, limits: Limits, *, partitioned: bool = False) -> FileKind:
    """Whether `path` holds a workbook or text, judged by content; text that is read in partitions may be larger.

    Raises `InputRefused` for a folder, an empty file, or a file of another kind, and `LimitReached` for one
    that is too large to read.
    """
    if not path.exists():
        raise InputRefused("there is no such file", where=str(path), fix="Check the name and the folder.")
    if not path.is_file():
        raise InputRefused("this is not a file", where=str(path), fix="Name a file.")
    size = path.stat().st_size
    if size == 0:
        raise InputRefused("the file is empty (0 bytes)", where=str(path), fix="Export it again.")
    with path.open("rb") as stream:
        head = stream.read(4096)
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise InputRefused(
                f"this is {what}, not a table", where=str(path), fix="Give a .csv, .tsv, .xlsx or .ods file."
            )
    if head.startswith(b"PK\x03\x04"):
        _guard_size(path, size, limits.workbook_bytes)
        _guard_archive(path, limits)
        return "workbook"
    _guard_size(path, size, limits.partitioned_file_bytes if partitioned else limits.input_file_bytes)
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputRefused("this is a binary file, not text", where=str(path), fix="Export the table as CSV or XLSX.")
    return "text"


def _guard_size(path: Path, size: int, most: int) -> None:
    if size > most:
        raise LimitReached(
            f"the file has {size / 1e6:,.0f} MB; at most {most / 1e6:,.0f} MB are read",
            where=str(path),
            fix="Split it, or raise the limit (mcgraph config lists them).",
        )


def _guard_archive(path: Path, limits: Limits) -> None:
    """Sum the declared sizes first: Python enforces them while unpacking, so a lying header fails later."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as fault:
        raise InputRefused(
            f"the workbook is damaged or cut off ({fault})", where=str(path), fix="Save it again and resend."
        ) from fault
    names = {part.filename for part in parts}
    if "xl/workbook.xml" not in names and "content.xml" not in names:
        raise InputRefused(
            "this is a ZIP archive, not a workbook", where=str(path), fix="Unpack it and give the tables."
        )
    if len(parts) > limits.workbook_parts:
        raise LimitReached(
            f"the workbook has {len(parts):,} parts; at most {limits.workbook_parts:,} are opened",
            where=str(path),
            fix="Save the sheets you need as a new workbook.",
        )
    if any(_MACROS.search(name) for name in names):
        raise InputRefused("the workbook holds macros", where=str(path), fix="Save it as .xlsx (without macros).")
    if any(part.flag_bits & 1 for part in parts):
        raise InputRefused("the workbook is encrypted", where=str(path), fix="Save it without a password.")
    unpacked = sum(part.file_size for part in parts)
    swollen = any(
        part.file_size > 1_000_000 and part.file_size > limits.unpack_ratio * max(1, part.compress_size)
        for part in parts
    )
    if unpacked > limits.unpacked_bytes or swollen:
        raise LimitReached(
            f"the workbook would unpack to {unpacked / 1e6:,.0f} MB, which looks like a bomb",
            where=str(path),
            fix="Save only the needed rows as a new workbook, or as CSV.",
        )
