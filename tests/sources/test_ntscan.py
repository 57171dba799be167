"""The compiled reading of large N-Triples files gives what the plain reading gives: triples, lines, faults."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgraph.errors import InputRefused
from mcgraph.model.viewed_text import viewed
from mcgraph.sources import ntscan, rdf
from mcgraph.sources.ntriples import FAULTS_KEPT, Fault, read_lines

Rows = set[tuple[str, str, str, str, int]]

LINES = [
    "<http://a/s> <http://a/p> <http://a/o> .",
    "<http://a/s> <http://a/p> <http://a/o>.",
    "_:b1 <http://a/p> _:b1.x .",
    "_:b1 <http://a/p> _:b2.",
    "_:b1 <http://a/p> _:b2..",
    "_:-b <http://a/p> _:b2 .",
    '<http://a/s> <http://a/p> "short" .',
    '<http://a/s> <http://a/p> "twelve bytes" .',
    '<http://a/s> <http://a/p> "thirteen byte" .',
    '<http://a/s> <http://a/p> "thirteen byte"@en .',
    '<http://a/s> <http://a/p> "thirteen byte"@en-GB-oed.',
    '<http://a/s> <http://a/p> "too long a tag"@abcdefghi .',
    '<http://a/s> <http://a/p> "a"@e1 .',
    '<http://a/s> <http://a/p> "1"^^<http://www.w3.org/2001/XMLSchema#integer> .',
    '<http://a/s> <http://a/p> "x"^^<http://www.w3.org/2001/XMLSchema#string> .',
    '<http://a/s> <http://a/p> "é, ü and 漢字 in a text" .',
    '<http://a/ü/漢> <http://a/p> "\\u00e9\\u6F22\\u0041 \\t\\b\\n\\r\\f\\"\\\'\\\\" .',
    '<http://a/s> <http://a/p> "\\u00e9" .',
    '<http://a/s> <http://a/p> "\\uD834\\uDD1E" .',
    '<http://a/s> <http://a/p> "\\U0001F600" .',
    '<http://a/s> <http://a/p> "\\x" .',
    '<http://a/s> <http://a/p> "never ends .',
    '<http://a/s> <http://a/p> "" .',
    '<http://a/s> <http://a/p> """ .',
    "<http://a/s> <http://a/p> <http://a/o> <http://a/g> .",
    "<http://a/s> <http://a/p> <http://a/o> _:g .",
    "<http://a/s> <http://a/p> <http://a/o> _:g.",
    "<http://a/s>  <http://a/p>\t<http://a/o> .  # spaces",
    "# a comment", "", "   ", "nonsense", "<relative> <http://a/p> <http://a/o> .", "<http://a/ s> <http://a/p> _:o .",
    "<http://a/s> <p> <http://a/o> .", "<http://a/s> _:p <http://a/o> .", "<http://a/s> <http://a/p>",
    "<http://a/s> <http://a/p> ", "<http://a/\\u0041> <http://a/p> <http://a/o> .",
    "<http://a/{s}> <http://a/p> <http://a/o|x> .", "<<http://a/s> <http://a/p> <http://a/o>> <http://a/p> _:x .",
    "<http://a/s> <http://a/p> <http://a/o> . ", "<http://a/s> <http://a/p> <http://a/o> .\r", "\r", "<", "_",
    "_:", '"', '<http://a/s> <http://a/p> "a"^<http://a/d> .', '<http://a/s> <http://a/p> "a"^^ .',
    '<http://a/s> <http://a/p> "a"^',
]  # fmt: skip


def _rows(parts: dict[tuple[str, str], pl.DataFrame]) -> Rows:
    return {(p, kind, *row) for (p, kind), frame in parts.items() for row in frame.select("s", "o", "row").rows()}


def _plainly(text: bytes, *, quads: bool) -> tuple[Rows, list[Fault]]:
    rows: Rows = set()
    faults: list[Fault] = []
    for lines in read_lines(BytesIO(text), quads=quads, where="x", threads=1):
        rows |= _rows(lines.parts)
        faults += lines.faults
    return rows, faults


def _scanned(text: bytes, *, quads: bool, compiled: bool = False) -> tuple[Rows, list[Fault]]:
    found = ntscan.scan(BytesIO(text), len(text), quads=quads, where="x", threads=1, compiled=compiled)
    for key, subjects in found.subjects.items():
        assert (subjects.texts[subjects.numbers] == found.parts[key].get_column("s")).all()
        assert subjects.texts.n_unique() == len(subjects.texts)
        assert found.parts[key].get_column("row").is_sorted()
    return _rows(found.parts), found.faults


