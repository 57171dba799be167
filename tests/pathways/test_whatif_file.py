"""Files of changes as people and others write them: each field is held to its shape, and refused with a sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcgraph.errors import InputRefused, WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways import RuleBook, WhatIf
from mcgraph.pathways.whatif_file import apply, read_changes

BOOK = RuleBook.of("a + b -> t", "c + d -> 12", "a ~> 0613", "a ~> 1.50")


def changed(folder: Path, text: str) -> WhatIf:
    path = folder / "changes.yaml"
    path.write_text(f"changes: [{{{text}}}]", encoding="utf-8")
    return apply(read_changes(path), WhatIf(BOOK))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("recognise: {by: U, what: , towards: t}", "what"),
        ("recognise: {by: U, what: [], towards: t}", "what"),
        ("recognise: {by: U, what: [a, ''], towards: t}", "what"),
        ("recognise: {by: U, what: [[a]], towards: t}", "what"),
        ("recognise: {by: [a], what: a, towards: t}", "by"),
        ("recognise: {by: , what: a}", "by"),
        ("recognise: {by: U, what: a, towards: [t]}", "towards"),
        ("recognise: {by: U, what: a, towards: t, effect: 5}", "5"),
        ("change: {statement: rule-1, effect: 5}", "5"),
        ("rule: {whole: t, by: U, groups: 5}", "groups"),
        ("rule: {whole: t, by: U, groups: [5]}", "groups"),
        ("rule: {whole: t, by: U, groups: [{all-of: [{}]}]}", "all-of"),
        ("rule: {whole: t, by: U, groups: [{count: [1], of: [a]}]}", "count"),
        ("credential: {title: x}", "id"),
        ("credential: {id: n, level: true}", "true"),
        ("credential: {id: n, level: 9}", "9"),
        ("change-credential: {what: a, title: [1, 2]}", "title"),
        ("change-credential: {what: a, provider: P}", "provider"),
        ("expire: ", "fields"),
        ("expire: [rule-1]", "fields"),
        ("end-credential: {what: }", "what"),
    ],
)
def test_fields_of_the_wrong_shape_are_refused(tmp_path: Path, text: str, word: str) -> None:
    """The sentence names the field or the value; nothing ends in an internal error."""
    with pytest.raises(WrongUse) as refused:
        changed(tmp_path, text)
    assert word in refused.value.message and refused.value.fix and "change 1" in refused.value.where


def test_what_is_refused_is_not_offered(tmp_path: Path) -> None:
    """The provider of a credential cannot be changed, so it is not among what can."""
    with pytest.raises(WrongUse) as refused:
        changed(tmp_path, "change-credential: {what: a, provider: P}")
    assert "provider" not in refused.value.fix


@pytest.mark.parametrize("text", ["recognise: &a {by: X, what: *a, towards: t}", "rule: {whole: t, groups: &g [*g]}"])
def test_a_value_that_holds_itself_is_refused(tmp_path: Path, text: str) -> None:
    """It would be walked through without end."""
    with pytest.raises(InputRefused):
        changed(tmp_path, text)


@pytest.mark.parametrize("number", ["12", "0613", "1.50"])
def test_numbers_are_names_as_they_are_written(tmp_path: Path, number: str) -> None:
    """YAML 1.1 would read 0613 as 395, and 1.50 as 1.5."""
    said = changed(tmp_path, f"recognise: {{by: 12, what: {number}, towards: t, until: ~}}").said
    assert said == [f"12 recognises {number} towards t (full)"]


def test_left_out_and_null_are_not_given(tmp_path: Path) -> None:
    """Only a text that is written empty takes the end of a rule away."""
    assert changed(tmp_path, "change: {statement: rule-1, until: null, from: 2025-01-01}").said == [
        "rule-1 is changed: valid from 2025-01-01"
    ]


def test_the_number_of_changes_is_checked_before_they_are_looked_up(tmp_path: Path) -> None:
    """Each name of a change costs a question of a large store."""
    path = tmp_path / "changes.yaml"
    path.write_text("changes:\n" + "  - expire: rule-1\n" * 4, encoding="utf-8")
    limits: Any = Limits(whatif_changes=3)
    with pytest.raises(WrongUse, match="More than 3 changes"):
        read_changes(path, limits)
