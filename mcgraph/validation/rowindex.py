"""Which focus node a row of a table is about, so that a column finds its focus nodes without hashing texts.

Most columns of a table speak of the record that the row types. Where that is so, the row number leads to the focus
node and one comparison of texts confirms it; any column for which it does not hold is joined as usual.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from mcgraph.model.namespaces import RDF_TYPE
from mcgraph.validation.data import DataGraph, Nodes
from mcgraph.validation.inorder import numbers_in_order

if TYPE_CHECKING:
    import numpy as np

_SMALLEST = 10_000  # focus nodes, below which a join costs nothing
_SAMPLE = 64


class RowIndex:
    """Focus nodes by table and row."""

    def __init__(self, data: DataGraph, nodes: Nodes) -> None:
        self._data = data
        self._nodes = nodes
        self._tables: dict[int, np.ndarray[Any, Any]] = {}
        if len(nodes) >= _SMALLEST:
            for number in data.columns_of(RDF_TYPE):
                self._add(number)

    def _add(self, number: int) -> None:
        import numpy as np

        column = self._data.columns[number]
        frame = column.frame.filter(pl.col("row").is_not_null())
        if column.table < 0 or frame.is_empty():
            return
        last = frame.get_column("row").max()
        if isinstance(last, int) and last > 4 * frame.height + 1_000:  # lines of a file, of which few are types
            return
        nodes = self._nodes.frame.get_column("v")
        if not (nodes == frame.get_column("s")[0]).any() and not (nodes == frame.get_column("s")[-1]).any():
            return
        placed = self._numbered(frame)
        rows, n = placed.get_column("row").to_numpy(), placed.get_column("n").to_numpy()
        if int(rows.max()) > 4 * placed.height + 1_000:  # lines of a file, of which few are types
            return
        size = int(rows.max()) + 1
        known = self._tables.get(column.table)
        index = np.full(max(size, 0 if known is None else len(known)), -1, dtype=np.int64)
        if known is not None:
            index[: len(known)] = known
        index[rows] = n
        self._tables[column.table] = index

    def _numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`n` and `row` of those rows of a type column that name a focus node."""
        nodes = self._nodes.frame
        if frame.height <= nodes.height and (frame.get_column("s") == nodes.get_column("v").head(frame.height)).all():
            return frame.select(nodes.get_column("n").head(frame.height), "row")
        return frame.select("s", "row").join(nodes.select("n", "v"), left_on="s", right_on="v").select("n", "row")

    def forward(self, predicate: str) -> pl.DataFrame:
        """The value nodes that the focus nodes have by a predicate, in the order of the columns."""
        frames = [self._column(number) for number in self._data.columns_of(predicate)]
        return pl.concat(frames) if frames else self._joined(self._data.edges(predicate))

    def _column(self, number: int) -> pl.DataFrame:
        edges = self._data.column_edges(number)
        index = self._tables.get(self._data.columns[number].table)
        if index is None or edges.height < _SMALLEST or edges.get_column("row").has_nulls():
            return self._joined(edges)
        if self._placed(edges.head(_SAMPLE), index) is None:
            return self._joined(edges)
        placed = self._placed(edges, index)
        return self._joined(edges) if placed is None else placed

    def _placed(self, edges: pl.DataFrame, index: np.ndarray[Any, Any]) -> pl.DataFrame | None:
        """The edges with their focus nodes, or None where a row is about something else."""
        import numpy as np

        rows = edges.get_column("row").to_numpy()
        if int(rows.max()) >= len(index):
            return None
        n = index[rows]
        if (n < 0).any():
            return None
        numbers = pl.Series("n", n.astype(np.uint32))
        if not (self._nodes.frame.get_column("v").gather(numbers) == edges.get_column("s")).all():
            return None
        return edges.select(numbers, "v", "t", "tc", "row")

    def _joined(self, edges: pl.DataFrame) -> pl.DataFrame:
        placed = numbers_in_order(self._nodes.frame.get_column("v"), edges.get_column("s"))
        if placed is not None:
            return edges.select(placed.alias("n"), "v", "t", "tc", "row")
        resources = self._nodes.frame.filter(pl.col("t") == 0).select("n", pl.col("v").alias("s"))
        found = edges.join(resources, on="s", how="inner", maintain_order="left")
        return found.select("n", "v", "t", "tc", "row")
