"""Hide small cells, and as few others as it takes that no hidden cell can be worked out from what is shown.

The counts of a table obey equations (a column's options add up to its base, the groups to the total). Whoever reads the
table can solve them. A small cell is safe when the numbers that fit everything shown range from 0 to at least the
limit above the true value; this is the classical "cell suppression problem". Further cells are chosen with the linear
programme of Kelly, Golden and Assad (1992, *Networks* 22: 397-417): the cheapest way to move the small cell by so much
while all equations hold names the cells that must be hidden with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mcgraph.errors import LimitReached

if TYPE_CHECKING:
    import numpy.typing as npt

_EPSILON = 1e-6


@dataclass(slots=True)
class Counts:
    """The counts of a table as unknowns, and the equations between them.

    A cell has a name, a count, and a `cost` of being hidden; one that is never shown (such as those of a group who did
    *not* choose an option), or is hidden already, costs nothing and is unknown from the start. A `known` cell is told
    elsewhere: whatever stands in this table, a reader has its count.
    """

    names: list[Any] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    places: dict[Any, int] = field(default_factory=dict)
    known: list[bool] = field(default_factory=list)
    equations: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)

    def add(self, name: Any, count: int, cost: float = 0.0, *, known: bool = False) -> None:
        """A cell; with `cost` 0 it is never shown."""
        self.places[name] = len(self.names)
        self.names.append(name)
        self.counts.append(count)
        self.costs.append(cost)
        self.known.append(known)

    def equal(self, whole: Any, parts: Iterable[Any]) -> None:
        """The cell `whole` is the sum of `parts`."""
        self.equations.append((self.places[whole], tuple(self.places[part] for part in parts)))


def hidden(
    table: Counts, limit: int, most: int | None = None, *, guarded: Callable[[Any], bool] | None = None
) -> frozenset[Any]:
    """The names of the cells that must not be shown: those between 0 and `limit`, and what protects them.

    A count of 0 is nobody and may be shown. Where `guarded` is given, only cells whose name it takes are protected. A
    cell whose known neighbours leave it less room than the limit is protected as far as these allow. Raises
    `LimitReached` where the table has more than `most` cells.
    """
    counts = np.array(table.counts, dtype=float)
    costs = np.array(table.costs, dtype=float)
    require_room(table, most)
    movable = ~np.array(table.known, dtype=bool)
    small = (counts > 0) & (counts < limit) & movable
    if guarded is not None:
        small &= np.array([guarded(name) for name in table.names], dtype=bool)
    unknown = (small | (costs == 0)) & movable
    if small.any():
        _protect(table, counts, costs, small, unknown, limit)
    return frozenset(name for at, name in enumerate(table.names) if unknown[at] and costs[at] > 0)


def require_room(table: Counts, most: int | None) -> None:
    """Refuse a table of more than `most` cells by `LimitReached`."""
    if most is not None and len(table.counts) > most:
        raise LimitReached(
            f"the table has {len(table.counts):,} cells; small cells are hidden safely in at most {most:,}",
            fix="Use fewer groups or options, or raise MCGRAPH_LIMIT_SURVEY_CELLS.",
        )


def _protect(
    table: Counts,
    counts: npt.NDArray[np.float64],
    costs: npt.NDArray[np.float64],
    small: npt.NDArray[np.bool_],
    unknown: npt.NDArray[np.bool_],
    limit: int,
) -> None:
    """Extend `unknown` until every small cell can be anything from 0 to `limit` above its count."""
    moves = _Moves(table, counts)
    wanted = np.stack([np.full(len(counts), float(limit)), -counts])
    if any(table.known):
        _allow(moves, wanted, small)
    safe = np.zeros((2, len(counts)), dtype=bool)

    def mark(moved: npt.NDArray[np.float64]) -> None:
        # A move that all the rest of the table allows protects every small cell that it moves far enough.
        safe[0] |= moved >= wanted[0] - _EPSILON
        safe[1] |= moved <= wanted[1] + _EPSILON

    while True:
        for way in (0, 1):
            _mark_free(moves, way, wanted, small, unknown, safe, mark)
        open_ = [(counts[at], at, way) for way in (0, 1) for at in np.flatnonzero(small & ~safe[way]).tolist()]
        if not open_:
            return
        # Smallest groups first: what hides them often hides the rest too.
        _, at, way = min(open_)
        moved = moves.cheapest(at, float(wanted[way, at]), np.where(unknown, 0.0, costs))
        unknown |= np.abs(moved) > _EPSILON
        mark(moved)


def _allow(moves: _Moves, wanted: npt.NDArray[np.float64], small: npt.NDArray[np.bool_]) -> None:
    """Want no more of a cell than it could move if everything but the known cells were hidden."""
    for way in (0, 1):
        left = small.copy()
        while left.any():
            moved = moves.together(np.where(left, wanted[way], 0.0), moves.movable)
            reached = left & (moved * np.sign(wanted[way]) >= np.abs(wanted[way]) - _EPSILON)
            if not reached.any():
                break
            left &= ~reached
        for at in np.flatnonzero(left).tolist():
            alone = np.zeros(len(small))
            alone[at] = wanted[way, at]
            reach = moves.together(alone, moves.movable)[at]
            # A hair less, or the move could fail by rounding.
            wanted[way, at] = np.sign(reach) * max(0.0, abs(reach) - _EPSILON)


def _mark_free(
    moves: _Moves,
    way: int,
    wanted: npt.NDArray[np.float64],
    small: npt.NDArray[np.bool_],
    unknown: npt.NDArray[np.bool_],
    safe: npt.NDArray[np.bool_],
    mark: Callable[[npt.NDArray[np.float64]], None],
) -> None:
    """Mark the small cells that can already move far enough, many at a time: one programme moves all it can at once."""
    while True:
        left = small & ~safe[way]
        if not left.any():
            return
        before = int(left.sum())
        mark(moves.together(np.where(left, wanted[way], 0.0), unknown))
        if int((small & ~safe[way]).sum()) == before:
            return


class _Moves:
    """Changes of the counts that keep every equation and no count below 0."""

    def __init__(self, table: Counts, counts: npt.NDArray[np.float64]) -> None:
        from scipy.sparse import coo_array

        rows, columns, values = [], [], []
        for row, (whole, parts) in enumerate(table.equations):
            for at, value in ((whole, -1.0), *((part, 1.0) for part in parts)):
                rows.append(row)
                columns.append(at)
                values.append(value)
        shape = (len(table.equations), len(counts))
        matrix = coo_array((values, (rows, columns)), shape=shape).tocsr()
        from scipy.sparse import hstack

        # A change is what is added less what is taken away, so that both can have a cost.
        self.movable = ~np.array(table.known, dtype=bool)
        self._plus = matrix.tocsc()
        self._matrix = hstack([matrix, -matrix], format="csr") if table.equations else None
        self._counts = counts

    def together(
        self, wanted: npt.NDArray[np.float64], unknown: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """A change of unknown cells alone that brings as many cells as it can as far as is wanted (0: as it may be)."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_array, hstack

        moved = np.zeros(len(self._counts))
        if self._matrix is None:
            return np.where(wanted != 0, wanted, moved)
        free = np.flatnonzero(unknown)
        aims = np.flatnonzero(wanted)
        sign = np.sign(wanted[aims])
        size, many = len(free), len(aims)
        # Variables: the change of each free cell, then how much of each aim's change counts (no more than is wanted).
        counted = np.zeros((many, size + many))
        counted[np.arange(many), np.searchsorted(free, aims)] = -sign
        counted[np.arange(many), size + np.arange(many)] = 1.0
        found = linprog(
            np.concatenate([np.zeros(size), -1.0 / np.abs(wanted[aims])]),
            A_ub=csr_array(counted),
            b_ub=np.zeros(many),
            A_eq=hstack([self._plus[:, free], csr_array((self._plus.shape[0], many))], format="csr"),
            b_eq=np.zeros(self._plus.shape[0]),
            bounds=[*((-count, None) for count in self._counts[free]), *((None, top) for top in np.abs(wanted[aims]))],
            method="highs",
        )
        if found.status != 0:
            raise ArithmeticError(f"the small cells could not be hidden: {found.message}")
        moved[free] = found.x[:size]
        return moved

    def cheapest(self, at: int, step: float, costs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The cheapest change that moves the cell `at` by `step`, where a cell that is unknown already costs nothing.

        There always is one: the margins may change too.
        """
        from scipy.optimize import linprog

        size = len(self._counts)
        upper = np.concatenate([np.full(size, np.inf), self._counts])
        lower = np.zeros(2 * size)
        lower[at if step > 0 else size + at] = abs(step)
        upper[at if step > 0 else size + at] = abs(step)
        upper[size + at if step > 0 else at] = 0.0
        upper[np.concatenate([~self.movable, ~self.movable])] = 0.0
        moved = np.zeros(size)
        moved[at] = step
        if self._matrix is None:
            return moved
        found = linprog(
            # A hair of cost keeps the known-to-be-free moves small and the answer the same everywhere.
            np.concatenate([costs, costs]) + 1e-7,
            A_eq=self._matrix,
            b_eq=np.zeros(self._matrix.shape[0]),
            bounds=np.column_stack([lower, upper]),
            method="highs",
        )
        if found.status != 0:
            raise ArithmeticError(f"the small cells could not be hidden: {found.message}")
        return np.asarray(found.x[:size] - found.x[size:])


def feasible(table: Counts, shown: Sequence[Any], name: Any) -> tuple[float, float]:
    """What a reader of the cells `shown` can know about another: its least and greatest possible count."""
    from scipy.optimize import linprog

    known = {table.places[one] for one in shown}
    matrix = np.zeros((len(table.equations), len(table.counts)))
    for row, (whole, parts) in enumerate(table.equations):
        matrix[row, whole] -= 1
        for part in parts:
            matrix[row, part] += 1
    bounds = [(count, count) if at in known else (0, None) for at, count in enumerate(table.counts)]
    goal = np.zeros(len(table.counts))
    goal[table.places[name]] = 1
    ends = []
    for sign in (1, -1):
        found = linprog(
            sign * goal, A_eq=matrix if len(matrix) else None, b_eq=np.zeros(len(matrix)) if len(matrix) else None,
            bounds=bounds, method="highs",
        )  # fmt: skip
        ends.append(sign * found.fun if found.status == 0 else sign * -np.inf)
    return float(ends[0]), float(ends[1])
