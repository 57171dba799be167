"""Several profiles over one submission: which record passes which, and the smallest change for the rest.

The submission is read and mapped once; every profile runs over the same batch. A record passes a profile when it
is of the kind that the profile is about and has no error under it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from mcgraph.limits import Limits
from mcgraph.model.batch import Batch
from mcgraph.validation import catalogue
from mcgraph.validation.context import Graph
from mcgraph.validation.data import DataGraph
from mcgraph.validation.matrix_text import render, said
from mcgraph.validation.report import Report
from mcgraph.validation.run import superclasses, validate

NEED_SCHEMA = {"record": pl.String, "code": pl.String, "field": pl.String}
_MOST_STEPS = 12  # fields of the way to full conformance that are told
_MOST_NEEDS = 50  # codes of one profile that are told


@dataclass(frozen=True, slots=True)
class Need:
    """What records lack for a profile: a code, the field it stands in, and how many records it concerns."""

    code: str
    field: str
    records: int
    message: str
    fix: str

    def to_json(self) -> dict[str, Any]:
        """The published form."""
        return {"code": self.code, "field": self.field, "records": self.records, "message": self.message,
                "fix": self.fix}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One field of the smallest change: once it and the fields before it are right, `passing` records pass."""

    field: str
    codes: tuple[str, ...]
    concerned: int
    gained: int
    passing: int

    def to_json(self) -> dict[str, Any]:
        """The published form."""
        return {"field": self.field, "codes": list(self.codes), "records": self.concerned, "gained": self.gained,
                "passing": self.passing}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProfileResult:
    """One profile's column of the matrix.

    `read` are the records of its kind, `passed` those without an error; `verdict` is its sentence on the
    submission. `lacking` holds one row per record, code and field (`NEED_SCHEMA`).
    """

    name: str
    title: str
    version: str
    verdict: str
    conforms: bool
    exit_code: int
    read: int
    passed: int
    needs: tuple[Need, ...]
    steps: tuple[Step, ...]
    lacking: pl.DataFrame

    @property
    def failed(self) -> int:
        """How many of its records have an error."""
        return self.read - self.passed


@dataclass(frozen=True, slots=True)
class Matrix:
    """The result: a column per profile and `records`, one row per record that some profile is about.

    `records` has `iri`, `id`, `label` and a column per profile: true (passes), false (does not), or null where
    the profile is about another kind of record.
    """

    profiles: tuple[ProfileResult, ...]
    records: pl.DataFrame
    date: datetime.date
    lang: str
    files: tuple[str, ...] = ()

    def exit_code(self) -> int:
        """5 where no profile found anything to check, 1 where one has findings that count, else 0."""
        codes = [one.exit_code for one in self.profiles]
        return 5 if all(code == 5 for code in codes) else max((code for code in codes if code != 5), default=0)

    def result(self, name: str) -> ProfileResult:
        """The column of one profile. Raises `KeyError` for another name."""
        return {one.name: one for one in self.profiles}[name]

    def missing(self, profile: str, iris: pl.Series) -> dict[str, list[tuple[str, str]]]:
        """The smallest change per record under one profile: (code, field), in order of the fields."""
        found: dict[str, list[tuple[str, str]]] = {}
        mine = self.result(profile).lacking.filter(pl.col("record").is_in(iris.implode()))
        for record, code, field in mine.sort("field", "code").iter_rows():
            found.setdefault(record, []).append((code, field))
        return found

    def shown(self, limit: int) -> pl.DataFrame:
        """At most `limit` records, those that fail most profiles first."""
        names = [one.name for one in self.profiles]
        fails = pl.sum_horizontal(pl.col(name).eq(False).fill_null(False) for name in names)
        ranked = self.records.with_columns(fails.alias("fails")).sort("fails", descending=True, maintain_order=True)
        return ranked.drop("fails").head(limit)

    def to_text(self, width: int = 100) -> str:
        """The matrix for a terminal."""
        return render(self, width)

    def to_json(self, *, limits: Limits | None = None) -> dict[str, Any]:
        """One document; records are capped (`matrix_records`), counts are true."""
        most = (limits or Limits()).matrix_records
        shown = self.shown(most)
        lacking = {one.name: self.missing(one.name, shown.get_column("iri")) for one in self.profiles}
        return {
            "profiles": [_profile_json(one) for one in self.profiles],
            "records": [_record_json(row, lacking) for row in shown.iter_rows(named=True)],
            "total_records": self.records.height,
            "truncated": shown.height < self.records.height,
            "date": self.date.isoformat(),
            "lang": self.lang,
            "files": list(self.files),
        }


