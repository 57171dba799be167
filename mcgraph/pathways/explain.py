"""Why not: what is missing per group, the first condition not met, the nearest that can be reached."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from mcgraph.pathways.credit import notes
from mcgraph.pathways.route import Gap, GroupState, Nearest
from mcgraph.pathways.rule import Group, Reason, Rule
from mcgraph.pathways.rulebook import RuleBook

NEAREST_SHOWN = 3


def gaps(book: RuleBook, target: str, attained: Collection[str]) -> tuple[Gap, ...]:
    """Per rule that leads to the target, each group with what it has and lacks; the nearest to done first."""
    found = []
    for rule in (*book.rules_to.get(target, ()), *_taking(book, target)):
        states = tuple(group_state(book, rule, group, attained) for group in rule.groups)
        found.append(Gap(rule.iri, states, rule.evidence, rule.refusal(book.date)))
    return tuple(sorted(found, key=_openness))


def _taking(book: RuleBook, target: str) -> tuple[Rule, ...]:
    if book.refuses_taking(target) is not None:
        return ()
    taking = book.take_rule(target)
    return (taking,) if taking.groups else ()


def _openness(gap: Gap) -> tuple[bool, Decimal, str]:
    lacking = (1 - state.have / state.need for state in gap.groups if state.need > state.have)
    return (gap.unusable is not None, sum(lacking, Decimal(0)), gap.rule)


def group_state(book: RuleBook, rule: Rule, group: Group, attained: Collection[str]) -> GroupState:
    """A group as it stands with what is attained."""
    have, counted, missing, refused = Decimal(0), [], [], []
    for member, weight in zip(group.members, group.weights, strict=True):
        reason = book.refuses_member(rule, member) or _weightless(book, rule, group, member, weight)
        if reason is not None:
            refused.append(reason)
        elif member in attained:
            have += weight
            counted.append(member)
        else:
            missing.append(member)
    used = tuple(pair for pair in group.recognised if pair[0] in counted)
    return GroupState(
        group.requirement,
        group.title,
        group.needed,
        have,
        tuple(counted),
        tuple(missing),
        tuple(refused),
        used,
        tuple(member for member in missing if member in group.concurrent),
    )


def _weightless(book: RuleBook, rule: Rule, group: Group, member: str, weight: Decimal) -> Reason | None:
    if weight > 0:
        return None
    for text in notes(group, (member,)):
        return Reason("credit-system-differs", text, member, rule.iri, (rule.evidence,))
    text = f"{book.label(member)} states no credit points, so none can be counted"
    return Reason("credits-unknown", text, member, rule.iri, (rule.evidence,))


def first_obstacle(book: RuleBook, target: str, reach: Collection[str]) -> tuple[Reason, ...]:
    """The chain of reasons from the target down to the first condition that cannot be met.

    Followed through the usable rule that comes nearest to being met; where no rule can be used, why not.
    """
    chain: list[Reason] = []
    seen: set[str] = set()
    current = target
    while current not in seen:
        seen.add(current)
        ways = list(book.ways(current))
        if not ways:
            chain.extend(_no_way(book, current))
            return tuple(chain)
        rule, group, state = _nearest_unmet(book, ways, reach)
        follow = _unmet(book, rule, group, state, chain)
        if follow is None:
            return tuple(chain)
        current = follow
    names = " → ".join(book.label(reason.credential) for reason in chain[_start(chain, current) :])
    text = f"{names} → {book.label(current)} each need the other first; nothing outside the circle starts it"
    return (*chain, Reason("circular", text, current))


def _start(chain: list[Reason], current: str) -> int:
    return next((at for at, reason in enumerate(chain) if reason.credential == current), 0)


def _nearest_unmet(book: RuleBook, ways: list[Rule], reach: Collection[str]) -> tuple[Rule, Group, GroupState]:
    options = []
    for rule in ways:
        pairs = [(group, group_state(book, rule, group, reach)) for group in rule.groups]
        unmet = [pair for pair in pairs if not pair[1].is_met]
        lack = sum((1 - state.have / state.need for _, state in unmet), Decimal(0))
        options.append((lack, rule.iri, rule, unmet[0]))
    _, _, rule, (group, state) = min(options, key=lambda option: option[:2])
    return rule, group, state


def _unmet(book: RuleBook, rule: Rule, group: Group, state: GroupState, chain: list[Reason]) -> str | None:
    """Add why this group cannot be met; the member to follow, or None where the reason is final."""
    weight = dict(zip(group.members, group.weights, strict=True))
    possible = state.have + sum((weight[member] for member in state.missing), Decimal(0))
    whole = book.label(rule.whole)
    if possible < state.need and state.refused:
        chain.append(_needs(rule, f"{whole} cannot be reached: {state.refused[0].text}", state.refused[0].code))
        return None
    if possible < state.need:
        text = f"{whole} needs {_amount(state)} of a group that can give only {possible.normalize():f}"
        chain.append(_needs(rule, text, "too-few-members"))
        return None
    member = state.missing[0]
    chain.append(_needs(rule, f"{whole} needs {book.label(member)}", "part-unreachable"))
    return member


def _needs(rule: Rule, text: str, code: str) -> Reason:
    return Reason(code, text, rule.whole, rule.iri, (rule.evidence,))


def _amount(state: GroupState) -> str:
    return (
        f"{state.need.normalize():f} credit points"
        if state.requirement == "credit-points"
        else f"{state.need.normalize():f}"
    )


def _no_way(book: RuleBook, iri: str) -> tuple[Reason, ...]:
    """Why nothing leads to a credential: lapsed rules first, then refusals, then that there is no rule."""
    lapsed = [reason for rule in book.rules_to.get(iri, ()) if (reason := rule.refusal(book.date))]
    stacks = {rule.iri for rule in book.rules_to.get(iri, ()) if rule.kind == "stack"}
    stacking = [reason for reason in lapsed if reason.rule in stacks]
    aside = [one.reason for one in book.set_aside if one.towards == iri]
    refused = book.refuses_taking(iri)
    found = [*stacking, *(r for r in lapsed if r not in stacking), *aside]
    if not stacking and refused is not None:
        found.append(refused)
    says = [part for part, whole in book.declared if whole == iri]
    if says and not stacking:
        names = ", ".join(book.label(part) for part in says[:NEAREST_SHOWN])
        who = f"{len(says)} credential(s) say they stack into {book.label(iri)}"
        text = f"{who} ({names}), but no rule lists them"
        found.append(Reason("declared-without-rule", text, iri))
    return tuple(_named(book, reason, iri) for reason in found)


def _named(book: RuleBook, reason: Reason, iri: str) -> Reason:
    label = book.label(iri)
    if label in reason.text:
        return reason
    return Reason(reason.code, f"{label}: {reason.text}", iri, reason.rule, reason.evidence)


def nearest(book: RuleBook, target: str, held: Collection[str], reach: Collection[str]) -> tuple[Nearest, ...]:
    """What can be reached instead: a successor, what lies on the way, a whole that shares parts."""
    found: dict[str, str] = {}
    for successor in book.credential(target).replaced_by:
        if successor in reach:
            found.setdefault(successor, f"replaces {book.label(target)}")
    parts = _parts(book, target)
    on_the_way: list[str] = []
    seen, layer = {target}, sorted(parts)
    while layer and not on_the_way:
        seen.update(layer)
        on_the_way = [one for one in layer if one in reach and one not in held]
        layer = sorted({part for one in layer for part in _parts(book, one)} - seen)
    for one in sorted(on_the_way, key=lambda each: (each not in book.rules_to, each)):
        found.setdefault(one, f"counts on the way to {book.label(target)}")
    others = book.wholes & set(reach) - {target} - set(held)
    for whole in sorted(others, key=lambda one: (-len(parts & _parts(book, one)), one)):
        shared = len(parts & _parts(book, whole))
        if shared:
            found.setdefault(whole, f"shares {shared} part(s) with {book.label(target)}")
    return tuple(Nearest(one, text) for one, text in list(found.items())[:NEAREST_SHOWN])


def _parts(book: RuleBook, whole: str) -> set[str]:
    return {member for rule in book.rules_to.get(whole, ()) for group in rule.groups for member in group.members}
