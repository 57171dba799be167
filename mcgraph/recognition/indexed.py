"""A frame that is asked again and again for the rows of a few records: ordered once by their codes, then looked up.

A filter or join reads every row of a large register for each question; a look-up reads those it gives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Codes = NDArray[np.uint32]


def codes_of(column: pl.Series) -> Codes:
    """The numbers behind a categorical column; the same text has the same number in every frame."""
    return column.to_physical().to_numpy()


@dataclass(frozen=True, slots=True, eq=False)
class Indexed:
    """Rows of a frame by the categorical column `key`, in the order of its codes."""

    frame: pl.DataFrame
    codes: Codes
    order: NDArray[np.intp]

    @classmethod
    def of(cls, frame: pl.DataFrame, key: str) -> Indexed:
        """The frame in its order; rows of one key keep theirs."""
        codes = codes_of(frame.get_column(key))
        order = np.argsort(codes, kind="stable")
        return cls(frame, codes[order], order)

    def at(self, wanted: Codes) -> pl.DataFrame:
        """The rows whose key is among some codes, each code given once."""
        low, high = np.searchsorted(self.codes, wanted, "left"), np.searchsorted(self.codes, wanted, "right")
        sizes = high - low
        starts = np.repeat(low - np.append(0, np.cumsum(sizes)[:-1]), sizes) if len(sizes) else low
        return self.frame[self.order[starts + np.arange(int(sizes.sum()))]]

    def of_names(self, names: pl.Series) -> pl.DataFrame:
        """The rows whose key is among some names (a categorical column, each once)."""
        return self.at(codes_of(names))
