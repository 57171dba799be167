"""A report with as many findings as a test asks for, made without a file: the columns that a validation would give."""

from __future__ import annotations

import datetime

import polars as pl

from mcgraph.model.batch import Batch, SourceTable
from mcgraph.model.language import language
from mcgraph.validation.engine import RESULT_SCHEMA
from mcgraph.validation.findings import FINDING_SCHEMA, Findings, Wording
from mcgraph.validation.groups import grouped
from mcgraph.validation.report import Report, Run

DATATYPE = "http://www.w3.org/ns/shacl#DatatypeConstraintComponent"


def report_of(
    count: int, *, value: str = "value {n}", codes: int = 3, columns: int = 4, lang: str = "en"
) -> tuple[Report, Batch]:
    """A report of `count` findings of `codes` rules in `columns` columns; `{n}` in `value` is the number of the row."""
    number = pl.int_range(count, dtype=pl.UInt32)
    before, _, after = value.partition("{n}")
    found = pl.concat_str(pl.lit(before), number.cast(pl.String), pl.lit(after)) if "{n}" in value else pl.lit(value)
    frame = pl.select(
        pl.concat_str(pl.lit("CRD-X-00"), (number % codes).cast(pl.String)).alias("code"),
        pl.lit("error").alias("severity"), pl.lit("violation").alias("verdict"),
        pl.lit(0, dtype=pl.Int32).alias("table"), (number + 2).alias("row"),
        (number % columns).cast(pl.Int32).alias("column"),
        pl.concat_str(pl.lit("https://example.org/id/"), number.cast(pl.String)).alias("record"),
        pl.lit("mc:x").alias("path"), found.alias("found"), pl.lit("https://example.org/shape").alias("shape"),
        pl.lit(DATATYPE).alias("component"), pl.lit(1, dtype=pl.UInt32).alias("affects"),
        pl.lit(None, dtype=pl.Int32).alias("given"), pl.lit(None, dtype=pl.Int32).alias("said"),
    ).cast(FINDING_SCHEMA)  # fmt: skip
    tables = (SourceTable("big.csv", "", tuple(f"column_{i}" for i in range(columns)), count),)
    names = [f"CRD-X-00{i}" for i in range(codes)]
    words = {(c, "https://example.org/shape", DATATYPE): Wording(f"Wrong {c}", "Mend it.", "a number") for c in names}
    findings = Findings(frame, tables, (), words, {}, {}, "test", lang=language(lang))
    told, groups = grouped(findings, {code: (f"Wrong {code}", "Because.", "Mend it.") for code in names})
    run = Run("test", "Test", "1", datetime.date(2026, 11, 24), lang, 1.0, 1)
    empty = frame.get_column("record").head(0).alias("iri")
    report = Report(told, groups, {"Credential": count}, {}, empty, count, run, pl.DataFrame(schema=RESULT_SCHEMA))
    return report, Batch("test", "template", tables, ())
