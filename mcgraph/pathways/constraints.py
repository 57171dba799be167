"""What a learner asks of a plan: budgets, places, languages, providers, certainty. Typed, checked, relaxable.

A wish is strict: what a source does not state does not satisfy it, unless `unknown_ok` says otherwise.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal

from mcgraph.errors import WrongUse
from mcgraph.pathways.rule import CLAIMS, Credential, Offer, Reason
from mcgraph.pathways.rulebook import RuleBook

Amount = Decimal | int | float | None

BUDGETS = ("weeks", "credits", "hours", "money")
OBJECTIVES = ("credentials", "credits", "hours", "weeks", "money", "providers")


@dataclass(frozen=True, slots=True)
class Budget:
    """The most a plan may ask for: weeks of study one after another, credit points, hours, money in one currency.

    `credits` are ECTS; credit points of other systems are not converted and count as not stated.
    Raises `WrongUse` for a negative amount and for what is no code of a currency.

    >>> Budget(weeks=52).most("weeks"), Budget().most("money")
    (Decimal('52'), None)
    """

    weeks: Amount = None
    credits: Amount = None
    hours: Amount = None
    money: Amount = None
    currency: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be a budget."""
        for name in BUDGETS:
            most = self.most(name)
            if most is not None and (not most.is_finite() or most < 0):
                raise WrongUse(f"A budget of {most} {name} cannot be met", fix="Give 0 or more.")
        if self.currency and not re.fullmatch("[A-Z]{3}", self.currency):
            raise WrongUse(f"«{self.currency[:40]}» is no currency", fix="Give its ISO 4217 code, such as EUR.")

    def most(self, name: str) -> Decimal | None:
        """The bound of that name as an exact number."""
        value = getattr(self, name)
        return None if value is None else Decimal(str(value))


@dataclass(frozen=True, slots=True)
class Constraints:
    """Everything a plan is held to beside the rules; empty means no wish of that kind.

    Codes are the last part of the IRIs: countries `IRL`, languages `ENG`, modes `online`. `exclude` names
    credentials, statements or providers by IRI or name. `held_on` says when something held was gained
    (YYYY-MM-DD), which recency and expiry ask about. `per_term` is the most ECTS of one term of `term_weeks`.
    """

    budget: Budget = field(default_factory=Budget)
    countries: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    modes: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    max_level_jump: int | None = None
    confidence: str = ""
    per_term: Amount = None
    term_weeks: int = 26
    held_on: Mapping[str, str] = field(default_factory=dict)
    unknown_ok: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        if self.confidence and self.confidence not in CLAIMS:
            raise WrongUse(f"«{self.confidence}» is no kind of claim", fix=f"Use one of: {', '.join(CLAIMS)}.")
        if self.max_level_jump is not None and not 0 <= self.max_level_jump <= 7:
            raise WrongUse(f"A jump of {self.max_level_jump} EQF levels cannot be meant", fix="Give 0 to 7.")
        if self.per_term is not None:
            room = Decimal(str(self.per_term))
            if not room.is_finite() or room <= 0:
                raise WrongUse(f"A term of {room} credit points fits nothing", fix="Give --per-term above 0.")
        if not 1 <= self.term_weeks <= 104:
            raise WrongUse(f"A term of {self.term_weeks} weeks cannot be meant", fix="Give 1 to 104.")

    def stated_budgets(self) -> tuple[str, ...]:
        """The units of which only so much may be used."""
        return tuple(name for name in BUDGETS if self.budget.most(name) is not None)

    def stated(self) -> tuple[str, ...]:
        """The names of the wishes that are in force, budgets by their unit."""
        mine = list(self.stated_budgets())
        skipped = {"budget", "term_weeks", "held_on", "unknown_ok"}
        for one in fields(self):
            value = getattr(self, one.name)
            if one.name not in skipped and (value or (one.name == "max_level_jump" and value is not None)):
                mine.append(one.name)
        return tuple(mine)

    def without(self, *names: str) -> Constraints:
        """These wishes with some of them dropped."""
        kept = {name: None if name in names else self.budget.most(name) for name in BUDGETS}
        budget = Budget(kept["weeks"], kept["credits"], kept["hours"], kept["money"], self.budget.currency)
        empty = Constraints()
        others = {name: getattr(empty, name) for name in names if name not in BUDGETS}
        return replace(self, budget=budget, **others)

    def words(self, name: str) -> str:
        """A wish as people say it."""
        if name in BUDGETS:
            unit = {"credits": "ECTS", "money": self.budget.currency or "money"}.get(name, name)
            return f"at most {_plain(self.budget.most(name))} {unit}"
        value = getattr(self, name)
        names = sorted(one.rsplit("/", 1)[-1] for one in value) if isinstance(value, frozenset) else [str(value)]
        listed = ", ".join(names)
        return {
            "countries": f"only in {listed}",
            "languages": f"only in the languages {listed}",
            "modes": f"only {listed}",
            "providers": f"only from {listed}",
            "exclude": f"without {listed}",
            "max_level_jump": f"at most {listed} EQF levels up at a time",
            "confidence": f"evidence at least {listed}",
            "per_term": f"at most {_plain(self.per_term or 0)} ECTS a term",
        }[name]


def _plain(value: Amount) -> str:
    return f"{Decimal(str(value)).normalize():f}"


@dataclass(frozen=True, slots=True)
class Option:
    """One way to take a credential: which offer ("" where none is stated), its weeks and its price."""

    offer: str
    weeks: Decimal | None
    money: Decimal | None


