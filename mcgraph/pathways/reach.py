"""The question "what can I reach from what I hold, and what would open most?"."""

from __future__ import annotations

from collections.abc import Collection

from mcgraph.errors import WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways.closure import HELD, Closure, close
from mcgraph.pathways.hypergraph import Hypergraph, whole_book
from mcgraph.pathways.route import ReachAnswer, Unlock
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.trace import trace


def find_reach(book: RuleBook, held: Collection[str], *, limits: Limits | None = None) -> ReachAnswer:
    """What is awarded on what is held alone, which single credential unlocks what, and all that is reachable.

    >>> answer = find_reach(RuleBook.of("a + b -> c", "a => d"), ["a"])
    >>> [step.credential for step in answer.attained], [(u.take, u.opens) for u in answer.unlocks]
    (['d'], [('b', ('c',))])

    `reachable` are the wholes and recognised credentials that can be had when anything may be taken and that
    rest in some way on what is held; what has nothing to do with it is left out.
    """
    for iri in held:
        if iri not in book.credentials:
            raise WrongUse(f"«{iri[:200]}» is not a credential of this store")
    bounds = limits or Limits()
    graph = whole_book(book)
    own = [graph.position[iri] for iri in dict.fromkeys(held)]
    now = close(graph, own)
    awarded = [one for one, rule in now.by.items() if rule != HELD]
    unlocks = _unlocks(graph, own, now)
    reachable = _resting_on(graph, own, close(graph, own, None))
    cut = max(len(unlocks), len(reachable)) > bounds.pathway_routes
    return ReachAnswer(
        book=book,
        held=tuple(dict.fromkeys(held)),
        attained=trace(book, graph, own, (), awarded),
        unlocks=unlocks[: bounds.pathway_routes],
        reachable=reachable[: bounds.pathway_routes],
        truncated="pathway_routes" if cut else "",
    )


def _unlocks(graph: Hypergraph, own: list[int], now: Closure) -> tuple[Unlock, ...]:
    """Each credential whose taking alone brings more than itself, most opened first."""
    found = []
    for one in sorted(_one_away(graph, now)):
        after = close(graph, own, {one})
        opened = sorted(graph.names[new] for new in after.by if new not in now.by and new != one)
        if opened:
            found.append(Unlock(graph.names[one], tuple(opened)))
    return tuple(sorted(found, key=lambda unlock: (-len(unlock.opens), unlock.take)))


def _one_away(graph: Hypergraph, now: Closure) -> set[int]:
    """Credentials that can be taken now and would fill the last group of some rule: only they can unlock."""
    can_take = {
        head
        for rule, head in enumerate(graph.head)
        if graph.is_take[rule] and head not in now.by and _open_groups(graph, rule, now) == []
    }
    found: set[int] = set()
    for rule, head in enumerate(graph.head):
        open_ones = _open_groups(graph, rule, now)
        if graph.is_take[rule] or head in now.by or not open_ones:
            continue
        filling = [
            {m for m, w in graph.members[g] if m in can_take and now.have[g] + w >= graph.need[g]} for g in open_ones
        ]
        found |= set.intersection(*filling)
    return found


def _open_groups(graph: Hypergraph, rule: int, now: Closure) -> list[int]:
    return [group for group in graph.groups_of[rule] if now.have[group] < graph.need[group]]


def _resting_on(graph: Hypergraph, own: list[int], reach: Closure) -> tuple[str, ...]:
    """Reachable credentials connected, rule by rule, to what is held."""
    touched, waiting = set(own), list(own)
    while waiting:
        for group, _ in graph.uses[waiting.pop()]:
            head = graph.head[graph.rule_of[group]]
            if head in reach.by and head not in touched:
                touched.add(head)
                waiting.append(head)
    return tuple(sorted(graph.names[one] for one in touched - set(own)))
