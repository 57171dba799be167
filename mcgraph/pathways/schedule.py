"""A timetable for one plan: which credential in which term, by a time-indexed programme.

A term has room for so many ECTS, a credential is taken in one term, what it needs is gained in an earlier one, what may
be taken with it in the same one at the latest. Where
open offers are stated, a credential can be taken only in a term in which one of them starts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from mcgraph.pathways.conditions import Terms, terms_of
from mcgraph.pathways.constraints import Constraints, Option, is_as_good, open_offers, option_of, term_of
from mcgraph.pathways.linear import Programme
from mcgraph.pathways.pricing import Pricing
from mcgraph.pathways.route import GroupState, Schedule, Slot, Step
from mcgraph.pathways.rule import Offer, Rule
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.timing import DAYS_PER_MONTH, months_later

# Plans for which a timetable is sought before the search ends and says so.
TIMETABLES_TRIED = 25


@dataclass(frozen=True, slots=True)
class NoSchedule:
    """Why a plan fits no timetable; `never` is a credential that fits none whatever the plan is.

    `timed_out`: there may be one, which was not found in the time.
    """

    text: str
    never: str = ""
    timed_out: bool = False


@dataclass(slots=True)
class _Timetable:
    book: RuleBook
    steps: tuple[Step, ...]
    rules: Mapping[str, Rule]
    chosen: Mapping[str, Option]
    wishes: Constraints
    pricing: Pricing
    units: Collection[str]
    terms: int

    def offers(self, name: str) -> dict[int, str]:
        """Per term in which the credential can be taken, the offer ("" where none is stated)."""
        one = self.book.credential(name)
        if not any(offer.start for offer in one.offers):
            return dict.fromkeys(range(1, self.terms + 1), "")
        found: dict[int, str] = {}
        for offer in reversed(open_offers(self.book, one, self.wishes)):
            if offer.start and self._is_as_good(offer, self.chosen[name]):
                term = term_of(offer.start, self.book.date, self.wishes.term_weeks)
                if 1 <= term <= self.terms:
                    found[term] = offer.iri
        return found

    def _is_as_good(self, offer: Offer, option: Option) -> bool:
        return not option.offer or is_as_good(option_of(offer, self.pricing.currency), option, self.units)

    def leaves(self) -> dict[str, frozenset[str]]:
        """Per step what must have been taken for it, itself included where it is taken."""
        found: dict[str, frozenset[str]] = {}
        for step in self.steps:
            # What may be taken with a course is no later than the course itself.
            below = [found.get(m, frozenset()) for state in step.groups for m in _held_before(state)]
            own = frozenset({step.credential}) if step.kind == "take" else frozenset()
            first = [found.get(name, frozenset()) for name in self._said(step).order]
            found[step.credential] = own.union(*below, *first)
        return found

    def _said(self, step: Step) -> Terms:
        return terms_of(self.rules[step.credential]) if step.kind == "stack" else Terms()

    def gaps(self) -> Iterator[tuple[str, str, int]]:
        """(earlier, later, least terms between): what must wait for what; negative where it must not wait longer."""
        leaves = self.leaves()
        for step in self.steps:
            said = self._said(step)
            if step.kind == "take":
                yield from ((one, step.credential, 1) for one in leaves[step.credential] - {step.credential})
                for with_it in (m for state in step.groups for m in state.concurrent):
                    # An award is there once its parts are done, so only what is taken itself can go along.
                    least = 0 if with_it in self.chosen else 1
                    yield from ((one, step.credential, least) for one in leaves.get(with_it, frozenset()))
            for member in (m for state in step.groups for m in state.counted):
                for name in said.order:
                    if name != member and member in self.chosen:
                        yield from ((one, member, 1) for one in leaves.get(name, frozenset()))
                window = self._window(said, member)
                if member in self.chosen and window is not None:
                    yield from ((one, member, -window) for one in leaves[step.credential] - {member})

    def _window(self, said: Terms, member: str) -> int | None:
        """How many terms what was gained stays usable."""
        months = self._months(said, member)
        return None if months is None else int(months * DAYS_PER_MONTH) // (7 * self.wishes.term_weeks)

    def _months(self, said: Terms, member: str) -> Decimal | None:
        valid = self.book.credential(member).validity_months
        found = [m for m in (said.months(member), None if valid is None else Decimal(valid)) if m is not None]
        return min(found, default=None)

    def latest(self) -> dict[str, int]:
        """Per credential the last term it may be taken in, because something held expires by then."""
        found: dict[str, int] = {}
        leaves = self.leaves()
        for step in self.steps:
            for member in (m for state in step.groups for m in state.counted):
                day, months = self.wishes.held_on.get(member, ""), self._months(self._said(step), member)
                if day and months is not None and member not in leaves:
                    days = (months_later(day, months) - self.book.date).days
                    for one in leaves[step.credential]:
                        found[one] = min(found.get(one, self.terms), days // (7 * self.wishes.term_weeks))
        return found


def _held_before(state: GroupState) -> Iterator[str]:
    return (member for member in state.counted if member not in state.concurrent)


def schedule(
    book: RuleBook,
    steps: tuple[Step, ...],
    rules: Mapping[str, Rule],
    chosen: Mapping[str, Option],
    wishes: Constraints,
    pricing: Pricing,
    *,
    units: Collection[str],
    terms: int,
    seconds: float,
) -> Schedule | NoSchedule:
    """The timetable with the fewest terms, everything as early as it can be; or why there is none.

    Each credential is taken by the offer of its option in `chosen`, or by another that is as good in `units` (weeks,
    money); an option without an offer stands for any.
    """
    table = _Timetable(book, steps, rules, chosen, wishes, pricing, units, terms)
    room = Decimal(str(wishes.per_term))
    points: dict[str, Decimal] = {}
    for name, option in chosen.items():
        stated = pricing.amount(name, "credits", option)
        if stated is None and not wishes.unknown_ok:
            return NoSchedule(f"{book.label(name)} states no ECTS, so no term can be planned for it", name)
        points[name] = stated or Decimal(0)
        if points[name] > room:
            alone = f"{book.label(name)} alone has {points[name].normalize():f} ECTS"
            return NoSchedule(f"{alone}, a term has room for {room.normalize():f}", name)
    offers, latest = {name: table.offers(name) for name in chosen}, table.latest()
    possible = {name: [t for t in sorted(those) if t <= latest.get(name, terms)] for name, those in offers.items()}
    for name, those in possible.items():
        if not those:
            text = f"No offer of {book.label(name)} starts in a term in which it can still be taken"
            return NoSchedule(text, "" if offers[name] or chosen[name].offer else name)
    found = _solve(possible, points, list(table.gaps()), room, seconds)
    if found == "infeasible":
        return NoSchedule(f"No timetable of {terms} terms keeps to {room.normalize():f} ECTS a term and the offers")
    if isinstance(found, str):
        return NoSchedule("No timetable was found in the time allowed", timed_out=True)
    at, proven = found
    slots = tuple(Slot(name, at[name], offers[name][at[name]]) for name in sorted(at, key=lambda one: (at[one], one)))
    return Schedule(book.date.isoformat(), wishes.term_weeks, room, slots, proven)


def _solve(
    possible: Mapping[str, list[int]],
    points: Mapping[str, Decimal],
    gaps: list[tuple[str, str, int]],
    room: Decimal,
    seconds: float,
) -> tuple[dict[str, int], bool] | str:
    """Per credential its term, and whether fewer terms are impossible; else how the search ended."""
    programme = Programme()
    on = {(name, term): programme.binary() for name, those in possible.items() for term in those}
    last = programme.number(float(max((t for those in possible.values() for t in those), default=0)))
    for name, those in possible.items():
        programme.row([(on[name, term], 1.0) for term in those], 1.0, 1.0)
        programme.row([(last, 1.0), *((on[name, term], -float(term)) for term in those)], 0.0)
    for term in sorted({term for _, term in on}):
        load = [(variable, float(points[name])) for (name, when), variable in on.items() if when == term]
        programme.row(load, high=float(room) + 1e-7)
    for earlier, later, least in dict.fromkeys(gaps):
        waits = [(on[later, term], float(term)) for term in possible[later]]
        programme.row([*waits, *((on[earlier, term], -float(term)) for term in possible[earlier])], float(least))
    shortest = programme.minimise({last: 1.0}, seconds)
    if shortest.values is None:
        return shortest.status
    programme.row([(last, 1.0)], high=shortest.objective + 1e-6)
    early = programme.minimise({variable: float(term) for (_, term), variable in on.items()}, seconds)
    best = early if early.values is not None else shortest
    return {name: term for (name, term), variable in on.items() if best.is_on(variable)}, shortest.proven
