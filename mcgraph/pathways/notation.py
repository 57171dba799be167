"""Rule books written on a line, for tests, doctests and the documentation.

    a + b -> c              all of a, b
    a | b -> c              any of a, b
    2 of a, b, d -> c       two of three
    30 cr of a, b, d -> c   at least 30 credit points from the group
    a + b & 1 of d, e -> c  two groups, both needed
    a => c                  who holds a is recognised as holding c
    a => c [credit 5]       a counts 5 credit points in the credit groups of c
    a ~> c                  a is a prerequisite of taking c
    a | b ~~> c [before b]  one of them is asked for by c; a may be taken at the same time
    a                       a credential that no rule names

In square brackets, with commas between: `until 2025-01-01`, `from 2020-01-01`, `level 5`,
`claim by-provider`, `status withdrawn`, `refused`, `by Some Body`, and side conditions with their number or their
credential: `recency-months 12`, `recognised-share-cap 0.5`, `residency-credits 30`, `excludes a`, `order a`,
`counts-once`, `counts-in-each`.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from mcgraph.errors import WrongUse
from mcgraph.pathways.assemble import assemble
from mcgraph.pathways.recognition import RecognitionStatement
from mcgraph.pathways.rule import Credential, Evidence, Group, Requirement, Rule, SideCondition
from mcgraph.pathways.rulebook import RuleBook

_LINE = re.compile(r"^(?P<left>.+?)\s*(?P<arrow>->|=>|~~>|~>)\s*(?P<whole>\S+)\s*(?:\[(?P<notes>.*)\])?$")
_COUNTED = re.compile(r"^(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>cr )?\s*of\s+(?P<members>.+)$")


def book_of(
    lines: Iterable[str],
    credits: Mapping[str, float],
    levels: Mapping[str, int],
    hours: Mapping[str, float],
    full: frozenset[str],
    date: str,
) -> RuleBook:
    """The book that `lines` spell; see the top of this file."""
    points = {name: Decimal(str(value)) for name, value in credits.items()}
    rules: list[Rule] = []
    statements: list[RecognitionStatement] = []
    needs: dict[str, list[str]] = {}
    entry: dict[str, list[Group]] = {}
    names: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        match = _LINE.match(line.strip())
        if match is None:
            names.setdefault(line.strip())
            continue
        whole, notes = match["whole"], _notes(match["notes"] or "")
        evidence = _evidence(f"rule-{number}", notes)
        groups = tuple(_group(text, points) for text in match["left"].split("&"))
        names.update(dict.fromkeys([m for group in groups for m in group.members] + [whole]))
        if match["arrow"] == "->":
            rules.append(Rule(f"rule-{number}", "stack", whole, groups, _conditions(notes), evidence))
        elif match["arrow"] == "~~>":
            before = notes.get("before", "").split()
            for one in groups:
                beside = tuple(member for member in one.members if member not in before)
                entry.setdefault(whole, []).append(replace(one, concurrent=beside))
        elif match["arrow"] == "~>":
            needs.setdefault(whole, []).extend(groups[0].members)
        else:
            statements.append(_statement(groups[0].members[0], whole, evidence, notes))
    known = {
        name: Credential(
            iri=name,
            id=name,
            level=levels.get(name),
            credits=points.get(name),
            hours=Decimal(str(hours[name])) if name in hours else None,
            is_full_qualification=name in full,
            prerequisites=tuple(needs.get(name, ())),
            entry=tuple(entry.get(name, ())),
        )
        for name in names
    }
    return assemble(known, rules, statements, date=datetime.date.fromisoformat(date))


def _notes(text: str) -> dict[str, str]:
    pairs = (part.strip().partition(" ") for part in text.split(",") if part.strip())
    return {key: value.strip() for key, _, value in pairs}


def _evidence(iri: str, notes: Mapping[str, str]) -> Evidence:
    return Evidence(
        statement=iri,
        claimant=notes.get("by", ""),
        claim=notes.get("claim", "by-provider"),
        status=notes.get("status", ""),
        valid_from=notes.get("from", ""),
        valid_until=notes.get("until", ""),
    )


def _conditions(notes: Mapping[str, str]) -> tuple[SideCondition, ...]:
    found = [SideCondition("minimum-level", Decimal(notes["level"]))] if "level" in notes else []
    numbers = ("recency-months", "recognised-share-cap", "residency-credits", "counts-once", "counts-in-each")
    found += [SideCondition(name, Decimal(notes[name] or 0)) for name in numbers if name in notes]
    found += [SideCondition(name, None, notes[name]) for name in ("excludes", "order") if name in notes]
    return tuple(found)


def _statement(credential: str, towards: str, evidence: Evidence, notes: Mapping[str, str]) -> RecognitionStatement:
    effect = "refused" if "refused" in notes else "credit" if "credit" in notes else "full"
    credit = Decimal(notes["credit"]) if notes.get("credit") else None
    claim = evidence if "claim" in notes else replace(evidence, claim="by-recogniser")
    return RecognitionStatement(claim.statement, (credential,), towards, effect, credit, claim)


def _group(text: str, credits: Mapping[str, Decimal]) -> Group:
    text = text.strip()
    counted = _COUNTED.match(text)
    if counted:
        requirement: Requirement = "credit-points" if counted["unit"] else "count"
        return Group.of(requirement, _names(counted["members"], ","), Decimal(counted["number"]), credits)
    mark: tuple[str, Requirement] = ("|", "any-of") if "|" in text else ("+", "all-of")
    return Group.of(mark[1], _names(text, mark[0]))


def _names(text: str, mark: str) -> list[str]:
    names = [name.strip() for name in text.split(mark)]
    if not all(names) or any(" " in name for name in names):
        raise WrongUse(f"«{text[:80]}» is not a group of a rule", fix="Write it as in mcgraph/pathways/notation.py.")
    return names
