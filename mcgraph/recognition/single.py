"""Stacking rules that one credential fulfils alone: the only ones a chain of recognition may step over."""

from __future__ import annotations

import polars as pl

from mcgraph.pathways.rule import Group, Rule
from mcgraph.pathways.rulebook import RuleBook


def single_steps(book: RuleBook) -> pl.DataFrame:
    """`iri`, `s`, `o`: rule, credential and whole, for every rule in force all of whose groups `s` alone meets."""
    found = [
        (rule.iri, member, rule.whole)
        for rule in book.usable
        if rule.kind == "stack"
        for member in sorted(_sufficient(book, rule))
        if member != rule.whole
    ]
    return pl.DataFrame(found, schema={"iri": pl.String, "s": pl.String, "o": pl.String}, orient="row")


def _sufficient(book: RuleBook, rule: Rule) -> set[str]:
    groups = [_meeting(book, rule, group) for group in rule.groups]
    return set.intersection(*groups) if groups else set()


def _meeting(book: RuleBook, rule: Rule, group: Group) -> set[str]:
    return {
        member
        for member, weight in zip(group.members, group.weights, strict=True)
        if weight >= group.needed and book.refuses_member(rule, member) is None
    }
