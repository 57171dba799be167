"""Which credentials of two bodies are alike enough that one could be recognised as the other.

Alike means: the same EQF level, and the same field of study (ISCED-F) or a skill in common. It is a reading of
records, not a decision: it only says where an agreement would have something to rest on.
"""

from __future__ import annotations

import polars as pl

from mcgraph.model.namespaces import MC
from mcgraph.recognition.columns import read_columns
from mcgraph.recognition.register import Register


def alike(register: Register, credentials: pl.Series, wanted: pl.Series, most: int) -> tuple[pl.DataFrame, int]:
    """`x`, `m`, `shared`: pairs of `credentials` and `wanted` of different bodies, the most alike first.

    At most `most` pairs are returned; the number beside them is how many there are.
    """
    if register.graph is None:
        return pl.DataFrame(schema={"x": pl.String, "m": pl.String, "shared": pl.UInt32}), 0
    facts = read_columns(register.graph, [MC + name for name in ("eqfLevel", "fieldOfStudy", "skill")])
    level = facts.filter(pl.col("p") == MC + "eqfLevel").select("s", level="o").unique()
    marks = facts.filter(pl.col("p") != MC + "eqfLevel").select("s", mark="o").unique()
    described = level.join(marks, on="s")
    left = described.filter(pl.col("s").is_in(credentials.implode())).rename({"s": "x"})
    right = described.filter(pl.col("s").is_in(wanted.implode())).rename({"s": "m"})
    pairs = left.join(right, on=["level", "mark"]).filter(pl.col("x") != pl.col("m"))
    counted = pairs.group_by("x", "m").agg(pl.col("mark").n_unique().alias("shared"))
    owners = register.owners.cast(pl.String).unique()
    same = (
        counted.join(owners, left_on="x", right_on="s")
        .join(owners, left_on="m", right_on="s", suffix="_m")
        .filter(pl.col("body") == pl.col("body_m"))
        .select("x", "m")
    )
    kept = counted.join(same, on=["x", "m"], how="anti").sort("shared", "x", "m", descending=[True, False, False])
    return kept.head(most), kept.height
