"""The question "how do I get from what I hold to this credential?", answered with checked plans."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal

from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.limits import Limits
from mcgraph.pathways.bounds import Cost
from mcgraph.pathways.check import check_route
from mcgraph.pathways.closure import close
from mcgraph.pathways.explain import first_obstacle, gaps, nearest
from mcgraph.pathways.hypergraph import Hypergraph, around, millionths, whole_book
from mcgraph.pathways.route import Route, RouteAnswer
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.search import EFFORT, Found, TakeSet, find_plans
from mcgraph.pathways.trace import confidence_of, cost_of, counted_twice, trace

MIXED_CREDITS = "Credit systems differ among what can be taken, so plans are not ranked by credit points"


def find_routes(
    book: RuleBook,
    held: Collection[str],
    target: str,
    *,
    limit: int | None = None,
    limits: Limits | None = None,
    effort: int = EFFORT,
) -> RouteAnswer:
    """Every inclusion-minimal way to the target: fewest new credentials first, then credits, then hours.

    >>> book = RuleBook.of("ux-basics + ux-visual -> ux-certificate")
    >>> answer = find_routes(book, ["ux-basics"], "ux-certificate")
    >>> [step.text for step in answer.plans[0].steps]
    ['Take ux-visual', 'ux-certificate is awarded for all 2 parts (ux-basics, ux-visual)']

    Raises `WrongUse` for a credential the book does not know and `RuleBroken` if a plan fails its check.
    """
    bounds = limits or Limits()
    for iri in (*held, target):
        if iri not in book.credentials:
            raise WrongUse(f"«{iri[:200]}» is not a credential of this store")
    graph = around(book, target)
    own = sorted(graph.position[iri] for iri in set(held) if iri in graph.position)
    now, reach = _names(graph, close(graph, own).by), _names(graph, close(graph, own, None).by)
    price, comparable = prices(book, graph)
    wanted = min(limit or bounds.pathway_routes, bounds.pathway_routes)
    found = find_plans(graph, own, graph.position[target], price, limit=wanted, effort=effort)
    plans, too_long = _routes(book, graph, own, target, found, bounds.pathway_steps)
    for plan in plans:
        wrong = check_route(book, held, target, plan)
        if wrong:
            raise RuleBroken(f"a plan failed its own check: {'; '.join(wrong)}", fix="Please report this.")
    reachable = target in reach
    return RouteAnswer(
        book=book,
        held=tuple(dict.fromkeys(held)),
        target=target,
        attained=target in now,
        reachable=reachable,
        plans=plans,
        missing=() if target in now else gaps(book, target, now),
        reason=() if reachable else first_obstacle(book, target, reach),
        nearest=() if reachable else nearest(book, target, held, _reach_of_all(book, held)),
        truncated=found.stopped_by or ("pathway_steps" if too_long else ""),
        notes=() if comparable else (MIXED_CREDITS,),
    )


def _reach_of_all(book: RuleBook, held: Collection[str]) -> frozenset[str]:
    """Everything that can be reached, whether or not it lies around the target."""
    graph = whole_book(book)
    return _names(graph, close(graph, [graph.position[iri] for iri in set(held)], None).by)


def _names(graph: Hypergraph, positions: Iterable[int]) -> frozenset[str]:
    return frozenset(graph.names[one] for one in positions)


def prices(book: RuleBook, graph: Hypergraph) -> tuple[dict[int, Cost], bool]:
    """What taking each credential costs, and whether credit points are of one system and compare."""
    taken = [head for head, take in zip(graph.head, graph.is_take, strict=True) if take]
    one_by_one = {head: book.credential(graph.names[head]) for head in taken}
    systems = {one.unit for one in one_by_one.values() if one.credits is not None}
    comparable = len(systems) <= 1
    prices = {
        head: (
            1,
            millionths(max(one.credits or Decimal(0), Decimal(0))) if comparable else 0,
            millionths(max(one.hours or Decimal(0), Decimal(0))),
        )
        for head, one in one_by_one.items()
    }
    return prices, comparable


def _routes(
    book: RuleBook, graph: Hypergraph, own: Collection[int], target: str, found: Found, longest: int
) -> tuple[tuple[Route, ...], bool]:
    """The plans as routes, and whether some were left out because a chain of theirs is too long."""
    routes = [_route(book, graph, own, target, plan) for plan in found.plans]
    kept = tuple(route for route in routes if route.depth <= longest)
    return kept, len(kept) < len(routes)


def _route(book: RuleBook, graph: Hypergraph, own: Collection[int], target: str, plan: TakeSet) -> Route:
    steps = trace(book, graph, own, plan.takes, [graph.position[target]])
    takes = tuple(graph.names[one] for one in sorted(plan.takes))
    said = tuple(dict.fromkeys(text for step in steps for text in step.cautions))
    said = (*said, *counted_twice(book, steps))
    unchecked = any("not checked" in text for text in said if "Entry requirement" not in text)
    return Route(
        steps=steps,
        takes=takes,
        cost=cost_of(book, takes),
        bound=plan.bound[0],
        # With a condition nobody checked the plan may not hold, so nothing is proven about it.
        proven=plan.proven and not unchecked,
        confidence=confidence_of(steps),
        cautions=said,
    )
