"""The texts that are compared: labels of skills in every language there is, and what learning outcomes say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import MC, SKOS
from mcgraph.model.terms import fold_column

if TYPE_CHECKING:
    from mcgraph.reasoning.facts import Facts

# The preferred label counts for more than another one.
_LABELS = ((MC + "title", "preferred"), (SKOS + "prefLabel", "preferred"), (SKOS + "altLabel", "alternative"))
_TEXT = pl.Schema(dict.fromkeys(("iri", "text", "lang", "rank", "key"), pl.String()))
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Texts:
    """`skills` and `outcomes`: iri, text, lang, rank (preferred or alternative) and a folded key to compare by."""

    skills: pl.DataFrame
    outcomes: pl.DataFrame


def read_texts(facts: Facts) -> Texts:
    """The labels of all skills and the texts of all learning outcomes of a graph.

    Raises `WrongUse` where there is no skill or no learning outcome to compare.
    """
    skills = facts.typed([MC + "Skill"]).get_column("s").unique()
    if skills.is_empty():
        raise WrongUse("there are no skills here", fix="Load them first: `mcgraph load path/to/esco --mapping esco`.")
    outcomes = facts.column(MC + "learningOutcome").filter(pl.col("kind") == "iri").get_column("o").unique()
    labelled = [_texts(facts, predicate, rank, skills) for predicate, rank in _LABELS]
    said = _texts(facts, MC + "title", "preferred", outcomes)
    if said.is_empty():
        raise WrongUse("no learning outcome is stated here", fix="Load credentials with learning outcomes first.")
    return Texts(_keyed(pl.concat(labelled)), _keyed(said))


def _texts(facts: Facts, predicate: str, rank: str, iris: pl.Series) -> pl.DataFrame:
    rows = facts.column(predicate).filter(pl.col("kind") == "literal", pl.col("s").is_in(iris.implode()))
    return rows.select(
        pl.col("s").alias("iri"),
        pl.col("o").alias("text"),
        pl.col("lang").str.to_lowercase(),
        pl.lit(rank).alias("rank"),
    )


def _keyed(frame: pl.DataFrame) -> pl.DataFrame:
    keyed = frame.with_columns(fold_column(frame.get_column("text")).str.replace_all("-", " ").alias("key"))
    kept = keyed.filter(pl.col("key").str.len_chars() >= SHORTEST).cast(_TEXT)
    # The preferred label of a skill comes before another label that reads the same.
    order = pl.col("rank") != "preferred"
    return kept.sort("iri", "lang", "key", order, "text").unique(
        ["iri", "lang", "key"], keep="first", maintain_order=True
    )
