"""What a property path reaches from a set of nodes, one join per step."""

from __future__ import annotations

import polars as pl

from mcgraph.validation.data import DataGraph, Nodes, distinct
from mcgraph.validation.ir import Alternative, Inverse, Path, Predicate, Repeat, Sequence


def reach(data: DataGraph, nodes: Nodes, path: Path) -> pl.DataFrame:
    """The distinct value nodes of each node: `n`, `v`, `t` and the cell (`tc`, `row`) that says so."""
    return distinct(_walk(data, nodes.frame, path))


def _walk(data: DataGraph, start: pl.DataFrame, path: Path) -> pl.DataFrame:
    """As `reach`, from any frame of `n`, `v`, `t`; rows may repeat."""
    if isinstance(path, Predicate):
        return _forward(data, start, path.iri)
    if isinstance(path, Inverse):
        return _backward(data, start, path.path)
    if isinstance(path, Sequence):
        found = _walk(data, start, path.steps[0])
        for step in path.steps[1:]:
            found = _walk(data, distinct(found).select("n", "v", "t"), step)
        return found
    if isinstance(path, Alternative):
        return pl.concat([_walk(data, start, way) for way in path.ways])
    return _repeated(data, start, path)


def _forward(data: DataGraph, start: pl.DataFrame, predicate: str) -> pl.DataFrame:
    resources = start.filter(pl.col("t") == 0).select("n", pl.col("v").alias("s"))
    found = data.edges(predicate).join(resources, on="s", how="inner", maintain_order="left")
    return found.select("n", "v", "t", "tc", "row")


def _backward(data: DataGraph, start: pl.DataFrame, path: Path) -> pl.DataFrame:
    if isinstance(path, Predicate):
        found = data.edges(path.iri).join(start, on=["v", "t"], how="inner", maintain_order="left")
        return found.select("n", pl.col("s").alias("v"), pl.lit(0, dtype=pl.Int32).alias("t"), "tc", "row")
    if isinstance(path, Inverse):
        return _walk(data, start, path.path)
    if isinstance(path, Sequence):
        return _walk(data, start, Sequence(tuple(Inverse(step) for step in reversed(path.steps))))
    if isinstance(path, Alternative):
        return _walk(data, start, Alternative(tuple(Inverse(way) for way in path.ways)))
    return _walk(data, start, Repeat(Inverse(path.path), path.least, path.once))


def _repeated(data: DataGraph, start: pl.DataFrame, path: Repeat) -> pl.DataFrame:
    """A closure, walked in rounds: each round starts only from what the last one found first."""
    nothing = start.with_columns(
        pl.lit(-1, dtype=pl.Int32).alias("tc"), pl.lit(None, dtype=pl.UInt32).alias("row")
    ).select("n", "v", "t", "tc", "row")
    found = nothing.clear() if path.least else distinct(nothing)
    frontier = start.select("n", "v", "t")
    while frontier.height:
        step = distinct(_walk(data, frontier, path.path))
        new = step.join(found, on=["n", "v", "t"], how="anti", maintain_order="left")
        found = pl.concat([found, new])
        if path.once:
            break
        frontier = new.select("n", "v", "t")
    return found
