"""Records that may be one: the same title but for its writing, from the same body, of the same level and size.

Titles are compared by a key, so that the work grows with the number of records and not with their pairs.
"""

from __future__ import annotations

import polars as pl

from mcgraph.model.namespaces import MC
from mcgraph.model.terms import few_distinct
from mcgraph.validation.data import NO_EDGES, among
from mcgraph.validation.scene import Scene, nothing, told
from mcgraph.validation.stacking import with_name

# Words that come and go between two writings of one title.
_SMALL = ("a", "an", "and", "de", "der", "des", "die", "du", "en", "et", "for", "for the", "in", "la", "le", "les",
          "of", "the", "to", "und", "with")  # fmt: skip
_SHORTEST = 6  # letters of a key that say enough to suspect anything


def title_key(title: pl.Expr) -> pl.Expr:
    """What stays of a title without case, accents, punctuation, small words, plural s and the order of words.

    It is dear, and asked for only where `rough_key` is shared.

    >>> frame = pl.DataFrame({"t": ["The Ethics of Data", "data ETHIC", "Éthique des données 2"]})
    >>> frame.select(title_key(pl.col("t"))).to_series().to_list()
    ['data ethic', 'data ethic', '2 donnee ethique']
    """
    plain = title.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    words = plain.str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars().str.split(" ")
    stems = words.list.eval(
        pl.element().filter(~pl.element().is_in(_SMALL)).str.replace(r"(\p{L}{3,})s$", "$1").sort()
    )
    return stems.list.join(" ")


def rough_key(titles: pl.DataFrame) -> pl.DataFrame:
    """`titles` with `rough`, a number that titles of one key share: the sum of the hashes of their long words."""
    few = few_distinct(titles.get_column("v"))
    if few is None:
        return titles.with_columns(_sums_of_words(titles.get_column("v")).alias("rough"))
    known = pl.DataFrame([few.alias("v"), _sums_of_words(few).alias("rough")])
    return titles.join(known, on="v", how="left", maintain_order="left")


def _sums_of_words(texts: pl.Series) -> pl.Series:
    """For each text the sum of the hashes of its words of more than three bytes, less a plural s.

    Only texts with other than ASCII letters are taken apart for their accents, since that costs most.
    """
    import numpy as np

    if texts.is_empty():
        return pl.Series([], dtype=pl.UInt64)
    odd = texts.str.len_bytes() != texts.str.len_chars()
    small = texts.str.to_lowercase()
    # Of ASCII, only small letters and digits are left once it is in lower case.
    bare = small.str.replace_all(r"[^a-z0-9]+", " ") if small.str.contains(r"[^a-z0-9 ]").any() else small
    if odd.any():
        marked = texts.filter(odd).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
        bare = bare.scatter(odd.arg_true(), marked.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " "))
    parted = bare.str.split(" ")
    words = parted.explode().str.strip_suffix("s")
    hashes = np.where(words.str.len_bytes().to_numpy() > 3, words.hash().to_numpy(), np.uint64(0))
    ends = parted.list.len().to_numpy().astype(np.int64).cumsum()
    return pl.Series(np.add.reduceat(hashes, np.concatenate(([0], ends[:-1])).astype(np.int64)))


def possible_duplicates(scene: Scene) -> pl.DataFrame:
    """RULE-DUP-002: a credential with nearly the title of an earlier one of the same body, level and size."""
    known = _described(scene)
    if known.is_empty():
        return nothing()
    group = ["key", "body", "level", "size", "hours", "start"]
    known = known.with_columns(pl.col("s").first().over(group).alias("first"), pl.len().over(group).alias("many"))
    later = known.filter(pl.col("many") > 1, pl.col("s") != pl.col("first"))
    linked = _linked(scene)
    apart = later.join(linked, left_on=["s", "first"], right_on=["s", "v"], how="anti", maintain_order="left")
    return told(with_name(apart, "first", scene.batch), "RULE-DUP-002", "title", pl.col("name"))


def _described(scene: Scene) -> pl.DataFrame:
    """Active credentials with a telling title: `s`, `tc`, `row`, `key`, `body`, `level`, `size`, `start`."""
    credentials = scene.data.instances(MC + "Credential").select(pl.col("v").alias("s"))
    # Column by column: titles of learning outcomes repeat a few, where those of credentials are all different.
    columns = [index for index in scene.data.columns_of(MC + "title") if len(scene.data.columns[index])]
    keyed = [rough_key(scene.data.column_edges(index)) for index in columns]
    shared = pl.concat(keyed or [rough_key(NO_EDGES)]).filter(pl.col("rough").is_duplicated())
    titles = among(shared, among(credentials, shared)).filter(pl.col("rough").is_duplicated())
    alike = titles.sort("tc", "row", "s").unique("s", keep="first", maintain_order=True)
    known = alike.select("s", "tc", "row", title_key(pl.col("v")).alias("key"))
    known = known.filter(pl.col("key").str.len_chars() >= _SHORTEST)
    known = known.filter(pl.len().over("key") > 1).join(scene.idle(), on="s", how="anti", maintain_order="left")
    bodies = scene.links("awardedBy").select("s", pl.col("v").alias("body"))
    levels = scene.links("eqfLevel").select("s", pl.col("v").alias("level"))
    # A new edition of a credential, with another beginning, is no duplicate; nor is one of another size.
    points = scene.numbers("creditPoints").select("s", pl.col("number").alias("size"))
    hours = scene.numbers("workloadHours").select("s", pl.col("number").alias("hours"))
    starts = scene.dates("validFrom").select("s", pl.col("day").alias("start"))
    for facts in (bodies, levels, points, hours, starts):
        mine = among(facts, known).unique("s", keep="first", maintain_order=True)
        known = known.join(mine, on="s", how="left", maintain_order="left")
    return known.filter(pl.col("body").is_not_null())


def _linked(scene: Scene) -> pl.DataFrame:
    """Pairs that the source itself relates, both ways: succession, parts, and records known to be one."""
    names = ("replaces", "replacedBy", "sameRecordAs", "declaredStackingTarget", "prerequisite")
    pairs = pl.concat([scene.links(name).select("s", "v") for name in names])
    return pl.concat([pairs, pairs.select(pl.col("v").alias("s"), pl.col("s").alias("v"))]).unique()
