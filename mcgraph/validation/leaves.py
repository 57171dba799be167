"""A nested failure told at its leaf: what is wrong with the value, once, with the number of records it affects.

`sh:node` says of a value only that it does not conform to another shape. Its owner needs to know which of that
shape's own promises is broken, and does not need to hear it from every record that points to the value.
"""

from __future__ import annotations

import polars as pl

from mcgraph.validation.data import Nodes
from mcgraph.validation.engine import RESULT_SCHEMA, Engine

_DEEPEST = 8  # shapes inside shapes that are followed; deeper ones are told where the descent ends
_PLACE = ["focus", "focus_t", "path", "tc", "row"]
_SAME = ["focus", "focus_t", "path", "v", "t", "shape", "component"]
LEAF_SCHEMA = {**RESULT_SCHEMA, "behind": pl.UInt32}


def at_leaves(engine: Engine, results: pl.DataFrame) -> pl.DataFrame:
    """`results` (`RESULT_SCHEMA`) with each `sh:node` result replaced by those of the shape it names, and `affects`.

    A leaf that several results lead to, or that the shape's own targets found as well, stands once; `affects`
    counts the focus nodes behind it, and its severity is that of the result it explains.
    """
    return joined(*parted(engine, results))


def parted(engine: Engine, results: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The results that stand as they are, and the leaves that the others lead to with the focus nodes `behind` them."""
    plain = results.with_columns(pl.lit(1, dtype=pl.UInt32).alias("affects"))
    known: dict[str, bool] = {}
    followed = [key for key in engine.shapes if _can_follow(engine, key, known)]
    is_nested = (pl.col("component") == "Node") & pl.col("shape").is_in(followed)
    nested = plain.filter(is_nested & pl.col("v").is_not_null())
    if nested.is_empty():
        return plain, pl.DataFrame(schema=LEAF_SCHEMA)
    leaves = _descended(engine, nested.with_columns(pl.col("focus").alias("record")), 0)
    counted = leaves.group_by(_SAME, maintain_order=True).agg(
        pl.col("record").n_unique().cast(pl.UInt32).alias("behind"),
        pl.col("n", "tc", "row", "severity", "said").first(),
    )
    return plain.filter(~is_nested | pl.col("v").is_null()), counted.select(list(LEAF_SCHEMA))


def joined(rest: pl.DataFrame, counted: pl.DataFrame) -> pl.DataFrame:
    """What `parted` took apart, as one; a leaf that stands by itself already is told once."""
    if counted.is_empty():
        return rest
    seen = rest.join(counted.select(*_SAME, "behind"), on=_SAME, how="left", nulls_equal=True, maintain_order="left")
    seen = seen.with_columns(pl.max_horizontal("affects", pl.col("behind").fill_null(1)).alias("affects"))
    fresh = counted.join(rest.select(_SAME), on=_SAME, how="anti", nulls_equal=True, maintain_order="left")
    columns = [*RESULT_SCHEMA, "affects"]
    return pl.concat([seen.select(columns), fresh.rename({"behind": "affects"}).select(columns)])


def summed(leaves: list[pl.DataFrame]) -> pl.DataFrame:
    """The leaves of several partitions, whose focus nodes are different ones."""
    together = pl.concat([pl.DataFrame(schema=LEAF_SCHEMA), *leaves])
    counted = together.group_by(_SAME, maintain_order=True).agg(
        pl.col("behind").sum(), pl.col("n", "tc", "row", "severity", "said").first()
    )
    return counted.select(list(LEAF_SCHEMA))


def _descended(engine: Engine, nested: pl.DataFrame, depth: int) -> pl.DataFrame:
    """The results inside the shapes that `nested` failed, each with the focus node (`record`) it started from."""
    found = []
    for (shape,), part in nested.group_by("shape", maintain_order=True):
        inner = [name for c in engine.shapes[str(shape)].constraints if c.component == "Node" for name in c.shapes]
        nodes = Nodes.of(part)
        owners = part.rename({name: f"{name}_above" for name in _PLACE}).join(nodes.frame, on=["v", "t"], suffix="_in")
        owners = owners.select(
            pl.col("n_in").alias("n"), "record", "severity", *(f"{n}_above" for n in _PLACE)
        ).unique()
        results = [engine.results(engine.shapes[name], nodes) for name in inner]
        told = pl.concat(results) if results else pl.DataFrame(schema=RESULT_SCHEMA)
        joined = told.drop("severity").join(owners, on="n", how="inner", maintain_order="left")
        # A literal has no place of its own: it stands where the property that holds it stands.
        literal = (pl.col("focus_t") != 0) & (pl.col("path") == "")
        placed = [pl.when(literal).then(f"{name}_above").otherwise(name).alias(name) for name in _PLACE]
        found.append(joined.with_columns(placed).select(*RESULT_SCHEMA, "record"))
    leaves = pl.concat(found)
    deeper = leaves.filter((pl.col("component") == "Node") & pl.col("v").is_not_null())
    if deeper.is_empty() or depth >= _DEEPEST:
        return leaves
    rest = leaves.filter((pl.col("component") != "Node") | pl.col("v").is_null())
    return pl.concat([rest, _descended(engine, deeper, depth + 1)])


def _can_follow(engine: Engine, key: str, known: dict[str, bool]) -> bool:
    """Whether everything inside a shape is compiled and ends, so that it can be run on its own."""
    if key not in known:
        shape, known[key] = engine.shapes[key], False  # False for as long as it is open: what leads back never ends
        inner = [name for constraint in shape.constraints for name in constraint.shapes if name in engine.shapes]
        known[key] = not shape.unsupported and all(_can_follow(engine, name, known) for name in inner)
    return known[key]
