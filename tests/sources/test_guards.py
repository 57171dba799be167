"""What is not a table is refused before anything is unpacked."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from mcgraph.errors import InputRefused, LimitReached
from mcgraph.limits import Limits
from mcgraph.sources.guards import file_kind


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n....", "PNG image"),
        (b"%PDF-1.7", "PDF"),
        (b"a,b\n\x00\x01\x02", "binary"),
        (b"PK\x03\x04 cut off", "damaged or cut off"),
    ],
)
def test_other_files_are_refused_by_what_they_are(tmp_path: Path, content: bytes, words: str) -> None:
    """A PNG renamed .csv must be called a PNG."""
    file = tmp_path / "table.csv"
    file.write_bytes(content)
    with pytest.raises(InputRefused, match=words):
        file_kind(file, Limits())


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    """The sentence says which of the two it is."""
    with pytest.raises(InputRefused, match="no such file"):
        file_kind(tmp_path / "none.csv", Limits())
    with pytest.raises(InputRefused, match="not a file"):
        file_kind(tmp_path, Limits())


def archive(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return path


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """Declared sizes are summed first."""
    bomb = archive(
        tmp_path / "b.xlsx", {"xl/workbook.xml": b"<w/>", "xl/worksheets/sheet1.xml": b"0" * 5_000_000}
    )
    with pytest.raises(LimitReached, match="bomb"):
        file_kind(bomb, Limits())


def test_macros_are_refused(tmp_path: Path) -> None:
    """A registry needs no programs."""
    book = archive(tmp_path / "m.xlsx", {"xl/workbook.xml": b"<w/>", "xl/vbaProject.bin": b"x"})
    with pytest.raises(InputRefused, match="macros"):
        file_kind(book, Limits())


def test_a_plain_archive_is_not_a_workbook(tmp_path: Path) -> None:
    """Providers send zipped folders."""
    with pytest.raises(InputRefused, match="ZIP archive"):
        file_kind(archive(tmp_path / "a.xlsx", {"a.csv": b"a,b"}), Limits())
