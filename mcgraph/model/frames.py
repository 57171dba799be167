"""An answer as columns with types: a polars or pandas data frame, or a Parquet file.

A column becomes numbers, dates or truth values only where every bound cell of it is one; else it stays text, so that
no value is changed or lost on the way.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import XSD

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]
    import polars as pl

    from mcgraph.model.answer import Answer

WHOLE = frozenset(XSD + name for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger"))
FRACTIONAL = WHOLE | frozenset(XSD + name for name in ("decimal", "double", "float"))
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
# What fits into a column of 64-bit whole numbers.
_LARGEST = 2**63 - 1


def to_polars(answer: Answer) -> pl.DataFrame:
    """The rows as a polars data frame with typed columns; nothing bound is null."""
    import polars as pl

    return pl.DataFrame([_column(answer, i) for i in range(len(answer.columns))])


def _column(answer: Answer, i: int) -> pl.Series:
    import polars as pl

    cells = [row[i] for row in answer.rows]
    kinds = {row[i] for row in answer.types} - {""}
    dtype, read = _reading(kinds)
    try:
        values = [None if cell is None else read(cell) for cell in cells]
    except (ValueError, KeyError, OverflowError):
        # A cell that is not what its datatype says: the column stays as it is written.
        return pl.Series(answer.columns[i], cells, dtype=pl.String)
    return pl.Series(answer.columns[i], values, dtype=dtype)


def _reading(kinds: set[str]) -> tuple[Any, Callable[[str], Any]]:
    """The type of a column whose cells have these datatypes, and how a cell of it is read."""
    import polars as pl

    if not kinds:
        return pl.String, str
    if kinds <= WHOLE:
        return pl.Int64, _whole
    if kinds <= FRACTIONAL:
        return pl.Float64, _fraction
    if kinds == {XSD + "date"}:
        return pl.Date, datetime.date.fromisoformat
    if kinds == {XSD + "dateTime"}:
        return pl.Datetime("us", "UTC"), _moment
    if kinds == {XSD + "boolean"}:
        return pl.Boolean, _TRUTH.__getitem__
    return pl.String, str


def _plain(text: str) -> str:
    """`text`, unless Python would read more into it than XML Schema does (digit groups, digits of other scripts)."""
    if "_" in text or not text.isascii():
        raise ValueError(text)
    return text


def _fraction(text: str) -> float:
    return float(_plain(text))


def _whole(text: str) -> int:
    number = int(_plain(text))
    if abs(number) > _LARGEST:
        raise OverflowError(text)
    return number


def _moment(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    # A time without a zone is read as UTC, as SPARQL compares it.
    return (
        moment.replace(tzinfo=datetime.UTC) if moment.tzinfo is None else moment.astimezone(datetime.UTC)
    )


def to_pandas(answer: Answer) -> pandas.DataFrame:
    """The rows as a pandas data frame: whole numbers as Int64, dates as datetime64, the rest as objects.

    Raises `WrongUse` where pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise WrongUse("pandas is not installed", fix="Install it: pip install 'mcgraph[dataframe]'.") from None
    import polars as pl

    frame = {}
    for column in to_polars(answer).iter_columns():
        values = pandas.Series(column.to_list(), dtype=object)
        if column.dtype == pl.Int64:
            values = values.astype("Int64") if column.null_count() else values.astype("int64")
        elif column.dtype == pl.Float64:
            values = pandas.to_numeric(values)
        elif column.dtype in (pl.Date, pl.Datetime):
            # A day such as 9999-12-31 may not fit into what pandas holds: the column then keeps Python's dates.
            with suppress(pandas.errors.OutOfBoundsDatetime):
                values = pandas.to_datetime(values, utc=column.dtype != pl.Date)
        elif column.dtype == pl.Boolean and not column.null_count():
            values = values.astype(bool)
        frame[column.name] = values
    return pandas.DataFrame(frame, columns=list(answer.columns))


def write_parquet(answer: Answer, path: Path | BytesIO) -> None:
    """Write the rows as Parquet, with the query, parameters, coverage and snapshot as metadata of the file."""
    import json

    said = {f"mcgraph:{key}": json.dumps(value, ensure_ascii=False) for key, value in answer.envelope().items()}
    to_polars(answer).write_parquet(path, metadata=said)
