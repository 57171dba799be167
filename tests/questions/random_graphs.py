"""Small random graphs and queries over them, for engines that have to agree."""

from __future__ import annotations

import random
from collections.abc import Callable

import polars as pl
import pyoxigraph as ox

XSD = "http://www.w3.org/2001/XMLSchema#"
NODES = [f"urn:n{i}" for i in range(7)]
PROPERTIES = [f"urn:p{i}" for i in range(4)]
LITERALS = [
    ("a", "", XSD + "string"), ("b", "", XSD + "string"), ("é", "", XSD + "string"), ("a", "en", ""), ("b", "fr", ""),
    ("1", "", XSD + "integer"), ("02", "", XSD + "integer"), ("2.50", "", XSD + "decimal"), ("2", "", XSD + "decimal"),
    ("2026-01-01", "", XSD + "date"), ("2025-07-31", "", XSD + "date"), ("true", "", XSD + "boolean"),
    ("many", "", XSD + "integer"), ("2026-02-31", "", XSD + "date"),
]  # fmt: skip
PREFIX = "PREFIX : <urn:> PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
Quad = tuple[str, str, str, tuple[str, str, str] | str]


def quads(chance: random.Random, size: int = 40) -> list[Quad]:
    """Quads of two graphs: p0 and p1 link nodes, p2 and p3 give literals, and a few of each do otherwise."""
    found: list[Quad] = []
    for _ in range(size):
        graph = chance.choice(("urn:g1", "urn:g1", "urn:g1", "urn:g2"))
        at = chance.randrange(4)
        links = at < 2 if chance.random() < 0.95 else at >= 2
        thing: tuple[str, str, str] | str = chance.choice(NODES) if links else chance.choice(LITERALS)
        found.append((graph, chance.choice(NODES), PROPERTIES[at], thing))
    return found


def in_oxigraph(given: list[Quad]) -> ox.Store:
    """The quads in the engine."""
    store = ox.Store()
    for graph, subject, predicate, thing in given:
        if isinstance(thing, str):
            term: ox.NamedNode | ox.Literal = ox.NamedNode(thing)
        elif thing[1]:
            term = ox.Literal(thing[0], language=thing[1])
        else:
            term = ox.Literal(thing[0], datatype=ox.NamedNode(thing[2]))
        store.add(ox.Quad(ox.NamedNode(subject), ox.NamedNode(predicate), term, ox.NamedNode(graph)))
    return store


def as_parts(given: list[Quad]) -> list[tuple[str, pl.LazyFrame]]:
    """The quads as the frames columns are made of."""
    schema = dict.fromkeys(("s", "p", "o", "kind", "datatype", "lang"), pl.String)
    found = []
    for name in ("urn:g1", "urn:g2"):
        rows = [
            (s, p, o, "iri", "", "") if isinstance(o, str) else (s, p, o[0], "literal", o[2], o[1])
            for g, s, p, o in given
            if g == name
        ]
        found.append((name, pl.DataFrame(rows, schema=schema, orient="row").lazy()))
    return found


