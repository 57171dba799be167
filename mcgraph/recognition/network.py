"""Credentials as numbers with the recognitions that lead from one to the next, for searches along them.

A step leads from a credential to another in two ways: a *full* recognition in force towards that credential, or a
stacking rule that the credential alone fulfils. A statement about an organisation speaks of each of its credentials.
Only such steps can be followed by a further one: partial recognition ends a chain, because what is held in part is
not held.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import polars as pl

from mcgraph.recognition.places import Level, effects
from mcgraph.recognition.register import CODE, Register


@dataclass(frozen=True)
class Network:
    """Edges of one register on its day.

    `full` has `iri`, `s`, `o`: credential to credential by a full recognition; `granting` has `iri`, `s`: the
    credentials that a granting statement in force speaks of; `stacked` has `iri`, `s`, `o` for rules that one
    credential fulfils.
    """

    register: Register
    full: pl.DataFrame
    granting: pl.DataFrame
    stacked: pl.DataFrame

    @classmethod
    def of(cls, register: Register, stacked: pl.DataFrame | None = None) -> Network:
        """The network of a register; `stacked` adds the rules that single credentials fulfil."""
        none = pl.DataFrame(schema={"iri": CODE, "s": CODE, "o": CODE})
        return cls(register, register.full_steps, register.granting, none if stacked is None else stacked.cast(CODE))

    @cached_property
    def next(self) -> dict[str, list[tuple[str, str, bool]]]:
        """Per credential its steps: (statement or rule, credential reached, whether it is a recognition)."""
        found: dict[str, list[tuple[str, str, bool]]] = {}
        for frame, is_recognition in ((self.full, True), (self.stacked, False)):
            for iri, start, end in frame.select("iri", "s", "o").iter_rows():
                found.setdefault(start, []).append((iri, end, is_recognition))
        return found

    @cached_property
    def before(self) -> dict[str, list[str]]:
        """Per credential those from which a step leads to it."""
        found: dict[str, list[str]] = {}
        for start, steps in self.next.items():
            for _, end, _ in steps:
                found.setdefault(end, []).append(start)
        return found

    @cached_property
    def grants(self) -> dict[str, list[str]]:
        """Per credential the granting statements in force that speak of it."""
        found: dict[str, list[str]] = {}
        for credential, iri in self.granting.select("s", "iri").iter_rows():
            found.setdefault(credential, []).append(iri)
        return found

    def from_(self, starts: Iterable[str], longest: int) -> Network:
        """What can be reached from `starts` with at most `longest` recognitions; the rest is left out.

        A search builds its look-ups over this alone: in a large register it is a small part.
        """
        own = pl.DataFrame({"s": sorted(set(starts))}, schema={"s": CODE})
        seen = new = self._with_rules(own)
        for _ in range(longest):
            onwards = self.full.join(new, on="s", how="semi").select(pl.col("o").alias("s")).unique()
            new = self._with_rules(onwards).join(seen, on="s", how="anti")
            if new.is_empty():
                break
            seen = pl.concat([seen, new])
        kept = (frame.join(seen, on="s", how="semi", maintain_order="left") for frame in self._frames)
        return Network(self.register, *kept)

    @property
    def _frames(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        return self.full, self.granting, self.stacked

    def _with_rules(self, credentials: pl.DataFrame) -> pl.DataFrame:
        """The credentials with all that rules make of one of them alone."""
        seen = new = credentials
        while new.height and self.stacked.height:
            onwards = self.stacked.join(new, on="s", how="semi").select(pl.col("o").alias("s")).unique()
            new = onwards.join(seen, on="s", how="anti")
            seen = pl.concat([seen, new])
        return seen

    def followed(self, level: Level, longest: int = 4, most: int = 20_000_000) -> tuple[pl.DataFrame, bool]:
        """`a`, `b`, `followed`: how many credentials of `a` reach `b` over 2 to `longest` recognitions, none directly.

        All but the last are full recognitions towards a credential; the last is any granting statement. Places are
        carried back along the steps, a round for each recognition; when a round would make more than `most` rows the
        rest is left out, and the second value is True.
        """
        register = self.register
        places = self.granting.join(effects(register, level), on="iri").select("s", "b").unique()
        names = pl.concat(
            [self.full.select("s"), self.full.select(pl.col("o").alias("s")), places.select("s")]
        ).unique()
        codes = names.with_row_index("n").cast({"n": pl.UInt32})
        spots = places.select("b").unique().with_row_index("p").cast({"p": pl.UInt32})
        direct = places.join(codes, on="s").join(spots, on="b").select("n", "p")
        step = self.full.select("s", "o").unique().join(codes, on="s")
        step = step.join(codes.rename({"s": "o", "n": "m"}), on="o").select("n", "m")
        # Credential and place as one number: sets of pairs are then compared by one column.
        width = max(1, spots.height)
        pair = (pl.col("n").cast(pl.UInt64) * width + pl.col("p")).alias("pair")
        parts = {"n": pl.col("pair") // width, "p": pl.col("pair") % width}
        apart = [part.cast(pl.UInt32).alias(name) for name, part in parts.items()]
        new, seen, is_cut = direct, direct.select(pair), False
        found = seen.clear()
        for _ in range(longest - 1):
            fan = step.join(new.group_by("n").len(), left_on="m", right_on="n").get_column("len").sum()
            if fan > most:
                is_cut = True
                break
            onwards = step.join(new, left_on="m", right_on="n").select(pair).unique()
            onwards = onwards.join(seen, on="pair", how="anti")
            if onwards.is_empty():
                break
            seen, found, new = pl.concat([seen, onwards]), pl.concat([found, onwards]), onwards.select(apart)
        return self._counted(found.select(apart), codes, spots, level), is_cut

    def _counted(self, found: pl.DataFrame, codes: pl.DataFrame, spots: pl.DataFrame, level: Level) -> pl.DataFrame:
        """Credentials per pair of places; all is joined as numbers, and only the pairs get their names."""
        register = self.register
        own = register.owners.rename({"body": "a"}) if level == "body" else register.countries.rename({"country": "a"})
        own = own.unique().join(codes, on="s").select("n", "a")
        homes = own.select("a").unique().with_row_index("h").cast({"h": pl.UInt32})
        own = own.join(homes, on="a").select("n", "h")
        # A place that is also a home has a number of each kind; what stays within one place is no step abroad.
        same = homes.join(spots, left_on="a", right_on="b").select("h", "p")
        counted = found.join(own, on="n").group_by("h", "p").len("followed").join(same, on=["h", "p"], how="anti")
        return counted.join(homes, on="h").join(spots, on="p").select("a", "b", "followed")
