"""Rules on awards and on days: what lies outside a validity, in the future, or is overdue."""

from __future__ import annotations

import polars as pl

from mcgraph.model.namespaces import VOCAB
from mcgraph.validation.data import among
from mcgraph.validation.scene import CrossRule, Scene, gathered, nothing, told


def outside_validity(scene: Scene) -> pl.DataFrame:
    """RULE-AWARD-001: awarded before the credential exists or after it has ended."""
    awarded = scene.dates("awardDate")
    awards = awarded.join(scene.first_link("awardOf", called="credential", of=awarded), on="s", maintain_order="left")
    if awards.is_empty():
        return nothing()
    day, bound = pl.col("day"), pl.col("bound")
    found = []
    for name, wrong in (("validFrom", day < bound), ("validUntil", day > bound)):
        bounds = scene.dates(name).select(pl.col("s").alias("credential"), pl.col("day").alias("bound"))
        out = awards.join(bounds, on="credential", maintain_order="left").filter(wrong)
        text = pl.concat_str(pl.col("day").cast(pl.String), pl.lit(f" · {name} "), pl.col("bound").cast(pl.String))
        found.append(told(out, "RULE-AWARD-001", "awardDate", text))
    return gathered(found)


def in_the_future(scene: Scene) -> pl.DataFrame:
    """RULE-FUTURE-001: an award or statement of a day that is still to come."""
    return gathered(
        [
            told(scene.dates(name).filter(pl.col("day") > scene.date), "RULE-FUTURE-001", name, pl.col("day"))
            for name in ("awardDate", "statementDate")
        ]
    )


def ended_but_active(scene: Scene) -> pl.DataFrame:
    """RULE-EXPIRED-003: a credential is said to be active although its validity has ended."""
    ended = scene.dates("validUntil").filter(pl.col("day") < scene.date)
    active = scene.links("status").filter(pl.col("v") == f"{VOCAB}record-status#active")
    wrong = among(ended, among(active, ended))
    return told(wrong, "RULE-EXPIRED-003", "validUntil", pl.col("day"))


def review_overdue(scene: Scene) -> pl.DataFrame:
    """RULE-REVIEW-001: the review date of an active credential has passed."""
    due = scene.dates("reviewDate").filter(pl.col("day") < scene.date)
    active = due.join(scene.idle(), on="s", how="anti", maintain_order="left")
    return told(active, "RULE-REVIEW-001", "reviewDate", pl.col("day"))


AWARD_RULES: tuple[CrossRule, ...] = (outside_validity, in_the_future, ended_but_active, review_overdue)
