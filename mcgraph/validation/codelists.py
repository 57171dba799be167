"""Concepts of RDF that comes in our own vocabulary, held to the code list of their property.

A table's words become concepts only by the code list (`mcsh:vocabulary`), so a shape needs to ask for an IRI and
no more. RDF brings IRIs of its own: one that the list does not have is told under the same code as a word that
the list does not have.
"""

from __future__ import annotations

import polars as pl

from mcgraph.model.vocabularies import vocabulary
from mcgraph.validation.catalogue import Rule
from mcgraph.validation.data import Nodes
from mcgraph.validation.engine import RESULT_SCHEMA, Engine
from mcgraph.validation.ir import Constraint, Predicate, Shape


def outside_their_list(engine: Engine, shapes: list[Shape], rules: dict[str, Rule]) -> pl.DataFrame:
    """The IRIs that the code list of a property does not have, as results of its shape (`RESULT_SCHEMA`).

    `shapes` are those with targets; the property shapes directly inside them are looked at.
    """
    found = [pl.DataFrame(schema=RESULT_SCHEMA)]
    for shape in shapes:
        if shape.deactivated:
            continue
        nodes = engine.focus_nodes(shape)
        inner = [name for c in shape.constraints if c.component == "Property" for name in c.shapes]
        for name in (shape.id, *inner):
            rule = rules.get(engine.shapes[name].code)
            if rule is not None and rule.vocabulary and len(nodes):
                found.append(_outside(engine, engine.shapes[name], rule.vocabulary, nodes))
    return pl.concat(found)


def _outside(engine: Engine, shape: Shape, name: str, nodes: Nodes) -> pl.DataFrame:
    listed = any(c.component == "In" for c in shape.constraints)  # the list stands in the shape itself
    if shape.deactivated or listed or not isinstance(shape.path, Predicate):
        return pl.DataFrame(schema=RESULT_SCHEMA)
    # A list is short and a register long: its few distinct concepts are looked up, not its million values.
    used = engine.data.links(shape.path.iri).select("v").unique()
    unknown = used.filter(~pl.col("v").is_in(list(vocabulary(name).labels)), ~pl.col("v").str.starts_with("_:"))
    if unknown.is_empty():
        return pl.DataFrame(schema=RESULT_SCHEMA)
    values = engine.values(shape, nodes).filter(pl.col("t") == 0)
    return engine.as_results(shape, Constraint("In"), nodes, values.join(unknown, on="v", how="semi"))
