"""Statements of a store at an address, fetched by questions so simple that every server answers them rightly.

Of each pattern the server first counts the statements, then gives them: at once where they are few, else in parts by
the MD5 of the subject (SPARQL 1.1 §17.4.6.1), which need neither an order nor a memory of where the last part ended.
What comes must be as many different statements as were counted. Fewer means that the server cuts its answers, and
smaller parts are asked for; if they do not add up either, nothing is given back: a part is never taken for the whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mcgraph.errors import LimitReached, StoreUnavailable
from mcgraph.limits import Limits
from mcgraph.queries.needed_statements import Pattern
from mcgraph.store.endpoint import Asked, Term

# Statements of one answer; the second is what servers of the public commonly give at most.
_AT_ONCE = (50_000, 10_000, 1_000)
# Values of the first three digits of an MD5.
_HASHES = 4_096
# Parts are uneven: so much of a full one is aimed at.
_FULL = 0.8

# Graph, subject, predicate, object.
Statement = tuple[str, str, str, Term]


@dataclass(slots=True)
class Fetching:
    """Fetches from the graphs of a server within the limits of one question; `count` is what it has so far."""

    endpoint: Asked
    graphs: Sequence[str]
    limits: Limits
    address: str = ""
    count: int = 0
    deadline: float = 0.0

    def __post_init__(self) -> None:
        """The time runs from now."""
        self.deadline = time.monotonic() + self.limits.remote_seconds

    def all_of(self, patterns: Sequence[Pattern]) -> Iterator[list[Statement]]:
        """The statements that match each of some patterns, with their graphs; all are counted before any is fetched.

        Raises `LimitReached` where there are too many or it takes too long, `StoreUnavailable` where the server does
        not give as many as it counts, or statements that cannot be told apart (blank nodes).
        """
        expected = [self._counted(pattern) for pattern in patterns]
        total = self.count + sum(expected)
        if total > self.limits.remote_statements:
            raise LimitReached(
                f"this question needs {total:,} statements of the store, "
                f"and at most {self.limits.remote_statements:,} are fetched",
                where=self.address,
                fix="Raise the limit remote_statements, or load the sources into a store here and ask there.",
                limit="remote_statements",
            )
        for pattern, count in zip(patterns, expected, strict=True):
            yield self._of(pattern, count)

    def _of(self, pattern: Pattern, expected: int) -> list[Statement]:
        got = 0
        for most in _AT_ONCE:
            # Sets, not lists: a part that overlaps another would hide one that is missing.
            found = {statement for part in _parts(expected, most) for statement in self._part(pattern, part)}
            if len(found) == expected:
                self.count += expected
                return sorted(found)
            got = len(found)
        raise StoreUnavailable(
            f"the server counts {expected:,} statements of a kind and gives {got:,}",
            where=self.address,
            fix="Ask again; if it stays so, load the sources into a store on this machine and ask there.",
        )

    def _counted(self, pattern: Pattern) -> int:
        found = self.endpoint.query(
            f"SELECT (COUNT(*) AS ?n) WHERE {{ {_text(pattern)} }}", graphs=self.graphs, seconds=self._left()
        )
        cell = found.rows[0][0] if len(found.rows) == 1 and len(found.rows[0]) == 1 else None
        if cell is None or not cell[0].isdecimal():
            raise StoreUnavailable("the server does not count its statements", where=self.address)
        return int(cell[0])

    def _part(self, pattern: Pattern, condition: str) -> Iterator[Statement]:
        text = f"SELECT {' '.join(_open(pattern))} WHERE {{ {_text(pattern)} {condition.format(_hashed(pattern))} }}"
        result = self.endpoint.query(text, graphs=self.graphs, seconds=self._left())
        for row in result.rows:
            cells = dict(zip((f"?{name}" for name in result.columns), row, strict=True))
            graph, subject, predicate, thing = (
                (given, "iri") if given else cells.get(name)
                for name, given in (
                    ("?g", ""), ("?s", pattern.subject), ("?p", pattern.predicate), ("?o", pattern.object),
                )
            )  # fmt: skip
            if graph is None or subject is None or predicate is None or thing is None:
                raise StoreUnavailable("the server gives statements with a part missing", where=self.address)
            if graph[0] not in self.graphs:
                raise StoreUnavailable("the server gives statements of graphs that were not asked", where=self.address)
            if "bnode" in (subject[1], thing[1]):
                raise StoreUnavailable(
                    "the store has blank nodes, which have no name from one question to the next",
                    where=self.address,
                    fix="Load its sources with `mcgraph load`, which gives them names.",
                )
            yield graph[0], subject[0], predicate[0], thing

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise LimitReached(
                f"fetching the statements took longer than {self.limits.remote_seconds} s",
                where=self.address,
                fix="Raise the limit remote_seconds, or load the sources into a store here and ask there.",
                limit="remote_seconds",
            )
        return left


def _parts(expected: int, most: int) -> Iterator[str]:
    """The conditions that divide so many statements into parts of at most about `most`; `{0}` is the term hashed."""
    count = min(_HASHES, -(-expected // max(1, int(most * _FULL)))) if expected > most else 1
    if count == 1:
        yield ""
        return
    digits = "SUBSTR(MD5(STR({0})), 1, 3)"
    borders = [f"{_HASHES * place // count:03x}" for place in range(1, count)]
    for low, high in zip(["", *borders], [*borders, ""], strict=True):
        bounds = [f'{digits} >= "{low}"'] * bool(low) + [f'{digits} < "{high}"'] * bool(high)
        yield f"FILTER({' && '.join(bounds)})"


def _open(pattern: Pattern) -> list[str]:
    places = (("?s", pattern.subject), ("?p", pattern.predicate), ("?o", pattern.object))
    return ["?g", *(name for name, given in places if not given)]


def _hashed(pattern: Pattern) -> str:
    """What divides the statements of a pattern: the subject where it is open, else the object, else the rest."""
    return next(name for name in ("?s", "?o", "?p", "?g") if name in _open(pattern))


def _text(pattern: Pattern) -> str:
    places = (("?s", pattern.subject), ("?p", pattern.predicate), ("?o", pattern.object))
    return f"GRAPH ?g {{ {' '.join(f'<{given}>' if given else name for name, given in places)} }}"