def _record_json(row: dict[str, Any], lacking: dict[str, dict[str, list[tuple[str, str]]]]) -> dict[str, Any]:
    verdicts = {
        name: {"passes": row[name], "missing": [{"code": c, "field": f} for c, f in of.get(row["iri"], [])]}
        for name, of in lacking.items()
    }
    return {"id": row["id"], "label": row["label"], "iri": row["iri"], "profiles": verdicts}


def _profile_json(one: ProfileResult) -> dict[str, Any]:
    return {
        "name": one.name, "title": one.title, "version": one.version, "conforms": one.conforms,
        "verdict": one.verdict, "records": {"read": one.read, "passed": one.passed, "failed": one.failed},
        "missing": [need.to_json() for need in one.needs], "smallest_change": [step.to_json() for step in one.steps],
    }  # fmt: skip


def validate_profiles(
    batch: Batch,
    profiles: Sequence[str],
    *,
    date: datetime.date,
    context: Graph | None = None,
    lang: str = "en",
    fail_on: str = "error",
) -> Matrix:
    """Every profile over one batch. Raises what `validate` raises: `WrongUse`, `RuleBroken`."""
    names = list(dict.fromkeys(catalogue.aliases().get(name, name) for name in profiles))
    data = DataGraph(batch.columns, superclasses())
    results: list[ProfileResult] = []
    verdicts: list[pl.DataFrame] = []
    for name in names:
        report = validate(batch, profile=name, date=date, context=context, lang=lang)
        subjects = _subjects(batch, data, name)
        column = _column_name(report.run.profile, [one.name for one in results])
        result = _result(batch, report, subjects, column, fail_on)
        results.append(result)
        failing = result.lacking.select(pl.col("record").alias("iri"), pl.lit(False).alias("passes")).unique()
        passing = subjects.to_frame("iri").join(failing, on="iri", how="left", maintain_order="left")
        verdicts.append(passing.with_columns(pl.col("passes").fill_null(True).alias(result.name)).drop("passes"))
    files = tuple(sorted({table.file for table in batch.tables}))
    return Matrix(tuple(results), _joined(batch, verdicts), date, lang, files)


def _column_name(name: str, taken: list[str]) -> str:
    """A name of its own for each column: two shapes files may have one name in different folders."""
    used = {*taken, "iri", "id", "label"}
    return next(text for text in (name, *(f"{name}-{n}" for n in range(2, len(used) + 3))) if text not in used)


def _joined(batch: Batch, verdicts: list[pl.DataFrame]) -> pl.DataFrame:
    """The verdicts side by side, in the order of the records of the submission."""
    named = batch.records.select("iri", "id", "label").unique("iri", keep="first", maintain_order=True)
    every = pl.concat([one.select("iri") for one in verdicts]).unique(maintain_order=True)
    joined = named.join(every, on="iri", how="semi", maintain_order="left")
    strangers = every.join(named, on="iri", how="anti", maintain_order="left")
    blank = strangers.with_columns(pl.lit("").alias("id"), pl.lit("").alias("label"))
    joined = pl.concat([joined, blank])
    for one in verdicts:
        joined = joined.join(one, on="iri", how="left", maintain_order="left")
    return joined


def _subjects(batch: Batch, data: DataGraph, name: str) -> pl.Series:
    """The records that a profile is about: those of its main classes, or all where it names none."""
    classes = catalogue.profile(name).main_classes
    if not classes:
        return batch.records.get_column("iri").unique(maintain_order=True)
    found = [data.instances(cls).get_column("v") for cls in classes]
    return pl.concat(found).unique(maintain_order=True)


def _result(batch: Batch, report: Report, subjects: pl.Series, name: str, fail_on: str) -> ProfileResult:
    lacking = lacking_of(batch, report).filter(pl.col("record").is_in(subjects.implode()))
    passed = len(subjects) - lacking.get_column("record").n_unique()
    texts = {group.code: (group.cause, group.fix) for group in report.groups}
    return ProfileResult(
        name=name,
        title=report.run.profile_title or report.run.profile,
        version=report.run.profile_version,
        verdict=report.verdict() if len(subjects) else said("none", report.run.lang),
        conforms=report.conforms,
        exit_code=report.exit_code(fail_on) if len(subjects) else 5,
        read=len(subjects),
        passed=passed,
        needs=_needs(lacking, texts),
        steps=smallest_change(lacking, passed),
        lacking=lacking,
    )


