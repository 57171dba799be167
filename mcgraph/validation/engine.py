"""Runs shapes over columns: every constraint is a join or an expression over all focus nodes at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import shorten
from mcgraph.validation import checks, lexical
from mcgraph.validation.data import VALUE_SCHEMA, DataGraph, Nodes, constant, distinct
from mcgraph.validation.ir import Constraint, Path, Predicate, Shape, ShapeSet, Target
from mcgraph.validation.messages import Said
from mcgraph.validation.paths import reach
from mcgraph.validation.rowindex import RowIndex
from mcgraph.validation.screen import Screen
from mcgraph.validation.wholegraph import WholeGraph

RESULT_SCHEMA = {
    "n": pl.UInt32,  # the focus node of the call that asked
    "focus": pl.String,
    "focus_t": pl.Int32,
    "path": pl.String,
    "v": pl.String,
    "t": pl.Int32,
    "tc": pl.Int32,
    "row": pl.UInt32,
    "shape": pl.String,
    "component": pl.String,
    "severity": pl.String,
    "said": pl.Int32,  # the number of what the shape says of this very result; mostly none
}
NO_RESULTS = pl.DataFrame(schema=RESULT_SCHEMA)
_NO_VALUES = pl.DataFrame(schema=VALUE_SCHEMA)
_PATHS_KEPT = 24  # value nodes are kept for as many paths of one set of focus nodes
_DEEPEST = 60  # shapes within shapes
_MOST_RUNS = 100_000  # times a shape is run; two references in each of 20 shapes would be a million
_LOGIC = frozenset({"And", "Or", "Xone", "Not", "Node"})


class Engine:
    """The shapes of one file against the columns of one batch."""

    def __init__(self, data: DataGraph, shapes: ShapeSet) -> None:
        self.data = data
        self.shapes = shapes.shapes
        self._open: list[str] = []
        self._runs = 0
        self._known: dict[tuple[str, int], tuple[Nodes, pl.DataFrame]] = {}
        self._graph = WholeGraph(data)
        self._focus: dict[tuple[Target, ...], Nodes] = {}
        self._screen = Screen(data)
        self._rows: tuple[Nodes, RowIndex] | None = None
        self._reached: tuple[Nodes | None, dict[Path, pl.DataFrame]] = (None, {})

    @property
    def said(self) -> Said:
        """What shapes say of single results, by the number in `said`."""
        return self._graph.said

    def focus_nodes(self, shape: Shape) -> Nodes:
        """The focus nodes that a shape's targets find."""
        if shape.targets not in self._focus:
            first, *more = shape.targets
            if first.kind == "class" and not more:
                self._focus[shape.targets] = self.data.target_nodes(first.term.value)
                return self._focus[shape.targets]
            frames = [self._target(target) for target in shape.targets]
            alone = first.kind == "node" and not more
            self._focus[shape.targets] = Nodes.numbered(frames[0]) if alone else Nodes.of(pl.concat(frames))
        return self._focus[shape.targets]

    def _target(self, target: Target) -> pl.DataFrame:
        if target.kind == "class":
            return self.data.targets(target.term.value)
        if target.kind == "node":
            return self.data.terms([target.term])
        edges = self.data.own_edges(target.term.value)
        if target.kind == "objects-of":
            return edges.select("v", "t")
        return edges.select(pl.col("s").alias("v"), pl.lit(0, dtype=pl.Int32).alias("t"))

    def results(self, shape: Shape, nodes: Nodes) -> pl.DataFrame:
        """Every result of a shape over focus nodes (`RESULT_SCHEMA`); `n` is the number of the focus node.

        Raises `RuleBroken` for a shape that refers to itself or uses what is not compiled.
        """
        if shape.deactivated or not len(nodes):
            return NO_RESULTS
        if shape.unsupported:
            raise RuleBroken(f"{shorten(shape.id)} uses {', '.join(shape.unsupported)} inside another shape")
        # Within one shape, another that is asked of the same nodes again has the same results.
        key = (shape.id, id(nodes))
        if key in self._known:
            return self._known[key][1]
        with self._opened(shape):
            found = [self._check(shape, constraint, nodes) for constraint in shape.constraints]
        kept = [frame for frame in found if frame.height]
        results = pl.concat(kept) if len(kept) > 1 else kept[0] if kept else NO_RESULTS
        if self._open:
            self._known[key] = (nodes, results)
        else:
            self._known.clear()
        return results

    @contextmanager
    def _opened(self, shape: Shape) -> Iterator[None]:
        if shape.id in self._open:
            raise RuleBroken(f"the shape {shorten(shape.id)} refers to itself")
        self._runs += 1
        if len(self._open) >= _DEEPEST or self._runs > _MOST_RUNS:
            raise RuleBroken(
                f"the shapes are nested more than {_DEEPEST} deep, or run more than {_MOST_RUNS:,} times",
                fix="Let shapes refer to fewer other shapes.",
            )
        self._open.append(shape.id)
        try:
            yield
        finally:
            self._open.pop()

    def values(self, shape: Shape, nodes: Nodes) -> pl.DataFrame:
        """What a shape looks at; several shapes in a row look along the same path from the same focus nodes."""
        if shape.path is None:
            return nodes.as_values()
        if not any(nodes is known for known in self._focus.values()):
            return reach(self.data, nodes, shape.path)
        if self._reached[0] is not nodes:
            self._reached = (nodes, {})
        kept = self._reached[1]
        if shape.path not in kept:
            if len(kept) >= _PATHS_KEPT:
                kept.pop(next(iter(kept)))
            kept[shape.path] = self._reach(nodes, shape.path)
        return kept[shape.path]

    def _reach(self, nodes: Nodes, path: Path) -> pl.DataFrame:
        if not isinstance(path, Predicate):
            return reach(self.data, nodes, path)
        return distinct(self._index(nodes).forward(path.iri))

    def _index(self, nodes: Nodes) -> RowIndex:
        """How triples find the focus nodes; kept for the last ones asked for."""
        if self._rows is None or self._rows[0] is not nodes:
            self._rows = (nodes, RowIndex(self.data, nodes))
        return self._rows[1]

    def _check(self, shape: Shape, constraint: Constraint, nodes: Nodes) -> pl.DataFrame:
        name = constraint.component
        if name == "Property":
            return self._property(shape, constraint, nodes)
        if name == "Closed":
            return self._closed(shape, constraint, nodes)
        failed = self._at_once(shape, constraint, nodes)
        if failed is not None:
            return self.as_results(shape, constraint, nodes, failed)
        values = self.values(shape, nodes)
        if name == "SPARQL":
            return self._sparql(shape, constraint, nodes, values)
        if name in checks.VALUE_CHECKS:
            failed = checks.VALUE_CHECKS[name](self.data, constraint, values)
        elif name in _LOGIC:
            failed = self._logic(constraint, values, nodes if shape.path is None else None)
        elif name in ("MinCount", "MaxCount"):
            failed = _bare(_miscounted(constraint, nodes, values))
        elif name in ("QualifiedMinCount", "QualifiedMaxCount"):
            failed = _bare(_miscounted(constraint, nodes, self._qualifying(constraint, values)))
        elif name == "UniqueLang":
            failed = checks.unique_languages(self.data, values).with_columns(
                pl.lit(None, dtype=pl.String).alias("v"), pl.lit(None, dtype=pl.Int32).alias("t")
            )
        else:
            failed = self._pairwise(constraint, nodes, values)
        return self.as_results(shape, constraint, nodes, failed)

    def _at_once(self, shape: Shape, constraint: Constraint, nodes: Nodes) -> pl.DataFrame | None:
        """What fails along a path of one property, where that is known without all of its values; else None."""
        if not isinstance(shape.path, Predicate):
            return None
        predicate = shape.path.iri
        if constraint.component in checks.VALUE_CHECKS:
            failed = self._screen.failing(predicate, constraint)
            return distinct(self._index(nodes).matched(failed)) if failed.height else _NO_VALUES
        if constraint.component == "MinCount" and constraint.number <= 1 and nodes.are_resources:
            lacking = self._lacking(predicate, nodes) if constraint.number else NO_RESULTS
            return _bare(lacking) if lacking.height else _NO_VALUES
        return None

    def _lacking(self, predicate: str, nodes: Nodes) -> pl.DataFrame:
        """The focus nodes without any value of a property."""
        import numpy as np

        columns = [index for index in self.data.columns_of(predicate) if len(self.data.columns[index])]
        has, open_ = np.zeros(len(nodes), dtype=np.bool_), []
        for index in columns:
            placed = self._index(nodes).placed(index)
            if placed is None:
                open_.append(self.data.columns[index].frame.get_column("s"))
            else:
                has[placed[placed >= 0]] = True
        lacking = nodes.frame if len(open_) == len(columns) else nodes.frame.filter(pl.Series(~has))
        if not open_ or lacking.is_empty():
            return lacking
        return lacking.join(pl.concat(open_).to_frame(), left_on="v", right_on="s", how="anti", maintain_order="left")

    def as_results(self, shape: Shape, constraint: Constraint, nodes: Nodes, failed: pl.DataFrame) -> pl.DataFrame:
        """Rows that fail a constraint (`n`, `v`, `t`, `tc`, `row`) as results of its shape (`RESULT_SCHEMA`)."""
        if failed.is_empty():
            return NO_RESULTS
        # Nodes are numbered by their place.
        focus, height = nodes.frame[failed.get_column("n")], failed.height
        told = "said" in failed.columns
        named = (("shape", shape.id), ("component", constraint.component), ("severity", shape.severity))
        return pl.DataFrame(
            [
                failed.get_column("n"), focus.get_column("v").alias("focus"), focus.get_column("t").alias("focus_t"),
                constant("path", str(shape.path) if shape.path else "", pl.String, height),
                *(failed.get_column(name) for name in ("v", "t", "tc", "row")),
                *(constant(name, value, pl.String, height) for name, value in named),
                failed.get_column("said") if told else constant("said", None, pl.Int32, height),
            ]
        )  # fmt: skip

    def _property(self, shape: Shape, constraint: Constraint, nodes: Nodes) -> pl.DataFrame:
        inner = self.shapes[constraint.shapes[0]]
        if inner.path is None:
            raise RuleBroken(f"{shorten(inner.id)} is used as sh:property but has no sh:path")
        if shape.path is None:
            return self.results(inner, nodes)
        values = self.values(shape, nodes)
        reached = Nodes.of(values)
        found = self.results(inner, reached)
        if found.is_empty():
            return found
        pairs = values.join(reached.frame.rename({"n": "m"}), on=["v", "t"]).select("n", "m")
        joined = found.rename({"n": "m"}).join(pairs, on="m", how="inner", maintain_order="left")
        return joined.select(list(RESULT_SCHEMA))

    def failing(self, shape: str, values: pl.DataFrame) -> pl.DataFrame:
        """The rows of `values` whose term does not conform to a shape."""
        nodes = Nodes.of(values)
        bad = self.results(self.shapes[shape], nodes).select("n").unique()
        return values.join(nodes.frame.join(bad, on="n", how="semi"), on=["v", "t"], how="semi", maintain_order="left")

    def _logic(self, constraint: Constraint, values: pl.DataFrame, nodes: Nodes | None) -> pl.DataFrame:
        """The values for which too few or too many shapes hold; `nodes` where the values are those nodes."""
        numbered = values.with_row_index("i")
        failing = [self._failing_at(shape, numbered, nodes) for shape in constraint.shapes]
        misses = pl.concat(failing).value_counts() if failing else None
        count = (
            numbered.join(misses, on="i", how="left", maintain_order="left").get_column("count").fill_null(0)
            if misses is not None
            else pl.Series([0] * values.height, dtype=pl.UInt32)
        )
        total = len(constraint.shapes)
        wrong = {
            "Node": count > 0,
            "And": count > 0,
            "Not": count == 0,
            "Or": count == total,
            "Xone": count != total - 1,
        }[constraint.component]
        return values.filter(wrong)

    def _failing_at(self, shape: str, numbered: pl.DataFrame, nodes: Nodes | None) -> pl.Series:
        """The places (`i`) of the values that do not conform to a shape."""
        if nodes is None:
            return self.failing(shape, numbered).get_column("i")
        bad = self.results(self.shapes[shape], nodes).get_column("n").unique()
        return bad.cast(numbered.schema["i"]).alias("i")

    def _qualifying(self, constraint: Constraint, values: pl.DataFrame) -> pl.DataFrame:
        """The values that conform to the qualified shape and, where they must be apart, to no sibling's."""
        key = ["n", "v", "t"]
        kept = values.join(self.failing(constraint.shapes[0], values), on=key, how="anti", maintain_order="left")
        for sibling in constraint.siblings:
            kept = self.failing(sibling, kept)
        return kept

    def _closed(self, shape: Shape, constraint: Constraint, nodes: Nodes) -> pl.DataFrame:
        allowed = {term.value for term in constraint.terms}
        found = []
        for predicate in self.data.predicates:
            if predicate not in allowed:
                values = reach(self.data, nodes, Predicate(predicate))
                path = pl.lit(str(Predicate(predicate)), dtype=pl.String).alias("path")
                found.append(self.as_results(shape, constraint, nodes, values).with_columns(path))
        return pl.concat(found) if found else NO_RESULTS

    def _sparql(self, shape: Shape, constraint: Constraint, nodes: Nodes, values: pl.DataFrame) -> pl.DataFrame:
        """The solutions of a query as results; a value has the cell that the shape's path finds it in."""
        told = self._graph.ask(constraint, nodes)
        if shape.path is None:
            own = nodes.frame.select("n", pl.col("v").alias("own"), pl.col("t").alias("own_t"))
            told = told.join(own, on="n", how="left", maintain_order="left").with_columns(
                pl.coalesce("v", "own").alias("v"), pl.coalesce("t", "own_t").alias("t")
            )
        cells = values.unique(["n", "v", "t"], keep="first")
        placed = told.join(cells, on=["n", "v", "t"], how="left", maintain_order="left").with_columns(
            pl.col("tc").fill_null(-1)
        )
        found = self.as_results(shape, constraint, nodes, placed)
        own_path = pl.coalesce(placed.get_column("path"), found.get_column("path")) if found.height else pl.lit("")
        return found.with_columns(own_path.alias("path"))

    def _pairwise(self, constraint: Constraint, nodes: Nodes, values: pl.DataFrame) -> pl.DataFrame:
        key = ["n", "v", "t"]
        if constraint.component == "HasValue":
            wanted = values.join(self.data.terms(constraint.terms), on=["v", "t"], how="semi")
            return _bare(nodes.frame.join(wanted, on="n", how="anti", maintain_order="left"))
        others = reach(self.data, nodes, Predicate(constraint.terms[0].value))
        if constraint.component == "Disjoint":
            return values.join(others, on=key, how="semi", maintain_order="left")
        if constraint.component == "Equals":
            extra = values.join(others, on=key, how="anti", maintain_order="left")
            return pl.concat([extra, others.join(values, on=key, how="anti", maintain_order="left")])
        if constraint.component in ("LessThan", "LessThanOrEquals"):
            return self._not_below(constraint, values, others)
        raise RuleBroken(f"sh:{constraint.component} is not known")

    def _not_below(self, constraint: Constraint, values: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
        """A value once for every other value that it is not below, as the definition counts them."""
        right = self._with_kinds(others).select("n", pl.col("v").alias("w"), pl.col("kind").alias("kind_u"))
        pairs = self._with_kinds(values).join(right, on="n", how="inner", maintain_order="left")
        holds = pl.lit(False)
        or_equal = constraint.component.endswith("OrEquals")
        for kind in sorted(pairs.get_column("kind").drop_nulls().unique()):
            test = lexical.below(kind, pl.col("v"), pl.col("w"), or_equal=or_equal)
            same = (pl.col("kind") == kind) & (pl.col("kind_u") == kind)
            holds = holds | (same & test.fill_null(False))
        return pairs.filter(~holds.fill_null(False)).select(list(VALUE_SCHEMA))

    def _with_kinds(self, values: pl.DataFrame) -> pl.DataFrame:
        """`values` with the family of values each may be compared with: null where its text is not valid."""
        kind = pl.lit(None, dtype=pl.String)
        for number in values.get_column("t").unique():
            datatype = self.data.types[number][0]
            family = lexical.family(datatype)
            if family:
                own = (pl.col("t") == number) & lexical.valid(datatype)
                kind = pl.when(own).then(pl.lit(family)).otherwise(kind)
        return values.with_columns(kind.alias("kind"))


def _miscounted(constraint: Constraint, nodes: Nodes, values: pl.DataFrame) -> pl.DataFrame:
    """The focus nodes with too few or too many distinct values."""
    counted = values.group_by("n").len("count")
    count = nodes.frame.join(counted, on="n", how="left", maintain_order="left").with_columns(
        pl.col("count").fill_null(0)
    )
    few = constraint.component.endswith("MinCount")
    return count.filter(pl.col("count") < constraint.number if few else pl.col("count") > constraint.number)


def _bare(nodes: pl.DataFrame) -> pl.DataFrame:
    """Nodes as failed rows without a value or cell."""
    return nodes.select(
        "n",
        pl.lit(None, dtype=pl.String).alias("v"),
        pl.lit(None, dtype=pl.Int32).alias("t"),
        pl.lit(-1, dtype=pl.Int32).alias("tc"),
        pl.lit(None, dtype=pl.UInt32).alias("row"),
    )
