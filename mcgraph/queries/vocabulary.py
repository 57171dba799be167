"""Terms of our namespace that a query uses and the ontology does not know."""

from __future__ import annotations

import re
from functools import lru_cache

from mcgraph.model import bundled
from mcgraph.model.namespaces import MC, PREFIXES, RDF_TYPE
from mcgraph.queries.guard import declared_prefixes

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
    return list(dict.fromkeys(_FULL.findall(without_comments) + short.findall(without_comments)))


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
