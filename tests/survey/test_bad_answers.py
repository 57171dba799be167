"""Wrong answers, each a finding at its cell, and none of them in a table."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgraph.errors import InputRefused, LimitReached, WrongUse
from mcgraph.limits import Limits
from mcgraph.submissions.reading import read_batch
from mcgraph.survey.codebook_file import read_codebook
from mcgraph.survey.table import make_table
from mcgraph.survey.wave import read_wave
from tests.survey.surveys import wave_of

BOOK = """
survey: bad
respondent: {id: rid, group: grp, weight: w}
questions:
  q1: {column: q1, type: single, text: {en: Which}, options: {a: {en: A}, b: {en: B}}}
  q2: {column: q2, type: numeric, minimum: 0, maximum: 10, unit: hours}
  q3: {column: q3, type: open}
  q4: {column: q4, type: multiple, options: {a: {en: A}, b: {en: B}}}
"""
HEAD = "rid,grp,w,q1,q2,q3,q4\n"


def found(tmp_path: Path, *rows: str) -> list[tuple[str, str]]:
    wave = wave_of(tmp_path, BOOK, HEAD + "".join(f"{row}\n" for row in rows))
    for name in ("q1", "q2", "q4"):
        make_table(wave, name, weight="weight")
    return sorted({(one.code, one.where.cell) for one in wave.findings})


@pytest.mark.parametrize(
    ("row", "code", "cell"),
    [
        ("2,g,1,z,,,", "SRV-CODE-001", "D3"),
        ("2,g,1,a;b,,,", "SRV-SINGLE-001", "D3"),
        ("2,g,-1,a,,,", "SRV-WEIGHT-001", "C3"),
        ("2,g,much,a,,,", "SRV-WEIGHT-001", "C3"),
        ("2,g,1,a,a dozen,,", "SRV-NUMBER-001", "E3"),
        ("2,g,1,a,11,,", "CELL-RANGE-001", "E3"),
        ("2,g,1,a,1e400,,", "CELL-RANGE-001", "E3"),
        ("2,g,1,,,,a;z", "SRV-CODE-001", "G3"),
        ("1,g,1,b,,,", "RULE-DUP-001", "A3"),
    ],
)
def test_each_fault_is_found_at_its_cell(tmp_path: Path, row: str, code: str, cell: str) -> None:
    """One good row, one bad one."""
    assert found(tmp_path, "1,g,1,a,5,x,a", row) == [(code, cell)]


def test_bad_answers_are_in_no_number(tmp_path: Path) -> None:
    """Two answers to a single choice are none; a repeated respondent counts once; a bad weight leaves the table."""
    rows = [f"{at},g,1,a,,," for at in range(20)] + ["0,g,1,b,,,", "30,g,1,a;b,,,", "31,g,-1,b,,,", "32,g,1,z,,,"]
    wave = wave_of(tmp_path, BOOK, HEAD + "".join(f"{row}\n" for row in rows))
    plain = make_table(wave, "q1", small=1)
    assert [cell.n for cell in plain.total.cells] == [20, 1]
    assert (plain.total.asked, plain.total.base, plain.total.missing.n) == (23, 21, 2)
    weighted = make_table(wave, "q1", weight="w", small=1)
    assert [cell.n for cell in weighted.total.cells] == [20, 0]
    assert "responses without a usable weight are left out" in weighted.warnings


def test_two_answers_to_a_single_choice_keep_the_response_out_of_the_store(tmp_path: Path) -> None:
    """The batch that is loaded has the finding too, and no answer."""
    (tmp_path / "s.csv").write_text(HEAD + "1,g,1,a;b,,,\n", encoding="utf-8")
    (tmp_path / "s.codebook.yaml").write_text(BOOK, encoding="utf-8")
    batch = read_batch([tmp_path / "s.csv"], "survey", "demo")
    assert [(one.code, one.where.cell) for one in batch.findings] == [("SRV-SINGLE-001", "D2")]
    assert not [c for c in batch.columns if c.predicate.endswith("chosenOption") and len(c)]


def test_a_wide_file_has_a_limit_of_its_own(tmp_path: Path) -> None:
    """More than 300 columns are read, 10,000 are refused in a sentence."""
    head = HEAD.strip() + "," + ",".join(f"x{at}" for at in range(500))
    wave = wave_of(tmp_path, BOOK, f"{head}\n1,g,1,a{',' * 503}\n")
    assert wave.size == 1
    wide = HEAD.strip() + "," + ",".join(f"x{at}" for at in range(10_000))
    (tmp_path / "w.csv").write_text(f"{wide}\n1,g,1,a{',' * 10_003}\n", encoding="utf-8")
    with pytest.raises(LimitReached, match="10,007 columns"):
        read_wave(tmp_path / "w.csv", read_codebook(tmp_path / "s.codebook.yaml"), limits=Limits())


@pytest.mark.parametrize(
    ("question", "wishes", "words"),
    [
        ("q9", {}, "no question «q9»"),
        ("q3", {}, "open question"),
        ("q1", {"by": ["rid"]}, "makes no groups"),
        ("q1", {"by": ["q2"]}, "numeric question"),
        ("q1", {"by": ["q4", "grp"]}, "cannot be crossed"),
        ("q1", {"by": ["qq"]}, "nothing called «qq» to group by"),
        ("q1", {"weight": "ww"}, "no column «ww»"),
        ("q1", {"small": 0}, "at least 1"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(tmp_path: Path, question: str, wishes: dict, words: str) -> None:  # type: ignore[type-arg]
    """Wrong names are answered with the known ones."""
    wave = wave_of(tmp_path, BOOK, HEAD + "1,g,1,a,5,x,a\n")
    with pytest.raises(WrongUse, match=words):
        make_table(wave, question, **wishes)


def test_weights_of_nothing_are_refused(tmp_path: Path) -> None:
    """All 0: there is nothing to weigh."""
    wave = wave_of(tmp_path, BOOK, HEAD + "1,g,0,a,5,x,a\n")
    with pytest.raises(InputRefused, match="no weight"):
        make_table(wave, "q1", weight="weight")


def test_a_codebook_of_another_file_is_told(tmp_path: Path) -> None:
    """One column that is missing is a finding with the nearest header; none in common is refused."""
    wave = wave_of(tmp_path, BOOK.replace("{column: q2,", "{column: qq2,"), HEAD + "1,g,1,a,5,x,a\n")
    (missing,) = [one for one in wave.findings if one.code == "HEAD-MISSING-001"]
    assert "«qq2»" in missing.message and missing.found == "«q2»?"
    table = make_table(wave, "q2", small=1)
    assert (table.total.base, table.total.missing.n) == (0, 1)
    with pytest.raises(InputRefused, match="no column in common"):
        wave_of(tmp_path, BOOK, "one,two\n1,2\n")


def test_a_wave_of_headers_alone_is_refused(tmp_path: Path) -> None:
    """An empty wave makes no table of zeros."""
    with pytest.raises(InputRefused, match="the wave is empty"):
        wave_of(tmp_path, BOOK, HEAD)
