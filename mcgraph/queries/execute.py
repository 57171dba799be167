"""Ask a question of the library, or any SPARQL text, and get an answer that says what it rests on."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from mcgraph import __version__
from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import Answer, Coverage
from mcgraph.model.namespaces import shorten
from mcgraph.queries import guard
from mcgraph.queries.columnar.own import is_aggregate
from mcgraph.queries.columnar.using import Opening, is_counted_whole, is_for_columns
from mcgraph.queries.engine import Asks, Engine, Rows, Source
from mcgraph.queries.finding import find_record
from mcgraph.queries.library import CoverageRule, NamedQuestion, named, read_header, read_parameters
from mcgraph.queries.parameters import Parameter, Term, bind, free_parameters, read_values
from mcgraph.queries.route import Route

if TYPE_CHECKING:
    from pathlib import Path

    from mcgraph.queries.remote_engine import RemoteEngine
    from mcgraph.store.remote import RemoteGraph

# Columns that name who said a thing, where and when; their distinct values are the evidence of an answer.
EVIDENCE = ("statement", "claimedBy", "claimKind", "evidence", "source", "statementDate")


def ask(
    source: Source | RemoteGraph,
    name_or_text: str | NamedQuestion,
    params: Mapping[str, str] | None = None,
    *,
    limits: Limits | None = None,
    date: datetime.date | None = None,
    engine: Asks | None = None,
    columns: Asks | ExitStack | None = None,
    rows_from: Asks | None = None,
) -> Answer:
    """The answer to a named question (a plain name) or a SPARQL text, with typed parameters.

    `date` is what `today` means in parameters. The text runs in a process of its own that is ended at the
    published limits; give an `engine` to ask several questions of one process, and with it `columns` (see
    `columnar.using`) to have questions about the whole graph answered from these. With `rows_from` the rows and the
    coverage come from there, and the `engine` is asked for the records that parameters name.

    Raises `WrongUse` for an unknown name, parameter or a text that is no question, `LimitReached` where a
    bound was hit before the first row.
    """
    limits = limits or Limits.from_environment()
    begun = time.perf_counter()
    with ExitStack() as opened:
        if engine is None:
            at_address = _at_address(source)
            if at_address is not None:
                from mcgraph.queries.remote_asking import ask_at

                def asked(lookups: Asks, rows: Asks | None) -> Answer:
                    return _ask(source, name_or_text, params or {}, limits, date, lookups, begun, None, rows_from=rows)

                return ask_at(at_address, _question(name_or_text), limits, asked)
            own = engine_for(source, limits)
            opened.callback(own.close)
            return _ask(source, name_or_text, params or {}, limits, date, own, begun, opened, make=True)
        return _ask(source, name_or_text, params or {}, limits, date, engine, begun, columns, rows_from=rows_from)


def _ask(
    source: Source | RemoteGraph,
    name_or_text: str | NamedQuestion,
    params: Mapping[str, str],
    limits: Limits,
    date: datetime.date | None,
    engine: Asks,
    begun: float,
    columns: Asks | ExitStack | None,
    make: bool = False,
    rows_from: Asks | None = None,
) -> Answer:
    """`ask` with its engine; what answers from `columns` is given, or a stack on which they may be opened."""
    question = _question(name_or_text)
    text = question.text if question else str(name_or_text)
    declared = _declared(question, text, params)
    guard.check(text, limits)
    values = read_values(declared, params, date or datetime.date.today())
    opening = Opening(source, limits, columns, make=make)
    terms, resolved = _resolve(engine, declared, values, opening)
    bound = safe_text(text, terms)
    whole = is_for_columns(question, terms) if question else is_aggregate(bound)
    route = _route(rows_from or engine, opening if whole else None)
    found = route.run(bound)
    slow = route.slow
    coverage: Coverage | None = None
    if question and question.coverage and not found.limit:
        if not whole and is_counted_whole(question, terms):
            route = _route(rows_from or engine, opening, route)
        coverage = _coverage(route, question.coverage, terms)
    hidden: tuple[str, ...] = ()
    if question and question.hides and limits.survey_small > 1:
        from mcgraph.queries.respondents import conceal

        found, coverage, hidden = conceal(source, engine, question, terms, found, coverage, limits)
    return Answer(
        columns=found.columns,
        rows=found.rows,
        types=found.types,
        kind=found.kind,
        coverage=coverage,
        snapshot=source.snapshot,
        name=question.name if question else "",
        query=bind(text, terms, readable=True, in_parts=True),
        parameters={name: _plain(term) for name, term in terms.items() if term is not None},
        versions={"mcgraph": __version__},
        evidence=_evidence(found),
        warnings=resolved
        + hidden
        + (_absent(engine, question, terms, found) if question else _warnings(engine, text, found) + slow),
        truncated=bool(found.limit),
        limit=found.limit,
        seconds=round(time.perf_counter() - begun, 3),
        plan=tuple(route.plan),
    )


def engine_for(source: Source | RemoteGraph, limits: Limits) -> Engine | RemoteEngine:
    """A worker on the index of a store here, or the endpoint of one at an address."""
    from mcgraph.store.remote import RemoteGraph

    if isinstance(source, RemoteGraph):
        from mcgraph.queries.remote_engine import RemoteEngine

        return RemoteEngine(source, limits)
    return Engine(source.index_path, limits)


def _at_address(source: Source | RemoteGraph) -> RemoteGraph | None:
    """The source, where it is a store at an address."""
    from mcgraph.store.remote import RemoteGraph

    return source if isinstance(source, RemoteGraph) else None


def _route(engine: Asks, opening: Opening | None, before: Route | None = None) -> Route:
    """The way to the rows: over the columns where they are at hand; it tells the plan of `before` on."""
    columns = opening.columns() if opening else None
    if columns is None:
        return before or Route(engine, None)
    route = Route(engine, columns, before)
    if opening and opening.seconds:
        route.plan.append(f"the columns of this snapshot were made first, once, in {opening.seconds} s")
    return route


def safe_text(text: str, terms: Mapping[str, Term | None]) -> str:
    """`text` with its parameters bound, looked over once more before it goes to the engine.

    Raises `RuleBroken` should binding ever have brought in what the guard refuses.
    """
    bound = bind(text, terms)
    if "service" in bound.casefold():
        raise RuleBroken("binding a parameter changed the structure of the query")
    return bound


def _question(given: str | NamedQuestion) -> NamedQuestion | None:
    if isinstance(given, NamedQuestion):
        return given
    return None if any(mark in given for mark in "{\n") or len(given.split()) > 1 else named(given)


def _declared(question: NamedQuestion | None, text: str, given: Mapping[str, str]) -> tuple[Parameter, ...]:
    if question:
        return question.parameters
    header = read_header(text, "the query") if text.lstrip().startswith("#+") else {}
    return read_parameters(header, "the query") or free_parameters(given)


def _resolve(
    engine: Asks, declared: Sequence[Parameter], values: Mapping[str, Term | str | None], opening: Opening
) -> tuple[dict[str, Term | None], tuple[str, ...]]:
    """Every value as a term, records found by identifier or name; with a warning for what nobody mentions."""
    terms: dict[str, Term | None] = {}
    warnings: list[str] = []
    for parameter in declared:
        value = values[parameter.name]
        if isinstance(value, str):
            value = find_record(engine, value, parameter.name, opening)
        elif value is not None and parameter.type == "iri" and parameter.of and not _mentioned(engine, value):
            warnings.append(f"nothing in this graph is about {shorten(value.value)}")
        terms[parameter.name] = value
    return terms, tuple(warnings)


def _mentioned(engine: Asks, term: Term) -> bool:
    found = engine.run(bind("ASK WHERE { VALUES ?x { UNDEF } { ?x ?p ?o } UNION { ?s ?q ?x } }", {"x": term}))
    return found.rows[0][0] == "true"


def _coverage(route: Route, rule: CoverageRule, terms: Mapping[str, Term | None]) -> Coverage:
    found = route.run(safe_text(rule.query(), rule.used(terms)))
    counts = dict(zip(found.columns, (int(cell or 0) for cell in found.rows[0]), strict=True))
    total = counts["total"]
    why = {reason: total - counts[f"has{i}"] for i, reason in enumerate(rule.known)}
    return Coverage(
        total=total,
        known=counts["known"],
        of=" or ".join(name.partition(":")[2] or name for name in rule.of),
        why={reason: count for reason, count in why.items() if count},
    )


def _evidence(found: Rows) -> tuple[dict[str, str], ...]:
    places = [(i, name) for i, name in enumerate(found.columns) if name in EVIDENCE]
    if not places:
        return ()
    distinct = dict.fromkeys(tuple((name, row[i] or "") for i, name in places if row[i]) for row in found.rows)
    return tuple(dict(item) for item in distinct if item)


def _plain(term: Term | None) -> str:
    return term.value if term else ""


def _absent(engine: Asks, question: NamedQuestion, terms: Mapping[str, Term | None], found: Rows) -> tuple[str, ...]:
    """Where a named question has no rows: the values that were given and that no record has."""
    from mcgraph.queries.choices import is_there

    if found.rows:
        return ()
    given = ((parameter, terms[parameter.name]) for parameter in question.parameters if parameter.values)
    return tuple(
        f"no record has the value {shorten(term.value)} of «{parameter.name}»; "
        f"`mcgraph query {question.name} --choices` lists those there are"
        for parameter, term in given
        if term and not is_there(engine, parameter, term)
    )


def _warnings(engine: Asks, text: str, found: Rows) -> tuple[str, ...]:
    """Terms nobody declared; and where the answer is empty, terms nobody uses."""
    from mcgraph.queries.vocabulary import unknown_terms, unused_terms

    empty = not found.rows or found.rows == (("false",),)
    return unknown_terms(text) + (unused_terms(engine, text) if empty else ())


def read_query(path: Path) -> str:
    """The text of a query file.

    Raises `WrongUse` for a file that is not there or is not text.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as fault:
        raise WrongUse(f"the query file {path} cannot be read: {fault.strerror}") from None
    except UnicodeDecodeError as fault:
        raise WrongUse(f"the query file {path} is not UTF-8 text (byte {fault.start + 1})") from None
