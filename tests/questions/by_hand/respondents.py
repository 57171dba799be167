"""The survey: accepted responses, and its questions answered from them."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import yaml

from . import names
from .answers import Rows, derives
from .reading import Row, mean, plain, rounded

WAVE = f"{names.SURVEY}survey/demo-stakeholders-2026"


@cache
def codebook() -> dict[str, Any]:
    text = (names.ROOT / "data/demo/survey.codebook.yaml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text))


@cache
def responses() -> tuple[Row, ...]:
    """The rows no error was planted in; of a respondent counted twice neither row counts."""
    defects = names.table("data/demo/survey-defects.csv")
    refused = {int(defect["row"]) for defect in defects if defect["kind"] == "error"}
    twice = {defect["value"] for defect in defects if defect["expected_code_hint"] == "duplicate-identifier"}
    codes = {text["en"]: code for code, text in codebook()["groups"].items()}
    rows = enumerate(names.table("data/demo/survey.csv"), start=2)
    kept = [row for i, row in rows if i not in refused and row["respondent_id"] not in twice]
    return tuple(
        {**row, "respondent_group": codes.get(row["respondent_group"], row["respondent_group"])} for row in kept
    )


def group(code: str) -> str:
    return f"{names.SURVEY}respondent-group/{code}"


def weight(row: Row) -> Fraction:
    return Fraction(row["weight"] or 1)


def chosen(row: Row, question: str) -> list[str]:
    """The codes a respondent chose, none where the answer is missing."""
    entry = codebook()["questions"][question]
    text = row[entry["column"]]
    return [] if text in entry["missing"] else text.split(entry["split"]) if "split" in entry else [text]


def answered(question: str) -> dict[str, list[Row]]:
    """The rows of each group that answer a question."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in responses():
        if chosen(row, question):
            groups[row["respondent_group"]].append(row)
    return groups


def of_type(kind: str) -> list[str]:
    return [name for name, entry in codebook()["questions"].items() if entry["type"] == kind]


@derives("survey-participation", "survey group groupLabel responses weighted countries")
def survey_participation() -> Rows:
    for code, text in codebook()["groups"].items():
        rows = [row for row in responses() if row["respondent_group"] == code]
        weighted = sum((Decimal(row["weight"] or 1) for row in rows), Decimal())
        countries = {row["country"] for row in rows} - {""}
        yield WAVE, group(code), text["en"], str(len(rows)), plain(weighted), str(len(countries))


def shares(question: str) -> Rows:
    options = codebook()["questions"][question]["options"]
    for code, rows in answered(question).items():
        everybody = sum(map(weight, rows), Fraction())
        for option, text in options.items():
            takers = [row for row in rows if option in chosen(row, question)]
            if takers:
                weighted = sum((Decimal(row["weight"] or 1) for row in takers), Decimal())
                figures = (str(len(takers)), plain(weighted), rounded(Fraction(weighted) / everybody, 3))
                yield group(code), option, text["en"], *figures


ANSWERS = "group option optionLabel answers weighted share"


@derives("survey-answers", ANSWERS, question="q9")
def survey_answers_of_one_option() -> Rows:
    return shares("q9")


@derives("survey-answers", ANSWERS, question="q10")
def survey_answers_of_several_options() -> Rows:
    return shares("q10")


@derives("survey-scales", "question group answers mean")
def survey_scales() -> Rows:
    for question in of_type("likert"):
        for code, rows in answered(question).items():
            points = sum((weight(row) * int(chosen(row, question)[0]) for row in rows), Fraction())
            share = points / sum(map(weight, rows), Fraction())
            yield question, group(code), str(len(rows)), rounded(share, 2)


@derives("survey-numbers", "question group answers mean")
def survey_numbers() -> Rows:
    for question in of_type("numeric"):
        for code, rows in answered(question).items():
            values = [chosen(row, question)[0] for row in rows]
            yield question, group(code), str(len(rows)), mean(values, 1)


@derives("survey-nonresponse", "survey question questionType responses answered")
def survey_nonresponse() -> Rows:
    for question, entry in codebook()["questions"].items():
        count = 0 if entry["type"] == "open" else sum(bool(chosen(row, question)) for row in responses())
        yield WAVE, question, entry["type"], str(len(responses())), str(count)


@derives("survey-claims", "claim group option answers")
def survey_claims() -> Rows:
    for question, entry in codebook()["questions"].items():
        if "claim" in entry:
            for code, rows in answered(question).items():
                for option, count in Counter(chosen(row, question)[0] for row in rows).items():
                    yield entry["claim"], group(code), option, str(count)
