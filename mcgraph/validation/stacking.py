"""Cross-record rules on stacking: circles, requirements that cannot be met, levels that fall, one-sided claims."""

from __future__ import annotations

from collections import deque

import polars as pl

from mcgraph.model.batch import Batch
from mcgraph.model.namespaces import MC, VOCAB
from mcgraph.validation import lexical
from mcgraph.validation.context import Graph, stacking_links_beyond
from mcgraph.validation.data import DataGraph, among, first_each

_LEVEL = r"eqf/([1-8])$"
_CIRCLE_SCHEMA = {"s": pl.String, "tc": pl.Int32, "row": pl.UInt32, "witness": pl.String}


def members(data: DataGraph) -> pl.DataFrame:
    """Part → whole of every stacking rule: `s` (part), `v` (whole), `tc`, `row`, `group`."""
    wholes = data.links(MC + "stackingWhole").select(pl.col("s").alias("rule"), pl.col("v").alias("whole"))
    groups = data.links(MC + "requirementGroup").select(pl.col("s").alias("rule"), pl.col("v").alias("group"))
    reached = groups.join(wholes, on="rule").select("group", "whole").unique(maintain_order=True)
    listed = data.links(MC + "groupMember").rename({"s": "group", "v": "part"})
    joined = listed.join(reached, on="group", how="inner", maintain_order="left")
    return joined.select(pl.col("part").alias("s"), pl.col("whole").alias("v"), "tc", "row", "group")


def _links(data: DataGraph) -> pl.DataFrame:
    """Every part → whole that a rule or a part itself states."""
    return pl.concat([members(data).drop("group"), data.links(MC + "declaredStackingTarget")])


def circular(data: DataGraph, batch: Batch, context: Graph | None) -> pl.DataFrame:
    """One row per circle of stacking, the stored rules counted in."""
    links = _links(data)
    if links.is_empty():
        return pl.DataFrame(schema=_CIRCLE_SCHEMA)
    if context is not None:
        stored = stacking_links_beyond(context, links.get_column("v").unique()).with_columns(
            pl.lit(-1, dtype=pl.Int32).alias("tc"), pl.lit(None, dtype=pl.UInt32).alias("row")
        )
        links = pl.concat([links, stored])
    return circles(links, batch)


def circles(edges: pl.DataFrame, batch: Batch) -> pl.DataFrame:
    """One row per strongly connected component, with its shortest circle as `witness` and a cell of it.

    What cannot be on a circle is peeled off as columns first, so that only the few others are walked.
    """
    left = edges.filter(pl.col("s") != pl.col("v")).unique(["s", "v"], keep="first", maintain_order=True)
    while left.height:
        sources, targets = left.select(pl.col("s").unique()), left.select(pl.col("v").unique())
        kept = left.join(targets, left_on="s", right_on="v", how="semi", maintain_order="left")
        kept = kept.join(sources, left_on="v", right_on="s", how="semi", maintain_order="left")
        if kept.height == left.height:
            break
        left = kept
    if left.is_empty():
        return pl.DataFrame(schema=_CIRCLE_SCHEMA)
    return _witnesses(left, batch)


def _witnesses(left: pl.DataFrame, batch: Batch) -> pl.DataFrame:
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    cells: dict[tuple[str, str], tuple[int, int | None]] = {}
    for s, v, tc, row in left.select("s", "v", "tc", "row").iter_rows():
        graph.add_edge(s, v)
        cells[(s, v)] = (tc, row)
    rows = []
    for component in nx.strongly_connected_components(graph):
        if len(component) < 2:
            continue
        circle = _shortest(graph, component, cells)
        steps = list(zip(circle, [*circle[1:], circle[0]], strict=True))
        here = next((step for step in steps if cells[step][1] is not None), steps[0])
        rows.append((here[0], *cells[here], circle))
    names = _name_map(batch, {node for row in rows for node in row[3]})
    told = [
        (s, tc, row, " → ".join(names.get(node, node) for node in [*circle, circle[0]])) for s, tc, row, circle in rows
    ]
    return pl.DataFrame(sorted(told, key=lambda row: row[0]), schema=_CIRCLE_SCHEMA, orient="row")


def _shortest(graph: object, component: set[str], cells: dict[tuple[str, str], tuple[int, int | None]]) -> list[str]:
    """The shortest circle through the first node of a component that a row of this batch names."""
    known = [s for (s, v), (_, row) in cells.items() if s in component and v in component and row is not None]
    start = min(known or component)
    before: dict[str, str] = {}
    todo = deque([start])
    while todo:
        node = todo.popleft()
        for after in sorted(graph[node]):  # type: ignore[index]
            if after == start:
                return _walk_back(before, start, node)
            if after in component and after not in before:
                before[after] = node
                todo.append(after)
    return [start]


def _walk_back(before: dict[str, str], start: str, end: str) -> list[str]:
    way = [end]
    while way[-1] != start:
        way.append(before[way[-1]])
    return way[::-1]


def _name_map(batch: Batch, iris: set[str]) -> dict[str, str]:
    known = batch.records.filter(pl.col("iri").is_in(sorted(iris))).unique("iri", keep="first")
    return {iri: name or iri for iri, name in known.select("iri", "id").iter_rows()}


def with_name(frame: pl.DataFrame, column: str, batch: Batch) -> pl.DataFrame:
    """`frame` with the identifier of the record in `column` as `name`, else its label, else its IRI."""
    told = pl.coalesce(pl.when(pl.col("id") != "").then("id"), pl.when(pl.col("label") != "").then("label"))
    names = batch.records.select(pl.col("iri").alias(column), told.alias("name"))
    names = names.join(frame, on=column, how="semi").unique(column, keep="first", maintain_order=True)
    joined = frame.join(names, on=column, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("name", column).alias("name"))


