"""The demo survey agrees with its codebook, except where planned."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def codebook(demo: Path) -> dict[str, Any]:
    return yaml.safe_load((demo / "survey.codebook.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def responses(demo: Path) -> list[dict[str, str]]:
    return read(demo / "survey.csv")


@pytest.fixture(scope="module")
def planned(demo: Path) -> dict[tuple[int, str], str]:
    return {(int(d["row"]), d["column"]): d["value"] for d in read(demo / "survey-defects.csv")}


def test_size_themes_and_types(codebook, responses):
    """400 responses, 18 questions on the five themes, of every type, five of them claims a register can check."""
    questions = codebook["questions"].values()
    assert (len(responses), len(questions)) == (400, 18)
    assert {q["theme"] for q in questions} == {"profile", "quality-assurance", "recognition", "inclusion", "ecosystem"}
    assert {q["type"] for q in questions} == {"single", "multiple", "likert", "numeric", "open"}
    assert sum("claim" in q for q in questions) == 5


def test_every_text_is_in_english_and_french(codebook):
    """Title, questions, options and groups all have both languages."""
    texts = [codebook["title"], *codebook["groups"].values()]
    for question in codebook["questions"].values():
        texts += [question["text"], *question.get("options", {}).values()]
    assert all(set(text) == {"en", "fr"} and all(text.values()) for text in texts)


def test_codes_are_text(codebook):
    """No option code turns into true, false or a number when the codebook is read as YAML."""
    codes = [code for q in codebook["questions"].values() for code in q.get("options", {})]
    assert {type(code) for code in codes} == {str}


def test_every_column_is_in_the_codebook(codebook, responses):
    """Each column of the file is a respondent column or a question."""
    known = [*codebook["respondent"].values(), *(q["column"] for q in codebook["questions"].values())]
    assert list(responses[0]) == known


def test_planned_problems_are_in_their_cells(responses, planned):
    """survey-defects.csv names the rows as a spreadsheet shows them."""
    assert len(planned) == 9
    assert {place: responses[place[0] - 2][place[1]] for place in planned} == planned


def test_answers_keep_to_the_codebook_where_not_planned(codebook, responses, planned):
    """Outside the planned cells every answer is an option, a number in range, or missing."""
    wrong = set()
    for number, row in enumerate(responses, start=2):
        for question in codebook["questions"].values():
            value, options = row[question["column"]], question.get("options")
            if value in question["missing"] or question["type"] == "open":
                continue
            if options:
                fits = set(value.split(";")) <= set(options)
            else:
                fits = value.isdigit() and question["minimum"] <= int(value) <= question["maximum"]
            if not fits:
                wrong.add((number, question["column"]))
    respondent = set(codebook["respondent"].values())
    assert wrong == {place for place in planned if place[1] not in respondent}


def test_one_respondent_is_counted_twice(responses):
    """Exactly one respondent identifier occurs a second time, as planned."""
    seen = Counter(row["respondent_id"] for row in responses)
    assert [identifier for identifier, times in seen.items() if times > 1] == ["R-0042"]


def test_named_organisations_are_in_the_registry(responses, records):
    """Where a response names its organisation, the registry has that name, so the two can be linked."""
    names = {row["name"] for row in records["Organisations"]}
    named = {row["organisation"] for row in responses if row["organisation"]}
    assert len(named) >= 10
    assert named <= names
