"""Credit points in groups of rules: sums of one system, with what is of another converted or left out, never mixed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal

from mcgraph.model.credits import convert, factor, name_of, times, unit_of
from mcgraph.pathways.rule import Credential, Evidence, Group

ZERO = Decimal(0)


def in_unit(group: Group, whole: Credential, credential: Callable[[str], Credential]) -> Group:
    """A group of credit points with every member counted in the system of the whole.

    Where the whole states none it is that of the members, ECTS first. A member that states none counts as it is.
    """
    if group.requirement != "credit-points":
        return group
    members = [credential(one) for one in group.members]
    unit = unit_of(whole.unit, (one.unit for one in members if one.credits))
    weights = tuple(_counts(one.credits, one.unit, unit) for one in members)
    told = ((one.iri, _told(one.label, one.credits, one.unit, unit)) for one in members if one.credits)
    return replace(group, weights=weights, unit=unit, converted=tuple(pair for pair in told if pair[1]))


def with_recognised(
    group: Group, member: str, label: str, credit: Decimal, unit: str, evidence: Evidence
) -> Group:
    """The group with a foreign credential that counts recognised credit, of the system `unit` ("": the group's own)."""
    counted = _counts(credit, unit, group.unit)
    joined = group.with_recognised(member, counted, evidence) if counted > 0 else group
    text = _told(f"The credit recognised for {label}", credit, unit, group.unit) if unit else ""
    if not text or (joined is group and counted > 0):
        return joined
    return replace(joined, converted=(*(pair for pair in joined.converted if pair[0] != member), (member, text)))


def _counts(amount: Decimal | None, system: str, unit: str) -> Decimal:
    by = factor(system, unit)
    return ZERO if amount is None or amount <= 0 or by is None else times(amount, by)


def _told(label: str, amount: Decimal | None, system: str, unit: str) -> str:
    """What is said of an amount that is not simply of the unit; "" where it is, or where nobody states a system."""
    if amount is None or system == unit:
        return ""
    stated = f"{amount.normalize():f} {name_of(system)}"
    if not system:
        return f"{label} states no credit system; its {amount.normalize():f} credit points count as {name_of(unit)}"
    found = convert(system, unit)
    if found is None:
        return f"{label} has {stated}; no source converts them to {name_of(unit)}, so they do not count"
    least, most = (f"{one.normalize():f}" for one in found.amounts(amount))
    range_ = f" (at least; at most {most})" if least != most else ""
    return f"{label}: {stated} count as {least} {name_of(unit)}{range_}, by {found.sources}"


def notes(group: Group, members: Iterable[str]) -> tuple[str, ...]:
    """What is said of the conversion of some members."""
    wanted = set(members)
    return tuple(text for member, text in group.converted if member in wanted)
