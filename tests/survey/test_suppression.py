"""No hidden cell can be worked out: by linear programming on random tables, and by trying every table that fits."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgraph.errors import LimitReached
from mcgraph.limits import Limits
from mcgraph.survey.grouping import everybody, group_by
from mcgraph.survey.safety import _counts
from mcgraph.survey.suppression import Counts, feasible, hidden
from mcgraph.survey.table import SurveyTable, make_table
from tests.survey.surveys import counted, wave_of

LIMIT = 5
count = st.one_of(st.integers(0, 6), st.integers(0, 40))


def tables(groups: int, options: int) -> st.SearchStrategy[list[list[int]]]:
    row = st.lists(count, min_size=options, max_size=options)
    return st.lists(row, min_size=groups, max_size=groups)


def shown_cells(table: SurveyTable) -> dict[tuple[str, str, str], int]:
    """Every count that a reader of the table sees, by the names of the equations."""
    seen: dict[tuple[str, str, str], int] = {}
    for column in table.columns:
        for cell in column.cells:
            if cell.n is not None:
                seen["n", cell.code, column.code] = cell.n
        for kind, number in (("miss", column.missing.n), ("base", column.base), ("asked", column.asked)):
            if number is not None:
                seen[kind, "", column.code] = number
    return seen


def check(table: SurveyTable, counts: Counts) -> None:
    """No small cell is shown, and each could be anything from 0 to the limit above what it is."""
    seen = shown_cells(table)
    for name, number in seen.items():
        assert number == 0 or number >= LIMIT, name
        assert number == counts.counts[counts.places[name]]
    for name, number in zip(counts.names, counts.counts, strict=True):
        if 0 < number < LIMIT:
            low, high = feasible(counts, list(seen), name)
            assert low <= 1e-6, (name, low)
            assert high >= number + LIMIT - 1e-6, (name, high)


@settings(max_examples=10, deadline=None)
@given(st.data(), st.integers(1, 4), st.integers(2, 4), st.sampled_from(["single", "likert"]))
def test_single_choices_by_group(data: st.DataObject, groups: int, options: int, kind: str) -> None:
    """Options add up to the base, groups to the total, answers and missing ones to who was asked."""
    cells = data.draw(tables(groups, options))
    missing = data.draw(st.lists(count, min_size=groups, max_size=groups))
    if not sum(map(sum, cells)) + sum(missing):
        cells[0][0] = 1
    with tempfile.TemporaryDirectory() as folder:
        wave = counted(Path(folder), cells, kind, missing)
        table = make_table(wave, "q", by=["group"], small=LIMIT)
        check(table, equations(wave, ["group"]))


@settings(max_examples=7, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sets(st.sampled_from("abc"))), min_size=1, max_size=60))
def test_several_answers(rows: list[tuple[int, set[str]]]) -> None:
    """Who did not choose an option is nowhere shown, and must not be worked out either."""
    lines = "".join(f"g{group},{';'.join(sorted(chosen))}\n" for group, chosen in rows)
    book = BOOK.replace("single", "multiple")
    with tempfile.TemporaryDirectory() as folder:
        wave = wave_of(Path(folder), book, "grp,q\n" + lines)
        check(make_table(wave, "q", by=["group"], small=LIMIT), equations(wave, ["group"]))


@settings(max_examples=7, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.sets(st.sampled_from("abc"))), min_size=1, max_size=60))
def test_groups_that_overlap(rows: list[tuple[str, set[str]]]) -> None:
    """By a question with several answers: the total less a group is who is not in it."""
    lines = "".join(f"{answer},{';'.join(sorted(groups))}\n" for answer, groups in rows)
    with tempfile.TemporaryDirectory() as folder:
        wave = wave_of(Path(folder), OVERLAP, "q,m\n" + lines)
        check(make_table(wave, "q", by=["m"], small=LIMIT), equations(wave, ["m"]))


BOOK = """
survey: s
respondent: {group: grp}
questions:
  q: {column: q, type: single, options: {a: {en: A}, b: {en: B}, c: {en: C}}}
