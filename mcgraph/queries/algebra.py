"""What a query says, as a tree: the parts of SPARQL 1.1 questions that we look into.

`grammar.read` makes it; `rewriting` finds slow patterns in it, `columnar` answers it from columns. Places
(`start`, `end`) are character offsets in the text that was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Union


@dataclass(frozen=True, slots=True)
class Var:
    """A variable; a blank node of a pattern is one too, its name then begins with `_:`."""

    name: str


@dataclass(frozen=True, slots=True)
class Const:
    """An IRI (`datatype` is `iri`) or a literal with its datatype or language."""

    value: str
    datatype: str
    language: str = ""

    @property
    def is_iri(self) -> bool:
        """Whether it names a resource."""
        return self.datatype == "iri"


Term = Var | Const


@dataclass(frozen=True, slots=True)
class Path:
    """A property path: `kind` is iri, inverse, sequence, alternative, plus, star or other (not looked into)."""

    kind: str
    iri: str = ""
    parts: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Triple:
    """One triple pattern."""

    subject: Term
    predicate: Path | Var
    object: Term


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function with its arguments; operators go by their sign, functions in capitals."""

    name: str
    arguments: tuple[Expression, ...] = ()


@dataclass(frozen=True, slots=True)
class Exists:
    """`EXISTS { … }` or `NOT EXISTS { … }`."""

    group: Group
    negated: bool


@dataclass(frozen=True, slots=True)
class Aggregate:
    """COUNT, SUM, MIN, MAX, AVG, SAMPLE or GROUP_CONCAT; `argument` is None for `COUNT(*)`."""

    name: str
    argument: Expression | None
    distinct: bool = False
    separator: str = " "


Expression = Var | Const | Call | Exists | Aggregate


@dataclass(frozen=True, slots=True)
class Triples:
    """Triple patterns that stand together."""

    patterns: tuple[Triple, ...]


@dataclass(frozen=True, slots=True)
class Optional_:
    """`OPTIONAL { … }`."""

    group: Group


@dataclass(frozen=True, slots=True)
class Minus:
    """`MINUS { … }`."""

    group: Group


@dataclass(frozen=True, slots=True)
class Alternatives:
    """`{ … } UNION { … }`, or one braced group."""

    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class InGraph:
    """`GRAPH name { … }`."""

    name: Term
    group: Group


@dataclass(frozen=True, slots=True)
class Filter:
    """`FILTER condition`, with its place in the text."""

    condition: Expression
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Bind:
    """`BIND(expression AS ?variable)`, with the place it begins at in the text."""

    expression: Expression
    variable: Var
    start: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Values:
    """`VALUES`; None stands for UNDEF."""

    variables: tuple[Var, ...]
    rows: tuple[tuple[Const | None, ...], ...]


Element = Union[Triples, Optional_, Minus, Alternatives, InGraph, Filter, Bind, Values, "Query"]


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between braces, in order; `start` and `end` are the places of the braces."""

    elements: tuple[Element, ...]
    start: int = field(default=0, compare=False)
    end: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Projection:
    """One column: a variable, or an expression under a name."""

    variable: Var
    expression: Expression | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A whole question, or a subquery."""

    form: str
    where: Group
    projections: tuple[Projection, ...] = ()
    is_star: bool = False
    is_distinct: bool = False
    group_by: tuple[Projection, ...] = ()
    having: tuple[Expression, ...] = ()
    order_by: tuple[tuple[Expression, bool], ...] = ()
    limit: int | None = None
    offset: int = 0
    values: Values | None = None
    graphs: tuple[str, ...] = field(default=())


def variables(element: Element | Group | Expression | Triple | None) -> set[str]:
    """The names of all variables used anywhere below; of a subquery, only those it gives."""
    if element is None or isinstance(element, Const):
        return set()
    if isinstance(element, Var):
        return {element.name}
    if isinstance(element, Triple):
        return variables(element.subject) | variables(element.object) | _of_predicate(element)
    if isinstance(element, Query):
        return visible(element)
    found: set[str] = set()
    for below in _children(element):
        found |= variables(below)
    return found


def _of_predicate(triple: Triple) -> set[str]:
    return {triple.predicate.name} if isinstance(triple.predicate, Var) else set()


def _children(element: Element | Group | Expression) -> tuple[Element | Group | Expression | Triple | None, ...]:
    if isinstance(element, Group):
        return element.elements
    if isinstance(element, Triples):
        return element.patterns
    if isinstance(element, Optional_ | Minus | Exists):
        return (element.group,)
    if isinstance(element, Alternatives):
        return element.groups
    if isinstance(element, InGraph):
        return (element.name, element.group)
    if isinstance(element, Filter):
        return (element.condition,)
    if isinstance(element, Bind):
        return (element.expression, element.variable)
    if isinstance(element, Values):
        return element.variables
    if isinstance(element, Call):
        return element.arguments
    if isinstance(element, Aggregate):
        return (element.argument,)
    return ()


def parts(node: Any) -> Iterator[Any]:
    """Every part of a tree, the tree itself first."""
    if isinstance(node, tuple):
        for one in node:
            yield from parts(one)
    elif is_dataclass(node):
        yield node
        for one in fields(node):
            yield from parts(getattr(node, one.name))


def visible(query: Query) -> set[str]:
    """The variables a (sub)query gives to what stands around it."""
    if query.is_star:
        return {name for name in variables(query.where) if not name.startswith("_:")}
    return {projection.variable.name for projection in query.projections}


def certain(element: Element | Group) -> set[str]:
    """The variables that are bound in every solution of a pattern, whatever the data."""
    if isinstance(element, Group):
        found: set[str] = set()
        for below in element.elements:
            found |= certain(below)
        return found
    if isinstance(element, Triples):
        return {name for pattern in element.patterns for name in variables(pattern)}
    if isinstance(element, Alternatives):
        return set.intersection(*(certain(group) for group in element.groups))
    if isinstance(element, InGraph):
        return certain(element.group) | variables(element.name)
    if isinstance(element, Values):
        return {
            variable.name
            for i, variable in enumerate(element.variables)
            if all(row[i] is not None for row in element.rows)
        }
    if isinstance(element, Query):
        return _certain_of_query(element)
    return set()


def leads(group: Group, name: str) -> bool:
    """Whether the first part of a pattern that speaks of a variable binds it in every solution.

    What comes after (OPTIONAL, MINUS) then only ever sees it bound, and may be asked for some of its values alone.
    """
    for element in group.elements:
        if isinstance(element, Filter) or name not in variables(element):
            continue
        if isinstance(element, Alternatives):
            return all(leads(one, name) for one in element.groups)
        if isinstance(element, InGraph):
            return leads(element.group, name)
        return isinstance(element, Triples | Values | Query) and name in certain(element)
    return False


def _certain_of_query(query: Query) -> set[str]:
    inner = certain(query.where) | (certain(query.values) if query.values else set())
    if query.is_star:
        return inner
    plain = {projection.variable.name for projection in query.projections if projection.expression is None}
    if query.group_by:
        inner &= {key.variable.name for key in query.group_by if key.expression is None}
    return inner & plain
