"""Tiny batches whose content can be seen in the test that uses them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from mcgraph.model.batch import RECORD_SCHEMA, ROW, Batch, SourceTable, TripleColumn
from mcgraph.model.namespaces import MC, RDF_TYPE
from mcgraph.model.terms import mint
from mcgraph.store import Graph


def triple_column(
    predicate: str, pairs: Sequence[tuple[str, str]], *, kind: str = "literal", column: int = -1, datatype: str = ""
) -> TripleColumn:
    rows = pl.Series("row", range(2, 2 + len(pairs)), dtype=ROW)
    frame = pl.DataFrame({"s": [s for s, _ in pairs], "o": [o for _, o in pairs]}).with_columns(rows)
    more = {"datatype": datatype} if datatype else {}
    return TripleColumn(
        predicate=predicate, kind="iri" if kind == "iri" else "literal", frame=frame, table=0, column=column, **more
    )


def credentials(titles: Mapping[str, str], *, source: str = "reg", mapping: str = "template") -> Batch:
    """A batch with one credential per identifier, and its title."""
    iris = [mint(source, "credential", key) for key in titles]
    return Batch(
        source=source,
        mapping=mapping,
        tables=(SourceTable(f"{source}.csv", "", ("credential_id", "title"), len(titles), "Credentials"),),
        columns=(
            triple_column(RDF_TYPE, [(iri, MC + "Credential") for iri in iris], kind="iri"),
            triple_column(MC + "title", list(zip(iris, titles.values(), strict=True)), column=1),
        ),
        records=pl.DataFrame(
            {
                "iri": iris,
                "class": [MC + "Credential"] * len(iris),
                "id": list(titles),
                "label": list(titles.values()),
                "table": [0] * len(iris),
                "row": list(range(2, 2 + len(iris))),
            },
            schema=RECORD_SCHEMA,
        ),
    )


def rule(whole: str, members: Sequence[str], *, source: str = "rules", of: str = "reg") -> Batch:
    """A batch with one stacking rule: all of `members` make `whole` (identifiers in the source `of`)."""
    me, group = mint(source, "stacking-rule", "R1"), mint(source, "stacking-rule", "R1") + "/group/1"
    return Batch(
        source=source,
        mapping="template",
        tables=(SourceTable(f"{source}.csv", "", ("rule_id", "whole", "member"), 1, "StackingRules"),),
        columns=(
            triple_column(RDF_TYPE, [(me, MC + "StackingRule")], kind="iri"),
            triple_column(MC + "stackingWhole", [(me, mint(of, "credential", whole))], kind="iri", column=1),
            triple_column(MC + "requirementGroup", [(me, group)], kind="iri"),
            triple_column(
                MC + "groupMember", [(group, mint(of, "credential", m)) for m in members], kind="iri", column=2
            ),
        ),
        records=pl.DataFrame(
            {"iri": [me], "class": [MC + "StackingRule"], "id": ["R1"], "label": [""], "table": [0], "row": [2]},
            schema=RECORD_SCHEMA,
        ),
        parts=pl.DataFrame({"node": [group], "record": [me]}),
    )


def titles(graph: Graph) -> dict[str, str]:
    """Identifier → title of every credential in a graph."""
    rows = graph.rows(f"SELECT ?s ?t WHERE {{ ?s <{MC}title> ?t }}")
    return {str(s).rsplit("/", 1)[-1]: str(t) for s, t in rows}


def everything(graph: Graph) -> list[tuple[str, str, str, str]]:
    """Every quad, sorted, times of loading left out."""
    quads = [(str(q.graph_name), str(q.subject), str(q.predicate), str(q.object)) for q in graph.store]
    return sorted(q for q in quads if "generatedAtTime" not in q[2])
