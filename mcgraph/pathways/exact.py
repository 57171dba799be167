"""Proven plans: the exact model solved by HiGHS, plan after plan, each held to what the rules ask for in time.

What is linear is stated once. Recency, expiry and parts counted beside their whole are checked on each optimum; where
they fail, the few countings that cannot stand together are cut off and the model is solved again, so that the optimum
that is returned is one of all sound plans.
"""

from __future__ import annotations

import math
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from mcgraph.pathways.conditions import terms_of
from mcgraph.pathways.constraints import BUDGETS, Constraints, Option, is_as_good
from mcgraph.pathways.double_use import double_use
from mcgraph.pathways.hypergraph import Hypergraph
from mcgraph.pathways.linear import Programme, Solution
from mcgraph.pathways.milp_model import PlanModel
from mcgraph.pathways.pricing import Pricing
from mcgraph.pathways.route import Step
from mcgraph.pathways.rule import Rule
from mcgraph.pathways.rulebook import RuleBook
from mcgraph.pathways.timing import Counting, conflict
from mcgraph.pathways.trace import cautions, conversions, trace

Objectives = tuple[Mapping[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class ExactPlan:
    """The steps of one plan, the option by which each credential is taken, and what is proven of its value."""

    steps: tuple[Step, ...]
    chosen: Mapping[str, Option]
    value: Decimal
    bound: Decimal
    proven: bool


class NeedsTracking(Exception):  # not an error: the question is asked again with the larger model
    """A plain model met a plan in which it matters what is counted where."""


@dataclass(slots=True)
class Solver:
    """One question in the making: the model with its budgets and objectives, and the plans cut off so far."""

    model: PlanModel
    pricing: Pricing
    objectives: Objectives
    deadline: float
    wishes: Constraints
    picks: dict[str, tuple[tuple[Option, int], ...]] = field(default_factory=dict)
    seats: dict[str, int] = field(default_factory=dict)
    rounds: int = 0
    asked: int = 0
    incumbent: ExactPlan | None = None
    on: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls,
        book: RuleBook,
        graph: Hypergraph,
        held: frozenset[int],
        target: int,
        *,
        wishes: Constraints,
        objectives: Objectives,
        seconds: float,
        tracked: bool,
        relaxed: frozenset[tuple[str, str]] = frozenset(),
        held_names: frozenset[str] = frozenset(),
        terms: int = 0,
    ) -> Solver:
        """The question as the wishes put it; the model is built where the quicker search leaves it open."""
        names = [graph.names[head] for head, take in zip(graph.head, graph.is_take, strict=True) if take]
        model = PlanModel(book, graph, held, target, tracked, wishes.held_on, relaxed, held_names)
        return cls(model, Pricing.of(book, wishes, names, terms), objectives, time.monotonic() + seconds, wishes)

    def build(self) -> None:
        """State the model, complete with what the wishes ask for."""
        if self.model.is_built:
            return
        self.model.build()
        self._offer_options(self.wishes)
        self._keep_budgets(self.wishes)
        self._seat_providers()

    @property
    def programme(self) -> Programme:
        """The programme of the model."""
        return self.model.programme

    def _takes(self) -> Iterator[tuple[str, int]]:
        """What may be taken, with the variable that says it is."""
        graph = self.model.graph
        for rule, variable in self.model.way.items():
            if graph.is_take[rule]:
                yield graph.names[graph.head[rule]], variable

    def _offer_options(self, wishes: Constraints) -> None:
        """Where weeks or money matter, a variable for each option that differs in them; else the one that will do.

        Where something expires, that is the quickest.
        """
        graph, book = self.model.graph, self.model.book
        expires = any(book.credential(name).validity_months is not None for name in graph.names)
        expires = expires or any(terms_of(rule).recency for rule in graph.rules if rule.kind == "stack")
        matter = {unit for weights in self.objectives for unit in weights} & {"weeks", "money"}
        matter |= {unit for unit in ("weeks", "money") if wishes.budget.most(unit) is not None}
        for name, way in list(self._takes()):
            one = self.pricing.quickest(name) if expires else self.pricing.options(name)[0]
            options = self.pricing.options(name) if matter else (one,)
            if len(options) == 1:
                self.picks[name] = ((options[0], way),)
                continue
            self.picks[name] = tuple((option, self.programme.binary()) for option in options)
            self.programme.row([*((v, 1.0) for _, v in self.picks[name]), (way, -1.0)], 0.0, 0.0)

    def _keep_budgets(self, wishes: Constraints) -> None:
        for unit in BUDGETS:
            most = wishes.budget.most(unit)
            if most is None:
                continue
            self.programme.row(self.cost({unit: Decimal(1)}).items(), high=float(most) + 1e-7)
            for name, picks in self.picks.items():
                for option, variable in picks:
                    if self.pricing.amount(name, unit, option) is None and not wishes.unknown_ok:
                        self.programme.row([(variable, 1.0)], high=0.0)

    def _seat_providers(self) -> None:
        if not any("providers" in weights for weights in self.objectives):
            return
        for name, way in self._takes():
            provider = self.pricing.provider(name)
            if provider:
                seat = self.seats.setdefault(provider, self.programme.binary() if provider not in self.seats else 0)
                self.programme.row([(seat, 1.0), (way, -1.0)], 0.0)

    def cost(self, weights: Mapping[str, Decimal]) -> dict[int, float]:
        """An objective as factors of variables."""
        found: dict[int, float] = {}
        for unit, weight in weights.items():
            if unit == "providers":
                found |= {seat: found.get(seat, 0.0) + float(weight) for seat in self.seats.values()}
                continue
            for name, picks in self.picks.items():
                for option, variable in picks:
                    amount = self.pricing.amount(name, unit, option) or Decimal(0)
                    found[variable] = found.get(variable, 0.0) + float(weight * amount)
        return found

    def next_plan(self) -> tuple[ExactPlan | None, str]:
        """The best plan that is not cut off yet, and how the search ended: optimal, time, infeasible or failed."""
        self.asked += 1
        if self.asked == 1 and (found := self._search()) is not None:
            return found
        plan, status = self._next_by_model()
        return self._better_known(plan, status)

    def _search(self) -> tuple[ExactPlan | None, str] | None:
        """The first plan by the search that needs no model; None where it does not settle the question."""
        from mcgraph.pathways import paid_once

        model = self.model
        if self.wishes.stated_budgets() or model.relaxed or not paid_once.is_worth_it(model.graph):
            return None
        left = 0.6 * self.seconds_left
        parts = (model.book, model.graph, model.held, model.target, self.pricing, self.objectives)
        start = time.monotonic()
        found = paid_once.cheapest_plan(*parts, left)
        # Compiling its loops, once per installation, is not searching: the model keeps its share of the time.
        self.deadline += max(0.0, time.monotonic() - start - left)
        if found is None:
            return None
        if found.steps is None:
            return (None, "infeasible") if found.complete else None
        rules = self.rules(found.steps)
        weeks = {name: option.weeks for name, option in found.chosen.items()}
        if any(terms_of(rule).binds for rule in rules.values() if rule.kind != "take") or (
            conflict(model.book, found.steps, rules, model.held_on, weeks)
        ):
            return None
        value = self.pricing.value(self.objectives[0], found.chosen)
        low = value if found.complete else min(value, self._rounded_up(found.bound))
        self.incumbent = ExactPlan(found.steps, found.chosen, value, low, found.complete)
        return (self.incumbent, "optimal") if found.complete else None

    def _better_known(self, plan: ExactPlan | None, status: str) -> tuple[ExactPlan | None, str]:
        """What the model ended with, or the plan of the search where that is better; bounds of both count."""
        known = self.incumbent
        if known is None or self.asked > 1 or (plan is not None and plan.proven):
            return plan, status
        if plan is None or known.value <= plan.value:
            low = known.bound if plan is None else max(known.bound, plan.bound)
            return replace(known, bound=min(low, known.value)), "time"
        return replace(plan, bound=min(plan.value, max(known.bound, plan.bound))), status

    def _next_by_model(self) -> tuple[ExactPlan | None, str]:
        self.build()
        model = self.model
        if not model.possible:
            return None, "infeasible"
        if model.target in model.fixed:
            steps = trace(model.book, model.graph, model.held, (), [model.target])
            if self._wrong(steps, Solution("optimal", (), 0.0, 0.0, 0.0))[0]:
                raise NeedsTracking
            return ExactPlan(steps, {}, Decimal(0), Decimal(0), True), "optimal"
        while True:
            self.rounds += 1
            # The first objective alone until its optimum is sound: the others are settled among sound plans.
            first = self.programme.minimise(self._factors(self.objectives[0]), self.seconds_left)
            if first.values is None:
                return None, first.status
            if self._cut_wrong(first):
                continue
            solution, bound = self._solve_in_order(first)
            if not self._cut_wrong(solution):
                return self._plan(self._steps(solution), solution, bound), solution.status

    def _cut_wrong(self, solution: Solution) -> bool:
        """Whether a solution counts what cannot stand together; that is then forbidden."""
        steps = self._steps(solution)
        wrong, hangs_on_time = self._wrong(steps, solution)
        if not wrong:
            return False
        if not self.model.tracked:
            raise NeedsTracking
        variables = {self._variable(one) for one in wrong}
        # What expires or must be recent may stand beside the same things when one of them is learnt more quickly.
        chosen = self._chosen(steps, solution) if hangs_on_time else {}
        slow = [offers for name, option in chosen.items() if (offers := self._no_quicker(name, option))]
        learnt = (one for each in slow for one in each)
        self.programme.row(((one, 1.0) for one in (*sorted(variables), *learnt)), high=len(variables) + len(slow) - 1.0)
        return True

    def _no_quicker(self, name: str, chosen: Option) -> list[int]:
        """The variables of the offers that take at least as long as the chosen one; [] where none is quicker."""
        picks = self.picks[name]
        found = [variable for option, variable in picks if (option.weeks or 0) >= (chosen.weeks or 0)]
        return found if len(found) < len(picks) else []

    def _factors(self, weights: Mapping[str, Decimal]) -> dict[int, float]:
        return {variable: value for variable, value in self.cost(weights).items() if value}

    @property
    def seconds_left(self) -> float:
        """How long the search may still take."""
        return self.deadline - time.monotonic()

    def _solve_in_order(self, best: Solution) -> tuple[Solution, float]:
        """The further objectives, each among the best of those before it; the bound is that of the first."""
        mark, bound = len(self.programme.low), best.bound
        costs = self._factors(self.objectives[0])
        for weights in self.objectives[1:]:
            if not best.proven:
                break
            self.programme.row(costs.items(), high=best.objective + 1e-6 * max(1.0, abs(best.objective)))
            costs = self._factors(weights)
            if not costs:
                continue
            found = self.programme.minimise(costs, self.seconds_left)
            if found.values is None:
                best = Solution("time", best.values, best.objective, best.bound, best.seconds)
            else:
                best = found
        self.programme.drop_rows(mark)
        return best, bound

    def _plan(self, steps: tuple[Step, ...], solution: Solution, bound: float) -> ExactPlan:
        chosen = self._chosen(steps, solution)
        value = self.pricing.value(self.objectives[0], chosen)
        low = value if solution.proven else min(value, self._rounded_up(Decimal(repr(bound))))
        return ExactPlan(steps, chosen, value, low, solution.proven)

    def _rounded_up(self, bound: Decimal) -> Decimal:
        """A bound of whole numbers is a whole number."""
        weights = self.objectives[0]
        if tuple(weights) in (("credentials",), ("providers",)) and all(w == 1 for w in weights.values()):
            return Decimal(max(0, math.ceil(bound - Decimal("1e-6"))))
        return max(Decimal(0), bound.quantize(Decimal("0.000001")))

    def _chosen(self, steps: tuple[Step, ...], solution: Solution) -> dict[str, Option]:
        taken = {step.credential for step in steps if step.kind == "take"}
        return {name: self._option(name, solution) for name in sorted(taken)}

    def _option(self, name: str, solution: Solution) -> Option:
        picks = self.picks[name]
        return next((option for option, variable in picks if solution.is_on(variable)), picks[0][0])

    def _wrong(self, steps: tuple[Step, ...], solution: Solution) -> tuple[tuple[Counting, ...], bool]:
        """Countings of a solution that cannot stand together, () for a sound one; and whether time is why."""
        model, rules = self.model, self.rules(steps)
        if spent := double_use(steps, rules, model.relaxed):
            return spent, False
        weeks = {name: option.weeks for name, option in self._chosen(steps, solution).items()}
        return conflict(model.book, steps, rules, model.held_on, weeks, model.relaxed), True

    def rules(self, steps: tuple[Step, ...]) -> dict[str, Rule]:
        """The rule of each step, by credential."""
        return {step.credential: self._way_of(step) for step in steps}

    def _way_of(self, step: Step) -> Rule:
        graph = self.model.graph
        ways = (graph.rules[rule] for rule in graph.ways[graph.position[step.credential]])
        return next(rule for rule in ways if (rule.iri, rule.kind) == (step.rule, step.kind))

    def _variable(self, counting: Counting) -> int:
        whole, place, member = counting
        graph, model = self.model.graph, self.model
        for rule in graph.ways[graph.position[whole]]:
            if rule in self.on and place < len(graph.groups_of[rule]):
                return model.use[graph.groups_of[rule][place], graph.position[member]]
        raise KeyError(counting)

    def _steps(self, solution: Solution) -> tuple[Step, ...]:
        model, graph = self.model, self.model.graph
        self.on = frozenset(rule for rule, variable in model.way.items() if solution.is_on(variable))
        if model.tracked:
            from mcgraph.pathways.derivation import derive

            return derive(model, solution, self.on)
        takes = [graph.head[rule] for rule in self.on if graph.is_take[rule]]
        steps = trace(model.book, graph, model.held, takes, [model.target])
        return tuple(_with_cautions(model.book, step, self._way_of(step)) for step in steps)

    def forbid_taking(self, name: str) -> None:
        """Want plans that do without taking a credential."""
        self.build()
        self.programme.row([(dict(self._takes())[name], 1.0)], high=0.0)

    def cut_countings(self, steps: tuple[Step, ...], by: Mapping[str, Option], units: Collection[str]) -> bool:
        """Want another plan, or this one with something else counted, or taken by other offers than those of `by`.

        False where it counts nothing and `by` names nothing. What is cut off is no loss: a plan that counts all this
        and more can do without the more, and offers that are as good in `units` have been tried with it.
        """
        if not by and not any(state.counted for step in steps for state in step.groups):
            return False
        if not self.model.tracked:
            raise NeedsTracking
        self.build()
        graph, found = self.model.graph, []
        for step in steps:
            way = self._way_of(step)
            rule = next(at for at in graph.ways[graph.position[step.credential]] if graph.rules[at] is way)
            for group, state in zip(graph.groups_of[rule], step.groups, strict=True):
                found += [self.model.use[group, graph.position[member]] for member in state.counted]
        counted = set(found)
        offers = [v for name, mine in by.items() for o, v in self.picks[name] if is_as_good(o, mine, units)]
        # Of the ways to take a credential at most one is chosen.
        self.programme.row([(one, 1.0) for one in (*sorted(counted), *offers)], high=len(counted) + len(by) - 1.0)
        return True

    def cut_off(self, taken: frozenset[str], differ: int = 1) -> bool:
        """Want a plan that leaves out at least `differ` of these; False where there is nothing to leave out."""
        if not taken:
            return False
        self.build()
        ways = dict(self._takes())
        if not self.model.tracked and not taken <= ways.keys():
            # A plain model has no way for what is attained anyhow; a plan may need it to spend no credit twice.
            raise NeedsTracking
        left_out = min(max(1, differ), len(taken))
        self.programme.row([(ways[name], 1.0) for name in sorted(taken)], high=len(taken) - float(left_out))
        return True


def _with_cautions(book: RuleBook, step: Step, rule: Rule) -> Step:
    """The step with what a reader must know of its rule when side conditions were checked."""
    return replace(step, cautions=(*cautions(book, rule, True), *conversions(rule, step.groups)))