"""
OVERLAP = """
survey: s
questions:
  q: {column: q, type: single, options: {x: {en: X}, y: {en: Y}, z: {en: Z}}}
  m: {column: m, type: multiple, options: {a: {en: A}, b: {en: B}, c: {en: C}}}
"""


def equations(wave, by: list[str]) -> Counts:  # type: ignore[no-untyped-def]
    """The true counts and all the equations between them."""
    import numpy as np

    grouping = group_by(wave, by)
    (question,) = wave.codebook.find("q")
    groups = [*grouping.groups, everybody(wave)]
    return _counts(wave.answers(question), groups, np.ones(wave.size, dtype=bool), grouping.overlap)


def test_every_whole_table_that_fits_is_tried(tmp_path: Path) -> None:
    """Brute force on a small table: of whole numbers, several fit for every hidden cell, on both sides of the limit."""
    cells = [[3, 9], [8, 7], [12, 6]]
    table = make_table(counted(tmp_path, cells), "q", by=["group"], small=LIMIT)
    seen = shown_cells(table)
    fits: dict[tuple[int, int], set[int]] = {(g, o): set() for g in range(3) for o in range(2)}
    bases = [seen["base", "", f"g{g}"] for g in range(3)]
    for guess in itertools.product(*(range(base + 1) for base in bases)):
        grid = [(first, base - first) for first, base in zip(guess, bases, strict=True)]
        if all(seen.get(name, number) == number for name, number in _every(grid)):
            for g, o in fits:
                fits[g, o].add(grid[g][o])
    small = fits[0, 0]
    assert 3 in small and min(small) == 0 and max(small) >= 3 + LIMIT
    hidden_cells = [place for place, numbers in fits.items() if len(numbers) > 1]
    assert len(hidden_cells) == 4


def _every(grid: list[tuple[int, ...]]) -> list[tuple[tuple[str, str, str], int]]:
    found = []
    for g, row in enumerate(grid):
        found += [(("n", f"o{o}", f"g{g}"), number) for o, number in enumerate(row)]
        found += [(("base", "", f"g{g}"), sum(row)), (("asked", "", f"g{g}"), sum(row)), (("miss", "", f"g{g}"), 0)]
    for o in range(2):
        found.append((("n", f"o{o}", "*"), sum(row[o] for row in grid)))
    whole = sum(map(sum, grid))
    return [*found, (("base", "", "*"), whole), (("asked", "", "*"), whole), (("miss", "", "*"), 0)]


def test_a_large_table_shows_all_that_it_may(tmp_path: Path) -> None:
    """Nothing is hidden where nothing is small; nobody is a number that may be told."""
    table = make_table(counted(tmp_path, [[0, 9], [8, 0]]), "q", by=["group"], small=LIMIT)
    assert table.hidden == 0


def test_the_limit_can_be_chosen(tmp_path: Path) -> None:
    """A limit of 1 hides nothing, one of 10 more than one of 5."""
    wave = counted(tmp_path, [[3, 9, 20], [8, 7, 30], [12, 6, 40]])
    counts = [make_table(wave, "q", by=["group"], small=small).hidden for small in (1, 5, 10)]
    assert counts[0] == 0
    assert counts[1] < counts[2]


def test_a_survey_smaller_than_the_limit_shows_nothing(tmp_path: Path) -> None:
    """Four responses: not even how many they are."""
    table = make_table(counted(tmp_path, [[3, 1]]), "q", small=LIMIT)
    assert shown_cells(table).get(("base", "", "*")) is None
    assert all(number == 0 for number in shown_cells(table).values())


def test_a_table_too_large_to_hide_safely_is_refused(tmp_path: Path) -> None:
    """A sentence with the limit."""
    wave = counted(tmp_path, [[3, 9], [8, 7]])
    with pytest.raises(LimitReached, match="MCGRAPH_LIMIT_SURVEY_CELLS"):
        make_table(wave, "q", by=["group"], limits=Limits(survey_cells=5))


def test_cells_without_equations() -> None:
    """A number that stands alone is hidden alone."""
    counts = Counts()
    counts.add("a", 3, 1.0)
    counts.add("b", 7, 1.0)
    assert hidden(counts, 5, 100) == {"a"}
