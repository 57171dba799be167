"""Answers of one snapshot that were given before: the same text over the same snapshot has the same answer.

A snapshot never changes, so an answer is good for as long as the snapshot is asked. The one that was not wanted for
longest goes first when the bound is reached. Texts that mean something else each time (`NOW`, `RAND`, `UUID`, …) are
never kept.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Hashable
from dataclasses import replace

from mcgraph.queries.conversation import Rows
from mcgraph.queries.guard import decode

# No answer may take more than this share of the room.
_SHARE = 16
_CHANGES = re.compile(r"\b(?:NOW|RAND|UUID|STRUUID|BNODE)\b", re.IGNORECASE)
# What a cell takes beside its characters: the object, its place in the row, its type.
_CELL = 80


class Kept:
    """The answers of one snapshot, within a number of bytes."""

    def __init__(self, most: int) -> None:
        """`most` bytes are held, as far as they can be told without weighing every object."""
        self._most = most
        self._answers: dict[Hashable, tuple[Rows, int]] = {}
        self.held = 0

    def get(self, key: Hashable) -> Rows | None:
        """The answer given before, marked as such."""
        found = self._answers.pop(key, None)
        if found is None:
            return None
        # Put at the end: the first of a dictionary is the one that was not wanted for longest.
        self._answers[key] = found
        return found[0]

    def put(self, key: Hashable, text: str, found: Rows) -> None:
        """Keep an answer, where it may be kept and is not too large."""
        size = _size(text, found)
        if size * _SHARE > self._most or not is_lasting(text):
            return
        before = self._answers.pop(key, None)
        self.held += size - (before[1] if before else 0)
        self._answers[key] = replace(found, kept=True), size
        while self.held > self._most:
            oldest = next(iter(self._answers))
            self.held -= self._answers.pop(oldest)[1]


def is_lasting(text: str) -> bool:
    """Whether a text has the same answer whenever it is asked of one snapshot.

    >>> is_lasting("SELECT * { ?s ?p ?o }"), is_lasting("SELECT (rand() AS ?r) {}")
    (True, False)
    """
    return _CHANGES.search(decode(text)) is None


def _size(text: str, found: Rows) -> int:
    cells = sum(len(value or "") + _CELL for row in found.rows for value in row)
    return sys.getsizeof(text) + sys.getsizeof(found.written) + cells + 500
