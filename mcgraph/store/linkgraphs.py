"""Suggested and accepted links as graphs: suggestions are told of, accepted links are facts of the reviewers.

For a review called `skills` the source `suggested-skills` has one `mc:SuggestedLink` for each suggestion, with what was
decided; nothing in it states the link itself. The source `reviewed-skills` states the links that were accepted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from mcgraph.model.namespaces import MC, RDF_TYPE, XSD
from mcgraph.model.review import Decision, Link, Pair, by_rank
from mcgraph.model.terms import mint

if TYPE_CHECKING:
    from mcgraph.model.batch import Batch, TripleColumn
    from mcgraph.store.graph import Graph

_NAME_LENGTH = 20


def suggested(name: str) -> str:
    """The source that tells of the suggestions of a review."""
    return f"suggested-{name}"


def reviewed(name: str) -> str:
    """The source that states the accepted links of a review."""
    return f"reviewed-{name}"


def suggestion_batch(name: str, links: Iterable[Link], decided: Mapping[Pair, Decision]) -> Batch:
    """One `mc:SuggestedLink` per link, with the decision in force."""
    import polars as pl

    from mcgraph.model.batch import RECORD_SCHEMA, Batch

    ranked = by_rank(links)
    iris = [link_iri(name, link.pair) for link in ranked]
    said = [decided.get(link.pair) for link in ranked]
    columns = (
        _column(RDF_TYPE, iris, [MC + "SuggestedLink"] * len(iris), "iri"),
        _column(MC + "linkSubject", iris, [link.subject for link in ranked], "iri"),
        _column(MC + "linkCandidate", iris, [link.candidate for link in ranked], "iri"),
        _column(MC + "confidence", iris, [f"{link.confidence:.3f}" for link in ranked], XSD + "decimal"),
        _column(MC + "matchMethod", iris, [link.method for link in ranked]),
        _column(MC + "linkDecision", iris, [one.decision if one else None for one in said]),
        _column(MC + "decidedBy", iris, [one.decided_by if one else None for one in said]),
        _column(MC + "decidedOn", iris, [one.decided_on if one else None for one in said], XSD + "date"),
    )
    labels = [f"{link.subject_label} → {link.candidate_label}" for link in ranked]
    records = pl.DataFrame(
        {"iri": iris, "class": MC + "SuggestedLink", "id": [one.rsplit("/", 1)[-1] for one in iris], "label": labels,
         "table": None, "row": None},
        schema=RECORD_SCHEMA,
    )  # fmt: skip
    return Batch(suggested(name), f"review of {name}", (), tuple(c for c in columns if len(c)), records)


def accepted_batch(name: str, facts: Iterable[tuple[str, str, str]]) -> Batch:
    """The facts (subject, predicate, object IRIs) that follow from accepted links."""
    from mcgraph.model.batch import Batch

    by_predicate: dict[str, list[tuple[str, str]]] = {}
    for subject, predicate, value in sorted(set(facts)):
        by_predicate.setdefault(predicate, []).append((subject, value))
    columns = [_column(p, [s for s, _ in rows], [o for _, o in rows], "iri") for p, rows in by_predicate.items()]
    return Batch(reviewed(name), f"review of {name}", (), tuple(columns))


def link_iri(name: str, pair: Pair) -> str:
    """The IRI under which the graph tells of a suggested link."""
    digest = hashlib.sha256("\n".join(pair).encode()).hexdigest()
    return mint(suggested(name), "link", digest[:_NAME_LENGTH])


def stored_links(graph: Graph, name: str) -> dict[Pair, Link]:
    """The suggestions that a store tells of, without labels."""
    from mcgraph.store import batches

    known = graph.manifest.of(suggested(name))
    if known is None:
        return {}
    folder = graph.path / "batches" / known.batch
    batches.verify(folder, known.sums)
    values: dict[str, dict[str, str]] = {}
    for s, p, o in batches.triples(folder).select("s", "p", "o").collect().iter_rows():
        values.setdefault(s, {})[p.rsplit("#", 1)[-1]] = o
    labels = dict(batches.frame(folder, "records").select("iri", "label").iter_rows())
    found = {}
    for iri, said in values.items():
        subject_label, _, candidate_label = (labels.get(iri) or "").partition(" → ")
        link = Link(
            said["linkSubject"],
            said["linkCandidate"],
            float(said["confidence"]),
            said["matchMethod"],
            subject_label,
            candidate_label,
        )
        found[link.pair] = link
    return found


def _column(
    predicate: str, subjects: Sequence[str], objects: Sequence[str | None], kind: str = XSD + "string"
) -> TripleColumn:
    import polars as pl

    from mcgraph.model.batch import TRIPLE_SCHEMA, TripleColumn

    frame = pl.DataFrame({"s": subjects, "o": objects, "row": [None] * len(subjects)}, schema=TRIPLE_SCHEMA)
    frame = frame.drop_nulls("o")
    return TripleColumn(predicate, "iri", frame) if kind == "iri" else TripleColumn(predicate, "literal", frame, kind)
