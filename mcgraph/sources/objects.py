"""The objects of one column: stated values → terms, each keeping its row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from mcgraph.errors import RuleBroken
from mcgraph.model.batch import LANG_STRING, STRING
from mcgraph.model.namespaces import ID
from mcgraph.model.national_levels import national_levels
from mcgraph.model.terms import is_safe_iri, local_name, map_distinct
from mcgraph.model.vocabularies import vocabulary
from mcgraph.sources.mapping import Target
from mcgraph.sources.normalise import KINDS, REPAIRS, normalise
from mcgraph.sources.subjects import Directory

_LOOKS_LIKE_ID = r"^[A-Za-z]{1,16}(?:[-_.][A-Za-z]{1,16})*[-_./]?[0-9][A-Za-z0-9._/-]*$"
# Schemes whose codes everybody knows: a name in their place is worth a note.
_CODED = ("country", "language")
# Between the country and the national level of a row, where both decide together.
BESIDE = "\x1f"

Note = pl.DataFrame
"""Rows of (row, code, found, became)."""


@dataclass(frozen=True, slots=True)
class Objects:
    """The triples of one target: resolved IRIs and literals apart, and the notes of what was changed."""

    iris: pl.DataFrame
    literals: pl.DataFrame
    datatype: str = STRING
    notes: tuple[Note, ...] = ()


def are_several(frame: pl.DataFrame, delimiter: str) -> bool:
    """Whether any cell has more than one value."""
    return bool(delimiter) and bool(frame.get_column("o").str.contains(delimiter, literal=True).any())


def explode(frame: pl.DataFrame, delimiter: str) -> pl.DataFrame:
    """One row per value of a multi-valued cell, trimmed, without empty ones."""
    if are_several(frame, delimiter):
        frame = frame.with_columns(pl.col("o").str.split(delimiter)).explode("o")
    return frame.with_columns(pl.col("o").str.strip_chars()).filter(pl.col("o") != "")


def objects(frame: pl.DataFrame, target: Target, directory: Directory) -> Objects:
    """`frame` (s, o as stated, row) with its values turned into the terms `target` asks for.

    What cannot be turned stays a literal as it was written, so that a shape reports it at its cell.
    """
    notes: list[Note] = []
    for name in target.repair:
        if name not in REPAIRS:
            raise RuleBroken(f"«{name}» is not a repair of mappings", fix="See docs/mapping.md.")
        frame = _normalised(frame, name, notes)
    if target.values:
        return _mapped(frame, target, notes)
    if target.as_ in ("concept", "level"):
        return _concepts(frame, target, notes)
    if target.as_ == "reference":
        return _references(frame, target, directory, notes)
    if target.as_ == "national-level":
        return _levels(frame, notes)
    if target.as_ == "known":
        found = directory.find(target.to, frame.get_column("o"))
        both = frame.with_columns(found.alias("found")).drop_nulls("found")
        return Objects(both.select("s", o="found", row="row"), frame.clear(), STRING, tuple(notes))
    if target.as_ == "iri":
        return _resolved(frame, lambda text: text if is_safe_iri(text) else None, notes)
    kind = KINDS[target.as_]
    if target.as_ != "text":
        done = normalise(frame.get_column("o"), kind)
        notes.append(_note_rows(frame, done.changed))
        frame = frame.with_columns(o=done.values)
    datatype = LANG_STRING if target.language else kind.datatype
    return Objects(frame.clear(), frame, datatype, tuple(notes))


def node_iris(frame: pl.DataFrame, class_iri: str) -> pl.Series:
    """An IRI below the subject for each value: stable, made from the value's own text."""
    kind = _KIND_OF_NODE.get(class_iri.rsplit("#", 1)[-1], class_iri.rsplit("#", 1)[-1].lower())
    digests = map_distinct(frame.get_column("o"), _digest).alias("digest")
    return frame.select(pl.concat_str("s", pl.lit(f"/{kind}/"), digests)).to_series()


_KIND_OF_NODE = {"LearningOutcome": "outcome", "SideCondition": "condition"}


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _normalised(frame: pl.DataFrame, name: str, notes: list[Note]) -> pl.DataFrame:
    done = normalise(frame.get_column("o"), REPAIRS[name])
    notes.append(_note_rows(frame, done.changed))
    return frame.with_columns(o=done.values)


