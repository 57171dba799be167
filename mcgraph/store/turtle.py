"""Triples as Turtle that people read: one block per subject, its class first, names by prefix (Turtle 1.1 §2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mcgraph.model.namespaces import PREFIXES, RDF_TYPE, XSD

if TYPE_CHECKING:
    import polars as pl

# Written with a prefix only where the rest needs no escape (PN_LOCAL allows more; this is what our names use).
_LOCAL = r"([A-Za-z_][A-Za-z0-9_-]*|[0-9][A-Za-z0-9_-]*)"
_SUBJECTS_AT_ONCE = 50_000
# Used for subjects of the sources: their IRIs have slashes and stay whole.
_NOT_USED = ("id", "graph")


def head() -> bytes:
    """The declarations of the prefixes, and nothing else."""
    return "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items() if name not in _NOT_USED).encode()


def subjects(triples: pl.DataFrame) -> Iterator[bytes]:
    """The blocks of all subjects of triples that are `ordered`, in pieces of text."""
    import polars as pl

    names = {iri: _named(iri) for column in ("p", "datatype") for iri in triples.get_column(column).unique().to_list()}
    names[RDF_TYPE] = "a"
    named = triples.join(_objects(triples), on="o", how="left", maintain_order="left")
    value = (
        pl.when(pl.col("kind") == "iri")
        .then("written")
        .when(pl.col("lang") != "")
        .then(pl.concat_str(_quoted("o"), pl.lit("@"), pl.col("lang")))
        .when(pl.col("datatype").is_in(["", XSD + "string"]))
        .then(_quoted("o"))
        .otherwise(pl.concat_str(_quoted("o"), pl.lit("^^"), _lookup("datatype", names)))
    )
    lines = named.select("s", pl.concat_str(_lookup("p", names), pl.lit(" "), value).alias("line"))
    blocks = lines.group_by("s", maintain_order=True).agg(pl.col("line").str.join(" ;\n    "))
    text = blocks.select(pl.concat_str(_resource("s"), pl.lit(" "), "line", pl.lit(" .\n")).alias("text"))
    for start in range(0, text.height, _SUBJECTS_AT_ONCE):
        piece = text.slice(start, _SUBJECTS_AT_ONCE).get_column("text").str.join("")
        yield str(piece[0]).encode()


def _named(iri: str) -> str:
    import re

    for prefix, start in PREFIXES.items():
        if prefix not in _NOT_USED and iri.startswith(start) and re.fullmatch(_LOCAL, iri[len(start) :]):
            return f"{prefix}:{iri[len(start) :]}"
    return f"<{iri}>"


def _lookup(column: str, names: dict[str, str]) -> pl.Expr:
    import polars as pl

    return pl.col(column).replace_strict(names, return_dtype=pl.String)


def _resource(column: str) -> pl.Expr:
    import polars as pl

    blank = pl.col(column).str.starts_with("_:")
    return pl.when(blank).then(pl.col(column)).otherwise(pl.concat_str(pl.lit("<"), column, pl.lit(">")))


def ordered(triples: pl.DataFrame) -> pl.DataFrame:
    """The triples (`s p o kind datatype lang`), each once, by subject, class first, property, object and language.

    Subjects and properties are sorted once each and the triples by their numbers; objects are compared only where a
    subject has several of one property.
    """
    import numpy as np
    import polars as pl

    columns = ("s", "p", "o", "kind", "datatype", "lang")
    terms = {
        "s": triples.select("s").unique().sort("s"),
        "p": triples.select("p").unique().sort(pl.col("p") != RDF_TYPE, "p"),
    }
    place = pl.lit(0, dtype=pl.UInt64)
    numbered = triples
    for name, frame in terms.items():
        numbered = numbered.join(frame.with_row_index(f"{name}#"), on=name, how="left", maintain_order="left")
        place = place * frame.height + pl.col(f"{name}#").cast(pl.UInt64)
    places = numbered.select(place).to_series()
    order = places.arg_sort().to_numpy().copy()
    along = places.to_numpy()[order]
    same = along[1:] == along[:-1]
    several = np.append(False, same) | np.append(same, False) if len(along) else same
    some = triples.select(columns)[order[several]].with_columns(
        pl.Series("place", along[several]), pl.Series("row", order[several])
    )
    some = some.sort("place", "o", "lang", "kind", "datatype")
    order[several] = some.get_column("row").to_numpy()
    again = some.select(pl.all_horizontal(pl.col(name) == pl.col(name).shift(1) for name in columns).fill_null(False))
    kept = np.ones(len(order), dtype=bool)
    kept[several] = ~again.to_series().to_numpy()
    return triples.select(columns)[order[kept]]


def _objects(triples: pl.DataFrame) -> pl.DataFrame:
    """Each different IRI or blank node among the objects, `o`, as it is `written`: with its prefix where it has one."""
    import polars as pl

    prefixes = {start: f"{name}:" for name, start in PREFIXES.items() if name not in _NOT_USED}
    found = triples.filter(pl.col("kind") == "iri").select("o").unique()
    local = pl.col("o").str.extract(r"([^/#]*)$")
    start = pl.col("o").str.slice(0, pl.col("o").str.len_chars() - local.str.len_chars())
    prefix = start.replace_strict(prefixes, default=None, return_dtype=pl.String)
    fits = prefix.is_not_null() & local.str.contains(f"^{_LOCAL}$")
    return found.with_columns(
        pl.when(fits).then(pl.concat_str(prefix, local)).otherwise(_resource("o")).alias("written")
    )


def _quoted(column: str) -> pl.Expr:
    import polars as pl

    from mcgraph.model.terms import escape_expr

    return pl.concat_str(pl.lit('"'), escape_expr(column), pl.lit('"'))
