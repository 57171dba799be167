"""How triples find their focus nodes: by their row where a table is about the nodes, else by hash, else by a join.

Columns that number their subjects lead from the number to the focus node. Most columns of a table speak of the record
that the row types: where that is so, the row number leads there and one comparison of texts confirms it. A few triples
are looked up in the sorted hashes of the focus nodes, which are made once; whole columns for which neither holds are
joined as usual.
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
_FEW = 8  # triples are few where there are as many times more focus nodes


class RowIndex:
    """Focus nodes by table and row, and by hash."""

    def __init__(self, data: DataGraph, nodes: Nodes) -> None:
        self._data = data
        self._nodes = nodes
        self._tables: dict[int, np.ndarray[Any, Any]] | None = None
        self._subjects: dict[int, np.ndarray[Any, Any]] = {}
        self._hashes: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]] | None = None

    def _index(self, table: int) -> np.ndarray[Any, Any] | None:
        """The number of the focus node that each row of a table types, -1 where it is none."""
        if self._tables is None:
            self._tables = {}
            if len(self._nodes) >= _SMALLEST:
                for number in self._data.columns_of(RDF_TYPE):
                    self._add(number, self._tables)
        return self._tables.get(table)

    def _add(self, number: int, tables: dict[int, np.ndarray[Any, Any]]) -> None:
        import numpy as np

        column = self._data.columns[number]
        if column.table < 0 or not len(column):
            return
        frame = column.frame
        if frame.get_column("row").has_nulls():
            frame = frame.filter(pl.col("row").is_not_null())
            if frame.is_empty():
                return
        last = frame.get_column("row").max()
        if isinstance(last, int) and last > 4 * frame.height + 1_000:  # lines of a file, of which few are types
            return
        nodes = self._nodes.frame.get_column("v")
        if not (nodes == frame.get_column("s")[0]).any() and not (nodes == frame.get_column("s")[-1]).any():
            return
        placed = self._numbered(frame)
        rows, n = placed.get_column("row").to_numpy(), placed.get_column("n").to_numpy()
        if not len(rows):
            return
        size = int(rows.max()) + 1
        known = tables.get(column.table)
        index = np.full(max(size, 0 if known is None else len(known)), -1, dtype=np.int64)
        if known is not None:
            index[: len(known)] = known
        index[rows] = n
        tables[column.table] = index

    def _numbered(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`n` and `row` of those rows of a type column that name a focus node."""
        nodes = self._nodes.frame
        if frame.height <= nodes.height and (frame.get_column("s") == nodes.get_column("v").head(frame.height)).all():
            return frame.select(nodes.get_column("n").head(frame.height), "row")
        return frame.select("s", "row").join(nodes.select("n", "v"), left_on="s", right_on="v").select("n", "row")

    def forward(self, predicate: str) -> pl.DataFrame:
        """The value nodes that the focus nodes have by a predicate, in the order of the columns."""
        numbers = [number for number in self._data.columns_of(predicate) if len(self._data.columns[number])]
        frames = [self._column(number) for number in numbers]
        return pl.concat(frames) if frames else self._joined(self._data.edges(predicate))

    def placed(self, number: int) -> np.ndarray[Any, Any] | None:
        """The focus node of every triple of a column, -1 where it has none; None where only a join tells them."""
        column = self._data.columns[number]
        edges = column.frame
        if column.subjects is not None and edges.height >= _SMALLEST and self._nodes.are_resources:
            found: np.ndarray[Any, Any] = self._by_subject(column.subjects.texts)[column.subjects.numbers]
            return found
        index = self._index(column.table)
        if index is None or edges.height < _SMALLEST or edges.get_column("row").has_nulls():
            return None
        if self._by_row(edges.head(_SAMPLE), index) is None:
            return None
        return self._by_row(edges, index)

    def _by_subject(self, texts: pl.Series) -> np.ndarray[Any, Any]:
        """The number of the focus node that each subject is, -1 where it is none."""
        import numpy as np

        known = self._nodes.subjects
        if id(texts) not in self._subjects and known is not None and known.texts is texts:
            index = np.full(len(texts), -1, dtype=np.int64)
            index[known.numbers] = np.arange(len(known.numbers))
            self._subjects[id(texts)] = index
        if id(texts) not in self._subjects:
            nodes = self._nodes.frame.select("n", "v")
            found = texts.alias("v").to_frame().join(nodes, on="v", how="left", maintain_order="left")
            self._subjects[id(texts)] = found.get_column("n").cast(pl.Int64).fill_null(-1).to_numpy()
        return self._subjects[id(texts)]

    def _column(self, number: int) -> pl.DataFrame:
        import numpy as np

        n = self.placed(number)
        edges = self._data.column_edges(number)
        if n is None:
            return self._joined(edges)
        if (n < 0).any():
            known = n >= 0
            edges, n = edges.filter(pl.Series(known)), n[known]
        return edges.select(pl.Series("n", n.astype(np.uint32)), "v", "t", "tc", "row")

    def _by_row(self, edges: pl.DataFrame, index: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
        """The numbers of the focus nodes of triples, or None where a row is about something else."""
        rows = edges.get_column("row").to_numpy()
        if not len(rows) or int(rows.max()) >= len(index):
            return None
        n = index[rows]
        if (n < 0).any():
            return None
        known = self._nodes.frame.get_column("v")
        said = edges.get_column("s")
        # Rows in the order of the nodes are compared in place; gathering texts costs more than comparing them.
        start = int(n[0])
        in_order = int(n[-1]) - start == len(n) - 1 and bool((n[1:] > n[:-1]).all())
        texts = known.slice(start, len(n)) if in_order else known.gather(pl.Series("n", n))
        return n if (texts == said).all() else None

    def matched(self, edges: pl.DataFrame) -> pl.DataFrame:
        """The value nodes (`VALUE_SCHEMA`) that a few triples give to the focus nodes, in the order of the triples."""
        if not self._nodes.are_resources or edges.height * _FEW > len(self._nodes):
            return self._joined(edges)
        found = self._looked_up(edges.get_column("s"))
        if found is None:
            return self._joined(edges)
        n, is_one = found
        kept, n = (edges, n) if is_one.all() else (edges.filter(is_one), n.filter(is_one))
        return pl.DataFrame([n, *(kept.get_column(name) for name in ("v", "t", "tc", "row"))])

    def _looked_up(self, subjects: pl.Series) -> tuple[pl.Series, pl.Series] | None:
        """A focus node for each subject, and whether it is that one; None where two focus nodes share a hash."""
        import numpy as np

        if self._hashes is None:
            hashes = self._nodes.frame.get_column("v").hash().to_numpy()
            order = np.argsort(hashes)
            self._hashes = (hashes[order], order.astype(np.uint32))
        hashes, order = self._hashes
        if len(hashes) > 1 and (hashes[1:] == hashes[:-1]).any():
            return None
        at = np.searchsorted(hashes, subjects.hash().to_numpy())
        n = pl.Series("n", order[np.minimum(at, len(hashes) - 1)])
        return n, self._nodes.frame.get_column("v")[n] == subjects

    def _joined(self, edges: pl.DataFrame) -> pl.DataFrame:
        placed = numbers_in_order(self._nodes.frame.get_column("v"), edges.get_column("s"))
        if placed is not None:
            return edges.select(placed.alias("n"), "v", "t", "tc", "row")
        resources = self._nodes.frame.filter(pl.col("t") == 0).select("n", pl.col("v").alias("s"))
        found = edges.join(resources, on="s", how="inner", maintain_order="left")
        return found.select("n", "v", "t", "tc", "row")
