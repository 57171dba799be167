"""Class expressions at work on columns: for each record whether it belongs, provably does not, or is undecided.

The world is open. A value that is not stated is unknown, so `yes` and `no` are two separate columns of truth values
and most records have neither:

    some value in F     yes: a stated value is in F;   no: the list of values is complete and each is outside F
    only values in F    yes: complete, each in F;       no: a stated value is outside F
    this individual     yes: the same IRI;              no: the ontology says that the two are different things
    A disjoint with B   no to A where yes to B

A record for which both follow contradicts itself; nothing then follows about that class, and it is kept in
`contradictions`. What is decided here, HermiT decides alike (a test holds both to it). HermiT may decide more where a
code of no known list is shared: from one record it learns what the code cannot be, and applies it to the next. Rules
judge each record by what is stated of it, so that nobody's record changes another's verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from mcgraph.errors import RuleBroken
from mcgraph.model.namespaces import shorten
from mcgraph.reasoning.expressions import (
    And,
    Axioms,
    Count,
    Expression,
    Named,
    Not,
    OneOf,
    Only,
    Or,
    Property,
    Some,
    Term,
    Thing,
)
from mcgraph.reasoning.facts import Facts
from mcgraph.reasoning.literals import DataRange, Literal, holds, same

Mask = np.ndarray[tuple[int], np.dtype[np.bool_]]
Places = np.ndarray[tuple[int], np.dtype[np.uint32]]
_VALUE = ("o", "kind", "datatype", "lang")


@dataclass(frozen=True, slots=True)
class Truth:
    """For each individual whether it provably belongs (`yes`), and whether it provably does not (`no`)."""

    yes: Mask
    no: Mask

    @classmethod
    def of(cls, yes: Mask, no: Mask | None = None) -> Truth:
        """The two columns; nothing is denied where `no` is left out."""
        return cls(yes, np.zeros(len(yes), dtype=np.bool_) if no is None else no)


@dataclass(frozen=True, slots=True, eq=False)
class Domain:
    """Individuals in a fixed order: `iris` are distinct, `key` tells domains apart."""

    iris: pl.Series
    key: int

    def __len__(self) -> int:
        return len(self.iris)

    def numbered(self) -> pl.DataFrame:
        """The individuals (`s`) with their numbers (`i`)."""
        return pl.DataFrame({"s": self.iris}).with_row_index("i")


@dataclass(slots=True, eq=False)
class Edges:
    """The stated values of one property of one domain: whose they are (`at`), and each value as written."""

    at: Places
    values: pl.DataFrame
    key: int
    _codes: Places | None = None
    _distinct: pl.DataFrame | None = None
    _named: Domain | None = None

    def distinct(self) -> tuple[pl.DataFrame, Places]:
        """The different values, and for each edge which of them it has."""
        if self._codes is None or self._distinct is None:
            self._distinct = self.values.unique(maintain_order=True).with_row_index("code")
            joined = self.values.join(self._distinct, on=_VALUE, how="left", maintain_order="left")
            self._codes = joined.get_column("code").to_numpy()
        return self._distinct, self._codes

    def named(self, reader: Reader) -> Domain:
        """The different individuals among the values, in the order of `distinct`."""
        if self._named is None:
            distinct, _ = self.distinct()
            self._named = reader.domain(distinct.filter(pl.col("kind") == "iri").get_column("o").alias("s"))
        return self._named


@dataclass(slots=True)
class Reader:
    """Columns that were read once, for as many thresholds as are tried."""

    facts: Facts
    _edges: dict[tuple[Property, int], Edges] = field(default_factory=dict)
    _columns: dict[str, pl.DataFrame] = field(default_factory=dict)
    _domains: dict[int, Domain] = field(default_factory=dict)
    _typed: dict[tuple[frozenset[str], int], Mask] = field(default_factory=dict)

    def domain(self, iris: pl.Series) -> Domain:
        """A domain of these individuals."""
        made = Domain(iris, len(self._domains))
        self._domains[made.key] = made
        return made

    def edges(self, on: Property, domain: Domain) -> Edges:
        """The values of a property for the individuals of a domain."""
        found = self._edges.get((on, domain.key))
        if found is None:
            frame = self._column(on.iri)
            if on.inverse:
                frame = frame.filter(pl.col("kind") == "iri").select(
                    pl.col("o").alias("s"),
                    pl.col("s").alias("o"),
                    pl.lit("iri").alias("kind"),
                    pl.lit("").alias("datatype"),
                    pl.lit("").alias("lang"),
                )
            joined = frame.join(domain.numbered(), on="s", how="inner", maintain_order="left")
            found = Edges(joined.get_column("i").to_numpy(), joined.select(_VALUE), len(self._edges))
            self._edges[on, domain.key] = found
        return found

    def _column(self, predicate: str) -> pl.DataFrame:
        if predicate not in self._columns:
            self._columns[predicate] = self.facts.column(predicate)
        return self._columns[predicate]

    def forget_columns(self) -> None:
        """Give back whole columns that every domain has taken its part of."""
        self._columns.clear()

    def typed(self, classes: Iterable[str], domain: Domain) -> Mask:
        """Which individuals are stated to be members of one of the classes."""
        key = frozenset(classes), domain.key
        if key not in self._typed:
            subjects = self.facts.typed(sorted(key[0])).get_column("s")
            self._typed[key] = domain.iris.is_in(subjects.unique().implode()).to_numpy()
        return self._typed[key]


@dataclass(slots=True)
class Evaluator:
    """One set of axioms on what a reader reads. `closed` are the properties whose stated values are all there are."""

    axioms: Axioms
    closed: frozenset[str]
    reader: Reader
    contradictions: dict[tuple[str, int], Mask] = field(default_factory=dict)
    _known: dict[tuple[Expression, int], Truth] = field(default_factory=dict)
    _own: dict[tuple[str, int], Truth] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)

    def truth(self, expression: Expression, domain: Domain) -> Truth:
        """Which individuals of a domain belong to a class expression.

        Raises `RuleBroken` where classes are defined in a circle.
        """
        key = expression, domain.key
        if key not in self._known:
            self._known[key] = self._truth(expression, domain)
        return self._known[key]

    def _truth(self, expression: Expression, domain: Domain) -> Truth:
        size = len(domain)
        if isinstance(expression, Named):
            return self._named(expression.iri, domain)
        if isinstance(expression, Thing):
            return Truth.of(np.ones(size, dtype=np.bool_))
        if isinstance(expression, And):
            return _all([self.truth(part, domain) for part in expression.parts], size)
        if isinstance(expression, Or):
            return _any([self.truth(part, domain) for part in expression.parts], size)
        if isinstance(expression, Not):
            inner = self.truth(expression.part, domain)
            return Truth(inner.no, inner.yes)
        if isinstance(expression, OneOf):
            return self._among(expression.members, domain)
        if isinstance(expression, DataRange):
            return Truth.of(np.zeros(size, dtype=np.bool_))
        return self._restriction(expression, domain)

    def _named(self, iri: str, domain: Domain) -> Truth:
        own = self._own_truth(iri, domain)
        no = own.no.copy()
        for other in sorted(self.axioms.disjoint.get(iri, ())):
            no |= self._own_truth(other, domain).yes
        both = own.yes & no
        if both.any():
            self.contradictions[iri, domain.key] = both
        return Truth(own.yes & ~both, no & ~both)

    def _own_truth(self, iri: str, domain: Domain) -> Truth:
        """What follows about a class from statements and from its own definition, disjoint classes apart."""
        key = iri, domain.key
        if key in self._own:
            return self._own[key]
        if iri in self._open:
            circle = " → ".join(shorten(name) for name in (*self._open[self._open.index(iri) :], iri))
            raise RuleBroken(f"the ontology defines classes in a circle: {circle}")
        self._open.append(iri)
        try:
            stated = self.axioms.stated_as(iri)
            yes = self.reader.typed(stated, domain).copy() if stated else np.zeros(len(domain), dtype=np.bool_)
            no = np.zeros(len(domain), dtype=np.bool_)
            for definition in self.axioms.equivalent.get(iri, ()):
                found = self.truth(definition, domain)
                yes |= found.yes
                no |= found.no
            for over in self.axioms.above.get(iri, ()):
                no |= self.truth(over, domain).no
        finally:
            self._open.pop()
        self._own[key] = Truth(yes, no)
        return self._own[key]

    def _among(self, members: tuple[Term, ...], domain: Domain) -> Truth:
        names = [one for one in members if isinstance(one, str)]
        yes = domain.iris.is_in(names).to_numpy()
        return Truth(yes, domain.iris.is_in(self._different_from(names)).to_numpy() & ~yes)

    def _different_from(self, names: list[str]) -> list[str]:
        """The individuals that are known to be none of these."""
        groups = [frozenset[str]().union(*(g for g in self.axioms.different if name in g)) for name in names]
        return sorted(frozenset.intersection(*groups) - set(names)) if groups else []

    def _restriction(self, expression: Some | Only | Count, domain: Domain) -> Truth:
        edges = self.reader.edges(expression.on, domain)
        size = len(domain)
        inside = self._values(expression.filler, edges)
        closed = expression.on.iri in self.closed and not expression.on.inverse
        stated = _marked(edges.at, None, size) if closed else np.zeros(size, dtype=np.bool_)
        if isinstance(expression, Some):
            return Truth(_marked(edges.at, inside.yes, size), stated & ~_marked(edges.at, ~inside.no, size))
        if isinstance(expression, Only):
            return Truth(stated & ~_marked(edges.at, ~inside.yes, size), _marked(edges.at, inside.no, size))
        return self._count(expression, edges, inside, stated, size)

    def _count(self, wanted: Count, edges: Edges, inside: Truth, stated: Mask, size: int) -> Truth:
        """At least n and at most n; values count as several only where they are known to be different."""
        sure = self._known_different(edges, inside.yes, size)
        most = np.bincount(edges.at[~inside.no], minlength=size)
        yes = np.ones(size, dtype=np.bool_) if wanted.least == 0 else sure >= wanted.least
        no = np.zeros(size, dtype=np.bool_) if wanted.least == 0 else stated & (most < wanted.least)
        if wanted.most is not None:
            yes &= stated & (most <= wanted.most)
            no |= sure > wanted.most
        return Truth(yes, no)

    def _known_different(self, edges: Edges, inside: Mask, size: int) -> Places:
        """Per individual a number of values that are pairwise different for sure (a lower bound)."""
        counts = np.zeros(size, dtype=np.uint32)
        taken: dict[int, list[Term]] = {}
        distinct, codes = edges.distinct()
        terms = [_term_of(*row) for row in distinct.select(_VALUE).iter_rows()]
        for at, code in zip(edges.at[inside].tolist(), codes[inside].tolist(), strict=True):
            chosen = taken.setdefault(at, [])
            if all(self._differ(terms[code], one) for one in chosen):
                chosen.append(terms[code])
                counts[at] += 1
        return counts

    def _differ(self, a: Term, b: Term) -> bool:
        if isinstance(a, Literal) or isinstance(b, Literal):
            return isinstance(a, Literal) and isinstance(b, Literal) and same(a, b) is False
        return any(a in group and b in group for group in self.axioms.different) and a != b

    def _values(self, filler: Expression, edges: Edges) -> Truth:
        """For each edge whether its value lies in the filler."""
        if isinstance(filler, Thing):
            return Truth.of((edges.values.get_column("kind") == "iri").to_numpy())
        if isinstance(filler, DataRange) and not filler.facets and filler.datatype.endswith("#Literal"):
            return Truth.of((edges.values.get_column("kind") == "literal").to_numpy())
        _, codes = edges.distinct()
        found = self._values_once(filler, edges)
        return Truth(found.yes[codes], found.no[codes])

    def _values_once(self, filler: Expression, edges: Edges) -> Truth:
        """The same for each different value."""
        distinct, _ = edges.distinct()
        size = distinct.height
        if isinstance(filler, And):
            return _all([self._values_once(part, edges) for part in filler.parts], size)
        if isinstance(filler, Or):
            return _any([self._values_once(part, edges) for part in filler.parts], size)
        if isinstance(filler, Not):
            inner = self._values_once(filler.part, edges)
            return Truth(inner.no, inner.yes)
        literal = (distinct.get_column("kind") == "literal").to_numpy()
        yes, no = np.zeros(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
        if isinstance(filler, DataRange | OneOf) and literal.any():
            for i in np.flatnonzero(literal).tolist():
                told = _told(filler, Literal(*distinct.select("o", "datatype", "lang").row(i)))
                yes[i], no[i] = told is True, told is False
        if isinstance(filler, Thing):
            yes |= ~literal
        elif not isinstance(filler, DataRange) and not literal.all():
            inner = self.truth(filler, edges.named(self.reader))
            yes[~literal], no[~literal] = inner.yes, inner.no
        return Truth(yes, no)


def _told(filler: DataRange | OneOf, literal: Literal) -> bool | None:
    if isinstance(filler, DataRange):
        return holds(filler, literal)
    said = [same(one, literal) for one in filler.members if isinstance(one, Literal)]
    if True in said:
        return True
    return False if said and None not in said else None


def _term_of(o: str, kind: str, datatype: str, lang: str) -> Term:
    return o if kind == "iri" else Literal(o, datatype, lang)


def _marked(at: Places, where: Mask | None, size: int) -> Mask:
    """Which individuals have an edge for which `where` is true."""
    marks = np.zeros(size, dtype=np.bool_)
    marks[at if where is None else at[where]] = True
    return marks


def _all(parts: list[Truth], size: int) -> Truth:
    yes, no = np.ones(size, dtype=np.bool_), np.zeros(size, dtype=np.bool_)
    for part in parts:
        yes &= part.yes
        no |= part.no
    return Truth(yes, no)


def _any(parts: list[Truth], size: int) -> Truth:
    yes, no = np.zeros(size, dtype=np.bool_), np.ones(size, dtype=np.bool_)
    for part in parts:
        yes |= part.yes
        no &= part.no
    return Truth(yes, no)
