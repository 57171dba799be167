"""Values that contradict each other: between tables, between linked records, and with the store."""

from __future__ import annotations

import polars as pl

from mcgraph.limits import Limits
from mcgraph.model.namespaces import MC
from mcgraph.validation.context import stored_values
from mcgraph.validation.data import among
from mcgraph.validation.scene import CrossRule, Scene, gathered, nothing, told

# Properties that have one value: two of them cannot both be true.
SAID_ONCE = ("title", "legalName", "creditPoints", "workloadHours", "eqfLevel", "validFrom", "validUntil",
             "providerType", "form", "status", "nationalLevel", "startDate", "endDate")  # fmt: skip
# What two sources may each say in their own words, or of their own record, without contradicting each other.
_OF_THE_RECORD = ("title", "legalName", "status", "form", "providerType")


def between_tables(scene: Scene) -> pl.DataFrame:
    """RULE-CONTRA-001: two tables describe one record with different values."""
    repeated = scene.repeated()
    places = repeated.select(pl.col("iri").alias("s"), "table").unique(maintain_order=True)
    shared = places.filter(pl.len().over("s") > 1).select("s").unique(maintain_order=True)
    if shared.is_empty():
        return nothing()
    tables = {index: column.table for index, column in enumerate(scene.batch.columns)}
    found = []
    for name in SAID_ONCE:
        said = _values(scene, name, shared)
        said = said.with_columns(pl.col("tc").replace_strict(tables, default=-1, return_dtype=pl.Int32).alias("table"))
        first = said.unique(["s", "table"], keep="first", maintain_order=True)
        differing = first.filter(pl.col("value").n_unique().over("s") > 1, pl.col("table") >= 0)
        last = differing.unique("s", keep="last", maintain_order=True)
        other = differing.unique("s", keep="first", maintain_order=True).select("s", pl.col("v").alias("other"))
        found.append(_differs(last.join(other, on="s", maintain_order="left"), "RULE-CONTRA-001", name))
    return gathered(found)


def between_linked(scene: Scene) -> pl.DataFrame:
    """RULE-CONTRA-001: two records known to be one have different values."""
    pairs = _pairs(scene)
    if pairs.is_empty():
        return nothing()
    both_ends = pl.concat([pairs.select("s"), pairs.select(pl.col("v").alias("s"))])
    outside = _of_others(scene, pairs.get_column("v").unique())
    found = []
    for name in (name for name in SAID_ONCE if name not in _OF_THE_RECORD):
        mine = _values(scene, name, both_ends).unique("s", keep="first", maintain_order=True)
        theirs = mine.select(pl.col("s").alias("o"), pl.col("v").alias("other"), pl.col("value").alias("same"))
        stored = outside.filter(pl.col("p") == MC + name).select(
            pl.col("s").alias("o"), pl.col("o").alias("other"), comparable(pl.col("o")).alias("same")
        )
        both = pl.concat([theirs, stored]).unique("o", keep="first", maintain_order=True)
        joined = pairs.select("s", pl.col("v").alias("o")).join(mine, on="s", maintain_order="left")
        joined = joined.join(both, on="o", maintain_order="left").filter(pl.col("value") != pl.col("same"))
        found.append(_differs(joined.unique("s", keep="first", maintain_order=True), "RULE-CONTRA-001", name))
    return gathered(found)


def _pairs(scene: Scene) -> pl.DataFrame:
    """Two records of one thing, once each: linked by their source, or with one identifier and one title."""
    linked = scene.links("sameRecordAs").filter(pl.col("s") != pl.col("v")).select("s", "v")
    told_once = linked.select(pl.min_horizontal("s", "v").alias("v"), pl.max_horizontal("s", "v").alias("s"))
    names = scene.data.edges(MC + "identifier").select("s", pl.col("v").alias("identifier"))
    if names.get_column("identifier").n_unique() == names.height:
        names = names.clear()
    names = names.filter(pl.col("identifier").is_duplicated())
    titles = among(scene.data.edges(MC + "title"), names).unique("s", keep="first", maintain_order=True)
    titles = titles.select("s", pl.col("v").str.to_lowercase().alias("title"))
    alike = names.join(titles, on="s", maintain_order="left")
    alike = alike.with_columns(pl.col("s").first().over("identifier", "title").alias("v"))
    return pl.concat([told_once.select("s", "v"), alike.filter(pl.col("s") != pl.col("v")).select("s", "v")]).unique(
        maintain_order=True
    )


def _of_others(scene: Scene, wanted: pl.Series) -> pl.DataFrame:
    """What the store says of records that the batch only links to."""
    if scene.context is None:
        return pl.DataFrame(schema={"s": pl.String, "p": pl.String, "o": pl.String})
    mine = scene.batch.records.get_column("iri")
    return stored_values(scene.context, wanted.filter(~wanted.is_in(mine.implode())), [MC + n for n in SAID_ONCE])


def with_the_store(scene: Scene) -> pl.DataFrame:
    """RULE-CONTRA-002: the stored record of the same name has another value."""
    if scene.context is None:
        return nothing()
    most = Limits().records_compared
    mine = scene.batch.records.get_column("iri").unique(maintain_order=True).head(most)
    stored = stored_values(scene.context, mine, [MC + name for name in SAID_ONCE])
    if stored.is_empty():
        return nothing()
    found = []
    for name in SAID_ONCE:
        theirs = stored.filter(pl.col("p") == MC + name).select(
            "s", pl.col("o").alias("other"), comparable(pl.col("o")).alias("same")
        )
        said = _values(scene, name, theirs).unique("s", keep="first", maintain_order=True)
        both = said.join(theirs, on="s", maintain_order="left")
        agree = both.filter(pl.col("value") == pl.col("same")).select("s")
        differing = both.join(agree, on="s", how="anti", maintain_order="left")
        found.append(_differs(differing.unique("s", keep="first", maintain_order=True), "RULE-CONTRA-002", name))
    return gathered(found)


def _values(scene: Scene, name: str, of: pl.DataFrame) -> pl.DataFrame:
    """The values of a property of the subjects in `of`, with `value`, in which 2 and 2.0 are the same."""
    return among(scene.data.edges(MC + name), of).with_columns(comparable(pl.col("v")).alias("value"))


def comparable(text: pl.Expr) -> pl.Expr:
    """A value as it is compared: numbers by their amount, texts without outer blanks."""
    number = text.cast(pl.Float64, strict=False)
    return pl.when(number.is_not_null()).then(number.cast(pl.String)).otherwise(text.str.strip_chars())


def _differs(frame: pl.DataFrame, code: str, name: str) -> pl.DataFrame:
    text = pl.concat_str(_short("v"), pl.lit(" ≠ "), _short("other"))
    return told(frame, code, name, text)


def _short(column: str) -> pl.Expr:
    """A value for people: the last part of an IRI, anything else as it is."""
    last = pl.col(column).str.extract(r"([^/#]+)$")
    return pl.when(pl.col(column).str.contains(r"^https?://")).then(last).otherwise(pl.col(column))


CONTRADICTION_RULES: tuple[CrossRule, ...] = (between_tables, between_linked, with_the_store)
