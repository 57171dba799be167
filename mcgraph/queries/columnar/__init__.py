"""Whole-graph questions answered from the columns of a snapshot instead of the index.

The same query text, evaluated set-at-a-time: every pattern is a join of columns of numbers, every group an
aggregate. What it cannot do with exactly the engine's result it refuses (`NotColumnar`), and the engine is asked.
"""

from __future__ import annotations


class NotColumnar(Exception):
    """This text, or these data, are beyond the columns; the engine has to answer. Never leaves the worker."""
