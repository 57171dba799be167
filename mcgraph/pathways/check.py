"""An independent check of a plan, step by step. It shares no algorithm with closure and search.

`find_routes` runs it on every plan before returning it; a plan that fails is a fault of ours, not an answer.
It works on the rule book itself with exact decimals, and reads the conditions of a rule from the book again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal

from mcgraph.pathways.route import Route, Step
from mcgraph.pathways.rule import CLAIMS, Group, Rule
from mcgraph.pathways.rulebook import RuleBook


def check_route(
    book: RuleBook, held: Collection[str], target: str, route: Route, *, minimal: bool = True
) -> tuple[str, ...]:
    """Everything that is wrong with a route, as sentences; empty for a sound one.

    `minimal` asks, besides, that none of its credentials can be left out. Under side conditions that cannot be told
    from the groups alone.
    """
    wrong: list[str] = []
    own = set(held)
    made = {step.credential: step for step in route.steps}
    for place, step in enumerate(route.steps, start=1):
        if step.number != place:
            wrong.append(f"step {place} bears the number {step.number}")
        if step.credential in own:
            wrong.append(f"step {place}: {step.credential} is already there")
        wrong.extend(f"step {place}: {text}" for text in _check_step(book, own, step, made))
        own.add(step.credential)
    if target not in own:
        wrong.append(f"the steps do not lead to {target}")
    wrong.extend(_check_sums(book, route))
    if not wrong and minimal:
        wrong.extend(_check_needed(book, held, target, route))
    return tuple(wrong)


def _check_step(book: RuleBook, own: set[str], step: Step, made: Mapping[str, Step]) -> Iterable[str]:
    rule = _rule_of(book, step)
    if rule is None:
        yield f"there is no rule {step.rule} by which {step.credential} is attained ({step.kind})"
        return
    if len(step.groups) != len(rule.groups):
        yield "the groups are not those of the rule"
        return
    for group, state in zip(rule.groups, step.groups, strict=True):
        if len(set(state.counted)) != len(state.counted):
            yield "a member is counted twice"
        if set(state.concurrent) != set(group.concurrent) & set(state.counted):
            yield "says wrongly what may be taken at the same time"
        late = {m for m in state.counted if m not in own and not _goes_along(book, step, group, m, made)}
        if late:
            yield f"counts {sorted(late)}, not attained before"
        total = sum((_weight(book, rule, group, member) for member in state.counted), Decimal(0))
        if total != state.have:
            yield f"says it has {state.have}, but the members give {total}"
        if total < group.needed or state.need != group.needed:
            yield f"has {total} of the {group.needed} needed"
    if rule.kind != "take" and rule.evidence not in step.evidence:
        yield "does not carry the evidence of its rule"


def _goes_along(book: RuleBook, step: Step, group: Group, member: str, made: Mapping[str, Step]) -> bool:
    """Whether a later step may be taken with this one: both are taken, and all that leads from it there may be, too."""
    if step.kind != "take" or member not in group.concurrent or member not in made:
        return False
    seen, waiting = {member}, [member]
    while waiting:
        one = made[waiting.pop()]
        asks = book.take_rule(one.credential).groups if one.kind == "take" else ()
        for asked, state in zip(asks, one.groups, strict=False):
            below = set(state.counted) & made.keys()
            if any(m not in asked.concurrent and _rests_on(made, m, step.credential) for m in below):
                return False
            waiting.extend(below - seen)
            seen |= below
        if one.kind != "take" and _rests_on(made, one.credential, step.credential):
            return False
    return True


def _rests_on(made: Mapping[str, Step], one: str, other: str) -> bool:
    """Whether a step counts another, directly or through further steps."""
    seen, waiting = {one}, [one]
    while waiting:
        below = {m for state in made[waiting.pop()].groups for m in state.counted} & made.keys()
        waiting.extend(below - seen)
        seen |= below
    return other in seen


def _rule_of(book: RuleBook, step: Step) -> Rule | None:
    """The rule a step names, if it may be used at the book's date."""
    if step.kind == "take":
        one = book.credentials.get(step.credential)
        if one is None or not one.known or one.is_full_qualification or one.status == "inactive":
            return None
        if one.valid_until and one.valid_until < book.date.isoformat():
            return None
        if any(rule.kind == "stack" and rule.whole == one.iri for rule in book.rules):
            return None
        return book.take_rule(one.iri)
    for rule in book.rules:
        if (rule.iri, rule.kind, rule.whole) == (step.rule, step.kind, step.credential):
            said = rule.evidence
            today = book.date.isoformat()
            in_time = (said.valid_from or today) <= today <= (said.valid_until or today)
            by_date = said.status == "expired" and said.valid_until != ""
            if in_time and (by_date or said.status in ("", "in-force")) and rule.groups:
                return rule
    return None


