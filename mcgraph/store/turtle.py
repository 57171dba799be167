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
    """The blocks of all subjects of `triples` (`s p o kind datatype lang`), sorted by subject, in pieces of text."""
    import polars as pl

    names = {iri: _named(iri) for column in ("p", "datatype") for iri in triples.get_column(column).unique().to_list()}
    names[RDF_TYPE] = "a"
    value = (
        pl.when(pl.col("kind") == "iri")
        .then(_object("o"))
        .when(pl.col("lang") != "")
        .then(pl.concat_str(_quoted("o"), pl.lit("@"), pl.col("lang")))
        .when(pl.col("datatype").is_in(["", XSD + "string"]))
        .then(_quoted("o"))
        .otherwise(pl.concat_str(_quoted("o"), pl.lit("^^"), _lookup("datatype", names)))
    )
    lines = triples.sort(pl.col("s"), pl.col("p") != RDF_TYPE, pl.col("p"), pl.col("o"), "lang").select(
        "s", pl.concat_str(_lookup("p", names), pl.lit(" "), value).alias("line")
    )
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


def _object(column: str) -> pl.Expr:
    """An IRI with the prefix that fits, found by its beginning."""
    import polars as pl

    written = _resource(column)
    for prefix, start in PREFIXES.items():
        if prefix in _NOT_USED:
            continue
        rest = pl.col(column).str.slice(len(start))
        fits = pl.col(column).str.starts_with(start) & rest.str.contains(f"^{_LOCAL}$")
        written = pl.when(fits).then(pl.concat_str(pl.lit(f"{prefix}:"), rest)).otherwise(written)
    return written


def _quoted(column: str) -> pl.Expr:
    import polars as pl

    from mcgraph.model.terms import escape_expr

    return pl.concat_str(pl.lit('"'), escape_expr(column), pl.lit('"'))
