"""From a query text to its tree (`algebra`): SPARQL 1.1 questions, with the place of every filter.

It reads what the engine reads and refuses nothing: a text with parts we do not look into (federation, RDF-star,
escapes in names, collections) gives None, and goes to the engine as it stands.
"""

from __future__ import annotations

from collections.abc import Mapping

from mcgraph.model.namespaces import RDF_TYPE
from mcgraph.queries.algebra import (
    Alternatives,
    Bind,
    Const,
    Element,
    Expression,
    Filter,
    Group,
    InGraph,
    Minus,
    Optional_,
    Path,
    Projection,
    Query,
    Term,
    Triple,
    Triples,
    Values,
    Var,
)
from mcgraph.queries.grammar_expressions import Expressions
from mcgraph.queries.grammar_tokens import DEEPEST, NotRead, tokens_of

_CLAUSES = frozenset(("GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"))


def read(text: str, prefixes: Mapping[str, str]) -> Query | None:
    """The tree of a SELECT, ASK, CONSTRUCT or DESCRIBE text, or None where it holds what we do not look into."""
    try:
        return _Reader(tokens_of(text), dict(prefixes)).question()
    except (NotRead, RecursionError):
        return None


class _Reader(Expressions):
    """Recursive descent over the tokens."""

    # questions

    def question(self) -> Query:
        while self.is_word("PREFIX", "BASE"):
            self.declaration()
        form = self.word("SELECT", "ASK", "CONSTRUCT", "DESCRIBE").text.upper()
        query = self.select(top=True) if form == "SELECT" else self.other(form)
        return query if self.next.kind == "end" else self.fail()

    def declaration(self) -> None:
        if self.take().text.upper() == "BASE":
            self.fail()
        name = self.take()
        iri = self.take()
        if name.kind != "name" or not name.text.endswith(":") or iri.kind != "iri":
            self.fail()
        self.prefixes[name.text[:-1]] = iri.text[1:-1]

    def select(self, *, top: bool = False) -> Query:
        distinct = self.may_word("DISTINCT")
        if self.is_word("REDUCED"):
            self.fail()
        projections: list[Projection] = []
        star = self.may("*")
        while not star and (self.next.kind == "var" or self.is_sign("(")):
            projections.append(self.projection())
        if not star and not projections:
            self.fail()
        graphs = self.datasets() if top else ()
        self.may_word("WHERE")
        return self.clauses("SELECT", self.group(), tuple(projections), star, distinct, graphs)

    def other(self, form: str) -> Query:
        """ASK, CONSTRUCT and DESCRIBE: only their pattern is looked into."""
        if form == "CONSTRUCT" and self.is_sign("{"):
            self.template()
        while form == "DESCRIBE" and not (self.is_word("WHERE", "FROM") or self.is_sign("{")):
            self.take()
        graphs = self.datasets()
        self.may_word("WHERE")
        return self.clauses(form, self.group(), (), True, False, graphs)

    def template(self) -> None:
        self.sign("{")
        while not self.is_sign("}"):
            if self.is_sign("{"):
                self.fail()
            self.take()
        self.sign("}")

    def datasets(self) -> tuple[str, ...]:
        named = []
        while self.may_word("FROM"):
            self.may_word("NAMED")
            named.append(self.iri())
        return tuple(named)

    def projection(self) -> Projection:
        if self.next.kind == "var":
            return Projection(self.variable())
        self.sign("(")
        expression = self.expression()
        self.word("AS")
        variable = self.variable()
        self.sign(")")
        return Projection(variable, expression)

    def clauses(
        self,
        form: str,
        where: Group,
        projections: tuple[Projection, ...],
        star: bool,
        distinct: bool,
        graphs: tuple[str, ...],
    ) -> Query:
        keys: list[Projection] = []
        having: list[Expression] = []
        order: list[tuple[Expression, bool]] = []
        limit, offset, values = None, 0, None
        while self.is_word(*_CLAUSES):
            clause = self.take().text.upper()
            if clause == "GROUP":
                self.word("BY")
                keys = self.keys()
            elif clause == "HAVING":
                having = self.conditions()
            elif clause == "ORDER":
                self.word("BY")
                order = self.order()
            elif clause == "VALUES":
                values = self.values()
            elif clause == "LIMIT":
                limit = self.count()
            else:
                offset = self.count()
        return Query(
            form, where, projections, star, distinct, tuple(keys), tuple(having), tuple(order), limit, offset, values,
            graphs,
        )  # fmt: skip

    def count(self) -> int:
        token = self.take()
        return int(token.text) if token.kind == "number" and token.text.isdigit() else self.fail()

    def keys(self) -> list[Projection]:
        found: list[Projection] = []
        while True:
            if self.next.kind == "var":
                found.append(Projection(self.variable()))
            elif self.may("("):
                expression = self.expression()
                variable = self.variable() if self.may_word("AS") else self.fresh()
                self.sign(")")
                found.append(Projection(variable, expression))
            else:
                return found or self.fail()

    def conditions(self) -> list[Expression]:
        found = [self.constraint()]
        while self.is_sign("(") or (self.next.kind == "word" and not self.is_word(*_CLAUSES)):
            found.append(self.constraint())
        return found

    def order(self) -> list[tuple[Expression, bool]]:
        found: list[tuple[Expression, bool]] = []
        while self.next.kind == "var" or self.is_sign("(") or self.is_word("ASC", "DESC"):
            down = False
            if self.is_word("ASC", "DESC"):
                down = self.take().text.upper() == "DESC"
            found.append((self.variable() if self.next.kind == "var" else self.bracketed(), down))
        return found or self.fail()

    # patterns

    def group(self) -> Group:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail()
        start = self.sign("{").start
        elements: list[Element] = []
        if self.is_word("SELECT"):
            self.take()
            elements.append(self.select())
        else:
            while not self.is_sign("}"):
                self.element(elements)
        self.depth -= 1
        return Group(tuple(elements), start, self.sign("}").end)

    def element(self, into: list[Element]) -> None:
        if self.may("."):
            return
        if self.is_sign("{"):
            groups = [self.group()]
            while self.may_word("UNION"):
                groups.append(self.group())
            into.append(Alternatives(tuple(groups)))
            return
        if self.next.kind != "word" or self.is_word("A", "TRUE", "FALSE"):
            into.append(Triples(tuple(self.triples())))
            return
        token = self.take()
        keyword = token.text.upper()
        if keyword == "OPTIONAL":
            into.append(Optional_(self.group()))
        elif keyword == "MINUS":
            into.append(Minus(self.group()))
        elif keyword == "GRAPH":
            into.append(InGraph(self.term(), self.group()))
        elif keyword == "FILTER":
            condition = self.constraint()
            into.append(Filter(condition, token.start, self.tokens[self.at - 1].end))
        elif keyword == "BIND":
            into.append(self.binding(token.start))
        elif keyword == "VALUES":
            into.append(self.values())
        else:
            self.fail()

    def binding(self, start: int) -> Bind:
        self.sign("(")
        expression = self.expression()
        self.word("AS")
        variable = self.variable()
        self.sign(")")
        return Bind(expression, variable, start)

    def values(self) -> Values:
        if self.next.kind == "var":
            variable = self.variable()
            self.sign("{")
            rows: list[tuple[Const | None, ...]] = []
            while not self.may("}"):
                rows.append((self.value(),))
            return Values((variable,), tuple(rows))
        self.sign("(")
        names = []
        while not self.may(")"):
            names.append(self.variable())
        self.sign("{")
        rows = []
        while not self.may("}"):
            self.sign("(")
            row = []
            while not self.may(")"):
                row.append(self.value())
            if len(row) != len(names):
                self.fail()
            rows.append(tuple(row))
        return Values(tuple(names), tuple(rows))

    def value(self) -> Const | None:
        if self.may_word("UNDEF"):
            return None
        term = self.term()
        return term if isinstance(term, Const) else self.fail()

    def triples(self) -> list[Triple]:
        found: list[Triple] = []
        if self.is_sign("["):
            subject: Term = self.blank_list(found)
            if not self.starts_verb():
                return found
        else:
            subject = self.term()
        self.properties(subject, found)
        return found

    def starts_verb(self) -> bool:
        return self.next.kind in ("var", "iri", "name") or self.is_word("A") or any(map(self.is_sign, ("^", "(", "!")))

    def properties(self, subject: Term, into: list[Triple]) -> None:
        while True:
            verb: Path | Var = self.variable() if self.next.kind == "var" else self.path()
            while True:
                thing = self.blank_list(into) if self.is_sign("[") else self.term()
                into.append(Triple(subject, verb, thing))
                if not self.may(","):
                    break
            if not self.may(";"):
                return
            while self.may(";"):
                continue
            if not self.starts_verb():
                return

    def blank_list(self, into: list[Triple]) -> Var:
        self.sign("[")
        node = self.fresh()
        if not self.is_sign("]"):
            self.properties(node, into)
        self.sign("]")
        return node

    def fresh(self) -> Var:
        self.blanks += 1
        return Var(f"_:anon{self.blanks}")

    # paths

    def path(self) -> Path:
        parts = [self.sequence()]
        while self.may("|"):
            parts.append(self.sequence())
        return parts[0] if len(parts) == 1 else Path("alternative", parts=tuple(parts))

    def sequence(self) -> Path:
        parts = [self.step()]
        while self.may("/"):
            parts.append(self.step())
        return parts[0] if len(parts) == 1 else Path("sequence", parts=tuple(parts))

    def step(self) -> Path:
        inverse = self.may("^")
        found = self.primary_path()
        # `?` before a name is a variable; as a sign of its own it is "zero or one".
        if self.next.kind == "sign" and self.next.text in "+*?":
            kind = {"+": "plus", "*": "star", "?": "other"}[self.take().text]
            found = Path(kind, parts=(found,))
        return Path("inverse", parts=(found,)) if inverse else found

    def primary_path(self) -> Path:
        if self.may("("):
            found = self.path()
            self.sign(")")
            return found
        if self.is_sign("!"):
            self.fail()
        if self.may_word("A"):
            return Path("iri", RDF_TYPE)
        return Path("iri", self.iri())
