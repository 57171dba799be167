"""A mixed-integer linear programme, built row by row and solved by HiGHS (through scipy)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Terms = Iterable[tuple[int, float]]
INFINITE = float("inf")
# Values of binaries are rounded; what lies further from a whole number than this is a fault of the solver.
TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Solution:
    """What the solver found: `values` per variable (None without any), the objective and its proven bound."""

    status: str
    values: tuple[float, ...] | None
    objective: float
    bound: float
    seconds: float

    @property
    def proven(self) -> bool:
        """Whether nothing better exists."""
        return self.status == "optimal"

    def is_on(self, variable: int) -> bool:
        """Whether a yes-or-no variable is yes."""
        return self.values is not None and self.values[variable] > 0.5


@dataclass(slots=True)
class Programme:
    """Variables and rows; further rows may be added between two solutions."""

    upper: list[float] = field(default_factory=list)
    whole: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)
    factors: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)

    def binary(self) -> int:
        """A new variable that is 0 or 1."""
        return self.number(1.0, whole=True)

    def number(self, upper: float, *, whole: bool = False) -> int:
        """A new variable from 0 to `upper`."""
        self.upper.append(upper)
        self.whole.append(int(whole))
        return len(self.upper) - 1

    def row(self, terms: Terms, low: float = -INFINITE, high: float = INFINITE) -> None:
        """`low` ≤ Σ factor·variable ≤ `high`; a variable named twice is summed."""
        at = len(self.low)
        for variable, factor in terms:
            self.rows.append(at)
            self.columns.append(variable)
            self.factors.append(factor)
        self.low.append(low)
        self.high.append(high)

    def drop_rows(self, first: int) -> None:
        """Forget the rows from number `first` on, such as those of a finished side question."""
        cut = next((place for place, row in enumerate(self.rows) if row >= first), len(self.rows))
        del self.rows[cut:], self.columns[cut:], self.factors[cut:], self.low[first:], self.high[first:]

    def minimise(self, cost: Mapping[int, float], seconds: float) -> Solution:
        """The best solution that is found within `seconds`, with the bound that is proven by then."""
        import numpy as np
        from scipy.optimize import Bounds, LinearConstraint, milp
        from scipy.sparse import csr_array

        start = time.perf_counter()
        count = len(self.upper)
        costs = np.zeros(count)
        for variable, value in cost.items():
            costs[variable] = value
        if seconds <= 0:
            return Solution("time", None, INFINITE, 0.0, 0.0)
        matrix = csr_array((self.factors, (self.rows, self.columns)), shape=(len(self.low), count))
        found: Any = milp(
            costs,
            integrality=np.array(self.whole),
            bounds=Bounds(np.zeros(count), np.array(self.upper)),
            constraints=LinearConstraint(matrix, np.array(self.low), np.array(self.high)),
            options={"time_limit": seconds, "mip_rel_gap": 0.0, "disp": False},
        )
        names = {0: "optimal", 1: "time", 2: "infeasible"}
        values = None if found.x is None else tuple(float(one) for one in found.x)
        bound = found.get("mip_dual_bound")
        objective = INFINITE if found.fun is None else float(found.fun)
        lower = objective if found.status == 0 and bound is None else bound
        took = time.perf_counter() - start
        return Solution(names.get(found.status, "failed"), values, objective, lower if lower is not None else 0.0, took)
