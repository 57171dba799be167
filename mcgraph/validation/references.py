"""References to records: which point to nothing, and which cannot be decided from what is known."""

from __future__ import annotations

import polars as pl

from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import ID, MC, PROV, RDF_TYPE, shorten
from mcgraph.model.national_levels import national_levels
from mcgraph.model.terms import local_name
from mcgraph.validation.context import Graph, known_sources, known_types
from mcgraph.validation.data import DataGraph

_PARTS_OF_RULES = tuple(MC + name for name in ("groupMember", "stackingWhole", "exitCredential", "conditionCredential"))
RULE_RESULT_SCHEMA = {
    "code": pl.String, "focus": pl.String, "path": pl.String, "v": pl.String,
    "tc": pl.Int32, "row": pl.UInt32, "verdict": pl.String,
}  # fmt: skip

_LINK_SCHEMA = {"s": pl.String, "v": pl.String, "tc": pl.Int32, "row": pl.UInt32, "path": pl.String}


def references(batch: Batch, data: DataGraph, context: Graph | None) -> pl.DataFrame:
    """REF- results: a record IRI that neither the batch nor the store has.

    In a stacking rule that is REF-002, elsewhere REF-001; where another source would have to be known to
    decide, it is REF-003 and `unverifiable`.
    """
    loose = loose_links(data)
    if loose.is_empty():
        return loose
    if context is not None:
        stored = known_types(context, loose.get_column("v").unique()).select(pl.col("s").alias("v")).unique()
        loose = loose.join(stored, on="v", how="anti", maintain_order="left")
    own = {local_name(batch.source)}
    if context is not None:
        own |= known_sources(context, loose.get_column("v").unique())
    decided = pl.any_horizontal(pl.col("v").str.starts_with(f"{ID}{name}/") for name in sorted(own))
    in_rule = pl.col("path").is_in([shorten(iri) for iri in _PARTS_OF_RULES])
    code = pl.when(~decided).then(pl.lit("REF-003")).when(in_rule).then(pl.lit("REF-002")).otherwise(pl.lit("REF-001"))
    told = loose.with_columns(
        code.alias("code"),
        pl.when(decided).then(pl.lit("violation")).otherwise(pl.lit("unverifiable")).alias("verdict"),
    )
    return told.select(list(RULE_RESULT_SCHEMA))


def loose_links(data: DataGraph) -> pl.DataFrame:
    """Links to record IRIs that no triple of the batch has as its subject and that are no bundled national level."""
    columns = [
        index
        for predicate in data.predicates
        if predicate != RDF_TYPE and not predicate.startswith(PROV)
        for index in data.columns_of(predicate)
        if data.columns[index].kind == "iri" and len(data.columns[index])
    ]
    # Each record is looked up once, however many links lead to it.
    objects = [_records_linked(data, index) for index in columns]
    wanted = pl.concat([pl.Series("o", [], pl.String), *objects]).unique()
    absent = _absent(data, wanted)
    found = [pl.DataFrame(schema=_LINK_SCHEMA)]
    if len(absent):
        for index in columns:
            links = data.columns[index].frame.lazy().filter(pl.col("o").is_in(absent.implode()))
            path = pl.lit(shorten(data.columns[index].predicate)).alias("path")
            found.append(links.select(*data.as_edges(index), path).drop("t").collect())
    missing = pl.concat(found)
    if missing.is_empty():
        return pl.DataFrame(schema=RULE_RESULT_SCHEMA)
    return missing.rename({"s": "focus"}).with_columns(pl.lit("").alias("code"), pl.lit("").alias("verdict"))


def _links_to_all_typed(data: DataGraph, index: int) -> bool:
    """Whether a column links, row by row, to what a column of types names in a row: nodes made together with a link."""
    objects = data.columns[index].frame.get_column("o")
    for other in data.columns_of(RDF_TYPE):
        subjects = data.columns[other].frame.get_column("s")
        if len(subjects) < len(objects):
            continue
        first = (subjects == objects[0]).arg_max() or 0
        named = subjects.slice(first, len(objects))
        if len(named) == len(objects) and named[-1] == objects[-1] and (named == objects).all():
            return True
    return False


def _records_linked(data: DataGraph, index: int) -> pl.Series:
    """The distinct record IRIs that a column links to, none where all of them are seen to be there."""
    distinct = data.few_objects(index)
    if distinct is None and _links_to_all_typed(data, index):
        return pl.Series("o", [], pl.String)
    if distinct is None:
        distinct = data.columns[index].frame.get_column("o").unique()
    return distinct.filter(distinct.str.starts_with(ID))


def _absent(data: DataGraph, wanted: pl.Series) -> pl.Series:
    """Those of `wanted` that nothing types and that are no bundled national level."""
    known = pl.Series("s", sorted(national_levels().iris), pl.String)
    for index in data.columns_of(RDF_TYPE):
        if not len(wanted):
            break
        subjects = data.columns[index].frame.get_column("s")
        # By their hashes first: millions of numbers are looked up among the few that are asked for, not texts.
        near = subjects.filter(subjects.hash().is_in(wanted.hash().implode()))
        known = pl.concat([known, near])
    return wanted.filter(~wanted.is_in(known.implode()))
