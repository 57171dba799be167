"""A rule book with changes laid over it: what is stored, and the book itself, stay as they are.

Only the credentials that a change is about are put together anew; everything else is shared with the book below.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from mcgraph.pathways.assemble import AssembledBook, assemble
from mcgraph.pathways.credit import in_unit
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
            names |= {whole for whole, group in listed if whole in changed or not changed.isdisjoint(group.members)}
            entries = ((iri, group) for iri, one in book.credentials.items() for group in one.entry)
            names |= {iri for iri, group in entries if not changed.isdisjoint(group.members)}
        return frozenset(names)


def laid_over(book: AssembledBook, overlay: Overlay) -> AssembledBook:
    """The book as it would be with the changes."""
    credentials, stacking = _weighed(book, overlay)
    touched = overlay.touched(book)
    statements = _merged(book.statements, overlay.statements, {one.iri for one in overlay.statements})
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


def _weighed(book: AssembledBook, overlay: Overlay) -> tuple[dict[str, Credential], list[Rule]]:
    """Credentials and stacking rules, with credit points as changed credentials state them, in units of the wholes.

    Groups that hold no changed credential and lead to none stay as they are.
    """
    changed = overlay.credentials or {}
    credentials = {**book.credentials, **changed}
    new = {rule.iri for rule in overlay.rules}

    def known(iri: str) -> Credential:
        return credentials.get(iri) or book.credential(iri)

    def weighed(whole: str, groups: tuple[Group, ...]) -> tuple[Group, ...]:
        """The same tuple where nothing changes, so that most rules are shared with the book below."""
        if whole not in changed and all(changed.keys().isdisjoint(group.members) for group in groups):
            return groups
        return tuple(in_unit(group, known(whole), known) for group in groups)

    stacking = _merged(book.stacking, overlay.rules, new)
    if changed:
        for at, rule in enumerate(stacking):
            if (groups := weighed(rule.whole, rule.groups)) is not rule.groups:
                stacking[at] = replace(rule, groups=groups)
        for iri, one in list(credentials.items()):
            if (entry := weighed(iri, one.entry)) is not one.entry:
                credentials[iri] = replace(one, entry=entry)
    return credentials, stacking
