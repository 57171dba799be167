"""The stated values of a table before they are mapped: without blanks around them, and none where none was meant."""

from __future__ import annotations

import re
from pathlib import PurePath

import polars as pl

from mcgraph.model.terms import is_language, map_distinct
from mcgraph.model.vocabularies import vocabulary
from mcgraph.sources.matching import MatchedTable
from mcgraph.sources.normalise import TEXT, normalise
from mcgraph.sources.rawtable import cell_name

# The language of a mapping's column that is told by the name of the file, as ESCO names its own.
OF_FILE = "file"
_ENDING = re.compile(r"_([a-z]{2,3}(?:-[a-z]{2})?)$", re.IGNORECASE)
# Stands for a line break inside a cell whose lines are values of their own.
LINE = "\u241e"


def cleaned_column(matched: MatchedTable, spot: tuple[str, int]) -> tuple[pl.Series, pl.DataFrame]:
    """The values of a column without blanks around them, null where there is none, and what was changed."""
    header, index = spot
    column = matched.spec.column(header)
    values = matched.table.cells.get_column(cell_name(index))
    if column is not None and any(target.split == "\n" for target in column.targets):
        # Cleaning makes one line of a text; where lines are the values, they are kept apart through it.
        values = values.str.replace_all(r"\s*[\r\n]+\s*", LINE)
    done = normalise(values, TEXT)
    values = done.values
    if column is not None and column.missing:
        values = _without(values, column.missing)
    if (values == "").any():
        values = pl.select(pl.when(values != "").then(values)).to_series()
    return values.alias(header), done.changed


def _without(values: pl.Series, missing: tuple[str, ...]) -> pl.Series:
    """Null where a value is one of the codes by which this source says that it does not know."""
    wanted = [text.casefold() for text in missing]
    return pl.select(pl.when(~values.str.to_lowercase().is_in(wanted)).then(values)).to_series()


def language_of_file(name: str) -> str:
    """The language that a file's name ends with, such as fr of `skills_fr.csv`; English where it names none."""
    found = _ENDING.search(PurePath(name).stem)
    return found[1].lower() if found else "en"


def language_tags(stated: pl.Series) -> pl.Series:
    """Language tags from what the rows say: a tag, or the name of a language; null where it is neither."""

    def tag(text: str) -> str | None:
        if len(text.split("-")[0]) <= 3 and is_language(text):
            return text.lower()
        iri = vocabulary("language").find(text)
        return vocabulary("language").notations.get(iri, "").lower() or None if iri else None

    return map_distinct(stated, tag)
