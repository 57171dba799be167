"""The only maker of IRIs and literals: what is not made here does not reach a graph.

Single values go through plain functions; columns go through the `*_column` functions, which do the common
case as one vectorised expression and the odd case once per distinct value.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import polars as pl

from mcgraph.errors import InputRefused
from mcgraph.model.namespaces import ID

IRI_LIMIT = 2_048
_BAD_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`\ud800-\udfff]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_CLEAN_LOCAL = r"^[A-Za-z0-9._~-]+$"
_NOT_FOLDED = re.compile(r"[^a-z0-9]+")
# ASCII text with a letter or digit in it.
_PLAIN = r"^[\x00-\x7f]*[A-Za-z0-9][\x00-\x7f]*$"
_SAMPLE = 1_000  # values looked at to see whether a column repeats a few
_FEW = 200  # distinct values of the sample, up to which it does
_LANGUAGE = re.compile(r"^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$")


def is_safe_iri(text: str) -> bool:
    """Whether `text` is an absolute IRI that every RDF syntax can carry (RFC 3987, N-Triples IRIREF)."""
    return bool(_SCHEME.match(text)) and len(text) <= IRI_LIMIT and not _BAD_IRI.search(text)


def is_language(text: str) -> bool:
    """Whether `text` has the form of a language tag (BCP 47, as N-Triples spells LANGTAG)."""
    return bool(_LANGUAGE.match(text))


def iri(text: str) -> str:
    """`text`, once it is known to be a safe absolute IRI.

    Raises `InputRefused` otherwise: a broken IRI would make one triple read as two.
    """
    if not is_safe_iri(text):
        raise InputRefused(
            f"«{text[:80]}» is not an absolute IRI", fix="Use a form such as https://example.org/x."
        )
    return text


def local_name(text: str) -> str:
    """The part of an IRI that carries a local identifier, percent-encoded where needed.

    >>> local_name("MC 100/ä")
    'MC%20100%2F%C3%A4'
    """
    return quote(text.encode("utf-8", "replace"), safe="-._~")


def mint(source: str, kind: str, identifier: str) -> str:
    """The IRI of a record: made from the source, the kind of record and its identifier there.

    >>> mint("demo", "credential", "MC-100")
    'https://w3id.org/mcgraph/id/demo/credential/MC-100'
    """
    return f"{ID}{local_name(source)}/{kind}/{local_name(identifier)}"


def fold(text: str) -> str:
    """A key under which spellings of one name meet: no case, accents, punctuation or spacing.

    >>> fold("Université de Paris ") == fold("UNIVERSITE DE PARIS")
    True
    """
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(mark for mark in plain if not unicodedata.combining(mark))
    return _NOT_FOLDED.sub("-", plain).strip("-") or local_name(text.strip().casefold())


def escape(text: str) -> str:
    """The inside of an N-Triples string literal."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")


def literal(text: str, *, datatype: str = "", language: str = "") -> str:
    """An N-Triples literal with an optional datatype IRI or language tag.

    Raises `InputRefused` for a language tag or datatype that no reader would accept.
    """
    if language:
        if not is_language(language):
            raise InputRefused(f"«{language[:40]}» is not a language tag", fix="Use a tag such as en or fr.")
        return f'"{escape(text)}"@{language}'
    return f'"{escape(text)}"^^<{iri(datatype)}>' if datatype else f'"{escape(text)}"'


def few_distinct(values: pl.Series) -> pl.Series | None:
    """The distinct values of a long column that repeats a few; None where a look at its beginning says otherwise."""
    if len(values) <= 2 * _SAMPLE:
        return None
    if values.head(_SAMPLE).n_unique() <= _FEW:
        return values.unique()
    # In a very long column a thousand values may still be few.
    step = len(values) // (8 * _SAMPLE)
    if step < _FEW // 20 or values[::step].n_unique() > 2 * _SAMPLE:
        return None
    return values.unique()


def map_distinct(values: pl.Series, change: Callable[[str], str | None]) -> pl.Series:
    """Each value of a string column after `change`, which is called once per distinct value."""
    distinct = values.drop_nulls().unique()
    if distinct.is_empty():
        return values.cast(pl.String)
    changed = [change(value) for value in distinct.to_list()]
    return values.replace_strict(distinct, pl.Series(changed, dtype=pl.String), default=None)


def local_name_column(values: pl.Series) -> pl.Series:
    """`local_name` of a whole string column; nulls stay null."""
    clean = values.str.contains(_CLEAN_LOCAL).fill_null(True)
    if clean.all():
        return values
    odd = map_distinct(values.filter(~clean), local_name)
    # `scatter` writes in place, so it is given a copy.
    return values.clone().scatter((~clean).arg_true(), odd)


def fold_column(values: pl.Series) -> pl.Series:
    """`fold` of a whole string column; nulls stay null."""
    # In ASCII there are no accents, and small letters are all there is to case: no text needs a look of its own.
    plain = values.str.contains(_PLAIN).fill_null(True)
    quick = values.str.to_lowercase().str.replace_all(_NOT_FOLDED.pattern, "-").str.strip_chars("-")
    if plain.all():
        return quick
    odd = map_distinct(values.filter(~plain), fold)
    return quick.clone().scatter((~plain).arg_true(), odd)


def escape_expr(column: str) -> pl.Expr:
    """The vectorised twin of `escape`."""
    return (
        pl.col(column)
        .str.replace_all("\\", "\\\\", literal=True)
        .str.replace_all('"', '\\"', literal=True)
        .str.replace_all("\n", "\\n", literal=True)
        .str.replace_all("\r", "\\r", literal=True)
    )
