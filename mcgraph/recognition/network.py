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

import numpy as np
import polars as pl

from mcgraph.recognition.followed import Numbers, follow
from mcgraph.recognition.indexed import Codes, Indexed, codes_of
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

    def from_(self, starts: Iterable[str], longest: int) -> Network:
        """What can be reached from `starts` with at most `longest` recognitions; the rest is left out.

        A search builds its look-ups over this alone: in a large register it is a small part.
        """
        register = self.register
        own = pl.Series("s", sorted(set(starts)), dtype=CODE)
        seen = new = self._with_rules(codes_of(own))
        for _ in range(longest):
            onwards = codes_of(register.steps_by_credential.at(new).get_column("o"))
            new = np.setdiff1d(self._with_rules(np.unique(onwards)), seen)
            if not len(new):
                break
            seen = np.union1d(seen, new)
        kept = register.steps_by_credential.at(seen), register.grants_by_credential.at(seen), self._stacked.at(seen)
        # By name, so that the same register is always searched in the same order.
        full, granting, stacked = (frame.cast(pl.String) for frame in kept)
        return Network(register, full.sort("s", "o", "iri"), granting.sort("s", "iri"), stacked.sort("s", "o", "iri"))

    @cached_property
    def _stacked(self) -> Indexed:
        return Indexed.of(self.stacked, "s")

    def _with_rules(self, credentials: Codes) -> Codes:
        """The credentials with all that rules make of one of them alone."""
        seen = new = credentials
        while len(new) and self.stacked.height:
            onwards = codes_of(self._stacked.at(new).get_column("o"))
            new = np.setdiff1d(onwards, seen)
            seen = np.union1d(seen, new)
        return seen

    def followed(self, level: Level, longest: int = 4, most: int = 20_000_000) -> tuple[pl.DataFrame, bool]:
        """`a`, `b`, `followed`: how many credentials of `a` reach `b` over 2 to `longest` recognitions, none directly.

        All but the last are full recognitions towards a credential; the last is any granting statement. Places are
        carried back along the steps, a round for each recognition; when a round would carry more than `most` pairs of
        credential and place the rest is left out, and the second value is True.
        """
        register = self.register
        places = self.granting.join(effects(register, level), on="iri").select("s", "b").unique()
        own = register.owners.rename({"body": "a"}) if level == "body" else register.countries.rename({"country": "a"})
        own, step = own.select("s", "a").unique(), self.full.select("s", "o").unique()
        # Credentials by small numbers: their codes are spread over those of all texts.
        names = pl.concat([places.select("s"), step.select("s"), step.select(pl.col("o").alias("s"))]).unique()
        codes = np.sort(codes_of(names.get_column("s")))

        def numbers(column: pl.Series) -> Numbers:
            return np.searchsorted(codes, codes_of(column)).astype(np.int64)

        homes = own.join(names, on="s", how="semi")
        found = follow(
            len(codes),
            (numbers(step.get_column("s")), numbers(step.get_column("o"))),
            (numbers(places.get_column("s")), codes_of(places.get_column("b")).astype(np.int64)),
            (numbers(homes.get_column("s")), codes_of(homes.get_column("a")).astype(np.int64)),
            longest,
            most,
        )
        pairs = pl.DataFrame({"h": found.home, "p": found.place, "followed": found.count}).cast(
            {"h": pl.UInt32, "p": pl.UInt32, "followed": pl.UInt32}
        )
        # What stays within one place is no step abroad.
        pairs = pairs.filter(pl.col("h") != pl.col("p"))
        starts = homes.select("a", pl.col("a").to_physical().alias("h")).unique()
        ends = places.select("b", pl.col("b").to_physical().alias("p")).unique()
        return pairs.join(starts, on="h").join(ends, on="p").select("a", "b", "followed"), found.is_cut
