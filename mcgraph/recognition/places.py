"""Between whom a statement stands: from the body or country of what is recognised to that of the recogniser."""

from __future__ import annotations

from typing import Literal

import polars as pl

from mcgraph.recognition.register import CODE, Register, country_code

Level = Literal["country", "body"]
UNPLACED = ("what is recognised has no {level}", "the recogniser has no {level}")


def ends(register: Register, level: Level) -> pl.DataFrame:
    """`iri`, `a`, `b`: each statement with the body or country of its subject and of its effect, each once."""
    return _subjects(register, level).join(effects(register, level), on="iri").unique()


def unplaced(register: Register, level: Level) -> dict[str, int]:
    """How many statements have no place in a matrix, by what is not known."""
    word = "country" if level == "country" else "known body"
    have = _subjects(register, level).select("iri").unique()
    lost = register.frame.select("iri").join(have, on="iri", how="anti")
    known = effects(register, level).select("iri").unique()
    other = register.frame.select("iri").join(have, on="iri", how="semi").join(known, on="iri", how="anti")
    counts = {UNPLACED[0].format(level=word): lost.height, UNPLACED[1].format(level=word): other.height}
    return {why: count for why, count in counts.items() if count}


def _subjects(register: Register, level: Level) -> pl.DataFrame:
    credentials = register.linked("recognisedCredential")
    bodies = register.linked("recognisedOrganisation")
    if level == "body":
        owned = credentials.join(register.owners, left_on="o", right_on="s").select("iri", pl.col("body").alias("a"))
        return pl.concat([owned, bodies.rename({"o": "a"})]).unique()
    subjects = pl.concat([credentials, bodies]).unique()
    found = subjects.join(register.countries, left_on="o", right_on="s")
    return found.select("iri", pl.col("country").alias("a")).unique()


def effects(register: Register, level: Level) -> pl.DataFrame:
    """Where it has effect: the recogniser, or the stated territory, else the recogniser's country."""
    if level not in register.effects:
        register.effects[level] = _effects(register, level)
    return register.effects[level]


def _effects(register: Register, level: Level) -> pl.DataFrame:
    recognisers = register.linked("recogniser")
    if level == "body":
        return recognisers.rename({"o": "b"})
    stated = register.linked("jurisdiction").select("iri", country_code(pl.col("o")).cast(CODE).alias("b"))
    own = recognisers.join(register.countries, left_on="o", right_on="s").select("iri", pl.col("country").alias("b"))
    return pl.concat([stated, own.join(stated.select("iri").unique(), on="iri", how="anti")]).unique()
