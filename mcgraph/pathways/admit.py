"""The part of a book that a target and a learner's wishes leave: the sub-instance exact plans are sought in."""

from __future__ import annotations

from dataclasses import replace

from mcgraph.pathways.conditions import terms_of
from mcgraph.pathways.constraints import Constraints, is_weaker, jumps_too_far, refuses_take
from mcgraph.pathways.hypergraph import Hypergraph, around
from mcgraph.pathways.rule import Group, Reason, Rule
from mcgraph.pathways.rulebook import RuleBook


def admit(book: RuleBook, graph: Hypergraph, wishes: Constraints) -> Hypergraph:
    """`graph` without the ways and members that the wishes leave out. What is held always counts as held."""
    kept = []
    for rule in graph.rules:
        if refuses_way(book, rule, wishes) is None:
            kept.append(_with_admitted_members(book, rule, wishes))
    return Hypergraph.of(book, graph.names, kept)


def sub_instance(book: RuleBook, target: str, wishes: Constraints) -> Hypergraph:
    """Everything around the target that the wishes admit."""
    graph = _with_ordered(book, around(book, target))
    filters = {"countries", "languages", "modes", "providers", "exclude", "max_level_jump", "confidence"}
    return admit(book, graph, wishes) if filters & set(wishes.stated()) else graph


def _with_ordered(book: RuleBook, graph: Hypergraph) -> Hypergraph:
    """The graph with what its rules want first, and all that leads there, where that is no part of anything."""
    while True:
        wanted = {name for rule in graph.rules for name in terms_of(rule).order} - graph.position.keys()
        known = sorted(name for name in wanted if name in book.credentials)
        if not known:
            return graph
        more = around(book, known[0])
        rules = {(rule.kind == "take", rule.iri, rule.whole): rule for rule in (*more.rules, *graph.rules)}
        ordered = [rules[key] for key in sorted(rules)]
        graph = Hypergraph.of(book, {*graph.names, *more.names}, ordered)


def refuses_way(book: RuleBook, rule: Rule, wishes: Constraints) -> Reason | None:
    """Why the wishes leave out a way, or None when it may be used."""
    if rule.kind == "take":
        return refuses_take(book, rule.whole, wishes)
    if {rule.whole, rule.iri, rule.iri.rsplit("/", 1)[-1], rule.evidence.claimant} & wishes.exclude:
        return Reason("excluded", f"{book.label(rule.whole)} by {rule.iri} is excluded", rule.whole, rule.iri)
    if is_weaker(rule.evidence.claim, wishes.confidence):
        text = f"The claim is only «{rule.evidence.claim}»"
        return Reason("claim-too-weak", text, rule.whole, rule.iri, (rule.evidence,))
    return None


def _with_admitted_members(book: RuleBook, rule: Rule, wishes: Constraints) -> Rule:
    groups = tuple(_admitted(book, rule, group, wishes) for group in rule.groups)
    return rule if groups == rule.groups else replace(rule, groups=groups)


def _admitted(book: RuleBook, rule: Rule, group: Group, wishes: Constraints) -> Group:
    """The group with a weight of 0 for members that must not count: they keep their place, for explanation."""
    by = dict(group.recognised)
    weights = tuple(
        weight * 0
        if jumps_too_far(book, rule.whole, member, wishes)
        or (member in by and (is_weaker(by[member].claim, wishes.confidence) or by[member].statement in wishes.exclude))
        else weight
        for member, weight in zip(group.members, group.weights, strict=True)
    )
    return group if weights == group.weights else replace(group, weights=weights)
