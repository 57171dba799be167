"""What was answered to one question, cell by cell: the codes that were chosen, and the texts that are in no list.

Wide columns, one column per option, `a;b;c` in one cell, codes or the texts they stand for: all become one long
table, from which triples, tables and findings are made alike.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from mcgraph.survey.codebook import OTHER, Question
from mcgraph.survey.response_sheet import ResponseSheet

LONG = pl.Schema({"at": pl.UInt32(), "code": pl.String(), "text": pl.String(), "column": pl.Int16()})
# What a one-hot cell says where the option was *not* chosen.
_UNMARKED = ("0", "no", "false", "non", "not selected", "unchecked", "0.0")


@dataclass(frozen=True, slots=True)
class Given:
    """The answers to one question.

    `frame` has a row per answer given: `at` (index of the response), `code` (of the option; null where the text is in
    no list, or the question has none), `text` as written, `column` (index). `blank` is true where nothing was said.
    """

    question: Question
    frame: pl.DataFrame
    blank: pl.Series

    def twice(self) -> pl.DataFrame:
        """The responses with more than one answer to a single choice: `at`, `column`, `text`."""
        if self.question.type not in ("single", "likert"):
            return self.frame.clear().select("at", "column", "text")
        known = self.frame.filter(pl.col("code").is_not_null())
        # Nearly nobody gives two answers, and gathering those of everybody takes long.
        known = known.filter(known.get_column("at").is_duplicated())
        many = known.group_by("at", maintain_order=True).agg(
            pl.col("column").last(), pl.col("text").str.join("; "), pl.col("code").n_unique().alias("n")
        )
        return many.filter(pl.col("n") > 1).select("at", "column", "text")


def read_given(question: Question, sheet: ResponseSheet) -> Given:
    """The answers to a question that is answered by itself (a matrix is read line by line)."""
    if question.columns:
        return _one_hot(question, sheet)
    column = sheet.find(question.column)
    values = _without_missing(sheet.values(column), question)
    given = pl.DataFrame(
        {"at": pl.int_range(len(values), dtype=pl.UInt32, eager=True), "text": values}
    ).drop_nulls()
    if question.type in ("numeric", "open") or not question.options:
        frame = given.with_columns(pl.lit(None, pl.String).alias("code"), pl.lit(column, pl.Int16).alias("column"))
        return Given(question, frame.select(LONG.names()).cast(LONG), values.is_null())
    frame = _coded(question, given).with_columns(pl.lit(column, pl.Int16).alias("column"))
    frame, blank = _with_other(question, sheet, frame.select(LONG.names()).cast(LONG), values.is_null())
    return Given(question, frame, blank)


def _coded(question: Question, given: pl.DataFrame) -> pl.DataFrame:
    """`at`, `text`, `code`: a whole cell that is an option stays whole; else it is split where more may stand in it."""
    options = Options(question)
    distinct = given.get_column("text").unique(maintain_order=True).to_list()
    pairs = [(text, part, options.find(part)) for text in distinct for part in options.parts(text)]
    looked = pl.DataFrame(pairs, schema={"text": pl.String, "part": pl.String, "code": pl.String}, orient="row")
    joined = given.join(looked, on="text", how="inner", maintain_order="left")
    return joined.select("at", pl.col("part").alias("text"), "code")


class Options:
    """The options of a question, found by code or by text, in any language and whatever the quotation marks."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._known: dict[str, str] = {}
        for code, texts in question.options:
            for text in texts.values():
                self._known.setdefault(_folded(text), code)
        # A code wins over a text that reads the same.
        self._known |= {_folded(code): code for code, _ in question.options}

    def find(self, text: str) -> str | None:
        """The code of an option, None for what is in no list."""
        return self._known.get(_folded(text))

    def parts(self, text: str) -> list[str]:
        """The answers in one cell. A single choice is split only where every part is an option of it."""
        if self.find(text) is not None:
            return [text]
        missing = {code.casefold() for code in self._question.missing}
        parted = [part.strip() for part in text.split(self._question.split)]
        parts = [part for part in parted if part and part.casefold() not in missing]
        if self._question.type == "multiple":
            return parts
        return parts if len(parts) > 1 and all(self.find(part) for part in parts) else [text]


@lru_cache(maxsize=65_536)
def _folded(text: str) -> str:
    plain = text.casefold().replace("’", "'").replace("‘", "'").replace("–", "-")
    return re.sub(r"\s+", " ", plain).strip()


def _one_hot(question: Question, sheet: ResponseSheet) -> Given:
    """One column per option: chosen where the cell is marked. A cell that says no, or 0, is an answer all the same."""
    unmarked = list(_UNMARKED)
    frames, touched = [], pl.Series([False] * sheet.height, dtype=pl.Boolean)
    for code, header in question.columns:
        column = sheet.find(header)
        values = _without_missing(sheet.values(column), question)
        touched = touched | values.is_not_null()
        marked = values.is_not_null() & ~values.str.to_lowercase().is_in(unmarked).fill_null(False)
        at = marked.arg_true().cast(pl.UInt32)
        texts = values.gather(at)
        frames.append(pl.DataFrame({"at": at, "text": texts}).with_columns(
            pl.lit(code).alias("code"), pl.lit(column, pl.Int16).alias("column")
        ).select(LONG.names()).cast(LONG))  # fmt: skip
    frame, blank = _with_other(question, sheet, pl.concat(frames), ~touched)
    return Given(question, frame, blank)


def _with_other(
    question: Question, sheet: ResponseSheet, frame: pl.DataFrame, blank: pl.Series
) -> tuple[pl.DataFrame, pl.Series]:
    """«Other, please specify» is the option `other`; what was specified is free text and not kept."""
    column = sheet.find(question.other)
    if column < 0:
        return frame, blank
    values = _without_missing(sheet.values(column), question)
    at = values.is_not_null().arg_true().cast(pl.UInt32)
    said = frame.filter(pl.col("code") == OTHER).get_column("at")
    new = at.filter(~at.is_in(said.implode()))
    more = pl.DataFrame({"at": new}).with_columns(
        pl.lit(OTHER).alias("code"), pl.lit(OTHER).alias("text"), pl.lit(column, pl.Int16).alias("column")
    )
    return pl.concat([frame, more.select(LONG.names()).cast(LONG)]), blank & values.is_null()


def _without_missing(values: pl.Series, question: Question) -> pl.Series:
    """The values with the missing codes as nothing, in any case."""
    missing = [code.casefold() for code in question.missing if code]
    if not missing:
        return values
    return pl.select(pl.when(~values.str.to_lowercase().is_in(missing)).then(values)).to_series()
