"""Credentials, stacking rules and recognition statements put together into one rule book."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from mcgraph.pathways.credit import with_recognised
from mcgraph.pathways.recognition import CREDIT_EFFECTS, RecognitionStatement, explain_unused
from mcgraph.pathways.rule import Credential, Rule, SetAside
from mcgraph.pathways.rulebook import RuleBook


@dataclass(frozen=True)
class AssembledBook(RuleBook):
    """A rule book that remembers what it was put together from, so that a part can be put together anew.

    `stacking` are the stacking rules before recognised credit joined their groups; `statements` all recognitions;
    `bodies` the names of organisations and groups of respondents, by IRI.
    """

    stacking: tuple[Rule, ...] = ()
    statements: tuple[RecognitionStatement, ...] = ()
    bodies: Mapping[str, str] = field(default_factory=dict)


def assemble(
    credentials: Mapping[str, Credential],
    rules: Iterable[Rule],
    statements: Iterable[RecognitionStatement] = (),
    *,
    date: datetime.date,
    declared: Iterable[tuple[str, str]] = (),
    snapshot: str = "",
) -> AssembledBook:
    """One book: full recognitions become rules, credit joins the credit groups, the rest is kept to explain.

    Rules and statements are ordered by their IRI, so that the same graph always gives the same book.
    """
    stacking = before = sorted(rules, key=lambda rule: rule.iri)
    known = sorted(statements, key=lambda one: (one.iri, one.towards))
    recognising: list[Rule] = []
    aside: list[SetAside] = []
    for statement in known:
        unused = explain_unused(statement, date)
        if unused:
            aside.extend(unused)
        elif statement.effect == "full":
            recognising.append(statement.rule())
        elif statement.effect in CREDIT_EFFECTS:
            stacking, joined = _join(stacking, statement, credentials)
            if not joined:
                text = "The recognised credit has no credit group to count in"
                aside.extend(statement.aside("recognition-without-group", text))
    every = (*stacking, *recognising)
    named = {member for rule in every for group in rule.groups for member in group.members}
    named |= {rule.whole for rule in every}
    complete = dict(credentials)
    for iri in sorted(named - complete.keys()):
        complete[iri] = Credential(iri, id=iri.rsplit("/", 1)[-1], known=False)
    return AssembledBook(
        complete,
        every,
        date,
        tuple(aside),
        tuple(sorted(declared)),
        snapshot,
        stacking=tuple(before),
        statements=tuple(known),
    )


def _join(
    rules: list[Rule], statement: RecognitionStatement, known: Mapping[str, Credential]
) -> tuple[list[Rule], bool]:
    """The rules with the statement's credit in each credit group of its `towards`; whether there is one."""
    joined = False
    changed: list[Rule] = []
    for rule in rules:
        groups = rule.groups
        if rule.whole == statement.towards and statement.credit:
            for credential in statement.credentials:
                label = known[credential].label if credential in known else credential.rsplit("/", 1)[-1]
                said = (credential, label, statement.credit, statement.unit, statement.evidence)
                groups = tuple(
                    with_recognised(group, *said) if group.requirement == "credit-points" else group
                    for group in groups
                )
        joined = joined or any(group.requirement == "credit-points" for group in groups if groups is not rule.groups)
        changed.append(replace(rule, groups=groups) if groups is not rule.groups else rule)
    return changed, joined
