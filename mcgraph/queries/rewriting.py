"""Patterns the engine is slow at, said in words it is fast at.

Oxigraph tries the pattern of `FILTER [NOT] EXISTS` again for each row; with two or more triples inside it reads
them whole each time (oxigraph#885, #1894: 75 s where `MINUS` takes 0.04 s). Where both mean the same,
`FILTER NOT EXISTS { P }` becomes `MINUS { P }`, and `FILTER EXISTS { P }` a join with `SELECT DISTINCT` over P, each
at the end of its group, since a filter looks at its whole group wherever it stands.

They mean the same where (SPARQL 1.1 §8.3, §18.6): P and the group share a variable; every shared variable is bound in
every solution of the group and of P; P holds only triples, alternatives, GRAPH, VALUES, BIND and filters whose
variables P binds itself, so that it does not matter whether the outer values are put in before or compared after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from mcgraph.queries.algebra import (
    Aggregate,
    Alternatives,
    Bind,
    Call,
    Element,
    Exists,
    Expression,
    Filter,
    Group,
    InGraph,
    Minus,
    Optional_,
    Path,
    Query,
    Triples,
    Values,
    Var,
    certain,
    variables,
)
from mcgraph.queries.grammar import read

SLOW_FROM = 2


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The text for the engine, what was changed in it, and what is slow and could not be changed."""

    text: str
    changes: tuple[str, ...] = ()
    slow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """A group with the variables its OPTIONAL lets it see from around it."""

    group: Group
    around: frozenset[str]
    in_graph: bool


def rewrite(text: str, prefixes: Mapping[str, str]) -> Rewriting:
    """`text` with its slow filters rewritten where that keeps its meaning; any other text as it is."""
    if "exists" not in text.casefold():
        return Rewriting(text)
    query = read(text, prefixes)
    if query is None:
        return Rewriting(text)
    edits: list[tuple[int, int, str]] = []
    changes: list[str] = []
    slow: list[str] = []
    for scope in scopes(query):
        for element in scope.group.elements:
            if isinstance(element, Filter):
                _filter(text, scope, element, edits, changes, slow)
            elif isinstance(element, Bind):
                slow += [_hint(text, found.group, "it stands in an expression") for found in _slow_in(element)]
    slow += [_hint(text, found.group, "it stands in HAVING") for found in _in_having(query)]
    for start, end, instead in sorted(edits, reverse=True):
        text = text[:start] + instead + text[end:]
    return Rewriting(text, tuple(changes), tuple(slow))


def _filter(
    text: str,
    scope: Scope,
    element: Filter,
    edits: list[tuple[int, int, str]],
    changes: list[str],
    slow: list[str],
) -> None:
    found = _plain(element.condition)
    if found is None:
        slow += [_hint(text, one.group, "it stands in an expression") for one in _slow_in(element)]
        return
    if _size(found.group) < SLOW_FROM:
        return
    shared, reason = _shared(scope, element, found)
    if reason:
        slow.append(_hint(text, found.group, reason))
        return
    pattern = text[found.group.start : found.group.end]
    line = text.count("\n", 0, element.start) + 1
    if found.negated:
        instead = f" MINUS {pattern} "
        changes.append(f"FILTER NOT EXISTS of line {line} is asked as MINUS, which means the same here and is faster")
    else:
        names = " ".join(f"?{name}" for name in sorted(shared))
        instead = f" {{ SELECT DISTINCT {names} WHERE {pattern} }} "
        changes.append(f"FILTER EXISTS of line {line} is asked as a join, which means the same here and is faster")
    edits.append((element.start, element.end, " "))
    edits.append((scope.group.end - 1, scope.group.end - 1, instead))


def _plain(condition: Expression) -> Exists | None:
    """The EXISTS a filter consists of, and nothing else."""
    if isinstance(condition, Exists):
        return condition
    if isinstance(condition, Call) and condition.name == "!" and isinstance(condition.arguments[0], Exists):
        inner = condition.arguments[0]
        return Exists(inner.group, not inner.negated)
    return None


