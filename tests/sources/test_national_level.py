"""A national level is found in the frameworks of the row's own country, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from mcgraph.model.namespaces import MC
from mcgraph.model.national_levels import LEVEL, national_levels
from mcgraph.sources import read_submission

TITLE = "credential_id,title,awarding_body,country,national_level\n"


def levels(folder: Path, *rows: str) -> dict[str, str]:
    """Which level each credential of a small table got."""
    path = folder / "credentials.csv"
    path.write_text(TITLE + "\n".join(rows) + "\n", encoding="utf-8")
    batch = read_submission([path], "template", "test")
    found: dict[str, str] = {}
    for column in batch.with_predicate(MC + "nationalLevel"):
        assert column.kind == "iri"
        found |= {s.rsplit("/", 1)[-1]: o.removeprefix(LEVEL) for s, o, _ in column.frame.rows()}
    return found


def test_the_country_decides_which_framework(tmp_path: Path) -> None:
    """«Level 5» is another thing in Austria than in Malta."""
    rows = ("A,T,Body,AUT,NQR 5", "B,T,Body,MLT,MQF 5", "D,T,Body,FRA,Niveau 5")
    found = levels(tmp_path, *rows)
    assert found["A"] == "AUT-NQR-5"
    assert found["B"].startswith("MLT-")
    assert found["D"].startswith("FRA-")


@pytest.mark.parametrize("level", ["NQR 5", "grade 17", ""])
def test_nothing_is_guessed(tmp_path: Path, level: str) -> None:
    """An Austrian level in Malta, a level nobody has, and no level give no link."""
    assert levels(tmp_path, f"A,T,Body,MLT,{level}") == {}


def test_a_name_that_two_frameworks_share_is_not_guessed(tmp_path: Path) -> None:
    """The United Kingdom has several frameworks with a «Level 3»."""
    assert levels(tmp_path, "A,T,Body,GBR,Level 3") == {}


def test_the_words_of_the_source_stay(tmp_path: Path) -> None:
    """The level as stated is kept beside the level it was found to be."""
    path = tmp_path / "credentials.csv"
    path.write_text(TITLE + "A,T,Body,AUT,NQR 5\n", encoding="utf-8")
    batch = read_submission([path], "template", "test")
    stated = [c.frame.get_column("o").to_list() for c in batch.with_predicate(MC + "nationalLevelStated")]
    assert stated == [["NQR 5"]]


def test_only_verified_referencings_give_an_eqf_level() -> None:
    """A level without a source for its referencing has no EQF level here."""
    known = national_levels()
    assert known.eqf[LEVEL + "AUT-NQR-5"] == 5
    assert set(known.eqf) < known.iris
