"""Columns of values: ids of terms, texts, numbers and truth values, and the ways between them.

An error of SPARQL (an unbound variable, a text where a number is needed) is a null, in conditions too: `&&` and `||`
then follow the same three-valued tables in both worlds.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mcgraph.model.namespaces import XSD
from mcgraph.queries.algebra import Const
from mcgraph.queries.columnar import NotColumnar
from mcgraph.store.dictionary import IRI, NUMBERS, STRIDE, STRING, Section, kind_of

if TYPE_CHECKING:
    from mcgraph.store.columns import Columns

_INTEGER, _DECIMAL = NUMBERS[0], NUMBERS[1]
# More digits than this a float64 cannot tell apart once they were added and multiplied.
_DIGITS = 15
_LANGUAGE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
# Datatypes of XSD whose values come in the order of their texts; all others of XSD have an order of their own.
_BY_TEXT = (STRING, XSD + "date", XSD + "boolean", XSD + "anyURI", _INTEGER, _DECIMAL)
_SMALLEST, _LARGEST = 1e-6, 1e12


@dataclass(frozen=True, slots=True)
class Value:
    """A column: `kind` is id, text, num or bool; for num, `decimal` says which are decimals and not integers.

    `is_exact` is false for a quotient that was not rounded: it may be compared, not shown.
    """

    kind: str
    series: pl.Series
    decimal: pl.Series | None = None
    is_exact: bool = True

    def __len__(self) -> int:
        return len(self.series)


def ids(series: pl.Series) -> Value:
    """A column of term ids."""
    return Value("id", series)


def numbers(series: pl.Series, is_decimal: pl.Series | bool, *, is_exact: bool = True) -> Value:
    """A column of numbers."""
    flags = (
        pl.repeat(is_decimal, len(series), dtype=pl.Boolean, eager=True) if isinstance(is_decimal, bool) else is_decimal
    )
    return Value("num", series.cast(pl.Float64), flags, is_exact)


@dataclass(slots=True)
class Terms:
    """The dictionary of the snapshot, and the terms of the query that it lacks."""

    columns: Columns
    own: dict[int, Const] = field(default_factory=dict)
    known: dict[Const, int] = field(default_factory=dict)

    def id_of(self, term: Const) -> int:
        """The id of a term; one between two others where the data has no such term.

        Raises `NotColumnar` where too many terms would fall into one place.
        """
        if term not in self.known:
            dictionary = self.columns.dictionary
            kind, name = ("iri", "") if term.is_iri else kind_of(term.datatype, term.language)
            if kind == "number":
                found, there = self._find_number(term)
            else:
                found, there = dictionary.find(term.value, kind, name)
            if not there:
                found = self._between(found, term)
            self.known[term] = found
        return self.known[term]

    def _find_number(self, term: Const) -> tuple[int, bool]:
        dictionary = self.columns.dictionary
        value = number_of(term)
        for section in dictionary.of_kind("number"):
            values, types = dictionary.values(section), dictionary.datatypes(section)
            at = int(np.searchsorted(values, value))
            while at < len(values) and values[at] == value:
                if NUMBERS[int(types[at])] == term.datatype:
                    return (section.start + at) * STRIDE, True
                at += 1
            return (section.start + at) * STRIDE - STRIDE // 2, False
        return dictionary.size * STRIDE, False

    def _between(self, wanted: int, term: Const) -> int:
        for move in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6):
            place = wanted + move
            if place % STRIDE == 0 or place < 0:
                continue
            if place not in self.own:
                self.own[place] = term
                return place
        raise NotColumnar("too many terms that the data lacks")

    def ids(self, value: Value) -> pl.Series:
        """A column as term ids, whatever it was."""
        if value.kind == "id":
            return value.series
        if not value.is_exact:
            raise NotColumnar("a quotient that is not rounded")
        if value.kind == "num":
            frame = pl.DataFrame({"v": value.series, "d": value.decimal})
            distinct = frame.unique()
            rows = [
                None if v is None else self.id_of(Const(number_text(v), _DECIMAL if d else _INTEGER))
                for v, d in distinct.iter_rows()
            ]
            distinct = distinct.with_columns(pl.Series("id", rows, dtype=pl.UInt32))
            return frame.join(distinct, on=["v", "d"], how="left", nulls_equal=True, maintain_order="left")["id"]
        kind = XSD + "boolean" if value.kind == "bool" else STRING
        plain = value.series.cast(pl.String)
        distinct_texts = plain.unique().drop_nulls()
        if len(distinct_texts) > 10_000:
            raise NotColumnar("many texts that are no terms of the data")
        known = {text: self.id_of(Const(text, kind)) for text in distinct_texts.to_list()}
        return plain.replace_strict(known, default=None, return_dtype=pl.UInt32)

    def sections(self, series: pl.Series) -> list[tuple[Section, pl.Series | None]]:
        """The sections the ids of a column lie in, each with the mask of its rows (None for all that are bound)."""
        if series.null_count() == len(series):
            return []
        low, high = _edges(series)
        # A term that the data lacks lies half a step before its neighbour, so both edges belong to the section.
        dictionary = self.columns.dictionary
        found: list[tuple[Section, pl.Series | None]] = []
        for section in dictionary.sections:
            start, end = section.start * STRIDE, section.end * STRIDE
            if high < start or low >= end:
                continue
            if low >= start and high < end:
                return [(section, None)]
            mask = (series >= start) & (series < end)
            if mask.any():
                found.append((section, mask))
        return found

    def own_of(self, series: pl.Series) -> dict[int, Const]:
        """The terms of the query that occur in a column."""
        if not self.own:
            return {}
        there = series.filter(series % STRIDE != 0).unique().to_list()
        return {one: self.own[one] for one in there}

    def stored(self, series: pl.Series) -> pl.Series:
        """The ids of the column that are terms of the data, null for the others."""
        if not self.own:
            return series
        return pl.select(pl.when(series % STRIDE == 0).then(series)).to_series()

    def texts(self, value: Value) -> pl.Series:
        """STR() of a column."""
        if value.kind == "text":
            return value.series
        if value.kind == "bool":
            return value.series.cast(pl.String)
        if value.kind == "num":
            if not value.is_exact:
                raise NotColumnar("a quotient that is not rounded")
            return value.series.map_elements(number_text, return_dtype=pl.String)
        own = self.own_of(value.series)
        stored = self.stored(value.series)
        result = pl.repeat(None, len(stored), dtype=pl.String, eager=True)
        for section, mask in self.sections(stored):
            mine = stored if mask is None else pl.select(pl.when(mask).then(stored)).to_series()
            low, high = _edges(mine)
            texts, first = self.columns.dictionary.texts(section, low // STRIDE, high // STRIDE)
            found = texts.gather((mine // STRIDE).cast(pl.Int64) - first)
            result = found if mask is None else pl.select(pl.coalesce(found, result)).to_series()
        return self._patched(result, value.series, {place: term.value for place, term in own.items()}, pl.String())

    def _patched(self, result: pl.Series, series: pl.Series, own: dict[int, object], kind: pl.DataType) -> pl.Series:
        if not own:
            return result
        extra = series.replace_strict(own, default=None, return_dtype=kind)
        return pl.select(pl.coalesce(result, extra)).to_series()

    def languages(self, value: Value) -> pl.Series:
        """LANG() of a column: null for IRIs, "" for a literal without one."""
        if value.kind != "id":
            return pl.select(pl.when(value.series.is_not_null()).then(pl.lit(""))).to_series()
        own = self.own_of(value.series)
        stored = self.stored(value.series)
        result = pl.repeat(None, len(stored), dtype=pl.String, eager=True)
        for section, mask in self.sections(stored):
            if section.kind == "iri":
                continue
            name = section.name if section.kind == "language" else ""
            here = stored.is_not_null() if mask is None else mask
            result = pl.select(pl.when(here).then(pl.lit(name)).otherwise(result)).to_series()
        languages = {place: term.language for place, term in own.items() if not term.is_iri}
        return self._patched(result, value.series, dict(languages), pl.String())

    def measure(self, value: Value, kind: str) -> pl.Series:
        """The numbers (kind `number`) or days (kind `date`) of a column, null for what is neither."""
        if value.kind == "num":
            return value.series if kind == "number" else pl.repeat(None, len(value), dtype=pl.Float64, eager=True)
        if value.kind != "id":
            return pl.repeat(None, len(value), dtype=pl.Float64, eager=True)
        own = self.own_of(value.series)
        stored = self.stored(value.series)
        result = pl.repeat(None, len(stored), dtype=pl.Float64, eager=True)
        for section, mask in self.sections(stored):
            if section.kind != kind:
                continue
            mine = stored if mask is None else pl.select(pl.when(mask).then(stored)).to_series()
            values = pl.Series(self.columns.dictionary.values(section))
            result = values.gather((mine // STRIDE).cast(pl.Int64) - section.start)
        extra = {place: found for place, term in own.items() if (found := measured(term, kind)) is not None}
        return self._patched(result, value.series, dict(extra), pl.Float64())

    def number(self, value: Value) -> Value:
        """A column as numbers with their types; texts, dates and IRIs are errors (null)."""
        if value.kind == "num":
            return value
        if value.kind != "id":
            return numbers(pl.repeat(None, len(value), dtype=pl.Float64, eager=True), False)
        amounts = self.measure(value, "number")
        return numbers(amounts, self._decimals(value.series))

    def _decimals(self, series: pl.Series) -> pl.Series:
        """Which of the numbers are decimals. Raises `NotColumnar` for doubles: their sums depend on the order."""
        own = self.own_of(series)
        stored = self.stored(series)
        result = pl.repeat(None, len(stored), dtype=pl.Boolean, eager=True)
        for section, mask in self.sections(stored):
            if section.kind != "number":
                continue
            mine = stored if mask is None else pl.select(pl.when(mask).then(stored)).to_series()
            types = pl.Series(self.columns.dictionary.datatypes(section))
            kinds = types.gather((mine // STRIDE).cast(pl.Int64) - section.start)
            if (kinds > 1).any():
                raise NotColumnar("floating-point numbers")
            result = kinds == 1
        flags = {place: term.datatype == _DECIMAL for place, term in own.items() if term.datatype in NUMBERS}
        return self._patched(result, series, dict(flags), pl.Boolean())

    def decoded(self, value: Value) -> tuple[list[str | None], list[str]]:
        """The texts and types of a column as an answer holds them."""
        if value.kind != "id":
            texts = self.texts(value).to_list()
            if value.kind == "num":
                flags = value.decimal.to_list() if value.decimal is not None else []
                return texts, [
                    "" if t is None else _DECIMAL if d else _INTEGER for t, d in zip(texts, flags, strict=True)
                ]
            kind = XSD + "boolean" if value.kind == "bool" else STRING
            return texts, ["" if text is None else kind for text in texts]
        texts = self.texts(value).to_list()
        return texts, [self._type(one) for one in value.series.to_list()]

    def _type(self, one: int | None) -> str:
        if one is None:
            return ""
        if one in self.own:
            term = self.own[one]
            return f"@{term.language}" if term.language else term.datatype
        section = self.columns.dictionary.section_at(one // STRIDE)
        if section.kind == "number":
            types = self.columns.dictionary.datatypes(section)
            return NUMBERS[int(types[one // STRIDE - section.start])]
        return {"iri": IRI, "language": f"@{section.name}"}.get(section.kind, section.name)

    def is_ordered(self, series: pl.Series) -> bool:
        """Whether the ids of a column compare as their terms do: literals of at most one kind, no odd datatypes."""
        own = self.own_of(series)
        if len({place // STRIDE for place in own}) < len(own):
            return False
        kinds = {(s.kind, s.name) for s, _ in self.sections(series)}
        kinds |= {("iri", "") if t.is_iri else kind_of(t.datatype, t.language) for t in own.values()}
        literal = kinds - {("iri", "")}
        return len(literal) <= 1 and all(kind != "other" for kind, _ in literal)

    def by_value(self, series: pl.Series) -> pl.Series:
        """The ids with those of numbers of one value made one, so that they tie where the engine has them tie."""
        for section, mask in self.sections(series):
            if section.kind != "number":
                continue
            if any(not term.is_iri and term.datatype in NUMBERS for term in self.own_of(series).values()):
                raise NotColumnar("an order of numbers that the data lacks")
            values = self.columns.dictionary.values(section)
            first = np.searchsorted(values, values).astype(np.uint32)
            equal = pl.Series((first + np.uint32(section.start)) * np.uint32(STRIDE))
            mine = series if mask is None else pl.select(pl.when(mask).then(series)).to_series()
            found = equal.gather((mine // STRIDE).cast(pl.Int64) - section.start)
            return found if mask is None else pl.select(pl.coalesce(found, series)).to_series()
        return series

    def ranks(self, series: pl.Series) -> pl.DataFrame:
        """The distinct terms of a column in the engine's order: `id`, `rank`, and whether each `is_number`.

        Literals that do not compare by value stand by text, datatype and language. Numbers among others have no
        place of their own (the order of the engine then goes round in circles): they come first here, and who
        sorts has to see that this decides nothing. Raises `NotColumnar` for datatypes with an order of their own.
        """
        distinct = series.drop_nulls().unique().sort()
        if any(not term.is_iri and term.datatype in NUMBERS for term in self.own_of(distinct).values()):
            raise NotColumnar("an order of numbers that the data lacks")
        texts, types = self.decoded(ids(distinct))
        numeric = self.measure(ids(distinct), "number").is_not_null()
        if any(kind.startswith(XSD) and kind not in _BY_TEXT for kind in types):
            raise NotColumnar("an order of odd datatypes")
        kinds = ["" if kind == IRI else _LANGUAGE if kind.startswith("@") else kind for kind in types]
        languages = [kind if kind.startswith("@") else "" for kind in types]
        frame = pl.DataFrame(
            {
                "id": distinct,
                "is_literal": [kind != "" for kind in kinds],
                "other": ~numeric,
                "number": pl.select(pl.when(numeric).then(distinct).otherwise(0)).to_series(),
                "text": texts,
                "kind": kinds,
                "language": languages,
            }
        ).sort("is_literal", "other", "number", "text", "kind", "language")
        frame = frame.with_columns((~pl.col("other")).alias("is_number")).with_row_index("rank")
        return frame.select("id", "rank", "is_number")


def _edges(series: pl.Series) -> tuple[int, int]:
    """The least and the greatest id of a column that binds some."""
    bound = series.drop_nulls().to_numpy()
    return int(bound.min()), int(bound.max())


def number_of(term: Const) -> float:
    """The number a literal stands for.

    Raises `NotColumnar` for one a float64 cannot hold exactly.
    """
    if term.datatype not in (_INTEGER, _DECIMAL):
        raise NotColumnar("floating-point numbers")
    digits = term.value.lstrip("+-").replace(".", "").lstrip("0")
    if len(digits) > _DIGITS:
        raise NotColumnar("a number of many digits")
    try:
        return float(term.value)
    except ValueError:
        raise NotColumnar("a number that is none") from None


def number_text(value: float) -> str:
    """The canonical spelling of a number.

    >>> number_text(2.0), number_text(0.1 * 3), number_text(-0.5)
    ('2', '0.3', '-0.5')
    """
    if value != 0 and not _SMALLEST <= abs(value) < _LARGEST:
        raise NotColumnar("a number too large or small to be exact")
    if value == int(value):
        return str(int(value))
    return f"{decimal.Decimal(f'{value:.{_DIGITS}g}'):f}"


def measured(term: Const, kind: str) -> float | None:
    """The number or day of a literal, None for another kind."""
    if kind == "number":
        return number_of(term) if term.datatype in NUMBERS else None
    if term.datatype != XSD + "date":
        return None
    try:
        return float((datetime.date.fromisoformat(term.value) - datetime.date(1970, 1, 1)).days)
    except ValueError:
        return None


def unify(terms: Terms, values: Sequence[Value]) -> list[Value]:
    """The columns made of one kind, so that they can stand in one."""
    bound = [value.series.null_count() < len(value.series) for value in values]
    kinds = {value.kind for value, some in zip(values, bound, strict=True) if some}
    if len(kinds) <= 1:
        kind = kinds.pop() if kinds else "id"
        return [value if some else empty(kind, len(value)) for value, some in zip(values, bound, strict=True)]
    return [ids(terms.ids(value)) for value in values]


def empty(kind: str, height: int) -> Value:
    """A column of a kind with nothing bound in it."""
    if kind == "num":
        return numbers(pl.repeat(None, height, dtype=pl.Float64, eager=True), False)
    dtype = {"id": pl.UInt32(), "text": pl.String(), "bool": pl.Boolean()}[kind]
    return Value(kind, pl.repeat(None, height, dtype=dtype, eager=True))
