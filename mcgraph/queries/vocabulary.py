"""Terms a query uses that the ontology does not know, or that the data does not use."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from mcgraph.model import bundled
from mcgraph.model.namespaces import MC, PREFIXES, RDF_TYPE
from mcgraph.queries.guard import declared_prefixes, masked

if TYPE_CHECKING:
    from mcgraph.queries.engine import Asks

# At most so many terms of one query are looked up in the data, and so many near ones for each.
LOOKED_UP = 40
NEAR = 5
_PREFIXED = re.compile(r"(?<![\w?$@:.<-])([A-Za-z][\w-]*):([A-Za-z_][\w-]*)")
_FULL = re.compile(re.escape(f"<{MC}") + r"([\w.-]+)>")


@lru_cache(maxsize=1)
def ontology_terms() -> frozenset[str]:
    """The local names the bundled ontology declares; empty where no ontology is installed."""
    import pyoxigraph

    names: set[str] = set()
    for path in sorted(bundled.path("ontology").rglob("*.ttl")):
        if "mappings" in path.parts:
            continue
        for quad in pyoxigraph.parse(path=str(path)):
            if quad.predicate.value == RDF_TYPE and isinstance(quad.subject, pyoxigraph.NamedNode):
                iri = quad.subject.value
                if iri.startswith(MC):
                    names.add(iri.removeprefix(MC))
    return frozenset(names)


def used_terms(text: str) -> list[str]:
    """The local names of our namespace a query text uses, in the order of their first use."""
    prefixes = [name for name, base in declared_prefixes(text, PREFIXES).items() if base == MC]
    marks = "|".join(re.escape(prefix) for prefix in prefixes)
    short = re.compile(rf"(?<![\w.:-])(?:{marks}):([A-Za-z]\w*)")
    without_comments = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return list(dict.fromkeys(_FULL.findall(without_comments) + short.findall(masked(text))))


def unknown_terms(text: str) -> tuple[str, ...]:
    """A warning for each term of our namespace that the ontology lacks, with the nearest one it has."""
    known = ontology_terms()
    if not known:
        return ()
    warnings = []
    for name in used_terms(text):
        if name not in known:
            from rapidfuzz import process

            near = process.extractOne(name, sorted(known), score_cutoff=70)
            hint = f" – did you mean mc:{near[0]}?" if near else ""
            warnings.append(f"the ontology has no term mc:{name}{hint}")
    return tuple(warnings)


def unused_terms(engine: Asks, text: str) -> tuple[str, ...]:
    """A warning for each prefixed name the data holds nowhere, with the nearest term of ours that it does hold."""
    prefixes = declared_prefixes(text, PREFIXES)
    # A declaration itself (`PREFIX mc:`) has nothing behind its colon and is not found here.
    named = dict.fromkeys(_PREFIXED.findall(masked(text)))
    warnings = []
    for prefix, local in list(named)[:LOOKED_UP]:
        known = prefixes.get(prefix)
        if known is None or (known == MC and local not in ontology_terms()) or _is_used(engine, known + local):
            continue
        near = _near_used(engine, local) if known == MC else ""
        warnings.append(f"nothing in this graph uses {prefix}:{local}{near}")
    return tuple(warnings)


def _is_used(engine: Asks, iri: str) -> bool:
    """Whether it is a property, a class or any other value of the data (the ontology itself does not count)."""
    from mcgraph.queries.parameters import Term, bind

    query = """ASK WHERE {
  VALUES ?term { UNDEF }
  { GRAPH ?g { ?s ?term ?o } } UNION { GRAPH ?g { ?s ?p ?term } }
  FILTER(?g != <https://w3id.org/mcgraph/graph/ontology>)
}"""
    return engine.run(bind(query, {"term": Term(iri)})).rows == (("true",),)


def _near_used(engine: Asks, local: str) -> str:
    from rapidfuzz import process

    for near, _, _ in process.extract(local, sorted(ontology_terms() - {local}), limit=NEAR, score_cutoff=70):
        if _is_used(engine, MC + near):
            return f" – did you mean mc:{near}?"
    return ""
