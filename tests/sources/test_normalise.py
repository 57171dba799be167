"""Values as people write them become canonical, with a note, or stay as written."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgraph.sources.normalise import (
    BOOLEAN,
    DATE_DMY,
    DATE_MDY,
    DECIMAL,
    REPAIRS,
    TEXT,
    URL,
    Normaliser,
    normalise,
)


@pytest.mark.parametrize(
    ("how", "found", "became", "note"),
    [
        (DECIMAL, "2,5", "2.5", "NOTE-DECIMAL-COMMA"),
        (DECIMAL, "5 ECTS", "5", "NOTE-UNIT"),
        (DECIMAL, "1 250", "1250", "NOTE-NUMBER"),
        (DATE_DMY, "31/12/2028", "2028-12-31", "NOTE-DATE"),
        (DATE_DMY, "2011-05-12 00:00:00.0000000", "2011-05-12", "NOTE-DATE"),
        (DATE_MDY, "8/31/16", "2016-08-31", "NOTE-DATE"),
        (DATE_MDY, "8/30/2023 8:09:03 AM +00:00", "2023-08-30", "NOTE-DATE"),
        (DATE_MDY, "9/8/18 15:29", "2018-09-08", "NOTE-DATE"),
        (BOOLEAN, "oui", "true", "NOTE-YES-NO"),
        (URL, "www.example.org", "https://www.example.org", "NOTE-URL"),
        (TEXT, " two \r\n lines ", "two lines", "NOTE-LINEBREAK"),
        (TEXT, "e\u0301cole", "école", "NOTE-SPACE"),
        (REPAIRS["leading-number"], "Level 6", "6", "NOTE-LEVEL"),
        (REPAIRS["leading-number"], "niveau7", "7", "NOTE-LEVEL"),
        (REPAIRS["leading-number"], "EQR-Niveau 5", "5", "NOTE-LEVEL"),
        (REPAIRS["isced"], "613", "0613", "NOTE-ISCED"),
        (REPAIRS["block-id"], "RNCP35035BCRNCP35035BC01", "RNCP35035BC01", "NOTE-BLOCK-ID"),
        (REPAIRS["block-id"], "RNCP32198BC1", "RNCP32198BC01", "NOTE-BLOCK-ID"),
        (REPAIRS["doubled-apostrophe"], "Conduite d''engins", "Conduite d'engins", "NOTE-APOSTROPHE"),
    ],
)
def test_what_people_write_is_understood_and_noted(
    how: Normaliser, found: str, became: str, note: str
) -> None:
    """Every change is told, never silent."""
    done = normalise(pl.Series(["keep", found][1:]), how)
    assert done.values.to_list() == [became]
    assert done.changed.rows() == [(0, note, found, became)]


@pytest.mark.parametrize(
    ("how", "found"),
    [
        (DECIMAL, "two"),
        (DECIMAL, "2;5"),
        (DATE_DMY, "31/02/2025"),
        (BOOLEAN, "perhaps"),
        (URL, "javascript:alert(1)"),
    ],
)
def test_what_is_not_understood_stays_as_written(how: Normaliser, found: str) -> None:
    """A guess would hide the defect from the shape that reports it."""
    done = normalise(pl.Series([found]), how)
    assert done.values.to_list() == [found]
    assert done.changed.is_empty()


@settings(deadline=None)  # a busy machine is no fault of the normaliser
@given(st.lists(st.none() | st.text(max_size=12), min_size=1, max_size=8))
def test_normalising_twice_changes_nothing_more(values: list[str | None]) -> None:
    """A canonical value is canonical."""
    once = normalise(pl.Series(values, dtype=pl.String), TEXT).values
    assert normalise(once, TEXT).values.to_list() == once.to_list()


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_a_decimal_comma_never_changes_the_number(number: object) -> None:
    """2,5 is 2.5 and nothing else."""
    text = str(number)
    done = normalise(pl.Series([text.replace(".", ",")]), DECIMAL).values[0]
    assert float(done) == float(text)


@pytest.mark.parametrize("found", ["NFQ 8", "RQF Level 2", "SCQF level 7", "DQR 6", "Levl 6"])
def test_the_level_of_another_framework_is_no_eqf_level(found: str) -> None:
    """«NFQ 8» was read as EQF 8 without a word; it is EQF 6."""
    assert normalise(pl.Series([found]), REPAIRS["leading-number"]).values.to_list() == [found]
