"""Column names that do not stand in the first row: a title or a line of groups stands above them."""

from __future__ import annotations

import polars as pl

from mcgraph.model.finding import Finding, Place

_LOOKED_AT = 10
_DIGIT_FIRST = r"^[\s(+-]*\d"


def names_lower_down(table: Place, names: tuple[str, ...], cells: pl.DataFrame, rows: pl.Series) -> list[Finding]:
    """HEAD-ROW-001 where the first row names few columns and a row soon after it looks like the names.

    Such a row fills at least three cells, at least twice as many as the first row, each with a different text that
    does not begin with a digit. `cells` and `rows` are those of a `RawTable`; `table` is its file and sheet.
    """
    named = sum(bool(name) for name in names)
    found: dict[int, pl.Series] = {}
    for at in range(min(_LOOKED_AT, cells.height)):
        texts = pl.Series([text for text in cells.row(at) if text is not None and text.strip()], dtype=pl.String)
        if len(texts) < max(3, 2 * named) or texts.n_unique() < len(texts) or texts.str.contains(_DIGIT_FIRST).any():
            continue
        found[at] = texts
    if not found:
        return []
    # A line of groups looks like names too; the names below it are more.
    at = max(found, key=lambda one: (len(found[one]), -one))
    return [
        Finding(
            code="HEAD-ROW-001",
            severity="error",
            message=f"The column names seem to stand in row {rows[at]}, not in the first row with text",
            where=Place(file=table.file, sheet=table.sheet, row=int(rows[at])),
            expected="column names in row 1, data below them",
            found=", ".join(found[at].head(8).to_list()),
            fix="Delete the rows above the column names, so that they stand in row 1.",
        )
    ]
