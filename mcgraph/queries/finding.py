"""From what somebody calls a record to the record: its identifier or its exact name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import XSD, shorten
from mcgraph.queries.parameters import Term, bind
from mcgraph.queries.route import Route

if TYPE_CHECKING:
    from mcgraph.queries.columnar.using import Opening
    from mcgraph.queries.engine import Asks

# Most near records that are told.
CANDIDATES = 8
_BY_IDENTIFIER = """SELECT DISTINCT ?record ?label WHERE {
  VALUES ?wanted { UNDEF }
  ?record mc:identifier ?wanted
  OPTIONAL { ?record mc:title|mc:legalName ?label }
} ORDER BY ?record LIMIT 50"""
_BY_NAME = """SELECT DISTINCT ?record ?label WHERE {
  VALUES ?wanted { UNDEF }
  ?record mc:title|mc:legalName ?name FILTER(STR(?name) = ?wanted)
  OPTIONAL { ?record mc:title|mc:legalName ?label }
} ORDER BY ?record LIMIT 50"""


def find_record(engine: Asks, text: str, asked: str, opening: Opening | None = None) -> Term:
    """The one record with this identifier, else the one with this exact name.

    Identifiers are looked up; names, whose language nobody gives, are gone through: in the columns of a large store,
    where `opening` has some. Raises `WrongUse` where there is none (with near ones) or more than one (with all).
    """
    wanted = {"wanted": Term(text, XSD + "string")}
    found = engine.run(bind(_BY_IDENTIFIER, wanted))
    if not found.rows:
        found = Route(engine, opening.columns() if opening else None).run(bind(_BY_NAME, wanted))
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
