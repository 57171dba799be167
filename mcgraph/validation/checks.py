"""One function per value constraint of SHACL Core: which value nodes fail, as one expression or join.

Every function takes the data, the constraint and the value nodes (`n`, `v`, `t`, `tc`, `row`) and returns
those that fail.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import RDF, SH
from mcgraph.validation import lexical
from mcgraph.validation.data import DataGraph
from mcgraph.validation.ir import Constraint

Check = Callable[[DataGraph, Constraint, pl.DataFrame], pl.DataFrame]

_BLANK = (pl.col("t") == 0) & pl.col("v").str.starts_with("_:")
_IRI = (pl.col("t") == 0) & ~pl.col("v").str.starts_with("_:")
_LITERAL = pl.col("t") != 0
_KIND = {
    "IRI": _IRI, "BlankNode": _BLANK, "Literal": _LITERAL, "BlankNodeOrIRI": ~_LITERAL,
    "BlankNodeOrLiteral": ~_IRI, "IRIOrLiteral": ~_BLANK,
}  # fmt: skip


def _fail(values: pl.DataFrame, passes: pl.Expr) -> pl.DataFrame:
    return values.filter(~passes.fill_null(False))


def datatype(data: DataGraph, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
    """Values of another datatype, or of this one with a text that it does not allow."""
    wanted = constraint.terms[0].value
    numbers = [i for i, (name, _) in enumerate(data.types) if name == wanted]
    return _fail(values, pl.col("t").is_in(numbers) & lexical.valid(wanted))


def node_kind(data: DataGraph, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
    """Values of another kind of term."""
    del data
    return _fail(values, _KIND[constraint.terms[0].value.removeprefix(SH)])


def of_class(data: DataGraph, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
    """Values that are not instances of the class or its subclasses."""
    instances = data.instances(constraint.terms[0].value)
    return values.join(instances, on=["v", "t"], how="anti", maintain_order="left")


def one_of(data: DataGraph, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
    """Values that the list does not have."""
    return values.join(data.terms(constraint.terms), on=["v", "t"], how="anti", maintain_order="left")


def length(data: DataGraph, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
    """Values shorter or longer than allowed; a blank node has no length."""
    del data
    size = pl.col("v").str.len_chars()
    fits = size >= constraint.number if constraint.component == "MinLength" else size <= constraint.number
    return _fail(values, fits & ~_BLANK)


def pattern(data: DataGraph, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
    """Values that the regular expression does not find; the engine is linear, so no pattern can hang it.

    Raises `RuleBroken` for a pattern that such an engine cannot express.
    """
    del data
    return _fail(values, pl.col("v").str.contains(compiled_pattern(constraint)) & ~_BLANK)


def compiled_pattern(constraint: Constraint) -> str:
    """The pattern with its flags in front, once it is known to compile."""
    flags = "".join(flag for flag in "ismx" if flag in constraint.flags)
    text = _quoted(constraint.text) if "q" in constraint.flags else constraint.text
    form = f"(?{flags}){text}" if flags else text
    try:
        pl.Series([""]).str.contains(form)
    except pl.exceptions.ComputeError as fault:
        raise RuleBroken(
            f"the pattern «{constraint.text[:200]}» cannot be used: {str(fault).splitlines()[-1]}",
            fix="Write it without look-around and back-references.",
        ) from fault
    return form


def _quoted(text: str) -> str:
    return "".join(
        f"\\{mark}" if not mark.isalnum() and mark.isascii() and not mark.isspace() else mark for mark in text
    )


def language_in(data: DataGraph, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
    """Values without one of the languages (a tag covers its regions)."""
    ranges = [term.value.casefold() for term in constraint.terms]
    allowed = [
        i for i, (_, tag) in enumerate(data.types)
        if tag and any(tag.casefold() == r or tag.casefold().startswith(f"{r}-") for r in ranges)
    ]  # fmt: skip
    return _fail(values, pl.col("t").is_in(allowed))


def bound(data: DataGraph, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
    """Values outside the bound, and values that cannot be compared with it."""
    limit = constraint.terms[0]
    kind = lexical.family(limit.datatype)
    comparable = pl.lit(False)
    for name in sorted({name for name, _ in data.types if kind and lexical.family(name) == kind}):
        numbers = [i for i, (other, _) in enumerate(data.types) if other == name]
        comparable = comparable | (pl.col("t").is_in(numbers) & lexical.valid(name).fill_null(False))
    failed = _fail(values, comparable & _within(constraint.component, kind, limit.value))
    if kind != "number":
        return failed
    long = values.filter(pl.col("v").str.len_chars() > 15, comparable)
    return _compared_exactly(constraint, long, failed) if long.height else failed


def _within(component: str, kind: str, limit: str) -> pl.Expr:
    value, edge, or_equal = pl.col("v"), pl.lit(limit), component.endswith("Inclusive")
    if component.startswith("Min"):
        return lexical.below(kind, edge, value, or_equal=or_equal)
    return lexical.below(kind, value, edge, or_equal=or_equal)


def _compared_exactly(constraint: Constraint, long: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Numbers of more digits than a float holds are compared again without rounding."""
    limit = constraint.terms[0].value
    holds = pl.Series([_exactly(constraint.component, text, limit) for text in long.get_column("v")])
    rest = failed.join(long, on=["n", "v", "t"], how="anti", maintain_order="left")
    return pl.concat([rest, long.filter(~holds)])


def _exactly(component: str, text: str, limit: str) -> bool:
    value, edge = lexical.exact(text), lexical.exact(limit)
    if value is None or edge is None or value.is_nan():
        return False
    return {
        "MinInclusive": value >= edge,
        "MinExclusive": value > edge,
        "MaxInclusive": value <= edge,
        "MaxExclusive": value < edge,
    }[component]


def unique_languages(data: DataGraph, values: pl.DataFrame) -> pl.DataFrame:
    """One row per node and language that is used more than once."""
    tags = {i: tag.casefold() for i, (name, tag) in enumerate(data.types) if tag and name == RDF + "langString"}
    if not tags:
        return values.clear()
    named = values.filter(pl.col("t").is_in(list(tags))).with_columns(
        pl.col("t").replace_strict(tags, return_dtype=pl.String).alias("tag")
    )
    again = named.filter(pl.col("n").count().over("n", "tag") > 1)
    return again.unique(["n", "tag"], keep="last", maintain_order=True).drop("tag")


VALUE_CHECKS: dict[str, Check] = {
    "Datatype": datatype,
    "NodeKind": node_kind,
    "Class": of_class,
    "In": one_of,
    "MinLength": length,
    "MaxLength": length,
    "Pattern": pattern,
    "LanguageIn": language_in,
    "MinExclusive": bound,
    "MinInclusive": bound,
    "MaxExclusive": bound,
    "MaxInclusive": bound,
}
