"""Waves of one survey: questions and codes made one, texts that differ shown, small cells hidden in each."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgraph.errors import InputRefused, RuleBroken, WrongUse
from mcgraph.report.survey_charts import trend_chart
from mcgraph.survey.trend import make_trend, read_harmony

OLD = """
survey: s
respondent: {group: grp}
questions:
  q1:
    column: a
    text: {en: "Do you label?"}
    options: {always: {en: Always}, mostly: {en: Mostly}, never: {en: Never}}
"""
NEW = """
survey: s
respondent: {group: grp}
questions:
  q1: {column: x, text: {en: Something else}, options: {k: {en: K}}}
  q3: {column: b, text: {en: "Do you label it?"}, options: {"yes": {en: Always}, "no": {en: Never}}}
"""
WAVES = """
waves:
  - {label: "2024", data: old.csv, codebook: old.yaml}
  - {label: "2026", data: new.csv, codebook: new.yaml}
questions:
  labelled: {"2024": q1, "2026": q3}
  late: {"2026": q1}
options:
  labelled: {"2024": {always: "yes", mostly: "yes", never: "no"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    old = ["always"] * 10 + ["mostly"] * 6 + ["never"] * 8 + [""] * 5
    new = ["yes"] * 12 + ["no"] * 20
    (tmp_path / "old.csv").write_text("grp,a\n" + "".join(f"g,{one}\n" for one in old), encoding="utf-8")
    (tmp_path / "new.csv").write_text("grp,b,x\n" + "".join(f"g,{one},k\n" for one in new), encoding="utf-8")
    for name, text in (("old.yaml", OLD), ("new.yaml", NEW), ("waves.yaml", WAVES)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_two_waves_become_one_question(folder: Path) -> None:
    """Two codes of the old wave are one of the new."""
    trend = make_trend(read_harmony(folder / "waves.yaml"), "labelled")
    told = [(one.wave, [(cell.code, cell.n) for cell in one.total.cells], one.total.missing.n) for one in trend.tables]
    assert told == [("2024", [("yes", 16), ("no", 8)], 5), ("2026", [("yes", 12), ("no", 20)], 0)]


def test_texts_that_differ_are_shown(folder: Path) -> None:
    """The question was put in other words; the options read the same."""
    trend = make_trend(read_harmony(folder / "waves.yaml"), "labelled")
    assert [(one.wave, one.code, one.text, one.last_text) for one in trend.differences] == [
        ("2024", "", "Do you label?", "Do you label it?"),
    ]  # fmt: skip
    assert 80 < trend.differences[0].alike < 100


def test_a_wave_that_did_not_ask_is_named(folder: Path) -> None:
    """It is no wave in which everybody was silent."""
    trend = make_trend(read_harmony(folder / "waves.yaml"), "late")
    assert trend.not_asked == ("2024",)
    assert len(trend.tables) == 1


def test_a_trend_is_drawn_with_its_table(folder: Path) -> None:
    """Every figure is told in words too."""
    chart = trend_chart(make_trend(read_harmony(folder / "waves.yaml"), "labelled"))
    assert "2024, all, Always: 67 %" in chart.svg()
    assert chart.csv().count("2026") > 2


def test_an_empty_wave_is_a_sentence(folder: Path) -> None:
    """A header and no response."""
    (folder / "old.csv").write_text("grp,a\n", encoding="utf-8")
    with pytest.raises(InputRefused, match="the wave is empty"):
        make_trend(read_harmony(folder / "waves.yaml"), "labelled")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('always: "yes", ', 'alway: "yes", ', "no option «alway»"),
        ("old.csv", "../old.csv", "not beside the mapping"),
        ('labelled: {"2024": q1', 'labelled: {"2023": q1', "no wave of the mapping"),
        ('"2026", data', '"2024", data', "no wave of the mapping|two waves"),
        ("questions:", "question:", "has the keys"),
    ],
)
def test_a_mapping_that_cannot_be_meant(folder: Path, old: str, new: str, words: str) -> None:
    """What is wrong, and where."""
    (folder / "waves.yaml").write_text(WAVES.replace(old, new), encoding="utf-8")
    with pytest.raises((RuleBroken, WrongUse), match=words):
        make_trend(read_harmony(folder / "waves.yaml"), "labelled")


def test_a_mapping_that_is_not_there_is_a_sentence(folder: Path) -> None:
    """No traceback."""
    with pytest.raises(InputRefused, match="cannot be read"):
        read_harmony(folder / "none.yaml")


def test_an_unknown_question_is_a_sentence(folder: Path) -> None:
    """With the known ones."""
    with pytest.raises(WrongUse, match="labelled"):
        make_trend(read_harmony(folder / "waves.yaml"), "label")