@pytest.mark.parametrize("quads", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_form_of_line(quads: bool, end: str) -> None:
    """Plain, unusual and malformed lines, twice over and in the other order."""
    text = end.join([*LINES, *reversed(LINES), *LINES]).encode()
    plain = _plainly(text, quads=quads)
    assert len(plain[0]) > 40 and len(plain[1]) > 20
    assert _scanned(text, quads=quads) == plain


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=8), st.booleans(), st.sampled_from([40, 77, 8_000_000]))
def test_blocks_of_any_size(lines: list[str], quads: bool, block: int) -> None:
    """Where blocks end makes no difference, and neither does the lack of a line end after the last."""
    text = "\n".join(lines).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ntscan, "BLOCK_BYTES", block)
        assert _scanned(text, quads=quads) == _plainly(text, quads=quads)


_PIECES = st.sampled_from(
    ["<http://a/", ">", "_:", "b", ".", " ", '"', "\\", "u0041", "@en", "^^", "é", "-", "\t", "<", "0", "\\\\", '\\"']
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(_PIECES, max_size=9).map("".join), max_size=3), st.booleans())
def test_lines_of_any_pieces(tails: list[str], quads: bool) -> None:
    """Whatever follows a subject and a predicate is judged alike."""
    text = "\n".join(f"<http://a/s> <http://a/p> {tail}" for tail in tails).encode()
    assert _scanned(text, quads=quads) == _plainly(text, quads=quads)


def test_many_subjects_predicates_and_endings() -> None:
    """Tables that grow, and more predicates and languages than a block keeps apart."""
    lines = [f'<http://a/{i % 700}> <http://p/{i % 1_100}> "text number {i}"@x-{i % 70} .' for i in range(2_400)]
    text = "\n".join(lines).encode()
    assert _scanned(text, quads=False, compiled=True) == _plainly(text, quads=False)


def test_texts_beyond_the_first_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool of more than a gigabyte is lent in several buffers; here each reaches fifty bytes."""
    monkeypatch.setattr("mcgraph.sources.ntviews.POOL_PIECE", 50)
    text = "\n".join(LINES).encode()
    assert _scanned(text, quads=False) == _plainly(text, quads=False)


def test_broken_bytes_and_faults_are_refused() -> None:
    """The line is named where bytes are no text, and a file of another syntax is not read to its end."""
    good = b"<http://a/s> <http://a/p> <http://a/o> .\n"
    with pytest.raises(InputRefused, match="UTF-8") as caught:
        _scanned(good + b'<http://a/s> <http://a/p> "\xff" .\n', quads=False)
    assert "line 2" in str(caught.value.where)
    with pytest.raises(InputRefused, match="malformed; the first is line 2"):
        _scanned(good + b"nonsense here\n" * (FAULTS_KEPT + 1), quads=False)


def test_compiled_and_interpreted_agree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled kernels, and the columns of a file that is long enough for them, blank nodes of two files apart."""
    text = "\n".join([*LINES, *(f"_:b{i} <http://a/p> <http://a/o{i % 9}> ." for i in range(400)), *LINES]).encode()
    assert _scanned(text, quads=False, compiled=True) == _plainly(text, quads=False)
    files = [tmp_path / "one.nt", tmp_path / "two.nt"]
    for file in files:
        file.write_bytes(text)
    plain = rdf.read_rdf(files, "x")
    monkeypatch.setattr(rdf, "COMPILED_FROM", 1)
    quick = rdf.read_rdf(files, "x")
    assert quick.findings == plain.findings and len(quick.columns) == len(plain.columns)
    for one, other in zip(quick.columns, plain.columns, strict=True):
        assert one.frame.equals(other.frame) and (one.predicate, one.kind) == (other.predicate, other.kind)
    numbered = [column for column in quick.columns if column.subjects is not None]
    assert numbered
    for column in numbered:
        assert column.subjects is not None
        assert (column.subjects.texts[column.subjects.numbers] == column.frame.get_column("s")).all()


def test_texts_from_views_live_as_long_as_their_column() -> None:
    """Nothing of what a column shows is freed before it."""
    import gc

    from mcgraph.model import viewed_text

    gc.collect()
    before = len(viewed_text._lent)
    pool = np.frombuffer(b"a text of more than twelve bytes", dtype=np.uint8).copy()
    words = pool[:4].view(np.uint32).astype(np.uint64)
    views = np.array([[len(pool) | int(words[0]) << 32, 0], [3 | int.from_bytes(b"abc", "little") << 32, 0]], np.uint64)
    column = viewed("t", views, [pool])
    del pool, views
    gc.collect()
    assert column.to_list() == ["a text of more than twelve bytes", "abc"] and column.name == "t"
    assert len(viewed_text._lent) == before + 1
    del column
    gc.collect()
    assert len(viewed_text._lent) == before
