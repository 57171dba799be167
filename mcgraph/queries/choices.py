"""What a parameter can be in the data at hand: its values, with their names and how many records have them."""

from __future__ import annotations

from dataclasses import dataclass

from mcgraph.model.namespaces import shorten
from mcgraph.queries.engine import Asks
from mcgraph.queries.library import NamedQuestion
from mcgraph.queries.parameters import Parameter, Term, bind
from mcgraph.queries.route import Route

CHOICES = 200


@dataclass(frozen=True, slots=True)
class Choice:
    """One value: as it is given on the command line, its English name, and the number of records with it."""

    parameter: str
    value: str
    label: str
    records: int


def choices(engine: Asks, question: NamedQuestion, columns: Asks | None = None) -> tuple[Choice, ...]:
    """The values of every parameter of a question that has a list of them, the most used first.

    At most 200 for each parameter, counted from `columns` where a large store has some. A parameter with no `values`
    and no `among` in its header has none.
    """
    route = Route(engine, columns)
    return tuple(choice for parameter in question.parameters for choice in _of(route, parameter))


def _of(route: Route, parameter: Parameter) -> list[Choice]:
    if parameter.among:
        return [Choice(parameter.name, value, "", 0) for value in parameter.among]
    if not parameter.values:
        return []
    query = f"""SELECT ?value (MIN(?name) AS ?label) (COUNT(DISTINCT ?record) AS ?records) WHERE {{
  {_pattern(parameter)}
  OPTIONAL {{ ?value skos:prefLabel|mc:title|mc:legalName ?said FILTER(LANG(?said) IN ("en", "")) }}
  BIND(STR(?said) AS ?name)
}} GROUP BY ?value ORDER BY DESC(?records) ?value LIMIT {CHOICES}"""
    found = route.run(query)
    return [
        Choice(parameter.name, shorten(row[0] or ""), row[1] or "", int(row[2] or 0)) for row in found.rows if row[0]
    ]


def is_there(engine: Asks, parameter: Parameter, term: Term) -> bool:
    """Whether any record has this value of a parameter."""
    found = engine.run(bind(f"ASK WHERE {{ VALUES ?value {{ UNDEF }} {_pattern(parameter)} }}", {"value": term}))
    return found.rows == (("true",),)


def _pattern(parameter: Parameter) -> str:
    of_class = f"?record a {_CLASSES[parameter.of]} ." if parameter.of in _CLASSES else ""
    return f"{of_class} ?record {parameter.values} ?value ."


_CLASSES = {"credential": "mc:Credential", "question": "mc:Question"}
