"""A response file + its codebook → one batch: the survey, its questions and options, responses and answers.

A response is attributed to its respondent's group; the respondent's identifier is kept only as a digest. Questions and
options follow the patterns of DDI's Disco vocabulary (<http://rdf-vocabulary.ddialliance.org/discovery>): a
questionnaire with questions whose response domain is a SKOS scheme of codes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

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
from mcgraph.model.finding import Finding
from mcgraph.model.namespaces import ID, MC, RDF_TYPE, SKOS, XSD
from mcgraph.model.terms import fold, local_name, map_distinct
from mcgraph.model.vocabularies import vocabulary
from mcgraph.sources.normalise import DECIMAL, normalise
from mcgraph.sources.personal import is_personal
from mcgraph.survey import faults
from mcgraph.survey.codebook import Codebook, Question, Text
from mcgraph.survey.given import Given, read_given
from mcgraph.survey.response_sheet import ResponseSheet, missing_columns, read_sheet

DISCO = "http://rdf-vocabulary.ddialliance.org/discovery#"


def read_survey(
    files: Sequence[Path],
    codebook: Codebook,
    source: str,
    *,
    limits: Limits | None = None,
    open_answers: bool = False,
    personal: bool = False,
) -> Batch:
    """The batch of one survey wave.

    `open_answers` lets free text in, which may identify people; `personal` the answers to questions that are marked so
    or whose column announces personal data. Raises `InputRefused` when none of the codebook's columns is in the file.
    """
    sheet = read_sheet(files, codebook.names, limits)
    return _SurveyBatch(sheet, codebook, source, open_answers, personal).build()


def survey_iri(source: str, survey: str) -> str:
    """The IRI of a survey of a source."""
    return f"{ID}{local_name(source)}/survey/{local_name(survey)}"


def response_iri(source: str, survey: str, respondent: str) -> str:
    """The IRI of a response: of a digest of the respondent's identifier, or of `row N` where there is none."""
    digest = _digest(f"{survey}|{respondent}")
    return f"{ID}{local_name(source)}/response/{local_name(survey)}.{digest}"


