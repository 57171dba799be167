"""A table as it was read: text in cells, with the row numbers its owner sees."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mcgraph.model.batch import ROW, SourceTable
from mcgraph.model.finding import Finding

GUIDANCE = "(mcgraph)"  # ends the names of sheets and columns that mcgraph itself adds: instructions, lists, findings


@dataclass(frozen=True, slots=True)
class RawTable:
    """One sheet or text file.

    `cells` holds string columns named `c0`, `c1`, … (null where a cell is empty); `rows` the spreadsheet
    row of each (header = row 1 when it stands first); `lines` the physical line of each for text files.
    `findings` are those of the file layer. `decoded` says how the bytes were read. For rows of documents `spec`
    names the mapping's table, and `places` has the file, the pointer `at` and one for each cell of every row.
    """

    file: str
    sheet: str
    headers: tuple[str, ...]
    cells: pl.DataFrame
    rows: pl.Series
    lines: pl.Series | None = None
    findings: tuple[Finding, ...] = ()
    decoded: str = ""
    spec: str = ""
    places: pl.DataFrame | None = None

    @property
    def height(self) -> int:
        """Data rows."""
        return self.cells.height

    @property
    def repeated(self) -> int:
        """Rows that repeat an earlier row to the letter."""
        # Where the first column, mostly an identifier, never repeats, no row does.
        if not self.height or (self.cells.width and self.cells.to_series(0).n_unique() == self.height):
            return 0
        return self.height - self.cells.hash_rows().n_unique()

    def has_cells(self, index: int) -> bool:
        """Whether any cell of the column `index` (from 0) is filled."""
        name = cell_name(index)
        return name in self.cells.columns and self.cells.get_column(name).null_count() < self.cells.height

    def first_cell(self, index: int) -> str:
        """The first filled cell of the column `index`, cut to a length that can be shown."""
        filled = self.cells.get_column(cell_name(index)).drop_nulls()
        return str(filled[0])[:60] if len(filled) else ""

    def source_table(self, name: str) -> SourceTable:
        """What a batch keeps of this table once its cells have become triples."""
        return SourceTable(
            file=self.file,
            sheet=self.sheet,
            headers=self.headers,
            rows=self.height,
            name=name,
            line=self.lines,
            row=self.rows if self.lines is not None else None,
            places=self.places,
        )


@dataclass(frozen=True, slots=True)
class CountedTable(RawTable):
    """A table that is read in slices: its rows are counted, not held."""

    rows_in_all: int = 0
    repeated_in_all: int = 0

    @property
    def height(self) -> int:
        """Data rows of all slices."""
        return self.rows_in_all

    @property
    def repeated(self) -> int:
        """Rows that repeat an earlier row to the letter, in whichever slice."""
        return self.repeated_in_all


def cell_name(index: int) -> str:
    """The name of the column `index` (from 0) in `RawTable.cells`."""
    return f"c{index}"


def without_empty_rows(
    cells: pl.DataFrame, rows: pl.Series, lines: pl.Series | None
) -> tuple[pl.DataFrame, pl.Series, pl.Series | None]:
    """Drop rows in which every cell is empty; the others keep their numbers."""
    if not cells.width:
        return cells, rows, lines
    full = cells.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
    if full.all():
        return cells, rows, lines
    return cells.filter(full), rows.filter(full), None if lines is None else lines.filter(full)


def row_numbers(first: int, count: int) -> pl.Series:
    """`count` consecutive row numbers from `first`."""
    return pl.int_range(first, first + count, eager=True, dtype=ROW).alias("row")