class Queries:
    """Random SELECT queries out of the parts of SPARQL that named questions use."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def one(self) -> str:
        """A query text."""
        chance = self.chance
        body = self.group(2)
        names = sorted({word for word in "abcdef" if f"?{word}" in body})
        if not names:
            return self.one()
        kept = chance.sample(names, min(len(names), chance.randint(1, 3)))
        columns = " ".join(f"?{name}" for name in kept)
        if chance.random() < 0.45:
            aggregates = " ".join(f"({self.aggregate(names)} AS ?x{i})" for i in range(chance.randint(1, 3)))
            keys = chance.sample(names, min(len(names), chance.randint(0, 2)))
            listed = " ".join(f"?{name}" for name in keys)
            having = " HAVING(COUNT(*) > 1)" if keys and chance.random() < 0.2 else ""
            return f"SELECT {listed} {aggregates} WHERE {body}" + (f" GROUP BY {listed}{having}" if keys else "")
        distinct = "DISTINCT " if chance.random() < 0.4 else ""
        order = f" ORDER BY {columns}" if chance.random() < 0.4 else ""
        return f"SELECT {distinct}{columns} WHERE {body}{order}"

    def group(self, depth: int) -> str:
        """A braced pattern."""
        parts = [self.triple()]
        for _ in range(self.chance.randint(0, 3)):
            parts.append(self.element(depth))
        return "{ " + " ".join(parts) + " }"

    def element(self, depth: int) -> str:
        """A triple, or a part with a pattern of its own."""
        kinds: list[Callable[[], str]] = [self.triple, self.triple, self.filter, self.bind, self.values]
        if depth:
            kinds += [
                lambda: f"OPTIONAL {self.group(depth - 1)}",
                lambda: f"OPTIONAL {self.group(depth - 1)}",
                lambda: f"MINUS {self.group(depth - 1)}",
                lambda: f"{self.group(depth - 1)} UNION {self.group(depth - 1)}",
                lambda: f"GRAPH ?f {{ {self.triple()} }}",
                lambda: f"FILTER {self.chance.choice(('', 'NOT '))}EXISTS {{ {self.triple()} {self.triple()} }}",
                lambda: f"{{ SELECT ?a (COUNT(DISTINCT ?b) AS ?e) WHERE {self.group(depth - 1)} GROUP BY ?a }}",
                lambda: f"{{ SELECT DISTINCT ?a ?b WHERE {self.group(depth - 1)} }}",
            ]
        return self.chance.choice(kinds)()

    def variable(self) -> str:
        """One of four variables."""
        return "?" + self.chance.choice("abcd")

    def triple(self) -> str:
        """A triple pattern, often with a path."""
        path = self.chance.choice((":p0", ":p0", ":p1", ":p2", ":p3", ":p0/:p1", "^:p0", ":p0|:p1", ":p2|:p3", ":p0+"))
        thing = self.variable() if self.chance.random() < 0.85 else self.chance.choice((":n1", ":n9", "2", '"a"'))
        subject = self.variable() if self.chance.random() < 0.9 else ":n2"
        return f"{subject} {path} {thing} ."

    def expression(self) -> str:
        """A condition."""
        a, b = self.variable(), self.variable()
        return self.chance.choice(
            (
                f"BOUND({a})", f"!BOUND({a})", f"{a} = {b}", f"{a} != {b}", f"{a} < {b}", f"{a} >= 2", f"{a} = :n1",
                f"{a} IN (:n1, :n2, :n9)", f'LANG({a}) = "en"', f"STR({a}) < STR({b})", f'STR({a}) = "a"',
                f'{a} < "2026-01-01"^^xsd:date', f"{a} != :n3 && BOUND({b})", f"{a} = {b} || {a} > 1",
                f'CONTAINS(STR({a}), "n")', f'REGEX(STR({a}), "N[12]", "i")', f"COALESCE({a}, {b}) = :n2",
                f"IF(BOUND({a}), {a} = :n2, {b} = :n1)",
            )
        )  # fmt: skip

    def filter(self) -> str:
        """A filter."""
        return f"FILTER({self.expression()})"

    def bind(self) -> str:
        """A binding of a new variable."""
        a, b = self.variable(), self.variable()
        value = self.chance.choice(
            (
                f"COALESCE({a}, {b})", f"IF({self.expression()}, {a}, {b})", f"STR({a})", f'IF(BOUND({a}), "x", "y")',
                f"{a} + 1", f"IF({self.expression()}, 1, 0)", f"ROUND(10 * {a} / 4) / 10", f"STRLEN(STR({a}))",
                f'CONCAT("<", STR({a}))', f'STRAFTER(STR({a}), ":")', f"EXISTS {{ {a} :p0 ?z }}", f"LANG({a})",
            )
        )  # fmt: skip
        return f"BIND({value} AS ?{self.chance.choice('ef')}{self.chance.randint(0, 9)})"

    def values(self) -> str:
        """A VALUES clause, sometimes with an undefined cell."""
        return self.chance.choice(
            (f"VALUES {self.variable()} {{ :n1 :n2 :n9 }}", f"VALUES {self.variable()} {{ UNDEF }}",
             "VALUES (?a ?b) { (:n1 UNDEF) (:n2 :n3) }")
        )  # fmt: skip

    def aggregate(self, names: list[str]) -> str:
        """An aggregate over one of the variables."""
        name = "?" + self.chance.choice(names)
        return self.chance.choice(
            (f"COUNT({name})", f"COUNT(DISTINCT {name})", "COUNT(*)", f"MIN({name})", f"MAX({name})", f"SUM({name})",
             f"SUM(COALESCE({name}, 0))", f"MIN(STR({name}))", f"ROUND(10 * AVG({name})) / 10",
             f"COUNT(DISTINCT IF(BOUND({name}), {name}, ?none))")
        )  # fmt: skip
