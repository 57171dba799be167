"""Terms and expressions of a query text, as trees."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from mcgraph.model.namespaces import XSD
from mcgraph.model.query_guard import decode
from mcgraph.queries.algebra import Aggregate, Call, Const, Exists, Expression, Group, Term, Var
from mcgraph.queries.grammar_tokens import DEEPEST, ESCAPE, Cursor, escaped

_AGGREGATES = frozenset(("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"))


class Expressions(Cursor, ABC):
    """Reads terms and expressions; `group` reads the pattern inside EXISTS."""

    @abstractmethod
    def group(self) -> Group:
        """A braced pattern."""

    def variable(self) -> Var:
        """A variable."""
        token = self.take()
        return Var(token.text[1:]) if token.kind == "var" else self.fail()

    def iri(self) -> str:
        """An IRI, in full or by its prefix."""
        token = self.take()
        if token.kind == "iri":
            return decode(token.text[1:-1])
        if token.kind != "name":
            self.fail()
        prefix, _, local = token.text.partition(":")
        return self.prefixes[prefix] + local if prefix in self.prefixes else self.fail()

    def term(self) -> Term:
        """A variable, IRI, blank node or literal."""
        token = self.next
        if token.kind == "var":
            return self.variable()
        if token.kind in ("iri", "name"):
            return Const(self.iri(), "iri")
        if token.kind == "blank":
            return Var(self.take().text)
        if token.kind == "text":
            return self.literal()
        if token.kind == "number":
            return self.number()
        if self.is_word("TRUE", "FALSE"):
            return Const(self.take().text.lower(), XSD + "boolean")
        if token.kind == "sign" and token.text in "+-":
            minus = self.take().text == "-"
            number = self.number()
            return Const(("-" if minus else "+") + number.value, number.datatype)
        return self.fail()

    def number(self) -> Const:
        """A number."""
        token = self.take()
        if token.kind != "number":
            self.fail()
        kind = "double" if "e" in token.text.lower() else "decimal" if "." in token.text else "integer"
        return Const(token.text, XSD + kind)

    def literal(self) -> Const:
        """A text with its language or datatype."""
        raw = self.take().text
        quotes = 3 if raw[:3] in ('"""', "'''") else 1
        value = ESCAPE.sub(lambda found: escaped(found[1]), raw[quotes:-quotes])
        if self.next.kind == "lang":
            language = self.take().text[1:].lower()
            return Const(value, "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString", language)
        if self.may("^^"):
            return Const(value, self.iri())
        return Const(value, XSD + "string")

    def bracketed(self) -> Expression:
        """An expression in brackets, or a call."""
        if self.next.kind == "sign" and self.next.text == "(":
            self.take()
            found = self.expression()
            self.sign(")")
            return found
        return self.call()

    def constraint(self) -> Expression:
        """What FILTER and HAVING test."""
        return self.bracketed()

    def expression(self) -> Expression:
        """An expression."""
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail()
        found = self.chain("||", lambda: self.chain("&&", self.comparison))
        self.depth -= 1
        return found

    def chain(self, sign: str, below: Callable[[], Expression]) -> Expression:
        """Expressions between the same signs."""
        found = below()
        while self.may(sign):
            found = Call(sign, (found, below()))
        return found

    def comparison(self) -> Expression:
        """A comparison, or what stands in one."""
        left = self.sum()
        for sign in ("=", "!=", "<", ">", "<=", ">="):
            if self.may(sign):
                return Call(sign, (left, self.sum()))
        if self.may_word("IN"):
            return Call("IN", (left, *self.arguments()))
        if self.is_word("NOT") and self.tokens[self.at + 1].text.upper() == "IN":
            self.at += 2
            return Call("!", (Call("IN", (left, *self.arguments())),))
        return left

    def sum(self) -> Expression:
        """A sum, or what stands in one."""
        found = self.product()
        while self.next.kind == "sign" and self.next.text in ("+", "-"):
            found = Call(self.take().text, (found, self.product()))
        return found

    def product(self) -> Expression:
        """A product, or what stands in one."""
        found = self.unary()
        while self.next.kind == "sign" and self.next.text in ("*", "/"):
            found = Call(self.take().text, (found, self.unary()))
        return found

    def unary(self) -> Expression:
        """A negation, a call or a term."""
        if self.may("!"):
            return Call("!", (self.unary(),))
        if self.next.kind == "sign" and self.next.text in ("+", "-") and self.tokens[self.at + 1].kind != "number":
            self.fail()
        if self.is_sign("("):
            return self.bracketed()
        if self.next.kind == "word" and not self.is_word("TRUE", "FALSE"):
            return self.call()
        if self.next.kind in ("iri", "name") and self.tokens[self.at + 1].text == "(":
            name = self.iri()
            return Call(name, tuple(self.arguments()))
        return self.term()

    def arguments(self) -> list[Expression]:
        """The arguments of a call."""
        self.sign("(")
        found: list[Expression] = []
        while not self.may(")"):
            if found:
                self.sign(",")
            found.append(self.expression())
        return found

    def call(self) -> Expression:
        """A call of a function, EXISTS or an aggregate."""
        if self.next.kind in ("iri", "name"):
            name = self.iri()
            return Call(name, tuple(self.arguments()))
        token = self.take()
        if token.kind != "word":
            self.fail()
        function = token.text.upper()
        if function == "EXISTS":
            return Exists(self.group(), negated=False)
        if function == "NOT":
            self.word("EXISTS")
            return Exists(self.group(), negated=True)
        if function in _AGGREGATES:
            return self.aggregate(function)
        return Call(function, tuple(self.arguments()))

    def aggregate(self, name: str) -> Aggregate:
        """The inside of an aggregate."""
        self.sign("(")
        distinct = self.may_word("DISTINCT")
        if self.may("*"):
            self.sign(")")
            return Aggregate(name, None, distinct)
        argument = self.expression()
        separator = " "
        if self.may(";"):
            self.word("SEPARATOR")
            self.sign("=")
            separator = self.literal().value
        self.sign(")")
        return Aggregate(name, argument, distinct, separator)
