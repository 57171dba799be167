"""Why no plan meets all that is asked: the smallest sets of wishes, or of conditions, that rule every plan out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from mcgraph.pathways.admit import sub_instance
from mcgraph.pathways.conditions import shared_groups, terms_of
from mcgraph.pathways.constraints import BUDGETS, Constraints
from mcgraph.pathways.pricing import weights_of
from mcgraph.pathways.route import Conflict, Route
from mcgraph.pathways.rule import Rule
from mcgraph.pathways.solve import Asked, solve
from mcgraph.pathways.timing import VALIDITY

LARGEST_SET = 3


def conflicts(asked: Asked, deadline: float, unscheduled: str = "") -> tuple[Conflict, ...]:
    """The wishes (first) or side conditions of which dropping some lets a plan through; the fewest at a time."""
    names = asked.wishes.stated()
    for size in range(1, min(LARGEST_SET, len(names)) + 1):
        found = [
            conflict
            for chosen in combinations(names, size)
            if time.monotonic() < deadline and (conflict := _without(asked, chosen, unscheduled)) is not None
        ]
        if found:
            return tuple(found)
    bare = replace(asked, wishes=asked.wishes.without(*names))
    if names and _best(bare) is not None:
        said = "; ".join(asked.wishes.words(name) for name in names)
        return (Conflict(names, f"Together these rule out every plan: {said}"),)
    return tuple(_conditions(bare, deadline))


def _best(asked: Asked) -> Route | None:
    return next(iter(solve(asked, 1, 1, asked.limits.pathway_seconds).routes), None)


def _without(asked: Asked, chosen: tuple[str, ...], unscheduled: str) -> Conflict | None:
    """The conflict of these wishes, if without them there is a plan; the nearest plan is the one least beyond them."""
    first = chosen[0]
    weights = weights_of(first) if first in BUDGETS else asked.weights
    nearest = _best(replace(asked, wishes=asked.wishes.without(*chosen), weights=weights))
    if nearest is None:
        return None
    said = "; ".join(asked.wishes.words(name) for name in chosen)
    text = f"No plan keeps to: {said}"
    if chosen == ("per_term",) and unscheduled:
        text += f". {unscheduled}"
    elif len(chosen) == 1 and first in BUDGETS:
        text += f"; {_needed(first, nearest, asked.wishes)}"
    else:
        text += "; without it there is one" if len(chosen) == 1 else "; without them there is one"
    return Conflict(chosen, text, ", ".join(chosen), nearest)


def _needed(unit: str, nearest: Route, wishes: Constraints) -> str:
    most = wishes.budget.most(unit)
    unknown = {
        "weeks": nearest.cost.weeks_unknown,
        "money": nearest.cost.money_unknown,
        "hours": nearest.cost.hours_unknown,
        "credits": nearest.cost.credits_unknown,
    }[unit]
    if unknown and most is not None and nearest.value <= most:
        return f"{unknown} of the credentials of the nearest plan do not state theirs"
    needs = f"the nearest plan needs {Decimal(nearest.value).normalize():f}"
    return needs + (f", not counting {unknown} whose amount is not stated" if unknown else "")


def _conditions(asked: Asked, deadline: float) -> Iterator[Conflict]:
    """Side conditions of rules that no plan meets: each alone where one is enough, else one smallest chain of them."""
    graph = sub_instance(asked.book, asked.target, asked.wishes)
    parts = list(dict.fromkeys(part for rule in graph.rules if rule.kind == "stack" for part in _parts(rule)))
    parts += [(name, VALIDITY) for name in graph.names if asked.book.credential(name).validity_months is not None]
    found = False
    for part in parts:
        if time.monotonic() > deadline:
            return
        nearest = _best(replace(asked, relaxed=frozenset({part})))
        if nearest is not None:
            found = True
            yield Conflict((f"{part[0]} {part[1]}",), _condition_words(asked, part), part[1])
    if found or not parts or _best(replace(asked, relaxed=frozenset(parts))) is None:
        return
    needed = list(parts)
    for part in parts:
        if time.monotonic() > deadline:
            return
        fewer = [one for one in needed if one != part]
        if _best(replace(asked, relaxed=frozenset(fewer))) is not None:
            needed = fewer
    named = tuple(f"{iri} {kind}" for iri, kind in needed)
    yield Conflict(named, f"No plan meets all of these conditions: {'; '.join(named)}")


def _condition_words(asked: Asked, part: tuple[str, str]) -> str:
    if part[1] != VALIDITY:
        return f"No plan meets the condition «{part[1]}» of {part[0]}"
    months = asked.book.credential(part[0]).validity_months
    return f"{asked.book.label(part[0])} is valid for {months} months, and no plan counts it before it expires"


def _parts(rule: Rule) -> Iterator[tuple[str, str]]:
    terms = terms_of(rule)
    said = {
        "excludes": terms.excludes,
        "order": terms.order,
        "recency-months": terms.recency,
        "recognised-share-cap": terms.cap is not None,
        "residency-credits": terms.residency,
        "one-use": terms.use != "each" and (shared_groups(rule, terms) or terms.use == "credit-groups"),
    }
    yield from ((rule.iri, kind) for kind, value in said.items() if value)
