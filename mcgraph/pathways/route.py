"""What a question about routes is answered with: steps with reasons, cost, what is missing, why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from mcgraph.pathways.rule import Evidence, Kind, Reason, Requirement
from mcgraph.pathways.rulebook import RuleBook


@dataclass(frozen=True, slots=True)
class GroupState:
    """One group of a rule: what it needs, what it has, and by which members.

    `missing` are members that could still count; `refused` says which cannot and why. In a step, `counted`
    are just enough members to fill the group; in a gap, all that are attained. `concurrent` are those of a step, and
    of what a gap misses, that may be taken at the same time.
    """

    requirement: Requirement
    title: str
    need: Decimal
    have: Decimal
    counted: tuple[str, ...]
    missing: tuple[str, ...] = ()
    refused: tuple[Reason, ...] = ()
    recognised: tuple[tuple[str, Evidence], ...] = ()
    concurrent: tuple[str, ...] = ()

    @property
    def is_met(self) -> bool:
        """Whether the group has what it needs."""
        return self.have >= self.need


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do or to be awarded. `layer` is 1 + the longest chain of steps it rests on."""

    number: int
    layer: int
    kind: Kind
    credential: str
    rule: str
    groups: tuple[GroupState, ...]
    text: str
    evidence: tuple[Evidence, ...]
    cautions: tuple[str, ...] = ()
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """One credential in a timetable: the term it is taken in (from 1), and the offer, where one is stated."""

    credential: str
    term: int
    offer: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A timetable by term. `starts` is the first day; `proven`: no timetable of the plan has fewer terms."""

    starts: str
    term_weeks: int
    per_term: Decimal
    slots: tuple[Slot, ...]
    proven: bool

    @property
    def terms(self) -> int:
        """How many terms pass until the last credential is taken."""
        return max((slot.term for slot in self.slots), default=0)


@dataclass(frozen=True, slots=True)
class PlanCost:
    """What a plan asks for: new credentials, credit points per credit system as stated, hours.

    `credits_unknown` and the like count taken credentials that do not state them. Weeks are those of study one
    after another; money is in `currency`, as the offers state it. Both are known for exact plans only.
    """

    new: int
    credits: tuple[tuple[str, Decimal], ...] = ()
    hours: Decimal = Decimal(0)
    credits_unknown: int = 0
    hours_unknown: int = 0
    weeks: Decimal | None = None
    weeks_unknown: int = 0
    money: Decimal | None = None
    money_unknown: int = 0
    currency: str = ""
    providers: int | None = None


@dataclass(frozen=True, slots=True)
class Route:
    """A complete plan. `proven`: no unlisted plan is cheaper; `bound`: no unlisted plan has a lower `value`.

    `by` says what plans are ranked by; the value is that of the first objective, by default the new credentials.
    """

    steps: tuple[Step, ...]
    takes: tuple[str, ...]
    cost: PlanCost
    bound: int | Decimal
    proven: bool
    confidence: str | None
    cautions: tuple[str, ...] = ()
    by: str = "credentials"
    score: Decimal | None = None
    schedule: Schedule | None = None

    @property
    def value(self) -> int | Decimal:
        """What the plan costs in the unit of its ranking."""
        return self.cost.new if self.score is None else self.score

    @property
    def gap(self) -> int | Decimal:
        """How far the value lies above the proven bound."""
        return self.value - self.bound

    @property
    def depth(self) -> int:
        """The longest chain of steps."""
        return max((step.layer for step in self.steps), default=0)


@dataclass(frozen=True, slots=True)
class Gap:
    """What one rule for the target still lacks, group by group, with what is held today."""

    rule: str
    groups: tuple[GroupState, ...]
    evidence: Evidence
    unusable: Reason | None = None


@dataclass(frozen=True, slots=True)
class Nearest:
    """Something that can be reached where the target cannot, and how it is related to it."""

    credential: str
    text: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """Wishes or side conditions that together rule every plan out; dropping any one of `names` lets a plan through.

    `nearest` is the best plan when `dropped` is dropped, None where even that was not found.
    """

    names: tuple[str, ...]
    text: str
    dropped: str = ""
    nearest: Route | None = None


@dataclass(frozen=True, slots=True)
class RouteAnswer:
    """The answer to "how do I get from what I hold to the target?".

    `attained`: what is held is already enough. `reachable`: enough with what can be taken. `reason` tells the
    first unsatisfied condition where it is not reachable. `truncated` names the limit that cut the list.
    """

    book: RuleBook
    held: tuple[str, ...]
    target: str
    attained: bool
    reachable: bool
    plans: tuple[Route, ...] = ()
    missing: tuple[Gap, ...] = ()
    reason: tuple[Reason, ...] = ()
    nearest: tuple[Nearest, ...] = ()
    truncated: str = ""
    notes: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    method: str = "search"
    by: str = "credentials"
    wishes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unlock:
    """A credential that comes within reach once `take` is taken."""

    take: str
    opens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReachAnswer:
    """What follows from what is held: awarded now, one credential away, and reachable at all.

    `coverage` is of the store where `book` holds only what lies around the answer; else that of the book.
    """

    book: RuleBook
    held: tuple[str, ...]
    attained: tuple[Step, ...]
    unlocks: tuple[Unlock, ...]
    reachable: tuple[str, ...]
    truncated: str = ""
    coverage: Mapping[str, object] | None = None
