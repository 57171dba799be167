"""From results to findings: which record, which row, which column."""

from __future__ import annotations

import polars as pl

from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import RDF_TYPE, expand
from mcgraph.validation.data import DataGraph

_TYPE_ERRORS = ("Datatype", "NodeKind", "Class", "In")
_CELL = ["table", "row", "column"]


def located(batch: Batch, data: DataGraph, results: pl.DataFrame) -> pl.DataFrame:
    """`results` (`focus`, `path`, `tc`, `row`) with `table`, `row`, `column` and `record`.

    A value stands in the cell it came from; what is missing, in the row of its record and the column that
    would hold it.
    """
    cells = pl.DataFrame(
        [(i, c.table, c.column) for i, c in enumerate(batch.columns)],
        schema={"tc": pl.Int32, "table": pl.Int32, "column": pl.Int32},
        orient="row",
    )
    rows = results.join(cells, on="tc", how="left", maintain_order="left").with_columns(
        pl.col("table").fill_null(-1), pl.col("column").fill_null(-1)
    )
    homes = _homes(batch, data, rows.get_column("focus").unique())
    rows = rows.join(homes, on="focus", how="left", maintain_order="left").with_columns(
        pl.coalesce("record", "focus").alias("record")
    )
    homeless = (pl.col("row").is_null()) | (pl.col("table") < 0)
    rows = rows.with_columns(
        pl.when(homeless).then(pl.col("home_table")).otherwise(pl.col("table")).fill_null(-1).alias("table"),
        pl.when(homeless).then(pl.col("home_row")).otherwise(pl.col("row")).alias("row"),
    )
    rows = rows.join(_columns_of(batch, rows), on=["path", "table"], how="left", maintain_order="left")
    return rows.with_columns(
        pl.when(pl.col("column") < 0)
        .then(pl.col("own_column"))
        .otherwise(pl.col("column"))
        .fill_null(-1)
        .alias("column")
    ).drop("own_column", "home_table", "home_row")


def _homes(batch: Batch, data: DataGraph, focus: pl.Series) -> pl.DataFrame:
    """Per focus node its record and the row where it stands first."""
    wanted = pl.DataFrame({"focus": focus})
    owners = batch.parts.select(pl.col("node").alias("focus"), "record")
    owners = owners.join(wanted, on="focus", how="semi").unique("focus", keep="first", maintain_order=True)
    records = batch.records.select(
        pl.col("iri").alias("record"), pl.col("table").cast(pl.Int32).alias("home_table"),
        pl.col("row").alias("home_row"),
    )  # fmt: skip
    homes = wanted.join(owners, on="focus", how="left").with_columns(pl.coalesce("record", "focus").alias("record"))
    # Few of all records have findings: only theirs are made distinct.
    records = records.join(homes, on="record", how="semi", maintain_order="left")
    homes = homes.join(records.unique("record", keep="first", maintain_order=True), on="record", how="left")
    return _own_rows(batch, data, homes)


def _own_rows(batch: Batch, data: DataGraph, homes: pl.DataFrame) -> pl.DataFrame:
    """A part stands in its own row where the batch says which one types it."""
    tables = {i: c.table for i, c in enumerate(batch.columns)}
    typed = (
        data.edges(RDF_TYPE)
        .join(homes.select(pl.col("focus").alias("s")), on="s", how="semi")
        .filter(pl.col("row").is_not_null())
        .select(
            pl.col("s").alias("focus"),
            pl.col("tc").replace_strict(tables, default=-1, return_dtype=pl.Int32).alias("own_table"),
            pl.col("row").alias("own_row"),
        )
        .unique("focus", keep="first", maintain_order=True)
    )
    joined = homes.join(typed, on="focus", how="left")
    is_part = (pl.col("record") != pl.col("focus")) | pl.col("home_row").is_null()
    use = is_part & pl.col("own_row").is_not_null()
    return joined.with_columns(
        pl.when(use).then("own_table").otherwise("home_table").alias("home_table"),
        pl.when(use).then("own_row").otherwise("home_row").alias("home_row"),
    ).drop("own_table", "own_row")


def _columns_of(batch: Batch, rows: pl.DataFrame) -> pl.DataFrame:
    """For every path in use and table the first source column that feeds one of its properties."""
    found = []
    for path in rows.get_column("path").drop_nulls().unique().sort():
        wanted = [_full(name) for name in path.replace("^", "").replace("/", "|").split("|")]
        seen: set[int] = set()
        for predicate in wanted:
            for column in batch.with_predicate(predicate):
                if column.column >= 0 and column.table not in seen:
                    seen.add(column.table)
                    found.append((path, column.table, column.column))
    return pl.DataFrame(found, schema={"path": pl.String, "table": pl.Int32, "own_column": pl.Int32}, orient="row")


def _full(name: str) -> str:
    try:
        return expand(name.strip("()*+?"))
    except KeyError:
        return name


def without_echoes(frame: pl.DataFrame) -> pl.DataFrame:
    """For people: one finding per code and value in a cell, and none that only follows from a type error there.

    Where data has no cells, the value of a property of a record stands for the cell.
    """
    known = frame.unique(["code", *_CELL, "record", "found", "given", "said"], keep="first", maintain_order=True)
    is_type = pl.col("component").str.contains(rf"#(?:{'|'.join(_TYPE_ERRORS)})Constraint") | pl.col(
        "code"
    ).str.starts_with("CELL-")
    in_cell = (pl.col("column") >= 0) & pl.col("row").is_not_null()
    spot = pl.when(in_cell).then(pl.concat_str(_CELL, separator=" ")).when(pl.col("found") != "").then(
        pl.concat_str(pl.lit("-"), "record", "path", "found", separator=" ")
    )  # fmt: skip
    spotted = known.with_columns(spot.alias("spot"))
    broken = spotted.filter(is_type).select("spot").drop_nulls().unique()
    echo = spotted.filter(~is_type & ~pl.col("code").str.starts_with("REF-"))
    dropped = echo.join(broken, on="spot", how="semi").select("at")
    return known.join(dropped, on="at", how="anti", maintain_order="left")
