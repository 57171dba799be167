"""A response file + its codebook → one batch: the survey, its questions and options, responses and answers.

A response is attributed to its respondent's group; the respondent's identifier is kept only as a digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from mcgraph.errors import InputRefused
from mcgraph.limits import Limits
from mcgraph.model.batch import (
    LANG_STRING,
    PART_SCHEMA,
    RECORD_SCHEMA,
    ROW,
    STRING,
    Batch,
    Kind,
    TripleColumn,
)
from mcgraph.model.finding import Finding, Place
from mcgraph.model.namespaces import ID, MC, RDF_TYPE, XSD
from mcgraph.model.terms import fold, local_name, map_distinct
from mcgraph.model.vocabularies import vocabulary
from mcgraph.sources.matching import nearest_header
from mcgraph.sources.normalise import DECIMAL, normalise
from mcgraph.sources.rawtable import RawTable, cell_name
from mcgraph.sources.reading import read_tables
from mcgraph.survey.codebook import Codebook, Question, Text

_MOST_OUTSIDE = 1_000


def read_survey(
    files: Sequence[Path],
    codebook: Codebook,
    source: str,
    *,
    limits: Limits | None = None,
    open_answers: bool = False,
) -> Batch:
    """The batch of one survey wave. `open_answers` lets free text in, which may identify people.

    Raises `InputRefused` when none of the codebook's columns is in the file.
    """
    table = read_tables(files, limits or Limits.from_environment())[0]
    known = {question.column for question in codebook.questions} & set(table.headers)
    if not known:
        raise InputRefused(
            "the codebook and the file have no column in common",
            where=table.file,
            fix="Check that they belong together, and the column names in the codebook.",
        )
    return _SurveyBatch(table, codebook, source, open_answers).build()


class _SurveyBatch:
    """Collects the triple columns of one wave."""

    def __init__(self, table: RawTable, codebook: Codebook, source: str, open_answers: bool) -> None:
        self.table = table
        self.codebook = codebook
        self.source = source
        self.open_answers = open_answers
        self.base = f"{ID}{local_name(source)}/"
        self.columns: list[TripleColumn] = []
        self.findings: list[Finding] = list(table.findings)
        self.records: list[pl.DataFrame] = []
        self.parts: list[pl.DataFrame] = []
        self.rows = table.rows.cast(ROW).alias("row")

    def build(self) -> Batch:
        """The whole batch."""
        self._report_columns()
        survey = f"{self.base}survey/{local_name(self.codebook.survey)}"
        self._one(survey, RDF_TYPE, MC + "Survey")
        self._texts(survey, MC + "title", self.codebook.title)
        self._record([survey], "Survey", [self.codebook.survey], [1])
        responses = self._responses(survey)
        for question in self.codebook.questions:
            self._question(survey, question)
            if question.type != "open" or self.open_answers:
                self._answers(question, responses)
        return Batch(
            source=self.source,
            mapping=f"codebook:{self.codebook.survey}",
            tables=(self.table.source_table(self.codebook.survey),),
            columns=tuple(self.columns),
            records=pl.concat(self.records),
            parts=pl.concat(self.parts).unique(maintain_order=True) if self.parts else pl.DataFrame(schema=PART_SCHEMA),
            findings=tuple(self.findings),
            profile="survey",
        )

    def _report_columns(self) -> None:
        headers = list(self.table.headers)
        asked = {q.column for q in self.codebook.questions} | set(self.codebook.respondent.values())
        for name in sorted(asked - set(headers)):
            near = nearest_header(name, headers)
            self.findings.append(
                Finding(
                    code="HEAD-MISSING-001",
                    severity="error",
                    message=f"The column «{name}» of the codebook is missing",
                    where=Place(file=self.table.file, sheet=self.table.sheet),
                    expected=f"a column «{name}»",
                    found=f"«{near}»?" if near else ", ".join(headers[:8]),
                    fix=f"Rename the column to «{name}», or correct the codebook.",
                )
            )

    def _cell(self, header: str) -> tuple[pl.Series, int]:
        """The trimmed values of a column and its index; nulls where it is absent."""
        if header not in self.table.headers:
            return pl.Series([None] * self.table.height, dtype=pl.String), -1
        index = self.table.headers.index(header)
        values = self.table.cells.get_column(cell_name(index)).str.strip_chars()
        return pl.select(pl.when(values != "").then(values)).to_series(), index

    def _responses(self, survey: str) -> pl.Series:
        """One response per row, typed, with its group, country and weight; returns their IRIs."""
        who = self.codebook.respondent
        ids, _ = self._cell(who.get("id", ""))
        numbered = pl.select(pl.coalesce(ids, pl.lit("row ") + self.rows.cast(pl.String))).to_series()
        keys = map_distinct(numbered, lambda text: _digest(f"{self.codebook.survey}|{text}"))
        iris = pl.select(pl.lit(f"{self.base}response/{local_name(self.codebook.survey)}.") + keys).to_series()
        self._say(iris, RDF_TYPE, _same(MC + "Response", iris), "iri", -1)
        self._say(iris, MC + "responseTo", _same(survey, iris), "iri", -1)
        self._record(iris.to_list(), "Response", keys.to_list(), self.rows.to_list())
        self._groups(iris, *self._cell(who.get("group", "")))
        countries, column = self._cell(who.get("country", ""))
        self._resolved(iris, MC + "country", countries, vocabulary("country").find, column)
        weights, column = self._cell(who.get("weight", ""))
        self._say(iris, MC + "weight", normalise(weights, DECIMAL).values, "literal", column, XSD + "decimal")
        return iris

    def _groups(self, iris: pl.Series, stated: pl.Series, column: int) -> None:
        base = f"{self.base}respondent-group/"
        groups = map_distinct(stated, lambda text: base + fold(text))
        self._say(iris, MC + "respondentGroup", groups, "iri", column)
        for text in stated.drop_nulls().unique().sort().to_list():
            self._one(base + fold(text), RDF_TYPE, MC + "RespondentGroup")
            plain = {"en": text.replace("-", " ").replace("_", " ")}
            self._texts(base + fold(text), MC + "title", self.codebook.groups.get(text, plain))

    def _question(self, survey: str, question: Question) -> None:
        """The question itself, its text, theme and options."""
        iri = self._question_iri(question)
        self._one(survey, MC + "hasQuestion", iri)
        self._one(iri, RDF_TYPE, MC + "Question")
        self._one(iri, MC + "identifier", question.id, "literal")
        self._one(iri, MC + "questionType", question.type, "literal")
        if question.theme:
            self._one(iri, MC + "theme", question.theme, "literal")
        if question.claim:
            self._one(iri, MC + "statedAs", question.claim, "literal")
        self._texts(iri, MC + "questionText", question.text)
        self._record([iri], "Question", [question.id], [1])
        for code, text in question.options:
            option = self._option_iri(question, code)
            self._one(iri, MC + "answerOption", option)
            self._one(option, RDF_TYPE, MC + "AnswerOption")
            self._one(option, MC + "optionCode", code, "literal")
            self._texts(option, MC + "title", text)
            self.parts.append(pl.DataFrame({"node": [option], "record": [iri]}))

    def _answers(self, question: Question, responses: pl.Series) -> None:
        """An answer per response that gave one; a code outside the list stays text for the shape to report."""
        values, column = self._cell(question.column)
        missing = [code for code in question.missing if code]
        values = pl.select(pl.when(~values.is_in(missing)).then(values)).to_series() if missing else values
        answers = pl.select(responses + pl.lit(f"/answer/{local_name(question.id)}")).to_series()
        given = pl.DataFrame({"s": answers, "o": values, "r": responses, "row": self.rows}).drop_nulls()
        self._add(MC + "hasAnswer", "iri", given.select(s="r", o="s", row="row"), column)
        asked = pl.lit(self._question_iri(question)).alias("o")
        self._add(MC + "answersQuestion", "iri", given.select("s", asked, "row"), -1)
        self._add(RDF_TYPE, "iri", given.select("s", pl.lit(MC + "Answer").alias("o"), "row"), -1)
        self.parts.append(given.select(pl.col("s").alias("node"), pl.col("r").alias("record")))
        if question.type in ("numeric", "open"):
            done = normalise(given.get_column("o"), DECIMAL).values if question.type == "numeric" else given["o"]
            frame = given.select("s", done.alias("o"), "row")
            self._out_of_range(question, frame, column)
            datatype = XSD + "decimal" if question.type == "numeric" else STRING
            self._add(MC + "answerValue", "literal", frame, column, datatype)
            return
        if question.type == "multiple":
            parted = given.with_columns(pl.col("o").str.split(question.split)).explode("o")
            given = parted.with_columns(pl.col("o").str.strip_chars()).filter(pl.col("o") != "")
        codes = {code.casefold(): self._option_iri(question, code) for code, _ in question.options}
        labels = {text.casefold(): codes[code.casefold()] for code, ts in question.options for text in ts.values()}
        known = {**labels, **codes}
        found = map_distinct(given.get_column("o"), lambda text: known.get(text.casefold())).alias("found")
        both = given.with_columns(found)
        chosen = both.filter(pl.col("found").is_not_null()).select("s", o="found", row="row")
        self._add(MC + "chosenOption", "iri", chosen, column)
        unknown = both.filter(pl.col("found").is_null()).select("s", "o", "row")
        if len(unknown):
            self._add(MC + "chosenOption", "literal", unknown, column)

    def _out_of_range(self, question: Question, answers: pl.DataFrame, column: int) -> None:
        """CELL-RANGE-001: numbers outside what the codebook allows, up to a bound; the last one counts the rest."""
        low, high = question.minimum, question.maximum
        if low is None and high is None:
            return
        number = pl.col("o").cast(pl.Float64, strict=False)
        outside = (number < float(low) if low is not None else pl.lit(False)) | (
            number > float(high) if high is not None else pl.lit(False)
        )
        wrong = answers.filter(outside.fill_null(False))
        place = self.table.source_table(self.codebook.survey).place
        ends = f"at least {low}" if high is None else f"at most {high}" if low is None else f"between {low} and {high}"
        more = wrong.height - _MOST_OUTSIDE
        self.findings += [
            Finding(
                code="CELL-RANGE-001",
                severity="error",
                message="The number lies outside what the codebook allows",
                where=place(row, column),
                expected=f"a number {ends} {question.unit}".rstrip(),
                found=value,
                fix="Correct the answer, or leave it empty where it is not known.",
                affects=1 + max(0, more) if at == _MOST_OUTSIDE - 1 else 1,
            )
            for at, (value, row) in enumerate(wrong.select("o", "row").head(_MOST_OUTSIDE).rows())
        ]

    def _question_iri(self, question: Question) -> str:
        return f"{self.base}question/{local_name(self.codebook.survey)}.{local_name(question.id)}"

    def _option_iri(self, question: Question, code: str) -> str:
        return f"{self.base}option/{local_name(self.codebook.survey)}.{local_name(question.id)}.{local_name(code)}"

    def _record(self, iris: list[str], kind: str, ids: list[str], rows: list[int]) -> None:
        self.records.append(
            pl.DataFrame(
                {
                    "iri": iris,
                    "class": [MC + kind] * len(iris),
                    "id": ids,
                    "label": ids,
                    "table": [0] * len(iris),
                    "row": rows,
                },
                schema=RECORD_SCHEMA,
            )
        )

    def _resolved(self, iris: pl.Series, path: str, stated: pl.Series, find: object, column: int) -> None:
        found = map_distinct(stated, find) if callable(find) else stated
        self._say(iris, path, found, "iri", column)
        left = pl.select(pl.when(found.is_null()).then(stated)).to_series()
        if left.null_count() < len(left):
            self._say(iris, path, left, "literal", column)

    def _say(
        self,
        subject: pl.Series,
        path: str,
        values: pl.Series,
        kind: Kind,
        column: int,
        datatype: str = STRING,
    ) -> None:
        frame = pl.DataFrame({"s": subject, "o": values, "row": self.rows}).drop_nulls()
        self._add(path, kind, frame, column, datatype)

    def _one(self, subject: str, path: str, value: str, kind: Kind = "iri") -> None:
        self._add(path, kind, pl.DataFrame({"s": [subject], "o": [value], "row": [1]}), -1)

    def _texts(self, subject: str, path: str, texts: Text) -> None:
        for language, text in texts.items():
            frame = pl.DataFrame({"s": [subject], "o": [text], "row": [1]}).cast({"row": ROW})
            self.columns.append(TripleColumn(path, "literal", frame, LANG_STRING, language, 0, -1))

    def _add(self, path: str, kind: Kind, frame: pl.DataFrame, column: int, datatype: str = STRING) -> None:
        self.columns.append(TripleColumn(path, kind, frame.cast({"row": ROW}), datatype, table=0, column=column))


def _same(value: str, like: pl.Series) -> pl.Series:
    return pl.Series([value] * len(like), dtype=pl.String)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
