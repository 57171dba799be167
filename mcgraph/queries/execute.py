"""Ask a question of the library, or any SPARQL text, and get an answer that says what it rests on."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from mcgraph import __version__
from mcgraph.errors import RuleBroken, WrongUse
from mcgraph.limits import Limits
from mcgraph.model.answer import Answer, Coverage
from mcgraph.model.namespaces import XSD, shorten
from mcgraph.queries import guard
from mcgraph.queries.engine import Asks, Engine, Rows, Source
from mcgraph.queries.library import CoverageRule, NamedQuestion, named, read_header, read_parameters
from mcgraph.queries.parameters import Parameter, Term, bind, free_parameters, read_values
from mcgraph.queries.route import Route

if TYPE_CHECKING:
    from pathlib import Path

    from mcgraph.queries.remote_engine import RemoteEngine
    from mcgraph.store.remote import RemoteGraph

# Columns that name who said a thing, where and when; their distinct values are the evidence of an answer.
EVIDENCE = ("statement", "claimedBy", "claimKind", "evidence", "source", "statementDate")
CANDIDATES = 8
_NEARBY = """SELECT DISTINCT ?record ?label WHERE {
  VALUES ?wanted { UNDEF }
  { ?record mc:identifier ?wanted } UNION {
    VALUES ?wanted { UNDEF } ?record mc:title|mc:legalName ?name FILTER(STR(?name) = ?wanted)
  }
  OPTIONAL { ?record mc:title|mc:legalName ?label }
} ORDER BY ?record LIMIT 50"""


def ask(
    source: Source | RemoteGraph,
    name_or_text: str | NamedQuestion,
    params: Mapping[str, str] | None = None,
    *,
    limits: Limits | None = None,
    date: datetime.date | None = None,
    engine: Asks | None = None,
    columns: Asks | ExitStack | None = None,
) -> Answer:
    """The answer to a named question (a plain name) or a SPARQL text, with typed parameters.

    `date` is what `today` means in parameters. The text runs in a process of its own that is ended at the
    published limits; give an `engine` to ask several questions of one process, and with it `columns` (see
    `columnar.using`) to have questions about the whole graph answered from these.

    Raises `WrongUse` for an unknown name, parameter or a text that is no question, `LimitReached` where a
    bound was hit before the first row.
    """
    limits = limits or Limits.from_environment()
    begun = time.perf_counter()
    with ExitStack() as opened:
        if engine is None:
            told = _told_of_server(source, name_or_text)
            own = engine_for(source, limits)
            opened.callback(own.close)
            answer = _ask(source, name_or_text, params or {}, limits, date, own, begun, opened, make=True)
            return replace(answer, warnings=(*answer.warnings, *told)) if told else answer
        return _ask(source, name_or_text, params or {}, limits, date, engine, begun, columns)


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
) -> Answer:
    """`ask` with its engine; `columns` are given, or a stack on which they may be opened."""
    question = _question(name_or_text)
    text = question.text if question else str(name_or_text)
    declared = _declared(question, text, params)
    guard.check(text, limits)
    values = read_values(declared, params, date or datetime.date.today())
    terms, resolved = _resolve(engine, declared, values)
    route = _route(source, question, terms, limits, engine, columns, make)
    found = route.run(safe_text(text, terms))
    coverage = _coverage(route, question.coverage, terms) if question and not found.limit else None
    hidden: tuple[str, ...] = ()
    if question and question.hides and limits.survey_small > 1:
        from mcgraph.queries.respondents import conceal

        found, coverage, hidden = conceal(source, engine, question, terms, found, coverage, limits)
    slow = route.slow
    return Answer(
        columns=found.columns,
        rows=found.rows,
        types=found.types,
        kind=found.kind,
        coverage=coverage,
        snapshot=source.snapshot,
        name=question.name if question else "",
        query=bind(text, terms, readable=True),
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


def _told_of_server(source: Source | RemoteGraph, asked: str | NamedQuestion) -> tuple[str, ...]:
    """What must be said of a server that answers in our place; a question it answers wrongly is refused."""
    from mcgraph.store.remote import RemoteGraph

    if not isinstance(source, RemoteGraph):
        return ()
    from mcgraph.queries.remote_exam import check

    question = _question(asked)
    return check(source, question.name if question else "")


def _route(
    source: Source | RemoteGraph,
    question: NamedQuestion | None,
    terms: Mapping[str, Term | None],
    limits: Limits,
    engine: Asks,
    columns: Asks | ExitStack | None,
    make: bool,
) -> Route:
    """The way to the rows: over the columns for a question about the whole graph, where they are at hand."""
    from mcgraph.queries.columnar import using

    if columns is None or not using.is_for_columns(question, terms):
        return Route(engine, None)
    if not isinstance(columns, ExitStack):
        return Route(engine, columns)
    prepared = using.prepare(source, limits, make=make)
    if prepared is None:
        return Route(engine, None)
    route = Route(engine, columns.enter_context(using.start(prepared, limits)))
    if prepared.seconds:
        route.plan.append(f"the columns of this snapshot were made first, once, in {prepared.seconds} s")
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
    engine: Asks, declared: Sequence[Parameter], values: Mapping[str, Term | str | None]
) -> tuple[dict[str, Term | None], tuple[str, ...]]:
    """Every value as a term, records found by identifier or name; with a warning for what nobody mentions."""
    terms: dict[str, Term | None] = {}
    warnings: list[str] = []
    for parameter in declared:
        value = values[parameter.name]
        if isinstance(value, str):
            value = find_record(engine, value, parameter.name)
        elif value is not None and parameter.type == "iri" and parameter.of and not _mentioned(engine, value):
            warnings.append(f"nothing in this graph is about {shorten(value.value)}")
        terms[parameter.name] = value
    return terms, tuple(warnings)


def _mentioned(engine: Asks, term: Term) -> bool:
    found = engine.run(bind("ASK WHERE { VALUES ?x { UNDEF } { ?x ?p ?o } UNION { ?s ?q ?x } }", {"x": term}))
    return found.rows[0][0] == "true"


def find_record(engine: Asks, text: str, asked: str) -> Term:
    """The one record with this identifier or exact name.

    Raises `WrongUse` where there is none (with near ones) or more than one (with all).
    """
    found = engine.run(bind(_NEARBY, {"wanted": Term(text, XSD + "string")}))
    records = {row[0]: row[1] for row in found.rows if row[0]}
    if len(records) == 1:
        return Term(next(iter(records)))
    if not records:
        near = near_records(engine, text)
        hint = "Did you mean " + "; ".join(near) + "?" if near else "Give its IRI, identifier or exact title."
        raise WrongUse(f"no record is called «{text[:80]}» (for «{asked}»)", fix=hint)
    listed = "\n  ".join(f"{shorten(iri)}  {label or ''}".rstrip() for iri, label in records.items())
    raise WrongUse(f"{len(records)} records are called «{text[:80]}» (for «{asked}»)", fix=f"Give one:\n  {listed}")


def near_records(engine: Asks, text: str) -> list[str]:
    """Up to a few records whose identifier or name is close to `text`, as `short IRI (label)`."""
    from rapidfuzz import fuzz, process

    query = "SELECT ?record ?name WHERE { ?record mc:identifier|mc:title|mc:legalName ?name }"
    rows = engine.run(query, rows=200_000).rows
    names = [row[1] or "" for row in rows]
    matches = process.extract(text, names, scorer=fuzz.WRatio, limit=40, score_cutoff=70)
    near: dict[str, str] = {}
    for name, _, place in matches:
        near.setdefault(shorten(rows[place][0] or ""), name)
    return [f"{iri} ({name})" for iri, name in list(near.items())[:CANDIDATES]]


def _coverage(route: Route, rule: CoverageRule | None, terms: Mapping[str, Term | None]) -> Coverage | None:
    if rule is None:
        return None
    used = {name: term for name, term in terms.items() if f"?{name} " in rule.where}
    found = route.run(safe_text(rule.query(), used))
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
    except (OSError, UnicodeDecodeError) as fault:
        raise WrongUse(f"the query file {path} cannot be read: {fault}") from None
