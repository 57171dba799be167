"""Two rule books beside each other: which plans open or close, for holders of what, and how much is saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from mcgraph.limits import Limits
from mcgraph.pathways.hypergraph import around
from mcgraph.pathways.plans import plan_routes
from mcgraph.pathways.profile import Profile, profile_of, size_of
from mcgraph.pathways.route import PlanCost, RouteAnswer, Step
from mcgraph.pathways.routes import prices
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.search import find_plans
from mcgraph.pathways.trace import cost_of, trace

# Partial plans looked at per pair; a pair that needs more is compared by what was found.
EFFORT = 2_000
NOBODY = ""


@dataclass(frozen=True, slots=True)
class Best:
    """The cheapest plan of a holder: its cost and steps."""

    cost: PlanCost
    steps: tuple[Step, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What the changes mean for those who hold `holder` ("" is nothing) and want `target`."""

    holder: str
    target: str
    before: Best | None
    after: Best | None

    @property
    def what(self) -> str:
        """opens, closes, shorter or longer."""
        if self.before is None or self.after is None:
            return "opens" if self.before is None else "closes"
        return "shorter" if self.saved > (0, Decimal(0), Decimal(0)) else "longer"

    @property
    def saved(self) -> tuple[int, Decimal, Decimal]:
        """New credentials, credit points and hours that are saved; negative where more is asked for."""
        left, right = _size(self.before), _size(self.after)
        return (left[0] - right[0], left[1] - right[1], left[2] - right[2])


@dataclass(frozen=True, slots=True)
class Difference:
    """The answer to a what-if. `effects` are the pairs of holder and target for which something changes."""

    before: RuleBook
    after: RuleBook
    changes: tuple[str, ...]
    effects: tuple[Effect, ...]
    compared: int
    truncated: str = ""
    learner: tuple[RouteAnswer, RouteAnswer] | None = None
    profile: Profile | None = None

    def groups(self, key: Callable[[str], str]) -> dict[str, dict[str, int]]:
        """Per group of holders (by country, by type of provider) how many pairs open, close, get shorter or longer."""
        found: dict[str, dict[str, int]] = {}
        for effect in self.effects:
            if effect.holder:
                counts = found.setdefault(key(effect.holder) or "not stated", {})
                counts[effect.what] = counts.get(effect.what, 0) + 1
        return dict(sorted(found.items()))

    def country(self, iri: str) -> str:
        """The country of a holder's credential."""
        return self.after.credential(iri).country

    def provider_type(self, iri: str) -> str:
        """The type of its provider."""
        return self.after.credential(iri).provider_type


def _size(best: Best | None) -> tuple[int, Decimal, Decimal]:
    return (0, Decimal(0), Decimal(0)) if best is None else size_of(best.cost)


def compare(
    before: RuleBook,
    after: RuleBook,
    touched: Collection[str],
    held: tuple[str, ...],
    target: str,
    changes: tuple[str, ...],
    limits: Limits,
) -> Difference:
    """Everything that changes between two books around `touched`, and for one holder where one is given.

    For that holder `target` is compared, or everything that is touched or rests on it.
    """
    holders = sorted(_holders(before, touched) | _holders(after, touched))
    targets = _onward([before, after], touched)
    pairs = [(holder, one) for one in targets for holder in (NOBODY, *holders) if holder != one]
    cut = pairs[: limits.whatif_pairs]
    effects = tuple(effect for effect in _effects(before, after, cut) if effect.before or effect.after)
    learner = profile = None
    if held or target:
        profile = profile_of(before, after, held, [target] if target else targets, limits)
    if target and target in before.credentials:
        learner = (_plans(before, held, target, limits), _plans(after, held, target, limits))
    kept = tuple(one for one in effects if one.before is None or one.after is None or any(one.saved))
    return Difference(
        before, after, changes, kept, len(cut), "whatif_pairs" if len(cut) < len(pairs) else "", learner, profile
    )


def _plans(book: RuleBook, held: Iterable[str], target: str, limits: Limits) -> RouteAnswer:
    return plan_routes(book, [one for one in held if one in book.credentials], target, plans=1, limits=limits)


def _holders(book: RuleBook, touched: Collection[str]) -> set[str]:
    """To whom a change matters first: holders of a touched credential, of its parts, and of what leads to a part."""
    parts = _parts(book, touched)
    return set(touched) | parts | _parts(book, parts)


def _parts(book: RuleBook, wholes: Iterable[str]) -> set[str]:
    return {m for one in wholes for rule in book.rules_to.get(one, ()) for g in rule.groups for m in g.members}


def _onward(books: Iterable[RuleBook], touched: Collection[str]) -> list[str]:
    """The touched credentials and everything that rests on them, the nearest first."""
    wholes: dict[str, dict[str, None]] = {}
    for book in books:
        for rule in book.rules:
            named = [one.credential for one in rule.conditions if one.credential]
            for member in (*(m for group in rule.groups for m in group.members), *named):
                wholes.setdefault(member, {})[rule.whole] = None
        for one in book.credentials.values():
            for before in (*one.prerequisites, *(member for group in one.entry for member in group.members)):
                wholes.setdefault(before, {})[one.iri] = None
    found = dict.fromkeys(sorted(touched))
    waiting = list(found)
    while waiting:
        new = [whole for one in waiting for whole in wholes.get(one, ()) if whole not in found]
        waiting = list(dict.fromkeys(new))
        found.update(dict.fromkeys(waiting))
    return list(found)


def _effects(before: RuleBook, after: RuleBook, pairs: Iterable[tuple[str, str]]) -> list[Effect]:
    """Each pair with its best plans; the graph around a target is built once per book."""
    by_target: dict[str, list[str]] = {}
    for holder, target in pairs:
        by_target.setdefault(target, []).append(holder)
    found = []
    for target, holders in by_target.items():
        left, right = _best_of(before, target), _best_of(after, target)
        found += [Effect(holder, target, left(holder), right(holder)) for holder in holders]
    return found


def _best_of(book: RuleBook, target: str) -> Callable[[str], Best | None]:
    """A function from what somebody holds to their cheapest plan to the target, or None."""
    if target not in book.credentials:
        return lambda _: None
    graph = around(book, target)
    price, _ = prices(book, graph)
    cache: dict[tuple[int, ...], Best | None] = {}

    def best(holder: str) -> Best | None:
        own = (graph.position[holder],) if holder in graph.position else ()
        if own not in cache:
            found = find_plans(graph, own, graph.position[target], price, limit=1, effort=EFFORT)
            cache[own] = None
            if found.plans:
                plan = found.plans[0]
                steps = trace(book, graph, own, plan.takes, [graph.position[target]])
                cost = cost_of(book, [graph.names[one] for one in sorted(plan.takes)])
                cache[own] = Best(cost, steps, plan.proven)
        return cache[own]

    return best
