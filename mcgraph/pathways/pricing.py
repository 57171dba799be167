"""What taking a credential costs, in the unit asked for; what is not stated is None, never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from mcgraph.errors import WrongUse
from mcgraph.model.credits import convert
from mcgraph.pathways.constraints import OBJECTIVES, Constraints, Option, currency_of, options
from mcgraph.pathways.route import PlanCost
from mcgraph.pathways.rulebook import RuleBook

By = str | Mapping[str, float]


@dataclass(slots=True)
class Pricing:
    """Prices of one question: in one currency and in one credit system.

    Other currencies count as not stated. Credit points of another system cost what a stated conversion says at most,
    so that a budget is kept for certain; where no source converts them they count as not stated.
    """

    book: RuleBook
    wishes: Constraints
    currency: str
    system: str
    terms: int = 0
    _options: dict[str, tuple[Option, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, book: RuleBook, wishes: Constraints, taken: Iterable[str], terms: int = 0) -> Pricing:
        """The prices for what may be taken, in the credit system of the book; `terms` are those of a timetable."""
        return cls(book, wishes, currency_of(book, wishes, frozenset(taken)), book.credit_unit, terms)

    def options(self, name: str) -> tuple[Option, ...]:
        """The ways to take a credential that differ in weeks or money, or in the term where there is a timetable."""
        if name not in self._options:
            self._options[name] = options(self.book, name, self.wishes, self.currency, self.terms)
        return self._options[name]

    def quickest(self, name: str) -> Option:
        """The way that takes the fewest weeks; one that states none counts as none."""
        return min(self.options(name), key=lambda option: (option.weeks or 0, option.offer))

    def amount(self, name: str, unit: str, option: Option) -> Decimal | None:
        """What taking `name` by `option` costs in `unit`, or None where no source states it."""
        one = self.book.credential(name)
        if unit == "credentials":
            return Decimal(1)
        if unit == "credits":
            return None if one.credits is None else _at_most(max(one.credits, Decimal(0)), one.unit, self.system)
        if unit == "hours":
            return None if one.hours is None else max(one.hours, Decimal(0))
        return option.weeks if unit == "weeks" else option.money

    def provider(self, name: str) -> str:
        """Who offers a credential, or nothing."""
        one = self.book.credential(name)
        return one.provider or next(iter(one.bodies), "")

    def total(self, unit: str, chosen: Mapping[str, Option]) -> Decimal:
        """The sum over what is taken; what is not stated counts 0."""
        if unit == "providers":
            return Decimal(len({self.provider(name) for name in chosen} - {""}))
        return sum((self.amount(name, unit, option) or Decimal(0) for name, option in chosen.items()), Decimal(0))

    def value(self, weights: Mapping[str, Decimal], chosen: Mapping[str, Option]) -> Decimal:
        """The weighted sum of the units."""
        return sum((weight * self.total(unit, chosen) for unit, weight in weights.items()), Decimal(0))

    def cost(self, plain: PlanCost, chosen: Mapping[str, Option]) -> PlanCost:
        """`plain` with weeks, money and providers."""
        from dataclasses import replace

        missing = {
            unit: sum(self.amount(name, unit, option) is None for name, option in chosen.items())
            for unit in ("weeks", "money")
        }
        return replace(
            plain,
            weeks=self.total("weeks", chosen),
            weeks_unknown=missing["weeks"],
            money=self.total("money", chosen),
            money_unknown=missing["money"],
            currency=self.currency,
            providers=int(self.total("providers", chosen)),
        )


def _at_most(amount: Decimal, system: str, unit: str) -> Decimal | None:
    """An amount in another credit system, at the upper end; None where no source converts, or none is stated."""
    if system == unit:
        return amount
    found = convert(system, unit) if system else None
    return None if found is None else found.amounts(amount)[1]


def weights_of(by: By) -> dict[str, Decimal]:
    """An objective as weights per unit.

    >>> weights_of("cost"), weights_of({"money": 1, "weeks": 0})
    ({'money': Decimal('1')}, {'money': Decimal('1')})

    Raises `WrongUse` for an unknown unit, a negative weight, or weights that are all 0.
    """
    said = {by: 1.0} if isinstance(by, str) else dict(by)
    said = {"money" if unit == "cost" else unit: value for unit, value in said.items()}
    for unit, value in said.items():
        if unit not in OBJECTIVES:
            raise WrongUse(f"Plans cannot be ranked by «{unit[:40]}»", fix=f"Use one of: {', '.join(OBJECTIVES)}.")
        if not 0 <= value < float("inf"):
            raise WrongUse(f"The weight {value} of {unit} cannot be meant", fix="Give a number of 0 or more.")
    found = {unit: Decimal(str(value)) for unit, value in said.items() if value > 0}
    if not found:
        raise WrongUse("All weights are 0, so every plan would be as good as any other", fix="Give one above 0.")
    return found


def order_of(weights: Mapping[str, Decimal]) -> tuple[dict[str, Decimal], ...]:
    """The objectives in their order: what was asked for, then fewest new credentials; today's order by default."""
    one = Decimal(1)
    if tuple(weights) == ("credentials",):
        return dict(weights), {"credits": one}, {"hours": one}
    if "credentials" in weights:
        return (dict(weights),)
    return dict(weights), {"credentials": one}
