"""Expressions of a query over a whole table of solutions at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import polars as pl

from mcgraph.model.namespaces import XSD
from mcgraph.queries.algebra import Aggregate, Call, Const, Exists, Expression, Var
from mcgraph.queries.columnar import NotColumnar
from mcgraph.queries.columnar.solutions import Solutions
from mcgraph.queries.columnar.values import Terms, Value, empty, ids, number_of, numbers, unify
from mcgraph.store.dictionary import NUMBERS, STRING

if TYPE_CHECKING:
    from mcgraph.queries.algebra import Group

_SIGNS = ("=", "!=", "<", ">", "<=", ">=")
Test = Callable[["Group", Solutions], pl.Series]


class Expressions:
    """Evaluates expressions; `exists` tells for each row whether a pattern has a match."""

    def __init__(self, terms: Terms, exists: Test) -> None:
        self.terms = terms
        self.exists = exists

    def value(self, expression: Expression, rows: Solutions) -> Value:
        """The column of an expression.

        Raises `NotColumnar` for what is not done exactly as the engine does it.
        """
        if isinstance(expression, Var):
            return rows.value(expression.name)
        if isinstance(expression, Const):
            return self.constant(expression, rows.height)
        if isinstance(expression, Exists):
            found = self.exists(expression.group, rows)
            return Value("bool", ~found if expression.negated else found)
        if isinstance(expression, Aggregate):
            raise NotColumnar("an aggregate in an expression of rows")
        return self._call(expression, rows)

    def constant(self, term: Const, height: int) -> Value:
        """A term in every row."""
        if term.datatype == STRING:
            return Value("text", pl.repeat(term.value, height, dtype=pl.String, eager=True))
        if term.datatype == XSD + "boolean":
            if term.value not in ("true", "false"):
                raise NotColumnar("an odd truth value")
            return Value("bool", pl.repeat(term.value == "true", height, dtype=pl.Boolean, eager=True))
        if term.datatype in NUMBERS:
            amount = pl.repeat(number_of(term), height, dtype=pl.Float64, eager=True)
            return numbers(amount, term.datatype == NUMBERS[1])
        return ids(pl.repeat(self.terms.id_of(term), height, dtype=pl.UInt32, eager=True))

    def truth(self, value: Value) -> pl.Series:
        """The effective boolean value: null where there is none."""
        if value.kind == "bool":
            return value.series
        if value.kind == "num":
            return value.series != 0
        if value.kind == "text":
            return value.series.str.len_bytes() > 0
        series = value.series
        if series.null_count() == len(series):
            return pl.repeat(None, len(series), dtype=pl.Boolean, eager=True)
        sections = {section.kind for section, _ in self.terms.sections(series)}
        if sections == {"boolean"} and not self.terms.own_of(series):
            return self.terms.texts(value) == "true"
        raise NotColumnar("the truth of a term")

    def _call(self, call: Call, rows: Solutions) -> Value:
        name = call.name
        if name in ("&&", "||"):
            left, right = (self.truth(self.value(one, rows)) for one in call.arguments)
            return Value("bool", left & right if name == "&&" else left | right)
        if name == "!":
            return Value("bool", ~self.truth(self.value(call.arguments[0], rows)))
        if name == "BOUND":
            return Value("bool", self.value(call.arguments[0], rows).series.is_not_null())
        if name == "IF":
            return self._if(*(self.value(one, rows) for one in call.arguments))
        if name == "COALESCE":
            return self._coalesce([self.value(one, rows) for one in call.arguments], rows.height)
        if name in _SIGNS and all(isinstance(one, Call) and one.name == "STR" for one in call.arguments):
            of_iris = self._iris(call, rows)
            if of_iris is not None:
                return Value("bool", _compare(name, *of_iris))
        values = [self.value(one, rows) for one in call.arguments]
        if name == "IN":
            return Value("bool", self._in(values))
        if name in _SIGNS:
            return Value("bool", self.compared(name, *values))
        if name in ("+", "-", "*", "/"):
            return self._arithmetic(name, *values)
        return self._function(name, call, values)

    def _iris(self, call: Call, rows: Solutions) -> tuple[pl.Series, pl.Series] | None:
        """The ids of two columns of IRIs that are compared as texts: ids have the order of their texts."""
        found = []
        for side in call.arguments:
            assert isinstance(side, Call)
            value = self.value(side.arguments[0], rows)
            if value.kind != "id" or self._kinds(value) - {"iri"} or self.terms.own_of(value.series):
                return None
            found.append(value.series)
        return found[0], found[1]

    def _if(self, test: Value, then: Value, otherwise: Value) -> Value:
        condition = self.truth(test)
        then, otherwise = unify(self.terms, [then, otherwise])
        chosen = _chosen(condition, then.series, otherwise.series)
        exact = then.is_exact and otherwise.is_exact
        if then.kind == "num" and then.decimal is not None and otherwise.decimal is not None:
            return numbers(chosen, _chosen(condition, then.decimal, otherwise.decimal), is_exact=exact)
        return Value(then.kind, chosen, None, exact)

    def _coalesce(self, values: list[Value], height: int) -> Value:
        if not values:
            return empty("id", height)
        values = unify(self.terms, values)
        series = pl.select(pl.coalesce(*(value.series for value in values))).to_series()
        exact = all(value.is_exact for value in values)
        if values[0].kind != "num":
            return Value(values[0].kind, series, None, exact)
        flags = [pl.select(pl.when(value.series.is_not_null()).then(value.decimal)).to_series() for value in values]
        return numbers(series, pl.select(pl.coalesce(*flags)).to_series(), is_exact=exact)

    def _in(self, values: list[Value]) -> pl.Series:
        first, *others = values
        result = pl.repeat(False, len(first), dtype=pl.Boolean, eager=True)
        for other in others:
            result = result | self.compared("=", first, other)
        return result

    def compared(self, sign: str, left: Value, right: Value) -> pl.Series:
        """`=`, `!=`, `<` and so on; null where the two cannot be compared."""
        if left.kind == right.kind != "id":
            return _compare(sign, left.series, right.series)
        if left.series.null_count() == len(left) or right.series.null_count() == len(right):
            return pl.repeat(None, len(left), dtype=pl.Boolean, eager=True)
        if sign in ("=", "!="):
            equal = self._equal(left, right)
            return equal if sign == "=" else ~equal
        result = pl.repeat(None, len(left), dtype=pl.Boolean, eager=True)
        for kind in ("number", "date"):
            mine, yours = self.terms.measure(left, kind), self.terms.measure(right, kind)
            result = pl.select(pl.coalesce(result, _compare(sign, mine, yours))).to_series()
        if "text" in (left.kind, right.kind) or self._kinds(left) & self._kinds(right) - {"number", "date", "iri"}:
            raise NotColumnar("texts that are compared with terms")
        return result

    def _kinds(self, value: Value) -> set[str]:
        if value.kind != "id":
            return {{"num": "number", "text": "string", "bool": "boolean"}[value.kind]}
        kinds = {section.kind for section, _ in self.terms.sections(self.terms.stored(value.series))}
        for term in self.terms.own_of(value.series).values():
            kinds.add("iri" if term.is_iri else "language" if term.language else _KIND.get(term.datatype, "other"))
        return kinds

    def _equal(self, left: Value, right: Value) -> pl.Series:
        mine, yours = self._kinds(left), self._kinds(right)
        if "other" in mine | yours and mine & yours != {"iri"}:
            raise NotColumnar("odd datatypes that are compared")
        if left.kind == right.kind == "id":
            # Two terms are equal when they are the same, and numbers and dates when their values are.
            result = left.series == right.series
        elif "text" in (left.kind, right.kind) and "string" in mine & yours:
            text, term = (left, right) if left.kind == "text" else (right, left)
            if mine | yours != {"string"}:
                raise NotColumnar("a text compared with terms of several kinds")
            return text.series == self.terms.texts(term)
        elif "boolean" in mine & yours:
            raise NotColumnar("a truth value compared with terms")
        else:
            both = left.series.is_not_null() & right.series.is_not_null()
            result = pl.select(pl.when(both).then(pl.lit(False))).to_series()
        for kind in ("number", "date"):
            if kind in mine and kind in yours:
                same = self.terms.measure(left, kind) == self.terms.measure(right, kind)
                result = pl.select(pl.coalesce(same, result)).to_series()
        return result

    def _arithmetic(self, sign: str, left: Value, right: Value) -> Value:
        one, other = self.terms.number(left), self.terms.number(right)
        a, b = one.series, other.series
        decimal = _flag(one) | _flag(other)
        exact = one.is_exact and other.is_exact
        if sign == "/":
            quotient = pl.select(pl.when(b != 0).then(a / b)).to_series()
            tenth = other.series.drop_nulls().is_in([1.0, 10.0, 100.0, 1000.0, 10000.0]).all()
            return numbers(quotient, True, is_exact=exact and bool(tenth))
        result = {"+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b}[sign]()
        return numbers(result, decimal, is_exact=exact)

    def _function(self, name: str, call: Call, values: list[Value]) -> Value:
        if name == "STR":
            return Value("text", self.terms.texts(values[0]))
        if name == "LANG":
            return Value("text", self.terms.languages(values[0]))
        if name == "ISLITERAL":
            bound = values[0].series.is_not_null()
            # Only a literal has a language, be it none.
            has_language = self.terms.languages(values[0]).is_not_null()
            return Value("bool", pl.select(pl.when(bound).then(has_language)).to_series())
        if name == "ISNUMERIC":
            bound = values[0].series.is_not_null()
            is_number = self.terms.measure(values[0], "number").is_not_null()
            return Value("bool", pl.select(pl.when(bound).then(is_number)).to_series())
        if name == "ROUND":
            amount = self.terms.number(values[0])
            return numbers((amount.series + 0.5).floor(), _flag(amount))
        if name == XSD + "decimal" and values[0].kind == "text":
            if not values[0].series.drop_nulls().str.contains(r"^[+-]?\d{1,9}(\.\d{1,6})?$").all():
                raise NotColumnar("a text that is read as a number")
            return numbers(values[0].series.cast(pl.Float64), True)
        if name in ("CONCAT", "SUBSTR", "STRLEN", "STRAFTER", "REPLACE", "LCASE", "CONTAINS", "REGEX", "STRSTARTS"):
            return self._text_function(name, call, self._texts(values))
        raise NotColumnar(f"the function {name}")

    def _texts(self, values: list[Value]) -> list[Value]:
        """Terms that are all plain texts, as texts."""
        found = []
        for value in values:
            if value.kind == "id":
                kinds = self._kinds(value)
                if not kinds <= {"string"}:
                    raise NotColumnar("a text function on a term")
                value = Value("text", self.terms.texts(value))
            found.append(value)
        return found

    def _text_function(self, name: str, call: Call, values: list[Value]) -> Value:
        if any(value.kind != "text" for value in values[:1]) and values[0].series.null_count() < len(values[0]):
            raise NotColumnar(f"{name} of what is no text")
        first = values[0].series.cast(pl.String)
        if name == "CONCAT":
            if any(value.kind != "text" for value in values):
                raise NotColumnar("CONCAT of what is no text")
            joined = pl.concat_str([value.series for value in values])
            return Value("text", pl.select(joined).to_series())
        if name == "STRLEN":
            return numbers(first.str.len_chars(), False)
        if name == "LCASE":
            return Value("text", first.str.to_lowercase())
        if name == "SUBSTR":
            if call.arguments[1:] != (Const("2", NUMBERS[0]),):
                raise NotColumnar("SUBSTR elsewhere than from the second character")
            return Value("text", first.str.slice(1))
        if name in ("CONTAINS", "STRSTARTS") and values[1].kind == "text":
            return Value("bool", _holds(name, first, values[1].series))
        plain = [self._literal(one) for one in call.arguments[1:]]
        if name == "STRAFTER":
            if not plain[0]:
                return Value("text", first)
            after = first.str.splitn(plain[0], 2).struct.field("field_1")
            found = pl.select(pl.when(first.is_not_null()).then(after.fill_null(""))).to_series()
            return Value("text", found)
        # Both the engine and the columns use the regular expressions of Rust.
        if name == "REPLACE":
            if len(plain) > 2 or not re.fullmatch(r"[^$\\]*", plain[1]):
                raise NotColumnar("REPLACE with groups or flags")
            return Value("text", first.str.replace_all(plain[0], plain[1]))
        flags = plain[1] if len(plain) > 1 else ""
        if flags not in ("", "i"):
            raise NotColumnar("flags of a regular expression")
        return Value("bool", first.str.contains(f"(?{flags}){plain[0]}" if flags else plain[0]))

    @staticmethod
    def _literal(expression: Expression) -> str:
        if isinstance(expression, Const) and expression.datatype == STRING:
            return expression.value
        raise NotColumnar("a pattern that is not written out")


_KIND = {STRING: "string", XSD + "date": "date", XSD + "boolean": "boolean", **dict.fromkeys(NUMBERS, "number")}


def _flag(value: Value) -> pl.Series:
    if value.decimal is None:
        raise NotColumnar("numbers without types")
    return value.decimal


def _holds(name: str, text: pl.Series, part: pl.Series) -> pl.Series:
    """Whether each text has its part in it, or begins with it; null where either is."""
    both = pl.DataFrame({"text": text, "part": part})
    column = pl.col("text").str
    test = column.contains(pl.col("part"), literal=True) if name == "CONTAINS" else column.starts_with(pl.col("part"))
    return both.select(test).to_series()


def _chosen(condition: pl.Series, then: pl.Series, otherwise: pl.Series) -> pl.Series:
    """IF: null where the condition is."""
    picked = pl.when(condition).then(then).otherwise(otherwise)
    if condition.null_count():
        picked = pl.when(condition.is_not_null()).then(picked)
    return pl.select(picked).to_series()


def _compare(sign: str, left: pl.Series, right: pl.Series) -> pl.Series:
    if sign == "=":
        return left == right
    if sign == "!=":
        return left != right
    if sign == "<":
        return left < right
    if sign == ">":
        return left > right
    return left <= right if sign == "<=" else left >= right