class _SurveyBatch:
    """Collects the triple columns of one wave."""

    def __init__(
        self, sheet: ResponseSheet, codebook: Codebook, source: str, open_answers: bool, personal: bool
    ) -> None:
        self.sheet = sheet
        self.table = sheet.table
        self.codebook = codebook
        self.source = source
        self.open_answers = open_answers
        self.personal = personal
        self.base = f"{ID}{local_name(source)}/"
        self.columns: list[TripleColumn] = []
        self.findings: list[Finding] = [*sheet.table.findings, *missing_columns(sheet, codebook)]
        self.records: list[pl.DataFrame] = []
        self.parts: list[pl.DataFrame] = []
        self.rows = self.table.rows.cast(ROW).alias("row")

    def build(self) -> Batch:
        """The whole batch."""
        survey = survey_iri(self.source, self.codebook.survey)
        self._one(survey, RDF_TYPE, MC + "Survey")
        self._one(survey, RDF_TYPE, DISCO + "Questionnaire")
        self._texts(survey, MC + "title", self.codebook.title)
        self._record([survey], "Survey", [self.codebook.survey], [1])
        responses = self._responses(survey)
        for at, question in enumerate(self.codebook.parts(), start=1):
            self._question(survey, question)
            self._position(self._question_iri(question.id), at)
            if self._is_kept(question):
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

    def _is_kept(self, question: Question) -> bool:
        """Whether the answers may enter the graph."""
        if question.personal or any(is_personal(header) for header in question.headers()):
            return self.personal
        return question.type != "open" or self.open_answers

    def _cell(self, role: str) -> tuple[pl.Series, int]:
        """The trimmed values of a role's column and its index; nulls where it is absent."""
        index = self.sheet.find(self.codebook.respondent.get(role, ""))
        return self.sheet.values(index), index

    def _responses(self, survey: str) -> pl.Series:
        """One response per row, typed, with its group, country and weight; returns their IRIs."""
        ids, _ = self._cell("id")
        numbered = pl.select(pl.coalesce(ids, pl.lit("row ") + self.rows.cast(pl.String))).to_series()
        keys = map_distinct(numbered, lambda text: _digest(f"{self.codebook.survey}|{text}"))
        iris = pl.select(pl.lit(f"{self.base}response/{local_name(self.codebook.survey)}.") + keys).to_series()
        self._say(iris, RDF_TYPE, _same(MC + "Response", iris), "iri", -1)
        self._say(iris, MC + "responseTo", _same(survey, iris), "iri", -1)
        self._record(iris.to_list(), "Response", keys.to_list(), self.rows.to_list())
        self._groups(iris, *self._cell("group"))
        countries, column = self._cell("country")
        self._resolved(iris, MC + "country", countries, vocabulary("country").find, column)
        weights, column = self._cell("weight")
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
        """The question itself, its text, theme, routing and options."""
        iri = self._question_iri(question.id)
        self._one(survey, MC + "hasQuestion", iri)
        self._one(survey, DISCO + "question", iri)
        self._one(iri, RDF_TYPE, MC + "Question")
        self._one(iri, RDF_TYPE, DISCO + "Question")
        self._one(iri, MC + "identifier", question.id, "literal")
        self._one(iri, MC + "questionType", question.type, "literal")
        if question.theme:
            self._one(iri, MC + "theme", question.theme, "literal")
        if question.claim:
            self._one(iri, MC + "statedAs", question.claim, "literal")
        self._texts(iri, MC + "questionText", question.text)
        self._texts(iri, DISCO + "questionText", question.text)
        self._record([iri], "Question", [question.id], [1])
        for gate, codes in question.asked_if:
            for code in codes:
                self._one(iri, MC + "askedIf", self._option_iri(gate, code))
        if question.options:
            self._options(iri, question)

    def _options(self, iri: str, question: Question) -> None:
        """The options, as what mcgraph asks by and as a scheme of codes."""
        scheme = f"{self.base}options/{local_name(self.codebook.survey)}.{local_name(question.id)}"
        self._one(scheme, RDF_TYPE, SKOS + "ConceptScheme")
        self._one(iri, DISCO + "responseDomain", scheme)
        self.parts.append(pl.DataFrame({"node": [scheme], "record": [iri]}))
        for at, (code, text) in enumerate(question.options, start=1):
            option = self._option_iri(question.id, code)
            self._position(option, at)
            self._one(iri, MC + "answerOption", option)
            self._one(option, RDF_TYPE, MC + "AnswerOption")
            self._one(option, RDF_TYPE, SKOS + "Concept")
            self._one(option, SKOS + "inScheme", scheme)
            self._one(option, SKOS + "notation", code, "literal")
            self._one(option, MC + "optionCode", code, "literal")
            self._texts(option, MC + "title", text)
            self._texts(option, SKOS + "prefLabel", text)
            self.parts.append(pl.DataFrame({"node": [option], "record": [iri]}))

    def _answers(self, question: Question, responses: pl.Series) -> None:
        """An answer per response that gave one; a code outside the list stays text for the shape to report."""
        given = read_given(question, self.sheet)
        twice = given.twice()
        self.findings += faults.twice(given, twice, self._report)
        self.findings += faults.past_routing(given, self._asked(question), self._report)
        who = pl.DataFrame(
            {
                "at": pl.int_range(len(responses), dtype=pl.UInt32, eager=True),
                "s": pl.select(responses + pl.lit(f"/answer/{local_name(question.id)}")).to_series(),
                "r": responses,
                "row": self.rows,
            }
        )
        # Whoever answered a single choice twice gave no answer that can be kept; the finding says so.
        said = who.filter(~given.blank & ~pl.col("at").is_in(twice.get_column("at").implode()))
        frame = given.frame.join(said, on="at", how="inner", maintain_order="left")
        columns = frame.get_column("column").unique(maintain_order=True).to_list()
        column = columns[0] if len(columns) == 1 else -1
        self._add(MC + "hasAnswer", "iri", said.select(s="r", o="s", row="row"), column)
        asked = pl.lit(self._question_iri(question.id)).alias("o")
        self._add(MC + "answersQuestion", "iri", said.select("s", asked, "row"), -1)
        self._add(RDF_TYPE, "iri", said.select("s", pl.lit(MC + "Answer").alias("o"), "row"), -1)
        self.parts.append(said.select(pl.col("s").alias("node"), pl.col("r").alias("record")))
        if question.type in ("numeric", "open"):
            self._values(question, frame, column)
            return
        codes = {code: self._option_iri(question.id, code) for code in question.codes}
        frame = frame.with_columns(map_distinct(frame.get_column("code"), codes.get).alias("o"))
        for one in columns:
            mine = frame.filter(pl.col("column") == one)
            self._add(MC + "chosenOption", "iri", mine.drop_nulls("o").select("s", "o", "row"), one)
            unknown = mine.filter(pl.col("o").is_null()).select("s", pl.col("text").alias("o"), "row")
            if len(unknown):
                self._add(MC + "chosenOption", "literal", unknown, one)

    def _values(self, question: Question, frame: pl.DataFrame, column: int) -> None:
        """Numbers as decimals, those out of range reported; texts as they are."""
        texts = frame.get_column("text")
        done = normalise(texts, DECIMAL).values if question.type == "numeric" else texts
        datatype = XSD + "decimal" if question.type == "numeric" else STRING
        said = frame.select("at", "s", done.alias("o"), "row")
        self.findings += faults.out_of_range(question, said, column, self._report)
        self._add(MC + "answerValue", "literal", said.select("s", "o", "row"), column, datatype)

    def _asked(self, question: Question) -> pl.Series:
        """Which responses the routing leads to the question."""
        asked = pl.Series([True] * self.sheet.height, dtype=pl.Boolean)
        for gate, codes in question.asked_if:
            (asking,) = (one for one in self.codebook.questions if one.id == gate)
            led = self._led(read_given(asking, self.sheet), codes)
            asked = asked & led & self._asked(asking)
        return asked

    def _led(self, given: Given, codes: Sequence[str]) -> pl.Series:
        at = given.frame.filter(pl.col("code").is_in(list(codes))).get_column("at")
        return pl.int_range(self.sheet.height, dtype=pl.UInt32, eager=True).is_in(at.implode())

    def _report(self, code: str, at: int, where: str | int, found: str, expected: str) -> Finding:
        index = where if isinstance(where, int) else self.sheet.find(where)
        return faults.finding(code, self.sheet.place(at, index), found, expected)

    def _question_iri(self, question: str) -> str:
        return f"{self.base}question/{local_name(self.codebook.survey)}.{local_name(question)}"

    def _option_iri(self, question: str, code: str) -> str:
        return f"{self.base}option/{local_name(self.codebook.survey)}.{local_name(question)}.{local_name(code)}"

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

    def _position(self, subject: str, at: int) -> None:
        frame = pl.DataFrame({"s": [subject], "o": [str(at)], "row": [1]})
        self._add(MC + "codebookPosition", "literal", frame, -1, XSD + "integer")

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
