"""Which credential a text means, in a store of any size: asked of the index, not of a list of all titles."""

from __future__ import annotations

from collections.abc import Iterable

from mcgraph.errors import WrongUse
from mcgraph.model.namespaces import MC
from mcgraph.model.terms import is_safe_iri, literal
from mcgraph.pathways.arrays import Arrays
from mcgraph.pathways.columns import pairs_of
from mcgraph.pathways.known_names import KnownNames
from mcgraph.pathways.rule import RowSource

SHOWN = 5
MOST_NAMESAKES = 1_000
_KINDS = frozenset(MC + name for name in ("Credential", "Qualification", "Microcredential"))


def find_positions(arrays: Arrays, graph: RowSource, texts: Iterable[str]) -> list[int]:
    """Where the credentials stand that the texts name, each by its IRI, its identifier or its exact title.

    Raises `WrongUse` with the candidates where a text names several, and with a way on where it names none.
    """
    return [arrays.position(find_iri(graph, text)) for text in texts]


def find_iri(graph: RowSource, text: str) -> str:
    """The IRI of the one credential that a text names."""
    wanted = text.strip()
    if "://" in wanted and is_safe_iri(wanted):
        return wanted
    for name in ("identifier", "title"):
        found = _having(graph, name, wanted)
        if len(found) == 1:
            return found[0]
        if found:
            more = [f"    … and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
            listed = "\n".join([f"    {iri}" for iri in found[:SHOWN]] + more)
            raise WrongUse(f"«{wanted[:80]}» names {len(found)} credentials", fix=f"Give one of these IRIs:\n{listed}")
    # In another case, a text names here what it names to every other command.
    if known := KnownNames(graph).credential(wanted):
        return known
    raise WrongUse(
        f"No credential is called «{wanted[:80]}»",
        fix="Give its IRI, identifier or exact title; `mcgraph pathways` also suggests names that are near.",
    )


def _having(graph: RowSource, name: str, text: str) -> list[str]:
    """The credentials of exactly this identifier or title, in any language."""
    if name == "identifier":
        # An identifier has no language: the index finds it at once.
        said = {row[0] for row in graph.rows(f"SELECT ?s WHERE {{ ?s <{MC}{name}> {literal(text)} }}") if row[0]}
    else:
        said = pairs_of(graph).saying(MC + name, text)
    return sorted(_credentials(graph, sorted(said)[:MOST_NAMESAKES]))


def _credentials(graph: RowSource, iris: list[str]) -> set[str]:
    if not iris:
        return set()
    values = " ".join(f"<{iri}>" for iri in iris if is_safe_iri(iri))
    rows = graph.rows(f"SELECT DISTINCT ?s ?c WHERE {{ VALUES ?s {{ {values} }} ?s a ?c }}")
    return {row[0] for row in rows if row[0] and row[1] in _KINDS}