def _shared(scope: Scope, element: Filter, found: Exists) -> tuple[set[str], str]:
    """The variables inside and around, and why the two forms would not mean the same ("" where they do)."""
    others = [other for other in scope.group.elements if other is not element]
    around: set[str] = set(scope.around)
    bound: set[str] = set()
    for other in others:
        around |= variables(other)
        bound |= certain(other)
    shared = variables(found.group) & around
    if not shared:
        return shared, "it shares no variable with the rows it tests"
    if not is_simple(found.group):
        return shared, "it holds OPTIONAL, MINUS, a subquery, a filter on outer values or another EXISTS"
    loose = sorted(shared - bound)
    if loose:
        return shared, f"?{loose[0]} is not bound in every row"
    loose = sorted(shared - certain(found.group))
    if loose:
        return shared, f"?{loose[0]} is not bound by every match inside"
    if not found.negated and scope.in_graph:
        return shared, "it stands inside GRAPH"
    return shared, ""


def is_simple(group: Group) -> bool:
    """Whether it does not matter for a pattern if outer values are put in before or compared after."""
    bound = certain(group)
    given: set[str] = set()
    for element in group.elements:
        if isinstance(element, Triples):
            continue
        if isinstance(element, Filter):
            if _has_exists(element.condition) or not variables(element.condition) <= bound:
                return False
        elif isinstance(element, Bind):
            if _has_exists(element.expression) or not variables(element.expression) <= bound:
                return False
            given.add(element.variable.name)
        elif isinstance(element, Alternatives):
            if not all(is_simple(one) for one in element.groups):
                return False
        elif isinstance(element, InGraph):
            if not is_simple(element.group):
                return False
        elif not isinstance(element, Values):
            return False
    return True


def _has_exists(expression: Expression) -> bool:
    return any(True for _ in exists_in(expression))


def exists_in(expression: Expression | None) -> Iterator[Exists]:
    """Every EXISTS in an expression."""
    if isinstance(expression, Exists):
        yield expression
    elif isinstance(expression, Call):
        for argument in expression.arguments:
            yield from exists_in(argument)
    elif isinstance(expression, Aggregate):
        yield from exists_in(expression.argument)


def _slow_in(element: Filter | Bind) -> list[Exists]:
    expression = element.condition if isinstance(element, Filter) else element.expression
    return [found for found in exists_in(expression) if _size(found.group) >= SLOW_FROM]


def _in_having(query: Query) -> list[Exists]:
    return [one for given in query.having for one in exists_in(given) if _size(one.group) >= SLOW_FROM]


def _size(group: Group) -> int:
    """How many triples the engine has to match for one test."""
    total = 0
    for element in group.elements:
        if isinstance(element, Triples):
            total += sum(1 if isinstance(t.predicate, Var) else _steps(t.predicate) for t in element.patterns)
        elif isinstance(element, Alternatives):
            total += max(_size(one) for one in element.groups)
        elif isinstance(element, Optional_ | Minus | InGraph):
            total += _size(element.group)
        elif isinstance(element, Query):
            total += _size(element.where)
    return total


def _steps(path: Path) -> int:
    if path.kind == "sequence":
        return sum(_steps(part) for part in path.parts)
    return max((_steps(part) for part in path.parts), default=1)


def scopes(query: Query) -> Iterator[Scope]:
    """Every group of a query, those of subqueries included."""
    yield from _scopes_of(Scope(query.where, frozenset(), in_graph=False))


def _scopes_of(scope: Scope) -> Iterator[Scope]:
    yield scope
    for element in scope.group.elements:
        yield from _below(scope, element)


def _below(scope: Scope, element: Element) -> Iterator[Scope]:
    if isinstance(element, Optional_):
        seen = set(scope.around)
        for other in scope.group.elements:
            if other is not element:
                seen |= variables(other)
        yield from _scopes_of(Scope(element.group, frozenset(seen), scope.in_graph))
    elif isinstance(element, Minus):
        yield from _scopes_of(Scope(element.group, frozenset(), scope.in_graph))
    elif isinstance(element, Alternatives):
        for one in element.groups:
            yield from _scopes_of(Scope(one, frozenset(), scope.in_graph))
    elif isinstance(element, InGraph):
        seen = variables(element.name)
        yield from _scopes_of(Scope(element.group, frozenset(seen), in_graph=True))
    elif isinstance(element, Query):
        yield from _scopes_of(Scope(element.where, frozenset(), scope.in_graph))


def _hint(text: str, group: Group, reason: str) -> str:
    line = text.count("\n", 0, group.start) + 1
    return (
        f"EXISTS of line {line} is tried again for each row, which is slow on many rows; it was left as it is, "
        f"because {reason} (MINUS or a join is faster where it says what you mean)"
    )
