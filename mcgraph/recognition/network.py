"""Credentials as numbers with the recognitions that lead from one to the next, for searches along them.

A step leads from a credential to another in two ways: a *full* recognition in force towards that credential, or a
stacking rule that the credential alone fulfils. A statement about an organisation speaks of each of its credentials.
Only such steps can be followed by a further one: partial recognition ends a chain, because what is held in part is
not held.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from mcgraph.recognition.places import Level, effects
from mcgraph.recognition.register import Register
from mcgraph.recognition.statement import GRANTING


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
        force = register.frame.filter((pl.col("state") == "in-force") & pl.col("effect").is_in(GRANTING))
        direct = register.linked("recognisedCredential").rename({"o": "s"})
        whole = register.linked("recognisedOrganisation").join(register.owners, left_on="o", right_on="body")
        spoken = pl.concat([direct, whole.select("iri", "s")]).unique()
        granting = spoken.join(force.select("iri"), on="iri", how="semi")
        full = force.filter(pl.col("effect") == "full").select("iri")
        edges = granting.join(full, on="iri", how="semi").join(register.linked("recognisedTowards"), on="iri")
        edges = edges.filter(pl.col("s") != pl.col("o")).sort("s", "o", "iri")
        none = pl.DataFrame(schema={"iri": pl.String, "s": pl.String, "o": pl.String})
        return cls(register, edges, granting.sort("s", "iri"), none if stacked is None else stacked)

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

    def followed(self, level: Level) -> pl.DataFrame:
        """`credential`, `a`, `b`: places that a credential reaches over at least two recognitions.

        All but the last are full recognitions towards a credential; the last is any granting statement.
        """
        reach = self._closure()
        last = reach.join(self.granting, left_on="o", right_on="s").select("s", "iri")
        register = self.register
        owners, countries = register.owners.rename({"body": "a"}), register.countries.rename({"country": "a"})
        own = owners if level == "body" else countries
        pairs = last.join(effects(register, level), on="iri").select("s", "b").unique().join(own, on="s")
        return pairs.filter(pl.col("a") != pl.col("b")).select(pl.col("s").alias("credential"), "a", "b").unique()

    def _closure(self) -> pl.DataFrame:
        """`s`, `o`: credentials joined by one or more full recognitions. Semi-naive; each round adds new pairs."""
        step = self.full.select("s", "o").unique()
        reach, new = step, step
        while new.height:
            onwards = new.join(step, left_on="o", right_on="s").select("s", pl.col("o_right").alias("o")).unique()
            new = onwards.filter(pl.col("s") != pl.col("o")).join(reach, on=["s", "o"], how="anti")
            reach = pl.concat([reach, new])
        return reach
