"""What differs between two contents of a graph: triples for the index, records for the user."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.store import batches

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Difference:
    """Triples that went and triples that came, each once."""

    removed: pl.DataFrame
    added: pl.LazyFrame
    added_count: int
    kept_beside: pl.LazyFrame | None = None


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """Records that came, that are there in both but say something else, and that went."""

    added: int
    changed: int
    removed: int


def difference(old: pl.LazyFrame | None, new: pl.LazyFrame | None) -> Difference:
    """Compare by whole triples, a predicate at a time, so that memory follows the longest column."""
    import polars as pl

    empty = pl.DataFrame(schema=dict.fromkeys(batches.KEYS, pl.String))
    if old is None:
        came = new if new is not None else empty.lazy()
        return Difference(empty, came, _height(came))
    if new is None:
        return Difference(old.select(batches.KEYS).unique().collect(), empty.lazy(), 0)
    removed: list[pl.DataFrame] = [empty]
    added: list[pl.DataFrame] = [empty]
    for predicate in _predicates(old, new):
        here = pl.col("p") == predicate
        before = old.filter(here).select(batches.KEYS).collect()
        after = new.filter(here).select(batches.KEYS).collect()
        if before.equals(after):
            continue
        before, after = before.unique(), after.unique()
        removed.append(before.join(after, on=batches.KEYS, how="anti"))
        added.append(after.join(before, on=batches.KEYS, how="anti"))
    gone, came_frame = pl.concat(removed), pl.concat(added)
    return Difference(gone, came_frame.lazy(), came_frame.height, kept_beside=_beside(gone, new))


def _beside(gone: pl.DataFrame, new: pl.LazyFrame) -> pl.LazyFrame | None:
    """Triples that stay and have subject and predicate in common with one that goes.

    Oxigraph keeps values, not spellings: to it "2.50" and "2.5" are one decimal. Where one spelling goes
    and the other stays, the triple must be put back.
    """
    if gone.is_empty():
        return None
    return new.join(gone.lazy().select("s", "p").unique(), on=["s", "p"], how="semi").select(batches.KEYS)


def _predicates(old: pl.LazyFrame, new: pl.LazyFrame) -> list[str]:
    import polars as pl

    both = pl.concat([old.select(pl.col("p").unique()), new.select(pl.col("p").unique())])
    return sorted(both.unique().collect().get_column("p").to_list())


def _height(lazy: pl.LazyFrame) -> int:
    import polars as pl

    return int(lazy.select(pl.len()).collect().item())


def records(old: Path | None, new: Path | None, moved: Difference) -> RecordCounts:
    """Count records by IRI; a record changed when a triple of it, or of a part of it, did."""
    import polars as pl

    before, after = _iris(old), _iris(new)
    came = after.join(before, on="iri", how="anti").height
    went = before.join(after, on="iri", how="anti").height
    if old is None or new is None:
        return RecordCounts(came, 0, went)
    touched = pl.concat([moved.removed.select("s"), moved.added.select("s").collect()]).unique()
    owner = pl.concat([batches.frame(folder, "parts") for folder in (old, new)]).unique()
    touched = touched.join(owner, left_on="s", right_on="node", how="left").select(
        pl.coalesce("record", "s").alias("iri")
    )
    both = before.join(after, on="iri", how="semi")
    return RecordCounts(came, both.join(touched.unique(), on="iri", how="semi").height, went)


def _iris(folder: Path | None) -> pl.DataFrame:
    import polars as pl

    if folder is None:
        return pl.DataFrame(schema={"iri": pl.String})
    return batches.frame(folder, "records").select("iri").unique()
