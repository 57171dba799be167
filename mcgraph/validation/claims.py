"""Rules on recognition that only one side states."""

from __future__ import annotations

import polars as pl

from mcgraph.model.namespaces import VOCAB
from mcgraph.validation.data import first_each
from mcgraph.validation.scene import CrossRule, Scene, nothing, told
from mcgraph.validation.stacking import with_name

_BY_PROVIDER, _BY_RECOGNISER = f"{VOCAB}claim#by-provider", f"{VOCAB}claim#by-recogniser"
_MUTUAL = f"{VOCAB}recognition-basis#mutual-agreement"


def _statements(scene: Scene) -> pl.DataFrame:
    """Recognition statements: `s`, `tc`, `row` of the recogniser's cell, `by`, and the `side` that benefits.

    The side that benefits is the organisation recognised, or the body that awards the credential recognised.
    """
    made = first_each(scene.links("recogniser"), "s").rename({"v": "by"})
    credentials = scene.first_link("recognisedCredential", called="credential", of=made)
    recognised = credentials.select(pl.col("credential").alias("s"))
    bodies = scene.first_link("awardedBy", called="body", of=recognised).rename({"s": "credential"})
    whole = scene.first_link("recognisedOrganisation", called="organisation", of=made)
    joined = made.join(credentials, on="s", how="left", maintain_order="left")
    joined = joined.join(bodies, on="credential", how="left", maintain_order="left")
    joined = joined.join(whole, on="s", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("organisation", "body").alias("side"))


def told_by_one_side(scene: Scene) -> pl.DataFrame:
    """RULE-RECOG-001: the provider claims a recognition which the recogniser itself does not state."""
    statements = _statements(scene)
    if statements.is_empty():
        return nothing()
    kinds = scene.first_link("claimKind", called="kind", of=statements)
    claimants = scene.first_link("claimedBy", called="claimant", of=statements)
    known = statements.join(kinds, on="s", how="left", maintain_order="left")
    known = known.join(claimants, on="s", how="left", maintain_order="left")
    own = (pl.col("kind") == _BY_RECOGNISER) | (pl.col("claimant") == pl.col("by"))
    subject = pl.coalesce("credential", "organisation").alias("subject")
    known = known.with_columns(subject, own.fill_null(False).alias("own"))
    stated = known.filter("own").select("by", "subject").unique()
    # Who claims decides; where nobody is named, the kind of claim does.
    beneficial = pl.when(pl.col("claimant").is_not_null()).then(pl.col("claimant") == pl.col("side"))
    profits = beneficial.otherwise(pl.col("kind") == _BY_PROVIDER).fill_null(False)
    claimed = known.filter(~pl.col("own") & profits)
    alone = claimed.join(stated, on=["by", "subject"], how="anti", maintain_order="left")
    return told(with_name(alone, "by", scene.batch), "RULE-RECOG-001", "recogniser", pl.col("name"))


def mutual_on_one_side(scene: Scene) -> pl.DataFrame:
    """RULE-RECOG-002: a mutual agreement under which the other side, which speaks here, recognises nothing back.

    A side of which the submission has no statement at all is not judged: its statements may stand elsewhere.
    """
    statements = _statements(scene).filter(pl.col("side").is_not_null(), pl.col("side") != pl.col("by"))
    mutual = scene.links("recognitionBasis").filter(pl.col("v") == _MUTUAL).select("s").unique()
    claimed = statements.join(mutual, on="s", how="semi", maintain_order="left")
    if claimed.is_empty():
        return nothing()
    back = statements.select(pl.col("by").alias("side"), pl.col("side").alias("by")).unique()
    speaking = statements.select(pl.col("by").alias("side")).unique()
    judged = claimed.join(speaking, on="side", how="semi", maintain_order="left")
    alone = judged.join(back, on=["side", "by"], how="anti", maintain_order="left")
    return told(with_name(alone, "side", scene.batch), "RULE-RECOG-002", "recogniser", pl.col("name"))


CLAIM_RULES: tuple[CrossRule, ...] = (told_by_one_side, mutual_on_one_side)
