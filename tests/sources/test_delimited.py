"""Text tables: what is read, with which row and line, and what is refused."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.sources.delimited import _read_careful, _read_fast, read_delimited
from mcgraph.sources.rawtable import RawTable

LIMITS = Limits()


def read(tmp_path: Path, content: bytes, name: str = "t.csv") -> RawTable:
    file = tmp_path / name
    file.write_bytes(content)
    return read_delimited(file, LIMITS)


def codes(table: RawTable) -> list[str]:
    return [finding.code for finding in table.findings]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_usual_form_reads_the_same(tmp_path: Path, delimiter: str, encoding: str) -> None:
    """The steward does not choose how a provider's spreadsheet program saves."""
    text = delimiter.join(["id", "title"]) + "\r\n" + delimiter.join(["1", "Größe"]) + "\r\n"
    table = read(tmp_path, text.encode(encoding))
    assert table.headers == ("id", "title")
    assert table.cells.rows() == [("1", "Größe")]
    assert table.rows.to_list() == [2]


def test_windows_1252_is_read_and_said(tmp_path: Path) -> None:
    """A guess about bytes must be visible."""
    table = read(tmp_path, "id;titre\n1;Métiers d’art\n".encode("cp1252"))
    assert table.cells.rows() == [("1", "Métiers d’art")]
    assert codes(table) == ["FILE-ENCODING-001"]


def test_quoted_newlines_keep_row_and_line_apart(tmp_path: Path) -> None:
    """The spreadsheet shows row 3 where the text file is on line 4."""
    table = read(tmp_path, b'id,title\n1,"two\nlines"\n2,x\n')
    assert table.rows.to_list() == [2, 3]
    assert table.lines is not None
    assert table.lines.to_list() == [2, 4]


def test_blank_rows_keep_their_numbers(tmp_path: Path) -> None:
    """A finding on row 4 must be row 4 in the user's program."""
    table = read(tmp_path, b"id,title\n1,a\n\n3,c\n")
    assert list(zip(table.rows.to_list(), table.cells.rows(), strict=True)) == [
        (2, ("1", "a")),
        (4, ("3", "c")),
    ]


def test_a_row_with_too_many_cells_is_an_error_at_its_row(tmp_path: Path) -> None:
    """An unquoted delimiter moves every cell after it."""
    table = read(tmp_path, b"id,title\n1,a\n2,b,c\n")
    assert [(f.code, f.severity, f.where.row, f.found) for f in table.findings] == [
        ("FILE-RAGGED-001", "error", 3, "3 cells")
    ]


def test_a_row_with_too_few_cells_is_a_warning(tmp_path: Path) -> None:
    """The missing cells are empty, but somebody may have lost them."""
    table = read(tmp_path, b"id,title,level\n1,a,5\n2,b\n")
    assert [(f.code, f.where.row) for f in table.findings] == [("FILE-RAGGED-002", 3)]
    assert table.cells.rows()[1] == ("2", "b", None)


def test_trailing_empty_columns_are_dropped(tmp_path: Path) -> None:
    """Registers end their lines with delimiters."""
    assert read(tmp_path, b"id;title;;\n1;a;;\n").headers == ("id", "title")


def test_a_file_cut_inside_quotes_is_refused_with_its_line(tmp_path: Path) -> None:
    """Half a file must not pass for a whole one."""
    with pytest.raises(InputRefused, match=r"line 3: the file ends inside a quoted cell"):
        read(tmp_path, b'id,title\n1,a\n2,"cut')


def test_a_quotation_mark_inside_a_cell_is_said(tmp_path: Path) -> None:
    """Programs disagree about 5" screens; the reading is reported."""
    table = read(tmp_path, b'id,title\n1,"a" b\n2,c\n')
    assert codes(table) == ["FILE-QUOTE-001"]
    assert table.height == 2


def test_a_ten_megabyte_cell_is_a_finding(tmp_path: Path) -> None:
    """One pasted document must not become a title."""
    table = read(tmp_path, b"id,title\n1," + b"x" * 10_000_000 + b"\n2,y\n")
    assert [(f.code, f.where.row, f.where.column) for f in table.findings] == [("CELL-LONG-001", 2, "title")]
    assert table.cells.rows() == [("1", None), ("2", "y")]


@pytest.mark.parametrize("content", [b"   \n \n", b"\n"])
def test_a_file_without_text_is_refused(tmp_path: Path, content: bytes) -> None:
    """Nothing read must never look like nothing wrong."""
    with pytest.raises(InputRefused, match="no text"):
        read(tmp_path, content)


def test_bytes_of_no_encoding_are_refused(tmp_path: Path) -> None:
    """A cut UTF-16 file is not text in any other encoding."""
    with pytest.raises(InputRefused, match="starts like utf-16"):
        read(tmp_path, b"\xff\xfea\x00,\x00b")


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=8)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(2, 4).flatmap(
        lambda n: st.lists(st.lists(CELL, min_size=n, max_size=n), min_size=2, max_size=6)
    ),
    st.sampled_from([",", ";", "\t", "|"]),
)
def test_the_fast_reader_never_differs_from_the_careful_one(rows: list[list[str]], delimiter: str) -> None:
    """Speed is only taken where arithmetic proves that nothing is lost."""
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows([["h"] * len(rows[0]), *rows])
    fast = _read_fast("t", out.getvalue(), delimiter, LIMITS)
    if fast is None:
        return
    careful = _read_careful("t", out.getvalue(), delimiter, LIMITS)
    assert fast.cells.rows() == careful.cells.rows()
    assert fast.rows.to_list() == careful.rows.to_list()
    assert fast.lines is not None
    assert careful.lines is not None
    assert fast.lines.to_list() == careful.lines.to_list()
