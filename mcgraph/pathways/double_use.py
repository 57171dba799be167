"""Where a plan spends one credit twice: beside something that was awarded for it, in the sums of one rule."""

from __future__ import annotations

from collections.abc import Mapping

from mcgraph.pathways.conditions import terms_of
from mcgraph.pathways.route import Step
from mcgraph.pathways.rule import Rule
from mcgraph.pathways.timing import Counting

Chains = dict[str, tuple[Counting, ...]]


def double_use(
    steps: tuple[Step, ...], rules: Mapping[str, Rule], relaxed: frozenset[tuple[str, str]] = frozenset()
) -> tuple[Counting, ...]:
    """The countings that together spend a credit twice; () where none do."""
    inside: dict[str, Chains] = {}
    for step in steps:
        terms = terms_of(rules[step.credential])
        free = step.kind != "stack" or terms.use == "each" or (step.rule, "one-use") in relaxed
        seen: Chains = {}
        for place, state in enumerate(step.groups):
            if free or (state.requirement != "credit-points" and terms.use != "rule"):
                continue
            for member in state.counted:
                mine: tuple[Counting, ...] = ((step.credential, place, member),)
                leaves = inside.get(member, {member: ()})
                for leaf, chain in leaves.items():
                    if leaf in seen:
                        return tuple(dict.fromkeys((*seen[leaf], *mine, *chain)))
                seen |= {leaf: (*mine, *chain) for leaf, chain in leaves.items()}
        inside[step.credential] = _leaves(step, inside)
    return ()


def _leaves(step: Step, inside: Mapping[str, Chains]) -> Chains:
    """What an award rests on, each with the countings that lead there; what is taken stands for itself."""
    if step.kind == "take" or not any(state.counted for state in step.groups):
        return {step.credential: ()}
    found: Chains = {}
    for place, state in enumerate(step.groups):
        for member in state.counted:
            mine: tuple[Counting, ...] = ((step.credential, place, member),)
            for leaf, chain in inside.get(member, {member: ()}).items():
                found.setdefault(leaf, (*mine, *chain))
    return found
