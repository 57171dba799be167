"""The synthetic stakeholder survey: its codebook, its responses, and what is wrong in them on purpose."""

from __future__ import annotations

import csv
import io
import random
from typing import Any

import yaml
from catalogue import CONTENT, COUNTRIES
from layout import Sheets, dice

RESPONSES = 400
MISSING = ["", "99"]
GROUP_SHARES = {
    "training-provider": 40, "employer": 22, "public-authority": 12,
    "social-partner": 10, "learner-organisation": 9, "qa-agency": 7,
}  # fmt: skip
# row (header is row 1), column, value as written, what is wrong, hint, kind
DEFECTS = (
    (18, "q1_label", "maybe", "a code that is not in the list", "unknown-option", "error"),
    (57, "q8_trust_qa", "7", "outside the scale 1 to 5", "unknown-option", "error"),
    (101, "respondent_id", "R-0042", "respondent counted a second time", "duplicate-identifier", "error"),
    (142, "q4_hours", "25 to 30", "a range where one number is asked for", "not-a-number", "error"),
    (203, "country", "Polnd", "country name misspelt", "unknown-concept", "error"),
    (260, "weight", "-0.9", "negative weight", "negative-number", "error"),
    (315, "q15_share_free", "130", "more than 100 per cent", "out-of-range", "error"),
    (344, "respondent_group", "Training provider", "label in place of the code", "label-for-code", "note"),
    (
        388,
        "q2_forms",
        "digital-badge;digital-bagde",
        "one of several codes misspelt",
        "unknown-option",
        "error",
    ),
)


def codebook() -> dict[str, Any]:
    """The codebook: the questions without what steers the invented answers."""
    raw = _content()
    book = {key: raw[key] for key in ("survey", "title", "synthetic", "respondent", "groups")}
    book["questions"] = {name: _question(question, raw["scales"]) for name, question in raw["questions"].items()}
    return book


def to_csv(sheets: Sheets) -> str:
    """The 400 responses with their planned defects."""
    header, rows = _responses(sheets)
    for number, column, value, *_ in DEFECTS:
        rows[number - 2][header.index(column)] = value
    return _csv([header, *rows])


def defects_csv() -> str:
    """Where the responses are wrong on purpose."""
    header = _header()
    lines = [
        ["survey", number, column, f"{chr(ord('A') + header.index(column))}{number}", value, what, hint, kind]
        for number, column, value, what, hint, kind in DEFECTS
    ]
    return _csv([["sheet", "row", "column", "cell", "value", "what", "expected_code_hint", "kind"], *lines])


def _question(question: dict[str, Any], scales: dict[str, Any]) -> dict[str, Any]:
    shown = {key: question[key] for key in ("column", "theme", "type", "text")}
    options = question.get("options") or scales.get(question.get("scale", ""))
    if options:
        shown["options"] = {code: dict(label) for code, label in options.items()}
    if question["type"] == "multiple":
        shown["split"] = ";"
    shown["missing"] = list(MISSING)
    return shown | {key: question[key] for key in ("minimum", "maximum", "unit", "claim") if key in question}


def _header() -> list[str]:
    raw = _content()
    return [*raw["respondent"].values(), *(q["column"] for q in raw["questions"].values())]


def _responses(sheets: Sheets) -> tuple[list[str], list[list[str]]]:
    raw = _content()
    providers: dict[str, list[str]] = {}
    for row in sheets["Organisations"]:
        if row["provider_type"] in ("private-training-provider", "publicly-funded-provider"):
            providers.setdefault(str(row["country"]), []).append(str(row["name"]))
    rows = []
    for number in range(1, RESPONSES + 1):
        chance = dice(f"response {number}")
        country = chance.choice(COUNTRIES)
        group = chance.choices(list(GROUP_SHARES), list(GROUP_SHARES.values()))[0]
        named = group == "training-provider" and chance.random() < 0.4
        organisation = chance.choice(providers[country]) if named else ""
        weight = f"{chance.choice((0.8, 0.9, 1.0, 1.1, 1.25)):g}"
        answers = [_answer(q, raw, chance) for q in raw["questions"].values()]
        rows.append([f"R-{number:04d}", group, country, weight, organisation, *answers])
    return _header(), rows


def _answer(question: dict[str, Any], raw: dict[str, Any], chance: random.Random) -> str:
    if question["type"] == "open":
        return chance.choice(raw["comments"]) if chance.random() < 0.2 else ""
    if chance.random() < 0.04:
        return chance.choice(MISSING)
    if question["type"] == "numeric":
        typical = (8, 16, 25, 30, 50, 75, 100, 150) if question["column"] == "q4_hours" else range(0, 101, 5)
        return str(chance.choice(typical))
    codes = list(question.get("options") or raw["scales"][question["scale"]])
    if question["type"] == "multiple":
        chosen = [c for c, share in zip(codes, question["shares"], strict=True) if chance.random() * 100 < share]
        return ";".join(chosen)
    return str(chance.choices(codes, question["shares"])[0])


def _content() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((CONTENT / "survey.yaml").read_text(encoding="utf-8"))
    return content


def _csv(rows: list[list[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
