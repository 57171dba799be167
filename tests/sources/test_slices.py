"""A table read in slices is the table read in one piece: cells, rows, lines, findings, and the triples made of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcgraph.errors import InputRefused, McgraphError
from mcgraph.limits import Limits
from mcgraph.model.batch import TripleColumn
from mcgraph.sources import read_submission
from mcgraph.sources.delimited import read_delimited
from mcgraph.sources.mapping import load_mapping
from mcgraph.sources.rawtable import RawTable
from mcgraph.sources.sliced import open_sliced
from mcgraph.sources.slices import Restarted, SlicedText
from tests.validation.clean_submission import clean, write
from tests.validation.test_seeded_defects import FILE_FAULTS


def in_slices(path: Path, size: int) -> RawTable:
    """The slices of a file put together again."""
    text = SlicedText(path, Limits(), size)
    while True:
        try:
            for _ in text.survey():
                pass
            break
        except Restarted:
            continue
    tables = list(text.slices())
    lines = [table.lines for table in tables if table.lines is not None]
    return RawTable(
        file=path.name, sheet="", headers=tables[0].headers, cells=pl.concat([table.cells for table in tables]),
        rows=pl.concat([table.rows for table in tables]), lines=pl.concat(lines),
        findings=text.findings, decoded=text.decoded,
    )  # fmt: skip


def same(path: Path, sizes: Iterator[int] | tuple[int, ...]) -> None:
    """The file reads alike, whatever the size of a slice."""
    try:
        one = read_delimited(path, Limits())
    except McgraphError as fault:
        for size in sizes:
            with pytest.raises(type(fault)):
                in_slices(path, size)
        return
    for size in sizes:
        other = in_slices(path, size)
        assert (one.headers, one.findings, one.decoded) == (other.headers, other.findings, other.decoded)
        assert one.cells.equals(other.cells)
        assert one.rows.to_list() == other.rows.to_list()
        assert one.lines is not None and other.lines is not None
        assert one.lines.to_list() == other.lines.to_list()


TEXTS = {
    "plain": "a,b\n1,2\n3,4\n5,6\n",
    "no newline at the end": "a,b\n1,2\n3,4",
    "cells of several lines": 'a,b\n"x\ny",2\n3,"4\n\n5"\n6,7\n',
    "doubled quotation marks": 'a,b\n"say ""no""",2\n"""",3\n4,5\n',
    "quoted header of two lines": '"a\nc",b\n1,2\n3,4\n',
    "blank lines": "a,b\n1,2\n\n3,4\n\n\n",
    "empty rows": "a,b\n1,2\n,\n,\n3,4\n",
    "empty last columns": "a,b,,\n1,2,,\n3,4,,\n",
    "a last column filled late": "a,b,\n1,2,\n3,4,x\n",
    "carriage returns": "a,b\r\n1,2\r\n3,4\r\n",
    "old line ends": "a,b\r1,2\r3,4\r",
    "ragged late": "a,b\n1,2\n3,4\n5\n6,7,8\n",
    "stray quotation mark late": 'a,b\n1,2\n3,4\n5"x,6\n"7"8,9\n',
    "blank lines first": "\n\na,b\n1,2\n3,4\n",
    "semicolons": "a;b\n1,5;2\n3;4\n",
    "one column": "a\n1\n2\n",
    "header only": "a,b\n",
    "open quotation mark": 'a,b\n1,2\n"3,4\n5,6\n',
    "empty quoted cells": 'a,b\n"",2\n3,""\n',
}


@pytest.mark.parametrize("name", list(TEXTS))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_any_form_of_file_reads_alike(name: str, encoding: str, tmp_path: Path) -> None:
    """Slices from a byte to the whole file."""
    file = tmp_path / "t.csv"
    file.write_bytes(TEXTS[name].encode(encoding))
    same(file, (1, 4, 9, 1_000))


def test_bytes_that_are_not_utf8_late_in_the_file(tmp_path: Path) -> None:
    """The encoding is that of the whole file, not of its beginning."""
    file = tmp_path / "t.csv"
    file.write_bytes(b"a,b\n" + b"1,2\n" * 50 + "é,3\n".encode("cp1252"))
    same(file, (7, 100))
    (tmp_path / "u.csv").write_bytes(b"\xef\xbb\xbfa,b\n1,\xff\n")
    with pytest.raises(InputRefused, match="does not fit"):
        in_slices(tmp_path / "u.csv", 3)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.lists(st.sampled_from(["1", "x y", ",", "\n", '"', '""', "é", "", "\r\n", ";"]), max_size=30),
    size=st.integers(1, 40),
)
def test_any_text_reads_alike(body: list[str], size: int, tmp_path: Path) -> None:
    """Texts by chance, well formed or not."""
    file = tmp_path / "t.csv"
    file.write_text("a,b\n" + "".join(body), encoding="utf-8", newline="")
    same(file, (size,))


@pytest.mark.parametrize("code", ["", *FILE_FAULTS])
def test_pieces_have_the_triples_of_the_whole(code: str, tmp_path: Path) -> None:
    """The same triples, records and findings, from slices of a row or two, with each fault a file can have."""
    write(clean(), tmp_path)
    if code:
        FILE_FAULTS[code](tmp_path)
    files = sorted(tmp_path.glob("*.csv"))
    whole = read_submission(files, "template", "seeded", limits=Limits())
    sliced = open_sliced(files, load_mapping("template"), "seeded", Limits(partition_bytes=100), tmp_path)
    pieces = list(sliced.pieces())
    assert len(pieces) > len(whole.tables)
    assert triples(whole.columns) == triples([column for piece in pieces for column in piece.columns])
    records = pl.concat([piece.records.select(whole.records.columns) for piece in pieces])
    once = ["iri", "class", "table"]  # a record of several rows is told by each slice that has one of them
    assert sorted(records.select(once).unique().rows()) == sorted(whole.records.select(once).unique().rows())
    assert sliced.findings() == whole.findings


def triples(columns: list[TripleColumn] | tuple[TripleColumn, ...]) -> set[tuple[object, ...]]:
    """Every triple with its cell."""
    return {
        (c.predicate, c.kind, c.datatype, c.language, c.table, c.column, s, o)
        for c in columns for s, o, _ in c.frame.iter_rows()
    }  # fmt: skip
