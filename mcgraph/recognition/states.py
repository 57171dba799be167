"""Whether a statement counts on a day: its dates decide, then its status.

Both ends of its dates count. A status «expired» beside an end date says no more than the date; without one it means
lapsed. A missing date leaves that side open.
"""

from __future__ import annotations

import datetime

import polars as pl


def state_expression(as_of: datetime.date, completed: datetime.date | None = None) -> pl.Expr:
    """The state of each row (`status`, `valid_from`, `valid_until` as ISO days, null where not stated).

    `completed` is the day on which the learning was finished: then the window must hold that day, and need not
    last until `as_of`.
    """
    day = (completed or as_of).isoformat()
    status = pl.col("status").fill_null("")
    ended = (pl.col("valid_until") < day).fill_null(False)
    unknown_end = (status == "expired") & pl.col("valid_until").is_null()
    return (
        pl.when(status == "withdrawn")
        .then(pl.lit("withdrawn"))
        .when(status == "proposed")
        .then(pl.lit("proposed"))
        .when((pl.col("valid_from") > day).fill_null(False))
        .then(pl.lit("not-yet"))
        .when(ended | unknown_end)
        .then(pl.lit("lapsed"))
        .otherwise(pl.lit("in-force"))
    )
