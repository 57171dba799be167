"""A survey by its codebook: attributed answers, no free text, no respondents' identifiers."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from mcgraph.errors import InputRefused, RuleBroken
from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import MC
from mcgraph.submissions.reading import read_batch

CODEBOOK = """
survey: s1
title: {en: Survey}
respondent: {id: rid, group: grp, country: land, weight: w}
questions:
  q1: {column: label, type: single, options: {"1": {en: Always}, "2": {en: Never}}, missing: ["99"]}
  q2: {column: aims, type: multiple, options: {a: {en: Access}, b: {en: Jobs}}}
  q3: {column: staff, type: numeric}
  q4: {column: why, type: open}
"""
ANSWERS = (
    "rid,grp,land,w,label,aims,staff,why\n"
    "anna@example.org,employer,IE,1.5,1,a;b,12,my name is Anna\n"
    "bo,provider,FRA,1,7,b,,\n"
    "bo,provider,FRA,1,99,,3,\n"
)


@pytest.fixture
def batch(tmp_path: Path) -> Batch:
    (tmp_path / "s.csv").write_text(ANSWERS, encoding="utf-8")
    (tmp_path / "s.codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    return read_batch([tmp_path / "s.csv"], "survey", "demo")


def objects(batch: Batch, term: str) -> list[str]:
    return [o for column in batch.with_predicate(MC + term) for o in column.frame.get_column("o").to_list()]


def test_answers_point_to_options(batch: Batch) -> None:
    """Single and multiple choices; the missing code is no answer."""
    chosen = sorted(o.rsplit("/", 1)[-1] for o in objects(batch, "chosenOption"))
    assert chosen == ["7", "s1.q1.1", "s1.q2.a", "s1.q2.b", "s1.q2.b"]


def test_a_code_outside_the_list_stays_as_written_at_its_cell(batch: Batch) -> None:
    """The shape then reports E3."""
    (column,) = [c for c in batch.with_predicate(MC + "chosenOption") if c.kind == "literal"]
    (row,) = column.frame.rows(named=True)
    assert str(batch.tables[0].place(row["row"], column.column)) == "s.csv · E3"


def test_free_text_and_identifiers_stay_out(batch: Batch) -> None:
    """Nothing that can identify a person reaches the graph."""
    out = io.BytesIO()
    batch.write_ntriples(out)
    text = out.getvalue().decode()
    assert "Anna" not in text
    assert "anna" not in text
    assert "example.org" not in text


def test_a_respondent_who_answers_twice_is_one_record_on_two_rows(batch: Batch) -> None:
    """The duplicate is visible to the rule that reports it."""
    responses = batch.records.filter(batch.records.get_column("class") == MC + "Response")
    assert responses.height == 3
    assert responses.get_column("iri").n_unique() == 2


def test_a_codebook_of_another_file_is_refused(tmp_path: Path) -> None:
    """No column in common is not an empty survey."""
    (tmp_path / "s.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    (tmp_path / "s.codebook.yaml").write_text(CODEBOOK, encoding="utf-8")
    with pytest.raises(InputRefused, match="no column in common"):
        read_batch([tmp_path / "s.csv"], "survey", "demo")


def test_an_unknown_type_of_question_is_refused_with_its_place(tmp_path: Path) -> None:
    """The codebook is checked like a mapping."""
    (tmp_path / "s.csv").write_text(ANSWERS, encoding="utf-8")
    (tmp_path / "s.codebook.yaml").write_text(CODEBOOK.replace("numeric", "number"), encoding="utf-8")
    with pytest.raises(RuleBroken, match=r"questions\.q3.*number"):
        read_batch([tmp_path / "s.csv"], "survey", "demo")


def test_a_number_outside_the_codebook_is_reported_at_its_cell(tmp_path: Path) -> None:
    """Both ends are allowed; beyond them the answer is an error, an empty one is none."""
    (tmp_path / "s.csv").write_text("rid,share\na,0\nb,100\nc,130\nd,\ne,-1\n", encoding="utf-8")
    question = "q: {column: share, type: numeric, minimum: 0, maximum: 100}"
    book = f"survey: s1\nrespondent: {{id: rid}}\nquestions:\n  {question}\n"
    (tmp_path / "s.codebook.yaml").write_text(book, encoding="utf-8")
    found = read_batch([tmp_path / "s.csv"], "survey", "demo").findings
    assert [(f.code, f.where.cell, f.found) for f in found] == [
        ("CELL-RANGE-001", "B4", "130"),
        ("CELL-RANGE-001", "B6", "-1"),
    ]


@pytest.mark.parametrize(
    "line",
    ["q: {column: share, type: numeric, minimun: 0}", "q: {column: share, type: single, maximum: 3}",
     "q: {column: share, type: numeric, maximum: many}"],
)  # fmt: skip
def test_a_codebook_that_would_be_misread_is_refused(tmp_path: Path, line: str) -> None:
    """A misspelt key, a bound of no number: the place is named, nothing is read."""
    (tmp_path / "s.csv").write_text("rid,share\na,0\n", encoding="utf-8")
    (tmp_path / "s.codebook.yaml").write_text(f"survey: s1\nquestions:\n  {line}\n", encoding="utf-8")
    with pytest.raises(RuleBroken, match=r"questions\.q"):
        read_batch([tmp_path / "s.csv"], "survey", "demo")
