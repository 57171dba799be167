"""Findings as rows of text, made with columns: what CSV, workbooks and data frames show."""

from __future__ import annotations

import polars as pl

from mcgraph.model.batch import SourceTable
from mcgraph.model.finding import Finding, column_letters
from mcgraph.validation.findings import Findings

COLUMNS = (
    "file", "sheet", "row", "line", "column", "cell", "record", "label", "severity", "code", "message", "found",
    "expected", "suggestion", "safe", "fix", "source", "state", "group",
)  # fmt: skip


def told_rows(findings: Findings, most: int) -> pl.DataFrame:
    """The first `most` findings with `COLUMNS`: `row` and `line` numbers, `safe` true or false, the rest text."""
    head = findings.frame.head(most)
    frame = head if "group" in head.columns else head.with_columns(pl.lit(None, dtype=pl.Int32).alias("group"))
    frame = frame if "state" in frame.columns else frame.with_columns(pl.lit("new").alias("state"))
    numbered = frame.with_row_index("at")
    # Findings of readers, and those in documents, whose places are no cells, are told one at a time.
    documents = [at for at, table in enumerate(findings.tables) if getattr(table, "places", None) is not None]
    single = pl.col("given").is_not_null() | pl.col("table").is_in(documents)
    rows = _placed(numbered.filter(~single), findings)
    rows = _worded(_named(rows, findings), findings)
    ids = dict(enumerate(findings.group_ids))
    group = pl.col("group").replace_strict(ids, default=pl.col("code"), return_dtype=pl.String).alias("group")
    own = rows.with_columns(group).select("at", *COLUMNS)
    return pl.concat([own, _single_rows(numbered.filter(single), findings, own.schema)]).sort("at").drop("at")


def _placed(rows: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """File, sheet, header, cell and physical line, by table and column number."""
    tables = findings.tables
    files = {at: table.file for at, table in enumerate(tables)}
    sheets = {at: table.sheet for at, table in enumerate(tables)}
    spots = [(at, i, header, column_letters(i)) for at, t in enumerate(tables) for i, header in enumerate(t.headers)]
    schema = {"table": pl.Int32, "column": pl.Int32, "header": pl.String, "letters": pl.String}
    heads = pl.DataFrame(spots, schema=schema, orient="row")
    rows = rows.join(heads, on=["table", "column"], how="left", maintain_order="left")
    rows = rows.join(_lines(tables), on=["table", "row"], how="left", maintain_order="left")
    return rows.with_columns(
        pl.col("table").replace_strict(files, default="", return_dtype=pl.String).alias("file"),
        pl.col("table").replace_strict(sheets, default="", return_dtype=pl.String).alias("sheet"),
        pl.col("header").fill_null("").alias("column"),
        pl.concat_str("letters", pl.col("row").cast(pl.String)).fill_null("").alias("cell"),
    )


def _lines(tables: tuple[SourceTable, ...]) -> pl.DataFrame:
    """The physical line of each row of a text file."""
    empty = pl.DataFrame(schema={"table": pl.Int32, "row": pl.UInt32, "line": pl.UInt32})
    found = [
        pl.DataFrame({"table": pl.Series([at] * len(t.row), dtype=pl.Int32), "row": t.row, "line": t.line})
        for at, t in enumerate(tables)
        if t.row is not None and t.line is not None
    ]
    return pl.concat([empty, *(frame.cast(empty.schema) for frame in found)])


def _named(rows: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """The identifier (or IRI) and the title of each record."""
    wanted = rows.get_column("record").drop_nulls().unique().to_list()
    known = [(iri, findings.names.get(iri)) for iri in wanted]
    names = pl.DataFrame(
        [(iri, (ref.id or iri) if ref else iri, ref.label if ref else "") for iri, ref in known],
        schema={"record": pl.String, "name": pl.String, "label": pl.String}, orient="row",
    )  # fmt: skip
    joined = rows.join(names, on="record", how="left", maintain_order="left")
    return joined.with_columns(pl.col("name").fill_null("").alias("record"), pl.col("label").fill_null(""))


def _worded(rows: pl.DataFrame, findings: Findings) -> pl.DataFrame:
    """Message, expectation, fix and source by rule; suggestion by rule and value."""
    words = pl.DataFrame(
        [(*key, w.message, w.expected, w.fix, w.source) for key, w in findings.wording.items()],
        schema=dict.fromkeys(("code", "shape", "component", "message", "expected", "fix", "source"), pl.String),
        orient="row",
    )
    keys = ["code", "shape", "component"]
    rows = rows.with_columns(pl.col("shape", "component", "found").fill_null(""))
    rows = rows.join(words, on=keys, how="left", maintain_order="left")
    rows = rows.join(findings.suggestion_frame(), on=["code", "found"], how="left", maintain_order="left")
    said = pl.DataFrame({"own": findings.said}, schema={"own": pl.String}).with_row_index("said")
    rows = rows.join(said.cast({"said": pl.Int32}), on="said", how="left", maintain_order="left")
    return rows.with_columns(
        pl.coalesce("own", "message").alias("message"),
        pl.col("suggestion").fill_null(""),
        pl.col("safe").fill_null(False),
    )


def _single_rows(chosen: pl.DataFrame, findings: Findings, schema: pl.Schema) -> pl.DataFrame:
    rows = [
        (row["at"], *_texts(finding))
        for row, finding in zip(chosen.iter_rows(named=True), _each(findings, chosen), strict=True)
    ]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _each(findings: Findings, chosen: pl.DataFrame) -> list[Finding]:
    from dataclasses import replace

    return list(replace(findings, frame=chosen.drop("at")))


def _texts(f: Finding) -> tuple[object, ...]:
    where = f.where
    spot, record = where.cell or where.pointer or "", f.record.id or f.record.iri
    return (where.file, where.sheet, where.row, where.line, where.column, spot, record, f.record.label, f.severity,
            f.code, f.message, f.found, f.expected, f.suggestion, f.safe, f.fix, f.source, f.state,
            f.group)  # fmt: skip
