"""Which statements are labels, and all of them in a snapshot as columns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mcgraph.model.namespaces import MC, RDF_TYPE, SKOS

if TYPE_CHECKING:
    import polars as pl

    from mcgraph.store.graph import Graph

_RDFS_LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
# The properties that name a thing, the best name first.
LABELS: Mapping[str, str] = {
    MC + "title": "title",
    SKOS + "prefLabel": "preferred label",
    _RDFS_LABEL: "label",
    SKOS + "altLabel": "other label",
    MC + "legalName": "legal name",
    MC + "acronym": "acronym",
    MC + "identifier": "identifier",
    MC + "questionText": "question",
}
_SCHEMA = ("subject", "property", "text", "language")


def labels_of(graph: Graph) -> pl.DataFrame:
    """Every label of a snapshot once: `subject` (IRI), `property` (IRI), `text`, `language` ("" where none).

    Read from the batch files, each checked against its checksum first, and from the stored model. Raises
    `StoreUnavailable` where a file is damaged.
    """
    import polars as pl

    from mcgraph.store import batches

    wanted = pl.col("p").is_in(list(LABELS)) & (pl.col("kind") == "literal")
    lazy = [
        batches.triples(folder)
        .filter(wanted)
        .select(pl.col("s"), pl.col("p"), pl.col("o"), pl.col("lang"))
        .rename(dict(zip(("s", "p", "o", "lang"), _SCHEMA, strict=True)))
        for folder in _folders(graph)
    ]
    stored = pl.concat(pl.collect_all(lazy)) if lazy else pl.DataFrame(schema=dict.fromkeys(_SCHEMA, pl.String))
    return pl.concat([stored, _of_model(graph)]).unique()


def kinds_of(graph: Graph) -> pl.DataFrame:
    """The class of every typed thing in the batch files, one row per thing and class: `subject`, `kind` (IRIs)."""
    import polars as pl

    from mcgraph.store import batches

    lazy = [
        batches.triples(folder)
        .filter(pl.col("p") == RDF_TYPE)
        .select(pl.col("s").alias("subject"), pl.col("o").alias("kind"))
        for folder in _folders(graph)
    ]
    stored = pl.concat(pl.collect_all(lazy)) if lazy else pl.DataFrame(schema={"subject": pl.String, "kind": pl.String})
    model = pl.DataFrame(
        graph.rows(f"SELECT DISTINCT ?s ?k WHERE {{ GRAPH <{_model_graph()}> {{ ?s a ?k }} }}"),
        schema={"subject": pl.String, "kind": pl.String},
        orient="row",
    )
    return pl.concat([stored, model]).unique()


def _folders(graph: Graph) -> list[Path]:
    from mcgraph.store import batches

    found = []
    for known in graph.manifest.submissions:
        folder = graph.path / "batches" / known.batch
        batches.verify(folder, known.sums)
        found.append(folder)
    return found


def _model_graph() -> str:
    from mcgraph.store.content import ONTOLOGY_GRAPH

    return ONTOLOGY_GRAPH


def _of_model(graph: Graph) -> pl.DataFrame:
    """The labels of the model's own terms and vocabularies, which lie in one small graph."""
    import polars as pl

    properties = " ".join(f"<{iri}>" for iri in LABELS)
    rows = graph.rows(
        f"SELECT ?s ?p (STR(?o) AS ?text) (LANG(?o) AS ?language) WHERE {{ "
        f"VALUES ?p {{ {properties} }} GRAPH <{_model_graph()}> {{ ?s ?p ?o FILTER(isIRI(?s) && isLiteral(?o)) }} }}"
    )
    return pl.DataFrame(rows, schema=dict.fromkeys(_SCHEMA, pl.String), orient="row")
