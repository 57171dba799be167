"""From a set of credentials to take to ordered steps, each with its rule, groups and reason in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from mcgraph.pathways.closure import HELD, Closure, close
from mcgraph.pathways.conditions import terms_of
from mcgraph.pathways.credit import notes
from mcgraph.pathways.hypergraph import SCALE, Hypergraph
from mcgraph.pathways.route import GroupState, PlanCost, Step
from mcgraph.pathways.rule import Evidence, Rule, weakest
from mcgraph.pathways.rulebook import RuleBook


def trace(
    book: RuleBook, graph: Hypergraph, held: Collection[int], takes: Collection[int], targets: Iterable[int]
) -> tuple[Step, ...]:
    """The steps from `held`, taking `takes`, to the targets; what no target rests on is left out."""
    done = close(graph, held, takes)
    rank = {one: at for at, one in enumerate(done.by)}
    chosen: dict[int, tuple[tuple[int, ...], ...]] = {}
    waiting = [one for one in targets if done.by.get(one, HELD) != HELD]
    while waiting:
        one = waiting.pop()
        if one in chosen or done.by[one] == HELD:
            continue
        groups = graph.groups_of[done.by[one]]
        chosen[one] = tuple(_enough(graph, group, done, rank, one) for group in groups)
        waiting.extend(member for group in chosen[one] for member in group)
    layers: dict[int, int] = {}
    steps = []
    for number, one in enumerate(sorted(chosen, key=lambda each: rank[each]), start=1):
        if one not in layers:
            # What is taken at the same time stands side by side.
            beside = [each for each in chosen if one in done.batch and done.batch.get(each) == done.batch[one]] or [one]
            below = (m for each in beside for group in chosen[each] for m in group if m not in beside)
            layers |= dict.fromkeys(beside, 1 + max((layers.get(m, 0) for m in below), default=0))
        steps.append(step_of(book, graph, number, layers[one], one, graph.rules[done.by[one]], chosen[one]))
    return tuple(sorted(steps, key=lambda step: step.number))


def _enough(graph: Hypergraph, group: int, done: Closure, rank: dict[int, int], one: int) -> tuple[int, ...]:
    """Just enough members attained earlier: what is held first, then what came first; last what is taken with it."""
    candidates = []
    for member, weight in graph.members[group]:
        if member in rank and member != one:
            before = done.is_before(member, one, rank)
            with_it = one in done.batch and done.batch.get(member) == done.batch[one]
            if before or (with_it and (group, member) in graph.together):
                candidates.append((done.by[member] != HELD, with_it, rank[member], member, weight))
    left, picked = graph.need[group], []
    for *_, member, weight in sorted(candidates):
        if left <= 0:
            break
        picked.append(member)
        left -= weight
    return tuple(picked)


def step_of(
    book: RuleBook,
    graph: Hypergraph,
    number: int,
    layer: int,
    one: int,
    rule: Rule,
    counted: tuple[tuple[int, ...], ...],
    planned: bool = False,
) -> Step:
    """The step that attains `one` by `rule`, counting these members per group."""
    states = []
    for place, picked in enumerate(counted):
        position = graph.groups_of[graph.ways[one][_way(graph, one, rule)]][place]
        weights = dict(graph.members[position])
        group = rule.groups[place]
        names = tuple(graph.names[member] for member in picked)
        have = Decimal(sum(weights[member] for member in picked)) / SCALE
        used = tuple(pair for pair in group.recognised if pair[0] in names)
        with_it = tuple(name for name in names if name in group.concurrent)
        state = GroupState(
            group.requirement, group.title, group.needed, have, names, recognised=used, concurrent=with_it
        )
        states.append(state)
    expiring = () if planned else validities(book, tuple(states))
    evidence = (rule.evidence, *(found for state in states for _, found in state.recognised))
    return Step(
        number,
        layer,
        rule.kind,
        graph.names[one],
        rule.iri,
        tuple(states),
        words(book, rule, tuple(states)),
        evidence,
        (*cautions(book, rule, planned), *conversions(rule, tuple(states)), *expiring),
    )


def validities(book: RuleBook, states: tuple[GroupState, ...]) -> tuple[str, ...]:
    """What is counted and expires."""
    counted = dict.fromkeys(member for state in states for member in state.counted)
    return tuple(
        f"{book.label(one)} is valid for {months} months; that it is when it is counted is not checked"
        for one in counted
        if (months := book.credential(one).validity_months) is not None
    )


def conversions(rule: Rule, states: tuple[GroupState, ...]) -> tuple[str, ...]:
    """What a reader must know of credit points of another system that are counted."""
    pairs = zip(rule.groups, states, strict=True)
    return tuple(dict.fromkeys(text for group, state in pairs for text in notes(group, state.counted)))


def _way(graph: Hypergraph, one: int, rule: Rule) -> int:
    return next(at for at, way in enumerate(graph.ways[one]) if graph.rules[way] is rule)


def words(book: RuleBook, rule: Rule, states: tuple[GroupState, ...]) -> str:
    """The reason of a step as one sentence."""
    whole = book.label(rule.whole)
    if rule.kind == "take":
        return f"Take {whole}{_entry_words(book, states)}"
    parts = "; and ".join(_group_words(book, state) for state in states)
    if rule.kind == "recognise":
        by = f" by {rule.evidence.claimant}" if rule.evidence.claimant else ""
        return f"{whole} is recognised{by} for holding {parts}"
    return f"{whole} is awarded for {parts}"


def _entry_words(book: RuleBook, states: tuple[GroupState, ...]) -> str:
    """To whom a course is open; what may be taken at the same time comes last."""
    said = [dict.fromkeys(_group_words(book, s) for s in states if bool(s.concurrent) == beside) for beside in (0, 1)]
    held, beside = ("; and ".join(words) for words in said)
    asked = [f"who hold {held}"] if held else []
    asked += [f"who hold, or take at the same time, {beside}"] if beside else []
    return f", open to those {', and '.join(asked)}" if asked else ""


def _group_words(book: RuleBook, state: GroupState) -> str:
    names = ", ".join(book.label(one) for one in state.counted)
    if state.requirement == "credit-points":
        have, need = f"{state.have.normalize():f}", f"{state.need.normalize():f}"
        if have == need:
            return f"{have} of the {need} credit points needed ({names})"
        return f"{have} credit points where {need} are needed ({names})"
    if state.requirement == "count":
        return f"{state.need.normalize():f} of a group ({names})"
    if state.requirement == "all-of" and len(state.counted) > 1:
        return f"all {len(state.counted)} parts ({names})"
    return names


def cautions(book: RuleBook, rule: Rule, planned: bool = False) -> tuple[str, ...]:
    """What a reader must know about a rule that nobody checks; `planned`: exact plans check side conditions."""
    kinds = terms_of(rule).unknown if planned else (one.type for one in rule.conditions if not one.is_checked)
    found = [f"The condition «{kind}» of the rule is not checked" for kind in kinds]
    credit_groups = [group for group in rule.groups if group.requirement == "credit-points"]
    if len(credit_groups) > 1 and not planned:
        found.append("The rule has several credit groups; that a credit counts only once is not checked")
    one = book.credential(rule.whole)
    if one.has_ended(book.date):
        found.append(f"{book.label(rule.whole)} has ended" + (f" ({one.valid_until})" if one.valid_until else ""))
    if rule.kind == "take" and one.entry_requirement:
        found.append(f"Entry requirement of {book.label(rule.whole)} as stated, not checked: {one.entry_requirement}")
    return tuple(dict.fromkeys(found))


def counted_twice(book: RuleBook, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Warnings for what a group of credit points counts both by itself and inside another of its members."""
    inside: dict[str, frozenset[str]] = {}
    found: list[str] = []
    for step in steps:
        for state in step.groups:
            seen: set[str] = set()
            for member in state.counted:
                mine = inside.get(member, frozenset({member}))
                if state.requirement == "credit-points":
                    found.extend(sorted(book.label(one) for one in mine & seen))
                seen |= mine
        # Holding a prerequisite spends no credit, so what is taken stands for itself alone.
        below = [inside.get(m, frozenset({m})) for state in step.groups for m in state.counted]
        own = step.kind == "take" or not below
        inside[step.credential] = frozenset({step.credential}) if own else frozenset.union(*below)
    return tuple(
        f"{label} counts more than once in a group of credit points; that it may is not checked"
        for label in dict.fromkeys(found)
    )


def short(iri: str) -> str:
    """The last part of an IRI, as people read it."""
    return iri.rsplit("#", 1)[-1].rsplit("/", 1)[-1]


def cost_of(book: RuleBook, takes: Iterable[str]) -> PlanCost:
    """What taking these credentials asks for, credit points kept apart by system."""
    credits: dict[str, Decimal] = {}
    hours, new, without_credits, without_hours = Decimal(0), 0, 0, 0
    for iri in takes:
        one = book.credential(iri)
        new += 1
        without_credits += one.credits is None
        without_hours += one.hours is None
        hours += one.hours or Decimal(0)
        if one.credits is not None:
            credits[one.credit_system] = credits.get(one.credit_system, Decimal(0)) + one.credits
    return PlanCost(new, tuple(sorted(credits.items())), hours, without_credits, without_hours)


def confidence_of(steps: Iterable[Step]) -> str | None:
    """The weakest claim among the statements of the steps; None where no step needs a statement."""
    return weakest(found.claim for step in steps if step.kind != "take" for found in step.evidence)


def statements(steps: Iterable[Step]) -> tuple[Evidence, ...]:
    """Every piece of evidence of the steps, once."""
    return tuple(dict.fromkeys(found for step in steps for found in step.evidence))
