"""A rule book with changes laid over it: what is stored, and the book itself, stay as they are.

Only the credentials that a change is about are put together anew; everything else is shared with the book below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from mcgraph.pathways.assemble import AssembledBook, assemble
from mcgraph.pathways.recognition import RecognitionStatement
from mcgraph.pathways.rule import Credential, Group, Rule

Stated = TypeVar("Stated", Rule, RecognitionStatement)


@dataclass(frozen=True, slots=True)
class Overlay:
    """Changes: rules, statements and credentials that are new or stand in place of those with the same IRI."""

    rules: tuple[Rule, ...] = ()
    statements: tuple[RecognitionStatement, ...] = ()
    credentials: Mapping[str, Credential] | None = None

    def touched(self, book: AssembledBook) -> frozenset[str]:
        """The credentials whose ways the changes are about."""
        names = {rule.whole for rule in self.rules} | {one.towards for one in self.statements}
        changed = set(self.credentials or ())
        if changed:
            listed = ((rule.whole, group) for rule in book.stacking for group in rule.groups)
            names |= {whole for whole, group in listed if not changed.isdisjoint(group.members)}
        return frozenset(names)


def laid_over(book: AssembledBook, overlay: Overlay) -> AssembledBook:
    """The book as it would be with the changes."""
    credentials = {**book.credentials, **(overlay.credentials or {})}
    touched = overlay.touched(book)
    replaced = {rule.iri for rule in overlay.rules} | {one.iri for one in overlay.statements}
    changed = overlay.credentials or {}
    stacking = [_reweighted(rule, changed) for rule in _merged(book.stacking, overlay.rules, replaced)]
    statements = _merged(book.statements, overlay.statements, replaced)
    anew = assemble(
        credentials,
        [rule for rule in stacking if rule.whole in touched],
        [one for one in statements if one.towards in touched],
        date=book.date,
    )
    rules = (*(rule for rule in book.rules if rule.whole not in touched), *anew.rules)
    aside = (*(one for one in book.set_aside if one.towards not in touched), *anew.set_aside)
    return AssembledBook(
        anew.credentials,
        rules,
        book.date,
        aside,
        book.declared,
        book.snapshot,
        book.synthetic,
        stacking=tuple(stacking),
        statements=tuple(statements),
        bodies=book.bodies,
    )


def _merged(old: Iterable[Stated], new: Iterable[Stated], replaced: Collection[str]) -> list[Stated]:
    kept = [one for one in old if one.iri not in replaced]
    kept.extend(new)
    return kept


def _reweighted(rule: Rule, changed: Mapping[str, Credential]) -> Rule:
    """The rule with the credit points that changed credentials state now."""
    groups = tuple(_weighed(group, changed) for group in rule.groups)
    return rule if groups == rule.groups else replace(rule, groups=groups)


def _weighed(group: Group, changed: Mapping[str, Credential]) -> Group:
    if group.requirement != "credit-points" or not changed.keys() & set(group.members):
        return group
    weights = tuple(
        max(changed[member].credits or Decimal(0), Decimal(0)) if member in changed else weight
        for member, weight in zip(group.members, group.weights, strict=True)
    )
    return replace(group, weights=weights)
