"""Nested requirements in a document → alternatives of groups, which is how stacking rules say them.

A condition asks for so many of its members, holds further conditions, and joins them by AND or OR. Thresholds
under AND and OR multiply out exactly: each alternative is a list of groups that must all be met, and a whole is
reached by any of its alternatives. "Two of three conditions" becomes one alternative for each pair.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from mcgraph.errors import LimitReached
from mcgraph.sources.documentspec import ConditionSpec
from mcgraph.sources.jsontree import Document, Node


@dataclass(frozen=True, slots=True)
class Choice:
    """So many of these members; `needed` is None where the source does not say, which means all."""

    members: tuple[Node, ...]
    needed: int | None
    at: Node

    @property
    def requirement(self) -> str:
        """The notation of the requirement in mcgraph's vocabulary."""
        if self.needed is None or self.needed == len(self.members):
            return "all-of"
        return "any-of" if self.needed == 1 else "count"


Alternative = tuple[Choice, ...]


def alternatives(document: Document, whole: Node, spec: ConditionSpec, most: int) -> list[Alternative]:
    """The ways in which the conditions of `whole` can be met; [] where it has none.

    Several conditions of one whole must all be met. Raises `LimitReached` beyond `most` alternatives.
    """
    conditions = [one for key in spec.start for one in document.find(whole, key)]
    if not conditions:
        return []
    return _all([_ways(document, one, spec, most) for one in conditions], most)


def _ways(document: Document, node: Node, spec: ConditionSpec, most: int) -> list[Alternative]:
    members = tuple(_first(document, node, spec.members))
    inside = [one for key in spec.inside for one in document.find(node, key)]
    needed = _number(document, node, spec.needed)
    parts = [_ways(document, one, spec, most) for one in inside]
    if not members and needed is not None and inside:
        chosen = itertools.combinations(parts, max(0, needed))
        return _bounded((way for some in chosen for way in _all(list(some), most)), most)
    if members:
        parts.insert(0, [(Choice(members, needed, node),)])
    if any(_is_or(one.value) for one in _first(document, node, spec.operator)):
        return _bounded((way for part in parts for way in part), most)
    return _all(parts, most)


def _all(parts: list[list[Alternative]], most: int) -> list[Alternative]:
    made = itertools.product(*(part for part in parts if part))
    return _bounded((tuple(itertools.chain.from_iterable(one)) for one in made), most)


def _bounded(ways: Iterable[Alternative], most: int) -> list[Alternative]:
    found = list(itertools.islice(ways, most + 1))
    if len(found) > most:
        raise LimitReached(f"the conditions have more than {most} alternatives")
    return [way for way in found if way]


def _first(document: Document, node: Node, keys: tuple[str, ...]) -> list[Node]:
    return next((found for key in keys if (found := document.find(node, key))), [])


def _number(document: Document, node: Node, keys: tuple[str, ...]) -> int | None:
    for one in _first(document, node, keys):
        text = str(one.value).removesuffix(".0")
        if text.lstrip("-").isdecimal():
            return int(text)
    return None


def _is_or(value: object) -> bool:
    return str(value).rsplit(":", 1)[-1].casefold() == "or"
