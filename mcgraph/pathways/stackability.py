"""Declared against supported stackability: what credentials say of themselves beside what rules list.

A credential may say that it is stackable, and into what; the one who awards the whole may have a rule that lists it.
The two are often stated by different people, and only where they meet is stacking supported by both.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import polars as pl

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import MC
from mcgraph.pathways.columns import Pairs, first
from mcgraph.pathways.stated import notation, read_stated

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped]

By = Literal["status", "provider", "country"]

# In the order of the report: what is supported first, then what needs somebody's attention.
STATUSES: Mapping[str, str] = {
    "supported-by-both": "The credential names the whole and a rule in force for the whole lists it",
    "rule-does-not-list-it": "The credential names a whole whose rules in force do not list it",
    "whole-has-no-rule": "The credential names a whole for which no rule is in force",
    "names-no-target": "The credential says that it is stackable and names no whole",
    "not-declared": "A rule in force lists the credential, which does not name the whole",
    "declared-stand-alone": "A rule in force lists the credential, which says that it stands alone",
}


@dataclass(frozen=True, slots=True)
class Stackability:
    """Each claim with its status.

    `rows`: credential, status, whole (null: none named), rule (null: none lists it), claimant, claim, valid_from,
    valid_until (of the rule), says (stackable, stand-alone, unknown or ""), provider, country. One row per credential,
    whole and rule. `described` credentials were looked at, of which `silent` say nothing and are listed by no rule.
    """

    rows: pl.DataFrame
    described: int
    silent: int
    date: datetime.date
    snapshot: str

    def count(self, by: By = "status") -> pl.DataFrame:
        """How many credential–whole pairs have each status, in all or by provider or country.

        Raises `WrongUse` for another grouping.
        """
        if by not in ("status", "provider", "country"):
            raise WrongUse(f"«{str(by)[:40]}» groups nothing here", fix="Use status, provider or country.")
        pairs = self.rows.select("credential", "whole", "status", "provider", "country").unique()
        keys = ["status"] if by == "status" else [by, "status"]
        counted = pairs.group_by(keys).len("pairs")
        order = pl.DataFrame({"status": list(STATUSES), "order": range(len(STATUSES))})
        counted = counted.join(order, on="status").sort([*keys[:-1], "order"]).drop("order")
        return counted.select(*keys, pl.col("pairs").cast(pl.Int64))

    def to_dataframe(self) -> pandas.DataFrame:
        """The rows as a pandas data frame. Raises `WrongUse` where pandas is not installed."""
        try:
            import pandas
        except ImportError:
            raise WrongUse("pandas is not installed", fix="Install it: pip install 'mcgraph[dataframe]'.") from None
        return pandas.DataFrame(self.rows.to_dict(as_series=False))

    def evidence(self, most: int) -> tuple[dict[str, str], ...]:
        """The rules behind the first `most` rows, each once, with who claims them and since and until when."""
        columns = ["rule", "claimant", "claim", "valid_from", "valid_until"]
        rules = self.rows.head(most).filter(pl.col("rule").is_not_null()).select(columns)
        found: list[dict[str, Any]] = rules.unique(maintain_order=True).rename({"rule": "statement"}).to_dicts()
        return tuple(found)


def declared_against_supported(source: Pairs, *, date: datetime.date) -> Stackability:
    """What every described credential says of its stacking beside what the rules in force on `date` list."""
    stated = read_stated(source, date)
    said = first(source, MC + "stackability", "says").with_columns(notation("says"))
    named = source.pairs(MC + "declaredStackingTarget").rename({"s": "credential", "o": "whole"})
    about = stated.credentials.select(pl.col("s").alias("credential"), "provider", "country").join(
        said.rename({"s": "credential"}), on="credential", how="left"
    )
    about = about.with_columns(pl.col("says").fill_null(""))
    named = named.join(about.select("credential"), on="credential", how="semi")
    in_force = stated.rules.filter("in_force").join(stated.wholes, on="s")
    listed = in_force.join(stated.groups, on="s").join(stated.members, on="group")
    listed = listed.select(
        pl.col("member").alias("credential"), "whole", pl.col("s").alias("rule"),
        "claimant", "claim", "valid_from", "valid_until",
    ).unique()  # fmt: skip
    claims = named.with_columns(pl.lit(True).alias("names"))
    rows = pl.concat(
        [
            _pairs(claims, listed, in_force.select("whole").unique().with_columns(pl.lit(True).alias("has_rule"))),
            _without_target(about, named),
        ],
        how="diagonal",
    )
    rows = rows.join(about, on="credential", how="left").with_columns(
        pl.when((pl.col("status") == "not-declared") & (pl.col("says") == "stand-alone"))
        .then(pl.lit("declared-stand-alone"))
        .otherwise("status")
        .alias("status"),
        pl.col("provider").fill_null(""),
        pl.col("country").fill_null(""),
        pl.col("says").fill_null(""),
    )
    order = {name: at for at, name in enumerate(STATUSES)}
    rows = rows.sort(pl.col("status").replace_strict(order), "credential", "whole", "rule", nulls_last=False)
    unlisted = about.join(rows, on="credential", how="anti")
    silent = unlisted.filter(pl.col("says") != "stand-alone").height
    return Stackability(rows, about.height, silent, date, source.snapshot)


def _pairs(claims: pl.DataFrame, listed: pl.DataFrame, ruled: pl.DataFrame) -> pl.DataFrame:
    """Credential and whole where the credential names it, a rule lists it, or both."""
    joined = claims.join(listed, on=["credential", "whole"], how="full", coalesce=True)
    joined = joined.join(ruled, on="whole", how="left")
    names, lists = pl.col("names").is_not_null(), pl.col("rule").is_not_null()
    status = (
        pl.when(names & lists)
        .then(pl.lit("supported-by-both"))
        .when(lists)
        .then(pl.lit("not-declared"))
        .when(pl.col("has_rule").is_not_null())
        .then(pl.lit("rule-does-not-list-it"))
        .otherwise(pl.lit("whole-has-no-rule"))
    )
    kept = ("credential", "whole", "rule", "claimant", "claim", "valid_from", "valid_until")
    return joined.select(*kept, status.alias("status")).select("credential", "status", *kept[1:])


def _without_target(about: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """Credentials that say they are stackable and name nothing to stack into."""
    stackable = about.filter(pl.col("says") == "stackable").select("credential")
    alone = stackable.join(named, on="credential", how="anti")
    return alone.with_columns(pl.lit("names-no-target").alias("status"))
