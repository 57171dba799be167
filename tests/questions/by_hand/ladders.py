"""Stacking, counted."""

from __future__ import annotations

from collections import Counter, defaultdict

from . import names
from .answers import Rows, derives
from .counts import grouped
from .reading import Row, many, organisation_of, providers, registry, title
from .stacking import rule


def pairs() -> set[tuple[str, str]]:
    """Part and whole by rule."""
    return {(row["member"], row["whole"]) for row in registry().rules}


def level(key: str) -> str | None:
    return names.prefixed(names.EQF, registry().credentials[key]["eqf_level"])


@derives("stacking-rules", "statement whole wholeLabel groups parts providers claimedBy")
def stacking_rules() -> Rows:
    rules: dict[str, list[Row]] = defaultdict(list)
    for row in registry().rules:
        rules[row["rule_id"]].append(row)
    for key, rows in rules.items():
        parts = {row["member"] for row in rows}
        behind_them = {one for part in parts for one in providers(registry().credentials[part])}
        counts = (len({row["group"] for row in rows}), len(parts), len(behind_them))
        whole, claimant = rows[0]["whole"], organisation_of(rows[0]["claimed_by"])
        yield rule(key), names.credential(whole), title(whole), *map(str, counts), names.organisation(claimant)


@derives("stacking-across-providers", "statement whole part partProvider partCountry")
def stacking_across_providers() -> Rows:
    for row in registry().rules:
        theirs, others = (providers(registry().credentials[row[end]]) for end in ("whole", "member"))
        if not set(theirs) & set(others):
            for key in others:
                country = names.prefixed(names.COUNTRY, registry().organisations[key]["country"])
                ends = (names.credential(row["whole"]), names.credential(row["member"]))
                yield rule(row["rule_id"]), *ends, names.organisation(key), country


@derives("one-sided-stacking", "saidBy part whole")
def one_sided_stacking() -> Rows:
    declared = {(key, whole) for key, row in registry().credentials.items() for whole in many(row, "stacks_into")}
    for part, whole in declared - pairs():
        yield "the part only", names.credential(part), names.credential(whole)
    for part, whole in pairs() - declared:
        yield "the rule of the whole only", names.credential(part), names.credential(whole)


@derives("stacking-by-level", "partLevel wholeLevel pairs")
def stacking_by_level() -> Rows:
    levels = Counter((level(part), level(whole)) for part, whole in pairs())
    return [(*ends, str(count)) for ends, count in levels.items()]


@derives("parts-in-several-wholes", "part partLabel wholes")
def parts_in_several_wholes() -> Rows:
    counts = Counter(part for part, _ in pairs())
    return [(names.credential(part), title(part), str(n)) for part, n in counts.items() if n > 1]


@derives("stackability-said-and-shown", "stackability credentials inARule withATarget withNeither")
def stackability_said_and_shown() -> Rows:
    parts = {part for part, _ in pairs()}
    for said, rows in grouped("stackability"):
        ruled = [row["credential_id"] in parts for row in rows]
        declared = [bool(row["stacks_into"]) for row in rows]
        neither = sum(not (a or b) for a, b in zip(ruled, declared, strict=True))
        yield names.ours("stackability", said), *map(str, (len(rows), sum(ruled), sum(declared), neither))


@derives("prerequisites", "credential credentialLabel level requires requiresLabel requiredLevel")
def prerequisites() -> Rows:
    for key, row in registry().credentials.items():
        for other in many(row, "prerequisites"):
            known = other in registry().credentials
            needed = (names.credential(other), title(other) if known else None, level(other) if known else None)
            yield names.credential(key), row["title"], level(key), *needed