def lacking_of(batch: Batch, report: Report) -> pl.DataFrame:
    """One row per record, code and field with an error (`NEED_SCHEMA`).

    The field is the column of the submission where there is one, else what the rule calls it. An error in a row
    that names no record counts for the records of that row.
    """
    errors = report.findings.frame.filter(pl.col("severity") == "error")
    places = batch.records.select(
        pl.col("iri"), pl.col("table").cast(pl.Int32), pl.col("row").cast(pl.UInt32)
    ).unique(maintain_order=True)
    known = errors.join(places.select(pl.col("iri").alias("record")).unique(), on="record", how="semi")
    loose = errors.join(known.select("record").unique(), on="record", how="anti").filter(pl.col("row").is_not_null())
    owned = loose.drop("record").join(places.rename({"iri": "record"}), on=["table", "row"])
    columns = ["record", "code", "table", "column", "path"]
    both = pl.concat([known.select(columns), owned.select(columns)])
    named = both.join(_headers(batch), on=["table", "column"], how="left", maintain_order="left")
    say = report.lang
    names = {code: say.rule(code, "name", rule.name.by_language) for code, rule in catalogue.rules().items()}
    called = pl.col("code").replace_strict(names, default=None, return_dtype=pl.String)
    # What another record says of this one stands in no column of its row.
    header = pl.when(~pl.col("path").str.contains("^", literal=True)).then("header")
    field = pl.coalesce(header, called, pl.when(pl.col("path") != "").then("path"), "code").alias("field")
    return named.select("record", "code", field).unique(maintain_order=True)


def _headers(batch: Batch) -> pl.DataFrame:
    """The name of each column: its sheet or table, and its header."""
    rows = [
        (index, position, f"{table.sheet or table.name}.{header}".strip("."))
        for index, table in enumerate(batch.tables)
        for position, header in enumerate(table.headers)
    ]
    return pl.DataFrame(rows, schema={"table": pl.Int32, "column": pl.Int32, "header": pl.String}, orient="row")


def _needs(lacking: pl.DataFrame, texts: dict[str, tuple[str, str]]) -> tuple[Need, ...]:
    counted = (
        lacking.group_by("code", "field").agg(pl.col("record").n_unique().alias("records"))
        .sort("records", "code", "field", descending=[True, False, False])
    )  # fmt: skip
    return tuple(
        Need(code, field, records, *texts.get(code, (code, "")))
        for code, field, records in counted.head(_MOST_NEEDS).iter_rows()
    )


def smallest_change(lacking: pl.DataFrame, passed: int) -> tuple[Step, ...]:
    """The fields to put right, the one that makes most records pass first, each given those before it.

    Greedy: records with the same set of fields are one pattern, so the work grows with patterns, not records.
    Where no single field makes a record pass, the one that brings most records nearest goes first.
    """
    if lacking.is_empty():
        return ()
    sets = lacking.group_by("record").agg(pl.col("field").unique().sort().alias("fields"))
    patterns = [(set(fields), count) for fields, count in sets.group_by("fields").len("count").iter_rows()]
    codes = dict(lacking.group_by("field").agg(pl.col("code").unique().sort()).iter_rows())
    steps: list[Step] = []
    while patterns and len(steps) < _MOST_STEPS:
        field = _best(patterns)
        concerned = sum(count for fields, count in patterns if field in fields)
        patterns = [(fields - {field}, count) for fields, count in patterns]
        gained = sum(count for fields, count in patterns if not fields)
        patterns = [(fields, count) for fields, count in patterns if fields]
        passed += gained
        steps.append(Step(field, tuple(codes[field]), concerned, gained, passed))
    return tuple(steps)


def _best(patterns: Iterable[tuple[set[str], int]]) -> str:
    gained: dict[str, int] = {}
    nearer: dict[str, float] = {}
    for fields, count in patterns:
        for field in fields:
            gained[field] = gained.get(field, 0) + (count if len(fields) == 1 else 0)
            nearer[field] = nearer.get(field, 0.0) + count / len(fields)
    return min(gained, key=lambda field: (-gained[field], -nearer[field], field))
