"""One holder before and after a change: which plans open or close for them, by how much, and why.

Plans are those of `plan_routes`: held to all conditions, proven, checked. A plan that stays the same is only counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from mcgraph.limits import Limits
from mcgraph.pathways.plans import plan_routes
from mcgraph.pathways.route import PlanCost, Route, RouteAnswer, Step
from mcgraph.pathways.rule import Reason
from mcgraph.pathways.rulebook import RuleBook

What = Literal["opens", "closes", "shorter", "longer", "differs"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What the changes do to the way of one holder to one target.

    `before` or `after` is None where the target is not in that book. `dropped` are steps of the plan before that the
    plan after does without, `added` the others; `reasons` say why the one that is missing, or dropped, is not possible.
    """

    target: str
    what: What
    before: RouteAnswer | None
    after: RouteAnswer | None
    dropped: tuple[Step, ...]
    added: tuple[Step, ...]
    reasons: tuple[Reason, ...]

    @property
    def saved(self) -> tuple[int, Decimal, Decimal] | None:
        """New credentials, credit points and hours that are saved (negative: more); None where a plan is missing."""
        left, right = best(self.before), best(self.after)
        if left is None or right is None:
            return None
        one, other = size_of(left.cost), size_of(right.cost)
        return (one[0] - other[0], one[1] - other[1], one[2] - other[2])


@dataclass(frozen=True, slots=True)
class Profile:
    """The turns for a holder, the nearest targets first; `compared` and `unchanged` count targets."""

    held: tuple[str, ...]
    turns: tuple[Turn, ...]
    compared: int
    truncated: str = ""

    @property
    def unchanged(self) -> int:
        """How many targets have the same plan, or none, before and after."""
        return self.compared - len(self.turns)


def best(answer: RouteAnswer | None) -> Route | None:
    """The first plan of an answer, if it has one."""
    return answer.plans[0] if answer is not None and answer.plans else None


def size_of(cost: PlanCost) -> tuple[int, Decimal, Decimal]:
    """New credentials, credit points and hours of a plan, as plans are ranked."""
    return (cost.new, sum((amount for _, amount in cost.credits), Decimal(0)), cost.hours)


def profile_of(
    before: RuleBook, after: RuleBook, held: tuple[str, ...], targets: Iterable[str], limits: Limits
) -> Profile:
    """The plans of a holder to some targets, before and after; at most `whatif_targets` of them."""
    wanted = [one for one in dict.fromkeys(targets) if one not in held]
    cut = wanted[: limits.whatif_targets]
    turns = [turn for one in cut if (turn := _turn(before, after, held, one, limits)) is not None]
    return Profile(held, tuple(turns), len(cut), "whatif_targets" if len(cut) < len(wanted) else "")


def _turn(before: RuleBook, after: RuleBook, held: tuple[str, ...], target: str, limits: Limits) -> Turn | None:
    answers = [_asked(book, held, target, limits) for book in (before, after)]
    left, right = (best(answer) for answer in answers)
    if left is None and right is None:
        return None
    steps = [{_key(step): step for step in plan.steps} if plan else {} for plan in (left, right)]
    dropped = tuple(step for key, step in steps[0].items() if key not in steps[1])
    added = tuple(step for key, step in steps[1].items() if key not in steps[0])
    if left is not None and right is not None and not dropped and not added and left.cost == right.cost:
        return None
    turn = Turn(target, _what(left, right), answers[0], answers[1], dropped, added, ())
    return Turn(target, turn.what, answers[0], answers[1], dropped, added, tuple(_reasons(turn, before, after)))


def _asked(book: RuleBook, held: tuple[str, ...], target: str, limits: Limits) -> RouteAnswer | None:
    if target not in book.credentials:
        return None
    return plan_routes(book, [one for one in held if one in book.credentials], target, plans=1, limits=limits)


def _key(step: Step) -> tuple[str, str, tuple[tuple[str, ...], ...]]:
    return (step.credential, step.rule, tuple(group.counted for group in step.groups))


def _what(left: Route | None, right: Route | None) -> What:
    if left is None or right is None:
        return "opens" if left is None else "closes"
    one, other = size_of(left.cost), size_of(right.cost)
    return "differs" if one == other else "shorter" if other < one else "longer"


def _reasons(turn: Turn, before: RuleBook, after: RuleBook) -> Iterable[Reason]:
    """Why there is no plan on one side; else why steps of the plan before cannot be taken any more.

    Where a plan only becomes possible, why its new steps were not possible before.
    """
    found: dict[tuple[str, str], Reason] = {}
    missing = turn.before if turn.what == "opens" else turn.after if turn.what == "closes" else None
    if missing is not None:
        found |= {(one.code, one.text): one for one in missing.reason}
        found |= {("conflict", one.text): Reason("conflict", one.text, turn.target) for one in missing.conflicts}
    steps, other = (turn.added, before) if turn.what in ("opens", "shorter") else (turn.dropped, after)
    for step in steps:
        refused = _refused(step, other)
        if refused is not None:
            found.setdefault((refused.code, refused.text), refused)
    return found.values()


def _refused(step: Step, book: RuleBook) -> Reason | None:
    """Why a step of the one book is none in the other; None where it is."""
    label = book.label(step.credential)
    if step.kind == "take":
        return book.refuses_taking(step.credential)
    same = next((rule for rule in book.rules_to.get(step.credential, ()) if rule.iri == step.rule), None)
    if same is None:
        return Reason("not-stated", f"Without the change no statement leads to {label} this way", step.credential)
    return same.refusal(book.date)
