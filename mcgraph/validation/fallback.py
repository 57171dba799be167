"""What the engine does not compile: pySHACL runs that one shape, and the report says so."""

from __future__ import annotations

from io import BytesIO

import polars as pl

from mcgraph.errors import RuleBroken
from mcgraph.model.batch import STRING, Batch
from mcgraph.model.namespaces import SH, shorten
from mcgraph.model.terms import literal
from mcgraph.validation.catalogue import Profile
from mcgraph.validation.data import DataGraph
from mcgraph.validation.engine import RESULT_SCHEMA
from mcgraph.validation.ir import Shape, ShapeSet, Term
from mcgraph.validation.parse import Statements, Triple, parse_path, term_of


def needed(shape: Shape, shapes: ShapeSet) -> bool:
    """Whether a shape, or one that it uses, has a constraint that is not compiled."""
    seen, todo = {shape.id}, [shape]
    while todo:
        current = todo.pop()
        if current.unsupported:
            return True
        used = {name for c in current.constraints for name in (*c.shapes, *c.siblings)}
        todo += [shapes.shapes[name] for name in sorted(used - seen) if name in shapes.shapes]
        seen |= used
    return False


def results(batch: Batch, data: DataGraph, chosen: Profile, shape: Shape) -> pl.DataFrame:
    """The results of one shape as pySHACL finds them (`RESULT_SCHEMA`), without cells.

    Raises `RuleBroken` where pySHACL refuses the shape.
    """
    import pyshacl
    import rdflib

    rdflib.NORMALIZE_LITERALS = False
    graph, shapes = rdflib.Graph(), rdflib.Graph()
    written = BytesIO()
    batch.write_ntriples(written)
    graph.parse(data=written.getvalue(), format="nt")
    shapes.parse(data=ntriples(chosen.triples), format="nt")
    try:
        _, report, _ = pyshacl.validate(
            graph, shacl_graph=shapes, use_shapes=[shape.id], advanced=False, meta_shacl=False, do_owl_imports=False
        )
    except Exception as fault:  # pySHACL raises many kinds; each means that the shape cannot be run
        raise RuleBroken(f"the shape {shorten(shape.id)} cannot be run: {fault}") from fault
    if not isinstance(report, rdflib.Graph):
        raise RuleBroken(f"the shape {shorten(shape.id)} cannot be run: {report}")
    return frame_of(_triples_of(report), data)


def ntriples(triples: tuple[Triple, ...]) -> str:
    """Triples as N-Triples text."""
    return "".join(f"{_write(s)} <{p}> {_write(o)} .\n" for s, p, o in triples)


def _write(term: Term) -> str:
    if term.is_literal:
        if term.language:
            return literal(term.value, language=term.language)
        # To rdflib a text with the datatype xsd:string and one without are two; the data has it without.
        return literal(term.value) if term.datatype == STRING else literal(term.value, datatype=term.datatype)
    return term.value if term.value.startswith("_:") else f"<{term.value}>"


def _triples_of(report: object) -> list[Triple]:
    import pyoxigraph as ox

    text = report.serialize(format="nt")  # type: ignore[attr-defined]
    quads = ox.parse(text, format=ox.RdfFormat.N_TRIPLES)
    return [(term_of(q.subject), q.predicate.value, term_of(q.object)) for q in quads]


def frame_of(triples: list[Triple], data: DataGraph) -> pl.DataFrame:
    """The results of a `sh:ValidationReport` as `RESULT_SCHEMA`, without cells."""
    said = Statements(triples)
    rows = []
    for report in said.subjects():
        for result in said.values(report, SH + "result"):
            focus = said.one(result.value, SH + "focusNode") or Term("")
            value, path = said.one(result.value, SH + "value"), said.one(result.value, SH + "resultPath")
            component = said.one(result.value, SH + "sourceConstraintComponent") or Term("")
            source = said.one(result.value, SH + "sourceShape") or Term("")
            severity = said.one(result.value, SH + "resultSeverity") or Term("")
            name = component.value
            if name.startswith(SH):
                name = name.removeprefix(SH).removesuffix("ConstraintComponent")
            rows.append(
                (0, *data.term(focus), str(parse_path(said, path)) if path else "",
                 *(data.term(value) if value else (None, None)), -1, None, source.value, name, severity.value)
            )  # fmt: skip
    return pl.DataFrame(sorted(rows, key=str), schema=RESULT_SCHEMA, orient="row")
