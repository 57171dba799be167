"""The exact model of a plan: which way attains each credential, what is counted where, and what it costs.

One yes-or-no variable per way and per credential; a group's counted weight reaches its need when its way is used;
each attained credential has exactly one way. Circular support is cut by order variables, and only inside strongly
connected components: a threshold group may be filled partly from inside a circle and partly from outside, which
cuts over whole circles get wrong. What may be taken at the same time may stand at the same place of that order.

*Tracked* models have, besides, a variable for each member a group counts, so that side conditions can be stated on
what is counted. Without such conditions the smaller *plain* model gives the same plans.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from mcgraph.pathways.closure import close
from mcgraph.pathways.components import components
from mcgraph.pathways.conditions import Terms, amount, is_in_house, shared_groups, terms_of, whole_amount
from mcgraph.pathways.hypergraph import Hypergraph
from mcgraph.pathways.linear import Programme
from mcgraph.pathways.rulebook import RuleBook


@dataclass(slots=True)
class PlanModel:
    """The programme of one question, with the variables that stand for its parts.

    `fixed` are credentials attained for nothing; `way[rule]`, `have[credential]`, `use[group, member]` are variables.
    `held_names` are all that is held, whether or not it lies around the target.
    `relaxed` names side conditions (rule IRI, kind) that are left out, to find which of them stand in the way.
    """

    book: RuleBook
    graph: Hypergraph
    held: frozenset[int]
    target: int
    tracked: bool
    held_on: Mapping[str, str] = field(default_factory=dict)
    relaxed: frozenset[tuple[str, str]] = frozenset()
    held_names: frozenset[str] = frozenset()
    programme: Programme = field(default_factory=Programme)
    fixed: frozenset[int] = frozenset()
    way: dict[int, int] = field(default_factory=dict)
    have: dict[int, int] = field(default_factory=dict)
    use: dict[tuple[int, int], int] = field(default_factory=dict)
    place: dict[int, int] = field(default_factory=dict)
    circle: dict[int, int] = field(default_factory=dict)
    circle_size: dict[int, int] = field(default_factory=dict)
    possible: bool = True
    is_built: bool = False

    def build(self) -> PlanModel:
        """State everything but budgets and objective."""
        graph = self.graph
        self.is_built = True
        self.fixed = self.held if self.tracked else frozenset(close(graph, self.held).by)
        reach = close(graph, self.held, None)
        useful = self._useful(reach.by, reach.have)
        if self.target in self.fixed:
            return self
        if self.target not in reach.by:
            self.possible = False
            return self
        for one, rules in useful.items():
            self.have[one] = self.programme.binary()
            for rule in rules:
                self.way[rule] = self.programme.binary()
        self._find_circles(useful)
        for one, rules in useful.items():
            self.programme.row([*((self.way[rule], 1.0) for rule in rules), (self.have[one], -1.0)], 0.0, 0.0)
            for rule in rules:
                self._rule(rule)
        if self.tracked:
            for rule in self.way:
                self._not_beside_its_parts(rule)
        self.programme.row([(self.have[self.target], 1.0)], 1.0)
        return self

    def forbid(self, together: Iterable[int]) -> None:
        """Not all of these variables at once."""
        variables = set(together)
        self.programme.row([(one, 1.0) for one in sorted(variables)], high=len(variables) - 1.0)

    def _useful(self, reach: Mapping[int, int], weight: list[int]) -> dict[int, list[int]]:
        """Per credential that can matter, the ways that can be completed; found backwards from the target."""
        graph = self.graph
        found: dict[int, list[int]] = {}
        waiting = [self.target]
        while waiting:
            one = waiting.pop()
            if one in found or one in self.fixed or one not in reach:
                continue
            found[one] = [r for r in graph.ways[one] if all(weight[g] >= graph.need[g] for g in graph.groups_of[r])]
            for rule in found[one]:
                waiting.extend(member for g in graph.groups_of[rule] for member, _ in graph.members[g])
                waiting.extend(self._ordered_first(rule))
        return found

    def _ordered_first(self, rule: int) -> list[int]:
        position = self.graph.position
        return [position[name] for name in self.terms(rule).order if name in position]

    def terms(self, rule: int) -> Terms:
        """The side conditions of a way that are in force."""
        if not self.tracked or self.graph.is_take[rule]:
            return Terms(use="each")
        one = self.graph.rules[rule]
        dropped = {kind for iri, kind in self.relaxed if iri == one.iri}
        if not dropped:
            return terms_of(one)
        said = terms_of(one)
        return Terms(
            () if "excludes" in dropped else said.excludes,
            () if "order" in dropped else said.order,
            () if "recency-months" in dropped else said.recency,
            None if "recognised-share-cap" in dropped else said.cap,
            None if "residency-credits" in dropped else said.residency,
            "each" if "one-use" in dropped else said.use,
        )

    def _find_circles(self, useful: Mapping[int, Iterable[int]]) -> None:
        edges: dict[int, set[int]] = {one: set() for one in useful}
        for one, rules in useful.items():
            for rule in rules:
                members = {m for g in self.graph.groups_of[rule] for m, _ in self.graph.members[g] if m in edges}
                first = {m for m in self._ordered_first(rule) if m in edges}
                for member in (members | first) - {one}:
                    edges[member].add(one)
                for earlier in first:
                    edges[earlier] |= members - {earlier}
        for number, part in enumerate(components(edges)):
            if len(part) > 1:
                self.circle_size[number] = len(part)
                for one in part:
                    self.circle[one] = number
                    self.place[one] = self.programme.number(len(part) - 1)

    def _before(self, first: int, then: int, when: int, *, together: bool = False) -> None:
        """`first` comes before `then` where `when` is on, with it at the latest if `together`; inside circles only."""
        if first in self.circle and self.circle[first] == self.circle.get(then):
            size, least = float(self.circle_size[self.circle[first]]), 0.0 if together else 1.0
            self.programme.row([(self.place[then], 1.0), (self.place[first], -1.0), (when, -size)], least - size)

    def _rule(self, rule: int) -> None:
        for group in self.graph.groups_of[rule]:
            if self.tracked:
                self._tracked_group(rule, group)
            else:
                self._plain_group(rule, group)
        terms = self.terms(rule)
        if self.tracked and not self.graph.is_take[rule]:
            self._conditions(rule, terms)

    def _members(self, rule: int, group: int) -> list[tuple[int, int]]:
        """The members that can be counted; nothing supports itself."""
        head = self.graph.head[rule]
        return [
            (m, w) for m, w in self.graph.members[group] if m != head and (m in self.fixed or m in self.have)
        ]

    def _plain_group(self, rule: int, group: int) -> None:
        members = self._members(rule, group)
        left = self.graph.need[group] - sum(weight for member, weight in members if member in self.fixed)
        free = [(member, min(weight, left)) for member, weight in members if member not in self.fixed]
        if left <= 0:
            return
        head, way = self.graph.head[rule], self.way[rule]
        if sum(weight for _, weight in free) == left:
            for member, _ in free:
                self.programme.row([(self.have[member], 1.0), (way, -1.0)], 0.0)
                self._before(member, head, way, together=(group, member) in self.graph.together)
            return
        terms = [(way, -1.0)]
        for member, weight in free:
            terms.append((self._support(group, member, head, way), weight / left))
        self.programme.row(terms, 0.0)

    def _support(self, group: int, member: int, head: int, way: int) -> int:
        """The variable that stands for a member in a plain group: inside a circle one of its own."""
        if member not in self.circle or self.circle[member] != self.circle.get(head):
            return self.have[member]
        used = self.programme.binary()
        self.programme.row([(self.have[member], 1.0), (used, -1.0)], 0.0)
        self.programme.row([(way, 1.0), (used, -1.0)], 0.0)
        self._before(member, head, used, together=(group, member) in self.graph.together)
        return used

    def _tracked_group(self, rule: int, group: int) -> None:
        members, need = self._members(rule, group), self.graph.need[group]
        way, head = self.way[rule], self.graph.head[rule]
        every = sum(min(weight, need) for _, weight in members) == need
        terms = [(way, -1.0)]
        for member, weight in members:
            used = way if every else self.programme.binary()
            self.use[group, member] = used
            terms.append((used, min(weight, need) / need))
            if not every:
                self.programme.row([(way, 1.0), (used, -1.0)], 0.0)
            if member in self.have:
                self.programme.row([(self.have[member], 1.0), (used, -1.0)], 0.0)
                self._before(member, head, used, together=(group, member) in self.graph.together)
        if not every:
            self.programme.row(terms, 0.0)
        elif not members:
            self.programme.row([(way, 1.0)], 0.0, 0.0)

    # -- side conditions --------------------------------------------------------------------------------------

    def _counted(self, rule: int) -> dict[int, list[int]]:
        """Per member of a way the variables that count it, one per group."""
        found: dict[int, list[int]] = {}
        for group in self.graph.groups_of[rule]:
            for member, _ in self.graph.members[group]:
                if (group, member) in self.use:
                    found.setdefault(member, []).append(self.use[group, member])
        return found

    def _conditions(self, rule: int, terms: Terms) -> None:
        counted = self._counted(rule)
        self._one_use(rule, terms)
        self._excludes(rule, terms, counted)
        self._order(rule, terms, counted)
        self._recency(terms, counted)
        if terms.cap is not None or terms.residency:
            self._shares(rule, terms, counted)

    def _one_use(self, rule: int, terms: Terms) -> None:
        groups = self.graph.groups_of[rule]
        for name, places in shared_groups(self.graph.rules[rule], terms).items():
            member = self.graph.position[name]
            variables = [self.use[groups[p], member] for p in places if (groups[p], member) in self.use]
            if len(variables) > 1:
                self.programme.row([(one, 1.0) for one in variables], high=1.0)

    def _not_beside_its_parts(self, rule: int) -> None:
        """No member beside what counts it, nor two members that count the same part; deeper nesting is cut lazily."""
        terms = self.terms(rule)
        if terms.use == "each":
            return
        groups = self.graph.rules[rule].groups
        used = [
            (member, self.use[at, member])
            for at, group in zip(self.graph.groups_of[rule], groups, strict=True)
            if terms.use == "rule" or group.requirement == "credit-points"
            for member, _ in self.graph.members[at]
            if (at, member) in self.use
        ]
        parts = {member: self._counted_by(member) for member, _ in used}
        for number, (left, mine) in enumerate(used):
            for right, theirs in used[number + 1 :]:
                if left == right:
                    continue
                inside = [*parts[left].get(right, ()), *parts[right].get(left, ())]
                for variable in inside:
                    self.forbid((mine, theirs, variable))
                for part in parts[left].keys() & parts[right].keys():
                    for pair in product(parts[left][part], parts[right][part]):
                        self.forbid((mine, theirs, *pair))

    def _counted_by(self, member: int) -> dict[int, list[int]]:
        """Per part of a member's awards and recognitions the variables that count it there."""
        found: dict[int, list[int]] = {}
        for rule in self.graph.ways[member]:
            if rule in self.way and not self.graph.is_take[rule]:
                for part, variables in self._counted(rule).items():
                    found.setdefault(part, []).extend(variables)
        return found

    def _excludes(self, rule: int, terms: Terms, counted: Mapping[int, list[int]]) -> None:
        for name in terms.excludes:
            one = self.graph.position.get(name, -1)
            listed = any(name in group.members for group in self.graph.rules[rule].groups)
            if not listed:
                self._closed_to(rule, name)
                continue
            for mine in counted.get(one, ()):
                for other, theirs in counted.items():
                    for variable in theirs if other != one else ():
                        self._not_both(mine, variable)

    def _not_both(self, left: int, right: int) -> None:
        if left == right:
            self.programme.row([(left, 1.0)], high=0.0)
        else:
            self.programme.row([(left, 1.0), (right, 1.0)], high=1.0)

    def _closed_to(self, rule: int, name: str) -> None:
        one = self.graph.position.get(name, -1)
        if name in self.held_names:
            self.programme.row([(self.way[rule], 1.0)], high=0.0)
        elif one in self.have:
            self._not_both(self.way[rule], self.have[one])

    def _order(self, rule: int, terms: Terms, counted: Mapping[int, list[int]]) -> None:
        way = self.way[rule]
        for name in terms.order:
            first = self.graph.position.get(name, -1)
            if first not in self.have and first not in self.fixed:
                self.programme.row([(way, 1.0)], high=0.0)
                continue
            if first in self.have:
                self.programme.row([(self.have[first], 1.0), (way, -1.0)], 0.0)
                self._before(first, self.graph.head[rule], way)
            for member, variables in counted.items():
                if member == first:
                    continue
                for used in variables:
                    if self._gained_wrongly(first, member):
                        self.programme.row([(used, 1.0)], high=0.0)
                    self._before(first, member, used)

    def _gained_wrongly(self, first: int, then: int) -> bool:
        """Whether what is held already settles that `then` came before `first`."""
        if then not in self.held:
            return False
        if first not in self.held:
            return True
        days = [self.held_on.get(self.graph.names[one], "") for one in (first, then)]
        return all(days) and days[0] > days[1]

    def _recency(self, terms: Terms, counted: Mapping[int, list[int]]) -> None:
        """What is held and already too old is not counted; the rest is checked on the finished plan."""
        from mcgraph.pathways.timing import is_older

        for member, variables in counted.items():
            months = terms.months(self.graph.names[member])
            day = self.held_on.get(self.graph.names[member], "") if member in self.held else ""
            if months is not None and day and is_older(day, months, self.book.date):
                for used in variables:
                    self.programme.row([(used, 1.0)], high=0.0)

    def _shares(self, rule: int, terms: Terms, counted: Mapping[int, list[int]]) -> None:
        one = self.graph.rules[rule]
        recognised: list[tuple[int, float]] = []
        in_house: list[tuple[int, float]] = []
        for member, variables in counted.items():
            name = self.graph.names[member]
            points = float(amount(self.book, one, name))
            once = self.programme.binary()
            for used in variables:
                self.programme.row([(once, 1.0), (used, -1.0)], 0.0)
            self.programme.row([*((used, 1.0) for used in variables), (once, -1.0)], 0.0)
            ways = [self.way[w] for w in self.graph.ways[member] if w in self.way and self._is_recognition(w)]
            by_credit = any(name == who for group in one.groups for who, _ in group.recognised)
            if by_credit:
                recognised.append((once, points))
            elif ways:
                both = self.programme.binary()
                ons = [(w, 1.0) for w in ways]
                self.programme.row([(both, 1.0), (once, -1.0), *((w, -f) for w, f in ons)], -1.0)
                recognised.append((both, points))
            if not by_credit and is_in_house(self.book, one, name):
                in_house.append((self._own(once, ways), points))
        if terms.cap is not None:
            self.programme.row(recognised, high=float(terms.cap * whole_amount(self.book, one)) + 1e-9)
        if terms.residency:
            self.programme.row([*in_house, (self.way[rule], -float(terms.residency))], -1e-9)

    def _is_recognition(self, rule: int) -> bool:
        return self.graph.rules[rule].kind == "recognise"

    def _own(self, once: int, ways: Collection[int]) -> int:
        """A variable that is on only where the member is counted and not attained by recognition."""
        if not ways:
            return once
        own = self.programme.binary()
        self.programme.row([(once, 1.0), (own, -1.0)], 0.0)
        self.programme.row([(own, 1.0), *((way, 1.0) for way in ways)], high=1.0)
        return own
