"""The ontology with the records of a snapshot in one file, for OWL tools such as owlready2 and Protégé.

Plain N-Triples: no imports to fetch and nothing that names Python code, both of which owlready2 would follow. Every
record is declared an individual, since owlready2 lists only those.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.errors import WrongUse
from mcgraph.reasoning.hermit import cleaned, ontology_triples, with_individuals

if TYPE_CHECKING:
    from pyoxigraph import Triple

    from mcgraph.store.graph import Graph


def write_individuals(graph: Graph, path: str | Path, *, sources: tuple[str, ...] = ()) -> int:
    """Write the ontology and the statements of all sources of a snapshot, or of some, to an `.nt` file.

    Gives the number of lines. Raises `WrongUse` for a source the snapshot lacks and for a place that cannot be written.
    """
    known = {one.source for one in graph.manifest.submissions}
    missing = sorted(set(sources) - known)
    if missing:
        raise WrongUse(f"the snapshot has no source «{missing[0][:60]}»", fix=f"It has: {', '.join(sorted(known))}.")
    count = 0
    try:
        with Path(path).open("w", encoding="utf-8", newline="\n") as out:
            facts = cleaned(_facts(graph, sources or tuple(sorted(known))))
            for line in chain(cleaned(ontology_triples()), with_individuals(facts)):
                out.write(line)
                count += 1
    except OSError as fault:
        raise WrongUse(f"{path} cannot be written: {fault.strerror}") from None
    return count


def _facts(graph: Graph, sources: tuple[str, ...]) -> Iterator[Triple]:
    import pyoxigraph as ox

    from mcgraph.store.content import graph_of

    for source in sources:
        for quad in graph.store.quads_for_pattern(None, None, None, ox.NamedNode(graph_of(source))):
            yield quad.triple