def open_offers(book: RuleBook, one: Credential, wishes: Constraints) -> tuple[Offer, ...]:
    """The offers of a credential that have not ended and fit the wished places, languages and modes."""
    today = book.date.isoformat()
    return tuple(
        offer
        for offer in one.offers
        if (not offer.end or offer.end >= today)
        and _fits(wishes.countries, (offer.country or one.country,), wishes)
        and _fits(wishes.languages, offer.languages or one.languages, wishes)
        and _fits(wishes.modes, offer.modes or one.modes, wishes)
    )


def _fits(wanted: frozenset[str], stated: tuple[str, ...], wishes: Constraints) -> bool:
    known = [value for value in stated if value]
    return not wanted or bool(wanted.intersection(known)) or (not known and wishes.unknown_ok)


def option_of(offer: Offer, currency: str) -> Option:
    """Taking a credential by that offer; a price in another currency counts as not stated."""
    weeks = None if offer.weeks is None else Decimal(offer.weeks)
    return Option(offer.iri, weeks, offer.price if offer.currency == currency else None)


def term_of(day: str, start: datetime.date, weeks: int) -> int:
    """The number of the term (from 1) a day lies in; 0 or less before the start.

    >>> term_of("2026-07-02", datetime.date(2026, 1, 1), 26)
    2
    """
    return (datetime.date.fromisoformat(day) - start).days // (7 * weeks) + 1


def options(book: RuleBook, iri: str, wishes: Constraints, currency: str, terms: int) -> tuple[Option, ...]:
    """The ways to take a credential, without those that another beats in both weeks and money.

    In a timetable (of `terms` terms) an offer stands for the term in which it starts, so that none beats one of another
    term; what starts in none of the terms is no way.
    """
    one = book.credential(iri)
    offers = open_offers(book, one, wishes)
    batches: dict[int, list[Offer]] = {0: list(offers)}
    if wishes.per_term is not None and any(offer.start for offer in one.offers):
        batches = {}
        for offer in offers:
            term = term_of(offer.start, book.date, wishes.term_weeks) if offer.start else 0
            if 1 <= term <= terms:
                batches.setdefault(term, []).append(offer)
    kept = [option for batch in batches.values() for option in _unbeaten(batch, currency)]
    return tuple(sorted(kept, key=lambda option: option.offer)) or (Option("", None, None),)


def _unbeaten(offers: Iterable[Offer], currency: str) -> list[Option]:
    made = (option_of(offer, currency) for offer in reversed(list(offers)))
    found = {(option.weeks, option.money): option for option in made}
    return [option for pair, option in found.items() if not any(_beats(other, pair) for other in found)]


def is_as_good(one: Option, other: Option, units: Collection[str]) -> bool:
    """Whether the first way costs no more than the other in these units (of weeks and money), and states as much."""
    pairs = {"weeks": (one.weeks, other.weeks), "money": (one.money, other.money)}
    return all(
        mine is None if theirs is None else mine is not None and mine <= theirs
        for mine, theirs in (pairs[unit] for unit in units)
    )


def _beats(left: tuple[Decimal | None, Decimal | None], right: tuple[Decimal | None, Decimal | None]) -> bool:
    never = Decimal("Infinity")
    pairs = [(never if a is None else a, never if b is None else b) for a, b in zip(left, right, strict=True)]
    return left != right and all(a <= b for a, b in pairs)


def currency_of(book: RuleBook, wishes: Constraints, iris: frozenset[str]) -> str:
    """The currency prices are read in: the one asked for, else the most frequent among the offers."""
    if wishes.budget.currency:
        return wishes.budget.currency
    counts: dict[str, int] = {}
    for iri in iris:
        for offer in book.credential(iri).offers:
            if offer.price is not None and offer.currency:
                counts[offer.currency] = counts.get(offer.currency, 0) + 1
    return min(counts, key=lambda code: (-counts[code], code), default="")


def refuses_take(book: RuleBook, iri: str, wishes: Constraints) -> Reason | None:
    """Why the wishes leave out taking this credential, or None when it may be taken."""
    one = book.credential(iri)
    if iri in wishes.exclude or _is_by(one, wishes.exclude):
        return Reason("excluded", f"{book.label(iri)} is excluded", iri)
    if wishes.providers and not _is_by(one, wishes.providers):
        return Reason("provider-not-wished", f"{book.label(iri)} is not from the providers asked for", iri)
    if one.offers and not open_offers(book, one, wishes):
        return Reason("no-offer-fits", f"No open offer of {book.label(iri)} fits the wishes", iri)
    if not one.offers:
        for wanted, stated, what in (
            (wishes.countries, (one.country,), "country"),
            (wishes.languages, one.languages, "language"),
            (wishes.modes, one.modes, "form of participation"),
        ):
            if not _fits(wanted, stated, wishes):
                return Reason("place-not-wished", f"{book.label(iri)} does not state the {what} asked for", iri)
    return None


def _is_by(one: Credential, names: frozenset[str]) -> bool:
    own = {one.provider, *one.bodies, *(body.rsplit("/", 1)[-1] for body in one.bodies)} - {""}
    return bool(own & names) or bool({name.casefold() for name in own} & {name.casefold() for name in names})


def is_weaker(claim: str, least: str) -> bool:
    """Whether a kind of claim is weaker than the one asked for.

    >>> is_weaker("by-survey", "by-provider"), is_weaker("by-provider", "")
    (True, False)
    """
    rank = CLAIMS.index(claim) if claim in CLAIMS else len(CLAIMS) - 1
    return bool(least) and rank > CLAIMS.index(least)


def jumps_too_far(book: RuleBook, whole: str, member: str, wishes: Constraints) -> bool:
    """Whether counting `member` for `whole` climbs more EQF levels than wished."""
    if wishes.max_level_jump is None:
        return False
    above, below = book.credential(whole).level, book.credential(member).level
    if above is None or below is None:
        return not wishes.unknown_ok
    return above - below > wishes.max_level_jump
