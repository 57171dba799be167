"""The StackingRules sheet, and what the parts say about it in the Credentials sheet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from credentials import Placed
from layout import Row, dice


@dataclass(frozen=True, slots=True)
class Group:
    """One group of a rule; all groups of a rule must be met."""

    requirement: str
    needed: int | None
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a whole is made of."""

    whole: str
    groups: tuple[Group, ...]
    minimum_level: int | None = None


def rules(placed: list[Placed], free: set[str]) -> list[Rule]:
    """A rule for each certificate, and one for each full qualification that has a core."""
    themes = list(dict.fromkeys(p.theme.key for p in sorted(placed, key=lambda p: p.identifier)))
    found = []
    for index, key in enumerate(themes):
        mine = [p for p in placed if p.theme.key == key]
        found.append(_certificate_rule(mine, key, index))
        if any(p.part == "whole" for p in mine):
            found.append(_qualification_rule(mine, key, free))
    return found


def rule_rows(found: list[Rule], credentials: list[Row]) -> list[Row]:
    """A row per group member."""
    awarded_by = {str(row["credential_id"]): row["awarding_body"] for row in credentials}
    rows: list[Row] = []
    for number, rule in enumerate(found, start=1):
        chance = dice(f"rule {rule.whole}")
        start = dt.date(chance.choice((2022, 2023, 2024)), 9, 1)
        for group_number, group in enumerate(rule.groups, start=1):
            for member in group.members:
                rows.append(
                    {
                        "rule_id": f"RULE-{number:03d}",
                        "whole": rule.whole,
                        "group": f"g{group_number}",
                        "requirement": group.requirement,
                        "needed": group.needed,
                        "member": member,
                        "claimed_by": awarded_by[rule.whole],
                        "claim_kind": "by-provider",
                        "valid_from": start,
                        "valid_until": None,
                        "minimum_level": rule.minimum_level,
                        "evidence": f"https://example.org/demo/rules/{rule.whole.lower()}",
                    }
                )
    return rows


def tell_parts(found: Iterable[Rule], credentials: list[Row]) -> None:
    """Mark every member as stackable; about half of the parts also name the whole themselves."""
    wholes: dict[str, list[str]] = {}
    for rule in found:
        for group in rule.groups:
            for member in group.members:
                wholes.setdefault(member, []).append(rule.whole)
    for row in credentials:
        mine = wholes.get(str(row["credential_id"]))
        if mine:
            row["stackability"] = "stackable"
            said = dice(f"says {row['credential_id']}").random() < 0.55
            row["stacks_into"] = "|".join(mine) if said else None


def _certificate_rule(mine: list[Placed], key: str, index: int) -> Rule:
    whole = next(p for p in mine if p.part == "certificate")
    home = [p for p in mine if p.part == "home" and p.module.credits]
    ids = [p.identifier for p in home]
    if key == "digital-care":
        others = tuple(i for i in ids if i != ids[2])
        return Rule(whole.identifier, (Group("all-of", None, (ids[2],)), Group("credit-points", 7, others)))
    if key == "health-informatics":
        return Rule(whole.identifier, (Group("all-of", None, tuple(ids[:2])),))
    credits = whole.module.credits or 0
    first = sum(p.module.credits or 0 for p in home[:2])
    shapes = {
        0: (Group("all-of", None, tuple(ids[:3])), Group("count", 1, tuple(ids[3:]))),
        1: (Group("credit-points", credits, tuple(ids)),),
        2: (Group("all-of", None, tuple(ids)),),
        3: (Group("any-of", None, tuple(ids[:2])), Group("count", len(ids) - 3, tuple(ids[2:]))),
        4: (Group("all-of", None, tuple(ids[:2])), Group("credit-points", credits - first, tuple(ids[2:]))),
    }
    lowest = min((p.module.eqf or 9 for p in home), default=9)
    return Rule(whole.identifier, shapes[index % 5], lowest if index % 5 == 4 else None)


def _qualification_rule(mine: list[Placed], key: str, free: set[str]) -> Rule:
    by_part = {p.part: p for p in mine if p.part in ("certificate", "core", "whole")}
    must = Group("all-of", None, (by_part["certificate"].identifier, by_part["core"].identifier))
    whole = by_part["whole"].identifier
    credits = {part: p.module.credits or 0 for part, p in by_part.items()}
    rest = credits["whole"] - credits["certificate"] - credits["core"]
    if key == "health-informatics":
        others = [p.identifier for p in mine if p.part == "home"][2:]
        return Rule(whole, (must, Group("credit-points", rest, tuple(others))), 5)
    abroad = [p for p in mine if p.part == "abroad" and p.module.credits and p.identifier not in free]
    optional = Group("credit-points", rest, tuple(p.identifier for p in abroad))
    return Rule(whole, (must, optional) if rest else (must,))
