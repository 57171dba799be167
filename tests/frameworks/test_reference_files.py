"""What every file of `data/frameworks` promises, whatever it holds."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from mcgraph.model.terms import is_safe_iri

Read = Callable[[str], list[dict[str, str]]]

KEYS = {
    "countries": ("alpha3",),
    "eqf-levels": ("level",),
    "isced-f": ("code",),
    "languages": ("code",),
    "national-frameworks": ("code",),
    "national-levels": ("framework", "level"),
    "qf-ehea": ("code",),
    "sources": ("url",),
}
SOURCED = sorted(set(KEYS) - {"sources"})
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def test_the_folder_holds_exactly_the_known_files(folder: Path) -> None:
    """No reference file goes untested."""
    assert {path.stem for path in folder.glob("*.csv")} == set(KEYS)


@pytest.mark.parametrize("name", sorted(KEYS))
def test_every_row_is_as_long_as_its_header(folder: Path, name: str) -> None:
    """A file is UTF-8 without BOM, with one header and rows of one length."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, strict=True)
    assert header[0] and not header[0].startswith("\ufeff")
    assert len(set(header)) == len(header)
    assert rows
    assert [row for row in rows if len(row) != len(header)] == []


@pytest.mark.parametrize("name", sorted(KEYS))
def test_keys_are_unique(read: Read, name: str) -> None:
    """No code stands twice in one file."""
    counts = Counter(tuple(row[column] for column in KEYS[name]) for row in read(name))
    assert [key for key, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("name", sorted(KEYS))
def test_cells_are_clean(read: Read, name: str) -> None:
    """No cell has outer spaces, control characters or text broken by a wrong decoding."""
    bad = [
        (row, column)
        for row in read(name)
        for column, cell in row.items()
        if cell != cell.strip() or re.search(r"[\x00-\x1f\x7f-\x9f\ufffd¬√]|Ã.|Â.", cell)
    ]
    assert bad == []


@pytest.mark.parametrize("name", SOURCED)
def test_every_row_names_a_listed_source_and_the_day_it_was_read(read: Read, name: str) -> None:
    """Each row has a source that sources.csv describes, a date, and yes or no for verified."""
    listed = {row["url"] for row in read("sources")}
    for row in read(name):
        assert row["source"] in listed, row
        assert DATE.fullmatch(row["source_date"]), row
        assert row["verified"] in {"yes", "no"}, row


def test_sources_say_what_they_are(read: Read) -> None:
    """A source has an address that RDF can carry, a title, a kind, a licence and the day it was read."""
    for row in read("sources"):
        assert is_safe_iri(row["url"]), row
        assert row["title"] and row["kind"] and row["licence"], row
        assert DATE.fullmatch(row["read_on"]), row


@pytest.mark.parametrize("name", SOURCED)
def test_iris_are_safe_and_stand_for_one_row(read: Read, name: str) -> None:
    """Every IRI can be written in any RDF syntax and no two rows share one."""
    columns = [column for column in read(name)[0] if column.endswith("iri") and column != "eqf_iri"]
    for column in columns:
        iris = [row[column] for row in read(name) if row[column]]
        assert all(is_safe_iri(iri) for iri in iris)
        assert len(set(iris)) == len(iris), column
