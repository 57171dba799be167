"""Statements that cannot both hold: the same body grants and refuses the same thing at the same time."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from mcgraph.recognition.register import Register
from mcgraph.recognition.statement import GRANTING, Statement


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two statements in force of one body on one subject: one grants, one refuses."""

    granted: Statement
    refused: Statement


def find_contradictions(register: Register, limit: int = 1_000) -> tuple[Contradiction, ...]:
    """Pairs of statements in force by one recogniser on one credential or organisation that grant and refuse.

    Two that state different purposes, or count towards different credentials, do not contradict each other; one
    that states none speaks of all.
    """
    subjects = pl.concat([register.linked("recognisedCredential"), register.linked("recognisedOrganisation")])
    said = (
        register.frame.filter(pl.col("state") == "in-force")
        .select("iri", "effect")
        .join(register.linked("recogniser").rename({"o": "body"}), on="iri")
        .join(subjects.rename({"o": "subject"}), on="iri")
    )
    granted = said.filter(pl.col("effect").is_in(GRANTING))
    refused = said.filter(pl.col("effect") == "refused")
    pairs = granted.join(refused, on=["body", "subject"], suffix="_no").select("iri", "iri_no").unique()
    for name in ("recognitionPurpose", "recognisedTowards"):
        pairs = _meeting(pairs, register.linked(name))
    chosen = pairs.sort("iri", "iri_no").head(limit).rows()
    values = {one.iri: one for one in register.statements({iri for pair in chosen for iri in pair})}
    return tuple(Contradiction(values[yes], values[no]) for yes, no in chosen)


def _meeting(pairs: pl.DataFrame, values: pl.DataFrame) -> pl.DataFrame:
    """The pairs in which both have a value in common, or one of them states none."""
    lists = values.group_by("iri").agg(pl.col("o").cast(pl.String))
    both = pairs.join(lists, on="iri", how="left").join(lists, left_on="iri_no", right_on="iri", how="left")
    shared = pl.col("o").list.set_intersection("o_right").list.len() > 0
    return both.filter(pl.col("o").is_null() | pl.col("o_right").is_null() | shared).select("iri", "iri_no")
