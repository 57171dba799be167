"""What each partition has to see of the others: the triples that its shapes read beyond its own subjects.

Partitions ask for subjects by their hashes, round by round outwards, and each partition is read once per round. What
is found lies on disk beside the partition that asked for it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl

from mcgraph.model.batch import TRIPLE_SCHEMA, TripleColumn
from mcgraph.model.namespaces import RDF_TYPE
from mcgraph.validation.data import SUBCLASS
from mcgraph.validation.reads import Reads
from mcgraph.validation.spill import Spill

_ASKED = {"h": pl.UInt64, "k": pl.UInt16}


class Halo:
    """The triples of other partitions that each partition sees. `gather` once, then `of` each partition."""

    def __init__(self, spill: Spill, folder: Path) -> None:
        self._spill, self._folder = spill, folder
        self._files: dict[int, list[Path]] = {}
        self._classes = spill.whole([SUBCLASS])

    def gather(self, reads: Reads) -> None:
        """Collect, for all partitions, what `reads` asks for; the types of what is linked to always."""
        asked = self._round(0, pl.DataFrame(schema=_ASKED), set(), reads.backward.get(0, set()))
        for depth in range(1, max(reads.depth, 1) + 1):
            forward = reads.forward.get(depth, set()) | ({RDF_TYPE} if depth == 1 else set())
            asked = self._round(depth, asked, forward, reads.backward.get(depth, set()))

    def of(self, partition: int) -> tuple[TripleColumn, ...]:
        """What a partition sees besides its own, in the order of `Spill.columns`, and every subclass."""
        frames = [pl.read_parquet(file) for file in self._files.get(partition, [])]
        seen = {} if not frames else pl.concat(frames).unique(maintain_order=True).partition_by(
            "g", as_dict=True, include_key=False, maintain_order=True
        )  # fmt: skip
        found = []
        for number, column in enumerate(self._classes):
            frame = seen.get((number,))
            own = column if frame is None else replace(column, frame=frame.select(list(TRIPLE_SCHEMA)), subjects=None)
            found.append(own)
        return tuple(found)

    def _round(self, depth: int, asked: pl.DataFrame, forward: set[str], backward: set[str]) -> pl.DataFrame:
        """One round over all partitions; gives who asks for which subjects next."""
        spill, following = self._spill, []
        homes = asked.join(spill.homes.rename({"k": "home"}), on="h") if asked.height else None
        for home in range(spill.count):
            found: list[pl.DataFrame] = []
            own = spill.homes.filter(pl.col("k") == home).select("h") if depth == 0 else spill.homes.clear()
            for number, column in enumerate(spill.columns):
                first = depth == 0 and column.kind == "iri" and column.predicate != RDF_TYPE
                ahead, behind = column.predicate in forward, column.predicate in backward and column.kind == "iri"
                if not (first or ahead or behind):
                    continue
                frame = spill.frame(home, number)
                if frame.is_empty():
                    continue
                if first:
                    following.append(self._linked(frame, home, own))
                if ahead and homes is not None:
                    wanted = homes.filter(pl.col("home") == home).select("h", "k")
                    found.append(_matching(frame, "s", wanted, number))
                if behind:
                    wanted = spill.homes.filter(pl.col("k") != home) if depth == 0 else asked
                    found.append(_matching(frame, "o", wanted, number).filter(pl.col("k") != home))
            following += self._keep(f"{depth}-{home}", found)
        return self._next(following)

    def _linked(self, frame: pl.DataFrame, home: int, own: pl.DataFrame) -> pl.DataFrame:
        """The subjects beside its own that a partition's links lead to."""
        linked = frame.select(pl.col("o").hash().alias("h")).unique().join(own, on="h", how="anti")
        return linked.with_columns(pl.lit(home, dtype=pl.UInt16).alias("k"))

    def _keep(self, name: str, found: list[pl.DataFrame]) -> list[pl.DataFrame]:
        """Write what was found for each partition that asked, and give the subjects that it leads on to."""
        frames = [frame for frame in found if frame.height]
        if not frames:
            return []
        for (k,), part in pl.concat(frames).partition_by("k", as_dict=True, include_key=False).items():
            files = self._files.setdefault(int(str(k)), [])
            files.append(self._folder / f"halo-{k}-{name}.parquet")
            part.write_parquet(files[-1], compression="lz4", statistics=False)
        ends = [frame.select(pl.col(end).hash().alias("h"), "k") for frame in frames for end in ("s", "o")]
        return [pl.concat(ends).unique()]

    def _next(self, following: list[pl.DataFrame]) -> pl.DataFrame:
        """Who asks for which subjects, less those that are its own or nobody's."""
        asked = pl.concat([pl.DataFrame(schema=_ASKED), *following]).unique()
        homes = self._spill.homes.rename({"k": "home"})
        return asked.join(homes, on="h").filter(pl.col("home") != pl.col("k")).select("h", "k")


def _matching(frame: pl.DataFrame, end: str, wanted: pl.DataFrame, number: int) -> pl.DataFrame:
    """The triples whose subject or object is asked for, once for each partition that asks."""
    hashed = frame.with_columns(pl.col(end).hash().alias("h"))
    return hashed.join(wanted, on="h", maintain_order="left").select(
        "k", pl.lit(number, dtype=pl.UInt16).alias("g"), "s", "o", "row"
    )