def _weight(book: RuleBook, rule: Rule, group: Group, member: str) -> Decimal:
    """What a member counts in a group, its level considered; 0 where it does not count."""
    if member not in group.members or group.needed <= 0:
        return Decimal(0)
    level = book.credential(member).level
    for condition in rule.conditions:
        if condition.type == "minimum-level" and condition.credential in ("", member):
            least = condition.value or Decimal(0)
            if condition.value is not None and (level is None or level < least):
                return Decimal(0)
    return group.weights[group.members.index(member)]


def _check_sums(book: RuleBook, route: Route) -> Iterable[str]:
    taken = [step.credential for step in route.steps if step.kind == "take"]
    if sorted(taken) != sorted(route.takes):
        yield "the credentials to take are not those of the steps"
    if route.cost.new != len(taken) or route.bound > route.value:
        yield f"the cost says {route.cost.new} new credentials, the steps {len(taken)}"
    points = sum((book.credential(one).credits or Decimal(0) for one in taken), Decimal(0))
    if sum((amount for _, amount in route.cost.credits), Decimal(0)) != points:
        yield f"the credit points to earn are {points}"
    claims = [found.claim for step in route.steps if step.kind != "take" for found in step.evidence]
    order = {claim: rank for rank, claim in enumerate(CLAIMS)}
    weak = max(claims, key=lambda claim: order.get(claim, len(CLAIMS) - 1), default=None)
    if weak is not None and order.get(weak, len(CLAIMS) - 1) != order.get(route.confidence or "", -1):
        yield f"the confidence is {route.confidence}, the weakest claim {weak}"


def _check_needed(book: RuleBook, held: Collection[str], target: str, route: Route) -> Iterable[str]:
    """Each credential to take is needed: without it, repeated passes over all rules miss the target."""
    for left_out in route.takes:
        if target in _saturate(book, held, [one for one in route.takes if one != left_out]):
            yield f"{left_out} is not needed"


def _saturate(book: RuleBook, held: Collection[str], takes: Collection[str]) -> set[str]:
    own, before = set(held), -1
    rules = (*book.usable, *(book.take_rule(one) for one in takes))
    while len(own) != before:
        before = len(own)
        for rule in rules:
            if rule.whole not in own and all(_is_met(book, rule, group, own) for group in rule.groups):
                own.add(rule.whole)
        if len(own) == before:
            own |= _at_once(book, own, [book.take_rule(one) for one in takes if one not in own])
    return own


def _at_once(book: RuleBook, own: set[str], takings: list[Rule]) -> set[str]:
    """What can be taken at the same time: all that is left, less what is not open to those who take the rest."""
    while True:
        at_once = {rule.whole for rule in takings}
        open_ones = [rule for rule in takings if all(_is_met(book, rule, group, own, at_once) for group in rule.groups)]
        if len(open_ones) == len(takings):
            return at_once
        takings = open_ones


def _is_met(book: RuleBook, rule: Rule, group: Group, own: set[str], at_once: Collection[str] = ()) -> bool:
    beside = (member for member in group.concurrent if member in at_once and member != rule.whole)
    there = dict.fromkeys([*(member for member in group.members if member in own), *beside])
    return sum((_weight(book, rule, group, member) for member in there), Decimal(0)) >= group.needed