def _numbers(data: DataGraph, name: str, of: pl.DataFrame) -> pl.DataFrame:
    edges = among(data.edges(MC + name), of).filter(pl.col("t") != 0)
    valued = edges.with_columns(lexical.number(pl.col("v")).alias(name)).filter(pl.col(name).is_not_null())
    return first_each(valued.select("s", name, "tc", "row"), "s")


def _listed(data: DataGraph) -> pl.DataFrame:
    """Group and member, once each."""
    return data.links(MC + "groupMember").select(pl.col("s").alias("group"), pl.col("v").alias("s")).unique()


def short_of_credits(data: DataGraph) -> pl.DataFrame:
    """Groups whose members, all with known credit points, have fewer than the group asks for."""
    listed = _listed(data)
    groups = listed.select(pl.col("group").alias("s"))
    needed = _numbers(data, "requiredCreditPoints", groups).rename({"s": "group"})
    parts = listed.join(_numbers(data, "creditPoints", listed).select("s", "creditPoints"), on="s", how="left")
    summed = parts.group_by("group").agg(
        pl.col("creditPoints").sum().alias("have"), pl.col("creditPoints").null_count().alias("open")
    )
    short = needed.join(summed.filter(pl.col("open") == 0), on="group", maintain_order="left").filter(
        pl.col("have") < pl.col("requiredCreditPoints")
    )
    return short.with_columns(_of("have", "requiredCreditPoints")).rename({"group": "s"})


def short_of_members(data: DataGraph) -> pl.DataFrame:
    """Groups that ask for more members than they list."""
    asked = data.edges(MC + "requiredNumber")
    needed = _numbers(data, "requiredNumber", asked).rename({"s": "group"})
    listed = _listed(data).group_by("group").len("have")
    counted = needed.join(listed, on="group", how="left", maintain_order="left").with_columns(
        pl.col("have").fill_null(0)
    )
    short = counted.filter(pl.col("have") < pl.col("requiredNumber"))
    return short.with_columns(_of("have", "requiredNumber")).rename({"group": "s"})


def _of(have: str, needed: str) -> pl.Expr:
    texts = [pl.col(name).cast(pl.Float64).round(2).cast(pl.String).str.strip_suffix(".0") for name in (have, needed)]
    return pl.concat_str(texts[0], pl.lit(" < "), texts[1]).alias("text")


def without_target(data: DataGraph) -> pl.DataFrame:
    """Credentials said to be stackable that neither name a target nor are part of a rule."""
    said = data.links(MC + "stackability").filter(pl.col("v") == f"{VOCAB}stackability#stackable")
    return said.join(_links(data).select("s").unique(), on="s", how="anti", maintain_order="left")


def not_listed(data: DataGraph, batch: Batch) -> pl.DataFrame:
    """Declared targets that have a stacking rule which does not list the credential."""
    declared = data.links(MC + "declaredStackingTarget")
    ruled = members(data)
    known = declared.join(ruled.select("v").unique(), on="v", how="semi", maintain_order="left")
    return with_name(known.join(ruled, on=["s", "v"], how="anti", maintain_order="left"), "v", batch)


def falling_levels(data: DataGraph, batch: Batch) -> pl.DataFrame:
    """Parts whose EQF level is above that of the whole they stack into."""
    links = _links(data).unique(["s", "v"], keep="first", maintain_order=True)
    ends = pl.concat([links.select("s"), links.select(pl.col("v").alias("s"))])
    levels = among(data.links(MC + "eqfLevel"), ends).select(
        "s", pl.col("v").str.extract(_LEVEL).cast(pl.Int32, strict=False).alias("level")
    ).drop_nulls()  # fmt: skip
    levels = levels.unique("s", keep="first", maintain_order=True)
    both = links.join(levels, on="s", maintain_order="left").join(
        levels.rename({"s": "v", "level": "whole"}), on="v", maintain_order="left"
    )
    wrong = with_name(
        with_name(both.filter(pl.col("level") > pl.col("whole")), "s", batch).rename({"name": "part"}), "v", batch
    )
    text = pl.concat_str(
        "part", pl.lit(" ("), "level", pl.lit(") → "), "name", pl.lit(" ("), "whole", pl.lit(")")
    ).alias("text")  # fmt: skip
    return wrong.with_columns(text)


def older_parts(data: DataGraph) -> pl.DataFrame:
    """Parts that ended before the rule that lists them began."""
    links = data.links(MC + "requirementGroup")
    begins = _days(data, "validFrom", links).select(pl.col("s").alias("rule"), pl.col("day").alias("begins"))
    groups = links.select(pl.col("s").alias("rule"), pl.col("v").alias("group"))
    listed = members(data)
    ends = _days(data, "validUntil", listed).select("s", pl.col("day").alias("ends"))
    parts = listed.join(groups.unique(), on="group", maintain_order="left").join(begins, on="rule")
    both = parts.join(ends, on="s", maintain_order="left").filter(pl.col("ends") < pl.col("begins"))
    text = pl.concat_str(pl.col("ends").cast(pl.String), pl.lit(" < "), pl.col("begins").cast(pl.String))
    return both.unique(["s", "group"], keep="first", maintain_order=True).with_columns(text.alias("text"))


def _days(data: DataGraph, name: str, of: pl.DataFrame) -> pl.DataFrame:
    """The first date of a property for each subject in `of`."""
    day = pl.col("v").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).alias("day")
    said = among(data.edges(MC + name), of).filter(pl.col("t") != 0).with_columns(day)
    said = said.filter(pl.col("day").is_not_null())
    return said.select("s", "day").unique("s", keep="first", maintain_order=True)