def _note_rows(frame: pl.DataFrame, changed: pl.DataFrame) -> Note:
    rows = frame.get_column("row").gather(changed.get_column("at"))
    return changed.select(rows.alias("row"), "code", "found", "became")


def _resolved(frame: pl.DataFrame, find: Callable[[str], str | None], notes: list[Note]) -> Objects:
    """Split into what `find` gives an IRI for (asked once per distinct value) and the rest."""
    found = map_distinct(frame.get_column("o"), find).alias("found")
    both = frame.with_columns(found)
    iris = both.filter(pl.col("found").is_not_null()).select("s", o="found", row="row")
    rest = both.filter(pl.col("found").is_null()).select("s", "o", "row")
    return Objects(iris, rest, STRING, tuple(notes))


def _mapped(frame: pl.DataFrame, target: Target, notes: list[Note]) -> Objects:
    """Through the mapping's own table of values; IRIs among them become IRIs, the others literals."""
    folded = {stated.casefold(): value for stated, value in target.values.items()}
    became = map_distinct(frame.get_column("o"), lambda text: folded.get(text.casefold())).alias("became")
    both = frame.with_columns(became)
    is_iri = pl.col("became").str.contains("://", literal=True).fill_null(False)
    iris = both.filter(is_iri).select("s", o="became", row="row")
    rest = both.filter(~is_iri).select("s", pl.coalesce("became", "o").alias("o"), "row")
    return Objects(iris, rest, STRING, tuple(notes))


def _concepts(frame: pl.DataFrame, target: Target, notes: list[Note]) -> Objects:
    scheme = vocabulary(target.scheme)
    result = _resolved(frame, scheme.find, notes)
    if target.scheme not in _CODED:
        return result
    by_name = _said_by_name(frame, scheme.notations, scheme.find)
    return Objects(result.iris, result.literals, STRING, (*result.notes, by_name))


def _levels(frame: pl.DataFrame, notes: list[Note]) -> Objects:
    """Levels of the row's country; one that is not found stays out: the property beside it has it as stated."""

    def find(text: str) -> str | None:
        countries, _, stated = text.partition(BESIDE)
        found = {national_levels().find(one.strip(), stated) for one in countries.split("|")}
        return found.pop() if len(found) == 1 else None

    result = _resolved(frame, find, notes)
    return Objects(result.iris, result.literals.clear(), STRING, result.notes)


def _said_by_name(frame: pl.DataFrame, notations: object, find: Callable[[str], str | None]) -> Note:
    """A note for values given as a label where the scheme has a code: `Ireland` became IRL."""
    codes = dict(notations) if isinstance(notations, dict) else {}

    def became(text: str) -> str | None:
        iri = find(text)
        code = codes.get(iri or "", "")
        return None if not iri or not code or text in (iri, code) or text.casefold() == code.casefold() else code

    column = map_distinct(frame.get_column("o"), became).alias("became")
    noted = frame.with_columns(column).filter(pl.col("became").is_not_null())
    return noted.select("row", pl.lit("NOTE-NAME").alias("code"), pl.col("o").alias("found"), "became")


def _references(frame: pl.DataFrame, target: Target, directory: Directory, notes: list[Note]) -> Objects:
    """By identifier or name among the submitted records; an identifier nobody has still becomes a link.

    The link is kept so that nothing is lost; that it points to nothing is the reference layer's finding.
    """
    distinct = frame.get_column("o").unique()
    found = directory.find(target.to, distinct)
    base = f"{ID}{local_name(directory.source)}/{target.to}/"
    minted = [
        iri or (value if is_safe_iri(value) and "://" in value else None)
        for iri, value in zip(found.to_list(), distinct.to_list(), strict=True)
    ]
    looks = distinct.str.contains(_LOOKS_LIKE_ID).to_list()
    minted = [
        iri or (base + local_name(value) if target.mint or looks_like_id else None)
        for iri, value, looks_like_id in zip(minted, distinct.to_list(), looks, strict=True)
    ]
    lookup = pl.DataFrame({"o": distinct, "found": pl.Series(minted, dtype=pl.String)})
    both = frame.join(lookup, on="o", how="left", maintain_order="left")
    iris = both.filter(pl.col("found").is_not_null()).select("s", o="found", row="row")
    rest = both.filter(pl.col("found").is_null()).select("s", "o", "row")
    return Objects(iris, rest, STRING, tuple(notes))
